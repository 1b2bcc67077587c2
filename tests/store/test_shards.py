"""A shard comes back as it was written, or it is told that it does not."""

import errno
import os
from pathlib import Path

import pytest

from escalation_sim.errors import StoreError
from escalation_sim.store import shards

PARTS = {"points": b"0,war,0.5\n", "runs": b"\x1f\x8b\n\x00{", "failures": b"no, and nothing\n"}
PLAN = "a" * 64


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a small shard of chunk 7."""
    shards.write_shard(tmp_path, 7, PLAN, PARTS)
    return tmp_path


def _is_refused(folder: Path, chunk: int = 7, plan: str = PLAN) -> bool:
    """Whether a shard is refused, in words that name it, by each who reads it whole."""
    try:
        shards.read_shard(folder, chunk, plan)
        said = ""
    except StoreError as error:
        said = str(error)
    assert (not said) == shards.is_whole(folder, chunk, plan)
    return str(shards.path_of(folder, chunk)) in said


@pytest.mark.parametrize("order", [["points", "runs", "failures"], ["failures", "runs", "points"]])
@pytest.mark.parametrize("empty", [[], ["failures"], ["points", "runs"], ["points", "runs", "failures"]])
def test_parts_come_back_whatever_their_order(tmp_path: Path, order: list[str], empty: list[str]) -> None:
    parts = {name: b"" if name in empty else PARTS[name] for name in order}
    path = shards.write_shard(tmp_path, 12, PLAN, parts)
    assert path == tmp_path / "shards" / "000012.shard"
    assert shards.read_shard(tmp_path, 12, PLAN) == parts
    assert shards.looks_whole(tmp_path, 12, PLAN)
    assert {name: shards.has_part(tmp_path, 12, PLAN, name) for name in order} == {
        name: name not in empty for name in order
    }
    assert path.read_bytes() == shards.write_shard(tmp_path, 12, PLAN, dict(reversed(parts.items()))).read_bytes()
    assert [one.name for one in path.parent.iterdir()] == ["000012.shard"]


def test_every_flipped_byte_is_found(written: Path) -> None:
    path = shards.path_of(written, 7)
    good = path.read_bytes()
    head = good.index(b"\n") + 1
    for place in range(len(good)):
        for bit in (1 << place % 8, 0x20):  # 0x20 turns letters small and large, and spaces into NUL
            path.write_bytes(good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :])
            assert not shards.is_whole(written, 7, PLAN), (place, bit)
            assert place >= head or not shards.looks_whole(written, 7, PLAN), (place, bit)
    path.write_bytes(good)
    assert not _is_refused(written)


def test_every_truncation_and_every_tail_is_found(written: Path) -> None:
    path = shards.path_of(written, 7)
    good = path.read_bytes()
    for changed in (*(good[:n] for n in range(len(good))), good + b"\n", good + b"\x00", good + good, b"\n" + good):
        path.write_bytes(changed)
        assert _is_refused(written)
        assert not shards.looks_whole(written, 7, PLAN)


def test_a_tail_of_zeros_as_a_power_cut_leaves_it_is_found(written: Path) -> None:
    path = shards.path_of(written, 7)
    good = path.read_bytes()
    for n in range(1, len(good)):
        path.write_bytes(good[:-n] + b"\x00" * n)
        assert path.read_bytes() == good or _is_refused(written)


def test_swapped_shards_and_those_of_another_plan_are_found(written: Path) -> None:
    shards.write_shard(written, 8, PLAN, PARTS)
    one, other = shards.path_of(written, 7), shards.path_of(written, 8)
    assert not _is_refused(written, 7)
    assert not _is_refused(written, 8)
    one.rename(written / "aside")
    other.rename(one)
    (written / "aside").rename(other)
    for chunk in (7, 8):
        assert _is_refused(written, chunk)
        assert not shards.looks_whole(written, chunk, PLAN)
    shards.write_shard(written, 7, "b" * 64, PARTS)
    with pytest.raises(StoreError, match="this shard is of another sweep or another chunk"):
        shards.read_shard(written, 7, PLAN)


@pytest.mark.parametrize("head", [b"", b"{}", b"[]", b"null", b"{" * 3000, b'{"seal": 1}', b'{"seal": null, "a": 1}'])
def test_a_line_that_is_none_of_ours_is_refused(written: Path, head: bytes) -> None:
    shards.path_of(written, 7).write_bytes(head + b"\n" + b"rest")
    assert _is_refused(written)
    assert not shards.looks_whole(written, 7, PLAN)


def test_what_is_no_plain_file_is_not_read(written: Path) -> None:
    path = shards.path_of(written, 7)
    secret = written / "secret"
    path.rename(secret)
    for make in (lambda: path.symlink_to(secret), lambda: path.symlink_to(path), lambda: os.mkfifo(path), path.mkdir):
        make()
        assert _is_refused(written)
        assert not shards.looks_whole(written, 7, PLAN)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert _is_refused(written)  # nothing there at all


def test_a_link_in_the_place_of_a_shard_is_replaced_and_not_followed(written: Path) -> None:
    path = shards.path_of(written, 7)
    elsewhere = written / "elsewhere"
    elsewhere.write_text("mine")
    path.unlink()
    path.symlink_to(elsewhere)
    shards.write_shard(written, 7, PLAN, PARTS)
    assert elsewhere.read_text() == "mine"
    assert not path.is_symlink()
    assert not _is_refused(written)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "the disk is full: free some space"), (errno.EIO, "--out"), (errno.EROFS, "--out")],
)
def test_a_shard_that_cannot_be_written_leaves_the_old_one(
    number: int, remedy: str, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    before = shards.path_of(written, 7).read_bytes()
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StoreError, match=remedy):
        shards.write_shard(written, 7, PLAN, {"points": b"new"})
    assert shards.path_of(written, 7).read_bytes() == before
    assert len(list((written / "shards").iterdir())) == 1


def test_leftovers_go_and_strangers_stay(written: Path) -> None:
    place = written / "shards"
    partials = [written / ".plan.json.0a1b.partial", place / ".000003.shard.0a1b.partial"]
    others = [place / "000008.shard", place / "notes.txt", place / "7.shard"]
    for path in (*partials, *others):
        path.write_text("x")
    shards.sweep_up(written)
    assert not any(path.exists() for path in partials)
    assert all(path.exists() for path in others)
    assert not _is_refused(written)
