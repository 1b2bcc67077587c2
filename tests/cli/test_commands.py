"""The command line as a stranger types it: results on stdout, troubles on stderr, conventional exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from escalation_sim.cli import main

SCENARIO = "scenarios/north-korea-troops-2024.yaml"
FAST = ["--replicates", "60", "--parameters", "6"]
KEYS = {
    "method",
    "id",
    "kind",
    "window_days",
    "probability",
    "mc_low",
    "mc_high",
    "parameter_low",
    "parameter_high",
    "n",
    "count",
    "resolution",
}


def _call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One result of the article's scenario, with figures."""
    out = tmp_path_factory.mktemp("results") / "run"
    answer = _call("run", SCENARIO, *FAST, "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert "Conditional on this model" in answer.stdout
    assert "Next:" in answer.stdout
    return out


def test_help_names_every_command() -> None:
    answer = _call("--help")
    assert answer.exit_code == 0
    for command in (
        "check",
        "explain",
        "run",
        "compare",
        "knockout",
        "paths",
        "signals",
        "score",
        "estimate",
        "backtest",
        "trace",
        "report",
        "reproduce",
        "explore",
        "schema",
        "new",
    ):
        assert command in answer.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom escalation_sim.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'numba', 'mesa', 'pandas', 'matplotlib', 'pydantic', 'yaml', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"


def test_a_mistyped_command_gets_a_suggestion() -> None:
    answer = _call("rnu", SCENARIO)
    assert answer.exit_code == 2
    assert "Did you mean 'run'?" in answer.stderr


def test_result_folder_holds_what_the_dictionary_promises(folder: Path) -> None:
    import pandas as pd

    dictionary = pd.read_csv(folder / "dictionary.csv")
    for table, rows in dictionary.groupby("table"):
        columns = set(pd.read_csv(folder / f"{table}.csv", keep_default_na=False).columns)
        plain = {column for column in rows["column"] if "<" not in column}  # <outcome> stands for many
        assert plain <= columns
    names = {path.name for path in (folder / "figures").iterdir()}
    for figure in ("outcomes", "probabilities", "ladder", "network", "strain", "paths-seoul-lethal-aid"):
        assert {f"{figure}.svg", f"{figure}.png"} <= names
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 1


def test_rare_outcomes_are_checked_before_anything_runs(tmp_path: Path) -> None:
    answer = _call("run", SCENARIO, "--replicates", "100000000", "--rare", "nuclear-uze", "--out", str(tmp_path / "r"))
    assert answer.exit_code == 2
    assert "--rare nuclear-uze: the scenario asks for no such outcome; did you mean 'nuclear-use'?" in answer.output
    assert not (tmp_path / "r").exists()


def test_a_rare_outcome_is_split_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "r"
    answer = _call("run", SCENARIO, *FAST, "--rare", "nuclear-use", "--no-figures", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert ", by splitting" in answer.output
    table = pd.read_csv(out / "splitting.csv")
    assert (table["outcome"] == "nuclear-use").all()
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["splitting"]["nuclear-use"]["repetitions"] == 20
    assert "--rare nuclear-use" in manifest["command"]


def test_json_is_one_object_with_the_promised_keys(tmp_path: Path) -> None:
    answer = _call("run", SCENARIO, *FAST, "--json", "--no-figures", "--out", str(tmp_path / "r"))
    assert answer.exit_code == 0, answer.output
    said: dict[str, Any] = json.loads(answer.stdout)
    assert said["replicates"] == 60
    assert said["parameter_draws"] == 6
    assert len(said["outcomes"]) == 18 * 4
    for row in said["outcomes"]:
        assert set(row) == KEYS
        assert row["mc_low"] <= row["probability"] == row["count"] / row["n"] <= row["mc_high"]
        assert row["n"] == 60
        assert row["method"] == "counting"
    within = {(row["id"], row["window_days"]): row["count"] for row in said["outcomes"]}
    assert all(within[name, 30] <= within[name, 90] <= within[name, 365] for name, _ in within)


def test_the_same_command_gives_the_same_bytes_for_any_number_of_threads(tmp_path: Path) -> None:
    texts = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        assert _call("run", SCENARIO, *FAST, "--no-figures", "--jobs", jobs, "--out", str(out)).exit_code == 0
        texts.append(
            [(out / name).read_bytes() for name in ("probabilities.csv", "runs.csv", "rungs.csv", "paths.csv")]
        )
    assert texts[0] == texts[1]


def test_a_precision_gives_the_bytes_of_the_run_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from escalation_sim.study import precision

    monkeypatch.setattr(precision, "PILOT", 100)
    asked = ["--precision", "0.5", "--of", "russia-threatens-seoul, general-ceasefire", "--parameters", "5"]
    answer = _call("run", SCENARIO, *asked, "--no-figures", "--rows", "7", "--out", str(tmp_path / "asked"))
    assert answer.exit_code == 0, answer.output
    words = answer.stderr.split()
    size = [word.rstrip(":") for k in ("--replicates", "--parameters") for word in (k, words[words.index(k) + 1])]
    assert _call("run", SCENARIO, *size, "--no-figures", "--rows", "7", "--out", str(tmp_path / "plain")).exit_code == 0
    for name in ("probabilities.csv", "runs.csv", "rungs.csv", "paths.csv"):
        assert (tmp_path / "asked" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    record = json.loads((tmp_path / "asked" / "manifest.json").read_text())
    assert record["rows"] == 7
    assert record["precision"]["asked"] == 0.5
    assert record["precision"]["reached"].keys() == {"russia-threatens-seoul", "general-ceasefire"}
    assert record["precision"]["pilot"]["replicates"] >= 100
    assert f"runs.csv holds the first 7 of {record['replicates']['ok']} replicates" in answer.stdout
    assert "Relative standard error" in answer.stdout


def test_another_seed_gives_other_runs(tmp_path: Path) -> None:
    runs = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        assert _call("run", SCENARIO, *FAST, "--no-figures", "--seed", seed, "--out", str(out)).exit_code == 0
        runs.append((out / "runs.csv").read_bytes())
    assert runs[0] != runs[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "no-such-file.yaml"], "no-such-file.yaml"),
        (["run", SCENARIO, "--with", "withdrawl"], "withdrawal"),
        (["run", SCENARIO, "--set", "states.RUSS.capability=1"], "RUS"),
        (["run", SCENARIO, "--replicates", "0"], "--replicates"),
        (["run", SCENARIO, "--replicates", "1000000000000"], "--replicates"),
        (["run", SCENARIO, "--replicates", "100000000", "--rows", "100000000"], "--rows"),
        (["run", SCENARIO, "--precision", "0"], "--precision"),
        (["run", SCENARIO, "--precision", "1"], "--precision"),
        (["run", SCENARIO, "--precision", "0.1", "--replicates", "100"], "leave --replicates out"),
        (["run", SCENARIO, "--precision", "0.1", "--of", "world-wra"], "did you mean 'world-war'"),
        (["run", SCENARIO, "--of", "world-war"], "--precision"),
        (["explain", SCENARIO, "--state", "KRO"], "KOR"),
        (["paths", SCENARIO, "--outcome", "world-wra"], "did you mean 'world-war'"),
        (["trace", SCENARIO, "--outcome", "world-wra"], "did you mean 'world-war'"),
        (["knockout", SCENARIO, "--outcome", "world-wra"], "did you mean 'world-war'"),
        (["knockout", SCENARIO, "--kind", "rool"], "--kind"),
        (["signals", SCENARIO, "--outcome", "world-wra"], "did you mean 'world-war'"),
        (["signals", SCENARIO, "--weeks", "60"], "--weeks 60"),
        (["compare", SCENARIO, "--with", "rear_use+withdrawl"], "did you mean 'withdrawal'"),
        (["compare", SCENARIO, "--with", "rear_use", "--with", "rear_use"], "stands 2 times"),
        (["compare", SCENARIO, "--set", "events.main_body.troups=1"], "troops"),
        (["compare", SCENARIO, "no-such-file.yaml"], "no-such-file.yaml"),
        (["compare", SCENARIO, "scenarios/july-1914.yaml"], "another resolution rule"),
        (["compare", SCENARIO, "--less", "world-war"], "add --levers"),
        (["compare", SCENARIO, "--levers", "--less", "world-war"], "name two different outcomes"),
        (["compare", SCENARIO, "--levers", "--less", "world-wra", "--more", "article-4"], "did you mean 'world-war'"),
        (["compare", SCENARIO, "--levers", "--with", "rear_use"], "leave out other files"),
        (["compare", "scenarios/kargil-1999.yaml", "--levers", "--less", "x", "--more", "y"], "no such outcome"),
        (["new", "two words"], "two words"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(words: list[str], said: str) -> None:
    answer = _call(*words)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.splitlines()) <= 12
    assert answer.stdout == ""


def test_check_names_file_and_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(_call("new", "mine").stdout.replace("states:", "sates:", 1))
    answer = _call("check", SCENARIO, str(bad))
    assert answer.exit_code == 2
    assert f"{SCENARIO}: good" in answer.stdout
    assert "Did you mean 'states'?" in answer.stderr or "did you mean 'states'" in answer.stderr
    assert "bad.yaml:" in answer.stderr


def test_new_scenario_checks_explains_and_runs(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(_call("new", "my-crisis").stdout)
    assert _call("check", str(mine)).exit_code == 0
    assert _call("explain", str(mine)).exit_code == 0
    answer = _call("run", str(mine), *FAST, "--no-figures", "--out", str(tmp_path / "out"))
    assert answer.exit_code == 0, answer.output


def test_explain_of_one_state_is_about_it() -> None:
    answer = _call("explain", SCENARIO, "--state", "KOR")
    assert answer.exit_code == 0
    assert "South Korea" in answer.stdout


def test_trace_tells_the_replicate_that_the_ensemble_ran(folder: Path) -> None:
    import pandas as pd

    answer = _call("trace", SCENARIO, "--replicate", "5", "--parameters", "6")
    assert answer.exit_code == 0
    told = answer.stdout.count("** OUTCOME:")
    runs = pd.read_csv(folder / "runs.csv")
    columns = [column for column in runs.columns if column.startswith("day_")]
    assert told == runs.loc[5, columns].notna().sum()
    assert "gates:" in answer.stdout


def test_paths_tells_families_and_how_to_trace_them(tmp_path: Path) -> None:
    import pandas as pd

    out = tmp_path / "paths"
    few = [*FAST, "--chains", "4", "--futures", "5", "--outcome", "north-korean-combat"]
    answer = _call("paths", SCENARIO, *few, "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert "North Korean units in combat within 365 days: " in answer.stdout
    assert {path.name for path in (out / "figures").iterdir()} == {
        f"pathways-north-korean-combat.{kind}" for kind in ("svg", "png")
    }
    families = pd.read_csv(out / "families.csv")
    assert families["count"].sum() == families["n"].iloc[0] == 4
    command = next(line for line in answer.stdout.splitlines() if line.startswith("  escalation-sim trace"))
    told = _call(*command.split()[1:])
    assert told.exit_code == 0, told.output
    assert "** OUTCOME: North Korean units in combat" in told.stdout
    assert "without it: " in told.stdout
    again = json.loads(_call("paths", SCENARIO, *few, "--json", "--no-figures", "--out", str(out)).stdout)
    assert [row["path"] for row in again["outcomes"][0]["families"]] == families["path"].tolist()


def test_compare_tells_differences_and_what_pairing_gains(tmp_path: Path) -> None:
    import pandas as pd

    out = tmp_path / "compare"
    words = ["compare", SCENARIO, *FAST, "--with", "no_deployment", "--with", "rear_use+seoul_sends_arms"]
    answer = _call(*words, "--set", "events.main_body.troops=8000; reply_rounds=1", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    for said in ("no_deployment, within 365 days:", "rear_use+seoul_sends_arms, within", "points [", "Pairing divides"):
        assert said in answer.stdout
    table = pd.read_csv(out / "differences.csv", keep_default_na=False)
    assert table["variant"].unique().tolist() == [
        "no_deployment",
        "rear_use+seoul_sends_arms",
        "events.main_body.troops=8000; reply_rounds=1",
    ]
    assert len(list((out / "figures").glob("differences-*.svg"))) == 3
    again = _call("compare", SCENARIO, *FAST, "--with", "no_deployment", "--json", "--no-figures", "--out", str(out))
    rows = json.loads(again.stdout)["differences"]
    assert {row["variant"] for row in rows} == {"no_deployment"}
    assert all(row["mc_low"] <= row["difference"] <= row["mc_high"] for row in rows)


def test_compare_with_a_file_that_asks_less(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    text = Path(SCENARIO).read_text(encoding="utf-8").replace("outcomes:\n  - id: north", "outcomes:\n  - id: other", 1)
    other.write_text(text, encoding="utf-8")
    answer = _call("compare", SCENARIO, str(other), *FAST, "--no-figures", "--out", str(tmp_path / "out"))
    assert answer.exit_code == 0, answer.output
    assert "No difference seen beyond" in answer.stdout
    assert "only one of the two asks for it: north-korean-combat, other-korean-combat" in " ".join(
        answer.stdout.split()
    )


def test_levers_give_a_frontier(tmp_path: Path) -> None:
    import pandas as pd

    out = tmp_path / "levers"
    aims = ["--less", "nato-russia-clash", "--more", "general-ceasefire", "--by", "USA"]
    answer = _call("compare", SCENARIO, "--levers", *aims, *FAST, "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert "2 positions of the levers" in answer.stderr
    assert "beaten by none" in answer.stdout
    table = pd.read_csv(out / "levers.csv", keep_default_na=False)
    assert table["position"].unique().tolist() == ["as it stands", "strike-permission=0.0", "strike-permission=2.0"]
    assert (out / "figures" / "frontier.svg").is_file()


def test_knockout_ranks_and_pairs(tmp_path: Path) -> None:
    import pandas as pd

    out = tmp_path / "knockout"
    words = [
        "knockout",
        SCENARIO,
        "--replicates",
        "40",
        "--parameters",
        "4",
        "--kind",
        "belief",
        "--kind",
        "commitment",
    ]
    answer = _call(*words, "--outcome", "seoul-lethal-aid", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    said = " ".join(answer.stdout.split())
    assert "without all commitments the probability" in said
    assert "the sum is" in said
    assert "part of the change may be theirs" in said
    assert answer.stderr.startswith("14 ensembles of 40 replicates: the scenario, 11 elements")
    table = pd.read_csv(out / "knockouts.csv", keep_default_na=False)
    assert set(table["element_kind"]) == {"belief", "commitment"}
    assert (out / "interactions.csv").is_file()
    assert (out / "figures" / "knockout-seoul-lethal-aid.png").is_file()
    said = _call(*words, "--outcome", "seoul-lethal-aid", "--json", "--no-figures", "--out", str(out))
    assert set(json.loads(said.stdout)["outcomes"]) == {"seoul-lethal-aid"}


def test_signals_are_told_with_both_probabilities(tmp_path: Path) -> None:
    import pandas as pd

    out = tmp_path / "signals"
    words = ["signals", SCENARIO, "--replicates", "1500", "--outcome", "seoul-lethal-aid"]
    answer = _call(*words, "--weeks", "20", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert "South Korea sends lethal aid after week 20 and within 365 days:" in answer.stdout
    table = pd.read_csv(out / "signals.csv")
    assert len(table)
    assert (table["given_seen_low"] <= table["given_seen"]).all()
    assert "if seen " in answer.stdout
    assert " within draws" in answer.stdout
    assert (out / "figures" / "signals-seoul-lethal-aid.svg").is_file()
    said = json.loads(_call(*words, "--json", "--no-figures", "--out", str(out)).stdout)
    assert said["landmark_days"] == 56.0
    assert {row["window_days"] for row in said["open"]} == {90.0, 180.0, 365.0}


def test_schema_accepts_the_shipped_scenario() -> None:
    import jsonschema

    from escalation_sim.scenario.load import read_tree

    schema = json.loads(_call("schema").stdout)
    jsonschema.validate(read_tree(Path(SCENARIO)).value, schema)


def test_a_folder_that_is_no_result_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("ten years of work")
    answer = _call("run", SCENARIO, *FAST, "--no-figures", "--out", str(tmp_path / "mine"), "--force")
    assert answer.exit_code == 4
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "ten years of work"


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    import signal
    import time

    words = [sys.executable, "-m", "escalation_sim", "run", SCENARIO, "--replicates", "500000", "--out"]
    running = subprocess.Popen(
        [*words, str(tmp_path / "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(6.0)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert out == ""
    assert "Stopped; nothing was written" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_dyad_to_show_that_never_acts_is_left_out_of_the_picture(tmp_path: Path) -> None:
    small = Path(__file__).parents[1] / "cases" / "valid" / "small.yaml"  # shows NO and RUS, who have no quarrel
    few = ["--replicates", "4", "--parameters", "2", "--rare", "none", "--out", str(tmp_path / "out")]
    answer = CliRunner().invoke(main, ["run", str(small), *few])
    assert answer.exit_code == 0, answer.output
    assert "NO" not in set(pd.read_csv(tmp_path / "out" / "rungs.csv")["dyad"].str.split("-").explode())
    assert list((tmp_path / "out").rglob("ladder.svg"))
