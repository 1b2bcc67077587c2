"""Alternatives under the same luck: nothing changed is exactly zero, inert states change nothing, pairs gain."""

import math

import numpy as np
import pytest

from escalation_sim import load
from escalation_sim.errors import ComparisonError
from escalation_sim.study.compare import compare, difference, shared_outcomes
from escalation_sim.study.ensemble import Size, run_ensemble

FEW = Size(replicates=300, parameters=5)
CHANCE = {"intercept": math.log(0.05 / 0.95)}


@pytest.fixture(scope="module")
def small(crisis, outcome, founded):
    """AAA strikes BBB with 5 % a week; a rule that is there or not doubles the odds."""
    rule = {"id": "anger", "actor": "AAA", "toward": "BBB", "then": {"protest": 0.7}, "because": "made up"}
    return founded(
        crisis(
            horizon="182 days",
            windows=["91 days", "182 days"],
            initiative={"protest": CHANCE, "strike": {"intercept": 60.0}},
            rules=[rule],
            outcomes=[outcome("struck", {"act": {"by": "AAA", "toward": "BBB", "at_least": "strike"}})],
        )
    )


def _without(scenario):
    return scenario.model_copy(update={"rules": ()})


def test_an_alternative_like_the_baseline_is_exactly_zero(small):
    table = compare(small, {"itself": small, "retold": small.model_copy(update={"title": "Another title"})}, *FEW)
    found = table.differences
    ends = ["difference", "mc_low", "mc_high", "parameter_low", "parameter_high", "gained", "lost"]
    assert found["variant"].unique().tolist() == ["itself", "retold"]
    assert (found[ends] == 0).all(axis=None)


def test_an_alternative_that_asks_for_other_windows_is_counted_by_them(small):
    sooner = tuple(one.model_copy(update={"windows": (10.0, 91.0, 182.0)}) for one in small.outcomes)
    found = compare(small, {"sooner": small.model_copy(update={"outcomes": sooner})}, *FEW)
    table, baseline = (each.probabilities for each in (found.alternatives["sooner"], found.baseline))
    assert len(table) == len(baseline) + len(sooner)
    assert table[table["window_days"] != 10.0]["count"].tolist() == baseline["count"].tolist()


def test_an_inert_state_changes_nothing(small):
    bystander = small.states[0].model_copy(update={"id": "ZZZ"})
    wider = small.model_copy(update={"states": (*small.states, bystander)})
    found = compare(small, {"wider": wider}, *FEW)
    assert np.array_equal(found.baseline.tally.outcome_day, found.alternatives["wider"].tally.outcome_day)
    assert (found.differences["difference"] == 0).all()


def test_the_change_of_a_rule_is_found_and_pairing_gains(small):
    table = compare(small, {"without": _without(small)}, *FEW._replace(replicates=1_500)).differences
    assert (table["mc_high"] < 0).all()
    assert (table["gained"] == 0).all(), "odds that are nowhere higher make no replicate strike earlier"
    assert (table["variance_ratio"] > 1.5).all()


def test_other_luck_pairs_nothing(small):
    """The twin: two ensembles of other luck differ in both directions, and pairing gains nothing."""
    first, second = (run_ensemble(small, 1_500, 5, seed) for seed in (1, 2))
    table = difference(first, second)
    assert (table.loc[0, ["gained", "lost"]] > 10).all()
    assert (table["variance_ratio"] < 1.2).all()


def test_threads_change_nothing(small):
    one, two = (compare(small, {"w": _without(small)}, *FEW._replace(jobs=jobs)).differences for jobs in (1, 2))
    assert one.equals(two)


def test_baseline_and_alternative_exchanged(small):
    there = compare(small, {"w": _without(small)}, *FEW).differences
    back = compare(_without(small), {"w": small}, *FEW).differences
    assert np.allclose(there["difference"], -back["difference"])
    assert there["lost"].tolist() == back["gained"].tolist()


def test_one_id_must_mean_one_thing(small):
    other = small.outcomes[0].model_copy(update={"resolution": "by the newspapers"})
    with pytest.raises(ComparisonError, match="'struck' has another resolution rule"):
        shared_outcomes(small, small.model_copy(update={"outcomes": (other,)}), "other.yaml")


def test_scenarios_that_ask_nothing_in_common_are_refused():
    starter, article = load("library:starter"), load("scenarios/north-korea-troops-2024.yaml")
    with pytest.raises(ComparisonError, match="no outcome with a common id"):
        compare(starter, {"article": article}, *FEW)


def test_only_common_windows_are_compared(small):
    other = small.model_copy(update={"windows": (91.0,)})
    found = compare(small, {"shorter": other}, *FEW).differences
    assert found["window_days"].tolist() == [91.0]
