"""What the gates say: log-odds of an edge's gates from tables of its rules and from what its actor sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from escalation_sim import world as w
from escalation_sim.theory.ladder import ENGAGED
from numpy_peer.conditions import Clause, Codes, clause
from numpy_peer.state import State

Row = tuple[Clause, int, dict[int, float]]  # when, rule, log-odds by gate


def rows_of(setup: w.Setup, owner: int) -> list[Row]:
    """The rows of rules of an edge, event or dyad."""
    rows: list[Row] = []
    for row in range(setup.rows_from[owner], setup.rows_from[owner + 1]):
        added: dict[int, float] = {}
        for effect in range(*setup.row_effects[row]):
            gate = int(setup.effect_gate[effect])
            added[gate] = added.get(gate, 0.0) + float(setup.effect_value[effect])
        rows.append((clause(setup, *setup.row_conditions[row]), int(setup.row_rule[row]), added))
    return rows


def conditional(rows: Sequence[Row]) -> list[Clause]:
    """The distinct clauses that rows wait for."""
    return sorted({when for when, _, _ in rows if when}, key=sorted)


class Gates:
    """Gates of both phases (0 initiatives, 1 replies) of all edges."""

    def __init__(self, setup: w.Setup) -> None:
        self.setup = setup
        rows = [rows_of(setup, edge) for edge in range(len(setup.actor))]
        self.codes = Codes(setup, [conditional(own) for own in rows])
        n_rungs, n_codes = len(setup.severity), int(self.codes.first[-1])
        self.value = np.zeros((2, n_rungs, n_codes))  # static part and rules, by what holds for the edge
        self.cap = np.full((2, n_codes), n_rungs - 1, dtype=np.int8)
        for edge, own in enumerate(rows):
            for code, holding in enumerate(self.codes.holding(edge), self.codes.first[edge]):
                self.value[:, :, code] = setup.base[:, edge]
                for when, rule, added in own:
                    if not when or when in holding:
                        self._add(code, rule, added)
        self.capped = (self.cap < n_rungs - 1).any(axis=1)
        self.terms = [  # (covariate, coefficient) of each gate, nought left out
            [[(f, of_gate[f]) for f in np.flatnonzero(of_gate)] for of_gate in phase]
            for phase in setup.dynamic_coefficient
        ]
        self.uses_partner_news = setup.dynamic_coefficient[:, :, w.PARTNER_FRESH].any(axis=1)
        edges = range(len(setup.actor))
        self.thirds = [
            (edge, setup.third_edge[row], setup.third_weight[row])
            for edge in edges
            for row in range(setup.third_from[edge], setup.third_from[edge + 1])
        ]
        self.helped = [  # from the one that comes last to the one that comes first
            (edge, setup.helped_dyad[row], setup.helped[row], setup.static[edge, w.S_RIVAL] == 0.0)
            for edge in edges
            for row in reversed(range(setup.helped_from[edge], setup.helped_from[edge + 1]))
        ]

    def _add(self, code: int, rule: int, added: dict[int, float]) -> None:
        for phase in range(2):
            if self.setup.rule_phase[rule] != 2 - phase:
                for gate, value in added.items():
                    self.value[phase, gate, code] += value
                self.cap[phase, code] = min(self.cap[phase, code], self.setup.rule_cap[rule])

    def partners(self, s: State) -> tuple[Any, Any]:
        """The partner each actor could support against the target (-1: none), and whether it is at war; (E, R) both."""
        partner, at_war = np.full(s.standing.shape, -1, dtype=np.int16), np.zeros(s.standing.shape, dtype=bool)
        engaged = (s.slow > ENGAGED)[self.setup.dyad_edges].any(axis=1)
        in_conflict, warring = engaged.any(axis=1), s.war.any(axis=1)
        for edge, d, whom, may_meddle in self.helped:
            if may_meddle and in_conflict[d]:
                np.copyto(partner[edge], whom, where=engaged[d])
        for edge, d, whom, _ in self.helped:
            if warring[d]:
                np.copyto(partner[edge], whom, where=s.war[d])
                at_war[edge] |= s.war[d]
        return partner, at_war

    def partner_news(self, s: State) -> Any:
        """The weightiest fresh act of the target against a partner of the actor, as far as believed; (E, R)."""
        largest, weighed = np.zeros(s.standing.shape), np.empty(s.size)
        for edge, other, weight in self.thirds:
            np.multiply(s.fresh[other], weight, out=weighed)
            if s.has_doubts[other]:
                weighed *= s.believed[s.doubtful[other], self.setup.actor[edge], s.replicate_at[: s.size]]
            np.maximum(largest[edge], weighed, out=largest[edge])
        return largest
