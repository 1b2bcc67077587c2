"""The summary of a sweep sees blocks of its points, never all of them at once."""

import numpy as np
import pandas as pd
import pytest

from escalation_sim.report.sweep import _ends

LONGEST = {"clash": 365.0, "truce": 90.0, "never-run": 30.0}


@pytest.fixture
def points() -> pd.DataFrame:
    """Probabilities with many ties, some points without a result, an outcome that has none at all."""
    luck = np.random.default_rng(7)
    keys = [(point, name, days) for point in range(40) for name in LONGEST for days in {30.0, LONGEST[name]}]
    table = pd.DataFrame(keys, columns=["point", "outcome", "window_days"])
    table["n"] = np.where((table["point"] % 7 == 3) | (table["outcome"] == "never-run"), 0, 100)
    return table.assign(probability=np.where(table["n"] > 0, luck.integers(0, 4, len(table)) / 4, np.nan))


def _by_blocks(points: pd.DataFrame, rows: int, step: int = 1) -> pd.DataFrame:
    blocks = [points[first : first + rows] for first in range(0, len(points), rows)][::step]
    return _ends(pd.concat([_ends(block, LONGEST) for block in blocks], ignore_index=True), LONGEST)


@pytest.mark.parametrize("rows", [1, 2, 5, 17, 1000])
def test_ends_of_blocks_are_those_of_the_whole(points: pd.DataFrame, rows: int) -> None:
    """The first point with the lowest, and with the highest, probability in the longest window of an outcome."""
    found = _by_blocks(points, rows)
    for name, days in LONGEST.items():
        rows_of = points[(points["outcome"] == name) & (points["window_days"] == days) & (points["n"] > 0)]
        told = found[found["outcome"] == name]["point"].tolist()
        if rows_of.empty:
            assert told == []
        else:
            lowest, highest = rows_of["probability"].idxmin(), rows_of["probability"].idxmax()
            assert told == [points["point"][lowest], points["point"][highest]]


def test_order_of_blocks_matters(points: pd.DataFrame) -> None:
    """Of equal probabilities the first counts, so blocks taken in another order must give other points."""
    assert _by_blocks(points, 5)["point"].tolist() != _by_blocks(points, 5, step=-1)["point"].tolist()
