"""Parquet holds what the CSV files hold: text stays text, numbers are equal to the last bit."""

import gzip
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store import parquet as ours
from escalation_sim.store.provenance import hash_of
from escalation_sim.store.shards import write_shard
from escalation_sim.store.sweeps import flaw, read_sweep

pytest.importorskip("pyarrow")

PLAIN = ["NA", "NO", "null", "=1+1", "", "a, b"]


def test_texts_survive_and_numbers_are_those_of_the_csv(swept: Any) -> None:
    swept.whole()
    made = ours.write_parquet(swept.folder)
    assert [path.name for path in made] == ["points.parquet", "runs.parquet"]
    points = pd.read_parquet(made[0])
    assert points["who"].tolist() == PLAIN
    expected = read_sweep(swept.folder).points
    assert list(points.columns) == list(expected.columns)
    for name in expected:
        assert points[name].tolist() == expected[name].tolist()
    assert points["point"].dtype == np.int64
    assert points["odds"].dtype == np.float64
    runs = pd.read_parquet(made[1])
    np.testing.assert_array_equal(runs["day_war"], [12.3, np.nan] * 6)
    assert runs["day_war"].dtype == np.float64
    assert not list(swept.folder.glob("*.partial"))


def test_numbers_are_equal_to_the_last_bit_over_several_pieces(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    swept.begin()
    numbers = np.random.default_rng(3).random(600) * 10.0 ** np.random.default_rng(4).integers(-300, 300, 600)
    for chunk, part in enumerate(np.split(numbers, 3)):
        swept.shard(chunk)
        lines = "".join(f"{2 * chunk + k // 100},{k % 100},0,3,7,2,{x!r}\n" for k, x in enumerate(part.tolist()))
        runs = gzip.compress(lines.encode(), mtime=0)
        write_shard(swept.folder, chunk, swept.digest, {"points": b"", "runs": runs, "failures": b""})
    swept.finish()
    monkeypatch.setattr(ours, "_ROWS", 37)
    runs = pd.read_parquet(ours.write_parquet(swept.folder)[-1])
    exact = int(pd.__version__.split(".")[0]) >= 3  # pandas 2 reads numbers from text less carefully
    np.testing.assert_array_max_ulp(runs["day_war"].to_numpy(), numbers, 0 if exact else 8)


def test_a_column_without_any_number_is_still_one_of_numbers(swept: Any) -> None:
    swept.begin()
    for chunk in range(3):
        lines = f"{2 * chunk},0,0,3,7,2,\n".encode()
        swept.shard(chunk)
        write_shard(swept.folder, chunk, swept.digest,
                    {"points": b"", "runs": gzip.compress(lines, mtime=0), "failures": b""})  # fmt: skip
    swept.finish()
    runs = pd.read_parquet(ours.write_parquet(swept.folder)[-1])
    assert runs["day_war"].dtype == np.float64
    assert runs["day_war"].isna().all()


def test_without_rows_there_is_one_file(swept: Any) -> None:
    swept.record["plan"]["runs"] = False
    swept.whole()
    assert [path.name for path in ours.write_parquet(swept.folder)] == ["points.parquet"]


def test_without_pyarrow_the_remedy_is_told(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    swept.whole()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(StoreError, match=r"pyarrow is not installed; pip install 'escalation-sim\[parquet\]'"):
        ours.write_parquet(swept.folder)


def test_a_failure_leaves_the_old_file(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    swept.whole()
    path = ours.write_parquet(swept.folder)[0]
    before = path.read_bytes()

    def full(*words: Any) -> None:
        words[1].write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ours, "_copy", full)
    with pytest.raises(StoreError, match="the disk is full"):
        ours.write_parquet(swept.folder)
    assert path.read_bytes() == before
    assert not list(swept.folder.glob("*.partial"))
    assert not flaw(swept.folder)


def test_the_manifest_vouches_for_it(swept: Any) -> None:
    plain = read_sweep(swept.whole().folder).record
    path, other = ours.write_parquet(swept.folder)
    sealed = (swept.folder / "manifest.json").read_bytes()
    hashes = {one.name: hash_of(one) for one in (path, other)}
    assert read_sweep(swept.folder).record["files"] == plain["files"] | hashes
    ours.write_parquet(swept.folder)
    assert (swept.folder / "manifest.json").read_bytes() == sealed
    for damage in (b"rubbish", path.read_bytes()[:-1], other.read_bytes()):
        path.write_bytes(damage)
        with pytest.raises(StoreError, match=r"points\.parquet: the file was changed or damaged after the sweep"):
            read_sweep(swept.folder)
        assert "points.parquet" in flaw(swept.folder)


def test_it_is_on_the_disk_before_it_has_its_name_and_its_hash(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    swept.whole()
    flushed, named = set[int](), list[str]()
    fsync, replace = os.fsync, Path.replace

    def flush(descriptor: int) -> None:
        flushed.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        assert path.stat().st_ino in flushed, target
        named.append(Path(target).name)
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", renamed)
    ours.write_parquet(swept.folder)
    assert named == ["points.parquet", "runs.parquet", "manifest.json"]
