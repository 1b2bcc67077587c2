"""The base-rate contract: the packaged table, played on invented dyads and alliances, gives the rates of the record.

Each rate has its denominator and its interval beside it; `docs/validation.md` says where they come from. The dyads are
mixed as those of the record are (shares are derived numbers, no row of it is here). A coefficient that drifts takes at
least one of these rates with it: the twins at the end let some drift, and the same checks must fail.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.scenario.fill import library_coefficients
from escalation_sim.scenario.schema import Coefficients, Scenario
from escalation_sim.study.dyads import Players
from escalation_sim.study.ensemble import run_ensemble

# Rates of the record, each with its 95 % interval. Disputes and dyad-confrontations 1946-2005.
WAR = (0.012, 0.024)  # of 1,076 disputes became war (MID 5.0): 1.7 %
WAR_AFTER_1990 = (0.002, 0.025)  # 3 of 341 disputes 1992-2005 that are not held out: 0.9 %
WAR_BETWEEN_NUCLEAR_POWERS = (0.0, 0.02)  # of disputes between two nuclear powers
DISPLAY_ANSWERED = (0.309, 0.407)  # within 30 days, of 667 first displays (MIE 1.0): 35.7 %
DISPLAY_ANSWERED_BY_FORCE = (0.179, 0.258)  # 21.6 %
FORCE_ANSWERED = (0.250, 0.371)  # of 227 first uses of force by one side: 30.8 %
FORCE_ANSWERED_BY_FORCE = (0.190, 0.315)  # 25.1 %
SAME_WEEK = (0.66, 0.87)  # of answers within 30 days, in the first week: 76 and 77 %; so the median is below a week
RECIPROCATED = (0.51, 0.59)  # of 1,070 dyad-confrontations the target acted, clashes counted: 55.0 %
REACHES_FORCE = (0.56, 0.64)  # highest level seize or above: 60.3 %


def invented_dyads(n: int, seed: int = 7) -> pd.DataFrame:
    """First acts between two states that are no states, with covariates as often and as much together as on record."""
    rng = np.random.default_rng(seed)

    def share(p: Any) -> Any:
        return rng.uniform(size=n) < p

    first = rng.choice([1, 2, 3, 4], p=[0.083, 0.623, 0.106, 0.188], size=n)
    own_major, their_major = share(0.263), share(0.151)
    own_nuclear, their_nuclear = share(np.where(own_major, 0.88, 0.05)), share(np.where(their_major, 0.8, 0.03))
    contiguous = share(np.where(own_major, 0.41, 0.81))
    ratio = rng.normal(0.3 + 2.0 * own_major - 2.0 * their_major, 1.8)
    table = {
        "first_level": first,
        "clash": (first == 4) & share(0.433),
        "intercept": 1.0,
        "power_ratio": np.clip(ratio, -6, 6),
        "own_nuclear": own_nuclear,
        "their_nuclear": their_nuclear,
        "both_nuclear": own_nuclear & their_nuclear,
        "contiguous": contiguous,
        "rival": share(np.where(contiguous, 0.545, 0.167)),
        "pact": share(0.4),
        "own_major": own_major,
        "their_major": their_major,
        "post_1990": share(0.394),
    }
    memories = {f"{side}_{m}": 0.0 for side in ("own", "their") for m in ("fast", "slow", "worst")}
    who = {"confrontation": np.arange(n), "actor": 1, "target": 2}
    return pd.DataFrame(who | table | memories)


def rates(table: Coefficients | None = None, n: int = 1_000, replicates: int = 60) -> dict[str, float]:
    """All rates of disputes, from one ensemble of invented dyads over draws of the coefficients."""
    players, dyads = Players(table), invented_dyads(n)
    played = players.play(dyads, replicates, seed=11, draws=players.draws(11, 10), jobs=2)
    level = np.array([players.levels[one.highest] for one in played])
    answer = np.array([one.answer for one in played])
    force_answer = np.array([one.force_answer for one in played])
    soon, by_force = (answer >= 0) & (answer <= 4), (force_answer >= 0) & (force_answer <= 4)  # 30 days: five ticks
    one_sided = ~dyads["clash"].to_numpy()
    display, force = (dyads["first_level"] == 2).to_numpy(), (dyads["first_level"] >= 3).to_numpy() & one_sided
    nuclear = dyads["both_nuclear"].to_numpy()
    return {
        "war": float((level == 5).mean()),
        "war after 1990": float((level[dyads["post_1990"].to_numpy(dtype=bool)] == 5).mean()),
        "war between nuclear powers": float((level[nuclear] == 5).mean()),
        "display answered": float(soon[display].mean()),
        "display answered by force": float(by_force[display].mean()),
        "force answered": float(soon[force].mean()),
        "force answered by force": float(by_force[force].mean()),
        "same week": float((answer == 0)[one_sided].sum() / soon[one_sided].sum()),
        "reciprocated": float((answer >= 0).mean()),
        "reaches force": float((level >= 3).mean()),
    }


DISPUTES = {
    "war": WAR,
    "war after 1990": WAR_AFTER_1990,
    "war between nuclear powers": WAR_BETWEEN_NUCLEAR_POWERS,
    "display answered": DISPLAY_ANSWERED,
    "display answered by force": DISPLAY_ANSWERED_BY_FORCE,
    "force answered": FORCE_ANSWERED,
    "force answered by force": FORCE_ANSWERED_BY_FORCE,
    "same week": SAME_WEEK,
    "reciprocated": RECIPROCATED,
    "reaches force": REACHES_FORCE,
}


@pytest.fixture(scope="module")
def disputes() -> dict[str, float]:
    return rates()


@pytest.mark.parametrize("rate", DISPUTES)
def test_disputes_run_as_on_record(rate: str, disputes: dict[str, float]) -> None:
    low, high = DISPUTES[rate]
    assert low <= disputes[rate] <= high, f"{rate}: {disputes[rate]:.3f}, on record {low} to {high}"


# Who joins a war, of states that could, MID 5.0 after 1945: with a pact 16 of 261 (6.1 %), without 26 of 4,845 (0.5 %).
# The friend here has a quarrel with the attacker; a border with it multiplies the odds on record by e^1.66 (se .20), to
# 2.8 % (1.9 to 4.1).
JOINS_WITH_PACT = (0.035, 0.098)
JOINS_WITHOUT = (0.0, 0.041)
WIDENS = (0.20, 0.35)  # of wars 1816-2007 that gained a third belligerent: 27 % (Joyce, Ghosn and Bayer 2014)
CALLED_AND_COMING = 0.07  # what an average pact is worth: that it covers the case and is honoured
ALLIES = 5  # independent joiners at the rate on record widen 27 % of wars if there are five of them


def war_among_friends(table: Coefficients | None = None) -> Scenario:
    """AGG attacks VIC, which has five allies of little worth and one friend who promised nothing."""
    allies = [f"AL{k}" for k in range(ALLIES)]
    states = [
        {"id": name, "name": name, "capability": {"value": 0.01, "because": "a stand-in"}}
        for name in ("AGG", "VIC", "FRI", *allies)
    ]
    pacts = [
        {
            "id": f"pact-{ally.lower()}",
            "type": "defence",
            "holder": ally,
            "ally": "VIC",
            "in_force_from": "1960-01-01",
            "trigger": {"at_least": "fight"},
            "reliability": {"value": CALLED_AND_COMING, "because": "a stand-in"},
            "source": "invented",
        }
        for ally in allies
    ]
    friend = {"id": "policy", "type": "support_policy", "holder": "FRI", "ally": "VIC", "source": "invented"}
    friend |= {"in_force_from": "1960-01-01", "reliability": {"value": 0.5, "because": "a stand-in"}}
    outcomes = [
        {"id": f"{name.lower()}-joins", "label": name, "kind": "horizontal", "resolution": "-", "when": [
            {"act": {"by": name, "toward": "AGG", "at_least": "fight"}}]}
        for name in ("FRI", *allies)
    ]  # fmt: skip
    widens = {
        "id": "widens",
        "label": "-",
        "kind": "horizontal",
        "resolution": "-",
        "when": [{"belligerents": {"at_least": 3}}],
    }
    data = {
        "format_version": 1,
        "id": "war-among-friends",
        "title": "A war among friends",
        "start": "1985-01-01",
        "horizon": "365 days",
        "states": states,
        "commitments": [*pacts, friend],
        "rivalries": [
            {"between": ["AGG", "VIC"], "basis": "elicited"},
            {"between": ["AGG", "FRI"], "basis": "elicited"},
        ],
        "events": [
            {"id": "attack", "actor": "AGG", "act": "war", "toward": "VIC", "on": "1985-01-01", "basis": "elicited"}
        ],
        "outcomes": [*outcomes, widens],
    }
    scenario = Scenario.model_validate(data)
    return scenario if table is None else scenario.model_copy(update={"coefficients": table})


def joining(table: Coefficients | None = None) -> dict[str, float]:
    """Shares of replicates in which allies, and the friend, join; and in which anybody does."""
    result = run_ensemble(war_among_friends(table), replicates=4_000, parameters=20, seed=3)
    found = result.probabilities[result.probabilities["window_days"] == 365.0].set_index("outcome")["probability"]
    allies = [found[name] for name in found.index if name.startswith("al")]
    return {
        "ally joins": float(np.mean(allies)),
        "friend joins": float(found["fri-joins"]),
        "widens": float(found["widens"]),
    }


JOINING = {"ally joins": JOINS_WITH_PACT, "friend joins": JOINS_WITHOUT, "widens": WIDENS}


@pytest.fixture(scope="module")
def wars() -> dict[str, float]:
    return joining()


@pytest.mark.parametrize("rate", JOINING)
def test_wars_widen_as_on_record(rate: str, wars: dict[str, float]) -> None:
    low, high = JOINING[rate]
    assert low <= wars[rate] <= high, f"{rate}: {wars[rate]:.3f}, on record {low} to {high}"


def drifted(phase: str, gate: str, covariate: str, by: float) -> Coefficients:
    """The packaged table with one coefficient moved."""
    table = library_coefficients()
    gates = {name: dict(row) for name, row in getattr(table, phase).items()}
    old = gates[gate][covariate]
    gates[gate][covariate] = old.model_copy(update={"value": (old.value or 0.0) + by})
    return table.model_copy(update={phase: gates, "correlation": ()})


@pytest.mark.parametrize(
    ("phase", "gate", "covariate", "by", "broken"),
    [
        ("initiative", "war", "intercept", 1.2, "war"),
        pytest.param("reply", "threaten", "intercept", -0.8, "display answered", marks=pytest.mark.slow),
        pytest.param("reply", "seize", "intercept", -1.5, "display answered by force", marks=pytest.mark.slow),
        pytest.param("initiative", "threaten", "intercept", 0.7, "reciprocated", marks=pytest.mark.slow),
    ],
)
def test_a_coefficient_that_drifts_is_found(phase: str, gate: str, covariate: str, by: float, broken: str) -> None:
    low, high = DISPUTES[broken]
    assert not low <= rates(drifted(phase, gate, covariate, by), n=400)[broken] <= high


def test_an_obligation_that_drifts_is_found() -> None:
    low, high = JOINS_WITH_PACT
    assert not low <= joining(drifted("initiative", "protest", "obligation", -9.0))["ally joins"] <= high
