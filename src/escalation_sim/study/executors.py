"""Where the chunks of a sweep run: in this process, in processes of this machine, or on a Dask cluster.

All are `concurrent.futures` executors. They may run a chunk twice or lose it; what a sweep has lies on disk.
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from escalation_sim.errors import ExecutorError

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_WORKER = "escalation_sim.study.sweep"  # what worker processes have imported before they are forked
LOCAL = "local"


class Place(NamedTuple):
    """An executor, how many chunks it runs at a time, and whether chunks are run in this very process."""

    executor: Executor
    workers: int
    is_here: bool = False


class Here(Executor):
    """Runs what is submitted at once, in this thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The finished future of a call; interrupts pass through."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def here() -> Iterator[Place]:
    """Chunks run in this process, one after the other."""
    yield Place(Here(), 1, True)


@contextmanager
def processes(workers: int) -> Iterator[Place]:
    """Chunks run in worker processes, which end with this one, however it ends."""
    with _environment(dict.fromkeys(_ONE_THREAD, "1")):
        # Never the platform's default: mesa sets that of the whole process, and forked threads may hang.
        way = "forkserver" if "forkserver" in mp.get_all_start_methods() else "spawn"
        context = mp.get_context(way)
        if way == "forkserver":
            context.set_forkserver_preload([_WORKER])
        others = set(mp.active_children())
        pool = ProcessPoolExecutor(workers, context, initializer=_be_a_worker)
        try:
            yield Place(pool, workers)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(mp.active_children()) - others:  # what still runs has written its shard whole or not
                child.kill()


def _be_a_worker() -> None:
    """Leave Ctrl-C to the process that gave the work, and end when that process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = mp.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables that the processes started in the block find, unless they are set already."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def dask(address: str, workers: int) -> Iterator[Place]:
    """Chunks run on a Dask cluster, whose workers see the same folder.

    Parameters
    ----------
    address : str
        Of the scheduler, such as tcp://10.0.0.5:8786, or `local` for a cluster of processes on this machine.
    workers : int
        Processes of a local cluster.

    Raises
    ------
    ExecutorError
        If Dask is not installed, or the scheduler does not answer.
    """
    try:
        from distributed import Client, LocalCluster
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise ExecutorError("--dask: Dask is not installed; pip install 'escalation-sim[dask]'") from None
    with contextlib.ExitStack() as stack:
        try:
            if address == LOCAL:
                # On loopback and without a dashboard: whoever reaches a scheduler can run code. Port 0: any.
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                    silence_logs=50,
                )
                address = stack.enter_context(cluster).scheduler_address
            get_address_host_port(address)  # a client for what is no address would leave threads behind
            client = stack.enter_context(Client(address, timeout="10s"))
        except (OSError, ValueError) as error:
            raise ExecutorError(f"--dask {address}: no Dask scheduler answers there ({error})") from error
        cores = sum(client.nthreads().values()) or workers
        yield Place(client.get_executor(retries=2, pure=False), cores)


def is_killed(error: BaseException) -> bool:
    """Whether a worker died over its work: of lack of memory, by a signal, in compiled code."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


def is_lost(error: BaseException) -> bool:
    """Whether the way to the cluster is gone."""
    return isinstance(error, CancelledError) or type(error).__name__ in ("FutureCancelledError", "CommClosedError")
