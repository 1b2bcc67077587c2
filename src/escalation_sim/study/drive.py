"""Drive the chunks of a sweep through an executor: what is lost is run again, what kills its worker is found out."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from escalation_sim.errors import ExecutorError
from escalation_sim.study.executors import Place, is_killed, is_lost
from escalation_sim.study.sweep import Plan, failed_point, finish_chunk, run_chunk, run_one

GRACE = 9.0  # seconds that chunks under way have to finish after a signal
TRIES = 3  # times that a point may kill its worker, alone with it, before it counts as failed
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

Open = Callable[[], AbstractContextManager[Place]]


class _Abandoned(BaseException):
    """A chunk that takes too long after a signal."""


class Halt:
    """Turns the first signal to stop into a wish, and the second into an interrupt."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.deadline = float("inf")
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Halt:
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal, self.deadline = number, time.monotonic() + GRACE

    @property
    def is_over(self) -> bool:
        """Whether what is still under way must be left."""
        return time.monotonic() > self.deadline


class Work(NamedTuple):
    """The chunks of one sweep, and who is told of replicates that are done."""

    folder: Path
    plan: Plan
    digest: str
    halt: Halt
    progress: Callable[[int], object]

    def replicates(self, chunk: int) -> int:
        """Replicates of a chunk."""
        return len(self.plan.points_of(chunk)) * self.plan.replicates

    def watched(self, done: int) -> None:
        """Progress of a chunk that runs in this process, which is also where it can be left."""
        self.progress(done)
        if self.halt.is_over:
            raise _Abandoned


def drive(work: Work, chunks: Sequence[int], opened: Open) -> None:
    """Run chunks until all have their shards, or a signal asks to stop.

    Raises
    ------
    ExecutorError
        If the cluster was lost.
    StoreError
        If a shard cannot be written; those before it are there.
    """
    left, suspects = deque(chunks), set[int]()
    while left and work.halt.signal is None:
        with opened() as place:
            suspects |= _round(work, left, place)
    for chunk in sorted(suspects):
        if work.halt.signal is None:
            with contextlib.suppress(_Abandoned):
                _alone(work, chunk, opened)


def _round(work: Work, left: deque[int], place: Place) -> set[int]:
    """Run what is left as long as the executor lives; returns the chunks that were under way when a worker died."""
    running: dict[Future[int], int] = {}
    killed: set[int] = set()
    while (left or running) and not work.halt.is_over:
        while left and len(running) < 2 * place.workers and work.halt.signal is None and not killed:
            chunk = left.popleft()
            running[_submitted(work, chunk, place)] = chunk
        if not running:
            break
        for future in wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done:
            chunk = running.pop(future)
            if future.cancelled() and work.halt.signal is not None:
                continue
            if _is_done(future):
                work.progress(0 if place.is_here else work.replicates(chunk))
            else:
                killed.add(chunk)
        if work.halt.signal is not None:
            for future in running:
                future.cancel()
    return killed


def _submitted(work: Work, chunk: int, place: Place) -> Future[int]:
    """The future of a chunk. (An executor that has just broken says so in the future, as for those under way.)"""
    arguments = (str(work.folder), work.digest, chunk)
    try:
        if place.is_here:
            return place.executor.submit(run_chunk, *arguments, progress=work.watched)
        return place.executor.submit(run_chunk, *arguments)
    except Exception as error:
        future: Future[int] = Future()
        future.set_exception(error)
        return future
    except _Abandoned:
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()  # else nobody who waits for it is told
        return future


def _is_done(future: Future[Any]) -> bool:
    """Whether a future has its result; False if its worker died. Whatever else went wrong is raised."""
    error = None if future.cancelled() else future.exception()
    if future.cancelled() or (error is not None and is_lost(error)):
        raise ExecutorError("the Dask scheduler was lost; what is done is kept, and the same command goes on")
    if error is None:
        return True
    if is_killed(error):
        return False
    raise error


def _alone(work: Work, chunk: int, opened: Open) -> None:
    """Run a chunk by itself, and if that kills its worker, too, each of its points by itself."""
    with opened() as place:
        if _is_done(_settled(work, _submitted(work, chunk, place))):
            work.progress(0 if place.is_here else work.replicates(chunk))
            return
    finish_chunk(
        str(work.folder), work.digest, chunk, [_tried(work, point, opened) for point in work.plan.points_of(chunk)]
    )
    work.progress(work.replicates(chunk))


def _tried(work: Work, point: int, opened: Open) -> dict[str, bytes]:
    """What a point gives that may be the one that kills its worker."""
    for _ in range(TRIES):
        if work.halt.signal is not None:
            raise _Abandoned
        with opened() as place:
            future = _settled(work, place.executor.submit(run_one, str(work.folder), work.digest, point))
            if _is_done(future):
                found: dict[str, bytes] = future.result()
                return found
    reason = RuntimeError(f"the process that ran this point was killed {TRIES} times (out of memory?)")
    return failed_point(work.plan, point, reason)


def _settled(work: Work, future: Future[Any]) -> Future[Any]:
    """A future that is done; `_Abandoned` if a signal leaves no time for it, or its worker died of the signal, too."""
    while not future.done() and not work.halt.is_over:
        wait([future], timeout=0.2)
    if not future.done() or (work.halt.signal is not None and not _is_done(future)):
        raise _Abandoned
    return future
