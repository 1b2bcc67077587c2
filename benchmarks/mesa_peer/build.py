"""Arrays to objects, once for each draw of the parameters: all that is static is added up beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from escalation_sim import world as w

from . import conditions as c
from .plan import (
    Answer,
    DyadPlan,
    EdgePlan,
    EffortPlan,
    EventGroup,
    EventPlan,
    Gate,
    OutcomePlan,
    Plan,
    PromisePlan,
    Rung,
    WatchPlan,
)


def build(setup: w.Setup) -> Plan:
    """Read a compiled scenario into a Plan."""
    return _Builder(setup).plan()


def _some(number: int) -> int | None:
    return None if number < 0 else number


class _Builder:
    def __init__(self, setup: w.Setup) -> None:
        lists = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in setup._asdict().items()}
        self.s: Any = SimpleNamespace(**lists)
        s = self.s
        partner, at_war = w.NEED_PARTNER, w.NEED_PARTNER_AT_WAR
        self.rungs = tuple(
            Rung(k, s.severity[k], s.remembered[k], need in (partner, at_war), need == at_war, bool(start), bool(join))
            for k, (need, start, join) in enumerate(zip(s.need, s.starts_war, s.joins_war, strict=True))
        )
        self.conditions = [self._condition(x) for x in range(len(s.condition_kind))]
        self.rows = [self._row(first, last) for first, last in s.row_conditions]

    def plan(self) -> Plan:
        """The whole Plan."""
        s = self.s
        return Plan(
            n_ticks=s.n_ticks,
            tick_days=s.tick_days,
            reply_rounds=s.reply_rounds,
            months=tuple(s.month),
            winters=tuple(s.winter),
            nuclear=tuple(bool(x) for x in s.nuclear),
            rungs=self.rungs,
            war_rung=s.war_rung,
            fight_rung=s.fight_rung,
            war_end=tuple(s.war_end),
            frailty_sd=s.frailty_sd[0],
            kept=tuple(s.kept),
            contingent=s.contingent[0],
            edges=tuple(self._edge(e) for e in range(len(s.actor))),
            dyads=tuple(self._dyad(d) for d in range(len(s.dyad_id))),
            promises=tuple(self._promise(n) for n in range(len(s.treaty))),
            events=tuple(self._event(v) for v in range(len(s.event_id))),
            groups=tuple(self._groups()),
            watches=tuple(self._watch(k) for k in range(len(s.watch_low))),
            efforts=tuple(
                EffortPlan(*row)
                for row in zip(
                    *(s.effort_state, s.effort_troops, s.effort_needed, s.effort_losses),
                    *(s.effort_recruits, s.effort_winter, s.effort_tolerance, s.effort_rear),
                    strict=True,
                )
            ),
            outcomes=tuple(self._outcome(o) for o in range(len(s.outcome_id))),
        )

    def _condition(self, x: int) -> c.Condition:
        s = self.s
        plain = self._plain(s.condition_kind[x], s.condition_a[x], s.condition_b[x], x)
        return c.Not(plain) if s.condition_not[x] else plain

    def _plain(self, kind: int, a: int, b: int, x: int) -> c.Condition:
        s = self.s
        low, high, third = s.condition_low[x], s.condition_high[x], s.condition_c[x]
        if kind == w.IF_COMMITMENT:
            pairs = tuple(n for n, treaty in enumerate(s.treaty) if treaty == a)
            return c.CommitmentStatus(pairs, ("in_force", "triggered", "honoured")[b])
        if kind == w.IF_STANDING:
            beneficiaries = None if third < 0 else self._members(s.sets[third])
            return c.Standing(tuple(s.listed[a:b]), int(low), beneficiaries)
        makers = {
            w.IF_ACT: lambda: c.ActSeen(a, high),
            w.IF_MEMORY: lambda: c.Memory(_some(a), ("fast", "slow", "worst")[b], low),
            w.IF_STRAIN: lambda: c.Strain(a, low),
            w.IF_MONTH: lambda: c.Month(frozenset(month for month in range(1, 13) if a >> month & 1)),
            w.IF_DATE: lambda: c.Dates(low, high),
            w.IF_WAR: lambda: c.WarStatus(tuple(s.listed[a:b]), ("on", "began", "ended")[third]),
            w.IF_BELLIGERENTS: lambda: c.Belligerents(a),
            w.IF_OPPOSING_NUCLEAR: lambda: c.OpposingNuclearPowers(),
            w.IF_EVENT: lambda: c.EventHappened(a, _some(b)),
            w.IF_OUTCOME: lambda: c.OutcomeReached(a),
        }
        return makers[kind]()

    @staticmethod
    def _members(flags: list[int]) -> frozenset[int]:
        return frozenset(state for state, inside in enumerate(flags) if inside)

    def _row(self, first: int, last: int) -> c.Row:
        return c.Row(tuple(self.conditions[first:last]))

    def _effects(self, owner: int) -> Iterator[tuple[c.Row, int, int, int, float]]:
        """(row, rule's phase, number of the rule, gate, log-odds) of an owner of rules."""
        s = self.s
        for number in range(s.rows_from[owner], s.rows_from[owner + 1]):
            first, last = s.row_effects[number]
            for effect in range(first, last):
                rule = s.row_rule[number]
                yield self.rows[number], s.rule_phase[rule], rule, s.effect_gate[effect], s.effect_value[effect]

    def _without_gates(self, owner: int) -> tuple[tuple[c.Row, float], ...]:
        """Rows of an event or of the end of a war."""
        return tuple((row, value) for row, _, _, gate, value in self._effects(owner) if gate == 0)

    def _caps(self, edge: int, phase: int) -> tuple[tuple[c.Row, int], ...]:
        s, caps = self.s, []
        for number in range(s.rows_from[edge], s.rows_from[edge + 1]):
            rule = s.row_rule[number]
            if s.rule_phase[rule] != 2 - phase and s.rule_cap[rule] < len(self.rungs):
                caps.append((self.rows[number], s.rule_cap[rule]))
        return tuple(caps)

    def _gates(self, edge: int, phase: int) -> tuple[Gate, ...]:
        s, gates = self.s, []
        effects = [effect for effect in self._effects(edge) if effect[1] != 2 - phase]
        for rung in self.rungs[1:]:
            k = rung.number
            if s.closed[edge][k]:
                continue
            here = [(row, value) for row, _, _, gate, value in effects if gate == k]
            gates.append(
                Gate(
                    rung=rung,
                    base=s.base[phase][edge][k] + sum(value for row, value in here if not row.conditions),
                    weights=self._weights(phase, k),
                    replied_to=tuple(s.reply_to[k]) if phase == 1 else (),
                    rules=tuple((row, value) for row, value in here if row.conditions),
                )
            )
        return tuple(gates)

    def _weights(self, phase: int, k: int) -> tuple[tuple[int, float], ...]:
        """Coefficients that are not 0; an initiative has no covariates of a reply."""
        last = len(w.DYNAMIC_COVARIATES) if phase == 1 else w.FIRST_REPLY
        return tuple((f, x) for f, x in enumerate(self.s.dynamic_coefficient[phase][k][:last]) if x != 0.0)

    def _movers(self, edge: int, phase: int) -> tuple[tuple[c.Row, int, float], ...]:
        return tuple(
            (row, gate, value)
            for row, only, _, gate, value in self._effects(edge)
            if only != 2 - phase and row.conditions and value > 0.0 and gate > 0
        )

    def _answers(self, edge: int, whom: int, accomplice: bool) -> tuple[Answer, ...]:
        """Who may reply to `whom` for what is done on an edge: its target, and all who care about the target."""
        s, target, found = self.s, self.s.target[edge], []
        if s.edge_of[target][whom] >= 0:
            found.append(Answer(s.edge_of[target][whom], 1.0, 0.0, float(accomplice)))
        for row in range(s.holders_from[target], s.holders_from[target + 1]):
            holder = s.holder[row]
            if holder != s.actor[edge] and s.edge_of[holder][whom] >= 0:
                found.append(Answer(s.edge_of[holder][whom], s.holder_weight[row], 1.0, float(accomplice)))
        return tuple(found)

    def _edge(self, e: int) -> EdgePlan:
        s = self.s
        helped = tuple((s.helped[row], s.helped_dyad[row]) for row in range(s.helped_from[e], s.helped_from[e + 1]))
        behind = {partner for partner, _ in helped} | {s.first_support[e]}
        behind |= {support for edge, support in zip(s.event_edge, s.event_support, strict=True) if edge == e}
        return EdgePlan(
            number=e,
            actor=s.actor[e],
            target=s.target[e],
            reverse=_some(s.reverse[e]),
            dyad=s.dyad[e],
            rival=s.static[e][w.S_RIVAL] != 0.0,
            gates=(self._gates(e, 0), self._gates(e, 1)),
            caps=(self._caps(e, 0), self._caps(e, 1)),
            movers=(self._movers(e, 0), self._movers(e, 1)),
            third=tuple((s.third_edge[r], s.third_weight[r]) for r in range(s.third_from[e], s.third_from[e + 1])),
            helped=helped,
            answers=self._answers(e, s.actor[e], False),
            answers_behind={whom: self._answers(e, whom, True) for whom in sorted(behind) if whom >= 0},
            watches=self._watches(e),
            memory=(s.first_memory[0][e], s.first_memory[1][e], s.first_memory[2][e]),
            standing=self.rungs[s.first_standing[e]] if s.first_standing[e] > 0 else None,
            support=_some(s.first_support[e]),
            deployed=s.first_deployed[e],
        )

    def _watches(self, e: int) -> tuple[tuple[int, ...], ...]:
        s = self.s
        mine = s.watch_of[s.watches_from[e] : s.watches_from[e + 1]]
        return tuple(tuple(k for k in mine if s.watch_low[k] <= rung.number <= s.watch_high[k]) for rung in self.rungs)

    def _dyad(self, d: int) -> DyadPlan:
        s, edge = self.s, max(self.s.dyad_edges[d])
        return DyadPlan(
            states=(s.actor[edge], s.target[edge]),
            edges=tuple(e for e in s.dyad_edges[d] if e >= 0),
            war=bool(s.first_war[d]),
            initiator=_some(s.first_initiator[d]),
            war_day=s.first_war_day[d],
            war_end_rules=self._without_gates(len(s.actor) + len(s.event_id) + d),
        )

    def _by_state(self, edges: list[int], dyads: bool) -> dict[int, int]:
        return {state: self.s.dyad[e] if dyads else e for state, e in enumerate(edges) if e >= 0}

    def _promise(self, n: int) -> PromisePlan:
        s = self.s
        return PromisePlan(
            holder=s.holder_of[n],
            ally=s.ally_of[n],
            to_arms=s.calls[n] == w.CALLS_TO_ARMS,
            force_from=s.force_from[n],
            force_until=s.force_until[n],
            trigger_rung=s.trigger_rung[n],
            covers_initiators=bool(s.covers_initiators[n]),
            reliability=s.reliability[n],
            inside=self._members(s.inside[s.treaty[n]]),
            holder_edges=self._by_state(s.edge_of[s.holder_of[n]], dyads=False),
            ally_dyads=self._by_state([row[s.ally_of[n]] for row in s.edge_of], dyads=True),
        )

    def _event(self, v: int) -> EventPlan:
        s = self.s
        return EventPlan(
            number=v,
            actor=s.event_actor[v],
            edge=_some(s.event_edge[v]),
            rung=self.rungs[s.event_rung[v]] if s.event_rung[v] > 0 else None,
            support=_some(s.event_support[v]),
            first_day=s.event_from[v],
            last_day=s.event_until[v],
            chance=s.event_chance[v],
            troops=s.event_troops[v],
            withdraws=bool(s.event_withdraws[v]),
            recruits=s.event_recruits[v],
            conditions=self._row(*s.event_conditions[v]),
            rules=self._without_gates(len(s.actor) + v),
            sure=frozenset(state for state, share in enumerate(s.belief[v]) if share >= 1.0),
            unsure=tuple((state, share) for state, share in enumerate(s.belief[v]) if 0.0 < share < 1.0),
        )

    def _groups(self) -> Iterator[EventGroup]:
        s, members = self.s, {}
        for event, group in enumerate(s.event_group):
            members.setdefault(group, []).append(event)
        for events in members.values():
            yield EventGroup(bool(s.event_is_hazard[events[0]]), tuple(events))

    def _watch(self, k: int) -> WatchPlan:
        s, observer = self.s, self.s.watch_observer[k]
        return WatchPlan(
            beneficiaries=None if s.watch_support[k] < 0 else self._members(s.sets[s.watch_support[k]]),
            magnitude=s.watch_magnitude[k],
            observer=_some(observer),
            whom_at_war=s.watch_at_war[k],
            dyads={} if observer < 0 else self._by_state(s.edge_of[observer], dyads=True),
        )

    def _outcome(self, o: int) -> OutcomePlan:
        s, clauses = self.s, []
        for clause in range(s.clauses_from[o], s.clauses_from[o + 1]):
            row = self._row(*s.clause_conditions[clause])
            awaited = tuple(x.outcome for x in row.conditions if isinstance(x, c.OutcomeReached))
            clauses.append((row, awaited))
        return OutcomePlan(tuple(clauses))
