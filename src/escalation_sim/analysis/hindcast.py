"""A forecast against what happened: scores of each outcome and window, their means, and how surprised the model is.

A yes-or-no outcome is a forecast over two classes, so its Brier score is the sum over both, 2 (p - y)**2 (`scoring`).
Scores that belong together count as one: the mean is taken within a block of outcomes first, and then over the blocks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.estimates import Floats
from escalation_sim.analysis.scoring import brier, log_score, skill

STATUS_QUO = 0.01  # what "nothing will happen" says of every outcome: one in a hundred, for nobody is quite sure
YEAR = 365.25
MODEL, REFERENCES = "model", ("even", "base_rate", "status_quo")
_MEANS = ("brier", "log_score", "brier_expected", "log_score_expected")
_SCORED = (
    *("outcome", "label", "kind", "block", "window_days"),
    *("probability", "mc_low", "mc_high", "parameter_low", "parameter_high", "n", "count"),
    *("happened", "on", "confidence", "base_rate"),
)
_SUMMARY = ("forecaster", "outcomes", "blocks", *_MEANS, "skill", "joint_low", "joint_high", "joint_worse")


def scored(probabilities: pd.DataFrame, truth: pd.DataFrame, observed_days: float) -> pd.DataFrame:
    """Forecast, truth and scores of each outcome within each window that has ended.

    Parameters
    ----------
    probabilities : DataFrame
        As from `estimates.outcome_table`.
    truth : DataFrame
        A row per outcome: outcome, day (days from the start to when it happened, NaN if it did not), on (the date as
        text), confidence (that this coding is right), block, per_year (base rate from history).
    observed_days : float
        Days from the start for which the truth is known. Longer windows are left out whole: a "yes" in them may be
        known by now, but a "no" is not, and keeping only the first would flatter whoever forecasts much.

    Returns
    -------
    DataFrame
        A row per outcome and window, in the order of `probabilities`: outcome, label, kind, block, window_days,
        probability with its intervals, n, count, happened (0 or 1, within the window), on, confidence, base_rate
        (probability 1 - exp(-per_year * window / 365.25)), brier, log_score, brier_expected, log_score_expected.
        The *expected* scores allow for a wrong coding: c S(p, y) + (1 - c) S(p, 1 - y) with confidence c.
        Log scores have the floor of half a replicate, 0.5 / n: a smaller probability cannot be told from none.
    """
    table = probabilities[probabilities["window_days"] <= observed_days].merge(truth, on="outcome")
    happened = (table["day"] <= table["window_days"]).to_numpy()
    table = table.assign(
        happened=happened.astype(int), base_rate=-np.expm1(-table["per_year"] * table["window_days"] / YEAR)
    )
    floor = 0.5 / table["n"].min() if len(table) else 0.5
    return table.assign(**_scores(table["probability"], table, floor))[[*_SCORED, *_MEANS]]


def summary(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of the model and of the references, per window and over all, and how surprised the model is.

    Parameters
    ----------
    scores : DataFrame
        From `scored`, at least one row.
    runs : DataFrame
        A row per replicate with `day_<outcome>`, NaN where it did not happen (`tables.runs_table`).

    Returns
    -------
    DataFrame
        window_days (NaN: all windows), forecaster, outcomes and blocks (how many), the means of brier, log_score,
        brier_expected and log_score_expected over blocks, and skill: that of the model's Brier score against this
        reference (NaN for the model itself). References: `even` says 50 % of everything, `base_rate` what history
        alone expects, `status_quo` 1 % of everything. For the model only: joint_low, joint_high and joint_worse,
        see `joint_scores`: the 5 % and 95 % quantile of the mean Brier score if the model were right, and the share of
        replicates that score at least as badly as what happened.
    """
    parts = {float(days): scores[scores["window_days"] == days] for days in sorted(scores["window_days"].unique())}
    means = [_means(rows, runs).assign(window_days=days) for days, rows in (*parts.items(), (np.nan, scores))]
    return pd.concat(means, ignore_index=True)[["window_days", *_SUMMARY]]


def block_weights(blocks: npt.ArrayLike) -> Floats:
    """Weights of rows, adding up to 1, under which each block counts the same, and so does each row inside it.

    >>> block_weights(["deployment", "deployment", "nuclear"]).tolist()
    [0.25, 0.25, 0.5]
    """
    _, block, size = np.unique(np.asarray(blocks, str), return_inverse=True, return_counts=True)
    return 1.0 / (size[block] * len(size))


def joint_scores(scores: pd.DataFrame, runs: pd.DataFrame) -> Floats:
    """Mean Brier score over blocks if each replicate in turn were what happened: shape (R,).

    Outcomes of one run hang together, so their scores do: a mean over eighteen outcomes is far less certain than one
    over eighteen coins. The model's own replicates tell by how much. Their spread is that of the score if the model,
    with its uncertain parameters, were the truth.

    >>> scores = pd.DataFrame({"outcome": ["war"], "block": ["war"], "window_days": [30.0], "probability": [0.25]})
    >>> joint_scores(scores, pd.DataFrame({"day_war": [3.0, 40.0, np.nan]})).tolist()
    [1.125, 0.125, 0.125]
    """
    days = runs[[f"day_{name}" for name in scores["outcome"]]].to_numpy()
    happened = days <= scores["window_days"].to_numpy()
    no, yes = (brier(_two_classes(scores["probability"]), np.full(len(scores), k)) for k in (0, 1))
    mean: Floats = np.where(happened, yes, no) @ block_weights(scores["block"])
    return mean


def _means(rows: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `summary` for one set of windows."""
    weights = block_weights(rows["block"])
    said: dict[str, npt.ArrayLike] = {
        "even": np.full(len(rows), 0.5),
        "base_rate": rows["base_rate"],
        "status_quo": np.full(len(rows), STATUS_QUO),
    }
    tables = {name: _scores(p, rows) for name, p in said.items()}
    tables = {MODEL: {name: rows[name].to_numpy() for name in _MEANS}} | tables
    means = {name: {key: float(weights @ table[key]) for key in _MEANS} for name, table in tables.items()}
    joint, score = joint_scores(rows, runs), means[MODEL]["brier"]
    low, high = np.quantile(joint, [0.05, 0.95])
    worse = (joint >= score - 1e-12).mean()  # equal but for rounding counts as equal
    own: dict[str, dict[str, float]] = {MODEL: {"joint_low": low, "joint_high": high, "joint_worse": worse}}
    own |= {name: {"skill": skill(score, means[name]["brier"])} for name in REFERENCES}
    counts = {"outcomes": rows["outcome"].nunique(), "blocks": rows["block"].nunique()}
    return pd.DataFrame([{"forecaster": name, **counts, **means[name], **own[name]} for name in tables])


def _scores(p: npt.ArrayLike, rows: pd.DataFrame, floor: float = 1e-6) -> dict[str, Floats]:
    """Both scores of probabilities of a yes, as coded and as expected if the coding may be wrong."""
    table, coded, sure = _two_classes(p), rows["happened"].to_numpy(), rows["confidence"].to_numpy()
    named: dict[str, Floats] = {}
    for name, right, wrong in (
        ("brier", brier(table, coded), brier(table, 1 - coded)),
        ("log_score", log_score(table, coded, floor), log_score(table, 1 - coded, floor)),
    ):
        named |= {name: right, f"{name}_expected": sure * right + (1.0 - sure) * wrong}
    return named


def _two_classes(p: npt.ArrayLike) -> Floats:
    """No and yes, side by side."""
    yes = np.asarray(p, float)
    return np.stack([1.0 - yes, yes], axis=1)
