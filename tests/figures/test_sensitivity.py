"""The figures of sweeps draw the numbers of their tables, in the order they promise, and say what they leave out."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb

from escalation_sim.analysis.wording import points as in_points
from escalation_sim.figures import style
from escalation_sim.figures._sweep import MOST, shown
from escalation_sim.figures.boxes import boxes_figure
from escalation_sim.figures.heat import heat_figure, ink_on
from escalation_sim.figures.indices import indices_figure, pawn_figure
from escalation_sim.figures.response import response_figure
from escalation_sim.figures.tornado import tornado_figure

NOTE = "Conditional on this model and scenario."


def words(fig):
    texts = [*fig.texts, *(text for axes in fig.axes for text in axes.texts)]
    return " ".join(text.get_text().replace("\n", " ") for text in texts)


def caption(fig):
    return next(text for text in fig.texts if text.get_gid() == "caption").get_text().replace("\n", " ")


def dots(axes, mark="o"):
    """Places of the marks of a panel in their order: one row for each mark."""
    lines = [line.get_xydata() for line in axes.lines if line.get_marker() == mark]
    return np.concatenate(lines) if lines else np.empty((0, 2))


def said(rows):
    return [shown(*numbers) for numbers in rows[["probability", "mc_low", "mc_high"]].to_numpy()]


def spoilt(table, chosen):
    """The table without results in the chosen rows, as a point that failed has them."""
    return table.assign(
        probability=table["probability"].mask(chosen),
        mc_low=table["mc_low"].mask(chosen, 0.0),
        mc_high=table["mc_high"].mask(chosen, 1.0),
    )


# Responses.


def test_each_outcome_has_a_panel_with_dots_and_intervals_at_its_longest_window(responses):
    table = responses["troops"]
    fig = response_figure(table.sample(frac=1, random_state=1), NOTE, unit="men")
    assert len(fig.axes) == table["outcome"].nunique()
    by_title = {axes.texts[-1].get_text().replace("\n", " "): axes for axes in fig.axes}
    for label, rows in table[table["window_days"] == 365].groupby("label"):
        rows, axes = rows.sort_values("value"), by_title[label]
        assert np.allclose(dots(axes), np.column_stack([rows["value"], 100 * rows["probability"]]))
        bars = np.array([[one[0, 0], *one[:, 1]] for one in axes.collections[0].get_segments()])
        assert np.allclose(bars, np.column_stack([rows["value"], 100 * rows[["mc_low", "mc_high"]]]))
        assert axes.texts[0].get_text() == said(rows)[-1]  # the last value, written at the end of the line
        assert axes.texts[0].xy[0] == rows["value"].max()
        low, high = axes.get_ylim()
        assert low <= 100 * rows["mc_low"].min() < 100 * rows["mc_high"].max() <= high
    assert "North Korean troops sent to Russia, men" in words(fig)
    assert "probability within 365 days, percent" in words(fig)


def test_bins_have_bars_from_edge_to_edge_and_the_caption_says_so(responses):
    table = responses["reliability"]
    fig = response_figure(table)
    rows = table[(table["window_days"] == 365) & (table["outcome"] == "kor-arms")].sort_values("value")
    edges = np.array([one[:, 0] for one in fig.axes[0].collections[1].get_segments()])
    assert np.allclose(edges, rows[["value_low", "value_high"]])
    assert "the values put together" in caption(fig)
    levels = response_figure(responses["troops"])
    assert "the values put together" not in caption(levels)
    assert not levels.axes[0].collections[1].get_segments()


@pytest.mark.parametrize(("ratio", "shared"), [(1.0, True), (2.9, True), (3.1, False), (50.0, False)])
def test_panels_share_a_scale_if_their_highest_ends_are_alike(responses, ratio, shared):
    rows = responses["troops"]
    one = rows[(rows["outcome"] == "kor-arms") & (rows["window_days"] == 365)]
    numbers = ["probability", "mc_low", "mc_high"]
    other = one.assign(outcome="less", label="Less", **{name: one[name] / ratio for name in numbers})
    fig = response_figure(pd.concat([one, other]))
    assert (len({axes.get_ylim() for axes in fig.axes}) == 1) == shared
    assert ("share one scale" in caption(fig)) == shared
    assert ("its own scale" in caption(fig)) != shared


def test_a_scale_that_does_not_begin_at_zero_says_so(responses):
    rows = responses["troops"]
    one = rows[(rows["outcome"] == "kor-arms") & (rows["window_days"] == 365)]
    sure = one.assign(probability=0.96, mc_low=0.95, mc_high=0.97)
    fig = response_figure(sure)
    assert fig.axes[0].get_ylim()[0] > 0
    assert "does not begin at zero" in caption(fig)
    assert response_figure(one).axes[0].get_ylim()[0] == 0
    assert "begin at zero" not in caption(response_figure(one))


@pytest.mark.parametrize(
    ("levels", "log", "scale"),
    [
        ([1, 3, 10, 30, 100], False, "linear"),
        ([1, 3, 10, 30, 101], False, "log"),
        ([0, 1, 10, 30, 101], False, "symlog"),
        ([-101, -1, 0, 1, 10], False, "symlog"),
        ([1, 2, 3, 4, 5], True, "log"),
        ([0, 2, 3, 4, 5], True, "symlog"),
        ([0, 0, 0, 0, 0], True, "linear"),
    ],
)
def test_values_over_more_than_two_decades_stand_on_a_logarithmic_axis(responses, levels, log, scale):
    rows = responses["troops"].sort_values("value")
    level = rows["value"].map(dict(zip(sorted(rows["value"].unique()), map(float, levels), strict=True)))
    fig = response_figure(rows.assign(value=level, value_low=level, value_high=level), log=log)
    axes = fig.axes[0]
    assert axes.get_xscale() == scale
    assert ("(log scale)" in words(fig)) == (scale != "linear")
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert {f"{levels[0]}", f"{levels[-1]}"} <= set(names) <= {str(level) for level in levels}
    assert not axes.get_xticks(minor=True).size


def test_a_value_without_result_is_a_cross_off_the_line_and_off_the_scale(responses):
    table = responses["troops"]
    lost = spoilt(table, table["value"].isin([1_000.0, 100_000.0]))
    fig, whole = response_figure(lost), response_figure(table)
    axes = fig.axes[0]
    assert dots(axes, "x")[:, 0].tolist() == [1_000.0, 100_000.0]
    assert set(dots(axes, "x")[:, 1]) == {axes.get_ylim()[0]}
    assert np.isnan(dots(axes)[[1, 4], 1]).all()  # a line breaks at what is not a number
    assert len(axes.collections[0].get_segments()) == 3
    assert axes.get_ylim()[1] <= whole.axes[0].get_ylim()[1]
    assert axes.texts[0].get_text() == "unknown"
    assert "×: no result" in caption(fig)
    assert "×" not in caption(whole)
    nothing = response_figure(spoilt(table, table["value"] >= 0))
    nothing.draw_without_rendering()
    assert all(axes.get_ylim() == (0, 100) for axes in nothing.axes)


def test_one_outcome_is_drawn_at_all_its_windows_in_shades(responses):
    table = responses["troops"][responses["troops"]["outcome"] == "kor-arms"]
    fig = response_figure(table)
    (axes,) = fig.axes
    lines = [line for line in axes.lines if line.get_marker() == "o"]
    light = [sum(to_rgb(line.get_color())) for line in lines]
    assert light == sorted(light)
    assert len(set(light)) == 3
    for line, window in zip(lines, (365, 90, 30), strict=True):
        rows = table[table["window_days"] == window].sort_values("value")
        assert np.allclose(line.get_ydata(), 100 * rows["probability"])
        assert f"{window} days: {said(rows)[-1]}" in words(fig)
    assert "within 30, 90 and 365 days" in words(fig)


def test_choices_are_rows_with_their_numbers_at_the_right(responses):
    table = responses["deployment"]
    fig = response_figure(table)
    panels = {axes.get_title() or axes.texts[0].get_text().replace("\n", " "): axes for axes in fig.axes}
    for label, rows in table[table["window_days"] == 365].groupby("label"):
        axes = panels[label]
        places = dots(axes)[np.argsort(dots(axes)[:, 1])]
        order = list(dict.fromkeys(table["text"]))
        rows = rows.set_index("text").loc[order]
        assert np.allclose(places, np.column_stack([100 * rows["probability"], range(len(order))]))
        assert [text.get_text() for text in axes.texts[1:]] == said(rows)
        assert axes.lines
        assert axes.get_ylim()[0] > axes.get_ylim()[1]
    assert all(text in words(fig) for text in table["text"])
    lost = response_figure(spoilt(table, table["text"] == "withdrawal"))
    assert len(dots(lost.axes[-1], "x")) == 1
    assert words(lost).count("unknown") == table["outcome"].nunique()


def test_choices_at_all_windows_stand_one_below_the_other(responses):
    table = responses["deployment"][responses["deployment"]["outcome"] == "kor-arms"]
    fig = response_figure(table)
    places = dots(fig.axes[-1])
    rows = table[table["text"] == "withdrawal"].sort_values("window_days", ascending=False)
    lowest = places[places[:, 1] > 2.5]
    assert np.allclose(lowest[np.argsort(lowest[:, 1]), 0], 100 * rows["probability"])
    assert "on top: the longest window" in caption(fig)
    assert "on top" not in caption(response_figure(responses["deployment"]))


def test_a_figure_of_one_variable_refuses_two(responses):
    with pytest.raises(ValueError, match=r"several: troops, reliability"):
        response_figure(pd.concat([responses["troops"], responses["reliability"]]))


# Tornado.


def test_bars_are_sorted_and_reach_from_end_to_end(tornado):
    fig = tornado_figure(tornado.sample(frac=1, random_state=2), NOTE, mean=0.25)
    names, axes = fig.axes
    ranked = tornado.sort_values("swing", key=abs, ascending=False)
    labels = [text.get_text().replace("\n", " ") for text in names.texts if text.get_position()[0] < 1]
    assert labels == ranked["variable_label"].tolist()
    for y, (bar, row) in enumerate(zip(axes.patches, ranked.to_dict("records"), strict=True)):
        ends = sorted([bar.get_x(), bar.get_x() + bar.get_width()])
        assert np.allclose(ends, sorted([100 * row["at_low"], 100 * row["at_high"]]))
        assert np.allclose(dots(axes)[2 * y : 2 * y + 2, 0], [100 * row["at_low"], 100 * row["at_high"]])
        color = style.GREY if isinstance(row["low_value"], str) else style.BLUE if row["swing"] > 0 else style.VERMILION
        assert to_hex(bar.get_facecolor()) == color.lower()
    whiskers = [line.get_xdata() for line in axes.lines if line.get_marker() == "None" and line.get_lw() == 1.0]
    wanted = ranked[["at_low_low", "at_low_high", "at_high_low", "at_high_high"]].to_numpy().reshape(-1, 2)
    assert np.allclose(whiskers, 100 * wanted)
    faces = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert set(faces[0::2]) == {"white"}
    assert "white" not in faces[1::2]


def test_values_stand_outside_both_ends_and_changes_at_the_right(tornado):
    fig = tornado_figure(tornado)
    names, axes = fig.axes
    for y, row in enumerate(tornado.sort_values("swing", key=abs, ascending=False).to_dict("records")):
        left, right = [text for text in axes.texts if text.xy[1] == y]
        ends = [100 * row[f"at_{end}_{side}"] for end in ("low", "high") for side in ("low", "high")]
        assert (left.xy[0], right.xy[0]) == pytest.approx((min(ends), max(ends)))
        values = [row["low_value"], row["high_value"]][:: 1 if row["at_low"] <= row["at_high"] else -1]
        values = [value if isinstance(value, str) else f"{value:,g}" for value in values]
        assert [text.get_text().replace("\n", " ") for text in (left, right)] == values
        assert in_points(row["swing"]) in [text.get_text() for text in names.texts if text.get_position()[1] == y]
    assert "100,000" in words(fig)


def test_the_mean_is_a_dashed_line_only_if_it_is_known(tornado):
    for mean, n_lines in ((0.25, 1), (float("nan"), 0)):
        fig = tornado_figure(tornado, mean=mean)
        dashed = [line.get_xdata() for line in fig.axes[1].lines if line.is_dashed()]
        assert [line[0] for line in dashed] == [25.0] * n_lines
        assert ("Dashed" in caption(fig)) == bool(n_lines)


def test_what_is_not_drawn_is_said_with_its_bound(tornado):
    one = tornado[tornado["variable"] == "troops"]
    many = [one.assign(variable_label=f"Variable {k}", swing=0.2 - 0.01 * k, variable=str(k)) for k in range(MOST + 3)]
    fig = tornado_figure(pd.concat(many))
    assert len(fig.axes[1].patches) == MOST
    assert "Not drawn (at most 5.0 points each): Variable 15; Variable 16; Variable 17." in caption(fig)
    assert "Not drawn" not in caption(tornado_figure(tornado))
    lost = tornado.assign(at_low=tornado["at_low"].where(tornado["variable"] != "troops"))
    fig = tornado_figure(lost)
    assert len(fig.axes[1].patches) == len(tornado) - 1
    assert "Not drawn (no result at an end): North Korean troops sent to Russia." in caption(fig)
    assert "No variable has results" in words(tornado_figure(tornado.assign(at_high=np.nan)))


# Heat.


def cells(fig):
    """Background, hatch and texts of each cell by its place, (column, row) from the lower left."""
    (axes,) = fig.axes
    found = {}
    for patch in axes.patches:
        width, tall = patch.get_width(), patch.get_height()
        place = round(patch.get_x() / width), round(patch.get_y() / tall)
        cell = found.setdefault(place, {"hatched": False, "texts": []})
        if patch.get_fill():
            cell["color"] = to_hex(patch.get_facecolor())
        cell["hatched"] |= patch.get_hatch() is not None
    for text in axes.texts:
        x, y = text.get_position()
        if x > 0 and 0 < y < axes.get_ylim()[1]:
            found[int(x / width), int(y / tall)]["texts"].append(text)
    return found


def placed(heat):
    """Cells of a table of bins by their place."""
    xs, ys = sorted(heat["x_low"].unique()), sorted(heat["y_low"].unique())
    return {(xs.index(row["x_low"]), ys.index(row["y_low"])): row for row in heat.to_dict("records")}


def contrast(one, two):
    """The ratio of contrast of WCAG 2.2, from 1 to 21."""
    light = []
    for color in (one, two):
        channel = np.array(to_rgb(color))
        linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
        light.append(linear @ [0.2126, 0.7152, 0.0722] + 0.05)
    return max(light) / min(light)


def test_each_cell_shows_its_probability_and_interval(heats):
    heat = heats["troops"]
    found = cells(heat_figure(heat.sample(frac=1, random_state=3), NOTE))
    assert len(found) == len(heat) == 36
    for place, row in placed(heat).items():
        number, interval = (text.get_text() for text in found[place]["texts"])
        assert number == shown(row["probability"], row["mc_low"], row["mc_high"])
        low, high = interval.split("–")
        assert float(low) == pytest.approx(100 * row["mc_low"], rel=0.06)
        assert float(high) == pytest.approx(100 * row["mc_high"], rel=0.06)
        assert not found[place]["hatched"]


def test_shades_follow_the_probability_and_every_number_can_be_read_on_them(heats):
    heat = heats["troops"]
    found = cells(heat_figure(heat))
    ranked = sorted(placed(heat).items(), key=lambda item: item[1]["probability"])
    light = [np.dot(to_rgb(found[place]["color"]), [0.2126, 0.7152, 0.0722]) for place, _ in ranked]
    assert light == sorted(light)
    ends = [to_hex(mpl.colormaps["cividis"](end)) for end in (0.0, 1.0)]
    assert [found[ranked[k][0]]["color"] for k in (0, -1)] == ends
    inks = {text.get_color() for cell in found.values() for text in cell["texts"]}
    assert len(inks) == 2
    assert all(contrast(text.get_color(), cell["color"]) >= 4.5 for cell in found.values() for text in cell["texts"])


@pytest.mark.parametrize("share", np.linspace(0, 1, 41))
def test_ink_is_the_one_in_greater_contrast(share):
    color = to_hex(mpl.colormaps["cividis"](share))
    ink = ink_on(color)
    other = {style.BLACK: "#FFFFFF", "#FFFFFF": style.BLACK}[ink]
    assert contrast(ink, color) >= 4.5
    assert contrast(ink, color) > 0.98 * contrast(other, color)


def test_differences_within_the_intervals_do_not_look_like_a_pattern(heats):
    heat = heats["troops"]

    def spread(table):
        """Lightness of the lightest less that of the darkest shade."""
        light = [np.mean(to_rgb(cell["color"])) for cell in cells(heat_figure(table)).values()]
        return max(light) - min(light)

    middle = heat["probability"].mean() + 0.001 * np.linspace(-1, 1, len(heat))
    luck = heat.assign(probability=middle, mc_low=middle - 0.05, mc_high=middle + 0.05)
    told = luck.assign(mc_low=middle - 1e-5, mc_high=middle + 1e-5)
    assert spread(luck) < 0.05
    assert spread(told) > 0.3


def test_failures_are_hatched_and_what_has_no_result_is_white(heats):
    heat = heats["troops"].reset_index(drop=True)
    n_failed = heat["n_failed"].mask(heat.index.isin([3, 7]), 40)
    lost = spoilt(heat.assign(n_failed=n_failed, n=heat["n"].mask(heat.index == 7, 0)), heat.index == 7)
    lost = lost.drop(index=11)
    fig = heat_figure(lost)
    found, table = cells(fig), placed(lost)
    assert len(found) == 35
    assert sum(cell["hatched"] for cell in found.values()) == 2
    for place, row in table.items():
        assert found[place]["hatched"] == (row["n_failed"] > 0)
        assert (found[place]["color"] == "#ffffff") == (row["n_failed"] > 0 and row["n"] == 0)
        assert bool(found[place]["texts"]) == (row["n"] > 0)
    assert f"(80 of {lost['n'].sum() + 80:,} in all)" in caption(fig)
    assert "White: no result" in caption(fig)
    assert "Hatched" not in caption(heat_figure(heats["troops"]))
    assert "White" not in caption(heat_figure(heats["troops"]))


def grid(n, probability, half):
    """A table of n x n levels."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(n) * 9_091.0, np.arange(n) / 11))
    p = np.linspace(probability - half, probability + half, n * n)
    sides = {"x": x, "x_low": x, "x_high": x, "y": y, "y_low": y, "y_high": y, "x_text": "", "y_text": ""}
    head = {"outcome": "a", "label": "A", "window_days": 30.0, "x_variable": "x", "y_variable": "y"}
    counts = {"n": 200, "n_failed": 0}
    return pd.DataFrame(
        head | sides | counts | {"probability": p, "mc_low": p - half / 2, "mc_high": np.minimum(p + half / 2, 1)}
    )


