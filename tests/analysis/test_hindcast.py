"""Scores of a hindcast with known answers, and a model that is surprised when it should be and not otherwise."""

import math

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis.estimates import counted, outcome_table
from escalation_sim.analysis.hindcast import block_weights, joint_scores, scored, summary

NEVER = math.nan


def made(days: dict[str, np.ndarray], windows: tuple[float, ...] = (30.0, 365.0)) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `probabilities` and `runs` of outcomes from their days in each replicate (-1 = never)."""
    spec = [{"id": name, "label": name, "kind": "vertical", "windows": windows, "resolution": name} for name in days]
    table = np.column_stack(list(days.values()))
    probabilities = outcome_table(counted(table, np.arange(len(table)) % 10, windows), spec)
    return probabilities, pd.DataFrame({f"day_{name}": np.where(day >= 0, day, np.nan) for name, day in days.items()})


def truth(day: dict[str, float], **columns: object) -> pd.DataFrame:
    """A truth table; columns default to sure codings, each outcome a block, a rate of 0.1 a year."""
    names = list(day)
    rows = {"outcome": names, "day": list(day.values()), "on": ["" if math.isnan(d) else "x" for d in day.values()]}
    return pd.DataFrame({**rows, "confidence": 1.0, "block": names, "per_year": 0.1, **columns})


QUARTER = np.array([10, -1, -1, 100] * 100)  # 25 % within 30 days, 50 % within 365
NONE = np.full(400, -1)


def test_each_row_is_scored_by_hand() -> None:
    probabilities, _ = made({"war": QUARTER})
    rows = scored(probabilities, truth({"war": 31.0}, confidence=0.9), 365)
    assert rows["happened"].tolist() == [0, 1]
    assert rows["brier"].tolist() == pytest.approx([2 * 0.25**2, 2 * 0.5**2])
    assert rows["log_score"].tolist() == pytest.approx([-math.log(0.75), -math.log(0.5)])
    assert rows["brier_expected"].tolist() == pytest.approx([0.9 * 2 * 0.25**2 + 0.1 * 2 * 0.75**2, 0.5])
    assert rows["log_score_expected"][0] == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))
    assert rows["base_rate"].tolist() == pytest.approx([1 - math.exp(-0.1 * d / 365.25) for d in (30, 365)])


@pytest.mark.parametrize(("day", "happened"), [(30.0, 1), (31.0, 0), (0.0, 1), (NEVER, 0)])
def test_the_last_day_of_a_window_belongs_to_it(day: float, happened: int) -> None:
    probabilities, _ = made({"war": QUARTER})
    assert scored(probabilities, truth({"war": day}), 365)["happened"].iloc[0] == happened


def test_windows_that_have_not_ended_are_left_out_even_with_a_yes() -> None:
    probabilities, _ = made({"war": QUARTER})
    assert scored(probabilities, truth({"war": 40.0}), 364)["window_days"].tolist() == [30.0]
    assert scored(probabilities, truth({"war": 40.0}), 365)["window_days"].tolist() == [30.0, 365.0]


def test_outcomes_without_truth_are_left_out() -> None:
    probabilities, _ = made({"war": QUARTER, "peace": NONE})
    assert set(scored(probabilities, truth({"war": NEVER}), 365)["outcome"]) == {"war"}


def test_what_was_never_seen_and_came_about_costs_half_a_replicate() -> None:
    probabilities, _ = made({"war": NONE})
    rows = scored(probabilities, truth({"war": 5.0}), 365)
    assert rows["log_score"].tolist() == pytest.approx([-math.log(0.5 / 400)] * 2)
    assert rows["brier"].tolist() == [2.0, 2.0]


def test_a_block_counts_as_one() -> None:
    assert block_weights(["a", "b", "a", "a"]).tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 6, 1 / 6])
    probabilities, runs = made({"war": QUARTER, "raid": QUARTER, "peace": NONE}, windows=(30.0,))
    told = truth({"war": NEVER, "raid": 5.0, "peace": NEVER}, block=["force", "force", "peace"])
    table = summary(scored(probabilities, told, 365), runs)
    model = table[table["forecaster"] == "model"].iloc[-1]
    assert model["brier"] == pytest.approx((2 * (0.25**2 + 0.75**2) / 2 + 0) / 2)
    assert (model["outcomes"], model["blocks"]) == (3, 2)
    alone = summary(scored(probabilities, truth({"war": NEVER, "raid": 5.0, "peace": NEVER}), 365), runs)
    assert alone["brier"].iloc[0] == pytest.approx(2 * (0.25**2 + 0.75**2) / 3)


def test_references_say_what_they_are_said_to_say() -> None:
    probabilities, runs = made({"war": QUARTER}, windows=(365.0,))
    table = summary(scored(probabilities, truth({"war": NEVER}), 365), runs).iloc[:4].set_index("forecaster")
    rate = 1 - math.exp(-0.1 * 365 / 365.25)
    assert table["brier"].to_dict() == pytest.approx(
        {"model": 0.5, "even": 0.5, "base_rate": 2 * rate**2, "status_quo": 0.0002}
    )
    assert table["log_score"]["status_quo"] == pytest.approx(-math.log(0.99))
    assert table["skill"]["base_rate"] == pytest.approx(1 - 0.5 / (2 * rate**2))
    assert table["skill"]["even"] == pytest.approx(0.0)
    assert math.isnan(table["skill"]["model"])


def test_all_windows_are_the_last_rows_and_the_mean_of_the_others() -> None:
    probabilities, runs = made({"war": QUARTER})
    table = summary(scored(probabilities, truth({"war": 40.0}), 365), runs)
    assert table["window_days"].isna().tolist() == [False] * 8 + [True] * 4
    model = table[table["forecaster"] == "model"]["brier"].tolist()
    assert model[2] == pytest.approx((model[0] + model[1]) / 2)


def many(together: bool, n: int = 2000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Twelve outcomes of 30 % each, that come all at once or each by itself."""
    rng = np.random.default_rng(4)
    luck = np.repeat(rng.random((n, 1)), 12, axis=1) if together else rng.random((n, 12))
    return made({f"o{k}": np.where(luck[:, k] < 0.3, 5, -1) for k in range(12)}, windows=(30.0,))


