"""Random scenarios with every feature of the language, for tests that compare implementations of the theory."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

STATES = (*(letter * 3 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "ABC", "BCD", "CDE", "DEF")  # up to 30
RUNGS = ("protest", "coerce", "threaten", "display", "arm", "strike", "fight", "war")
RELATIONS = ("anyone", "ally", "partner", "rival")
BASIS = {"basis": "elicited", "because": "made up"}
SOURCE = {"source": "made up"}
Tree = dict[str, Any]


@functools.cache
def _number(low: float, high: float) -> st.SearchStrategy[Tree]:
    return st.floats(low, high).map(lambda x: {"value": round(x, 3), "because": "drawn"})


def _some_of(block: Tree) -> st.SearchStrategy[Tree]:
    """Any part of a block."""
    return st.fixed_dictionaries({}, optional={key: st.just(value) for key, value in block.items()})


@functools.cache
def _act(on_edge: bool) -> st.SearchStrategy[Tree]:
    who = st.sampled_from([*STATES[:3], "anyone", "pact", ["AAA", "CCC"], {"anyone_but": ["BBB"]}])
    if on_edge:  # an outcome has no actor that could have partners or memories
        who |= st.sampled_from([*RELATIONS, "actor", "toward"])
    usual = {"by": who, "toward": who, "in_support_of": who, "within": st.just("6 weeks")}
    usual |= {"magnitude_at_least": st.just(100), "at_most": st.sampled_from(["strike", "fight"])}
    found = st.fixed_dictionaries({"at_least": st.sampled_from(("assist", *RUNGS[:-2]))}, optional=usual)
    if on_edge:  # one side at war at the moment
        side = st.sampled_from(["by", "toward"]).map(lambda side: {side: "belligerent"})
        found |= st.builds(lambda act, side: act | side, found, side)
    return found.map(lambda act: {"act": act})


@functools.cache
def _condition(events: tuple[str, ...], on_edge: bool = True) -> st.SearchStrategy[Tree]:
    state = st.sampled_from([*STATES[:3], "anyone"])
    statuses = st.sampled_from(["in_force", "triggered", "honoured"])
    kinds = [
        _act(on_edge),
        st.builds(lambda status, name: {"commitment": {"id": name, "status": status}}, statuses,
                  st.sampled_from(["pact", "talks"])),
        st.just({"strain": {"of": "AAA", "at_least": 0.3}}),
        st.just({"calendar": {"months": [12, 1, 2]}}),
        _some_of({"from": "2020-02-01", "until": "2020-05-01"}).filter(bool).map(lambda when: {"calendar": when}),
        st.builds(lambda other, status: {"war": {"between": ["AAA", other]} | status}, state,
                  st.fixed_dictionaries({}, optional={"status": st.sampled_from(["on", "began", "ended"])})),
        st.fixed_dictionaries({"by": state, "at_least": st.sampled_from(["assist", "arm", "fight"])},
                              optional={"in_support_of": state}).map(lambda what: {"standing": what}),
        st.integers(2, 4).map(lambda n: {"belligerents": {"at_least": n}}),
        st.just({"opposing_nuclear_powers": True}),
        st.sampled_from(events).map(lambda event: {"event": event}),
    ]  # fmt: skip
    if on_edge:
        memory = {"of": st.sampled_from(["own", "theirs"]), "kind": st.sampled_from(["fast", "slow", "worst"])}
        kinds.append(st.fixed_dictionaries(memory).map(lambda what: {"memory": what | {"at_least": 0.2}}))
    plain = st.one_of(kinds)
    return plain | plain.map(lambda condition: {"not": condition})


@functools.cache
def _states(names: tuple[str, ...]) -> st.SearchStrategy[list[Tree]]:
    def one(name: str) -> st.SearchStrategy[Tree]:
        fixed = {"id": st.just(name), "name": st.just(name), "source": st.just("made up")}
        fixed |= {
            "capability": _number(0.01, 0.2),
            "warheads": st.sampled_from([0, 40]).map(lambda n: {"value": n, **BASIS}),
        }
        return st.fixed_dictionaries(fixed, optional={"major_power": st.booleans()})

    return st.tuples(*map(one, names)).map(list)


@functools.cache
def _rules(events: tuple[str, ...]) -> st.SearchStrategy[list[Tree]]:
    actors = st.sampled_from(["AAA", "BBB", "CCC", "anyone", "pact", ["AAA", "BBB"], {"anyone_but": ["AAA"]}])
    effects = {gate: _number(-2, 4) for gate in RUNGS} | {"war_end": _number(-2, 2)}
    when = st.lists(_condition(events), max_size=2)
    what = {
        "toward": st.sampled_from([*RELATIONS, "belligerent", "BBB", "pact"]),
        "phase": st.sampled_from(["both", "initiative", "reply"]),
        "then": st.fixed_dictionaries({}, optional=effects).filter(bool),
        "not_above": st.sampled_from(["display", "strike", "war"]),
    }
    rule = st.fixed_dictionaries({"actor": actors, "when": when}, optional=what)
    push = st.fixed_dictionaries({"first": _number(-1, 3)})  # on an event
    last = st.fixed_dictionaries({"actor": st.just("AAA"), "when": when, "then": push})
    rules = st.lists(rule.filter(lambda rule: "then" in rule or "not_above" in rule), min_size=2, max_size=6)
    return st.builds(
        lambda some, one: [{"id": f"rule{k}", **rule, **BASIS} for k, rule in enumerate([*some, one])], rules, last
    )


@st.composite
def _commitments(draw: st.DrawFn) -> list[Tree]:
    trigger = {"at_least": "strike"} | draw(_some_of({"covers_initiators": True, "by": ["AAA"]}))
    pact = {"id": "pact", "type": draw(st.sampled_from(["defence", "offence"])), "members": ["BBB", "CCC"]}
    pact |= {"trigger": trigger, "reliability": {"value": 0.6, **BASIS}, **SOURCE}
    pact |= draw(_some_of({"in_force_from": "2020-02-01", "in_force_until": "2020-04-10", "weight": 0.6,
                           "joined": {"CCC": "2020-01-20"}, "left": {"BBB": "2020-04-15"}}))  # fmt: skip
    kind = draw(st.sampled_from(["consultation", "neutrality", "non_aggression", "support_policy", "defence"]))
    talks = {"id": "talks", "type": kind, "holder": draw(st.sampled_from(["CCC", "BBB"])), "ally": "AAA"}
    return [pact, talks | {"trigger": {"at_least": "threaten"}, "reliability": {"value": 0.8, **BASIS}, **SOURCE}]


@st.composite
def _events(draw: st.DrawFn) -> list[Tree]:
    """Acts, flags, troops that come and go; on a day, between days, at a hazard; alone and one of several."""
    helps = {"toward": "AAA", "in_support_of": "BBB"}
    believed = draw(_some_of({"BBB": {"value": 0.5, **BASIS}, "others": {"value": 0.7, **BASIS}}))
    hazard = {"rate": {"value": 2, **BASIS}, "per": draw(st.sampled_from(["month", "year"]))}
    per_week = {"rate": {"value": 0.1, **BASIS}, "per": "week"}
    when = draw(st.lists(_condition(("arrival",), on_edge=False), max_size=1))
    span = ["2020-01-10", "2020-03-01"]
    return [
        {"id": "arrival", "actor": "CCC", "act": "display", **helps, "between": span, "believed": believed,
         "probability": {"value": 0.7, **BASIS}, "troops": {"value": 500, **BASIS}},
        {"id": "first", "actor": "AAA", "one_of": "fate",
         "hazard": hazard | draw(_some_of({"from": "2020-01-20", "until": "2020-04-01"}))},
        {"id": "second", "actor": "BBB", "hazard": per_week, "one_of": "fate", "when": when,
         "recruits_per_week": {"value": 100, **BASIS}},
        {"id": "raid", "actor": "BBB", "act": "strike", "toward": "AAA", "hazard": per_week, "believed": believed},
        {"id": "yes", "actor": "AAA", "between": span, "one_of": "vote", "probability": {"value": 0.4, **BASIS}},
        {"id": "no", "actor": "AAA", "between": span, "one_of": "vote", "probability": {"value": 0.3, **BASIS},
         "when": when},
        {"id": "leaving", "actor": "CCC", **helps, "withdraws": True, "on": "2020-04-01"},
    ]  # fmt: skip


@st.composite
def _outcomes(draw: st.DrawFn, events: tuple[str, ...]) -> list[Tree]:
    clause = st.lists(_condition(events, on_edge=False), min_size=1, max_size=2)
    asked = [{"when": draw(clause)}, {"any_of": draw(st.lists(clause, min_size=1, max_size=3))}]
    asked.append({"when": [{"outcome": "out0"}, *draw(st.just([]) | clause)]})
    text = {"label": "label", "kind": "vertical", "resolution": "made up"}
    return [{"id": f"out{k}", **text, **what} for k, what in enumerate(asked)]


@st.composite
def _ladder(draw: st.DrawFn) -> list[Tree]:
    """Rungs of other weight than the packaged ones, some of equal severity."""
    extra = {"fight": {"needs": "partner_at_war", "joins_war": True}, "war": {"starts_war": True}}
    extra |= {"nuclear": {"needs": "nuclear_weapon", "starts_war": True}}
    extra |= {rung: {"needs": "partner"} for rung in ("assist", "arm")}
    names = ["routine", "protest", "coerce", "assist", "threaten", "display", "arm", "seize", "strike", "fight", "war",
             "nuclear"]  # fmt: skip
    severity = sorted(draw(st.lists(st.sampled_from([0.05, 0.1, 0.2, 0.5, 0.9, 1.0]), min_size=11, max_size=11)))
    return [
        {"id": name, "label": name, "severity": worst, "hostility_level": 1 + 4 * k // 11, **extra.get(name, {})}
        | ({"memory": draw(st.sampled_from([0.2, 0.6, 1.0]))} if k else {"memory": 0.0})
        for k, (name, worst) in enumerate(zip(names, [0.0, *severity], strict=True))
    ]


@st.composite
def _scenario(draw: st.DrawFn, most_states: int = 5) -> Tree:
    """A crisis among the first three states, and others who live beside it, are rivals, and may be drawn in."""
    states = STATES[: draw(st.integers(3, most_states))]
    events = ("arrival", "first", "second", "raid", "yes")
    pairs = st.lists(st.sampled_from(states), min_size=2, max_size=2, unique=True)
    relations = st.lists(pairs.map(sorted).map(tuple), max_size=len(states), unique=True).map(
        lambda found: [{"between": list(pair), **SOURCE} for pair in found if pair != ("AAA", "BBB")]
    )
    aid = {
        "id": "aid",
        "by": "CCC",
        "to": "BBB",
        "against": "AAA",
        "rung": draw(st.sampled_from(["assist", "arm", "fight"])),
    }
    war = {"id": "old", "sides": [["AAA"], ["BBB"]], "since": "2019-06-01"} | draw(_some_of({"initiator": "AAA"}))
    effort = {"state": "AAA", "troops": 90000, "needed": 100000, "losses_per_week": 2000, "recruits_per_week": 1500}
    effort |= {"tolerance": 0.3} | draw(_some_of({"winter_losses": 0.7, "rear_value": 0.5}))
    closed = {"by": ["CCC"], "toward": ["AAA"], "rungs": draw(st.sampled_from([["strike"], ["protest", "display"]]))}
    optional = _some_of({"closed": [closed | SOURCE], "contingent": 4000, "wars": [war | SOURCE],
                         "ladder": draw(_ladder())})  # fmt: skip
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
            "war_end": {"intercept": draw(_number(-4.0, 0.0))},
        },
        "states": draw(_states(states)),
        "rivalries": [{"between": ["AAA", "BBB"], **SOURCE}, *draw(relations)],
        "borders": draw(relations),
        "support": [aid | draw(_some_of({"since": "2019-07-01", "troops": draw(_number(0, 5000))})) | SOURCE],
        "history": [{"by": "BBB", "toward": "AAA", "act": "display", "on": "2019-12-01", **SOURCE}],
        "commitments": draw(_commitments()),
        "events": [event | BASIS for event in draw(_events())],
        "efforts": [effort | BASIS],
        "rules": draw(_rules(events)),
        "outcomes": draw(_outcomes(events)),
        "wars": [],
    } | draw(optional)


@pytest.fixture(scope="session")
def scenario_tree() -> Callable[..., st.SearchStrategy[Tree]]:
    """Strategy for scenarios as plain trees, of five states or as many as are asked for."""
    return _scenario


@pytest.fixture(scope="session")
def small_tree() -> Tree:
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
def small_scenario(small_tree: Tree) -> Any:
    """The fixed example as a Scenario."""
    from escalation_sim.scenario.schema import Scenario

    return Scenario.model_validate(small_tree)


@pytest.fixture(scope="session")
def small(small_scenario: Any) -> Any:
    """The fixed example, compiled."""
    from escalation_sim.scenario.resolve import resolve
    from escalation_sim.scenario.to_arrays import Compiler

    return Compiler(resolve(small_scenario))
