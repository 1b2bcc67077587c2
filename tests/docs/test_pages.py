"""Every command and snippet on the pages runs as typed, but for its size; a block that does not run says why not.

A page is played from top to bottom in one empty folder that has only `scenarios/` in it, as its reader would:

- `sh`: lines that begin with `escalation-sim`, in this process, with few replicates in place of many;
- `python`: in one namespace for the page, its numbers of replicates and draws lowered;
- `yaml` and tables: written to a file where `<!-- file: NAME -->` stands above the block. YAML without it is held by a
  test of its own (`YAML_ELSEWHERE`);
- `text`, or no language: what a command prints; it holds no command.

`<!-- not run: REASON -->` above a block leaves it out; each reason stands in `NOT_RUN` as well.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from escalation_sim.cli import main

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "results/README.md")),
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "src").rglob("*.md")),
    )
}
YAML_ELSEWHERE = {"docs/scenarios.md": "test_snippets.py", "docs/hindcast.md": "test_hindcast.py"}
SETS_UP = "python3 -m venv .venv &&"  # the two commands of the README, which CI runs from a clean checkout
NOT_RUN = {
    "CONTRIBUTING.md": ["tests/architecture/test_coverage.py does", "takes a quarter of an hour and more"],
    "docs/data.md": ["needs the record"],
    "docs/explore.md": ["serves until it is stopped"],
    "docs/first-run.md": ["sets up an environment"],
    "docs/sweeps.md": ["needs Slurm", *["needs Kubernetes"] * 3, "needs a cluster"],
}
SMALL = ["--replicates", "40", "--parameters", "2", "--no-figures"]
FEW = {
    "run": SMALL,
    "compare": [*SMALL, "--replicates", "10"],
    "knockout": [*SMALL, "--replicates", "4"],
    "paths": [*SMALL, "--replicates", "60", "--chains", "2", "--futures", "2"],
    "signals": [*SMALL, "--replicates", "60"],
    "verify": ["--only", "generator"],
    "sweep": ["--replicates", "4", "--parameters", "1", "--jobs", "1"],
    "sensitivity": ["--no-figures"],
    "backtest": ["--replicates", "20", "--draws", "2", "--no-figures"],
}
REPEATED = {"compare", "knockout", "paths", "signals"}  # dear, and the same wherever they stand
PRECISE = ["--precision", "0.5", "--max-replicates", "1000", "--parameters", "2", "--no-figures"]
_FENCE = re.compile(r"^(?:<!-- ([^\n]+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(\$ )?(escalation-sim|pip|python3?) ", re.MULTILINE)
_SIZES = {r"replicates=[\d_]+": "replicates=40", r"parameters=[\d_]+": "parameters=4"}
_done: set[str] = set()


class Block(NamedTuple):
    """A fenced block: the comment right above it, its language, its text."""

    mark: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    return [Block(mark or "", language, text) for mark, language, text in _FENCE.findall(page)]


def reason(block: Block) -> str:
    """Why a block is not run; empty if it is."""
    return block.mark.partition("not run: ")[2]


def unheld(name: str, page: str) -> list[str]:
    """What is on a page that nothing would run and no reason stands for."""
    found = blocks(page)
    fences = len(re.findall(r"^\s*(```|~~~)", page, re.MULTILINE))
    problems = [f"{fences} fences, of which {2 * len(found)} are understood"] if fences != 2 * len(found) else []
    for block in found:
        if reason(block) or block.language in {"sh", "python"} or block.mark.startswith("file: "):
            continue
        if block.language == "yaml" and name in YAML_ELSEWHERE:
            continue
        if block.language not in {"", "text"}:
            problems.append(f"a block of {block.language} that nothing runs: {block.text[:60]!r}")
        elif _COMMAND.search(block.text):
            problems.append(f"a command in a block of text: {block.text[:60]!r}")
    return problems


def play(name: str, page: str) -> Counter[str]:
    """Run a page in the current folder; returns how many lines and blocks of each language were run."""
    ran, names = Counter[str](), dict[str, Any]()
    for block in blocks(page):
        if reason(block):
            continue
        if block.mark.startswith("file: "):
            Path(block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            text = block.text
            for written, small in _SIZES.items():
                text = re.sub(written, small, text)
            exec(compile(text, f"{name}: {text.splitlines()[0]}", "exec"), names)
        elif block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                ran["sh"] += shell(line)
        ran[block.language] += block.language != "sh"
    return ran


def shell(line: str) -> int:
    """Run one command line in this process, smaller; 1 if it was run."""
    words, target = shlex.split(line, comments=True), None
    if not words or line.startswith(SETS_UP):
        return 0
    assert words[0] == "escalation-sim", f"only escalation-sim is run here, not: {line}"
    if words[-2:-1] == [">"]:
        words, target = words[:-2], Path(words[-1])
    if words[1] in REPEATED and "--out" not in words:
        if " ".join(words) in _done:
            return 1
        _done.add(" ".join(words))
    small = PRECISE if "--precision" in words else FEW.get(words[1], [])
    small = [] if {"--dry-run", "--emit"} & set(words) else small
    words = [word for word in words if word != "--pdf"]  # its library is no part of the tests
    answer = CliRunner().invoke(main, [*words[1:], *small])
    assert answer.exit_code == 0, f"{line}\n{answer.output}"
    assert answer.stdout, line
    if target:
        target.write_text(answer.stdout, encoding="utf-8")
    return 1


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the scenarios, and nothing else; the current one."""
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    return tmp_path


