"""Where a scenario says what, and how its faults are put into one sentence each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, TypeVar

from pydantic import BaseModel

from escalation_sim.errors import ScenarioError

B = TypeVar("B", bound=BaseModel)
Path = tuple[str | int, ...]

MAX_LINES = 12  # more do not fit on the screen of someone who has to repair them

_SAID = (  # what the parser says -> what it means to someone who writes a scenario
    (r"mapping values are not allowed", "a ':' where none can stand; put text that contains ': ' in quotes"),
    (r"could not find expected ':'", "a line without ':'; write 'key: value'"),
    (r"'\\t' that cannot start", "a tab cannot indent; use spaces"),
    (r"character '(.)' that cannot start", r"text cannot begin with '\1'; put it in quotes"),
    (r"expected ',' or '(.)'", r"a comma or the closing '\1' is missing"),
    (r"expected <block end>", "the indentation does not fit the lines above"),
    (r"unexpected end of stream", "the file ends inside quotes"),
    (r"unexpected document separator", "a line '---' or '...' inside quotes"),
    (r"undefined tag handle|tag", "tags ('!') are not part of the scenario language; put the text in quotes"),
    (r"alias|anchor", "anchors and aliases ('&', '*') are not part of the scenario language; put the text in quotes"),
    (r"expected the node content|expected .*document start", "a value is missing, or a bracket or quote is not closed"),
    (r"escape", "an escape after '\\' that does not exist; use single quotes for text with backslashes"),
    (r"directive|YAML document|version", "directives ('%') are not part of the scenario language"),
)


class Place(NamedTuple):
    """A place in a file (line and column from 1), or a setting of the command line (line 0)."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass
class Marks:
    """Places of the nodes of a tree and of the keys that name them, by path; and the files that it was read from.

    A path goes through mappings by key and through lists by `address`: ("rules", "seoul", "then", "arm"). A file stands
    under its name with the SHA-256 of the very bytes that were read.
    """

    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def place(self, path: Path, of_key: bool = False) -> Place | None:
        """Place of a value (or of its key); of what holds it, where it has none of its own."""
        own = self.keys.get(path) if of_key else None
        own = own or self.values.get(path)
        return own if own or not path else self.place(path[:-1], of_key=True)

    def update(self, other: Marks) -> None:
        """Take over the places and files of a later layer."""
        self.values |= other.values
        self.keys |= other.keys
        self.files |= other.files

    def below(self, prefix: Path) -> Marks:
        """The places under a path, as if it were the root."""

        def cut(places: dict[Path, Place]) -> dict[Path, Place]:
            size = len(prefix)
            return {path[size:]: place for path, place in places.items() if path[:size] == prefix}

        return Marks(cut(self.values), cut(self.keys))


class Problem(NamedTuple):
    """One fault: where (a path), what is wrong in one sentence, and whether the key itself is meant."""

    path: Path
    what: str
    of_key: bool = False


def address(item: object, index: int) -> str | int:
    """How an item of a list is called in a path: by its id, an effort by its state, others by position.

    >>> address({"id": "nato", "type": "defence"}, 0), address({"state": "UKR"}, 1), address("UKR", 2)
    ('nato', 'UKR', 2)
    """
    if isinstance(item, dict):
        for key in ("id", "state"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return index


def position(items: Sequence[object], step: str | int) -> int:
    """Where in a list the item of that address stands; the list has one.

    >>> position([{"id": "nato"}, {"id": "csto"}], "csto")
    1
    """
    return next(index for index, item in enumerate(items) if address(item, index) == step)


def dotted(path: Path) -> str:
    """The path as a reader writes it after `--set`; parts that would tear a line apart are escaped.

    >>> dotted(("rules", "seoul", "when", 0, "act"))
    'rules.seoul.when.0.act'
    """
    return ".".join(printable(str(part), 64) for part in path)


def printable(text: str, longest: int = 60) -> str:
    """The text cut to a length, with everything that does not print escaped.

    >>> printable("two" + chr(10) + "lines")
    'two\\\\nlines'
    """
    cut = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut)


