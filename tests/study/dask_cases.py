"""What `test_executors.py` runs in a process of its own, with a limit: a cluster that hangs must not hang the suite."""

import functools
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from escalation_sim.errors import ExecutorError
from escalation_sim.store.shards import is_whole
from escalation_sim.study import executors

config = pytest.importorskip("dask.config")


def test_a_local_cluster_gives_the_same_bytes(swept: Any, reference: dict[str, bytes]) -> None:
    one = swept().driven(functools.partial(executors.dask, "local", 2))
    assert one.finish() == reference


def test_a_local_cluster_listens_on_loopback_only() -> None:
    """Whoever reaches a Dask scheduler or worker can run code."""
    before = _listening()
    with executors.dask("local", 1) as place:
        place.executor.submit(os.getpid).result()
        opened = _listening() - before
    assert len(opened) >= 2  # the scheduler and the worker at least
    assert {address for address, _ in opened} == {"0100007F"}


def _listening() -> set[tuple[str, str]]:
    """Addresses and ports of this machine on which this process or its children listen, as the kernel writes them."""
    own = set[str]()
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    pids, found = [str(os.getpid()), *children], set()
    while pids:
        pid = pids.pop()
        try:
            pids += Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if pid not in children else []
            own |= {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
        except OSError:
            continue
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in own:
                address, port = words[1].split(":")
                found.add((address, port))
    return found


class Cluster(NamedTuple):
    """A scheduler and two workers, each a process of its own, on loopback."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster whose processes a test may kill."""
    file = tmp_path / "scheduler.json"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    quiet["env"] = os.environ | {"PYTHONPATH": path, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", *common, "--host", "127.0.0.1", "--port", "0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", *common, "--host", "127.0.0.1", "--no-nanny",
              "--nthreads", "1"]  # fmt: skip
    processes = [subprocess.Popen(words, **quiet) for words in (scheduler, worker, worker)]
    try:
        yield Cluster(_address(file), processes[0], processes[1:])
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _address(file: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if file.exists() and (text := file.read_text()).endswith("}"):
            return str(json.loads(text)["address"])
        time.sleep(0.1)
    raise TimeoutError("no scheduler")


def _when_some_are_done(folder: Path, then: Any) -> threading.Thread:
    """Do something once the first shard is there."""

    def watch() -> None:
        while not list(folder.glob("shards/*.shard")):
            time.sleep(0.02)
        then()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_worker_killed_in_the_middle_changes_nothing(
    swept: Any, deadly: Any, reference: dict[str, bytes], cluster: Cluster
) -> None:
    """No failure of a worker is allowed to this cluster, so that the chunk it was at comes back as its killer."""
    one = swept(chunk=1)
    deadly(one.folder, **{f"p{k}": "0.4" for k in range(9)})
    watcher = _when_some_are_done(one.folder, cluster.workers[0].kill)
    found = one.driven(functools.partial(executors.dask, cluster.address, 2)).finish()
    watcher.join()
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert "failures.csv" not in found
    for name in ("points.csv", "dictionary.csv"):
        assert found[name] == reference[name]
    assert gzip.decompress(found["runs.csv.gz"]) == gzip.decompress(reference["runs.csv.gz"])


def test_a_lost_scheduler_is_told_and_the_sweep_goes_on_elsewhere(
    swept: Any, deadly: Any, reference: dict[str, bytes], cluster: Cluster
) -> None:
    one = swept()
    deadly(one.folder, **{f"p{k}": "0.4" for k in range(9)})
    watcher = _when_some_are_done(one.folder, cluster.scheduler.kill)
    started = time.monotonic()
    with pytest.raises(ExecutorError, match="the Dask scheduler was lost; what is done is kept, and the same command"):
        one.driven(functools.partial(executors.dask, cluster.address, 2))
    watcher.join()
    assert time.monotonic() - started < 60
    work = one.begin()
    done = {chunk for chunk in range(one.plan.chunks) if is_whole(one.folder, chunk, work.digest)}
    assert 0 < len(done) < one.plan.chunks
    deadly(one.folder)
    assert one.driven(executors.here, sorted(set(range(one.plan.chunks)) - done)).finish() == reference


@pytest.mark.slow
def test_a_point_that_kills_dask_workers_is_found_out(swept: Any, deadly: Any, reference: dict[str, bytes]) -> None:
    one = swept(chunk=3)
    deadly(one.folder, p4="exit")
    with config.set({"distributed.scheduler.allowed-failures": 0}):  # 3 by default: the same, but slower
        found = one.driven(functools.partial(executors.dask, "local", 1)).finish()
    assert found["failures.csv"].count(b"\n") == 2
    assert found["failures.csv"].splitlines()[1].startswith(b"4,-1.0,2.0,RuntimeError,the process that ran this")
    good = [line for line in reference["points.csv"].splitlines() if not line.startswith(b"4,")]
    assert [line for line in found["points.csv"].splitlines() if not line.startswith(b"4,")] == good


@pytest.mark.parametrize("address", ["nonsense", "tcp://", "ftp://127.0.0.1:1", "tcp://127.0.0.1:notaport", ""])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ExecutorError, match=r"--dask .*: no Dask scheduler answers there"), executors.dask(address, 1):
        pass


def test_nothing_of_a_cluster_is_left(swept: Any) -> None:
    """No thread or process that a test run would have to wait for."""
    with executors.dask("local", 1) as place:
        pid = place.executor.submit(os.getpid).result()
        wait([place.executor.submit(time.sleep, 0.1)])
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
