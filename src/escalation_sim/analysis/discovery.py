"""Where in the space of the variables an outcome is likely: boxes found by PRIM, for people who must look out for them.

PRIM peels a thin slice at a time off the box of all points, so that the share of cases among the points left inside
rises (Friedman and Fisher 1999, Statistics and Computing 9, 123-143). Scenario discovery reads the boxes on that way by
coverage (share of all cases that lie inside), density (share of the points inside that are cases), and how few
variables they restrict (Bryant and Lempert 2010, Technological Forecasting and Social Change 77, 34-49). Here a case is
a point whose probability is estimated above a threshold; near the threshold, luck decides which are.

Which box of the way is taken is a rule and not a glance: the one with the largest geometric mean of coverage and
density (Fowlkes and Mallows 1983, JASA 78, 553-569) that is clearly denser than all points together. That mean gives up
neither for the other, needs no number to be chosen, is 1 for a box that holds all cases and nothing else, and rarely
gains from peeling at noise: density must rise faster than the square root of the mass falls. Restrictions that chance
may explain (quasi-p-value above 5 %) are dropped.

PRIM is that of the EMA Workbench (Kwakkel 2017, Environmental Modelling & Software 96, 239-250), which comes with the
extra `discovery`. It goes two ways, and the best box of both is taken: by the gain for each point that is peeled off
(Kwakkel and Jaxa-Rozen 2016, Environmental Modelling & Software 79, 311-321), and by the share of cases alone, as in
1999. Where cases lie in several places, one often finds a box where the other gets lost between them.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binom

from escalation_sim.analysis.sweeps import KEYS, Variable, sweep_of
from escalation_sim.analysis.wording import percent
from escalation_sim.errors import MissingLibraryError

Flags = npt.NDArray[np.bool_]

FEWEST_CASES = 5  # with fewer, and with fewer points that are none, nothing is looked for
_MOST_BOXES = 4
_QUASI_P, _CLEARLY = 0.05, 0.001
_CASE = 1e-9  # what PRIM takes as a case is at least this: the ones among zeros and ones
COLUMNS = (
    *KEYS, "threshold", "box", "variable", "variable_label", "low", "high", "choices",
    "coverage", "density", "mass", "n_points", "n_cases", "base_rate", "p_value",
)  # fmt: skip


class _Side(NamedTuple):
    """One side of a box: a lower or upper end of a number, or the choices that are left."""

    column: str
    end: str  # low, high or choices
    limit: Any  # a number, or a set of whole numbers
    inside: Flags  # (N,) which points it lets in


def boxes_table(points: pd.DataFrame, variables: Sequence[Variable], threshold: float, kind: str) -> pd.DataFrame:
    """Boxes in which the probability of an outcome is often above a threshold, for each outcome and window.

    Parameters
    ----------
    points : DataFrame
        As for `sweeps.sweep_of`. Failed points are left out.
    variables : sequence of mappings
    threshold : float in [0, 1)
        A point is a case if its probability is above it.
    kind : str
        Of the design. Of a Saltelli design ("sobol") only the points A_j and B_j are used: the others repeat A_j but
        for one variable, and cases that are counted again and again would look like many.

    Returns
    -------
    DataFrame
        A row per outcome, window, box (1, 2 ..) and variable that it restricts: outcome, label, window_days, threshold,
        box, variable, variable_label, low, high (NaN where that side is open), choices ("a, b": those inside; "" for
        numbers), coverage, density, mass (share of all points inside), n_points, n_cases (inside), base_rate (share of
        all points that are cases), p_value (quasi-p-value of the restriction; the larger one of two sides). A box is
        looked for among the points outside the boxes before it. No rows where there are fewer than `FEWEST_CASES` cases
        or other points, or no box in which cases are clearly more frequent than among all points (exact one-sided
        binomial test at 0.1 %: PRIM chose the box for its many cases, so 5 % would not do). PRIM takes seconds for an
        outcome with a thousand points and a dozen variables.

    Raises
    ------
    MissingLibraryError
        If the extra is not installed.

    >>> rows = [(i, i / 9, "war", "War", 30.0, 0.0, 0, 1, 0.1, 9, 0) for i in range(9)]
    >>> names = "point x outcome label window_days probability mc_low mc_high standard_error n n_failed".split()
    >>> x = {"id": "x", "label": "reliability", "kind": "number", "unit": ""}
    >>> len(boxes_table(pd.DataFrame(rows, columns=names), [x], 0.1, "list"))  # no cases, no boxes
    0
    """
    sweep = sweep_of(points, variables)
    distinct = np.ones(len(sweep.n), dtype=bool)
    if kind == "sobol":
        distinct = np.arange(len(distinct)) % (len(variables) + 2) < 2
    rows: list[dict[str, Any]] = []
    for k, key in enumerate(sweep.keys):
        ok = (sweep.n[:, k] > 0) & distinct
        found = _boxes(
            {name: x[ok] for name, x in sweep.values.items()}, variables, sweep.probability[ok, k] > threshold
        )
        rows += [{**key, "threshold": threshold, **row} for row in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sentences(boxes: pd.DataFrame, variables: Sequence[Variable]) -> list[str]:
    """What each box of a table says, a sentence per box.

    Parameters
    ----------
    boxes : DataFrame
        From `boxes_table`.
    variables : sequence of mappings
        With the ``unit`` of each.

    >>> row = ("war", "War", 30.0, 0.1, 1, "x", "skill", 0.7, np.nan, "", 0.64, 0.83, 0.2, 40, 33, 0.25, 0.001)
    >>> sentences(pd.DataFrame([row], columns=list(COLUMNS)), [{"id": "x", "unit": ""}])[0]
    'P(War within 30 days) is above 10 % mostly where skill > 0.7 (in 83 % of such points; 64 % of all such cases)'
    """
    units = {variable["id"]: variable.get("unit") or "" for variable in variables}
    said = []
    for _, box in boxes.groupby([*KEYS, "threshold", "box"], sort=False):
        row = box.iloc[0]
        density, coverage, base_rate = (f"{100.0 * row[name]:.0f} %" for name in ("density", "coverage", "base_rate"))
        where = " and ".join(_restriction(each, units[each["variable"]]) for each in box.to_dict("records"))
        often = "mostly" if row["density"] > 0.5 else f"more often than in all points ({base_rate})"
        first = "" if row["box"] == 1 else "Outside the boxes before, "
        said.append(
            f"{first}P({row['label']} within {row['window_days']:g} days) is above {percent(row['threshold'])} {often} "
            f"where {where} (in {density} of such points; {coverage} of all such cases)"
        )
    return said


def _restriction(row: Mapping[Any, Any], unit: str) -> str:
    low, high = (f"{_number(row[end])} {unit}".rstrip() for end in ("low", "high"))
    name, below, above = row["variable_label"], not np.isnan(row["low"]), not np.isnan(row["high"])
    if row["choices"]:
        return f"{name} is {'one of ' if ', ' in row['choices'] else ''}{row['choices']}"
    if below and above:
        return f"{name} is between {low} and {high}"
    return f"{name} > {low}" if below else f"{name} < {high}"


def _number(x: float) -> str:
    """Three digits that count, thousands apart.

    >>> [_number(x) for x in (0.12345, 31_234.0, -2.5)]
    ['0.123', '31,200', '-2.5']
    """
    return f"{float(f'{x:.3g}'):,.0f}" if abs(x) >= 1000.0 else f"{x:.3g}"


def _boxes(values: dict[str, pd.Series[Any]], variables: Sequence[Variable], case: Flags) -> list[dict[str, Any]]:
    """Rows of the boxes of one outcome."""
    if min(case.sum(), (~case).sum()) < FEWEST_CASES:
        return []
    # Columns get names of our own, for PRIM drops one that is called "scenario"; choices become whole numbers, because
    # the order of a set of texts, and with it the choice among equals, would differ from run to run.
    named = {f"v{i}": one for i, one in enumerate(variables) if values[one["id"]].nunique() > 1}
    texts = {column: list(dict.fromkeys(values[one["id"]].astype(str))) for column, one in named.items()}
    data = pd.DataFrame({column: _column(values[one["id"]], one, texts[column]) for column, one in named.items()})
    rows = []
    for number, (sides, inside) in enumerate(_found(data, case), start=1):
        n, k = int(inside.sum()), int((case & inside).sum())
        shares = {"coverage": k / case.sum(), "density": k / n, "mass": n / len(case)}
        counts = {"n_points": n, "n_cases": k, "base_rate": case.mean()}
        for column in dict.fromkeys(side.column for side, _ in sides):
            own = {side.end: side.limit for side, _ in sides if side.column == column}
            rows.append(
                {"box": number, "variable": named[column]["id"], "variable_label": named[column]["label"]}
                | {end: own.get(end, np.nan) for end in ("low", "high")}
                | {"choices": ", ".join(texts[column][i] for i in sorted(own.get("choices", ())))}
                | {**shares, **counts, "p_value": max(p for side, p in sides if side.column == column)}
            )
    return rows


def _column(values: pd.Series[Any], variable: Variable, texts: list[str]) -> npt.NDArray[Any]:
    if variable["kind"] != "choice":
        return values.to_numpy(float)
    return np.array([texts.index(text) for text in values.astype(str)], dtype=object)


def _found(data: pd.DataFrame, case: Flags) -> Iterator[tuple[list[tuple[_Side, float]], Flags]]:
    """The boxes one after the other: their sides with quasi-p-values, and the points inside, (N,)."""
    with _quiet():
        prims = [made(data, case.astype(int), threshold=_CASE, obj_function=aim) for made, aim in _prims()]
        left = np.ones(len(case), dtype=bool)
        for _ in range(_MOST_BOXES):
            if min((case & left).sum(), (~case & left).sum()) < FEWEST_CASES:
                return
            ways = [prim.find_box() for prim in prims]
            tried = (_pruned(_sides(way.box_lims[0], way.box_lims[i], data), left, case) for way, i in _best(ways))
            sides = next((sides for sides in tried if _clear(sides, left, case)), None)
            if sides is None:
                return
            inside = _inside([side for side, _ in sides], left)
            yield sides, inside
            left &= ~inside
            for way in ways:
                way.yi = np.flatnonzero(inside)  # the points that PRIM leaves out from now on


def _best(ways: Sequence[Any]) -> list[tuple[Any, int]]:
    """The boxes on the ways that beat the one of all points left, the best first."""
    marks = [(way, (way.peeling_trajectory["coverage"] * way.peeling_trajectory["density"]).tolist()) for way in ways]
    better = [(mark, way, i) for way, own in marks for i, mark in enumerate(own) if mark > own[0]]
    return [(way, i) for _, way, i in sorted(better, key=lambda one: -one[0])]


def _clear(sides: list[tuple[_Side, float]], left: Flags, case: Flags) -> bool:
    """Whether cases are clearly more frequent inside than among all points."""
    inside = _inside([side for side, _ in sides], left)
    return bool(sides) and binom.sf((case & inside).sum() - 1, inside.sum(), case.mean()) <= _CLEARLY


def _sides(whole: pd.DataFrame, limits: pd.DataFrame, data: pd.DataFrame) -> list[_Side]:
    """The sides on which a box is narrower than the one of all points."""
    sides = []
    for column in limits.columns:
        low, high = limits[column]
        x = data[column]
        if isinstance(low, set):
            if low != whole[column][0]:
                sides.append(_Side(column, "choices", low, x.isin(low).to_numpy()))
            continue
        if low > whole[column][0]:
            sides.append(_Side(column, "low", float(low), (x >= low).to_numpy()))
        if high < whole[column][1]:
            sides.append(_Side(column, "high", float(high), (x <= high).to_numpy()))
    return sides


def _inside(sides: Sequence[_Side], left: Flags) -> Flags:
    return np.logical_and.reduce([left, *(side.inside for side in sides)])


def _pruned(sides: list[_Side], left: Flags, case: Flags) -> list[tuple[_Side, float]]:
    """Sides that chance does not explain, with their quasi-p-values; the least sure is dropped first.

    The quasi-p-value of a side is the chance of as many cases inside the box, if they were no more frequent there than
    in the box without that side (Bryant and Lempert 2010).
    """
    while sides:
        inside = _inside(sides, left)
        k, n = int((case & inside).sum()), int(inside.sum())
        others = [_inside([other for other in sides if other is not side], left) for side in sides]
        p = [float(binom.sf(k - 1, n, case[other].mean())) for other in others]
        if max(p) <= _QUASI_P:
            return list(zip(sides, p, strict=True))
        del sides[int(np.argmax(p))]
    return []


def _prims() -> list[tuple[Any, Any]]:
    """PRIM with its two aims, imported when it is needed: it comes with an extra, and brings many packages along."""
    try:
        from ema_workbench.analysis.prim import Prim, PRIMObjectiveFunctions
    except ImportError as error:
        raise MissingLibraryError(
            "looking for boxes needs ema_workbench; run: pip install 'escalation-sim[discovery]'"
        ) from error
    return [(Prim, PRIMObjectiveFunctions.LENIENT1), (Prim, PRIMObjectiveFunctions.ORIGINAL)]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the EMA Workbench from warning and logging: it does both on import and at every box."""
    logger = logging.getLogger("EMA")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
