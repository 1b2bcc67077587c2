"""The picture of the rollout draws the numbers of its table, and names its curves where nothing is crossed."""

import numpy as np
import pytest

from escalation_sim.analysis.wording import percent
from escalation_sim.figures.rollout import COLORS, NAMED_AT, rollout_figure


def rows(table, quantity):
    return table[table["quantity"] == quantity].sort_values("value")


def drawn(axes, mark):
    return [line.get_xydata() for line in axes.lines if line.get_marker() == mark]


def test_levels_stand_in_order_with_their_shares_and_intervals(rollouts):
    axes = rollout_figure(rollouts).axes[0]
    wanted = rows(rollouts, "highest_level")
    observed, simulated = np.concatenate(drawn(axes, "o")), np.concatenate(drawn(axes, "D"))
    assert np.array_equal(observed[:, 0], wanted["observed"])
    assert np.array_equal(simulated[:, 0], wanted["simulated"])
    assert (np.diff(observed[:, 1]) > 0).all()  # war on top
    assert (np.diff(simulated[:, 1]) > 0).all()
    bars = np.array([line.get_xdata() for line in axes.lines if line.get_marker() == "None"])
    assert np.array_equal(bars, wanted[["observed_low", "observed_high"]])
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlim()[1] >= wanted["observed_high"].max()


def test_both_numbers_of_a_level_are_printed_on_its_row_under_their_names(rollouts):
    texts = rollout_figure(rollouts).axes[0].texts
    place = {t.get_text(): t.get_position()[0] for t in texts}
    for y, row in enumerate(rows(rollouts, "highest_level").itertuples()):
        level = {t.get_text(): t for t in texts if t.get_position()[1] == y}
        assert row.label in level
        for name in COLORS:
            number = level[percent(getattr(row, name))]
            assert number.get_position()[0] == place[name]
            assert number.get_color() == COLORS[name]


@pytest.mark.parametrize(("panel", "quantity"), [(1, "active_weeks"), (2, "length_weeks")])
def test_curves_and_band_are_those_of_the_table_on_a_log_axis(rollouts, panel, quantity):
    axes, wanted = rollout_figure(rollouts.sample(frac=1, random_state=1)).axes[panel], rows(rollouts, quantity)
    assert axes.get_xscale() == "log"
    (observed,), (simulated,) = drawn(axes, "o"), drawn(axes, "D")
    assert np.array_equal(observed, wanted[["value", "observed"]])
    assert np.array_equal(simulated, wanted[["value", "simulated"]])
    band = {tuple(corner) for corner in axes.collections[0].get_paths()[0].vertices}
    for bound in ("observed_low", "observed_high"):
        assert set(zip(wanted["value"], wanted[bound], strict=True)) <= band


@pytest.mark.parametrize("swapped", [False, True])
def test_the_line_from_a_name_begins_on_its_curve_and_the_name_right_of_both(rollouts, swapped):
    if swapped:
        rollouts = rollouts.assign(simulated=rollouts["observed"], observed=rollouts["simulated"])
        rollouts = rollouts.assign(observed_low=rollouts["observed"], observed_high=rollouts["observed"])
    for axes, quantity in zip(rollout_figure(rollouts).axes[1:], ("active_weeks", "length_weeks"), strict=True):
        mine = rows(rollouts, quantity)
        across = np.log(mine["value"]) / np.log(mine["value"].max())
        leaders = {line.get_color(): line.get_xydata() for line in axes.lines if line.get_marker() == "None"}
        for text in axes.texts:
            name = text.get_text()
            (start, y), (end, _) = leaders[COLORS[name]]
            assert np.interp(start, across, mine[name]) == pytest.approx(y) == pytest.approx(NAMED_AT[name])
            assert text.get_position()[0] > end > start
            assert all(np.interp(text.get_position()[0], across, mine[key]) < y for key in COLORS)


def test_a_quantity_without_rows_leaves_its_place_empty(rollouts):
    whole, fewer = rollout_figure(rollouts), rollout_figure(rollouts[rollouts["quantity"] != "active_weeks"])
    assert [axes.get_title(loc="left") for axes in fewer.axes] == ["", "Length in weeks"]
    assert fewer.axes[1].get_position().bounds == whole.axes[2].get_position().bounds
    assert "Active weeks" in whole.get_label()
    assert "Active weeks" not in fewer.get_label()


def test_the_alternative_text_tells_the_levels_and_how_many_confrontations(rollouts):
    said = rollout_figure(rollouts).get_label()
    assert "shares of 1,000 confrontations" in said
    assert "war 4.3 %, simulated 2.5 %" in said
    differ = rollouts.assign(n=rollouts["n"].where(rollouts["quantity"] == "highest_level", 900))
    assert "shares of 900–1,000 confrontations" in rollout_figure(differ).get_label()


def test_one_point_makes_a_panel(rollouts):
    fig = rollout_figure(rollouts.groupby("quantity").head(1))
    fig.draw_without_rendering()
    assert len(fig.axes) == 3
