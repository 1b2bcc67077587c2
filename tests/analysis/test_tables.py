"""Tables of an ensemble: shares that add up, quantiles that are right, rows that keep their replicate."""

from types import SimpleNamespace

import numpy as np
import pytest

from escalation_sim.analysis.estimates import cumulative
from escalation_sim.analysis.tables import rungs_table, runs_table, strain_table

NAMES = SimpleNamespace(dyads=("A-B", "A-C"), outcomes=("war", "acts"))


@pytest.fixture(scope="module")
def ensemble(storm, run, stage):
    """A real, small ensemble: (tally, names)."""
    scenario = storm()
    return run(scenario, 200, draws=5), stage(scenario).names


def test_rungs_of_a_small_tally():
    levels = np.array([[[4, 0, 0], [1, 0, 3], [1, 0, 3]], [[4, 0, 0], [4, 0, 0], [0, 4, 0]]])
    table = rungs_table(SimpleNamespace(levels=levels), NAMES, 7.0)
    assert table.values.tolist() == [
        ["A-B", 0, 7.0, 0, 1.0],
        ["A-B", 1, 14.0, 0, 1.0],
        ["A-C", 0, 7.0, 0, 0.25],
        ["A-C", 0, 7.0, 2, 0.75],
        ["A-C", 1, 14.0, 0, 1.0],
        ["A-C", 1, 14.0, 2, 0.0],
        ["system", 0, 7.0, 0, 0.25],
        ["system", 0, 7.0, 1, 0.0],
        ["system", 0, 7.0, 2, 0.75],
        ["system", 1, 14.0, 0, 0.0],
        ["system", 1, 14.0, 1, 1.0],
        ["system", 1, 14.0, 2, 0.0],
    ]
    assert table.columns.tolist() == ["dyad", "tick", "day", "rung", "share"]


def test_shares_of_a_real_ensemble_add_up_to_one(ensemble):
    tally, names = ensemble
    table = rungs_table(tally, names, 7.0)
    total = table.groupby(["dyad", "tick"])["share"].sum()
    assert len(total) == (len(names.dyads) + 1) * len(tally.levels)
    np.testing.assert_allclose(total, 1.0)
    assert (table.groupby(["dyad", "rung"])["share"].max() > 0).all()
    assert len(table) < tally.levels.size, "no rung was left out"


def test_strain_quantiles_against_the_sample_they_were_counted_from():
    rng = np.random.default_rng(2)
    samples = [rng.beta(2, 5, 4000), rng.beta(9, 2, 4000), np.zeros(4000), np.ones(4000)]
    counts = [np.histogram(sample, 50, (0, 1))[0] for sample in samples]
    table = strain_table(SimpleNamespace(strain=np.array([counts[:2], counts[2:]])), ["A", "B"], 7.0)
    assert table[["state", "day"]].values.tolist() == [["A", 7.0], ["A", 14.0], ["B", 7.0], ["B", 14.0]]
    for row, sample in zip(table.itertuples(), [samples[i] for i in (0, 2, 1, 3)], strict=True):
        assert row.mean == pytest.approx(sample.mean(), abs=0.02)
        for q in (5, 25, 50, 75, 95):
            assert getattr(row, f"q{q:02}") == pytest.approx(np.quantile(sample, q / 100), abs=0.02)


def test_strain_is_linear_inside_a_bin():
    strain = np.zeros((1, 1, 50), np.int64)
    strain[0, 0, 10] = 100
    row = strain_table(SimpleNamespace(strain=strain), ["A"], 7.0).iloc[0]
    assert [row["q05"], row["q50"], row["q95"], row["mean"]] == pytest.approx([0.201, 0.21, 0.219, 0.21])
    strain[0, 0, 20] = 100
    row = strain_table(SimpleNamespace(strain=strain), ["A"], 7.0).iloc[0]
    assert [row["q25"], row["q50"], row["q75"], row["mean"]] == pytest.approx([0.21, 0.22, 0.41, 0.31])


def test_strain_without_efforts_and_with_too_many_names():
    empty = SimpleNamespace(strain=np.zeros((52, 0, 50), np.int64))
    assert strain_table(empty, [], 7.0).columns.tolist() == ["state", "day", "mean", "q05", "q25", "q50", "q75", "q95"]
    assert strain_table(empty, [], 7.0).empty
    with pytest.raises(ValueError, match="1 names for 0 war efforts"):
        strain_table(empty, ["A"], 7.0)


def test_runs_of_a_real_ensemble(ensemble):
    tally, names = ensemble
    table = runs_table(tally, names, np.arange(200) % 5)
    assert table["replicate"].tolist() == list(range(200))
    assert table["parameter_draw"].tolist() == [r % 5 for r in range(200)]
    assert table["highest_rung"].tolist() == tally.highest.tolist()
    assert table["acts"].gt(0).all()
    for o, outcome in enumerate(names.outcomes):
        day = table[f"day_{outcome}"]
        assert (day.isna() == (tally.outcome_day[:, o] < 0)).all()
        assert day.dropna().between(0, 182).all()
    assert 0 < table["day_ceasefire"].notna().sum() < 200


def test_days_written_out_fall_into_the_same_windows(ensemble):
    tally, names = ensemble
    written = runs_table(tally, names, np.zeros(200, int))["day_wider"].map(str).astype(float)
    day = tally.outcome_day[:, names.outcomes.index("wider")]
    windows = np.unique(np.r_[30, 90, day[day >= 0], np.nextafter(day[day >= 0], np.float32(0))])
    assert cumulative(written.fillna(-1), windows)[-1] == cumulative(day, windows)[-1]
    assert cumulative(written.fillna(-1), [30, 90]).tolist() == cumulative(day, [30, 90]).tolist()


def test_an_outcome_may_bear_the_name_of_a_column():
    tally = SimpleNamespace(outcome_day=np.array([[-1.0, 2.5]], np.float32), acts=[4], highest=[3], belligerents=[2])
    table = runs_table(tally, NAMES, [0])
    assert (table["acts"][0], table["day_acts"][0]) == (4, 2.5)
    assert np.isnan(table["day_war"][0])
