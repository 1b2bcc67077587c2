"""Second step of the estimation: what the engine makes of whole confrontations is held against what came.

Weeks are fitted one by one; a confrontation is what many weeks add up to, and small errors of the weeks add up too: the
fitted weeks last too long and are answered too seldom. So the coefficients that matter most are moved until moments of
played confrontations (who answered, how high, how long, by what was known on the first day) match those of the record:
the method of simulated moments, with the fit to weeks as the prior.

References
----------
McFadden (1989), Econometrica 57, 995-1026; Franke and Westerhoff (2012), Journal of Economic Dynamics and Control 36,
1193-1211 (agent-based models).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import block_diag

from escalation_sim.analysis.gates import GateFit, Key
from escalation_sim.drivers.confrontation import Played
from escalation_sim.study.dyads import Players
from escalation_sim.world import STATIC_COVARIATES

Floats = npt.NDArray[np.float64]

_STATIC = tuple(STATIC_COVARIATES)
MOVED: dict[Key, tuple[str, ...]] = {  # coefficients that the second step moves
    ("initiative", "threaten"): (*_STATIC, *(f"{side}_{m}" for side in ("own", "their") for m in ("fast", "slow", "worst"))),
    ("initiative", "display"): _STATIC,
    ("initiative", "seize"): (*_STATIC, "own_worst"),
    ("initiative", "strike"): _STATIC,
    ("reply", "threaten"): (*_STATIC, "own_slow", "habituation", "reply_to_display", "reply_to_seize", "reply_to_strike"),
    ("reply", "seize"): (*_STATIC, "reply_to_display", "reply_to_seize", "reply_to_strike"),
    ("reply", "strike"): ("intercept", "post_1990", "contiguous", "rival", "reply_to_strike"),
}
# How much wider than its standard errors the first step's answer is as a prior: weeks of one confrontation share more
# than one frailty can say, so that step is surer than it ought to be.
LOOSENED = 4.0
_KNOWN = tuple(name for name in _STATIC if name != "intercept")
_STEP, _RATIO_STEP = 0.4, 0.15  # finite differences, in log-odds, large against chance (the luck is common)


class Block(NamedTuple):
    """Moments of one quantity: its mean product with what was known, over the onsets where it is open."""

    quantity: str
    mask: npt.NDArray[np.bool_]  # (N,)
    known: Floats  # (N, I)


class Moved(NamedTuple):
    """What the second step came to."""

    paths: tuple[str, ...]  # dotted paths of coefficients, as parameter draws name them
    value: Floats
    covariance: Floats
    distance: tuple[float, ...]  # weighted distance of the moments, before and after each round
    n_moments: int


def blocks(onsets: pd.DataFrame) -> list[Block]:
    """The moments that are compared. A quantity is asked only where the first act leaves it open."""
    first, clash = onsets["first_level"].to_numpy(), onsets["clash"].to_numpy(dtype=bool)
    one, known = np.ones((len(onsets), 1)), onsets[list(_KNOWN)].to_numpy(dtype=float)
    era = onsets[["post_1990", "contiguous"]].to_numpy(dtype=float)
    some = onsets[["post_1990", "contiguous", "rival", "pact", "power_ratio"]].to_numpy(dtype=float)
    level = {k: (first == k).astype(float)[:, None] for k in (2, 3, 4)}
    both = clash.astype(float)[:, None]
    always = np.ones(len(onsets), dtype=bool)
    return [
        Block("answered", ~clash, np.hstack([one, *level.values(), known])),
        Block("display", first < 2, np.hstack([one, era])),
        Block("seize", first < 3, np.hstack([one, level[2], known])),
        Block("attack", first < 4, np.hstack([one, level[2], level[3], known])),
        Block("active", always, np.hstack([one, *level.values(), both, some])),
        Block("again", always, np.hstack([one, level[4], both, era])),
        Block("length", always, np.hstack([one, level[2], level[4], both, era])),
    ]


def observed(onsets: pd.DataFrame) -> dict[str, Floats]:
    """The quantities as they came, each (N,)."""
    level, active = onsets["observed_level"].to_numpy(), onsets["active_weeks"].to_numpy(dtype=float)
    return {
        "answered": onsets["reciprocated"].to_numpy(dtype=float),
        "display": (level >= 2).astype(float),
        "seize": (level >= 3).astype(float),
        "attack": (level >= 4).astype(float),
        "active": np.log(active),
        "again": (active > 1).astype(float),
        "length": np.log(onsets["length_weeks"].to_numpy(dtype=float)),
    }


def expected(players: Players, played: Sequence[Played]) -> dict[str, Floats]:
    """The quantities as the engine expects them: means over the replicates of each onset, each (N,)."""
    rows = []
    for one in played:
        level = players.levels[one.highest]
        rows.append(
            (
                one.answered.mean(),
                (level >= 2).mean(),
                (level >= 3).mean(),
                (level >= 4).mean(),
                np.log(one.active).mean(),
                (one.active > 1).mean(),
                np.log(one.length).mean(),
            )
        )
    return dict(zip(("answered", "display", "seize", "attack", "active", "again", "length"), np.array(rows).T, strict=True))


def contributions(parts: Sequence[Block], came: Mapping[str, Floats], meant: Mapping[str, Floats]) -> Floats:
    """What each onset adds to each moment, (N, M): (came - expected) times what was known, 0 where not asked."""
    return np.hstack([b.known * (b.mask * (came[b.quantity] - meant[b.quantity]))[:, None] for b in parts])


def match_moments(
    players: Players,
    onsets: pd.DataFrame,
    fits: Mapping[Key, GateFit],
    replicates: int = 50,
    rounds: int = 2,
    seed: int = 1,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
) -> Moved:
    """Move coefficients until played confrontations match the record, by Gauss-Newton steps with common luck.

    Parameters
    ----------
    players : Players
        With a table that holds the values of `fits`.
    onsets : DataFrame
        From `confrontations.onsets`.
    fits : dict
        From `gates.fit_gates`; the prior.
    replicates, rounds, seed, jobs : int
        Replicates of each onset; Gauss-Newton steps; luck; threads (results do not depend on them).
    progress : callable
        Called with 1 after each of the rounds * (coefficients + 3) evaluations at most.

    Returns
    -------
    Moved
        The covariance is that of the last step: moments and prior together.
    """
    paths, prior, loose = _prior(fits)
    precision = np.linalg.pinv(loose)
    parts, came, group = blocks(onsets), observed(onsets), onsets["confrontation"].to_numpy()

    def misses(values: Floats) -> Floats:
        draw = dict(zip(paths, values, strict=True))
        played = players.play(onsets, replicates, seed, [draw], jobs)
        progress(1)
        return contributions(parts, came, expected(players, played))

    here, rows = prior.copy(), misses(prior)
    weight = np.linalg.inv(_spread(rows, group, replicates))

    def distance(moments: Floats, values: Floats) -> float:
        return float(moments @ weight @ moments + (values - prior) @ precision @ (values - prior))

    moments = rows.sum(axis=0)
    distances = [distance(moments, here)]
    for _ in range(rounds):
        slope = np.column_stack([_slope(misses, here, moments, k, path) for k, path in enumerate(paths)])
        information = slope.T @ weight @ slope + precision
        step = -np.linalg.solve(information, slope.T @ weight @ moments + precision @ (here - prior))
        for share in (1.0, 0.5, 0.25):
            there = here + share * step
            reached = misses(there).sum(axis=0)
            if distance(reached, there) < distances[-1]:
                here, moments = there, reached
                break
        distances.append(distance(moments, here))
    return Moved(tuple(paths), here, np.linalg.inv(information), tuple(distances), len(moments))


def _prior(fits: Mapping[Key, GateFit]) -> tuple[list[str], Floats, Floats]:
    """Paths, values and loosened covariance of the coefficients that move."""
    paths, values, covariances = [], [], []
    for (phase, gate), names in MOVED.items():
        found = fits[phase, gate]
        place = [found.names.index(name) for name in names]
        paths += [f"coefficients.{phase}.{gate}.{name}" for name in names]
        values.append(found.fit.value[place])
        covariances.append(LOOSENED * found.fit.covariance[np.ix_(place, place)])
    return paths, np.concatenate(values), block_diag(*covariances)


def _spread(rows: Floats, group: npt.NDArray[np.int64], replicates: int) -> Floats:
    """Covariance of the summed moments, clustered by confrontation, with the noise of the replicates."""
    _, place = np.unique(group, return_inverse=True)
    sums = np.zeros((place.max() + 1, rows.shape[1]))
    np.add.at(sums, place, rows)
    spread = sums.T @ sums * (1.0 + 1.0 / replicates)
    return spread + 0.05 * np.diag(np.diag(spread))  # moments that nearly agree must not be weighed against each other


def _slope(misses: Callable[[Floats], Floats], here: Floats, moments: Floats, k: int, path: str) -> Floats:
    step = _RATIO_STEP if path.endswith("power_ratio") else _STEP
    shifted = here.copy()
    shifted[k] += step
    return (misses(shifted).sum(axis=0) - moments) / step
