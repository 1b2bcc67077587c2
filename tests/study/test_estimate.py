"""The table of coefficients from a record: what is taken over, what is replaced, and what the parts recover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from escalation_sim.analysis.fit import Fit
from escalation_sim.analysis.gates import FITTED, GateFit, Key
from escalation_sim.scenario.fill import library_ladder
from escalation_sim.scenario.numbers import matrix_of
from escalation_sim.scenario.references import coefficient_names
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.scenario.table import dump_table, load_table
from escalation_sim.store.history import History
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import (
    WORSE_STRAIN,
    Estimate,
    Onsets,
    estimate,
    war_end,
    war_era,
    with_fits,
    with_moved,
)
from escalation_sim.study.moments import Moved

NAMES = ("intercept", "rival", "own_slow")
COVARIANCE = np.array([[0.04, 0.01, 0.0], [0.01, 0.25, -0.1], [0.0, -0.1, 1.0]])


@pytest.fixture(scope="module")
def fits() -> dict[Key, GateFit]:
    made = {key: GateFit(NAMES, Fit(np.array([1.0, 2.0, 3.0]), COVARIANCE, 0.0, 0.0, 500, 40)) for key in FITTED}
    first = ("initiative", "threaten")
    return made | {first: GateFit(NAMES, Fit(np.array([1.0, 2.0, 3.0]), COVARIANCE, 0.8, 0.2, 500, 40))}


@pytest.fixture(scope="module")
def fitted(table: Any, fits: dict[Key, GateFit]) -> Coefficients:
    old = {"value": 9.0, "se": 1.0, "basis": "estimated", "source": "before"}
    kept = {"value": 0.5, "se": 0.1, "basis": "elicited", "because": "a judgement"}
    gates = table().model_dump(exclude_none=True)["initiative"]
    gates["threaten"] |= {"pact": old, "own_major": kept}
    gates["arm"] = {"supporter": kept}
    return with_fits(table(initiative=gates), fits, "1946-2000")


def test_fitted_rows_replace_estimated_ones_and_leave_judgements_alone(fitted: Coefficients, table: Any) -> None:
    row = fitted.initiative["threaten"]
    assert "pact" not in row  # estimated once, and not any more
    assert (row["own_major"].value, row["own_major"].basis) == (0.5, "elicited")
    assert fitted.initiative["arm"]["supporter"].because == "a judgement"
    assert row["frailty"] == table().initiative["threaten"]["frailty"]
    assert [(row[name].value, row[name].basis, row[name].n) for name in NAMES] == [
        (1.0, "estimated", 500.0), (2.0, "estimated", 500.0), (3.0, "estimated", 500.0),
    ]  # fmt: skip
    assert [row[name].se for name in NAMES] == [0.2, 0.5, 1.0]
    assert "1946-2000" in str(row["rival"].source)
    assert fitted.initiative["protest"] == table().initiative["protest"]
    assert fitted.memory == table().memory
    assert (fitted.frailty_sd.scale, fitted.frailty_sd.s, fitted.frailty_sd.basis) == (0.8, 0.2, "estimated")
    assert len(fitted.correlation) == len(FITTED)


def test_the_correlation_is_that_of_the_covariance(fitted: Coefficients) -> None:
    block = fitted.correlation[0]
    assert block.of == tuple(f"initiative.threaten.{name}" for name in NAMES)
    assert block.rows == ((0.1,), (0.0, -0.2))
    assert list(coefficient_names(fitted, tuple(rung.id for rung in library_ladder()))) == []


@pytest.fixture(scope="module")
def moved() -> Moved:
    paths = ("coefficients.initiative.threaten.intercept", "coefficients.initiative.threaten.own_slow",
             "coefficients.reply.war.rival")  # fmt: skip
    covariance = np.array([[0.01, 0.015, 0.0], [0.015, 0.09, 0.0], [0.0, 0.0, 0.16]])
    return Moved(paths, np.array([-1.0, -3.0, 5.0]), covariance, np.zeros((1, 7, 3)), (10.0, 1.0), 30)


def test_moved_rows_take_the_second_step_s_values_errors_and_correlations(fitted: Coefficients, moved: Moved) -> None:
    whole = with_moved(fitted, moved)
    row = whole.initiative["threaten"]
    assert [(row[name].value, row[name].se) for name in NAMES] == [(-1.0, 0.1), (2.0, 0.5), (-3.0, 0.3)]
    assert str(row["intercept"].source).endswith("and roll-outs")
    assert row["rival"] == fitted.initiative["threaten"]["rival"]
    assert (whole.reply["war"]["rival"].value, whole.reply["war"]["rival"].se) == (5.0, 0.4)
    first = next(block for block in whole.correlation if "initiative.threaten.rival" in block.of)
    assert (first.of, first.rows) == (fitted.correlation[0].of, ((0.1,), (0.5, -0.2)))  # with rival as before
    assert len([block for block in whole.correlation if block in fitted.correlation]) == len(FITTED) - 1
    assert whole.reply["strike"] == fitted.reply["strike"]


def test_correlations_of_two_steps_do_not_contradict_each_other(fits: dict[Key, GateFit], table: Any) -> None:
    """0.95 and 0.95 from the first step, -0.95 from the second: no errors go together so."""
    tied = np.array([[1.0, 0.95, 0.95], [0.95, 1.0, 0.95], [0.95, 0.95, 1.0]])
    key = ("initiative", "threaten")
    whole = with_fits(table(), fits | {key: fits[key]._replace(fit=fits[key].fit._replace(covariance=tied))}, "now")
    names = ("coefficients.initiative.threaten.intercept", "coefficients.initiative.threaten.own_slow")
    against = np.array([[1.0, -0.95], [-0.95, 1.0]])
    moved = with_moved(whole, Moved(names, np.zeros(2), against, np.zeros((1, 8, 2)), (2.0, 1.0), 9))
    block = next(one for one in moved.correlation if one.of[0] == "initiative.threaten.intercept")
    assert np.linalg.eigvalsh(matrix_of(block)).min() > -0.02
    assert block.rows[1][0] < 0.0 < block.rows[0][0]
    assert list(coefficient_names(moved, tuple(rung.id for rung in library_ladder()))) == []


def test_a_table_survives_being_written_and_read(fitted: Coefficients, moved: Moved, tmp_path: Any) -> None:
    whole = with_moved(fitted, moved)
    (tmp_path / "table.yaml").write_text(dump_table(whole, "a heading\n\nof three lines"))
    assert load_table(tmp_path / "table.yaml") == whole
    assert load_table(tmp_path / "table.yaml") != fitted


def test_the_era_of_war_is_a_log_odds_ratio() -> None:
    def disputes(late: tuple[int, int], early: tuple[int, int]) -> pd.DataFrame:
        cells = [("1995-01-01", 5, late[0]), ("1995-01-01", 4, late[1]), ("1950-01-01", 5, early[0]),
                 ("1950-01-01", 4, early[1]), ("1930-01-01", 5, 400)]  # fmt: skip
        rows = [(pd.Timestamp(day), hostility) for day, hostility, n in cells for _ in range(n)]
        return pd.DataFrame(rows, columns=["start", "hostility"])

    mean, error = war_era(disputes((10, 500), (40, 400)))
    assert mean == pytest.approx(np.log((10.5 / 500.5) / (40.5 / 400.5)))
    assert error == pytest.approx(np.sqrt(1 / 10.5 + 1 / 500.5 + 1 / 40.5 + 1 / 400.5))
    assert war_era(disputes((0, 50), (4, 400)))[1] > 1.0  # no war late: unsure, but finite
    assert war_era(disputes((40, 400), (10, 500)))[0] == pytest.approx(-mean)


def wars_of(odds: float, years: float, n: int = 400) -> pd.DataFrame:
    """Wars that end by week with known log-odds; two states in each, of which one comes and goes."""
    rng, rows = np.random.default_rng(4), []
    for number in range(n):
        begun, age = pd.Timestamp("1900-01-01") + pd.Timedelta(days=int(rng.integers(0, 30_000))), 0
        while rng.random() > expit(odds + years * np.log1p(age / 52.18)):
            age += 1
        over = begun + pd.Timedelta(days=7 * age + 3)
        rows += [(number, begun, over), (number, begun + pd.Timedelta(days=3 * age), over - pd.Timedelta(days=2))]
    return pd.DataFrame(rows, columns=["war", "start", "end"])


def test_how_wars_end_is_recovered() -> None:
    found = war_end(wars_of(-2.5, -0.8), strain=2.0)
    rested = -2.5 - 2.0 * WORSE_STRAIN  # the wars were fought under strain
    for name, true in (("intercept", rested), ("years", -0.8), ("winter", 0.0)):
        assert abs(found[name].value - true) < 3.0 * found[name].se, name
        assert found[name].basis == "estimated"
    assert found["intercept"].se < 0.3
    unstrained = war_end(wars_of(-2.5, -0.8), strain=0.0)
    assert unstrained["intercept"].value - found["intercept"].value == pytest.approx(2.0 * WORSE_STRAIN, abs=2e-3)
    quick = war_end(wars_of(-1.5, -0.8), strain=2.0)
    assert abs(quick["intercept"].value - rested) > 3.0 * quick["intercept"].se


@pytest.fixture
def whole(quick: None, history: History, table: Any) -> Estimate:
    return estimate(history, table(), held_out=0.2)


def test_a_whole_estimation_of_an_invented_record(whole: Estimate, table: Any, onsets: Onsets) -> None:
    made = whole.coefficients
    assert len(whole.onsets) == len(onsets.table)
    for (phase, gate), found in whole.fits.items():
        row = getattr(made, phase)[gate]
        assert all(row[name].basis == "estimated" and row[name].n == found.fit.n for name in found.names)
    for name in ("initiative", "reply"):
        assert getattr(made, name)["protest"] == getattr(table(), name)["protest"]
    assert made.war_end["strain"] == table().war_end["strain"]
    assert made.war_end["intercept"].basis == "estimated"
    assert whole.moved.distance[1] <= whole.moved.distance[0]
    place = whole.moved.paths.index("coefficients.reply.threaten.intercept")
    assert made.reply["threaten"]["intercept"].value == round(float(whole.moved.value[place]), 3)
    Players(made).draws(1, 5)  # every correlation names what is there


def test_onsets_left_out_are_not_looked_at(quick: None, history: History, table: Any, onsets: Onsets) -> None:
    only = np.arange(len(onsets.table)) % 5 > 0
    some = estimate(history, table(), only=only)
    assert some.onsets["confrontation"].tolist() == onsets.table["confrontation"][only].tolist()

    def acts_when_tamed(those: Any) -> int:
        """Attacks that are left if, in some confrontations, nothing comes after the first event but threats."""
        events = history.events.copy()
        tamed = events["confrontation"].isin(onsets.table["confrontation"][those]) & (events["event"] > 1)
        events.loc[tamed, "action"] = 1
        return estimate(history._replace(events=events), table(), only=only).fits["reply", "strike"].fit.n_opened

    assert acts_when_tamed(~only) == some.fits["reply", "strike"].fit.n_opened
    assert acts_when_tamed(only & (onsets.table["confrontation"] < 20)) < some.fits["reply", "strike"].fit.n_opened
