"""What is drawn: texts, data and alternative texts of the artists; no pixels but that there are some."""

from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.text import Text

from escalation_sim.analysis.estimates import binomial_interval
from escalation_sim.analysis.wording import percent, percent_of_count
from escalation_sim.figures import style
from escalation_sim.figures.alliances import _clear, network_figure
from escalation_sim.figures.alternatives import MOST, overview_figure, pages
from escalation_sim.figures.boxes import boxes_figure
from escalation_sim.figures.camps import Point, camps, positions
from escalation_sim.figures.differences import differences_figure, seen
from escalation_sim.figures.effort import strain_figure
from escalation_sim.figures.frontier import frontier_figure
from escalation_sim.figures.heat import heat_figure
from escalation_sim.figures.hindcast import hindcast_figure
from escalation_sim.figures.indices import indices_figure, pawn_figure
from escalation_sim.figures.knockout import knockout_figure
from escalation_sim.figures.ladder import stacked_figure
from escalation_sim.figures.outcomes import table_figure
from escalation_sim.figures.paths import paths_figure
from escalation_sim.figures.pathways import pathways_figure
from escalation_sim.figures.probabilities import curves_figure
from escalation_sim.figures.reliability import reliability_figure
from escalation_sim.figures.response import response_figure
from escalation_sim.figures.rollout import rollout_figure
from escalation_sim.figures.signals import signals_figure
from escalation_sim.figures.tornado import tornado_figure

NOTE = "Conditional on this model and scenario. 10,000 replicates over 100 parameter draws."
LADDER = ["routine", "protest", "coerce", "assist", "threaten", "display", "arm", "strike", "fight", "war"]
LADDER.append("nuclear use")

DYADS = ["system", "KOR-RUS", "PRK-UKR", "RUS-USA"]
MAKERS = {
    "probabilities": lambda get, note: curves_figure(get("curve"), get("outcomes"), note),
    "outcomes": lambda get, note: table_figure(get("table"), note),
    "ladder": lambda get, note: stacked_figure(get("rungs"), DYADS, LADDER, note),
    "paths": lambda get, note: paths_figure(get("paths"), "kor-arms", "South Korea sends lethal aid", note),
    "pathways": lambda get, note: pathways_figure(get("families"), "South Korea sends lethal aid", note),
    "pathways of long names": lambda get, note: pathways_figure(long_named(get("families")), "A label " * 12, note),
    "differences": lambda get, note: differences_figure(get("changes"), "no_deployment", note),
    "differences of long names": lambda get, note: differences_figure(
        get("changes").assign(label=get("changes")["label"] + " and of all that follows from it" * 3),
        "x=1; " * 40,
        note,
    ),
    "overview": lambda get, note: overview_figure(beside(get("changes"), 9), note),
    "overview of long names": lambda get, note: overview_figure(
        beside(
            get("changes").assign(label=get("changes")["label"] * 3), MOST, "a.rather.long.path.of.a.setting=0.5; " * 4
        ),
        note,
    ),
    "frontier": lambda get, note: frontier_figure(get("lever_table"), note),
    "frontier of long names": lambda get, note: frontier_figure(
        get("lever_table").assign(
            label="An outcome of a very long name " * 6, position=get("lever_table")["position"] * 4
        ),
        note,
    ),
    "knockout": lambda get, note: knockout_figure(*get("knocked"), note),
    "signals": lambda get, note: signals_figure(*get("watched"), 56.0, note),
    "signals of long names": lambda get, note: signals_figure(
        get("watched")[0].assign(signal=get("watched")[0]["signal"] * 5),
        get("watched")[1] | {"label": "A label " * 20},
        56.0,
        note,
    ),
    "alliances": lambda get, note: network_figure(get("resolved"), note),
    "strain": lambda get, note: strain_figure(get("strain"), note),
    "hindcast": lambda get, note: hindcast_figure(get("scores"), "31 October 2025", note),
    "reliability": lambda get, note: reliability_figure(get("reliabilities"), note),
    "reliability of one task": lambda get, note: reliability_figure(one_task_of_long_names(get("reliabilities")), note),
    "rollout": lambda get, note: rollout_figure(get("rollouts"), note),
    "response to levels": lambda get, note: response_figure(get("responses")["troops"], note, unit="men"),
    "response to bins, logarithmic": lambda get, note: response_figure(get("responses")["reliability"], note, log=True),
    "response to a choice": lambda get, note: response_figure(get("responses")["deployment"], note),
    "response within several windows": lambda get, note: response_figure(one_of(get("responses")["troops"]), note),
    "choices within several windows": lambda get, note: response_figure(one_of(get("responses")["deployment"]), note),
    "response of long names": lambda get, note: response_figure(hostile(get("responses")["troops"]), note, "men " * 40),
    "choices of long names": lambda get, note: response_figure(hostile(get("responses")["deployment"]), note),
    "tornado": lambda get, note: tornado_figure(get("tornado"), note, mean=0.25),
    "tornado of long names": lambda get, note: tornado_figure(hostile(get("tornado")), note),
    "heat": lambda get, note: heat_figure(get("heats")["troops"], note),
    "heat of choices of long names": lambda get, note: heat_figure(hostile(get("heats")["deployment"]), note),
    "indices": lambda get, note: indices_figure(get("indices"), note),
    "indices of long names": lambda get, note: indices_figure(hostile(get("indices")), note),
    "pawn": lambda get, note: pawn_figure(get("pawn"), note),
    "pawn of long names": lambda get, note: pawn_figure(hostile(get("pawn")), note),
    "boxes": lambda get, note: boxes_figure(*get("boxes"), note),
    "boxes of long names": lambda get, note: boxes_figure(hostile(get("boxes")[0]), get("boxes")[1], note),
}


