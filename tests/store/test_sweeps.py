"""The folder of a sweep: one plan, tables made of all shards and of nothing else, and no damage that is not told."""

import copy
import json
import os
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store import sweeps
from escalation_sim.store.folders import read
from escalation_sim.store.provenance import seal
from escalation_sim.store.shards import path_of, write_shard
from escalation_sim.store.sweeps import begin, is_finished, prepare, read_plan, read_sweep, reopen

PLAIN = ["NA", "NO", "null", "=1+1", "", "a, b"]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sweep_comes_back_as_it_was_put_in(swept: Any) -> None:
    assert not is_finished(swept.folder)
    sweep = read_sweep(swept.whole().folder)
    assert sweep.points["who"].tolist() == PLAIN
    assert sweep.points["point"].tolist() == list(range(6))
    assert sweep.points["odds"].tolist() == [0.1] * 6
    assert sweep.plan == swept.record["plan"]
    assert sweep.record["kind"] == "sweep"
    assert len(sweep.record["shards"]) == 3
    names = {"manifest.json", "plan.json", "points.csv", "runs.csv.gz", "dictionary.csv", "resolved.yaml", "shards"}
    assert {path.name for path in swept.folder.iterdir()} == names
    assert set(sweep.record["files"]) == names - {"manifest.json", "shards"}
    plain = pd.read_csv(swept.folder / "runs.csv.gz")  # as anybody reads it
    assert plain["day_war"].isna().tolist() == [False, True] * 6


def test_the_dictionary_explains_every_column(swept: Any) -> None:
    swept.whole()
    told = pd.read_csv(swept.folder / "dictionary.csv", keep_default_na=False)
    for table, file in (("points", "points.csv"), ("runs", "runs.csv.gz")):
        columns = list(pd.read_csv(swept.folder / file, nrows=1).columns)
        assert told.loc[told["table"] == table, "column"].tolist() == columns
    assert (told["meaning"] != "").all()
    assert "failures" not in set(told["table"])


def test_the_order_and_number_of_writings_change_nothing(swept: Any, tmp_path: Path) -> None:
    one = _contents(swept.whole().folder)
    other = swept._replace(folder=tmp_path / "other")
    other.begin()
    for chunk in (2, 0, 1, 0, 2):
        other.shard(chunk)
    other.finish()
    other.finish()
    other.begin()
    assert _contents(other.folder) == one


def test_failures_are_a_table_if_there_are_any(swept: Any) -> None:
    swept.begin()
    for chunk in range(3):
        swept.shard(chunk, fails=chunk == 1)
    swept.finish()
    told = pd.read_csv(swept.folder / "failures.csv")
    assert told["point"].tolist() == [2]
    assert "failures.csv" in read_sweep(swept.folder).record["files"]
    swept.shard(1)  # tried again
    swept.finish()
    assert not (swept.folder / "failures.csv").exists()
    assert read_sweep(swept.folder).points["point"].tolist() == list(range(6))


def test_without_rows_there_is_no_table_of_them(swept: Any) -> None:
    swept.record["plan"]["runs"] = False
    swept.whole()
    assert not (swept.folder / "runs.csv.gz").exists()
    with pytest.raises(StoreError, match="the replicates of some or all points were not kept"):
        next(read_sweep(swept.folder).runs())


@pytest.mark.parametrize("points", [1, 2, 4, 6, 7])
def test_rows_are_read_some_points_at_a_time(swept: Any, points: int) -> None:
    frames = list(read_sweep(swept.whole().folder).runs(points))
    whole = pd.concat(frames)
    assert [len(frame) for frame in frames[:-1]] == [2 * points] * (len(frames) - 1)
    assert whole["point"].tolist() == [p for p in range(6) for _ in range(2)]
    assert whole["replicate"].tolist() == [0, 1] * 6


def test_files_that_the_manifest_does_not_know_are_named(swept: Any) -> None:
    swept.whole()
    for name in ("zebra.csv", "failures.csv", "shards/000003.shard", "shards/notes.txt", "below/lock", "lock.csv"):
        (swept.folder / name).parent.mkdir(exist_ok=True)
        (swept.folder / name).touch()
    (swept.folder / "aside").symlink_to(swept.folder.parent)
    own = ("lock", "lock-1-of-3", "lock-tables", ".points.csv.00ff.partial", "shards/.000001.shard.00ff.partial")
    for name in own:
        (swept.folder / name).touch()
    named = ("aside", "below/lock", "failures.csv", "lock.csv", "shards/000003.shard", "shards/notes.txt", "zebra.csv")
    assert tuple(read_sweep(swept.folder).unlisted) == read(swept.folder).unlisted == named


