"""Reading scenario files: what is taken, what is refused, and with which words."""

import os
from pathlib import Path

import pytest

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.load import MAX_NODES, library, load, read_tree, read_value
from escalation_sim.scenario.resolve import resolve

CASES = Path(__file__).parents[1] / "cases"
INVALID = sorted((CASES / "invalid").glob("*.yaml"))
VALID = sorted((CASES / "valid").glob("*.yaml"))


def problems(text: str | bytes, folder: Path) -> list[str]:
    """What `load` says of a text, with the file's name cut off."""
    file = folder / "scenario.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError) as refused:
        load(file)
    return [line.replace(f"{file}:", "").strip() for line in refused.value.problems]


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_an_invalid_case_is_refused_with_the_words_it_announces(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case.parent)
    heading = [line for line in case.read_text(encoding="utf-8").splitlines() if line.startswith("# expect: ")]
    expected = [line.removeprefix("# expect: ").replace("@", case.name) for line in heading]
    assert expected, "the case does not say what it expects"
    assert check(case.name) == expected


def test_almost_every_message_has_a_line_and_none_shows_the_library_behind() -> None:
    assert len(INVALID) >= 40
    said = [line for case in INVALID for line in case.read_text(encoding="utf-8").splitlines()]
    said = [line for line in said if line.startswith("# expect: ") and not line.endswith(" more problems")]
    placed = [line for line in said if ".yaml:" in line or "@:" in line]
    assert len(placed) >= 0.98 * len(said)
    for jargon in ("Input should", "pydantic", "Value error", "Traceback", "constrained", "tuple[", "yaml."):
        assert not [line for line in said if jargon in line.replace(".yaml", "")]


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
def test_a_valid_case_has_no_problem(case: Path) -> None:
    assert check(case) == []


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "---\n" + text + "...\n",
        lambda text: "# a comment\n\n" + text.replace("\n", "   # and another\n", 1),
        lambda text: text.rstrip("\n"),
    ],
    ids=["CRLF", "byte order mark", "document marks", "comments", "no last newline"],
)
def test_the_same_scenario_written_differently_is_the_same(rewrite, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    original = CASES / "valid" / "small.yaml"
    copy = tmp_path / "small.yaml"
    copy.write_bytes(rewrite(original.read_text(encoding="utf-8")).encode())
    assert load(copy) == load(original)
    assert resolve(load(copy)) == resolve(load(original))


def test_the_limit_on_nodes_stops_a_file_before_it_is_built(tmp_path: Path) -> None:
    assert str(MAX_NODES) in problems("a: [" + "1," * (MAX_NODES + 1) + "]", tmp_path)[0]
    fitting = tmp_path / "fitting.yaml"
    fitting.write_text("a: [" + "1," * (MAX_NODES - 10) + "]")
    assert len(read_tree(fitting).value["a"]) == MAX_NODES - 10


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for name in ("pipe.yaml", "loop.yaml", "absent.yaml", ".", "nul\0.yaml", "x" * 300 + ".yaml"):
        with pytest.raises(ScenarioError):
            load(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("off", "off"),
        ("yes", "yes"),
        ("True", "True"),
        ("2024-10-24", "2024-10-24"),
        ("12:30", "12:30"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("NaN", "NaN"),
        ("١٢", "١٢"),
        ("'1'", "1"),
        ("010", 10),
        ("+7", 7),
        ("1e-3", 0.001),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-1.", -1.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    read = read_value(text, "--set x=")
    assert read.value == value
    assert type(read.value) is type(value)


def test_the_packaged_library_is_read_by_the_same_rules_whichever_parser_reads_it() -> None:
    folder = Path(str(load.__globals__["LIBRARY"]))
    for file in sorted(folder.glob("*.yaml")):
        assert library(file.stem) == read_tree(file).value, file


def test_marks_lead_to_values_and_to_keys(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("rules:\n  - then: {arm: 1}\n    id: seoul\n")
    marks = read_tree(file, "f").marks
    assert str(marks.place(("rules", "seoul", "then", "arm"))) == "f:2:17"
    assert str(marks.place(("rules", "seoul", "then", "arm"), of_key=True)) == "f:2:12"
    assert str(marks.place(("rules", "seoul", "absent"))) == "f:2:5"
    assert str(marks.place(("absent",))) == "f:1:1"


def test_extends_stays_in_the_folder_even_through_links(tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text("password: hunter2\n")
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(outside)
    lines = problems("extends: link.yaml\n", folder)
    assert lines == ["1:10: extends: 'link.yaml' lies outside the folder of the scenario"]


def test_a_long_chain_and_a_cycle_of_extends_are_named(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"s{number}.yaml").write_text(f"extends: s{number + 1}.yaml\n")
    with pytest.raises(ScenarioError, match="a chain of more than 10 scenarios"):
        load(tmp_path / "s0.yaml")
    (tmp_path / "s2.yaml").write_text("extends: s0.yaml\n")
    with pytest.raises(ScenarioError, match=r"s0\.yaml -> .*s1\.yaml -> .*s2\.yaml -> .*s0\.yaml"):
        load(tmp_path / "s0.yaml")


def test_a_scenario_may_stand_on_one_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = tmp_path / "library" / "scenarios"
    packaged.mkdir(parents=True)
    text = (CASES / "valid" / "small.yaml").read_text(encoding="utf-8")
    (packaged / "crisis.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("escalation_sim.scenario.extends.LIBRARY", tmp_path / "library")
    file = tmp_path / "mine.yaml"
    file.write_text("extends: library:crisis\ntitle: mine\n")
    assert load(file).title == "mine"
    assert load(file).states == load(CASES / "valid" / "small.yaml").states
    said = "1:10: extends: no scenario in the library named 'crises'; did you mean 'crisis'?"
    assert problems("extends: library:crises\n", tmp_path) == [said]
