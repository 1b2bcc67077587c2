"""Ways in which a file goes wrong, or is merely written differently: pure functions of a text and a random generator.

A mutation knows what must become of its mutant: `refused`, `same` (it loads as before) or `either` (refused, or sound).
"""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

REFUSED, SAME, EITHER = "refused", "same", "either"


class Mutant(NamedTuple):
    """A changed file: its bytes, how it came about, what must become of it, and how many values may differ."""

    data: bytes
    kind: str
    expect: str
    may_differ: int | None = None  # values that may be others if it loads; None: any number


class Spot(NamedTuple):
    """A value of a file: its path, where its key and it stand in the text, and how it is written."""

    path: tuple[str | int, ...]
    key: tuple[int, int] | None
    start: int
    end: int
    shape: str  # scalar, list, map
    style: str  # plain, quoted, block
    flow: bool  # inside [..] or {..}

    @property
    def name(self) -> str:
        """The last key on the way to it."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")


@functools.lru_cache(maxsize=64)
def spots(text: str) -> tuple[Spot, ...]:
    """All values of a text, in order."""
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    body = [e for e in events if not isinstance(e, (yaml.StreamStartEvent, yaml.DocumentStartEvent))]
    return tuple(_spots(iter(body), (), None, False))


def _spots(events: Iterator[Any], path: Any, key: Any, flow: bool, first: Any = None) -> Iterator[Spot]:
    event = first or next(events)
    if isinstance(event, yaml.ScalarEvent):
        style = {None: "plain", "'": "quoted", '"': "quoted"}.get(event.style, "block")
        yield Spot(path, key, event.start_mark.index, event.end_mark.index, "scalar", style, flow)
        return
    inside = bool(event.flow_style)
    shape = "list" if isinstance(event, yaml.SequenceStartEvent) else "map"
    children: list[Spot] = []
    number = 0
    while not isinstance(last := next(events), (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
        step, place = number, None
        if shape == "map":
            step, place = last.value, (last.start_mark.index, last.end_mark.index)
            last = next(events)
        children += _spots(events, (*path, step), place, inside, last)
        number += 1
    end = last.end_mark.index if inside else max((one.end for one in children), default=last.end_mark.index)
    yield Spot(path, key, event.start_mark.index, end, shape, "flow" if inside else "block", flow)
    yield from children


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _said(text: str, spot: Spot) -> str:
    return text[spot.start : spot.end]


def _pick(text: str, rng: random.Random, wanted: Callable[[Spot], bool]) -> Spot | None:
    found = [spot for spot in spots(text) if spot.path and wanted(spot)]
    return rng.choice(found) if found else None


def _loose(spot: Spot) -> bool:
    """Whether the place is one that may hold nearly anything: names of variants, ids that nothing else names."""
    return spot.path[0] == "variants" and len(spot.path) <= 2


NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
DATE = re.compile(r"\d{4}-\d\d-\d\d$")
_TEXTS = {"title", "label", "description", "because", "source", "resolution", "clause", "publisher", "url", "unit"}
_CHANCES = {"probability", "reliability", "tolerance", "severity", "rear_value", "weight", "confidence", "memory"}
_STATES = {"actor", "toward", "by", "to", "against", "holder", "ally", "members", "initiator", "sides", "between"}
_NAMES = {*_STATES, "rung", "act", "at_least", "at_most", "not_above", "event", "outcome", "paths", "scenario"}


def _is(text: str, pattern: re.Pattern[str]) -> Callable[[Spot], bool]:
    return lambda spot: spot.style == "plain" and bool(pattern.match(_said(text, spot)))


def _is_name(text: str) -> Callable[[Spot], bool]:
    word = re.compile(r"[A-Za-z][\w-]*$")
    return lambda spot: spot.name in _NAMES and spot.shape == "scalar" and bool(word.match(_said(text, spot)))


# ---------------------------------------------------------------------------------------------------- structure
def drop_key(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A key gone with its value."""
    spot = _pick(text, rng, lambda s: s.key is not None)
    if spot is None or spot.key is None:
        return None
    needed = len(spot.path) == 1 and spot.name in {"format_version", "id", "start", "horizon", "outcomes", "variables"}
    if spot.flow:
        end = spot.end + (text[spot.end : spot.end + 1] == ",")
        return _put(text, spot.key[0], end, ""), EITHER
    start = spot.key[0]
    if text[text.rfind("\n", 0, start) + 1 : start].strip():  # the first key of an item: '- '
        return _put(text, start, spot.end, ""), EITHER
    return _put(text, start, spot.end, "") if not needed else _put(text, start, spot.end, "# gone"), (
        REFUSED if needed else EITHER
    )


