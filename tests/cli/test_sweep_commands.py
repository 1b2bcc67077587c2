"""Sweeps as a stranger types them: killed, stopped, damaged, shared out, refused; always the same folder at the end."""

import contextlib
import errno
import itertools
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from escalation_sim.cli import main
from escalation_sim.study import planning

CHUNK = 0.15  # seconds that a chunk should take: small ones, so that there are many
PROGRAM = (
    f"from escalation_sim.study import planning; planning._CHUNK = {CHUNK}; from escalation_sim.cli import main; main()"
)
DESIGN = """id: try
kind: grid
replicates: 60
parameters: 4
variables:
  - {id: odds, set: coefficients.reply.war.intercept, between: [-3.0, 1.0], levels: 6}
  - {id: weeks, set: coefficients.memory.fast, between: [1.0, 3.0], levels: 4}
"""
SMALL = DESIGN.replace("levels: 6", "levels: 2").replace("levels: 4", "levels: 2")
FAILING = """id: failing
kind: grid
replicates: 10
parameters: 2
variables:  # each alone is sound, but a reliability of 0.3 has no scale
  - {id: who, variants: [base, doubted_treaty]}
  - {id: scale, set: commitments.us-philippines.reliability.scale, values: [0.5, 0.9]}
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a scenario, as `new` makes it, and designs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(planning, "_CHUNK", CHUNK)
    Path("small.yaml").write_text(_call("new", "small").stdout, encoding="utf-8")
    Path("try.yaml").write_text(DESIGN)
    Path("failing.yaml").write_text(FAILING)
    return tmp_path


def _call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def _sweep(*words: str, design: str = "try.yaml") -> Result:
    return _call("sweep", "small.yaml", "--design", design, *words)


def _words(*more: str, design: str = "try.yaml") -> list[str]:
    return [sys.executable, "-c", PROGRAM, "sweep", "small.yaml", "--design", design, "--out", "out", *more]


def _started(words: list[str]) -> subprocess.Popen[str]:
    """A process that leads a group of its own."""
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def _contents(folder: str | Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def _differences(folder: str | Path, reference: dict[str, bytes]) -> set[str]:
    found = _contents(folder)
    return {name for name in {*found, *reference} if found.get(name) != reference.get(name)}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file of the sweep, run without interruption in one process."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "small.yaml").write_text(_call("new", "small").stdout, encoding="utf-8")
    (folder / "try.yaml").write_text(DESIGN)
    subprocess.run(_words("--jobs", "1"), cwd=folder, check=True, capture_output=True)
    found = _contents(folder / "out")
    assert sum(name.startswith("shards/") for name in found) == 12
    return found


def _wait_for(folder: str, shards: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(Path(folder).glob("shards/*.shard"))) < shards:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_sweep_from_beginning_to_end(reference: dict[str, bytes]) -> None:
    answer = _sweep("--out", "out", "--jobs", "2")
    assert answer.exit_code == 0, answer.output
    assert "Small: sweep 'try' (grid), 24 points x 60 replicates over 4 parameter draws, seed 1" in answer.stdout
    assert "Lowest and highest probability over the points" in answer.stdout
    assert "Written to out." in answer.stdout
    assert _differences("out", reference) == set()
    points = pd.read_csv("out/points.csv")
    assert points["point"].nunique() == 24
    assert (points["n"] == 60).all()
    again = _sweep("--out", "out")
    assert (again.exit_code, again.stdout) == (0, answer.stdout)
    assert _differences("out", reference) == set()
    assert "finished; try: escalation-sim sensitivity out" in _call("status", "out").stdout
    said = json.loads(_sweep("--out", "out", "--json").stdout)
    assert (said["points"], said["failed_points"], said["replicates"]) == (24, 0, 60)
    for outcome in said["outcomes"]:
        assert outcome["lowest"]["probability"] <= outcome["highest"]["probability"]


def test_a_dry_run_writes_nothing() -> None:
    before = _contents(".")
    answer = _sweep("--dry-run")
    assert answer.exit_code == 0, answer.output
    assert "1,440 replicates in 12 chunks of 2 points; roughly" in answer.stdout
    assert "Nothing was run." in answer.stdout
    refused = _sweep("--dry-run", "--max-hours", "0.0001")
    assert refused.exit_code == 0
    assert "It would be refused: 1,440 replicates take about" in refused.stdout
    assert _contents(".") == before
    assert not Path("results").exists()


def test_a_chunk_is_never_said_to_be_larger_than_the_design(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_CHUNK", 100.0)
    assert "1 chunks of 24 points" in _sweep("--dry-run").stdout


BAD: list[tuple[list[str], str]] = [
    (["--design", "tyr"], "--design tyr: the scenario has no such design, and it is no .yaml or .csv file"),
    (["--design", "nothing.yaml"], "nothing.yaml: no such file"),
    (["--design", "nothing.csv"], "nothing.csv: no such file"),
    (["--design", "bad.yaml"], "bad.yaml:2:7: kind"),
    (["--design", "bad.csv"], "bad.csv:3: 2 cells, but the header has 1"),
    (["--design", "huge.csv"], "huge.csv:2: no line of cells with commas"),
    (["--design", "impossible.csv"], "a probability lies in [0, 1]"),
    (["--design", "."], "no such design"),
    (["--set", "nothing=1"], "nothing"),
    (["--with", "surge"], "surge"),
    (["--replicates", "0"], "0 is not in the range x>=1"),
    (["--seed", "-1"], "-1 is not in the range"),
    (["--jobs", "0"], "0 is not in the range x>=1"),
    (["--shard", "3/3"], "3/3: write i/n with i from 0 to n - 1, such as 0/20"),
    (["--shard", "1"], "1: write i/n with i from 0 to n - 1"),
    (["--shard", "-1/3"], "-1/3: write i/n"),
    (["--shard", "0/0"], "0/0: write i/n"),
    (["--emit", "cron"], "'cron' is not one of 'slurm', 'kubernetes'"),
    (["--dask", "nonsense"], "--dask nonsense: no Dask scheduler answers there"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), BAD)
def test_bad_input_is_told_in_a_sentence(words: list[str], said: str) -> None:
    Path("bad.yaml").write_text("id: bad\nkind: gird\nvariables:\n  - {id: x, set: a, values: [1]}\n")
    Path("bad.csv").write_text("coefficients.memory.fast\n2\n2,3\n")
    Path("huge.csv").write_text(f'title\n"{"a" * 200_000}"\n')
    Path("impossible.csv").write_text("commitments.us-philippines.reliability\n0.5\n1.2\n")
    before = _contents(".")
    given = words if words[0] == "--design" else ["--design", "try.yaml", *words]
    answer = _call("sweep", "small.yaml", *given, "--out", "out")
    assert answer.exit_code == 2, answer.output
    assert said in answer.stderr
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) <= 12
    assert isinstance(answer.exception, SystemExit)  # no traceback
    if "--dask" not in words:
        assert _contents(".") == before
        assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--replicates", str(10**12)], r"replicates take about .* core hours .* above the limit of 1,000 core hours"),
        (["--design", "wide.yaml"], "10,000,000,000 points with .* at most 200,000 are run"),
        (["--max-hours", "0.00001"], "lift the limit with --max-hours"),
        (["--replicates", str(10**9), "--max-hours", "1e12"], "GB of memory; ask for fewer points or --replicates"),
        (
            ["--replicates", str(10**9), "--max-hours", "1e12", "--max-memory", "1e6"],
            r"GB on disk; .* lift the limit with --max-disk",
        ),
        (["--emit", "slurm", "--replicates", str(10**12)], "core hours; ask for fewer points"),
    ],
)
def test_what_would_cost_too_much_is_refused_at_once(words: list[str], said: str) -> None:
    variables = "".join(f"  - {{id: v{k}, set: a.b{k}, between: [0, 1], levels: 10}}\n" for k in range(10))
    Path("wide.yaml").write_text(f"id: wide\nkind: grid\nvariables:\n{variables}")
    started = time.monotonic()
    answer = _sweep(*words)
    took = time.monotonic() - started
    assert answer.exit_code == 2, answer.output
    assert re.search(said, answer.stderr), answer.stderr
    assert took < 2.0
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Path("out").write_text("x"), "this is a file or a link, not a folder"),
        (lambda: Path("out").symlink_to("."), "this is a file or a link, not a folder"),
        (lambda: (Path("out").mkdir(), Path("out/thesis.tex").touch()), "the folder holds other things than a sweep"),
        (lambda: _call("run", "small.yaml", "--replicates", "4", "--no-figures", "--out", "out"), "holds other things"),
    ],
)
def test_a_folder_of_something_else_is_left_alone(make: Any, said: str) -> None:
    make()
    before = _contents("out") if Path("out").is_dir() else Path("out").read_bytes()
    answer = _sweep("--out", "out")
    assert answer.exit_code == 4, answer.output
    assert said in answer.stderr
    assert (_contents("out") if Path("out").is_dir() else Path("out").read_bytes()) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "2"], "seed: 1 instead of 2"),
        (["--replicates", "61"], "replicates: 60 instead of 61"),
        (["--no-runs"], "runs: True instead of False"),
        (["--own-random-numbers"], "layout.common: True instead of False"),
        (["--set", "tick=14 days"], "settings: [] instead of ['tick=14 days']"),
    ],
)
def test_a_folder_of_another_sweep_is_refused_with_the_difference(words: list[str], said: str) -> None:
    Path("try.yaml").write_text(SMALL)
    assert _sweep("--out", "out", "--jobs", "1").exit_code == 0
    before = _contents("out")
    answer = _sweep("--out", "out", *words)
    assert answer.exit_code == 4
    assert said in answer.stderr
    scenario = Path("small.yaml").read_text()
    assert "scale: 0.1}" in scenario
    Path("small.yaml").write_text(scenario.replace("scale: 0.1}", "scale: 0.2}"))
    edited = _sweep("--out", "out")
    assert edited.exit_code == 4
    assert "tree.events.collision.hazard.rate.scale: 0.1 instead of 0.2" in edited.stderr
    assert _contents("out") == before


def test_points_that_fail_are_counted_and_tried_again() -> None:
    words = ["--out", "out", "--jobs", "1", "--json"]
    answer = _sweep(*words, design="failing.yaml")
    assert answer.exit_code == 3, answer.output
    assert json.loads(answer.stdout)["failed_points"] == 2
    assert "failed   points in 2 chunks" in _call("status", "out").stdout
    told = pd.read_csv("out/failures.csv")
    assert told["point"].tolist() == [2, 3]
    first = _contents("out")
    assert _sweep(*words, design="failing.yaml").exit_code == 3
    assert _contents("out") == first
    assert _sweep(*words, "--parquet", design="failing.yaml").exit_code == 3
    points = pd.read_parquet("out/points.parquet")
    failed = points["point"].isin([2, 3])
    assert points.loc[failed, "n_failed"].tolist() == [10] * failed.sum()
    assert points.loc[failed, "probability"].isna().all()
    assert (points.loc[~failed, ["n", "n_failed"]] == [10, 0]).all(axis=None)
    text = _sweep("--out", "out", design="failing.yaml")
    assert "2 of 4 points failed (see failures.csv); --retry-failed tries them again." in text.stdout
    again = _sweep(*words, "--retry-failed", design="failing.yaml")
    assert again.exit_code == 3
    assert _contents("out") == first


def test_a_point_that_failed_for_once_is_repaired_by_trying_again(
    reference: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from escalation_sim.study import sweep

    whole = sweep.run_ensemble
    calls: list[int] = []

    def short_of_memory(*words: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) in (3, 20):
            raise MemoryError("for once")
        return whole(*words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "run_ensemble", short_of_memory)
        assert _sweep("--out", "out", "--jobs", "1", "--parquet").exit_code == 3
    assert pd.read_csv("out/failures.csv")["error"].tolist() == ["MemoryError"] * 2
    assert Path("out/points.parquet").exists()
    assert _sweep("--out", "out", "--retry-failed", "--jobs", "1").exit_code == 0
    assert _differences("out", reference) == set()  # without tables of before, in Parquet or not


@pytest.mark.parametrize("name", ["points.csv", "points.parquet", "runs.parquet"])
def test_damage_is_told_until_it_is_mended(name: str) -> None:
    Path("try.yaml").write_text(SMALL)
    words = ["--out", "out", "--jobs", "1", "--parquet"]
    assert _sweep(*words).exit_code == 0
    whole = _contents("out")
    Path("out", name).write_bytes(b"rubbish")
    told = f"{Path('out', name)}: the file was changed or damaged after the sweep"
    status = _call("status", "out")
    assert f"damaged  {told}" in status.stdout
    assert "finished" not in status.stdout
    assert json.loads(_call("status", "out", "--json").stdout)["finished"] is False
    report = _call("report", "out")
    assert report.exit_code == 4
    assert told in report.stderr
    assert _sweep(*words).exit_code == 0
    assert _contents("out") == whole
    assert "finished; try" in _call("status", "out").stdout
    Path("out", name).write_bytes(b"rubbish")
    assert _sweep(*words[:-1]).exit_code == 0
    assert set(_contents("out")) == {one for one in whole if not one.endswith(".parquet")}


def test_a_report_names_what_is_not_of_the_sweep() -> None:
    Path("try.yaml").write_text(SMALL)
    assert _sweep("--out", "out", "--jobs", "1").exit_code == 0
    for name in ("zebra.csv", "shards/notes.txt"):
        Path("out", name).touch()
    named = "shards/notes.txt, zebra.csv"
    assert f"not of this sweep: {named}; they are not read" in _call("status", "out").stdout
    assert _call("report", "out", "-o", "whole.html").exit_code == 0
    Path("out/manifest.json").unlink()
    assert _call("report", "out", "-o", "part.html").exit_code == 3
    for page in ("whole.html", "part.html"):
        assert f"In the folder but not in its manifest, and not read: {named}" in Path(page).read_text()


def test_damage_is_found_and_mended(reference: dict[str, bytes]) -> None:
    assert _sweep("--out", "out", "--jobs", "1").exit_code == 0
    for name in ("points.csv", "runs.csv.gz", "dictionary.csv", "resolved.yaml", "manifest.json"):
        good = reference[name]
        Path("out", name).write_bytes(good[: len(good) // 2] + b"?" + good[len(good) // 2 + 1 :])
        assert _sweep("--out", "out").exit_code == 0, name
        assert _differences("out", reference) == set()
    first, second, third = sorted(Path("out/shards").iterdir())[:3]
    body = first.read_bytes()
    first.write_bytes(body[:-3] + bytes([body[-3] ^ 1]) + body[-2:])  # of the right length
    one, other = second.read_bytes(), third.read_bytes()
    second.write_bytes(other)
    third.write_bytes(one)
    fourth, fifth, *_, last = sorted(Path("out/shards").iterdir())[3:]
    fourth.unlink()
    fifth.unlink()
    fifth.symlink_to("/etc/passwd")
    last.unlink()
    os.mkfifo(last)
    Path("out/manifest.json").unlink()
    Path("out/shards/.000001.shard.00ff.partial").write_text("of one that was killed")
    assert "damaged" in _call("status", "out").stdout
    passwords = Path("/etc/passwd").read_bytes()
    answer = _sweep("--out", "out", "--jobs", "1")
    assert answer.exit_code == 0, answer.output
    assert _differences("out", reference) == set()
    assert Path("/etc/passwd").read_bytes() == passwords


class _Dead(BaseException):
    """Nothing catches it and nobody tidies up: as if the power were gone."""


NUMBERS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES)
FAILURES = [OSError(number, os.strerror(number)) for number in NUMBERS]
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("errors", "stride"),
    [
        ([_Dead()], 2),
        (FAILURES, 3),
        pytest.param([_Dead()], 1, marks=SLOW),
        *(pytest.param([error], 1, marks=SLOW) for error in FAILURES),
    ],
)
def test_whatever_call_to_the_disk_fails_the_same_command_goes_on(
    errors: list[BaseException], stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call that changes the disk fails, then the second ... until a run has no more; errors in turn."""
    Path("try.yaml").write_text(re.sub("between.*levels: 2", "values: [1.5]", SMALL.replace("60", "6"), count=1))
    assert _sweep("--out", "out", "--jobs", "1").exit_code == 0
    expected = _contents("out")
    for step, error in zip(itertools.count(1, stride), itertools.cycle(errors), strict=False):
        Path("out").rename(f"old{step}")
        calls: list[int] = []

        def failing(before: Any) -> Any:
            def call(*words: Any, **options: Any) -> Any:
                calls.append(1)  # noqa: B023
                if len(calls) == step:  # noqa: B023
                    raise error  # noqa: B023
                return before(*words, **options)

            return call

        with monkeypatch.context() as patch:
            for place, name in ((Path, "mkdir"), (Path, "replace"), (os, "fsync"), (os, "ftruncate")):
                patch.setattr(place, name, failing(getattr(place, name)))
            if isinstance(error, _Dead):
                unlink = Path.unlink
                patch.setattr(Path, "unlink", lambda path, **how: len(calls) < step and unlink(path, **how))  # noqa: B023
            try:
                answer = _sweep("--out", "out", "--jobs", "1")
            except _Dead:
                answer = None
        if len(calls) < step:
            break
        if answer is not None:
            assert answer.exit_code == 4, answer.output
            remedy = "the disk is full: free some space" if error is FAILURES[0] else "make it writable, or choose"
            assert remedy in answer.stderr
            assert len(answer.stderr.splitlines()) == 1
        assert _sweep("--out", "out", "--jobs", "1").exit_code == 0, step
        assert _differences("out", expected) == set(), step
    assert step > 12


