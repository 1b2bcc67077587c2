"""How long wars last, who began them, and what goes on while they do."""

import math

import numpy as np
import pytest

from escalation_sim import world as w

WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}
ATTACK = {"id": "attack", "actor": "AAA", "act": "war", "toward": "BBB", "on": "2024-10-24"}
STEEP = 1e6  # so steep that the war ends at once when it is old enough, and not a day before


def ends_after(years):
    """Coefficients of the end of wars under which one of this age, and no younger one, ends."""
    return {"intercept": -STEEP * math.log1p(years - 0.5 / 365.25), "years": STEEP}


@pytest.mark.parametrize(("blocks", "age"), [({"wars": [WAR]}, 366), ({"events": [ATTACK]}, 0),
                                             ({"wars": [WAR | {"since": "2014-10-24"}]}, 3653)])  # fmt: skip
def test_a_war_is_as_old_as_the_days_since_it_began(crisis, play, blocks, age):
    """An old one from its date, a new one from the day of the tick in which it began."""
    scene = play(crisis(**blocks, war_end=ends_after((age + 21) / 365.25), horizon="70 days"), 6)
    assert scene.world.war_ended.tolist() == [21.0]
    assert scene.world.war.tolist() == [0]


def test_a_war_ends_by_the_strain_of_either_side_and_by_winter(crisis, play):
    effort = {"troops": 500.0, "needed": 1000.0, "losses_per_week": 0.0, "recruits_per_week": 0.0, "tolerance": 1.0}
    for state in ("AAA", "BBB"):
        for by_strain, ended in ((160.0, 1), (80.0, 0)):  # strain is a half: log-odds of 20 and -20
            efforts = [effort | {"state": state}]
            scene = play(crisis(wars=[WAR], efforts=efforts, war_end={"intercept": -60.0, "strain": by_strain}), 1)
            assert scene.world.war.tolist() == [1 - ended]
    for start, ended in (("2024-12-05", 1), ("2024-10-24", 0)):
        scene = play(crisis(wars=[WAR], start=start, war_end={"intercept": -60.0, "winter": 120.0}), 1)
        assert scene.world.war.tolist() == [1 - ended]


def test_a_rule_ends_only_the_wars_of_its_dyads(crisis, play):
    wars = [WAR, WAR | {"id": "other", "sides": [["CCC"], ["DDD"]]}]
    rule = {"id": "peace", "actor": "CCC", "toward": "DDD", "then": {"war_end": 120.0}}
    scene = play(crisis(states=["AAA", "BBB", "CCC", "DDD"], wars=wars, rules=[rule]), 1)
    assert dict(zip(scene.names.dyads, scene.world.war.tolist(), strict=True)) == {"AAA-BBB": 1, "CCC-DDD": 0}


def test_the_first_to_make_war_began_it_and_its_record_is_kept(crisis, play):
    answer = ATTACK | {"id": "reply", "actor": "BBB", "toward": "AAA"}
    scene = play(crisis(events=[ATTACK, answer]), 1)
    assert scene.world.war_initiator.tolist() == [scene.names.states.index("AAA")]
    assert scene.world.war_record.tolist() == [0]
    scene = play(crisis(events=[ATTACK, answer], wars=[WAR | {"initiator": "BBB"}]), 1)
    assert scene.world.war_initiator.tolist() == [scene.names.states.index("BBB")]  # a war that is there is not begun
    assert scene.world.war_begun.tolist() == [w.NEVER]


def test_backing_lasts_as_long_as_the_partners_war_and_then_fades(crisis, play, at):
    support = [{"id": "c", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "arm"}]
    rule = {"id": "peace", "actor": "AAA", "toward": "BBB", "then": {"war_end": 120.0},
            "when": [{"calendar": {"from": "2024-11-07"}}]}  # fmt: skip
    given = {"states": ["AAA", "BBB", "CCC"], "support": support, "wars": [WAR], "rules": [rule], "horizon": "70 days"}
    for ticks, backing in ((0, 1.0), (2, 1.0), (3, 1.0), (5, 0.5 ** (2 / 20))):  # the third week still opened at war
        assert at(play(crisis(**given), ticks), "backing", "CCC>BBB") == pytest.approx(backing)
    assert at(play(crisis(**given), 2), "backing", "BBB>CCC") == 0.0


