"""What drives the answer: paths, knock-outs, sensitivities."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from escalation_sim.analysis.pairs import bound_of
from escalation_sim.analysis.pathways import often_words, turning_words
from escalation_sim.analysis.wording import percent, percent_of_share, points
from escalation_sim.report.blocks import Block, Bullets, Fold, Heading, Paragraph, Section, Table
from escalation_sim.report.inputs import Folder, Inputs
from escalation_sim.report.pictures import families_table, figure_or, knockouts_table, pictures
from escalation_sim.report.sections import cells
from escalation_sim.store.sweeps import SWEEP
from escalation_sim.store.write import KNOCKOUT, PATHWAYS, RUN
from escalation_sim.study.knockout import ranked, wholes

_SENSITIVITY = "sensitivity"
_TOLD = 12
_FIGURES = ("tornado", "indices", "pawn", "boxes", "response", "heat")  # beginnings of names, in the order wanted
_TABLES = {  # of an analysis of a sweep -> what it says, in the order in which a reader wants it
    "tornado": "From one end of each variable to the other",
    "indices": "Sobol indices: shares of the variance over the design",
    "pawn": "PAWN indices: how far fixing a variable shifts the distribution",
    "boxes": "Where an outcome is likely: boxes",
    "responses": "Dose and response",
    "heat": "Two variables together",
}


def drives(inputs: Inputs) -> Section:
    """The second part of a report."""
    blocks: list[Block] = []
    for said in (_paths(inputs), _knockouts(inputs), _sweeps(inputs), _sensitivities(inputs)):
        blocks += said
    return Section("drives", "What drives it", blocks)


def _paths(inputs: Inputs) -> Iterator[Block]:
    yield Heading("By which acts")
    found = list(inputs.of(PATHWAYS))
    if not found:
        for folder in inputs.of(RUN):
            yield from _answered(inputs, folder)
        yield Paragraph(
            f"Which acts an outcome needed, and where the die is cast: escalation-sim paths {inputs.file}", "small"
        )
    for folder in found:
        families, turns = folder.tables["families"], folder.tables["turns"]
        yield Paragraph(
            "An act is needed if, all luck being equal, the outcome would not have come about when it did without "
            "it. Chains of needed acts that end alike are one family; shares are of the chains that were looked "
            f"into. {folder.size}. Conditional on this model and this scenario: a needed act is no cause in the "
            "world.",
            "small",
        )
        for outcome in cells.outcomes_of(families):
            yield Heading(_label(inputs, outcome))
            common = folder.tables["common"]
            if often := often_words(common[common["outcome"] == outcome]):
                yield Paragraph(often)
            yield from figure_or(inputs, folder, f"pathways-{outcome}", families_table(families, outcome))
            yield Bullets(list(_turning(families[families["outcome"] == outcome], turns[turns["outcome"] == outcome])))


def _turning(families: pd.DataFrame, turns: pd.DataFrame) -> Iterator[str]:
    for row in families.head(5).to_dict("records"):
        own = turns[turns["family"] == row["family"]]
        yield f"Family {row['family']} (“{row['path']}”): its median path was {turning_words(own)}."


def _answered(inputs: Inputs, folder: Folder) -> Iterator[Block]:
    """The most frequent chains of a run, by what each act answered."""
    table = folder.tables.get("paths")
    shown = inputs.scenario.show.paths if inputs.scenario else ()
    if table is None or not len(table):
        return
    yield Paragraph(
        "Chains of acts, each an answer to the one before, as the run kept them; nothing asked whether they were "
        "needed.",
        "small",
    )
    drawn = list(pictures(inputs, folder, "paths-"))
    yield from drawn
    for outcome in shown if not drawn else ():
        rows = table[(table["outcome"] == outcome) & (table["count"] > 0)].head(3).to_dict("records")
        yield from [Paragraph(f"{_label(inputs, outcome)}:")] if rows else []
        yield Bullets([f"{percent(row['share'])} of {row['n']:,}: {row['path']}" for row in rows])


def _label(inputs: Inputs, outcome: str) -> str:
    known = {one.id: one.label for one in inputs.scenario.outcomes} if inputs.scenario else {}
    return known.get(outcome, outcome)


def _knockouts(inputs: Inputs) -> Iterator[Block]:
    yield Heading("Which assumption carries it")
    found = list(inputs.of(KNOCKOUT))
    if not found:
        yield Paragraph(
            "Each rule, promise, event, belief and covariate switched off in turn: escalation-sim knockout "
            f"{inputs.file}",
            "small",
        )
    for folder in found:
        table = folder.tables["knockouts"]
        yield Paragraph(
            f"Each element was switched off under the same draws and luck; {folder.size}. Told from zero: at 95 % "
            "for all knock-outs at once. Single changes do not add up to the probability.",
            "small",
        )
        named = [
            name.removeprefix("knockout-").removesuffix(".svg")
            for name in sorted(folder.figures)
            if name.startswith("knockout-")
        ]
        asked = [one for one in named if one in set(table["outcome"])] or _shown(inputs, table)
        for outcome in dict.fromkeys(asked):
            yield Heading(_label(inputs, outcome))
            yield Paragraph(carried(table, outcome))
            yield from figure_or(inputs, folder, f"knockout-{outcome}", knockouts_table(table, outcome, _TOLD))


def _shown(inputs: Inputs, table: pd.DataFrame) -> list[str]:
    shown = inputs.scenario.show.paths if inputs.scenario else ()
    return [one for one in shown if one in set(table["outcome"])] or cells.outcomes_of(table)[:3]


def carried(table: pd.DataFrame, outcome: str) -> str:
    """In a sentence or three, which elements change an outcome most, and what was not told."""
    rows = ranked(table, outcome)
    told, rest = rows[rows["told"] == 1], rows[rows["told"] == 0]
    first = rows.iloc[0]
    parts = [
        f"Within {first['window_days']:g} days {percent_of_share(first['baseline'], int(first['n']))} with "
        "everything in place."
    ]
    if len(told):
        said = [
            f"without {row['element_kind']} {row['element']} {percent_of_share(row['alternative'], int(row['n']))} "
            f"({points(row['difference'])} points, 95 %: {cells.span(row['mc_low'], row['mc_high'], points)})"
            for row in told.head(3).to_dict("records")
        ]
        parts.append(f"It changes most {'; '.join(said)}.")
    if len(rest):
        bound = points(bound_of(rest)).lstrip("+")
        parts.append(
            f"{len(rest)} of {len(rows)} elements cannot be told from zero: at most {bound} points each either way."
        )
    for row in wholes(table, outcome).to_dict("records"):
        parts.append(f"Without {row['element']}: {percent_of_share(row['alternative'], int(row['n']))}.")
    return " ".join(parts)


def _sweeps(inputs: Inputs) -> Iterator[Block]:
    for folder in inputs.of(SWEEP):
        layout = folder.record["plan"]["layout"]
        yield Heading(f"Sweep: {layout['title'] or layout['id']}")
        yield Paragraph(
            f"Design {layout['id']} ({layout['kind']}): {folder.size}. Conditional on this model, this scenario and "
            "this design.",
            "small",
        )
        if folder.missing:
            yield Paragraph(folder.missing, "strong")
        if "points" not in folder.tables:
            yield Paragraph(
                "It is not finished, and none of its numbers are shown. How far it is: escalation-sim status "
                f"{folder.path}"
            )
            continue
        yield extremes(folder.tables["points"], [str(one["id"]) for one in layout["columns"]])
        if not any(True for _ in inputs.of(_SENSITIVITY)):
            yield Paragraph(f"Which variable drives what: escalation-sim sensitivity {folder.path}", "small")


def extremes(table: pd.DataFrame, variables: list[str]) -> Table:
    """Where over the points of a design each outcome is least and most likely."""
    rows = []
    for _, own in cells.longest(table).groupby("outcome", sort=False):
        good = own[own["n"] > 0].sort_values("probability", kind="stable").to_dict("records")
        ends = [cell for one in (good[:1] + good[-1:]) for cell in _at(one, variables)] or ["unknown", cells.NONE] * 2
        rows.append([str(own["label"].iloc[0]), *ends])
    caption = (
        "Lowest and highest probability over the points, at the longest window, with its Monte-Carlo 95 % interval."
    )
    return Table(caption, ["Outcome", "Lowest", "at", "Highest", "at"], rows, "lrlrl")


def _at(row: cells.Row, variables: list[str]) -> tuple[str, str]:
    """How likely an outcome is at a point, and which point that is."""
    chance = percent_of_share(row["probability"], int(row["n"]))
    values = [row[name] for name in variables]
    said = [f"{one:,.6g}" if isinstance(one, (int, float)) else str(one) for one in values]
    where = ", ".join(f"{name} {value}" for name, value in zip(variables, said, strict=True))
    point = where if len(variables) <= 3 else f"point {row['point']}"
    return f"{chance} [{cells.span(row['mc_low'], row['mc_high'])}]", point


def _sensitivities(inputs: Inputs) -> Iterator[Block]:
    found = list(inputs.of(_SENSITIVITY))
    if not found and not any(True for _ in inputs.of(SWEEP)):
        yield Heading("How it depends on the numbers")
        yield Paragraph(
            f"A design of points and what drives the outcomes over them: escalation-sim sweep {inputs.file} "
            "--design ID, then escalation-sim sensitivity",
            "small",
        )
    for folder in found:
        yield Heading(f"What of the sweep drives each outcome ({folder.name})")
        yield Paragraph(f"{folder.size} in all. Conditional on this model, this scenario and this design.", "small")
        drawn = list(pictures(inputs, folder, *_FIGURES))
        yield from drawn
        shown = {one.name.partition("-")[0] for one in drawn}
        for name in [*_TABLES, *(one for one in folder.tables if one not in _TABLES)]:
            table = folder.tables.get(name)
            if table is not None and len(table) and not shown & {name, name.removesuffix("s")}:
                last = cells.longest(table) if {"outcome", "window_days"} <= set(table.columns) else table
                yield Fold(_TABLES.get(name, name), [cells.plain_table(name, last)])
