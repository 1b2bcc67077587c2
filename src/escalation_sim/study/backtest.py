"""The model on many crises of the past: forecasts from each first day, beside statistical forecasters.

A forecast starts from the first event of a dyad-confrontation and from what was known on that day. It asks how high
either side will go against the other within 1,092 days, and whether the target will act at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis import benchmarks
from escalation_sim.analysis.calibration import reliability
from escalation_sim.analysis.confrontations import LEVELS
from escalation_sim.analysis.scoring import score_table
from escalation_sim.drivers.confrontation import Played
from escalation_sim.errors import DataError
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.study.cost import Cost, check, cost_of
from escalation_sim.study.crises import fit_link, forecasts, play_crises
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import Record, estimate, read_onsets

Floats = npt.NDArray[np.float64]

SIMULATION = "simulation"
FEATURES = (  # what was known on the first day, for the statistical forecasters
    "power_ratio",
    "contiguous",
    "defence_pact",
    "own_nuclear",
    "their_nuclear",
    "both_nuclear",
    "own_major",
    "their_major",
    "rival",
    "post_1990",
)
_CRISIS_FEATURES = (
    *(name for name in FEATURES if name != "defence_pact"),
    "pact",
    "protracted",
    "long_war",
    "non_state",
)
_WEEKS = (1, 2, 3, 4, 6, 9, 14, 20, 27, 40, 53, 79, 105, 156)
_PLAYED = 24  # bytes of a replicate of an onset
_FOLDS, _FOLD_SEED = 5, 1  # of the statistical forecasters where the table is not estimated anew


class Backtest(NamedTuple):
    """Forecasts, what came, and how good they were."""

    predictions: pd.DataFrame
    scores: pd.DataFrame
    reliability: pd.DataFrame
    rollout: pd.DataFrame
    icb_predictions: pd.DataFrame | None  # of crises, if they are on record

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {name: table for name, table in self._asdict().items() if table is not None}


def _cost(players: Players, onsets: int, replicates: int, draws: int) -> Cost:
    """Roughly what it takes to play every onset once; what each replicate came to is kept."""
    one = cost_of(players.compiler, replicates, draws, rows=0)
    return Cost(one.replicates * onsets, one.hours * onsets, one.memory + _PLAYED * replicates * onsets)


def backtest(
    history: Record,
    coefficients: Coefficients,
    replicates: int,
    draws: int,
    seed: int = 1,
    folds: int = 0,
    held_out: float = 0.0,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
) -> Backtest:
    """Forecast every onset of a record and score the forecasts. (Nine parameters: what a reader may choose.)

    Parameters
    ----------
    history : Record
        From `store.history.read_history`.
    coefficients : Coefficients
        The table that forecasts; with folds, where the estimation of each begins.
    replicates, draws : int
        Replicates of each onset, over so many draws of the uncertain coefficients.
    folds : int
        With 2 or more, the table is estimated anew for each fold of confrontations on all others. Without, the table
        forecasts as it is, which is a test only on rows it was not fitted to.
    held_out : float
        As for `estimate`.
    progress : callable
        Called with 1 for each onset played.

    Returns
    -------
    Backtest
        `predictions` has a row per onset. `scores` compares with forecasters that always see the other folds only (of
        `folds`, or of 5).

    Raises
    ------
    DataError
        If the record is too small for it.
    """
    given = players = Players(coefficients)
    seen = read_onsets(history, given)
    table = seen.table
    table["defence_pact"] = seen.known.defence_pact(table["actor"], table["target"], table["year"])
    check(_cost(players, len(table), replicates, draws), "--replicates or --draws")
    fold = dealt(table["confrontation"], folds, "confrontations")
    played: list[Played | None] = [None] * len(table)
    slopes = estimate(history, coefficients, held_out, jobs=jobs, progress=progress).moved.slopes if folds else None
    for held in range(folds) if folds else (-1,):
        mine = np.flatnonzero(fold == held) if folds else np.arange(len(table))
        if folds:
            only = fold != held
            players = Players(estimate(history, coefficients, held_out, only, slopes, jobs, progress).coefficients)
        made = players.play(table.iloc[mine], replicates, seed, players.draws(seed, draws), jobs, progress)
        for place, one in zip(mine, made, strict=True):
            played[place] = one
    done = [one for one in played if one is not None]
    p_level, p_answer = level_forecast(players, done, table), answer_forecast(done, table)
    began = np.column_stack([table[["first_level", "clash"]], table[list(FEATURES)]]).astype(float)
    group = table["confrontation"].to_numpy()
    tasks = [
        Task("highest level", p_level, table["observed_level"].to_numpy() - 1, began, group, fold, table["year"]),
        Task(
            "reciprocated", p_answer, table["reciprocated"].to_numpy(dtype=np.int64), began, group, fold, table["year"]
        ),
    ]
    crises = crisis_task(history, given, folds, replicates, seed, jobs, progress)
    if crises is not None:
        tasks.append(crises[0])
    compared = [(task, {SIMULATION: task.p} | _others(task)) for task in tasks]
    return Backtest(
        predictions(table, p_level, p_answer),
        pd.concat([scores(*one) for one in compared], ignore_index=True),
        pd.concat([curves(*one) for one in compared], ignore_index=True),
        rollout(players, done, table),
        None if crises is None else crises[1],
    )


class Task(NamedTuple):
    """What is forecast of N cases, in K classes."""

    name: str
    p: Floats  # (N, K) forecast of the simulation
    observed: npt.NDArray[np.int64]  # (N,) class that came
    began: Floats  # (N, F) what was known; the first two columns say how the case began
    group: npt.NDArray[np.int64]  # (N,) what is drawn and dealt together
    fold: npt.NDArray[np.int64]  # (N,)
    year: pd.Series


def dealt(groups: pd.Series, folds: int, what: str) -> npt.NDArray[np.int64]:
    """Fold of each row, of `folds`, or of those that the statistical forecasters see where the table stays as it is."""
    n_folds, n_groups = folds or _FOLDS, groups.nunique()
    if not 2 <= n_folds <= n_groups:
        raise DataError(
            f"{n_groups} {what} cannot be dealt into {n_folds} folds; take 0 or 2 and more --folds, or more data"
        )
    return benchmarks.grouped_folds(groups, n_folds, _FOLD_SEED)


def crisis_task(
    history: Record,
    players: Players,
    folds: int,
    replicates: int,
    seed: int,
    jobs: int,
    progress: Callable[[int], object],
) -> tuple[Task, pd.DataFrame] | None:
    """Violence of the crises on record, by the table's link or, with folds, by one fitted to the other folds."""
    link = {str(gate): row for gate, row in players.compiler.scenario.coefficients.violence.items()}
    if history.crises is None or history.crisis_actors is None or not (link or folds):
        return None
    played = play_crises(history, players, replicates, seed, jobs, progress)
    group = played["crisis"].to_numpy()
    fold = dealt(played["crisis"], folds, "crises")
    if folds:
        parts = [forecasts(played[fold == k], fit_link(played[fold != k])) for k in range(folds)]
        told = pd.concat(parts).reindex(played.index)
    else:
        told = forecasts(played, link)
    began = np.column_stack([played["first_level"], played["intra_war"], played[list(_CRISIS_FEATURES)]]).astype(float)
    observed = played["violence"].to_numpy() - 1
    p = told[["p1", "p2", "p3", "p4"]].to_numpy()
    return Task("violence of crises", p, observed, began, group, fold, played["date"].dt.year), told