def one_of(responses):
    return responses[responses["outcome"] == "kor-arms"]


def hostile(table):
    """A table of a sweep all of whose texts are long, bear signs of a formula, and one word without end."""
    long = " of all that follows, in $x_{ & \\frac $ <b>Ærø</b> " + "of_a_setting_" * 12
    names = [name for name in ("label", "variable_label", "text", "x_text") if name in table]
    changed = table.assign(**{name: (table[name] + long).where(table[name] != "", "") for name in names})
    for end in {"low_value", "high_value"} & set(table):
        changed[end] = [value + long if isinstance(value, str) else value for value in table[end]]
    return changed


def one_task_of_long_names(reliabilities):
    mine = reliabilities[reliabilities["task"] == "reciprocated"]
    others = mine["forecaster"].where(
        mine["forecaster"] == "simulation", mine["forecaster"] + " on all covariates " * 9
    )
    return mine.assign(task="whether the target will ever act " * 9, forecaster=others)


def beside(changes, n, name="variant_"):
    """The same differences as of several alternatives, each weaker than the one before."""
    numbers = ["difference", "mc_low", "mc_high"]
    parts = [changes.assign(variant=f"{name}{k}", **changes[numbers] / (k + 1)) for k in range(n)]
    return pd.concat(parts, ignore_index=True)


def long_named(tables):
    long = tables["families"]["path"].str.replace("KOR", "A state of a very long name " * 3)
    return {
        "families": tables["families"].assign(path=long),
        "turns": tables["turns"].assign(act=tables["turns"]["act"] * 6),
        "common": tables["common"].assign(act=tables["common"]["act"] * 6),
    }


@pytest.fixture(params=MAKERS)
def figure(request):
    return MAKERS[request.param](request.getfixturevalue, NOTE)


def texts(fig):
    return [t for t in fig.findobj(Text) if t.get_visible() and t.get_text().strip()]


def words(fig):
    return " ".join(t.get_text().replace("\n", " ") for t in texts(fig))


def collisions(fig):
    """Pairs of texts whose boxes share more than a hair, and texts that leave the page."""
    renderer = FigureCanvasAgg(fig).get_renderer()
    with style.look():
        fig.draw_without_rendering()
        return _collisions(fig, renderer)


