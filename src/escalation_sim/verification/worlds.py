"""Small worlds in the scenario language, whose probabilities can be worked out, or in which everything happens at once.

A crisis starts with two rivals, all gates shut and nothing uncertain; a check opens what it is about.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from escalation_sim.drivers import ensemble
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

SHUT, OPEN = -60.0, 60.0  # log-odds of a gate that never, or always, opens
START = dt.date(2024, 10, 24)
LADDER = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "protest", "label": "p", "severity": 0.1, "hostility_level": 1, "memory": 0.5},
    {"id": "arm", "label": "a", "severity": 0.35, "hostility_level": 3, "memory": 0.3, "needs": "partner"},
    {"id": "strike", "label": "s", "severity": 0.6, "hostility_level": 4},
    {"id": "fight", "label": "f", "severity": 0.8, "hostility_level": 5, "needs": "partner_at_war", "joins_war": True},
    {"id": "war", "label": "w", "severity": 0.9, "hostility_level": 5, "starts_war": True},
]
STEP = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "strike", "label": "s", "severity": 0.6, "hostility_level": 4},
]


def logit(p: float) -> float:
    """Log-odds of a probability in (0, 1).

    >>> logit(0.5)
    0.0
    """
    return math.log(p / (1.0 - p))


def weekly(p: float) -> dict[str, Any]:
    """A hazard that happens with probability p in a week."""
    return {"rate": -math.log1p(-p), "per": "week"}


def crisis(**blocks: Any) -> Scenario:
    """A scenario from blocks; `initiative` and `reply` are gate tables laid over gates that are shut."""
    ladder = blocks.pop("ladder", LADDER)
    shut = {rung["id"]: {"intercept": SHUT} for rung in ladder[1:]}
    coefficients = {
        "initiative": shut | blocks.pop("initiative", {}),
        "reply": shut | blocks.pop("reply", {}),
        "war_end": blocks.pop("war_end", {"intercept": SHUT}),
        "memory": blocks.pop("memory", {"fast": 2.0, "slow": 20.0, "worst": 26.0}),
        "frailty_sd": blocks.pop("frailty_sd", 0.0),
    }
    states = [{"id": name, "capability": 0.1} for name in blocks.pop("states", ["AAA", "BBB"])]
    defaults = {
        "format_version": 1,
        "id": "small",
        "title": "small",
        "start": START.isoformat(),
        "horizon": "7 days",
        "ladder": ladder,
        "coefficients": coefficients,
        "states": states,
        "rivalries": [{"between": ["AAA", "BBB"]}],
        "outcomes": [outcome("anything", {"act": {"at_least": ladder[1]["id"]}})],
    }
    for key in ("horizon", "tick"):  # in days, where they are numbers
        if isinstance(blocks.get(key), float):
            blocks[key] = f"{blocks[key]!r} days"
    return Scenario.model_validate(defaults | blocks)


def outcome(name: str, *when: dict[str, Any]) -> dict[str, Any]:
    """An outcome that is true once all of `when` hold."""
    return {"id": name, "label": name, "kind": "vertical", "resolution": "as the arrays say", "when": list(when)}


def run(
    scenario: Scenario,
    n: int,
    seed: int,
    jobs: int = 1,
    *,
    draws: int = 1,
    days: Sequence[float] = (),
    rows: int | None = None,
) -> ensemble.Tally:
    """Tally of `n` replicates through the engine of every ensemble. (Seven parameters: those of `ensemble.run`.)"""
    compiler, values = Compiler(scenario), parameter_draws(scenario, seed, draws)
    return ensemble.run(lambda p: compiler.setup(values[p]), draws, n, seed, jobs, days=days, rows=rows)


def names_of(scenario: Scenario) -> tuple[str, ...]:
    """Ids of the outcomes in the order of a tally."""
    return Compiler(scenario).names.outcomes


def calm(events: Sequence[dict[str, Any]], **blocks: Any) -> Scenario:
    """A crisis of events alone, in which nobody can act; each event has an outcome of its name."""
    outcomes = [outcome(event["id"], {"event": event["id"]}) for event in events]
    whole = {"events": [{"actor": "AAA"} | event for event in events], "outcomes": outcomes, "rivalries": []}
    return crisis(**(whole | blocks))


def storm(**changes: Any) -> Scenario:
    """A scenario with a bit of everything: war, support, treaties, events, beliefs, rules, effort, uncertainty."""
    states = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    gates = {"protest": -1.5, "arm": -1.0, "strike": -2.0, "fight": -1.5, "war": -2.0}
    initiative = {gate: {"intercept": x} for gate, x in gates.items()}
    initiative["protest"] |= {"own_slow": 1.0, "their_slow": 0.5, "frailty": 1.0, "obligation": 1.5}
    reply = {gate: {"intercept": x + 0.5} for gate, x in gates.items()}
    reply["protest"] |= {"reply_to_strike": 1.0, "third_party": -1.0, "habituation": -0.5}
    defaults: dict[str, Any] = {
        "states": states,
        "horizon": "182 days",
        "initiative": initiative,
        "reply": reply,
        "war_end": {"intercept": -3.0, "strain": 1.0},
        "frailty_sd": 0.7,
        "rivalries": [{"between": ["AAA", "BBB"]}, {"between": ["CCC", "DDD"]}, {"between": ["AAA", "DDD"]}],
        "wars": [{"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2024-01-01"}],
        "support": [
            {"id": "c_to_b", "by": "CCC", "to": "BBB", "against": "AAA", "rung": "arm"},
            {"id": "d_to_a", "by": "DDD", "to": "AAA", "against": "BBB", "rung": "arm", "troops": 3000.0},
        ],
        "commitments": [
            {"id": "pact", "type": "defence", "members": ["CCC", "EEE"], "trigger": {"at_least": "strike"},
             "reliability": {"dist": "beta", "a": 8.0, "b": 2.0}},
            {"id": "axis", "type": "defence", "holder": "DDD", "ally": "AAA", "trigger": {"at_least": "strike"},
             "reliability": 0.5, "in_force_from": "2024-12-04"},
        ],
        "events": [
            {"id": "parade", "actor": "DDD", "act": "strike", "toward": "BBB", "in_support_of": "AAA",
             "between": ["2024-11-01", "2024-12-15"], "probability": 0.8, "troops": 7000.0,
             "believed": {"CCC": 0.6, "others": 0.9}},
            {"id": "coup", "actor": "AAA", "hazard": {"rate": 0.8, "per": "year"}, "one_of": "fate"},
            {"id": "vote", "actor": "AAA", "hazard": {"rate": 1.5, "per": "year"}, "one_of": "fate"},
        ],
        "efforts": [{"state": "AAA", "troops": 50000.0, "needed": 55000.0, "losses_per_week": 800.0,
                     "recruits_per_week": {"dist": "uniform", "loc": 500.0, "scale": 400.0}, "tolerance": 0.2}],
        "rules": [
            {"id": "alarm", "actor": "CCC", "toward": "AAA", "uncertainty": {"sd": 0.5},
             "when": [{"act": {"by": "DDD", "in_support_of": "AAA", "at_least": "strike", "within": "8 weeks"}}],
             "then": {"arm": 1.1, "protest": 1.0}},
            {"id": "weary", "actor": "AAA", "toward": "BBB", "then": {"war_end": 0.5, "coup": 0.7}},
            {"id": "restraint", "actor": "EEE", "not_above": "strike"},
        ],
        "outcomes": [
            outcome("ceasefire", {"war": {"between": ["AAA", "BBB"], "status": "ended"}}),
            outcome("coup", {"event": "coup"}),
            outcome("vote", {"event": "vote"}),
            outcome("arms", {"act": {"by": "CCC", "toward": "AAA", "at_least": "arm"}}),
            outcome("wider", {"belligerents": {"at_least": 3}}),
            outcome("pact_called", {"commitment": {"id": "pact", "status": "triggered"}}),
            outcome("pact_kept", {"commitment": {"id": "pact", "status": "honoured"}}),
            outcome("strained", {"strain": {"of": "AAA", "at_least": 0.8}}),
        ],
    }  # fmt: skip
    return crisis(**(defaults | changes))
