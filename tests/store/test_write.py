"""A result folder appears whole or not at all, and nobody's files are lost."""

import errno
import itertools
import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store import layout, write
from escalation_sim.store.read import read_manifest, read_result
from escalation_sim.store.write import BACKTEST, RUN, SCORE, check_file, check_folder, write_study, write_text


def left_behind(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".escalation-sim")]


def test_the_folder_holds_what_it_should(written):
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    tables = {"paths.csv", "runs.csv", "dictionary.csv"}
    assert names == tables | {"manifest.json", "resolved.yaml", "figures/ladder.svg"}
    assert not left_behind(written.parent)


def test_csv_bytes(written):
    assert (written / "runs.csv").read_bytes() == (
        b"replicate,parameter_draw,highest_rung,acts,belligerents,day_war\n0,0,3,7,2,\n1,1,5,9,2,12.3\n"
    )
    assert (written / "paths.csv").read_bytes().splitlines()[2] == b"war,2,'=cmd|' /C calc'!A0,0.25,1,4"


def test_the_dictionary_explains_every_column(written):
    told = pd.read_csv(written / "dictionary.csv", keep_default_na=False)
    columns = [(table, name) for table in ("paths", "runs") for name in pd.read_csv(written / f"{table}.csv").columns]
    assert list(zip(told["table"], told["column"], strict=True)) == columns
    assert told["meaning"].str.len().gt(5).all()


def test_same_input_same_bytes(result, tmp_path):
    one, other = (result().write(tmp_path / name) for name in "ab")
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()


