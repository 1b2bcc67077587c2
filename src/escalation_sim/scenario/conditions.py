"""Conditions of rules, events and outcomes -> rows of numbers that `theory.rules` interprets."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from escalation_sim import world as w
from escalation_sim.scenario.graph import Graph, is_belligerent, plain
from escalation_sim.scenario.schema import Condition, Selector

_STATUS = {
    "war": ("on", "began", "ended"),
    "commitment": ("in_force", "triggered", "honoured"),
    "memory": ("fast", "slow", "worst"),
}


class ConditionTable:
    """Collects conditions, watches, sets of states and lists of edges or dyads while a scenario is compiled."""

    def __init__(self, graph: Graph, index: dict[str, dict[Any, int]], start: dt.date) -> None:
        self.graph, self.index, self.start = graph, index, start
        self.rows: list[tuple[int, int, int, int, int, float, float]] = []
        self.sets: dict[frozenset[str], int] = {}
        self.listed: list[int] = []
        self.watches: dict[tuple[Any, ...], int] = {}
        self._ranges: dict[tuple[Any, ...], tuple[int, int]] = {}

    def add(
        self, conditions: Sequence[Condition], actor: str | None = None, toward: str | None = None
    ) -> tuple[int, int]:
        """Append conditions as seen from an edge; (first, last + 1)."""
        first = len(self.rows)
        for condition in conditions:
            inner, turned = plain(condition)
            kind, a, b, c, low, high = getattr(self, f"_{inner.kind()}")(inner, actor, toward)
            self.rows.append((kind, int(turned), a, b, c, low, high))
        return first, len(self.rows)

    def add_at_war(self, actor: str, toward: str | None) -> None:
        """Append: the actor is at war with `toward`, or with anyone."""
        pairs = [d for d in self.graph.dyads if actor in d and (toward is None or toward in d)]
        first, last = self._list("dyad", pairs)
        self.rows.append((w.IF_WAR, 0, first, last, 0, 0.0, 0.0))

    def set_of(self, states: set[str]) -> int:
        """Row of `sets` for a set of states."""
        return self.sets.setdefault(frozenset(states), len(self.sets))

    def _list(self, axis: str, keys: Sequence[Any]) -> tuple[int, int]:
        wanted = (axis, *keys)
        if wanted not in self._ranges:
            first = len(self.listed)
            self.listed.extend(self.index[axis][key] for key in keys)
            self._ranges[wanted] = (first, len(self.listed))
        return self._ranges[wanted]

    def _act(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        act = condition.act
        assert act is not None
        at_war = 1 if is_belligerent(act.by) else 2 if is_belligerent(act.toward) else 0
        by = self.graph.select(act.by, actor, toward)
        against = self.graph.select(act.toward, actor, toward)
        beneficiaries = -1
        if act.in_support_of is not None:
            beneficiaries = self.set_of(self.graph.select(act.in_support_of, actor, toward))
        low = self.index["rung"][act.at_least]
        high = self.index["rung"][act.at_most] if act.at_most else len(self.index["rung"])
        observer = self.index["state"][actor] if actor else -1
        edges = tuple(edge for edge in self.graph.edges if edge[0] in by and edge[1] in against)
        key = (edges, beneficiaries, low, high, act.magnitude_at_least or 0.0, observer, at_war)
        watch = self.watches.setdefault(key, len(self.watches))
        return w.IF_ACT, watch, 0, 0, 0.0, act.within if act.within is not None else math.inf

    def _memory(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        memory = condition.memory
        assert memory is not None
        pair = (actor, toward) if memory.of == "own" else (toward, actor)
        edge = self.index["edge"].get(pair, -1)
        return w.IF_MEMORY, edge, _STATUS["memory"].index(memory.kind), 0, memory.at_least, 0.0

    def _commitment(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        named = condition.commitment
        assert named is not None
        status = _STATUS["commitment"].index(named.status)
        return w.IF_COMMITMENT, self.index["treaty"][named.id], status, 0, 0.0, 0.0

    def _strain(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        strain = condition.strain
        assert strain is not None
        state = {"actor": actor, "toward": toward}.get(strain.of, strain.of)
        return w.IF_STRAIN, self.index["state"][state], 0, 0, strain.at_least, 0.0

    def _calendar(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        calendar = condition.calendar
        assert calendar is not None
        if calendar.months:
            return w.IF_MONTH, sum(1 << month for month in set(calendar.months)), 0, 0, 0.0, 0.0
        low = (calendar.from_ - self.start).days if calendar.from_ else -math.inf
        high = (calendar.until - self.start).days if calendar.until else math.inf
        return w.IF_DATE, 0, 0, 0, float(low), float(high)

    def _war(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        war = condition.war
        assert war is not None
        one, other = (self.graph.select(side, actor, toward) for side in war.between)
        dyads = [d for d in self.graph.dyads if _across(d, one, other)]
        first, last = self._list("dyad", dyads)
        return w.IF_WAR, first, last, _STATUS["war"].index(war.status), 0.0, 0.0

    def _standing(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        standing = condition.standing
        assert standing is not None
        by = self.graph.select(standing.by, actor, toward)
        first, last = self._list("edge", [edge for edge in self.graph.edges if edge[0] in by])
        selector: Selector | None = standing.in_support_of
        beneficiaries = -1 if selector is None else self.set_of(self.graph.select(selector, actor, toward))
        return w.IF_STANDING, first, last, beneficiaries, float(self.index["rung"][standing.at_least]), 0.0

    def _belligerents(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        assert condition.belligerents is not None
        return w.IF_BELLIGERENTS, condition.belligerents.at_least, 0, 0, 0.0, 0.0

    def _opposing_nuclear_powers(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        return w.IF_OPPOSING_NUCLEAR, 0, 0, 0, 0.0, 0.0

    def _event(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        return (
            w.IF_EVENT,
            self.index["event"][condition.event],
            self.index["state"][actor] if actor else -1,
            0,
            0.0,
            0.0,
        )

    def _outcome(self, condition: Condition, actor: str | None, toward: str | None) -> tuple[Any, ...]:
        return w.IF_OUTCOME, self.index["outcome"][condition.outcome], 0, 0, 0.0, 0.0


def _across(dyad: tuple[str, str], one: set[str], other: set[str]) -> bool:
    a, b = dyad
    return (a in one and b in other) or (b in one and a in other)
