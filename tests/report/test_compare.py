"""What the terminal says of a comparison, word by word, for tables whose answers are known."""

import numpy as np
import pytest

from escalation_sim.analysis.pairs import difference_table
from escalation_sim.report.compare import _told, file_names, pairing

N = 1_000


def _spec(name, *windows):
    return {"id": name, "label": name.title(), "kind": "vertical", "windows": list(windows), "resolution": "."}


@pytest.fixture(scope="module")
def table():
    """A war that a quarter of the replicates see only in the alternative, talks that differ in none."""
    first = np.full((N, 2), -1.0)
    first[: N // 2, 0] = first[: N // 10, 1] = 20.0
    second = first.copy()
    second[-N // 4 :, 0] = 20.0
    return difference_table(first, second, np.arange(N) % 10, [_spec("war", 30, 365), _spec("talks", 30)])


def test_an_outcome_with_a_shorter_window_is_told_and_named(table):
    told = " ".join(" ".join(_told("more", table, {})).split())
    assert told.startswith("more, within 365 days:")
    assert "War 50 % -> 75 % +25 points [" in told
    assert "x1.50 250 gained, 0 lost" in told
    assert "No difference seen beyond ± 0.38 points: Talks (30 days)." in told


def test_where_only_one_of_the_two_asks_is_told(table):
    assert "only one of the two asks for it: peace" in " ".join(_told("more", table, {"more": ["peace"]}))
    assert "only one" not in " ".join(_told("more", table, {"other": ["peace"]}))


def test_what_bounds_pairing_is_told(table):
    said = " ".join(pairing(table.assign(variant="more")))
    assert "median of 1 that are not zero" in said
    assert "no pairing could reach 5" in said
    free = table.assign(variant="more", variant_ratio=np.nan, variance_ratio=8.0, variance_ratio_limit=20.0)
    assert "no pairing could reach" not in " ".join(pairing(free))


def test_no_two_alternatives_share_a_file():
    long = "states.RUS." + "x" * 80
    names = [f"{long}=0.1", f"{long}=0.2", "a+b", "a b", "A.B", "…"]
    files = list(file_names(names).values())
    assert len({file.lower() for file in files}) == len(names)
    assert all(file.isascii() and file for file in files)
