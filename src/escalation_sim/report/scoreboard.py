"""A score as the terminal shows it: each forecast beside what happened, then the means beside those of references."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from escalation_sim.analysis.hindcast import MODEL
from escalation_sim.analysis.rare import told
from escalation_sim.analysis.wording import percent
from escalation_sim.scenario.words import counted

SURPRISED = 0.05  # a share of replicates below which what happened is called improbable
_NAMES = {
    MODEL: "this model",
    "even": "50 % for all",
    "base_rate": "base rates",
    "status_quo": "status quo (1 % for all)",
}
_LEGEND = (
    "[..] Monte-Carlo 95 %. {..} parameters 90 %. Brier: summed over yes and no, from 0 to 2; 50 % scores 0.5. Log: "
    "minus the log of the probability of what came about. Means are taken within a block of outcomes first, then over "
    "the blocks. (..) expected score, for a coding may be wrong. Skill: 1 - Brier of the model / that of the reference."
    " no (date): it came later, after the window."
)


def scoreboard(scores: pd.DataFrame, summary: pd.DataFrame, note: str, left_out: Sequence[str] = ()) -> str:
    """The tables `scores` and `summary` of a hindcast as text.

    Parameters
    ----------
    scores, summary : DataFrame
        From `analysis.hindcast`.
    note : str
        What the forecasts are conditional on.
    left_out : sequence of str
        Sentences about what was not scored.
    """
    parts = [note, *left_out]
    width = min(44, max(len(label) for label in scores["label"]))
    for window in sorted(scores["window_days"].unique()):
        rows = scores[scores["window_days"] == window].sort_values("probability", ascending=False, kind="stable")
        parts += ["", f"WITHIN {window:g} DAYS", *_rows(rows, width)]
        parts += _means(summary[summary["window_days"] == window])
    parts += ["", "ALL WINDOWS", *_means(summary[summary["window_days"].isna()])]
    return "\n".join([*parts, "", *textwrap.wrap(_LEGEND, 118)])


def _rows(rows: pd.DataFrame, width: int) -> list[str]:
    head = f"{'':{width}} {'forecast':>10}  {'[Monte-Carlo] {parameters}':40} {'happened':15} {'Brier':>6} {'log':>6}"
    return [head, *(_row(row, width) for row in rows.to_dict("records"))]


def _row(row: Mapping[Any, Any], width: int) -> str:
    label = textwrap.shorten(row["label"], width, placeholder="…")
    chance, parameters = (f"{percent(row[f'{x}_low'])} – {percent(row[f'{x}_high'])}" for x in ("mc", "parameter"))
    became = row["on"] if row["happened"] else f"no ({row['on']})" if row["on"] else "no"
    shown, intervals = told(row["probability"], row["count"], row["n"]), f"[{chance}] {{{parameters}}}"
    return f"{label:{width}} {shown:>10}  {intervals:40} {became:15} {row['brier']:6.3f} {row['log_score']:6.2f}"


def _means(rows: pd.DataFrame) -> list[str]:
    """The forecasters of one set of windows, and how the model's score compares with what it expects of itself."""
    ours = rows[rows["forecaster"] == MODEL].iloc[0]
    over = f"mean of {counted(int(ours['outcomes']), 'outcome')} in {counted(int(ours['blocks']), 'block')}"
    lines = ["", f"  {over:36} {'Brier':18} {'log':18} skill"]
    for row in rows.to_dict("records"):
        brier, log = (f"{row[name]:.3f} ({row[f'{name}_expected']:.3f})" for name in ("brier", "log_score"))
        skill = "" if math.isnan(row["skill"]) else f"{row['skill']:+.2f}"
        lines.append(f"  {_NAMES[row['forecaster']]:36} {brier:18} {log:18} {skill}".rstrip())
    verdict = "the model is surprised" if ours["joint_worse"] < SURPRISED else "no surprise to the model"
    return [
        *lines,
        f"  If the model were right: Brier {ours['joint_low']:.3f} – {ours['joint_high']:.3f} in 90 % of its runs; "
        f"{percent(ours['joint_worse'])} of them score as badly or worse: {verdict}.",
    ]
