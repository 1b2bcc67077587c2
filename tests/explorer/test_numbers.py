"""Sliders: what each is called, how far it goes, and that a number that is fixed is fixed."""

from __future__ import annotations

import shlex

import pytest

from escalation_sim import load, resolve
from escalation_sim.explorer.numbers import Adjustable, adjustable, command, rounded, search, settings_of
from escalation_sim.explorer.words import COVARIATES
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Scenario
from escalation_sim.world import DYNAMIC_COVARIATES, STATIC_COVARIATES, WAR_END_COVARIATES

KOREA = "scenarios/north-korea-troops-2024.yaml"


@pytest.fixture(scope="module")
def korea() -> Scenario:
    return resolve(load(KOREA))


@pytest.fixture(scope="module")
def numbers(korea: Scenario) -> list[Adjustable]:
    return adjustable(korea)


def test_every_covariate_has_words() -> None:
    assert set(COVARIATES) == {*STATIC_COVARIATES, *DYNAMIC_COVARIATES, *WAR_END_COVARIATES}


def test_every_uncertain_number_has_a_slider(korea: Scenario, numbers: list[Adjustable]) -> None:
    drawn = {path for path in parameter_draws(korea, 1, 2)[0] if not path.startswith("coefficients.violence.")}
    assert {one.path for one in numbers} == drawn


def test_a_slider_spans_its_distribution(korea: Scenario, numbers: list[Adjustable]) -> None:
    draws = parameter_draws(korea, 1, 2_000)
    for one in numbers[::7]:
        assert one.low < one.middle < one.high
        outside = sum(not one.low <= draw[one.path] <= one.high for draw in draws)
        assert 5 < outside < 90, one.path  # of 2,000; 40 are expected


def test_all_numbers_fixed_leave_nothing_to_draw(numbers: list[Adjustable]) -> None:
    fixed = {one.path: rounded((one.low + one.middle) / 2) for one in numbers}
    scenario = resolve(load(KOREA, settings=settings_of(fixed)))
    assert not set(fixed) & set(parameter_draws(scenario, 1, 3)[0])
    assert {one.path for one in adjustable(scenario)} == set()


def test_a_fixed_effect_is_the_same_in_every_draw() -> None:
    path = "rules.seoul-after-combat.then.arm"
    by_value_alone = resolve(load(KOREA, settings=[f"{path}=2.0"]))
    assert len({draw[path] for draw in parameter_draws(by_value_alone, 1, 5)}) == 5  # its rule's doubt goes on
    fixed = resolve(load(KOREA, settings=settings_of({path: 2.0})))
    assert path not in parameter_draws(fixed, 1, 5)[0]


def test_other_numbers_keep_their_draws(korea: Scenario) -> None:
    path = "events.main_body.troops"
    fixed = resolve(load(KOREA, settings=settings_of({path: 9000.0})))
    for before, after in zip(parameter_draws(korea, 1, 5), parameter_draws(fixed, 1, 5), strict=True):
        assert after == {name: value for name, value in before.items() if name != path}


def test_words_and_units(numbers: list[Adjustable]) -> None:
    by_path = {one.path: one for one in numbers}
    troops, rate = by_path["events.second_tranche.troops"], by_path["events.second_tranche.hazard.rate"]
    assert (troops.words, troops.unit) == ("A second tranche of 1,000 or more: troops", "soldiers")
    assert (rate.words, rate.unit) == ("A second tranche of 1,000 or more: how often it comes", "per year")
    answer = by_path["coefficients.reply.strike.reply_to_nuclear"]
    assert answer.words == "reply · strike · in answer to nuclear use"
    assert by_path["rules.seoul-after-combat.then.arm"].because.startswith("Seoul said it would review")


def test_search_needs_every_word(numbers: list[Adjustable]) -> None:
    found = search(numbers, "tranche TROOPS", "all", {})
    assert [one.path for one in found] == ["events.second_tranche.troops"]
    assert not search(numbers, "tranche", "efforts", {})
    assert search(numbers, "", "fixed", {"events.second_tranche.troops": 1.0}) == found


def test_the_command_survives_a_shell() -> None:
    words = shlex.split(command("a b.yaml", ["x"], ["events.a.label=it's"], (7, 50)))
    assert words[2:] == ["a b.yaml", "--with", "x", "--set", "events.a.label=it's", "--seed", "7", "--parameters", "50"]
