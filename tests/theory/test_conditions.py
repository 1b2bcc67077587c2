"""Every kind of condition, asked of one known course of things: when it becomes true, if ever.

AAA strikes BBB on day 14 in support of CCC with 900 troops, in a war of AAA and BBB that ends on the last day.
"""

import itertools
import math

import numpy as np
import pytest

from escalation_sim.draws import OUTCOME_DAY, key_schedule, uniform

NEVER = None
RAID = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "in_support_of": "CCC", "troops": 900.0,
        "on": "2024-11-07", "believed": {"BBB": 0.0}}  # fmt: skip
HIT = {"by": "AAA", "toward": "BBB", "at_least": "strike"}
CASES = [
    ({"event": "raid"}, 2),
    ({"act": HIT}, 2),
    ({"act": HIT | {"by": "BBB"}}, NEVER),
    ({"act": HIT | {"toward": "CCC"}}, NEVER),
    ({"act": HIT | {"toward": {"anyone_but": ["BBB"]}}}, NEVER),
    ({"act": HIT | {"by": "axis"}}, 2),
    ({"act": HIT | {"at_least": "fight"}}, NEVER),
    ({"act": HIT | {"at_least": "protest"}}, 2),
    ({"act": HIT | {"at_least": "protest", "at_most": "arm"}}, NEVER),
    ({"act": HIT | {"in_support_of": "CCC"}}, 2),
    ({"act": HIT | {"in_support_of": "BBB"}}, NEVER),
    ({"act": HIT | {"magnitude_at_least": 900.0}}, 2),
    ({"act": HIT | {"magnitude_at_least": 901.0}}, NEVER),
    ({"not": {"act": HIT}}, 0),
    ({"war": {"between": ["AAA", "BBB"]}}, 0),
    ({"war": {"between": ["BBB", "axis"]}}, 0),
    ({"war": {"between": ["AAA", "CCC"]}}, NEVER),
    ({"war": {"between": ["AAA", "BBB"], "status": "began"}}, NEVER),
    ({"war": {"between": ["AAA", "BBB"], "status": "ended"}}, 7),
    ({"belligerents": {"at_least": 2}}, 0),
    ({"belligerents": {"at_least": 3}}, NEVER),
    ({"opposing_nuclear_powers": True}, NEVER),
    ({"calendar": {"months": [11]}}, 2),
    ({"calendar": {"months": [12, 1]}}, 6),
    ({"calendar": {"from": "2024-11-14"}}, 3),
    ({"calendar": {"from": "2024-11-15"}}, 4),
    ({"calendar": {"until": "2024-10-24"}}, NEVER),
    ({"not": {"calendar": {"until": "2024-11-08"}}}, 3),
    ({"commitment": {"id": "axis", "status": "in_force"}}, 1),
    ({"commitment": {"id": "guard", "status": "triggered"}}, 2),
    ({"commitment": {"id": "guard", "status": "honoured"}}, NEVER),
    ({"standing": {"by": "DDD", "at_least": "arm"}}, 0),
    ({"standing": {"by": "DDD", "in_support_of": "AAA", "at_least": "arm"}}, 0),
    ({"standing": {"by": "DDD", "in_support_of": "CCC", "at_least": "arm"}}, NEVER),
    ({"standing": {"by": "DDD", "at_least": "fight"}}, NEVER),
    ({"strain": {"of": "AAA", "at_least": 0.45}}, 4),  # a tenth more each week
    ({"strain": {"of": "BBB", "at_least": 0.1}}, NEVER),
    ({"outcome": "aaa_first"}, 2),
]


