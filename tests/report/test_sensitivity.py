"""The command `sensitivity` on small sweeps: its folder, its words, and what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from escalation_sim.cli import main
from escalation_sim.store.read import read_result
from escalation_sim.study import sweep as study_sweep

STARTER = "library:starter"
ODDS = "{id: odds, label: Odds of war, set: coefficients.reply.war.intercept, between: [-6.0, 3.0]%s}"
TRUST = "{id: trust, set: commitments.us-philippines.reliability, between: [0.1, 0.9]%s}"


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def swept(folder: Path, design: str, *options: str, code: int = 0) -> Path:
    """A sweep of the starter over a design, in this process."""
    folder.mkdir(exist_ok=True)
    (folder / "design.yaml").write_text(design)
    out = folder / "out"
    size = ("--replicates", "40", "--parameters", "1", "--jobs", "1", "--out", out)
    answer = invoke("sweep", STARTER, "--design", folder / "design.yaml", *size, *options)
    assert answer.exit_code == code, answer.output
    return out


def sobol(points: int = 8, more: str = "") -> str:
    return f"id: two\nkind: sobol\npoints: {points}\n{more}variables:\n  - {ODDS % ''}\n  - {TRUST % ''}\n"


GRID = f"id: one\nkind: grid\nvariables:\n  - {ODDS % ', levels: 15'}\n"


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return swept(tmp_path_factory.mktemp("common"), sobol())


def test_a_sobol_sweep_gives_every_table_and_figure(common: Path, tmp_path: Path) -> None:
    answer = invoke("sensitivity", common, "--out", tmp_path / "s")
    assert answer.exit_code == 0, answer.output
    result = read_result(tmp_path / "s")
    assert set(result.tables) == {"responses", "tornado", "pawn", "indices", "heat", "boxes"}
    assert result.manifest["kind"] == "sensitivity"
    drawn = {path.name for path in (tmp_path / "s" / "figures").glob("*.svg")}
    assert {"response-odds.svg", "tornado-american-fire.svg", "pawn-american-fire.svg"} <= drawn
    assert {"indices-american-fire.svg", "heat-american-fire.svg"} <= drawn
    assert "Conditional on this model" in answer.stdout


def test_the_means_are_those_of_the_points(common: Path, tmp_path: Path) -> None:
    invoke("sensitivity", common, "--no-figures", "--out", tmp_path / "s")
    points = pd.read_csv(common / "points.csv")
    responses = read_result(tmp_path / "s").tables["responses"]
    for name in ("odds", "trust"):
        one = responses[(responses["variable"] == name) & (responses["outcome"] == "american-fire")]
        one = one[one["window_days"] == one["window_days"].max()]
        mean = (one["probability"] * one["n_points"]).sum() / one["n_points"].sum()
        rows = points[points["outcome"] == "american-fire"]
        assert mean == pytest.approx(rows[rows["window_days"] == rows["window_days"].max()]["probability"].mean())


def test_levels_of_a_grid_are_kept_and_a_single_variable_has_no_tornado(tmp_path: Path) -> None:
    out = swept(tmp_path, GRID)
    answer = invoke("sensitivity", out)
    assert answer.exit_code == 0, answer.output
    folder = tmp_path / "out-sensitivity"
    responses = read_result(folder).tables["responses"]
    assert responses["value"].nunique() == 15
    assert (responses["n_points"] == 1).all()
    assert "heat" not in read_result(folder).tables
    assert not list((folder / "figures").glob("tornado*"))


def test_luck_of_its_own_needs_no_rows_but_shared_luck_does(tmp_path: Path) -> None:
    own = swept(tmp_path / "own", sobol(more="common_random_numbers: false\n"), "--no-runs")
    assert "indices" in json.loads(invoke("sensitivity", own, "--no-figures", "--json").stdout)
    shared = swept(tmp_path / "shared", sobol(), "--no-runs")
    told = json.loads(invoke("sensitivity", shared, "--no-figures", "--json").stdout)
    assert "indices" not in told
    assert any("none were kept" in note for note in told["notes"])


def test_failed_points_are_told_and_keep_indices_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = study_sweep.run_ensemble
    calls = iter(range(1000))

    def sometimes(*args: object, **options: object) -> object:
        if next(calls) == 5:
            raise ValueError("no luck")
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(study_sweep, "run_ensemble", sometimes)
    out = swept(tmp_path, sobol(), code=3)
    told = json.loads(invoke("sensitivity", out, "--no-figures", "--json").stdout)
    assert "indices" not in told
    assert any("1 of 32 points failed" in note for note in told["notes"])
    pawn = pd.DataFrame(told["pawn"])
    assert (pawn["n_failed"] == 1).all()
    assert (pawn["n"] == 31).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--outcome", "american-fir"], "did you mean 'american-fire'?"),
        (["--heat", "odds,trus"], "did you mean 'trust'?"),
        (["--heat", "odds,odds"], "two different variables"),
        (["--heat", "odds"], "name two variables"),
        (["--above", "1.0"], "1.0"),
    ],
)
def test_what_is_unknown_is_refused_in_one_sentence(words: list[str], said: str, common: Path, tmp_path: Path) -> None:
    answer = invoke("sensitivity", common, *words, "--out", tmp_path / "s")
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.output
    assert not (tmp_path / "s").exists()


def test_an_unfinished_or_damaged_sweep_is_refused(tmp_path: Path) -> None:
    out = swept(tmp_path, GRID)
    table = (out / "points.csv").read_bytes()
    (out / "points.csv").write_bytes(table.replace(b"0", b"1", 1))
    assert invoke("sensitivity", out).exit_code == 4
    (out / "points.csv").write_bytes(table)
    assert invoke("sensitivity", out, "--no-figures").exit_code == 0
    (out / "manifest.json").unlink()
    answer = invoke("sensitivity", out)
    assert answer.exit_code == 4
    assert "not finished" in answer.stderr
    assert "no plan.json" in invoke("sensitivity", tmp_path).stderr
