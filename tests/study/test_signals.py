"""Signals of an ensemble: what is recorded early, in a world where what follows can be computed by hand."""

import math

import numpy as np
import pytest

from escalation_sim.drivers import ensemble
from escalation_sim.drivers.agents import EscalationModel
from escalation_sim.errors import ComparisonError, CostError
from escalation_sim.scenario.knockouts import elements
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.cost import LIMITS, check, cost_of
from escalation_sim.study.ensemble import Size, run_ensemble
from escalation_sim.study.signals import _degrees, watch, watched_ticks

N = 4_000


@pytest.fixture(scope="module")
def world(crisis, outcome, founded):
    """A vote in the first four weeks, with .5; after it AAA strikes BBB with .1 a week instead of .02."""
    vote = {"id": "vote", "actor": "BBB", "between": ["2024-10-24", "2024-11-20"], "probability": 0.5}
    effect = math.log(0.1 / 0.9) - math.log(0.02 / 0.98)
    rule = {"id": "wrath", "actor": "AAA", "toward": "BBB", "when": [{"event": "vote"}], "then": {"strike": effect}}
    scenario = resolve(founded(crisis(
        horizon="70 days", windows=["70 days"], events=[vote], rules=[rule],
        initiative={"protest": {"intercept": 60.0}, "strike": {"intercept": math.log(0.02 / 0.98)}},
        outcomes=[outcome("struck", {"act": {"by": "AAA", "toward": "BBB", "at_least": "strike"}})],
    )))  # fmt: skip
    for element in elements(scenario):
        if element.kind == "covariate":
            scenario = element.off(scenario)
    return scenario


def test_given_the_vote_it_is_as_likely_as_six_weeks_make_it(world):
    found = watch(world, ["struck"], weeks=4, size=Size(N, 1))
    row = found.table.iloc[0]
    assert found.landmark == 28.0
    assert row["signal"] == "vote (event)"
    for name, weekly in (("given_seen", 0.1), ("given_unseen", 0.02)):
        due = 1 - (1 - weekly) ** 6
        n = row["n_seen"] if name == "given_seen" else row["n_unseen"]
        assert abs(row[name] - due) < 4.5 * math.sqrt(due * (1 - due) / n)
        wrong = 1 - (1 - weekly) ** 10
        assert abs(row[name] - wrong) > 4.5 * math.sqrt(wrong * (1 - wrong) / n), "the twin: ten weeks are not six"
    still = found.open.iloc[0]
    assert row["n_seen"] + row["n_unseen"] == still["n"] < N
    assert row["count_seen"] + row["count_unseen"] == still["count"] < still["n"]
    assert still["mc_low"] < still["probability"] < still["mc_high"]


def test_what_is_recorded_early_is_what_the_records_say(storm):
    scenario = storm()
    compiler, values = Compiler(scenario), parameter_draws(scenario, 3, 2)
    tally = ensemble.run(lambda p: compiler.setup(values[p]), 2, 6, seed=3, watched=5)
    for replicate in range(6):
        model = EscalationModel(compiler.setup(values[replicate % 2]), compiler.names, 3, replicate).run_model()
        highest = np.zeros(len(compiler.names.edges), int)
        happened = np.zeros(len(compiler.names.events), int)
        for number in range(model.n_acts):
            if model.records.tick[number] < 5:
                if model.records.edge[number] >= 0:
                    edge = model.records.edge[number]
                    highest[edge] = max(highest[edge], model.records.rung[number])
                if model.records.event[number] >= 0:
                    happened[model.records.event[number]] = 1
        assert tally.early[replicate].tolist() == highest.tolist()
        assert tally.early_events[replicate].tolist() == happened.tolist()
        again = EscalationModel(compiler.setup(values[replicate % 2]), compiler.names, 3, replicate)
        for _ in range(5):
            again.step()
        strain = [int(100.0 * again.world.strain[state]) for state in again.setup.effort_state]
        assert tally.early_strain[replicate].tolist() == strain
    assert tally.early.any()
    assert tally.early_strain.any()


def test_nothing_is_kept_unless_asked_for_and_nothing_else_changes(world):
    one, other = run_ensemble(world, 50, 1), run_ensemble(world, 50, 1, watched=3)
    assert one.tally.early.shape == one.tally.early_events.shape == one.tally.early_strain.shape == (50, 0)
    assert other.tally.early.shape == (50, len(world.states) * 1)
    assert np.array_equal(one.tally.outcome_day, other.tally.outcome_day)


@pytest.mark.parametrize("weeks", [0.0, 0.5, 10.0, 52.0])
def test_weeks_that_leave_nothing_are_refused(world, weeks):
    with pytest.raises(ComparisonError, match=f"--weeks {weeks:g}: "):
        watched_ticks(world, weeks)


def test_weeks_need_only_leave_a_window_of_what_is_asked(storm, founded):
    scenario = resolve(founded(storm(windows=["182 days"])))
    short = scenario.outcomes[0].model_copy(update={"windows": [14.0]})
    mixed = scenario.model_copy(update={"outcomes": [short, *scenario.outcomes[1:]]})
    assert watched_ticks(mixed, 4.0, [mixed.outcomes[1].id]) == 4
    with pytest.raises(ComparisonError, match=rf"--weeks 4: .* after 14 days \({short.id}\)"):
        watched_ticks(mixed, 4.0)


def test_signals_need_room_for_what_is_recorded(storm, founded):
    scenario = resolve(founded(storm()))
    compiler = Compiler(scenario)
    unseen, seen = (cost_of(compiler, 10**6, 1, watched) for watched in (0, 1))
    most = int(LIMITS.memory * 1e9 / unseen.memory * 10**6)
    assert seen.memory > unseen.memory
    check(cost_of(compiler, most, 1))
    with pytest.raises(CostError, match=r"GB of memory, above the limit of 4 GB of memory; ask for fewer --replicates"):
        check(cost_of(compiler, most, 1, 1))


def test_the_order_and_number_of_outcomes_change_nothing(storm, founded):
    scenario = resolve(founded(storm(windows=["60 days", "182 days"])))
    size = Size(300, 10)
    one, other = (watch(scenario, names, 3, size) for names in (["coup", "arms", "wider"], ["wider", "arms"]))
    for name in ("arms", "wider"):
        for table in ("table", "open"):
            both = (getattr(found, table) for found in (one, other))
            mine, theirs = (rows[rows["outcome"] == name] for rows in both)
            assert mine.reset_index(drop=True).equals(theirs.reset_index(drop=True))
    assert len(other.open) == 4
    assert set(one.table["window_days"]) <= {60.0, 182.0}


def test_rungs_that_hardly_any_replicate_stops_at_are_told_as_the_next():
    highest = np.repeat(np.array([0, 1, 2, 5], np.uint8), [50, 3, 40, 4])
    assert [(degree, above, int(seen.sum())) for degree, above, seen in _degrees(highest)] == [
        (2, True, 44),
        (5, False, 4),
    ]


def test_weeks_end_with_a_whole_tick(world):
    assert [watched_ticks(world, weeks) for weeks in (1.0, 1.9, 2.0, 9.99)] == [1, 1, 2, 9]
