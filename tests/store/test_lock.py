"""One writer to a folder, whatever the others do, and whatever became of the one before."""

import contextlib
import errno
import itertools
import json
import multiprocessing as mp
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalation_sim.store import lock
from escalation_sim.store.lock import WHOLE, InUseError, locked, owner_of

TRIALS = 30
WORK = """
import sys, time
from pathlib import Path
from escalation_sim.store.lock import InUseError, locked
folder, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
moments = [float(word) for word in sys.stdin.read().split()]
for number, moment in enumerate(moments):
    time.sleep(max(0.0, moment - time.time()))
    place = folder / str(number)
    try:
        with locked(place, name):
            since = time.monotonic()
            time.sleep(0.03)
            until = time.monotonic()
        print("mine", since, until, flush=True)
    except InUseError as error:
        print(error, flush=True)
"""
HOLD = """
import sys, time
from pathlib import Path
from escalation_sim.store.lock import locked
with locked(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def _holder(folder: Path, name: str = WHOLE) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a folder."""
    words = [sys.executable, "-c", HOLD, str(folder), name]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def _race(folder: Path, names: tuple[str, str], trials: int) -> list[tuple[str, str]]:
    """What two processes are told that want the same folders at the same moments."""
    for number in range(trials):
        (folder / str(number)).mkdir()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(folder), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    start = time.time() + 0.2
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(" ".join(str(start + 0.06 * k) for k in range(trials)))
        process.stdin.close()
    said = []
    for process in processes:
        assert process.stdout is not None
        said.append(process.stdout.read().splitlines())
        process.stdout.close()
        assert process.wait() == 0
    return list(zip(*said, strict=True))


def _refused(told: list[tuple[str, str]]) -> list[str]:
    """What those were told who were refused; of the others no two had a folder at the same time."""
    for pair in told:
        if all(one.startswith("mine") for one in pair):  # one was late and came after the other
            (_, first, last), (_, since, until) = (one.split() for one in pair)
            assert float(last) <= float(since) or float(until) <= float(first)
    return [one for pair in told for one in pair if not one.startswith("mine")]


MANY = pytest.mark.parametrize("trials", [TRIALS, pytest.param(200, marks=pytest.mark.slow)])


@MANY
def test_of_two_processes_exactly_one_has_the_folder(tmp_path: Path, trials: int) -> None:
    told = _race(tmp_path, (WHOLE, WHOLE), trials)
    assert all(any(one.startswith("mine") for one in pair) for pair in told)
    refused = _refused(told)
    assert len(refused) > trials / 2  # else they hardly ever met
    for one in refused:
        assert f" on {socket.gethostname()} is working on this sweep; wait for it, or stop it" in one
        assert ": process " in one


@MANY
def test_the_whole_and_a_part_never_work_together(tmp_path: Path, trials: int) -> None:
    refused = _refused(_race(tmp_path, (WHOLE, "lock-0-of-2"), trials))
    assert len(refused) > trials / 2  # one of them, or both where each saw the other


