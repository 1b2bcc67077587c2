"""Where a result comes from: all it takes to make it again, and a seal that shows any change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from escalation_sim.errors import StoreError

PROGRAM = "escalation-sim"
FORMAT_VERSION = 1  # of result folders: raise it when an older reader would misread a newer folder
_LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "mesa", "pandas")
_SEAL = "manifest_sha256"
_VECTORS = ("avx", "fma", "sse4", "asimd", "neon", "sve")  # what decides the last bits of vectorised arithmetic


def sha256(content: bytes) -> str:
    """SHA-256 as a hexadecimal string.

    >>> sha256(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()


def hash_of(path: Path) -> str:
    """SHA-256 of a file of any size.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     hash_of(Path(file.name))[:12]
    'e3b0c44298fc'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of what JSON can hold, whatever the order of its keys.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return sha256(json.dumps(record, sort_keys=True, allow_nan=False).encode())


def file_hashes(files: Iterable[str | Path]) -> dict[str, str]:
    """Name as given -> SHA-256 of the content now; raises StoreError for a file that cannot be read."""
    try:
        return {str(file): hash_of(Path(file)) for file in files}
    except OSError as error:
        raise StoreError(f"{error.filename}: cannot be read: {error.strerror}; make it readable") from error


def manifest(
    command: str | Sequence[str],
    seed: int,
    replicates: int,
    draws: int,
    scenario_id: str,
    resolved_text: str,
    source_hashes: Mapping[str, str],
    started: datetime,
    finished: datetime,
    failed: int = 0,
) -> dict[str, Any]:
    """The record of a run; `write_result` adds the hashes of the files. (Ten parameters: they are the record.)

    Parameters
    ----------
    command : str or sequence of str
        What was typed, as text or word by word, or the call in Python.
    seed, replicates, draws : int
        Seed of the study, replicates requested, draws of the parameters.
    scenario_id, resolved_text : str
        The scenario, and its resolved text as stored beside the tables.
    source_hashes : mapping
        Name of each input file -> SHA-256 of the very bytes that were read, as the marks of a scenario tell them: of
        what lies there later, an edit would pass for the input.
    started, finished : datetime
        With a time zone (`ValueError` without); written in UTC.
    failed : int
        Replicates that gave no result, out of `replicates`.

    Returns
    -------
    dict
        Nothing but what JSON can hold. Versions of libraries are looked up, the libraries not imported.

    >>> noon = datetime(2024, 10, 24, 12, tzinfo=UTC)
    >>> record = manifest("escalation-sim run a.yaml", 1, 100, 10, "a", "id: a", {}, noon, noon)
    >>> record["replicates"], record["started"]
    ({'requested': 100, 'ok': 100, 'failed': 0}, '2024-10-24T12:00:00Z')
    """
    return {
        "program": PROGRAM,
        "format_version": FORMAT_VERSION,
        **origin(),
        "command": command if isinstance(command, str) else shlex.join(command),
        "seed": seed,
        "replicates": {"requested": replicates, "ok": replicates - failed, "failed": failed},
        "parameter_draws": draws,
        "scenario": {"id": scenario_id, "resolved_sha256": sha256(resolved_text.encode())},
        "sources": dict(source_hashes),
        "started": _utc(started),
        "finished": max(_utc(started), _utc(finished)),  # a clock may have been put back
        "platform": platform.platform(),
        "cpu": _cpu(),
    }


def origin() -> dict[str, Any]:
    """Versions of the program, of its streams of random numbers, of Python and of the libraries.

    >>> origin()["stream_version"]
    1
    """
    from escalation_sim.draws import STREAM_VERSION  # here, for it loads the compiler: a reader needs none

    return {
        "version": _version(PROGRAM),
        "stream_version": STREAM_VERSION,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def drawn_by(record: Mapping[str, Any]) -> dict[str, Any]:
    """Versions of the program and the streams that the numbers of a result were drawn with.

    Of a score or a sensitivity these are the ones of what it was made from, whichever program made it from that.

    >>> run = {"version": "1.0", "stream_version": 0}
    >>> drawn_by(run), drawn_by({**origin(), "drawn_by": run}) == run
    ({'version': '1.0', 'stream_version': 0}, True)
    """
    made = record.get("drawn_by") or record.get("made_by") or record  # a sweep tells it of all its parts
    return {name: made.get(name) for name in ("version", "stream_version")}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cpu() -> dict[str, Any]:
    """Model and count of the processors and, where the system tells (Linux), their vector instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    said = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = (said.get("flags") or said.get("features") or "").split()
    model = said.get("model name") or platform.processor() or platform.machine()
    return {"model": model, "count": os.cpu_count(), "vectors": sorted(f for f in flags if f.startswith(_VECTORS))}


def seal(record: Mapping[str, Any]) -> bytes:
    """A manifest as the bytes of its file, with a hash of itself, so that any changed byte shows."""
    content = {key: value for key, value in record.items() if key != _SEAL}
    return _text(content | {_SEAL: sha256(_text(content))})


def _text(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def unseal(content: bytes, name: str) -> dict[str, Any]:
    """The manifest in the bytes of its file.

    Parameters
    ----------
    content : bytes
    name : str
        What to call the file in an error.

    Raises
    ------
    StoreError
        If it is no manifest of ours, of a format this version does not know, or changed since it was written.

    >>> record = {"program": PROGRAM, "format_version": 1, "scenario": {"id": "a"}, "files": {}}
    >>> unseal(seal(record), "manifest.json")["scenario"]
    {'id': 'a'}
    >>> unseal(b"{}", "manifest.json")
    Traceback (most recent call last):
    ...
    escalation_sim.errors.StoreError: manifest.json: this is not the manifest of a result of escalation-sim
    """
    record: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        record = json.loads(content)
    if not isinstance(record, dict) or record.get("program") != PROGRAM:
        raise StoreError(f"{name}: this is not the manifest of a result of {PROGRAM}")
    if record.get("format_version") != FORMAT_VERSION:
        raise StoreError(
            f"{name}: format version {record.get('format_version')!r} is not the one this version of {PROGRAM} reads "
            f"({FORMAT_VERSION}); use the version that wrote the result"
        )
    with contextlib.suppress(ValueError, RecursionError):  # not every JSON is one that `seal` would write
        if seal(record) == content and _is_whole(record):
            return record
    raise StoreError(f"{name}: the manifest was changed or damaged after the run; run the scenario again")


def _is_whole(record: Mapping[str, Any]) -> bool:
    """Whether what a reader relies on is there: the scenario's id, and a hash for each file."""
    scenario, files = record.get("scenario"), record.get("files")
    named = isinstance(scenario, dict) and isinstance(scenario.get("id"), str)
    return named and isinstance(files, dict) and all(isinstance(digest, str) for digest in files.values())
