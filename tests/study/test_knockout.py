"""Everything switched off in turn: the sum is not the whole, and without everything is as if it had never been."""

import math

import numpy as np
import pytest

from escalation_sim.scenario.knockouts import KINDS, elements, together
from escalation_sim.scenario.resolve import resolve
from escalation_sim.study.ensemble import Size, run_ensemble
from escalation_sim.study.knockout import interactions, key, knockout, planned, ranked, strongest, wholes

N = 4_000
SIZE = Size(N, 1)


def _chance(p):
    return math.log(p / (1 - p))


@pytest.fixture(scope="module")
def world(crisis, outcome, founded):
    """Ten weekly decisions to strike with .01; each of two rules adds to the log-odds, one does nothing."""
    rules = [
        {"id": "heat", "actor": "AAA", "toward": "BBB", "then": {"strike": 2.0}, "because": "made up"},
        {"id": "spark", "actor": "AAA", "toward": "BBB", "then": {"strike": 1.0}, "because": "made up"},
        {"id": "idle", "actor": "AAA", "toward": "BBB", "then": {"war": 0.0}, "because": "made up"},
    ]
    scenario = crisis(
        horizon="70 days", windows=["70 days"], rules=rules,
        initiative={"protest": {"intercept": 60.0}, "strike": {"intercept": _chance(0.01)}},
        reply={}, outcomes=[outcome("struck", {"act": {"by": "AAA", "toward": "BBB", "at_least": "strike"}})],
    )  # fmt: skip
    return _without_covariates(resolve(founded(scenario)))


def _without_covariates(scenario):
    """Gates that depend on nothing but intercepts, so that what is due can be computed by hand."""
    for element in elements(scenario):
        if element.kind == "covariate":
            scenario = element.off(scenario)
    return scenario


def _due(*log_odds):
    """Probability within ten weeks of something whose weekly log-odds are the sum of these on top of .01."""
    return 1 - (1 - 1 / (1 + math.exp(-(_chance(0.01) + sum(log_odds))))) ** 10


@pytest.fixture(scope="module")
def found(world):
    plan = planned(world)
    return plan, knockout(world, plan, SIZE)


def test_the_changes_are_those_computed_by_hand(found):
    _, result = found
    rows = ranked(result.table, "struck").set_index("element")
    assert rows.index[0] == "heat", "the stronger rule comes first"
    expected = {"heat": _due(1.0), "spark": _due(2.0), "idle": _due(3.0)}
    for name, p in expected.items():
        assert abs(rows.loc[name, "alternative"] - p) < 4.5 * math.sqrt(p * (1 - p) / N)
        assert rows.loc[name, "baseline"] == rows["baseline"].iloc[0]
    wrong = _due(2.5)
    assert abs(rows.loc["heat", "alternative"] - wrong) > 4.5 * math.sqrt(wrong * (1 - wrong) / N), "the twin"


def test_what_does_nothing_is_exactly_zero(found):
    _, result = found
    idle = ranked(result.table, "struck").set_index("element").loc["idle"]
    assert idle[["difference", "gained", "lost"]].tolist() == [0, 0, 0]


def test_the_sum_is_not_the_whole(found):
    _, result = found
    whole = wholes(result.table, "struck").set_index("element").loc["all rules"]
    p = _due()
    assert abs(whole["alternative"] - p) < 4.5 * math.sqrt(p * (1 - p) / N)
    singles = ranked(result.table, "struck")["difference"].sum()
    assert abs(singles - whole["difference"]) > 0.05


def test_interactions_are_what_is_left(found, world):
    plan, result = found
    assert [one.name for one in strongest(result, plan, "struck")] == ["heat", "spark"]
    table = interactions(result, plan, "struck", SIZE, lambda done: None)
    row = table.iloc[0]
    assert {row["first"], row["second"]} == {"rule heat", "rule spark"}
    due = _due() - _due(1.0) - _due(2.0) + _due(3.0)
    assert row["mc_low"] < due < row["mc_high"]
    assert row["interaction"] == pytest.approx(row["difference"] - row["sum"], abs=1e-12)


def test_without_all_of_a_kind_it_is_as_if_it_had_never_been(storm, founded):
    scenario = resolve(founded(storm()))
    for kind, field in (("rule", "rules"), ("event", "events")):
        never = scenario.model_copy(update={field: ()})
        if field == "events":  # outcomes that ask for an event cannot be asked without it
            never = never.model_copy(update={"rules": (), "outcomes": tuple(
                one for one in scenario.outcomes if one.id not in {"coup", "vote"}
            )})  # fmt: skip
        start = scenario.model_copy(update={"rules": ()}) if field == "events" else scenario
        off = together(kind, list(elements(start))).off(start)
        one, other = (run_ensemble(each, 60, 3) for each in (off, never))
        for place, name in enumerate(other.names.outcomes):
            days = one.tally.outcome_day[:, one.names.outcomes.index(name)]
            assert np.array_equal(days, other.tally.outcome_day[:, place])
        before = run_ensemble(scenario, 60, 3).tally.outcome_day
        assert not np.array_equal(before, one.tally.outcome_day), "the twin: with them it is another course"


def test_two_at_once_are_the_one_after_the_other(world):
    heat, spark = (next(one for one in elements(world) if one.name == name) for name in ("heat", "spark"))
    assert key(heat, spark) == "rule heat & rule spark"
    both = resolve(spark.off(heat.off(world)))
    assert [rule.id for rule in both.rules] == ["idle"]
    assert both == resolve(heat.off(spark.off(world)))


def test_edges_that_go_are_told(storm, founded):
    scenario = resolve(founded(storm()))
    plan = planned(scenario, ["commitment"])
    table = knockout(scenario, plan, Size(20, 1)).table
    assert (table["edges_gone"] != "").any()
    assert all(">" in edge for edges in table["edges_gone"] if edges for edge in edges.split(", "))


def test_kinds_can_be_chosen(world):
    assert {one.kind for one in planned(world, ["rule"])} == {"rule"}
    assert {one.kind for one in planned(world)} <= set(KINDS)
