"""The command `knockout`: what carries a result, as tables, figures, and in words."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.analysis.estimates import percent_of_count, points
from escalation_sim.report.compare import given, interval, note, told_from_zero
from escalation_sim.report.run import plain
from escalation_sim.report.save import command_line, provenance, save_study, tell_if_cold
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.store.provenance import file_hashes
from escalation_sim.store.write import KNOCKOUT, check_folder
from escalation_sim.study.ensemble import Size, asked_for
from escalation_sim.study.knockout import Knockout, interactions, knockout, planned, ranked, strongest, wholes
from escalation_sim.study.pathways import Bar

_TOLD, _WIDTH = 10, 112


def knockout_and_report(
    file: Path, variants: Sequence[str], settings: Sequence[str], options: dict[str, Any], bar: Bar
) -> str:
    """Switch everything off in turn, write the folder, and say what carries which outcome (text, or JSON)."""
    started = dt.datetime.now(dt.UTC)
    hashes = file_hashes([file]) if file.is_file() else {}
    scenario = resolve(load(file, variants, settings))
    folder = options["out"] or Path("results") / "-".join([scenario.id, *variants, "knockout"])
    check_folder(folder, scenario.id, options["force"], KNOCKOUT)
    outcomes, plan = asked_for(scenario, options["outcomes"]), planned(scenario, options["kinds"])
    size = Size(options["replicates"], options["parameters"], options["seed"], options["jobs"])
    tell_if_cold()
    sys.stderr.write(
        f"{len(plan)} knock-outs and up to {10 * len(outcomes)} pairs, {size.replicates:,} replicates each.\n"
    )
    with bar(size.replicates * (1 + len(plan)), "replicates") as advance:
        found = knockout(scenario, plan, size, advance)
    pairs = [pair for outcome in outcomes for pair in [strongest(found, plan, outcome)]]
    steps = sum(1 + len(one) * (len(one) - 1) // 2 for one in pairs if len(one) > 1)
    with bar(size.replicates * steps, "replicates of pairs") as advance:
        both = pd.concat([interactions(found, plan, one, size, advance) for one in outcomes], ignore_index=True)
    words = [word for name in variants for word in ("--with", name)]
    words += [word for setting in settings for word in ("--set", setting)]
    words += [word for key in ("outcome", "kind") for name in options[f"{key}s"] for word in (f"--{key}", name)]
    baseline = found.comparison.baseline
    record = provenance(baseline, command_line("knockout", file, baseline, words), hashes, started)

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.knockout import knockout_figure

        for outcome in outcomes:
            parts = ranked(found.table, outcome), wholes(found.table, outcome), both[both["outcome"] == outcome]
            style.save(knockout_figure(*parts, note(baseline)), target, f"knockout-{outcome}")

    tables = {"probabilities": baseline.probabilities, "knockouts": found.table, "interactions": both}
    save_study(baseline, folder, KNOCKOUT, tables, record, paint if options["figures"] else None, options["force"])
    if options["as_json"]:
        return json.dumps(as_object(found, both, outcomes), indent=1)
    told = [line for outcome in outcomes for line in ("", *_told(found, both, outcome))]
    head = [scenario.title, *textwrap.wrap(given(baseline), _WIDTH)]
    return "\n".join([*head, *told, "", f"Written to {folder}."])


def _told(found: Knockout, both: pd.DataFrame, outcome: str) -> list[str]:
    """One outcome: what changes it most when it is missing, kinds as a whole, pairs."""
    rows = ranked(found.table, outcome)
    first = rows.iloc[0]
    chance = percent_of_count(round(first["baseline"] * first["n"]), int(first["n"]))
    lines = [f"{first['label']} within {first['window_days']:g} days: {chance}."]
    seen = rows[told_from_zero(rows)]
    lines += [_sentence(row) for row in seen.head(_TOLD).to_dict("records")]
    rest = rows[~told_from_zero(rows)]
    if len(seen) > _TOLD:
        lines.append(f"  … and {len(seen) - _TOLD} more that can be told from zero (knockouts.csv).")
    if len(rest):
        bound = max(rest["mc_high"].max(), -rest["mc_low"].min())
        lines.append(
            f"  Without any of {len(rest)} others: no change seen beyond ± {points(bound).lstrip('+')} points."
        )
    for row in wholes(found.table, outcome).to_dict("records"):
        singles = rows[rows["element_kind"] == row["element_kind"]]["difference"].sum()
        lines.append(f"{_sentence(row)}; the sum of the single ones is {points(singles)}")
    return [*lines, *_pairs(both[both["outcome"] == outcome])]


def _sentence(row: Mapping[Any, Any]) -> str:
    """`without rule x the probability falls from a to b: difference [interval], replicates`."""
    before, after = (percent_of_count(round(row[p] * row["n"]), row["n"]) for p in ("baseline", "alternative"))
    what = row["element"] if row["element"].startswith("all ") else f"{row['element_kind']} {row['element']}"
    verb = "falls" if row["difference"] < 0 else "rises" if row["difference"] > 0 else "stays"
    edges = len(row["edges_gone"].split(", ")) if row["edges_gone"] else 0
    gone = f"; {edges} ordered pairs of states go with it" if edges else ""
    change = f"{points(row['difference'])} points [{interval(row, 'mc_low', 'mc_high')}]"
    change += f" {{{interval(row, 'parameter_low', 'parameter_high')}}}"
    counts = f"{row['gained']:,} gained, {row['lost']:,} lost"
    return f"  without {what} it {verb} from {before} to {after}: {change}, {counts}{gone}"


def _pairs(both: pd.DataFrame) -> list[str]:
    """Pairs of the strongest that do not add up, in words."""
    told = both[told_from_zero(both)].to_dict("records")
    if not len(both):
        return []
    lines = [f"  Pairs of the strongest ({len(told)} of {len(both)} do not add up):"]
    for row in told:
        change = f"{points(row['interaction'])} [{interval(row, 'mc_low', 'mc_high')}]"
        lines.append(
            f"    without {row['first']} and {row['second']}: {points(row['difference'])} points, as a sum "
            f"{points(row['sum'])}; interaction {change}"
        )
    return lines


def as_object(found: Knockout, both: pd.DataFrame, outcomes: Sequence[str]) -> dict[str, Any]:
    """Ranked knock-outs and interactions of the outcomes asked for as one JSON object."""
    baseline = found.comparison.baseline

    def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
        return [{str(key): plain(cell) for key, cell in row.items()} for row in table.to_dict("records")]

    return {
        "scenario": baseline.scenario.id,
        "seed": baseline.seed,
        "replicates": baseline.replicates,
        "parameter_draws": baseline.parameters,
        "outcomes": {
            outcome: {
                "knockouts": rows(ranked(found.table, outcome)),
                "kinds": rows(wholes(found.table, outcome)),
                "interactions": rows(both[both["outcome"] == outcome]),
            }
            for outcome in outcomes
        },
    }
