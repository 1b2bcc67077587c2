"""Result folders of every kind, small and of one invented crisis."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation_sim.cli import main
from escalation_sim.scenario.starter import new_scenario

TRUTH = """\
format_version: 1
scenario: reef
observed_until: 2026-03-01
outcomes:
  - id: china-philippines-clash
    happened: true
    on: 2025-03-10
    confidence: 0.9
    source: an example
    base_rate: {per_year: 0.05, basis: elicited, because: an example}
"""
LEVERS = """
levers:
  - {id: doubt, label: The treaty is doubted, by: [USA], variants: [doubted_treaty], because: an example}
"""
DESIGN = """\
id: dose
kind: grid
replicates: 20
parameters: 2
variables:
  - {id: rate, label: Collisions, unit: a year, set: events.collision.hazard.rate, values: [0.1, 2.0], because: a try}
"""


def call(*words: str | Path) -> None:
    """A command as typed, which must succeed."""
    answer = CliRunner().invoke(main, list(map(str, words)))
    assert answer.exit_code == 0, answer.output


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Kind -> a folder of it, all of one scenario, by the commands themselves."""
    top = tmp_path_factory.mktemp("kinds")
    file, truth, design = top / "reef.yaml", top / "truth.yaml", top / "dose.yaml"
    file.write_text(new_scenario("reef") + LEVERS, encoding="utf-8")
    truth.write_text(TRUTH, encoding="utf-8")
    design.write_text(DESIGN, encoding="utf-8")
    few = ["--parameters", "4", "--replicates"]
    call("run", file, *few, 300, "--rare", "american-fire", "--out", top / "run")
    call("score", top / "run", "--truth", truth, "--out", top / "score")
    call("compare", file, *few, 100, "--set", "events.collision.hazard.rate=3.0", "--out", top / "compare")
    aims = ["--less", "china-philippines-clash", "--more", "american-fire"]
    call("compare", file, "--levers", *aims, *few, 60, "--out", top / "levers")
    call("knockout", file, *few, 60, "--kind", "rule", "--kind", "event", "--out", top / "knockout")
    call("paths", file, *few, 200, "--chains", 5, "--futures", 5, "--out", top / "paths")
    call("signals", file, *few, 200, "--out", top / "signals")
    call("sweep", file, "--design", design, "--jobs", 1, "--out", top / "sweep")
    return {path.name: path for path in top.iterdir() if path.is_dir()}
