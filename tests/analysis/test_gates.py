"""The gates of the ladder, fitted to weeks: which rows tell something of which gate, and what words leave over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from escalation_sim.analysis.confrontations import RUNG_OF_LEVEL
from escalation_sim.analysis.gates import FITTED, GateFit, Key, column, fit_gates, prior_of, reach_of_words
from escalation_sim.errors import DataError
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.world import DYNAMIC_COVARIATES, STATIC_COVARIATES

WORDS: Any = {"protest": {"intercept": 0.5, "own_slow": 1.0}, "coerce": {"intercept": 0.2}}
TABLE = Coefficients(initiative=WORDS, reply=WORDS)
WORDS_TABLE = TABLE.initiative
GATES = {1: -1.0, 2: 0.8, 3: 0.2, 4: 1.1, 5: -1.5}  # log-odds of the intercepts that made the rows


def rows_of(phase: str, n: int = 6_000, seed: int = 1) -> pd.DataFrame:
    """Rows as `confrontations.weeks` gives them, with acts that climb by `GATES`; `own_slow` moves the words only."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({name: (rng.random(n) < 0.4).astype(float) for name in STATIC_COVARIATES})
    for name in ("own_fast", "own_slow", "own_worst", "their_fast", "their_slow", "their_worst", "habituation"):
        rows[name] = rng.random(n)
    rows["intercept"], rows["weight"], rows["side"], rows["week"] = 1.0, 1.0, 0, 0
    rows["group"] = np.arange(n) // 4
    rows["prompt"] = rng.integers(1, 5, n) if phase == "reply" else 0
    level, going = np.zeros(n, dtype=np.int64), rng.random(n) < reach_of_words(WORDS_TABLE, rows)
    for k, odds in GATES.items():
        going &= rng.random(n) < expit(odds)
        level[going] = k
    return rows.assign(level=level)


@pytest.fixture(scope="module")
def weeks() -> dict[str, pd.DataFrame]:
    return {"initiative": rows_of("initiative"), "reply": rows_of("reply", seed=2)}


@pytest.fixture(scope="module")
def fits(weeks: dict[str, pd.DataFrame]) -> dict[Key, GateFit]:
    return fit_gates(TABLE, weeks, np.ones(1_500, dtype=bool))


def test_every_gate_has_what_the_theory_knows() -> None:
    known = {*STATIC_COVARIATES, *DYNAMIC_COVARIATES}
    for (phase, gate), names in FITTED.items():
        replies = {f"reply_to_{rung}" for rung in RUNG_OF_LEVEL.values()} if phase == "reply" else set()
        assert gate in RUNG_OF_LEVEL.values()
        assert names[0] == "intercept"
        assert len(set(names)) == len(names)
        assert set(names) <= known | replies, (phase, gate)
    assert {gate for _, gate in FITTED} == set(RUNG_OF_LEVEL.values())


def test_the_gates_that_made_the_rows_are_recovered(fits: dict[Key, GateFit]) -> None:
    assert set(fits) == set(FITTED)
    scores = []
    for (_, gate), found in fits.items():
        level = next(k for k, rung in RUNG_OF_LEVEL.items() if rung == gate)
        truth = np.array([GATES[level] if name == "intercept" else 0.0 for name in found.names])
        scores += list((found.fit.value - truth) / np.sqrt(np.diag(found.fit.covariance)))
    assert np.abs(scores).max() < 4.5  # of more than a hundred
    assert np.mean(np.abs(scores) < 1.96) > 0.9
    assert fits["initiative", "threaten"].fit.frailty_sd < 0.5
    assert fits["reply", "threaten"].fit.frailty_sd == 0.0


def test_without_the_words_the_gate_of_threats_is_wrong(weeks: dict[str, pd.DataFrame]) -> None:
    """The twin that must fail: words that always open leave everything to the gate above."""
    mute = Coefficients(
        initiative={g: {"intercept": 50.0} for g in WORDS}, reply={g: {"intercept": 50.0} for g in WORDS}
    )
    fit = fit_gates(mute, weeks, np.ones(1_500, dtype=bool))["initiative", "threaten"]
    places = [fit.names.index(name) for name in ("intercept", "own_slow")]
    error = np.sqrt(np.diag(fit.fit.covariance))[places]
    assert (np.abs(fit.fit.value[places] - [GATES[1], 0.0]) / error > 4.0).any()


