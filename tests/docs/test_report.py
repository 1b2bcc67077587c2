"""The page on reports: its commands run as typed, on small results."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation_sim.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]
FEW = {
    "run": ["--replicates", "40", "--parameters", "2", "--no-figures"],
    "compare": ["--replicates", "10", "--parameters", "2", "--no-figures"],
    "signals": ["--replicates", "60", "--no-figures"],
}


def commands() -> list[str]:
    """Command lines of the page's shell blocks, in their order."""
    blocks = PAGE.split("```sh\n")[1:]
    lines = "".join(block.partition("```")[0] for block in blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("escalation-sim ")]


def test_the_commands_of_the_page_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    ran = []
    for command in commands():
        words = shlex.split(command, comments=True)[1:]
        if "--pdf" in words:
            words.remove("--pdf")  # its library is no part of the tests
        answer = CliRunner().invoke(main, [*words, *FEW.get(words[0], [])])
        assert answer.exit_code == 0, f"{command}\n{answer.output}"
        ran.append(words[0])
    assert {"report", "reproduce"} <= set(ran)
    assert (tmp_path / "report.html").exists()


def test_every_option_is_told() -> None:
    for name in ("report", "reproduce"):
        for option in main.commands[name].params:
            for word in option.opts:
                assert not word.startswith("--") or word in PAGE, f"{name} {word}"
