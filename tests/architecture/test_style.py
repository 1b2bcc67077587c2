"""One style, one formatter, and types that hold."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = {
    "ruff check": ["ruff", "check", "--no-cache"],
    "ruff format": ["ruff", "format", "--check", "--no-cache"],
    "mypy": ["mypy"],
}


def examine(check: str, root: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    """Run one of CHECKS in root, with root's own configuration."""
    command = [sys.executable, "-m", *CHECKS[check], *paths]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


@pytest.mark.parametrize("check", CHECKS)
def test_the_repository_passes(repository: Path, check: str) -> None:
    answer = examine(check, repository)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("check", "source"),
    [
        ("ruff check", "import os\n"),
        ("ruff format", "x = {  'a':1 }\n"),
        ("mypy", "def half(n: int) -> int:\n    return n / 2\n"),
    ],
)
def test_a_spoiled_file_does_not_pass(repository: Path, tmp_path: Path, check: str, source: str) -> None:
    (tmp_path / "pyproject.toml").write_text((repository / "pyproject.toml").read_text())
    (tmp_path / "spoiled.py").write_text(source)
    answer = examine(check, tmp_path, "spoiled.py")
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "spoiled.py" in answer.stdout