def worse(tables: tuple[pd.DataFrame, pd.DataFrame], came: int) -> float:
    """Share of replicates that score as badly as a world in which so many of the twelve came about."""
    probabilities, runs = tables
    day = {f"o{k}": 5.0 if k < came else NEVER for k in range(12)}
    return float(summary(scored(probabilities, truth(day), 365), runs)["joint_worse"].iloc[-4])


def test_what_comes_together_is_no_surprise_when_it_comes_together() -> None:
    assert worse(many(together=True), came=12) == pytest.approx(0.3, abs=0.04)


def test_the_same_world_surprises_a_model_in_which_they_are_independent() -> None:
    assert worse(many(together=False), came=12) < 0.001
    assert worse(many(together=False), came=3) > 0.3


def test_the_range_covers_worlds_that_the_model_makes_and_misses_others() -> None:
    probabilities, runs = many(together=False)
    rng = np.random.default_rng(9)

    def share(p: float) -> float:
        inside = 0
        for came in rng.random((100, 12)) < p:
            told = truth({f"o{k}": 5.0 if yes else NEVER for k, yes in enumerate(came)})
            ours = summary(scored(probabilities, told, 365), runs).iloc[-4]
            inside += ours["joint_low"] - 1e-9 <= ours["brier"] <= ours["joint_high"] + 1e-9
        return inside / 100

    assert share(0.3) > 0.85
    assert share(0.8) < 0.2


def test_joint_scores_are_those_of_each_replicate_scored_as_truth() -> None:
    probabilities, runs = many(together=False, n=30)
    rows = scored(probabilities, truth({f"o{k}": NEVER for k in range(12)}), 365)
    joint = joint_scores(rows, runs)
    for replicate in (0, 7):
        day = {f"o{k}": float(runs[f"day_o{k}"][replicate]) for k in range(12)}
        as_truth = scored(probabilities, truth(day), 365)
        assert joint[replicate] == pytest.approx(as_truth["brier"].mean())
