"""Every kind of result says of which streams of random numbers it is made: results of two streams never mix unseen.

(That of a backtest is looked at where one is run, in tests/cli.)
"""

import json
from pathlib import Path

from click.testing import CliRunner

from escalation_sim.cli import main
from escalation_sim.draws import STREAM_VERSION
from escalation_sim.store.read import read_manifest
from escalation_sim.store.sweeps import PLAN

KINDS = {"run", "score", "compare", "levers", "knockout", "paths", "signals", "sweep"}


def test_every_kind_of_folder_says_so(folders: dict[str, Path]) -> None:
    assert set(folders) >= KINDS
    told = {name: read_manifest(folder).get("stream_version") for name, folder in folders.items() if name != "sweep"}
    assert told == dict.fromkeys(told, STREAM_VERSION)


def test_a_sweep_and_its_analysis_say_so(folders: dict[str, Path], tmp_path: Path) -> None:
    out = str(tmp_path / "sensitivity")
    answer = CliRunner().invoke(main, ["sensitivity", str(folders["sweep"]), "--out", out])
    assert answer.exit_code == 0, answer.output
    for file in (folders["sweep"] / PLAN, folders["sweep"] / "manifest.json", Path(out) / "manifest.json"):
        record = json.loads(file.read_bytes())
        assert record.get("stream_version", record.get("made_by", {}).get("stream_version")) == STREAM_VERSION, file
