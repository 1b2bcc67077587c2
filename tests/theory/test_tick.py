"""What happens in a tick, in crises whose gates are all open or all shut, so that one course is the only one."""

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.theory.decision import decide
from escalation_sim.theory.tick import begin, is_sound

OPEN, SHUT = {"intercept": 60.0}, {"intercept": -60.0}
STRIKE = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}
PROTEST, ARM, ATTACK, FIGHT, FULL_WAR = range(1, 6)


def test_nothing_happens_behind_shut_gates(crisis, play, acts):
    assert acts(play(crisis(horizon="70 days"), 10)) == []


def test_memories_fade_by_their_half_lives(crisis, play, at):
    scenario = crisis(events=[STRIKE], horizon="70 days")
    for ticks in (1, 2, 5):
        scene = play(scenario, ticks)
        kept = {"fast": 2.0, "slow": 20.0, "worst": 26.0}
        for name, half_life in kept.items():
            full = 0.6 if name == "worst" else 1.0
            assert at(scene, name, "AAA>BBB") == pytest.approx(full * 0.5 ** ((ticks - 1) / half_life), rel=1e-12)
            assert at(scene, name, "BBB>AAA") == 0.0


def test_a_reply_answers_in_the_same_tick_and_names_its_cause(crisis, play, acts):
    scenario = crisis(events=[STRIKE], reply={"protest": OPEN, "strike": OPEN}, horizon="14 days")
    assert acts(play(scenario, 2)) == [(0, "AAA>BBB", "strike", 0, -1), (0, "BBB>AAA", "strike", 2, 0)]