def test_rows_out_of_order_are_refused(swept: Any) -> None:
    sweep = read_sweep(swept.whole().folder)
    rows = pd.read_csv(swept.folder / "runs.csv.gz")
    rows.iloc[::-1].to_csv(swept.folder / "runs.csv.gz", index=False)
    with pytest.raises(StoreError, match="the rows are not in the order of the points"):
        list(sweep.runs(2))


def _other(record: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("plan", "seed"), 2, "of another scenario, design or size (seed: 1 instead of 2)"),
        (("plan", "replicates"), 50, "(replicates: 2 instead of 50)"),
        (("plan", "layout", "columns", 0, "values"), [1.0, 3.0], "(layout.columns.odds.values.1: 2.0 instead of 3.0)"),
        (("plan", "layout", "columns", 0, "values"), [1.0], "odds.values: [1.0, 2.0] instead of [1.0])"),
        (("plan", "new"), 1, "(new: nothing instead of 1)"),
        (("made_by", "version"), "2", "by another version (version: 1 instead of 2)"),
    ],
)  # fmt: skip
def test_another_plan_is_refused_with_the_place_where_they_differ(
    swept: Any, path: tuple[Any, ...], value: Any, said: str
) -> None:
    swept.begin()
    before = _contents(swept.folder)
    with pytest.raises(StoreError) as caught:
        begin(swept.folder, _other(swept.record, *path, value=value))
    assert said in str(caught.value)
    assert "choose another folder with --out" in str(caught.value)
    assert _contents(swept.folder) == before


def test_the_same_plan_goes_on_and_its_record_stays(swept: Any) -> None:
    first = swept.begin()
    again = begin(swept.folder, swept.record | {"command": "typed otherwise"})
    assert again == first


def test_what_a_killed_beginning_leaves_is_no_obstacle(swept: Any) -> None:
    swept.folder.mkdir()
    (swept.folder / "lock").write_text('{"pid": 1')
    (swept.folder / "lock-0-of-2").touch()
    (swept.folder / ".plan.json.00ff.partial").write_text("{")
    swept.whole()
    assert read_sweep(swept.folder).points["point"].tolist() == list(range(6))


