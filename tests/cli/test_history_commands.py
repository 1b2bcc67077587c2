"""The commands `estimate` and `backtest`, end to end on a record that was made up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from escalation_sim.cli import main
from escalation_sim.report.estimate import table_of
from escalation_sim.scenario.fill import library_coefficients
from escalation_sim.scenario.table import dump_table, load_table
from escalation_sim.store.provenance import sha256

COLUMNS = ["micnum", "ccode1", "ccode2", "year", *(f"p_level_{k}" for k in range(1, 6)), "p_reciprocated"]
COLUMNS += ["observed_level", "reciprocated"]
FEW = ("--replicates", "20", "--draws", "2", "--no-figures")


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def base(table: Any, tmp_path: Path) -> Path:
    """The made-up table as a file, so that nothing here depends on the packaged one."""
    file = tmp_path / "base.yaml"
    file.write_text(dump_table(table(), "made up"))
    return file


@pytest.fixture
def data(invented_record: Path, tmp_path: Path) -> Path:
    """A copy of the record that a test may spoil."""
    return Path(shutil.copytree(invented_record, tmp_path / "data"))


def refused(answer: Result, exit_code: int, said: str) -> None:
    """One sentence on stderr, no traceback, and the exit code."""
    assert answer.exit_code == exit_code, answer.output
    assert said in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr
    assert "Traceback" not in answer.output
    assert answer.stdout == ""


def test_estimate_writes_a_table_that_can_be_read(
    quick: None, invented_record: Path, base: Path, table: Any, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "table.yaml"
    answer = call(
        "estimate", "--data", invented_record, "--base", base, "--out", out, "--held-out", "0.25", "--jobs", "2"
    )
    assert answer.exit_code == 0, answer.output
    assert answer.stderr == ""
    made = load_table(out)
    assert made.initiative["threaten"]["intercept"].basis == "estimated"
    assert made.initiative["protest"] == table().initiative["protest"]
    heading = [line for line in out.read_text().splitlines() if line.startswith("#")]
    assert any("60 dyad-confrontations in 60 confrontations, 1986-199" in line for line in heading)
    assert any("share of confrontations taken out of it: 0.25" in line for line in heading)
    assert "Step 2: 3 coefficients" in out.read_text()
    assert answer.stdout.startswith("phase")
    assert answer.stdout.rstrip().endswith(f"Written to {out}.")
    refused(call("estimate", "--data", invented_record, "--out", out), 4, "this is there already")
    again = tmp_path / "again.yaml"
    call("estimate", "--data", invented_record, "--base", base, "--out", again, "--held-out", "0.25", "--jobs", "1")
    assert again.read_bytes() == out.read_bytes()


def test_backtest_writes_forecasts_and_scores(quick: None, data: Path, base: Path, tmp_path: Path) -> None:
    words = ("backtest", "--data", data, "--coefficients", base, "--replicates", "20", "--draws", "2", "--seed", "3")
    out = tmp_path / "out"
    answer = call(*words, "--out", out)
    assert answer.exit_code == 0, answer.output
    assert answer.stderr == ""
    told = pd.read_csv(out / "predictions.csv")
    assert list(told.columns) == COLUMNS
    assert len(told) == 60
    assert told.filter(like="p_level").sum(axis=1).to_numpy() == pytest.approx(1.0)
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    tables = {"predictions", "scores", "reliability", "rollout", "dictionary"}
    figures = {f"figures/{name}.{ending}" for name in ("reliability", "rollout") for ending in ("svg", "png")}
    assert names == {f"{name}.csv" for name in tables} | {"manifest.json", "coefficients.yaml"} | figures
    assert load_table(out / "coefficients.yaml") == load_table(base)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["kind"] == "backtest"
    assert manifest["seed"] == 3
    assert manifest["stream_version"] == 1
    assert manifest["files"]["predictions.csv"] == sha256((out / "predictions.csv").read_bytes())
    assert "60 dyad-confrontations" in answer.stdout
    assert "The table forecasts as it is" in answer.stdout
    for forecaster in ("simulation", "multinomial logit", "gradient boosting", "first-level table", "base rate"):
        assert answer.stdout.count(f"  {forecaster}") == 6  # two tasks, three eras
    dictionary = pd.read_csv(out / "dictionary.csv", keep_default_na=False)
    for name in tables - {"dictionary"}:
        explained = dictionary.loc[dictionary["table"] == name, "column"].tolist()
        assert explained == list(pd.read_csv(out / f"{name}.csv").columns)


def test_backtest_with_folds_estimates_anew(quick: None, data: Path, base: Path, tmp_path: Path) -> None:
    words = ("backtest", "--data", data, "--coefficients", base, *FEW, "--folds", "2")
    answer = call(*words, "--out", tmp_path / "folds")
    assert answer.exit_code == 0, answer.output
    assert "estimated anew for each of 2 folds" in answer.stdout
    assert not (tmp_path / "folds" / "figures").exists()
    told = pd.read_csv(tmp_path / "folds" / "predictions.csv")
    assert list(told.columns) == COLUMNS
    call(*words[:-2], "--out", tmp_path / "plain")
    assert not told.equals(pd.read_csv(tmp_path / "plain" / "predictions.csv"))


def test_crises_are_estimated_and_forecast_where_they_are_on_record(
    quick: None, data: Path, base: Path, crises_on_record: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation_sim.study.estimate.CRISIS_REPLICATES", 40)
    assert call("estimate", "--data", data, "--base", base, "--out", tmp_path / "without.yaml").exit_code == 0
    assert not load_table(tmp_path / "without.yaml").violence
    for name, frame in crises_on_record().items():
        frame.to_csv(data / name, index=False)
    answer = call("estimate", "--data", data, "--base", base, "--out", tmp_path / "with.yaml")
    assert answer.exit_code == 0, answer.output
    assert set(load_table(tmp_path / "with.yaml").violence) == {"minor", "serious", "war"}
    answer = call("backtest", "--data", data, "--coefficients", tmp_path / "with.yaml", *FEW, "--out", tmp_path / "out")
    assert answer.exit_code == 0, answer.output
    told = pd.read_csv(tmp_path / "out" / "icb_predictions.csv")
    assert list(told.columns) == ["crisno", "p1", "p2", "p3", "p4"]
    assert told["crisno"].tolist() == list(range(1, 61))
    assert told.filter(regex="^p").sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert "violence of crises" in answer.stdout
    few = pd.read_csv(data / "icb1_crises.csv").head(3)
    few.to_csv(data / "icb1_crises.csv", index=False)
    words = ("backtest", "--data", data, "--coefficients", tmp_path / "with.yaml", *FEW, "--out", tmp_path / "few")
    refused(call(*words), 2, "3 crises cannot be dealt into 5 folds")


def gone(name: str) -> Callable[[Path], object]:
    return lambda data: (data / name).unlink()


def rewritten(old: str, new: str) -> Callable[[Path], object]:
    def spoil(data: Path) -> None:
        file = data / "mie_events.csv"
        file.write_text(file.read_text().replace(old, new, 1))

    return spoil


def header_of_events_only(data: Path) -> None:
    file = data / "mie_events.csv"
    file.write_text(file.read_text().splitlines()[0] + "\n")


def wars_only(data: Path) -> None:
    events = pd.read_csv(data / "mie_events.csv")
    events.assign(action=22).to_csv(data / "mie_events.csv", index=False)


def threats_only(data: Path) -> None:
    events = pd.read_csv(data / "mie_events.csv")
    events.assign(action=1).to_csv(data / "mie_events.csv", index=False)


@pytest.mark.parametrize("command", ["estimate", "backtest"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (shutil.rmtree, "there is no such folder"),
        (gone("mie_events.csv"), "mie_events.csv: the file is missing; docs/data.md says where to obtain it"),
        (gone("nmc_cinc.csv"), "nmc_cinc.csv: the file is missing"),
        (rewritten("action", "acton"), "mie_events.csv:1: there is no column 'action'; did you mean 'acton'?"),
        (header_of_events_only, "mie_events.csv: the file has a header but no rows"),
        (wars_only, "mie_events.csv: no confrontation since 1946 begins short of war"),
    ],
    ids=["no folder", "no events", "no capabilities", "no column", "no rows", "no onset"],
)
def test_bad_data_are_one_sentence(
    command: str, spoil: Callable[[Path], object], said: str, data: Path, base: Path, tmp_path: Path
) -> None:
    spoil(data)
    option = {"estimate": "--base", "backtest": "--coefficients"}[command]
    refused(call(command, "--data", data, option, base, "--out", tmp_path / "out"), 2, said)
    assert not (tmp_path / "out").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".escalation-sim")]


def test_a_record_too_thin_for_a_gate_is_refused(data: Path, base: Path, tmp_path: Path) -> None:
    threats_only(data)
    answer = call("estimate", "--data", data, "--base", base, "--out", tmp_path / "out")
    refused(answer, 2, "mie_events.csv: at the gate 'display' of initiative")


@pytest.mark.parametrize("folds", ["1", "100"])
def test_folds_that_cannot_be_dealt_are_refused(folds: str, data: Path, base: Path, tmp_path: Path) -> None:
    words = ("backtest", "--data", data, "--coefficients", base, *FEW, "--out", tmp_path / "out", "--folds", folds)
    refused(call(*words), 2, f"60 confrontations cannot be dealt into {folds} folds")


@pytest.mark.parametrize(
    ("command", "words"),
    [("backtest", ["--folds", "-1"]), ("estimate", ["--held-out", "1"]), ("backtest", ["--held-out", "-0.1"]),
     ("backtest", ["--replicates", "0"]), ("estimate", ["--jobs", "0"])],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(command: str, words: list[str], data: Path, tmp_path: Path) -> None:
    answer = call(command, "--data", data, "--out", tmp_path / "out", *words)
    assert answer.exit_code == 2
    assert words[0] in answer.stderr
    assert "Traceback" not in answer.output


def test_a_faulty_table_is_refused_with_its_place(data: Path, base: Path, tmp_path: Path) -> None:
    base.write_text(base.read_text().replace("protest:", "protst:", 1))
    line = 2 + base.read_text().splitlines().index("  protst:")  # the row begins below its name
    for command, option in (("estimate", "--base"), ("backtest", "--coefficients")):
        answer = call(command, "--data", data, option, base, "--out", tmp_path / "out")
        refused(answer, 2, "initiative.protst: no gate named 'protst'; did you mean 'protest'?")
        assert answer.stderr.startswith(f"{base}:{line}:")
        refused(
            call(command, "--data", data, option, tmp_path / "no.yaml", "--out", tmp_path / "out"), 2, "no such file"
        )


def test_what_is_there_is_refused_before_the_work_begins(data: Path, base: Path, tmp_path: Path) -> None:
    """The data are spoiled, so that a command that looks at them first would speak of them."""
    shutil.rmtree(data)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years of work")
    refused(call("backtest", "--data", data, "--out", mine), 4, "the folder holds other things than a result")
    refused(call("backtest", "--data", data, "--out", mine, "--force"), 4, "holds other things")
    refused(call("estimate", "--data", data, "--out", base), 4, "this is there already")
    refused(call("estimate", "--data", data, "--out", mine, "--force"), 4, "this is a folder or a link, not a file")
    refused(call("estimate", "--data", data, "--out", base / "below"), 4, "this is not a folder")
    assert (mine / "thesis.txt").read_text() == "ten years of work"
    assert load_table(base)


def test_a_backtest_replaces_its_like_only(quick: None, data: Path, base: Path, tmp_path: Path) -> None:
    words = ("backtest", "--data", data, "--coefficients", base, *FEW, "--out", tmp_path / "out")
    assert call(*words).exit_code == 0
    before = (tmp_path / "out" / "predictions.csv").read_bytes()
    assert call(*words, "--seed", "2").exit_code == 0
    assert (tmp_path / "out" / "predictions.csv").read_bytes() != before
    answer = call("run", "library:starter", "--replicates", "5", "--no-figures", "--out", tmp_path / "out", "--force")
    refused(answer, 4, "here lies a backtest, which a run does not replace")


def test_without_a_file_the_packaged_table_is_taken(base: Path, table: Any) -> None:
    assert table_of(None) == library_coefficients()
    assert table_of(base) == table()


def test_without_the_library_of_the_forecasters_nothing_begins(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation_sim.analysis.benchmarks.find_spec", lambda name: None)
    refused(call("backtest", "--data", data, "--out", tmp_path / "out"), 2, "need scikit-learn; run: pip install")
