"""Somebody takes something back while a release with files is written: it comes without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairhand.core.clock import Instant
from fairhand.core.errors import UnavailableError
from fairhand.proof.release.verify import verify_release
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases import publish_release as story
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.publish_release import PublishedRelease, PublishRelease, publish_release
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.release_world import SIGNER


class Shelf(BlobStore):
    """Blobs; something happens before each copy of a file."""

    def __init__(self, url: str, happens: Callable[[], None]) -> None:
        super().__init__(url)
        self.happens, self.copies = happens, 0

    def stream(self, sha256: str, *, check: bool = False) -> Iterator[bytes]:
        """Read a blob, after what happens first."""
        self.copies += 1
        self.happens()
        return super().stream(sha256, check=check)


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def give(world: OwnDataWorld, name: str) -> Callable[[], None]:
    """Let somebody give a recording; gives what takes it back, with its file, once."""
    person, given = world.join(name)
    world.record(person)
    left = [given.grant_ids["voice"]]

    def take_back() -> None:
        if left:
            world.now = Instant(world.now + 1_000)
            withdraw_grant(world.db, WithdrawGrant(person, left.pop()), world.now)
            settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)

    return take_back


def release(
    world: OwnDataWorld, happens: Callable[[], None], purpose: str = "training"
) -> tuple[PublishedRelease, Shelf]:
    world.take_in()
    aggregate_labels(world.db, world.project.id, world.now)
    shelf = Shelf(world.shop.blobs.url, happens)
    command = PublishRelease(world.project.id, media="copy", purposes=(purpose,))
    press = replace(world.press(), blobs=shelf)
    return publish_release(world.db, command, world.now, press), shelf


def items_in(made: PublishedRelease) -> list[dict[str, Any]]:
    lines = (made.directory / "items.jsonl").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def test_a_file_that_is_gone_when_it_is_copied_is_left_out_and_the_release_is_whole(
    world: OwnDataWorld,
) -> None:
    take_back = give(world, "Esi")
    give(world, "Amina")
    made, _ = release(world, take_back)
    assert made.version == 1
    assert len(items_in(made)) == 1
    assert verify_release(made.directory, SIGNER.verifier).issues == ()


def test_what_is_taken_back_and_was_not_to_be_in_it_costs_nothing(world: OwnDataWorld) -> None:
    person, given = world.join("Bao", {"voice": ("training",)})
    world.record(person)
    amina, _ = world.join("Amina", {"voice": ("training", "evaluation")})
    world.record(amina)
    grants = [given.grant_ids["voice"]]

    def take_back() -> None:
        if grants:
            withdraw_grant(world.db, WithdrawGrant(person, grants.pop()), world.now)

    made, shelf = release(world, take_back, "evaluation")
    assert len(items_in(made)) == shelf.copies == 1


def test_people_who_keep_taking_things_back_do_not_keep_it_writing_for_ever(
    world: OwnDataWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_MOST_ATTEMPTS", 1)
    take_back = give(world, "Esi")
    give(world, "Amina")
    with pytest.raises(UnavailableError, match="1 times"):
        release(world, take_back)
    assert not [path for path in (world.folder / "releases").rglob("*") if path.is_file()]
    made, _ = release(world, lambda: None)
    assert made.version == 1
    assert verify_release(made.directory, SIGNER.verifier).issues == ()
