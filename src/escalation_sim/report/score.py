"""The command `score`: a result folder against a truth file, as tables, a figure, and what the terminal says."""

from __future__ import annotations

import datetime as dt
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from escalation_sim.analysis.hindcast import scored, summary
from escalation_sim.errors import StoreError
from escalation_sim.report.objects import records_of
from escalation_sim.report.scoreboard import scoreboard
from escalation_sim.scenario.load import load
from escalation_sim.scenario.messages import marks_of, printable
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.truth import Truth, load_truth
from escalation_sim.scenario.words import date
from escalation_sim.store import layout
from escalation_sim.store.provenance import drawn_by, manifest, origin, seal, sha256
from escalation_sim.store.read import Result, read_result
from escalation_sim.store.write import SCORE, check_folder, write_study


class Hindcast(NamedTuple):
    """A result, the truth, and what comes of holding one against the other."""

    result: Result
    scenario: Scenario
    truth: Truth
    scores: pd.DataFrame
    summary: pd.DataFrame

    @property
    def later_windows(self) -> list[float]:
        """Windows of the result, in days, that end after the truth was last observed."""
        windows = sorted(self.result.tables["probabilities"]["window_days"].unique())
        return [days for days in windows if not self.truth.complete(self.scenario.start, days)]

    @property
    def untold(self) -> list[str]:
        """Outcomes of the result that the truth file says nothing of."""
        told = {coding.id for coding in self.truth.outcomes}
        return [outcome.id for outcome in self.scenario.outcomes if outcome.id not in told]


def hindcast(folder: Path, truth_file: Path) -> Hindcast:
    """Score the result in a folder against a truth file.

    Raises
    ------
    StoreError
        If the folder holds no result of a run.
    ScenarioError
        If the truth file is wrong, or not of this result.
    """
    result = read_result(folder)
    if result.manifest.get("kind") == SCORE or not {"probabilities", "runs"} <= result.tables.keys():
        raise StoreError(
            f"{folder}: this is a {result.manifest.get('kind', 'result')} without runs; give the folder of a run"
        )
    scenario = resolve(load(folder / layout.RESOLVED))
    truth = load_truth(truth_file, scenario)
    scores = scored(
        result.tables["probabilities"], truth_table(truth, scenario.start), (truth.observed_until - scenario.start).days
    )
    return Hindcast(result, scenario, truth, scores, summary(scores, result.tables["runs"]))


def truth_table(truth: Truth, start: dt.date) -> pd.DataFrame:
    """The truth as `analysis.hindcast.scored` takes it; an outcome without a block is one of its own, by its id."""
    rows = [
        {
            "outcome": coding.id,
            "day": float((coding.on - start).days) if coding.on else float("nan"),
            "on": coding.on.isoformat() if coding.on else "",
            "confidence": coding.confidence,
            "block": coding.block or coding.id,
            "per_year": coding.base_rate.per_year,
        }
        for coding in truth.outcomes
    ]
    return pd.DataFrame(rows)


def score_and_report(folder: Path, truth_file: Path, options: dict[str, Any]) -> str:
    """Score a result and write the score's folder; the tables as text, or with `json` one JSON object."""
    started = dt.datetime.now(dt.UTC)
    out = options["out"] or folder.parent / f"{folder.resolve().name}-score"
    found = hindcast(folder, truth_file)
    check_folder(out, found.scenario.id, options["force"], SCORE)
    run, drawn = found.result.manifest, drawn_by(found.result.manifest)
    if drawn["stream_version"] != origin()["stream_version"]:
        sys.stderr.write(f"{_other_stream(folder, drawn)}\n")
    record = manifest(
        command=shlex.join(["escalation-sim", "score", str(folder), "--truth", str(truth_file)]),
        seed=run["seed"],
        replicates=run["replicates"]["requested"],
        draws=run["parameter_draws"],
        scenario_id=found.scenario.id,
        resolved_text=found.result.resolved,
        source_hashes=marks_of(found.truth).files | {str(folder / layout.MANIFEST): sha256(seal(run))},
        started=started,
        finished=dt.datetime.now(dt.UTC),
        failed=run["replicates"]["failed"],
    ) | {"drawn_by": drawn}

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.hindcast import hindcast_figure

        style.save(hindcast_figure(found.scores, date(found.truth.observed_until), note(found)), target, "hindcast")

    texts = {layout.RESOLVED: found.result.resolved.encode(), layout.TRUTH: truth_file.read_bytes()}
    tables = {"scores": found.scores, "summary": found.summary}
    write_study(out, SCORE, tables, record, texts, paint if options["figures"] else None, options["force"])
    if options["as_json"]:
        return json.dumps(as_object(found), indent=1)
    return f"{scoreboard(found.scores, found.summary, note(found), left_out(found))}\n\nWritten to {out}."


def _other_stream(folder: Path, drawn: Mapping[str, Any]) -> str:
    return (
        f"{folder}: made with version {printable(str(drawn['stream_version']))} of the random numbers, and this "
        f"program has version {origin()['stream_version']}; hold its score against none of the other version."
    )


def note(found: Hindcast) -> str:
    """What the forecasts are conditional on, and what the truth is."""
    run = found.result.manifest
    return (
        f"{found.scenario.title}. Conditional on this model and scenario. {run['replicates']['ok']:,} replicates over "
        f"{run['parameter_draws']:,} parameter draws, from {found.scenario.start}."
    )


def left_out(found: Hindcast) -> list[str]:
    """What was not scored, and why, a sentence each."""
    until, sentences = date(found.truth.observed_until), []
    if found.later_windows:
        windows = ", ".join(f"{days:g}" for days in found.later_windows)
        sentences.append(f"Left out, for they end after {until}: windows of {windows} days.")
    if found.untold:
        sentences.append(
            f"Left out, for the truth file says nothing of them: {len(found.untold)} ({', '.join(found.untold)})."
        )
    return sentences


def as_object(found: Hindcast) -> dict[str, Any]:
    """The score as one JSON object; numbers that cannot be told are null."""
    tables = {"scores": found.scores, "summary": found.summary}
    return {
        "scenario": found.scenario.id,
        "start": found.scenario.start.isoformat(),
        "observed_until": found.truth.observed_until.isoformat(),
        "left_out": {"windows_days": found.later_windows, "outcomes": found.untold},
    } | {name: records_of(table) for name, table in tables.items()}