def _collisions(fig, renderer):
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts(fig)]
    page, found = fig.bbox.padded(0.5), []
    for name, box in boxes:
        if not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1):
            found.append((name, "page"))
    for (one, a), (two, b) in combinations(boxes, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2:
            found.append((one, two))
    return found


def test_texts_stay_apart_and_on_the_page(figure):
    assert collisions(figure) == []


def test_the_collision_test_can_fail():
    fig = Figure()
    fig.text(0.5, 0.5, "one")
    fig.text(0.5, 0.51, "two")
    fig.text(0.99, 0.2, "beyond")
    assert collisions(fig) == [("beyond", "page"), ("one", "two")]


def test_every_figure_says_on_what_it_is_conditional(figure):
    caption = next(t for t in figure.texts if t.get_gid() == "caption")
    assert caption.get_text().replace("\n", " ").startswith(NOTE)


def test_every_figure_has_a_title_and_an_alternative_text(figure):
    assert figure.texts[0].get_weight() == "bold"
    assert len(figure.get_label()) > 40


# What a reader's own settings may say, be it in a matplotlibrc; with TeX every text would go through another program.
STRANGE = {"text.usetex": True, "axes.grid": True, "font.style": "italic", "lines.marker": "o", "savefig.bbox": "tight"}


def test_files_are_whole_equal_under_all_settings_and_not_blank(figure, tmp_path, request):
    svg, png = style.save(figure, tmp_path / "figures", "picture")
    assert sorted(p.name for p in (tmp_path / "figures").iterdir()) == ["picture.png", "picture.svg"]
    assert figure.get_label().split()[0] in svg.read_text("utf-8")
    pixels = mpl.image.imread(png)
    ink = (pixels[..., :3].min(axis=2) < 0.5).mean()
    assert 0.003 < ink < 0.7  # a heat map is dark for the most part
    name = request.node.callspec.params["figure"]
    style.text_width.cache_clear()
    with mpl.rc_context(STRANGE):
        again = style.save(MAKERS[name](request.getfixturevalue, NOTE), tmp_path / "again", "picture")
    assert [p.read_bytes() for p in again] == [svg.read_bytes(), png.read_bytes()]


def test_save_writes_the_formats_asked_for(tmp_path):
    (path,) = style.save(style.page(1.0, "Title", NOTE, "alt"), tmp_path, "picture", formats=["svg"])
    assert [p.name for p in tmp_path.iterdir()] == [path.name] == ["picture.svg"]


def test_figures_leave_the_callers_settings_alone(strain):
    before = dict(mpl.rcParams)
    strain_figure(strain)
    assert dict(mpl.rcParams) == before


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    fig = style.page(1.0, "Title", NOTE, "alt")
    style.save(fig, tmp_path, "picture")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    monkeypatch.setattr(fig, "savefig", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        style.save(fig, tmp_path, "picture")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def marks(fig, symbol):
    """How many marks of this shape each column of a figure holds."""
    return [sum(line.get_marker() == symbol for line in axes.lines) for axes in fig.axes if axes.lines]


def test_the_hindcast_marks_what_happened_within_each_window(scores):
    fig = hindcast_figure(scores, "31 October 2025")
    assert marks(fig, "D") == [6, 6, 12, 12]
    assert marks(fig, "o") == [12, 12, 6, 6]
    assert marks(hindcast_figure(scores.assign(happened=0), "31 October 2025"), "D") == [0] * 4
    ranked = scores[scores["window_days"] == 365].sort_values("probability", ascending=False)
    first = [t.get_text().replace("\n", " ") for t in fig.axes[0].texts][::2]
    assert first == ranked["label"].tolist()


HOSTILE = "$x_{ & <b>bold</b> \\frac $"


def test_the_hindcast_shows_estimates_by_splitting_as_they_are(scores):
    rare = scores.assign(probability=2e-4, count=5, n=50_000)  # weighted: not 5 of 50,000
    assert "0.02 %" in words(hindcast_figure(rare, "1 January 2026", NOTE))
    assert "0.01 %" not in words(hindcast_figure(rare, "1 January 2026", NOTE))


def test_a_users_text_is_not_a_formula(table, outcomes, curve, scores, reliabilities, rollouts, tmp_path):
    changed = table.assign(label=HOSTILE)
    for fig in (
        table_figure(changed, HOSTILE),
        curves_figure(curve, [{**o, "label": HOSTILE} for o in outcomes], HOSTILE),
        hindcast_figure(scores.assign(label=HOSTILE), "31 October 2025", HOSTILE),
        reliability_figure(reliabilities.assign(task=HOSTILE), HOSTILE),
        reliability_figure(reliabilities.assign(forecaster=HOSTILE)),
        rollout_figure(rollouts.assign(label=HOSTILE)),
    ):
        svg, _ = style.save(fig, tmp_path, "hostile")
        assert "$x_{" in words(fig)
        assert "<b>" not in svg.read_text("utf-8")


def test_curves_draw_the_data_of_their_table(curve, outcomes):
    fig = curves_figure(curve, outcomes, NOTE)
    assert len(fig.axes) == 18
    drawn = [axes.lines[0].get_ydata() for axes in fig.axes]
    wanted = curve[curve.outcome == "nato-clash"].probability.to_numpy()
    assert sum(np.array_equal(d, wanted) for d in drawn) == 1
    for axes in fig.axes:
        assert axes.get_ylim()[1] >= axes.lines[0].get_ydata().max()
    seen = [axes for axes in fig.axes if not any(c.get_hatch() for c in axes.collections)]
    assert all(len(axes.collections) == 2 for axes in seen)  # both bands
    assert len(seen) == (curve.groupby("outcome").probability.max() > 0).sum() == 17
    assert "< 0.04 %" in words(fig)
    kinds = [t.get_text().split(":")[0] for t in fig.texts[2:]]
    assert kinds == ["Vertical", "Horizontal", "Political"]


def test_a_curve_has_no_band_before_the_first_case(curve, outcomes):
    late = curve.assign(probability=curve["probability"].where(curve["day"] > 200, 0.0))
    first = curves_figure(late, outcomes, NOTE).axes[0].collections[1].get_paths()[0].vertices[:, 0]
    assert first.min() > 200
    assert curves_figure(curve, outcomes, NOTE).axes[0].collections[1].get_paths()[0].vertices[:, 0].min() < 200


def test_curves_without_parameter_bands_still_stand(curve, outcomes):
    fig = curves_figure(curve.assign(parameter_low=np.nan, parameter_high=np.nan), outcomes, NOTE)
    assert all(np.isfinite(axes.get_ylim()).all() for axes in fig.axes)


def test_table_shows_every_number_and_a_bound_for_the_unseen(table):
    fig = table_figure(table, NOTE)
    said = words(fig)
    assert all(label in said for label in table.label)
    assert said.count("< 0.04 %") >= 4
    row = table[(table.outcome == "article-4") & (table.window_days == 365)].iloc[0]
    assert f"{100 * row.probability:.0f} %" in said
    last = fig.axes[-1]
    assert last.get_title(loc="left") == "within 365 days"
    dots = [line.get_xdata()[0] for line in last.lines if line.get_marker() == "o"]
    wanted = table[(table.window_days == 365) & (table["count"] > 0)].probability
    assert sorted(dots) == pytest.approx(sorted(wanted))
    low, high = last.get_xlim()
    assert low < min(dots) < max(dots) < high


def test_table_of_certainties(table):
    low, high = binomial_interval(10_000, 10_000)
    sure = table.assign(probability=1.0, count=10_000, mc_low=low, mc_high=high, parameter_low=1.0, parameter_high=1.0)
    fig = table_figure(sure, NOTE)
    fig.draw_without_rendering()
    assert "> 99.96 %" in words(fig)


def test_ladder_stacks_to_one_hundred_percent(rungs):
    fig = stacked_figure(rungs, DYADS, [{"id": name, "label": name.title()} for name in LADDER], NOTE)
    for axes in fig.axes:
        assert len(axes.collections) == len(LADDER)
        tops = axes.collections[-1].get_paths()[0].vertices[:, 1]
        assert tops.max() == pytest.approx(100)
    assert [a.get_title(loc="left") for a in fig.axes] == [
        "Whole system",
        "KOR – RUS",
        "PRK – UKR",
        "RUS – USA",
    ]
    final = rungs[(rungs.dyad == "KOR-RUS") & (rungs.tick == 51)].set_index("rung").share
    assert f"Threaten {100 * final[4]:.0f} %" in words(fig)


@pytest.mark.parametrize(("most", "named"), [(0.002, False), (0.02, True)])
def test_ladder_names_states_and_leaves_out_what_cannot_be_seen(most, named):
    top = [0.0, most, 0.0]  # two in a thousand, or two in a hundred, for a week, and none at the end
    shares = [*((week, 10, share) for week, share in enumerate(top)), *((week, 0, 1 - s) for week, s in enumerate(top))]
    table = pd.DataFrame(shares, columns=["tick", "rung", "share"]).assign(dyad="KOR-RUS")
    fig = stacked_figure(table.assign(day=7 * table["tick"]), ["KOR-RUS"], LADDER, NOTE, {"KOR": "South Korea"})
    assert fig.axes[0].get_title(loc="left") == "South Korea – RUS"
    assert ("nuclear use 0 %" in words(fig)) == named


def test_ladder_names_the_dyad_it_does_not_know(rungs):
    with pytest.raises(ValueError, match=r"no dyad 'A-B'.*KOR-RUS"):
        stacked_figure(rungs, ["A-B"], LADDER)


def test_ladder_colours_darken_with_each_rung(rungs):
    fig = stacked_figure(rungs, ["system"], LADDER)
    rgb = np.array([c.get_facecolor()[0][:3] for c in fig.axes[0].collections])
    light = rgb @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) < -0.02).all()


