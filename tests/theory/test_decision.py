"""Bounds and chances of a climb against the same products done with a pencil."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.theory.decision import ceiling, decide, within_reach
from escalation_sim.theory.ladder import beneficiary, floor, in_combat
from escalation_sim.theory.tick import begin, unprompt, whole_tick

OPEN = {"intercept": 60.0}
WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}
RUNGS = ("routine", "protest", "arm", "strike", "fight", "war")


def logistic(x):
    return 1.0 / (1.0 + math.exp(-x))


@pytest.fixture(scope="session")
def opened(stage):
    """Function that lays out a scenario and begins it."""

    def begun(scenario, lineage=0, **changes):
        scene = stage(scenario, **changes)
        begin(scene.inside[0], scene.inside[1], key_schedule(1), np.uint64(lineage))
        return scene

    return begun


GATE = {"intercept": -3.0, "own_slow": 1.0, "their_slow": -0.5, "winter": 0.25, "frailty": 1.0}
RULES = [
    {"id": "up", "actor": "AAA", "then": {"protest": 0.5}, "when": [{"calendar": {"until": "2020-01-01"}}]},
    {"id": "down", "actor": "AAA", "then": {"protest": -0.7}},
    {"id": "elsewhere", "actor": "AAA", "then": {"arm": 0.9, "strike": 0.9}},  # gates that are not the first
]


@pytest.mark.parametrize("days", [3.5, 7.0, 14.0])
def test_the_ceiling_adds_all_that_can_help_and_nothing_that_hinders(crisis, opened, days):
    scene = opened(crisis(initiative={"protest": GATE}, rules=RULES, frailty_sd=0.8, tick=days, horizon="70 days"))
    frailty = scene.world.frailty[0]
    assert abs(frailty) > 0.05
    for edge, push in ((0, 0.5), (1, 0.0)):
        week = logistic(-3.0 + 1.0 + 0.25 + frailty + push)
        tick = week * days / 7.0 if days <= 7.0 else 1.0 - (1.0 - week) ** (days / 7.0)
        assert ceiling(*scene.inside[:2], edge) == scene.world.ceiling[edge] == pytest.approx(tick, rel=1e-8)


def test_the_first_gates_set_the_ceiling(crisis, opened):
    """Up to the first rung without a need, whichever is likeliest; closed ones do not count, later ones neither."""
    gates = {"protest": {"intercept": -4.0}, "arm": {"intercept": -1.0}, "strike": {"intercept": -2.0}, "war": OPEN}
    barred = [{"by": ["AAA"], "toward": ["BBB"], "rungs": ["protest"]},
              {"by": ["BBB"], "toward": ["AAA"], "rungs": ["protest", "arm"]}]  # fmt: skip
    scene = opened(crisis(initiative=gates, closed=barred))
    assert scene.world.ceiling[:2] == pytest.approx([logistic(-1.0), logistic(-2.0)], rel=1e-8)
    scene = opened(crisis(initiative=gates | {"arm": {"intercept": -3.0}}, closed=barred))
    assert scene.world.ceiling[:2] == pytest.approx([logistic(-2.0), logistic(-2.0)], rel=1e-8)
    scene = opened(crisis(initiative=gates))
    assert scene.world.ceiling[:2] == pytest.approx([logistic(-4.0)] * 2, rel=1e-8)


def test_nothing_is_open_behind_closed_rungs(crisis, opened):
    barred = [{"by": ["AAA"], "toward": ["BBB"], "rungs": list(RUNGS[1:])}]
    scene = opened(crisis(closed=barred, initiative={"protest": OPEN}))
    assert scene.world.ceiling[0] == 0.0
    assert scene.world.ceiling[1] == pytest.approx(1.0)


@pytest.fixture(scope="module")
def busy(storm, opened):
    """A stage some ticks into a crisis with everything in it."""
    scene = opened(storm(war_end={"intercept": -60.0}, tick="3 days"), lineage=5)
    for _ in range(9):
        whole_tick(*scene.inside, key_schedule(1), np.uint64(5))
    unprompt(scene.inside[1])
    return scene


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_initiative_is_likelier_than_the_ceiling_and_what_is_seen_is_a_share(busy, data):
    """Whatever the memories are. (Without a ceiling the same draw gives the same rung.)"""
    edge, u = data.draw(st.integers(0, len(busy.names.edges) - 1)), data.draw(st.floats(0.0, 0.999))
    kept = {name: getattr(busy.world, name).copy() for name in ("fast", "slow", "worst", "fresh", "obliged", "ceiling")}
    for name in ("fast", "slow", "worst", "fresh", "obliged"):
        getattr(busy.world, name)[:] = data.draw(st.floats(0.0, 1.0))
    bounded = decide(*busy.inside, edge, 0, u)
    busy.world.ceiling[edge] = 1.0
    free = decide(*busy.inside, edge, 0, u)
    busy.world.choice[edge] = 0
    seen = np.delete(busy.world.covariate, w.FRAILTY)
    for name, values in kept.items():
        getattr(busy.world, name)[:] = values
    assert bounded == free
    assert seen.min() >= 0.0
    assert seen.max() <= 1.0


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_rung_is_within_reach_as_often_as_draws_reach_it(busy, data):
    edge, phase = data.draw(st.integers(0, len(busy.names.edges) - 1)), data.draw(st.integers(0, 1))
    rung = data.draw(st.integers(1, len(RUNGS) - 1))
    busy.world.prompt[edge] = 0 if phase else -1
    chance = within_reach(*busy.inside, edge, phase, rung)
    assert 0.0 <= chance <= 1.0
    for u, reached in ((chance * (1 - 1e-9), chance > 0.0), (chance * (1 + 1e-9) + 1e-300, False)):
        if u < 1.0:
            assert (decide(*busy.inside, edge, phase, u) >= rung) is reached
    busy.world.prompt[edge], busy.world.choice[edge] = -1, 0


@pytest.mark.parametrize("days", [3.5, 7.0, 14.0])
def test_what_is_within_reach(crisis, opened, days):
    gates = {"protest": {"intercept": 1.0}, "strike": {"intercept": -1.0}, "war": {"intercept": -2.0}}
    scene = opened(crisis(initiative=gates, reply=gates, tick=days, horizon="70 days",
                          closed=[{"by": ["BBB"], "toward": ["AAA"], "rungs": ["war"]}]))  # fmt: skip
    strike, war = logistic(1.0) * logistic(-1.0), logistic(1.0) * logistic(-1.0) * logistic(-2.0)
    scene.world.prompt[0] = 0
    for rung, p in (("strike", strike), ("war", war), ("fight", war)):  # fight needs a partner: war is the next above
        tick = p * days / 7.0 if days <= 7.0 else 1.0 - (1.0 - p) ** (days / 7.0)
        assert within_reach(*scene.inside, 0, 0, RUNGS.index(rung)) == pytest.approx(tick, rel=1e-12)
        assert within_reach(*scene.inside, 0, 1, RUNGS.index(rung)) == pytest.approx(p, rel=1e-12)
    assert within_reach(*scene.inside, 1, 0, RUNGS.index("war")) == 0.0


def test_nobody_reaches_where_he_stands(crisis, opened):
    scene = opened(crisis(initiative={"war": OPEN}, wars=[WAR]))
    scene.world.prompt[0] = 0
    assert [within_reach(*scene.inside, 0, phase, RUNGS.index("war")) for phase in (0, 1)] == [0.0, 0.0]


def test_the_gates_of_who_acts_are_left_behind_and_the_others_blank(crisis, opened):
    gates = {"protest": {"intercept": 1.0}, "strike": {"intercept": -1.0}, "war": {"intercept": -2.0}}
    scene = opened(crisis(initiative=gates))
    assert decide(*scene.inside, 0, 0, 0.5) == RUNGS.index("protest")
    seen = [w.NEVER, logistic(1.0), w.NEVER, logistic(-1.0), w.NEVER, w.NEVER]  # the gate that stayed shut is the last
    assert scene.world.p_gate.tolist() == pytest.approx(seen)


def test_what_partners_suffer_counts_by_their_weight_and_as_far_as_it_is_believed(crisis, opened):
    """AAA strikes BBB, for whom GGG cares at 0.6: the freshness of the strike, as GGG sees it."""
    pact = {"id": "pact", "type": "defence", "holder": "GGG", "ally": "BBB", "reliability": 0.0, "weight": 0.6,
            "trigger": {"at_least": "war"}}  # fmt: skip
    raid = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
    for believed, fresh in ((1.0, 0.36), (0.0, 0.0)):
        event = raid | {"believed": {"GGG": believed}}
        scene = opened(crisis(states=["AAA", "BBB", "GGG"], commitments=[pact], events=[event], horizon="70 days"))
        whole_tick(*scene.inside, key_schedule(1), np.uint64(0))
        edge = scene.names.edges.index("GGG>AAA")
        scene.world.ceiling[edge] = 1.0
        decide(*scene.inside, edge, 0, 0.5)
        assert scene.world.covariate[w.PARTNER_FRESH] == pytest.approx(fresh)


RAIDS = [
    {"id": name, "actor": "AAA", "act": "protest", "toward": "BBB", "on": "2024-10-24"} for name in ("first", "second")
]


@pytest.mark.parametrize(("first", "second", "cause"), [
    ({"protest": 1.0}, {"strike": 2.0}, 1),  # the strongest, on whatever gate of the climb
    ({"protest": 2.0}, {"strike": 1.0}, 0),
    ({"strike": 1.0}, {"protest": 1.0}, 0),  # among equals the first rule
    ({"protest": 1.0}, {"war": 9.0}, 0),  # not on gates above
    ({"strike": -1.0}, {"protest": -2.0}, -1),  # what held back called nothing forth
    ({"strike": 1.0}, {}, 0),
])  # fmt: skip
def test_an_initiative_follows_from_what_moved_it_most(crisis, play, first, second, cause):
    rules = [{"id": f"r{k}", "actor": "BBB", "when": [{"event": event["id"]}], "then": then, "phase": "initiative"}
             for k, (event, then) in enumerate(zip(RAIDS, (first, second), strict=True)) if then]  # fmt: skip
    rules.append({"id": "idle", "actor": "BBB", "then": {"protest": 5.0}})  # the strongest of all, of no record
    rules.append({"id": "cap", "actor": "BBB", "not_above": "strike"})
    gates = {"protest": {"intercept": 60.0}, "strike": {"intercept": 60.0}}
    scene = play(crisis(initiative=gates, events=RAIDS, rules=rules), 1)
    decided = (scene.records.edge == 1) & (scene.records.phase == w.BY_INITIATIVE)
    (number,) = np.flatnonzero(decided[: scene.world.clock[w.CLOCK_RECORDS]])
    assert scene.records.rung[number] == RUNGS.index("strike")
    assert scene.records.cause[number] == cause


def test_a_draw_as_large_as_the_chance_is_too_large(crisis, opened):
    scene = opened(crisis(initiative={"protest": {"intercept": 0.0}}))
    scene.world.ceiling[0] = 1.0
    assert [decide(*scene.inside, 0, 0, u) for u in (np.nextafter(0.5, 0.0), 0.5)] == [1, 0]


SIDES = {"states": ["AAA", "BBB", "CCC"], "wars": [WAR], "rivalries": [{"between": ["BBB", "CCC"]}]}
FIGHTS = [{"id": "c", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "fight"}]


@pytest.mark.parametrize("edge", ["CCC>BBB", "BBB>CCC"])
def test_both_stand_in_combat_where_one_fights_beside_a_partner(crisis, opened, edge):
    scene = opened(crisis(**SIDES, support=FIGHTS))
    number = scene.names.edges.index(edge)
    assert in_combat(*scene.inside[:2], number)
    assert floor(*scene.inside[:2], number) == RUNGS.index("fight")
    scene = opened(crisis(**SIDES, support=[FIGHTS[0] | {"rung": "arm"}]))
    assert not in_combat(*scene.inside[:2], number)
    assert floor(*scene.inside[:2], number) == 0


@pytest.mark.parametrize("below", [OPEN, {"intercept": -60.0}], ids=["open", "shut"])
def test_from_combat_one_can_climb_on_by_initiative_and_answers_nothing(crisis, opened, below):
    """Whatever the gates below are: they lie behind."""
    gates = {"protest": below, "strike": below, "war": OPEN}
    scene = opened(crisis(**SIDES, support=FIGHTS, initiative=gates, reply=gates))
    war = RUNGS.index("war")
    for edge in map(scene.names.edges.index, ("CCC>BBB", "BBB>CCC")):
        scene.world.prompt[edge] = -1
        assert within_reach(*scene.inside, edge, 0, war) == pytest.approx(1.0)
        assert [within_reach(*scene.inside, edge, 0, RUNGS.index(rung)) for rung in ("strike", "fight")] == [0.0, 0.0]
        assert decide(*scene.inside, edge, 0, 0.5) == war
        scene.world.prompt[edge] = 0
        assert within_reach(*scene.inside, edge, 1, war) == 0.0
        assert decide(*scene.inside, edge, 1, 0.0) == 0


def test_a_partner_in_need_is_not_yet_at_war(crisis, opened):
    """After a strike on it AAA can be armed, but nobody fights beside it before there is a war."""
    pact = {"id": "pact", "type": "defence", "holder": "CCC", "ally": "AAA", "reliability": 0.0,
            "trigger": {"at_least": "war"}}  # fmt: skip
    history = [{"by": "BBB", "toward": "AAA", "act": "strike", "on": "2024-10-20"}]
    blocks = {"states": ["AAA", "BBB", "CCC"], "commitments": [pact]}
    partner = 0
    for more, expected in (
        ({}, (-1, False)),
        ({"history": history}, (partner, False)),
        ({"wars": [WAR]}, (partner, True)),
    ):
        scene = opened(crisis(**blocks, **more))
        assert beneficiary(*scene.inside[:2], scene.names.edges.index("CCC>BBB")) == expected


def test_an_initiative_answers_nothing(busy):
    """What belongs to a reply is blank in an initiative, whatever was answered before."""
    own = [w.FIRST_REPLY, w.THIRD_PARTY, w.ACCOMPLICE, w.HABITUATION]
    edge = next(edge for edge in range(len(busy.names.edges)) if floor(*busy.inside[:2], edge) == 0)
    busy.world.prompt[edge], busy.world.prompt_link[edge] = 0, w.THIRD_ALONGSIDE
    decide(*busy.inside, edge, 1, 0.5)
    assert busy.world.covariate[own[1:3]].tolist() == [1.0, 1.0]
    busy.world.prompt[edge] = -1
    busy.world.ceiling[edge], kept = 1.0, busy.world.ceiling[edge]
    decide(*busy.inside, edge, 0, 0.0)
    busy.world.ceiling[edge], busy.world.choice[edge] = kept, 0
    assert busy.world.covariate[own].tolist() == [0.0] * 4
