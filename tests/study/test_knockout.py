"""Everything switched off in turn: the sum is not the whole, and without everything is as if it had never been."""

import math

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.knockouts import KINDS, elements, together
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.ensemble import Size, run_ensemble
from escalation_sim.study.knockout import (
    chosen,
    interactions,
    key,
    knockout,
    pairs,
    planned,
    ranked,
    strongest,
    told_at_once,
    wholes,
)

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
    assert whole["sum_of_singles"] == pytest.approx(singles, abs=1e-12)
    assert abs(singles - whole["difference"]) > 0.05


def test_interactions_are_what_is_left(found, world):
    plan, result = found
    assert [one.name for one in strongest(result, plan, "struck")] == ["heat", "spark"]
    table = interactions(result, pairs(result, plan, ["struck"]))
    row = table.iloc[0]
    assert {row["first"], row["second"]} == {"rule heat", "rule spark"}
    due = _due() - _due(1.0) - _due(2.0) + _due(3.0)
    assert row["mc_low"] < due < row["mc_high"]
    assert row["interaction"] == pytest.approx(row["difference"] - row["sum"], abs=1e-12)
    assert due > 0
    assert (row["told"], row["reading"]) == (1, "complementary"), "each multiplies the odds that the other leaves"


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
    assert [len(edges.split(", ")) if edges else 0 for edges in table["edges_gone"]] == list(table["n_edges_gone"])
    assert all(">" in edge for edges in table["edges_gone"] if edges for edge in edges.split(", "))


def test_kinds_can_be_chosen(world):
    assert {one.kind for one in planned(world, ["rule"])} == {"rule"}
    assert {one.kind for one in planned(world)} <= set(KINDS)


def test_the_order_of_the_file_changes_nothing(storm, founded):
    scenario = resolve(founded(storm()))
    turned = scenario.model_copy(
        update={name: tuple(reversed(getattr(scenario, name))) for name in ("rules", "commitments", "events", "states")}
    )
    size = Size(60, 3)
    one, other = (knockout(each, planned(each), size) for each in (scenario, turned))
    pd.testing.assert_frame_equal(one.table, other.table)
    for outcome in one.table["outcome"].unique():
        assert list(ranked(one.table, outcome)["element"]) == list(ranked(other.table, outcome)["element"])
    assert not knockout(scenario, planned(scenario), size._replace(seed=9)).table.equals(one.table), "the twin"


def test_what_computes_the_same_is_not_run_and_exactly_zero(crisis, outcome, founded):
    def about(believer):
        event = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": "2024-10-24"}
        rule = {"id": "revenge", "actor": "BBB", "toward": "AAA", "when": [{"event": "raid"}], "then": {"strike": 9.0}}
        return resolve(founded(crisis(
            horizon="28 days", windows=["28 days"], events=[event | {"believed": {believer: 0.3}}], rules=[rule],
            initiative={"protest": {"intercept": 60.0}, "strike": {"intercept": -6.0}},
            outcomes=[outcome("answered", {"act": {"by": "BBB", "toward": "AAA", "at_least": "strike"}})],
        )))  # fmt: skip

    for believer, same in (("AAA", True), ("BBB", False)):
        done = []
        scenario = about(believer)
        row = knockout(scenario, planned(scenario, ["belief"]), Size(300, 1), done.append).table.iloc[0]
        assert sum(done) == 600
        assert (row["mc_low"] == row["mc_high"] == 0.0) == same, "who acts never doubts his act"
        assert (row["difference"] > 0.2) != same


def test_told_at_once_asks_for_more_than_told_alone():
    seen = pd.DataFrame({"gained": [5, 30, 0], "lost": [0, 0, 0], "n": [4_000] * 3, "n_effective": [4_000.0] * 3})
    assert told_at_once(seen, 1).tolist() == [1, 1, 0]
    assert told_at_once(seen, 100).tolist() == [0, 1, 0]
    assert told_at_once(seen.assign(n_effective=400.0), 100).tolist() == [0, 0, 0], "draws that differ tell less"


def test_without_covariates_only_intercepts_are_left(storm, founded):
    scenario = resolve(founded(storm()))
    off = resolve(together("covariate", list(elements(scenario))).off(scenario))
    before, after = (Compiler(each).setup() for each in (scenario, off))
    for name, place in (("static_coefficient", (..., slice(1, None))), ("dynamic_coefficient", ...), ("reply_to", ...)):
        assert np.any(getattr(before, name)[place]), "the twin"
        assert not np.any(getattr(after, name)[place])
    assert np.array_equal(before.static_coefficient[..., 0], after.static_coefficient[..., 0])
    assert before.war_end[0] == after.war_end[0]
    assert not np.any(after.war_end[1:])


def test_without_beliefs_all_believe(storm, founded):
    scenario = resolve(founded(storm()))
    off = resolve(together("belief", list(elements(scenario))).off(scenario))
    never = scenario.model_copy(
        update={"events": tuple(event.model_copy(update={"believed": {}}) for event in scenario.events)}
    )
    days = [run_ensemble(each, 200, 3).tally.outcome_day for each in (off, never, scenario)]
    assert np.array_equal(days[0], days[1])
    assert not np.array_equal(days[0], days[2]), "the twin"


def test_nothing_to_switch_off_is_told(world):
    with pytest.raises(ComparisonError, match="has no belief to switch off"):
        planned(world, ["belief"])


def test_outcomes_are_those_shown_or_seen_often(world):
    baseline = run_ensemble(world, 200, 1)
    assert chosen(baseline, ["all"]) == chosen(baseline, []) == ["struck"]
    with pytest.raises(ComparisonError, match="strukc"):
        chosen(baseline, ["strukc"])
