"""A higher log-odds never lowers the rung for the same draw: what makes variants comparable draw by draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.theory.decision import decide
from escalation_sim.theory.gates import in_tick, logistic, over
from escalation_sim.theory.memory import habituation, kept_share
from escalation_sim.theory.tick import begin, whole_tick

share = st.floats(0.0, 1.0)
below_one = st.floats(0.0, 1.0, exclude_max=True)


@pytest.fixture(scope="module")
def busy(storm, stage):
    """A stage some ticks into a crisis, so that memories, wars and promises differ between edges."""
    scene = stage(storm(war_end={"intercept": -60.0}))
    setup, world, records = scene.inside
    begin(setup, world, key_schedule(3), np.uint64(5))
    for _ in range(9):
        whole_tick(setup, world, records, key_schedule(3), np.uint64(5))
    assert scene.world.war.any()
    assert not scene.world.war.all()
    return scene


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_push_at_a_gate_never_lowers_the_rung(busy, data):
    edge = data.draw(st.integers(0, len(busy.names.edges) - 1))
    phase = data.draw(st.integers(0, 1))
    rung = data.draw(st.integers(1, len(busy.names.rungs) - 1))
    push = data.draw(st.floats(0.0, 20.0))
    u = data.draw(below_one)
    setup, world, records = busy.inside
    busy.world.prompt[edge] = 0 if phase else -1
    before = decide(setup, world, records, edge, phase, u)
    busy.setup.base[phase, edge, rung] += push
    after = decide(setup, world, records, edge, phase, u)
    busy.setup.base[phase, edge, rung] -= push
    busy.world.choice[edge] = 0
    assert after >= before
    assert 0 <= before < len(busy.names.rungs)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_lower_draw_never_lowers_the_rung(busy, data):
    edge = data.draw(st.integers(0, len(busy.names.edges) - 1))
    u, v = sorted((data.draw(below_one), data.draw(below_one)))
    setup, world, records = busy.inside
    busy.world.prompt[edge] = -1
    rungs = [decide(setup, world, records, edge, 0, draw) for draw in (u, v)]
    busy.world.choice[edge] = 0
    assert rungs[0] >= rungs[1]
    assert not any(rung and busy.setup.closed[edge, rung] for rung in rungs)


def test_a_push_can_raise_the_rung(busy):
    """The two tests above would pass if nobody ever moved."""
    setup, world, records = busy.inside
    edge = int(np.flatnonzero(~busy.world.war[busy.setup.dyad].astype(bool))[0])
    busy.world.prompt[edge] = -1
    before = [decide(setup, world, records, edge, 0, u) for u in np.linspace(0, 0.99, 50)]
    busy.setup.base[0, edge, 1] += 3.0
    after = [decide(setup, world, records, edge, 0, u) for u in np.linspace(0, 0.99, 50)]
    busy.setup.base[0, edge, 1] -= 3.0
    busy.world.choice[edge] = 0
    assert sum(after) > sum(before) > 0


@pytest.mark.parametrize("gate", ["protest", "strike", "war"])
def test_a_positive_rule_makes_the_first_week_no_calmer(storm, run, gate):
    """Later weeks may be calmer: an act can call forth a promise, or end what it feeds on."""
    push = {"id": "push", "actor": "CCC", "toward": "AAA", "then": {gate: 1.5}}
    week = storm(horizon="7 days", reply_rounds=0)
    pushed = storm(horizon="7 days", reply_rounds=0, rules=[*_rules(week), push])
    calm, tense = run(week, 4000), run(pushed, 4000)
    assert (tense.highest >= calm.highest).all()
    assert (tense.highest > calm.highest).any()


def _rules(scenario):
    return [rule.model_dump(exclude_none=True, by_alias=True) for rule in scenario.rules]


@given(log_odds=st.floats(-800, 800), push=st.floats(0, 100))
def test_more_log_odds_are_no_less_probability(log_odds, push):
    assert 0.0 <= logistic(log_odds) <= logistic(log_odds + push) <= 1.0


@given(p=share, q=share, weeks=st.floats(0.01, 60.0))
def test_a_longer_or_likelier_wait_is_no_safer(p, q, weeks):
    low, high = sorted((p, q))
    assert 0.0 <= over(low, weeks) <= over(high, weeks) <= 1.0
    assert over(p, weeks) <= over(p, 2.0 * weeks)


@given(p=share, q=share, weeks=st.floats(0.01, 10.0))
def test_an_initiative_never_gains_by_a_gate_or_a_shorter_tick(p, q, weeks):
    assert 0.0 <= in_tick(p * q, weeks) <= in_tick(p, weeks) <= 1.0
    assert in_tick(p, weeks) <= in_tick(p, 2.0 * weeks) + 1e-12


@given(slow=share, worst=share, severity=share)
def test_habituation_is_a_share(slow, worst, severity):
    assert 0.0 <= habituation(slow, worst, severity) <= slow


@given(half_life=st.floats(0.01, 1000.0), weeks=st.floats(0.0, 1000.0))
def test_a_memory_only_fades(half_life, weeks):
    assert 0.0 <= kept_share(half_life, 2.0 * weeks) <= kept_share(half_life, weeks) <= 1.0


def test_memories_and_shares_stay_in_bounds(storm, stage):
    scene = stage(storm())
    setup, world, records = scene.inside
    keys = key_schedule(8)
    for lineage in range(40):
        begin(setup, world, keys, np.uint64(lineage))
        for _ in range(scene.setup.n_ticks):
            whole_tick(setup, world, records, keys, np.uint64(lineage))
            for name in ("fast", "slow", "worst", "fresh", "obliged", "strain"):
                values = getattr(scene.world, name)
                assert ((values >= 0.0) & (values <= 1.0)).all(), name
            assert (scene.world.troops >= 0.0).all()
            assert (scene.world.deployed >= 0.0).all()
            assert not scene.world.choice.any()
        n = scene.world.clock[w.CLOCK_RECORDS]
        assert n <= len(scene.records.tick)
        assert (scene.records.cause[:n] < np.arange(n)).all()  # causes come before what they cause
