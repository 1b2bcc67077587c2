"""Which event comes, and when, worked out from the very draws; and what it brings."""

import math

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import BELIEF, EVENT_CHANCE, EVENT_DATE, EVENT_HAZARD, key_schedule, uniform
from escalation_sim.theory.tick import begin, foretell, whole_tick

KEYS = key_schedule(3)
LINEAGES = range(60)
SPAN = {"actor": "AAA", "between": ["2024-11-03", "2025-02-10"]}  # days 10 to 110: the last date is a whole day
VOTE = [
    SPAN | {"id": "no", "one_of": "vote", "probability": 0.3},
    SPAN | {"id": "yes", "one_of": "vote", "probability": 0.4},
]


@pytest.fixture(scope="module")
def scene(crisis, stage):
    return stage(crisis(events=[*VOTE, SPAN | {"id": "zeta", "probability": 0.5}], horizon="140 days"))


def expected(scene, lineage, day, spent=()):
    """Day on which each dated event falls due, looked at from `day` on when none has shown itself yet."""
    setup, slice_end, group, found = scene.setup, 0.0, -1, []
    passed = min(max((day - 10.0) / 100.0, 0.0), 1.0)
    total = {0: 0.7, 1: 0.5}
    for event, p in enumerate((0.3, 0.4, 0.5)):
        if setup.event_group[event] != group:
            group, slice_end = setup.event_group[event], 0.0
        low = slice_end
        slice_end += p * (1.0 - passed) / (1.0 - total[group] * passed)
        u = uniform(KEYS, np.uint64(lineage), 0, setup.group_id[group], EVENT_CHANCE)
        when = uniform(KEYS, np.uint64(lineage), 0, setup.event_id[event], EVENT_DATE)
        first = max(10.0, day)
        found.append(first + when * (110.0 - first) if low <= u < slice_end else w.NEVER)
    return found


@pytest.mark.parametrize("day", [0.0, 10.0, 35.0, 109.0, 110.0, 130.0])
def test_dated_events_are_slices_of_one_draw_of_what_time_is_left(scene, day):
    assert [scene.setup.event_from.min(), scene.setup.event_until.max()] == [10.0, 110.0]
    for lineage in LINEAGES:
        begin(*scene.inside[:2], KEYS, np.uint64(1000))
        scene.world.due[:] = w.NEVER
        foretell(*scene.inside[:2], KEYS, np.uint64(lineage), day)
        assert scene.world.due[:3] == pytest.approx(expected(scene, lineage, day))


def test_dates_that_have_begun_before_the_start_begin_with_it(crisis, stage):
    """The vote may come on each day from the start on, the first included."""
    span = {"id": "vote", "actor": "AAA", "between": ["2024-10-14", "2024-11-02"], "probability": 1.0}
    scene = stage(crisis(events=[span]))
    for lineage in LINEAGES:
        begin(*scene.inside[:2], KEYS, np.uint64(lineage))
        when = uniform(KEYS, np.uint64(lineage), 0, scene.setup.event_id[0], EVENT_DATE)
        assert scene.world.due[0] == pytest.approx(10.0 * when)


def test_what_has_come_or_was_due_is_not_drawn_again(scene):
    """Nor is anything else of its group; other groups are."""
    for happened, due in (
        (5.0, 5.0),
        (w.NEVER, 20.0),
        (w.NEVER, 0.5),
    ):  # an event that fell due and whose conditions did not hold
        for lineage in LINEAGES:
            begin(*scene.inside[:2], KEYS, np.uint64(1000))
            scene.world.due[:] = w.NEVER
            scene.world.happened[1], scene.world.due[1] = happened, due
            foretell(*scene.inside[:2], KEYS, np.uint64(lineage), 35.0)
            assert scene.world.due[:2].tolist() == [w.NEVER, due]
            assert scene.world.due[2] == pytest.approx(expected(scene, lineage, 35.0)[2])


def test_an_event_that_is_still_due_is_drawn_anew(scene):
    for lineage in LINEAGES:
        begin(*scene.inside[:2], KEYS, np.uint64(1000))
        scene.world.due[:] = [w.NEVER, 35.0, w.NEVER]
        foretell(*scene.inside[:2], KEYS, np.uint64(lineage), 35.0)
        assert scene.world.due[:3] == pytest.approx(expected(scene, lineage, 35.0))


def test_belief_is_drawn_by_event_and_state_until_the_event_has_come(crisis, stage):
    event = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
    scene = stage(crisis(states=["AAA", "BBB", "CCC"], events=[event | {"believed": {"BBB": 0.4, "CCC": 1.0}}]))
    setup, seen = scene.setup, set()
    for lineage in LINEAGES:
        begin(*scene.inside[:2], KEYS, np.uint64(lineage))
        u = uniform(KEYS, np.uint64(lineage), 0, setup.event_id[0] ^ setup.state_id[1], BELIEF)
        assert scene.world.believed[0].tolist() == [1, int(u < 0.4), 1]
        seen.add(u < 0.4)
        before = scene.world.believed.copy()
        for came in (0.0, 3.5):
            scene.world.happened[0] = came
            foretell(*scene.inside[:2], KEYS, np.uint64(lineage + 500), 7.0)
            assert (scene.world.believed == before).all()
    assert seen == {True, False}


