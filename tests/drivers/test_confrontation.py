"""Confrontations played until they are quiet: the Mesa driver tells every tick of them, an ensemble their heights."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.drivers import ensemble
from escalation_sim.drivers.agents import EscalationModel
from escalation_sim.drivers.confrontation import Played, play
from escalation_sim.scenario.to_arrays import Compiler

SEED, PROTEST, STRIKE, WAR = 7, 1, 3, 5  # rungs of the ladder of `conftest`


def first_act(crisis: Any, **blocks: Any) -> Compiler:
    """Two rivals of whom the first strikes the other on the first day."""
    start = dt.date(2024, 10, 24)
    acts = {0: ("AAA", "BBB", "strike")} | blocks.pop("later", {})  # by day
    events = [
        {"id": f"e{day}", "actor": a, "toward": b, "act": act, "on": (start + dt.timedelta(days=day)).isoformat()}
        for day, (a, b, act) in acts.items()
    ]
    return Compiler(crisis(**({"horizon": "420 days", "events": events} | blocks)))


@pytest.fixture(scope="module")
def hot(crisis: Any) -> Compiler:
    """All gates move: confrontations of all lengths, some with war."""
    gates = {"protest": -1.0, "strike": 0.0, "war": -1.5}
    initiative = {gate: {"intercept": x} for gate, x in gates.items()}
    reply = {gate: {"intercept": x + 1.0} for gate, x in gates.items()}
    initiative["protest"] |= {"own_slow": 1.0, "their_slow": 0.5, "frailty": 1.0}
    initiative["strike"] |= {"own_fast": 1.0}
    return first_act(crisis, initiative=initiative, reply=reply, war_end={"intercept": -1.0}, frailty_sd=1.5)


def lineages(n: int, first: int = 0) -> Any:
    return np.arange(first, first + n, dtype=np.uint64)


def tick_by_tick(compiler: Compiler, n: int, militarized: int, force: int, quiet: int) -> Played:
    """What `play` should say, read off the records of the Mesa driver."""
    rows, setup = [], compiler.setup()
    for replicate in range(n):
        model = EscalationModel(setup, compiler.names, luck=SEED, replicate=replicate)
        tops: list[int] = []
        theirs: list[int] = []  # highest act of the target in each tick
        while len(tops) < setup.n_ticks:
            model.step()
            acts = range(model.world.clock[w.CLOCK_TICK_START], model.world.clock[w.CLOCK_RECORDS])
            rungs = {k: int(model.records.rung[k]) for k in acts}
            theirs.append(max([0, *(r for k, r in rungs.items() if setup.actor[model.records.edge[k]] == 1)]))
            tops.append(max([0, *rungs.values(), *([setup.war_rung] if model.world.war.any() else [])]))
            active = [t for t, top in enumerate(tops) if top >= militarized]
            if len(tops) - 1 - max([0, *active]) > quiet:
                break
        forceful = sum(top >= force for top in tops)
        answers = [next((t for t, top in enumerate(theirs) if top >= least), -1) for least in (militarized, force)]
        rows.append((max(tops), answers[0] >= 0, len(active), max([0, *active]) + 1, forceful, *answers))
    return Played(*(np.array(column) for column in zip(*rows, strict=True)))


@pytest.mark.parametrize(("militarized", "quiet"), [(PROTEST, 4), (STRIKE, 4), (STRIKE, 10)])
def test_it_counts_what_the_mesa_driver_does(hot: Compiler, militarized: int, quiet: int) -> None:
    asked = (militarized, WAR, quiet)
    told, played = tick_by_tick(hot, 60, *asked), play(hot.setup(), key_schedule(SEED), lineages(60), *asked)
    for name, mine, its in zip(Played._fields, played, told, strict=True):
        assert mine.tolist() == its.astype(int).tolist(), name
        assert len(set(mine.tolist())) > 1, name  # there was something to tell apart
    other = play(hot.setup(), key_schedule(SEED), lineages(60, 1), *asked)
    assert other.length.tolist() != played.length.tolist()


def test_without_a_closing_rule_it_is_an_ordinary_ensemble(hot: Compiler) -> None:
    """Same keys, same lineages: each replicate climbs as high as in an ensemble; closed early, some climb less."""
    tally = ensemble.run(lambda p: hot.setup(), 1, 400, seed=SEED)
    keys = key_schedule(SEED)
    open_end = play(hot.setup(), keys, lineages(400), STRIKE, WAR, quiet_ticks=1_000)
    assert open_end.highest.tolist() == tally.highest.tolist()
    closed = play(hot.setup(), keys, lineages(400), STRIKE, WAR, quiet_ticks=2)
    assert (closed.highest <= tally.highest).all()
    assert (closed.highest < tally.highest).any()
    assert (closed.length <= open_end.length).all()


def test_share_that_reaches_war_is_that_of_the_odds(crisis: Any, z: Any) -> None:
    """The target answers the first act with war with a probability of 0.3, and nothing else can happen."""
    odds = {"protest": {"intercept": 60.0}, "strike": {"intercept": 60.0}, "war": {"intercept": np.log(0.3 / 0.7)}}
    setup = first_act(crisis, reply=odds, horizon="7 days").setup()
    played = play(setup, key_schedule(SEED), lineages(4_000), STRIKE, WAR, 26)
    assert abs(z(played.highest == WAR, 0.3)) < 4.0
    assert abs(z(played.highest == WAR, 0.35)) > 4.0
    assert played.answered.tolist() == [1] * 4_000


@pytest.mark.parametrize(("week", "length"), [(1, 2), (26, 27), (27, 28), (28, 1), (40, 1)])
def test_a_confrontation_closes_after_26_quiet_weeks(crisis: Any, week: int, length: int) -> None:
    later = {7 * week: ("BBB", "AAA", "strike")}
    played = play(first_act(crisis, later=later).setup(), key_schedule(SEED), lineages(1), STRIKE, WAR, 26)
    assert played.length.tolist() == [length]
    assert played.active.tolist() == [1 + (length > 1)]
    assert played.answered.tolist() == [int(length > 1)]
    assert played.highest.tolist() == [STRIKE]


def test_words_keep_nothing_open_and_are_no_answer(crisis: Any) -> None:
    later = {7 * week: ("BBB", "AAA", "protest") for week in range(1, 40)}
    setup = first_act(crisis, later=later).setup()
    played = play(setup, key_schedule(SEED), lineages(1), STRIKE, WAR, 26)
    assert (played.length.item(), played.active.item(), played.answered.item()) == (1, 1, 0)
    loud = play(setup, key_schedule(SEED), lineages(1), PROTEST, WAR, 26)
    assert (loud.length.item(), loud.active.item(), loud.answered.item()) == (40, 40, 1)


def test_war_is_active_as_long_as_it_lasts(crisis: Any) -> None:
    later = {7: ("BBB", "AAA", "war")}
    played = play(first_act(crisis, later=later).setup(), key_schedule(SEED), lineages(1), STRIKE, WAR, 3)
    assert played.length.item() == played.active.item() == 60  # to the horizon: nothing ends this war
    assert (played.highest.item(), played.forceful.item()) == (WAR, 59)
    short = first_act(crisis, later=later, war_end={"intercept": 60.0}).setup()
    assert play(short, key_schedule(SEED), lineages(1), STRIKE, WAR, 3).length.item() < 5
