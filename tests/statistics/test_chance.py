"""What is drawn once for a replicate or once for a tick follows its law: promises, beliefs, dates, frailty, peace."""

import math

import numpy as np
import pytest
from scipy import stats

from escalation_sim.draws import key_schedule
from escalation_sim.scenario.schema import Quantity
from escalation_sim.theory.tick import begin

N, LIMIT = 40_000, 4.5
RAID = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2022-10-24"}


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


@pytest.fixture(scope="module")
def two_promises(crisis, outcome, run, came_true):
    """P(called) = 0.4; two holders, each keeps his word with 0.3: (called, kept by one at least)."""
    pacts = [{"id": f"pact{holder}", "type": "defence", "holder": holder, "ally": "BBB", "reliability": 0.3,
              "trigger": {"at_least": "strike"}} for holder in ("GGG", "HHH")]  # fmt: skip
    rules = [{"id": "sure", "actor": ["GGG", "HHH"], "toward": "AAA", "when": [{"commitment": {"id": "pactGGG",
              "status": "honoured"}}], "then": {"protest": 120.0}}]  # fmt: skip
    scenario = crisis(
        states=["AAA", "BBB", "GGG", "HHH"],
        commitments=pacts,
        events=[RAID | {"probability": 0.4}],
        rules=rules,
        outcomes=[
            outcome("called", {"commitment": {"id": "pactGGG", "status": "triggered"}}),
            *(outcome(f"kept{h}", {"commitment": {"id": f"pact{h}", "status": "honoured"}}) for h in ("GGG", "HHH")),
        ],
    )
    tally = run(scenario, N)
    return [came_true(tally, scenario, name) for name in ("called", "keptGGG", "keptHHH")]


def test_called_and_kept_are_two_questions(two_promises, z):
    called, one, other = two_promises
    assert abs(z(called, 0.4)) < LIMIT
    assert not (one & ~called).any()
    for kept in (one, other):
        assert abs(z(kept[called], 0.3)) < LIMIT
        assert abs(z(kept, 0.3)) > LIMIT  # the mistake of counting promises that nobody called in


def test_promises_are_kept_independently(two_promises, z):
    called, one, other = two_promises
    assert abs(z((one & other)[called], 0.09)) < LIMIT
    assert abs(z((one & one)[called], 0.09)) > LIMIT


@pytest.mark.slow
def test_uncertain_reliability_is_averaged_over_its_draws(crisis, outcome, run, came_true):
    pact = {"id": "pact", "type": "defence", "holder": "GGG", "ally": "BBB", "trigger": {"at_least": "strike"},
            "reliability": {"dist": "beta", "a": 2.0, "b": 6.0}}  # fmt: skip
    kept = outcome("kept", {"commitment": {"id": "pact", "status": "honoured"}})
    scenario = crisis(states=["AAA", "BBB", "GGG"], commitments=[pact], events=[RAID], outcomes=[kept])
    share = came_true(run(scenario, N, draws=4000), scenario, "kept").mean()
    error = math.sqrt(2 * 6 / (8**2 * 9) / 4000 + 0.25 * 0.75 / N)
    assert share == pytest.approx(0.25, abs=LIMIT * error)
    one = came_true(run(scenario, N, draws=1), scenario, "kept").mean()
    assert abs(one - 0.25) > LIMIT * error  # the median of the distribution is not its mean


def test_beliefs_are_drawn_for_each_state_and_last(crisis, outcome, run, came_true, z):
    event = RAID | {"believed": {"CCC": 0.3, "others": 0.8}}
    rule = {"id": "answer", "actor": ["BBB", "CCC", "DDD"], "toward": "AAA", "when": [{"event": "raid"}],
            "then": {"protest": 120.0}, "phase": "initiative"}  # fmt: skip
    names = ("BBB", "CCC", "DDD")
    scenario = crisis(
        states=["AAA", *names],
        rivalries=[{"between": ["AAA", name]} for name in names],
        events=[event],
        rules=[rule],
        outcomes=[outcome(name, {"act": {"by": name, "at_least": "protest"}}) for name in names],
        horizon="70 days",
    )
    tally = run(scenario, N)
    b, c, d = (came_true(tally, scenario, name) for name in names)
    for share, believes in ((0.8, b), (0.3, c), (0.8, d)):
        assert abs(z(believes, share)) < LIMIT
    assert abs(z(b & d, 0.64)) < LIMIT
    assert abs(z(c, 1.0 - (1.0 - 0.3) ** 10)) > LIMIT  # the mistake of drawing anew each week
    assert (tally.outcome_day < 7.0).all()


