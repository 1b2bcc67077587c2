"""The arrays of a scenario, against what its blocks say: who can act, who cares, what is open, what is remembered."""

import math

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.scenario.to_arrays import Compiler

RIVALS = [{"between": ["AAA", "BBB"]}]
STATES = ["AAA", "BBB", "CCC", "DDD", "EEE"]
PACT = {"id": "pact", "type": "defence", "reliability": 0.8, "trigger": {"at_least": "strike"}}


@pytest.fixture(scope="module")
def compiler(crisis):
    """Function that compiles a scenario of five states from blocks."""
    return lambda **blocks: Compiler(crisis(**({"states": STATES} | blocks)))


def both(*pairs):
    return sorted(f"{a}>{b}" for one, other in pairs for a, b in ((one, other), (other, one)))


EVENT = {"id": "e", "actor": "CCC", "act": "strike", "toward": "DDD", "on": "2024-11-01"}
AB = ("AAA", "BBB")


@pytest.mark.parametrize(
    ("blocks", "further"),
    [
        ({}, []),
        ({"wars": [{"id": "w", "sides": [["CCC", "DDD"], ["EEE"]], "since": "2024-01-01"}]},
         [("CCC", "EEE"), ("DDD", "EEE")]),
        ({"support": [{"id": "s", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "arm"}]}, [("BBB", "CCC")]),
        ({"commitments": [PACT | {"holder": "CCC", "ally": "AAA"}]}, [("BBB", "CCC")]),
        ({"commitments": [PACT | {"members": ["AAA", "CCC"]}]}, [("BBB", "CCC")]),
        ({"commitments": [PACT | {"type": "neutrality", "trigger": None, "holder": "CCC", "ally": "AAA"}]}, []),
        ({"events": [EVENT]}, [("CCC", "DDD")]),
        ({"history": [{"by": "CCC", "toward": "DDD", "act": "strike", "on": "2024-01-01"}]}, [("CCC", "DDD")]),
        ({"rules": [{"id": "r", "actor": ["CCC", "DDD"], "toward": "EEE", "then": {"protest": 1.0}}]},
         [("CCC", "EEE"), ("DDD", "EEE")]),
        ({"rules": [{"id": "r", "actor": "CCC", "toward": "anyone", "then": {"protest": 1.0}}]}, []),
    ],
    ids=["rivals", "war", "support", "promise", "pact", "neutral", "event", "past", "rule", "wide rule"],
)  # fmt: skip
def test_who_can_act_against_whom(compiler, blocks, further):
    made = compiler(**blocks)
    assert list(made.names.edges) == both(AB, *further)
    setup = made.setup()
    for e, name in enumerate(made.names.edges):
        a, b = name.split(">")
        assert (made.names.states[setup.actor[e]], made.names.states[setup.target[e]]) == (a, b)
        assert made.names.edges[setup.reverse[e]] == f"{b}>{a}"
        assert setup.edge_of[setup.actor[e], setup.target[e]] == e
        assert e in setup.dyad_edges[setup.dyad[e]]
    assert (setup.edge_of >= 0).sum() == len(made.names.edges)


def test_wide_rules_speak_on_the_edges_there_are(compiler):
    rules = [{"id": "wide", "actor": {"anyone_but": ["BBB"]}, "then": {"protest": 1.0, "strike": -2.0}}]
    setup = compiler(rules=rules).setup()
    assert np.diff(setup.rows_from).tolist()[:2] == [1, 0]  # AAA>BBB has it, BBB>AAA has not
    first, last = setup.row_effects[0]
    effects = dict(zip(setup.effect_gate[first:last].tolist(), setup.effect_value[first:last].tolist(), strict=True))
    assert effects == {1: 1.0, 3: -2.0}


