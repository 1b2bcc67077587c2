"""Made-up worlds of any size for benchmarks: every part of the theory is in use, and edges grow linearly with states.

A world is written in the scenario language and goes through the same loading, checks and compilation as any scenario.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from escalation_sim import world as w
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

START = dt.date(2024, 10, 24)
BECAUSE = {"because": "made up for a benchmark"}
Block = dict[str, Any]
Pair = tuple[str, str]


def world(n_states: int, ticks: int, rivals: int = 4, seed: int = 0) -> w.Setup:
    """The arrays of a made-up world, with every uncertain number at its median.

    Parameters
    ----------
    n_states : int, >= 8
    ticks : int, >= 20
        Of seven days each.
    rivals : int, >= 2
        Rivals of a state on average; alliances against them add about half as many opponents again.
    seed : int
        Another world of the same size.
    """
    return Compiler(scenario(n_states, ticks, rivals, seed)).setup()


def scenario(n_states: int, ticks: int, rivals: int = 4, seed: int = 0) -> Scenario:
    """The resolved scenario of a made-up world. Parameters as in `world`."""
    text = json.dumps(_Writer(n_states, ticks, rivals, seed).scenario(), indent=1)  # JSON is YAML
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.yaml"
        path.write_text(text, encoding="utf-8")
        return resolve(load(path))


class _Writer:
    """Draws who stands where, and says it in the scenario language."""

    def __init__(self, n_states: int, ticks: int, rivals: int, seed: int) -> None:
        self.random = random.Random(f"{n_states} {rivals} {seed}")
        self.ticks = ticks
        self.states = [f"S{number:03d}" for number in range(n_states)]
        self.rivalries = self._rivalries(n_states * rivals // 2)
        self.attacker, self.defender = self.rivalries[0]
        self.directed = [*self.rivalries, *((b, a) for a, b in self.rivalries)]
        fighters = {self.attacker, self.defender}
        self.backer, self.helper = self.random.sample([state for state in self.states if state not in fighters], 2)
        self.pacts: list[Block] = []

    def _rivalries(self, wanted: int) -> list[Pair]:
        """Distinct pairs; the first ones tie every state to another, so that none stands alone."""
        shuffled = self.random.sample(self.states, len(self.states))
        pairs = [(a, b) for a, b in zip(shuffled, shuffled[1:] + shuffled[:1], strict=True)]
        known = {frozenset(pair) for pair in pairs}
        while len(pairs) < wanted:
            a, b = self.random.sample(self.states, 2)
            if frozenset((a, b)) not in known:
                known.add(frozenset((a, b)))
                pairs.append((a, b))
        return pairs[: max(wanted, 1)]

    def scenario(self) -> Block:
        """The whole scenario."""
        days = 7 * self.ticks
        return {
            "format_version": 1,
            "id": f"world-{len(self.states)}",
            "title": f"A made-up world of {len(self.states)} states",
            "start": str(START),
            "tick": "1 week",
            "horizon": f"{days} days",
            "windows": [f"{days} days"],
            "states": [self._state(state) for state in self.states],
            "rivalries": [{"between": list(pair), **BECAUSE} for pair in self.rivalries],
            "borders": [{"between": list(pair), **BECAUSE} for pair in self.rivalries[::2]],
            "commitments": self._commitments(),
            "closed": [{"by": [self.backer], "toward": [self.attacker], "rungs": ["nuclear"], **BECAUSE}],
            "wars": [
                {
                    "id": "war",
                    "sides": [[self.attacker], [self.defender]],
                    "initiator": self.attacker,
                    **self._since(700),
                }
            ],
            "support": [
                self._support("arms", self.backer, self.defender, self.attacker, "arm"),
                self._support("aid", self.helper, self.attacker, self.defender, "assist") | {"troops": 2000},
            ],
            "history": [
                {
                    "by": a,
                    "toward": b,
                    "act": self.random.choice(("protest", "threaten", "display")),
                    "on": self._day(-30),
                }
                | BECAUSE
                for a, b in self.directed[:: max(1, len(self.directed) // len(self.states))]
            ],
            "efforts": [self._effort()],
            "events": self._events(),
            "rules": self._rules(),
            "outcomes": self._outcomes(),
        }

    def _day(self, day: float) -> str:
        return str(START + dt.timedelta(days=int(day)))

    def _since(self, days_ago: int) -> Block:
        return {"since": self._day(-days_ago), **BECAUSE}

    def _state(self, state: str) -> Block:
        return {
            "id": state,
            "name": f"State {state[1:]}",
            "capability": round(self.random.lognormvariate(-5.0, 1.2), 6),
            "warheads": 100 if self.random.random() < 0.15 else 0,
            "major_power": self.random.random() < 0.1,
            **BECAUSE,
        }

    def _support(self, name: str, by: str, to: str, against: str, rung: str) -> Block:
        return {"id": name, "by": by, "to": to, "against": against, "rung": rung, **self._since(300)}

    def _commitments(self) -> list[Block]:
        """Pacts of two, promises to consult among three, and policies of support; one pact comes into force later."""
        known = {frozenset(pair) for pair in self.rivalries}
        shuffled = self.random.sample(self.states, len(self.states))
        number = max(2, len(self.states) // 8)
        blocks = []
        for k in range(number):
            a, b, c = shuffled[3 * k % len(shuffled)], *self.random.sample(shuffled, 2)
            pair = [a, next(state for state in shuffled[3 * k + 1 :] + shuffled if not self._rival(known, a, state))]
            pact = {"type": "defence", "members": pair, "trigger": {"at_least": "strike"}, "reliability": 0.6}
            pact |= {"in_force_from": self._day(40 if k == 1 else -4000)}
            blocks.append({"id": f"pact-{k}", **pact, **BECAUSE})
            three = {"type": "consultation", "members": sorted({*pair, b, c}), "trigger": {"at_least": "threaten"}}
            blocks.append({"id": f"talks-{k}", **three, "reliability": 0.8, **BECAUSE})
            policy = {"type": "support_policy", "holder": b, "ally": c, "reliability": 0.5}
            blocks.append({"id": f"policy-{k}", **policy, **BECAUSE})
        self.pacts = blocks
        return blocks

    @staticmethod
    def _rival(known: set[frozenset[str]], a: str, b: str) -> bool:
        return a == b or frozenset((a, b)) in known

    def _effort(self) -> Block:
        return {
            "state": self.attacker,
            "troops": 90_000,
            "needed": 100_000,
            "losses_per_week": 1100,
            "recruits_per_week": 700,
            "winter_losses": 0.9,
            "tolerance": 0.3,
            "rear_value": 0.3,
            **BECAUSE,
        }

    def _events(self) -> list[Block]:
        """Dated and hazard, alone and in groups, with and without acts, troops and doubts."""
        last, helps = 7 * self.ticks - 7, {"toward": self.defender, "in_support_of": self.attacker}
        span = [self._day(5), self._day(min(150, last))]
        (a, b), (c, d) = self.directed[len(self.directed) // 3], self.directed[len(self.directed) // 2]
        whole = [
            {"id": "deployment", "actor": self.helper, "act": "display", **helps, "between": span, "probability": 0.8}
            | {"troops": 8000, "believed": {self.backer: 0.7, "others": 0.9}},
            {"id": "order-front", "actor": self.helper, "between": span, "one_of": "order", "probability": 0.5},
            {"id": "order-rear", "actor": self.helper, "between": span, "one_of": "order", "probability": 0.2},
            {"id": "speech", "actor": a, "act": "threaten", "toward": b, "on": self._day(10)},
            {"id": "mobilization", "actor": self.attacker, "hazard": {"rate": 0.4, "per": "year"}}
            | {"recruits_per_week": 400},
            {"id": "incident", "actor": c, "act": "seize", "toward": d, "one_of": "sea"}
            | {"hazard": {"rate": 0.3, "per": "year"}, "believed": {"others": 0.8}},
            {"id": "settlement", "actor": c, "one_of": "sea"}
            | {"hazard": {"rate": 0.5, "per": "year", "from": self._day(28)}, "when": [{"not": {"event": "speech"}}]},
            {"id": "return", "actor": self.helper, **helps, "hazard": {"rate": 0.5, "per": "year"}, "withdraws": True}
            | {"when": [{"event": "deployment"}]},
        ]
        return [event | BECAUSE for event in whole]

    def _rules(self) -> list[Block]:
        """Some twenty rules: the war's own, and each kind of condition on the edges of random rivals."""
        front = {
            "act": {"by": self.helper, "in_support_of": self.attacker, "at_least": "fight", "magnitude_at_least": 1000}
        }
        tired = {"strain": {"of": self.attacker, "at_least": 0.5}}
        a, b = self.attacker, self.defender
        rules = [
            self._rule(a, b, [tired], mobilization=1.0, war_end=0.4),
            self._rule(a, b, [{"event": "mobilization"}], war_end=-0.3),
            self._rule(self.helper, b, [{"event": "order-front"}], protest=3, coerce=3, threaten=3, seize=3, fight=2),
            self._rule(self.helper, b, [{"event": "order-rear"}, {"war": {"between": [a, b]}}], fight=-2.0),
            self._rule(self.backer, a, [front], arm=1.0, display=0.5),
            self._rule("anyone", "anyone", [], nuclear=-1.0),
            self._rule(
                "anyone", "rival", [{"act": {"by": "toward", "toward": "ally", "at_least": "strike"}}], display=0.7
            ),
            self._rule(
                "anyone", "rival", [{"act": {"by": "toward", "toward": "belligerent", "at_least": "strike"}}], arm=0.3
            ),
        ]
        for conditions in self._conditions():
            actor, toward = self.random.choice(self.directed)
            gate = self.random.choice(("protest", "threaten", "display", "seize", "strike", "war"))
            rule = self._rule(actor, toward, conditions, **{gate: round(self.random.uniform(-1.0, 1.5), 2)})
            rule["phase"] = self.random.choice(("initiative", "reply", "both"))
            rules.append(rule)
        actor, toward = self.random.choice(self.directed)
        rules.append(
            {"actor": actor, "toward": toward, "when": [{"event": "speech"}], "not_above": "display", **BECAUSE}
        )
        return [{"id": f"rule-{number:02d}", **rule} for number, rule in enumerate(rules)]

    def _conditions(self) -> list[list[Block]]:
        (a, b), (c, d) = self.random.sample(self.rivalries, 2)
        return [
            [{"act": {"by": a, "toward": b, "at_least": "threaten", "at_most": "strike", "within": "4 weeks"}}],
            [{"not": {"act": {"by": "toward", "toward": "actor", "at_least": "display", "within": "8 weeks"}}}],
            [{"memory": {"of": "theirs", "kind": "slow", "at_least": 0.3}}],
            [{"memory": {"of": "own", "kind": "worst", "at_least": 0.5}}, {"calendar": {"months": [12, 1, 2]}}],
            [{"commitment": {"id": "pact-1", "status": "in_force"}}],
            [{"commitment": {"id": "talks-0", "status": "triggered"}}],
            [{"commitment": {"id": "pact-0", "status": "honoured"}}],
            [{"calendar": {"from": self._day(60), "until": self._day(200)}}, {"not": {"event": "incident"}}],
            [{"war": {"between": [c, d], "status": "began"}}],
            [{"war": {"between": [self.attacker, self.defender], "status": "ended"}}],
            [{"standing": {"by": self.helper, "in_support_of": self.attacker, "at_least": "fight"}}],
            [{"belligerents": {"at_least": 4}}],
            [{"opposing_nuclear_powers": True}, {"not": {"outcome": "nuclear-use"}}],
        ]

    def _outcomes(self) -> list[Block]:
        """Questions of all kinds, on single pairs and on the whole world."""
        a, b = self.rivalries[len(self.rivalries) // 2]
        anyone = {"at_least": "strike"}
        asked: dict[str, list[list[Block]]] = {
            "clash": [[{"act": {"by": a, "toward": b, **anyone}}], [{"act": {"by": b, "toward": a, **anyone}}]],
            "helper-fights": [[{"act": {"by": self.helper, "toward": self.defender, "at_least": "fight"}}]],
            "war-ends": [[{"war": {"between": [self.attacker, self.defender], "status": "ended"}}]],
            "war-ends-unaided": [[{"outcome": "war-ends"}, {"not": {"outcome": "helper-fights"}}]],
            "mobilization": [[{"event": "mobilization"}]],
            "wider-war": [[{"belligerents": {"at_least": 4}}, {"not": {"opposing_nuclear_powers": True}}]],
            "great-powers-war": [[{"belligerents": {"at_least": 4}}, {"opposing_nuclear_powers": True}]],
            "pact-honoured": [[{"commitment": {"id": "pact-0", "status": "honoured"}}]],
            "attacker-exhausted": [[{"strain": {"of": self.attacker, "at_least": 0.9}}]],
            "nuclear-use": [[{"act": {"at_least": "nuclear"}}]],
        }
        text = {"kind": "vertical", "resolution": "Model: as the conditions say. World: none."}
        return [{"id": name, "label": name, "any_of": clauses, **text} for name, clauses in asked.items()]

    @staticmethod
    def _rule(actor: str, toward: str, conditions: list[Block], **then: float) -> Block:
        return {"actor": actor, "toward": toward, "when": conditions, "then": then, **BECAUSE}
