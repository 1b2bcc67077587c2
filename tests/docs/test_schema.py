"""The schema that editors read is the one that the program knows."""

import json
from pathlib import Path

from escalation_sim.scenario.dump import json_schema

SCHEMA = Path(__file__).parents[2] / "docs" / "scenario.schema.json"


def test_the_schema_for_editors_is_up_to_date() -> None:
    told = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert told == json_schema(), f"write it anew: escalation-sim schema > {SCHEMA.parent.name}/{SCHEMA.name}"


def test_the_scenarios_point_their_editors_to_it() -> None:
    scenarios = list((SCHEMA.parents[1] / "scenarios").glob("*.yaml"))
    assert scenarios
    for file in scenarios:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        place = first.removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / place).resolve() == SCHEMA.resolve(), first
