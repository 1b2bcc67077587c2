"""Files that are spoiled in every way one can think of, by the hundred: each is taken rightly, or refused plainly.

A mutant that fails is named with its seed; `campaign.one(subject, seed)` makes it again.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from campaign import Case, Table, campaign, one
from judge import MOST_LINES, Subject, furnish, judged, subjects, unclear, use_scenario
from mutate import BROKEN, EITHER, GOOD, REFUSED, SAME, TREES, Mutant

from escalation_sim.scenario.load import read_tree

SEED = "every commit"
MOST_MEGABYTES = 300


def _whole(table: Table) -> None:
    """What must hold of all mutants together."""
    print(table.told())
    assert not table.faults, table.told()
    assert table.share_placed >= 0.98
    assert table.refused > 0.5 * table.n


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """500 mutants, always the same."""
    return list(campaign(500, SEED, tmp_path_factory.mktemp("mutants"), share_of_big=0.04))


def test_spoiled_files_are_sound_or_refused_in_plain_words(cases: list[Case]) -> None:
    table = Table()
    for case in cases:
        table.add(case)
    _whole(table)
    assert set(table.by_kind) >= {way.__name__ for way in (*BROKEN, *GOOD)}
    assert sum(case.mutant.expect == SAME for case in cases) >= 40


@pytest.mark.slow
def test_ten_thousand_spoiled_files(tmp_path: Path) -> None:
    seed = os.environ.get("MUTATION_SEED", dt.date.today().isoformat())
    print(f"MUTATION_SEED={seed}")
    table = Table()
    for case in campaign(int(os.environ.get("MUTATIONS", "10000")), seed, tmp_path, share_of_big=0.25):
        table.add(case)
    _whole(table)


class Answer(NamedTuple):
    """What the program said, and the most memory it took."""

    code: int
    stdout: str
    stderr: str
    megabytes: float


def _ask(file: Path, scratch: Path) -> Answer:
    """`escalation-sim check FILE` in a process of its own."""
    with (scratch / "out").open("w+b") as out, (scratch / "err").open("w+b") as err:
        process = subprocess.Popen([sys.executable, "-m", "escalation_sim", "check", str(file)], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = ((scratch / name).read_text(encoding="utf-8") for name in ("out", "err"))
    return Answer(process.returncode, *said, usage.ru_maxrss / 1024)


def _asked(cases: list[Case], n: int, folder: Path) -> None:
    """Some of the mutants of scenarios through the real program."""
    small = [case for case in cases if case.subject in {"small", "starter"}]
    furnish(folder / "home")
    file = folder / "home" / "mutant.yaml"
    texts = {subject.name: subject.text for subject in subjects()}
    file.write_text(texts["small"], encoding="utf-8")
    base = _ask(file, folder).megabytes
    for case in random.Random(1).sample(small, n):
        file.write_bytes(case.mutant.data)
        answer = _ask(file, folder)
        where = f"{case.mutant.kind} of {case.subject}, seed {case.seed!r}"
        assert answer.code == (2 if case.verdict.refused else 0), f"{where}: {answer.stderr}"
        lines = answer.stderr.splitlines()
        assert bool(lines) == case.verdict.refused, where
        assert not lines or (len(lines) <= MOST_LINES and unclear(lines, file) == ""), where
        assert bool(answer.stdout) != case.verdict.refused, where
        assert answer.megabytes < base + MOST_MEGABYTES, where


def test_the_program_itself_answers_as_its_parts_do(cases: list[Case], tmp_path: Path) -> None:
    _asked(cases, 6, tmp_path)


@pytest.mark.slow
def test_the_program_itself_answers_a_hundred_as_its_parts_do(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    cases = list(campaign(1000, "processes", tmp_path / "made", share_of_big=0.0))
    _asked(cases, 100, tmp_path)


def _verdict(text: str, mutant: Mutant, folder: Path) -> str:
    """What the judge says of a mutant of a text."""
    subject = Subject("small", text, use_scenario)
    file = folder / "mutant.yaml"
    file.write_text(text, encoding="utf-8")
    TREES[text] = read_tree(file).value
    return judged(mutant, subject, file, use_scenario(file)).fault


def test_the_judge_finds_what_is_wrongly_taken_changed_or_refused(tmp_path: Path) -> None:
    text = next(subject.text for subject in subjects() if subject.name == "small")
    title = text.replace("title: NO", "title: YES")
    assert _verdict(text, Mutant(title.encode(), "x", EITHER), tmp_path) == ""
    assert _verdict(text, Mutant(title.encode(), "x", REFUSED), tmp_path) == "accepted"
    assert _verdict(text, Mutant(title.encode(), "x", SAME), tmp_path) == "changed"
    assert _verdict(text, Mutant(title.encode(), "x", EITHER, 0), tmp_path) == "changed"
    assert _verdict(text, Mutant(b"x", "x", SAME), tmp_path) == "refused"
    file = Path("a.yaml")
    assert unclear(["a.yaml:1:1: id: Input should be a valid string"], file) == "unclear"
    assert unclear(["a.yaml:1:1: id: \x1b[2J is none"], file) == "unclear"
    assert unclear(["a.yaml:1:1: id: 'x y' is not an id"] * 13, file) == "too many lines"
    assert unclear(["a.yaml:1:1: id: 'x y' is not an id"], file) == ""


def test_a_crash_and_a_hang_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(file: Path) -> None:
        raise KeyError(file)

    def hang(file: Path) -> None:
        while True:
            pass

    monkeypatch.setattr("judge.MOST_SECONDS", 0.1)
    for use, fault in ((crash, "traceback"), (hang, "hang")):
        verdict = judged(Mutant(b"x", "x", EITHER), Subject("x", "x", use), tmp_path / "mutant.yaml", None)
        assert verdict.fault == fault


def test_a_seed_makes_the_same_mutant_again(cases: list[Case]) -> None:
    known = {subject.name: subject for subject in subjects()}
    case = cases[len(cases) // 2]
    assert one(known[case.subject], case.seed) == case.mutant
    assert one(known[case.subject], case.seed + "0") != case.mutant
