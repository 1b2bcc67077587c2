"""Variants, settings and what a scenario extends: one tree on top of another."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.layers import merged
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve

SMALL = Path(__file__).parents[1] / "cases" / "valid" / "small.yaml"
EXTENDING = SMALL.with_name("extending.yaml")

keys = st.sampled_from(["a", "b", "id", "c"])
trees = st.recursive(
    st.none() | st.integers() | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
)
mappings = st.dictionaries(keys, trees, max_size=3)


@given(mappings)
def test_a_layer_of_nothing_and_a_layer_of_the_same_change_nothing(tree: dict[str, object]) -> None:
    assert merged(tree, {}) == tree


@given(mappings, mappings)
def test_what_a_layer_says_holds_and_the_rest_stays(base: dict[str, object], layer: dict[str, object]) -> None:
    before = (repr(base), repr(layer))
    result = merged(base, layer)
    assert result.keys() == base.keys() | layer.keys()
    assert all(result[key] == base[key] for key in base.keys() - layer.keys())
    assert all(result[key] == layer[key] for key in layer if not isinstance(layer[key], (dict, list)))
    assert (repr(base), repr(layer)) == before


def test_an_extending_scenario_says_only_what_differs() -> None:
    base, scenario = load(SMALL), load(EXTENDING)
    assert scenario.extends is None
    assert (scenario.title, scenario.horizon) == ("A second file with less in it", 364)
    assert scenario.states == base.states
    assert scenario.variants == base.variants


def test_variants_apply_in_order_and_leave_the_file_as_it_was() -> None:
    changed = load(SMALL, variants=["calm", "more"])
    troops = next(event for event in changed.events if event.id == "troops")
    assert troops.enabled is False
    assert troops.troops is not None
    assert troops.troops.value == 50000
    assert troops.troops.because == "assumed in the variant 'more'"
    assert [event.id for event in changed.events] == ["troops", "call-up", "never"]
    assert load(SMALL).events[0].enabled is True
    with pytest.raises(ScenarioError, match=r"no variant named 'clam'; did you mean 'calm'\?"):
        load(SMALL, variants=["clam"])


def test_what_a_variant_switches_off_never_happens_but_may_be_spoken_of() -> None:
    scenario = resolve(load(SMALL, variants=["calm"]))
    troops = next(event for event in scenario.events if event.id == "troops")
    assert troops.probability is not None
    assert troops.probability.value == 0
    assert "never" not in [event.id for event in scenario.events], "nothing speaks of it"


def test_settings_reach_blocks_by_id_and_say_that_they_were_set() -> None:
    settings = [
        "states.UKR.capability=0.5",
        "commitments.russia-dprk.reliability.loc=0.1",
        "rules.seoul.then.arm=1e-3",
        "events.call-up.hazard.rate=0.2",
        "coefficients.reply.war.both_nuclear=-2",
        "title=NO",
        "borders.0.between=[UKR, RUS]",
    ]
    scenario = load(SMALL, settings=settings)
    assert scenario.title == "NO"
    assert scenario.borders[0].between == ("UKR", "RUS")
    state, rule = scenario.states[0], scenario.rules[0]
    assert state.capability is not None
    assert (state.capability.value, state.capability.because) == (0.5, "set on the command line")
    reliability = scenario.commitments[0].reliability
    assert reliability is not None
    assert (reliability.loc, reliability.scale, reliability.because) == (0.1, 0.5, "set on the command line")
    assert rule.then["arm"].value == 0.001
    assert scenario.coefficients.reply["war"]["both_nuclear"].value == -2
    resolve(scenario)


def test_a_later_setting_wins() -> None:
    assert load(SMALL, settings=["reply_rounds=2", "reply_rounds=3"]).reply_rounds == 3


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("title", "write --set path=value"),
        ("=1", "write --set path=value"),
        ("states..capability=1", "write --set path=value"),
        ("states.UKX.capability=1", "'states' has no 'UKX'; did you mean 'UKR'?"),
        ("history.0.act=war", "the scenario has no 'history' of its own"),
        ("title.x=1", "'title' is 'NO', which has no part 'x'"),
        ("variants.calm=1", "'variants' cannot be set"),
        ("titel=x", "titel: unknown key 'titel'; did you mean 'title'?"),
        ("rules.seoul.then.arm=much", "rules.seoul.then.arm: 'much' is not a number"),
        ("rules.seoul.then.arm=!!int 1", "tags ('!') are not part"),
        ("title=&a x", "anchors and aliases"),
        ("title=[", "a bracket or quote is not closed"),
        ("title=" + "x" * 2000, "longer than 1000 characters"),
        ("commitments.nato.reliability.a=3", "commitments.nato.reliability: a quantity has either"),
    ],
)
def test_a_bad_setting_is_named(setting: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(SMALL, settings=[setting])
    (line,) = refused.value.problems
    assert line.startswith(f"--set {setting[:90]}")
    assert said in line
