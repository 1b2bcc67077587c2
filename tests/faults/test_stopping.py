"""F6: a run told to stop leaves nothing half written, and says so, by its exit code too (sweeps: tests/cli)."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

MANY = ["--replicates", "300000", "--rare", "none", "--out", "out"]


def _started(*words: str, group: bool = False) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "escalation_sim", "run", "reef.yaml", *words]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=group)


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_a_run_told_to_stop_leaves_nothing(name: str, place: Path) -> None:
    number = getattr(signal, name)
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, as it is under nohup")
    process = _started(*MANY)
    time.sleep(4.0)
    assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number, err
    assert out == ""
    assert err.splitlines()[-1] == "Stopped; nothing was written. The same command starts again."
    assert "Traceback" not in err
    assert sorted(path.name for path in place.iterdir()) == ["reef.yaml", "try.yaml"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_amid_the_writing_removes_what_was_written(
    number: int, run: Any, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, calls = os.fsync, []

    def signalled(descriptor: int) -> None:
        fsync(descriptor)
        calls.append(descriptor)
        if len(calls) == 3:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(os, "fsync", signalled)
    answer = run("--out", "out")
    assert answer.exit_code == 128 + number
    assert answer.stderr.splitlines()[-1].startswith("Stopped; nothing was written.")
    assert sorted(path.name for path in place.iterdir()) == ["reef.yaml", "try.yaml"]
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under nohup a hang-up must not stop a run."""
    before, fsync = signal.signal(signal.SIGHUP, signal.SIG_IGN), os.fsync
    try:
        monkeypatch.setattr(os, "fsync", lambda descriptor: (os.kill(os.getpid(), signal.SIGHUP), fsync(descriptor))[1])
        assert run("--out", "out").exit_code == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
def test_a_run_killed_or_stopped_at_any_moment_is_there_whole_or_not_at_all(place: Path, run: Any, tables: Any) -> None:
    assert run("--out", "expected").exit_code == 0
    expected, luck, there = tables("expected"), random.Random(1), 0
    few = ["--replicates", "60", "--parameters", "3", "--rare", "none", "--no-figures", "--out", "out"]
    for _ in range(20):
        process = _started(*few, group=True)
        time.sleep(luck.uniform(0.3, 4.0))
        if process.poll() is None:
            os.killpg(process.pid, luck.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
        process.communicate(timeout=30)
        if (place / "out").exists():
            there += 1
            assert tables("out") == expected
            (place / "out").rename(place / f"old{there}")
    print(f"{there} of 20 runs were there, all whole")
