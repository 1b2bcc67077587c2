"""F14 to F16: odd clocks, zones, languages, encodings, terminals, folders and limits change no byte of a result."""

import datetime as dt
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from escalation_sim import _compiled

NOWHERE = f"{__file__}/none"  # which nobody can make, not even root
# In the working folder; with TeX a title would go through another program.
MATPLOTLIBRC = "text.usetex: True\naxes.grid: True\nfont.style: italic\nsavefig.bbox: tight\nbackend: nonsense\n"
NONE = dict.fromkeys(("HOME", "TMPDIR", "LANG", "LC_ALL", "XDG_CACHE_HOME", "DISPLAY", "TERM"))
SURROUNDINGS: list[dict[str, str | None]] = [
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict", "COLUMNS": "20"},
    {**NONE, "MPLBACKEND": "nonsense", "FONTCONFIG_FILE": os.devnull, "MPLCONFIGDIR": NOWHERE},
    {"LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONIOENCODING": "utf-16", "COLUMNS": "1"},
    {"LC_ALL": "tr_TR.UTF-8", "TMPDIR": NOWHERE, "HOME": NOWHERE, "PYTHONHASHSEED": "7"},
]  # fmt: skip
SLOW = pytest.mark.slow


@pytest.mark.parametrize("odd", [*SURROUNDINGS[:1], *(pytest.param(one, marks=SLOW) for one in SURROUNDINGS[1:])])
def test_no_surroundings_change_a_byte(odd: dict[str, str | None], call: Any, program: Any, tables: Any) -> None:
    text = Path("reef.yaml").read_text(encoding="utf-8")
    Path("reef.yaml").write_text(text.replace("title:", "title: Crisé à — «Taïwan» #", 1), encoding="utf-8")
    words = ["run", "reef.yaml", "--replicates", "60", "--parameters", "3", "--rare", "none", "--out"]
    assert call(*words, "plain").exit_code == 0
    Path("matplotlibrc").write_text(MATPLOTLIBRC)
    done = program(*words, "odd", env=odd)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert {name for name, text in tables("plain").items() if tables("odd").get(name) != text} == set()
    wrong = program("check", "crisé.yaml", env=odd)
    assert wrong.returncode == 2
    assert b"Traceback" not in wrong.stderr


def test_settings_of_figures_that_cannot_be_read_are_told(program: Any) -> None:
    Path("matplotlibrc").write_bytes("# Größe\n".encode("latin-1"))
    done = program("run", "reef.yaml", "--replicates", "60", "--parameters", "3", "--rare", "none", "--out", "out")
    assert done.returncode == 2, done.stderr
    assert b"Traceback" not in done.stderr
    said = done.stderr.decode().splitlines()[-1]  # after what matplotlib says of it
    assert said.startswith("matplotlibrc: ")
    assert said.endswith("(--no-figures)")
    assert not Path("out").exists()


def _clock(*moments: dt.datetime) -> Any:
    """A clock that tells these moments in turn, the last one for ever."""
    left = list(moments)
    return SimpleNamespace(now=lambda zone: (left.pop(0) if len(left) > 1 else left[0]).astimezone(zone))