@pytest.mark.parametrize(("n", "probability", "half", "told"), [(12, 0.4, 0.3, True), (12, 0.9995, 0.0003, False)])
def test_twelve_by_twelve_stay_legible_and_intervals_that_do_not_fit_go(n, probability, half, told):
    fig = heat_figure(grid(n, probability, half), NOTE)
    assert ("the intervals do not fit and are left out" in caption(fig)) != told
    renderer = FigureCanvasAgg(fig).get_renderer()
    with style.look():
        fig.draw_without_rendering()
        found = cells(fig)
        assert len(found) == n * n
        for cell in found.values():
            assert len(cell["texts"]) == 1 + told
            assert all(text.get_size() >= 5.0 for text in cell["texts"])
        width = fig.axes[0].get_window_extent(renderer).width / n
        widest = max(t.get_window_extent(renderer).width for cell in found.values() for t in cell["texts"])
        assert widest < width
    assert not any(text.get_rotation() for text in fig.axes[0].texts)


def test_values_are_named_and_long_choices_stand_upright(heats):
    fig = heat_figure(heats["deployment"].assign(x_variable_label="What Pyongyang does"))
    names = words(fig)
    assert "→ What Pyongyang does" in names
    assert "↑ troops" in names  # of a table without labels the name
    assert "deployment of two divisions to the front in Ukraine" in names
    assert [name for name in names.split() if name.endswith("–100,000") and name[2:6] == ",000"]
    assert not any(text.get_rotation() for text in fig.axes[0].texts)
    crowded = pd.concat([heats["deployment"].assign(x_text=heats["deployment"]["x_text"] + f"_{k}") for k in range(3)])
    assert sum(text.get_rotation() == 90 for text in heat_figure(crowded).axes[0].texts) == 12


