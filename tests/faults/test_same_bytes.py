"""The same bytes whatever the threads, processes, clusters, blocks, hash seeds, and the order in which work is done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import same_bytes
from same_bytes import SCENARIOS, SEEDS, SIZES, WORKERS, of_run, of_sweep

CORNERS = [(2, 7, False), (8, 64, True), (2, 1, True)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_run_is_the_same_for_any_threads_blocks_and_order(scenario: str) -> None:
    expected = of_run(scenario, 1, SIZES[-1])
    assert [of_run(scenario, *corner) for corner in CORNERS] == [expected] * len(CORNERS)


def test_a_run_of_other_luck_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    one = of_run("starter", 1, 64)
    monkeypatch.setattr(same_bytes, "REPLICATES", 141)
    assert of_run("starter", 1, 64) != one


def test_a_sweep_is_the_same_for_any_chunk() -> None:
    assert len({of_sweep("small", "here", 1, chunk) for chunk in SIZES}) == 1


def _script(seed: str, *words: str) -> dict[str, list[str]]:
    script = [sys.executable, str(Path(same_bytes.__file__)), *words]
    done = subprocess.run(script, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_the_order_of_sets_changes_nothing() -> None:
    """Another seed of Python's hashes orders every set of texts anew."""
    expected = {"run starter": [of_run("starter", 1, 64)], "sweep starter": [of_sweep("starter", "here", 1, 64)]}
    assert _script("random") == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_matrix_is_one_row_of_bytes(seed: str) -> None:
    pytest.importorskip("distributed")
    found = _script(seed, "full")
    expected = {f"run {s}": of_run(s, 1, 64) for s in SCENARIOS} | {
        f"sweep {s}": of_sweep(s, "here", 1, 64) for s in SCENARIOS
    }
    ways = {"run": len(WORKERS) * len(SIZES), "sweep": (1 + 2 * len(WORKERS)) * len(SIZES)}
    assert {name: len(hashes) for name, hashes in found.items()} == {name: ways[name.split()[0]] for name in expected}
    assert {name: set(hashes) for name, hashes in found.items()} == {name: {one} for name, one in expected.items()}