def duplicate_key(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A key that stands twice."""
    spot = _pick(text, rng, lambda s: s.key is not None)
    if spot is None or spot.key is None:
        return None
    start, end = spot.key
    column = start - text.rfind("\n", 0, start) - 1
    joint = ", " if spot.flow else "\n" + " " * column
    return _put(text, start, start, f"{text[start:end]}: 1{joint}"), REFUSED


def rename_key(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A key with a letter too many."""
    spot = _pick(text, rng, lambda s: s.key is not None and not _loose(s))
    if spot is None or spot.key is None:
        return None
    return _put(text, spot.key[1], spot.key[1], "x"), REFUSED


def wrong_shape(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A list or a mapping where a scalar belongs."""
    spot = _pick(text, rng, lambda s: s.shape == "scalar" and s.style != "block")
    if spot is None:
        return None
    return _put(text, spot.start, spot.end, rng.choice(["[1, 2]", "{zz: 1}", "[[]]", "[{}]"])), REFUSED


def scalar_for_block(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A scalar where a list or mapping belongs."""
    spot = _pick(text, rng, lambda s: s.shape != "scalar" and s.style == "flow")
    if spot is None:
        return None
    return _put(text, spot.start, spot.end, rng.choice(["true", "1.5", "'!'", "''"])), EITHER


def list_for_map(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A mapping put into a list, or a list into a mapping."""
    spot = _pick(text, rng, lambda s: s.shape != "scalar" and s.style == "flow")
    if spot is None:
        return None
    said = _said(text, spot)
    return _put(text, spot.start, spot.end, f"{{zz: {said}}}" if spot.shape == "list" else f"[{said}]"), REFUSED


def null_value(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Nothing where something stood."""
    spot = _pick(text, rng, lambda s: s.shape == "scalar" and s.style != "block")
    if spot is None:
        return None
    new = rng.choice(["null", "~", "''", "{}", "[]"])
    return _put(text, spot.start, spot.end, new), REFUSED if spot.path[-1] in {"format_version", "id"} else EITHER


# ------------------------------------------------------------------------------------------------------- values
NO_NUMBERS = ["NaN", ".nan", ".inf", "-.inf", "inf", "1e999", "1,5", "9" * 25, "NO", "yes", "12:30", "1_000", "٣", "３"]
NO_NUMBERS += ["0x10", "0o7", "1e", "--1", "1.2.3", "1 000", "5%", "true", "'1'", "1/2", "⅓", "1e5000", "½", "+"]


def no_number(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Something that looks like a number and is none, where one belongs."""
    spot = _pick(text, rng, lambda s: _is(text, NUMBER)(s) and s.name not in {"values", "variants"})
    new = rng.choice(NO_NUMBERS)
    if spot is None or (new == "1,5" and isinstance(spot.path[-1], int)):
        return None
    return _put(text, spot.start, spot.end, new), REFUSED


def out_of_range(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A chance below 0 or above 1."""
    spot = _pick(text, rng, lambda s: _is(text, NUMBER)(s) and s.name in _CHANCES)
    if spot is None:
        return None
    new = rng.choice(["-0.1", "1.01", "-1e-9", "100", "1.0000001", "1e308", "-1e308"])
    return _put(text, spot.start, spot.end, new), REFUSED if spot.path[-2:-1] != ("memory",) else EITHER


def odd_number(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Another number, perhaps absurd."""
    spot = _pick(text, rng, _is(text, NUMBER))
    if spot is None:
        return None
    new = rng.choice(["-1", "010", "0", "-0.0", "1e300", "1e-300", "9" * 18, "-1e308", "5e-324", "1e15", "2.5", "1e6"])
    return _put(text, spot.start, spot.end, new), EITHER


def bad_distribution(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A distribution that there is not, where a number stood."""
    spot = _pick(text, rng, lambda s: _is(text, NUMBER)(s) and s.name not in {"values", "variants"})
    if spot is None:
        return None
    bad = ["beta, a: -1, b: 2", "beta, a: 1", "norm, loc: 0, scale: -1", "norm, loc: 0, scale: 0", "cauchy, loc: 0"]
    bad += ["uniform, loc: 0", "uniform, low: 0, high: 1", "triang, c: 2, loc: 0, scale: 1", "gamma, a: 0, scale: 1"]
    bad += ["lognorm, s: 0, scale: 1", "truncnorm, a: 2, b: 1, loc: 0, scale: 1", "loguniform, a: 0, b: 1", "1", "[]"]
    bad += ["beta, a: .nan, b: 1", "beta, a: 1e999, b: 1", "norm, loc: 0, scale: 1, se: 1", "norm, value: 1, loc: 0"]
    return _put(text, spot.start, spot.end, "{dist: " + rng.choice(bad) + ", because: x}"), REFUSED


def bad_date(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A date that the calendar does not have."""
    spot = _pick(text, rng, _is(text, DATE))
    if spot is None:
        return None
    bad = ["2024-13-45", "2024-02-30", "0000-01-01", "24-10-2024", "2024-1-1", "2024-10-24T10:00:00Z", "20241024", "1"]
    bad += ["2024-W10-1", "tomorrow", "2024/10/24", "'2024-10-24 '", "-2024-10-24", "99999-01-01", "２024-10-24"]
    return _put(text, spot.start, spot.end, rng.choice(bad)), REFUSED


def bad_duration(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A duration that is none."""
    wanted = {"tick", "horizon", "windows", "within"}
    spot = _pick(text, rng, lambda s: s.shape == "scalar" and s.name in wanted)
    if spot is None:
        return None
    bad = ["7", "7.0", "0 days", "-1 week", "1e3 days", "٢ weeks", "P", "'1,5 weeks'", "week", "1 fortnight", "1e9"]
    bad += ["NaN days", "inf days", "9999999999 days", "7 d d", "P1Y", "PT0H", "true", "1 week 2 days", "½ week"]
    return _put(text, spot.start, spot.end, rng.choice(bad)), REFUSED


def no_boolean(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Words that other programs take for true or false."""
    spot = _pick(text, rng, lambda s: _is(text, re.compile(r"(true|false)$"))(s) and s.name != "values")
    if spot is None:
        return None
    return _put(
        text, spot.start, spot.end, rng.choice(["yes", "NO", "on", "True", "FALSE", "0", "1", "'true'"])
    ), REFUSED


# --------------------------------------------------------------------------------------------------- references
def misspelt(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A name of a state, rung, event or outcome with a letter wrong."""
    spot = _pick(text, rng, _is_name(text))
    if spot is None:
        return None
    said = _said(text, spot)
    new = rng.choice([said + "x", said[:-1] + "q", said.swapcase(), "zz" + said, said + "-", "nobody", "x" * 65])
    line = text[text.rfind("\n", 0, spot.start) + 1 : text.find("\n", spot.end)]
    wrong = EITHER if "enabled: false" in line else REFUSED  # what is switched off may speak of what is not there
    return (_put(text, spot.start, spot.end, new), wrong) if new != said else None


def swapped(text: str, rng: random.Random) -> tuple[str, str] | None:
    """The names at two places exchanged."""
    one, other = _pick(text, rng, _is_name(text)), _pick(text, rng, _is_name(text))
    if one is None or other is None or one.start >= other.start:
        return None
    first, second = _said(text, one), _said(text, other)
    return _put(_put(text, other.start, other.end, first), one.start, one.end, second), EITHER


def doubled_id(text: str, rng: random.Random) -> tuple[str, str] | None:
    """An id that another block of the same list bears."""
    found = [s for s in spots(text) if s.path[-1:] == ("id",) and len(s.path) == 3 and s.shape == "scalar"]
    one, other = (rng.choice(found), rng.choice(found)) if found else (None, None)
    if one is None or other is None or one.path[0] != other.path[0] or _said(text, one) == _said(text, other):
        return None
    return _put(text, one.start, one.end, _said(text, other)), REFUSED


# --------------------------------------------------------------------------------------------------- YAML traps
_ODD = ["\ufeff", "\x85", "\x00", "\x07", "\x1b[2J", "\u202e", "\u2066", "\u200b", "\u2028", "\x7f", "\u200f", "\u00ad"]
_ODD += ["\u2060", "\u061c", "\U000e0041", "\ufffe", "\r", "\x0b", "\x0c", "\ufff9"]


def hidden_character(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A character that nobody sees, anywhere behind the first one."""
    place = rng.randrange(1, len(text))
    odd = rng.choice(_ODD)
    if odd == "\r" and text[place] == "\n":  # the one place where it ends a line
        return None
    return _put(text, place, place, odd), REFUSED


def yaml_magic(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A tag, an anchor or an alias before a value."""
    spot = _pick(text, rng, lambda s: s.shape == "scalar" and s.style != "block")
    if spot is None:
        return None
    magic = ["!!str ", "!x ", "&a ", "*a ", "!!python/name:os.system ", "! ", "!!timestamp ", "!!binary ", "&a !!int "]
    return _put(text, spot.start, spot.start, rng.choice(magic)), REFUSED


_LINES = ["<<: {x: 1}", "<<: *a", "---", "--- {}", "a: &a 1", "? [a]\n: 1", "? x", "1: 2", "null: 1", "true: 1", "~: 1"]
_LINES += ["\tx: 1", "x: !!int x", "x: 5" + "0" * 5000, "x: " + "[" * 40, "x: " + "{a: " * 40, "x: !!bool maybe", "x"]
_LINES += ["x: [" + "1," * 26_000 + "]", "x: 'a", 'x: "\\ud800"', 'x: "\\UFFFFFFFF"', "x: |99", "x: @", "x: `", "x: %"]
_LINES += [
    "- x",
    "]",
    "}",
    ": x",
    "x: : y",
    "x: y: z",
    'x: "\\q"',
    "...\nx",
    "'': 1",
    "? ",
    "x: {",
    "x: [1",
    "x: {{y}}",
]


def bad_line(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A line that no scenario may have, at the outermost level."""
    starts = [s.key[0] for s in spots(text) if len(s.path) == 1 and s.key]
    place = rng.choice(starts[1:])  # before the first, '---' is a head
    return _put(text, place, place, rng.choice(_LINES) + "\n"), REFUSED


def directive(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A directive at the head."""
    head = rng.choice(
        ["%YAML 1.1\n---\n", "%YAML 3.0\n---\n", "%TAG ! tag:x,2000:\n---\n", "%FOO\n---\n", "%\n", "---\n---\n"]
    )
    return head + text, REFUSED


def included(text: str, rng: random.Random) -> tuple[str, str] | None:
    """An `extends` that leads where it must not; the names are those that the test puts beside the file."""
    if "\nextends:" in "\n" + text:
        return None
    bad = ["/etc/passwd", "../outside.yaml", "~/x.yaml", "$HOME/x.yaml", "https://example.org/x.yaml", "file:///x.yaml"]
    bad += [
        "absent.yaml",
        "loop-a.yaml",
        "link.yaml",
        "pipe.yaml",
        "folder",
        ".",
        "''",
        "[a.yaml]",
        "{a: b}",
        "1",
        "true",
    ]
    bad += [
        "library:nothing",
        "library:../states",
        "'library:'",
        "mutant.yaml",
        "./mutant.yaml",
        "C:\\x.yaml",
        "'a\\b'",
    ]
    bad += [
        "folder/../../outside.yaml",
        "'%2e%2e/outside.yaml'",
        "x" * 300 + ".yaml",
        "secret.txt",
        "/dev/zero",
        "null.yaml",
    ]
    return "extends: " + rng.choice(bad) + "\n" + text, REFUSED


# --------------------------------------------------------------------------------------------- damage to the file
def truncated(text: str, rng: random.Random) -> tuple[bytes, str, int | None]:
    """The file cut off at a random byte."""
    data = text.encode()
    return data[: rng.randrange(len(data))], EITHER, None


def flipped(text: str, rng: random.Random) -> tuple[bytes, str, int | None]:
    """One bit of one byte turned."""
    data = bytearray(text.encode())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data), EITHER, 4


def another_byte(text: str, rng: random.Random) -> tuple[bytes, str, int | None]:
    """One byte replaced by any other."""
    data = bytearray(text.encode())
    data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data), EITHER, 4


def swapped_lines(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Two neighbouring lines exchanged."""
    lines = text.splitlines(keepends=True)
    k = rng.randrange(len(lines) - 1)
    lines[k : k + 2] = lines[k + 1], lines[k]
    return "".join(lines), EITHER


def indented(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A line with a space too many or too few."""
    lines = text.splitlines(keepends=True)
    k = rng.randrange(len(lines))
    lines[k] = " " * rng.randrange(1, 5) + lines[k] if rng.random() < 0.6 else lines[k].removeprefix(" ")
    return "".join(lines), EITHER


def other_encoding(text: str, rng: random.Random) -> tuple[bytes, str, int | None]:
    """Another encoding than UTF-8."""
    way = rng.choice(["utf-16", "utf-16-le", "utf-32", "cp500", "latin-1", "broken", "overlong", "nul"])
    k = rng.randrange(len(text))
    if way == "latin-1":
        return (text[:k] + "ü" + text[k:]).encode("latin-1", "replace"), REFUSED, 0
    bad = {"broken": b"\xe2\x82", "overlong": b"\xc0\xaf", "nul": b"\0"}
    if way in bad:
        return text[:k].encode() + bad[way] + text[k:].encode(), REFUSED, 0
    return text.encode(way, "replace"), REFUSED, 0


# --------------------------------------------------------------------------------------------------- conditions
def condition(rng: random.Random, depth: int = 0) -> str:
    """A condition, from a grammar somewhat wider than the language."""
    name = rng.choice(
        ["UKR", "RUS", "anyone", "actor", "toward", "ally", "belligerent", "nato", "zz", "[RUS, UKR]", "1"]
    )
    other = rng.choice(
        ["{anyone_but: [RUS]}", "{anyone_but: []}", "rival", "RUS", "[]", "{}", "USA", "CHN", "PAK", "null"]
    )
    rung = rng.choice(["strike", "fight", "war", "routine", "assist", "zz", "0"])
    number = rng.choice(["0", "1", "0.5", "-1", "2", "1e9", ".nan", "x", "true"])
    date = rng.choice(["2024-11-01", "1999-06-01", "2030-01-01", "2024-13-01", "x", "null"])
    forms = [
        f"{{act: {{by: {name}, toward: {other}, at_least: {rung}}}}}",
        f"{{act: {{by: {name}, at_least: {rung}, at_most: strike, within: {number} weeks}}}}",
        f"{{act: {{at_least: {rung}, magnitude_at_least: {number}}}}}",
        f"{{memory: {{of: own, kind: fast, at_least: {number}}}}}",
        f"{{war: {{between: [{name}, {other}], status: on}}}}",
        f"{{belligerents: {{at_least: {number}}}}}",
        f"{{strain: {{of: {name}, at_least: {number}}}}}",
        f"{{calendar: {{months: [{number}]}}}}",
        f"{{calendar: {{from: {date}, until: {date}}}}}",
        f"{{standing: {{by: {name}, in_support_of: {other}, at_least: {rung}}}}}",
        f"{{opposing_nuclear_powers: {number}}}",
        "{event: zz}", "{outcome: zz}", "{}", "{act: {}}", "act", "'a and b'", "__import__('os')", "{or: []}", "[]",
    ]  # fmt: skip
    if depth < 3 and rng.random() < 0.25:
        return f"{{not: {condition(rng, depth + 1)}}}"
    return rng.choice(forms)


def conditioned(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Another condition in the place of one."""
    spot = _pick(text, rng, lambda s: s.shape == "map" and s.style == "flow" and s.path[-2:-1] == ("when",))
    if spot is None:
        return None
    new = condition(rng)
    wrong = "not: {not" in new or new in {"{}", "{act: {}}", "act", "[]", "{or: []}", "{event: zz}", "{outcome: zz}"}
    return _put(text, spot.start, spot.end, new), REFUSED if wrong else EITHER


def two_conditions(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Two keys in one condition."""
    spot = _pick(text, rng, lambda s: s.shape == "map" and s.style == "flow" and s.path[-2:-1] == ("when",))
    if spot is None:
        return None
    return _put(text, spot.end - 1, spot.end - 1, ", belligerents: {at_least: 2}, event: zz"), REFUSED


def hostile_text(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A free text that means something to a browser, a spreadsheet, a terminal or a typesetter."""
    spot = _pick(text, rng, lambda s: s.shape == "scalar" and s.name in _TEXTS and s.style != "block")
    if spot is None:
        return None
    seen = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "$\\frac{1}{0}$",
        "{{7*7}}",
        "%s%n",
        "../../x",
        "'; --",
        "a|b",
    ]
    unseen = ["\x1b[2J", "\u202etxt", "\x00", "\ufeff", "\r", "\x9b2J", "\u2028", "\ud800"]
    new = rng.choice(seen + unseen)
    return _put(text, spot.start, spot.end, json.dumps(new)), REFUSED if new in unseen else EITHER


def text_as_number(text: str, rng: random.Random) -> tuple[str, str] | None:
    """A number, or true, where a text belongs."""
    spot = _pick(text, rng, lambda s: s.shape == "scalar" and s.name in _TEXTS - {"source"} and s.style != "block")
    if spot is None or spot.path[-1] != spot.name:
        return None
    return _put(text, spot.start, spot.end, rng.choice(["1", "1.5", "true", "[]", "{}", "''"])), REFUSED


# --------------------------------------------------------------------------------------------- the same otherwise
def same_file(text: str, rng: random.Random) -> tuple[bytes, str, int | None]:
    """Other line ends, a byte-order mark, document marks, no last newline."""
    ways: list[Callable[[str], bytes]] = [
        lambda t: t.replace("\n", "\r\n").encode(),
        lambda t: t.encode("utf-8-sig"),
        lambda t: t.replace("\n", "\r\n").encode("utf-8-sig"),
        lambda t: ("---\n" + t.rstrip("\n") + "\n...\n").encode(),
        lambda t: t.rstrip("\n").encode(),
        lambda t: ("\n\n# a word\n" + t + "\n\n# the end").encode(),
    ]
    return rng.choice(ways)(text), SAME, 0


def same_comment(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Comments and spaces at the ends of lines that end with a plain or quoted value of a block."""
    found = [s for s in spots(text) if s.shape == "scalar" and s.style != "block" and not s.flow and s.key]
    ends = sorted(
        {s.end for s in rng.sample(found, min(5, len(found))) if text[s.end : s.end + 1] == "\n"}, reverse=True
    )
    for end in ends:
        text = _put(text, end, end, rng.choice(["   ", "  # why: because", " #", "   # {[*&!%@`'\""]))
    return text, SAME


def same_quotes(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Texts put into quotes of either kind."""
    plain = [s for s in spots(text) if s.shape == "scalar" and s.style == "plain" and "\n" not in _said(text, s)]
    special = re.compile(r"([-+]?[.\d][\d.]*([eE][-+]?\d+)?|null|true|false|~|)$")
    words = [s for s in plain if not special.match(_said(text, s)) and s.path]
    for spot in sorted(rng.sample(words, min(8, len(words))), key=lambda s: -s.start):
        said = _said(text, spot)
        quoted = json.dumps(said, ensure_ascii=False) if rng.random() < 0.5 else "'" + said.replace("'", "''") + "'"
        text = _put(text, spot.start, spot.end, quoted)
    return text, SAME


def same_number(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Numbers written in another of their forms."""
    found = [s for s in spots(text) if s.shape == "scalar" and _is(text, NUMBER)(s)]
    for spot in sorted(rng.sample(found, min(8, len(found))), key=lambda s: -s.start):
        said = _said(text, spot)
        whole = re.fullmatch(r"[-+]?\d+", said)
        forms = (
            [f"{int(said):+d}", f"{int(said):+05d}"]
            if whole
            else [
                f"{float(said)!r}",
                f"{float(said):.17e}",
                said + ("0" if "." in said and "e" not in said.lower() else ""),
            ]
        )
        text = _put(text, spot.start, spot.end, rng.choice(forms))
    return text, SAME


def same_order(text: str, rng: random.Random) -> tuple[str, str] | None:
    """The same tree as JSON, with the keys of every mapping in another order."""

    def shuffled(node: Any) -> Any:
        if isinstance(node, dict):
            keys = list(node)
            rng.shuffle(keys)
            return {key: shuffled(node[key]) for key in keys}
        return [shuffled(one) for one in node] if isinstance(node, list) else node

    return json.dumps(shuffled(TREES[text]), ensure_ascii=rng.random() < 0.5, indent=rng.choice([0, 1, 4])), SAME


TREES: dict[str, Any] = {}  # text -> its tree, as the reader under test sees it; entered by the tests

BROKEN = (drop_key, duplicate_key, rename_key, wrong_shape, scalar_for_block, list_for_map, null_value, no_number)
BROKEN += (out_of_range, odd_number, bad_distribution, bad_date, bad_duration, no_boolean, misspelt, swapped)
BROKEN += (doubled_id, hidden_character, yaml_magic, bad_line, directive, included, truncated, flipped, another_byte)
BROKEN += (swapped_lines, indented, other_encoding, conditioned, two_conditions, hostile_text, text_as_number)
GOOD = (same_file, same_comment, same_quotes, same_number, same_order)


def mutant(text: str, rng: random.Random) -> Mutant:
    """One mutant of a text: now and then it is good, mostly it is not."""
    while True:
        way = rng.choice(GOOD if rng.random() < 0.15 else BROKEN)
        made = way(text, rng)
        if made is None:
            continue
        data, expect, *most = made
        data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        if data != text.encode():
            return Mutant(data, way.__name__, expect, most[0] if most else None)
