"""Every kind of result says of which streams of random numbers it is made: results of two streams never mix unseen.

(That of a backtest is looked at where one is run, in tests/cli.)
"""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation_sim import __version__
from escalation_sim.cli import main
from escalation_sim.draws import STREAM_VERSION
from escalation_sim.report.blocks import Paragraph
from escalation_sim.report.inputs import opened
from escalation_sim.report.sections.origin import origin
from escalation_sim.store.provenance import drawn_by, seal
from escalation_sim.store.read import read_manifest
from escalation_sim.store.sweeps import PLAN

KINDS = {"run", "score", "compare", "levers", "knockout", "paths", "signals", "sweep"}


def test_every_kind_of_folder_says_so(folders: dict[str, Path]) -> None:
    assert set(folders) >= KINDS
    told = {name: read_manifest(folder).get("stream_version") for name, folder in folders.items() if name != "sweep"}
    assert told == dict.fromkeys(told, STREAM_VERSION)


def older(folder: Path, into: Path) -> Path:
    """The same folder as a program with other streams would have sealed it."""
    shutil.copytree(folder, into)
    path = into / "manifest.json"
    record = json.loads(path.read_bytes())
    made = record.get("made_by", record)
    made |= {"stream_version": 0, "version": "0.0.9"}
    path.write_bytes(seal(record))
    return into


def test_a_score_tells_the_streams_of_what_it_scores_from_its_own(folders: dict[str, Path], tmp_path: Path) -> None:
    run, out = older(folders["run"], tmp_path / "old"), tmp_path / "score"
    truth = folders["score"] / "truth.yaml"
    words = ["score", str(run), "--truth", str(truth), "--no-figures", "--json", "--out", str(out)]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    warned = f"{run}: made with version 0 of the random numbers, and this program has version {STREAM_VERSION}; "
    assert answer.stderr == f"{warned}hold its score against none of the other version.\n"
    json.loads(answer.stdout)
    record = read_manifest(out)
    assert record["drawn_by"] == {"version": "0.0.9", "stream_version": 0}
    assert (record["version"], record["stream_version"]) == (__version__, STREAM_VERSION)
    alike = CliRunner().invoke(main, [*words[:1], str(folders["run"]), *words[2:]])
    assert (alike.exit_code, alike.stderr) == (0, "")
    assert read_manifest(out)["drawn_by"] == {"version": __version__, "stream_version": STREAM_VERSION}


@pytest.mark.parametrize("name", ["run", "sweep", "score"])
def test_a_report_on_results_of_two_streams_says_so_plainly(
    name: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    """In bold, as it says that results are of two versions of a scenario."""
    other = older(folders["run" if name == "score" else name], tmp_path / "old")
    if name == "score":
        words = ["--truth", str(folders["score"] / "truth.yaml"), "--no-figures", "--out", str(tmp_path / "score")]
        assert CliRunner().invoke(main, ["score", str(other), *words]).exit_code == 0
        other = tmp_path / "score"
    told = "The folders rest on 2 different versions of the stream of random numbers (0 and 1)"

    def strong(*paths: Path) -> list[str]:
        blocks = [block for block in origin(opened(paths)).blocks if isinstance(block, Paragraph)]
        return [block.text for block in blocks if block.tone == "strong" and "random numbers" in block.text]

    (said,) = strong(folders["compare"], other)
    assert said.startswith(told)
    assert strong(folders["compare"], *(folders[one] for one in ("run", "sweep", "score"))) == []


def test_a_sweep_and_its_analysis_say_so(folders: dict[str, Path], tmp_path: Path) -> None:
    out = str(tmp_path / "sensitivity")
    answer = CliRunner().invoke(main, ["sensitivity", str(folders["sweep"]), "--out", out])
    assert answer.exit_code == 0, answer.output
    for file in (folders["sweep"] / PLAN, folders["sweep"] / "manifest.json", Path(out) / "manifest.json"):
        record = json.loads(file.read_bytes())
        assert drawn_by(record) == {"version": __version__, "stream_version": STREAM_VERSION}
        assert record.get("stream_version", record.get("made_by", {}).get("stream_version")) == STREAM_VERSION, file
