"""Sweeps: what do they cost beside the bare simulation, do they stay small, and do they survive being killed?

    python benchmarks/sweeps.py overhead   # a sweep in this process against a plain loop of ensembles
    python benchmarks/sweeps.py memory     # peak memory of all processes, by points and by replicates
    python benchmarks/sweeps.py kills      # a hundred kills: is the folder the same to the last byte?
    python benchmarks/sweeps.py steps      # the same, killed before each change of the folder in turn
    python benchmarks/sweeps.py scaling    # one worker and two

Tables go to `results/`. Processes are looked up in /proc, so `memory` runs on Linux alone.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from tables import written

from escalation_sim.report import sweep as report
from escalation_sim.scenario.resolve import resolve
from escalation_sim.study import sweep as study
from escalation_sim.study.ensemble import run_ensemble
from escalation_sim.study.planning import Asked, planned

ROOT = Path(__file__).parents[1]
NORTH_KOREA = str(ROOT / "scenarios" / "north-korea-troops-2024.yaml")
STARTER = "library:starter"
ROUNDS = 5
_VARIED = {  # scenario -> a number of it, and its range
    NORTH_KOREA: ("events.main_body.probability", 0.1, 0.9),
    STARTER: ("coefficients.initiative.seize.intercept", -9.0, -4.0),
}


class Size(NamedTuple):
    """Points of a design, and replicates and parameter draws of each."""

    points: int
    replicates: int
    parameters: int


class Spent(NamedTuple):
    """Seconds of the processor and of the clock."""

    cpu: float
    wall: float


def designed(folder: Path, scenario: str, points: int) -> Path:
    """A file with a list of so many points, along one number of a scenario."""
    path, low, high = _VARIED[scenario]
    values = [low + (high - low) * (place + 0.5) / points for place in range(points)]
    file = folder / "points.csv"
    file.write_text("\n".join([path, *(f"{value:.6f}" for value in values), ""]))
    return file


def spent(work: Callable[[], object]) -> Spent:
    """What something takes, all threads of this process together."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


@contextlib.contextmanager
def _silent(total: int, what: str) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


_PARTS = {  # who does it -> what it is; none of them calls another
    "run_ensemble": (study, "the ensembles themselves"),
    "point_table": (study, "probabilities of a point"),
    "_lines": (study, "tables as text"),
    "finish_chunk": (study, "compression, hashes, shards on the disk"),
    "planned": (report, "reading, trying out, planning"),
    "begin": (report, "the plan on the disk"),
    "finish": (report, "putting the tables together"),
    "summed_up": (report, "reading them back, summary"),
}


@contextlib.contextmanager
def _watched() -> Iterator[dict[str, Spent]]:
    """What each part of a sweep takes while the block runs."""
    taken = dict.fromkeys(_PARTS, Spent(0.0, 0.0))

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def call(*arguments: Any, **options: Any) -> Any:
            found: list[Any] = []
            one = spent(lambda: found.append(work(*arguments, **options)))
            taken[name] = Spent(taken[name].cpu + one.cpu, taken[name].wall + one.wall)
            return found[0]

        return call

    with contextlib.ExitStack() as stack:
        for name, (module, _) in _PARTS.items():
            stack.enter_context(mock.patch.object(module, name, timed(name, getattr(module, name))))
        yield taken


