"""The commands report and reproduce as a stranger types them."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from escalation_sim import load, run_ensemble, save
from escalation_sim.cli import main
from escalation_sim.scenario.starter import new_scenario
from escalation_sim.store.read import read_result
from escalation_sim.store.shards import FOLDER
from escalation_sim.store.write import write_result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run without figures."""
    return save(run_ensemble(load("library:starter"), 60, 4), tmp_path_factory.mktemp("r") / "run", figures=False)


def report(*words: str | Path) -> Result:
    """The command as typed."""
    return CliRunner().invoke(main, ["report", *map(str, words)])


def test_the_path_is_printed_and_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a" / "page.html"
    answer = report(folder, "-o", out, "--markdown")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines() == [str(out), str(out.with_suffix(".md"))]
    before = out.read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")
    refused = report(folder, "-o", out)
    assert refused.exit_code == 4
    assert "--force" in refused.stderr
    assert report(folder, "-o", out, "--words", "none", "--force").exit_code == 0
    assert out.read_bytes() != before


def test_equal_folders_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    for name in "ab":
        assert report(folder, "-o", tmp_path / f"{name}.html").exit_code == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_markdown_links_lead_to_pictures(folder: Path, tmp_path: Path) -> None:
    import re

    assert report(folder, "-o", tmp_path / "page.html", "--markdown").exit_code == 0
    links = re.findall(r"!\[.*\]\((.+)\)", (tmp_path / "page.md").read_text())
    assert links
    for link in links:
        assert (tmp_path / link).read_bytes().startswith(b"\x89PNG")


def test_the_default_is_a_page_in_this_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert report(folder.resolve()).stdout == "report.html\n"
    assert (tmp_path / "report.html").exists()


def test_a_folder_that_is_no_result_is_one_sentence(tmp_path: Path) -> None:
    answer = report(tmp_path, "-o", tmp_path / "x.html")
    assert answer.exit_code == 4
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "x.html").exists()


def test_a_sealed_folder_with_other_tables_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    kept = read_result(folder)
    tables = {**kept.tables, "probabilities": kept.tables["probabilities"].drop(columns="mc_low")}
    odd = write_result(tmp_path / "odd", tables, kept.manifest, kept.resolved)
    answer = report(odd, "-o", tmp_path / "x.html")
    assert answer.exit_code == 4
    assert "is not as this version of the program writes it" in answer.stderr
    assert answer.stderr.count("\n") == 1


def unfinished(top: Path, design: str) -> Path:
    """A sweep, one of whose shards and whose tables are gone."""
    file = top / "reef.yaml"
    file.write_text(new_scenario("reef"), encoding="utf-8")
    (top / "d.yaml").write_text(design, encoding="utf-8")
    words = ["sweep", str(file), "--design", str(top / "d.yaml"), "--jobs", "1", "--out", str(top / "sweep")]
    assert CliRunner().invoke(main, words).exit_code == 0
    return top / "sweep"


DESIGN = """\
id: dose
kind: grid
replicates: 10
parameters: 2
variables:
  - {id: rate, set: events.collision.hazard.rate, values: [0.1, 2.0], because: a try}
"""


def test_an_unfinished_sweep_says_so_first_and_exits_3(tmp_path: Path) -> None:
    sweep = unfinished(tmp_path, DESIGN)
    assert report(sweep, "-o", tmp_path / "whole.html").exit_code == 0
    (sweep / "manifest.json").unlink()
    for shard in (sweep / FOLDER).iterdir():
        shard.unlink()
    answer = report(sweep, "-o", tmp_path / "part.html")
    assert answer.exit_code == 3, answer.output
    text = (tmp_path / "part.html").read_text()
    assert "sweep: 0 of 2 points, INCOMPLETE" in text
    assert text.index("INCOMPLETE") < text.index("<h1>")
    assert "INCOMPLETE" not in (tmp_path / "whole.html").read_text()


def test_failed_points_say_so_first_and_exit_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from escalation_sim.study import sweep as study

    honest = study.run_ensemble

    def broken(scenario: Any, *words: Any, **options: Any) -> Any:
        rate = next(one for one in scenario.events if one.id == "collision").hazard.rate
        if rate.value == 2.0:
            raise RuntimeError("no result")
        return honest(scenario, *words, **options)

    monkeypatch.setattr(study, "run_ensemble", broken)
    file = tmp_path / "reef.yaml"
    file.write_text(new_scenario("reef"), encoding="utf-8")
    (tmp_path / "d.yaml").write_text(DESIGN, encoding="utf-8")
    words = ["sweep", str(file), "--design", str(tmp_path / "d.yaml"), "--jobs", "1", "--out", str(tmp_path / "sweep")]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 3, answer.output
    answer = report(tmp_path / "sweep", "-o", tmp_path / "x.html")
    assert answer.exit_code == 3
    assert "sweep: 1 of 2 points, INCOMPLETE" in (tmp_path / "x.html").read_text()


@pytest.mark.parametrize(
    ("error", "said"), [(ImportError("none"), "escalation-sim[pdf]"), (OSError("no libpango"), "finds no Pango")]
)
def test_pdf_without_its_library_is_one_sentence(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    honest = builtins.__import__

    def importing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "weasyprint":
            raise error
        return honest(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(builtins, "__import__", importing)
    answer = report(folder, "-o", tmp_path / "x.html", "--pdf")
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not any(tmp_path.iterdir())