def test_paths_share_their_beginnings_and_carry_exact_intervals(paths):
    fig = paths_figure(paths, "kor-arms", "South Korea sends lethal aid", NOTE)
    boxes = [t.get_text().replace("\n", " ") for t in fig.axes[0].texts]
    assert boxes.count("PRK sends main body (event)") == 1  # three chains begin with it
    assert boxes.count("KOR arms UKR against RUS") == 8  # each chain ends alone
    assert any(b.startswith("… RUS act 2 against USA; RUS act 3") for b in boxes)  # the middle of a long one
    assert "JPN protests against RUS" not in boxes  # ninth
    low, high = binomial_interval(310, 934)
    assert f"{100 * low:.0f}–{100 * high:.0f} %" in boxes
    assert "These 8 cover 86 % of 934 replicates" in words(fig)


def test_paths_of_what_was_never_seen(paths):
    assert "Not seen in any replicate" in words(paths_figure(paths, "world-war", "World war", NOTE))


def test_boxes_that_differ_look_different():
    start = "a mobilization of all the armies of the eastern districts against the western neighbour "
    chains = [f"A → B → {start}{end} → D → E → F" for end in ("at once", "later, as a reply")]
    paths = pd.DataFrame({"outcome": "war", "path": chains, "count": [5, 4], "n": 9})
    shown = [
        t.get_text() for t in paths_figure(paths, "war", "War", NOTE).axes[0].texts if "mobilization" in t.get_text()
    ]
    assert len(set(shown)) == len(shown) == 2


