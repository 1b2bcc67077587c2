"""A working folder with a scenario and a design, and the program as a stranger runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from escalation_sim.cli import main
from escalation_sim.scenario.starter import new_scenario

DESIGN = """id: try
kind: grid
replicates: 12
parameters: 3
variables:
  - {id: odds, set: coefficients.reply.war.intercept, values: [-3.0, 1.0]}
  - {id: weeks, set: coefficients.memory.fast, values: [1.0, 3.0]}
"""
FEW = ["--replicates", "60", "--parameters", "3", "--rare", "none", "--no-figures"]
LONGEST = 240  # seconds after which anything here counts as hanging; a first run compiles


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    Path("reef.yaml").write_text(new_scenario("reef"), encoding="utf-8")
    Path("try.yaml").write_text(DESIGN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(place: Path) -> Iterator[Any]:
    """Function that runs a command in this process; one that hangs fails instead."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("this hangs")

    def run(*words: str) -> Result:
        signal.alarm(LONGEST)
        return CliRunner().invoke(main, list(words))

    before = signal.signal(signal.SIGALRM, late)
    yield run
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def run(call: Any) -> Any:
    """Function that runs the scenario as a small ensemble, with further words."""
    return lambda *words: call("run", "reef.yaml", *FEW, *words)


@pytest.fixture
def sweep(call: Any) -> Any:
    """Function that runs the small sweep into `out`, with further words."""
    return lambda *words: call("sweep", "reef.yaml", "--design", "try.yaml", "--jobs", "1", "--out", "out", *words)


@pytest.fixture
def program(place: Path) -> Any:
    """Function that runs a command in a process of its own, in another environment, after some lines of Python."""

    def started(*words: str, before: str = "", env: Mapping[str, str | None] | None = None) -> Any:
        changed = {name: value for name, value in {**os.environ, **(env or {})}.items() if value is not None}
        code = f"{before}\nfrom escalation_sim.cli import main\nmain()"
        return subprocess.run(
            [sys.executable, "-c", code, *words], env=changed, capture_output=True, timeout=LONGEST, check=False
        )

    return started


def contents(folder: str | Path) -> dict[str, bytes]:
    """Every file of a folder but the manifest, which tells times and commands."""
    files = [path for path in Path(folder).rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def tables() -> Any:
    """Function that reads every file of a folder but the manifest."""
    return contents
