"""Lookups in spells, against a slow search that reads like the definition. All data are invented."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis.covariates import LAND_OR_NARROW, Covariates
from escalation_sim.store.history import read_history

INVENTED = Path(__file__).parents[1] / "cases" / "history"
STATES = np.arange(11, 16)
CLAUSES = ("defence", "offence", "neutrality", "nonaggression")


def years(rng: np.random.Generator, n: int, **columns: Any) -> pd.DataFrame:
    first = rng.integers(1900, 2000, n)
    spells = {"first_year": first, "last_year": np.minimum(first + rng.integers(0, 30, n), 2018)}
    return pd.DataFrame(columns | spells)


def random_tables(seed: int, n: int = 60) -> SimpleNamespace:
    """Tables of many short spells of few states, which overlap, touch and end in the last year of the table."""
    rng = np.random.default_rng(seed)
    pair = np.sort(np.array([rng.permutation(STATES)[:2] for _ in range(n)]), axis=1)
    dyads = {"a": pair[:, 0], "b": pair[:, 1]}
    first = np.datetime64("1900-01-01") + rng.integers(0, 40_000, n)
    days = {"start": first, "end": np.minimum(first + rng.integers(0, 9_000, n), np.datetime64("2016-12-31"))}
    return SimpleNamespace(
        capabilities=pd.DataFrame(
            {"state": rng.choice(STATES, n), "year": rng.integers(1900, 2020, n), "cinc": rng.random(n)}
        ).drop_duplicates(["state", "year"]),
        contiguity=pd.DataFrame(dyads | days | {"kind": rng.integers(0, 6, n)}),
        alliances=years(rng, n, **dyads, **{clause: rng.random(n) < 0.5 for clause in CLAUSES}),
        rivalries=years(rng, n, **dyads),
        nuclear=years(rng, 4, state=rng.choice(STATES, 4)),
        majors=pd.DataFrame({"state": rng.choice(STATES, n)} | days).head(8),
    )


def within(table: pd.DataFrame, columns: tuple[str, str], chosen: pd.Series, moment: Any) -> bool:
    first, last = columns
    goes_on = (table[last] >= moment) | (table[last] == table[last].max())
    return bool((chosen & (table[first] <= moment) & goes_on).any())


def test_lookups_agree_with_a_slow_search() -> None:
    span, days = ("first_year", "last_year"), ("start", "end")
    for seed in range(5):
        tables = random_tables(seed)
        known, rng = Covariates(tables), np.random.default_rng(seed + 100)
        a, b = rng.choice(STATES, 300), rng.choice(STATES, 300)
        day = pd.to_datetime(np.datetime64("1895-01-01") + rng.integers(0, 48_000, 300))
        year = day.year.to_numpy()
        answers = {
            "pact": known.defence_pact(a, b, year),
            "bound": known.bound(a, b, year),
            "rival": known.rival(a, b, year),
            "near": known.contiguous(a, b, day, widest=LAND_OR_NARROW),
            "any": known.contiguous(a, b, day),
            "nuclear": known.nuclear(a, year),
            "major": known.major(a, day),
        }
        assert {answer.dtype.kind for answer in answers.values()} == {"b"}
        for i in range(300):
            low, high = sorted((a[i], b[i]))

            def both(table: pd.DataFrame, low: int = low, high: int = high) -> pd.Series:
                return (table["a"] == low) & (table["b"] == high)

            t, kind = tables, tables.contiguity["kind"]
            slow = {
                "pact": within(t.alliances, span, both(t.alliances) & t.alliances["defence"], year[i]),
                "bound": within(t.alliances, span, both(t.alliances) & t.alliances[list(CLAUSES)].any(axis=1), year[i]),
                "rival": within(t.rivalries, span, both(t.rivalries), year[i]),
                "near": within(t.contiguity, days, both(t.contiguity) & kind.between(1, 2), day[i]),
                "any": within(t.contiguity, days, both(t.contiguity) & kind.between(1, 5), day[i]),
                "nuclear": within(t.nuclear, span, t.nuclear["state"] == a[i], year[i]),
                "major": within(t.majors, days, t.majors["state"] == a[i], day[i]),
            }
            assert {name: bool(answer[i]) for name, answer in answers.items()} == slow
        assert all(0 < answer.mean() < 1 for answer in answers.values())  # there was something to tell apart


def test_capability_is_that_of_the_latest_year_within_five() -> None:
    tables = random_tables(7)
    table = tables.capabilities
    state, year = (grid.ravel() for grid in np.meshgrid([*STATES, 3, 99], np.arange(1890, 2030)))
    found = Covariates(tables).cinc(state, year)
    for one, when, cinc in zip(state, year, found, strict=True):
        rows = table[(table["state"] == one) & table["year"].between(when - 5, when)].sort_values("year")
        assert np.isnan(cinc) if rows.empty else cinc == rows["cinc"].iloc[-1]
    assert 0 < np.isnan(found).mean() < 1


def test_a_shifted_spell_is_noticed() -> None:
    """The twin of the agreement: one year more at the start of each spell gives other answers."""
    tables = random_tables(0)
    later = SimpleNamespace(
        **{**vars(tables), "rivalries": tables.rivalries.assign(first_year=lambda t: t.first_year + 1)}
    )
    low, high, year = (grid.ravel() for grid in np.meshgrid(STATES, STATES, np.arange(1900, 2020)))
    assert (Covariates(tables).rival(low, high, year) != Covariates(later).rival(low, high, year)).any()


@pytest.mark.parametrize("name", ["contiguity", "alliances", "rivalries", "nuclear", "majors", "capabilities"])
def test_an_empty_table_knows_nothing(name: str) -> None:
    tables = random_tables(0)
    known = Covariates(SimpleNamespace(**{**vars(tables), name: getattr(tables, name).head(0)}))
    day = np.array(["1950-06-01"], "datetime64[D]")
    answer = {
        "contiguity": known.contiguous(11, 12, day),
        "alliances": known.defence_pact(11, 12, [1950]),
        "rivalries": known.rival(11, 12, [1950]),
        "nuclear": known.nuclear([11], [1950]),
        "majors": known.major([11], day),
        "capabilities": np.isfinite(known.cinc([11], [1950])),
    }[name]
    assert answer.tolist() == [False]


def test_what_the_store_reads_can_be_asked() -> None:
    history = read_history(INVENTED)
    known, events = Covariates(history), history.events
    year = events["date"].dt.year
    np.testing.assert_array_equal(known.cinc(events["actor"], year), [0.25, 0.05, 0.25, 0.01])
    assert known.contiguous(events["actor"], events["target"], events["date"], LAND_OR_NARROW).tolist() == [
        True
    ] * 3 + [False]
    assert known.contiguous(events["actor"], events["target"], events["date"]).all()
    assert known.defence_pact(events["actor"], events["target"], year).tolist() == [False] * 3 + [True]
    assert known.nuclear(events["actor"], year).tolist() == [True, False, True, True]
    assert known.major(events["target"], events["date"]).tolist() == [False, True, False, True]
    assert known.rival(events["actor"], events["target"], year).all()
    assert known.major([11], np.array(["NaT"], "datetime64[s]")).tolist() == [False]
