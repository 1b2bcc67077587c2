"""The pages on sweeps: their commands run as typed, on small sweeps in place of the long ones."""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation_sim.cli import main
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import read_tree
from escalation_sim.study.design import find_design, laid_out

DOCS = Path(__file__).parents[2] / "docs"
SCENARIO = "scenarios/north-korea-troops-2024.yaml"
SMALL = """
id: small
kind: sobol
points: 2
variables:
  - {id: nato_restraint, set: rules.nato-avoids-a-clash.then.seize, between: [-3.0, 0.0]}
  - {id: moscow_restraint, set: rules.moscow-avoids-nato.then.seize, between: [-3.0, 0.0]}
"""
FEW = ["--replicates", "4", "--parameters", "1", "--jobs", "1"]


def commands(page: str) -> list[str]:
    """Command lines in the shell blocks of a page."""
    blocks = (DOCS / f"{page}.md").read_text(encoding="utf-8").split("```sh\n")[1:]
    return [
        line for block in blocks for line in block.partition("```")[0].splitlines() if line.startswith("escalation-")
    ]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of a small design."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "small.yaml").write_text(SMALL)
    words = ["sweep", SCENARIO, "--design", str(folder / "small.yaml"), *FEW, "--out", str(folder / "out")]
    assert CliRunner().invoke(main, words).exit_code == 0
    return folder / "out"


@pytest.mark.parametrize("command", [*commands("sweeps"), *commands("sensitivity")])
def test_commands_of_the_pages_run(command: str, swept: Path, tmp_path: Path) -> None:
    words = [str(swept) if word.startswith("results/") else word for word in shlex.split(command, comments=True)[1:]]
    if words[0] == "sweep" and not {"--dry-run", "--emit"} & set(words):
        words = [str(tmp_path / "out") if word == str(swept) else word for word in words] + FEW
    if words[0] == "sensitivity":
        words += ["--no-figures", "--out", str(tmp_path / "out")]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout


@pytest.mark.parametrize("file", sorted(Path("scenarios/designs").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_designs_that_are_shipped_can_be_set(file: Path) -> None:
    tree = extended(SCENARIO, read_tree)
    design = find_design(tree, str(file))
    assert not isinstance(design, Path)
    layout = laid_out(tree, design, design.with_, design.set_)
    assert layout.size > 10
    assert SCENARIO in file.read_text()
