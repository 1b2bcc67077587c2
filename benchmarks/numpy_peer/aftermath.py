"""The end of a tick: wars begin, go on and end; efforts wear; commitments are renewed; outcomes settle."""

from __future__ import annotations

from typing import Any

import numpy as np

from escalation_sim import world as w
from escalation_sim.theory.rules import NO_RUNG
from numpy_peer.acts import Performance, oblige, trigger
from numpy_peer.conditions import Clause, Clauses, Codes, clause
from numpy_peer.gates import conditional, rows_of
from numpy_peer.state import State


class Wars:
    """Wars and what they keep alive."""

    def __init__(self, setup: w.Setup, performance: Performance) -> None:
        self.setup = setup
        self.joins = setup.joins_war.astype(bool)
        first = len(setup.actor) + len(setup.event_id)
        rows = [rows_of(setup, first + d) for d in range(len(setup.dyad_id))]
        self.codes = [Codes(setup, [conditional(own)]) for own in rows]
        self.moved = []
        for own, codes in zip(rows, self.codes, strict=True):
            holds = codes.holding(0)
            odds = [sum(added.get(NO_RUNG, 0.0) for when, _, added in own if not when or when in one) for one in holds]
            self.moved.append(np.array(odds, dtype=np.float64))
        self.backers = [self._backers(d) for d in range(len(setup.dyad_id))]
        self.callable = []  # of each edge: the commitments that a war which goes on triggers
        for promises in performance.promises:
            arms = (setup.calls[promises] == w.CALLS_TO_ARMS) & (setup.trigger_rung[promises] <= setup.war_rung)
            self.callable.append(promises[arms])

    def _backers(self, d: int) -> list[int]:
        """Edges whose actor has a partner on one side of a dyad and whose target is the other."""
        setup = self.setup
        return [
            edge
            for edge in range(len(setup.actor))
            if d in setup.helped_dyad[setup.helped_from[edge] : setup.helped_from[edge + 1]]
        ]

    def fight_on(self, s: State) -> None:
        """Wars that were begun in this tick begin; others end or go on."""
        for d in np.flatnonzero(s.war.any(axis=1)):
            self._end(s, d)
        for d in np.flatnonzero(s.war_coming.any(axis=1)):
            coming = s.war_coming[d]
            s.war[d] |= coming
            s.war_begun[d, coming] = s.day
        s.war_coming[:] = False
        self.uphold(s)

    def _end(self, s: State, d: int) -> None:
        setup, edge = self.setup, self.setup.dyad_edges[d].max()
        at = np.flatnonzero(s.war[d] & ~s.war_coming[d])
        strain = np.maximum(s.strain[setup.actor[edge], at], s.strain[setup.target[edge], at])
        began = s.war_begun[d, at]
        years = (s.day - np.where(began >= 0.0, began, setup.first_war_day[d])) / 365.25
        constant, by_strain, by_years, by_winter = setup.war_end
        odds = constant + by_strain * strain + by_years * np.log1p(years) + by_winter * setup.winter[s.tick]
        odds += self.moved[d].take(self.codes[d].read(s)[0, at])
        p_week, weeks = 1.0 / (1.0 + np.exp(-odds)), setup.tick_days / 7.0
        p_tick = p_week if weeks == 1.0 else -np.expm1(weeks * np.log1p(-p_week))
        ended = at[s.luck.war_end(s, d, at) < p_tick]
        s.war[d, ended] = False
        s.war_ended[d, ended] = True

    def uphold(self, s: State) -> None:
        """Wars and support are remembered as they go on; combat beside a partner ends with the partner's war."""
        setup = self.setup
        for d in np.flatnonzero(s.war.any(axis=1)):
            war = s.war[d]
            for edge in setup.dyad_edges[d]:
                np.copyto(s.fast[edge], 1.0, where=war)
                np.copyto(s.slow[edge], 1.0, where=war)
                np.maximum(s.worst[edge], setup.severity[setup.war_rung], out=s.worst[edge], where=war)
            for edge in self.backers[d]:
                np.copyto(s.backing[edge], 1.0, where=war)
        cell = np.flatnonzero(s.standing > 0)
        rung = s.standing.take(cell)
        fighting = np.flatnonzero(self.joins.take(rung))
        if len(fighting):
            at = cell[fighting]
            between = setup.edge_of[s.support.take(at), setup.target.take(s.edge_at.take(at))]
            over = (between < 0) | ~s.war[setup.dyad[between], s.replicate_at.take(at)]
            s.standing.ravel()[at[over]] = 0
            rung[fighting[over]] = 0
            cell, rung = cell[rung > 0], rung[rung > 0]
        for memory, weight in ((s.fast, setup.remembered), (s.slow, setup.remembered), (s.worst, setup.severity)):
            memory.ravel()[cell] = np.maximum(memory.take(cell), weight.take(rung))

    def renew(self, s: State) -> None:
        """Wars that go on trigger calls to arms that came into force, and keep obligations alive."""
        setup = self.setup
        for d in np.flatnonzero(s.war.any(axis=1)):
            replicate = np.flatnonzero(s.war[d])
            for edge in setup.dyad_edges[d]:
                if len(self.callable[edge]):
                    rung = np.full(len(replicate), setup.war_rung)
                    trigger(s, int(edge), replicate, rung, self.callable[edge])
        called, where = np.nonzero(s.triggered & s.honoured)
        fight = setup.edge_of[s.triggered_by[called, where], setup.ally_of[called]]
        lasting = (fight >= 0) & s.war[setup.dyad[fight], where]
        oblige(s, called[lasting], where[lasting])

    def count_belligerents(self, s: State) -> None:
        """States at war or in combat, and whether two nuclear powers are among the opponents."""
        setup, combat = self.setup, s.combat()
        opposed = s.war.copy()
        if combat is not None:
            for edge in np.flatnonzero(combat.any(axis=1)):
                opposed[setup.dyad[edge]] |= combat[edge]
        belligerent = np.zeros((len(setup.nuclear), s.size), dtype=bool)
        s.opposing_nuclear[:] = False
        for d in np.flatnonzero(opposed.any(axis=1)):
            edge = setup.dyad_edges[d].max()
            belligerent[setup.actor[edge]] |= opposed[d]
            belligerent[setup.target[edge]] |= opposed[d]
            if setup.nuclear[setup.actor[edge]] and setup.nuclear[setup.target[edge]]:
                s.opposing_nuclear |= opposed[d]
        s.belligerents[:] = belligerent.sum(axis=0)


