"""The second step of the estimation: on confrontations that the engine itself made, it finds what made them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis.fit import Fit
from escalation_sim.analysis.gates import GateFit, Key
from escalation_sim.drivers.confrontation import blank_played
from escalation_sim.study import moments
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import Onsets
from escalation_sim.study.moments import QUANTITIES, SOON, Moved, blocks, evaluations, expected, match_moments, observed

KEYS = (("initiative", "threaten"), ("reply", "threaten"))
GAP = {KEYS[0]: -1.5, KEYS[1]: 1.5}  # how far the first step is made to miss


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One coefficient that moves, and a match of seconds."""
    monkeypatch.setattr(moments, "MOVED", {KEYS[0]: ("intercept",)})
    for name, value in (("REPLICATES", 20), ("STEPS", 4)):
        monkeypatch.setattr(moments, name, value)


@pytest.fixture(scope="module")
def made(players: Players, onsets: Onsets) -> pd.DataFrame:
    """Onsets with what the engine itself made of them, five times each with luck of its own."""
    table = pd.concat([onsets.table] * 5, ignore_index=True)
    table["confrontation"] = np.arange(len(table))
    played = players.play(table, 1, seed=99)
    return table.assign(
        observed_level=[int(players.levels[one.highest[0]]) for one in played],
        reciprocated=[bool(one.answered[0]) for one in played],
        active_weeks=[int(one.active[0]) for one in played],
        length_weeks=[int(one.length[0]) for one in played],
        answer_week=[int(one.answer[0]) for one in played],
        force_answer_week=[int(one.force_answer[0]) for one in played],
    )


def truth(table: Any) -> dict[Key, float]:
    return {(phase, gate): getattr(table(), phase)[gate]["intercept"].value for phase, gate in KEYS}


def missed(table: Any, gap: dict[Key, float], se: float = 0.4) -> tuple[Players, dict[Key, GateFit]]:
    """Players whose intercepts are off, and the fits that left them so."""
    gates = {phase: dict(getattr(table(), phase)) for phase in ("initiative", "reply")}
    fits = {}
    for (phase, gate), true in truth(table).items():
        value = true + gap[phase, gate]
        gates[phase][gate] = gates[phase][gate] | {"intercept": {"value": value}}
        cov = np.diag([se**2, se**2])
        fits[phase, gate] = GateFit(("rival", "intercept"), Fit(np.array([0.0, value]), cov, 0.0, 0.0, 9, 9))
    return Players(table(**gates)), fits


@pytest.mark.parametrize("key", KEYS)
def test_an_intercept_that_is_off_moves_towards_the_truth(
    few: None, key: Key, made: pd.DataFrame, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "MOVED", {key: ("intercept",)})
    players, fits = missed(table, dict.fromkeys(KEYS, 0.0) | {key: GAP[key]})
    moved = match_moments(players, made, fits)
    assert moved.paths == (f"coefficients.{key[0]}.{key[1]}.intercept",)
    assert abs(moved.value.item() - truth(table)[key]) < 0.7 * abs(GAP[key])
    assert moved.distance[1] < 0.85 * moved.distance[0]
    assert 0.0 < moved.covariance.item() < 0.4**2  # less than what the first step left open: the moments told something
    assert moved.n_moments == sum(block.known.shape[1] for block in blocks(made))
    assert moved.slopes.shape == (len(made), len(QUANTITIES), 1)


def test_who_starts_at_the_truth_stays_near_it(few: None, made: pd.DataFrame, table: Any) -> None:
    """The twin: without a miss there is little to make up for."""
    players, fits = missed(table, dict.fromkeys(KEYS, 0.0))
    assert abs(match_moments(players, made, fits).value.item() - truth(table)[KEYS[0]]) < 0.5


def test_a_sure_first_step_is_not_moved(few: None, made: pd.DataFrame, table: Any) -> None:
    players, fits = missed(table, GAP, se=1e-4)
    moved = match_moments(players, made.head(60), fits)
    assert moved.value.item() == pytest.approx(truth(table)[KEYS[0]] + GAP[KEYS[0]], abs=0.01)


def test_threads_change_nothing_and_slopes_may_be_given(few: None, made: pd.DataFrame, table: Any) -> None:
    players, fits = missed(table, GAP)
    some, done = made.head(60), []
    one: Moved = match_moments(players, some, fits, progress=done.append)
    other = match_moments(players, some, fits, jobs=2)
    assert one.value.tolist() == other.value.tolist()
    assert 0 < len(done) <= evaluations()
    again: list[int] = []
    match_moments(players, some, fits, slopes=one.slopes, progress=again.append)
    assert len(again) == 1 + moments.STEPS < len(done)


def test_a_moment_that_is_zero_for_all_is_no_hindrance(few: None, made: pd.DataFrame, table: Any) -> None:
    assert not made["both_nuclear"].any()  # there is such a moment in these data
    players, fits = missed(table, GAP)
    assert np.isfinite(match_moments(players, made.head(40), fits).value).all()


def test_quantities_as_they_came_are_read_off_the_table() -> None:
    table = pd.DataFrame(
        {"observed_level": [1, 3], "active_weeks": [1, 4], "length_weeks": [1, 9], "reciprocated": [False, True],
         "answer_week": [-1, SOON], "force_answer_week": [-1, SOON + 1]}
    )  # fmt: skip
    nothing, much = (dict(zip(QUANTITIES, row, strict=True)) for row in observed(table))
    assert set(nothing.values()) == {0.0}
    assert much == pytest.approx(
        {"answered": 1, "soon": 1, "force_soon": 0, "display": 1, "seize": 1, "attack": 0, "war": 0,
         "active": np.log(4), "again": 1, "length": np.log(9)}
    )  # fmt: skip


def test_expected_quantities_are_means_over_replicates(players: Players) -> None:
    heights = np.array([players.rung[1], players.rung[2], players.rung[4], players.rung[5]], dtype=np.int32)
    weeks = np.array([1, 1, 2, 4], dtype=np.int32)
    one = blank_played(4)._replace(highest=heights, answered=np.array([0, 1, 1, 1]), active=weeks, length=2 * weeks)
    one = one._replace(answer=np.array([-1, 0, SOON, 9]), force_answer=np.array([-1, -1, SOON, SOON + 1]))
    assert dict(zip(QUANTITIES, expected(players, [one])[0], strict=True)) == pytest.approx(
        {"answered": 0.75, "soon": 0.5, "force_soon": 0.25, "display": 0.75, "seize": 0.5, "attack": 0.5, "war": 0.25,
         "active": np.log(weeks).mean(), "again": 0.5, "length": np.log(2 * weeks).mean()}
    )  # fmt: skip


def test_a_quantity_is_asked_only_where_the_first_act_leaves_it_open(onsets: Onsets) -> None:
    table = onsets.table
    asked = {QUANTITIES[block.quantity]: block.open for block in blocks(table)}
    assert set(asked) == set(QUANTITIES)
    assert (asked["answered"] == ~table["clash"]).all()
    assert (asked["soon"] == ~table["clash"]).all()
    for name, level in (("display", 2), ("seize", 3), ("attack", 4)):
        assert (asked[name] == (table["first_level"] < level)).all()
    assert (asked["war"] == table["first_at_war"]).all()
    assert asked["active"].all()
    assert not asked["attack"].all()
