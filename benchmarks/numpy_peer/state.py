"""What changes during a run, for many replicates at once, and what stands at the beginning.

The replicates are the last axis of every array, so that a row, say the memories of one edge, is one stretch of memory.
A cell is an edge of a replicate, numbered edge by edge, so cells in order are in the order in which edges act.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from escalation_sim import world as w
from numpy_peer.luck import Luck

KEPT_BY = (0, 1, 2, 0, 1, 1)  # which memory's half-life each row of `State.memory` fades with
FAST, SLOW, WORST, FRESH, OBLIGED, BACKING = range(6)


class State:
    """R replicates of the world; N states, E edges, D dyads, C commitments, V events, W watches, O outcomes."""

    def __init__(self, setup: w.Setup, size: int, luck: Luck) -> None:
        if (setup.reverse < 0).any():
            raise ValueError("an edge without its reverse; compiled scenarios have none")
        self.setup, self.size, self.luck = setup, size, luck
        self.tick, self.day, self.tomorrow = 0, 0.0, setup.tick_days
        self._edges(setup, size)
        self._wars(setup, size)
        self._promises(setup, size)
        self._events(setup, size)
        self.watch_day = np.full((len(setup.watch_low), size), -np.inf)
        self.outcome_day = np.full((len(setup.outcome_id), size), w.NEVER)

    def _edges(self, setup: w.Setup, size: int) -> None:
        n_edges = len(setup.actor)
        self.edge_at = np.repeat(np.arange(n_edges, dtype=np.intp), size)  # (E * R,)
        self.replicate_at = np.tile(np.arange(size, dtype=np.intp), n_edges)
        self.reverse_at = (setup.reverse[:, None].astype(np.intp) * size + np.arange(size)).ravel()
        self.memory = np.zeros((6, n_edges, size))
        self.memory[:3] = setup.first_memory[:, :, None]
        self.kept = setup.kept[list(KEPT_BY)][:, None, None]
        self.fast, self.slow, self.worst, self.fresh, self.obliged, self.backing = self.memory
        self.doubtful = np.full((n_edges, size), -1, dtype=np.int16)
        self.has_doubts = np.zeros(n_edges, dtype=bool)  # whether `fresh` may rest on an event, in any replicate
        self.acted = np.zeros((n_edges, size), dtype=bool)
        self.standing = _spread(setup.first_standing, size, np.int8)
        self.support = _spread(setup.first_support, size, np.int16)
        self.deployed = _spread(setup.first_deployed, size, np.float64)

    def _wars(self, setup: w.Setup, size: int) -> None:
        n_dyads = len(setup.dyad_id)
        frailty = setup.frailty_sd[0] * self.luck.frailty(n_dyads)
        self.frailty = frailty[setup.dyad]  # (E, R)
        self.war = _spread(setup.first_war, size, bool)
        self.war_coming = np.zeros((n_dyads, size), dtype=bool)
        self.war_begun = np.full((n_dyads, size), w.NEVER)
        self.war_ended = np.zeros((n_dyads, size), dtype=bool)
        self.war_initiator = _spread(setup.first_initiator, size, np.int16)
        self.belligerents = np.zeros(size, dtype=np.int16)
        self.opposing_nuclear = np.zeros(size, dtype=bool)
        self.troops = _spread(setup.effort_troops, size, np.float64)
        self.recruits = _spread(setup.effort_recruits, size, np.float64)
        self.strain = np.zeros((len(setup.nuclear), size))

    def _promises(self, setup: w.Setup, size: int) -> None:
        shape = (len(setup.treaty), size)
        self.triggered = np.zeros(shape, dtype=bool)
        self.triggered_by = np.full(shape, -1, dtype=np.int16)
        self.honoured = self.luck.honour(len(setup.treaty)) < setup.reliability[:, None]

    def _events(self, setup: w.Setup, size: int) -> None:
        """Dated events share a draw in their group, cut into slices by their probabilities; then their days."""
        n_events, n_states = setup.belief.shape
        self.happened = np.zeros((n_events, size), dtype=bool)
        self.due = np.full((n_events, size), w.NEVER)
        drawn = self.luck.chance(len(setup.group_id))
        below = np.zeros((len(setup.group_id), size))
        for event in np.flatnonzero(setup.event_is_hazard == 0):
            group, earliest = setup.event_group[event], max(setup.event_from[event], 0.0)
            above = below[group] + setup.event_chance[event]
            hit = np.flatnonzero((below[group] <= drawn[group]) & (drawn[group] < above))
            below[group] = above
            self.due[event, hit] = earliest + self.luck.date(event, hit) * (setup.event_until[event] - earliest)
        # One more event (-1: an act that was decided) and one more observer (-1: nobody in particular): believed.
        self.believed = np.ones((n_events + 1, n_states + 1, size), dtype=bool)
        for event, state in np.argwhere(setup.belief < 1.0):
            self.believed[event, state] = self.luck.belief(event, state) < setup.belief[event, state]

    def begin_tick(self, tick: int) -> None:
        """Move the clock."""
        self.tick, self.day = tick, tick * self.setup.tick_days
        self.tomorrow = (tick + 1) * self.setup.tick_days

    def combat(self) -> Any:
        """Where one of the two states of an edge fights beside an enemy of the other, (E, R); None if nowhere."""
        if self.standing.max(initial=0) < self.setup.fight_rung:
            return None
        joined = self.setup.joins_war.astype(bool)[self.standing]
        return joined | joined[self.setup.reverse]

    def floor(self) -> Any:
        """Rung on which each edge stands: war, combat, or 0; (E, R)."""
        start = np.zeros(self.standing.shape, dtype=np.int8)
        combat = self.combat()
        if combat is not None:
            start[combat] = self.setup.fight_rung
        for d in np.flatnonzero(self.war.any(axis=1)):
            for edge in self.setup.dyad_edges[d]:
                start[edge, self.war[d]] = self.setup.war_rung
        return start


def _spread(values: Any, size: int, kind: Any) -> Any:
    return np.repeat(np.asarray(values).astype(kind)[:, None], size, axis=1)
