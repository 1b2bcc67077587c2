"""What luck adds to Sobol indices: how the errors of the estimates at the points of a Saltelli design vary together.

A base row has the points A_j, B_j and AB_1j .. AB_dj (A_j with variable i from B_j); the estimate at a point is
f = p + e. `sobol` says where variances and covariances of e enter. If each point has its own luck they follow from the
standard errors (`independent_luck`). If all points share their luck, only replicates tell: `CommonLuck` reads them,
base row after base row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.analysis.sweeps import Floats


class Luck(NamedTuple):
    """What luck adds to the plain indices; n base rows, d variables, K columns, C clusters of replicates."""

    variance: Floats  # (n, K) luck variance, mean of A_j and B_j
    difference: Floats  # (n, d, K) luck variance of f_A - f_AB
    covariance: Floats  # (n, d, K) luck covariance of f_B with f_AB - f_A
    mean_variance: Floats  # (K,) luck variance of the mean of all f_A and f_B
    mean_covariance: Floats  # (d, K) luck covariance of that mean with mean_j (f_AB - f_A)
    sway: Floats  # (C, 2 + 3 d, K) what each cluster adds to means over rows; no clusters if luck is independent
    estimates: Floats  # (n, d + 2, K) the probabilities it goes with; empty if not known


def independent_luck(standard_error: npt.ArrayLike) -> Luck:
    """Luck when each point has its own, from the standard errors of the points.

    Parameters
    ----------
    standard_error : array, shape (n, d + 2, K)
        Of A_j, B_j, AB_1j .. AB_dj; the square is an unbiased estimate of the variance.

    >>> independent_luck(np.full((4, 3, 1), 0.1)).difference[0].round(3).tolist()
    [[0.02]]
    """
    square = np.asarray(standard_error, float) ** 2
    n, d, k = square.shape[0], square.shape[1] - 2, square.shape[2]
    pair = square[:, :2].mean(axis=1)
    return Luck(
        variance=pair,
        difference=square[:, :1] + square[:, 2:],
        covariance=np.zeros((n, d, k)),
        mean_variance=pair.mean(axis=0) / (2 * n),
        mean_covariance=np.tile(-square[:, 0].mean(axis=0) / (2 * n), (d, 1)),
        sway=np.zeros((0, 2 + 3 * d, k)),
        estimates=np.zeros((0, d + 2, k)),
    )


class CommonLuck:
    """Luck when all points share it, read from replicates base row after base row.

    Replicates are not kept: a row leaves a few numbers, and sums over rows for each cluster. Clusters are what is
    independent: the draws of the other uncertain parameters (replicate r uses draw r mod `draws`), or with a single
    draw the replicates; then the result is conditional on that draw.

    Parameters
    ----------
    draws : int >= 1
        Parameter draws of the ensembles.

    >>> luck = CommonLuck(draws=1)
    >>> for row in range(2):
    ...     luck.add(np.array([[[0], [1], [1]], [[0], [0], [1]], [[0], [1], [1]]], dtype=bool))
    >>> luck.result().variance.round(3).tolist(), luck.result().difference[0].tolist()
    ([[0.111], [0.111]], [[0.0]])
    """

    def __init__(self, draws: int) -> None:
        self._draws = draws
        self._rows: list[tuple[Floats, Floats, Floats, Floats]] = []
        self._sway: Floats | None = None  # (K, C, 2 + 3 d)

    def add(self, happened: npt.NDArray[np.bool_]) -> None:
        """Take in the next base row.

        Parameters
        ----------
        happened : array of bool, shape (d + 2, R, K)
            Whether each of R replicates of A_j, B_j, AB_1j .. AB_dj had the outcome of each column within its window.

        Raises
        ------
        ValueError
            If there are fewer than two clusters: one tells nothing about luck.
        """
        estimate, part = self._clustered(np.asarray(happened))
        scale = part.shape[1] / (part.shape[1] - 1.0)
        luck = scale * part.swapaxes(1, 2) @ part  # (K, d + 2, d + 2): covariances between the points of the row
        own = np.diagonal(luck, axis1=1, axis2=2)  # (K, d + 2)
        variance = own[:, :2].mean(axis=1)
        difference = own[:, :1] + own[:, 2:] - 2.0 * luck[:, 0, 2:]
        covariance = luck[:, 1, 2:] - luck[:, 1, :1]
        self._rows.append((estimate, variance, difference.T, covariance.T))
        added = part @ _derivatives(estimate)
        self._sway = added if self._sway is None else self._sway + added

    def result(self) -> Luck:
        """All that the estimator needs, of the rows taken in so far (`ValueError` if none)."""
        if self._sway is None:
            raise ValueError("no base row was taken in")
        estimates, variance, difference, covariance = (np.stack(column) for column in zip(*self._rows, strict=True))
        sway = self._sway.swapaxes(0, 1).swapaxes(1, 2) / len(estimates)
        scale = len(sway) / (len(sway) - 1.0)
        d = difference.shape[1]
        mean, change = sway[:, 0], sway[:, 2 : 2 + d]
        return Luck(
            variance,
            difference,
            covariance,
            mean_variance=scale * (mean**2).sum(axis=0),
            mean_covariance=scale * (mean[:, None] * change).sum(axis=0),
            sway=sway,
            estimates=estimates,
        )

    def _clustered(self, happened: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Estimates (d + 2, K), and how far each cluster moves them, (K, C, d + 2): these sum to zero over clusters."""
        replicates = happened.shape[1]
        clusters = min(self._draws, replicates) if self._draws > 1 else replicates
        if clusters < 2:
            raise ValueError(f"{replicates} replicate(s) of {self._draws} draw(s) tell nothing about luck")
        sums = happened.transpose(2, 1, 0).astype(float)
        if clusters < replicates:
            sums = np.stack([sums[:, c::clusters].sum(axis=1) for c in range(clusters)], axis=1)
        sizes = np.bincount(np.arange(replicates) % clusters)
        estimate = sums.sum(axis=1) / replicates  # (K, d + 2)
        return estimate.T, (sums - sizes[:, None] * estimate[:, None]) / replicates


def _derivatives(f: Floats) -> Floats:
    """How the terms of one row move with its estimates (d + 2, K): (K, d + 2, 2 + 3 d).

    The terms: mean of f_A and f_B, mean of their squares; then for each variable f_AB - f_A, f_B (f_AB - f_A) and
    (f_AB - f_A)^2 / 2.
    """
    d, k = len(f) - 2, f.shape[1]
    made = np.zeros((k, d + 2, 2 + 3 * d))
    a, b, change = f[0], f[1], (f[2:] - f[0]).T
    made[:, :2, 0] = 0.5
    made[:, 0, 1], made[:, 1, 1] = a, b
    i = np.arange(d)
    for first, weight in ((2, np.ones((k, d))), (2 + d, np.repeat(b[:, None], d, axis=1)), (2 + 2 * d, change)):
        made[:, 0, first : first + d] = -weight
        made[:, 2 + i, first + i] = weight
    made[:, 1, 2 + d : 2 + 2 * d] = change
    return made
