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
from escalation_sim.scenario.schema import Coefficients
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
_WEEKS = (1, 2, 3, 4, 6, 9, 14, 20, 27, 40, 53, 79, 105, 157)
_FOLD_SEED = 1


class Backtest(NamedTuple):
    """Forecasts, what came, and how good they were."""

    predictions: pd.DataFrame
    scores: pd.DataFrame
    reliability: pd.DataFrame
    rollout: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return self._asdict()


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
    """
    players = Players(coefficients)
    seen = read_onsets(history, players)
    table = seen.table
    table["defence_pact"] = seen.known.defence_pact(table["actor"], table["target"], table["year"])
    fold = benchmarks.grouped_folds(table["confrontation"], folds or 5, _FOLD_SEED)
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
    forecasts = {
        "highest level": ({SIMULATION: p_level} | _others(table, table["observed_level"] - 1, len(LEVELS), fold)),
        "reciprocated": ({SIMULATION: p_answer} | _others(table, table["reciprocated"], 2, fold)),
    }
    observed = {"highest level": table["observed_level"] - 1, "reciprocated": table["reciprocated"].astype(int)}
    return Backtest(
        predictions(table, p_level, p_answer),
        scores(forecasts, observed, table),
        curves(forecasts, observed),
        rollout(players, done, table),
    )


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


def _others(table: pd.DataFrame, observed: pd.Series, n_classes: int, fold: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Forecasts of the statistical forecasters, each row by those fitted to the other folds."""
    y, group = observed.to_numpy(dtype=np.int64), table["confrontation"].to_numpy()
    first = table[["first_level", "clash"]].to_numpy(dtype=np.int64)
    levels = np.column_stack([table["first_level"] == k for k in (2, 3, 4)])
    x = np.column_stack([levels, table["clash"], table[list(FEATURES)]]).astype(float)
    names = ("multinomial logit", "gradient boosting", "first-level table", "base rate")
    made = {name: np.zeros((len(table), n_classes)) for name in names}
    for held in np.unique(fold):
        test, train = fold == held, fold != held
        fitted = (x[train], y[train], x[test], n_classes, group[train])
        made["multinomial logit"][test] = benchmarks.multinomial_logit(*fitted)
        made["gradient boosting"][test] = benchmarks.gradient_boosting(*fitted)
        made["first-level table"][test] = benchmarks.first_level_table(first[train], y[train], first[test], n_classes)
        made["base rate"][test] = benchmarks.base_rate(y[train], int(test.sum()), n_classes)
    return made


def scores(
    forecasts: dict[str, dict[str, Floats]], observed: dict[str, pd.Series], table: pd.DataFrame
) -> pd.DataFrame:
    """Scores of all forecasters by task, for all onsets and by era, with skill against two references."""
    eras = {"all": np.ones(len(table), dtype=bool)}
    eras |= {"1946-1990": (table["year"] <= 1990).to_numpy(), "after 1990": (table["year"] > 1990).to_numpy()}
    parts = []
    for task, by_name in forecasts.items():
        for era, mask in eras.items():
            if not mask.any():
                continue
            told = {name: p[mask] for name, p in by_name.items()}
            args = (told, observed[task].to_numpy()[mask], table["confrontation"].to_numpy()[mask])
            made = score_table(*args, reference="base rate")
            against = score_table(*args, reference="first-level table")
            made = made.join(against[["skill", "skill_low", "skill_high"]].add_suffix("_first_level"))
            parts.append(made.assign(task=task, era=era))
    whole = pd.concat(parts, ignore_index=True)
    return whole[["task", "era", *(name for name in whole if name not in ("task", "era"))]]


def curves(forecasts: dict[str, dict[str, Floats]], observed: dict[str, pd.Series]) -> pd.DataFrame:
    """Calibration of each forecaster, bin by bin."""
    parts = [
        reliability(p, observed[task].to_numpy()).assign(task=task, forecaster=name)
        for task, by_name in forecasts.items()
        for name, p in by_name.items()
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