def test_rows_that_count_are_those_that_came_to_the_gate(
    fits: dict[Key, GateFit], weeks: dict[str, pd.DataFrame]
) -> None:
    for (phase, gate), found in fits.items():
        level = next(k for k, rung in RUNG_OF_LEVEL.items() if rung == gate)
        rows = weeks[phase]["level"]
        assert found.fit.n_opened == (rows >= level).sum()
        assert found.fit.n == (rows >= level - 1).sum() or level == 1


def test_who_joined_a_war_does_not_count_at_its_gate(weeks: dict[str, pd.DataFrame]) -> None:
    first = np.arange(1_500) % 2 == 0
    rows = weeks["initiative"]
    fit = fit_gates(TABLE, weeks, first)["initiative", "war"].fit
    at_war = rows["level"] == 5
    assert fit.n_opened == (at_war & first[rows["group"]]).sum() < at_war.sum()
    assert fit.n == ((rows["level"] == 4) | (at_war & first[rows["group"]])).sum()


def test_quiet_weeks_weigh_less_where_confrontations_were_taken_out(
    fits: dict[Key, GateFit], weeks: dict[str, pd.DataFrame]
) -> None:
    held = fit_gates(TABLE, weeks, np.ones(1_500, dtype=bool), held_out=0.5)
    quiet = int((weeks["initiative"]["level"] == 0).sum())
    assert held["initiative", "threaten"].fit.n == len(weeks["initiative"]) - quiet + quiet // 2
    assert held["initiative", "threaten"].fit.value[0] > fits["initiative", "threaten"].fit.value[0] + 0.2
    assert held["reply", "threaten"].fit.value == pytest.approx(fits["reply", "threaten"].fit.value)


def test_what_other_data_say_of_the_era_of_war_is_heard(
    fits: dict[Key, GateFit], weeks: dict[str, pd.DataFrame]
) -> None:
    told = fit_gates(TABLE, weeks, np.ones(1_500, dtype=bool), war_era=(-2.0, 0.01))
    place = FITTED["initiative", "war"].index("post_1990")
    assert told["initiative", "war"].fit.value[place] == pytest.approx(-2.0, abs=0.05)
    assert fits["initiative", "war"].fit.value[place] > -1.0
    place = FITTED["initiative", "seize"].index("post_1990")
    assert told["initiative", "seize"].fit.value[place] == fits["initiative", "seize"].fit.value[place]


def test_a_gate_that_never_opened_cannot_be_estimated(weeks: dict[str, pd.DataFrame]) -> None:
    tame = {phase: rows[rows["level"] < 5] for phase, rows in weeks.items()}
    with pytest.raises(DataError, match=r"at the gate 'war' of initiative all \d+ rows went one way") as refused:
        fit_gates(TABLE, tame, np.ones(1_500, dtype=bool))
    assert "\n" not in str(refused.value)


def test_words_are_passed_by_the_product_of_their_gates() -> None:
    rows = pd.DataFrame({"intercept": [1.0, 1.0], "own_slow": [0.0, 1.0], "prompt": [0, 0]})
    expected = expit(np.array([0.5, 1.5])) * expit(0.2)
    assert reach_of_words(WORDS_TABLE, rows) == pytest.approx(expected)
    only = {"protest": WORDS_TABLE["protest"]}
    assert reach_of_words(only, rows) == pytest.approx(expit(np.array([0.5, 1.5])) * 0.5)  # log-odds of 0
    assert reach_of_words({}, rows) == pytest.approx([0.25, 0.25])
    assert reach_of_words(only, rows) != pytest.approx(expected)


def test_columns_of_what_is_answered_and_of_what_the_record_lacks() -> None:
    rows = pd.DataFrame({"prompt": [0, 1, 2, 3, 4, 5], "rival": [1.0] * 6})
    for level, rung in RUNG_OF_LEVEL.items():
        assert column(rows, f"reply_to_{rung}").tolist() == [float(k == level) for k in range(6)]
    assert column(rows, "reply_to_nuclear").tolist() == column(rows, "partner_fresh").tolist() == [0.0] * 6
    assert column(rows, "rival").tolist() == [1.0] * 6


def test_priors_are_wide_for_the_crisis_and_narrow_for_the_states() -> None:
    prior = prior_of(("intercept", "power_ratio", "rival", "own_worst", "post_1990"), {"post_1990": (-1.5, 0.4)})
    assert np.isinf(prior.sd[0])
    assert prior.sd[1] < prior.sd[2] < prior.sd[3]
    assert (prior.mean[4], prior.sd[4]) == (-1.5, 0.4)
    assert prior.mean[:4].tolist() == [0.0] * 4
