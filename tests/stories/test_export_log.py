"""The log as static files: whole at any instant, for our own eyes and for others' tools."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhand.core.clock import ManualClock
from fairhand.core.errors import ConflictError
from fairhand.proof.log.checkpoint import parse_checkpoint
from fairhand.proof.log.note import split_note
from fairhand.storage.database import Database
from fairhand.use_cases import export_log as story
from tests.stories.log_world import LogWorld, accepted_by_aics, open_log


@pytest.fixture
def world(sqlite_db: Database, clock: ManualClock, tmp_path: Path) -> Iterator[LogWorld]:
    with open_log(sqlite_db, clock, tmp_path / "log") as made:
        made.grow(199)
        made.join()
        made.cosign()
        made.export()
        yield made


def size_of(folder: Path) -> int:
    text = (folder / "checkpoint").read_text("utf-8")
    return parse_checkpoint(split_note(text)[0]).size


def is_accepted(world: LogWorld, saved: str | None = None) -> bool:
    return accepted_by_aics(world.folder, world, world.signer.verifier.vkey, saved, 600)


def test_parts_of_tiles_go_when_the_tile_is_whole(world: LogWorld) -> None:
    assert (world.folder / "tile/0/000.p/200").is_file()
    saved = (world.folder / "checkpoint").read_text("utf-8")
    world.grow(400)
    world.cosign()
    world.export()
    assert size_of(world.folder) == 600
    assert is_accepted(world, saved)
    whole = [world.folder / "tile" / name for name in ("0/000", "entries/000", "entries/001")]
    assert all(path.is_file() for path in whole)
    parts = sorted(str(path.relative_to(world.folder)) for path in world.folder.rglob("*.p"))
    assert parts == ["tile/0/002.p", "tile/1/000.p", "tile/entries/002.p"]


def test_stopped_at_any_file_the_earlier_export_is_whole_and_the_next_call_goes_on(
    world: LogWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.grow(400)
    world.cosign()
    before, put, done = tmp_path / "before", story._replace, 0
    shutil.copytree(world.folder, before)
    for files in range(40):
        shutil.rmtree(world.folder)
        shutil.copytree(before, world.folder)
        left = files

        def stops(path: Path, content: bytes) -> None:
            nonlocal left
            if left == 0:
                path.with_name(f".{path.name}.new").write_bytes(content[: len(content) // 2])
                raise OSError("the machine died")
            left -= 1
            put(path, content)

        with monkeypatch.context() as patch:
            patch.setattr(story, "_replace", stops)
            try:
                world.export()
                break
            except OSError:
                done += 1
        assert size_of(world.folder) == 200
        assert is_accepted(world)
        world.export()
        assert size_of(world.folder) == 600
        assert is_accepted(world)
        assert not list(world.folder.rglob(".*.new"))
    assert done > 8


def test_over_an_older_export_nothing_that_is_right_is_written_and_what_is_damaged_is(
    world: LogWorld,
) -> None:
    assert world.export().files == 0
    bundle, tile = world.folder / "tile/entries/000.p/200", world.folder / "tile/0/000.p/200"
    for path in (bundle, tile):
        data = bytearray(path.read_bytes())
        data[40] ^= 1
        path.write_bytes(data)
    assert not is_accepted(world)
    assert world.export().files == 2
    assert is_accepted(world)
    bundle.write_bytes(bundle.read_bytes()[:300])
    assert world.export().files == 1
    assert is_accepted(world)


def test_it_never_goes_back_to_an_older_head(
    world: LogWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = (world.folder / "checkpoint").read_text("utf-8")
    world.grow(50)
    world.cosign()
    world.export()
    newer = (world.folder / "checkpoint").read_bytes()
    # As when the only witness that signed the newest is no longer one of this log's.
    monkeypatch.setattr(story, "newest_note", lambda connection: older)
    assert world.export().size == 250
    assert (world.folder / "checkpoint").read_bytes() == newer


def test_two_do_not_export_into_one_folder_at_once(world: LogWorld) -> None:
    with story._only_writer(world.folder), pytest.raises(ConflictError, match="at work"):
        world.export()


def test_the_folder_says_how_to_check_it(world: LogWorld) -> None:
    for name in ("README.md", "index.html"):
        text = (world.folder / name).read_text("utf-8")
        assert "fairhand log monitor . --key" in text
        assert world.signer.verifier.vkey in text
        assert "Get the key by another way" in text