def overhead() -> Iterator[str]:
    """Seconds of rounds in alternation, their ratio, and what each part of the sweep takes."""
    size = Size(36, 1_000, 20)
    yield f"the article's scenario, {size.points} points x {size.replicates:,} replicates over {size.parameters} draws"
    yield f"{'':18} {'CPU: loop':>10} {'sweep':>8} {'ratio':>7} {'wall: loop':>11} {'sweep':>8} {'ratio':>7}"
    rounds, parts = [], []
    with tempfile.TemporaryDirectory() as place:
        design = designed(Path(place), NORTH_KOREA, size.points)
        asked = Asked(Path(NORTH_KOREA), str(design), replicates=size.replicates, parameters=size.parameters)
        plan = planned(asked)
        points = [resolve(plan.scenario_at(point)) for point in range(size.points)]
        run_ensemble(points[0], 2, 2)
        options = dict.fromkeys(("dry_run", "shard", "retry_failed", "dask", "parquet", "as_json"), False)
        for number in range(ROUNDS):
            out = options | {"out": Path(place) / str(number), "max_hours": 1.0, "jobs": 1}
            loop = spent(lambda: [run_ensemble(one, size.replicates, size.parameters, 1, 1) for one in points])
            with _watched() as taken:
                whole = spent(lambda out=out: report.sweep_and_report(asked, out, _silent))
            rounds.append((loop, whole))
            parts.append({**taken, "whole": whole})
            yield f"round {number + 1:<12} {_compared(loop, whole)}   load {os.getloadavg()[0]:.1f}"
    yield f"{'median of ratios':18} {statistics.median(b.cpu / a.cpu for a, b in rounds):27.3f}" + (
        f"{statistics.median(b.wall / a.wall for a, b in rounds):29.3f}"
    )
    yield f"milliseconds a point of the sweep, in {plan.chunks} chunks (medians)     CPU     wall   share of CPU"
    yield from _broken_down(parts, size.points)


def _compared(loop: Spent, whole: Spent) -> str:
    cpu, wall = whole.cpu / loop.cpu, whole.wall / loop.wall
    return f"{loop.cpu:9.2f} {whole.cpu:8.2f} {cpu:7.3f} {loop.wall:11.2f} {whole.wall:8.2f} {wall:7.3f}"


def _broken_down(rounds: list[dict[str, Spent]], points: int) -> Iterator[str]:
    for one in rounds:
        told = [one[name] for name in _PARTS]
        one["rest"] = Spent(
            *(total - sum(part) for total, part in zip(one["whole"], zip(*told, strict=True), strict=True))
        )
    for name, what in [
        *((name, what) for name, (_, what) in _PARTS.items()),
        ("rest", "composing scenarios, all else"),
    ]:
        cpu, wall = (statistics.median(each) for each in zip(*(one[name] for one in rounds), strict=True))
        share = statistics.median(one[name].cpu / one["run_ensemble"].cpu for one in rounds)
        yield f"  {what:58} {1e3 * cpu / points:8.2f} {1e3 * wall / points:8.2f} {share:12.1%}"
    extra = statistics.median(one["whole"].cpu / one["run_ensemble"].cpu - 1.0 for one in rounds)
    yield f"  {'all but the ensembles':76} {extra:12.1%}"


def command(scenario: str, folder: Path, size: Size, *options: str) -> list[str]:
    """The command line of a sweep, with a new design in a folder."""
    design = designed(folder, scenario, size.points)
    each = [f"--replicates={size.replicates}", f"--parameters={size.parameters}", "--out=out"]
    return [sys.executable, "-m", "escalation_sim", "sweep", scenario, f"--design={design}", *each, *options]


