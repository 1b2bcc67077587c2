"""One trajectory of the Mesa model as frames: what the page shows of a tick, kept so that time can be turned back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from escalation_sim.drivers.agents import EscalationModel, Reasons
from escalation_sim.explorer.words import COVARIATES
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.ensemble import date_of, labels_of
from escalation_sim.study.trace import begun, cause_told, told
from escalation_sim.world import Names


class Act(NamedTuple):
    """An act or event and why it came.

    Attributes
    ----------
    sentence, cause : str
        What was done, and what it answers.
    edge, rung : int
        -1 and 0 of a mere event.
    gates : tuple of (str, float, bool)
        Rung, chance that its gate opened, whether it did; in the order of the climb.
    moved : tuple of (str, float)
        What moved the gate of the rung that was chosen, in log-odds; the largest first.
    rules : tuple of (str, float)
        Ids of rules that held, with the log-odds they added at that gate.
    """

    sentence: str
    cause: str
    edge: int
    rung: int
    gates: tuple[tuple[str, float, bool], ...] = ()
    moved: tuple[tuple[str, float], ...] = ()
    rules: tuple[tuple[str, float], ...] = ()


class Frame(NamedTuple):
    """The world at the end of a tick; the first one shows the start, before anything was done.

    Shapes: E edges, N states. `rungs` (E,) is that of the acts of the tick or of combat and war; `standing` (E,) that
    of support which goes on; memories (E,) and `strain` (N,) lie in [0, 1].
    """

    day: float
    date: dt.date
    rungs: tuple[int, ...]
    standing: tuple[int, ...]
    belligerent: tuple[bool, ...]
    strain: tuple[float, ...]
    fast: tuple[float, ...]
    slow: tuple[float, ...]
    worst: tuple[float, ...]
    acts: tuple[Act, ...]
    outcomes: tuple[str, ...]  # labels of those that came about in this tick
    doubts: tuple[tuple[str, tuple[str, ...]], ...]  # events that happened, and who does not believe them
    calls: tuple[tuple[str, str, str, bool], ...]  # commitments called upon: label, holder, ally, whether honoured


class Trajectory:
    """A replicate of a resolved scenario, played tick by tick as far as was asked.

    Parameters
    ----------
    scenario : Scenario
        Fully resolved.
    replicate, seed, parameters : int
        As `run` and `trace` take them: the same numbers give the same replicate.

    >>> from escalation_sim import load, resolve
    >>> played = Trajectory(resolve(load("library:starter")), 3, 1, 100)
    >>> played.play(2).frames[-1].day
    14.0
    """

    def __init__(self, scenario: Scenario, replicate: int, seed: int, parameters: int) -> None:
        self.scenario, self.replicate = scenario, replicate
        self.model: EscalationModel = begun(scenario, replicate, seed, parameters)
        self.names = self.model.names
        self.states = {state.id: state.name or state.id for state in scenario.states}
        self._labels = {**self.states, **labels_of(scenario)}
        self._treaties = {one.id: one.label or one.id for one in scenario.commitments}
        self._outcomes = {one.id: one.label for one in scenario.outcomes}
        self._reasons = 0  # of the model's reasons, those that earlier frames have told
        self.frames = [self._frame(0)]

    @property
    def n_ticks(self) -> int:
        """Ticks to the horizon."""
        return int(self.model.setup.n_ticks)

    def play(self, tick: int) -> Trajectory:
        """Play on until so many ticks are over, or the horizon is reached; returns itself."""
        while len(self.frames) <= min(tick, self.n_ticks):
            before = self.model.n_acts
            self.model.step()
            self.frames.append(self._frame(before))
        return self

    def sides(self, edge: int) -> tuple[str, str]:
        """Names of actor and target of an edge."""
        setup, ids = self.model.setup, self.names.states
        return self.states[ids[setup.actor[edge]]], self.states[ids[setup.target[edge]]]

    def pairs(self) -> list[str]:
        """One edge by name for each dyad, those that the scenario shows first.

        By name, because a variant with other states gives an edge another number.
        """
        names, setup = self.names.edges, self.model.setup
        wanted = [f"{actor}>{target}" for actor, target in self.scenario.show.dyads]
        all_names = [name for name in wanted if name in names] + [names[int(max(pair))] for pair in setup.dyad_edges]
        seen: dict[int, str] = {}
        for name in all_names:
            seen.setdefault(int(setup.dyad[names.index(name)]), name)
        return list(seen.values())

    def both(self, name: str) -> list[int]:
        """An edge and its reverse, as far as this trajectory has them."""
        if name not in self.names.edges:
            return []
        edge = self.names.edges.index(name)
        return [edge, int(self.model.setup.reverse[edge])]

    def _frame(self, before: int) -> Frame:
        model, world, setup = self.model, self.model.world, self.model.setup
        first = max(model.tick - 1, 0) * float(setup.tick_days)
        reached = [
            name for name, day in zip(self.names.outcomes, world.outcome_day, strict=True) if first <= day < model.day
        ]
        return Frame(
            day=model.day,
            date=date_of(self.scenario, model.day),
            rungs=tuple(model.rungs()),
            standing=tuple(world.standing.tolist()),
            belligerent=tuple(map(bool, world.belligerent)),
            strain=tuple(world.strain.tolist()),
            fast=tuple(world.fast.tolist()),
            slow=tuple(world.slow.tolist()),
            worst=tuple(world.worst.tolist()),
            acts=tuple(self._acts(before)),
            outcomes=tuple(self._outcomes[name] for name in reached),
            doubts=tuple(self._doubts()),
            calls=tuple(self._calls()),
        )

    def _acts(self, before: int) -> list[Act]:
        model, fresh = self.model, self.model.reasons[self._reasons :]
        self._reasons = len(model.reasons)
        reasons = {(reason.edge, reason.phase): reason for reason in fresh}
        found = []
        for number in range(before, model.n_acts):
            edge, phase, rung = (int(getattr(model.records, name)[number]) for name in ("edge", "phase", "rung"))
            decided = model.records.event[number] < 0
            cause = cause_told(model, number, self._labels).removeprefix(", ")
            act = Act(told(model, number, self._labels), cause, edge, rung if edge >= 0 else 0)
            found.append(_explained(act, reasons.get((edge, phase)) if decided else None, self.names))
        return found

    def _doubts(self) -> list[tuple[str, tuple[str, ...]]]:
        believed, names = self.model.world.believed, self.names
        found = []
        for event in np.flatnonzero(self.model.world.happened >= 0):
            missing = [self.states[names.states[state]] for state in np.flatnonzero(believed[event] == 0)]
            if missing:
                found.append((self._labels[names.events[event]], tuple(missing)))
        return found

    def _calls(self) -> list[tuple[str, str, str, bool]]:
        world, setup, names = self.model.world, self.model.setup, self.names
        return [
            (
                self._treaties[names.treaties[setup.treaty[c]]],
                self.states[names.states[setup.holder_of[c]]],
                self.states[names.states[setup.ally_of[c]]],
                bool(world.honoured[c]),
            )
            for c in np.flatnonzero(world.triggered >= 0)
        ]


def _explained(act: Act, reason: Reasons | None, names: Names) -> Act:
    """The act with what its decision rested on."""
    if reason is None:
        return act
    return act._replace(
        gates=tuple((names.rungs[rung], p, rung <= reason.rung) for rung, p in reason.gates),
        moved=tuple((COVARIATES[name], value) for name, value in reason.covariates),
        rules=tuple((names.rules[rule], value) for rule, value in reason.rules),
    )


def because_of(scenario: Scenario) -> Mapping[str, str]:
    """Why each rule is there, by its id."""
    return {rule.id: rule.because or rule.source or "" for rule in scenario.rules}
