"""How the model was validated: the score of this scenario where there is one, and what is known of others."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from escalation_sim.analysis.hindcast import MODEL
from escalation_sim.analysis.wording import percent
from escalation_sim.report import validation
from escalation_sim.report.blocks import Block, Fold, Heading, Paragraph, Section, Table
from escalation_sim.report.inputs import Folder, Inputs
from escalation_sim.report.pictures import figure_or, pictures, scores_table
from escalation_sim.report.scoreboard import SURPRISED
from escalation_sim.report.sections import cells
from escalation_sim.report.validation import Known
from escalation_sim.store.write import BACKTEST, SCORE

_NAMES = {
    MODEL: "this model",
    "even": "50 % for all",
    "base_rate": "base rates",
    "status_quo": "status quo (1 % for all)",
}


def validated(inputs: Inputs) -> Section:
    """The fifth part of a report."""
    blocks: list[Block] = [Heading("This scenario against what happened")]
    scores = list(inputs.of(SCORE))
    for folder in scores:
        blocks += _score(inputs, folder)
    if not scores:
        blocks.append(Paragraph("Held against a truth file: escalation-sim score RESULT --truth FILE", "small"))
    for folder in inputs.of(BACKTEST):
        blocks += _backtest(inputs, folder)
    blocks += [
        Heading("The packaged model on the record of the past"),
        Paragraph(
            "These numbers were measured for the coefficients that come with the program, not for this scenario. "
            "Brier scores are summed over the classes, 0 is best; in round brackets 95 % bootstrap intervals over "
            "whole confrontations."
        ),
        *(known(one) for one in (validation.HIGHEST_LEVEL, validation.TARGET_ACTS, validation.CRISES)),
        known(validation.HINDCASTS),
        Fold("Base rates: the record beside the packaged coefficients", [known(validation.BASE_RATES)]),
    ]
    return Section("validated", "How it was validated", blocks)


def known(one: Known) -> Table:
    """A packaged table with its source."""
    return Table(f"{one.caption}. Source: docs/validation.md, {one.source}.", one.head, one.rows, one.aligned)


def _score(inputs: Inputs, folder: Folder) -> Iterator[Block]:
    summary = folder.tables["summary"]
    yield Paragraph(verdict(summary))
    yield Paragraph(f"{folder.size}. Conditional on this model and this scenario; one crisis is one draw.", "small")
    yield summary_table(summary)
    rows = Fold("Forecast and truth, outcome by outcome", [scores_table(folder.tables["scores"])])
    yield from figure_or(inputs, folder, "hindcast", rows)


def verdict(summary: pd.DataFrame) -> str:
    """Over all windows: the model's score, those of its references, and whether what happened surprises it."""
    rows = {row["forecaster"]: row for row in summary[summary["window_days"].isna()].to_dict("records")}
    ours = rows[MODEL]
    beside = ", ".join(f"{_NAMES[name]} {row['brier']:.3f}" for name, row in rows.items() if name != MODEL)
    surprise = (
        "what happened surprises the model"
        if ours["joint_worse"] < SURPRISED
        else "what happened is no surprise to the model"
    )
    return (
        f"Brier score over all windows: {ours['brier']:.3f}, beside {beside} (0 is best, 50 % for everything gives "
        f"0.5). If the model were right, 90 % of its runs would score {ours['joint_low']:.3f} to "
        f"{ours['joint_high']:.3f}, and {percent(ours['joint_worse'])} as badly or worse: {surprise}."
    )


def summary_table(summary: pd.DataFrame) -> Table:
    """Scores of the model and its references by window."""
    rows: list[list[str]] = []
    for window, own in summary.groupby("window_days", sort=False, dropna=False):
        first = own.iloc[0]
        over = "All windows" if math.isnan(float(str(window))) else f"Within {float(str(window)):g} days"
        rows.append([f"{over}: {int(first['outcomes'])} outcomes in {int(first['blocks'])} blocks"])
        for row in own.to_dict("records"):
            skill = cells.NONE if row["skill"] != row["skill"] else f"{row['skill']:+.2f}"
            rows.append(
                [
                    _NAMES.get(row["forecaster"], str(row["forecaster"])),
                    f"{row['brier']:.3f}",
                    f"{row['log_score']:.3f}",
                    skill,
                ]
            )
    return Table(
        "Skill: 1 - Brier score of the model / that of the reference.",
        ["Forecaster", "Brier", "Log score", "Skill"],
        rows,
        "lrrr",
    )


def _backtest(inputs: Inputs, folder: Folder) -> Iterator[Block]:
    yield Heading(f"A backtest of another table of coefficients ({folder.name})")
    yield Paragraph(folder.size, "small")
    head = ("Task", "Era", "Forecaster", "Cases", "Brier (95 %)", "Log score", "Slope", "ECE")
    rows = [
        [
            *(str(row["task"]), str(row["era"]), str(row["forecaster"]), f"{int(row['n']):,}"),
            f"{row['brier']:.3f} ({row['brier_low']:.3f}–{row['brier_high']:.3f})",
            *(f"{row['log_score']:.3f}", f"{row['calibration_slope']:.2f}", f"{row['ece']:.3f}"),
        ]
        for row in folder.tables["scores"].to_dict("records")
    ]
    yield Table("", head, rows, "lllrcrrr")
    yield from pictures(inputs, folder)
