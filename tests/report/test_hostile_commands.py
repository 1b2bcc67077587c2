"""Hostile texts in every field that takes any text, through every command: none reaches an output as it is."""

from __future__ import annotations

import csv
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from click.testing import CliRunner
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from escalation_sim.cli import main
from escalation_sim.scenario.dump import dump_tree
from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.starter import new_scenario
from escalation_sim.scenario.truth import Truth

TEXTS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "</style></title></svg><svg onload=alert(1)>",
    "\"><img src=x onerror=alert(1)>'>",
    "$\\frac{1}{0}$ \\begin{x} $",
    "{{ 7 * 7 }} {% raw %} ${7*7} %s %n {0} {title}",
    "../../etc/passwd",
    "NA\u200cNA \u200d joined",
    "[red]rich[/red] `code` *bold* | a | b |",
]
SCHEMA = {"set", "extends", "with", "dist"}  # paths, names of files and of distributions: they point to something
FOUR = ["--parameters", "2", "--replicates", "40"]


def free_texts(kind: Any, seen: frozenset[type] = frozenset()) -> set[str]:
    """Names of the keys of a schema that take any text, at any depth."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind in seen:
            return set()
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        own = {name for name, field in fields.items() if _is_text(field)} - SCHEMA
        return own.union(*(free_texts(field.annotation, seen | {kind}) for field in fields.values()))
    return set().union(*(free_texts(inner, seen) for inner in get_args(kind)))


def _is_text(field: FieldInfo) -> bool:
    """Whether a field is a text of any kind, and no id or word of a list."""
    kinds = [field.annotation, *get_args(field.annotation)]
    bare = any(
        kind is str or (get_args(kind) and get_args(kind)[0] is str and get_origin(kind) is not dict) for kind in kinds
    )
    said = [*field.metadata, *(item for kind in kinds for item in getattr(kind, "__metadata__", ()))]
    patterned = "pattern=" in repr(said)
    return bare and not patterned and "Validator" not in repr(said)


def filled(node: Any, names: set[str], text: Iterator[str]) -> Any:
    """A tree with a hostile text in the place of every free one."""
    if isinstance(node, list):
        return [filled(item, names, text) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: next(text) if key in names and isinstance(item, str) else filled(item, names, text)
        for key, item in node.items()
    }


def endless() -> Iterator[str]:
    """The texts over and over, each time another: some must not stand twice."""
    number = 0
    while True:
        for text in TEXTS:
            number += 1
            yield f"{text} {number}"


def unprintable(text: str) -> set[str]:
    """What a terminal might obey and an eye would miss."""
    return {f"U+{ord(char):04X}" for char in text if unicodedata.category(char)[0] == "C" and char != "\n"}


TRUTH = """\
format_version: 1
scenario: reef
observed_until: 2026-03-01
outcomes:
  - id: china-philippines-clash
    happened: true
    on: 2025-03-10
    confidence: 0.9
    source: x
    because: x
    base_rate: {per_year: 0.05, basis: elicited, because: x, source: x}
"""
DESIGN = """\
id: dose
title: x
kind: grid
replicates: 20
parameters: 2
variables:
  - {id: rate, label: x, unit: x, set: events.collision.hazard.rate, values: [0.1, 2.0], because: x, source: x}