DRIVERS = """
id: small
kind: sobol
points: 2
variables:
  - {id: nato_restraint, set: rules.nato-avoids-a-clash.then.seize, between: [-3.0, 0.0]}
  - {id: moscow_restraint, set: rules.moscow-avoids-nato.then.seize, between: [-3.0, 0.0]}
"""


def furnish(page: str, request: pytest.FixtureRequest) -> None:
    """What a page takes for granted: sweeps of another page (small ones in their place), a quick estimation."""
    if page == "docs/data.md":
        request.getfixturevalue("quick")
    if page == "docs/sensitivity.md":
        Path("small.yaml").write_text(DRIVERS, encoding="utf-8")
        for name in ("troops", "clash"):
            shell(
                f"escalation-sim sweep scenarios/north-korea-troops-2024.yaml --design small.yaml --out results/{name}"
            )


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if blocks(page)])
def test_the_page_runs_from_top_to_bottom(name: str, place: Path, request: pytest.FixtureRequest) -> None:
    furnish(name, request)
    ran = play(name, PAGES[name])
    print(name, dict(ran))


@pytest.mark.parametrize("name", PAGES)
def test_every_block_runs_or_says_why_not(name: str) -> None:
    assert unheld(name, PAGES[name]) == []


def test_the_reasons_are_those_that_are_listed() -> None:
    given = {name: [reason(block) for block in blocks(page) if reason(block)] for name, page in PAGES.items()}
    assert {name: reasons for name, reasons in given.items() if reasons} == NOT_RUN


@pytest.mark.parametrize(
    "page",
    [
        "```json\n{}\n```\n",
        "```yaml\nid: a\n```\n",
        "```text\nescalation-sim run my-crisis.yaml\n```\n",
        "  ```sh\n  escalation-sim schema\n  ```\n",
        "~~~\nescalation-sim schema\n~~~\n",
    ],
)
def test_a_block_that_nothing_runs_is_found(page: str) -> None:
    assert unheld("a page", page)
    assert not unheld("a page", "```text\nWritten to results/a.\n```\n")


@pytest.mark.parametrize(
    "page",
    ["```sh\nescalation-sim check no-such-file.yaml\n```\n", "```sh\nls\n```\n", "```python\n1 / 0\n```\n"],
)
def test_a_page_that_is_wrong_is_found(page: str, place: Path) -> None:
    with pytest.raises((AssertionError, ZeroDivisionError)):
        play("a page", page)


def test_a_page_is_played_in_order(place: Path) -> None:
    page = "<!-- file: a.yaml -->\n```yaml\nextends: library:starter\n```\n```sh\nescalation-sim check a.yaml\n```\n"
    assert play("a page", page) == {"yaml": 1, "sh": 1}


@pytest.mark.parametrize("command", ["compare", "knockout", "paths", "signals", "report", "sensitivity"])
def test_each_page_shows_its_own_command(command: str) -> None:
    shown = "\n".join(block.text for block in blocks(PAGES[f"docs/{command}.md"]) if block.language == "sh")
    assert f"escalation-sim {command} " in shown
