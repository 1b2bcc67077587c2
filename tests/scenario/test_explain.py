"""A scenario in plain English: complete, in names and not in ids, wrapped, and true to the engine."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.draws import key_schedule
from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.accounts import describe_event, strain_at_start
from escalation_sim.scenario.explain import explain
from escalation_sim.scenario.load import load
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.reach import Reaches, reasons
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import RELATIONS, Condition, Event, Quantity, Rule, Scenario
from escalation_sim.scenario.sentences import (
    describe_condition,
    describe_effect,
    describe_effects,
    describe_quantity,
    describe_rule,
    describe_selector,
)
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.scenario.words import Words
from escalation_sim.theory.tick import begin

REPOSITORY = Path(__file__).parents[2]
KOREA = REPOSITORY / "scenarios" / "north-korea-troops-2024.yaml"
SMALL = REPOSITORY / "tests" / "cases" / "valid" / "small.yaml"

CONDITIONS: dict[str, tuple[dict[str, Any], str, str]] = {  # kind -> as written, as told, its `not` as told
    "act": (
        {"act": {"by": "RUS", "toward": "KOR", "in_support_of": "PRK", "at_least": "arm", "within": "8 weeks",
                 "magnitude_at_least": 500.0}},
        "RUS has acted on “arm” or above against KOR in support of PRK with at least 500 troops "
        "within the last 8 weeks",
        "RUS has not acted on “arm” or above against KOR in support of PRK with at least 500 troops "
        "within the last 8 weeks",
    ),
    "act by any": (
        {"act": {"at_least": "strike", "at_most": "fight"}},
        "any state has acted on “strike” to “fight”",
        "it is not the case that any state has acted on “strike” to “fight”",
    ),
    "act on one rung": (
        {"act": {"by": "actor", "at_least": "strike", "at_most": "strike"}},
        "the actor has acted on exactly “strike”",
        "the actor has not acted on exactly “strike”",
    ),
    "memory": (
        {"memory": {"of": "theirs", "kind": "worst", "at_least": 0.3}},
        "the memory of the target's worst act against the actor is at least 0.3 (0 to 1)",
        "the memory of the target's worst act against the actor is below 0.3 (0 to 1)",
    ),
    "commitment": (
        {"commitment": {"id": "nato", "status": "honoured"}},
        "“nato” has been triggered and honoured",
        "“nato” has not been triggered and honoured",
    ),
    "commitment in force": (
        {"commitment": {"id": "nato", "status": "in_force"}},
        "“nato” is in force",
        "“nato” is not in force",
    ),
    "strain": (
        {"strain": {"of": "RUS", "at_least": 0.7}},
        "the strain of RUS's war effort is at least 0.7",
        "the strain of RUS's war effort is below 0.7",
    ),
    "calendar": (
        {"calendar": {"months": [12, 1, 2]}},
        "the month is December, January or February",
        "the month is not December, January or February",
    ),
    "calendar with dates": (
        {"calendar": {"from": "2025-01-20", "until": "2025-03-01"}},
        "the date is on or after 20 January 2025 and before 1 March 2025",
        "the date is before 20 January 2025 or on or after 1 March 2025",
    ),
    "war": (
        {"war": {"between": ["RUS", "UKR"]}},
        "RUS is at war with UKR",
        "RUS is not at war with UKR",
    ),
    "war that ended": (
        {"war": {"between": ["RUS", "UKR"], "status": "ended"}},
        "a war between RUS and UKR has ended",
        "no war between RUS and UKR has ended",
    ),
    "standing": (
        {"standing": {"by": "PRK", "in_support_of": "RUS", "at_least": "fight"}},
        "PRK is supporting RUS on “fight” or above",
        "PRK is not supporting RUS on “fight” or above",
    ),
    "belligerents": (
        {"belligerents": {"at_least": 7}},
        "at least 7 states are at war",
        "fewer than 7 states are at war",
    ),
    "opposing_nuclear_powers": (
        {"opposing_nuclear_powers": True},
        "nuclear powers fight on opposing sides",
        "no nuclear powers fight on opposing sides",
    ),
    "event": ({"event": "main_body"}, "“main_body” has happened", "“main_body” has not happened"),
    "outcome": (
        {"outcome": "combat"},
        "the outcome “combat” has come about",
        "the outcome “combat” has not come about",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def korea() -> Scenario:
    """The crisis of October 2024, resolved; what its author wrote freely is left out of it."""
    scenario = resolve(load(KOREA))
    outcomes = tuple(outcome.model_copy(update={"resolution": "As written."}) for outcome in scenario.outcomes)
    return scenario.model_copy(update={"outcomes": outcomes})


@pytest.fixture(scope="module")
def told(korea: Scenario) -> str:
    return explain(korea)


def sections(text: str) -> dict[str, str]:
    """Parts of an explanation by their titles."""
    parts = re.split(r"\n\n(.+)\n-+\n", text)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def bare(text: str) -> str:
    """An explanation with the handles for the command line (in brackets and after the names of states) left out."""
    return re.sub(
        r"\[[^]]*\]|\([A-Z]{3};[^)]*\)|^  - (events|commitments|efforts|coefficients)\..*", "", text, flags=re.M
    )


@pytest.mark.parametrize("case", CONDITIONS)
def test_each_condition_and_its_not_is_told(case: str) -> None:
    written, as_told, turned = CONDITIONS[case]
    assert describe_condition(Condition.model_validate(written)) == as_told
    assert describe_condition(Condition.model_validate({"not": written})) == turned


def test_no_kind_of_condition_is_left_out() -> None:
    kinds = {Condition.model_validate(written).kind() for written, _, _ in CONDITIONS.values()}
    assert kinds == set(Condition.model_fields) - {"not_"}


@pytest.mark.parametrize("relation", RELATIONS)
def test_each_relation_has_words_of_its_own(relation: str) -> None:
    words = {describe_selector(one) for one in RELATIONS}
    assert len(words) == len(RELATIONS)
    assert describe_selector(relation) != relation


def test_selectors_are_told_by_name(korea: Scenario) -> None:
    words = Words.of(korea)
    assert describe_selector(("GBR", "FRA"), words) == "the United Kingdom or France"
    assert describe_selector("nato", words) == "any party to “North Atlantic Treaty, collective defence”"
    rule = next(rule for rule in korea.rules if rule.id == "moscow-warned-seoul")
    assert describe_rule(rule, words).startswith(
        "South Korea against Russia, if Russia has acted on “threaten” to “display” against South Korea within the "
        "last 8 weeks: divides the odds of “arm” by about 1.5 (log-odds -0.4 ± 0.4). Why: A fresh Russian threat"
    )


@pytest.mark.parametrize(
    ("quantity", "as_told"),
    [
        (Quantity(value=0.0), "0"),
        (Quantity(value=0.3), "0.30"),
        (Quantity(value=1271.0), "1,271"),
        (Quantity(value=0.5, se=0.1), "0.50 (5–95 %: 0.34–0.66)"),
        (Quantity(value=-0.5, se=0.1), "-0.50 (5–95 %: -0.66 to -0.34)"),
        (Quantity(dist="uniform", loc=500000.0, scale=90000.0), "545,000 (5–95 %: 504,000–586,000)"),
    ],
)
def test_a_quantity_is_told_with_its_range(quantity: Quantity, as_told: str) -> None:
    assert describe_quantity(quantity) == as_told


def test_an_effect_is_told_as_a_factor_and_in_log_odds() -> None:
    assert describe_effect("arm", Quantity(value=1.1, se=0.8), 0.6) == (
        "multiplies the odds of “arm” by about 3.0 (log-odds +1.1 ± 1.0)"
    )
    assert describe_effects({"war": Quantity(value=-3.0), "arm": Quantity(value=0.0)}) == (
        "divides the odds of “war” by about 20 (log-odds -3.0) and leaves those of “arm” as they are on average "
        "(log-odds 0.0)"
    )
    assert describe_effect("war_end", Quantity(value=0.8)).startswith("multiplies the odds of an end of the war by")


def test_a_rule_that_caps_says_so() -> None:
    rule = Rule.model_validate({"id": "cap", "actor": "belligerent", "not_above": "display", "phase": "reply"})
    assert describe_rule(rule) == (
        "Any state at war against any state, in reply, at all times: keeps it to “display” or below"
    )


@pytest.mark.parametrize(
    ("timing", "as_told"),
    [
        ({"on": "2024-11-01"}, "on 1 November 2024, for certain"),
        ({"on": "2024-11-01", "probability": 0.4}, "on 1 November 2024, with probability 0.40"),
        ({"on": "2024-11-01", "probability": 0.0}, "By Russia, never: its probability is set to 0."),
        ({"hazard": {"rate": 0.0, "per": "week"}}, "By Russia, never: its rate is set to 0."),
        ({"between": ["2024-11-01", "2024-12-01"]}, "some day from 1 November 2024 to 1 December 2024, for certain"),
        ({"hazard": {"rate": 1.0, "per": "year"}}, "at a rate of 1.00 a year; at the median and before rules move it, "
                                                   "that is a probability of 0.63 by the end"),
        ({"hazard": {"rate": 1.0, "per": "year", "from": "2030-01-01"}}, "that is a probability of 0 by the end"),
    ],
)  # fmt: skip
def test_an_event_is_told_with_when_and_how_likely(timing: dict[str, Any], as_told: str, korea: Scenario) -> None:
    event = Event.model_validate({"id": "e", "actor": "RUS", **timing})
    assert as_told in describe_event(event, Words.of(korea), korea.start, 365.25)


def test_every_block_is_told(korea: Scenario, told: str) -> None:
    parts = sections(told)
    said = {name: " ".join(part.split()) for name, part in parts.items()}
    assert korea.title in said[""]
    assert all(rung.label in said[""] for rung in korea.ladder)
    assert all(f"({state.id};" in said["Who can act against whom"] for state in korea.states)
    assert parts["Wars and standing support"].count("\n  - ") + 1 == len(korea.wars) + len(korea.support)
    for title, blocks in (
        ("Commitments", korea.commitments),
        ("Events that may happen", korea.events),
        ("Rules that may fire", korea.rules),
        ("Outcomes", korea.outcomes),
    ):
        assert [block.id for block in blocks if not re.search(rf"\[{block.id}[];]", said[title])] == []
    assert said["War effort"].count("Strain at the start") == len(korea.efforts)
    assert "in efforts" in said["What is uncertain"]
    assert "judgements with reasons" in said["What it rests on"]


def test_every_edge_is_told_with_the_reasons_for_which_it_exists(korea: Scenario) -> None:
    for scenario in (korea, resolve(load(SMALL)), resolve(load("library:starter"))):
        reaches = Reaches(scenario)
        why = reasons(reaches, Words.of(scenario))
        assert set(why) == set(reaches.graph.dyads)
        assert all(why.values())


def test_names_stand_where_there_are_names(korea: Scenario, told: str) -> None:
    text = bare(told)
    ids = [state.id for state in korea.states]
    ids += [block.id for block in (*korea.events, *korea.rules, *korea.commitments, *korea.outcomes)]
    telling = [name for name in ids if re.search(r"[_A-Z-]", name)]  # the others are also plain words
    assert len(telling) > 60
    assert [name for name in telling if re.search(rf"(?<![\w-]){name}(?![\w-])", text)] == []
    assert "RUS" in bare("RUS attacks")
    assert [sign for sign in ("None", "{", "}", "nan", "inf)", "\0") if sign in told] == []


@pytest.mark.parametrize("state", [None, "KOR", "PRK", "USA", "XNR"])
def test_no_sentence_is_malformed(korea: Scenario, state: str | None) -> None:
    text = " ".join(explain(korea, state).split())
    for fault in ("..", " .", " ,", ",,", " the the ", " 1 states", " 1 rules", "( ", " )", "::", "“”"):
        assert fault not in text.replace("...", ""), (fault, text[max(0, text.find(fault) - 60) :][:120])


def test_one_state_is_told_what_concerns_it(korea: Scenario) -> None:
    parts = sections(explain(korea, "KOR"))
    assert list(parts)[1:3] == ["What South Korea can do", "What can be done to South Korea"]
    assert parts["What can be done to South Korea"].count("  - By ") == 3
    assert "[us-rok]" in parts["Commitments"]
    assert "[nato]" not in parts["Commitments"]
    assert "[seoul-after-combat]" in parts["Rules that may fire"]
    assert "[moscow-answers-lethal-aid]" in parts["Rules that may fire"]
    assert "[minsk-if-hit]" not in parts["Rules that may fire"]
    assert "[second_tranche]" in parts["Events that may happen"]  # a rule of Seoul's asks for it
    assert "[kyiv_warning]" not in parts["Events that may happen"]
    assert "War effort" not in parts
    assert "What is uncertain" not in parts
    assert "Belarus does not believe it" in " ".join(sections(explain(korea, "BLR"))["Events that may happen"].split())


def test_an_unknown_state_is_refused_with_a_hint(korea: Scenario) -> None:
    with pytest.raises(ScenarioError, match="no state named 'KRO'; did you mean 'KOR'"):
        explain(korea, "KRO")


def test_what_a_state_cannot_do_is_said(korea: Scenario) -> None:
    reaches = Reaches(korea)
    assert reaches.of("PRK", "UKR").top == "fight"
    assert reaches.of("KOR", "RUS").top == "war"
    assert reaches.of("KOR", "RUS").helps == ("UKR",)
    assert set(reaches.of("UKR", "RUS").barred) == {"assist", "arm", "fight"}
    assert reaches.of("RUS", "UKR").at_war
    part = " ".join(sections(explain(korea, "UKR"))["What Ukraine can do"].split())
    assert "at war now, up to “war”, not “assist”, “arm” or “fight” for want of a partner" in part
    assert "“war” closed: Ukraine can hit North Korean units in the theatre" in part


def test_a_rule_without_conditions_caps_the_reach(korea: Scenario) -> None:
    cap = Rule.model_validate({"id": "cap", "actor": "KOR", "toward": "RUS", "not_above": "display"})
    timely = Rule.model_validate(
        {"id": "sometimes", "actor": "KOR", "toward": "RUS", "not_above": "protest", "when": [{"event": "main_body"}]}
    )
    capped = korea.model_copy(update={"rules": (*korea.rules, cap, timely)})
    assert Reaches(capped).of("KOR", "RUS").top == "display"
    assert Reaches(capped).of("KOR", "PRK").top == "war"


def test_the_strain_told_is_the_strain_the_engine_starts_from(korea: Scenario) -> None:
    compiler = Compiler(korea)
    for draw in ({}, parameter_draws(korea, 1, 3)[2]):
        setup = compiler.setup(draw)
        world = w.blank_world(setup)
        begin(grouped(setup), grouped(world), key_schedule(1), np.uint64(0))
        for effort in korea.efforts:
            engine = world.strain[compiler.names.states.index(effort.state)]
            assert strain_at_start(effort, korea, draw) == pytest.approx(engine, abs=1e-12)
            assert engine > 0


def lines_of(scenario: Scenario, width: int) -> Iterator[str]:
    for state in (None, scenario.states[0].id):
        yield from explain(scenario, state, width).splitlines()


@pytest.mark.parametrize("width", [40, 72, 100])
def test_no_line_is_longer_than_the_width(korea: Scenario, width: int) -> None:
    assert max(map(len, lines_of(korea, width))) <= width


@pytest.mark.parametrize("long", ["w" * 2000, "word " * 400, "“ä”" * 700], ids=["letters", "words", "signs"])
def test_very_long_names_are_wrapped(long: str) -> None:
    small, long = resolve(load(SMALL)), long.strip()
    hostile = small.model_copy(
        update={
            "title": long,
            "description": long,
            "states": tuple(state.model_copy(update={"name": long}) for state in small.states),
            "events": tuple(event.model_copy(update={"label": long, "because": long}) for event in small.events),
            "rules": tuple(rule.model_copy(update={"because": long}) for rule in small.rules),
            "outcomes": tuple(one.model_copy(update={"label": long, "resolution": long}) for one in small.outcomes),
        }
    )
    assert 90 < max(map(len, lines_of(hostile, 100))) <= 100
    assert max(map(len, lines_of(small, 100))) <= 100


def test_line_breaks_leave_ranges_whole(told: str) -> None:
    assert "5–95 %" in told
    assert not re.search(r"95\n|±\n|\n *±", told)


def test_a_scenario_need_not_be_resolved_first() -> None:
    written = load("library:starter")
    assert explain(written) == explain(resolve(written))