NOON = dt.datetime(2026, 3, 29, 12, tzinfo=dt.UTC)
CLOCKS = {
    "put back a day": (NOON, NOON - dt.timedelta(days=1)),
    "never set": (dt.datetime(1970, 1, 1, tzinfo=dt.UTC),),
    "beyond 32 bits": (dt.datetime(2040, 1, 1, tzinfo=dt.UTC), dt.datetime(2040, 1, 2, tzinfo=dt.UTC)),
    "over the change to summer time": (NOON - dt.timedelta(hours=12), NOON),
}


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Function that moves this process to another time zone."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
@pytest.mark.parametrize("where", ["Pacific/Kiritimati", "America/St_Johns"])
def test_no_clock_changes_a_result(
    clock: tuple[dt.datetime, ...], where: str, run: Any, tables: Any, zone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--out", "plain").exit_code == 0
    zone(where)
    told = _clock(*clock)
    for module in ("run", "save"):
        monkeypatch.setattr(f"escalation_sim.report.{module}.dt", SimpleNamespace(UTC=dt.UTC, datetime=told))
    assert run("--out", "odd").exit_code == 0
    assert tables("odd") == tables("plain")
    record = json.loads(Path("odd/manifest.json").read_text())
    assert record["started"] == clock[0].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert record["started"] <= record["finished"]
    assert record["finished"].endswith("Z")


@pytest.mark.parametrize("years", [-60, 30])
def test_shards_of_any_time_are_taken_as_they_are(sweep: Any, call: Any, tables: Any, years: int) -> None:
    assert sweep().exit_code == 0
    before = tables("out")
    for number, path in enumerate(sorted(Path("out").rglob("*.shard"))):
        moment = max(0.0, time.time() + years * 3.15e7) - number
        os.utime(path, (max(0.0, moment), max(0.0, moment)))
    Path("out/points.csv").unlink()
    assert sweep().exit_code == 0
    assert tables("out") == before
    status = json.loads(call("status", "out", "--json").stdout)
    assert status["seconds_left"] is None
    assert status["chunks_done"] == status["chunks"]


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files of a user whom the system does not know, as in some containers: without a home."""

    def none(*words: Any) -> Any:
        raise RuntimeError("Could not determine home directory.")

    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", none)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_without_a_home_compiled_code_lies_in_a_folder_that_is_ours_alone(homeless: Path) -> None:
    before = os.umask(0)
    try:
        ours = Path(str(_compiled._cache_folder())).parent
    finally:
        os.umask(before)
    assert ours.parent == homeless
    assert stat.S_IMODE(ours.stat().st_mode) == 0o700
    assert _compiled._cache_folder() == str(ours / _compiled.source_hash())


def test_without_a_home_or_a_place_for_temporary_files_code_is_compiled_anew(
    homeless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert _compiled._cache_folder() is None


@pytest.mark.parametrize("trap", ["open", "of a group", "of another user", "a link", "a file"])
def test_compiled_code_that_another_user_may_have_left_is_not_loaded(
    trap: str, homeless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trap == "of another user":
        theirs = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: theirs)
    place = homeless / f"escalation-sim-{os.geteuid()}"
    (homeless / "theirs").mkdir(mode=0o700)
    if trap == "a link":
        place.symlink_to("theirs")
    elif trap == "a file":
        place.touch()
    else:
        place.mkdir()
        place.chmod({"open": 0o777, "of a group": 0o770}.get(trap, 0o700))
    assert _compiled._cache_folder() is None
    assert not list(homeless.rglob(_compiled.source_hash()))


QUOTA = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"


def test_a_file_that_may_not_grow_is_told_and_nothing_stays(program: Any, place: Path) -> None:
    done = program("run", "reef.yaml", "--replicates", "2000", "--rare", "none", "--out", "out", before=QUOTA)
    assert done.returncode == 4, done.stderr
    lines = done.stderr.decode().splitlines()
    assert "the result cannot be written" in lines[-1]
    assert sorted(path.name for path in place.iterdir()) == ["reef.yaml", "try.yaml"]


@pytest.mark.parametrize(
    ("replicates", "jobs"),
    [("12", "1"), pytest.param("3000", "1", marks=SLOW), pytest.param("3000", "2", marks=SLOW)],
    ids=["tables too large", "shards too large", "shards of another process too large"],
)
def test_a_sweep_whose_files_may_not_grow_is_told_and_goes_on_where_they_may(
    replicates: str, jobs: str, program: Any, sweep: Any, tables: Any
) -> None:
    words = ("--replicates", replicates, "--jobs", jobs)
    done = program("sweep", "reef.yaml", "--design", "try.yaml", "--out", "out", *words, before=QUOTA)
    assert done.returncode == 4, done.stderr
    assert b"the result cannot be written: File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(list(Path("out/shards").iterdir())) == (replicates == "12")
    assert not list(Path("out").rglob(".*"))
    assert sweep(*words).exit_code == 0
    left = tables("out")
    Path("out").rename("stopped")
    assert sweep(*words).exit_code == 0
    assert tables("out") == left


@pytest.mark.parametrize("words", [("run",), ("sweep", "--design", "try.yaml", "--jobs", "1")])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_run(
    words: tuple[str, ...], call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: Any, **named: Any) -> None:
        raise AssertionError("this ran")

    monkeypatch.setattr("escalation_sim.study.ensemble.ensemble.run", never)
    access = os.access  # tests may run as root, who may write anywhere
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK and access(path, mode))
    answer = call(words[0], "reef.yaml", *words[1:], "--out", "deep/er")
    assert answer.exit_code == 4
    assert "cannot be written to; make it writable" in answer.stderr
    assert not Path("deep").exists()