"""
MORE = """
levers:
  - {id: doubt, label: x, by: [USA], variants: [doubted_treaty], because: x, source: x}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, a design, a truth file and points that are hostile wherever they can be."""
    folder = tmp_path_factory.mktemp("hostile")
    names, text = free_texts(Scenario) | free_texts(Truth), endless()
    every = new_scenario("reef") + MORE
    for name, said in {"reef": every, "dose": DESIGN, "truth": TRUTH}.items():
        file = folder / f"{name}.yaml"
        file.write_text(said, encoding="utf-8")
        tree = filled(read_tree(file).value, names, text)
        blocks = [
            one for field in ("states", "commitments", "wars", "outcomes", "events") for one in tree.get(field, ())
        ]
        for block in blocks if name == "reef" else ():
            block |= {"because": next(text), "source": next(text)} if "resolution" not in block else {}
        for state in tree.get("states", ()):
            state["name"] = next(text)
        file.write_text(dump_tree(tree), encoding="utf-8")
    (folder / "points.csv").write_text('title,variant\n"=1+1 <script>",base\n<b>x,doubted_treaty\n', encoding="utf-8")
    return folder


COMMANDS = {
    "check": ["check", "reef.yaml"],
    "explain": ["explain", "reef.yaml"],
    "trace": ["trace", "reef.yaml", "--parameters", "2"],
    "trace of an outcome": [
        "trace",
        "reef.yaml",
        "--parameters",
        "2",
        "--outcome",
        "china-philippines-clash",
        "-k",
        "3",
    ],
    "run": ["run", "reef.yaml", *FOUR, "--out", "run"],
    "score": ["score", "run", "--truth", "truth.yaml", "--out", "score"],
    "compare": ["compare", "reef.yaml", *FOUR, "--out", "compare"],
    "knockout": ["knockout", "reef.yaml", *FOUR, "--kind", "rule", "--out", "knockout"],
    "paths": ["paths", "reef.yaml", *FOUR, "--chains", "3", "--futures", "3", "--out", "paths"],
    "signals": ["signals", "reef.yaml", *FOUR, "--out", "signals"],
    "sweep": ["sweep", "reef.yaml", "--design", "dose.yaml", "--jobs", "1", "--out", "sweep"],
    "sensitivity": ["sensitivity", "sweep", "--out", "sensitivity"],
    "list of points": ["sweep", "reef.yaml", "--design", "points.csv", *FOUR, "--jobs", "1", "--out", "list"],
    "status": ["status", "sweep"],
    "report": ["report", "run", "compare", "paths", "--markdown"],
}


def files_at_fault(folder: Path) -> list[str]:
    """What is live in the files below a folder: formulas in tables, markup in pictures, odd names."""
    found = [
        str(file) for file in folder.rglob("*") if not file.name.isprintable() or set(file.name) & set("<>'\"=|$ ")
    ]
    for file in folder.rglob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        found += [f"{file.name}: {cell[:40]}" for cell in cells if cell.startswith(("=", "@", "\t", "\r"))]
        found += [f"{file.name}: {cell[:40]}" for cell in cells if cell.startswith(("+", "-")) and not _is_number(cell)]
        found += [f"{file.name}: {name}" for cell in cells for name in unprintable(cell)]
    for file in folder.rglob("*.svg"):
        tags = {
            node.tag.rpartition("}")[2].lower() for node in ElementTree.parse(file).iter() if isinstance(node.tag, str)
        }
        found += [f"{file.name}: <{tag}>" for tag in tags & {"script", "img", "foreignobject", "iframe"}]
        found += (
            [f"{file.name}: onload"]
            if "onload=" in file.read_text(encoding="utf-8").replace("onload=alert(1)&gt;", "")
            else []
        )
    return found


def _is_number(cell: str) -> bool:
    try:
        return bool(float(cell) or True)
    except ValueError:
        return False


def test_every_free_text_of_the_schema_is_found() -> None:
    found = free_texts(Scenario) | free_texts(Truth)
    assert found >= {
        "title",
        "label",
        "description",
        "because",
        "source",
        "resolution",
        "clause",
        "name",
        "url",
        "unit",
    }
    assert not found & {"id", "actor", "act", "kind", "set"}


@pytest.mark.parametrize("name", COMMANDS)
def test_hostile_texts_come_out_as_texts(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    words = COMMANDS[name]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, (answer.output, answer.exception)
    assert unprintable(answer.stdout) == set()
    assert unprintable(answer.stderr) == set()
    if "--out" in words:
        assert files_at_fault(home / words[-1]) == []
    if name == "report":
        page = Path("report.html").read_text(encoding="utf-8")
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "onload=alert(1)>" not in page


def test_what_is_live_in_files_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n=1,-x\n+1,\u202e\n", encoding="utf-8")
    (tmp_path / "a.svg").write_text("<svg><script/></svg>", encoding="utf-8")
    (tmp_path / "<b>").touch()
    assert len(files_at_fault(tmp_path)) == 5


@pytest.mark.parametrize("odd", ["\x1b[2J", "\u202e", "\x07", "\x9b2J"])
@pytest.mark.parametrize(
    "words",
    [
        ["check", "absent{}.yaml"],
        ["explain", "reef.yaml", "--state", "X{}"],
        ["run", "reef.yaml", "--with", "v{}"],
        ["run", "reef.yaml", "--set", "a{}=1"],
        ["run", "reef.yaml", "--set", "title=a{}"],
        ["run", "reef.yaml", "--rare", "x{}"],
        ["compare", "reef.yaml", "--with", "v{}"],
        ["compare", "reef.yaml", "--levers", "--less", "x{}", "--more", "y{}"],
        ["knockout", "reef.yaml", "--outcome", "x{}"],
        ["paths", "reef.yaml", "--outcome", "x{}"],
        ["signals", "reef.yaml", "--outcome", "x{}"],
        ["trace", "reef.yaml", "--parameters", "2", "--outcome", "x{}"],
        ["sweep", "reef.yaml", "--design", "d{}"],
        ["sweep", "reef.yaml", "--design", "d{}.yaml"],
        ["sweep", "reef.yaml", "--design", "d{}.csv"],
        ["status", "folder{}"],
        ["sensitivity", "folder{}"],
        ["report", "folder{}"],
        ["reproduce", "folder{}"],
        ["score", "folder{}", "--truth", "truth.yaml"],
        ["new", "x{}"],
        ["{}"],
        ["run", "reef.yaml", "--replicates", "1{}"],
    ],
    ids=lambda words: " ".join(words),
)
def test_an_error_obeys_no_control_character(
    words: list[str], odd: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    answer = CliRunner().invoke(main, [word.replace("{}", odd) for word in words])
    assert answer.exit_code in {2, 4}, answer.output
    assert isinstance(answer.exception, SystemExit)
    assert unprintable(answer.stderr) == set()
    assert unprintable(answer.stdout) == set()