def test_permissions_are_the_users_usual_ones(result, tmp_path):
    before = os.umask(0o027)
    try:
        folder = result().write(tmp_path / "a")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_an_unexplained_column_is_refused_and_nothing_stays(result, tmp_path):
    with pytest.raises(ValueError, match="data dictionary"):
        result(runs=pd.DataFrame({"mystery": [1]})).write(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_parents_are_made_and_an_empty_folder_is_taken(result, tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert result().write(deep) == deep
    assert read_result(result().write(tmp_path / "c" / "d" / "e")).manifest["seed"] == 7


def test_the_same_scenario_replaces_its_earlier_result(result, written):
    (written / ".DS_Store").touch()
    changed = result(runs=result().tables["runs"].assign(acts=[1, 2]))
    changed.write(written, figures=None)
    assert read_result(written).tables["runs"]["acts"].tolist() == [1, 2]
    assert not (written / "figures").exists()
    assert not left_behind(written.parent)


def test_another_scenario_replaces_it_only_by_force(result, written):
    before = (written / "manifest.json").read_bytes()
    with pytest.raises(StoreError, match=r"another scenario \(small\).*--force"):
        result("other").write(written)
    assert (written / "manifest.json").read_bytes() == before
    result("other").write(written, force=True)
    assert read_result(written).manifest["scenario"]["id"] == "other"


@pytest.mark.parametrize("name", ["notes.txt", "figures/mine.svg", "extra/deep.txt"])
def test_files_of_others_are_never_deleted(result, written, name):
    (written / name).parent.mkdir(exist_ok=True)
    (written / name).write_text("mine")
    with pytest.raises(StoreError, match=f"{name} is no part of the earlier result"):
        result().write(written, force=True)
    assert (written / name).read_text() == "mine"


def test_a_folder_that_is_no_result_is_left_alone(result, tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(StoreError, match="other things than a result"):
        result().write(tmp_path, force=True)
    (tmp_path / "manifest.json").write_text('{"program": "another"}')
    with pytest.raises(StoreError, match="not the manifest"):
        result().write(tmp_path, force=True)
    assert (tmp_path / "thesis.docx").read_text() == "mine"


def test_links_and_files_in_the_way_are_refused(result, written, tmp_path):
    (tmp_path / "link").symlink_to(written)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("mine")
    for name in ("link", "dangling", "file"):
        with pytest.raises(StoreError, match="a file or a link"):
            result().write(tmp_path / name, force=True)
    with pytest.raises(StoreError, match="not a folder"):
        result().write(tmp_path / "file" / "below")
    assert (tmp_path / "link").is_symlink()
    assert read_result(written).manifest["seed"] == 7


def test_a_link_drawn_among_the_figures_is_refused(result, tmp_path):
    with pytest.raises(StoreError, match="plain files only"):
        result().write(tmp_path / "a", figures=lambda folder: (folder / "x.svg").symlink_to("/etc/hostname"))
    assert not list(tmp_path.iterdir())


def test_a_linked_folder_in_an_earlier_result_is_not_emptied(result, written, tmp_path):
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "gold.txt").write_text("mine")
    (written / "side").symlink_to(treasure)
    with pytest.raises(StoreError, match="side is no part"):
        result().write(written, force=True)
    assert (treasure / "gold.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "--out"), (errno.EIO, "--out"), (errno.EACCES, "make it writable")],
)
@pytest.mark.parametrize(
    ("owner", "call"), [(os, "fsync"), (os, "mkdir"), (os, "rename"), (Path, "write_bytes"), (os, "open")]
)
def test_an_error_of_the_system_at_any_call_does_no_harm(result, written, monkeypatch, owner, call, number, remedy):
    """The k-th call of each kind fails, for k = 1, 2, ... until a run gets through."""
    original, before = getattr(owner, call), (written / "manifest.json").read_bytes()
    after = result(runs=result().tables["runs"].assign(acts=[1, 2]))
    for k in itertools.count(1):
        calls = itertools.count(1)

        def failing(*given, calls=calls, k=k, **named):
            if next(calls) == k:
                raise OSError(number, os.strerror(number), str(given[0]))
            return original(*given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(owner, call, failing)
            error = error_of(lambda: after.write(written))
        if next(calls) <= k:  # there were fewer than k calls
            break
        if error is not None:  # one may do without its parents being made: they exist
            assert error.exit_code == 4
            assert str(written) in str(error)
            assert remedy in str(error) or "cannot be read" in str(error)
            assert "\n" not in str(error)
        # Once the new result is in place, an earlier one that cannot be deleted is no error.
        assert not [name for name in left_behind(written.parent) if error or not name.endswith(".old")]
        # Whole, be it the one or, when it was only flushed too late, the other.
        acts = read_result(written).tables["runs"]["acts"].tolist()
        assert (acts == [7, 9]) == ((written / "manifest.json").read_bytes() == before)
    assert k > 1, f"no write calls {call}"
    assert read_result(written).tables["runs"]["acts"].tolist() == [1, 2]


def error_of(run):
    """The StoreError that a call raises, or None."""
    try:
        run()
    except StoreError as error:
        return error
    return None


def test_an_interrupt_leaves_nothing_half_done(result, tmp_path):
    def interrupted(folder):
        (folder / "first.svg").write_text("<svg/>")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        result().write(tmp_path / "a", figures=interrupted)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_refused_before_the_run(written, monkeypatch, tmp_path):
    check_folder(tmp_path / "new" / "one", "small")
    check_folder(written, "small")
    with pytest.raises(StoreError, match="another scenario"):
        check_folder(written, "other")
    monkeypatch.setattr(write.os, "access", lambda path, mode: False)  # tests may run as root, who may write anywhere
    with pytest.raises(StoreError, match="cannot be written to; make it writable"):
        check_folder(tmp_path / "new", "small")


def test_text_of_every_kind_survives(result, tmp_path):
    hostile = ["NA", "", "nan", "1e5", "-7", "=1", "'", "''=x", 'a"b', "a,b", "a\nb", "a\rb", "\r\n", " x ", "→ ×2"]
    whole = {"rank": range(len(hostile)), "count": 1, "n": 9}
    frame = pd.DataFrame({"outcome": "o", "path": hostile, "share": 0.1, **whole})
    read = read_result(result(paths=frame).write(tmp_path / "a")).tables["paths"]
    assert read["path"].tolist() == hostile


def test_numbers_come_back_to_the_last_bit(result, tmp_path):
    days = np.append(np.random.default_rng(1).lognormal(0, 20, 1000), [np.nan, 0.1, 1 / 3, 5e-324, 1.7e308])
    frame = pd.DataFrame(dict.fromkeys(["replicate", "parameter_draw", "highest_rung"], range(len(days))))
    read = read_result(result(runs=frame.assign(day_war=days)).write(tmp_path / "a")).tables["runs"]
    np.testing.assert_array_equal(read["day_war"], days)


def test_manifest_name_is_the_mark_of_a_result(written):
    (written / layout.MANIFEST).unlink()
    with pytest.raises(StoreError, match="other things than a result"):
        check_folder(written, "small")


def test_a_text_is_written_whole_and_replaced_only_when_told(tmp_path):
    file = tmp_path / "deep" / "table.yaml"
    assert write_text(file, "a: 1\n") == file
    with pytest.raises(StoreError, match="this is there already") as refused:
        write_text(file, "a: 2\n")
    assert refused.value.exit_code == 4
    assert file.read_bytes() == b"a: 1\n"
    write_text(file, "a: 2 °\n", force=True)
    assert file.read_bytes() == "a: 2 °\n".encode()
    assert not left_behind(file.parent)


def test_a_text_never_replaces_a_folder_or_a_link(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "real").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("folder", "link"):
        for force in (False, True):
            with pytest.raises(StoreError, match="a folder or a link, not a file"):
                write_text(tmp_path / name, "x", force)
    with pytest.raises(StoreError, match="this is not a folder"):
        write_text(tmp_path / "real" / "below", "x")
    assert (tmp_path / "real").read_text() == "mine"
    check_file(tmp_path / "free" / "table.yaml")
    assert not (tmp_path / "free").exists()


def test_a_text_that_cannot_be_finished_leaves_the_old_one(tmp_path, monkeypatch):
    file = write_text(tmp_path / "table.yaml", "old")

    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(write.os, "fsync", full)
    with pytest.raises(StoreError, match="the disk is full"):
        write_text(file, "new", force=True)
    assert file.read_text() == "old"
    assert not left_behind(tmp_path)


def study(result, folder, kind=BACKTEST, **options):
    """Write a study with one table and one text."""
    made = result()
    return write_study(folder, kind, {"runs": made.tables["runs"]}, made.manifest, {"note.txt": b"a note"}, **options)


def test_a_study_is_a_folder_with_its_kind(result, tmp_path):
    folder = study(result, tmp_path / "a")
    names = {path.name for path in folder.iterdir()}
    assert names == {"runs.csv", "dictionary.csv", "note.txt", "manifest.json"}
    manifest = read_manifest(folder)
    assert manifest["kind"] == BACKTEST
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert (folder / "note.txt").read_bytes() == b"a note"


def test_a_study_replaces_only_its_own_kind(result, tmp_path):
    folder = study(result, tmp_path / "a")
    study(result, folder)
    for kind in (RUN, SCORE):
        with pytest.raises(StoreError, match=f"here lies a backtest, which a {kind} does not replace"):
            check_folder(folder, "small", force=True, kind=kind)
    with pytest.raises(StoreError, match="here lies a backtest"):
        study(result, folder, kind=SCORE, force=True)
    run = result().write(tmp_path / "run")
    with pytest.raises(StoreError, match="here lies a run, which a backtest does not replace"):
        study(result, run, force=True)
    check_folder(folder, "small", kind=BACKTEST)


def test_a_study_that_fails_leaves_the_earlier_one(result, tmp_path):
    folder = study(result, tmp_path / "a")

    def broken(target):
        raise RuntimeError("no colours")

    with pytest.raises(RuntimeError, match="no colours"):
        study(result, folder, figures=broken)
    assert read_manifest(folder)["kind"] == BACKTEST
    assert not left_behind(tmp_path)
