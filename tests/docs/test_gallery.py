"""The gallery says what its tables say, of the scenarios as they stand, with pictures that are there and small."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from escalation_sim import load, run_ensemble

PAGE = Path("docs/gallery.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", PAGE)
AGAIN = "run docs/gallery.py"
MOST_BYTES = 2_500_000  # of all pictures of the pages together


def test_the_page_is_that_of_its_tables(gallery: ModuleType) -> None:
    assert gallery.page() == PAGE, AGAIN
    assert "{{" not in PAGE
    scores = {name: pd.read_csv(gallery.DATA / f"{name}-scores.csv") for name in gallery.SCENARIOS}
    summaries = {name: pd.read_csv(gallery.DATA / f"{name}-summary.csv") for name in gallery.SCENARIOS}
    template = gallery.TEMPLATE.read_text(encoding="utf-8")
    assert gallery.filled(template, scores, summaries) == PAGE
    scores["kargil-1999"]["probability"] *= 0.5
    assert gallery.filled(template, scores, summaries) != PAGE


def test_the_tables_are_of_the_scenarios_as_they_stand(gallery: ModuleType) -> None:
    for name in gallery.SCENARIOS:
        kept = (gallery.DATA / f"{name}.sha256").read_text().strip()
        assert kept == gallery.fingerprint(name), f"{name}: {AGAIN}"


def test_the_first_scenario_is_scored_by_the_reference(gallery: ModuleType) -> None:
    scores = pd.read_csv(gallery.DATA / f"{gallery.KOREA}-scores.csv").set_index(["outcome", "window_days"])
    reference = pd.read_csv(gallery.REFERENCE / "probabilities.csv").set_index(["outcome", "window_days"])
    assert len(scores) > 50
    assert (scores["probability"] == reference.loc[scores.index, "probability"]).all(), AGAIN


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cuban-missile-crisis-1962", "kargil-1999", "july-1914"])
def test_the_tables_are_what_the_program_gives(gallery: ModuleType, name: str) -> None:
    now = run_ensemble(load(gallery.file(name))).probabilities.set_index(["outcome", "window_days"])
    kept = pd.read_csv(gallery.DATA / f"{name}-scores.csv").set_index(["outcome", "window_days"])
    plain = kept.index[np.isclose(kept["probability"], kept["count"] / kept["n"], rtol=1e-12)]  # the others are split
    assert len(plain) > 15
    assert (now.loc[plain, "count"] == kept.loc[plain, "count"]).all(), AGAIN


def test_every_scenario_has_its_part(gallery: ModuleType) -> None:
    for path in Path("scenarios").glob("*.yaml"):
        assert path.stem in gallery.SCENARIOS
        assert f"## {load(path).title}\n" in PAGE


def test_every_picture_is_there_small_and_described() -> None:
    assert len(PICTURES) > 20
    for text, place in PICTURES:
        with Image.open(Path("docs") / place) as picture:
            assert picture.mode == "P", f"{place}: {AGAIN}"
        assert len(text) > 40, place
    assert sum(file.stat().st_size for file in Path("docs/figures").glob("*.png")) < MOST_BYTES