def test_pathways_are_streams_that_carry_the_shares(families):
    fig = pathways_figure(families, "South Korea sends lethal aid", NOTE)
    said = words(fig)
    table = families["families"]
    assert "Needed most often: KOR shows force against RUS 58 %" in said
    for row in table.head(10).itertuples():
        assert percent(row.share) in said
        assert f"(replicate {row.replicate})" in said
    drawn = [text.get_text() for text in texts(fig)]
    assert drawn.count("KOR arms UKR\nagainst RUS") == 1, "chains that end alike share their last box"
    streams = [p for p in fig.axes[0].patches if isinstance(p, PathPatch)]
    assert len(streams) == sum(len(path.split(" → ")) + 1 for path in table["path"].head(10))
    thick = [np.ptp(p.get_path().vertices[[0, -2], 1]) for p in streams]
    assert max(thick) / min(thick) == pytest.approx(table["share"].max() / table["share"].head(10).min(), rel=1e-6)


def test_pathways_of_what_was_never_seen(families):
    fig = pathways_figure({name: table.head(0) for name, table in families.items()}, "World war", NOTE)
    assert "Not seen in any replicate" in words(fig)


def test_differences_stand_about_a_marked_zero(changes):
    fig = differences_figure(changes, "no_deployment", NOTE)
    told = seen(changes)
    axes = fig.axes[0]
    dots = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert dots == pytest.approx((100 * told["difference"]).tolist())
    assert dots == sorted(dots, reverse=True)
    assert any(list(line.get_xdata()) == [0.0, 0.0] for line in axes.lines)
    said = words(fig)
    unseen = set(changes["label"]) - set(told["label"])
    assert unseen
    assert all(label in said for label in {*unseen, *told["label"]})


def test_an_outcome_asked_for_within_less_time_is_drawn_and_says_so(changes):
    shorter = changes[(changes["outcome"] != "nk-combat") | (changes["window_days"] < 365)]
    fig = differences_figure(shorter, "no_deployment", NOTE)
    assert "North Korean units in combat (180 days)" in words(fig)
    assert "(365 days)" not in words(fig)


