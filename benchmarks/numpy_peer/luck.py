"""Where all luck comes from: a method for each thing that is drawn, so that a check may put other luck in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy_peer.state import State


class Luck:
    """Draws of a block of R replicates from a generator; uniform in [0, 1) where nothing else is said."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.size, self.rng = size, rng

    def frailty(self, n_dyads: int) -> Any:
        """Standard normal, (D, R)."""
        return self.rng.standard_normal((n_dyads, self.size))

    def honour(self, n_commitments: int) -> Any:
        """(C, R)."""
        return self.rng.random((n_commitments, self.size))

    def chance(self, n_groups: int) -> Any:
        """What the dated events of a group share, (groups, R)."""
        return self.rng.random((n_groups, self.size))

    def date(self, event: int, replicate: Any) -> Any:
        """For some replicates."""
        return self.rng.random(len(replicate))

    def belief(self, event: int, state: int) -> Any:
        """(R,)."""
        return self.rng.random(self.size)

    def hazard(self, s: State, group: int, replicate: Any) -> Any:
        """For some replicates."""
        return self.rng.random(len(replicate))

    def initiative(self, s: State) -> Any:
        """(E, R)."""
        return self.rng.random(s.standing.shape)

    def reply(self, s: State, reply_round: int, cell: Any) -> Any:
        """For some cells; rounds count from 1."""
        return self.rng.random(len(cell))

    def war_end(self, s: State, dyad: int, replicate: Any) -> Any:
        """For some replicates."""
        return self.rng.random(len(replicate))

    def outcome_day(self, s: State, outcome: int, replicate: Any) -> Any:
        """For some replicates."""
        return self.rng.random(len(replicate))
