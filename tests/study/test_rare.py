"""Splitting a scenario: which outcomes, how much, the same for any number of threads, and what is not trusted."""

import dataclasses
import math

import numpy as np
import pytest

from escalation_sim import load
from escalation_sim.errors import ComparisonError
from escalation_sim.study import rare
from escalation_sim.study.ensemble import Size, run_ensemble
from escalation_sim.study.rare import effort, estimate_rare, wanted

TICKS = 26


def _gate(p):
    return {"intercept": math.log(p / (1.0 - p))}


@pytest.fixture(scope="module")
def scarce(crisis, outcome, founded):
    """A crisis with an outcome of one in a hundred thousand and a common one."""
    outcomes = [
        outcome(name, {"act": {"by": "AAA", "at_least": rung}}) | {"windows": ["91 days", "182 days"]}
        for name, rung in (("struck", "strike"), ("protested", "protest"))
    ]
    gates = {"protest": _gate(0.1), "strike": _gate(1e-5)}
    return founded(crisis(initiative=gates, horizon=7.0 * TICKS, outcomes=outcomes))


def _exact(ticks):
    return -math.expm1(ticks * math.log1p(-1e-6))


@pytest.fixture(scope="module")
def found(scarce):
    return estimate_rare(scarce, "struck", Size(20_000, 1, seed=3, jobs=2))


def test_estimates_of_both_windows(found):
    table = found.estimates([91.0, 182.0])
    for row, ticks in zip(table.itertuples(), (13, 26), strict=True):
        assert row.mc_low < _exact(ticks) < row.mc_high
        assert row.mc_high / row.mc_low < 3.0
    assert not table.mc_low[1] < _exact(2 * TICKS) < table.mc_high[1], "the twin: a window twice as long"
    assert found.reached == len(found.found) == 20


def test_threads_do_not_matter(scarce, found):
    alone = estimate_rare(scarce, "struck", Size(20_000, 1, seed=3, jobs=1))
    assert alone.estimates([182.0]).equals(found.estimates([182.0]))
    other = estimate_rare(scarce, "struck", Size(20_000, 1, seed=4, jobs=1))
    assert not other.estimates([182.0]).equals(found.estimates([182.0]))


def test_stages_say_how_many_came_through(found):
    stages = found.stages
    assert stages["started"].tolist() == [20 * found.each] * len(stages)
    assert (stages["entered"] <= stages["started"]).all()
    assert stages["level"].isna().tolist() == [False] * (len(stages) - 1) + [True]
    assert stages["share"].prod() == pytest.approx(found.estimates([182.0]).probability[0], rel=0.3)


def test_outcomes_that_are_seen_are_counted_and_the_others_split(scarce, found):
    result = run_ensemble(scarce, 2_000, 1, seed=3)
    assert wanted(result, None) == ["struck"]
    assert wanted(result, "none") == []
    assert wanted(result, "protested, struck") == ["protested", "struck"]
    with pytest.raises(ComparisonError, match=r"--rare strucc: .*did you mean 'struck'"):
        wanted(result, "strucc")
    assert wanted(run_ensemble(scarce, 300, 1, seed=3), None) == [], "too small a run to pay for it"
    table = dataclasses.replace(result, rare={"struck": found}).probabilities.set_index(["outcome", "window_days"])
    assert table["method"].loc["struck"].tolist() == ["splitting"] * 2
    assert table["method"].loc["protested"].tolist() == ["counting"] * 2
    assert table.loc[("struck", 182.0), "probability"] == found.estimates([182.0]).probability[0]
    plain = result.probabilities.set_index(["outcome", "window_days"])
    assert table.loc["protested"].equals(plain.loc["protested"])


def test_curves_end_where_the_longest_window_does(scarce, found):
    result = dataclasses.replace(run_ensemble(scarce, 500, 1, seed=3), rare={"struck": found})
    curve = result.curves.query("outcome == 'struck'")
    assert curve["probability"].is_monotonic_increasing
    assert curve["probability"].iloc[-1] == pytest.approx(found.estimates([182.0]).probability[0])


def test_doubts(found):
    n = 1_000_000
    assert found.doubts(round(n * _exact(TICKS)), n) == ""
    assert "disagree" in found.doubts(400, n)
    few = dataclasses.replace(found, found=found.found[:5], draws=found.draws[:5])
    assert few.doubts(26, n) == "only 5 of 5 repetitions reached it"
    heavy = [found.found[0]._replace(weight=1.0), *found.found[1:]]
    assert "carries 100 %" in dataclasses.replace(found, found=heavy).doubts(26, n)


def test_effort_follows_the_size_of_the_run():
    assert effort(Size(100_000, 100)) == (200, 125)
    assert effort(Size(10, 1)) == (20, rare.FEWEST)


def test_uncertain_numbers_widen_the_interval(scarce):
    scenario = load("library:starter")
    name = scenario.outcomes[0].id
    result = run_ensemble(scenario, 4_000, 20, seed=2)
    found = estimate_rare(result.scenario, name, Size(4_000, 20, seed=2, jobs=2))
    assert len(np.unique(found.draws)) == 20
    counted = result.probabilities.query("outcome == @name").iloc[-1]
    split = found.estimates([counted.window_days]).iloc[0]
    assert max(split.mc_low, counted.mc_low) < min(split.mc_high, counted.mc_high)
