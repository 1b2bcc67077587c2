"""The command `run`: load, run, save, and say what came out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from escalation_sim.report import precision
from escalation_sim.report.objects import plain, preamble
from escalation_sim.report.save import command_line, option_words, provenance, save, tell_if_cold
from escalation_sim.report.summary import summary
from escalation_sim.scenario.load import load
from escalation_sim.store.write import check_folder
from escalation_sim.study.ensemble import REPLICATES, ROWS, Ensemble, Size, run_ensemble
from escalation_sim.study.pathways import Bar
from escalation_sim.study.rare import effort, estimate_rare, named, wanted

_FIELDS = (
    "kind",
    "window_days",
    "probability",
    "mc_low",
    "mc_high",
    "parameter_low",
    "parameter_high",
    "n",
    "count",
    "method",
    "resolution",
)


def run_and_report(
    file: Path,
    variants: Sequence[str],
    settings: Sequence[str],
    options: dict[str, Any],
    bar: Bar,
) -> str:
    """Run a scenario file and write its result folder; the summary, or with `json` one JSON object, as text.

    The folder is looked at before anything is run.
    """
    started = dt.datetime.now(dt.UTC)
    scenario = load(file, variants, settings)
    folder = options["out"] or Path("results") / "-".join([scenario.id, *variants])
    named(scenario, options["rare"] or "none")
    check_folder(folder, scenario.id, options["force"])
    tell_if_cold()
    size = Size(options["replicates"] or REPLICATES, options["parameters"], options["seed"], options["jobs"])
    choice = precision.chosen(scenario, options, size, bar) if options["precision"] else None
    if choice:
        size = choice.size
        sys.stderr.write(precision.announcement(choice, options))
    with bar(size.replicates, "replicates") as advance:
        result = run_ensemble(scenario, *size, advance, rows=options["rows"])
    result, doubts = _split(result, options["rare"], size, bar)
    stored = [] if options["rows"] == ROWS else [str(options["rows"])]
    rare = [options["rare"]] if options["rare"] else []
    words = option_words({"with": variants, "set": settings, "rows": stored, "rare": rare})
    record = provenance(result, command_line("run", file, result, words), started)
    kept = {"precision": precision.as_record(result, choice, options["precision"])} if choice else {}
    kept |= {"splitting": {name: found.record for name, found in result.rare.items()}} if result.rare else {}
    save(result, folder, record | kept, options["figures"], options["force"])
    if options["as_json"]:
        return json.dumps(as_object(result) | kept, indent=1)
    notes = precision.conclusion(result, choice, options["precision"]) if choice else []
    return summary(result, Path(folder), str(file), tuple(scenario.variants), [*notes, *doubts])


def _split(result: Ensemble, asked: str | None, size: Size, bar: Bar) -> tuple[Ensemble, list[str]]:
    """Estimate rare outcomes by splitting; the result with them, and sentences on what is not to be trusted."""
    found, doubts = {}, []
    counted = result.probabilities.groupby("outcome")["count"].max()
    for name in wanted(result, asked):
        with bar(effort(size)[0], f"splitting for {name}") as advance:
            one = estimate_rare(result.scenario, name, size, advance)
        doubt = one.doubts(int(counted[name]), result.replicates)
        if one.reached:
            found[name] = one
            doubts += [f"By splitting, with doubt: {name}: {doubt}."] if doubt else []
        else:
            doubts.append(f"Splitting never reached {name}: its levels do not see it coming; the bound is by counting.")
    return dataclasses.replace(result, rare=found), doubts


def as_object(result: Ensemble) -> dict[str, Any]:
    """The result as one JSON object; numbers that cannot be told are null."""
    rows = result.probabilities.to_dict("records")
    return {
        **preamble(result),
        "outcomes": [{"id": row["outcome"]} | {name: plain(row[name]) for name in _FIELDS} for row in rows],
    }
