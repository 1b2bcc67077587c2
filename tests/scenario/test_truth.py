"""Truth files: what is taken, what is refused, and with which words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from escalation_sim import load, resolve
from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.truth import load_truth

ROOT = Path(__file__).parents[2]
INVALID = sorted((ROOT / "tests" / "cases" / "invalid" / "truth").glob("*.yaml"))
SHIPPED = sorted((ROOT / "scenarios" / "truth").glob("*.yaml"))
GOOD = """\
format_version: 1
scenario: starter
observed_until: 2025-07-05
outcomes:
  - id: american-fire
    happened: true
    on: 2025-01-06
    confidence: 1
    source: an example
    base_rate: {per_year: 0.01, basis: estimated, n: 70, source: an example}
"""


@pytest.fixture(scope="module")
def starter() -> Scenario:
    """The scenario that the cases are about."""
    return resolve(load("library:starter"))


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_an_invalid_truth_is_refused_with_the_words_it_announces(
    case: Path, starter: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case.parent)
    heading = [line for line in case.read_text(encoding="utf-8").splitlines() if line.startswith("# expect: ")]
    expected = [line.removeprefix("# expect: ").replace("@", case.name) for line in heading]
    assert expected, "the case does not say what it expects"
    with pytest.raises(ScenarioError) as refused:
        load_truth(case.name, starter)
    assert refused.value.problems == expected
    assert refused.value.exit_code == 2


def test_there_are_cases_and_their_words_are_ours() -> None:
    assert len(INVALID) >= 20
    said = " ".join(case.read_text(encoding="utf-8").partition("format_version: 1\n")[0] for case in INVALID)
    assert not [jargon for jargon in ("Input should", "pydantic", "Value error", "Traceback") if jargon in said]


def test_a_good_truth_is_taken_as_it_stands(starter: Scenario, tmp_path: Path) -> None:
    file = tmp_path / "truth.yaml"
    file.write_text(GOOD)
    truth = load_truth(file, starter)
    (coding,) = truth.outcomes
    assert (coding.id, coding.on, coding.block, coding.base_rate.n) == ("american-fire", dt.date(2025, 1, 6), None, 70)
    assert [truth.complete(starter.start, days) for days in (30.0, 180.0, 180.5, 365.0)] == [True, True, False, False]


def test_a_missing_file_is_named(starter: Scenario, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        load_truth(tmp_path / "absent.yaml", starter)
    with pytest.raises(ScenarioError, match="give the path of a truth file"):
        load_truth(tmp_path, starter)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_truth_is_that_of_its_scenario_and_complete(file: Path) -> None:
    scenario = resolve(load(ROOT / "scenarios" / file.name))
    truth = load_truth(file, scenario)
    assert {coding.id for coding in truth.outcomes} == {outcome.id for outcome in scenario.outcomes}
    assert truth.complete(scenario.start, max(scenario.windows))


def test_a_truth_is_shipped() -> None:
    assert SHIPPED
