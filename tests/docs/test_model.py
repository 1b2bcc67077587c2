"""The description of the model names what the model has."""

import re
from pathlib import Path

import pytest

from escalation_sim import world as w
from escalation_sim.scenario.schema import Condition

DOCS = Path(__file__).parents[2] / "docs"
MODEL = (DOCS / "model.md").read_text(encoding="utf-8")
COVARIATES = {*w.STATIC_COVARIATES, *w.DYNAMIC_COVARIATES, *w.WAR_END_COVARIATES}
CONDITIONS = {field.alias or name for name, field in Condition.model_fields.items()}
CONCEPTS = [
    "Basic principles",
    "Emergence",
    "Adaptation",
    "Objectives",
    "Learning",
    "Prediction",
    "Sensing",
    "Interaction",
    "Stochasticity",
    "Collectives",
    "Observation",
]


def named(text: str) -> set[str]:
    """What stands in backticks in the tables of a text."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return set(re.findall(r"`([^`]+)`", "\n".join(rows)))


def test_every_covariate_and_condition_is_defined_in_a_table() -> None:
    prose = set(re.findall(r"`(\w+)`", MODEL))
    assert COVARIATES - named(MODEL) <= set(w.WAR_END_COVARIATES) & prose
    assert CONDITIONS - named(MODEL) == set()
    assert "no_such_covariate" not in named(MODEL)


def test_the_protocol_has_its_seven_elements_and_eleven_concepts() -> None:
    assert [int(n) for n in re.findall(r"^## (\d+)\. ", MODEL, re.MULTILINE)] == list(range(1, 8))
    concepts = MODEL.partition("## 4.")[2].partition("## 5.")[0]
    assert re.findall(r"^\*\*([\w ]+)\.\*\*", concepts, re.MULTILINE) == CONCEPTS


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "//" not in link and not (page.parent / link).exists()] == []
