"""One trajectory told week by week, through the Mesa model: each act, the odds of its gates, and what moved them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from escalation_sim import world as w
from escalation_sim.analysis.paths import recorded, sentence
from escalation_sim.analysis.wording import percent, percent_of_count
from escalation_sim.drivers.agents import EscalationModel, Reasons
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.cost import check, cost_of
from escalation_sim.study.ensemble import PARAMETERS, SEED, date_of, labels_of
from escalation_sim.study.pathways import FUTURES, Seeker

_TOLD = 3  # covariates named per act: the ones that moved the gate most


def begun(
    scenario: Scenario,
    replicate: int = 0,
    seed: int = SEED,
    parameters: int = PARAMETERS,
    explaining: bool = True,
) -> EscalationModel:
    """One replicate of an ensemble as a Mesa model on its first day; `run_model` replays it to its horizon.

    The same scenario, seed and number of parameter draws give the same replicate as `run_ensemble`.

    >>> from escalation_sim import load
    >>> begun(load("library:starter")).tick
    0
    """
    compiler = Compiler(resolve(scenario))
    check(cost_of(compiler, 1, parameters), "--parameters")
    draw = parameter_draws(compiler.scenario, seed, parameters)[replicate % parameters]
    return EscalationModel(compiler.setup(draw), compiler.names, seed, replicate, explaining)


def story(
    scenario: Scenario, model: EscalationModel, remarks: Mapping[int, str] | None = None, until: float = math.inf
) -> Iterator[str]:
    """The lines of a trajectory: a heading per tick in which something happened, then its events, acts and outcomes.

    Parameters
    ----------
    remarks : mapping, optional
        Number of a record -> what to say of it. With remarks, only these acts are told, and outcomes by day `until`.
    """
    labels = labels_of(scenario)
    outcomes = {outcome.id: outcome.label for outcome in scenario.outcomes}
    reasons = {(reason.tick, reason.edge, reason.phase): reason for reason in model.reasons}
    for tick in range(int(model.setup.n_ticks)):
        lines = list(_tick(model, tick, labels, reasons, remarks))
        first = tick * float(model.setup.tick_days)
        for place, name in enumerate(model.names.outcomes):
            day = model.world.outcome_day[place]
            if first <= day < first + model.setup.tick_days and day <= until:
                lines.append(f"  ** OUTCOME: {outcomes[name]}")
        if lines:
            yield f"{date_of(scenario, first)} (tick {tick + 1})"
            yield from lines


def needed_story(scenario: Scenario, model: EscalationModel, outcome: str, seed: int, parameters: int) -> Iterator[str]:
    """The lines of a trajectory as far as one outcome: the acts it needed, each with the odds of its gates, what would
    have been without it, and how likely the outcome was before it and after it.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome.
    """
    seeker = Seeker(scenario, outcome, seed, parameters)
    replicate = int(model.lineage)
    chain = seeker.chain(replicate)
    window = f"within {seeker.window:g} days"
    if chain.day < 0:
        yield f"'{seeker.outcome.label}' does not come about {window} in replicate {replicate}."
        return
    yield f"'{seeker.outcome.label}' comes about on day {chain.day:.0f}. The acts it needed, all luck being equal:"
    remarks = {}
    for turn in seeker.turns(chain, FUTURES):
        later = turn.act.later
        without = f"{later:.0f} days later" if math.isfinite(later) else f"not {window}"
        before, after = (percent_of_count(count, turn.futures) for count in (turn.before, turn.after))
        chances = f"{before} before, {after} after ({turn.futures} futures)"
        remarks[turn.act.number] = f"without it: {without}; how likely the outcome was: {chances}"
    yield from story(scenario, model, remarks, chain.day)


def _tick(
    model: EscalationModel,
    tick: int,
    labels: dict[str, str],
    reasons: dict[tuple[int, int, int], Reasons],
    remarks: Mapping[int, str] | None,
) -> Iterator[str]:
    records, names = model.records, model.names
    for number in range(model.n_acts):
        if records.tick[number] != tick or (remarks is not None and number not in remarks):
            continue
        yield f"  {told(model, number, labels)}{cause_told(model, number, labels)}"
        key = (tick, int(records.edge[number]), int(records.phase[number]))
        if records.event[number] < 0 and key in reasons:
            yield from _why(model, reasons[key], names)
        if remarks is not None:
            yield f"      {remarks[number]}"


def told(model: EscalationModel, number: int, labels: Mapping[str, str]) -> str:
    """A record of a trajectory in a few words; `labels` says what to call states and events."""
    return sentence(recorded(model.names, model.setup, model.records, number), labels)


def cause_told(model: EscalationModel, number: int, labels: Mapping[str, str]) -> str:
    """What a record answers and how long after, to follow its sentence; empty if it answers nothing."""
    cause = int(model.records.cause[number])
    if cause < 0:
        return ""
    weeks = (model.records.tick[number] - model.records.tick[cause]) * model.setup.tick_days / 7.0
    when = "the same week" if weeks < 1 else f"{weeks:.0f} week{'s' if weeks >= 1.5 else ''} after"
    return f", {when}: {told(model, cause, labels)}"


def _why(model: EscalationModel, reason: Reasons, names: w.Names) -> Iterator[str]:
    gates = ", ".join(f"{names.rungs[rung]} {percent(p)}" for rung, p in reason.gates)
    yield f"      gates: {gates}"
    moved = [f"{name} {odds(value)}" for name, value in reason.covariates[:_TOLD]]
    moved += [f"rule {names.rules[rule]} {odds(value)}" for rule, value in reason.rules if value]
    if moved:
        yield f"      odds of '{names.rungs[reason.rung]}' moved by: {', '.join(moved)}"


def odds(log_odds: float) -> str:
    """A change of log-odds as a factor on the odds.

    >>> odds(0.7), odds(-0.7), odds(3.0), odds(7.1)
    ('×2.0', '÷2.0', '×20', '×1,200')
    """
    factor = math.exp(abs(log_odds))
    return ("×" if log_odds >= 0 else "÷") + (f"{float(f'{factor:.2g}'):,.0f}" if factor >= 10 else f"{factor:.1f}")


def mesa_model(scenario: Scenario, parameters: int = PARAMETERS) -> type[EscalationModel]:
    """A Mesa model class bound to a scenario, for one replicate, `mesa.batch_run` and Mesa's visualisation.

    Parameters
    ----------
    scenario : Scenario
    parameters : int
        Draws of the uncertain numbers, as in `run_ensemble`.

    Returns
    -------
    type of mesa.Model
        Its parameters are plain numbers with defaults: `replicate`, `luck` (the seed of the study) and `rng` (for
        Mesa's own generators, unused by the theory). A replicate is the one that `run_ensemble` has under the same
        seed and number of draws, act by act.

    Raises
    ------
    ScenarioError
        If the scenario cannot be resolved.

    >>> from escalation_sim import load
    >>> model = mesa_model(load("library:starter"))(replicate=3)
    >>> model.step()
    >>> model.tick
    1
    >>> model.run_model().day
    371.0
    """
    compiler = Compiler(resolve(scenario))

    class ScenarioModel(EscalationModel):
        """One replicate of the scenario, with scalar parameters only."""

        def __init__(self, replicate: int = 0, luck: int = SEED, rng: Any = None) -> None:
            draw = parameter_draws(compiler.scenario, luck, parameters)[replicate % parameters]
            super().__init__(compiler.setup(draw), compiler.names, luck, replicate, rng=rng)

    return ScenarioModel
