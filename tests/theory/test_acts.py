"""What an act leaves behind, who is moved by it, and what is different when it is left out."""

import itertools

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.theory.beliefs import knows
from escalation_sim.theory.tick import begin, whole_tick

OPEN = {"intercept": 60.0}
LADDER = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "protest", "label": "p", "severity": 0.1, "hostility_level": 1, "memory": 0.5},
    {"id": "arm", "label": "a", "severity": 0.35, "hostility_level": 3, "memory": 0.3, "needs": "partner"},
    {"id": "war", "label": "w", "severity": 0.9, "hostility_level": 5, "starts_war": True},
    {"id": "nuclear", "label": "n", "severity": 1.0, "hostility_level": 5, "needs": "nuclear_weapon",
     "starts_war": True},
]  # fmt: skip
RAID = {"id": "raid", "actor": "AAA", "act": "protest", "toward": "BBB", "on": "2024-10-31"}
WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}


@pytest.fixture(scope="session")
def without(stage, acts):
    """Function that plays three ticks in which one act is withheld: (tick, phase, edge or event)."""

    def played(scenario, *withheld):
        scene = stage(scenario)
        setup, world, records = scene.inside
        begin(setup, world, key_schedule(1), np.uint64(0))
        scene.world.withheld[:] = withheld or -1
        for _ in range(3):
            whole_tick(setup, world, records, key_schedule(1), np.uint64(0))
        return {(tick, phase, edge) for tick, edge, _, phase, _ in acts(scene)}, scene

    return played


def test_an_act_withheld_is_the_only_one_missing(crisis, without):
    pairs = [{"between": list(pair)} for pair in itertools.combinations(["AAA", "BBB", "CCC"], 2)]
    scenario = crisis(states=["AAA", "BBB", "CCC"], rivalries=pairs, initiative={"protest": OPEN}, horizon="70 days",
                      events=[RAID, RAID | {"id": "second"}, RAID | {"id": "third"}])  # fmt: skip
    everything, scene = without(scenario)
    assert len(everything) == 3 * 6 + 1  # the three events look alike
    for tick, edge in itertools.product(range(3), range(6)):
        missing = (tick, w.BY_INITIATIVE, scene.names.edges[edge])
        assert without(scenario, tick, w.BY_INITIATIVE, edge)[0] == everything - {missing}
        assert without(scenario, tick, w.BY_REPLY, edge)[0] == everything
    for event, tick in itertools.product(range(3), range(3)):
        found, scene = without(scenario, tick, w.BY_EVENT, event)
        assert found == everything
        assert [day < 0 for day in scene.world.happened] == [tick == 1 and k == event for k in range(3)]


@pytest.mark.parametrize(
    ("act", "standing", "war"), [("protest", 0, 0), ("arm", 2, 0), ("war", 0, 1), ("nuclear", 0, 1)]
)
def test_support_stands_and_other_acts_do_not(crisis, play, at, act, standing, war):
    event = RAID | {"act": act, "in_support_of": "CCC"}
    scene = play(crisis(ladder=LADDER, states=["AAA", "BBB", "CCC"], events=[event], horizon="70 days"), 2)
    assert at(scene, "standing", "AAA>BBB") == standing
    assert at(scene, "support", "AAA>BBB") == (2 if standing else -1)
    assert scene.world.war.tolist() == [war]