def started(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A process in a group of its own."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(words, cwd=folder, start_new_session=True, **quiet)  # type: ignore[call-overload,no-any-return]


def run(words: list[str], folder: Path) -> float:
    """Wall seconds of a process that must end well."""
    begun = time.perf_counter()
    if started(words, folder).wait():
        sys.exit(f"{words} failed")
    return time.perf_counter() - begun


def memory() -> Iterator[str]:
    """Peak memory (resident) of the process that was started, and of the largest of those that it started."""
    yield f"article's scenario, MB {'points':>9} {'replicates':>10} {'first process':>14} {'largest worker':>15}"
    cases = [
        (Size(20, 100, 2), Size(400, 100, 2), "--jobs=1"),
        (Size(20, 100, 2), Size(400, 100, 2), "--jobs=2"),
        (Size(1, 1_000, 20), Size(1, 100_000, 20), "--jobs=1"),
        (Size(1, 1_000, 20), Size(1, 100_000, 20), "--no-runs"),
    ]
    for few, many, option in cases:
        both = [_peaks(size, option) for size in (few, many)]
        for size, peaks in zip((few, many), both, strict=True):
            told = [f"{peak:.0f}" if peak else "-" for peak in peaks]
            yield f"{option:22} {size.points:9,} {size.replicates:10,} {told[0]:>14} {told[1]:>15}"
        ratios = [f"{more / less:.2f}" if less else "-" for less, more in zip(*both, strict=True)]
        yield f"{'  ratio':43} {ratios[0]:>14} {ratios[1]:>15}"


def _peaks(size: Size, option: str) -> tuple[float, float]:
    """Peak MB of a sweep's own process and of the largest other one of its group; 0 if there is none."""
    peaks: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        child = started(command(NORTH_KOREA, folder, size, option), folder)
        while child.poll() is None:
            for number in _group(child.pid):
                peaks[number] = max(peaks.get(number, 0.0), _peak(number))
            time.sleep(0.02)
    if child.returncode:
        sys.exit(f"a sweep of {size} failed")
    return peaks.pop(child.pid), max(peaks.values(), default=0.0)


def _group(leader: int) -> list[int]:
    """Processes of a group."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(path.name)) == leader:
                found.append(int(path.name))
    return found


def _peak(process: int) -> float:
    """Largest resident size of a process so far, in MB."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def kills(trials: int = 100) -> Iterator[str]:
    """Kills of all processes at once, at instants spread evenly over 1.1 times the duration; then the same command.

    The durations are measured again every tenth trial, since the load of a machine changes.
    """
    luck, found = random.Random(1), []
    with tempfile.TemporaryDirectory() as place:
        words = {jobs: command(STARTER, Path(place), Size(200, 20, 2), f"--jobs={jobs}") for jobs in (1, 2)}
        run(words[1], _fresh(place, "whole"))
        whole = contents(Path(place) / "whole")
        for number in range(trials):
            if number % 10 == 0:
                folders = {jobs: _fresh(place, f"whole-{number}-{jobs}") for jobs in words}
                duration = {jobs: run(words[jobs], folder) for jobs, folder in folders.items()}
                same = all(contents(folder) == whole for folder in folders.values())
                told = "the same bytes" if same else "OTHER BYTES"
                yield f"uninterrupted: {duration[1]:.1f} s with one job, {duration[2]:.1f} s with two; {told}"
            jobs = luck.choice((1, 2))
            found.append(_trial(_fresh(place, f"trial-{number}"), words[jobs], duration[jobs], number % 3 == 2, luck))
            if found[-1].left != whole:
                yield f"trial {number} left another folder: {sorted(found[-1].left)}"
    shards, first = sum(name.endswith(".shard") for name in whole), [one.shards for one in found]
    same_count, alive = sum(one.left == whole for one in found), sum(one.alive for one in found)
    yield f"{same_count} of {trials} folders are the same to the last byte, and nothing else lies there"
    yield f"{sum(one.kills for one in found)} kills, of which {alive} met a sweep that still ran"
    some = sum(0 < one < shards for one in first)
    yield f"shards of {shards} at the first kill: none {first.count(0)}, some {some}, all {first.count(shards)}"
    yield f"well at the first command after the last kill: {sum(one.commands == 1 for one in found)} of {trials}"


class Trial(NamedTuple):
    """Kills, how many met a sweep that ran, shards at the first, commands until one ended well, and all files then."""

    kills: int
    alive: int
    shards: int
    commands: int
    left: dict[str, bytes]


def _trial(folder: Path, words: list[str], duration: float, twice: bool, luck: random.Random) -> Trial:
    """Kill a sweep, and perhaps its second start, too; then repeat the command until it ends well."""
    alive, shards = 0, []
    for _ in range(2 if twice else 1):
        child = started(words, folder)
        time.sleep(luck.uniform(0.0, 1.1 * duration))
        alive += child.poll() is None
        with contextlib.suppress(ProcessLookupError):  # it may have ended, with all its workers
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        shards.append(len(list(folder.glob("out/shards/*.shard"))))
    commands = next((number for number in range(1, 6) if not started(words, folder).wait()), 0)
    return Trial(len(shards), alive, shards[0], commands, contents(folder))


def steps() -> Iterator[str]:
    """A small sweep in a forked process, killed before it opens, makes, renames or deletes its n-th file, for all n."""
    with tempfile.TemporaryDirectory() as place:
        asked = Asked(Path(STARTER), str(designed(Path(place), STARTER, 60)), replicates=5, parameters=1)
        run_ensemble(resolve(planned(asked).scenario_at(0)), 2, 1)
        _forked(asked, whole := Path(place) / "whole")
        wanted, number, bad = contents(whole), 0, 0
        while not _forked(asked, out := Path(place) / f"killed-{number}", number + 1):
            number += 1
            well = _forked(asked, out) and contents(out) == wanted
            bad += not well
            if not well:
                yield f"killed before step {number}: {sorted(contents(out))}"
    yield f"{number - bad} of {number} kills mended by the same command, the folder the same to the last byte"


def _forked(asked: Asked, out: Path, last: int | None = None) -> bool:
    """Whether a sweep in a forked process, which kills itself before its `last` touch of the folder, ends well."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    touched = itertools.count(1)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        touches = event in ("os.mkdir", "os.rename", "os.remove") or (event == "open" and arguments[2] & os.O_WRONLY)
        if touches and str(arguments[0]).startswith(str(out)) and next(touched) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    options = dict.fromkeys(("dry_run", "shard", "retry_failed", "dask", "parquet", "as_json"), False)
    try:
        said = report.sweep_and_report(asked, options | {"out": out, "max_hours": 1.0, "jobs": 1}, _silent)
        os._exit(said.exit_code)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _fresh(place: str, name: str) -> Path:
    folder = Path(place) / name
    folder.mkdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")
    }


def scaling() -> Iterator[str]:
    """Wall seconds of a sweep with one and two workers, in alternation; the steady part is large less small."""
    small, large = Size(2, 4_000, 20), Size(26, 4_000, 20)
    yield f"wall seconds, article's scenario, {large.replicates:,} replicates over {large.parameters} draws a point"
    yield f"{'':8} {'points':>7} {'1 worker':>9} {'2 workers':>10} {'ratio':>6}   load before and after"
    rounds = []
    for number in range(ROUNDS):
        times = []
        for size in (small, large):
            before = os.getloadavg()[0]
            with tempfile.TemporaryDirectory() as place:
                words = [command(NORTH_KOREA, Path(place), size, f"--jobs={jobs}") for jobs in (1, 2)]
                times.append([run(one, _fresh(place, str(jobs))) for jobs, one in enumerate(words)])
            one, two = times[-1]
            load = f"{before:.1f} {os.getloadavg()[0]:.1f}"
            yield f"round {number + 1:<2} {size.points:7} {one:9.2f} {two:10.2f} {one / two:6.2f}   {load}"
        rounds.append(times)
    for what, of in (("medians", statistics.median), ("the best of each, nearest to a quiet machine", min)):
        (s1, s2), (l1, l2) = ([of(one[place][jobs] for one in rounds) for jobs in (0, 1)] for place in (0, 1))
        yield f"{what}: {l1 / l2:.2f} times as fast with two workers; steady part {(l1 - s1) / (l2 - s2):.2f}"
        each = [(many - few) / (large.points - small.points) for few, many in ((s1, l1), (s2, l2))]
        start = [few - small.points * one for few, one in zip((s1, s2), each, strict=True)]
        yield f"  seconds a point {each[0]:.2f} and {each[1]:.2f}, start and end {start[0]:.1f} and {start[1]:.1f}"


if __name__ == "__main__":
    written(
        {"overhead": overhead, "memory": memory, "kills": kills, "steps": steps, "scaling": scaling}, "sweeps", __doc__
    )
