"""The command `score` from end to end: what is printed, what is written, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from escalation_sim import load, run_ensemble, save
from escalation_sim.cli import main
from escalation_sim.store.provenance import sha256
from escalation_sim.store.read import read_result

TRUTH = """\
format_version: 1
scenario: starter
observed_until: 2025-08-01
outcomes:
  - id: china-philippines-clash
    happened: true
    on: 2025-03-10
    confidence: 0.9
    source: an example
    base_rate: {per_year: 0.05, basis: elicited, because: an example}
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder of the starter scenario, without figures."""
    folder = tmp_path_factory.mktemp("results") / "first"
    return save(run_ensemble(load("library:starter"), replicates=200, parameters=10), folder, figures=False)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """A toy truth of one of its two outcomes, for two of its three windows."""
    file = tmp_path / "truth.yaml"
    file.write_text(TRUTH)
    return file


def score(*words: str | Path) -> Result:
    """The command as typed."""
    return CliRunner().invoke(main, ["score", *map(str, words)])


def test_the_score_is_printed_and_written_beside_the_result(result: Path, truth: Path) -> None:
    before = read_result(result).manifest
    answer = score(result, "--truth", truth)
    assert answer.exit_code == 0, answer.output
    assert "WITHIN 30 DAYS" in answer.stdout
    assert "WITHIN 365 DAYS" not in answer.stdout
    assert "they end after 1 August 2025: windows of 365 days" in answer.stdout
    assert "the truth file says nothing of them: 1 (american-fire)" in answer.stdout
    assert "base rates" in answer.stdout
    written = read_result(result.parent / "first-score")
    assert set(written.tables) == {"scores", "summary"}
    assert (written.folder / "truth.yaml").read_text() == TRUTH
    assert {"figures/hindcast.svg", "figures/hindcast.png"} <= written.manifest["files"].keys()
    assert written.manifest["sources"][str(truth)] == sha256(TRUTH.encode())
    assert read_result(result).manifest == before


def test_the_scores_are_those_of_the_probabilities(result: Path, truth: Path, tmp_path: Path) -> None:
    assert score(result, "--truth", truth, "--no-figures", "--out", tmp_path / "s").exit_code == 0
    rows = pd.read_csv(tmp_path / "s" / "scores.csv")
    assert rows["window_days"].tolist() == [30, 180]
    assert rows["happened"].tolist() == [0, 1]
    told = pd.read_csv(result / "probabilities.csv").set_index(["outcome", "window_days"])["probability"]
    for row in rows.itertuples():
        p = told["china-philippines-clash", row.window_days]
        assert row.probability == p
        assert row.brier == pytest.approx(2 * (p - row.happened) ** 2)
    again = tmp_path / "again"
    assert score(result, "--truth", truth, "--no-figures", "--out", again).exit_code == 0
    assert (again / "scores.csv").read_bytes() == (tmp_path / "s" / "scores.csv").read_bytes()


def test_json_is_one_object(result: Path, truth: Path, tmp_path: Path) -> None:
    answer = score(result, "--truth", truth, "--json", "--no-figures", "--out", tmp_path / "s")
    said = json.loads(answer.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (said["scenario"], said["observed_until"]) == ("starter", "2025-08-01")
    assert said["left_out"] == {"windows_days": [365.0], "outcomes": ["american-fire"]}
    assert len(said["scores"]) == 2
    assert len(said["summary"]) == 3 * 4
    assert said["summary"][-4]["window_days"] is None
    assert said["summary"][0]["skill"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TRUTH.replace("china-phil", "chian-phil"), "did you mean 'china-philippines-clash'"),
        (TRUTH.replace("scenario: starter", "scenario: other"), "the result is of 'starter'"),
        (TRUTH.replace("on: 2025-03-10", "on: 2025-09-10"), "later than observed_until"),
        (TRUTH.replace("    on: 2025-03-10\n", ""), "needs 'on'"),
    ],
)
def test_a_bad_truth_file_is_one_sentence_and_exit_code_2(result: Path, truth: Path, text: str, said: str) -> None:
    truth.write_text(text)
    answer = score(result, "--truth", truth)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stderr.startswith(f"{truth}:")
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stdout == ""


def test_a_result_is_never_replaced_by_a_score_nor_the_reverse(result: Path, truth: Path, tmp_path: Path) -> None:
    answer = score(result, "--truth", truth, "--no-figures", "--force", "--out", result)
    assert answer.exit_code == 4
    assert "here lies a run, which a score does not replace" in answer.stderr
    assert score(result, "--truth", truth, "--no-figures", "--out", tmp_path / "s").exit_code == 0
    words = ["run", "library:starter", "--replicates", "20", "--parameters", "2", "--no-figures", "--force"]
    answer = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "s")])
    assert answer.exit_code == 4
    assert "here lies a score, which a run does not replace" in answer.stderr


def test_only_runs_are_scored(result: Path, truth: Path, tmp_path: Path) -> None:
    assert score(result, "--truth", truth, "--no-figures", "--out", tmp_path / "s").exit_code == 0
    answer = score(tmp_path / "s", "--truth", truth)
    assert answer.exit_code == 4
    assert "give the folder of a run" in answer.stderr
    answer = score(tmp_path / "nothing", "--truth", truth)
    assert answer.exit_code == 4
    assert "no such folder" in answer.stderr