class Efforts:
    """Troops, losses, recruits, and the strain that follows from them."""

    def __init__(self, setup: w.Setup) -> None:
        self.setup = setup
        self.joins = setup.joins_war.astype(bool)
        ends = setup.dyad_edges.max(axis=1, initial=-1)
        sides = np.stack([setup.actor[ends], setup.target[ends]])
        self.dyads_of = [np.flatnonzero((sides == state).any(axis=0)) for state in setup.effort_state]

    def wear(self, s: State) -> None:
        """Losses and recruits of one tick, and the strain that results."""
        setup, weeks = self.setup, self.setup.tick_days / 7.0
        edges = np.flatnonzero(s.deployed.any(axis=1))
        for k, state in enumerate(setup.effort_state):
            season = 1.0 + setup.winter[s.tick] * (setup.effort_winter[k] - 1.0)
            lost = weeks * season * setup.effort_losses[k] * s.war[self.dyads_of[k]].any(axis=0)
            present = np.maximum(s.troops[k] + self._foreign(s, state, edges, 0.0), 1.0)
            kept = np.maximum(0.0, 1.0 - lost / present)
            for edge in edges:
                served = (s.support[edge] == state) & self.joins[s.standing[edge]]
                s.deployed[edge, served] *= kept[served]
            s.troops[k] -= lost * s.troops[k] / present
            s.troops[k] = np.maximum(0.0, s.troops[k] + weeks * s.recruits[k])
            self._strain(s, k, edges)

    def begin(self, s: State) -> None:
        """The strain at the start."""
        for k in range(len(self.setup.effort_state)):
            self._strain(s, k, np.flatnonzero(s.deployed.any(axis=1)))

    def _strain(self, s: State, k: int, edges: Any) -> None:
        setup, state = self.setup, self.setup.effort_state[k]
        if setup.effort_needed[k] <= 0.0:
            s.strain[state] = 0.0
            return
        troops = s.troops[k] + self._foreign(s, state, edges, setup.effort_rear[k])
        shortage = (1.0 - troops / setup.effort_needed[k]) / max(setup.effort_tolerance[k], 1e-9)
        s.strain[state] = np.clip(shortage, 0.0, 1.0)

    def _foreign(self, s: State, state: int, edges: Any, rear_value: float) -> Any:
        """Foreign soldiers that serve a state's front: those in combat in full, those in the rear at `rear_value`."""
        total = np.zeros(s.size)
        for edge in edges:
            worth = np.where(self.joins[s.standing[edge]], 1.0, rear_value)
            total += s.deployed[edge] * worth * (s.support[edge] == state)
        return total


class Outcomes:
    """Named predicates, absorbing once true; their days are drawn within the tick."""

    def __init__(self, setup: w.Setup) -> None:
        self.setup = setup
        self.clauses: list[list[Clause]] = [
            [clause(setup, *setup.clause_conditions[row]) for row in range(*setup.clauses_from[o : o + 2])]
            for o in range(len(setup.outcome_id))
        ]
        self.runs: list[list[int]] = []  # outcomes that may be looked at together: none asks for another of its run
        for o, clauses in enumerate(self.clauses):
            asked = {condition[2] for one in clauses for condition in one if condition[0] == w.IF_OUTCOME}
            if not self.runs or asked & set(self.runs[-1]):
                self.runs.append([])
            self.runs[-1].append(o)
        self.together = [Clauses(setup, [one for o in run for one in self.clauses[o]]) for run in self.runs]

    def settle(self, s: State) -> None:
        """Outcomes that have become true in this tick."""
        for run, together in zip(self.runs, self.together, strict=True):
            if (s.outcome_day[run] >= 0.0).all():
                continue
            held, first = together.hold(s), 0
            for o in run:
                rows = held[first : first + len(self.clauses[o])]
                first += len(self.clauses[o])
                new = np.flatnonzero(rows.any(axis=0) & (s.outcome_day[o] < 0.0))
                if len(new):
                    begun = self._begun(s, o, rows[:, new], new)
                    s.outcome_day[o, new] = begun + s.luck.outcome_day(s, o, new) * (s.tomorrow - begun)

    def _begun(self, s: State, o: int, rows: Any, new: Any) -> Any:
        """The first day from which a clause can have held: this tick's, or that of outcomes it awaits."""
        begun = np.where(rows, s.day, np.inf)
        for number, one in enumerate(self.clauses[o]):
            for kind, turned, awaited, *_ in one:
                if kind == w.IF_OUTCOME and not turned:
                    begun[number] = np.maximum(begun[number], s.outcome_day[awaited, new])
        return begun.min(axis=0)