def test_no_row_is_lost_however_many_there_are(changes):
    many = pd.concat(
        [changes.assign(outcome=changes["outcome"] + str(k), label=changes["label"] + f" {k}") for k in range(4)]
    )
    fig = differences_figure(many, "no_deployment", NOTE)
    assert len(seen(many)) > 20
    said = words(fig)
    assert all(label in said for label in many["label"])


def test_the_overview_has_a_cell_for_each_difference_and_a_dot_where_none_is_seen(changes):
    table = beside(changes, 3)
    table.loc[(table["variant"] == "variant_2") & (table["outcome"] == "nk-combat"), ["mc_low", "mc_high"]] = -1, 1
    fig = overview_figure(table, NOTE)
    drawn = [text.get_text() for text in fig.axes[0].texts]
    shown = seen(changes)["outcome"].nunique()
    numbers = [text for text in drawn if text[:1] in ("+", "-")]
    assert len(numbers) == len(fig.axes[0].patches) == 3 * shown - 1
    assert drawn.count("·") == 1
    unseen = set(changes["label"]) - set(seen(changes)["label"])
    assert unseen
    assert all(label not in drawn and label in words(fig) for label in unseen)
    assert len(list(pages(beside(changes, MOST + 1)))) == 2


def test_an_alternative_that_changes_nothing_is_told_so(changes):
    same = changes.assign(mc_low=-0.001, mc_high=0.001, difference=0.0)
    assert "No outcome changes by more than chance" in words(differences_figure(same, "itself", NOTE))


def test_the_frontier_is_numbered_and_the_alike_are_open(lever_table):
    fig = frontier_figure(lever_table, NOTE)
    numbers = [t.get_text() for t in fig.axes[0].texts]
    assert numbers == ["1", "2", "3", "4"]
    faces = [line.get_markerfacecolor() for line in fig.axes[0].lines if line.get_markersize() == 5]
    assert faces.count("white") == 1


def test_knockout_shows_kinds_apart_and_greys_what_adds_up(knocked):
    said = words(knockout_figure(*knocked, NOTE))
    assert "Whole kinds" in said
    assert "all covariates" in said
    assert "beyond the sum of both" in said
    assert "*: it also closes edges" in said
    matrix = knockout_figure(*knocked, NOTE).axes[-1]
    bold = [t for t in matrix.texts if t.get_weight() == "bold"]
    assert len(bold) == knocked[2]["told"].sum()
    assert {t.get_color() for t in bold} == {style.INK}
    assert any(t.get_color() == style.GREY and "[" in t.get_text() for t in matrix.texts)
    alone = words(knockout_figure(knocked[0].assign(n_edges_gone=0), knocked[1].head(0), knocked[2].head(0), NOTE))
    assert "Whole kinds" not in alone
    assert "closes edges" not in alone
    nothing = words(knockout_figure(knocked[0].assign(told=0), knocked[1].head(0), knocked[2].head(0), NOTE))
    assert "No single element can be told from zero" in nothing


def test_signals_show_both_probabilities(watched):
    table, still = watched
    fig = signals_figure(table, still, 56.0, NOTE)
    shown, axes = table.head(12), fig.axes[1]
    dots = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert sorted(dots) == pytest.approx(sorted([*(100 * shown["given_seen"]), *(100 * shown["given_unseen"])]))
    numbers = [
        percent_of_count(row[f"count_{s}"], row[f"n_{s}"]) for _, row in shown.iterrows() for s in ("unseen", "seen")
    ]
    assert [t.get_text() for t in axes.texts] == numbers
    nothing = signals_figure(table.head(0), still | {"label": "Peace"}, 56.0, NOTE)
    assert "Nothing seen by then tells more than chance" in words(nothing)


def test_signals_show_what_stays_within_draws(watched):
    table, still = watched
    half = table.assign(within_draws=table["difference"] / 2)

    def dark(rows):
        lines = signals_figure(rows, still, 56.0, NOTE).axes[1].lines
        return [
            float(np.ptp(line.get_xdata()))
            for line in lines
            if (line.get_color(), line.get_linewidth()) == (style.GREY, 2.4)
        ]

    assert dark(half) == pytest.approx((50 * table["difference"].abs()).head(12).tolist())
    assert dark(table.assign(within_draws=np.nan)) == []


