"""Events: acts and flags from outside the model, on dates drawn at the beginning or at a hazard."""

from __future__ import annotations

from typing import Any

import numpy as np

from escalation_sim import world as w
from escalation_sim.theory.rules import NO_RUNG
from numpy_peer.acts import Acts, Performance, note
from numpy_peer.conditions import Clauses, Codes, clause
from numpy_peer.gates import conditional, rows_of
from numpy_peer.state import State


def weekly_rate(rate: float, log_odds: float) -> float:
    """Hazard rate a week after rules have moved the log-odds of its weekly probability."""
    if log_odds == 0.0 or rate <= 0.0:
        return rate
    odds = np.expm1(rate) * np.exp(log_odds)
    return float(np.log1p(odds))


class Hazard:
    """A hazard's rate: nought unless its conditions hold, moved by rules; from a table of what may hold."""

    def __init__(self, setup: w.Setup, event: int) -> None:
        self.first, self.last = setup.event_from[event], setup.event_until[event]
        own, rows = clause(setup, *setup.event_conditions[event]), rows_of(setup, len(setup.actor) + event)
        self.codes = Codes(setup, [sorted({own, *conditional(rows)} - {frozenset()}, key=sorted)])
        self.rates = np.zeros(int(self.codes.first[-1]))
        for code, holding in enumerate(self.codes.holding(0)):
            if not own or own in holding:
                odds = sum(added.get(NO_RUNG, 0.0) for when, _, added in rows if not when or when in holding)
                self.rates[code] = weekly_rate(setup.event_chance[event], odds)

    def rate(self, s: State) -> Any:
        """Rate a week now, (R,)."""
        return self.rates.take(self.codes.read(s)[0])


class Events:
    """How the events of a scenario happen."""

    def __init__(self, setup: w.Setup, performance: Performance) -> None:
        self.setup, self.performance = setup, performance
        members: dict[int, list[int]] = {}
        for event, group in enumerate(setup.event_group.tolist()):
            members.setdefault(group, []).append(event)
        self.groups = list(members.values())
        self.hazards = {v: Hazard(setup, v) for v in range(len(setup.event_id)) if setup.event_is_hazard[v]}
        self.conditions = [Clauses(setup, [clause(setup, *row)]) for row in setup.event_conditions]

    def fall_due(self, s: State) -> list[Acts]:
        """Phase 1 of a tick: the events that fall due happen, group by group; the acts among them, in order."""
        done: list[Acts] = []
        for group in self.groups:
            if group[0] in self.hazards:
                self._compete(s, group, done)
                continue
            for event in group:
                due = ~s.happened[event] & (s.day <= s.due[event]) & (s.due[event] < s.tomorrow)
                if due.any():
                    self._happen(s, event, np.flatnonzero(due & self.conditions[event].hold(s)[0]), done)
        return done

    def _compete(self, s: State, group: list[int], done: list[Acts]) -> None:
        """Hazards of a group: at most one of them happens, in proportion to the rates."""
        free = ~s.happened[group].any(axis=0)
        current = [event for event in group if self.hazards[event].first <= s.day < self.hazards[event].last]
        if not current or not free.any():
            return
        rates = np.array([self.hazards[event].rate(s) for event in current])
        total = rates.sum(axis=0)
        replicate = np.flatnonzero(free & (total > 0.0))
        drawn, total = s.luck.hazard(s, int(self.setup.event_group[group[0]]), replicate), total[replicate]
        left = drawn / -np.expm1(-total * self.setup.tick_days / 7.0) * total  # below `total` if anything happens
        happening = left < total
        replicate, left = replicate[happening], left[happening]
        for event, rate in zip(current, rates, strict=True):
            if not len(replicate):
                return
            chosen = left < rate[replicate]
            self._happen(s, event, replicate[chosen], done)
            left = left - rate[replicate]
            replicate, left = replicate[~chosen], left[~chosen]

    def _happen(self, s: State, event: int, replicate: Any, done: list[Acts]) -> None:
        """Let an event happen in some replicates: its act, its troops, its recruits, its withdrawal."""
        if not len(replicate):
            return
        setup, edge, rung = self.setup, int(self.setup.event_edge[event]), int(self.setup.event_rung[event])
        troops, beneficiary = setup.event_troops[event], setup.event_support[event]
        cell = edge * s.size + replicate
        acts = None
        if rung > 0:
            acts = note(s, cell, np.full(len(cell), rung), np.full(len(cell), beneficiary), event)
        s.happened[event, replicate] = True
        if edge >= 0:
            s.deployed[edge, replicate] += troops
            if troops > 0.0:
                unbound = replicate[s.support[edge, replicate] < 0]
                s.support[edge, unbound] = beneficiary
            if setup.event_withdraws[event]:
                s.standing[edge, replicate], s.deployed[edge, replicate], s.support[edge, replicate] = 0, 0.0, -1
        if acts is not None:
            self.performance.perform(s, acts, troops)
            done.append(acts)
        for effort in np.flatnonzero(setup.effort_state == setup.event_actor[event]):
            s.recruits[effort, replicate] += setup.event_recruits[event]
