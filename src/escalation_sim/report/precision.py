"""What `run --precision` says: on stderr how much it will run and why, afterwards how precise the result is."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

from escalation_sim.analysis.wording import percent
from escalation_sim.report.objects import plain
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.ensemble import Ensemble, Size
from escalation_sim.study.pathways import Bar
from escalation_sim.study.precision import SEEN, Chosen, choose, reached

MOST = 1_000_000  # replicates, unless --max-replicates says otherwise
_WIDTH = 110


def chosen(scenario: Scenario, options: Mapping[str, Any], size: Size, bar: Bar) -> Chosen:
    """The size that the options ask for, from a pilot; see `study.precision.choose`."""
    names = [name.strip() for name in (options["of"] or "").split(",") if name.strip()]
    return choose(resolve(scenario), options["precision"], names, options["max_replicates"] or MOST, size, bar)


def announcement(choice: Chosen, options: Mapping[str, Any]) -> str:
    """What will be run, which outcomes are left out, and which are out of reach."""
    replicates, draws = choice.pilot
    asked = options["precision"]
    lines = [
        f"A pilot of {replicates:,} replicates over {draws:,} parameter draws, under luck of its own, asks for "
        f"--replicates {choice.size.replicates} --parameters {choice.size.parameters}: a relative standard error of "
        f"{percent(asked)} for {', '.join(choice.expected)}."
    ]
    if choice.seldom:
        lines.append(f"Seen fewer than {SEEN} times by it and left out (see --of): {', '.join(choice.seldom)}.")
    if far := {name: error for name, error in choice.expected.items() if error > asked * 1.001}:
        most = options["max_replicates"] or MOST
        lines.append(f"Not to be reached with {most:,} replicates (--max-replicates): {_listed(far)}.")
    return "".join(f"{textwrap.fill(line, _WIDTH, break_on_hyphens=False)}\n" for line in lines)


def conclusion(result: Ensemble, choice: Chosen, asked: float) -> list[str]:
    """Lines for the summary: the relative standard error of each outcome, as the run itself shows it."""
    errors = reached(result, list(choice.expected))
    told = f"Relative standard error at the longest window, {percent(asked)} wanted: {_listed(errors)}."
    return textwrap.wrap(told, _WIDTH, break_on_hyphens=False)


def as_record(result: Ensemble, choice: Chosen, asked: float) -> dict[str, Any]:
    """The same for the manifest and for JSON; errors of what was never seen are null."""
    errors = reached(result, list(choice.expected))
    return {
        "asked": asked,
        "pilot": {"replicates": choice.pilot[0], "parameter_draws": choice.pilot[1]},
        "reached": {name: plain(error) if math.isfinite(error) else None for name, error in errors.items()},
    }


def _listed(errors: Mapping[str, float]) -> str:
    return ", ".join(
        f"{name} {percent(error) if error < 1 else 'above 100 %' if math.isfinite(error) else 'unknown'}"
        for name, error in errors.items()
    )
