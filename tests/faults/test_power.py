"""F5: the power goes at some call to the disk, and of each file only what was flushed is left, the rest is zeros."""

import itertools
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store.folders import read
from escalation_sim.store.sweeps import read_sweep


class _Dark(BaseException):
    """The power is gone: nothing catches it, and nobody tidies up."""


class _Disk:
    """Remembers what was flushed: of each file what it held, of each folder the names in it.

    At call number `last` of those that change the disk all goes dark. Then files hold zeros where they were not
    flushed; and with `names` a folder has the names of its last flush again, so a file that took another's place is
    back under its own. A file that loses its name keeps another one in `attic`, for it may come back.
    """

    def __init__(self, patch: pytest.MonkeyPatch, last: int, top: Path, attic: Path) -> None:
        self.held: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.calls, self.last, self.top, self.attic = 0, last, top, attic
        for path in (top, *top.rglob("*")):
            self._flushed(path)
        fsync, unlink = os.fsync, Path.unlink

        def flush(descriptor: int) -> None:
            self._count()
            fsync(descriptor)
            self._flushed(Path(f"/proc/self/fd/{descriptor}").readlink())

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

    def _flushed(self, path: Path) -> None:
        if path.is_file():
            self.held[path.stat().st_ino] = path.read_bytes()
            return
        found = {one: one.stat().st_ino for one in path.iterdir()}
        self.names[path.stat().st_ino] = {one.name: number for one, number in found.items()}
        for one, number in found.items():
            if one.is_file() and not (self.attic / str(number)).exists():
                os.link(one, self.attic / str(number))

    def after_the_cut(self, names: bool) -> int:
        """Leave what was flushed; how many files lost something."""
        lost = 0
        for path in (path for place in (self.top, self.attic) for path in place.rglob("*") if path.is_file()):
            now, kept = path.read_bytes(), self.held.get(path.stat().st_ino, b"")
            if now != kept:
                path.write_bytes(kept[: len(now)].ljust(len(now), b"\0"))
                lost += 1
        return lost + (self._names_of_old(self.top) if names else 0)

    def _names_of_old(self, folder: Path) -> int:
        """Give a folder and those in it the names they had when they were flushed; how many names were others."""
        kept = self.names.get(folder.stat().st_ino, {})
        found = {path.name: path.stat().st_ino for path in folder.iterdir()}
        for name, number in found.items():
            (folder / name).rename(folder / f"number {number}")
        for name, number in kept.items():
            here = folder / f"number {number}"
            here.rename(folder / name) if here.exists() else os.link(self.attic / str(number), folder / name)
        for path in folder.glob("number *"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        below = sum(self._names_of_old(path) for path in folder.iterdir() if path.is_dir())
        return below + len(set(found.items()) ^ set(kept.items()))


pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs to know a file by its descriptor")
STRIDES = pytest.mark.parametrize(
    ("stride", "names"),
    [
        (13, True),
        (16, False),
        pytest.param(1, True, marks=pytest.mark.slow),
        pytest.param(1, False, marks=pytest.mark.slow),
    ],
)


@pytest.fixture
def cut_at(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Function: whether the power went before a command was done (else it goes then), and how many files lost by it."""

    def cut(step: int, names: bool, command: Any, top: Path) -> tuple[bool, int]:
        with pytest.MonkeyPatch.context() as patch:
            disk = _Disk(patch, step, top, tmp_path_factory.mktemp("attic"))
            try:
                answer = command()
            except _Dark:
                answer = None
        assert answer is None or answer.exit_code == 0, answer.output
        return answer is None, disk.after_the_cut(names)

    return cut


@STRIDES
def test_a_sweep_goes_on_after_a_power_cut(
    stride: int, names: bool, sweep: Any, tables: Any, place: Path, cut_at: Any
) -> None:
    assert sweep().exit_code == 0
    expected, lost = tables("out"), 0
    for step in itertools.count(1, stride):
        shutil.rmtree("out")
        Path("out").mkdir()
        cut, files = cut_at(step, names, sweep, place / "out")
        lost += files
        if not cut:  # it was done, so all of it is there, if perhaps with a lock that nobody holds any more
            read_sweep(Path("out"))
            assert {name: data for name, data in tables("out").items() if name != "lock"} == expected
        assert sweep().exit_code == 0, step
        assert tables("out") == expected, step
        if not cut:
            break
    print(f"{step - 1} calls to the disk, tried every {stride}; {lost} files lost something")
    assert step > 20


@STRIDES
def test_a_run_is_there_or_not_after_a_power_cut(
    stride: int, names: bool, run: Any, tables: Any, place: Path, cut_at: Any
) -> None:
    """Whether or not one lay there before: afterwards one is there, whole, or none, and never a part."""
    assert run("--out", "expected").exit_code == 0
    expected, lost, out = tables("expected"), 0, str(place / "top" / "out")
    (place / "top").mkdir()
    for step in itertools.count(1, stride // 3 or 1):
        cut, files = cut_at(step, names, lambda: run("--out", out), place / "top")
        lost += files
        if Path(out).exists() or not cut:
            read(out)  # which checks every byte
            assert tables(out) == expected
        else:
            with pytest.raises(StoreError):
                read(out)
        if not cut:
            break
    print(f"{step - 1} calls to the disk, tried every {stride // 3 or 1}; {lost} files lost something")
    assert run("--out", out).exit_code == 0
    assert tables(out) == expected
    assert step > 9
