"""One writer to a folder: a lock that names its owner, and that does not outlive it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from escalation_sim.errors import StoreError
from escalation_sim.store.write import remedied

try:
    import fcntl
except ImportError:  # Windows: as on a file system without locks
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 2.0  # seconds
WHOLE = "lock"  # the name of the lock of who works on all chunks; one part of them has a name of its own


class InUseError(StoreError):
    """A folder that another process is working on."""


@contextlib.contextmanager
def locked(folder: Path, name: str = WHOLE) -> Iterator[None]:
    """Hold a folder while the block runs.

    The operating system lets go of the lock when its owner dies, however it dies. On a file system that knows no such
    locks who makes the file holds it, and one left by the dead has to be deleted by hand; so has one that names
    another machine, whose processes cannot be asked.

    Parameters
    ----------
    folder : path
        There already.
    name : str
        Of the lock; all locks of a folder exclude `WHOLE`, and `WHOLE` excludes them.

    Raises
    ------
    InUseError
        If another process has it, with the number of that process and its machine.
    """
    path = folder / name
    with remedied(folder):
        descriptor = _taken(path)
        try:
            _say(descriptor)
            for other in holders(folder):  # after our own is taken: of two that begin at once, one sees the other
                if other != path and WHOLE in (name, other.name) and (owner := _alive(other)) is not None:
                    raise _in_use(other, owner)
            yield
        finally:
            # Removed while it is still held: who waits for it finds that the file is another one by then.
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(descriptor)


def holders(folder: Path) -> list[Path]:
    """Lock files in a folder, of living owners or dead ones."""
    return sorted(path for path in folder.glob(f"{WHOLE}*") if path.is_file() and not path.is_symlink())


def owner_of(folder: Path) -> dict[str, Any] | None:
    """Who works on a folder now: pid, host (nothing, if it has not said so yet); None if nobody does.

    >>> owner_of(Path("no such folder")) is None
    True
    """
    return next((owner for path in holders(folder) if (owner := _alive(path)) is not None), None)


def _taken(path: Path) -> int:
    """The descriptor of a lock file that is ours now."""
    patience = time.monotonic() + _PATIENCE
    while True:
        descriptor, is_new = _opened(path)
        try:
            ours, owner = _flocked(descriptor, is_new), _read(descriptor)
            held = owner is not None and (_elsewhere(owner) or (not ours and _runs(owner)))
            if held or (not ours and time.monotonic() > patience):
                raise _in_use(path, owner or {})
            if ours and _is_still(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(0.01)  # its owner has not said its name yet, has just gone, or somebody looked whether it lives


def _opened(path: Path) -> tuple[int, bool]:
    """A descriptor of a lock file, and whether the file is new."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644), True
    except FileExistsError:
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, flags), False
        return _opened(path)  # it has gone since


def _flocked(descriptor: int, otherwise: bool) -> bool:
    """Whether the system gives us the lock; `otherwise` where it knows none."""
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        except OSError:
            pass  # a file system without locks
    return otherwise


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _say(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
    os.fsync(descriptor)


def _read(descriptor: int) -> dict[str, Any] | None:
    """The owner that a lock file names; None if it names none."""
    with contextlib.suppress(ValueError, OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        said = json.loads(os.read(descriptor, 1000))
        if isinstance(said, dict) and isinstance(said.get("pid"), int) and isinstance(said.get("host"), str):
            return said
    return None


def _alive(path: Path) -> dict[str, Any] | None:
    """The owner of a lock that is held (empty if it has not said its name yet); None if nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    try:
        owner = _read(descriptor)
        if owner and _elsewhere(owner):
            return owner
        return None if _flocked(descriptor, owner is not None and not _runs(owner)) else owner or {}
    finally:
        os.close(descriptor)


def _elsewhere(owner: dict[str, Any]) -> bool:
    return bool(owner["host"] != socket.gethostname())


def _runs(owner: dict[str, Any]) -> bool:
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _in_use(path: Path, owner: dict[str, Any]) -> InUseError:
    who = f"process {owner['pid']} on {owner['host']}" if owner else "another process"
    remedy = f"wait for it, or stop it (if it is gone for good, delete {path})"
    return InUseError(f"{path.parent}: {who} is working on this sweep; {remedy}")
