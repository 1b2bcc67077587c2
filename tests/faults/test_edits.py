"""F17: a scenario that is edited, deleted or replaced while it runs, or before a sweep goes on."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation_sim.report import run as running

EDITS: dict[str, Callable[[Path], object]] = {
    "edited": lambda path: path.write_text(path.read_text().replace("horizon:", "horizon: 5 weeks  # was", 1)),
    "deleted": lambda path: path.unlink(),
    "a folder now": lambda path: (path.unlink(), path.mkdir()),
    "emptied": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_run_keeps_what_was_loaded(edit: Any, run: Any, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path("reef.yaml")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run("--out", "before").exit_code == 0
    ensemble = running.run_ensemble

    def edited(*words: Any, **options: Any) -> Any:
        edit(file)
        return ensemble(*words, **options)

    monkeypatch.setattr(running, "run_ensemble", edited)
    assert run("--out", "after").exit_code == 0
    assert tables("after") == tables("before")
    record = json.loads(Path("after/manifest.json").read_text())
    assert record["sources"] == {"reef.yaml": digest}
    resolved = tables("after")["resolved.yaml"]
    assert record["scenario"]["resolved_sha256"] == hashlib.sha256(resolved).hexdigest()


@pytest.fixture
def half(sweep: Any) -> Any:
    """A sweep of a scenario that stands on another, half done."""
    Path("reef.yaml").rename("base.yaml")
    Path("reef.yaml").write_text("extends: base.yaml\nhorizon: 26 weeks\nwindows: [26 weeks]\n")
    answer = sweep("--shard", "0/2")
    assert answer.exit_code == 0, answer.output
    return answer


RATE = ("coefficients:\n  memory: {fast: {value: 2.5, because: a try}}\n", "tree.coefficients")


@pytest.mark.parametrize("name", ["reef.yaml", "base.yaml"])
@pytest.mark.usefixtures("half")
def test_a_sweep_does_not_go_on_with_another_scenario(name: str, sweep: Any, tables: Any) -> None:
    before, text = tables("out"), Path(name).read_text()
    Path(name).write_text(text + RATE[0])
    answer = sweep()
    assert answer.exit_code == 4, answer.output
    assert "here lies a sweep of another scenario, design or size" in answer.stderr
    assert RATE[1] in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert tables("out") == before
    Path(name).write_text("# a comment changes nothing\n" + text)
    assert sweep().exit_code == 0


@pytest.mark.usefixtures("half")
def test_a_sweep_whose_base_is_gone_says_so(sweep: Any) -> None:
    Path("base.yaml").unlink()
    answer = sweep()
    assert answer.exit_code == 2
    assert "base.yaml" in answer.stderr


def test_a_sweep_keeps_what_was_loaded(sweep: Any, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from escalation_sim.report import sweep as sweeping

    assert sweep().exit_code == 0
    before, drive = tables("out"), sweeping.drive
    Path("out").rename("first")

    def edited(*words: Any) -> None:
        EDITS["edited"](Path("reef.yaml"))
        drive(*words)

    monkeypatch.setattr(sweeping, "drive", edited)
    assert sweep().exit_code == 0
    assert tables("out") == before