def test_parts_work_together(tmp_path: Path) -> None:
    with locked(tmp_path, "lock-0-of-2"), locked(tmp_path, "lock-1-of-2"):
        assert len(lock.holders(tmp_path)) == 2
        with pytest.raises(InUseError), locked(tmp_path, "lock-1-of-2"):
            pass
        with pytest.raises(InUseError), locked(tmp_path):
            pass
    with locked(tmp_path), pytest.raises(InUseError), locked(tmp_path, "lock-0-of-2"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_has_not_said_its_name_yet_is_a_lock(tmp_path: Path) -> None:
    """Two that begin at the same moment: one has the lock of the whole, and has not written who it is."""
    import fcntl

    with (tmp_path / WHOLE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert owner_of(tmp_path) == {}
        with pytest.raises(InUseError, match="another process is working"), locked(tmp_path, "lock-0-of-2"):
            pass


def test_the_other_is_told_process_and_machine(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        assert owner_of(tmp_path) == {"pid": process.pid, "host": socket.gethostname()}
        said = f"process {process.pid} on {socket.gethostname()} is working on this sweep"
        started = time.monotonic()
        with pytest.raises(InUseError, match=said), locked(tmp_path):
            pass
        assert time.monotonic() - started < 1.0  # whose owner lives is refused at once
        with pytest.raises(InUseError, match=said), locked(tmp_path, "lock-3-of-9"):
            pass
        assert [path.name for path in tmp_path.iterdir()] == [WHOLE]
    assert owner_of(tmp_path) is None


@pytest.mark.parametrize("name", [WHOLE, "lock-0-of-2"])
def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path, name: str) -> None:
    with _holder(tmp_path, name) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / name).exists()
    assert owner_of(tmp_path) is None
    with locked(tmp_path):
        assert owner_of(tmp_path) == {"pid": os.getpid(), "host": socket.gethostname()}
    assert not (tmp_path / WHOLE).exists()


@pytest.mark.parametrize("wanted", [WHOLE, "lock-0-of-2"])
def test_the_lock_of_another_machine_is_refused(tmp_path: Path, wanted: str) -> None:
    owner = {"pid": 12, "host": "node-7.cluster"}
    (tmp_path / WHOLE).write_text(json.dumps(owner))
    assert owner_of(tmp_path) == owner
    with pytest.raises(InUseError) as caught, locked(tmp_path, wanted):
        pass
    assert "process 12 on node-7.cluster is working on this sweep" in str(caught.value)
    assert f"if it is gone for good, delete {tmp_path / WHOLE}" in str(caught.value)
    assert json.loads((tmp_path / WHOLE).read_text()) == owner
    (tmp_path / WHOLE).unlink()
    with locked(tmp_path, wanted):
        pass


@pytest.mark.parametrize("left", [b"", b"\x00" * 100, b"[]", b'{"pid": "x"}', b"\xff", b'{"pid": 1}', b"9" * 5000])
def test_a_lock_file_that_says_nothing_is_taken_over(tmp_path: Path, left: bytes) -> None:
    (tmp_path / WHOLE).write_bytes(left)
    with locked(tmp_path):
        assert json.loads((tmp_path / WHOLE).read_text())["pid"] == os.getpid()


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    folder = tmp_path / "sweep"
    folder.mkdir()
    for place in (target, tmp_path / "nothing"):
        (folder / WHOLE).symlink_to(place)
        with pytest.raises(lock.StoreError, match="cannot be written"), locked(folder):
            pass
        (folder / WHOLE).unlink()
    assert target.read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


def test_an_error_within_lets_go(tmp_path: Path) -> None:
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), locked(tmp_path):
            raise error
        assert list(tmp_path.iterdir()) == []


def _no_locks(descriptor: int, how: int) -> None:
    raise OSError(errno.ENOSYS, "Function not implemented")


def _try_without_locks(folder: str, barrier: Any, results: Any) -> None:
    import fcntl

    fcntl.flock = _no_locks  # type: ignore[assignment]
    barrier.wait()
    for number in range(TRIALS):
        place = Path(folder) / str(number)
        with contextlib.suppress(InUseError), locked(place):
            since = time.monotonic()
            time.sleep(0.01)
            results.put((number, since, time.monotonic()))
        barrier.wait()
    results.put(None)


def test_on_a_file_system_without_locks_exactly_one_has_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])  # where the spawned processes find this module
    for number in range(TRIALS):
        (tmp_path / str(number)).mkdir()
    context = mp.get_context("spawn")
    barrier, results = context.Barrier(3), context.Queue()
    workers = [
        context.Process(target=_try_without_locks, args=(str(tmp_path), barrier, results), daemon=True)
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    told: list[tuple[int, float, float]] = []
    left = len(workers)
    while left:
        found = results.get(timeout=60)
        left, told = (left - 1, told) if found is None else (left, [*told, found])
    for worker in workers:
        worker.join()
    results.close()
    results.join_thread()
    told.sort()
    assert {number for number, _, _ in told} == set(range(TRIALS))
    for (one, _, until), (other, since, _) in itertools.pairwise(told):
        assert one != other or until <= since
    assert len(told) < 2 * TRIALS  # of three most were refused


def test_without_locks_the_file_of_the_dead_is_left_to_a_human(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.setattr(fcntl, "flock", _no_locks)
    monkeypatch.setattr(lock, "_PATIENCE", 0.05)
    with locked(tmp_path):
        assert owner_of(tmp_path) == {"pid": os.getpid(), "host": socket.gethostname()}
        with pytest.raises(InUseError, match=f"process {os.getpid()}"), locked(tmp_path):
            pass
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / WHOLE).write_text(json.dumps({"pid": dead.pid, "host": socket.gethostname()}))
    assert owner_of(tmp_path) is None
    with pytest.raises(InUseError, match="if it is gone for good, delete"), locked(tmp_path):
        pass
