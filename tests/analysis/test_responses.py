"""Probabilities by levels and bins, and whether their intervals cover."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from escalation_sim.analysis.pairs import wilson
from escalation_sim.analysis.responses import Design, heat_table, responses_table, tornado_table
from escalation_sim.analysis.sweeps import binned


@pytest.fixture
def grid():
    """A full factorial of three levels, two choices and four levels."""
    level, choice, other = np.meshgrid([1.0, 2.0, 4.0], [0, 1], [0.0, 0.1, 0.2, 0.3], indexing="ij")
    x = {
        "level": level.ravel(),
        "doctrine": np.array(["rear", "forward"])[choice.ravel()],
        "other": other.ravel(),
    }
    share = 0.1 * x["level"] + 0.2 * (x["doctrine"] == "forward") + x["other"]
    return x, np.stack([share, 1.0 - share], axis=1)


def test_levels_are_averaged_over_the_rest(grid, points_of, variables_of):
    x, share = grid
    points = points_of(x, share)
    table = responses_table(points, variables_of(x), Design("grid"))
    assert ",".join(table.columns) == (
        "outcome,label,window_days,variable,variable_label,value,value_low,value_high,text,probability,mc_low,mc_high,"
        "n_points,n,n_failed"
    )
    one = table[table["outcome"] == "o1"]
    assert one["variable"].tolist() == ["level"] * 3 + ["doctrine"] * 2 + ["other"] * 4
    expected = points[points["outcome"] == "o1"].groupby("level")["probability"].mean()
    assert one["probability"][:3].tolist() == pytest.approx(expected.tolist())
    assert one["value"][:3].tolist() == one["value_low"][:3].tolist() == one["value_high"][:3].tolist() == [1, 2, 4]
    assert one["text"].tolist() == [""] * 3 + ["rear", "forward"] + [""] * 4
    assert one["value"][3:5].isna().all()
    assert one["n_points"].tolist() == [8] * 3 + [12] * 2 + [6] * 4
    assert one["n"].tolist() == [1600] * 3 + [2400] * 2 + [1200] * 4
    assert ((one["mc_low"] < one["probability"]) & (one["probability"] < one["mc_high"])).all()


def test_many_values_make_ten_bins_of_equally_many_points(points_of, variables_of):
    x = {"x": np.random.default_rng(0).permutation(np.arange(200.0)) ** 2}
    share = (np.sqrt(x["x"]) / 200)[:, None]
    table = responses_table(points_of(x, share), variables_of(x), Design("latin_hypercube"))
    assert table["n_points"].tolist() == [20] * 10
    assert table["value_low"].tolist()[1:] == table["value_high"].tolist()[:-1]
    assert (table["value_low"].iloc[0], table["value_high"].iloc[-1]) == (0.0, 199.0**2)
    assert table["value"].tolist() == [np.mean(np.arange(20 * i, 20 * i + 20.0) ** 2) for i in range(10)]
    assert table["probability"].tolist() == pytest.approx(
        [np.arange(20 * i, 20 * i + 20).mean() / 200 for i in range(10)]
    )


def test_equal_values_stay_together():
    values = pd.Series([0.0] * 50 + list(range(1, 51)))
    found = binned(values, choice=False, n_bins=10)
    assert found.place[:50].tolist() == [0] * 50
    assert np.bincount(found.place)[1:].tolist() == [10] * 5
    assert found.low[0] == 0.0
    assert found.high[-1] == 50.0


def test_a_single_point_keeps_its_own_interval_and_a_failed_one_says_nothing(points_of, variables_of):
    x = {"x": np.array([1.0, 2.0, 3.0])}
    points = points_of(x, [[0.0], [0.2], [0.9]], failed=[2])
    table = responses_table(points, variables_of(x), Design("grid"))
    assert table["mc_high"][0] == points["mc_high"][0] == pytest.approx(0.0183, abs=1e-4)
    assert table["mc_low"][1] == points["mc_low"][1]
    last = table.iloc[2]
    assert math.isnan(last["probability"])
    assert last[["mc_low", "mc_high", "n_points", "n", "n_failed"]].tolist() == [0.0, 1.0, 0, 0, 200]
    half = responses_table(points.assign(x=[1.0, 2.0, 2.0]), variables_of(x), Design("grid")).iloc[1]
    assert half[["probability", "n_points", "n", "n_failed"]].tolist() == [0.2, 1, 200, 200]


def test_what_was_never_seen_is_not_impossible(points_of, variables_of):
    x = {"x": np.zeros(4)}
    points = points_of(x, np.zeros((4, 1)), n=100)
    shared = responses_table(points, variables_of(x), Design("grid")).iloc[0]
    own = responses_table(points, variables_of(x), Design("grid", common=False)).iloc[0]
    z = float(norm.ppf(0.975))
    assert shared["mc_high"] == pytest.approx(wilson(np.zeros(1), np.array([100.0]), z)[1][0])
    assert own["mc_high"] == pytest.approx(wilson(np.zeros(1), np.array([400.0]), z)[1][0])
    assert shared["mc_low"] == own["mc_low"] == 0.0


def test_of_luck_alone_the_interval_is_wilsons(points_of, variables_of):
    x = {"x": np.zeros(3)}
    error = np.sqrt(0.3 * 0.7 / np.full((3, 1), 150))
    row = responses_table(points_of(x, np.full((3, 1), 0.3), n=150, error=error), variables_of(x), Design("grid")).iloc[
        0
    ]
    low, high = wilson(np.array([45.0]), np.array([150.0]), float(norm.ppf(0.975)))
    assert row[["mc_low", "mc_high"]].tolist() == pytest.approx([low[0], high[0]])


def _covers(points_of, make, designs, runs=150):
    """How often the interval of a single level holds the truth, for each of the designs; `make` gives all it needs."""
    inside = np.zeros(len(designs))
    for seed in range(runs):
        values, share, truth, n = make(np.random.default_rng(seed))
        points = points_of(values, share[:, None], n=n)
        variables = [{"id": name, "label": name, "kind": "number"} for name in values]
        for i, design in enumerate(designs):
            row = responses_table(points, variables, design).iloc[0]
            inside[i] += row["mc_low"] <= truth <= row["mc_high"]
    return inside / runs


def test_shared_luck_does_not_average_out_over_points(points_of):
    p = np.linspace(0.2, 0.4, 20)

    def make(rng):
        u = rng.random(100)
        return {"x": np.zeros(20)}, (u < p[:, None]).mean(axis=1), 0.3, 100

    covered, twin = _covers(points_of, make, [Design("grid"), Design("grid", common=False)])
    assert covered > 0.92
    assert twin < 0.6, "the twin: as if each point had its own luck"


def test_points_of_a_grid_with_luck_of_their_own(points_of):
    p = np.linspace(0.1, 0.7, 12)

    def make(rng):
        return {"x": np.zeros(12)}, rng.binomial(50, p) / 50, 0.4, 50

    covered, wide = _covers(points_of, make, [Design("grid", common=False), Design("latin_hypercube", common=False)])
    assert 0.9 < covered < 0.99
    assert wide == 1.0, "the twin: as if the points of a grid were a sample"


@pytest.mark.parametrize("common", [True, False])
def test_points_of_a_sample_are_uncertain_themselves(points_of, common):
    def make(rng):
        p = rng.beta(2, 3, 15)
        share = (rng.random(400) < p[:, None]).mean(axis=1) if common else rng.binomial(400, p) / 400
        return {"x": np.zeros(15)}, share, 0.4, 400

    covered, twin = _covers(points_of, make, [Design("latin_hypercube", common), Design("grid", common)])
    assert covered > 0.92
    assert twin < 0.7, "the twin: luck alone"


def test_base_rows_are_the_units_of_a_saltelli_design(points_of):
    def make(rng):
        rows = rng.random((12, 2, 2))  # one variable and one that is inert: A, B, AB_1, AB_2
        p = np.stack([rows[:, 0], rows[:, 1], np.stack([rows[:, 1, 0], rows[:, 0, 1]], 1), rows[:, 0]], 1)[..., 0]
        share = rng.binomial(1000, p.ravel()) / 1000
        return {"x": np.zeros(48), "y": np.zeros(48)}, share, 0.5, 1000

    covered, twin = _covers(points_of, make, [Design("sobol", False), Design("latin_hypercube", False)], runs=200)
    assert covered > 0.92
    assert twin < 0.88, "the twin: as if points of one row were drawn apart"


def test_tornado(grid, points_of, variables_of):
    x, share = grid
    table = tornado_table(responses_table(points_of(x, share), variables_of(x), Design("grid")))
    assert ",".join(table.columns) == (
        "outcome,label,window_days,variable,variable_label,low_value,high_value,at_low,at_low_low,at_low_high,at_high,"
        "at_high_low,at_high_high,swing"
    )
    assert table["swing"].tolist() == pytest.approx([0.3, 0.2, 0.3, -0.3, 0.2, -0.3])
    assert table["low_value"].tolist() == [1.0, "rear", 0.0, 1.0, "forward", 0.0]
    assert table["high_value"].tolist() == [4.0, "forward", 0.3, 4.0, "rear", 0.3]
    assert (table["at_low_low"] < table["at_low"]).all()
    assert (table["at_high"] < table["at_high_high"]).all()


def test_a_tornado_reaches_to_the_last_level_with_a_result(grid, points_of, variables_of):
    x, share = grid
    failed = np.flatnonzero(x["level"] == 4.0)
    points = points_of(x, share, failed=failed)
    row = tornado_table(responses_table(points, variables_of(x), Design("grid"))).iloc[0]
    assert row["high_value"] == 2.0
    assert row["swing"] == pytest.approx(0.1)
    nothing = points_of(x, share, failed=range(24))
    lost = tornado_table(responses_table(nothing, variables_of(x), Design("grid")))
    assert lost["swing"].isna().all()
    assert (lost["at_high_high"] == 1.0).all()


def test_heat(grid, points_of, variables_of):
    x, share = grid
    points = points_of(x, share, failed=[0])
    table = heat_table(points, variables_of(x), "doctrine", "level", Design("grid"))
    assert ",".join(table.columns) == (
        "outcome,label,window_days,x_variable,y_variable,x_variable_label,y_variable_label,x,y,x_text,y_text,x_low,x_high,y_low,y_high,probability,mc_low,"
        "mc_high,n_points,n,n_failed"
    )
    one = table[table["outcome"] == "o0"]
    assert one[["x_text", "y"]].to_numpy().tolist() == [[t, y] for y in (1.0, 2.0, 4.0) for t in ("rear", "forward")]
    assert one["probability"].iloc[1] == pytest.approx(0.1 + 0.2 + 0.15)
    assert one["probability"].iloc[0] == pytest.approx(0.1 + 0.2)
    assert one["n_points"].tolist() == [3, 4, 4, 4, 4, 4]
    assert one["n_failed"].tolist() == [200, 0, 0, 0, 0, 0]


def test_heat_has_six_bins_and_no_empty_cells(points_of, variables_of):
    rng = np.random.default_rng(1)
    x = {"x": rng.random(300), "y": rng.random(300)}
    x["y"] = np.where(x["x"] < 0.5, x["y"] / 2.0, x["y"])
    table = heat_table(points_of(x, rng.random((300, 1))), variables_of(x), "x", "y", Design("latin_hypercube"))
    assert table["n_points"].sum() == 300
    assert (table["n_points"] > 0).all()
    assert table["x"].nunique() == 6
    assert ((table["x_low"] <= table["x"]) & (table["x"] <= table["x_high"])).all()
    assert len(table) < 36
