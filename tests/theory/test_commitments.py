"""Is the clause triggered, and is it honoured? One pact: GGG holds BBB, AAA is the aggressor."""

import pytest

from escalation_sim import world as w

EVENT = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}


@pytest.fixture(scope="session")
def guarded(crisis, play):
    """Function that plays a crisis with one pact and returns (day triggered, honoured, obligation of GGG to AAA)."""

    def played(ticks=1, event=EVENT, trigger="strike", covers=False, **blocks):
        pact = {"id": "pact", "type": "defence", "holder": "GGG", "ally": "BBB", "reliability": 1.0,
                "trigger": {"at_least": trigger, "covers_initiators": covers}}  # fmt: skip
        pact |= blocks.pop("pact", {})
        events = [event] if event else []
        given = {"states": ["AAA", "BBB", "GGG"], "commitments": [pact], "events": events, "horizon": "350 days"}
        scene = play(crisis(**(given | blocks)), ticks)
        edge = scene.names.edges.index("GGG>AAA")
        assert scene.names.commitments[0] == "pact:GGG>BBB"
        return (float(scene.world.triggered[0]), int(scene.world.honoured[0]), float(scene.world.obliged[edge]))

    return played


def test_an_act_on_the_named_rung_calls_and_a_lesser_one_does_not(guarded):
    assert guarded() == (0.0, 1, 1.0)
    assert guarded(event=EVENT | {"act": "protest"}) == (w.NEVER, 1, 0.0)
    assert guarded(trigger="war") == (w.NEVER, 1, 0.0)


def test_a_promise_that_is_not_kept_is_still_triggered(guarded):
    assert guarded(pact={"reliability": 0.0}) == (0.0, 0, 0.0)


def test_an_obligation_fades_with_the_slow_memory(guarded):
    assert guarded(ticks=5)[2] == pytest.approx(0.5 ** (4 / 20.0), rel=1e-12)


def test_an_obligation_stays_while_the_ally_is_at_war(guarded):
    assert guarded(ticks=30, event=None, wars=[WAR])[2] == 1.0


def test_a_treaty_binds_from_the_day_it_is_in_force(guarded):
    later = {"in_force_from": "2024-11-14"}
    assert guarded(ticks=10, pact=later)[0] == w.NEVER  # the raid was before, and nothing goes on
    assert guarded(ticks=3, event=None, wars=[WAR], pact=later)[0] == w.NEVER
    assert guarded(ticks=4, event=None, wars=[WAR], pact=later)[0] == 21.0  # a war that goes on calls then
    late, over = EVENT | {"on": "2024-11-07"}, {"in_force_until": "2024-11-07"}
    assert guarded(ticks=4, event=late, pact=over)[0] == w.NEVER
    assert guarded(ticks=4, event=late, pact={"in_force_until": "2024-11-08"})[0] == 14.0


def test_who_began_the_war_calls_nobody_unless_the_clause_says_so(guarded):
    own = WAR | {"initiator": "BBB"}
    assert guarded(event=None, wars=[own])[0] == w.NEVER
    assert guarded(wars=[own])[0] == w.NEVER  # nor does a blow that answers his war
    assert guarded(event=None, wars=[own], covers=True)[0] == 0.0


def test_a_war_answered_by_war_in_the_same_week_calls_only_one_side(crisis, play):
    """AAA declares war and BBB answers in kind: BBB's guardian is called, and AAA's is not."""
    pacts = [{"id": f"for{ally}", "type": "defence", "holder": name, "ally": ally, "reliability": 1.0,
              "trigger": {"at_least": "strike"}} for name, ally in (("GGG", "BBB"), ("HHH", "AAA"))]  # fmt: skip
    scenario = crisis(
        states=["AAA", "BBB", "GGG", "HHH"],
        commitments=pacts,
        events=[EVENT | {"act": "war"}],
        reply={gate: {"intercept": 60.0} for gate in ("protest", "strike", "war")},
        rules=[{"id": "still", "actor": ["GGG", "HHH"], "not_above": "routine"}],
    )
    scene = play(scenario, 1)
    names = list(scene.names.commitments)
    assert scene.world.triggered[names.index("forBBB:GGG>BBB")] == 0.0
    assert scene.world.triggered[names.index("forAAA:HHH>AAA")] == w.NEVER


@pytest.mark.parametrize(("members", "day"), [(["BBB", "GGG"], 0.0), (["AAA", "BBB", "GGG"], w.NEVER)])
def test_an_aggressor_inside_the_pact_calls_nobody(crisis, play, members, day):
    pact = {"id": "pact", "type": "defence", "members": members, "reliability": 1.0,
            "trigger": {"at_least": "strike"}}  # fmt: skip
    scene = play(crisis(states=["AAA", "BBB", "GGG"], commitments=[pact], events=[EVENT]), 1)
    assert scene.world.triggered[scene.names.commitments.index("pact:GGG>BBB")] == day


@pytest.mark.parametrize(("kind", "obligation"), [("defence", 1.0), ("offence", 1.0), ("consultation", 0.0)])
def test_only_calls_to_arms_oblige(crisis, play, kind, obligation):
    pact = {"id": "pact", "type": kind, "holder": "GGG", "ally": "BBB", "reliability": 1.0,
            "trigger": {"at_least": "strike"}}  # fmt: skip
    rivalries = [{"between": ["AAA", "BBB"]}, {"between": ["AAA", "GGG"]}]
    scenario = crisis(states=["AAA", "BBB", "GGG"], commitments=[pact], events=[EVENT], rivalries=rivalries)
    scene = play(scenario, 1)
    assert scene.world.triggered[0] == 0.0
    assert scene.world.obliged[scene.names.edges.index("GGG>AAA")] == obligation


