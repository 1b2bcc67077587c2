"""The first scenario that a newcomer is given: it works as it stands, under any name, and explains every key."""

import itertools
import re
from pathlib import Path

import pytest

from escalation_sim.drivers import ensemble
from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.extends import LIBRARY
from escalation_sim.scenario.load import library, load, read_tree
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.starter import new_scenario
from escalation_sim.scenario.to_arrays import Compiler

STARTER = LIBRARY / "scenarios" / "starter.yaml"
NAMES = ["a", "my-crisis", "Baltic_2026", "no", "null", "true", "e1", "x" * 64, "ends-with-"]


@pytest.fixture
def made(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Function that writes a new scenario of that name and gives its path."""

    def make(name: str) -> Path:
        file = tmp_path / "new.yaml"
        file.write_text(new_scenario(name), encoding="utf-8")
        return file

    return make


@pytest.mark.parametrize("name", NAMES)
def test_a_new_scenario_bears_its_name_and_has_no_problem(made, name: str) -> None:  # type: ignore[no-untyped-def]
    file = made(name)
    assert check(file) == []
    scenario = load(file)
    assert scenario.id == name
    assert scenario.title.replace(" ", "").lower() == name.replace("-", "").replace("_", "").lower()


@pytest.mark.parametrize(
    "name", ["", "1st", "-a", "a b", "a\n", "a/b", "../a", 'a"b', "a: b", "x" * 65, "Łódź", "a\x1b[2J"]
)
def test_a_name_that_is_no_id_is_refused_in_one_printable_line(name: str) -> None:
    with pytest.raises(ScenarioError, match="cannot name a scenario") as refused:
        new_scenario(name)
    assert str(refused.value).isprintable()


def test_nothing_but_name_and_title_differs_from_the_packaged_file() -> None:
    ours = STARTER.read_text(encoding="utf-8").splitlines()
    theirs = new_scenario("my-crisis").splitlines()
    assert len(ours) == len(theirs)
    differing = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    assert [line.split(":")[0] for pair in differing for line in pair] == ["id", "id", "title", "title"]
    assert all(("#" in a) == ("#" in b) and a.split("#")[1:] == b.split("#")[1:] for a, b in differing)


def test_the_first_line_points_the_editor_to_the_schema() -> None:
    assert new_scenario("a").splitlines()[0] == "# yaml-language-server: $schema=scenario.schema.json"
    assert "escalation-sim schema > scenario.schema.json" in new_scenario("a")


def test_it_is_small_and_shows_one_of_each() -> None:
    scenario = load("library:starter")
    sizes = {
        name: len(getattr(scenario, name))
        for name in ("states", "rivalries", "commitments", "events", "rules", "outcomes", "variants")
    }
    assert sizes == {
        "states": 3, "rivalries": 1, "commitments": 1, "events": 1, "rules": 2, "outcomes": 2, "variants": 1,
    }  # fmt: skip


def keys_of(node: object) -> set[str]:
    """Every key of a tree."""
    if isinstance(node, dict):
        return set(node) | set(itertools.chain.from_iterable(map(keys_of, node.values())))
    return set(itertools.chain.from_iterable(map(keys_of, node))) if isinstance(node, list) else set()


def unexplained(file: Path) -> set[str]:
    """Keys of a file with no comment on the line where they first stand, the two above it, or the one below."""
    lines = file.read_text(encoding="utf-8").splitlines()
    free = {"CHN", "doubted_treaty"} | {rung["id"] for rung in library("ladder")["ladder"]}  # names, not keys
    found = set()
    for key in keys_of(read_tree(file).value) - free:
        first = next(i for i, line in enumerate(lines) if re.search(rf"\b{key}:", line.split("#")[0]))
        if not any("#" in line for line in lines[max(0, first - 2) : first + 2]):
            found.add(key)
    return found


def test_every_key_has_a_comment_beside_it(tmp_path: Path) -> None:
    assert unexplained(STARTER) == set()
    silent = tmp_path / "silent.yaml"
    silent.write_text("\n".join(line.split(" #")[0] for line in STARTER.read_text(encoding="utf-8").splitlines()))
    assert "horizon" in unexplained(silent)


def test_every_block_of_the_language_is_shown_or_named() -> None:
    text = STARTER.read_text(encoding="utf-8")
    optional = {"reply_rounds", "contingent"}  # settings that a first scenario leaves alone
    assert [name for name in Scenario.model_fields if name not in optional and name not in text] == []


def test_it_runs_and_its_variant_makes_the_ally_less_reliable(made) -> None:  # type: ignore[no-untyped-def]
    file = made("my-crisis")
    scenario = resolve(load(file))
    compiler, draws = Compiler(scenario), parameter_draws(scenario, 1, 4)
    tally = ensemble.run(lambda p: compiler.setup(draws[p]), 4, 200, seed=1)
    assert tally.outcome_day.shape == (200, 2)
    plain, doubted = (
        Compiler(resolve(load(file, variants))).setup().reliability for variants in ((), ("doubted_treaty",))
    )
    assert (doubted < plain).all()
