"""The command `paths`: what outcomes needed, as tables, figures, and what the terminal says."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.analysis.pathways import often_words, turning_words
from escalation_sim.analysis.wording import percent, percent_of_count
from escalation_sim.report.objects import preamble, records_of
from escalation_sim.report.save import opened, option_words, save_study, tell_if_cold
from escalation_sim.scenario.words import spelled_out
from escalation_sim.store.write import PATHWAYS
from escalation_sim.study.ensemble import PARAMETERS, SEED, Ensemble, asked_for, run_ensemble
from escalation_sim.study.pathways import Bar, Pathways, check_futures, pathways

_TOLD = 8  # families told on the terminal
_WIDTH = 112


def pathways_and_report(
    file: Path, variants: Sequence[str], settings: Sequence[str], options: dict[str, Any], bar: Bar
) -> str:
    """Run an ensemble, trace outcomes back to what they needed, and write a folder; the families as text or JSON."""
    study = opened(file, variants, settings, options, PATHWAYS, "paths")
    scenario = study.scenario
    wanted = asked_for(scenario, options["outcomes"])
    check_futures(scenario, options["replicates"], options["chains"], options["futures"], len(wanted))
    tell_if_cold()
    with bar(options["replicates"], "replicates") as advance:
        ensemble = run_ensemble(
            scenario, options["replicates"], options["parameters"], options["seed"], options["jobs"], advance
        )
    counts = options["chains"], options["futures"], options["jobs"]
    found = [pathways(ensemble, outcome, *counts, bar) for outcome in wanted]
    tables = {
        name: pd.concat([one.tables[name] for one in found], ignore_index=True)
        for name in ("families", "common", "needed", "turns")
    }
    asked = [f"--chains={options['chains']}", f"--futures={options['futures']}"]
    record = study.record("paths", ensemble, [*option_words({"outcome": options["outcomes"]}), *asked])
    tables = {"probabilities": ensemble.probabilities, **tables}

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.pathways import pathways_figure

        for one in found:
            codes = spelled_out(scenario, [*one.tables["families"]["path"], *one.tables["common"]["act"]])
            drawn = pathways_figure(one.tables, one.outcome.label, note(ensemble, one) + codes)
            style.save(drawn, target, f"pathways-{one.outcome.id}")

    save_study(
        ensemble, study.folder, PATHWAYS, tables, record, paint if options["figures"] else None, options["force"]
    )
    if options["as_json"]:
        return json.dumps(as_object(ensemble, found), indent=1)
    again = shlex.join(["escalation-sim", "trace", str(file), *study.words, *_luck(ensemble)])
    told = [line for one in found for line in ("", *_told(one, again))]
    return "\n".join(
        [ensemble.scenario.title, *textwrap.wrap(_given(ensemble), _WIDTH), *told, "", f"Written to {study.folder}."]
    )


def _luck(ensemble: Ensemble) -> list[str]:
    """The options that give a trace the luck of this ensemble, where they are not its defaults."""
    chosen = {"seed": (ensemble.seed, SEED), "parameters": (ensemble.parameters, PARAMETERS)}
    return [f"--{name}={value}" for name, (value, default) in chosen.items() if value != default]


def _given(ensemble: Ensemble) -> str:
    return (
        f"{ensemble.replicates:,} replicates over {ensemble.parameters:,} parameter draws, seed {ensemble.seed}; "
        "conditional on this model and this scenario. An act is needed if, all luck being equal, the outcome would "
        "not have come about when it did without it."
    )


def note(ensemble: Ensemble, found: Pathways) -> str:
    """The line under a figure: conditional on what, how many replicates and chains."""
    return (
        f"{ensemble.scenario.title}. Conditional on this model and scenario: seen in {found.hits:,} of {found.n:,} "
        f"replicates within {found.window:g} days of {ensemble.scenario.start}, {len(found.chains):,} of them looked "
        f"into; {ensemble.parameters:,} parameter draws."
    )


def _told(found: Pathways, again: str) -> list[str]:
    """One outcome: its probability, its families, and the command that tells the median path of each."""
    chance = percent_of_count(found.hits, found.n)
    lead = f"{found.outcome.label} within {found.window:g} days: {chance} ({found.hits:,} of {found.n:,} replicates)"
    if not found.chains:
        return [f"{lead}; there is no path to tell."]
    tables = found.tables
    lines = [f"{lead}; what it needed in {len(found.chains):,} of them:"]
    for row in tables["families"].head(_TOLD).to_dict("records"):
        share = f"{percent(row['share']):>6} [{percent(row['low'])[:-2]} – {percent(row['high'])}]"
        lines += textwrap.wrap(f"{row['family']:>3}. {share}  {row['path']}", _WIDTH, subsequent_indent=" " * 8)
        turns = tables["turns"][tables["turns"]["family"] == row["family"]]
        median = f"Median day {row['median_day']:.0f}; its median path (replicate {row['replicate']})"
        turning = f"{median} was {turning_words(turns)}."
        lines += textwrap.wrap(turning, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    often = often_words(tables["common"])
    lines += textwrap.wrap(often, _WIDTH, initial_indent="  ", subsequent_indent=" " * 8)
    best = tables["families"]["replicate"].iloc[0]
    return [*lines, "Tell a median path week by week:", f"  {again} --replicate {best} --outcome {found.outcome.id}"]


def as_object(ensemble: Ensemble, found: Sequence[Pathways]) -> dict[str, Any]:
    """The families and turning points as one JSON object; numbers that cannot be told are null."""
    return {
        **preamble(ensemble),
        "outcomes": [
            {
                "id": one.outcome.id,
                "window_days": one.window,
                "count": one.hits,
                "chains": len(one.chains),
                **{name: records_of(one.tables[name]) for name in ("families", "common", "turns")},
            }
            for one in found
        ],
    }