# Indices.


def test_indices_are_sorted_by_total_and_drawn_with_intervals(indices):
    fig = indices_figure(indices.sample(frac=1, random_state=4), NOTE)
    names, axes = fig.axes
    ranked = indices.sort_values("total", ascending=False)
    labels = [text.get_text().replace("\n", " ") for text in names.texts if text.get_position()[0] < 1]
    assert labels == ranked["variable_label"].tolist()
    for kind, face in (("first", style.BLUE), ("total", "white")):
        mine = [line for line in axes.lines if line.get_marker() == "o" and line.get_markerfacecolor() == face]
        assert np.allclose([line.get_xdata()[0] for line in mine], ranked[kind])
        assert [text.get_text() for text in names.texts].count(f"{ranked[kind].max():.2f}") >= 1
    bars = {tuple(np.round(line.get_xdata(), 9)) for line in axes.lines if line.get_lw() == 3.6}
    wanted = [*zip(indices["first_low"], indices["first_high"], strict=True)]
    wanted += zip(indices["total_low"], indices["total_high"], strict=True)
    assert bars == {tuple(np.round(pair, 9)) for pair in wanted}
    assert "256 base rows" in caption(fig)
    assert "made 12 % of the variance" in caption(fig)
    assert "Arrows" not in caption(fig)


