"""Results stay what they were, to the last whole number; only `update.py` may say otherwise, and it says why."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import update

import cases

KEPT = cases.kept()


@pytest.mark.parametrize("name", cases.CASES)
def test_results_are_those_of_the_baseline(name: str) -> None:
    told = cases.differences(KEPT["cases"][name], cases.measured(cases.CASES[name]))
    assert not told, f"{name}: {told}; if this is meant: python tests/baseline/update.py --because '...'"


def _plainer() -> dict[str, str]:
    """The vector instructions that NumPy would choose between here, switched off."""
    from numpy._core import _multiarray_umath as umath  # the only place that names them

    return {"NPY_DISABLE_CPU_FEATURES": " ".join(one for one in umath.__cpu_dispatch__ if umath.__cpu_features__[one])}


@pytest.mark.slow
@pytest.mark.parametrize(
    "compiler", [{}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}], ids=["own", "generic"]
)
def test_a_plainer_processor_gives_the_same(compiler: dict[str, str], tmp_path: Path) -> None:
    """As near as one machine comes to another: NumPy without vectors, compiled code for any processor of the kind."""
    plainer = _plainer()
    if not plainer["NPY_DISABLE_CPU_FEATURES"]:
        pytest.skip("NumPy has nothing to choose between on this processor")
    environment = os.environ | plainer | compiler | {"NUMBA_CACHE_DIR": str(tmp_path)}
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "test_results_are", __file__]
    found = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert f"{len(cases.CASES)} passed" in found.stdout, found.stdout + found.stderr


def test_the_baseline_is_of_this_stream_and_of_these_cases() -> None:
    assert KEPT["stream_version"] == cases.STREAM_VERSION
    assert KEPT["draws"] == cases.draws(), "raise STREAM_VERSION in draws.py"
    assert list(KEPT["cases"]) == list(cases.CASES)
    assert len(cases.CASES) == 20


def test_its_reason_stands_in_the_changelog() -> None:
    text = " ".join(update.CHANGELOG.read_text(encoding="utf-8").split())
    assert " ".join(KEPT["because"].split()) in text


def test_no_two_cases_are_one() -> None:
    assert len({case["whole"] for case in KEPT["cases"].values()}) == len(cases.CASES)


def test_what_differs_is_found() -> None:
    one = cases.CASES["starter"]
    before = cases.measured(one)
    other = cases.measured(one._replace(size=one.size._replace(seed=2)))
    assert "its whole numbers differ" in cases.differences(before, other)
    nearly = {"whole": before["whole"], "floats": before["floats"] | {"draws": before["floats"]["draws"] * (1 + 1e-9)}}
    assert [line.split(":")[0] for line in cases.differences(before, nearly)] == ["draws"]


CHANGES = "# Changelog\n\n## [0.2.0] - Unreleased\n\n### Changed\n\n- Old.\n\n## [0.1.0] - 2020\n\n### Changed\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A baseline of one case, and a changelog; measuring gives another result than was kept."""
    file, changelog = tmp_path / "hashes.json", tmp_path / "CHANGELOG.md"
    changelog.write_text(CHANGES)
    case: dict[str, Any] = {"whole": "a", "floats": {}}
    record = {"because": "as it was.", "stream_version": 1, "draws": "d", "cases": {"one": case, "two": case}}
    file.write_text(json.dumps(record))
    now = {"stream_version": 1, "draws": "d", "cases": {"one": case, "two": case | {"whole": "b"}}}
    monkeypatch.setattr(cases, "measure", lambda progress: now)
    return file, changelog


def test_an_update_says_what_moved_and_why(place: tuple[Path, Path]) -> None:
    assert update.update("A rule is read anew.", *place).startswith("1 of 2 cases moved")
    assert "### Changed\n\n- A rule is read anew. Baseline results change: two.\n- Old." in place[1].read_text()
    assert json.loads(place[0].read_text())["because"] == "A rule is read anew."
    assert update.update("Once more the same.", *place) == "Nothing differs; nothing was written."


@pytest.mark.parametrize(
    ("because", "change", "said"),
    [
        ("oops", {}, "say in a sentence"),
        ("A rule is read anew.", {"draws": "e"}, "raise STREAM_VERSION"),
        ("A rule is read anew.", {"changelog": "## [0.1.0] - 2020\n\n### Changed\n"}, "no Unreleased section"),
        ("A rule is read anew.", {"changelog": CHANGES.replace("### Changed\n\n- Old.\n\n", "")}, "no Unreleased"),
    ],
)
def test_an_update_is_refused(
    place: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, because: str, change: dict[str, str], said: str
) -> None:
    if "changelog" in change:
        place[1].write_text(change["changelog"])
    else:
        now = cases.measure(lambda name: None) | change
        monkeypatch.setattr(cases, "measure", lambda progress: now)
    before = [path.read_bytes() for path in place]
    with pytest.raises(SystemExit, match=said):
        update.update(because, *place)
    assert [path.read_bytes() for path in place] == before
