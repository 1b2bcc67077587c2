"""A manifest says what it takes to run again, and shows every change."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from importlib import metadata

import pytest

from escalation_sim.draws import STREAM_VERSION
from escalation_sim.errors import StoreError
from escalation_sim.store.provenance import file_hashes, manifest, seal, sha256, unseal

NOON = datetime(2024, 10, 24, 12, tzinfo=UTC)


def record(**changes):
    given = {"command": ["escalation-sim", "run", "my file.yaml"], "seed": 7, "replicates": 100, "draws": 10}
    given |= {"scenario_id": "small", "resolved_text": "id: small\n", "source_hashes": {"a.yaml": "0"}}
    return manifest(**(given | {"started": NOON, "finished": NOON} | changes))


def test_what_it_takes_to_run_again():
    made = record(failed=3)
    assert made["command"] == "escalation-sim run 'my file.yaml'"
    assert (made["seed"], made["parameter_draws"], made["stream_version"]) == (7, 10, STREAM_VERSION)
    assert made["replicates"] == {"requested": 100, "ok": 97, "failed": 3}
    assert made["scenario"] == {"id": "small", "resolved_sha256": sha256(b"id: small\n")}
    assert made["sources"] == {"a.yaml": "0"}
    assert made["libraries"]["numpy"] == metadata.version("numpy")
    assert made["cpu"]["model"]
    assert made["cpu"]["count"] >= 1


def test_times_are_told_in_utc():
    seoul = NOON.astimezone(timezone(timedelta(hours=9)))
    assert record(started=seoul)["started"] == record()["finished"] == "2024-10-24T12:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        record(started=datetime(2024, 10, 24, 12))


def test_any_changed_byte_of_a_manifest_shows():
    content = seal(record() | {"files": {"a.csv": "0"}})
    assert unseal(content, "m")["seed"] == 7
    for place in range(len(content)):
        for flip in (1, 0x20, 0x80):
            spoiled = content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :]
            with pytest.raises(StoreError):
                unseal(spoiled, "m")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b'{"program": "other"}', b'{"program": "\\ud800"}']
)
def test_what_is_no_manifest_is_refused_in_one_line(content):
    with pytest.raises(StoreError, match="not the manifest of a result") as refused:
        unseal(content, "m")
    assert "\n" not in str(refused.value)


def test_a_sealed_manifest_without_files_is_refused():
    with pytest.raises(StoreError, match="damaged"):
        unseal(seal(record()), "m")


def test_another_format_is_told_apart_from_damage():
    with pytest.raises(StoreError, match="format version 99"):
        unseal(seal(record() | {"files": {}, "format_version": 99}), "m")


def test_input_files_are_hashed_or_named(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"id: a")
    assert file_hashes([tmp_path / "a.yaml"]) == {str(tmp_path / "a.yaml"): sha256(b"id: a")}
    with pytest.raises(StoreError, match=r"b\.yaml"):
        file_hashes([tmp_path / "b.yaml"])


def test_reading_loads_no_compiler():
    loaded = "import sys, escalation_sim.store.read as r; print({'numba', 'mesa', 'matplotlib'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
