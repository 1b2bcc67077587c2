"""The command `knockout`: what carries a result, as tables, figures, and in words."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.analysis.pairs import bound_of
from escalation_sim.analysis.wording import percent_of_share, points
from escalation_sim.report.compare import given, interval, note
from escalation_sim.report.objects import preamble, records_of
from escalation_sim.report.save import opened, option_words, save_study, tell_if_cold
from escalation_sim.scenario.knockouts import PLURALS, Element, element_name, idle
from escalation_sim.store.write import KNOCKOUT
from escalation_sim.study.ensemble import Size, asked_for
from escalation_sim.study.knockout import (
    ALL,
    TOP,
    Knockout,
    chosen,
    interactions,
    knockout,
    pairs,
    planned,
    ranked,
    wholes,
)
from escalation_sim.study.pathways import Bar

_TOLD, _WIDTH = 10, 112
_MEANING = "Told from zero: at 95 % for all knock-outs (all pairs) of an outcome at once."


def knockout_and_report(
    file: Path, variants: Sequence[str], settings: Sequence[str], options: dict[str, Any], bar: Bar
) -> str:
    """Switch everything off in turn, write the folder, and say what carries which outcome (text, or JSON)."""
    study = opened(file, variants, settings, options, KNOCKOUT, "knockout")
    scenario = study.scenario
    plan = planned(scenario, options["kinds"])
    named = [one.id for one in scenario.outcomes] if ALL in options["outcomes"] else options["outcomes"]
    asked_for(scenario, named)  # an unknown one is told before anything is run
    size = Size(options["replicates"], options["parameters"], options["seed"], options["jobs"])
    tell_if_cold()
    sys.stderr.write(_plan_words(plan, len(named or scenario.show.paths), size.replicates))
    with bar(size.replicates * (1 + len(plan)), "replicates") as advance:
        found = knockout(scenario, plan, size, advance)
    baseline = found.comparison.baseline
    outcomes = chosen(baseline, options["outcomes"])
    tried = pairs(found, plan, outcomes)
    with bar(size.replicates * len({pair for asked in tried.values() for pair in asked}), "replicates") as advance:
        both = interactions(found, tried, size.jobs, advance)
    words = option_words({"outcome": options["outcomes"], "kind": options["kinds"]})
    record = study.record("knockout", baseline, words)

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.knockout import knockout_figure

        for outcome in outcomes:
            parts = ranked(found.table, outcome), wholes(found.table, outcome), both[both["outcome"] == outcome]
            style.save(knockout_figure(*parts, note(baseline)), target, f"knockout-{outcome}")

    tables = {"probabilities": baseline.probabilities, "knockouts": found.table, "interactions": both}
    save_study(
        baseline, study.folder, KNOCKOUT, tables, record, paint if options["figures"] else None, options["force"]
    )
    if options["as_json"]:
        return json.dumps(as_object(found, both, outcomes), indent=1)
    told = [line for outcome in outcomes for line in ("", *_told(found, both, outcome))]
    top = [scenario.title, *textwrap.wrap(f"{given(baseline)} {_MEANING}", _WIDTH)]
    if (zero := idle(scenario)) and any(element.kind == "covariate" for element in plan):
        top += textwrap.wrap(f"Left out, for all their coefficients are zero here: {', '.join(zero)}.", _WIDTH)
    return "\n".join([*top, *told, "", f"Written to {study.folder}."])


def _plan_words(plan: Sequence[Element], outcomes: int, replicates: int) -> str:
    """How many ensembles will be run, before they are; 0 outcomes: which will be told is not known yet."""
    n_wholes = sum(element.name in PLURALS.values() for element in plan)
    n_pairs = TOP * (TOP - 1) // 2
    pairs_of = f"up to {n_pairs * outcomes} pairs" if outcomes else f"up to {n_pairs} pairs for each outcome told"
    return (
        f"{1 + len(plan)} ensembles of {replicates:,} replicates: the scenario, {len(plan) - n_wholes} elements "
        f"switched off in turn, whole kinds: {n_wholes}; then {pairs_of}.\n"
    )


def _told(found: Knockout, both: pd.DataFrame, outcome: str) -> list[str]:
    """One outcome: what changes it most when it is missing, kinds as a whole, pairs."""
    rows = ranked(found.table, outcome)
    first = rows.iloc[0]
    chance = percent_of_share(first["baseline"], int(first["n"]))
    lines = [f"{first['label']} within {first['window_days']:g} days: {chance} of {first['n']:,} replicates."]
    seen, rest = rows[rows["told"] == 1], rows[rows["told"] == 0]
    lines += [line for row in seen.head(_TOLD).to_dict("records") for line in _sentence(row)]
    if len(seen) > _TOLD:
        lines.append(f"  … and {len(seen) - _TOLD} more that can be told from zero (knockouts.csv).")
    lines += _untold(rest)
    if len(kinds := wholes(found.table, outcome)):
        lines.append("  Whole kinds, beside the sum of their elements one by one, which is another thing:")
        for row in kinds.to_dict("records"):
            untold = "" if row["told"] else "; cannot be told from zero"
            lines += _sentence(row, f"; the sum is {points(row['sum_of_singles'])}{untold}")
    return [*lines, *_pairs(both[both["outcome"] == outcome])]


def _untold(rest: pd.DataFrame) -> list[str]:
    """What cannot be told from zero: how many, and within what bound."""
    exact = rest[(rest["mc_low"] == 0.0) & (rest["mc_high"] == 0.0)]
    lines, rest = [], rest.drop(exact.index)
    if len(rest):
        what = f"{len(rest)} cannot be told from zero: each changes it by at most {points(bound_of(rest))[1:]} points"
        lines.append(f"  {what} either way (95 % each).")
    if len(exact):
        lines.append(f"  {len(exact)} change nothing: without them the model computes the same.")
    return lines


def _sentence(row: Mapping[Any, Any], more: str = "") -> list[str]:
    """`without rule x the probability falls from a to b: difference [interval], replicates`, in lines."""
    before, after = (percent_of_share(row[p], row["n"]) for p in ("baseline", "alternative"))
    what = element_name(row)
    moves = f"falls from {before} to {after}" if row["difference"] < 0 else f"rises from {before} to {after}"
    if row["difference"] == 0:
        moves = f"stays at {before}"
    edges = int(row["n_edges_gone"])
    gone = f"; closes {edges} edge{'s' * (edges != 1)}, and part of the change may be theirs" if edges else ""
    change = f"{points(row['difference'])} points [{interval(row, 'mc_low', 'mc_high')}]"
    change += f" {{{interval(row, 'parameter_low', 'parameter_high')}}}"
    counts = f"{row['gained']:,} gained, {row['lost']:,} lost"
    sentence = f"without {what} the probability {moves}: {change}, {counts}{more}{gone}"
    return textwrap.wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="      ")


_READINGS = {"redundant": "redundant, they back each other up", "complementary": "complementary, they need each other"}


def _pairs(both: pd.DataFrame) -> list[str]:
    """Pairs of the strongest that do not add up, in words."""
    if not len(both):
        return []
    told = both[both["told"] == 1].to_dict("records")
    lines = [
        f"  Of {len(both)} pairs of the strongest, {len(told) or 'none'} can be told not to add up{':' * bool(told)}"
    ]
    for row in told:
        size = points(abs(row["interaction"]))[1:]
        further = "more" if row["interaction"] * row["sum"] > 0 else "less"
        apart = f"{size} {further} than the two apart" if row["reading"] else f"{points(row['sum'])} as a sum"
        sentence = (
            f"without {row['first']} and {row['second']}: {points(row['difference'])} points, {apart}; "
            f"interaction {points(row['interaction'])} [{interval(row, 'mc_low', 'mc_high')}]"
        )
        sentence += f": {_READINGS[row['reading']]}" if row["reading"] else ""
        lines += textwrap.wrap(sentence, _WIDTH, initial_indent="    ", subsequent_indent="      ")
    return lines


def as_object(found: Knockout, both: pd.DataFrame, outcomes: Sequence[str]) -> dict[str, Any]:
    """Ranked knock-outs and interactions of the outcomes asked for as one JSON object."""
    return {
        **preamble(found.comparison.baseline),
        "outcomes": {
            outcome: {
                "knockouts": records_of(ranked(found.table, outcome)),
                "kinds": records_of(wholes(found.table, outcome)),
                "interactions": records_of(both[both["outcome"] == outcome]),
            }
            for outcome in outcomes
        },
    }
