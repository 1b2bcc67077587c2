"""What would change the answer: alternatives under the same luck, and levers that somebody could set."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from escalation_sim.analysis.pairs import bound_of, told_from_zero
from escalation_sim.analysis.wording import percent_of_share, points
from escalation_sim.report.blocks import Block, Fold, Heading, Paragraph, Section
from escalation_sim.report.compare import file_names
from escalation_sim.report.inputs import LEVERS, Folder, Inputs
from escalation_sim.report.pictures import changes_table, figure_or, levers_table, pictures
from escalation_sim.report.sections import cells
from escalation_sim.store.write import COMPARISON


def changes(inputs: Inputs) -> Section:
    """The third part of a report."""
    compared, levers = list(inputs.of(COMPARISON)), list(inputs.of(LEVERS))
    blocks: list[Block] = []
    for folder in compared:
        blocks += _alternatives(inputs, folder)
    for folder in levers:
        blocks += _levers(inputs, folder)
    if not compared:
        blocks.append(
            Paragraph(f"Variants and settings held against the scenario: escalation-sim compare {inputs.file}", "small")
        )
    if not levers:
        blocks.append(
            Paragraph(
                f"What governments could set: escalation-sim compare {inputs.file} --levers --less OUTCOME --more "
                "OUTCOME",
                "small",
            )
        )
    return Section("changes", "What would change it", blocks)


def _alternatives(inputs: Inputs, folder: Folder) -> Iterator[Block]:
    table = folder.tables["differences"]
    yield Paragraph(
        f"Every alternative has the same draws of the parameters and the same luck as the baseline; {folder.size}. "
        "Points are percentage points of probability, conditional on this model and this scenario. Gained / lost: "
        "replicates in which an outcome came about only in the alternative, and only in the baseline.",
        "small",
    )
    yield from pictures(inputs, folder, "overview")
    files = file_names(dict.fromkeys(map(str, table["variant"])))
    for name, rows in table.groupby("variant", sort=False):
        yield Heading(str(name))
        yield Paragraph(changed(rows))
        yield from figure_or(inputs, folder, f"differences-{files[str(name)]}", changes_table(rows))


def changed(rows: pd.DataFrame) -> str:
    """In a sentence or two, what an alternative does to the outcomes at their longest windows."""
    rows = cells.longest(rows)
    seen = rows[told_from_zero(rows)].sort_values("difference", key=abs, ascending=False, kind="stable")
    unseen = rows[~told_from_zero(rows)]
    if len(rows) == len(unseen) and bool((unseen[["mc_low", "mc_high"]] == 0.0).all(axis=None)):
        return "Exactly zero: it computes the same as the baseline."
    said = [
        f"“{row['label']}” from {percent_of_share(row['baseline'], int(row['n']))} to "
        f"{percent_of_share(row['alternative'], int(row['n']))} ({points(row['difference'])} points, 95 %: "
        f"{cells.span(row['mc_low'], row['mc_high'], points)})"
        for row in seen.head(4).to_dict("records")
    ]
    parts = [f"It moves {'; '.join(said)}{f'; and {len(seen) - 4} more' if len(seen) > 4 else ''}."] if said else []
    if len(unseen):
        bound = points(bound_of(unseen)).lstrip("+")
        parts.append(
            f"No difference seen beyond ± {bound} points in {len(unseen)} of {len(rows)} outcomes, which is a bound "
            "and no finding of none."
        )
    return " ".join(parts)


def _levers(inputs: Inputs, folder: Folder) -> Iterator[Block]:
    table = folder.tables[LEVERS]
    n, on_it = table["position"].nunique(), table[table["frontier"] > 0]["position"].nunique()
    yield Heading("Levers")
    yield Paragraph(
        f"Of {n} positions of the levers {on_it} are beaten by none in both outcomes: the frontier. The best of "
        "many is flattered, for it was picked by what was seen; run it again with another seed before relying on "
        f"it. {folder.size}."
    )
    yield levers_table(table, frontier_only=True)
    yield from figure_or(inputs, folder, "frontier", Fold("All positions", [levers_table(table)]))
