"""Whatever becomes of who runs the chunks, the same bytes come out; what cannot be run is found out and told."""

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store import shards
from escalation_sim.store.shards import is_whole
from escalation_sim.store.sweeps import read_sweep
from escalation_sim.study import drive as driving
from escalation_sim.study import executors, sweep
from escalation_sim.study.drive import Halt, drive
from escalation_sim.study.executors import Place

TWO = functools.partial(executors.processes, 2)


def _differences(found: dict[str, bytes], reference: dict[str, bytes]) -> set[str]:
    return {name for name in {*found, *reference} if found.get(name) != reference.get(name)}


class _Shuffled(Executor):
    """Runs what it is given later, in any order, now and then twice, in threads of its own."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.waiting: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self.lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self.lock:
            self.waiting.append((future, fn, args))
        threading.Thread(target=self._some, daemon=True).start()
        return future

    def _some(self) -> None:
        time.sleep(0.02)
        with self.lock:
            future, fn, args = self.waiting.pop(self.rng.integers(len(self.waiting)))
        result = fn(*args)
        if self.rng.random() < 0.5:
            result = fn(*args)  # a late twin, as Dask has them
        future.set_result(result)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_and_twins_give_the_same_bytes(swept: Any, reference: dict[str, bytes], seed: int) -> None:
    @contextmanager
    def shuffled() -> Any:
        yield Place(_Shuffled(seed), 3)

    assert _differences(swept().driven(shuffled).finish(), reference) == set()


def test_processes_give_the_same_bytes(swept: Any, reference: dict[str, bytes]) -> None:
    assert _differences(swept().driven(TWO).finish(), reference) == set()


def test_another_seed_gives_other_bytes(swept: Any, reference: dict[str, bytes]) -> None:
    """Else the comparisons above would compare nothing."""
    changed = _differences(swept(seed=2).driven(executors.here).finish(), reference)
    assert {"points.csv", "runs.csv.gz", "shards/000000.shard"} <= changed


def test_a_process_that_dies_once_changes_nothing(swept: Any, deadly: Any, reference: dict[str, bytes]) -> None:
    one = swept()
    deadly(one.folder, p3="once")
    assert _differences(one.driven(TWO).finish(), reference) == set()
    assert Path(f"{one.folder}.3.once").exists()  # it did die


def test_a_point_that_kills_its_process_is_found_and_the_others_finish(
    swept: Any, deadly: Any, reference: dict[str, bytes]
) -> None:
    one = swept()
    deadly(one.folder, p4="exit", p7="raise")
    one.driven(TWO).finish()
    points = read_sweep(one.folder).points
    told = pd.read_csv(one.folder / "failures.csv")
    assert told["point"].tolist() == [4, 7]
    assert told["error"].tolist() == ["RuntimeError", "ValueError"]
    assert "the process that ran this point was killed" in told["message"][0]
    assert told["message"][1] == "not this / one"
    good, failed = points[~points["point"].isin([4, 7])], points[points["point"].isin([4, 7])]
    assert (good["n"] == 12).all()
    assert failed[["n", "n_failed", "count"]].drop_duplicates().to_numpy().tolist() == [[0, 12, 0]]
    assert failed["probability"].isna().all()
    assert (failed["mc_low"] == 0).all()
    assert (failed["mc_high"] == 1).all()
    lines = {line for line in (one.folder / "points.csv").read_bytes().splitlines() if line[:2] not in (b"4,", b"7,")}
    assert lines <= set(reference["points.csv"].splitlines())


@pytest.mark.usefixtures("deadly")
def test_progress_reaches_the_whole_and_no_more(swept: Any) -> None:
    for opened in (executors.here, TWO):
        one, told = swept(str(opened)[:12].replace("<", "")), []
        drive(one.begin()._replace(progress=told.append), range(one.plan.chunks), opened)
        assert sum(told) == 9 * 12


def test_what_cannot_be_written_is_raised_and_what_was_stays(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = swept()
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 6:
            raise OSError(28, "No space left on device")

    work = one.begin()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk is full: free some space"):
        drive(work, range(one.plan.chunks), executors.here)
    monkeypatch.undo()
    whole = [is_whole(one.folder, chunk, work.digest) for chunk in range(one.plan.chunks)]
    assert whole == [True] * 3 + [False] * 2
    assert not list((one.folder / "shards").glob(".*"))


@pytest.fixture
def interrupt_after() -> Iterator[Callable[..., None]]:
    """Function that sends this process a signal after so many seconds, if the test still runs by then."""
    timers: list[threading.Timer] = []

    def interrupt(seconds: float, number: int = signal.SIGTERM) -> None:
        timers.append(threading.Timer(seconds, os.kill, (os.getpid(), number)))
        timers[-1].start()

    yield interrupt
    for timer in timers:
        timer.cancel()
        timer.join()


def test_a_signal_lets_chunks_under_way_finish(swept: Any, deadly: Any, interrupt_after: Any) -> None:
    one = swept()
    deadly(one.folder, **{f"p{k}": "1" for k in range(9)})
    work = one.begin()
    with work.halt:
        interrupt_after(1.0)
        started = time.monotonic()
        drive(work, range(one.plan.chunks), executors.here)
        took = time.monotonic() - started
    done = [is_whole(one.folder, chunk, work.digest) for chunk in range(one.plan.chunks)]
    assert work.halt.signal == signal.SIGTERM
    assert done == [True, *[False] * 4]
    assert took < 5.0
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_leaves_chunks_that_take_too_long(
    swept: Any, deadly: Any, interrupt_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "GRACE", 0.3)
    for name, opened in (("here", executors.here), ("processes", TWO)):
        one = swept(name)
        deadly(one.folder, **{f"p{k}": "2" if name == "here" else "60" for k in range(9)})
        work = one.begin()
        with work.halt:
            interrupt_after(1.5)
            started = time.monotonic()
            drive(work, range(one.plan.chunks), opened)
            took = time.monotonic() - started
        assert took < 10.0
        assert not any(is_whole(one.folder, chunk, work.digest) for chunk in range(one.plan.chunks))
        assert not list((one.folder / "shards").iterdir())


def test_a_signal_is_heard_while_a_killer_is_looked_for(
    swept: Any, deadly: Any, interrupt_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a process has died its chunk is tried alone, for hours if need be; a signal must not wait for that."""
    monkeypatch.setattr(driving, "GRACE", 0.3)
    one = swept(chunk=9)
    deadly(one.folder, p0="once", p1="60")
    work = one.begin()
    with work.halt:
        interrupt_after(4.0)
        started = time.monotonic()
        drive(work, range(one.plan.chunks), functools.partial(executors.processes, 1))
        took = time.monotonic() - started
    assert Path(f"{one.folder}.0.once").exists()
    assert work.halt.signal == signal.SIGTERM
    assert took < 20.0
    assert not list((one.folder / "shards").iterdir())


