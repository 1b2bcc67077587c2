"""The points of a sweep as arrays, and the values of a variable as levels or bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Variable = Mapping[str, Any]  # id, label, path, kind ("number" or "choice"), unit, log

KEYS = ("outcome", "label", "window_days")
FEW_LEVELS = 12  # a number with no more values than these keeps each of them
_NUMBERS = ("probability", "mc_low", "mc_high", "standard_error", "n", "n_failed")


class Sweep(NamedTuple):
    """N points of a design, K pairs of outcome and window."""

    keys: list[dict[str, Any]]  # outcome, label, window_days of each column, in the order of the points' table
    values: dict[str, pd.Series[Any]]  # (N,) of each variable
    probability: Floats  # (N, K), NaN where the point failed; so are the others
    mc_low: Floats
    mc_high: Floats
    standard_error: Floats
    n: Floats
    n_failed: Floats


def sweep_of(points: pd.DataFrame, variables: Sequence[Variable]) -> Sweep:
    """The long table of points as arrays.

    Parameters
    ----------
    points : DataFrame
        A row per point, outcome and window: point, a column per variable, outcome, label, window_days, probability,
        mc_low, mc_high, standard_error, n, n_failed.
    variables : sequence of mappings
        Each with ``id`` (the name of its column), ``label`` and ``kind`` (number or choice).

    Raises
    ------
    ValueError
        If a point lacks an outcome or window that another has, or has one twice.

    >>> rows = [(point, x, "war", "War", 30.0, x, 0.0, 1.0, 0.1, 9, 0) for point, x in enumerate((0.2, 0.4))]
    >>> names = ["point", "x", *KEYS, "probability", "mc_low", "mc_high", "standard_error", "n", "n_failed"]
    >>> sweep_of(pd.DataFrame(rows, columns=names), [{"id": "x"}]).probability.tolist()
    [[0.2], [0.4]]
    """
    numbers, row = np.unique(points["point"].to_numpy(), return_inverse=True)
    column = points.groupby(["outcome", "window_days"], sort=False).ngroup().to_numpy()
    shape = len(numbers), int(column.max(initial=-1)) + 1
    cells = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1])
    if (cells != 1).any():
        raise ValueError("each point needs each outcome and window once")
    arrays = {name: np.empty(shape) for name in _NUMBERS}
    for name, array in arrays.items():
        array[row, column] = points[name].to_numpy(float)
    keys = points.drop_duplicates(["outcome", "window_days"])[list(KEYS)]
    whole = points.drop_duplicates("point").sort_values("point", ignore_index=True)
    named = [dict(zip(KEYS, key, strict=True)) for key in keys.itertuples(index=False)]
    return Sweep(named, {one["id"]: pd.Series(whole[one["id"]]) for one in variables}, **arrays)


class Bins(NamedTuple):
    """Values in B groups, in ascending order (choices: as they first appear)."""

    place: Ints  # (N,) group of each value
    mean: Floats  # (B,) of the values inside; NaN for choices, and so are the edges
    low: Floats  # (B,) edges; of a level both are the level itself, bins meet halfway between their values
    high: Floats
    text: list[str]  # the choice, "" for numbers


def binned(values: pd.Series[Any], choice: bool, n_bins: int, few: int = FEW_LEVELS) -> Bins:
    """The levels of a choice or of a number that takes `few` values at most, else bins of equal numbers of values.

    Equal values stay in one bin, so with many of them the bins are fewer and less equal.

    >>> found = binned(pd.Series(range(20)), choice=False, n_bins=2)
    >>> found.place.tolist() == 10 * [0] + 10 * [1], found.mean.tolist(), found.high.tolist()
    (True, [4.5, 14.5], [9.5, 19.0])
    >>> binned(pd.Series(["b", "a", "b"]), choice=True, n_bins=2).text
    ['b', 'a']
    """
    if choice:
        place, names = pd.factorize(values.astype(str))
        nothing = np.full(len(names), np.nan)
        return Bins(place.astype(np.int64), nothing, nothing, nothing, [str(name) for name in names])
    x = values.to_numpy(float)
    levels, place = np.unique(x, return_inverse=True)
    if len(levels) <= few:
        return Bins(place, levels, levels, levels, [""] * len(levels))
    ordered = np.sort(x)
    rank = (np.searchsorted(ordered, x, "left") + np.searchsorted(ordered, x, "right")) / 2.0
    wanted = (n_bins * rank / len(x)).astype(np.int64)
    starts, place = np.unique(wanted, return_inverse=True)
    size = np.bincount(place)
    least, most = np.full(len(starts), np.inf), np.full(len(starts), -np.inf)
    np.minimum.at(least, place, x)
    np.maximum.at(most, place, x)
    borders = (most[:-1] + least[1:]) / 2.0
    low, high = np.append(least[:1], borders), np.append(borders, most[-1:])
    return Bins(place, np.bincount(place, weights=x) / size, low, high, [""] * len(size))


def rows_of(points: int, variables: int, kind: str) -> Ints:
    """The unit of sampling that each point belongs to, (N,): itself, or in a Saltelli design (`sobol`) its base row.

    Points of one base row share most of their values, so together they tell little more than one of them. A number of
    points that makes no whole base rows is a `ValueError`.

    >>> rows_of(8, 2, "sobol").tolist(), rows_of(3, 2, "latin_hypercube").tolist()
    ([0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2])
    """
    size = variables + 2 if kind == "sobol" else 1
    if points % size:
        raise ValueError(f"{points} points are no whole number of base rows of {size} points")
    return np.arange(points) // size
