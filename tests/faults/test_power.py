"""F5: the power goes at some call to the disk, and of each file only what was flushed is left, the rest is zeros."""

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store.folders import read


class _Dark(BaseException):
    """The power is gone: nothing catches it, and nobody tidies up."""


class _Disk:
    """Remembers of each file what was flushed; at call number `last` of those that change the disk all goes dark."""

    def __init__(self, patch: pytest.MonkeyPatch, last: int, top: Path) -> None:
        before = [path for path in top.rglob("*") if path.is_file()]
        self.flushed = {path.stat().st_ino: path.read_bytes() for path in before}
        self.calls, self.last = 0, last
        fsync, unlink = os.fsync, Path.unlink

        def flush(descriptor: int) -> None:
            self._count()
            fsync(descriptor)
            path = Path(f"/proc/self/fd/{descriptor}")
            if path.is_file():
                self.flushed[os.fstat(descriptor).st_ino] = path.read_bytes()

        def counted(before: Any) -> Any:
            return lambda *words, **options: (self._count(), before(*words, **options))[1]

        patch.setattr(os, "fsync", flush)
        patch.setattr(Path, "unlink", lambda path, **how: None if self.is_dark else unlink(path, **how))
        patch.setattr("shutil.rmtree", lambda path, **how: None)
        for owner, name in ((Path, "mkdir"), (Path, "replace"), (Path, "rename")):
            patch.setattr(owner, name, counted(getattr(owner, name)))

    @property
    def is_dark(self) -> bool:
        return self.calls >= self.last

    def _count(self) -> None:
        self.calls += 1
        if self.is_dark:
            raise _Dark

    def after_the_cut(self, folder: Path) -> int:
        """Leave of every file what was flushed, and zeros for the rest; how many files lost something."""
        lost = 0
        for path in (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            now, kept = path.read_bytes(), self.flushed.get(path.stat().st_ino, b"")
            if now != kept:
                path.write_bytes(kept[: len(now)].ljust(len(now), b"\0"))
                lost += 1
        return lost


pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs to know a file by its descriptor")
ALL = pytest.param(1, marks=pytest.mark.slow)


def _cut_at(step: int, command: Any, top: Path) -> tuple[bool, int]:
    """Whether the power went before the command was done, and how many files lost something."""
    with pytest.MonkeyPatch.context() as patch:
        disk = _Disk(patch, step, top)
        try:
            answer = command()
        except _Dark:
            answer = None
    lost = disk.after_the_cut(top) if answer is None else 0
    assert answer is None or answer.exit_code == 0, answer.output
    return answer is None, lost


@pytest.mark.parametrize("stride", [13, ALL])
def test_a_sweep_goes_on_after_a_power_cut(stride: int, sweep: Any, tables: Any, place: Path) -> None:
    assert sweep().exit_code == 0
    expected, lost = tables("out"), 0
    for step in itertools.count(1, stride):
        Path("out").rename(f"old{step}")
        cut, files = _cut_at(step, sweep, place / "out")
        lost += files
        assert sweep().exit_code == 0, step
        assert tables("out") == expected, step
        if not cut:
            break
    print(f"{step - 1} calls to the disk, tried every {stride}; {lost} files lost something")
    assert step > 20


@pytest.mark.parametrize("stride", [5, ALL])
def test_a_run_is_there_or_not_after_a_power_cut(stride: int, run: Any, tables: Any, place: Path) -> None:
    """Whether or not one lay there before: afterwards one is there, whole, or none, and never a part."""
    assert run("--out", "expected").exit_code == 0
    expected, lost, out = tables("expected"), 0, str(place / "top" / "out")
    (place / "top").mkdir()
    for step in itertools.count(1, stride):
        cut, files = _cut_at(step, lambda: run("--out", out), place / "top")
        lost += files
        if Path(out).exists():
            read(out)  # which checks every byte
            assert tables(out) == expected
        else:
            with pytest.raises(StoreError):
                read(out)
        if not cut:
            break
    print(f"{step - 1} calls to the disk, tried every {stride}; {lost} files lost something")
    assert run("--out", out).exit_code == 0
    assert tables(out) == expected
    assert step > 9
