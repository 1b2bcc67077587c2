"""From a design to its points: every combination of levels, a Latin hypercube, what Sobol indices need, or a list."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from escalation_sim.errors import CostError, ScenarioError
from escalation_sim.scenario.designs import TAKEN, Design, Variable
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.load import read_text, read_tree, read_value
from escalation_sim.scenario.messages import Marks, Place, did_you_mean, marks_of, refuse
from escalation_sim.scenario.messages import Path as MarkPath
from escalation_sim.scenario.sampling import Value, faults, levels_of, own_numbers, values_at
from escalation_sim.scenario.validate import validated_as

MOST_POINTS = 200_000
_LIST, _VARIANT = "list", "variant"
_MOST_LIST = 20_000_000  # bytes of a CSV file


@dataclasses.dataclass(frozen=True)
class Column:
    """A variable of a sweep with its value at each point; `set` is a dotted path, or None where it chooses variants."""

    id: str
    label: str
    unit: str
    set: str | None
    log: bool
    values: list[Value]

    @property
    def is_number(self) -> bool:
        """Whether all its values are numbers."""
        return all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in self.values)


@dataclasses.dataclass(frozen=True)
class Layout:
    """The points of a sweep, in the order in which they are numbered.

    Attributes
    ----------
    id, title : str
    kind : str
        grid, latin_hypercube, sobol or list.
    columns : sequence of Column
        All of the same length.
    common : bool
        Whether all points share their luck.
    """

    id: str
    title: str
    kind: str
    columns: Sequence[Column]
    common: bool

    @property
    def size(self) -> int:
        """Number of points."""
        return len(self.columns[0].values)

    def under(self, common: bool) -> Layout:
        """The same points, sharing their luck or not."""
        return dataclasses.replace(self, common=common)

    def point(self, number: int) -> dict[str, Value]:
        """Value of each variable at a point."""
        return {one.id: one.values[number] for one in self.columns}


def laid_out(tree: Tree, design: Design, variants: Sequence[str] = (), settings: Sequence[str] = ()) -> Layout:
    """The points of a design over a scenario: its merged tree, with variants and settings (those of the design, too).

    Every variable alone is tried out at its extremes.

    Points of a `sobol` design come row by row, (variables + 2) to a row: A, B, and A with one variable from B after the
    other (Saltelli et al. 2010, Computer Physics Communications 181, 259-270).

    Raises
    ------
    ScenarioError
        If a variable cannot be set as the design says; each fault in one sentence.
    CostError
        If there are more points than any sweep should have.

    >>> from escalation_sim.scenario.designs import Design
    >>> from escalation_sim.scenario.extends import extended
    >>> odds = {"id": "odds", "set": "coefficients.reply.war.intercept", "values": (-3.0, -2.0)}
    >>> weeks = {"id": "weeks", "set": "coefficients.memory.fast", "between": (1.0, 3.0), "levels": 3}
    >>> design = Design.model_validate({"id": "try", "kind": "grid", "variables": (odds, weeks)})
    >>> layout = laid_out(extended("library:starter", read_tree), design)
    >>> layout.size, layout.point(5)
    (6, {'odds': -2.0, 'weeks': 3.0})
    """
    _check_size(size_of(design))
    _try_out(tree, design.swept, variants, settings, marks_of(design))
    if design.kind == "grid":
        columns = list(zip(*itertools.product(*map(levels_of, design.swept)), strict=True))
        values = [list(column) for column in columns]
    else:
        own = own_numbers(tree, design.swept, variants, settings)
        places = _sobol_places(design) if design.kind == "sobol" else _hypercube_places(design)
        values = [values_at(one, u, own) for one, u in zip(design.swept, places.T, strict=True)]
    made = [_column(*pair) for pair in zip(design.swept, values, strict=True)]
    return Layout(design.id, design.title or design.id, design.kind, made, design.common_random_numbers)


def _try_out(
    tree: Tree, variables: Sequence[Variable], base: Sequence[str], fixed: Sequence[str], marks: Marks
) -> None:
    if wrong := list(faults(tree, variables, base, fixed, marks)):
        refuse(wrong)


def size_of(design: Design) -> int:
    """How many points a design has, before they are laid out."""
    if design.kind == "grid":
        return math.prod(one.levels or len(one.values or one.variants) for one in design.swept)
    return (design.points or 0) * (len(design.swept) + 2 if design.kind == "sobol" else 1)


def _check_size(points: int) -> None:
    if points > MOST_POINTS:
        raise CostError(
            f"a design of {points:,} points; at most {MOST_POINTS:,} are run, so take fewer levels or points"
        )


def _column(variable: Variable, values: list[Value]) -> Column:
    label, unit = variable.label or variable.set_ or variable.id, variable.unit or ""
    return Column(variable.id, label, unit, variable.set_, variable.log, values)


def _hypercube_places(design: Design) -> Any:
    from scipy.stats import qmc

    return qmc.LatinHypercube(d=len(design.swept), rng=np.random.default_rng(design.seed)).random(design.points)


def _sobol_places(design: Design) -> Any:
    """Places (points x (d + 2), d) of a Saltelli design; A and B are the halves of one sequence of 2 d dimensions."""
    from scipy.stats import qmc

    d, n = len(design.swept), design.points or 0
    both = qmc.Sobol(d=2 * d, rng=np.random.default_rng(design.seed)).random(n)
    rows = np.repeat(both[:, None, :d], d + 2, axis=1)
    rows[:, 1] = both[:, d:]
    for i in range(d):
        rows[:, 2 + i, i] = both[:, d + i]
    return rows.reshape(n * (d + 2), d)


def listed(tree: Tree, path: Path, variants: Sequence[str] = (), settings: Sequence[str] = ()) -> Layout:
    """The points of a CSV file: a column for each dotted path (or `variant`), a row for each point.

    The file is entered among those that the tree was read from.

    Raises
    ------
    ScenarioError
        If the table is not whole, naming the line, or a column cannot be set as it says.
    """
    rows, files = _rows(path)
    tree.marks.files.update(files)
    if len(rows) < 2:
        raise ScenarioError([f"{path}: a list of points has a header of dotted paths and a line for each point"])
    names = [cell.strip() for cell in rows[0]]
    if len(set(names)) < len(names) or not all(names) or TAKEN & set(names):
        said = "each column is named after the dotted path that it sets, or 'variant', and none of them twice"
        raise ScenarioError([f"{path}:1: {said}"])
    _check_size(len(rows) - 1)
    columns: list[list[Value]] = [[] for _ in names]
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise ScenarioError([f"{path}:{line}: {len(row)} cells, but the header has {len(names)}"])
        for name, cell, column in zip(names, row, columns, strict=True):
            column.append(_cell(cell.strip(), f"{path}:{line}: {name}"))
    paths = [None if name == _VARIANT else name for name in names]
    variables = []
    for name, place, values in zip(names, paths, columns, strict=True):
        given = tuple(dict.fromkeys(values))
        form = {"set_": place, "values": given} if place else {"variants": given}
        variables.append(Variable.model_construct(id=name, **form))
    heads = itertools.accumulate(rows[0], lambda column, cell: column + len(cell) + 1, initial=1)
    places: dict[MarkPath, Place] = {
        ("variables", name): Place(str(path), 1, column) for name, column in zip(names, heads, strict=False)
    }
    _try_out(tree, variables, variants, settings, Marks(places))
    cells = zip(names, paths, columns, strict=True)
    made = [Column(name, name, "", place, False, values) for name, place, values in cells]
    return Layout(path.stem, path.stem, _LIST, made, True)


def _rows(path: Path) -> tuple[list[list[str]], dict[str, str]]:
    """Cells of a CSV file, line by line (empty lines at the end are no rows), and the file with its SHA-256."""
    text, files = read_text(path, "design", _MOST_LIST, old_breaks=True)
    reader = csv.reader(io.StringIO(text, newline=None))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ScenarioError([f"{path}:{reader.line_num}: no line of cells with commas ({error})"]) from None
    while rows and not any(map(str.strip, rows[-1])):
        rows.pop()
    return rows, files


def _cell(text: str, where: str) -> Value:
    value = read_value(text, where).value
    if isinstance(value, (bool, int, float, str)):
        return value
    raise ScenarioError([f"{where}: an empty cell, or no single value; write a number, a text, true or false"])


def find_design(tree: Tree, asked: str) -> Design | Path:
    """The design of that id among the `designs` of a scenario, that of a YAML file, or the path of a CSV file.

    A YAML file is entered among those that the tree was read from.

    Raises
    ------
    ScenarioError
        If there is neither such a design nor such a file, or the file is not a design.
    """
    path = Path(asked)
    if path.suffix.lower() == ".csv":
        return path
    if path.suffix.lower() in {".yaml", ".yml"}:
        found = read_tree(path, what="design", head="id: my-design")
        tree.marks.files.update(found.marks.files)
        return validated_as(Design, found.value, found.marks)
    blocks = tree.value.get("designs")
    named = [one for one in blocks if isinstance(one, dict)] if isinstance(blocks, list) else []
    known = {one["id"]: one for one in named if isinstance(one.get("id"), str)}
    if asked not in known:
        near = did_you_mean(asked, known) or (f"; there are: {', '.join(known)}" if known else "")
        raise ScenarioError(
            [f"--design {asked}: the scenario has no such design, and it is no .yaml or .csv file{near}"]
        )
    return validated_as(Design, known[asked], tree.marks.below(("designs", asked)))
