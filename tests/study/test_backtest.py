"""Forecasts of a record: shares that add up, others fitted to other folds only, and the same whatever the threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis.benchmarks import grouped_folds
from escalation_sim.drivers.confrontation import Played, blank_played
from escalation_sim.errors import DataError
from escalation_sim.store import layout
from escalation_sim.store.history import History
from escalation_sim.study import backtest as room
from escalation_sim.study.backtest import (
    Backtest,
    Task,
    answer_forecast,
    backtest,
    curves,
    level_forecast,
    rollout,
    scores,
)
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import Onsets

LEVELS = [f"p_level_{k}" for k in range(1, 6)]
COLUMNS = ["micnum", "ccode1", "ccode2", "year", *LEVELS, "p_reciprocated", "observed_level", "reciprocated"]


@pytest.fixture(scope="module")
def found(history: History, table: Any, hurry: Any) -> Backtest:
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        return backtest(history, table(), replicates=40, draws=4)


def played(heights: list[int], answered: list[int]) -> Played:
    weeks = np.arange(1, len(heights) + 1, dtype=np.int32)
    one = blank_played(len(heights))._replace(highest=np.array(heights), answered=np.array(answered))
    return one._replace(active=weeks, length=2 * weeks)


def test_predictions_have_exactly_the_columns_that_are_promised(found: Backtest, onsets: Onsets) -> None:
    told = found.predictions
    assert list(told.columns) == COLUMNS
    assert len(told) == len(onsets.table)
    assert told[LEVELS].sum(axis=1).to_numpy() == pytest.approx(np.ones(len(told)))
    assert told[[*LEVELS, "p_reciprocated"]].ge(0.0).all(axis=None)
    assert told[[*LEVELS, "p_reciprocated"]].le(1.0).all(axis=None)
    came = told[LEVELS].to_numpy()[np.arange(len(told)), told["observed_level"] - 1]
    assert (came > 0.0).all()  # nothing that came was held impossible
    assert set(told["reciprocated"]) <= {0, 1}
    assert told["micnum"].tolist() == onsets.table["confrontation"].tolist()


def test_every_column_is_explained(found: Backtest) -> None:
    for name, frame in found.tables().items():
        for column in frame.columns:
            assert layout.column(name, column).name == column


def test_scores_are_of_all_forecasters_by_task_and_era(found: Backtest, onsets: Onsets) -> None:
    rows = found.scores
    forecasters = {"simulation", "multinomial logit", "gradient boosting", "first-level table", "base rate"}
    assert set(rows["task"]) == {"highest level", "reciprocated"}
    for _, part in rows.groupby(["task", "era"]):
        assert set(part["forecaster"]) == forecasters
    counts = rows.groupby("era")["n"].first()
    assert counts["all"] == len(onsets.table) == counts["to 1990"] + counts["after 1990"]
    base = rows[(rows["forecaster"] == "base rate") & (rows["era"] == "all")]
    assert base["skill"].abs().max() < 1e-12
    assert "base rate" not in set(found.reliability["forecaster"])


def test_brier_scores_are_those_of_the_predictions(found: Backtest) -> None:
    told = found.predictions
    came = np.eye(5)[told["observed_level"] - 1]
    mine = found.scores.query("task == 'highest level' and era == 'all' and forecaster == 'simulation'")["brier"].item()
    assert mine == pytest.approx(((told[LEVELS].to_numpy() - came) ** 2).sum(axis=1).mean())
    assert mine != pytest.approx(((told[LEVELS].to_numpy()[::-1] - came) ** 2).sum(axis=1).mean())


def test_threads_change_nothing(found: Backtest, history: History, table: Any, quick: None) -> None:
    again = backtest(history, table(), replicates=40, draws=4, jobs=2)
    for one, other in zip(found.tables().values(), again.tables().values(), strict=True):
        pd.testing.assert_frame_equal(one, other)
    other = backtest(history, table(), replicates=40, draws=4, seed=2)
    assert not found.predictions.equals(other.predictions)


def test_folds_are_forecast_by_tables_that_did_not_see_them(
    history: History, table: Any, quick: None, onsets: Onsets, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    original = room.estimate

    def watched(history: Any, base: Any, held_out: float, only: Any = None, *rest: Any, **named: Any) -> Any:
        seen.append(only)
        return original(history, base, held_out, only, *rest, **named)

    monkeypatch.setattr(room, "estimate", watched)
    told = backtest(history, table(), replicates=20, draws=2, folds=2).predictions
    fold = grouped_folds(onsets.table["confrontation"], 2, room._FOLD_SEED)
    assert seen[0] is None  # slopes, which say only where to go, are those of all onsets
    assert [only.tolist() for only in seen[1:]] == [(fold != held).tolist() for held in range(2)]
    plain = backtest(history, table(), replicates=20, draws=2).predictions
    assert len(seen) == 3  # without folds the table forecasts as it is
    assert told[LEVELS].sum(axis=1).to_numpy() == pytest.approx(np.ones(len(told)))
    assert not told.equals(plain)


@pytest.mark.parametrize(("folds", "said"), [(1, "into 1 folds"), (1_000, "60 confrontations cannot be dealt")])
def test_folds_that_cannot_be_are_refused(history: History, table: Any, folds: int, said: str) -> None:
    with pytest.raises(DataError, match=said):
        backtest(history, table(), replicates=2, draws=1, folds=folds)


def test_shares_of_levels_leave_what_is_open_possible(players: Players) -> None:
    rung = players.rung
    some = [played([rung[2], rung[2], rung[4], rung[5]], [0] * 4), played([rung[4]] * 4, [1] * 4)]
    table = pd.DataFrame({"first_level": [2, 4], "clash": [False, True]})
    told = level_forecast(players, some, table)
    assert told[0] == pytest.approx(np.array([0.0, 2.5, 0.5, 1.5, 1.5]) / 6.0)
    assert told[1] == pytest.approx(np.array([0.0, 0.0, 0.0, 4.5, 0.5]) / 5.0)
    answers = answer_forecast(some, table)
    assert answers[0] == pytest.approx([0.9, 0.1])
    assert answers[1].tolist() == [0.0, 1.0]
    assert answer_forecast(some, table.assign(clash=False))[1, 1] == pytest.approx(0.9)


def test_rollouts_are_held_against_the_record(players: Players) -> None:
    rung = players.rung
    some = [played([rung[2], rung[4]], [0, 1]), played([rung[4], rung[4]], [0, 1])]
    table = pd.DataFrame({"observed_level": [2, 5], "active_weeks": [1, 3], "length_weeks": [1, 30]})
    rows = rollout(players, some, table).set_index(["quantity", "value"])
    heights = rows.loc["highest_level"]
    assert heights["observed"].tolist() == [0.0, 0.5, 0.0, 0.0, 0.5]
    assert heights["simulated"].tolist() == [0.0, 0.25, 0.0, 0.75, 0.0]
    assert rows.loc[("active_weeks", 2), ["observed", "simulated"]].tolist() == [0.5, 0.5]
    assert rows.loc[("length_weeks", 3), ["observed", "simulated"]].tolist() == [0.5, 0.5]
    assert rows.loc[("length_weeks", 40), ["observed", "simulated"]].tolist() == [0.0, 0.0]
    assert (rows["observed_low"] <= rows["observed"]).all()
    assert (rows["observed"] <= rows["observed_high"]).all()
    assert set(rows["n"]) == {2}


def test_a_better_forecaster_scores_better(quick: None) -> None:
    came = np.random.default_rng(1).integers(0, 2, 200)
    sure = np.where(came[:, None] == np.arange(2), 0.9, 0.1)
    plain, number = np.full((200, 2), 0.5), np.arange(200)
    task = Task("reciprocated", sure, came, np.zeros((200, 2)), number, number % 5, pd.Series([1980] * 200))
    told = {"simulation": sure, "base rate": plain, "first-level table": plain}
    rows = scores(task, told).set_index(["era", "forecaster"])
    assert set(rows.index.get_level_values("era")) == {"all", "to 1990"}  # no era without onsets
    assert rows.loc[("all", "simulation"), "brier"] == pytest.approx(0.02)
    assert rows.loc[("all", "simulation"), "skill"] == pytest.approx(0.96)
    assert rows.loc[("all", "simulation"), "skill_first_level"] == pytest.approx(0.96)
    bad = scores(task, told | {"simulation": sure[:, ::-1]}).set_index(["era", "forecaster"])
    assert bad.loc[("all", "simulation"), "skill"] < 0.0
    assert set(curves(task, told)["forecaster"]) == {"simulation", "first-level table"}
