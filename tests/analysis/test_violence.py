"""The link from what is played to classes of violence: what it recovers, what it refuses. All data are invented."""

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis import violence as v
from escalation_sim.drivers.confrontation import blank_played
from escalation_sim.errors import DataError
from escalation_sim.scenario.schema import Coefficients, Quantity

LEVELS = np.array([0, 0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 5])
TRUE = {
    "minor": {"intercept": -0.5, "force": 1.5, "non_state": 1.0},
    "serious": {"intercept": 0.5, "force_ticks": 0.8},
    "war": {"intercept": -1.5, "intra_war": 2.0},
}


def invented(n: int, seed: int = 1) -> pd.DataFrame:
    """Covariates of n crises, drawn independently of each other."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.integers(0, 2, n) for name in v.COVARIATES}
    columns |= {"intercept": np.ones(n), "force": rng.uniform(size=n), "force_ticks": rng.uniform(0.0, 3.0, n)}
    return pd.DataFrame(columns, dtype=float)


def true_link() -> dict[str, dict[str, Quantity]]:
    return {gate: {name: Quantity(value=b) for name, b in row.items()} for gate, row in TRUE.items()}


def drawn(p: np.ndarray, seed: int = 2) -> np.ndarray:
    """A class, 1 to 4, for each row of probabilities."""
    u = np.random.default_rng(seed).uniform(size=len(p))
    return 1 + (u[:, None] > p.cumsum(axis=1)[:, :-1]).sum(axis=1)


def test_what_was_played_is_counted_by_hand() -> None:
    fought = blank_played(4)._replace(
        highest=np.array([8, 9, 5, 4]), answered=np.array([1, 0, 1, 0]), forceful=np.array([1, 4, 0, 0])
    )
    quiet = blank_played(4)
    table = v.played_covariates([fought, quiet], LEVELS)
    assert list(table.columns) == list(v.PLAYED_COVARIATES)
    assert table.iloc[0].tolist() == pytest.approx([0.5, 0.25, np.log(4.0) / 2.0])
    assert table.iloc[1].tolist() == [0.0, 0.0, 0.0]


def test_probabilities_are_those_of_the_gates() -> None:
    crisis = pd.DataFrame(
        {"intercept": [1.0], "force": [1.0], "non_state": [0.0], "force_ticks": [0.5], "intra_war": [1.0]}
    )
    minor, serious, war = (1.0 / (1.0 + np.exp(-x)) for x in (1.0, 0.9, 0.5))
    told = [1.0 - minor, minor * (1.0 - serious), minor * serious * (1.0 - war), minor * serious * war]
    assert v.apply_link(true_link(), crisis)[0].tolist() == pytest.approx(told)


def test_a_fit_finds_the_link_that_made_the_data() -> None:
    table = invented(8_000)
    link = v.fit_link(table, drawn(v.apply_link(true_link(), table)), np.arange(8_000), "invented")
    for gate in v.GATES:
        assert list(link[gate]) == list(v.COVARIATES)
        for name, one in link[gate].items():
            assert one.value == pytest.approx(TRUE[gate].get(name, 0.0), abs=4.0 * one.se + 0.05), (gate, name)
    assert link["minor"]["force"].n > link["serious"]["force"].n > link["war"]["force"].n
    assert (link["war"]["force"].basis, link["war"]["force"].source[:8]) == ("estimated", "invented")


def test_a_link_of_few_crises_stays_finite_and_cautious() -> None:
    table = invented(12)
    link = v.fit_link(table, np.full(12, 4), np.arange(12), "invented")  # every gate always opens
    p = v.apply_link(link, table)
    assert np.isfinite(p).all()
    assert p.sum(axis=1) == pytest.approx(np.ones(12))
    assert (p[:, 3] > 0.8).all()
    assert max(abs(link["war"][name].value) for name in v.COVARIATES[1:]) < 1.0


def test_a_covariate_that_never_varies_is_not_given_an_effect() -> None:
    table = invented(300).assign(long_war=0.0)
    link = v.fit_link(table, drawn(v.apply_link(true_link(), table)), np.arange(300), "invented")
    assert link["minor"]["long_war"].value == 0.0
    assert link["minor"]["force"].value != 0.0


def test_a_link_travels_in_a_coefficient_table() -> None:
    table = invented(300)
    link = v.fit_link(table, drawn(v.apply_link(true_link(), table)), np.arange(300), "invented")
    told = Coefficients(violence=link).model_dump(mode="json", exclude_none=True)
    again = Coefficients.model_validate(told).violence
    assert np.array_equal(v.apply_link(again, table), v.apply_link(link, table))


def test_a_link_that_cannot_be_applied_or_fitted_is_refused() -> None:
    table = invented(20)
    with pytest.raises(DataError, match="no 'violence: minor:'; estimate it"):
        v.apply_link({}, table)
    wrong = true_link() | {"war": {"gravity": Quantity(value=1.0)}}
    with pytest.raises(DataError, match="'violence: war: gravity' is no covariate; it takes intercept, force"):
        v.apply_link(wrong, table)
    with pytest.raises(DataError, match="no crisis had serious clashes"):
        v.fit_link(table, np.tile([1, 2], 10), np.arange(20), "invented")
