"""What the README shows is what the program gives: its table, its reference result."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pandas as pd

from escalation_sim import load, resolve, run_ensemble
from escalation_sim.scenario.dump import dump
from escalation_sim.store.read import read_result

SCENARIO = "scenarios/north-korea-troops-2024.yaml"
REFERENCE = Path("results/reference")
README = Path("README.md").read_text()
AGAIN = "run docs/refresh.py"


def test_the_table_is_that_of_the_reference_result(refresh: ModuleType) -> None:
    probabilities = pd.read_csv(REFERENCE / "probabilities.csv")
    assert refresh.with_table(README, refresh.table(probabilities)) == README, AGAIN
    probabilities.loc[3, "probability"] *= 1.5
    assert refresh.with_table(README, refresh.table(probabilities)) != README


def test_the_reference_is_the_scenario_as_it_stands() -> None:
    assert read_result(REFERENCE).resolved == dump(resolve(load(SCENARIO))), AGAIN


def test_the_reference_is_what_the_program_gives() -> None:
    """Its first replicates, run again: the same outcomes in each, on whatever machine this is."""
    n = 300
    kept = read_result(REFERENCE).tables["runs"].head(n)
    now = run_ensemble(load(SCENARIO), replicates=n, parameters=100, seed=1).runs
    days = [column for column in now.columns if column.startswith("day_")]
    assert now[days].notna().equals(kept[days].notna()), AGAIN
    assert (now["acts"] == kept["acts"]).all(), AGAIN
    assert now[days].notna().to_numpy().sum() > n  # there was something to compare