def test_indices_that_cannot_be_told_from_luck_say_so(indices):
    numbers = [f"{kind}{end}" for kind in ("first", "total") for end in ("", "_low", "_high")]
    some = indices.copy()
    some.loc[0, numbers] = np.nan
    some.loc[1, ["first", "first_low", "first_high"]] = np.nan
    fig = indices_figure(some)
    assert words(fig).count("cannot be told from luck") == 1
    assert "–: not told from luck" in caption(fig)
    assert "not told" not in caption(indices_figure(indices))
    labels = [text.get_text().replace("\n", " ") for text in fig.axes[0].texts if text.get_position()[0] < 1]
    assert labels[-1] == some["variable_label"][0]
    assert len(dots(fig.axes[1])) == 2 * len(some) - 3
    none = indices_figure(indices.assign(**dict.fromkeys(numbers, np.nan), luck_share=1.2), NOTE)
    assert "cannot be told from luck: no variable is ranked" in words(none)
    assert "made 100 % of the variance" in caption(none)
    assert "Luck" not in caption(indices_figure(indices.assign(luck_share=np.nan)))


def test_an_interval_beyond_all_shares_is_cut_with_an_arrow(indices):
    wide = indices.assign(first_low=indices["first_low"].where(indices["variable"] != "troops", -4.0))
    fig = indices_figure(wide)
    assert len(dots(fig.axes[1], "<")) == 1
    assert len(dots(fig.axes[1], ">")) == 0
    assert fig.axes[1].get_xlim()[0] > -0.3
    assert "Arrows" in caption(fig)


