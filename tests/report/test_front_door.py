"""What a notebook asks for: a sweep that goes on, any folder read back, one figure at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

import escalation_sim as es

STARTER = "library:starter"


def test_a_sweep_is_read_back_and_goes_on(tmp_path: Path) -> None:
    points, folder = tmp_path / "points.csv", tmp_path / "out"
    points.write_text("reply_rounds\n0\n2\n", encoding="utf-8")
    asked = {"replicates": 30, "parameters": 3}
    found = es.sweep(STARTER, points, folder, **asked)
    plain = es.run_ensemble(es.load(STARTER, settings=["reply_rounds=2"]), **asked).probabilities
    swept = found.tables["points"].query("reply_rounds == 2")
    assert sorted(swept["probability"]) == sorted(plain["probability"])
    shard = next((folder / "shards").iterdir())
    before = (folder / "points.csv").read_bytes()
    shard.unlink()
    again = es.sweep(STARTER, points, folder, **asked)
    assert shard.exists()
    assert (folder / "points.csv").read_bytes() == before
    assert again.tables["points"].equals(es.read(folder).tables["points"])
    with pytest.raises(es.EscalationSimError, match="another folder"):
        es.sweep(STARTER, points, folder, replicates=31, parameters=3)


def test_a_run_that_is_read_back_has_the_figures_of_the_run(tmp_path: Path) -> None:
    result = es.run_ensemble(es.load(STARTER), replicates=40, parameters=4)
    kept = es.read(es.save(result, tmp_path / "kept", figures=False))
    for name in ("outcomes", "ladder", "network", "probabilities", "paths-american-fire"):
        ours, theirs = es.draw(result, name), es.draw(kept, name)
        assert [text.get_text() for text in ours.texts] == [text.get_text() for text in theirs.texts]
        assert ours.get_label() == theirs.get_label()


def test_figures_of_a_comparison_and_what_is_no_figure() -> None:
    starter, doubted = es.load(STARTER), es.load(STARTER, ["doubted_treaty"])
    found = es.compare(starter, {"doubted": doubted}, replicates=40, parameters=4)
    assert "doubted" in es.draw(found).texts[0].get_text()
    both = es.compare(starter, {"doubted": doubted, "itself": starter}, replicates=40, parameters=4)
    assert es.draw(both).texts[0].get_text() == es.draw(both, "overview").texts[0].get_text()
    with pytest.raises(es.EscalationSimError, match="did you mean 'overview'"):
        es.draw(both, "overviw")


def test_a_damaged_folder_is_not_read(tmp_path: Path) -> None:
    result = es.run_ensemble(es.load(STARTER), replicates=20, parameters=2)
    folder = es.save(result, tmp_path / "kept", figures=False)
    (folder / "probabilities.csv").write_text("changed", encoding="utf-8")
    with pytest.raises(es.EscalationSimError, match="changed or damaged"):
        es.read(folder)