def _killed_at(seconds: float, words: list[str]) -> bool:
    """Kill a whole group after a while; whether it was still running."""
    process = _started(words)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return running


def _report_says_whether_it_is_whole() -> int:
    """The exit code of a report on what lies there, which shows a finished result only if there is one."""
    finished = Path("out/manifest.json").exists()
    answer = _call("report", "out", "-o", "page.html", "--force")
    assert answer.exit_code in ({0} if finished else {3, 4}), answer.output
    assert Path("page.html").exists() == (answer.exit_code != 4)
    if answer.exit_code != 4:
        assert ("points, INCOMPLETE" in Path("page.html").read_text()) is not finished
        Path("page.html").unlink()
    return answer.exit_code


def test_a_report_amid_the_work_of_one_that_was_killed_says_incomplete() -> None:
    process = _started(_words("--jobs", "1"))
    _wait_for("out", 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert _report_says_whether_it_is_whole() == 3


@pytest.mark.parametrize("trials", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_at_any_moment_the_same_command_goes_on(trials: int, reference: dict[str, bytes]) -> None:
    luck = random.Random(trials)
    interrupted, took = 0, 3.0
    for trial in range(trials):
        interrupted += _killed_at(luck.uniform(0.3, 1.1) * took, _words("--jobs", "2"))
        _report_says_whether_it_is_whole()
        if trial % 3 == 2:
            _killed_at(luck.uniform(0.3, 1.1) * took, _words("--jobs", "2"))
        started = time.monotonic()
        subprocess.run(_words("--jobs", "2"), check=True, capture_output=True)
        took = time.monotonic() - started
        assert _differences("out", reference) == set()
        Path("out").rename(f"old{trial}")
    assert interrupted >= trials / 3


def _group(pid: int) -> set[int]:
    """Processes of a session that live."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, *_, session = path.read_text().rpartition(")")[2].split()[:4]
            if int(session) == pid and state not in "ZX":
                found.add(int(path.parent.name))
    return found


def _gone(pid: int, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while _group(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _group(pid)


DASK = pytest.param(
    ["--dask", "local", "--jobs", "1"], marks=pytest.mark.slow
)  # which takes its time on a busy machine


@pytest.mark.parametrize("where", [["--jobs", "2"], DASK])
def test_no_process_outlives_the_one_that_began_it(where: list[str], reference: dict[str, bytes]) -> None:
    process = _started(_words(*where))
    _wait_for("out", 1)
    assert len(_group(process.pid)) > 1
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert _gone(process.pid), _group(process.pid)
    assert _sweep("--out", "out", "--jobs", "1").exit_code == 0
    assert _differences("out", reference) == set()


@pytest.mark.parametrize(
    ("number", "where", "to_all"),
    [
        (signal.SIGINT, ["--jobs", "2", "--parquet", "--max-hours", "5000"], True),  # as Ctrl-C does
        (signal.SIGTERM, ["--jobs", "1"], False),
        (signal.SIGHUP, ["--jobs", "1"], False),
        pytest.param(signal.SIGTERM, ["--dask", "local", "--jobs", "1"], False, marks=pytest.mark.slow),
    ],
)
def test_a_signal_stops_and_says_how_to_go_on(
    number: int, where: list[str], to_all: bool, reference: dict[str, bytes]
) -> None:
    process = _started(_words(*where))
    _wait_for("out", 1)
    started = time.monotonic()
    (os.killpg if to_all else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - started < 10.0
    assert process.returncode == 128 + number, (out, err)
    assert out == ""
    assert "Traceback" not in err
    assert _gone(process.pid)
    said, command = err.splitlines()[-2:]
    assert "chunks are done and kept. Go on with:" in said
    words = shlex.split(command)
    assert words[:2] == ["escalation-sim", "sweep"]
    assert {word.split(".")[0] for word in command.replace("=", " ").split()} >= set(where)
    assert "stopped; the command that began it goes on" in _call("status", "out").stdout
    assert not list(Path("out").glob("lock*"))
    done = _call(*words[1:])
    assert done.exit_code == 0, done.output
    more = {"manifest.json", "points.parquet", "runs.parquet"} if "--parquet" in where else set()
    assert _differences("out", reference) == more


def test_a_second_signal_stops_at_once_and_still_says_how_to_go_on() -> None:
    Path("try.yaml").write_text(SMALL.replace("replicates: 60", "replicates: 200000"))
    process = _started(_words("--jobs", "2"))
    deadline = time.monotonic() + 60
    while len(_group(process.pid)) < 4 and time.monotonic() < deadline:  # with server, tracker and workers
        time.sleep(0.02)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGTERM)
    time.sleep(0.3)
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - started < 3.0
    assert process.returncode == 143, err
    assert "0 of 4 chunks are done and kept. Go on with:\n  escalation-sim sweep small.yaml" in err
    assert "Traceback" not in err
    assert _gone(process.pid)


@contextlib.contextmanager
def _running(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = _started(_words(*words))
    try:
        _wait_for("out", 1)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_second_sweep_is_told_who_works_on_the_folder(reference: dict[str, bytes]) -> None:
    Path("try.yaml").write_text(DESIGN.replace("replicates: 60", "replicates: 3000"))
    with _running("--jobs", "1") as process:
        for words in ([], ["--seed", "2"], ["--shard", "0/2"]):
            answer = _sweep("--out", "out", *words)
            assert answer.exit_code == 4
            assert f"process {process.pid} on " in answer.stderr
        told = json.loads(_call("status", "out", "--json").stdout)
        assert told["owner"]["pid"] == process.pid
        assert not told["finished"]
        assert 0 < told["points_done"] < 24
        assert f"running  process {process.pid} on " in _call("status", "out").stdout
    assert json.loads(_call("status", "out", "--json").stdout)["owner"] is None


def test_two_that_begin_at_once_do_not_mix() -> None:
    """Of different sweeps into a new folder one runs, and the other is refused; what lies there is of one of them."""
    Path("try.yaml").write_text(SMALL)
    for _ in range(2):
        processes = [_started(_words("--jobs", "1", "--seed", seed)) for seed in ("1", "2")]
        said = [process.communicate(timeout=60) for process in processes]
        codes = [process.returncode for process in processes]
        assert sorted(codes) == [0, 4], said
        won = codes.index(0) + 1
        assert json.loads(Path("out/plan.json").read_text())["plan"]["seed"] == won
        assert _sweep("--out", "out", "--seed", str(won)).exit_code == 0
        alone = _sweep("--out", f"alone{won}", "--seed", str(won), "--jobs", "1")
        assert alone.exit_code == 0, alone.output
        assert _differences("out", _contents(f"alone{won}")) == set()
        for folder in Path.cwd().glob("alone*"):
            folder.rename(folder.with_name(f"gone-{time.monotonic_ns()}"))
        Path("out").rename(f"gone-{time.monotonic_ns()}")


def test_parts_in_any_order_give_the_same_folder(reference: dict[str, bytes]) -> None:
    for part in ("2/3", "0/3"):
        answer = _sweep("--out", "out", "--jobs", "1", "--shard", part)
        assert answer.exit_code == 0, answer.output
        assert "chunks are done in out; the other parts have still to run" in answer.stdout
        assert not Path("out/manifest.json").exists()
    assert _sweep("--out", "out", "--jobs", "1", "--shard", "0/3").exit_code == 0  # again, and nothing is left to do
    last = _sweep("--out", "out", "--jobs", "1", "--shard", "1/3")
    assert "Written to out." in last.stdout
    assert _differences("out", reference) == set()


def test_parts_at_the_same_time_give_the_same_folder(reference: dict[str, bytes]) -> None:
    processes = [_started(_words("--jobs", "1", "--shard", f"{k}/3")) for k in range(3)]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert sum("Written to out." in out for out, _ in said) >= 1
    assert _differences("out", reference) == set()


def test_slurm_gets_a_script_that_bash_reads(place: Path) -> None:
    Path("small; rm -rf x.yaml").write_text(Path("small.yaml").read_text())
    answer = _call(
        "sweep", "small; rm -rf x.yaml", "--design", "try.yaml", "--emit", "slurm", "--replicates", "3000000",
        "--set", "title=$(touch hacked) 'x'", "--max-hours", "5000", "--parquet",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    checked = subprocess.run(["bash", "-n"], input=answer.stdout, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    parts = int(answer.stdout.split("--array=0-")[1].split("\n")[0]) + 1
    assert parts > 1
    spoken = answer.stdout.replace("exec escalation-sim", "printf '%s\\n'").replace("exec ", "")
    said = subprocess.run(
        ["bash"], input=spoken, text=True, capture_output=True, check=True,
        env=os.environ | {"SLURM_ARRAY_TASK_ID": "3"},
    ).stdout.splitlines()  # fmt: skip
    assert said[:4] == ["sweep", "small; rm -rf x.yaml", "--design", "try.yaml"]
    assert "title=$(touch hacked) 'x'" in said
    assert said[-2:] == ["--shard", f"3/{parts}"]
    assert {"--max-hours=5000.0", "--parquet", "--replicates=3000000", str(place / "results/small-try")} <= set(said)
    assert not Path("hacked").exists()
    assert not Path("results").exists()


def test_a_name_with_a_line_break_does_not_leave_the_comment() -> None:
    name = "small\ntouch hacked #.yaml"
    Path(name).write_text(Path("small.yaml").read_text())
    answer = _call("sweep", name, "--design", "try.yaml", "--emit", "slurm")
    assert answer.exit_code == 0, answer.output
    for line in answer.stdout.splitlines():
        assert not line.startswith("touch hacked #.yaml --replicates")
    spoken = answer.stdout.replace("exec escalation-sim", "true")
    subprocess.run(["bash"], input=spoken, text=True, check=True, env=os.environ | {"SLURM_ARRAY_TASK_ID": "0"})
    assert not Path("hacked").exists()


def test_kubernetes_gets_a_job() -> None:
    answer = _sweep("--emit", "kubernetes", "--replicates", "300000", "--set", """title='a: b # $(HOME) "d"'""")
    assert answer.exit_code == 0, answer.output
    job = yaml.safe_load(answer.stdout)
    assert (job["kind"], job["metadata"]["name"]) == ("Job", "small-try")
    spec = job["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert spec["completionMode"] == "Indexed"
    parts = spec["completions"]
    assert parts >= spec["parallelism"] >= 1
    script = container["args"][0].replace("exec escalation-sim", "printf '%s\\n'")
    said = subprocess.run(
        [*container["command"], script], text=True, capture_output=True, check=True,
        env=os.environ | {"JOB_COMPLETION_INDEX": "0"},
    ).stdout.splitlines()  # fmt: skip
    assert """title='a: b # $(HOME) "d"'""" in said
    assert said[-2:] == ["--shard", f"0/{parts}"]
    out = Path(said[said.index("--out") + 1])
    assert out.is_absolute()
    assert out.parent == Path(container["volumeMounts"][0]["mountPath"])


def test_an_emitted_script_runs_to_the_same_folder(reference: dict[str, bytes]) -> None:
    answer = _sweep("--emit", "slurm", "--out", "out")
    parts = int(answer.stdout.split("--array=0-")[1].split("\n")[0]) + 1
    line = next(line for line in answer.stdout.splitlines() if line.startswith("exec "))
    for part in range(parts):
        words = shlex.split(line.replace("${SLURM_ARRAY_TASK_ID}", str(part)))
        assert _call(*words[2:]).exit_code == 0
    assert _differences("out", reference) == set()


def test_status_of_what_is_no_sweep() -> None:
    Path("empty").mkdir()
    for folder in ("nothing", "empty", "small.yaml"):
        answer = _call("status", folder)
        assert answer.exit_code == 4
        assert f"{folder}: this is not the folder of a sweep, it has no plan.json" in answer.stderr


def test_status_counts_what_is_there() -> None:
    assert _sweep("--out", "out", "--jobs", "1", "--shard", "0/4").exit_code == 0
    for name in ("shards/notes.txt", "zebra.csv"):
        Path("out", name).touch()
    Path("out/shards/000002.shard").write_bytes(b"rubbish")
    told = json.loads(_call("status", "out", "--json").stdout)
    assert (told["points"], told["points_done"], told["points_missing"]) == (24, 6, 18)
    assert (told["chunks"], told["chunks_done"], told["chunks_damaged"]) == (12, 3, 1)
    assert told["strangers"] == ["shards/notes.txt", "zebra.csv"]
    assert told["owner"] is told["seconds_left"] is None
    text = _call("status", "out").stdout
    assert "6 of 24 points (3 of 12 chunks)" in text
    assert "not of this sweep: shards/notes.txt, zebra.csv; they are not read" in text


def test_what_the_command_says_has_its_way_over_the_design() -> None:
    design = DESIGN.replace(
        "replicates: 60", "replicates: 60\nset: [tick=14 days, title=the design]\nwith: [doubted_treaty]"
    )
    Path("try.yaml").write_text(design)
    answer = _sweep("--dry-run", "--set", "title=the command", "--replicates", "7")
    assert answer.stdout.startswith("the command: sweep 'try' (grid), 24 points x 7 replicates")