def test_a_point_whose_process_dies_of_the_signal_has_not_failed(swept: Any, deadly: Any) -> None:
    """A signal to the whole group reaches the workers, too; what they were at is missing afterwards, and no failure."""
    one = swept(chunk=2)
    deadly(one.folder, p0="exit", p1="group")
    work = one.begin()
    with work.halt:
        drive(work, range(one.plan.chunks), functools.partial(executors.processes, 1))
    assert work.halt.signal == signal.SIGTERM
    assert not is_whole(one.folder, 0, work.digest)
    whole = [chunk for chunk in range(one.plan.chunks) if is_whole(one.folder, chunk, work.digest)]
    assert 4 in whole
    assert {shards.read_shard(one.folder, chunk, work.digest)["failures"] for chunk in whole} == {b""}


def test_the_second_signal_interrupts(swept: Any, deadly: Any, interrupt_after: Any) -> None:
    one = swept()
    deadly(one.folder, p0="5")
    work = one.begin()
    interrupt_after(0.5)
    interrupt_after(1.0, signal.SIGINT)
    started = time.monotonic()
    with work.halt, pytest.raises(KeyboardInterrupt):
        drive(work, range(one.plan.chunks), executors.here)
    assert work.halt.signal == signal.SIGTERM
    assert time.monotonic() - started < 3.0


def test_an_ignored_signal_stays_ignored() -> None:
    """Under nohup a hang-up must not stop a sweep."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Halt() as halt:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
            assert halt.signal is None
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            assert halt.signal == signal.SIGTERM
            assert not halt.is_over
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_sweep_in_a_thread_leaves_signals_alone(swept: Any) -> None:
    one = swept()

    def run() -> None:
        work = one.begin()
        with work.halt:
            drive(work, range(one.plan.chunks), executors.here)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(list((one.folder / "shards").iterdir())) == one.plan.chunks


def test_an_error_of_the_program_is_no_killed_worker(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = swept()
    work = one.begin()
    monkeypatch.setattr(sweep, "write_shard", lambda *words: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drive(work, range(one.plan.chunks), executors.here)
