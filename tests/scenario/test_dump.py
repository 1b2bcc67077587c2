"""Writing scenarios: what is written is read back, by us and by others; editors get a schema that fits."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from escalation_sim.scenario.dump import dump, dump_tree, json_schema
from escalation_sim.scenario.load import load, read_tree
from escalation_sim.scenario.resolve import resolve

CASES = Path(__file__).parents[1] / "cases"
VALID = sorted((CASES / "valid").glob("*.yaml"))
NAMES = [
    "NO", "no", "off", "Yes", "y", "true", "null", "~", "", " ", "1e3", "1e-3", ".5", "010", "0x1F",
    "1_000", "12:30", "2024-10-24", "- a", "a: b", "a #b", "#a", "'", '"', "\\", "a\nb", "a\tb",
    "[a", "{a}", "a,b", "*a", "&a", "!a", "%a", "@a", "`a", "| a", "> a", "? a", "a:", ":a", "---",
    "...", "<<", "=", "nan", ".inf", "Å", "日本", "😀", "Łódź", "e\u0301",
]  # fmt: skip

texts = st.sampled_from(NAMES) | st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Cn"]), max_size=20
)
trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that each example overwrites."""
    return tmp_path_factory.mktemp("dump") / "scenario.yaml"


@given(tree=st.dictionaries(texts, trees, min_size=1, max_size=4))
def test_any_tree_is_read_back_as_it_was(file: Path, tree: dict[str, object]) -> None:
    file.write_text(dump_tree(tree), encoding="utf-8")
    assert read_tree(file).value == tree


@pytest.mark.parametrize("name", NAMES)
def test_other_readers_take_text_for_text(name: str) -> None:
    assert yaml.safe_load(dump_tree({"title": name, "list": [name]})) == {"title": name, "list": [name]}


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
@pytest.mark.parametrize("step", [lambda scenario: scenario, resolve], ids=["as written", "resolved"])
def test_a_scenario_is_read_back_equal(case: Path, step, file: Path) -> None:  # type: ignore[no-untyped-def]
    scenario = step(load(case))
    text = dump(scenario)
    file.write_text(text, encoding="utf-8")
    assert load(file) == scenario
    assert dump(load(file)) == text
    assert resolve(load(file)) == resolve(scenario)


@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_a_hostile_title_survives(name: str, file: Path) -> None:
    scenario = load(CASES / "valid" / "small.yaml").model_copy(update={"title": name})
    file.write_text(dump(scenario), encoding="utf-8")
    assert load(file) == scenario


def test_the_schema_is_draft_7_and_takes_the_valid_cases_only() -> None:
    schema = json_schema()
    Draft7Validator.check_schema(schema)
    assert "$defs" not in json.dumps(schema)
    assert "prefixItems" not in json.dumps(schema)
    validator = Draft7Validator(schema)
    for case in VALID:
        assert not list(validator.iter_errors(read_tree(case).value)), case
    for case in ("unknown-key", "unknown-key-deep", "literal", "no-outcomes", "three-sides-of-a-pair", "missing-keys"):
        assert list(validator.iter_errors(read_tree(CASES / "invalid" / f"{case}.yaml").value)), case
