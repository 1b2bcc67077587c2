"""The command `run`: load, run, save, and say what came out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from escalation_sim.report.objects import plain, preamble
from escalation_sim.report.save import command_line, option_words, provenance, save, source_hashes, tell_if_cold
from escalation_sim.report.summary import summary
from escalation_sim.scenario.load import load
from escalation_sim.store.write import check_folder
from escalation_sim.study.ensemble import Ensemble, run_ensemble

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
    "resolution",
)


def run_and_report(
    file: Path,
    variants: Sequence[str],
    settings: Sequence[str],
    options: dict[str, Any],
    progress: Callable[[int], object],
) -> str:
    """Run a scenario file and write its result folder; the summary, or with `json` one JSON object, as text.

    The folder is looked at, and the file is hashed, before anything is run.
    """
    started = dt.datetime.now(dt.UTC)
    hashes = source_hashes([file])
    scenario = load(file, variants, settings)
    folder = options["out"] or Path("results") / "-".join([scenario.id, *variants])
    check_folder(folder, scenario.id, options["force"])
    tell_if_cold()
    result = run_ensemble(
        scenario, options["replicates"], options["parameters"], options["seed"], options["jobs"], progress
    )
    words = option_words({"with": variants, "set": settings})
    record = provenance(result, command_line("run", file, result, words), hashes, started)
    save(result, folder, record, options["figures"], options["force"])
    if options["as_json"]:
        return json.dumps(as_object(result), indent=1)
    return summary(result, Path(folder), str(file), tuple(scenario.variants))


def as_object(result: Ensemble) -> dict[str, Any]:
    """The result as one JSON object; numbers that cannot be told are null."""
    rows = result.probabilities.to_dict("records")
    return {
        **preamble(result),
        "outcomes": [{"id": row["outcome"]} | {name: plain(row[name]) for name in _FIELDS} for row in rows],
    }