def level_forecast(players: Players, played: Sequence[Played], table: pd.DataFrame) -> Floats:
    """Probability of each highest level, (N, 5): shares of replicates, half a replicate added to each that is open."""
    counts = np.array([np.bincount(players.levels[one.highest], minlength=len(LEVELS) + 1)[1:] for one in played])
    counts = counts + 0.5 * (np.arange(1, len(LEVELS) + 1) >= table["first_level"].to_numpy()[:, None])
    return counts / counts.sum(axis=1, keepdims=True)


def answer_forecast(played: Sequence[Played], table: pd.DataFrame) -> Floats:
    """Probability that the target does not act, and that it acts, (N, 2); a clash is an act of both."""
    p = np.array([(one.answered.sum() + 0.5) / (len(one.answered) + 1.0) for one in played])
    p = np.where(table["clash"], 1.0, p)
    return np.column_stack([1.0 - p, p])


def predictions(table: pd.DataFrame, p_level: Floats, p_answer: Floats) -> pd.DataFrame:
    """One row per onset: who, when, what was forecast, what came."""
    who = {"micnum": table["confrontation"], "ccode1": table["actor"], "ccode2": table["target"], "year": table["year"]}
    told = {f"p_level_{k + 1}": p_level[:, k] for k in range(len(LEVELS))} | {"p_reciprocated": p_answer[:, 1]}
    came = {"observed_level": table["observed_level"], "reciprocated": table["reciprocated"].astype(int)}
    return pd.DataFrame(who | told | came)


