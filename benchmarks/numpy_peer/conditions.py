"""Conditions for many replicates at once: each kind as one expression over arrays whose last axis is the replicates.

Conditions that say the same are looked at once, whoever asks. What depends on conditions (log-odds of gates, caps,
rates of hazards) is not added up again and again: the conditions that hold for an owner, read as bits, make a number,
and a table that was filled beforehand says what follows from each such number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation_sim import world as w
from escalation_sim.theory.rules import FORCE, HONOURED, WAR_BEGAN, WAR_ON

if TYPE_CHECKING:
    from numpy_peer.state import State

Condition = tuple[int, int, int, int, int, float, float]  # kind, not, a, b, c, low, high
Clause = frozenset[Condition]  # conditions that must all hold
Truth = Callable[["State"], Any]
MOST_BITS = 16  # clauses that one owner's table may depend on


def clause(setup: w.Setup, first: int, last: int) -> Clause:
    """The conditions of a row, an event or an outcome, each by what it says."""
    columns = ("kind", "not", "a", "b", "c", "low", "high")
    return frozenset(
        tuple(getattr(setup, f"condition_{name}")[x].item() for name in columns) for x in range(first, last)
    )


def _act(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: s.day - s.watch_day[a] < high


def _memory(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    exists = (a >= 0)[:, None]
    return lambda s: s.memory[b, a] * exists >= low


def _commitment(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    members = [np.flatnonzero(setup.treaty == treaty) for treaty in a]

    def one(s: State, bound: Any, status: int) -> Any:
        if status == FORCE:
            return ((setup.force_from[bound] <= s.day) & (s.day < setup.force_until[bound])).any()
        triggered = s.triggered[bound]
        return (triggered & s.honoured[bound] if status == HONOURED else triggered).any(axis=0)

    return lambda s: _rows(s, [one(s, bound, status) for bound, status in zip(members, b, strict=True)])


def _strain(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: s.strain[a] >= low


def _month(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: ((a >> setup.month[s.tick]) & 1 == 1)[:, None]


def _date(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: (low <= s.day) & (s.day < high)


def _war(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    dyads = [setup.listed[first:last] for first, last in zip(a, b, strict=True)]

    def one(s: State, among: Any, status: int) -> Any:
        if status == WAR_ON:
            return s.war[among].any(axis=0)
        return (s.war_begun[among] >= 0.0 if status == WAR_BEGAN else s.war_ended[among]).any(axis=0)

    return lambda s: _rows(s, [one(s, among, status) for among, status in zip(dyads, c, strict=True)])


def _standing(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    edges = [setup.listed[first:last] for first, last in zip(a, b, strict=True)]
    fitting = [
        np.append(setup.sets[row], 0).astype(bool) if row >= 0 else None for row in c
    ]  # last: in support of none

    def one(s: State, among: Any, fits: Any, least: float) -> Any:
        stands = s.standing[among] >= least
        return (stands if fits is None else stands & fits[s.support[among]]).any(axis=0)

    return lambda s: _rows(s, [one(s, *asked) for asked in zip(edges, fitting, low[:, 0], strict=True)])


def _belligerents(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: s.belligerents >= a[:, None]


def _opposing_nuclear(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: s.opposing_nuclear


def _event(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: s.happened[a] & s.believed[a, b]


def _outcome(setup: w.Setup, a: Any, b: Any, c: Any, low: Any, high: Any) -> Truth:
    return lambda s: s.outcome_day[a] >= 0.0


def _rows(s: State, rows: Sequence[Any]) -> Any:
    whole = np.empty((len(rows), s.size), dtype=bool)
    for place, row in enumerate(rows):
        whole[place] = row
    return whole


_TRUTH = {
    w.IF_ACT: _act,
    w.IF_MEMORY: _memory,
    w.IF_COMMITMENT: _commitment,
    w.IF_STRAIN: _strain,
    w.IF_MONTH: _month,
    w.IF_DATE: _date,
    w.IF_WAR: _war,
    w.IF_STANDING: _standing,
    w.IF_BELLIGERENTS: _belligerents,
    w.IF_OPPOSING_NUCLEAR: _opposing_nuclear,
    w.IF_EVENT: _event,
    w.IF_OUTCOME: _outcome,
}


class Clauses:
    """A list of clauses, looked at together."""

    def __init__(self, setup: w.Setup, clauses: Sequence[Clause]) -> None:
        conditions = sorted({condition for one in clauses for condition in one})
        place = {condition: number for number, condition in enumerate(conditions)}
        self.size = len(conditions)
        self.turned = np.array([condition[1] for condition in conditions], dtype=bool)[:, None]
        self.groups = []
        for kind in sorted({condition[0] for condition in conditions}):
            same = [condition for condition in conditions if condition[0] == kind]
            a, b, c = (np.array([condition[field] for condition in same]) for field in (2, 3, 4))
            low, high = (np.array([condition[field] for condition in same])[:, None] for field in (5, 6))
            first = place[same[0]]
            self.groups.append((slice(first, first + len(same)), _TRUTH[kind](setup, a, b, c, low, high)))
        longest = max((len(one) for one in clauses), default=0)
        rows = [[place[condition] for condition in sorted(one)] for one in clauses]
        padded = [row + [self.size] * (longest - len(row)) for row in rows]
        self.columns = np.array(padded, dtype=np.intp).reshape(len(clauses), longest).T

    def hold(self, s: State) -> Any:
        """Whether each clause holds, (clauses, R)."""
        truth = np.empty((self.size + 1, s.size), dtype=bool)
        truth[-1] = True
        for rows, fill in self.groups:
            truth[rows] = fill(s)
        truth[:-1] ^= self.turned
        if not len(self.columns):
            return np.ones((self.columns.shape[1], s.size), dtype=bool)
        held = truth[self.columns[0]]
        for column in self.columns[1:]:
            held &= truth[column]
        return held


class Codes:
    """For each owner, its clauses that hold read as bits of a number; the owners' numbers lie one after another."""

    def __init__(self, setup: w.Setup, owners: Sequence[Sequence[Clause]]) -> None:
        if max(map(len, owners), default=0) > MOST_BITS:
            raise ValueError(f"an edge, event or dyad depends on more than {MOST_BITS} clauses")
        distinct = sorted({one for owner in owners for one in owner}, key=sorted)
        place = {one: number for number, one in enumerate(distinct)}
        self.owners = owners
        self.clauses = Clauses(setup, distinct)
        self.first = np.cumsum([0, *(1 << len(owner) for owner in owners)]).astype(np.int32)
        self.bits = []
        for bit in range(max(map(len, owners), default=0)):
            having = [number for number, owner in enumerate(owners) if len(owner) > bit]
            self.bits.append((np.array(having), np.array([place[owners[number][bit]] for number in having])))

    def holding(self, owner: int) -> list[set[Clause]]:
        """The clauses that hold, for each number of an owner."""
        own = self.owners[owner]
        return [{one for bit, one in enumerate(own) if number >> bit & 1} for number in range(1 << len(own))]

    def read(self, s: State) -> Any:
        """The numbers as the world stands, (owners, R)."""
        code = np.repeat(self.first[:-1, None], s.size, axis=1)
        if self.bits:
            held = self.clauses.hold(s).view(np.uint8)
            for bit, (having, rows) in enumerate(self.bits):
                code[having] += held[rows].astype(np.int32) << bit
        return code
