"""Boxes where they were hidden, none where there are none."""

import importlib.util
import logging
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from escalation_sim.analysis import discovery
from escalation_sim.analysis.discovery import COLUMNS, boxes_table, sentences
from escalation_sim.errors import EscalationSimError

installed = pytest.mark.skipif(importlib.util.find_spec("ema_workbench") is None, reason="needs the extra discovery")


def hidden(seed=0, n=600):
    """Likely where reliability > .7, troops > 30,000 and the doctrine is not rear; "scenario" does nothing."""
    rng = np.random.default_rng(seed)
    x = {
        "reliability": rng.random(n),
        "troops": rng.uniform(1e4, 5e4, n),
        "doctrine": rng.choice(["forward", "rear", "mixed"], n),
        "scenario": rng.random(n),
    }
    inside = (x["reliability"] > 0.7) & (x["troops"] > 3e4) & (x["doctrine"] != "rear")
    return x, rng.binomial(200, 0.02 + 0.3 * inside)[:, None] / 200


@installed
def test_a_hidden_box_is_found(points_of, variables_of):
    x, share = hidden()
    table = boxes_table(points_of(x, share), variables_of(x), 0.1, "latin_hypercube")
    assert tuple(table.columns) == COLUMNS
    assert table["variable"].tolist() == ["reliability", "troops", "doctrine"]
    assert table["box"].tolist() == [1, 1, 1]
    assert table["low"][0] == pytest.approx(0.7, abs=0.03)
    assert table["low"][1] == pytest.approx(3e4, rel=0.05)
    assert table["high"].isna().all()
    assert np.isnan(table["low"][2])
    assert set(table["choices"][2].split(", ")) == {"forward", "mixed"}
    assert table["choices"].tolist()[:2] == ["", ""]
    assert (table["coverage"][0], table["density"][0]) > (0.95, 0.9)
    case = share[:, 0] > 0.1
    inside = (x["reliability"] > table["low"][0]) & (x["troops"] > table["low"][1]) & (x["doctrine"] != "rear")
    assert table["n_points"][0] == inside.sum()
    assert table["n_cases"][0] == (inside & case).sum()
    assert table["density"][0] == pytest.approx(case[inside].mean())
    assert table["mass"][0] == pytest.approx(inside.mean())
    assert table["coverage"][0] == pytest.approx((inside & case).sum() / case.sum())
    assert table["base_rate"][0] == pytest.approx(case.mean())
    without = (x["troops"] > table["low"][1]) & (x["doctrine"] != "rear")
    k, n = int((inside & case).sum()), int(inside.sum())
    expected = binomtest(k, n, case[without].mean(), alternative="greater").pvalue
    assert table["p_value"][0] == pytest.approx(expected)


@installed
def test_a_box_in_words(points_of, variables_of):
    x, share = hidden()
    variables = variables_of(x)
    variables[1]["unit"] = "men"
    table = boxes_table(points_of(x, share), variables, 0.1, "list")
    (said,) = sentences(table, variables)
    low = table["low"]
    assert said == (
        f"P(Outcome 0 within 30 days) is above 10 % mostly where The reliability > {low[0]:.3f} and The troops > "
        f"{round(low[1], -2):,.0f} men and The doctrine is one of {table['choices'][2]} (in "
        f"{100 * table['density'][0]:.0f} % of such points; {100 * table['coverage'][0]:.0f} % of all such cases)"
    )


def test_a_sentence_for_every_kind_of_restriction():
    head = ("war", "War", 30.0, 0.02, 2)
    tail = (0.5, 0.25, 0.2, 40, 10, 0.1, 0.001)
    rows = [
        (*head, "a", "Age", 1.0, 2.5, "", *tail),
        (*head, "b", "Troops", np.nan, 123_456.0, "", *tail),
        (*head, "c", "Doctrine", np.nan, np.nan, "rear", *tail),
    ]
    (said,) = sentences(pd.DataFrame(rows, columns=list(COLUMNS)), [{"id": "a", "unit": "y"}, {"id": "b"}, {"id": "c"}])
    assert said == (
        "Outside the boxes before, P(War within 30 days) is above 2.0 % more often than in all points (10 %) where Age "
        "is between 1 y and 2.5 y and Troops < 123,000 and Doctrine is rear (in 25 % of such points; 50 % of all such "
        "cases)"
    )


