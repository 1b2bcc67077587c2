"""From YAML text to a Scenario: the only door to the YAML library.

The text is read event by event, so that limits hold before anything is built, and its plain scalars are those
of YAML 1.2's core schema: `NO`, `off`, `12:30` and `2024-10-24` are text, `1e-3` is a number. Tags, anchors,
aliases, directives, duplicate keys and keys that are not text are refused.
"""

from __future__ import annotations

import functools
import hashlib
import math
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, NoReturn

import yaml

from escalation_sim.scenario import layers
from escalation_sim.scenario.extends import LIBRARY, extended
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.messages import Marks, Path, Place, address, plain_sentence, printable, refuse
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.validate import validated_as

MAX_BYTES = 256_000  # the pure parser reads some 150 kB a second
MAX_NODES = 25_000
MAX_DEPTH = 30

# Control characters (a lone carriage return among them), soft hyphens, spaces without width, line and paragraph
# separators, marks that turn the reading direction or stand for nothing, surrogates, and characters that are none: what
# a terminal obeys or an eye misses. Only the two joiners stay (U+200C, U+200D), without which some names are misspelt.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class _Node:
    value: Any  # a scalar, a list of nodes, or a dict of key -> (place of the key, node)
    place: Place


class _Parser:
    """One text being read: its events become nodes, or the first fault stops it."""

    def __init__(self, text: str, source: str, loader: Any, numbered: bool = True) -> None:
        self.text, self.source, self.numbered, self.n_nodes = text, source, numbered, 0
        self.events: Iterator[Any] = yaml.parse(text, Loader=loader)
        self.last_mark: Any = None

    def fault(self, mark: Any, what: str) -> NoReturn:
        refuse([f"{self.place(mark)}: {what}"])

    def place(self, mark: Any) -> Place:
        return Place(self.source, mark.line + 1, mark.column + 1) if self.numbered else Place(self.source)

    def document(self) -> _Node | None:
        """The one document of the text, or None if it holds none."""
        root = None
        for event in self.events:
            self.last_mark = event.end_mark
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self.fault(event.start_mark, "a second document; a file holds one scenario")
                mark: Any = event.start_mark
                if self.text[mark.index : mark.index + 1] == "%":
                    self.fault(mark, "directives ('%') are not part of the scenario language")
                root = self.node(next(self.events), 1)
        return root

    def node(self, event: Any, depth: int) -> _Node:
        self.n_nodes += 1
        self.last_mark = event.end_mark
        if self.n_nodes > MAX_NODES:
            self.fault(event.start_mark, f"more than {MAX_NODES} keys and values; the scenario is too large")
        if depth > MAX_DEPTH:
            self.fault(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self.fault(event.start_mark, "anchors and aliases ('&', '*') are not part of the scenario language")
        if event.tag is not None:
            self.fault(event.start_mark, "tags ('!') are not part of the scenario language")
        if isinstance(event, yaml.ScalarEvent):
            return _Node(self.scalar(event), self.place(event.start_mark))
        if isinstance(event, yaml.SequenceStartEvent):
            return _Node(self.sequence(depth), self.place(event.start_mark))
        return _Node(self.mapping(depth), self.place(event.start_mark))

    def sequence(self, depth: int) -> list[_Node]:
        items: list[_Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return items

    def mapping(self, depth: int) -> dict[str, tuple[Place, _Node]]:
        items: dict[str, tuple[Place, _Node]] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key.value, str):
                hint = " (decimals have a point: 1.5)" if isinstance(key.value, int) else ""
                self.fault(event.start_mark, f"a key that is not text; put it in quotes{hint}")
            if key.value in items:
                first = items[key.value][0].line
                where = f" (first at line {first})" if first else ""
                self.fault(event.start_mark, f"duplicate key '{printable(key.value)}'{where}")
            items[key.value] = (key.place, self.node(next(self.events), depth + 1))
        return items

    def scalar(self, event: Any) -> Any:
        text = event.value
        if hidden := _UNSEEN.search(text):
            self.fault(event.start_mark, f"text with the invisible character U+{ord(hidden[0]):04X}; take it out")
        if not event.implicit[0]:  # in quotes or in a block
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            if len(text.lstrip("+-0")) > 18:
                self.fault(event.start_mark, "a whole number of more than 18 digits; put it in quotes if it is text")
            return int(text)
        if _FLOAT.fullmatch(text):
            if not math.isfinite(number := float(text)):
                self.fault(event.start_mark, f"the number {printable(text)} is too large")
            return number
        return text


def _parsed(parser: _Parser) -> _Node | None:
    """The document of a parser; what the YAML library objects to becomes one sentence of ours."""
    try:
        return parser.document()
    except yaml.MarkedYAMLError as error:
        said = f"{error.problem or ''} {error.context or ''}"
        # What was opened and never closed is repaired where it was opened, not where the parser gave up.
        opened = error.context_mark if re.search(r"could not find|expected ',' or|end of stream", said) else None
        mark = opened or error.problem_mark or error.context_mark
        parser.fault(mark, plain_sentence(said))
    except (yaml.YAMLError, ValueError, OverflowError):  # such as an escape beyond the last character of Unicode
        parser.fault(parser.last_mark, "an escape after '\\' that stands for no character; use single quotes")


def _plain(node: _Node, path: Path, marks: Marks) -> Any:
    """The node as plain Python, its places entered into the marks."""
    marks.values[path] = node.place
    if isinstance(node.value, dict):
        for key, (place, _) in node.value.items():
            marks.keys[*path, key] = place
        return {key: _plain(child, (*path, key), marks) for key, (_, child) in node.value.items()}
    if not isinstance(node.value, list):
        return node.value
    items = []
    for index, child in enumerate(node.value):
        named = isinstance(child.value, dict) and {
            k: n.value for k, (_, n) in child.value.items() if k in {"id", "state"}
        }
        step = (*path, address(named, index))
        if step in marks.values:
            first = marks.values[step].line
            name = printable(str(step[-1]))
            refuse([f"{child.place}: '{name}' stands twice in this list (first at line {first})"])
        items.append(_plain(child, step, marks))
    return items


def read_text(
    file: FilePath, what: str, most: int = MAX_BYTES, source: str | None = None, old_breaks: bool = False
) -> tuple[str, dict[str, str]]:
    """The text of a regular file of legible UTF-8 of at most so many bytes, and its name with the SHA-256 of these.

    Parameters
    ----------
    file : path
    what : what the file holds, in the words of messages
    most : bytes
    source : how messages call the file, if not by its path
    old_breaks : whether a lone carriage return ends a line, as some spreadsheets have it, and hides none

    Raises
    ------
    ScenarioError
        In one sentence about why there is none.
    """
    name = str(file) if source is None else source
    source = printable(name, 200)
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            refuse([f"{source}: not a file; give the path of a {what}"])
        with file.open("rb") as stream:
            data = stream.read(most + 1)
    except FileNotFoundError:
        refuse([f"{source}: no such file"])
    except (OSError, ValueError) as error:
        refuse([f"{source}: cannot be read ({getattr(error, 'strerror', None) or 'not a path'})"])
    if len(data) > most:
        refuse([f"{source}: larger than {most // 1000} kB; a {what} of this size is a mistake"])
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        text = text.replace("\r", "\n") if old_breaks else text
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        refuse([f"{source}:{line}:{column}: not UTF-8 text; save the file in that encoding"])
    if hidden := _UNSEEN.search(text):
        before = text[: hidden.start()]
        line, column = before.count("\n") + 1, hidden.start() - before.rfind("\n")
        refuse([f"{source}:{line}:{column}: the invisible character U+{ord(hidden[0]):04X}; take it out"])
    return text, {name: hashlib.sha256(data).hexdigest()}


def read_tree(
    path: str | FilePath, source: str | None = None, what: str = "scenario", head: str = "format_version: 1"
) -> Tree:
    """Read one file strictly, without validating what it says.

    Parameters
    ----------
    path : path of a regular file of at most 256 kB
    source : how messages call the file, if not by its path
    what : what the file holds, in the words of messages
    head : what such a file begins with

    Raises
    ------
    ScenarioError
        With the place of the first thing that is not plain, unambiguous YAML.
    """
    name = str(path) if source is None else source
    text, files = read_text(FilePath(path), what, source=name)
    source = printable(name, 200)
    root = _parsed(_Parser(text, source, yaml.SafeLoader))
    if root is None or root.value is None:
        refuse([f"{source}: the file is empty; a {what} begins with '{head}'"])
    if not isinstance(root.value, dict):
        refuse([f"{root.place}: a {what} is a mapping; begin with '{head}'"])
    marks = Marks(files=files)
    return Tree(_plain(root, (), marks), marks)


def read_value(text: str, source: str) -> Tree:
    """Read one value of the command line by the same strict rules.

    >>> read_value("1e-3", "--set a=1e-3").value, read_value("[UKR, NO]", "--set a=[UKR, NO]").value
    (0.001, ['UKR', 'NO'])
    """
    if len(text) > 1000:
        refuse([f"{source}: longer than 1000 characters; write it into a file"])
    if hidden := _UNSEEN.search(text):
        refuse([f"{source}: the invisible character U+{ord(hidden[0]):04X}; take it out"])
    root = _parsed(_Parser(text, source, yaml.SafeLoader, numbered=False))
    marks = Marks()
    return Tree(_plain(root, (), marks) if root else None, marks)


@functools.cache
def library(name: str) -> Any:
    """A file of the packaged library as plain mappings and lists; callers must not change it.

    It is ours and tested, so the fast parser may read it; what its scalars mean is decided by the same rules.

    >>> library("ladder")["ladder"][0]["id"]
    'routine'
    """
    file = LIBRARY / f"{name}.yaml"
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = _parsed(_Parser(file.read_text(encoding="utf-8"), file.name, fast))
    return _plain(root, (), Marks()) if root else None


def compose(tree: Tree, variants: Sequence[str] = (), settings: Sequence[str] = ()) -> Scenario:
    """Lay variants and then settings over a tree, and validate the whole; the tree is left as it was."""
    value, marks = tree.value, Marks(dict(tree.marks.values), dict(tree.marks.keys), dict(tree.marks.files))
    for name in variants:
        value = layers.with_variant(value, marks, name)
    for setting in settings:
        value = layers.with_setting(value, marks, setting, read_value)
    return validated_as(Scenario, value, marks)


def load(path: str | FilePath, variants: Sequence[str] = (), settings: Sequence[str] = ()) -> Scenario:
    """Load a scenario as its file says it, with what it extends, variants and settings on top.

    Parameters
    ----------
    path : path of a scenario file, or `library:NAME` for a packaged one
    variants : names from the file's `variants`, laid over it in this order
    settings : "path=value" each, such as "states.RUS.capability=0.1", applied after the variants, in order

    Returns
    -------
    Scenario
        Nothing is filled in yet: `resolve` does that. It remembers the places in its files, for messages.

    Raises
    ------
    ScenarioError
        All faults at once, each `file:line:col: path: what is wrong`.

    >>> load("library:starter", ["doubted_treaty"], ["horizon=90 days", "windows=[90 days]"]).horizon
    90.0
    """
    return compose(extended(path, read_tree), variants, settings)
