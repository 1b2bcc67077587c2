"""A report says what the folders say, in the order of an analyst's questions, and leaves nothing out in silence."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from escalation_sim.analysis.wording import SCALES, percent
from escalation_sim.errors import ComparisonError, StoreError
from escalation_sim.report.blocks import Bullets, Fold, Page, Paragraph, Picture, Table
from escalation_sim.report.inputs import opened
from escalation_sim.report.markdown import markdown
from escalation_sim.report.page import page_of
from escalation_sim.report.render import html
from escalation_sim.report.sections.cells import span
from escalation_sim.store import layout
from escalation_sim.store.provenance import manifest, seal, sha256, unseal
from escalation_sim.store.read import read_result
from escalation_sim.store.write import BACKTEST, write_result, write_study

TITLES = ["answer", "drives", "changes", "watch", "validated", "assumptions", "unknown", "origin", "annex"]
MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def page(*paths: Path, scale: str = "icd203") -> Page:
    """A page of folders."""
    return page_of(opened(paths), scale)


def blocks_of(one: Page, section: str) -> list[object]:
    """All blocks of a section, those inside folds too."""
    (own,) = [part for part in one.sections if part.id == section]
    found: list[object] = []
    for block in own.blocks:
        found += [block, *block.blocks] if isinstance(block, Fold) else [block]
    return found


def words_of(one: Page, section: str) -> str:
    """All that is said in a section."""
    parts = []
    for block in blocks_of(one, section):
        if isinstance(block, Table):
            parts += [block.caption, *block.head, *(cell for row in block.rows for cell in row)]
        parts += list(block.items) if isinstance(block, Bullets) else [getattr(block, "text", "")]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def whole(folders: dict[str, Path]) -> Page:
    """A page of all kinds at once."""
    return page(*(folders[name] for name in sorted(folders)))


def test_the_sections_answer_the_questions_in_order(whole: Page) -> None:
    assert [section.id for section in whole.sections] == TITLES
    assert all(section.blocks for section in whole.sections)
    assert not whole.incomplete


def test_the_answer_has_every_outcome_and_window(whole: Page, folders: dict[str, Path]) -> None:
    said = words_of(whole, "answer")
    table = read_result(folders["run"]).tables["probabilities"]
    assert "conditional on this model and this scenario" in said
    for row in table.to_dict("records"):
        assert row["label"] in said
        assert row["resolution"] in said
        if 0 < row["count"] < row["n"]:
            assert percent(row["probability"]) in said
    assert "by splitting" in said
    assert "Monte-Carlo 95 %" in said
    assert "Parameters 90 %" in said


TERM = re.compile(r"(?:chance|likely|certain|as not|than not) \(\d+–\d+ %\)|(?:less|more) than \d+ %")


@pytest.mark.parametrize("scale", SCALES)
def test_words_never_stand_without_numbers(folders: dict[str, Path], scale: str) -> None:
    found = 0
    for block in blocks_of(page(folders["run"], scale=scale), "answer"):
        texts = [" | ".join(row) for row in block.rows] if isinstance(block, Table) else [getattr(block, "text", "")]
        for text in texts:
            if TERM.search(text):
                found += 1
                assert re.search(r"\d %", TERM.sub("", text)), text  # a number of its own stands beside the term
    assert bool(found) == (scale != "none")


def test_what_was_never_seen_has_a_bound(folders: dict[str, Path], tmp_path: Path) -> None:
    kept = read_result(folders["run"])
    table = kept.tables["probabilities"].assign(count=0, n=300, probability=0.0, mc_high=0.012, method="counting")
    folder = write_result(tmp_path / "none", {"probabilities": table}, kept.manifest, kept.resolved)
    said = words_of(page(folder), "answer")
    assert "Never seen in 300 replicates, so not likelier than 1.2 % (95 %)" in said
    assert "at most almost no chance" in said


def test_every_kind_of_folder_fills_its_section(whole: Page, folders: dict[str, Path]) -> None:
    drives, changes = words_of(whole, "drives"), words_of(whole, "changes")
    assert "median path" in drives
    assert "Told from zero" in drives
    assert "Sweep: dose" in drives
    assert "rate 0.1" in drives
    assert "events.collision.hazard.rate=3.0" in changes
    assert "positions of the levers" in changes
    assert "still open" in words_of(whole, "watch")
    assert "Brier score over all windows" in words_of(whole, "validated")
    origin = words_of(whole, "origin")
    for folder in folders.values():
        assert folder.name in origin
    assert read_result(folders["run"]).manifest["manifest_sha256"] in origin


def test_a_section_without_a_folder_says_which_command_fills_it(folders: dict[str, Path]) -> None:
    one = page(folders["score"])
    for section, command in {
        "answer": "escalation-sim run",
        "drives": "escalation-sim knockout",
        "changes": "escalation-sim compare",
        "watch": "escalation-sim signals",
    }.items():
        assert command in words_of(one, section)
    assert "escalation-sim score" in words_of(page(folders["run"]), "validated")
    assert "escalation-sim paths" in words_of(page(folders["run"]), "drives")


def test_every_figure_stands_once_with_its_numbers(whole: Page, folders: dict[str, Path]) -> None:
    shown = [block for part in TITLES for block in blocks_of(whole, part) if isinstance(block, Picture)]
    files = sorted(file.stem for folder in folders.values() for file in folder.glob("figures/*.svg"))
    silent = {"signals-american-fire"} if read_result(folders["signals"]).tables["signals"].empty else set()
    # A folder of paths takes the place of the chains that a run keeps; signals that say nothing need no picture.
    assert sorted(one.name for one in shown) == [
        name for name in files if not name.startswith("paths-") and name not in silent
    ]
    for one in shown:
        assert one.drawing.description
        assert one.data, one.name
        assert one.data.rows, one.name


def test_assumptions_carry_their_basis(whole: Page) -> None:
    said = words_of(whole, "annex")
    assert "the United States repeats since 2019 that the treaty covers ships at sea" in said
    assert "Joint patrols and exercises grew with the incidents" in said
    assert re.search(r"Numbers about this crisis\n\d+\n\d+ \(\d+ %\)", words_of(whole, "assumptions"))
    assert re.search(r"\ninitiative, strike\nintercept 2\.22 \(.*; power_ratio .*\n1,653\nestimated\nMIE 1\.0", said)
    assert "Statement on the boarding of Philippine boats" in said


def test_three_layers_of_doubt_stand_apart(whole: Page) -> None:
    (layers, *_) = [block for block in blocks_of(whole, "unknown") if isinstance(block, Bullets)]
    assert [item.partition(":")[0] for item in layers.items] == [
        "Monte-Carlo error",
        "Parameter uncertainty",
        "Model uncertainty",
    ]
    assert "NASA-STD-7009" in words_of(whole, "unknown")


def test_a_run_without_figures_gets_them(folders: dict[str, Path], tmp_path: Path) -> None:
    kept = read_result(folders["run"])
    bare = write_result(tmp_path / "bare", kept.tables, kept.manifest, kept.resolved)
    pictures = [block for block in blocks_of(page(bare), "answer") if isinstance(block, Picture)]
    assert {"outcomes", "probabilities", "ladder"} <= {one.name for one in pictures}
    text = markdown(page(bare), lambda picture: f"x/{picture.name}.png" if picture.png else "")
    assert "](x/outcomes.png)" in text


def test_a_backtest_may_stand_beside_any_scenario(folders: dict[str, Path], tmp_path: Path) -> None:
    row = {"task": "level", "era": "all", "forecaster": "simulation", "n": 10}
    row |= {
        "brier": 0.4321,
        "brier_low": 0.4,
        "brier_high": 0.5,
        "log_score": 0.8,
        "calibration_slope": 1.0,
        "ece": 0.02,
    }
    record = manifest("escalation-sim backtest", 1, 10, 2, "backtest", "x", {}, MOMENT, MOMENT)
    texts = {layout.TABLE: b"initiative: {}\n"}
    folder = write_study(tmp_path / "back", BACKTEST, {"scores": pd.DataFrame([row])}, record, texts)
    assert "0.432 (0.400–0.500)" in words_of(page(folders["run"], folder), "validated")
    assert "None of the folders holds a whole scenario." in words_of(page(folder), "assumptions")


def test_the_analysis_of_a_sweep_is_shown_table_by_table(folders: dict[str, Path], tmp_path: Path) -> None:
    own = {"outcome": "american-fire", "label": "Fire", "window_days": 365.0, "variable": "rate", "variable_label": "R"}
    tables = {
        "tornado": pd.DataFrame([own | {"low_value": "0.1", "high_value": "2", "at_low": 0.125, "swing": 0.25}]),
        "pawn": pd.DataFrame([own | {"pawn": 0.5, "low": 0.375, "high": 0.625, "told": 1, "n": 2, "n_failed": 0}]),
    }
    kept = read_result(folders["run"])
    known = {
        name: tuple(
            layout.Column(
                str(one), {"i": layout.WHOLE, "f": layout.NUMBER}.get(table[one].dtype.kind, layout.TEXT), "share", "x"
            )
            for one in table
        )
        for name, table in tables.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, columns in known.items():
            patch.setitem(layout.TABLES, name, columns)
        texts = {layout.RESOLVED: kept.resolved.encode()}
        folder = write_study(tmp_path / "sensitivity", "sensitivity", tables, kept.manifest, texts)
        said = words_of(page(folders["run"], folder), "drives")
    assert "What of the sweep drives each outcome" in said
    for cell in ("at low", "12 %", "+25", "50 % [38 % – 62 %]"):
        assert f"\n{cell}\n" in said


def failed(folder: Path, target: Path, failures: int) -> Path:
    """The same run, some replicates of which gave no result."""
    kept = read_result(folder)
    counts = {"requested": 300, "ok": 300 - failures, "failed": failures}
    return write_result(target, kept.tables, {**kept.manifest, "replicates": counts}, kept.resolved)


def test_failures_stand_first_and_give_bounds(folders: dict[str, Path], tmp_path: Path) -> None:
    one = page(failed(folders["run"], tmp_path / "half", 30))
    assert one.incomplete == ["half: 270 of 300 replicates, INCOMPLETE"]
    text = html(one)
    assert text.index("INCOMPLETE") < text.index("<h1>")
    assert markdown(one, lambda _: "").startswith("**half: 270 of 300 replicates, INCOMPLETE**")
    table = read_result(folders["run"]).tables["probabilities"]
    count = int(table[table["outcome"] == "china-philippines-clash"]["count"].max())
    assert f"\n{span(count / 300, (count + 30) / 300)}\n" in words_of(one, "answer")
    assert not page(failed(folders["run"], tmp_path / "all", 0)).incomplete


def test_folders_of_two_scenarios_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    kept = read_result(folders["run"])
    record = {**kept.manifest, "scenario": {**kept.manifest["scenario"], "id": "other"}}
    other = write_result(tmp_path / "other", kept.tables, record, kept.resolved)
    with pytest.raises(ComparisonError, match=r"of the scenario 'other', but .* is of 'reef'"):
        opened([folders["run"], other])
    with pytest.raises(ComparisonError, match="given twice"):
        opened([folders["run"], folders["run"]])


def test_a_folder_that_was_tampered_with_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = failed(folders["run"], tmp_path / "run", 0)
    (folder / "probabilities.csv").write_bytes(
        (folder / "probabilities.csv").read_bytes().replace(b"counting", b"guessing")
    )
    with pytest.raises(StoreError, match="was changed or damaged"):
        opened([folder])
    with pytest.raises(StoreError, match="not a result folder"):
        opened([tmp_path])


def test_a_manifest_without_its_counts_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = failed(folders["run"], tmp_path / "run", 0)
    record = unseal((folder / layout.MANIFEST).read_bytes(), "x")
    del record["replicates"]
    (folder / layout.MANIFEST).write_bytes(seal(record))
    with pytest.raises(StoreError, match="does not say how much was run"):
        opened([folder])


def test_versions_of_a_scenario_are_told_apart(folders: dict[str, Path], tmp_path: Path) -> None:
    kept = read_result(folders["run"])
    record = {**kept.manifest, "scenario": {**kept.manifest["scenario"], "resolved_sha256": sha256(b"another")}}
    other = write_result(tmp_path / "later", kept.tables, record, kept.resolved)
    both = page(folders["run"], other)
    assert "2 different versions of the scenario" in words_of(both, "origin")
    assert "different versions" not in words_of(page(folders["run"], folders["score"]), "origin")
    assert isinstance(both.sections[0].blocks[1], Paragraph)