@pytest.mark.parametrize(("rounds", "expected"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_reply_rounds_answer_one_another(crisis, play, rounds, expected, acts):
    scenario = crisis(events=[STRIKE], reply={"protest": OPEN}, reply_rounds=rounds)
    found = acts(play(scenario, 1))
    assert [cause for *_, cause in found] == list(range(-1, expected - 1))
    assert [phase for _, _, _, phase, _ in found] == [0, 2, 3, 4][:expected]


def test_all_decide_on_the_same_world(crisis, play, acts):
    """A rule that needs the other's act of this tick cannot hold in the phase in which both decide."""
    answer = {"act": {"by": "toward", "toward": "actor", "at_least": "protest"}}
    rule = {"id": "echo", "actor": "anyone", "when": [answer], "then": {"strike": 120.0}, "phase": "initiative"}
    scenario = crisis(initiative={"protest": OPEN}, rules=[rule], horizon="14 days")
    both = {"AAA>BBB", "BBB>AAA"}
    found = acts(play(scenario, 2))
    assert {(t, e, r) for t, e, r, p, _ in found if t == 0} == {(0, e, "protest") for e in both}
    assert {(t, e, r) for t, e, r, p, _ in found if t == 1} == {(1, e, "strike") for e in both}


def test_gates_that_cannot_be_used_open_by_themselves_and_hold_nobody(crisis, play, acts):
    initiative = {"protest": OPEN, "arm": SHUT, "strike": OPEN}  # nobody to arm: the shut gate does not count
    assert {rung for _, _, rung, _, _ in acts(play(crisis(initiative=initiative), 1))} == {"strike"}
    barred = [{"by": ["AAA"], "toward": ["BBB"], "rungs": ["strike"]}]
    found = acts(play(crisis(initiative=initiative, closed=barred), 1))
    assert {(edge, rung) for _, edge, rung, _, _ in found} == {("AAA>BBB", "protest"), ("BBB>AAA", "strike")}


def test_the_gates_of_an_initiative_are_a_rate_and_those_of_a_reply_are_not(crisis, stage):
    gates = {"protest": {"intercept": 0.0}, "strike": {"intercept": 0.0}}
    for tick, first, second in ((7.0, 0.5, 0.25), (3.5, 0.25, 0.125), (14.0, 0.75, 1 - 0.75**2)):
        scene = stage(crisis(initiative=gates, reply=gates, tick=tick, horizon=28.0))
        setup, world, records = scene.inside
        begin(setup, world, key_schedule(1), np.uint64(0))
        for reach, below, above in ((first, PROTEST, 0), (second, ATTACK, PROTEST)):
            assert decide(setup, world, records, 0, 0, reach - 1e-9) == below
            assert decide(setup, world, records, 0, 0, reach + 1e-9) == above
        scene.world.prompt[0] = 0  # a reply has no time to wait: all its gates are conditional
        for reach, below, above in ((0.5, PROTEST, 0), (0.25, ATTACK, PROTEST)):
            assert decide(setup, world, records, 0, 1, reach - 1e-9) == below
            assert decide(setup, world, records, 0, 1, reach + 1e-9) == above


def test_a_war_begins_after_its_tick_and_is_remembered_while_it_lasts(crisis, play, acts, at):
    gates = {"protest": OPEN, "strike": OPEN, "war": OPEN}
    rule = {"id": "calm", "actor": "BBB", "not_above": "routine"}
    scenario = crisis(initiative=gates, rules=[rule], horizon="70 days")
    scene = play(scenario, 1)
    assert acts(scene) == [(0, "AAA>BBB", "war", 1, -1)]
    assert (scene.world.war[0], scene.world.war_begun[0]) == (1, 0.0)
    assert scene.world.war_initiator[0] == scene.names.states.index("AAA")
    scene = play(scenario, 8)
    assert len(acts(scene)) == 1  # at war, the only way is up, and there is no higher rung
    assert at(scene, "slow", "BBB>AAA") == 1.0
    assert scene.world.war_record[0] == 0


def test_a_war_that_must_end_ends(crisis, play):
    scene = play(crisis(wars=[WAR], war_end=OPEN, horizon="14 days"), 1)
    assert (scene.world.war[0], scene.world.war_ended[0], scene.world.war_begun[0]) == (0, 0.0, w.NEVER)


def test_support_stands_and_combat_ends_with_the_partners_war(crisis, play, acts, at):
    support = [{"id": "c", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "arm"}]
    states = ["AAA", "BBB", "CCC"]
    gates = dict.fromkeys(("protest", "arm", "strike", "fight"), OPEN)
    only = {"id": "calm", "actor": ["AAA", "BBB"], "not_above": "routine"}
    blocks = {"states": states, "support": support, "wars": [WAR], "rules": [only], "horizon": "70 days"}
    scene = play(crisis(**blocks, initiative=gates, contingent=4000.0), 1)
    assert acts(scene) == [(0, "CCC>BBB", "fight", 1, -1)]
    assert at(scene, "standing", "CCC>BBB") == FIGHT
    assert at(scene, "deployed", "CCC>BBB") == 4000.0
    assert scene.records.magnitude[0] == 4000.0
    assert scene.world.belligerent.tolist() == [1, 1, 1]
    scene = play(crisis(**blocks, initiative=gates, war_end=OPEN), 2)
    assert at(scene, "standing", "CCC>BBB") == 0.0
    assert scene.world.belligerent.sum() == 0


def test_without_a_war_a_partner_gets_arms_and_no_soldiers(crisis, play, acts, at):
    commitment = {"id": "pact", "type": "defence", "holder": "CCC", "ally": "AAA", "reliability": 0.0,
                  "trigger": {"at_least": "war"}}  # fmt: skip
    gates = dict.fromkeys(("protest", "arm", "fight"), OPEN)
    blocks = {"states": ["AAA", "BBB", "CCC"], "commitments": [commitment], "initiative": gates}
    idle = play(crisis(**blocks), 1)
    assert ("CCC>BBB", "protest") in {(edge, rung) for _, edge, rung, _, _ in acts(idle)}  # nobody is in need yet
    history = [{"by": "AAA", "toward": "BBB", "act": "strike", "on": "2024-10-20"}]
    helping = play(crisis(**blocks, history=history), 1)
    assert ("CCC>BBB", "arm") in {(edge, rung) for _, edge, rung, _, _ in acts(helping)}
    assert at(helping, "support", "CCC>BBB") == helping.names.states.index("AAA")


def test_who_cares_is_prompted_and_the_weightiest_act_counts(crisis, play, acts):
    """BBB is struck, its guardian CCC replies to the striker; DDD, who stands behind the strike, is answered too."""
    pact = {"id": "pact", "type": "defence", "holder": "CCC", "ally": "BBB", "reliability": 0.0,
            "trigger": {"at_least": "war"}}  # fmt: skip
    rivalries = [{"between": pair} for pair in (["AAA", "BBB"], ["BBB", "DDD"])]
    event = STRIKE | {"in_support_of": "DDD"}
    scenario = crisis(
        states=["AAA", "BBB", "CCC", "DDD"],
        commitments=[pact],
        rivalries=rivalries,
        events=[event],
        reply={"protest": OPEN},
    )
    replies = {(edge, cause) for _, edge, _, phase, cause in acts(play(scenario, 1)) if phase == 2}
    assert replies == {("BBB>AAA", 0), ("BBB>DDD", 0), ("CCC>AAA", 0), ("CCC>DDD", 0)}


@pytest.mark.parametrize("victims", ["BBB CCC", "CCC BBB"])
def test_of_equally_weighty_acts_the_direct_one_is_answered(crisis, play, acts, victims):
    """CCC and its partner BBB, whom it cares about as about itself, are struck at once: it answers for itself."""
    pact = {"id": "pact", "type": "defence", "holder": "CCC", "ally": "BBB", "reliability": 0.0, "weight": 1.0,
            "trigger": {"at_least": "war"}}  # fmt: skip
    raids = [STRIKE | {"id": name, "toward": toward} for name, toward in zip("ab", victims.split(), strict=True)]
    scene = play(crisis(states=["AAA", "BBB", "CCC"], commitments=[pact], events=raids, reply={"protest": OPEN}), 1)
    assert scene.setup.holder_weight.max() == 1.0
    found = acts(scene)
    answered = {edge: found[cause][1] for _, edge, _, phase, cause in found if phase == 2}
    assert answered == {"BBB>AAA": "AAA>BBB", "CCC>AAA": "AAA>CCC"}


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_equally_weighty_acts_of_one_link_the_newer_is_answered(crisis, play, acts, order):
    """Two partners of CCC are struck at once, one of them not for the first time."""
    pacts = [
        {
            "id": ally,
            "type": "defence",
            "holder": "CCC",
            "ally": ally,
            "reliability": 0.0,
            "trigger": {"at_least": "war"},
        }
        for ally in ("BBB", "DDD")
    ]
    raids = [STRIKE | {"id": name, "toward": toward} for name, toward in zip(order, ("BBB", "DDD"), strict=True)]
    history = [{"by": "AAA", "toward": "BBB", "act": "strike", "on": "2024-10-20"}]
    blocks = {"states": ["AAA", "BBB", "CCC", "DDD"], "commitments": pacts, "events": raids, "history": history}
    found = acts(play(crisis(**blocks, reply={"protest": OPEN}), 1))
    assert [found[cause][1] for _, edge, _, _, cause in found if edge == "CCC>AAA"] == ["AAA>DDD"]


def test_an_event_moves_only_those_who_believe_it(crisis, play, acts):
    for share, expected in ((1.0, ["BBB>AAA"]), (0.0, [])):
        event = STRIKE | {"believed": {"BBB": share}}
        scene = play(crisis(events=[event], reply={"protest": OPEN}), 1)
        assert [edge for _, edge, _, phase, _ in acts(scene) if phase == 2] == expected
        assert scene.world.believed[0, scene.names.states.index("AAA")] == 1


def test_troops_come_and_go_with_events(crisis, play, at):
    arrive = {"id": "arrive", "actor": "CCC", "act": "fight", "toward": "BBB", "in_support_of": "AAA", "troops": 900.0,
              "on": "2024-10-24"}  # fmt: skip
    leave = {"id": "leave", "actor": "CCC", "toward": "BBB", "withdraws": True, "on": "2024-11-07"}
    scenario = crisis(states=["AAA", "BBB", "CCC"], wars=[WAR], events=[arrive, leave], horizon="70 days")
    assert at(play(scenario, 2), "deployed", "CCC>BBB") == 900.0
    gone = play(scenario, 3)
    assert (at(gone, "deployed", "CCC>BBB"), at(gone, "standing", "CCC>BBB")) == (0.0, 0.0)


def test_a_rule_caps_and_speaks_in_its_phase(crisis, play, acts):
    gates = {"protest": OPEN, "strike": OPEN}
    for phase, initiative, reply in (("both", "protest", "protest"), ("initiative", "protest", "strike"),
                                     ("reply", "strike", "protest")):  # fmt: skip
        rule = {"id": "cap", "actor": "BBB", "not_above": "protest", "phase": phase}
        quiet = {"id": "quiet", "actor": "AAA", "not_above": "routine"}
        found = acts(play(crisis(initiative=gates, rules=[rule, quiet]), 1))
        assert [rung for _, _, rung, _, _ in found] == [initiative]
        found = acts(play(crisis(reply=gates, events=[STRIKE], rules=[rule]), 1))
        assert [rung for _, _, rung, how, _ in found if how == 2] == [reply]


@pytest.mark.parametrize("hours", [1, 5, 7, 14, 24, 25, 50, 168])
def test_no_dated_event_falls_between_two_ticks(crisis, run, hours):
    """Sums of tick lengths are rounded: at 7 hours, days 63 and 119 were once lost."""
    days = ["2024-10-25", "2024-12-26", "2025-02-20", "2025-02-26", "2025-06-06", "2025-10-23"]
    events = [{"id": f"e{i}", "actor": "AAA", "on": day} for i, day in enumerate(days)]
    outcomes = [{"id": event["id"], "label": "l", "kind": "vertical", "resolution": "r",
                 "when": [{"event": event["id"]}]} for event in events]  # fmt: skip
    scenario = crisis(events=events, outcomes=outcomes, tick=f"{hours} hours", horizon="365 days")
    assert (run(scenario, 1).outcome_day >= 0).all()


def test_who_acts_against_its_own_partner_is_no_third_party_and_hides_none(crisis, play, acts):
    """All three care about BBB. AAA strikes it: AAA does not answer itself, the others do."""
    pacts = [
        {"id": holder, "type": "defence", "holder": holder, "ally": "BBB", "reliability": 0.0, "weight": weight,
         "trigger": {"at_least": "war"}}
        for holder, weight in (("AAA", 0.9), ("CCC", 0.5), ("DDD", 0.7))
    ]  # fmt: skip
    rivalries = [{"between": ["AAA", name]} for name in ("CCC", "DDD")]
    blocks = {"states": ["AAA", "BBB", "CCC", "DDD"], "commitments": pacts, "rivalries": rivalries}
    found = acts(play(crisis(**blocks, events=[STRIKE], reply={"protest": OPEN}), 1))
    assert [edge for _, edge, _, phase, _ in found if phase == 2] == ["BBB>AAA", "CCC>AAA", "DDD>AAA"]


def test_of_acts_alike_in_all_the_first_is_named_as_the_cause(crisis, play, acts):
    raids = [STRIKE | {"id": name} for name in ("one", "two")]
    found = acts(play(crisis(events=raids, reply={"protest": OPEN}), 1))
    assert [cause for _, _, _, phase, cause in found if phase == 2] == [0]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        (field, wrong)
        for field in ("fast", "slow", "worst", "backing", "strain")
        for wrong in (-0.5, 1.5, np.nan, np.inf)
    ]
    + [(field, wrong) for field in ("troops", "deployed") for wrong in (-1.0, np.nan, np.inf)]
    + [("frailty", wrong) for wrong in (np.nan, np.inf, -np.inf)],
)
def test_a_world_that_cannot_be_is_found(crisis, play, field, wrong):
    effort = {"state": "AAA", "troops": 10.0, "needed": 10.0, "losses_per_week": 1.0, "recruits_per_week": 1.0,
              "tolerance": 0.5}  # fmt: skip
    scene = play(crisis(wars=[WAR], efforts=[effort]), 1)
    assert is_sound(*scene.inside[1:])
    getattr(scene.world, field)[0] = wrong
    assert not is_sound(*scene.inside[1:])