RATES = {"coup": 0.3, "flight": 0.4, "riot": 0.8, "siege": 0.7, "vigil": 0.5}


@pytest.mark.parametrize("days", [3.5, 14.0])
def test_competing_hazards_share_one_draw_by_their_rates(crisis, stage, days):
    """A rule makes `coup` likelier; `flight` waits for what never comes; `siege` is over; `vigil` begins at once."""
    hazards = {name: {"rate": rate, "per": "week"} for name, rate in RATES.items()}
    hazards["siege"] |= {"until": "2024-10-24"}
    hazards["vigil"] |= {"from": "2024-10-24"}
    events = [{"id": name, "actor": "AAA", "one_of": "fate", "hazard": hazard} for name, hazard in hazards.items()]
    events[1]["when"] = [{"belligerents": {"at_least": 2}}]
    rule = {"id": "unrest", "actor": "AAA", "then": {"coup": 0.8}}
    scene = stage(crisis(events=events, rules=[rule], tick=days, horizon="28 days"))
    p = 1.0 - math.exp(-0.3)
    odds = p / (1.0 - p) * math.exp(0.8)
    rates = [math.log(1.0 + odds), 0.0, 0.8, 0.0, 0.5]
    total, came = sum(rates), set()
    for lineage in LINEAGES:
        begin(*scene.inside[:2], KEYS, np.uint64(lineage))
        whole_tick(*scene.inside, KEYS, np.uint64(lineage))
        u = uniform(KEYS, np.uint64(lineage), 0, scene.setup.group_id[0], EVENT_HAZARD)
        left = u / (1.0 - math.exp(-total * days / 7.0))
        shares = np.cumsum(rates) / total
        which = int(np.searchsorted(shares, left, side="right")) if left < 1.0 else None
        assert [event for event in range(5) if scene.world.happened[event] >= 0.0] == ([] if which is None else [which])
        came.add(which)
    assert {0, 2, 4} <= came <= {0, 2, 4, None}


def test_a_group_is_done_once_one_of_it_has_come(crisis, play):
    events = [{"id": name, "actor": "AAA", "one_of": "fate", "hazard": {"rate": 50.0, "per": "week"}} for name in "abc"]
    others = [{"id": "d", "actor": "AAA", "hazard": {"rate": 50.0, "per": "week"}, "one_of": "luck"}]
    for lineage in range(10):
        scene = play(crisis(events=[*events, *others], horizon="70 days"), 5, lineage)
        assert sum(scene.world.happened[:3] >= 0.0) == 1
        assert scene.world.happened[3] == 0.0


HELP = {"actor": "CCC", "toward": "BBB", "in_support_of": "AAA"}
WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}


@pytest.fixture(scope="module")
def deployed(crisis, play, at):
    """Function that plays events one a week and returns (troops, in support of whom) of CCC against BBB."""

    def played(*events, **blocks):
        days = ["2024-10-24", "2024-10-31", "2024-11-07"]
        events = [HELP | {"id": f"e{k}", "on": days[k]} | event for k, event in enumerate(events)]
        states = ["AAA", "BBB", "CCC", "DDD"]
        scene = play(crisis(states=states, events=events, wars=[WAR], horizon="70 days", **blocks), len(events))
        place = int(at(scene, "support", "CCC>BBB"))
        return at(scene, "deployed", "CCC>BBB"), states[place] if place >= 0 else None

    return played


def test_troops_add_up_and_serve_whom_they_came_for(deployed):
    assert deployed({"troops": 900.0}) == (900.0, "AAA")
    assert deployed({"troops": 900.0}, {"troops": 100.0, "in_support_of": "DDD"}) == (1000.0, "AAA")
    assert deployed({}) == (0.0, None)
    assert deployed({"troops": 900.0}, {"withdraws": True}) == (0.0, None)
    assert deployed({"troops": 900.0}, {"withdraws": True}, {"troops": 50.0, "in_support_of": "DDD"}) == (50.0, "DDD")


def test_only_the_actor_gets_its_recruits(crisis, play):
    effort = {"troops": 1000.0, "needed": 1000.0, "losses_per_week": 0.0, "recruits_per_week": 5.0, "tolerance": 0.2}
    call = {"id": "call", "actor": "BBB", "on": "2024-10-24", "recruits_per_week": 30.0}
    scene = play(crisis(efforts=[effort | {"state": state} for state in ("AAA", "BBB", "CCC")], events=[call],
                        states=["AAA", "BBB", "CCC"]), 1)  # fmt: skip
    assert scene.world.recruits.tolist() == [5.0, 35.0, 5.0]