@installed
def test_cases_in_two_places_make_two_boxes(points_of, variables_of):
    rng = np.random.default_rng(1)
    x = {name: rng.random(800) for name in "abcd"}
    first, second = (x["a"] > 0.7) & (x["b"] > 0.5), (x["c"] < 0.2) & (x["d"] > 0.5)
    share = np.where(first | second, 0.4, 0.05)[:, None]
    table = boxes_table(points_of(x, share), variables_of(x), 0.2, "list")
    assert sorted(table["box"].unique()) == [1, 2]
    one, two = (table[table["box"] == number].set_index("variable") for number in (1, 2))
    assert one.loc["a", "low"] == pytest.approx(0.7, abs=0.03)
    assert two.loc["c", "high"] == pytest.approx(0.2, abs=0.03)
    assert table.drop_duplicates("box")["coverage"].sum() > 0.9
    assert table.drop_duplicates("box")["n_cases"].sum() <= (first | second).sum()
    assert len(sentences(table, variables_of(x))) == 2


@installed
def test_there_is_no_box_in_noise(points_of, variables_of, monkeypatch):
    rng = np.random.default_rng(2)
    x = {f"x{i}": rng.random(150) for i in range(2)} | {"c": rng.choice(["p", "q", "r"], 150)}
    points = points_of(x, (rng.random((150, 8)) < 0.25).astype(float))
    assert boxes_table(points, variables_of(x), 0.5, "list").empty
    monkeypatch.setattr(discovery, "_CLEARLY", 1.0)
    monkeypatch.setattr(discovery, "_QUASI_P", 1.0)
    twin = boxes_table(points, variables_of(x), 0.5, "list")
    assert twin["outcome"].nunique() >= 3, "the twin: whatever PRIM peels off"


@installed
def test_of_a_saltelli_design_points_that_repeat_others_are_left_out(points_of, variables_of):
    rng = np.random.default_rng(3)
    x = {"x": rng.random(400), "y": rng.random(400)}
    share = (x["x"] > 0.6)[:, None] * 0.5
    points, variables = points_of(x, share), variables_of(x)
    table = boxes_table(points, variables, 0.1, "sobol")
    kept = points[points["point"] % 4 < 2].assign(point=np.arange(200))
    assert table.equals(boxes_table(kept, variables, 0.1, "list"))
    assert table["n_points"][0] < boxes_table(points, variables, 0.1, "list")["n_points"][0] * 0.6


@installed
def test_failed_points_and_fixed_variables_are_left_out(points_of, variables_of):
    x, share = hidden()
    x |= {"fixed": np.ones(600), "only": np.full(600, "one")}
    failed = np.arange(0, 600, 5)
    table = boxes_table(points_of(x, share, failed=failed), variables_of(x), 0.1, "list")
    assert table["variable"].tolist() == ["reliability", "troops", "doctrine"]
    assert table["base_rate"][0] == pytest.approx((np.delete(share[:, 0], failed) > 0.1).mean())


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_without_cases_or_without_others_there_is_nothing_to_look_for(points_of, variables_of, share):
    x = {"x": np.arange(40.0)}
    shares = np.full((40, 1), share)
    shares[:4] = 0.5 - share
    table = boxes_table(points_of(x, shares), variables_of(x), 0.2, "list")
    assert table.empty
    assert tuple(table.columns) == COLUMNS
    assert sentences(table, variables_of(x)) == []


def test_without_the_extra_the_error_says_what_to_install(points_of, variables_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    monkeypatch.setitem(sys.modules, "ema_workbench.analysis.prim", None)
    x, share = hidden()
    with pytest.raises(EscalationSimError, match=r"pip install 'escalation-sim\[discovery\]'"):
        boxes_table(points_of(x, share), variables_of(x), 0.1, "list")


@installed
def test_nothing_is_said_on_the_way(points_of, variables_of, caplog, capfd):
    x, share = hidden()
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        boxes_table(points_of(x, share), variables_of(x), 0.1, "list")
    assert not [record for record in caplog.records if record.name.startswith("EMA")]
    assert capfd.readouterr() == ("", "")
    logging.getLogger("EMA.ema_workbench.analysis.prim").info("the twin: such a record would be caught")
    assert [record for record in caplog.records if record.name.startswith("EMA")]


@installed
def test_the_order_of_a_set_of_texts_changes_nothing(tmp_path):
    code = """
import numpy as np, pandas as pd
from escalation_sim.analysis.discovery import boxes_table
rng = np.random.default_rng(0)
n = 120
x = rng.choice(list("abcdefgh"), n)
p = np.where(np.isin(x, ["a", "b"]), 0.5, 0.0) * (rng.random(n) < 0.7)
points = pd.DataFrame({"point": range(n), "x": x, "outcome": "o", "label": "O", "window_days": 30.0, "probability": p,
    "mc_low": 0.0, "mc_high": 1.0, "standard_error": 0.1, "n": 50, "n_failed": 0})
print(boxes_table(points, [{"id": "x", "label": "X", "kind": "choice"}], 0.1, "list").to_csv())
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True, cwd=tmp_path,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1
    assert "b, a" in said.pop().replace("a, b", "b, a")
