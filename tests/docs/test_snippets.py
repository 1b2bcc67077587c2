"""The scenario guide cannot rot: its YAML loads and resolves, its settings apply, and it tells every key."""

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.dump import json_schema
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(text: str, language: str) -> list[tuple[int, str]]:
    """Fenced blocks of a language, each with the line of the page on which it begins."""
    found = [(text.count("\n", 0, match.start(2)) + 1, match) for match in _FENCE.finditer(text)]
    return [(line, match[2]) for line, match in found if match[1] == language]


TUTORIAL, _, REFERENCE = GUIDE.partition("## 1. A whole scenario")  # the tutorial's files: see test_pages.py
FIRST_LINE = TUTORIAL.count("\n")
YAML = snippets(REFERENCE, "yaml")
WHOLE, PARTS = YAML[0][1], YAML[1:]
COMMANDS = [line for _, block in snippets(REFERENCE, "sh") for line in block.splitlines() if ".yaml --" in line]


def write(folder: Path, part: str) -> Path:
    """A file that holds a part of a scenario, standing on the first whole one of the page unless it is whole itself."""
    (folder / "crisis.yaml").write_text(WHOLE, encoding="utf-8")
    stands_alone = re.search(r"^(format_version|extends):", part, re.MULTILINE)
    file = folder / "part.yaml"
    file.write_text(part if stands_alone else f"extends: crisis.yaml\n{part}", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "part", [text for _, text in YAML], ids=[f"line {line + TUTORIAL.count(chr(10))}" for line, _ in YAML]
)
def test_every_snippet_resolves_with_each_of_its_variants(part: str, tmp_path: Path) -> None:
    assert check(write(tmp_path, part)) == []


@pytest.mark.parametrize(
    "fault",
    ["horizont: 1 week\n", "events:\n  - {id: deployment, act: dispaly}\n", "variants:\n  x:\n    horizon: soon\n"],
    ids=["a key", "a rung", "in a variant"],
)
def test_a_snippet_that_is_wrong_is_found(fault: str, tmp_path: Path) -> None:
    assert check(write(tmp_path, fault))


def test_a_part_changes_what_it_stands_on(tmp_path: Path) -> None:
    part = next(text for _, text in PARTS if "reply_rounds:" in text)
    whole, changed = load(write(tmp_path, "title: unchanged\n")), load(write(tmp_path, part))
    assert (changed.horizon, changed.id) == (365.0, whole.id)
    assert whole.horizon != changed.horizon


def options(command: str, name: str) -> list[str]:
    """Values of an option in a command line."""
    words = shlex.split(command)
    return [after for before, after in itertools.pairwise(words) if before == name]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_settings_of_the_page_apply(command: str, tmp_path: Path) -> None:
    variants, settings = options(command, "--with"), options(command, "--set")
    assert variants or settings
    file = write(tmp_path, next(text for _, text in PARTS if "\n  treaty_now:" in text))
    assert resolve(load(file, variants, settings)) != resolve(load(file))


def test_a_setting_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        load(write(tmp_path, "title: unchanged\n"), [], options("x --set events.nothing.troops=1", "--set"))


def keys_of(node: Any) -> set[str]:
    """All property names of a JSON Schema."""
    if isinstance(node, list):
        return set().union(*map(keys_of, node))
    if not isinstance(node, dict):
        return set()
    own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
    return own.union(*(keys_of(inner) for inner in node.values()))


def untold(keys: set[str], text: str) -> set[str]:
    """Keys that the text mentions neither in a snippet nor between backticks."""
    told = "\n".join(block for _, block in snippets(text, "yaml"))
    prose = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    return {key for key in keys if key not in prose and not re.search(rf"\b{key}:", told)}


def test_every_key_of_the_language_is_told() -> None:
    keys = keys_of(json_schema())
    assert {"between", "not_above", "covers_initiators"} <= keys
    assert untold(keys, GUIDE) == set()
    assert untold({"no_such_key"}, GUIDE) == {"no_such_key"}


def test_every_rung_of_the_packaged_ladder_is_told_in_order(tmp_path: Path) -> None:
    rungs = [rung.id for rung in resolve(load(write(tmp_path, "title: unchanged\n"))).ladder]
    table = GUIDE.partition("| rung | what it is |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == rungs
