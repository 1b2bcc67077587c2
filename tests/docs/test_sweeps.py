"""The designs that the pages on sweeps show can be set in their scenario."""

import re
from pathlib import Path

import pytest

from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import read_tree
from escalation_sim.study.design import find_design, laid_out


@pytest.mark.parametrize("file", sorted(Path("scenarios/designs").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_designs_that_are_shipped_can_be_set(file: Path) -> None:
    (scenario,) = re.findall(rf"sweep (scenarios/\S+) --design {file}$", file.read_text(), re.MULTILINE)
    tree = extended(scenario, read_tree)
    design = find_design(tree, str(file))
    assert not isinstance(design, Path)
    layout = laid_out(tree, design, design.with_, design.set_)
    assert layout.size > 10
