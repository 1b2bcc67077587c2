"""The pages of the questions an analyst asks: their commands run as typed, but for the number of replicates."""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation_sim.cli import main

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("compare", "knockout", "paths", "signals")
FEW = {
    "compare": ["--replicates", "20"],
    "knockout": ["--replicates", "4"],
    "paths": ["--replicates", "60", "--chains", "2", "--futures", "2"],
    "signals": ["--replicates", "60"],
    "run": ["--replicates", "20"],
}


def commands(page: str) -> list[str]:
    """Command lines in the shell blocks of a page."""
    blocks = (DOCS / f"{page}.md").read_text(encoding="utf-8").split("```sh\n")[1:]
    lines = "".join(block.partition("```")[0] for block in blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("escalation-sim ")]


@pytest.mark.parametrize("command", [command for page in PAGES for command in commands(page)])
def test_commands_of_the_pages_run(command: str, tmp_path: Path) -> None:
    words = shlex.split(command, comments=True)[1:]
    if words[0] in FEW:
        words += [*FEW[words[0]], "--parameters", "2", "--no-figures", "--out", str(tmp_path / "out")]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout


@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_its_own_command(page: str) -> None:
    assert any(command.split()[1] == page for command in commands(page))
