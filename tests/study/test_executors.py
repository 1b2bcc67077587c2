"""Processes and Dask: what they run, what they leave behind, and what is told when they are lost."""

import contextlib
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from escalation_sim.errors import ExecutorError
from escalation_sim.study import executors

config = pytest.importorskip("dask.config")


def test_here_runs_at_once_and_lets_interrupts_through() -> None:
    with executors.here() as place:
        assert place.is_here
        assert place.executor.submit(divmod, 7, 2).result() == (3, 1)
        assert isinstance(place.executor.submit(divmod, 7, 0).exception(), ZeroDivisionError)
        with pytest.raises(KeyboardInterrupt):
            place.executor.submit(_interrupted)


def _interrupted() -> None:
    raise KeyboardInterrupt


def _threads() -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def test_processes_are_gone_afterwards_and_others_are_left_alone() -> None:
    other = mp.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    try:
        with executors.processes(2) as place:
            pids = {place.executor.submit(os.getpid).result() for _ in range(8)}
            place.executor.submit(time.sleep, 60)
            assert os.getpid() not in pids
            assert len(pids) <= 2
            mine = {child.pid for child in mp.active_children()} - {other.pid}
            assert pids <= mine
        deadline = time.monotonic() + 5
        while mine & {child.pid for child in mp.active_children()} and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not mine & {child.pid for child in mp.active_children()}
        assert other.is_alive()
    finally:
        other.kill()
        other.join()
        other.close()


def test_the_environment_is_as_it_was_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    before = dict(os.environ)
    with executors.processes(1):
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert os.environ["MKL_NUM_THREADS"] == "3"
    assert dict(os.environ) == before


def test_workers_leave_ctrl_c_to_who_gave_the_work() -> None:
    with executors.processes(1) as place:
        pid = place.executor.submit(os.getpid).result()
        future = place.executor.submit(time.sleep, 0.3)
        os.kill(pid, signal.SIGINT)
        assert future.result() is None


def test_what_counts_as_killed_and_what_as_lost() -> None:
    from concurrent.futures import BrokenExecutor, CancelledError
    from concurrent.futures.process import BrokenProcessPool

    from distributed import KilledWorker
    from distributed.client import FutureCancelledError
    from distributed.comm import CommClosedError

    killed = [BrokenExecutor(), BrokenProcessPool(), KilledWorker("task", "worker", 3)]
    lost = [CancelledError(), FutureCancelledError("key", "reason"), CommClosedError()]
    plain = [ValueError(), MemoryError(), OSError()]
    assert [executors.is_killed(error) for error in (*killed, *lost, *plain)] == [True] * 3 + [False] * 6
    assert [executors.is_lost(error) for error in (*killed, *lost, *plain)] == [False] * 3 + [True] * 3 + [False] * 3


def test_without_dask_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"Dask is not installed; pip install 'escalation-sim\[dask\]'"):
        executors.dask("local", 1).__enter__()


DASK = [
    "test_a_local_cluster_gives_the_same_bytes",
    "test_a_local_cluster_listens_on_loopback_only",
    "test_a_worker_killed_in_the_middle_changes_nothing",
    "test_a_lost_scheduler_is_told_and_the_sweep_goes_on_elsewhere",
    "test_an_address_that_is_none",
    "test_nothing_of_a_cluster_is_left",
    pytest.param("test_a_point_that_kills_dask_workers_is_found_out", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("name", DASK)
def test_on_dask(name: str) -> None:
    """In a process of its own, with a limit: a cluster that hangs fails its test, and no more."""
    case = f"{Path(__file__).with_name('dask_cases.py')}::{name}"
    words = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", case]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    child = subprocess.Popen(words, **pipes, text=True, start_new_session=True)
    try:
        said, _ = child.communicate(timeout=180)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert child.returncode == 0, said
