"""Second step of the estimation: what the engine makes of whole confrontations is held against what came.

Weeks are fitted one by one; a confrontation is what many weeks add up to, and small errors of the weeks add up too: as
fitted, confrontations last too long and are answered too seldom. So coefficients are moved until moments of played
confrontations (who answered, how high, how long, by what was known on the first day) match those of the record: the
method of simulated moments, with the fit to weeks as the prior.

References
----------
McFadden (1989), Econometrica 57, 995-1026; Franke and Westerhoff (2012), Journal of Economic Dynamics and Control 36,
1193-1211 (agent-based models).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
_KNOWN = [name for name in _STATIC if name != "intercept"]
_MEMORIES = tuple(f"{side}_{memory}" for side in ("own", "their") for memory in ("fast", "slow", "worst"))
_ANSWERS = tuple(f"reply_to_{rung}" for rung in ("display", "seize", "strike"))
MOVED: dict[Key, tuple[str, ...]] = {  # coefficients that the second step moves
    ("initiative", "threaten"): (*_STATIC, *_MEMORIES),
    ("initiative", "display"): _STATIC,
    ("initiative", "seize"): (*_STATIC, "own_worst"),
    ("initiative", "strike"): _STATIC,
    ("reply", "threaten"): (*_STATIC, "own_slow", *_ANSWERS),
    ("reply", "seize"): (*_STATIC, *_ANSWERS),
    ("reply", "strike"): ("intercept", "post_1990", "contiguous", "rival", "reply_to_strike"),
    ("initiative", "war"): ("intercept", "post_1990"),
    ("reply", "war"): ("intercept",),
}
QUANTITIES = ("answered", "soon", "force_soon", "display", "seize", "attack", "war", "active", "again", "length")
SOON = 4  # weeks, the first being 0: an answer within 30 days, as weekly ticks have it
# How far the second step may move the answer of the first. The weeks of a confrontation share more than one frailty can
# say, so the first step is far surer than it ought to be: its covariance is loosened. Alone that lets coefficients run
# off to where only few onsets hold them, so none moves easily by more than the step of its kind. Half these steps
# forecast folds that were not fitted worse (in an earlier form: Brier .460, .427 against .458, .424), larger no better.
LOOSENED = 25.0
_FARTHEST, _FARTHEST_STATIC, _FARTHEST_RATIO = 1.0, 0.5, 0.2  # standard deviations, in log-odds
REPLICATES, STEPS = 60, 6
_SHIFT, _RATIO_SHIFT = 0.4, 0.15  # finite differences, in log-odds: large against chance, for the luck is common
_SEED = 1


class Block(NamedTuple):
    """Moments of one quantity: its product with what was known, over the onsets where it is open."""

    quantity: int
    open: npt.NDArray[np.bool_]  # (N,)
    known: Floats  # (N, I)


class Moved(NamedTuple):
    """What the second step came to. P coefficients."""

    paths: tuple[str, ...]  # dotted paths of coefficients, as parameter draws name them
    value: Floats  # (P,)
    covariance: Floats  # (P, P) as both the moments and the first step would vary with the record
    slopes: Floats  # (N, Q, P) how the expected quantities of each onset move with the coefficients
    distance: tuple[float, float]  # weighted distance of the moments from the record, before and after
    n_moments: int


def evaluations() -> int:
    """How often the second step plays all onsets, at most."""
    return 1 + sum(map(len, MOVED.values())) + STEPS


def blocks(onsets: pd.DataFrame) -> list[Block]:
    """The moments that are compared. A quantity is asked only where the first act leaves it open."""
    first, clash = onsets["first_level"].to_numpy(), onsets["clash"].to_numpy(dtype=bool)
    one, known = np.ones((len(onsets), 1)), onsets[_KNOWN].to_numpy(dtype=float)
    era = onsets[["post_1990", "contiguous"]].to_numpy(dtype=float)
    some = onsets[["post_1990", "contiguous", "rival", "pact", "power_ratio"]].to_numpy(dtype=float)
    two, three, four = ((first == k).astype(float)[:, None] for k in (2, 3, 4))
    both, always = clash.astype(float)[:, None], np.ones(len(onsets), dtype=bool)
    asked = {
        "answered": (~clash, [one, two, three, four, known, three * era[:, :1], four * era]),
        "soon": (~clash, [one, two, three, four, era]),
        "force_soon": (~clash, [one, two, three, four, era]),
        "display": (first < 2, [one, era]),
        "seize": (first < 3, [one, two, known]),
        "attack": (first < 4, [one, two, three, known]),
        "war": (onsets["first_at_war"].to_numpy(dtype=bool), [one, era[:, :1]]),
        "active": (always, [one, two, three, four, both, some]),
        "again": (always, [one, four, both, era]),
        "length": (always, [one, two, four, both, era]),
    }
    return [Block(QUANTITIES.index(name), mask, np.hstack(columns)) for name, (mask, columns) in asked.items()]


def observed(onsets: pd.DataFrame) -> Floats:
    """The quantities as they came, (N, Q) in the order of `QUANTITIES`."""
    level, active = onsets["observed_level"].to_numpy(), onsets["active_weeks"].to_numpy(dtype=float)
    length, answered = onsets["length_weeks"].to_numpy(dtype=float), onsets["reciprocated"].to_numpy(dtype=float)
    reached = [level >= k for k in (2, 3, 4, 5)]
    soon = [_soon(onsets[name].to_numpy()) for name in ("answer_week", "force_answer_week")]
    return np.column_stack([answered, *soon, *reached, np.log(active), active > 1, np.log(length)])


def expected(players: Players, played: Sequence[Played]) -> Floats:
    """The quantities as the engine expects them: means over the replicates of each onset, (N, Q)."""
    rows = []
    for one in played:
        reached = [players.levels[one.highest] >= k for k in (2, 3, 4, 5)]
        times = (np.log(one.active), one.active > 1, np.log(one.length))
        soon = (_soon(one.answer), _soon(one.force_answer))
        rows.append([np.mean(quantity) for quantity in (one.answered, *soon, *reached, *times)])
    return np.array(rows)


def _soon(week: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
    return (week >= 0) & (week <= SOON)


class _Match:
    """The distance between record and engine, as a function of the coefficients that move."""

    def __init__(self, players: Players, onsets: pd.DataFrame, fits: Mapping[Key, GateFit], jobs: int) -> None:
        self.players, self.onsets, self.jobs = players, onsets, jobs
        self.paths, self.prior, self.covariance = _prior(fits)
        self.precision = np.linalg.pinv(LOOSENED * self.covariance) + np.diag([_farthest(p) ** -2 for p in self.paths])
        self.blocks, self.came = blocks(onsets), observed(onsets)
        self.progress: Callable[[int], object] = lambda done: None

    def play(self, values: Floats) -> Floats:
        """Expected quantities (N, Q) at some values of the coefficients."""
        draw = dict(zip(self.paths, values, strict=True))
        played = self.players.play(self.onsets, REPLICATES, _SEED, [draw], self.jobs)
        self.progress(1)
        return expected(self.players, played)

    def misses(self, meant: Floats) -> Floats:
        """What each onset adds to each moment, (N, M): (came - expected) times what was known, where it is asked."""
        off = self.came - meant
        return np.hstack([b.known * (b.open * off[:, b.quantity])[:, None] for b in self.blocks])

    def weigh(self, misses: Floats) -> None:
        """Take the inverse covariance of the summed moments as weights, clustered by confrontation."""
        group = self.onsets["confrontation"].to_numpy()
        _, place = np.unique(group, return_inverse=True)
        sums = np.zeros((int(place.max()) + 1, misses.shape[1]))
        np.add.at(sums, place, misses)
        spread = sums.T @ sums * (1.0 + 1.0 / REPLICATES)
        spread += 0.05 * np.diag(np.diag(spread))  # moments that nearly agree must not be weighed against each other
        told = np.flatnonzero(np.diag(spread) > 0.0)  # a moment that is 0 for all (no nuclear dyads, say) tells nothing
        self.weight = np.zeros_like(spread)
        self.weight[np.ix_(told, told)] = np.linalg.inv(spread[np.ix_(told, told)])

    def distance(self, moments: Floats, values: Floats) -> float:
        """What is made small: distance of the moments, and of the coefficients from the prior."""
        off = values - self.prior
        return float(moments @ self.weight @ moments + off @ self.precision @ off)

    def slopes(self, here: Floats, meant: Floats) -> Floats:
        """Derivatives of the expected quantities, (N, Q, P), by finite differences with common luck."""
        columns = []
        for k, path in enumerate(self.paths):
            shift = _RATIO_SHIFT if path.endswith("power_ratio") else _SHIFT
            there = here.copy()
            there[k] += shift
            columns.append((self.play(there) - meant) / shift)
        return np.stack(columns, axis=-1)

    def jacobian(self, slopes: Floats) -> Floats:
        """Derivatives of the summed moments, (M, P)."""
        return np.vstack([-(b.known * b.open[:, None]).T @ slopes[:, b.quantity] for b in self.blocks])


def match_moments(
    players: Players,
    onsets: pd.DataFrame,
    fits: Mapping[Key, GateFit],
    slopes: Floats | None = None,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
) -> Moved:
    """Move coefficients until played confrontations match the record, by Gauss-Newton steps with common luck.

    Parameters
    ----------
    players : Players
        With a table that holds the values of `fits`.
    onsets : DataFrame
        From `confrontations.onsets`; N rows.
    fits : dict
        From `gates.fit_gates`; the prior.
    slopes : array (N, Q, P), optional
        Of these onsets, from an earlier match to more of them: saves most of the time. Slopes say which way to go, not
        where to stop, so they are not renewed on the way either.
    jobs : int
        Threads; results do not depend on them.
    progress : callable
        Called with 1 after each of at most `evaluations()` evaluations.

    Returns
    -------
    Moved
    """
    match = _Match(players, onsets, fits, jobs)
    match.progress = progress
    here = match.prior.copy()
    meant = match.play(here)
    match.weigh(match.misses(meant))
    moments = match.misses(meant).sum(axis=0)
    before = float(moments @ match.weight @ moments)
    known = match.slopes(here, meant) if slopes is None else slopes
    jacobian = match.jacobian(known)
    told = jacobian.T @ match.weight @ jacobian
    bread, share = np.linalg.inv(told + match.precision), 1.0
    for _ in range(STEPS):
        there = here - share * bread @ (jacobian.T @ match.weight @ moments + match.precision @ (here - match.prior))
        arrived = match.misses(match.play(there)).sum(axis=0)
        if match.distance(arrived, there) < match.distance(moments, here):
            here, moments = there, arrived
        else:
            share /= 2.0
    after = float(moments @ match.weight @ moments)
    covariance = bread @ (told + match.precision @ match.covariance @ match.precision) @ bread
    return Moved(tuple(match.paths), here, covariance, known, (before, after), len(moments))


def _farthest(path: str) -> float:
    """Standard deviation of what a coefficient moves."""
    name = path.rpartition(".")[2]
    if name == "power_ratio":
        return _FARTHEST_RATIO
    return _FARTHEST_STATIC if name in _KNOWN else _FARTHEST


def _prior(fits: Mapping[Key, GateFit]) -> tuple[list[str], Floats, Floats]:
    """Paths, values and covariance of the coefficients that move, as the first step left them."""
    paths, values, covariances = [], [], []
    for (phase, gate), names in MOVED.items():
        found = fits[phase, gate]
        place = [found.names.index(name) for name in names]
        paths += [f"coefficients.{phase}.{gate}.{name}" for name in names]
        values.append(found.fit.value[place])
        covariances.append(found.fit.covariance[np.ix_(place, place)])
    return paths, np.concatenate(values), block_diag(*covariances)