@pytest.mark.parametrize("tick", ["1 day", "7 days"])
def test_dates_between_two_days_are_even(crisis, outcome, run, z, tick):
    event = {"id": "soon", "actor": "AAA", "between": ["2024-11-07", "2025-02-12"], "probability": 0.7}
    scenario = crisis(events=[event], outcomes=[outcome("soon", {"event": "soon"})], horizon="140 days", tick=tick)
    day = run(scenario, N).outcome_day[:, 0]
    assert abs(z(day >= 0, 0.7)) < LIMIT
    share = (day[day >= 0] - 14.0) / 98.0
    assert share.min() >= 0.0
    assert share.max() <= 1.0
    assert stats.kstest(share, "uniform").pvalue > 1e-5
    assert stats.kstest(share**1.05, "uniform").pvalue < 1e-5
    assert stats.kstest((np.floor(share * 14.0)) / 14.0, "uniform").pvalue < 1e-5  # all at the beginning of a week


def test_the_day_of_an_outcome_is_even_within_its_tick(crisis, outcome, run):
    scenario = crisis(events=[RAID], outcomes=[outcome("raid", {"event": "raid"})], tick="30 days", horizon="60 days")
    day = run(scenario, N).outcome_day[:, 0]
    assert stats.kstest(day / 30.0, "uniform").pvalue > 1e-5


def test_frailty_is_normal_and_each_dyads_own(crisis, stage):
    rivalries = [{"between": pair} for pair in (["AAA", "BBB"], ["BBB", "CCC"])]
    scene = stage(crisis(states=["AAA", "BBB", "CCC"], rivalries=rivalries, frailty_sd=0.77))
    setup, world, _ = scene.inside
    sample = np.empty((20_000, 2))
    for lineage in range(len(sample)):
        begin(setup, world, key_schedule(4), np.uint64(lineage))
        sample[lineage] = scene.world.frailty
    for column in sample.T:
        assert stats.kstest(column, "norm", args=(0.0, 0.77)).pvalue > 1e-5
        assert stats.kstest(column, "norm", args=(0.0, 0.70)).pvalue < 1e-5
    assert abs(np.corrcoef(sample.T)[0, 1]) * math.sqrt(len(sample)) < LIMIT


@pytest.mark.parametrize("tick", [7.0, 3.5])
def test_wars_end_at_their_hazard(crisis, outcome, run, z, tick):
    coefficients = {"intercept": -3.0, "years": -0.6, "winter": -0.5}
    ended = outcome("ended", {"war": {"between": ["AAA", "BBB"], "status": "ended"}})
    scenario = crisis(wars=[WAR], war_end=coefficients, outcomes=[ended], horizon="364 days", tick=tick)
    day = run(scenario, N).outcome_day[:, 0]

    def by(weeks, years_before):
        begins = np.arange(round(weeks * 7 / tick)) * tick
        first = np.datetime64("2024-10-24")
        parts = first + np.round((begins[:, None] + np.linspace(0.0, tick, 8)[:-1]) * 86400).astype("timedelta64[s]")
        month = parts.astype("datetime64[M]").astype(int) % 12 + 1
        winter = np.isin(month, (12, 1, 2)).mean(axis=1)
        p = logistic(-3.0 - 0.6 * np.log1p(years_before + begins / 365.25) - 0.5 * winter)
        return 1.0 - np.prod((1.0 - p) ** (tick / 7.0))

    for weeks in (4, 13, 26, 52):
        came = (day >= 0) & (day < 7.0 * weeks)
        assert abs(z(came, by(weeks, 731 / 365.25))) < LIMIT  # 24 October 2022 to 2024: 731 days
        assert weeks < 13 or abs(z(came, by(weeks, 0.0))) > LIMIT  # the mistake of counting from the start


def test_a_distribution_is_drawn_as_scipy_would(crisis):
    from escalation_sim.scenario.numbers import parameter_draws

    blocks = {
        "norm": {"loc": -1.0, "scale": 2.0},
        "uniform": {"loc": -1.0, "scale": 2.0},
        "triang": {"c": 0.3, "loc": 1.0, "scale": 2.0},
        "beta": {"a": 2.0, "b": 5.0},
        "lognorm": {"s": 0.4, "scale": 3.0},
        "gamma": {"a": 2.5, "scale": 0.5},
        "truncnorm": {"a": -1.0, "b": 2.0, "loc": 0.5, "scale": 2.0},
        "expon": {"scale": 2.0},
        "loguniform": {"a": 0.1, "b": 10.0},
    }
    for name, parameters in blocks.items():
        Quantity(dist=name, **parameters)
        rule = {"id": "r", "actor": "AAA", "then": {"protest": {"dist": name, **parameters}}}
        drawn = [draw["rules.r.then.protest"] for draw in parameter_draws(crisis(rules=[rule]), 5, 20_000)]
        law = getattr(stats, name)(**parameters)
        assert stats.kstest(drawn, law.cdf).pvalue > 1e-5
        assert stats.kstest(np.array(drawn) + 0.1 * law.std(), law.cdf).pvalue < 1e-5
