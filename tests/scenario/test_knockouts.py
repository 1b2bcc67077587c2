"""What can be switched off: every covariate in one block, nothing else touched, doubters convinced."""

import pytest

from escalation_sim import load
from escalation_sim.scenario.knockouts import BLOCKS, KINDS, elements, together
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.world import DYNAMIC_COVARIATES, STATIC_COVARIATES


@pytest.fixture(scope="module")
def article() -> Scenario:
    """The shipped crisis, resolved."""
    return resolve(load("scenarios/north-korea-troops-2024.yaml"))


def test_every_covariate_stands_in_one_block() -> None:
    inside = [name for names in BLOCKS.values() for name in names if not name.endswith("*")]
    assert sorted(inside) == sorted({*STATIC_COVARIATES, *DYNAMIC_COVARIATES} - {"intercept"})


def test_all_that_there_is_can_be_switched_off(article: Scenario) -> None:
    found = list(elements(article))
    assert {element.kind for element in found} == set(KINDS)
    for kind, blocks in (("rule", article.rules), ("commitment", article.commitments), ("event", article.events)):
        assert [one.name for one in found if one.kind == kind] == [block.id for block in blocks]
    assert [one.name for one in found if one.kind == "belief"] == [
        f"{event.id}.{state}" for event in article.events for state in event.believed
    ]
    assert "strain" not in {one.name for one in found if one.kind == "covariate"}, "no gate here depends on strain"


def test_each_can_be_resolved_without(article: Scenario) -> None:
    for element in elements(article):
        resolve(element.off(article))
    for kind in KINDS:
        resolve(together(kind, list(elements(article))).off(article))


def test_a_block_of_covariates_is_zero_and_all_else_is_drawn_as_before(article: Scenario) -> None:
    off = next(one for one in elements(article) if one.name == "rivalry").off(article)
    before, after = (parameter_draws(resolve(one), 1, 5) for one in (article, off))
    gone = {path for path in before[0] if path not in after[0]}
    assert gone
    assert all(path.endswith(".rival") for path in gone)
    for old, new in zip(before, after, strict=True):
        assert {path: value for path, value in old.items() if path not in gone} == new
    for phase in ("initiative", "reply"):
        for row in getattr(off.coefficients, phase).values():
            assert "rival" not in row or row["rival"].value == 0.0


def test_who_doubted_believes_even_where_others_doubt(article: Scenario) -> None:
    event = article.events[0]
    chance = next(iter(event.believed.values()))
    doubted = event.model_copy(update={"believed": {"CHN": chance, "others": chance}})
    scenario = article.model_copy(update={"events": (doubted, *article.events[1:])})
    found = {one.name: one for one in elements(scenario) if one.kind == "belief"}
    believed = found[f"{event.id}.CHN"].off(scenario).events[0].believed
    assert believed["CHN"].value == 1.0
    assert believed["others"] == chance
    assert set(found[f"{event.id}.others"].off(scenario).events[0].believed) == {"CHN"}