def _others(task: Task) -> dict[str, Floats]:
    """Forecasts of the statistical forecasters, each row by those fitted to the other folds."""
    n_classes, first = task.p.shape[1], task.began[:, :2].astype(np.int64)
    x = np.column_stack([task.began[:, :1] == level for level in (2, 3, 4)] + [task.began[:, 1:]]).astype(float)
    names = ("multinomial logit", "gradient boosting", "first-level table", "base rate")
    made = {name: np.zeros_like(task.p) for name in names}
    for held in np.unique(task.fold):
        test, train = task.fold == held, task.fold != held
        y = task.observed[train]
        fitted = (x[train], y, x[test], n_classes, task.group[train])
        made["multinomial logit"][test] = benchmarks.multinomial_logit(*fitted)
        made["gradient boosting"][test] = benchmarks.gradient_boosting(*fitted)
        made["first-level table"][test] = benchmarks.first_level_table(first[train], y, first[test], n_classes)
        made["base rate"][test] = benchmarks.base_rate(y, int(test.sum()), n_classes)
    return made


def scores(task: Task, told_by: dict[str, Floats]) -> pd.DataFrame:
    """Scores of all forecasters, for all cases and by era, with skill against two references."""
    eras = {"all": np.ones(len(task.p), dtype=bool)}
    eras |= {"to 1990": (task.year <= 1990).to_numpy(), "after 1990": (task.year > 1990).to_numpy()}
    parts = []
    for era, mask in eras.items():
        if not mask.any():
            continue
        told = {name: p[mask] for name, p in told_by.items()}
        args = (told, task.observed[mask], task.group[mask])
        made = score_table(*args, reference="base rate")
        against = score_table(*args, reference="first-level table")
        made = made.join(against[["skill", "skill_low", "skill_high"]].add_suffix("_first_level"))
        parts.append(made.assign(task=task.name, era=era))
    whole = pd.concat(parts, ignore_index=True)
    return whole[["task", "era", *(name for name in whole if name not in ("task", "era"))]]


def curves(task: Task, told_by: dict[str, Floats]) -> pd.DataFrame:
    """Calibration of each forecaster but the base rate, bin by bin."""
    parts = [
        reliability(p, task.observed).assign(task=task.name, forecaster=name)
        for name, p in told_by.items()
        if name != "base rate"
    ]
    return pd.concat(parts, ignore_index=True)


def rollout(players: Players, played: Sequence[Played], table: pd.DataFrame) -> pd.DataFrame:
    """Distributions of what was played beside those of the record: highest level, active weeks, weeks in all."""
    rows = []
    top = np.array([np.bincount(players.levels[one.highest], minlength=6)[1:] / len(one.highest) for one in played])
    for k, name in enumerate(LEVELS, start=1):
        came = (table["observed_level"] == k).to_numpy()
        rows.append(("highest_level", k, name, came, top[:, k - 1].mean()))
    for quantity, field in (("active_weeks", "active"), ("length_weeks", "length")):
        for weeks in _WEEKS:
            share = np.mean([(getattr(one, field) >= weeks).mean() for one in played])
            rows.append((quantity, weeks, f"{weeks} weeks or more", (table[quantity] >= weeks).to_numpy(), share))
    return pd.DataFrame([_held_against(*row) for row in rows])


def _held_against(
    quantity: str, value: int, label: str, came: npt.NDArray[np.bool_], simulated: float
) -> dict[str, object]:
    from scipy.stats import binomtest

    interval = binomtest(int(came.sum()), len(came)).proportion_ci(method="exact")
    return {
        "quantity": quantity,
        "value": value,
        "label": label,
        "observed": float(came.mean()),
        "observed_low": float(interval.low),
        "observed_high": float(interval.high),
        "simulated": float(simulated),
        "n": len(came),
    }
