"""The structure of a scenario as arrays: everything that no parameter draw changes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from escalation_sim import world as w
from escalation_sim.scenario.conditions import ConditionTable
from escalation_sim.scenario.graph import Graph, is_belligerent, plain, rows_of
from escalation_sim.scenario.numbers import middle
from escalation_sim.scenario.packing import (
    event_days,
    flags,
    floats,
    force_days,
    group,
    ids,
    ints,
    pairs,
    places,
    starts,
)
from escalation_sim.scenario.schema import Outcome, Rule, Scenario
from escalation_sim.theory.rules import NO_RUNG

_NEEDS = {
    None: w.NEED_NOTHING,
    "partner": w.NEED_PARTNER,
    "partner_at_war": w.NEED_PARTNER_AT_WAR,
    "nuclear_weapon": w.NEED_NUCLEAR_WEAPON,
}
_CALLS = {"defence": w.CALLS_TO_ARMS, "offence": w.CALLS_TO_ARMS, "consultation": w.CALLS_TO_TALK}
_WINTER = (12, 1, 2)


class Structure:
    """Names, indices and index arrays of a resolved scenario.

    Parameters
    ----------
    scenario : Scenario
        As returned by `resolve.resolve`.

    Attributes
    ----------
    names : Names
        What the indices of the arrays stand for.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.graph = scenario, Graph(scenario)
        self.events = sorted(scenario.events, key=lambda event: (group(event), event.hazard is not None, event.id))
        self.rules = sorted(scenario.rules, key=lambda rule: rule.id)
        self.outcomes = _awaited_first(scenario.outcomes)
        self.efforts = sorted(scenario.efforts, key=lambda effort: effort.state)
        treaties = sorted(scenario.commitments, key=lambda c: c.id)
        self.commitments = [(c, holder, ally) for c in treaties for holder, ally in self.graph.pairs(c)]
        rungs = tuple(rung.id for rung in scenario.ladder)
        self.names = w.Names(
            states=tuple(self.graph.states),
            edges=tuple(f"{a}>{b}" for a, b in self.graph.edges),
            dyads=tuple(f"{a}-{b}" for a, b in self.graph.dyads),
            rungs=rungs,
            treaties=tuple(c.id for c in treaties),
            commitments=tuple(f"{c.id}:{holder}>{ally}" for c, holder, ally in self.commitments),
            events=tuple(event.id for event in self.events),
            rules=tuple(rule.id for rule in self.rules),
            outcomes=tuple(outcome.id for outcome in self.outcomes),
        )
        self.index: dict[str, dict[Any, int]] = {
            "state": places(self.graph.states),
            "edge": places(self.graph.edges),
            "dyad": places(self.graph.dyads),
            "rung": places(rungs),
            "treaty": places(self.names.treaties),
            "event": places(self.names.events),
            "rule": places(self.names.rules),
            "outcome": places(self.names.outcomes),
        }
        table = ConditionTable(self.graph, self.index, scenario.start)
        self.fixed: dict[str, Any] = {}
        for part in (self._time, self._edges, self._ladder, self._partners, self._treaties):
            self.fixed |= part()
        self.fixed |= self._events(table) | self._rules(table) | self._outcomes(table) | self._start()
        self.fixed |= self._conditions(table)
        self.past = self._past()

    def _time(self) -> dict[str, Any]:
        s = self.scenario
        n_ticks = math.ceil(s.horizon / s.tick - 1e-9)
        midnight = dt.datetime.combine(s.start, dt.time())
        begins = [midnight + dt.timedelta(days=t * s.tick) for t in range(n_ticks)]
        samples = np.linspace(0.0, s.tick, 8)[:-1]
        winter = [np.mean([(day + dt.timedelta(days=x)).month in _WINTER for x in samples]) for day in begins]
        return {
            "n_ticks": n_ticks,
            "tick_days": float(s.tick),
            "reply_rounds": s.reply_rounds,
            "month": ints(day.month for day in begins),
            "winter": floats(winter),
        }

    def _edges(self) -> dict[str, Any]:
        g, n = self.graph, len(self.graph.states)
        at = self.index["state"]
        edge_of = np.full((n, n), -1, dtype=np.int32)
        for e, (a, b) in enumerate(g.edges):
            edge_of[at[a], at[b]] = e
        place = self.index["edge"]
        return {
            "state_id": ids(f"state:{state}" for state in g.states),
            "nuclear": flags(state.id in self.nuclear for state in sorted(self.scenario.states, key=lambda x: x.id)),
            "actor": ints(at[a] for a, _ in g.edges),
            "target": ints(at[b] for _, b in g.edges),
            "reverse": ints(place[b, a] for a, b in g.edges),
            "edge_of": edge_of,
            "edge_id": ids(f"edge:{name}" for name in self.names.edges),
            "dyad": ints(self.index["dyad"][min(pair), max(pair)] for pair in g.edges),
            "dyad_edges": ints([place[a, b], place[b, a]] for a, b in g.dyads).reshape(-1, 2),
            "dyad_id": ids(f"dyad:{name}" for name in self.names.dyads),
        }

    @property
    def nuclear(self) -> set[str]:
        """States that have nuclear weapons."""
        return {state.id for state in self.scenario.states if state.warheads and middle(state.warheads) > 0}

    def _ladder(self) -> dict[str, Any]:
        rungs = self.scenario.ladder
        closed = np.zeros((len(self.graph.edges), len(rungs)), dtype=np.uint8)
        for e, (actor, target) in enumerate(self.graph.edges):
            for k, rung in enumerate(rungs):
                barred = any(rung.id in c.rungs and actor in c.by and target in c.toward for c in self.scenario.closed)
                closed[e, k] = barred or (rung.needs == "nuclear_weapon" and actor not in self.nuclear)
        return {
            "severity": floats(rung.severity for rung in rungs),
            "remembered": floats(rung.memory for rung in rungs),
            "need": ints(_NEEDS[rung.needs] for rung in rungs),
            "starts_war": flags(rung.starts_war for rung in rungs),
            "joins_war": flags(rung.joins_war for rung in rungs),
            "war_rung": next((k for k, rung in enumerate(rungs) if rung.starts_war), len(rungs)),
            "fight_rung": next((k for k, rung in enumerate(rungs) if rung.joins_war), len(rungs)),
            "closed": closed,
        }

    def _partners(self) -> dict[str, Any]:
        g, at = self.graph, self.index["state"]
        edge, dyad = self.index["edge"], self.index["dyad"]
        holders = [[(at[i], v) for (i, k), v in sorted(g.weight.items()) if k == state] for state in g.states]
        third, helped = [], []
        for i, j in g.edges:
            mine = [(k, v) for (holder, k), v in sorted(g.weight.items()) if holder == i and k != j]
            third.append([(edge[j, k], v) for k, v in mine if (j, k) in edge])
            ranked = sorted(mine, key=lambda kv: (-kv[1], kv[0]))
            helped.append([(at[k], dyad[min(k, j), max(k, j)]) for k, _ in ranked if (min(k, j), max(k, j)) in dyad])
        return {
            "holders_from": starts(holders),
            "holder": ints(i for row in holders for i, _ in row),
            "holder_weight": floats(v for row in holders for _, v in row),
            "third_from": starts(third),
            "third_edge": ints(f for row in third for f, _ in row),
            "third_weight": floats(v for row in third for _, v in row),
            "helped_from": starts(helped),
            "helped": ints(k for row in helped for k, _ in row),
            "helped_dyad": ints(d for row in helped for _, d in row),
        }

    def _treaties(self) -> dict[str, Any]:
        at, treaty, rung = self.index["state"], self.index["treaty"], self.index["rung"]
        inside = np.zeros((len(treaty), len(at)), dtype=np.uint8)
        for c, members in ((c, self.graph.members(c)) for c in self.scenario.commitments):
            inside[treaty[c.id], [at[m] for m in members]] = 1
            if c.trigger and c.trigger.by:
                inside[treaty[c.id], [at[s] for s in self.graph.states if s not in c.trigger.by]] = 1
        to_ally: list[list[int]] = [[] for _ in at]
        for number, (_, _, ally) in enumerate(self.commitments):
            to_ally[at[ally]].append(number)
        forces = [force_days(c, holder, ally, self.scenario.start) for c, holder, ally in self.commitments]
        return {
            "holder_of": ints(at[holder] for _, holder, _ in self.commitments),
            "ally_of": ints(at[ally] for _, _, ally in self.commitments),
            "treaty": ints(treaty[c.id] for c, _, _ in self.commitments),
            "commitment_id": ids(f"commitment:{name}" for name in self.names.commitments),
            "calls": ints(_CALLS.get(c.type or "", w.CALLS_NOT) for c, _, _ in self.commitments),
            "force_from": floats(begin for begin, _ in forces),
            "force_until": floats(end for _, end in forces),
            "trigger_rung": ints(rung[c.trigger.at_least] if c.trigger else len(rung) for c, _, _ in self.commitments),
            "covers_initiators": flags(bool(c.trigger and c.trigger.covers_initiators) for c, _, _ in self.commitments),
            "inside": inside,
            "to_ally_from": starts(to_ally),
            "to_ally": ints(number for row in to_ally for number in row),
        }

    def _events(self, table: ConditionTable) -> dict[str, Any]:
        at, rung, edge = self.index["state"], self.index["rung"], self.index["edge"]
        groups = places(dict.fromkeys(group(event) for event in self.events))
        days = [event_days(event, self.scenario.start) for event in self.events]
        return {
            "event_id": ids(f"event:{event.id}" for event in self.events),
            "event_actor": ints(at[event.actor] for event in self.events),
            "event_edge": ints(edge.get((event.actor, event.toward), -1) for event in self.events),
            "event_rung": ints(rung[event.act] if event.act else 0 for event in self.events),
            "event_support": ints(at.get(event.in_support_of, -1) for event in self.events),
            "event_from": floats(first for first, _ in days),
            "event_until": floats(last for _, last in days),
            "event_is_hazard": flags(event.hazard is not None for event in self.events),
            "event_group": ints(groups[group(event)] for event in self.events),
            "group_id": ids(f"group:{name}" for name in groups),
            "event_withdraws": flags(event.withdraws for event in self.events),
            "event_conditions": pairs(table.add(event.when, event.actor, event.toward) for event in self.events),
        }

    def _rules(self, table: ConditionTable) -> dict[str, Any]:
        """Rows by owner: edges, then events, then dyads; each row with the slice of effects it uses."""
        n_edges, n_events = len(self.graph.edges), len(self.events)
        owners: list[list[tuple[int, tuple[int, int], tuple[int, int]]]]
        owners = [[] for _ in range(n_edges + n_events + len(self.graph.dyads))]
        gates: list[int] = []
        for r, rule in enumerate(self.rules):
            slices = self._effects(rule, gates)
            own_pairs = list(rows_of(rule, self.graph))
            if "rungs" in slices or rule.not_above:
                for pair in own_pairs:
                    conditions = self._row(table, rule, *pair)
                    owners[self.index["edge"][pair]].append((r, conditions, slices.get("rungs", (0, 0))))
            for event in self.events:
                if event.id in slices:
                    conditions = self._row(table, rule, event.actor, event.toward)
                    owners[n_edges + self.index["event"][event.id]].append((r, conditions, slices[event.id]))
            if "war_end" in slices:
                for d in sorted({self.index["dyad"][min(pair), max(pair)] for pair in own_pairs}):
                    pair = next(pair for pair in own_pairs if set(pair) == set(self.graph.dyads[d]))
                    conditions = self._row(table, rule, *pair)
                    owners[n_edges + n_events + d].append((r, conditions, slices["war_end"]))
        rows = [row for owner in owners for row in owner]
        n_rungs = len(self.scenario.ladder)
        return self._speakers(owners, gates) | {
            "rows_from": starts(owners),
            "row_rule": ints(r for r, _, _ in rows),
            "row_conditions": pairs(conditions for _, conditions, _ in rows),
            "row_effects": pairs(effects for _, _, effects in rows),
            "effect_gate": ints(gates),
            "rule_phase": ints(("both", "initiative", "reply").index(rule.phase) for rule in self.rules),
            "rule_cap": ints(self.index["rung"][rule.not_above] if rule.not_above else n_rungs for rule in self.rules),
        }

    def _speakers(
        self, owners: list[list[tuple[int, tuple[int, int], tuple[int, int]]]], gates: list[int]
    ) -> dict[str, Any]:
        """Which effects and which caps speak in a phase, listed by phase, owner and gate."""
        n_edges, n_rungs = len(self.graph.edges), len(self.scenario.ladder)
        pushes: list[list[tuple[int, int]]] = []
        capped: list[list[int]] = []
        for other in ("reply", "initiative"):
            number = 0
            for place, owner in enumerate(owners):
                cells: list[list[tuple[int, int]]] = [[] for _ in range(n_rungs)]
                silent = [place < n_edges and self.rules[r].phase == other for r, _, _ in owner]
                speaking = [(number + n, *row) for n, row in enumerate(owner) if not silent[n]]
                for row, _, _, (first, last) in speaking:
                    for effect in range(first, last):
                        cells[gates[effect]].append((row, effect))
                pushes += cells
                capped.append([row for row, r, _, _ in speaking if self.rules[r].not_above])
                number += len(owner)
        return {
            "push_from": _from(pushes, (2, len(owners), n_rungs)),
            "push_row": ints(row for cell in pushes for row, _ in cell),
            "push_effect": ints(effect for cell in pushes for _, effect in cell),
            "cap_from": _from(capped, (2, len(owners))),
            "cap_row": ints(row for rows in capped for row in rows),
        }

    def _effects(self, rule: Rule, gates: list[int]) -> dict[str, tuple[int, int]]:
        """Append a rule's gates (sorted by name, as `setup` does); where each kind of target lies among them.

        Gates that are not rungs do not belong to a climb; rungs must lie side by side, so they are listed one by one.
        """
        slices: dict[str, tuple[int, int]] = {}
        first = len(gates)
        named = sorted(rule.then)
        for offset, gate in enumerate(named):
            gates.append(self.index["rung"].get(gate, NO_RUNG))
            if gate not in self.index["rung"]:
                slices[gate] = (first + offset, first + offset + 1)
        if any(gate in self.index["rung"] for gate in named):
            slices["rungs"] = (first, len(gates))
        return slices

    def _row(self, table: ConditionTable, rule: Rule, actor: str, toward: str | None) -> tuple[int, int]:
        first, last = table.add(rule.when, actor, toward)
        if is_belligerent(rule.actor) or is_belligerent(rule.toward):
            table.add_at_war(actor, toward if is_belligerent(rule.toward) else None)
            last += 1
        return first, last

    def _outcomes(self, table: ConditionTable) -> dict[str, Any]:
        clauses = [[table.add(c) for c in (outcome.any_of or (outcome.when,))] for outcome in self.outcomes]
        return {
            "outcome_id": ids(f"outcome:{outcome.id}" for outcome in self.outcomes),
            "clauses_from": starts(clauses),
            "clause_conditions": pairs(clause for row in clauses for clause in row),
        }

    def _conditions(self, table: ConditionTable) -> dict[str, Any]:
        """After all blocks were compiled: the condition table and the watches as arrays."""
        columns = list(zip(*table.rows, strict=True)) if table.rows else [()] * 7
        watches = list(table.watches)
        by_edge: list[list[int]] = [[] for _ in self.graph.edges]
        for k, (edges, *_) in enumerate(watches):
            for pair in edges:
                by_edge[self.index["edge"][pair]].append(k)
        sets = np.zeros((len(table.sets), len(self.graph.states)), dtype=np.uint8)
        for states, row in table.sets.items():
            sets[row, [self.index["state"][state] for state in states]] = 1
        return {
            "condition_kind": ints(columns[0]),
            "condition_not": flags(columns[1]),
            "condition_a": ints(columns[2]),
            "condition_b": ints(columns[3]),
            "condition_c": ints(columns[4]),
            "condition_low": floats(columns[5]),
            "condition_high": floats(columns[6]),
            "listed": ints(table.listed),
            "sets": sets,
            "watches_from": starts(by_edge),
            "watch_of": ints(k for row in by_edge for k in row),
            "watch_support": ints(key[1] for key in watches),
            "watch_low": ints(key[2] for key in watches),
            "watch_high": ints(key[3] for key in watches),
            "watch_magnitude": floats(key[4] for key in watches),
            "watch_observer": ints(key[5] for key in watches),
            "watch_at_war": flags(key[6] for key in watches),
        }

    def _start(self) -> dict[str, Any]:
        s = self.scenario
        edge, dyad, at = self.index["edge"], self.index["dyad"], self.index["state"]
        standing, support = np.zeros(len(edge), dtype=np.int32), np.full(len(edge), -1, dtype=np.int32)
        war, initiator = np.zeros(len(dyad), dtype=np.uint8), np.full(len(dyad), -1, dtype=np.int32)
        war_day = np.zeros(len(dyad))
        for row in s.support:
            e = edge[row.by, row.against]
            standing[e], support[e] = self.index["rung"][row.rung], at[row.to]
        for block in s.wars:
            for a, b in ((a, b) for a in block.sides[0] for b in block.sides[1]):
                d = dyad[min(a, b), max(a, b)]
                war[d], war_day[d] = 1, (block.since - s.start).days
                initiator[d] = at.get(block.initiator, -1)
        return {
            "first_standing": standing,
            "first_support": support,
            "first_war": war,
            "first_initiator": initiator,
            "first_war_day": war_day,
        }

    def _past(self) -> list[tuple[int, float, float, float]]:
        """Acts before the start: (edge, weight in memory, severity, days ago). What stands is remembered in full."""
        s, edge = self.scenario, self.index["edge"]
        ladder = {rung.id: rung for rung in s.ladder}
        war_rung = next((rung for rung in s.ladder if rung.starts_war), None)
        past = [(edge[act.by, act.toward], ladder[act.act], (s.start - act.on).days) for act in s.history]
        past += [(edge[row.by, row.against], ladder[row.rung], 0) for row in s.support]
        past += [(edge[pair], war_rung, 0) for pair in sorted(self.graph.wars) if war_rung]
        return [(e, rung.memory, rung.severity, float(ago)) for e, rung, ago in past]


def _from(cells: Sequence[Sequence[Any]], shape: tuple[int, ...]) -> Any:
    """Where each cell of a table begins when all are laid end to end; along its last axis also where that ends."""
    begin = starts(cells)
    first, last = begin[:-1].reshape(shape), begin[1:].reshape(shape)
    return np.concatenate([first, last[..., -1:]], axis=-1)


def _awaited_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes by name, but each after those that its conditions wait for: they are settled in this order."""
    left = {outcome.id: outcome for outcome in sorted(outcomes, key=lambda outcome: outcome.id)}
    placed: dict[str, Outcome] = {}
    while left:
        ready = [name for name, outcome in left.items() if not _awaits(outcome) & left.keys()]
        for name in ready:
            placed[name] = left.pop(name)
    return list(placed.values())


def _awaits(outcome: Outcome) -> set[str]:
    conditions = (plain(condition)[0] for clause in (outcome.when, *outcome.any_of) for condition in clause)
    return {condition.outcome for condition in conditions if condition.outcome}
