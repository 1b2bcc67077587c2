"""The reliability diagram draws the numbers of its table, the simulation apart from the others."""

import numpy as np
import pandas as pd
import pytest

from escalation_sim.figures import style
from escalation_sim.figures.reliability import OTHERS, SIMULATION, STRONG, reliability_figure


def panels(fig):
    """Panels and strips by the title of the panel; the first axes are the key."""
    return {one.get_title(loc="left"): (one, two) for one, two in zip(fig.axes[1::2], fig.axes[2::2], strict=True)}


def lines(axes):
    """The lines that carry marks, which the diagonal does not, by mark."""
    return {line.get_marker(): line for line in axes.lines if line.get_marker() != "None"}


def rows(table, task, forecaster=SIMULATION):
    return table[(table["task"] == task) & (table["forecaster"] == forecaster)].sort_values("forecast")


def test_each_task_has_a_panel_with_a_line_for_each_forecaster(reliabilities):
    shown = panels(reliability_figure(reliabilities))
    assert list(shown) == ["Highest level", "Reciprocated", "Violence of ICB crises"]
    marks = [STRONG.marker, *(look.marker for look in OTHERS)]
    for task, (axes, _) in zip(reliabilities["task"].unique(), shown.values(), strict=True):
        for name, mark in zip(reliabilities["forecaster"].unique(), marks, strict=False):
            wanted = rows(reliabilities, task, name)
            assert np.array_equal(lines(axes)[mark].get_xdata(), wanted["forecast"])
            assert np.array_equal(lines(axes)[mark].get_ydata(), wanted["frequency"])
        diagonal = next(line for line in axes.lines if line.get_marker() == "None")
        assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]


def test_the_order_of_rows_is_of_no_account_to_a_line(reliabilities):
    mixed = reliabilities.iloc[::-1].sort_values("task", kind="stable")
    axes = panels(reliability_figure(mixed))["Reciprocated"][0]
    assert np.array_equal(lines(axes)[STRONG.marker].get_ydata(), rows(reliabilities, "reciprocated")["frequency"])


def test_only_the_simulation_has_intervals_and_a_strip_of_counts(reliabilities):
    axes, strip = panels(reliability_figure(reliabilities))["Highest level"]
    wanted = rows(reliabilities, "highest level")
    (bars,), (stems,) = axes.collections, strip.collections
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert np.array_equal(ends, wanted[["low", "high"]])
    heights = {segment[0, 0]: segment[1, 1] for segment in stems.get_segments()}
    assert heights == dict(zip(wanted["forecast"], wanted["n"], strict=True))
    assert [t.get_text() for t in strip.get_yticklabels()] == [f"n {wanted['n'].max():,}"]


def test_panel_and_strip_share_their_scale(reliabilities):
    for axes, strip in panels(reliability_figure(reliabilities)).values():
        assert axes.get_xlim() == strip.get_xlim() == axes.get_ylim()
        box, below = axes.get_position(), strip.get_position()
        assert (box.x0, box.x1) == pytest.approx((below.x0, below.x1))
        inches = np.array([box.width, box.height]) * axes.figure.get_size_inches()
        assert inches[0] == pytest.approx(inches[1])  # so that the diagonal is one of 45 degrees


def test_the_simulation_comes_first_in_the_key_whatever_the_order_of_the_table(reliabilities):
    names = [t.get_text() for t in reliability_figure(reliabilities.iloc[::-1]).axes[0].texts]
    assert names == [SIMULATION, "base rate", "first-level table", "gradient boosting", "multinomial logit"]


def test_forecasters_are_told_apart_without_colour():
    looks = [STRONG, *OTHERS]
    assert len({look.marker for look in looks}) == len(looks) == len({look.color for look in looks})
    assert not any(look.strong for look in OTHERS)


def test_a_task_without_the_simulation_says_so_and_has_an_empty_strip(reliabilities):
    absent = (reliabilities["task"] == "reciprocated") & (reliabilities["forecaster"] == SIMULATION)
    fig = reliability_figure(reliabilities[~absent])
    assert "reciprocated: not forecast by the simulation." in fig.get_label()
    axes, strip = panels(fig)["Reciprocated"]
    assert STRONG.marker not in lines(axes)
    assert not strip.collections[0].get_segments()
    assert panels(fig)["Highest level"][1].collections[0].get_segments()


def test_the_alternative_text_tells_every_bin(reliabilities):
    first = rows(reliabilities, "reciprocated").iloc[-1]
    said = reliability_figure(reliabilities).get_label()
    assert f"said {100 * first.forecast:.1f} %, came {100 * first.frequency:.1f} %" in said
    assert said.count("said ") == sum(len(rows(reliabilities, task)) for task in reliabilities["task"].unique())


@pytest.mark.parametrize("n_tasks", [1, 2, 3, 4])
def test_up_to_three_panels_stand_side_by_side_on_the_page(reliabilities, n_tasks):
    names = dict(zip(reliabilities["task"].unique(), ["a", "b", "c"], strict=True))
    table = reliabilities.assign(task=reliabilities["task"].map(names))
    table = [*(table[table["task"] == name] for name in "abc"), table[table["task"] == "a"].assign(task="d")]
    fig = reliability_figure(pd.concat(table[:n_tasks]))
    tops = [round(axes.get_position().y1, 6) for axes, _ in panels(fig).values()]
    assert len(tops) == n_tasks
    assert len(set(tops)) == (1 if n_tasks <= 3 else 2)
    assert all(
        0 <= edge <= 1
        for axes, strip in panels(fig).values()
        for edge in (axes.get_position().x1, strip.get_position().y0)
    )
    assert fig.get_figwidth() == style.PAGE_WIDTH
