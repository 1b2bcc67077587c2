"""The page on hindcasts cannot rot: its truth file loads, its tables tell every key and reference."""

import re
from pathlib import Path

import pytest

from escalation_sim import load, resolve
from escalation_sim.analysis.hindcast import REFERENCES
from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.truth import Coding, Truth, load_truth

PAGE = (Path(__file__).parents[2] / "docs" / "hindcast.md").read_text(encoding="utf-8")
(SNIPPET,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def loaded(text: str, folder: Path) -> Truth:
    """The text as a truth file of the starter scenario."""
    file = folder / "truth.yaml"
    file.write_text(text, encoding="utf-8")
    return load_truth(file, resolve(load("library:starter")))


def test_the_truth_file_of_the_page_loads(tmp_path: Path) -> None:
    truth = loaded(SNIPPET, tmp_path)
    assert [coding.happened for coding in truth.outcomes] == [True, False]


def test_a_truth_file_that_is_wrong_is_found(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'confidence'"):
        loaded(SNIPPET.replace("confidence", "confidense", 1), tmp_path)


def test_every_key_and_reference_is_told_in_a_table() -> None:
    told = set(re.findall(r"`(\w+)`", "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))))
    keys = {*Truth.model_fields, *Coding.model_fields} - {"format_version", "outcomes", "id"}
    assert {*keys, *REFERENCES} - told == set()
    assert "no_such_key" not in told
