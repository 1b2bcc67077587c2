"""The assumptions in short, and in an annex every state, commitment, event, rule and number with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from escalation_sim.report.blocks import Block, Bullets, Fold, Heading, Paragraph, Section, Table
from escalation_sim.report.inputs import Inputs
from escalation_sim.report.pictures import pictures
from escalation_sim.report.sections import cells
from escalation_sim.scenario.accounts import (
    describe_commitment,
    describe_effort,
    describe_event,
    describe_support,
    describe_war,
)
from escalation_sim.scenario.claims import claims
from escalation_sim.scenario.confidence import foundations, shares, uncertain
from escalation_sim.scenario.numbers import quantities
from escalation_sim.scenario.schema import Quantity, Scenario, Sourced
from escalation_sim.scenario.sentences import describe_quantity, describe_rule
from escalation_sim.scenario.words import Words, date
from escalation_sim.store.write import RUN

_BASES = ("fact", "estimated", "elicited", None)
_HEAD = ("Basis", "Source and reason")


def assumptions(inputs: Inputs) -> Section:
    """The sixth part of a report."""
    scenario = inputs.scenario
    if scenario is None:
        return Section("assumptions", "What it assumes", [Paragraph("None of the folders holds a whole scenario.")])
    blocks: list[Block] = [
        *([Paragraph(scenario.description)] if scenario.description else []),
        Paragraph(
            f"It starts on {date(scenario.start)} and runs {scenario.horizon:g} days in ticks of {scenario.tick:g} "
            f"days, with {len(scenario.states)} states, {len(scenario.commitments)} commitments, "
            f"{len(scenario.events)} events, {len(scenario.rules)} rules and {len(scenario.outcomes)} outcomes."
        ),
        Heading("What the numbers rest on"),
        _shares(scenario),
        Bullets(list(foundations(scenario))),
        *(picture for folder in inputs.of(RUN) for picture in pictures(inputs, folder, "network")),
        Heading("What is uncertain"),
        Bullets([line.removeprefix("- ") for line in uncertain(scenario)]),
        Paragraph(
            "Each state, commitment, event, rule and number stands in the annex, with what it rests on.", "small"
        ),
    ]
    return Section("assumptions", "What it assumes", blocks)


def annex(inputs: Inputs) -> Section:
    """The end of a report: every assumption, each with what it rests on."""
    lists = _lists(inputs.scenario, Words.of(inputs.scenario)) if inputs.scenario else ()
    folds = [Fold(f"{title} ({_entries(table)})", [table]) for title, table in lists if table.rows]
    return Section(
        "annex",
        "Annex: every assumption",
        folds or [Paragraph("None of the folders holds a scenario.")],
        numbered=False,
    )


def _entries(table: Table) -> int:
    return sum(len(row) > 1 for row in table.rows)


def _shares(scenario: Scenario) -> Table:
    """Share of the numbers that are facts, estimates or judgements."""
    rows = []
    for name, counts in shares(scenario).items():
        total = max(sum(counts.values()), 1)
        rows.append(
            [
                name.capitalize(),
                f"{total:,}",
                *(f"{counts[one]:,} ({100 * counts[one] / total:.0f} %)" for one in _BASES),
            ]
        )
    return Table(
        "Share of numbers by basis.", ["", "Numbers", "Fact", "Estimated", "Elicited", "Not said"], rows, "lrrrrr"
    )


def _lists(scenario: Scenario, words: Words) -> Iterator[tuple[str, Table]]:
    said = {
        "Wars at the start": ((describe_war(one, words), one) for one in scenario.wars),
        "Standing support": ((describe_support(one, words), one) for one in scenario.support),
        "Commitments": ((describe_commitment(one, words, scenario.start), one) for one in scenario.commitments),
        "Events": ((describe_event(one, words, scenario.start, scenario.horizon), one) for one in scenario.events),
        "Rules": ((f"[{one.id}] {describe_rule(one, words)}", one) for one in scenario.rules),
        "War efforts": ((describe_effort(one, words), one) for one in scenario.efforts),
        "Closed rungs": (
            (f"{', '.join(one.by)} against {', '.join(one.toward)}: {', '.join(one.rungs)}", one)
            for one in scenario.closed
        ),
        "Past acts": ((f"{one.by} against {one.toward}: {one.act} on {date(one.on)}", one) for one in scenario.history),
    }
    yield "States", _states(scenario)
    for title, rows in said.items():
        yield title, _statements(rows)
    yield "Numbers about this crisis", _numbers(scenario)
    yield "Coefficients of the model", _coefficients(scenario)
    yield "Sources", _sources(scenario)


def _vouchers(*ones: Sourced | Quantity | None, unless_in: str = "") -> list[str]:
    """Basis, and source and reason, of the first that gives them; a reason that was said already is left out."""
    basis, source, because = (
        next((said for one in ones if one and (said := getattr(one, name))), "")
        for name in ("basis", "source", "because")
    )
    if because.rstrip(".").lower() in unless_in.lower():
        because = ""
    return [basis or cells.NONE, "; ".join(said for said in (source, because) if said) or cells.NONE]


def _statements(rows: Iterable[tuple[str, Sourced]]) -> Table:
    """Sentences with what they rest on; a reason that the sentence ends with is not said twice."""
    return Table("", ["Statement", *_HEAD], [[said, *_vouchers(block, unless_in=said)] for said, block in rows], "wlw")


def _states(scenario: Scenario) -> Table:
    rows = []
    for state in scenario.states:
        facts = [describe_quantity(one) if one else cells.NONE for one in (state.capability, state.warheads)]
        rows.append(
            [
                f"{state.name or state.id} ({state.id})",
                *facts,
                "yes" if state.major_power else "no",
                *_vouchers(state.capability, state),
            ]
        )
    return Table("", ["State", "Capability (share of the world)", "Warheads", "Major power", *_HEAD], rows, "lrrl")


def _numbers(scenario: Scenario) -> Table:
    """Numbers that no sentence above tells: all but those of rules."""
    rows: list[list[str]] = []
    for path, quantity, block in claims(scenario):
        if path[0] == "rules":
            continue
        value = f"{describe_quantity(quantity)} {quantity.unit or ''}".strip()
        rows.append([".".join(map(str, path)), value, *_vouchers(quantity, block)])
    return Table("The name is what --set takes.", ["Number", "Value", *_HEAD], rows, "lw")


def _coefficients(scenario: Scenario) -> Table:
    """Coefficients by gate; those of a gate that were estimated together share a row."""
    named = [(path.split("."), one) for path, one in quantities(scenario) if path.startswith("coefficients.")]
    rows: list[list[str]] = []
    for gate, of_gate in groupby(named, lambda pair: pair[0][1:-1]):
        rows.append([", ".join(gate) or "all"])
        alike: dict[tuple[str, ...], list[str]] = {}
        for path, one in of_gate:
            n = f"{one.n:,.0f}" if one.n else cells.NONE
            alike.setdefault((n, *_vouchers(one)), []).append(f"{path[-1]} {describe_quantity(one)}")
        rows += [["; ".join(values), *rests] for rests, values in alike.items()]
    caption = (
        "Log-odds by phase, gate and covariate; memories and ends of wars. --set takes coefficients.PHASE.GATE.NAME."
    )
    return Table(caption, ["Coefficients", "n", *_HEAD], rows, "wrlw")


def _sources(scenario: Scenario) -> Table:
    rows = [
        [
            one.id,
            one.title,
            one.publisher or cells.NONE,
            date(one.date) if one.date else cells.NONE,
            one.url or cells.NONE,
        ]
        for one in scenario.sources
    ]
    return Table("", ["Id", "Title", "Publisher", "Date", "Address"], rows)
