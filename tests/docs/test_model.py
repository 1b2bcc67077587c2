"""The description of the model names what the model has."""

import re
from pathlib import Path

import pytest

from escalation_sim import load, resolve
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


def estimated_in(text: str) -> set[tuple[str, str, str]]:
    """(phase, gate, coefficient) of all that the tables of estimated coefficients list."""
    found = set()
    for phase, rows in re.findall(
        r"^\| estimated, of (initiative|repl)\w+ .*\n\|[- |]+\n((?:\|.*\n)+)", text, re.MULTILINE
    ):
        for row in rows.splitlines():
            gate, *names = re.findall(r"`(\w+)`", row)
            found |= {({"repl": "reply"}.get(phase, phase), gate, name) for name in names}
    return found


def test_what_is_said_to_be_estimated_is_estimated() -> None:
    table = resolve(load("scenarios/north-korea-troops-2024.yaml")).coefficients
    gates = {"initiative": table.initiative, "reply": table.reply}
    kept = {
        (phase, gate, name)
        for phase, rows in gates.items()
        for gate, numbers in rows.items()
        for name, number in numbers.items()
        if number.basis == "estimated"
    }
    assert estimated_in(MODEL) == kept
    assert estimated_in(MODEL.replace("`post_1990` |", "`rival` |")) != kept


def test_the_protocol_has_its_seven_elements_and_eleven_concepts() -> None:
    assert [int(n) for n in re.findall(r"^## (\d+)\. ", MODEL, re.MULTILINE)] == list(range(1, 8))
    concepts = MODEL.partition("## 4.")[2].partition("## 5.")[0]
    assert re.findall(r"^\*\*([\w ]+)\.\*\*", concepts, re.MULTILINE) == CONCEPTS


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "//" not in link and not (page.parent / link).exists()] == []
