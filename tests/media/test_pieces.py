from __future__ import annotations

import resource
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from earmark.errors import MediaError
from earmark.grid import Grid
from earmark.media.pieces import build_pieces
from earmark.media.source import probe
from earmark.media.target import choose_target

if TYPE_CHECKING:
    from tests.media.conftest import Kit


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.m4a", "aac")])
def test_a_copy_that_is_not_committed_is_gone(kit: Kit, name: str, codec: str) -> None:
    built = kit.build(kit.make(name, codec, frame="flt" if codec == "aac" else "s16"))
    path = kit.folder / "copies"
    path.mkdir()
    with built.pieces.copy(kit.codeword(built.grid), path / name) as pending:
        assert pending.part.exists()
    assert list(path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), built.pieces.copy(kit.codeword(built.grid), path / name):
        _ = 1 / 0
    assert list(path.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_many_copies_come_in_the_order_asked_for(kit: Kit, workers: int) -> None:
    built = kit.build(kit.make("a.m4a", "aac", samples=30_000))
    names = [kit.folder / f"{number}.m4a" for number in range(7)]
    orders = [(kit.codeword(built.grid, seed), name) for seed, name in enumerate(names)]
    hashes = []
    for pending in built.pieces.copies(orders, workers):
        hashes.append(pending.sha256)
        pending.commit()
    assert all(name.exists() for name in names)
    assert len(set(hashes)) == 7
    assert not kit.parts()


def test_copies_nobody_waits_for_are_removed(kit: Kit) -> None:
    built = kit.build(kit.make("a.flac", "flac", frame="s16"))
    codeword = kit.codeword(built.grid)
    copies = built.pieces.copies(((codeword, kit.folder / f"{number}.flac") for number in range(9)), 2)
    next(copies).commit()
    next(copies)
    copies.close()
    assert [path.name for path in kit.folder.glob("[0-9].flac")] == ["0.flac"]
    assert not kit.parts()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("earmark")]


def test_an_error_in_one_copy_ends_all_and_leaves_nothing_half(kit: Kit) -> None:
    built = kit.build(kit.make("a.wav", "pcm_s16le", frame="s16"))
    good = kit.codeword(built.grid)
    orders = [(good, kit.folder / "1.wav"), (good, kit.folder / "nowhere" / "2.wav"), (good, kit.folder / "3.wav")]
    with pytest.raises(MediaError, match="nowhere"):
        for pending in built.pieces.copies(orders, 2):
            pending.commit()
    assert not kit.parts()
    assert not (kit.folder / "3.wav").exists()


def test_equal_codewords_give_equal_files(kit: Kit) -> None:
    built = kit.build(kit.make("a.flac", "flac", frame="s16"))
    first, again = (kit.copy(built, kit.codeword(built.grid), name).read_bytes() for name in ("a1", "a2"))
    assert first == again


def test_the_length_of_blocks_does_not_matter(kit: Kit) -> None:
    path = kit.make("a.flac", "flac", frame="s16", layout="stereo")
    info, target = probe(path), choose_target(probe(path))
    sound, grid = kit.read(path), Grid.over(60_001, 48_000)
    files = []
    for size in (1, 60_001, 3_840):
        spans = [
            slice(0, 5),
            slice(5, 5),
            slice(5, 3_000),
            *(slice(k, k + max(size, 999)) for k in range(3_000, 60_001, max(size, 999))),
        ]
        pairs = ((sound[:, one], sound[:, one] * np.float32(0.9)) for one in spans)
        pieces = build_pieces(pairs, info=info, target=target, grid=grid, work=kit.folder / f"work{size}")
        copy = kit.folder / f"copy{size}.flac"
        with pieces.copy(np.zeros(grid.segments, np.uint8), copy) as pending:
            pending.commit()
        files.append(copy.read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_the_work_folder_is_the_owners_alone(kit: Kit, name: str) -> None:
    kit.build(kit.make(name, "pcm_s16le" if name == "a.wav" else "flac", frame="s16"))
    assert kit.work.stat().st_mode & 0o077 == 0


def test_variants_that_do_not_fit_are_a_mistake(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_s16le", frame="s16")
    info, target = probe(path), choose_target(probe(path))
    block = np.zeros((1, 4_000), np.float32)
    for pair, grid in (((block, block[:, 1:]), Grid(80, 1)), ((block, block), Grid(80, 2))):
        with pytest.raises(ValueError, match="variants"):
            build_pieces([pair], info=info, target=target, grid=grid, work=kit.work)


def test_a_full_disk_is_said_and_leaves_nothing(kit: Kit) -> None:
    built = kit.build(kit.make("a.wav", "pcm_s16le", frame="s16", samples=200_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with (
            pytest.raises(MediaError, match="cannot be written"),
            built.pieces.copy(kit.codeword(built.grid), kit.folder / "copy.wav"),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not kit.parts()
    assert not (kit.folder / "copy.wav").exists()


def test_a_folder_that_cannot_be_made_is_said(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_s16le", frame="s16")
    info = probe(path)
    with pytest.raises(MediaError, match="cannot be written"):
        build_pieces([], info=info, target=choose_target(info), grid=Grid(80, 0), work=path / "below")


def test_the_original_is_never_written_to(kit: Kit) -> None:
    for name, codec in (("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mkv", "flac")):
        path: Path = kit.make(name, codec, frame="s16")
        before = (path.read_bytes(), path.stat().st_mtime_ns)
        built = kit.build(path)
        kit.copy(built, kit.codeword(built.grid), f"copy-{codec}")
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
