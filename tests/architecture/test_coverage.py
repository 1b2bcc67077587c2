"""Every line and nearly every branch of the theory is walked by its own tests."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = ("tests/theory", "tests/properties/test_sentences.py")


def covered(repository: Path, data: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Report on the branches of the theory that some tests walk; fails below the share in `pyproject.toml`."""
    environment = os.environ | {"ESCALATION_SIM_COMPILE": "0", "COVERAGE_FILE": str(data)}
    quietly = ["-q", "-p", "no:cacheprovider", "--deselect=tests/theory/test_indices.py"]
    for command in (["run", "-m", "pytest", *quietly, *tests], ["report"]):
        done = subprocess.run(
            [sys.executable, "-m", "coverage", *command],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if command[0] == "run":
            assert done.returncode == 0, done.stdout[-3000:]
    return done


def test_the_tests_of_the_theory_walk_its_branches(repository: Path, tmp_path: Path) -> None:
    done = covered(repository, tmp_path / "coverage", *TESTS)
    assert done.returncode == 0, done.stdout


def test_sentences_alone_do_not(repository: Path, tmp_path: Path) -> None:
    """The twin: the tests of single sentences leave most of a tick aside."""
    done = covered(repository, tmp_path / "coverage", "tests/properties/test_sentences.py")
    assert "less than fail-under" in done.stdout + done.stderr
