"""What to watch: early signals that tell most of what comes later."""

from __future__ import annotations

from collections.abc import Iterator

from escalation_sim.report.blocks import Block, Heading, Paragraph, Section
from escalation_sim.report.inputs import Folder, Inputs
from escalation_sim.report.pictures import figure_or, signals_table
from escalation_sim.report.sections import cells
from escalation_sim.store.write import SIGNALS

_LEGEND = (
    "At the end of the first weeks the replicates in which an outcome has not come about yet are split by what was "
    "seen by then. If seen, if not: share in which it comes later, with exact 95 % intervals. Within draws: the "
    "part of the difference that is the course of events, not learning which numbers are true. A signal is no "
    "cause, and each is looked at alone."
)


def watch(inputs: Inputs) -> Section:
    """The fourth part of a report."""
    blocks: list[Block] = []
    for folder in inputs.of(SIGNALS):
        blocks += _signals(inputs, folder)
    if not blocks:
        blocks = [
            Paragraph(
                f"Signs of the first weeks that tell most: escalation-sim signals {inputs.file} --parameters 1000",
                "small",
            )
        ]
    return Section("watch", "What to watch", blocks)


def _signals(inputs: Inputs, folder: Folder) -> Iterator[Block]:
    table, still = folder.tables["signals"], folder.tables["open"]
    yield Paragraph(f"{_LEGEND} {folder.size}. Conditional on this model and this scenario.", "small")
    for row in cells.longest(still).to_dict("records"):
        outcome = str(row["outcome"])
        yield Heading(str(row["label"]))
        own = signals_table(table[table["outcome"] == outcome], outcome, 8)
        yield Paragraph(
            f"After the first weeks and within {row['window_days']:g} days: {cells.chance(row)} of "
            f"{int(row['n']):,} replicates that are still open (95 %: {cells.span(row['mc_low'], row['mc_high'])})."
            + ("" if own.rows else " Nothing seen by then tells more than chance.")
        )
        if own.rows:
            yield from figure_or(inputs, folder, f"signals-{outcome}", own)
