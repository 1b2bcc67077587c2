"""Which alternatives are not beaten: the frontier between two outcomes of which one wants less or more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def unbeaten(gains: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Rows that no other row beats: at least as good in every column and better in one (Pareto).

    Of rows that are equal only the first is kept: list the simplest alternatives first.

    Parameters
    ----------
    gains : array, shape (A, K)
        More is better.

    Returns
    -------
    array of bool, shape (A,)

    >>> unbeaten(np.array([[0.0, 0.0], [1.0, -1.0], [0.5, -2.0], [1.0, -1.0]])).tolist()
    [True, True, False, False]
    """
    kept = np.ones(len(gains), dtype=bool)
    for i, own in enumerate(gains):
        as_good = (gains >= own).all(axis=1)
        better = as_good & (gains > own).any(axis=1)
        equal = as_good & ~better
        kept[i] = not better.any() and int(np.argmax(equal)) == i
    return kept


def along(gains: npt.NDArray[np.float64], kept: npt.NDArray[np.bool_]) -> Sequence[int]:
    """The kept rows in order along the frontier, from the best in the first column to the best in the last.

    >>> gains = np.array([[0.0, 0.0], [1.0, -1.0], [0.5, -2.0], [2.0, -3.0]])
    >>> along(gains, unbeaten(gains))
    [3, 1, 0]
    """
    return sorted((int(i) for i in np.flatnonzero(kept)), key=lambda i: (-gains[i, 0], *(-gains[i, 1:])))
