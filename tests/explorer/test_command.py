"""The command `explore`: what it refuses, in a sentence and before anything is served."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation_sim.cli import main
from escalation_sim.explorer import server


@pytest.fixture
def never_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would start a server fails the test."""

    def serve(*_: object) -> None:
        raise AssertionError("a server was started")

    monkeypatch.setattr(server, "serve", serve)


def refused(words: Sequence[str], said: str) -> None:
    """The command ends with code 2 and one sentence."""
    answer = CliRunner().invoke(main, ["explore", *words])
    assert answer.exit_code == 2, answer.output
    assert said in answer.stderr
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.usefixtures("never_served")
def test_bad_scenarios_are_refused_by_the_loader(tmp_path: Path) -> None:
    pytest.importorskip("nicegui", reason="NiceGUI is not installed")
    broken = tmp_path / "broken.yaml"
    broken.write_text("format_version: [1\n")
    refused([str(tmp_path / "missing.yaml")], "no such file")
    refused([str(broken)], "broken.yaml:1:")
    refused(["library:starter", "--set", "states.XXX.capability=1"], "has no 'XXX'")
    refused(["library:starter", "--with", "nothing"], "no variant named 'nothing'")


@pytest.mark.usefixtures("never_served")
def test_a_port_that_is_taken_is_refused() -> None:
    pytest.importorskip("nicegui", reason="NiceGUI is not installed")
    with socket.socket() as other:
        other.bind((server.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        refused(["library:starter", "--port", str(port)], f"--port {port}: cannot be used")
        assert server.free_port(None) != port


@pytest.mark.usefixtures("never_served")
def test_without_nicegui_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nicegui", None)
    refused(["library:starter"], "NiceGUI is not installed; pip install 'escalation-sim[viz]'")


def test_a_page_is_served_with_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nicegui", reason="NiceGUI is not installed")
    seen: list[tuple[object, ...]] = []
    monkeypatch.setattr(server, "serve", lambda case, *more: seen.append((case, *more)))
    words = "library:starter --with doubted_treaty --replicates 10 --parameters 2 --seed 3 -k 5 --no-browser"
    answer = CliRunner().invoke(main, ["explore", *words.split()])
    assert answer.exit_code == 0, answer.output
    case, replicate, _, browser, _ = seen[0]
    assert isinstance(case, server.Case)
    assert (case.variants, case.luck, case.replicates) == (("doubted_treaty",), (3, 2), 10)
    assert (case.ensemble.replicates, case.ensemble.seed) == (10, 3)
    assert (replicate, browser) == (5, False)