def test_pawn_stands_over_what_a_variable_without_influence_reaches(pawn):
    dummies = pawn.assign(dummy=np.linspace(0.11, 0.16, len(pawn)), told=[1, 1, 0, 0, 0, 0], n_failed=3)
    fig = pawn_figure(dummies.sample(frac=1, random_state=5), NOTE)
    axes, ranked = fig.axes[1], dummies.sort_values("pawn", ascending=False)
    assert np.allclose([bar.get_width() for bar in axes.patches], ranked["dummy"])
    assert np.allclose(dots(axes)[:, 0], ranked["pawn"])
    faces = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert [face != "white" for face in faces] == ranked["told"].astype(bool).tolist()
    assert "what a variable without influence reaches" in words(fig)
    assert "240 points, 3 more failed" in caption(fig)
    assert "failed" not in caption(pawn_figure(pawn))
    lost = pawn_figure(pawn.assign(pawn=pawn["pawn"].where(pawn["variable"] != "troops")))
    assert len(dots(lost.axes[1])) == len(pawn) - 1


# Boxes.


def test_a_box_colours_the_part_of_the_range_that_it_keeps(boxes):
    table, points = boxes
    fig = boxes_figure(table, points, NOTE)
    bars = [axes.patches for axes in fig.axes if len(axes.patches) > 1]
    whole, troops, _, reliability = bars[0]
    low, high = points["troops"].min(), points["troops"].max()
    assert (whole.get_x(), whole.get_width()) == (0, 1)
    assert (troops.get_x(), troops.get_x() + troops.get_width()) == pytest.approx(((42_000 - low) / (high - low), 1))
    low, high = points["reliability"].min(), points["reliability"].max()
    ends = reliability.get_x(), reliability.get_width()
    assert ends == pytest.approx((0, (0.553 - low) / (high - low)))
    choices = bars[1][2:]
    assert [to_hex(part.get_facecolor()) == style.VERMILION.lower() for part in choices] == [True, True, False, False]
    written = words(fig)
    for text in ("at least 42,000", "at most 0.553", "0.3 to 0.9", "of 0–100,000; p < 0.001", "of 4; p 0.03"):
        assert text in written
    assert "withdrawal" in written
    assert f"Cases are {100 * points['case'].mean():.0f} % of 240 points" in caption(fig)