@pytest.fixture(scope="module")
def days(crisis, outcome, run):
    """Tick in which each of the cases became true, in the order of the cases."""
    names = [f"case{i:02}" for i in range(len(CASES))]
    outcomes = [outcome(name, condition) for name, (condition, _) in zip(names, CASES, strict=True)]
    end = {"id": "peace", "actor": "AAA", "toward": "BBB", "then": {"war_end": 120.0},
           "when": [{"calendar": {"from": "2024-12-12"}}]}  # fmt: skip
    scenario = crisis(
        states=["AAA", "BBB", "CCC", "DDD"],
        wars=[{"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}],
        support=[{"id": "d", "by": "DDD", "to": "AAA", "against": "BBB", "rung": "arm"}],
        commitments=[
            {"id": "axis", "type": "consultation", "members": ["AAA", "CCC"], "in_force_from": "2024-10-31",
             "reliability": 1.0},
            {"id": "guard", "type": "consultation", "holder": "CCC", "ally": "BBB", "reliability": 0.0,
             "trigger": {"at_least": "strike"}, "in_force_until": "2024-11-10", "in_force_from": "2024-11-01"},
        ],
        efforts=[{"state": "AAA", "troops": 1000.0, "needed": 1000.0, "losses_per_week": 20.0,
                  "recruits_per_week": 0.0, "tolerance": 0.2}],
        events=[RAID],
        rules=[end],
        outcomes=[*outcomes, outcome("aaa_first", {"event": "raid"})],
        horizon="70 days",
    )  # fmt: skip
    tally = run(scenario, 3)
    assert (tally.outcome_day[:, 1:] // 7 == tally.outcome_day[:1, 1:] // 7).all()
    return [NEVER if day < 0 else math.floor(day / 7.0) for day in tally.outcome_day[0, 1:]]


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda i: str(CASES[i][0])[:60])
def test_a_condition_becomes_true_when_it_should(days, case):
    assert days[case] == CASES[case][1]


BELIEVED = [(1.0, True), (0.0, False)]


@pytest.mark.parametrize(("share", "expected"), BELIEVED)
@pytest.mark.parametrize("condition", [{"event": "raid"}, {"act": HIT}], ids=["event", "act"])
def test_a_rule_sees_what_its_actor_believes(crisis, play, acts, condition, share, expected):
    event = RAID | {"on": "2024-10-24", "believed": {"BBB": share}, "in_support_of": None, "troops": None}
    rule = {"id": "answer", "actor": "BBB", "when": [condition], "then": {"protest": 120.0}, "phase": "initiative"}
    found = acts(play(crisis(events=[event], rules=[rule]), 1))
    assert (("BBB>AAA", "protest") in {(edge, rung) for _, edge, rung, _, _ in found}) is expected


@pytest.mark.parametrize(("kind", "of", "level", "expected"), [
    ("fast", "theirs", 0.2, [1, 2, 3, 4, 5]),  # 1, .71, .5, .35, .25, .18
    ("fast", "theirs", 0.6, [1, 2]),
    ("worst", "theirs", 0.55, [1, 2, 3, 4]),  # .6, .584, .569, .554, .539
    ("slow", "own", 0.01, []),
])  # fmt: skip
def test_a_rule_reads_the_memories_of_its_edge(crisis, play, acts, kind, of, level, expected):
    event = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-31"}
    rule = {"id": "answer", "actor": "BBB", "when": [{"memory": {"of": of, "kind": kind, "at_least": level}}],
            "then": {"protest": 120.0}}  # fmt: skip
    found = acts(play(crisis(events=[event], rules=[rule], horizon="70 days"), 8))
    assert sorted({tick for tick, edge, *_ in found if edge == "BBB>AAA"}) == expected


def test_within_counts_from_the_tick_of_the_act(crisis, play, acts):
    """An event opens its tick, so it counts in that week and seven more: eight weeks in all."""
    event = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
    rule = {"id": "answer", "actor": "BBB", "when": [{"act": HIT | {"within": "8 weeks"}}],
            "then": {"protest": 120.0}, "phase": "initiative"}  # fmt: skip
    found = acts(play(crisis(events=[event], rules=[rule], horizon="140 days"), 20))
    assert [tick for tick, edge, *_ in found if edge == "BBB>AAA"] == list(range(8))


def test_within_counts_a_decision_from_the_end_of_its_tick(crisis, play, acts):
    """A decision of week 0 moves others from week 1 on, and for eight weeks in all."""
    once = {"id": "once", "actor": "AAA", "when": [{"calendar": {"until": "2024-10-31"}}], "then": {"protest": 120.0},
            "phase": "initiative"}  # fmt: skip
    when = [{"act": {"by": "AAA", "at_least": "protest", "within": "8 weeks"}}]
    rule = {"id": "answer", "actor": "BBB", "when": when, "then": {"protest": 120.0}, "phase": "initiative"}
    found = acts(play(crisis(rules=[once, rule], horizon="140 days"), 20))
    assert [tick for tick, edge, *_ in found if edge == "AAA>BBB"] == [0]
    assert [tick for tick, edge, *_ in found if edge == "BBB>AAA"] == list(range(1, 9))


@pytest.mark.parametrize(("at_war", "expected"), [(True, {"AAA>CCC"}), (False, set())])
def test_belligerents_are_those_at_war_at_the_moment(crisis, play, acts, at_war, expected):
    war = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}
    rule = {"id": "plea", "actor": "belligerent", "toward": ["CCC", "BBB"], "then": {"protest": 120.0}}
    rivals = [{"between": ["AAA", "CCC"]}, {"between": ["CCC", "DDD"]}]
    scenario = crisis(states=["AAA", "BBB", "CCC", "DDD"], rivalries=rivals, rules=[rule], wars=[war] if at_war else [])
    assert {edge for _, edge, *_ in acts(play(scenario, 1))} == expected


@pytest.mark.parametrize(("day", "tick"), [("2024-10-24", 0), ("2024-10-30", 0), ("2024-10-31", 1)])
def test_an_outcome_comes_within_its_tick_and_after_what_it_awaits(crisis, outcome, run, day, tick):
    raid = RAID | {"on": day, "in_support_of": None, "troops": None, "believed": {}}
    asked = [outcome("one", {"event": "raid"}), outcome("two", {"outcome": "one"})]
    one, two = run(crisis(events=[raid], outcomes=asked, horizon="28 days"), 50).outcome_day.T
    assert (np.floor(one / 7.0) == tick).all()
    assert (np.floor(two / 7.0) == tick).all()
    assert (one < two).all()
    assert len(np.unique(one)) > 40
    assert np.corrcoef(one, two)[0, 1] < 0.95  # the second has luck of its own


def test_a_treaty_called_in_and_then_lapsed_is_not_in_force(crisis, outcome, play):
    pact = {"id": "guard", "type": "consultation", "holder": "CCC", "ally": "BBB", "reliability": 1.0,
            "trigger": {"at_least": "strike"}, "in_force_until": "2024-11-10"}  # fmt: skip
    called, in_force = ({"commitment": {"id": "guard", "status": status}} for status in ("triggered", "in_force"))
    outcomes = [outcome("called", called), outcome("lapsed", called, {"not": in_force})]
    blocks = {"states": ["AAA", "BBB", "CCC"], "commitments": [pact], "events": [RAID]}
    scene = play(crisis(**blocks, outcomes=outcomes, horizon="70 days"), 6)
    days = dict(zip(scene.names.outcomes, scene.world.outcome_day.tolist(), strict=True))
    assert days["called"] // 7 == 2
    assert days["lapsed"] // 7 == 3


CLAUSES = {
    "what another awaits": [{"outcome": "first"}],
    "an act": [{"act": {"by": "AAA", "toward": "BBB", "at_least": "strike"}}],
    "a date": [{"calendar": {"from": "2024-11-07"}}],
    "a later act": [{"act": {"by": "CCC", "toward": "BBB", "at_least": "strike"}}],
}


@pytest.mark.parametrize("order", list(itertools.permutations(CLAUSES)), ids=" or ".join)
def test_the_clauses_of_an_outcome_have_no_order(crisis, outcome, play, order):
    """All come true in one week: what can have held first says from when, the first record says why."""
    some = outcome("some") | {"any_of": [CLAUSES[name] for name in order]}
    some.pop("when", None)
    raids = [
        RAID | {"id": name, "actor": actor, "in_support_of": None, "troops": None}
        for name, actor in (("aAAA", "AAA"), ("cCCC", "CCC"))
    ]
    blocks = {"states": ["AAA", "BBB", "CCC"], "rivalries": [{"between": ["BBB", "CCC"]}], "events": raids}
    scene = play(crisis(**blocks, outcomes=[some, outcome("first", {"event": "aAAA"})], horizon="70 days"), 3)
    place = scene.names.outcomes.index("some")
    u = uniform(key_schedule(1), np.uint64(0), 2, scene.setup.outcome_id[place], OUTCOME_DAY)
    assert scene.world.outcome_day[place] == pytest.approx(14.0 + 7.0 * u)
    assert scene.world.outcome_record[place] == 0