@pytest.mark.parametrize("step", range(1, 9))
def test_a_beginning_that_dies_at_any_step_can_be_repeated(
    swept: Any, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die at the first, second ... call that changes the disk; what lies there then is begun again."""
    calls = []

    def dying(before: Any) -> Any:
        def call(*words: Any, **options: Any) -> Any:
            calls.append(before)
            if len(calls) == step:
                raise KeyboardInterrupt
            return before(*words, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", dying(Path.mkdir))
        patch.setattr(Path, "replace", dying(Path.replace))
        patch.setattr(Path, "unlink", lambda path, missing_ok=False: None)  # who is killed tidies nothing up
        patch.setattr(os, "fsync", dying(os.fsync))
        try:
            swept.begin()
            assert len(calls) < step
        except KeyboardInterrupt:
            assert len(calls) == step
    swept.whole()
    assert read_sweep(swept.folder).points["point"].tolist() == list(range(6))


def test_folders_of_something_else_are_refused(swept: Any, tmp_path: Path) -> None:
    for name, make in {
        "file": lambda path: path.write_text("x"),
        "link": lambda path: path.symlink_to(tmp_path),
        "dangling": lambda path: path.symlink_to(tmp_path / "nothing"),
    }.items():
        make(tmp_path / name)
        with pytest.raises(StoreError, match="this is a file or a link, not a folder; choose another folder"):
            prepare(tmp_path / name)
    for name in ("thesis.tex", "manifest.json", "shards", ".hidden"):
        folder = tmp_path / f"with-{name}"
        folder.mkdir()
        (folder / name).touch()
        with pytest.raises(StoreError, match="the folder holds other things than a sweep; choose another folder"):
            prepare(folder)
        assert [path.name for path in folder.iterdir()] == [name]
    with pytest.raises(StoreError, match="this is not a folder, so no result can be written below it"):
        prepare(tmp_path / "file" / "below")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    swept.begin()
    (swept.folder / "shards").rmdir()
    (swept.folder / "shards").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="shards: this is a link, not a folder"):
        prepare(swept.folder)
    assert list(elsewhere.iterdir()) == []


def test_finishing_needs_every_shard(swept: Any) -> None:
    swept.begin()
    for chunk in (0, 2):
        swept.shard(chunk)
    with pytest.raises(StoreError, match=r"000001\.shard: cannot be read: No such file"):
        swept.finish()
    swept.shard(1)
    for damage in (b"", b"rubbish", path_of(swept.folder, 0).read_bytes()):
        path_of(swept.folder, 1).write_bytes(damage)
        with pytest.raises(StoreError, match=r"000001\.shard"):
            swept.finish()
        assert {path.name for path in swept.folder.iterdir()} == {"plan.json", "shards"}  # nothing half made
    swept.shard(1)
    swept.finish()
    assert is_finished(swept.folder)


def test_finishing_needs_the_memory_of_one_shard(swept: Any) -> None:
    """Forty times as many shards, the same memory; a shard forty times as large shows that memory is seen at all."""

    def peak(chunks: int, rows: int) -> float:
        folder = swept.folder.with_name(f"{chunks}-{rows}")
        sweep = swept._replace(folder=folder, chunks=chunks)
        sweep.begin()
        sweep.shard(0, rows=rows)
        parts = sweeps.read_shard(folder, 0, sweep.digest)
        for chunk in range(1, chunks):
            write_shard(folder, chunk, sweep.digest, parts)
        tracemalloc.start()
        try:
            sweep.finish()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            shutil.rmtree(folder)

    peak(2, 3000)  # what is imported and cached for good
    few, many, large = peak(2, 3000), peak(80, 3000), peak(2, 120_000)
    assert many < 1.3 * few
    assert large > 1.5 * few


def test_reopening_takes_away_what_nothing_vouches_for(swept: Any) -> None:
    swept.whole()
    (swept.folder / "points.parquet").write_bytes(b"of before")
    (swept.folder / "mine.parquet").write_bytes(b"of somebody")
    reopen(swept.folder)
    assert not is_finished(swept.folder)
    assert not (swept.folder / "points.parquet").exists()
    assert (swept.folder / "mine.parquet").exists()
    assert (swept.folder / "points.csv").exists()
    reopen(swept.folder)
    with pytest.raises(StoreError, match="the sweep is not finished; the command that began it goes on with it"):
        read_sweep(swept.folder)


@pytest.mark.parametrize("name", ["points.csv", "runs.csv.gz", "dictionary.csv", "resolved.yaml", "plan.json",
                                  "manifest.json"])  # fmt: skip
def test_no_change_of_a_finished_sweep_goes_unseen(swept: Any, tmp_path: Path, name: str) -> None:
    path = swept.whole().folder / name
    good = path.read_bytes()
    step = max(1, len(good) // 60)
    for place in range(0, len(good), step):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x20]) + good[place + 1 :])
        with pytest.raises(StoreError):
            read_sweep(swept.folder)
    for changed in (b"", good[:-1], good + b"\n", good * 2):
        path.write_bytes(changed)
        with pytest.raises(StoreError):
            read_sweep(swept.folder)
    path.unlink()
    with pytest.raises(StoreError, match=name if name != "manifest.json" else "not finished"):
        read_sweep(swept.folder)
    (tmp_path / "aside").write_bytes(good)
    path.symlink_to(tmp_path / "aside")
    with pytest.raises(StoreError, match="plain file"):
        read_sweep(swept.folder)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="plain file"):
        read_sweep(swept.folder)
    path.unlink()
    path.write_bytes(good)
    assert len(read_sweep(swept.folder).points) == 6


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "shards/000000.shard", "nothing"])
def test_a_manifest_that_names_what_lies_elsewhere_is_refused(swept: Any, name: str) -> None:
    record = json.loads((swept.whole().folder / "manifest.json").read_bytes())
    (swept.folder.parent / "outside").write_text("x")
    record["files"][name] = "0" * 64
    (swept.folder / "manifest.json").write_bytes(seal(record))
    with pytest.raises(StoreError, match="is missing or no plain file of the folder"):
        read_sweep(swept.folder)


def test_manifests_of_other_results_are_refused(swept: Any) -> None:
    record = json.loads((swept.whole().folder / "manifest.json").read_bytes())
    for changed in (record | {"kind": "score"}, {key: record[key] for key in record if key != "kind"}):
        (swept.folder / "manifest.json").write_bytes(seal(changed))
        with pytest.raises(StoreError, match="the manifest is not that of a sweep"):
            read_sweep(swept.folder)


def test_the_plan_that_is_read_is_the_one_that_is_meant(swept: Any, tmp_path: Path) -> None:
    swept.begin()
    assert read_plan(swept.folder, swept.digest)["plan"] == swept.record["plan"]
    with pytest.raises(StoreError, match="not the plan of the sweep that was meant"):
        read_plan(swept.folder, "0" * 64)
    with pytest.raises(StoreError, match=r"this is not the folder of a sweep, it has no plan\.json"):
        read_plan(tmp_path / "nothing")
    bare = {key: swept.record[key] for key in ("program", "format_version", "scenario")}
    (swept.folder / "plan.json").write_bytes(seal(bare | {"files": {}}))
    with pytest.raises(StoreError, match="not the plan of the sweep that was meant"):
        read_plan(swept.folder)
