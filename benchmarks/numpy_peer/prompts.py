"""Who may reply to what: every act makes offers to reply, and each cell takes the most urgent.

What decides among offers is packed into one whole number, so that the best offer is the largest number: weight, link
and rung as one rank, then how new the act is, then the place of its record (among offers that are alike in all this).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from escalation_sim import world as w
from numpy_peer.acts import Acts
from numpy_peer.climb import Prompts
from numpy_peer.state import State

NEWS_BITS = 30  # how finely novelty is told apart


class Lines(NamedTuple):
    """Acts laid out in lines of R replicates, in the order of their records: one line an event, then one an edge."""

    edge: Any  # (L,)
    event: Any  # (L,) -1: decided
    rung: Any  # (L, R) 0: no act
    support: Any
    novelty: Any


def _lines(s: State, parts: Sequence[Acts]) -> Lines:
    events, decided = [part for part in parts if part.event >= 0], [part for part in parts if part.event < 0]
    n_edges, before = len(s.setup.actor), len(events)
    edge = np.concatenate([[s.edge_at[part.cell[0]] for part in events], np.arange(n_edges)]).astype(np.intp)
    shape = (before + n_edges, s.size)
    rung, support, novelty = np.zeros(shape, dtype=np.int8), np.full(shape, -1, dtype=np.int16), np.zeros(shape)
    for line, part in enumerate(events):
        place = line * s.size + s.replicate_at.take(part.cell)
        rung.ravel()[place], support.ravel()[place], novelty.ravel()[place] = part.rung, part.support, part.novelty
    for part in decided:
        place = part.cell + before * s.size
        rung.ravel()[place], support.ravel()[place], novelty.ravel()[place] = part.rung, part.support, part.novelty
    return Lines(edge, np.array([part.event for part in events] + [-1] * n_edges), rung, support, novelty)


class Offers:
    """For an act on an edge, and for each state it may be in support of, the edges that may reply and their weights."""

    def __init__(self, setup: w.Setup) -> None:
        self.setup, self.n_states = setup, len(setup.nuclear)
        self.kinds = sorted({(1.0, False), *((float(weight), True) for weight in setup.holder_weight)})
        merits = [
            (weight * severity, -third - 2 * behind, rung)
            for weight, third in self.kinds
            for behind in range(2)
            for rung, severity in enumerate(setup.severity)
        ]
        place = {merit: number for number, merit in enumerate(sorted(set(merits)), 1)}
        self.rank = np.array([place[merit] for merit in merits]).reshape(len(self.kinds), 2, -1)
        edges, states = range(len(setup.actor)), range(self.n_states)
        self.to_actor = [self._by_kind(edge) for edge in edges]
        # Offers that lead to a beneficiary lie end to end; those for edge e and state k are row e * N + k.
        rows = [self._offers(edge, whom) for edge in edges for whom in states]
        self.count = np.array([len(row) for row in rows], dtype=np.intp)
        self.first = np.cumsum(self.count) - self.count
        self.edge = np.array([edge for row in rows for edge, _ in row], dtype=np.intp)
        self.kind = np.array([kind for row in rows for _, kind in row], dtype=np.intp)

    def _offers(self, edge: int, whom: int) -> list[tuple[int, int]]:
        """Edges against `whom` that may reply to an act on an edge, each with its kind: weight, third party or not."""
        setup, target = self.setup, self.setup.target[edge]
        rows = range(setup.holders_from[target], setup.holders_from[target + 1])
        third = [
            (setup.holder[row], (float(setup.holder_weight[row]), True))
            for row in rows
            if setup.holder[row] != setup.actor[edge]
        ]
        found = [(setup.edge_of[replier, whom], kind) for replier, kind in [(target, (1.0, False)), *third]]
        return [(int(reply), self.kinds.index(kind)) for reply, kind in found if reply >= 0]

    def _by_kind(self, edge: int) -> list[tuple[int, list[int]]]:
        kinds: dict[int, list[int]] = {}
        for reply, kind in self._offers(edge, self.setup.actor[edge]):
            kinds.setdefault(kind, []).append(reply)
        return list(kinds.items())

    def prompts(self, s: State, parts: Sequence[Acts]) -> Prompts:
        """What each prompted cell replies to."""
        lines = _lines(s, parts)
        bits = (2 * len(lines.edge)).bit_length()
        last = (1 << bits) - 1
        best = np.zeros(s.standing.shape, dtype=np.int64)
        news = (lines.novelty * (1 << NEWS_BITS)).astype(np.int64)
        self._offer_to_actors(s, lines, news, best, bits)
        self._offer_to_beneficiaries(s, lines, news, best.ravel(), bits)
        cell = np.flatnonzero(best > 0)
        order = last - (best.take(cell) & last)
        line = order >> 1
        place = line * s.size + s.replicate_at.take(cell)
        third_party = self.setup.actor.take(s.edge_at.take(cell)) != self.setup.target[lines.edge].take(line)
        return Prompts(cell, lines.rung.take(place), lines.novelty.take(place), third_party, (order & 1) == 1)

    def _offer_to_actors(self, s: State, lines: Lines, news: Any, best: Any, bits: int) -> None:
        """Replies to those who acted, line by line."""
        last = (1 << bits) - 1
        for line in np.flatnonzero(lines.rung.any(axis=1)):
            event, rung = lines.event[line], lines.rung[line]
            for kind, replies in self.to_actor[lines.edge[line]]:
                key = (((self.rank[kind, 0].take(rung) << NEWS_BITS) + news[line]) << bits) + (last - 2 * line)
                key[rung == 0] = 0
                for reply in replies:
                    known = key if event < 0 else key * s.believed[event, self.setup.actor[reply]]
                    np.maximum(best[reply], known, out=best[reply])

    def _offer_to_beneficiaries(self, s: State, lines: Lines, news: Any, best: Any, bits: int) -> None:
        """Replies to those in whose support somebody acted: all acts at once."""
        place = np.flatnonzero(lines.support >= 0)
        line, replicate = np.divmod(place, s.size)
        row = lines.edge.take(line) * self.n_states + lines.support.take(place)
        count = self.count.take(row)
        of = np.repeat(np.arange(len(place)), count)
        offer = np.arange(len(of)) + (self.first.take(row) - np.cumsum(count) + count).take(of)
        edge, replicate = self.edge.take(offer), replicate.take(of)
        key = self.rank[self.kind.take(offer), 1, lines.rung.take(place).take(of)] << NEWS_BITS
        key = (key + news.take(place).take(of)) << bits
        key += (((1 << bits) - 2) - 2 * line).take(of)
        event = lines.event.take(line)
        if (event >= 0).any():
            key *= s.believed[event.take(of), self.setup.actor.take(edge), replicate]
        np.maximum.at(best, edge * s.size + replicate, key)
