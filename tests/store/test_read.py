"""What was written comes back; what was damaged does not."""

import os

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store.provenance import seal
from escalation_sim.store.read import read_manifest, read_result


def reseal(folder, **files):
    """A manifest by a stranger's hand: the seal is right, the content is not."""
    record = read_manifest(folder)
    record["files"] |= files
    (folder / "manifest.json").write_bytes(seal(record))


def test_what_was_written_comes_back(result, written):
    made, read = result(), read_result(written)
    assert read.folder == written
    assert read.resolved == made.resolved
    assert made.manifest.items() <= read.manifest.items()
    assert list(read.tables) == ["paths", "runs"]
    for name, frame in made.tables.items():
        pd.testing.assert_frame_equal(read.tables[name], frame, check_dtype=False)
    assert [str(kind) for kind in read.tables["runs"].dtypes] == ["int64"] * 5 + ["float64"]
    assert np.float32(read.tables["runs"]["day_war"][1]) == np.float32(12.3)


def test_empty_tables_come_back(result, tmp_path):
    none = result(paths=result().tables["paths"].iloc[:0], runs=result().tables["runs"].assign(day_war=np.nan))
    read = read_result(none.write(tmp_path / "a"))
    assert read.tables["paths"].empty
    assert list(read.tables["paths"].columns) == list(none.tables["paths"].columns)
    assert read.tables["runs"]["day_war"].isna().all()


def test_a_flipped_byte_anywhere_is_found(written):
    names = [path for path in written.rglob("*") if path.is_file()]
    assert len(names) == 6
    for path in names:
        content = path.read_bytes()
        for place in range(0, len(content), max(1, len(content) // 40)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(StoreError) as refused:
                read_result(written)
            assert "\n" not in str(refused.value)
        path.write_bytes(content)
    assert read_result(written).manifest["seed"] == 7


def test_missing_truncated_and_swapped_files_are_found(written):
    files = [path for path in written.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(StoreError, match=r"is missing|has no manifest"):
            read_result(written)
        path.write_bytes(content[:-1])
        with pytest.raises(StoreError, match="damaged"):
            read_result(written)
        path.write_bytes(content)
    one, other = written / "runs.csv", written / "paths.csv"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    with pytest.raises(StoreError, match="damaged"):
        read_result(written)


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(StoreError, match="no such folder"):
        read_result(tmp_path / "nothing")
    with pytest.raises(StoreError, match="not a result folder"):
        read_result(tmp_path)


def test_files_that_the_manifest_does_not_list_are_named_not_read(written):
    (written / "zebra.csv").write_text("a\n1\n")
    read = read_result(written)
    assert read.unlisted == ("zebra.csv",)
    assert "zebra" not in read.tables


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "figures/../../x", "figures/..", "", "a\\b", "C:x", "x/y", "figures/a/b"]
)
def test_a_manifest_that_points_elsewhere_is_refused(written, name):
    (written.parent / "secret").write_text("mine")
    reseal(written, **{name: "0"})
    with pytest.raises(StoreError, match="do not trust"):
        read_result(written)


@pytest.mark.parametrize("link", ["runs.csv", "manifest.json", "figures/ladder.svg"])
def test_links_are_not_followed(written, tmp_path, link):
    (written / link).rename(tmp_path / "elsewhere")
    (written / link).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="not a plain file"):
        read_result(written)


def test_a_linked_folder_of_figures_is_not_followed(written, tmp_path):
    (written / "figures").rename(tmp_path / "elsewhere")
    (written / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="a link"):
        read_result(written)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_hang_the_reader(written):
    (written / "runs.csv").unlink()
    os.mkfifo(written / "runs.csv")
    with pytest.raises(StoreError, match="not a plain file"):
        read_result(written)


@pytest.mark.parametrize("content", [b"", b"outcome\nx\n", b"\xff\n", b'"', b"replicate,replicate\n1,2\n"])
def test_a_table_that_is_not_as_the_dictionary_says_is_refused(written, content):
    from escalation_sim.store.provenance import sha256

    (written / "runs.csv").write_bytes(content)
    reseal(written, **{"runs.csv": sha256(content)})
    with pytest.raises(StoreError, match="not as its dictionary"):
        read_result(written)
