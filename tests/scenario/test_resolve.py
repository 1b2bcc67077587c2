"""A resolved scenario: complete, consistent, and resolved once and for all."""

import datetime as dt
import re
from pathlib import Path

import pytest

from escalation_sim.errors import CostError, ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.load import load
from escalation_sim.scenario.messages import marks_of
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario, State
from escalation_sim.scenario.starter import new_scenario

CASES = Path(__file__).parents[1] / "cases"
SMALL = CASES / "valid" / "small.yaml"


@pytest.fixture(scope="module")
def written() -> Scenario:
    """The small scenario as its file says it."""
    return load(SMALL)


@pytest.fixture(scope="module")
def resolved(written: Scenario) -> Scenario:
    """The small scenario with everything filled in."""
    return resolve(written)


def test_resolving_twice_is_resolving_once(resolved: Scenario) -> None:
    assert resolve(resolved) == resolved


def test_nothing_is_left_to_the_library(resolved: Scenario) -> None:
    assert resolved.variants == {}
    assert resolved.extends is None
    assert resolved.ladder[0].severity == 0
    assert resolved.coefficients.initiative
    assert resolved.coefficients.frailty_sd is not None
    for state in resolved.states:
        assert None not in (state.name, state.capability, state.warheads, state.major_power)
    for commitment in resolved.commitments:
        assert None not in (commitment.type, commitment.reliability)
    for event in resolved.events:
        assert (event.probability is None) == (event.hazard is not None)
    for outcome in resolved.outcomes:
        assert outcome.windows


def test_facts_come_from_the_library_and_what_is_given_wins(resolved: Scenario) -> None:
    states = {state.id: state for state in resolved.states}
    assert states["UKR"].name == "Ukraine"
    assert states["NO"].name == "off"
    assert states["XNR"].members == ("EST", "LVA")
    pact = resolved.commitments[0]
    assert pact.in_force_from == dt.date(2024, 12, 4)
    assert pact.reliability is not None
    assert pact.reliability.dist == "uniform"


def test_a_bloc_stands_for_the_members_of_an_alliance(resolved: Scenario) -> None:
    nato = resolved.commitments[1]
    assert nato.members == ("XNR", "LTU")
    assert nato.joined == {"LTU": dt.date(2004, 3, 29)}


def test_windows_are_the_defaults_that_fit_and_may_differ_by_outcome(resolved: Scenario) -> None:
    assert resolved.windows == (30, 90, 180)
    assert [outcome.windows for outcome in resolved.outcomes] == [(30, 90, 180), (14, 30)]
    short = load(SMALL, settings=["horizon=2 weeks", "outcomes.wider.windows=[1 week]"])
    assert resolve(short).windows == (14,)


def test_the_scenario_s_own_coefficients_lie_on_top_of_the_library_s(resolved: Scenario) -> None:
    changed = resolve(load(SMALL, settings=["coefficients.initiative.war.intercept=-3"])).coefficients
    before = resolved.coefficients
    assert changed.initiative["war"]["intercept"].value == -3
    assert changed.initiative["war"].keys() >= before.initiative["war"].keys()
    assert changed.initiative["arm"] == before.initiative["arm"]
    assert changed.reply == before.reply


def test_what_is_switched_off_is_gone_and_what_remains_is_on(resolved: Scenario) -> None:
    assert [event.id for event in resolved.events] == ["troops", "call-up"]
    off = resolve(load(SMALL, settings=["rules.cap.enabled=false", "commitments.pledge.enabled=false"]))
    assert [rule.id for rule in off.rules] == ["seoul", "moscow"]
    pledge = next(one for one in off.commitments if one.id == "pledge")  # a rule selects its members
    assert pledge.enabled
    assert pledge.in_force_from is not None
    assert pledge.in_force_from > off.start + dt.timedelta(days=off.horizon)
    assert resolve(off) == off


def test_places_are_remembered_but_are_no_part_of_the_scenario(written: Scenario, resolved: Scenario) -> None:
    assert marks_of(resolved).values
    assert Scenario.model_validate(written.model_dump(by_alias=True)) == written
    assert not marks_of(Scenario.model_validate(written.model_dump(by_alias=True))).values


def test_a_scenario_built_in_python_is_checked_without_places(written: Scenario) -> None:
    doubled = Scenario.model_validate(written.model_dump(by_alias=True)).model_copy(
        update={"states": (*written.states, State(id="UKR"))}
    )
    with pytest.raises(ScenarioError, match=r"^states\.UKR: 'UKR' stands 2 times in 'states'; an id names one block$"):
        resolve(doubled)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["tick=1h", "horizon=50 years"], "above the limit of 20,000 ticks"),
        (["horizon=2000 years"], "above the limit of 20,000 ticks"),
    ],
)
def test_the_price_is_known_before_it_is_paid(settings: list[str], said: str) -> None:
    with pytest.raises(CostError, match=said):
        resolve(load(SMALL, settings=settings))


def test_more_states_than_a_machine_should_be_given_are_refused(written: Scenario) -> None:
    crowd = tuple(State(id=f"S{number}") for number in range(401))
    with pytest.raises(CostError, match="401 states; at most 400"):
        resolve(written.model_copy(update={"states": crowd}))


def test_a_setting_that_breaks_the_scenario_is_named_as_typed() -> None:
    with pytest.raises(ScenarioError) as refused:
        resolve(load(SMALL, settings=["rules.seoul.then.arn=1"]))
    setting = "--set rules.seoul.then.arn=1"
    assert refused.value.problems == [f"{setting}: rules.seoul.then.arn: no gate named 'arn'; did you mean 'arm'?"]


def test_check_names_the_variant_that_fails_and_each_problem_once(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    text = SMALL.read_text(encoding="utf-8")
    file.write_text(text + "  broken:\n    rules:\n      - {id: seoul, not_above: wra}\n")
    assert check(file) == [
        f"with variant broken: {file}:{text.count(chr(10)) + 3}:32: rules.seoul.not_above: "
        "no rung named 'wra'; did you mean 'war'?"
    ]
    file.write_text(file.read_text().replace("toward: rival", "toward: rivals"))
    problems = check(file)  # what is wrong without any variant comes first, and alone
    assert len(problems) == 1
    assert "'rivals'" in problems[0]
    assert "with variant" not in problems[0]


@pytest.mark.parametrize("sd", ["1e18", "1e300", "-1"])
def test_how_unsure_a_rule_is_has_bounds(tmp_path: Path, sd: str) -> None:
    file = tmp_path / "reef.yaml"
    text, found = re.subn(r"uncertainty: \{sd: [\d.]+", "uncertainty: {sd: " + sd, new_scenario("reef"), count=1)
    assert found == 1
    file.write_text(text, encoding="utf-8")
    (problem,) = check(file)
    assert re.search(r"\.uncertainty\.sd: \S+ is (above 1e\+?12|below 0)", problem)