def test_coverage_density_and_mass_stand_beside_each_box(boxes):
    table, points = boxes
    fig = boxes_figure(table, points)
    bold = [text.get_text() for axes in fig.axes for text in axes.texts if text.get_weight() == "bold"]
    wanted = table.groupby("box")[["coverage", "density", "mass"]].first().to_numpy().ravel()
    assert bold == [f"{100 * share:.0f} %" for share in wanted]


def test_points_are_drawn_where_a_box_restricts_two_numbers(boxes):
    table, points = boxes
    fig = boxes_figure(table, points)
    scatters = [axes for axes in fig.axes if axes.get_xlabel()]
    (axes,) = scatters
    others, cases = axes.lines
    assert len(cases.get_xdata()) == points["case"].sum()
    assert len(others.get_xdata()) == (1 - points["case"]).sum()
    assert others.get_markerfacecolor() == "white" != cases.get_markerfacecolor()
    (outline,) = axes.patches
    (left, bottom), right, top = (
        outline.get_xy(),
        *np.add(outline.get_xy(), (outline.get_width(), outline.get_height())),
    )
    assert (left, top) == pytest.approx((42_000, 0.553))
    assert (right, bottom) == pytest.approx((axes.get_xlim()[1], axes.get_ylim()[0]))
    assert "filled: cases" in caption(fig)
    second = boxes_figure(table[table["box"] == 2], points)  # a number and a choice
    assert not [axes for axes in second.axes if axes.get_xlabel()]
    assert "filled: cases" not in caption(second)


