"""The random scenarios leave out no feature of the language, and reach thirty states: counted, not hoped for.

The features are read from the schema: every field of every block that reaches the arrays, every word that a field
allows, every relation. A feature added to the language fails this test until scenarios draw it.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from escalation_sim.scenario import schema as s

BLOCKS = (s.Rung, s.State, s.Relation, s.Closed, s.War, s.Support, s.PastAct, s.Trigger, s.Commitment, s.Hazard,
          s.Event, s.Effort, s.Rule, s.Outcome, s.Condition, s.ActCondition, s.MemoryCondition, s.CommitmentCondition,
          s.StrainCondition, s.CalendarCondition, s.WarCondition, s.CountCondition, s.StandingCondition,
          s.AnyoneBut, s.Scenario)  # fmt: skip
TEXT = {"label", "name", "title", "description", "source", "because", "basis", "as_of", "resolution", "clause", "kind",
        "signed", "enabled"}  # fmt: skip
ELSEWHERE = {  # what no run sees: carried along, or done before there is a scenario, or with many
    *("State.military_spending", "State.personnel", "State.regime", "State.cow", "State.members"),
    *("Rule.uncertainty", "Scenario.extends", "Scenario.sources", "Scenario.show", "Scenario.levers"),
    *("Scenario.designs", "Scenario.variants", "Outcome.windows"),
}
N = 250


def words(annotation: Any) -> set[str]:
    """Words that a field allows, if it is a list of words."""
    if get_origin(annotation) is Literal:
        return {word for word in get_args(annotation) if isinstance(word, str)}
    if get_origin(annotation) in (Union, types.UnionType):
        return set().union(*map(words, get_args(annotation)))
    return set()


def language() -> set[str]:
    """Every feature that the schema has."""
    found = {f"selector {relation}" for relation in s.RELATIONS}
    for block in BLOCKS:
        for name, field in block.model_fields.items():
            feature = f"{block.__name__}.{name}"
            if name not in TEXT - {"kind"} and feature not in ELSEWHERE | {"Outcome.kind"}:
                found |= {feature, *(f"{feature} {word}" for word in words(field.annotation))}
    return found


def used(value: Any) -> Iterator[str]:
    """Every feature that a scenario, or a part of it, uses."""
    if isinstance(value, s.Block):
        for name in value.model_fields_set:
            inner, feature = getattr(value, name), f"{type(value).__name__}.{name}"
            if inner is None or (isinstance(inner, (tuple, dict)) and not inner):
                continue
            yield feature
            if isinstance(inner, str):
                yield f"{feature} {inner}"
                yield f"selector {inner}"
            yield from used(inner)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from [f"selector {part}"] if isinstance(part, str) else used(part)


def drawn(strategy: st.SearchStrategy[Any], n: int) -> list[s.Scenario]:
    """So many scenarios, the same in every run."""
    found = []

    @settings(max_examples=n, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def collect(tree: dict[str, Any]) -> None:
        found.append(s.Scenario.model_validate(tree))

    collect()
    return found


@pytest.fixture(scope="module")
def scenarios(scenario_tree: Any) -> list[s.Scenario]:
    return drawn(scenario_tree(), N)


def test_every_feature_of_the_language_is_drawn(scenarios: list[s.Scenario]) -> None:
    seen = Counter(feature for scenario in scenarios for feature in set(used(scenario)))
    missing = language() - set(seen)
    assert missing == set()
    assert seen["Commitment.type defence"] > N // 4  # what is common is counted as common


def test_a_feature_that_nobody_draws_is_found(scenarios: list[s.Scenario]) -> None:
    """The twin: without rules, what rules alone can say is missing."""
    bare = [scenario.model_copy(update={"rules": ()}) for scenario in scenarios]
    missing = language() - {feature for scenario in bare for feature in used(scenario)}
    assert {
        "Rule.then",
        "Rule.phase reply",
        "Condition.memory",
        "MemoryCondition.kind worst",
        "selector ally",
    } <= missing


def test_scenarios_of_up_to_thirty_states_occur(scenario_tree: Any) -> None:
    n = 200  # enough whatever else is imported: hypothesis takes constants of loaded modules into its draws
    sizes = {len(scenario.states) for scenario in drawn(scenario_tree(30), n)}
    assert min(sizes) <= 5
    assert max(sizes) >= 29
