"""F13: links, loops, hard links and pipes in every place that a command reads or writes: nothing outside is touched."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ODD: dict[str, Callable[[Path, Path], object]] = {
    "a link elsewhere": lambda path, outside: path.symlink_to(outside),
    "a link to nothing": lambda path, outside: path.symlink_to(outside / "nothing"),
    "a link to itself": lambda path, outside: path.symlink_to(path),
    "a pipe": lambda path, outside: os.mkfifo(path),
}
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is nobody's business, with one file."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "mine").write_text("mine")
    return folder


def _is_untouched(outside: Path) -> bool:
    return [path.name for path in outside.iterdir()] == ["mine"] and (outside / "mine").read_text() == "mine"


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
@pytest.mark.parametrize("what", ["run", "sweep"])
def test_no_result_is_written_through_what_is_no_folder(
    make: Any, what: str, run: Any, sweep: Any, outside: Path
) -> None:
    make(Path("out"), outside)
    answer = {"run": lambda: run("--out", "out"), "sweep": sweep}[what]()
    assert answer.exit_code == 4, answer.output
    assert "a file or a link, not a folder" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert _is_untouched(outside)


@pytest.mark.parametrize("name", ["a pipe", *(pytest.param(one, marks=pytest.mark.slow) for one in list(ODD)[:3])])
def test_a_shard_that_is_no_file_is_run_again(name: str, sweep: Any, tables: Any, outside: Path) -> None:
    assert sweep().exit_code == 0
    before, shard = tables("out"), sorted(Path("out/shards").iterdir())[0]
    shard.unlink()
    ODD[name](shard, outside / "mine")
    answer = sweep()
    assert answer.exit_code == 0, answer.output
    assert tables("out") == before
    assert not shard.is_symlink()
    assert _is_untouched(outside)


def test_a_shard_that_has_another_name_elsewhere_is_replaced_and_not_overwritten(
    sweep: Any, tables: Any, outside: Path
) -> None:
    assert sweep().exit_code == 0
    before, shard = tables("out"), sorted(Path("out/shards").iterdir())[0]
    shard.unlink()
    os.link(outside / "mine", shard)
    assert sweep().exit_code == 0
    assert tables("out") == before
    assert _is_untouched(outside)


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", ["reef.yaml", "try.yaml"])
def test_an_input_that_is_no_file_is_told_and_nothing_hangs(make: Any, name: str, sweep: Any, outside: Path) -> None:
    Path(name).unlink()
    make(Path(name), outside)
    answer = sweep()
    assert answer.exit_code == 2, answer.output
    assert name in answer.stderr
    assert not Path("out").exists()
    assert _is_untouched(outside)