def test_a_logarithmic_range_is_drawn_as_one(boxes):
    table, points = boxes
    points = points.assign(troops=10 ** (1 + 4 * points["troops"] / 100_000))
    box = table[table["box"] == 1].assign(low=[1_000.0, np.nan])
    parts = {}
    for log in ((), ("troops",)):
        fig = boxes_figure(box, points, log=log)
        parts[log] = next(axes.patches for axes in fig.axes if len(axes.patches) > 1)[1].get_x()
        scatter = next(axes for axes in fig.axes if axes.get_xlabel())
        assert scatter.get_xscale() == ("log" if log else "linear")
        assert not any("$" in text.get_text() for text in scatter.get_xticklabels())
    assert parts[("troops",)] == pytest.approx(0.5, abs=0.02)
    assert parts[()] < 0.02


def test_a_box_without_restriction_says_so(boxes):
    table, points = boxes
    fig = boxes_figure(table[table["box"] == 1].assign(low=np.nan, high=np.nan), points)
    assert "It restricts no variable" in words(fig)


# All of them.


FIGURES = {
    "tornado": lambda get: (tornado_figure, get("tornado")),
    "heat": lambda get: (heat_figure, get("heats")["troops"]),
    "indices": lambda get: (indices_figure, get("indices")),
    "pawn": lambda get: (pawn_figure, get("pawn")),
    "boxes": lambda get: (lambda table, note="": boxes_figure(table, get("boxes")[1], note), get("boxes")[0]),
    "response": lambda get: (response_figure, get("responses")["troops"]),
    "choices": lambda get: (response_figure, get("responses")["deployment"]),
}