def test_news_wear_off_and_a_lesser_act_does_not_hide_a_greater(crisis, play, at):
    """Freshness is the severity of the weightiest act not yet old news; the doubt belongs to that act."""
    strike = {"id": "strike", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
    scene = play(crisis(events=[strike, RAID], horizon="70 days"), 2)
    assert at(scene, "fresh", "AAA>BBB") == pytest.approx(0.6 * 0.5**0.5)
    assert at(scene, "doubtful", "AAA>BBB") == scene.names.events.index("strike")
    scene = play(crisis(events=[RAID | {"on": "2024-10-24"}, strike | {"on": "2024-10-31"}], horizon="70 days"), 2)
    old = 0.5 ** (1 / 20) * 0.5 * (0.1 * 0.5 ** (1 / 26)) / 0.6  # slow memory of a protest, of its small severity
    assert scene.records.novelty[:2] == pytest.approx([1.0, 1.0 - old])
    assert at(scene, "fresh", "AAA>BBB") == pytest.approx(0.6 * (1.0 - old))
    assert at(scene, "doubtful", "AAA>BBB") == scene.names.events.index("strike")


CASES = [
    ("BBB", {"by": "belligerent", "toward": "CCC"}, ("AAA", "CCC"), True),
    ("AAA", {"by": "belligerent", "toward": "CCC"}, ("BBB", "CCC"), True),
    ("BBB", {"by": "belligerent", "toward": "CCC"}, ("DDD", "CCC"), False),
    ("DDD", {"by": "belligerent", "toward": "CCC"}, ("AAA", "CCC"), False),  # at war, but not with DDD
    ("BBB", {"by": "CCC", "toward": "belligerent"}, ("CCC", "AAA"), True),
    ("AAA", {"by": "CCC", "toward": "belligerent"}, ("CCC", "BBB"), True),
    ("BBB", {"by": "CCC", "toward": "belligerent"}, ("CCC", "DDD"), False),
]


@pytest.mark.parametrize(("actor", "condition", "edge", "seen"), CASES)
def test_acts_of_and_against_those_one_is_at_war_with(crisis, play, acts, actor, condition, edge, seen):
    event = RAID | {"actor": edge[0], "toward": edge[1], "on": "2024-10-24"}
    rule = {"id": "answer", "actor": actor, "when": [{"act": condition | {"at_least": "protest"}}],
            "then": {"war": 120.0, "strike": 120.0, "protest": 120.0}, "phase": "initiative"}  # fmt: skip
    pairs = [{"between": list(pair)} for pair in itertools.combinations(["AAA", "BBB", "CCC", "DDD"], 2)]
    scenario = crisis(states=["AAA", "BBB", "CCC", "DDD"], rivalries=pairs, wars=[WAR], events=[event], rules=[rule])
    found = {name for _, name, _, phase, _ in acts(play(scenario, 1)) if phase == w.BY_INITIATIVE}
    assert bool(found) is seen
    assert {name[:3] for name in found} <= {actor}


@pytest.mark.parametrize("name", "amz")
@pytest.mark.parametrize("asks", [True, False])
def test_what_one_condition_misses_another_still_sees(crisis, play, acts, name, asks):
    """Five rules of DDD ask for acts that a protest of AAA is not, for one reason each; `name` asks for what it is."""
    misses = [{"by": "belligerent"}, {"at_least": "arm"}, {"in_support_of": "DDD"}, {"magnitude_at_least": 5.0},
              {"by": "CCC"}]  # fmt: skip
    asked = {f"{chr(98 + k)}": more for k, more in enumerate(misses)} | ({name: {}} if asks else {})
    rules = [{"id": key, "actor": "DDD", "toward": "AAA", "then": {"protest": 120.0}, "phase": "initiative",
              "when": [{"act": {"by": "AAA", "toward": "BBB", "at_least": "protest"} | more}]}
             for key, more in asked.items()]  # fmt: skip
    pairs = [{"between": ["AAA", "DDD"]}, {"between": ["BBB", "CCC"]}]
    scenario = crisis(states=["AAA", "BBB", "CCC", "DDD"], rivalries=pairs, rules=rules, wars=[WAR],
                      events=[RAID | {"on": "2024-10-24"}])  # fmt: skip
    assert ("DDD>AAA" in {edge for _, edge, *_ in acts(play(scenario, 1))}) is asks


def test_whom_one_has_nothing_to_do_with_one_is_not_at_war_with(crisis, play, acts):
    """Though somebody is: BBB is at war with DDD, and CCC, who acts, is a stranger to BBB."""
    event = RAID | {"actor": "CCC", "toward": "AAA", "on": "2024-10-24"}
    when = [{"act": {"by": "belligerent", "toward": "AAA", "at_least": "protest"}}]
    rule = {"id": "answer", "actor": "BBB", "toward": "AAA", "when": when, "then": {"protest": 120.0}}
    war = WAR | {"sides": [["BBB"], ["DDD"]], "initiator": "BBB"}
    scenario = crisis(states=["AAA", "BBB", "CCC", "DDD"], wars=[war], events=[event], rules=[rule])
    assert {edge for _, edge, *_ in acts(play(scenario, 1))} == {"CCC>AAA"}


def test_who_knows_what(crisis, stage):
    """What was decided everybody knows; the truth is known to nobody in particular; events, to those who believe."""
    scene = stage(crisis(states=["AAA", "BBB"], events=[RAID, RAID | {"id": "second"}]))
    for believed in ([[0, 1], [1, 0]], [[1, 0], [0, 0]]):
        scene.world.believed[:] = believed
        states = range(2)
        assert [[knows(scene.inside[1], state, event) for state in states] for event in range(2)] == believed
        assert all(knows(scene.inside[1], state, -1) for state in states)
        assert all(knows(scene.inside[1], -1, event) for event in range(2))
