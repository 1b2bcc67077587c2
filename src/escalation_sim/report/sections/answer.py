"""The answer: how likely each outcome is, within which window, how surely, and by which rule it counts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from escalation_sim.analysis.wording import percent_of_count
from escalation_sim.report.blocks import Block, Bullets, Fold, Heading, Paragraph, Section, Table
from escalation_sim.report.inputs import Folder, Inputs
from escalation_sim.report.pictures import figure_or, pictures
from escalation_sim.report.sections import cells
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.words import date, listing
from escalation_sim.store.sweeps import SWEEP
from escalation_sim.store.write import RUN

_LEGEND = (
    "Monte-Carlo 95 %: what the finite number of replicates and of parameter draws leaves open. Parameters 90 %: "
    "where the probability lies as the uncertain numbers of the scenario vary; as Monte-Carlo where that is lost "
    "in chance. An outcome that was not seen is given its upper bound, never zero. Neither interval holds the "
    "doubt about the model itself."
)


def answer(inputs: Inputs, scale: str) -> Section:
    """The first part of a report."""
    runs = list(inputs.of(RUN))
    if not runs:
        others = sorted(inputs.with_table("probabilities"), key=lambda one: -one.record["replicates"]["requested"])
        runs = others[:1]
    if not runs:
        return Section("answer", "The answer", list(_without(inputs)))
    blocks: list[Block] = []
    for place, folder in enumerate(runs):
        blocks += [Heading(f"{folder.name}: {folder.record['command']}")] if len(runs) > 1 else []
        blocks += _told(inputs, folder, scale, place)
    return Section("answer", "The answer", blocks)


def _without(inputs: Inputs) -> Iterator[Block]:
    if scores := next(inputs.with_table("scores"), None):
        if "label" in scores.tables["scores"]:
            yield Paragraph("What was forecast stands in the section on validation, beside what happened.")
    elif next(inputs.of(SWEEP), None):
        yield Paragraph("The folders hold a sweep: its probabilities, point by point, stand in the next section.")
    yield Paragraph(f"How likely each outcome of the scenario itself is: escalation-sim run {inputs.file}")


def _told(inputs: Inputs, folder: Folder, scale: str, place: int) -> Iterator[Block]:
    table = folder.tables["probabilities"]
    first, *kinds = lead(table, inputs.scenario, scale)
    yield Paragraph(first, "strong")
    yield Bullets([*kinds, *never_seen(table)])
    whose = "" if folder.kind == RUN else f" These are the numbers of the scenario as it stands, from {folder.name}."
    yield Paragraph(f"All of this is conditional on this model and this scenario. {folder.size}.{whose}")
    yield cells.outcome_table(table, scale)
    yield Paragraph(_LEGEND, "small")
    if folder.missing:
        yield _bounds(table, folder)
    yield from figure_or(
        inputs, folder, "outcomes", Fold("Every window with its intervals", [cells.windows_table(table, scale)])
    )
    if place == 0:
        yield _rules(table)
    yield from pictures(inputs, folder, "probabilities", "ladder", "strain") if folder.kind == RUN else ()


def lead(table: pd.DataFrame, scenario: Scenario | None, scale: str) -> list[str]:
    """The window, then the likeliest outcome of each kind of escalation in it, and the least likely of all."""
    last = cells.longest(table).sort_values("probability", ascending=False, kind="stable")
    kinds = {kind: last[last["kind"] == kind].to_dict("records") for kind in cells.KINDS}
    said = [f"{kind.capitalize()} escalation: {_full(rows[0], scale)}." for kind, rows in kinds.items() if rows]
    windows = listing((f"{days:g}" for days in sorted(last["window_days"].unique())), "or")
    start = f" of {date(scenario.start)}" if scenario else ""
    least = last.to_dict("records")[-1]
    said.append(f"Least likely of all {len(last)} outcomes: “{least['label']}”, {cells.chance(least)}.")
    return [f"The likeliest outcome of each kind within {windows} days{start}:", *said]


def _full(row: cells.Row, scale: str) -> str:
    """An outcome with its probability, the range over the uncertain numbers, and the term for it."""
    reach = cells.span(row["parameter_low"], row["parameter_high"])
    doubt = f" ({reach} over the uncertain numbers)" if reach != cells.NONE else ""
    term = cells.term(row, scale)
    return f"“{row['label']}”, {cells.chance(row)}{doubt}{f', {term}' if term else ''}"


def never_seen(table: pd.DataFrame) -> list[str]:
    """The outcomes that no replicate showed, with their bound, and those that were estimated by splitting."""
    rows = cells.longest(table).to_dict("records")
    split = listing(f"“{row['label']}”" for row in rows if row.get("method") == "splitting")
    unseen = [row for row in rows if row["count"] == 0]
    parts = []
    if unseen:
        n = max(int(row["n"]) for row in unseen)
        names = listing(f"“{row['label']}”" for row in unseen)
        bound = percent_of_count(0, n).removeprefix("< ")
        parts.append(f"Never seen in {n:,} replicates, so not likelier than {bound} (95 %): {names}.")
    else:
        parts.append(f"No outcome{' that was counted' * bool(split)} stayed unseen.")
    if split:
        parts.append(f"Too rare to be counted, and estimated by splitting trajectories that come near: {split}.")
    return parts


def _bounds(table: pd.DataFrame, folder: Folder) -> Table:
    """What the probabilities can be if each replicate that gave no result is counted either way."""
    requested, failed = (int(folder.record["replicates"][name]) for name in ("requested", "failed"))
    rows = [
        [
            *(str(row["label"]), f"{row['window_days']:g}"),
            cells.span(row["count"] / requested, (row["count"] + failed) / requested),
        ]
        for row in cells.longest(table).to_dict("records")
    ]
    caption = f"{failed:,} replicates gave no result. Bounds of each share: all of these no, and all of them yes."
    return Table(caption, ["Outcome", "Days", "Between"], rows, "lrc")


def _rules(table: pd.DataFrame) -> Table:
    rows = table.drop_duplicates("outcome").sort_values("label").to_dict("records")
    listed = [[str(row["label"]), str(row["resolution"])] for row in rows]
    return Table(
        "When an outcome counts as having happened, in the model and in the world.",
        ["Outcome", "Resolution rule"],
        listed,
    )