def test_an_event_names_what_called_it_forth(crisis, play):
    """The latest evidence of its conditions, or the record behind the rule that moved it."""
    first = {"id": "a_raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
    second = {"id": "b_raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-31"}
    hazard = {"hazard": {"rate": 50.0, "per": "week", "from": "2024-10-31"}, "actor": "BBB"}
    asked = {"id": "c_asks", **hazard, "when": [{"event": "a_raid"}]}
    moved = {"id": "d_moved", **hazard}
    both = {"id": "e_both", **hazard, "when": [{"event": "a_raid"}]}
    dated = {"id": "f_dated", "actor": "BBB", "on": "2024-10-31", "when": [{"event": "b_raid"}]}
    rules = [{"id": name, "actor": "BBB", "when": [{"event": cause}], "then": {name: 1.0}}
             for name, cause in (("d_moved", "a_raid"), ("e_both", "b_raid"))]  # fmt: skip
    scene = play(crisis(events=[first, second, asked, moved, both, dated], rules=rules, horizon="70 days"), 2)
    record = scene.world.happened_record
    assert (record >= 0).all()
    causes = [int(scene.records.cause[number]) for number in record]
    a, b = record[0], record[1]
    assert causes == [-1, -1, a, a, b, b]


@pytest.mark.parametrize(("rate", "log_odds"), [(0.1, 60.0), (50.0, 1.0), (0.1, 800.0)])
def test_what_a_rule_makes_certain_happens(crisis, play, rate, log_odds):
    """A rate that overflowed once compared with no draw, and nothing happened."""
    events = [{"id": "coup", "actor": "AAA", "hazard": {"rate": rate, "per": "week"}}]
    rules = [{"id": "sure", "actor": "AAA", "then": {"coup": log_odds}}]
    for lineage in range(20):
        assert play(crisis(events=events, rules=rules), 1, lineage).world.happened.tolist() == [0.0]


def test_soldiers_can_come_on_the_first_edge_of_all(crisis, play):
    come = {"id": "come", "actor": "AAA", "toward": "BBB", "in_support_of": "CCC", "troops": 700.0, "on": "2024-10-24"}
    war = {"id": "old", "sides": [["CCC"], ["BBB"]], "initiator": "BBB", "since": "2023-10-24"}
    scene = play(crisis(states=["AAA", "BBB", "CCC"], wars=[war], events=[come]), 1)
    assert scene.names.edges[0] == "AAA>BBB"
    assert scene.world.deployed.tolist() == [700.0, *[0.0] * (len(scene.names.edges) - 1)]


@pytest.mark.parametrize("troops", [0.5, 1.0, 900.0])
def test_who_fights_does_so_with_the_soldiers_who_are_there(crisis, play, at, troops):
    """However few; a contingent is sent where there are none."""
    war = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}
    come = {"id": "come", "actor": "CCC", "toward": "BBB", "in_support_of": "AAA", "troops": troops, "on": "2024-10-24"}
    fight = {"id": "fight", "actor": "CCC", "act": "fight", "toward": "BBB", "in_support_of": "AAA", "on": "2024-10-31"}
    blocks = {"states": ["AAA", "BBB", "CCC"], "wars": [war], "contingent": 4000.0, "horizon": "70 days"}
    for events, expected in (([come, fight], troops), ([fight], 4000.0)):
        scene = play(crisis(**blocks, events=events), 2)
        assert at(scene, "deployed", "CCC>BBB") == expected
        assert scene.records.magnitude[len(events) - 1] == expected


@pytest.mark.parametrize("friend", ["AAA", "CCC"])
def test_soldiers_who_arrive_change_no_allegiance(crisis, play, at, friend):
    """DDD arms one state; soldiers whom it sends for another do not end that. Where it supports nobody, they do."""
    states, wars = (
        ["AAA", "BBB", "CCC", "DDD"],
        [
            {"id": name, "sides": [["BBB"], [name]], "initiator": "BBB", "since": "2023-10-24"}
            for name in ("AAA", "CCC")
        ],
    )
    other = {"AAA": "CCC", "CCC": "AAA"}[friend]
    arms = [{"id": "d", "by": "DDD", "to": friend, "against": "BBB", "rung": "arm"}]
    come = {"id": "come", "actor": "DDD", "toward": "BBB", "in_support_of": other, "troops": 700.0, "on": "2024-10-24"}
    for support, expected in ((arms, friend), ([], other)):
        scene = play(crisis(states=states, wars=wars, support=support, events=[come]), 1)
        assert at(scene, "deployed", "DDD>BBB") == 700.0
        assert at(scene, "support", "DDD>BBB") == states.index(expected)