@pytest.mark.parametrize(("to", "expected"), [("AAA", True), ("BBB", False), ("CCC", False), (["BBB", "AAA"], True)])
def test_standing_support_is_of_somebody(crisis, outcome, run, to, expected):
    support = [{"id": "d", "by": "DDD", "to": "CCC", "against": "BBB", "rung": "arm"},
               {"id": "e", "by": "EEE", "to": "AAA", "against": "BBB", "rung": "arm"}]  # fmt: skip
    asked = [outcome("e", {"standing": {"by": "EEE", "in_support_of": to, "at_least": "arm"}}),
             outcome("d", {"standing": {"by": "DDD", "in_support_of": "CCC", "at_least": "arm"}})]  # fmt: skip
    scenario = crisis(states=["AAA", "BBB", "CCC", "DDD", "EEE"], support=support, outcomes=asked)
    assert (run(scenario, 1).outcome_day[0] >= 0).tolist() == [True, expected]


@pytest.mark.parametrize(("nuclear", "opposing"), [((1, 1, 0), True), ((1, 0, 1), False), ((0, 1, 1), False)])
def test_a_war_that_begins_and_the_powers_in_it(crisis, outcome, play, nuclear, opposing):
    """Belligerents are counted, and asked whether two with nuclear weapons stand against each other."""
    asked = {"began": {"war": {"between": ["AAA", "BBB"], "status": "began"}},
             "opposing": {"opposing_nuclear_powers": True},
             "two": {"belligerents": {"at_least": 2}}, "three": {"belligerents": {"at_least": 3}}}  # fmt: skip
    scenario = crisis(
        states=["AAA", "BBB", "CCC"],
        rivalries=[{"between": pair} for pair in (["AAA", "BBB"], ["BBB", "CCC"], ["AAA", "CCC"])],
        events=[ATTACK | {"on": "2024-10-31"}],
        outcomes=[outcome(name, condition) for name, condition in asked.items()],
        horizon="70 days",
    )
    for ticks, began in ((1, False), (2, True)):
        scene = play(scenario, ticks, nuclear=np.array(nuclear, dtype=np.uint8))
        came = dict(zip(scene.names.outcomes, scene.world.outcome_day >= 0.0, strict=True))
        assert came == {"began": began, "opposing": began and opposing, "two": began, "three": False}
        assert scene.world.belligerent.tolist() == ([1, 1, 0] if began else [0, 0, 0])


@pytest.mark.parametrize(("at_least", "happens"), [(0.0, True), (0.1, False)])
def test_an_event_has_no_edge_to_remember(crisis, play, at_least, happens):
    """The memory that a rule on an event asks for is that of nobody, so nothing."""
    events = [{"id": "coup", "actor": "AAA", "hazard": {"rate": 1e-9, "per": "week"}}, ATTACK | {"act": "strike"}]
    rule = {"id": "r", "actor": "AAA", "then": {"coup": 120.0},
            "when": [{"memory": {"of": "own", "kind": "slow", "at_least": at_least}}]}  # fmt: skip
    scene = play(crisis(events=events, rules=[rule], horizon="70 days"), 3)
    assert (scene.world.happened[scene.names.events.index("coup")] >= 0.0) == happens


def test_a_war_that_ends_on_the_first_day_has_ended(crisis, outcome, play):
    asked = [outcome(status, {"war": {"between": ["AAA", "BBB"], "status": status}}) for status in ("ended", "on")]
    scene = play(crisis(wars=[WAR], war_end={"intercept": 60.0}, outcomes=asked), 1)
    came = dict(zip(scene.names.outcomes, scene.world.outcome_day >= 0.0, strict=True))
    assert came == {"ended": True, "on": False}