def test_rungs_that_geography_or_means_forbid_are_closed(compiler, crisis):
    made = compiler(closed=[{"by": ["AAA"], "toward": ["BBB"], "rungs": ["strike", "war"]}])
    closed = made.setup().closed
    assert closed[made.names.edges.index("AAA>BBB")].tolist() == [0, 0, 0, 1, 0, 1]
    assert not closed[made.names.edges.index("BBB>AAA")].any()
    bomb = {"id": "bomb", "label": "b", "severity": 1.0, "hostility_level": 5, "needs": "nuclear_weapon"}
    ladder = [{"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1}, bomb]
    scenario = crisis(ladder=ladder)
    armed = scenario.states[0].model_copy(update={"warheads": scenario.states[0].capability})
    made = Compiler(scenario.model_copy(update={"states": (armed, *scenario.states[1:])}))
    assert made.nuclear == {"AAA"}
    assert made.setup().closed.tolist() == [[0, 0], [0, 1]]


def test_static_covariates_of_an_edge(compiler):
    made = compiler(borders=RIVALS, commitments=[PACT | {"type": "non_aggression", "trigger": None,
                                                         "members": ["AAA", "BBB"]}])  # fmt: skip
    states = [{"id": "AAA", "capability": 0.2, "warheads": 5.0, "major_power": True}, {"id": "BBB", "capability": 0.05}]
    scenario = made.scenario.model_copy(update={"states": tuple(type(made.scenario.states[0])(**s) for s in states)})
    setup = Compiler(scenario).setup()
    values = dict(zip(w.STATIC_COVARIATES, setup.static[0], strict=True))
    expected = {"intercept": 1.0, "power_ratio": math.log(4.0), "own_nuclear": 1.0, "their_nuclear": 0.0,
                "both_nuclear": 0.0, "contiguous": 1.0, "rival": 1.0, "pact": 1.0, "own_major": 1.0,
                "their_major": 0.0, "post_1990": 1.0}  # fmt: skip
    assert {name: values[name] for name in expected} == pytest.approx(expected)
    other = dict(zip(w.STATIC_COVARIATES, setup.static[1], strict=True))
    assert other["power_ratio"] == pytest.approx(-math.log(4.0))
    assert (other["own_nuclear"], other["their_nuclear"], other["their_major"]) == (0.0, 1.0, 1.0)


def test_coefficients_lie_where_phase_gate_and_covariate_say(compiler):
    initiative = {"strike": {"intercept": -1.0, "rival": 0.25, "their_slow": 2.0}}
    reply = {"war": {"intercept": -2.0, "reply_to_strike": 3.0, "first_reply": 0.5}}
    setup = compiler(initiative=initiative, reply=reply).setup()
    assert setup.base[0, 0, 3] == pytest.approx(-0.75)
    assert setup.base[1, 0, 5] == pytest.approx(-2.0)
    assert setup.dynamic_coefficient[0, 3, w.THEIR_SLOW] == 2.0
    assert setup.dynamic_coefficient[1, 5, w.FIRST_REPLY] == 0.5
    assert (setup.dynamic_coefficient != 0.0).sum() == 2
    assert setup.reply_to[5, 3] == 3.0
    assert (setup.reply_to != 0.0).sum() == 1


def test_the_past_is_remembered_as_far_as_memories_reach(compiler):
    history = [{"by": "AAA", "toward": "BBB", "act": "strike", "on": "2024-10-10"},
               {"by": "AAA", "toward": "BBB", "act": "protest", "on": "2024-10-24"},
               {"by": "BBB", "toward": "AAA", "act": "strike", "on": "2024-06-06"}]  # fmt: skip
    fast, slow, worst = compiler(history=history).setup().first_memory
    two, twenty = 0.5 ** (14 / 7 / 2.0), 0.5 ** (14 / 7 / 20.0)
    assert fast[0] == pytest.approx(max(two, 0.5))
    assert slow[0] == pytest.approx(twenty)
    assert worst[0] == pytest.approx(0.6 * 0.5 ** (14 / 7 / 26.0))
    assert slow[1] == pytest.approx(0.5)  # 140 days: 20 weeks


def test_what_stands_is_remembered_in_full(compiler):
    war = {"id": "w", "sides": [["AAA"], ["BBB"]], "since": "2023-10-25", "initiator": "BBB"}
    support = {"id": "s", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "arm", "troops": 70.0}
    made = compiler(wars=[war], support=[support])
    setup, edge = made.setup(), made.names.edges.index("CCC>BBB")
    dyad = made.names.dyads.index("AAA-BBB")
    assert setup.first_memory[:, made.names.edges.index("BBB>AAA")].tolist() == [1.0, 1.0, 0.9]
    assert setup.first_memory[:, edge].tolist() == [0.3, 0.3, 0.35]
    assert (setup.first_standing[edge], setup.first_support[edge], setup.first_deployed[edge]) == (2, 0, 70.0)
    assert (setup.first_war[dyad], setup.first_war_day[dyad], setup.first_initiator[dyad]) == (1, -365.0, 1)


def test_partners_come_by_weight(compiler):
    commitments = [PACT | {"id": "one", "holder": "CCC", "ally": "AAA", "weight": 0.4},
                   PACT | {"id": "two", "holder": "CCC", "ally": "DDD", "weight": 0.7}]  # fmt: skip
    rivalries = [{"between": ["AAA", "BBB"]}, {"between": ["DDD", "BBB"]}]
    made = compiler(commitments=commitments, rivalries=rivalries)
    setup, edge = made.setup(), made.names.edges.index("CCC>BBB")
    first, last = setup.helped_from[edge : edge + 2]
    assert [made.names.states[k] for k in setup.helped[first:last]] == ["DDD", "AAA"]
    assert [made.names.dyads[d] for d in setup.helped_dyad[first:last]] == ["BBB-DDD", "AAA-BBB"]
    first, last = setup.third_from[edge : edge + 2]
    cares = {made.names.edges[e]: v for e, v in
             zip(setup.third_edge[first:last], setup.third_weight[first:last], strict=True)}  # fmt: skip
    assert cares == {"BBB>AAA": 0.4, "BBB>DDD": 0.7}
    first, last = setup.holders_from[0:2]  # who cares about AAA
    assert [made.names.states[i] for i in setup.holder[first:last]] == ["CCC"]


def test_a_treaty_binds_each_pair_from_the_later_joining(compiler):
    pact = PACT | {"members": ["AAA", "CCC", "DDD"], "joined": {"CCC": "2024-11-03"}, "left": {"DDD": "2024-12-03"},
                   "in_force_from": "2024-10-25"}  # fmt: skip
    made = compiler(commitments=[pact])
    setup, names = made.setup(), list(made.names.commitments)
    assert len(names) == 6
    spans = {name: (setup.force_from[c], setup.force_until[c]) for c, name in enumerate(names)}
    assert spans["pact:AAA>CCC"] == spans["pact:CCC>AAA"] == (10.0, math.inf)
    assert spans["pact:AAA>DDD"] == (1.0, 40.0)
    assert spans["pact:CCC>DDD"] == (10.0, 40.0)
    for c, name in enumerate(names):
        holder, ally = name.removeprefix("pact:").split(">")
        assert (made.names.states[setup.holder_of[c]], made.names.states[setup.ally_of[c]]) == (holder, ally)
        assert c in setup.to_ally[slice(*setup.to_ally_from[setup.ally_of[c] : setup.ally_of[c] + 2])]


@pytest.mark.parametrize(("per", "weekly"), [("week", 0.3), ("month", 0.3 * 7 / (365.25 / 12)), ("year", 2.1 / 365.25)])
def test_hazards_become_weekly_rates(compiler, per, weekly):
    event = {"id": "e", "actor": "AAA", "hazard": {"rate": 0.3, "per": per, "from": "2024-11-03"}}
    setup = compiler(events=[event]).setup()
    assert setup.event_chance[0] == pytest.approx(weekly)
    assert (setup.event_from[0], setup.event_until[0]) == (10.0, math.inf)


def test_a_draw_replaces_its_number_and_no_other(compiler):
    uncertain = {"dist": "uniform", "loc": 0.2, "scale": 0.4}
    rules = [{"id": "r", "actor": "AAA", "then": {"protest": 1.0, "strike": uncertain}}]
    made = compiler(rules=rules, commitments=[PACT | {"holder": "CCC", "ally": "AAA", "reliability": uncertain}])
    middle, drawn = made.setup(), made.setup({"rules.r.then.strike": -3.0, "commitments.pact.reliability": 0.25})
    assert middle.effect_value.tolist() == pytest.approx([1.0, 0.4])
    assert drawn.effect_value.tolist() == [1.0, -3.0]
    assert (middle.reliability[0], drawn.reliability[0]) == (pytest.approx(0.4), 0.25)
    changed = {name for name, a, b in zip(middle._fields, middle, drawn, strict=True) if not np.array_equal(a, b)}
    assert changed == {"effect_value", "reliability"}


@pytest.mark.parametrize(("tick", "horizon", "ticks"), [("7 days", "365 days", 53), ("7 days", "364 days", 52),
                                                        ("36h", "3 days", 2), ("1 month", "2 years", 24)])  # fmt: skip
def test_the_last_tick_reaches_the_horizon(compiler, tick, horizon, ticks):
    setup = compiler(tick=tick, horizon=horizon).setup()
    assert setup.n_ticks == len(setup.month) == len(setup.winter) == ticks


def test_months_and_winter(compiler):
    setup = compiler(horizon="112 days").setup()
    assert setup.month.tolist() == [10, 10, 11, 11, 11, 11, 12, 12, 12, 12, 1, 1, 1, 1, 1, 2]
    assert setup.winter[4] == 0.0
    assert 0.0 < setup.winter[5] < 1.0
    assert (setup.winter[6:] == 1.0).all()
