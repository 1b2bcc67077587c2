"""`extends:`: which file a scenario stands on, and the chain of them merged into one tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import NamedTuple, NoReturn

from escalation_sim.scenario.layers import Tree, merged
from escalation_sim.scenario.messages import Marks, did_you_mean, printable, refuse, unknown

LIBRARY = FilePath(__file__).parent / "library"
MAX_EXTENDS = 10
_PACKAGED = "library:"

_NOT_RELATIVE = re.compile(r"[/\\~$%]|[A-Za-z][A-Za-z0-9+.-]*:|.*\x00", re.DOTALL)


class _File(NamedTuple):
    path: FilePath
    source: str  # how messages call it
    home: FilePath  # the folder that what it extends must lie in


def extended(path: str | FilePath, read: Callable[[FilePath, str], Tree]) -> Tree:
    """Read a file and everything it extends, merged into one tree; `extends` is gone from it, its marks name the files.

    A scenario may extend a file inside its own folder or, as `library:NAME`, one of the packaged library.

    Parameters
    ----------
    path : path of the scenario, or `library:NAME`
    read : reads one file strictly, given its path and how messages call it
    """
    packaged = str(path).startswith(_PACKAGED)
    step: _File | None
    step = _packaged(str(path), "") if packaged else _File(FilePath(path), str(path), FilePath(path).parent)
    chain: list[_File] = []
    trees: list[Tree] = []
    while step:
        tree = read(step.path, step.source)
        chain.append(step)
        trees.append(tree)
        said = tree.value.pop("extends", None)
        step = None if said is None else _base(said, tree.marks, step)
        if step:
            _check_chain(chain, step, tree.marks)
    whole = trees.pop()
    for layer in reversed(trees):
        whole.marks.update(layer.marks)
        whole = Tree(merged(whole.value, layer.value), whole.marks)
    return whole


def _packaged(said: str, where: str) -> _File:
    home = LIBRARY / "scenarios"
    known = {file.stem: file for file in home.glob("*.yaml")}
    name = said.removeprefix(_PACKAGED)
    if name not in known:
        refuse([where + unknown("scenario in the library", name, known)])
    return _File(known[name], said, home)


def _bad(marks: Marks, what: str) -> NoReturn:
    refuse([f"{marks.place(('extends',))}: extends: {what}"])


def _check_chain(chain: list[_File], step: _File, marks: Marks) -> None:
    if step.path.resolve() in [seen.path.resolve() for seen in chain]:
        names = " -> ".join([*(seen.source for seen in chain), step.source])
        _bad(marks, f"these scenarios extend one another: {printable(names, 600)}")
    if len(chain) > MAX_EXTENDS:
        _bad(marks, f"a chain of more than {MAX_EXTENDS} scenarios")


def _base(said: object, marks: Marks, here: _File) -> _File:
    """The file that `extends` names; nothing outside the scenario's own folder is looked at."""
    if not isinstance(said, str):
        _bad(marks, "names one file, such as base.yaml or library:NAME")
    if said.startswith(_PACKAGED):
        return _packaged(said, f"{marks.place(('extends',))}: extends: ")
    if _NOT_RELATIVE.match(said):
        _bad(marks, f"'{printable(said)}' is not a path relative to this file")
    file = here.path.parent / said
    try:
        inside = file.resolve().is_relative_to(here.home.resolve())
        found = inside and file.is_file()
    except (OSError, RuntimeError):  # a loop of links, a name that is too long
        inside = found = False
    if not inside:
        _bad(marks, f"'{printable(said)}' lies outside the folder of the scenario")
    if not found:
        near = did_you_mean(said, (f"{FilePath(said).parent / other.name}" for other in file.parent.glob("*.yaml")))
        _bad(marks, f"no file '{printable(said)}' here{near}")
    return _File(file, str(FilePath(here.source).parent / said), here.home)
