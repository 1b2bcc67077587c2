"""Random small scenarios with every feature of the language, for tests that compare the two drivers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

STATES = ("AAA", "BBB", "CCC", "DDD", "EEE")
RUNGS = ("protest", "coerce", "threaten", "display", "arm", "strike", "fight", "war")


def _number(low: float, high: float) -> st.SearchStrategy[dict[str, Any]]:
    return st.floats(low, high).map(lambda x: {"value": round(x, 3), "basis": "elicited"})


@st.composite
def _condition(draw: st.DrawFn, events: list[str], on_edge: bool = True) -> dict[str, Any]:
    state, rung = st.sampled_from(STATES[:3]), st.sampled_from(RUNGS)
    kinds = [
        {"act": {"by": draw(state), "at_least": draw(rung), "within": "6 weeks"}},
        {"act": {"in_support_of": draw(state), "at_least": "assist", "magnitude_at_least": 100}},
        {"commitment": {"id": "pact", "status": draw(st.sampled_from(["in_force", "triggered", "honoured"]))}},
        {"strain": {"of": "AAA", "at_least": 0.3}},
        {"calendar": {"months": [12, 1, 2]}},
        {"calendar": {"from": "2020-02-01", "until": "2020-05-01"}},
        {"war": {"between": ["AAA", "anyone"], "status": draw(st.sampled_from(["on", "began", "ended"]))}},
        {"standing": {"by": draw(state), "at_least": "assist"}},
        {"belligerents": {"at_least": draw(st.integers(2, 4))}},
        {"opposing_nuclear_powers": True},
        *({"event": event} for event in events),
    ]
    if on_edge:  # an outcome has no actor that could have partners or memories
        kinds += [
            {"act": {"by": "belligerent", "toward": "partner", "at_least": draw(rung)}},
            {"memory": {"of": draw(st.sampled_from(["own", "theirs"])), "kind": "slow", "at_least": 0.2}},
        ]
    chosen = draw(st.sampled_from(kinds))
    return {"not": chosen} if draw(st.booleans()) else chosen


@st.composite
def _scenario(draw: st.DrawFn) -> dict[str, Any]:
    states = STATES[: draw(st.integers(3, 5))]
    some = st.sampled_from(states[:3])
    events = ["arrival", "first", "second"]
    conditions = st.lists(_condition(events), max_size=2)
    rules = [
        {
            "id": f"rule{k}",
            "actor": draw(st.one_of(some, st.just("anyone"), st.just("pact"))),
            "toward": draw(st.sampled_from(["anyone", "rival", "belligerent", "BBB"])),
            "when": draw(conditions),
            "then": {draw(st.sampled_from(RUNGS)): draw(_number(-2, 4)), "war_end": draw(_number(-2, 2))},
            "phase": draw(st.sampled_from(["both", "initiative", "reply"])),
            "basis": "elicited",
        }
        for k in range(draw(st.integers(1, 5)))
    ]
    rules.append({"id": "cap", "actor": "CCC", "toward": "anyone", "not_above": "strike", "basis": "elicited"})
    rules.append(
        {
            "id": "push",
            "actor": "AAA",
            "when": draw(conditions),
            "then": {"first": draw(_number(-1, 3))},
            "basis": "elicited",
        }
    )
    return {
        "format_version": 1,
        "id": "random",
        "title": "Random",
        "start": "2020-01-01",
        "tick": draw(st.sampled_from(["1 week", "3 days", "2 weeks"])),
        "horizon": "120 days",
        "reply_rounds": draw(st.integers(0, 3)),
        "windows": ["60 days"],
        # Hotter than history, so that every branch of the theory is walked within a few weeks.
        "coefficients": {
            "initiative": {gate: {"intercept": draw(_number(-1.5, 1.0))} for gate in RUNGS},
            "reply": {gate: {"intercept": draw(_number(-1.5, 1.0))} for gate in RUNGS},
        },
        "states": [
            {
                "id": s,
                "name": s,
                "capability": {"value": 0.01, "basis": "fact"},
                "warheads": draw(_number(0, 1)),
                "personnel": {"value": 10, "basis": "fact"},
                "source": "made up",
            }
            for s in states
        ],
        "rivalries": [{"between": ["AAA", "BBB"]}, *([{"between": ["BBB", "CCC"]}] if draw(st.booleans()) else [])],
        "wars": [{"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2019-06-01"}]
        if draw(st.booleans())
        else [],
        "support": [
            {"id": "aid", "by": "CCC", "to": "BBB", "against": "AAA", "rung": "arm", "troops": draw(_number(0, 5000))}
        ],
        "history": [{"by": "BBB", "toward": "AAA", "act": "display", "on": "2019-12-01", "source": "made up"}],
        "commitments": [
            {
                "id": "pact",
                "type": "defence",
                "members": ["BBB", "CCC"],
                "in_force_from": "2020-02-01",
                "trigger": {"at_least": "strike", "covers_initiators": draw(st.booleans())},
                "reliability": {"value": 0.6, "basis": "elicited"},
                "source": "made up",
            }
        ],
        "events": [
            {
                "id": "arrival",
                "actor": "CCC",
                "act": "display",
                "toward": "AAA",
                "in_support_of": "BBB",
                "between": ["2020-01-10", "2020-03-01"],
                "probability": {"value": 0.7, "basis": "elicited"},
                "troops": {"value": 500, "basis": "elicited"},
                "believed": {"BBB": {"value": 0.5, "basis": "elicited"}},
            },
            {
                "id": "first",
                "actor": "AAA",
                "hazard": {"rate": {"value": 2, "basis": "elicited"}, "per": "year"},
                "one_of": "fate",
            },
            {
                "id": "second",
                "actor": "BBB",
                "hazard": {"rate": {"value": 3, "basis": "elicited"}, "per": "year"},
                "one_of": "fate",
                "recruits_per_week": {"value": 100, "basis": "elicited"},
                "when": draw(st.lists(_condition(["arrival"], on_edge=False), max_size=1)),
            },
            {
                "id": "leaving",
                "actor": "CCC",
                "toward": "AAA",
                "in_support_of": "BBB",
                "withdraws": True,
                "on": "2020-04-01",
            },
        ],
        "efforts": [
            {
                "state": "AAA",
                "troops": 90000,
                "needed": 100000,
                "losses_per_week": 2000,
                "recruits_per_week": 1500,
                "winter_losses": 0.7,
                "tolerance": 0.3,
                "basis": "elicited",
                "because": "made up",
            }
        ],
        "rules": rules,
        "outcomes": [
            {
                "id": f"out{k}",
                "label": f"Outcome {k}",
                "kind": "vertical",
                "resolution": "made up",
                "when": draw(st.lists(_condition(events, on_edge=False), min_size=1, max_size=2)),
            }
            for k in range(2)
        ]
        + [
            {"id": "late", "label": "Late", "kind": "political", "resolution": "made up", "when": [{"outcome": "out0"}]}
        ],
    }


@pytest.fixture(scope="session")
def scenario_tree() -> Callable[[], st.SearchStrategy[dict[str, Any]]]:
    """Strategy for scenarios as plain trees."""
    return _scenario


@pytest.fixture(scope="session")
def small_tree() -> dict[str, Any]:
    """One fixed example of the random scenarios, as a plain tree."""
    from hypothesis import HealthCheck, Phase, find, settings

    quiet = settings(max_examples=50, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)
    return find(
        _scenario(),
        lambda tree: len(tree["wars"]) == 1 and tree["reply_rounds"] == 2,
        settings=quiet,
        random=random.Random(1),
    )


@pytest.fixture(scope="session")
def small_scenario(small_tree: dict[str, Any]) -> Any:
    """The fixed example as a Scenario."""
    from escalation_sim.scenario.schema import Scenario

    return Scenario.model_validate(small_tree)


@pytest.fixture(scope="session")
def small(small_scenario: Any) -> Any:
    """The fixed example, compiled."""
    from escalation_sim.scenario.resolve import resolve
    from escalation_sim.scenario.to_arrays import Compiler

    return Compiler(resolve(small_scenario))
