"""A run can be made again from its own folder, and what is not the same is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from escalation_sim.cli import main
from escalation_sim.report.reproduce import CLOSE, DIFFERENT, TOLERANCE, held_against, place_of
from escalation_sim.store.read import read_result
from escalation_sim.store.write import write_result


def reproduce(*words: str | Path) -> Result:
    """The command as typed."""
    return CliRunner().invoke(main, ["reproduce", *map(str, words)])


def changed(folder: Path, target: Path, record: dict[str, Any] | None = None, **tables: pd.DataFrame) -> Path:
    """The same folder with another manifest or other tables."""
    kept = read_result(folder)
    return write_result(target, {**kept.tables, **tables}, {**kept.manifest, **(record or {})}, kept.resolved)


def test_a_run_comes_out_the_same_to_the_last_byte(folders: dict[str, Path], tmp_path: Path) -> None:
    again = tmp_path / "again"
    answer = reproduce(folders["run"], "--out", again)
    assert answer.exit_code == 0, answer.output
    assert "The same (every byte equal)." in answer.stdout
    for name in ("resolved.yaml", "probabilities", "curves", "rungs", "runs", "paths", "strain", "splitting"):
        assert f"  {name:15} equal bytes" in answer.stdout
    for file in folders["run"].glob("*.csv"):
        assert (again / file.name).read_bytes() == file.read_bytes()
    record = read_result(again).manifest
    assert record["splitting"] == read_result(folders["run"]).manifest["splitting"]
    assert reproduce(again).exit_code == 0


def test_a_table_that_was_changed_is_told_with_its_column(folders: dict[str, Path], tmp_path: Path) -> None:
    runs = read_result(folders["run"]).tables["runs"]
    other = changed(folders["run"], tmp_path / "b", runs=runs.assign(acts=runs["acts"] + (runs["replicate"] == 7)))
    answer = reproduce(other)
    assert answer.exit_code == 3
    assert "acts: 1 of 300 rows, by up to 1" in answer.stdout
    assert "Not the same" in answer.stdout
    said = json.loads(reproduce(other, "--json").stdout)
    assert said["same"] is False
    assert [one["table"] for one in said["tables"] if one["verdict"] == DIFFERENT] == ["runs"]


def test_rounding_is_forgiven_elsewhere_only(folders: dict[str, Path], tmp_path: Path) -> None:
    curves = read_result(folders["run"]).tables["curves"]
    nudged = curves.assign(mc_high=curves["mc_high"] * (1 + 1e-14))
    here = reproduce(changed(folders["run"], tmp_path / "here", curves=nudged))
    assert here.exit_code == 3
    assert "equal but for rounding" in here.stdout
    away = {"platform": "another machine"}
    there = reproduce(changed(folders["run"], tmp_path / "there", away, curves=nudged))
    assert there.exit_code == 0, there.output
    assert "another platform or version" in there.stdout
    far = curves.assign(mc_high=curves["mc_high"] * (1 + 1e-9))
    too_far = reproduce(changed(folders["run"], tmp_path / "far", away, curves=far))
    assert too_far.exit_code == 3
    assert "mc_high" in too_far.stdout


def test_missing_tables_and_columns_are_told(folders: dict[str, Path], tmp_path: Path) -> None:
    kept = read_result(folders["run"])
    tables = {name: table for name, table in kept.tables.items() if name != "strain"}
    tables["paths"] = tables["paths"].drop(columns="share")
    folder = write_result(tmp_path / "less", tables, kept.manifest, kept.resolved)
    answer = reproduce(folder)
    assert answer.exit_code == 3
    assert "only now" in answer.stdout
    assert "share: not in both" in answer.stdout


@pytest.mark.parametrize("kind", ["compare", "knockout", "score"])
def test_studies_are_refused_with_their_command(folders: dict[str, Path], kind: str) -> None:
    answer = reproduce(folders[kind])
    assert answer.exit_code == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "only runs are made again" in answer.stderr
    assert f"escalation-sim {kind}" in answer.stderr


def test_other_random_numbers_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    answer = reproduce(changed(folders["run"], tmp_path / "old", {"stream_version": 0, "version": "0.0.9"}))
    assert answer.exit_code == 2
    assert "made with version 0 of the random numbers" in answer.stderr
    assert "use escalation-sim 0.0.9" in answer.stderr


@pytest.mark.parametrize("record", [{"rows": None}, {"seed": "x"}, {"replicates": {"requested": 1, "failed": 1}}])
def test_a_manifest_that_does_not_say_how_much_is_refused(
    folders: dict[str, Path], tmp_path: Path, record: dict[str, Any]
) -> None:
    answer = reproduce(changed(folders["run"], tmp_path / "bad", record))
    assert answer.exit_code == 2, answer.output
    assert len(answer.stderr.splitlines()) == 1


def test_floats_are_held_to_a_relative_tolerance() -> None:
    kept = pd.DataFrame({"share": [1e-6, float("nan")], "n": [1, 2]})
    assert held_against("x", kept, kept.assign(share=kept["share"] * (1 + TOLERANCE / 2))).verdict == CLOSE
    off = held_against("x", kept, kept.assign(share=kept["share"] * (1 + 1e-6)))
    assert off.columns == {"share": "1 of 2 rows, by up to 1e-12"}
    assert held_against("x", kept, kept.assign(share=[1e-6, 0.0])).columns == {
        "share": "1 of 2 rows, one of the two is missing"
    }
    assert held_against("x", kept, kept.head(1)).verdict == DIFFERENT


def test_the_number_of_processors_is_no_other_place() -> None:
    record = {"version": "1", "cpu": {"model": "a", "vectors": ["avx"], "count": 2}}
    assert place_of(record) == place_of({**record, "cpu": {**record["cpu"], "count": 64}})
    assert place_of(record) != place_of({**record, "cpu": {**record["cpu"], "vectors": ["avx2"]}})