def legible(text: str) -> str:
    r"""The text as a terminal may see it: line by line, with everything else that does not print escaped.

    >>> legible("two\nlines, one" + chr(27) + "[2J")
    'two\nlines, one\\x1b[2J'
    """
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def shown(value: object) -> str:
    """A value as the file writes it, short enough for a message.

    >>> shown("NO"), shown(None), shown(True), shown(1.0), shown(["UKR"])
    ("'NO'", 'null', 'true', '1.0', 'a list')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, str):
        return f"'{printable(value)}'"
    said = f"{value:.15g}"
    return f"{said}.0" if isinstance(value, float) and re.fullmatch(r"-?[0-9]+", said) else said


def plain_sentence(said: str) -> str:
    """What the YAML parser objects to, in words for someone who writes a scenario.

    >>> plain_sentence("expected ',' or ']', but got '<stream end>'")
    "a comma or the closing ']' is missing"
    """
    for pattern, meaning in _SAID:
        if match := re.search(pattern, said):
            return match.expand(meaning) if match.groups() else meaning
    return f"not valid YAML: {printable(said.strip())}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The nearest known name as an ending of a message, or nothing.

    >>> did_you_mean("Estoina", ["Latvia", "Estonia"])
    "; did you mean 'Estonia'?"
    >>> did_you_mean("zzz", ["Latvia", "Estonia"])
    ''
    """
    folded = {one.casefold(): one for one in known}
    wanted = name.casefold()[:64]
    close = difflib.get_close_matches(wanted, folded, n=5, cutoff=0.6)

    def likeness(one: str) -> tuple[bool, float, bool]:
        swapped = sorted(one) == sorted(wanted)  # letters that changed places
        return swapped, difflib.SequenceMatcher(None, wanted, one).ratio(), one[:1] == wanted[:1]

    return f"; did you mean '{folded[max(close, key=likeness)]}'?" if close else ""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Says that nothing of that kind bears the name, and what was probably meant.

    >>> unknown("state", "UKX", ["UKR", "RUS"])
    "no state named 'UKX'; did you mean 'UKR'?"
    >>> unknown("state", "Mars", ["UKR", "RUS"])
    "no state named 'Mars'; there are: RUS, UKR"
    """
    known = sorted(known)
    hint = did_you_mean(name, known)
    if not hint:
        hint = (
            f"; there are: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}" if known else "; there is none"
        )
    return f"no {kind} named '{printable(name)}'{hint}"


def lines(problems: Iterable[Problem], marks: Marks) -> list[str]:
    """The problems as `file:line:col: path: what is wrong`, in the order of the file, each once."""
    placed = [(marks.place(problem.path, problem.of_key), problem) for problem in problems]
    placed.sort(key=lambda pair: pair[0] or Place(""))
    return list(dict.fromkeys(line for place, problem in placed for line in _line(place, problem)))


def _line(place: Place | None, problem: Problem) -> Iterator[str]:
    yield ": ".join(part for part in (str(place or ""), dotted(problem.path), problem.what) if part)


def refuse(problems: list[str]) -> NoReturn:
    """Raise a ScenarioError with the problems, one line each, and no more lines than a screen takes.

    >>> refuse([f"fault {number}" for number in range(14)])
    Traceback (most recent call last):
    ...
    escalation_sim.errors.ScenarioError: fault 0
    ...
    fault 10
    and 3 more problems
    """
    raise ScenarioError(shortened(problems)) from None


def shortened(problems: list[str]) -> list[str]:
    """The first of the problems, and how many more there are, in no more lines than a screen takes."""
    if len(problems) <= MAX_LINES:
        return problems
    return [*problems[: MAX_LINES - 1], f"and {len(problems) - MAX_LINES + 1} more problems"]


_MARKS = "_marks"


def remember(block: B, marks: Marks) -> B:
    """Keep the places beside the fields of a scenario or design, like a cached property: no part of its value."""
    block.__dict__[_MARKS] = marks
    return block


def marks_of(block: BaseModel) -> Marks:
    """The places of a scenario or design that came from files; empty for one that was built in Python."""
    found = block.__dict__.get(_MARKS)
    return found if isinstance(found, Marks) else Marks()


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "item"), plural(2, "item")
    ('1 item', '2 items')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"
