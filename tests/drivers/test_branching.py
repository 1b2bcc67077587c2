"""One trajectory, run on and run again: without an act, and into other futures, against what can be known exactly."""

import math

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.drivers import branching
from escalation_sim.drivers.branching import Moment, Trajectory
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.to_arrays import Compiler

SHUT, OPEN = {"intercept": -60.0}, {"intercept": 60.0}
RAID = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-31"}
FUTURES = 4000


def _trajectory(scenario, name, replicate=0, window=None, seed=3):
    compiler = Compiler(scenario)
    window = window or scenario.horizon
    index = compiler.names.outcomes.index(name)
    return Trajectory(compiler.setup(), key_schedule(seed), replicate, index, window)


def _answered(outcome):
    """The outcome that BBB strikes AAA."""
    return [outcome("answered", {"act": {"by": "BBB", "toward": "AAA", "at_least": "strike"}})]


def test_a_trajectory_is_the_replicate_of_the_ensemble(storm, run):
    scenario = storm()
    compiler, values = Compiler(scenario), parameter_draws(scenario, 3, 4)
    tally = run(scenario, 40, seed=3, draws=4)
    for replicate in range(40):
        for o in range(len(compiler.names.outcomes)):
            path = Trajectory(compiler.setup(values[replicate % 4]), key_schedule(3), replicate, o, scenario.horizon)
            assert np.float32(path.day) == tally.outcome_day[replicate, o]


def test_without_its_only_reason_an_outcome_does_not_come_about(crisis, outcome):
    reply = {"protest": OPEN, "strike": OPEN}
    scenario = crisis(events=[RAID], reply=reply, horizon="70 days", outcomes=_answered(outcome))
    path = _trajectory(scenario, "answered")
    assert [int(rung) for rung in path.acts.rung] == [3, 3]
    assert path.without(0) == math.inf, "nobody answers a raid that was not"
    assert path.without(1) == math.inf, "nor does an answer count that was not given"


def test_an_act_that_changes_nothing_may_be_left_out(crisis, outcome):
    parade = {"id": "parade", "actor": "BBB", "act": "protest", "toward": "AAA", "on": "2024-10-24"}
    reply = {"protest": OPEN, "strike": OPEN}
    scenario = crisis(events=[RAID, parade], reply=reply, horizon="70 days", outcomes=_answered(outcome))
    path = _trajectory(scenario, "answered")
    words = next(n for n in range(len(path.acts.tick)) if path.acts.rung[n] == 1)
    assert path.without(words) == path.day


def test_who_is_kept_from_an_act_does_it_later_if_luck_has_it(crisis, outcome):
    chance = {"protest": {"intercept": 0.0}, "strike": OPEN}
    scenario = crisis(initiative=chance, horizon="364 days", outcomes=_answered(outcome), rivalries=[
        {"between": ["AAA", "BBB"]}
    ])  # fmt: skip
    path = _trajectory(scenario, "answered")
    last = path.final
    later = path.without(last)
    assert path.day < later < math.inf
    assert later >= (path.acts.tick[last] + 1) * 7.0
    assert path.without(last) == later, "the same question has the same answer, whatever was asked in between"


def test_futures_from_the_start_are_as_likely_as_the_ensemble(crisis, outcome, z):
    """Twenty weeks of a weekly chance of 5 %: 1 - .95 ** 20; half of them gone, 1 - .95 ** 10."""
    chance = {"protest": {"intercept": math.log(0.05 / 0.95)}, "strike": OPEN}
    wanted = [outcome("struck", {"act": {"by": "AAA", "toward": "BBB", "at_least": "strike"}})]
    scenario = crisis(initiative=chance, horizon="140 days", outcomes=wanted)
    quiet = next(r for r in range(100) if _trajectory(scenario, "struck", r).day < 0)
    path = _trajectory(scenario, "struck", quiet)
    for tick, p in ((0, 1 - 0.95**20), (10, 1 - 0.95**10)):
        n = path.futures(Moment(tick, -1), FUTURES)
        assert abs(z(np.arange(FUTURES) < n, p)) < 4.5
    n = path.futures(Moment(10, w.BY_INITIATIVE), FUTURES)
    assert abs(z(np.arange(FUTURES) < n, 1 - 0.95**9)) < 4.5, "in the eleventh week it has been decided already"
    assert abs(z(np.arange(FUTURES) < n, 1 - 0.95**14)) > 4.5, "the twin: another number of weeks would be noticed"