@pytest.fixture(params=FIGURES)
def made(request):
    return FIGURES[request.param](request.getfixturevalue)


def test_an_empty_table_makes_a_figure_that_says_so(made):
    make, table = made
    fig = make(table.head(0), NOTE)
    fig.draw_without_rendering()
    assert caption(fig) == NOTE
    assert "varied" in fig.get_label() or "No box tells" in fig.get_label()


def test_one_row_makes_a_figure(made):
    make, table = made
    fig = make(table.head(1), NOTE)
    fig.draw_without_rendering()
    assert table["label"].iloc[0].split()[0] in fig.get_label()


def test_the_alternative_text_tells_the_label_and_the_numbers(made):
    make, table = made
    alt = make(table).get_label()
    assert table["label"].iloc[0] in alt
    assert sum(character.isdigit() for character in alt) > 20


@pytest.mark.parametrize("column", ["outcome", "window_days"])
@pytest.mark.parametrize("name", ["tornado", "heat", "indices", "pawn", "boxes"])
def test_a_figure_of_one_outcome_and_window_refuses_two(request, name, column):
    make, table = FIGURES[name](request.getfixturevalue)
    other = table.assign(**{column: {"outcome": "another", "window_days": 30.0}[column]})
    with pytest.raises(ValueError, match=r"handed several: .* within (365|30) days"):
        make(pd.concat([table, other]))
    make(table)


def test_figures_do_not_change_their_tables(made):
    make, table = made
    before = table.copy(deep=True)
    make(table)
    pd.testing.assert_frame_equal(table, before)
