"""The theory once more, in plain NumPy: thousands of replicates side by side, one phase of a tick after another.

A peer for comparisons of speed and results, not a second implementation to use: it gives outcomes and their days, and
neither the causes of acts nor the luck of a lineage that the simulation itself keeps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from escalation_sim import world as w
from numpy_peer.acts import Acts, Performance, note
from numpy_peer.aftermath import Efforts, Outcomes, Wars
from numpy_peer.climb import Choices, Climb
from numpy_peer.events import Events
from numpy_peer.gates import Gates
from numpy_peer.luck import Luck
from numpy_peer.prompts import Offers
from numpy_peer.state import State

BLOCK = 2048  # replicates side by side: enough to forget the interpreter


class Peer:
    """A scenario made ready for blocks of replicates."""

    def __init__(self, setup: w.Setup) -> None:
        self.setup = setup
        self.gates, self.offers, self.performance = Gates(setup), Offers(setup), Performance(setup)
        self.events = Events(setup, self.performance)
        self.wars, self.efforts, self.outcomes = Wars(setup, self.performance), Efforts(setup), Outcomes(setup)

    def run(self, size: int, luck: Luck) -> Any:
        """Days of the outcomes, (O, R); -1 never."""
        s = State(self.setup, size, luck)
        self.efforts.begin(s)
        self.wars.uphold(s)
        self.wars.count_belligerents(s)
        for tick in range(self.setup.n_ticks):
            self._tick(s, tick)
        return s.outcome_day

    def _tick(self, s: State, tick: int) -> None:
        """Events, initiatives, replies, aftermath."""
        s.begin_tick(tick)
        if tick > 0:
            s.memory *= s.kept
            self.wars.uphold(s)
        acts = self.events.fall_due(s)
        acts.append(self._act(s, Climb(self.gates, s, 0).initiatives()))
        for reply_round in range(1, self.setup.reply_rounds + 1):
            replies = Climb(self.gates, s, 1, self.offers.prompts(s, acts)).replies(reply_round)
            acts = [self._act(s, replies)]
        self.wars.fight_on(s)
        self.efforts.wear(s)
        self.wars.renew(s)
        self.wars.count_belligerents(s)
        self.outcomes.settle(s)

    def _act(self, s: State, choices: Choices) -> Acts:
        """All act on what they chose: first everything is written down, then everything takes effect."""
        acts = note(s, choices.cell, choices.rung, choices.support)
        self.performance.perform(s, acts)
        return acts


def simulate(setup: w.Setup, n_replicates: int, seed: int, block: int = BLOCK) -> Any:
    """Days since the start on which each outcome came true, (n_replicates, O); -1 where it never did."""
    peer, rng = Peer(setup), np.random.default_rng(seed)
    outcome_day = np.empty((n_replicates, len(setup.outcome_id)))
    with np.errstate(all="ignore"):
        for first in range(0, n_replicates, block):
            size = min(block, n_replicates - first)
            outcome_day[first : first + size] = peer.run(size, Luck(size, rng)).T
    return outcome_day