def _dated(crisis, outcome, **event):
    """One event of probability .6 within ten weeks, and the outcome that it happens."""
    vote = {"id": "vote", "actor": "AAA", "between": ["2024-10-24", "2025-01-01"], "probability": 0.6} | event
    return crisis(events=[vote], horizon="70 days", outcomes=[outcome("voted", {"event": "vote"})])


@pytest.mark.parametrize("replicate", range(4))
def test_what_has_not_shown_itself_is_drawn_anew(crisis, outcome, z, replicate):
    """Not by half time: it comes with .6 / 2 / (1 - .6 / 2), whatever the replicate had in store."""
    path = _trajectory(_dated(crisis, outcome), "voted", replicate)
    if 0 <= path.day < 35:
        n = path.futures(Moment(int(path.day // 7) + 1, -1), 50)
        assert n == 50, "what has happened has happened"
        return
    n = path.futures(Moment(5, -1), FUTURES)
    assert abs(z(np.arange(FUTURES) < n, 0.3 / 0.7)) < 4.5


def test_a_future_that_kept_the_hidden_date_would_be_noticed(crisis, outcome, monkeypatch):
    """The twin that must fail: without drawing anew, every future knows whether the vote will come."""
    monkeypatch.setattr(branching, "foretell", lambda *arguments: None)
    path = _trajectory(_dated(crisis, outcome), "voted", 0)
    assert path.futures(Moment(0, -1), 200) in (0, 200)


def test_events_that_exclude_each_other_still_do(crisis, outcome, z):
    """One of two by week ten, .5 (in the first half only) and .3: neither by half time, .15 / (1 - .5 - .15)."""
    first = {"id": "early", "actor": "AAA", "between": ["2024-10-24", "2024-11-27"], "probability": 0.5, "one_of": "x"}
    second = {"id": "vote", "actor": "AAA", "between": ["2024-10-24", "2025-01-01"], "probability": 0.3, "one_of": "x"}
    scenario = crisis(events=[first, second], horizon="70 days", outcomes=[outcome("voted", {"event": "vote"})])
    compiler = Compiler(scenario)
    for replicate in range(60):
        path = _trajectory(scenario, "voted", replicate)
        happened = {compiler.names.events[v] for v, t in zip(path.acts.event, path.acts.tick, strict=True) if t < 5}
        if "vote" in happened:
            continue
        n = path.futures(Moment(5, -1), 400)
        if "early" in happened:
            assert n == 0
        else:
            assert abs(z(np.arange(400) < n, 0.15 / 0.35)) < 4.5


def test_promises_not_called_upon_are_open(crisis, outcome, z):
    pact = {"id": "pact", "type": "defence", "holder": "CCC", "ally": "BBB", "trigger": {"at_least": "strike"},
            "reliability": 0.25}  # fmt: skip
    scenario = crisis(
        states=["AAA", "BBB", "CCC"], events=[RAID], commitments=[pact], horizon="28 days",
        outcomes=[outcome("kept", {"commitment": {"id": "pact", "status": "honoured"}})],
    )  # fmt: skip
    path = _trajectory(scenario, "kept", 1)
    n = path.futures(Moment(0, -1), FUTURES)
    assert abs(z(np.arange(FUTURES) < n, 0.25)) < 4.5
    assert path.futures(Moment(2, -1), 50) in (0, 50), "once it was called upon, it is known"


def test_every_future_replays_alone_and_points_share_their_luck(storm):
    scenario = storm()
    index = Compiler(scenario).names.outcomes.index("coup")
    path = Trajectory(Compiler(scenario).setup(), key_schedule(3), 5, index, 182.0)
    counts = [path.futures(Moment(3, w.BY_REPLY), n) for n in (10, 20, 10)]
    assert counts[0] == counts[2] <= counts[1]
    again = Trajectory(Compiler(scenario).setup(), key_schedule(3), 5, index, 182.0)
    assert again.futures(Moment(3, w.BY_REPLY), 20) == counts[1]


def test_later_rounds_of_replies_can_be_split(crisis, outcome):
    """A raid and three rounds of answers in its tick: from after each of them the same future, all gates being open."""
    scenario = crisis(events=[RAID], reply={"protest": OPEN}, reply_rounds=3, horizon="70 days", outcomes=[
        outcome("quarrel", {"act": {"by": "AAA", "toward": "BBB", "at_least": "protest", "at_most": "protest"}})
    ])  # fmt: skip
    path = _trajectory(scenario, "quarrel")
    for phase in range(-1, 5):
        assert path.futures(Moment(1, phase), 3) == 3
        assert int(path.world.clock[w.CLOCK_RECORDS]) == 4