def test_network_draws_each_tie_once(resolved):
    fig = network_figure(resolved, NOTE)
    said = words(fig)
    assert "Germany – France – United Kingdom – Poland – United States: NATO Article 5; NATO" in said
    assert "North Korea – Russia: Partnership treaty (from 2024-12-04)" in said
    arrows = [p for p in fig.axes[0].patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == len(resolved["support"])
    dashed = [line for line in fig.axes[0].lines if line.get_linestyle() == "--"]
    assert len(dashed) == 1
    assert "KOR supports UKR against RUS (assist)" in fig.get_label()


def test_network_tells_restraint_from_alliance_and_arrows_pass_by(resolved):
    pact = {"id": "ip", "label": "Pact", "members": ["CHN", "JPN"], "type": "non_aggression"}
    fig = network_figure({**resolved, "commitments": [*resolved["commitments"], pact]}, NOTE)
    thin = [line for line in fig.axes[0].lines if line.get_linewidth() == 0.8 and line.get_color() == style.GREY]
    assert len(thin) == 1
    assert "only restrains" in words(fig)
    assert "only restrains" not in words(network_figure(resolved, NOTE))
    a, between, b = (Point(x, 0.0, 0.0, False) for x in (-1.0, 0.0, 1.0))
    assert abs(_clear(a, b, [between], False)) > _clear(a, b, [], False) == 0.08


def test_network_without_war_or_ties(resolved):
    fig = network_figure({"states": resolved["states"]}, NOTE)
    assert collisions(fig) == []


def test_camps_follow_support_and_alliances(resolved):
    ties = [c.get("members") or [c["holder"], c["ally"]] for c in resolved["commitments"]]
    left, right = camps([s["id"] for s in resolved["states"]], resolved["wars"], resolved["support"], ties)
    assert set(right) == {"RUS", "PRK", "BLR", "CHN"}
    where = positions((left, right), resolved["wars"], ties)
    assert all(where[name].x < 0 for name in left)
    assert all(where[name].x > 0 for name in right)
    arc = sorted((p.y, name) for name, p in where.items() if not p.inside and p.x < 0)
    ranks = [i for i, (_, name) in enumerate(arc) if name in ties[0]]
    assert max(ranks) - min(ranks) == len(ties[0]) - 1  # NATO stands together


def test_strain_fan(strain):
    fig = strain_figure(strain, NOTE)
    assert [a.get_title(loc="left") for a in fig.axes] == ["Ukraine", "Russia", "North Korea"]
    for axes, (_, rows) in zip(fig.axes, strain.groupby("state", sort=False), strict=True):
        assert np.array_equal(axes.lines[0].get_ydata(), rows.q50)
        assert axes.get_ylim() == (0, 1)
    assert "median: 0.75" in words(fig)


@pytest.mark.parametrize("wanted", [[], [3.0], [5.0, 5.0, 5.0], [0.1, 9.9, 9.8, 0.0], list(range(30))])
def test_spread_keeps_order_and_distance(wanted):
    at = style.spread(wanted, gap=1.0, low=0.0, high=10.0)
    placed = sorted(at)
    gap = min(1.0, 10.0 / max(len(wanted) - 1, 1))
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(placed))
    assert all(-1e-9 <= y <= 10 + 1e-9 for y in at)
    assert np.argsort(at, kind="stable").tolist() == np.argsort(wanted, kind="stable").tolist()


def test_spread_leaves_alone_what_does_not_collide():
    assert style.spread([8.0, 1.0, 4.5], gap=1.0, low=0.0, high=10.0) == [8.0, 1.0, 4.5]


@pytest.mark.parametrize(
    "text", ["", "word", "a few short words that need lines", "Donaudampfschifffahrtsgesellschaft"]
)
def test_wrap_fits_and_loses_nothing(text):
    lines = style.wrap(text, 0.6)
    assert all(style.text_width(line) <= 0.6 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrap_breaks_a_long_word_at_its_hyphen():
    assert style.wrap("Austro-Hungarian", 0.65) == ["Austro-", "Hungarian"]


def test_wrap_with_a_limit_says_that_it_cut():
    lines = style.wrap("a rather long label of many words", 0.6, lines=2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")


def test_one_row_tables(table, curve, outcomes):
    one = outcomes[:1]
    first = one[0]["id"]
    for fig in (
        curves_figure(curve[curve.outcome == first], one),
        table_figure(table[table.outcome == first].head(1)),
    ):
        fig.draw_without_rendering()
        assert one[0]["label"] in words(fig)
    assert isinstance(table, pd.DataFrame)