def test_a_promise_to_talk_is_about_attacks_to_come(guarded):
    """A war that is there already does not call for consultations, whenever the treaty comes into force."""
    talks, going_on = {"type": "consultation"}, {"wars": [WAR], "rivalries": [{"between": ["AAA", "GGG"]}]}
    assert guarded(ticks=5, event=None, pact=talks, **going_on)[0] == w.NEVER
    assert guarded(ticks=5, event=None, pact=talks | {"in_force_from": "2024-11-14"}, **going_on)[0] == w.NEVER
    assert guarded(ticks=5, pact=talks, **going_on)[0] == 0.0  # a new blow in it does


@pytest.mark.parametrize("days", [("2024-10-24", "2024-10-31"), ("2024-10-31", "2024-11-07")])
def test_a_promise_is_called_in_once(crisis, play, days):
    """By the first who strikes; whoever comes later finds it called in."""
    pact = {"id": "pact", "type": "defence", "holder": "GGG", "ally": "BBB", "reliability": 1.0,
            "trigger": {"at_least": "strike"}}  # fmt: skip
    raids = [EVENT | {"id": f"by{actor}", "actor": actor, "on": day}
             for actor, day in zip(("AAA", "CCC"), days, strict=True)]  # fmt: skip
    rivalries = [{"between": [name, "GGG"]} for name in ("AAA", "CCC")]
    scene = play(crisis(states=["AAA", "BBB", "CCC", "GGG"], commitments=[pact], events=raids, rivalries=rivalries,
                        horizon="70 days"), 4)  # fmt: skip
    assert scene.world.triggered.tolist() == [0.0 if days[0] == "2024-10-24" else 7.0]
    assert scene.world.triggered_by.tolist() == [scene.names.states.index("AAA")]
    assert scene.world.trigger_record.tolist() == [0]
    obliged = dict(zip(scene.names.edges, scene.world.obliged.tolist(), strict=True))
    assert obliged["GGG>AAA"] > 0.0
    assert obliged["GGG>CCC"] == 0.0


def test_a_call_against_a_stranger_obliges_to_nothing(crisis, play):
    """GGG has no edge against CCC, who strikes its ally."""
    pact = {"id": "pact", "type": "defence", "holder": "GGG", "ally": "BBB", "reliability": 1.0,
            "trigger": {"at_least": "strike"}}  # fmt: skip
    scene = play(crisis(states=["AAA", "BBB", "CCC", "GGG"], commitments=[pact], events=[EVENT | {"actor": "CCC"}]), 1)
    assert scene.world.triggered.tolist() == [0.0]
    assert scene.world.honoured.tolist() == [1]
    assert scene.world.obliged.max() == 0.0


def test_whoever_fights_beside_an_enemy_is_not_attacked_by_what_it_meets(crisis, play):
    """BBB fights AAA beside CCC: that AAA strikes back calls nobody to BBB's side, unless the clause covers it."""
    pact = {"id": "pact", "type": "defence", "holder": "GGG", "ally": "BBB", "reliability": 1.0}
    support = [{"id": "b", "by": "BBB", "to": "CCC", "against": "AAA", "rung": "fight"}]
    war = WAR | {"sides": [["AAA"], ["CCC"]], "initiator": "AAA"}
    for rung, covers, day in (("fight", False, w.NEVER), ("fight", True, 0.0), ("arm", False, 0.0)):
        clause = pact | {"trigger": {"at_least": "strike", "covers_initiators": covers}}
        scene = play(crisis(states=["AAA", "BBB", "CCC", "GGG"], commitments=[clause], events=[EVENT], wars=[war],
                            support=[support[0] | {"rung": rung}]), 1)  # fmt: skip
        assert scene.world.triggered.tolist() == [day]


def test_the_first_edge_of_all_can_be_obliged(crisis, play):
    pact = {"id": "pact", "type": "defence", "holder": "AAA", "ally": "CCC", "reliability": 1.0,
            "trigger": {"at_least": "strike"}}  # fmt: skip
    raid = EVENT | {"actor": "BBB", "toward": "CCC"}
    scene = play(crisis(states=["AAA", "BBB", "CCC"], commitments=[pact], events=[raid]), 1)
    assert scene.world.obliged.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_one_promise_that_is_not_called_in_hides_no_other(crisis, play):
    """BBB has promises of all kinds; whichever comes first in the arrays, those that fit are called in."""
    kinds = {"c": "consultation", "d": "defence", "e": "consultation", "f": "defence", "g": "defence"}
    lapsed, high = {"in_force_until": "2024-10-24"}, {"trigger": {"at_least": "war"}}
    more = {"d": lapsed, "f": high}
    pacts = [{"id": name, "type": kind, "holder": "GGG", "ally": "BBB", "reliability": 1.0,
              "trigger": {"at_least": "strike"}} | more.get(name, {}) for name, kind in kinds.items()]  # fmt: skip
    blocks = {"states": ["AAA", "BBB", "GGG"], "commitments": pacts, "rivalries": [{"between": ["AAA", "GGG"]}]}
    raid = play(crisis(**blocks, events=[EVENT]), 1)
    assert [name[0] for name, day in zip(raid.names.commitments, raid.world.triggered, strict=True) if day == 0.0] == [
        "c",
        "e",
        "g",
    ]
    war = play(crisis(**blocks, wars=[WAR]), 1)  # goes on: promises to talk are about attacks to come
    assert [name[0] for name, day in zip(war.names.commitments, war.world.triggered, strict=True) if day == 0.0] == [
        "f",
        "g",
    ]
    assert war.world.trigger_record.tolist() == [-1] * 5  # it was there before the first record
