"""Givers see both sides of what they gave, mark what to hide, and say what hides too little."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fairhand.core.errors import ConflictError, InvalidError, MalformedError, NotFoundError
from fairhand.storage.database import Database
from fairhand.use_cases.hide_more import HideMore, hide_more
from fairhand.use_cases.read_own_contribution import (
    read_own_contribution,
    read_own_open,
    read_own_original,
)
from fairhand.use_cases.say_hides_too_little import SayHidesTooLittle, say_hides_too_little
from fairhand.use_cases.seen_by_others import file_for
from fairhand.use_cases.withdraw_grant import withdraw_contributions
from tests.stories.intake_world import IntakeWorld, photo
from tests.stories.quality_world import add_person


def car_park(db: Database, folder: Path) -> tuple[IntakeWorld, int, int]:
    """A campaign that hides plates; Amina's photo waits for somebody who looks for plates."""
    world = IntakeWorld(db, folder, anonymise={"plates": "fill"})
    amina = world.person("Amina", "image")
    number = world.show(amina, photo(3, side=240))
    world.round()
    return world, amina, number


def test_with_plates_to_hide_nobody_sees_a_photo_before_its_giver_has_looked(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)

    assert world.given()[0].state == "held"
    assert world.found(number)["not_hidden"] == "hold"
    with pytest.raises(NotFoundError):
        read_own_open(sqlite_db, world.shop.blobs, amina, number)


def test_what_the_giver_marks_is_covered_and_the_rest_is_not(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)

    hide_more(sqlite_db, HideMore(amina, number, [(0.25, 0.5, 0.5, 0.25)]), world.now)
    world.round()

    assert world.given()[0].state == "ready"
    seen = read_own_open(sqlite_db, world.shop.blobs, amina, number)
    pixels = np.asarray(Image.open(io.BytesIO(seen.content)).convert("RGB")).astype(int)
    high, wide = pixels.shape[:2]
    covered = pixels[int(0.53 * high) : int(0.72 * high), int(0.3 * wide) : int(0.7 * wide)]
    assert np.abs(covered - 96).max() < 20
    assert pixels[: high // 3].std() > 20
    own = read_own_contribution(sqlite_db, amina, number)
    assert own.done == [
        {"what": "marked", "method": "by a person", "how": "fill", "count": 1},
    ]
    assert own.boxes == "[[0.25,0.5,0.5,0.25]]"


def test_saying_that_there_is_nothing_to_hide_is_an_answer(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)

    hide_more(sqlite_db, HideMore(amina, number, []), world.now)
    world.round()

    assert world.given()[0].state == "ready"


def test_marking_again_takes_the_open_picture_away_at_once(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)
    hide_more(sqlite_db, HideMore(amina, number, []), world.now)
    world.round()
    before = world.given()[0]
    assert before.open_sha256 is not None

    hide_more(sqlite_db, HideMore(amina, number, [(0, 0, 1, 1)]), world.now)

    with sqlite_db.read() as connection, pytest.raises(NotFoundError):
        file_for(
            connection, world.shop.blobs, before.original_sha256, world.project_id, is_own=False
        )
    world.round()
    assert world.given()[0].open_sha256 != before.open_sha256
    assert not world.shop.blobs.exists(before.open_sha256), "what showed too much is gone"


def test_the_original_opens_for_its_giver_and_for_nobody_else(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)
    dmitri = add_person(sqlite_db, "Dmitri")
    shop = world.shop

    opened = read_own_original(sqlite_db, shop.blobs, shop.vault, amina, number)

    assert opened.content == photo(3, side=240)
    assert opened.media_type == "image/jpeg"
    for stranger in (dmitri, world.carmen):
        with pytest.raises(NotFoundError):
            read_own_original(sqlite_db, shop.blobs, shop.vault, stranger, number)
        with pytest.raises(NotFoundError):
            read_own_contribution(sqlite_db, stranger, number)
        with pytest.raises(NotFoundError):
            hide_more(sqlite_db, HideMore(stranger, number, []), world.now)
        with pytest.raises(NotFoundError):
            say_hides_too_little(sqlite_db, SayHidesTooLittle(stranger, number), world.now)


def test_what_hides_too_little_is_held_and_waits_for_a_person(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)
    hide_more(sqlite_db, HideMore(amina, number, []), world.now)
    world.round()

    said = SayHidesTooLittle(amina, number, "My house number is on the wall.")
    say_hides_too_little(sqlite_db, said, world.now)

    assert world.given()[0].state == "held"
    assert world.found(number)["hides_too_little"] == "hold"
    noticed = read_own_contribution(sqlite_db, amina, number).noticed[-1]
    assert "My house number is on the wall." in noticed.words


def test_marking_settles_what_its_giver_said_and_no_other_persons_doubt(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)
    bao = world.person("Bao", "image")
    copy = world.show(bao, photo(3, side=240))
    world.round()
    assert "hold" in world.found(copy).values()

    say_hides_too_little(sqlite_db, SayHidesTooLittle(amina, number), world.now)
    hide_more(sqlite_db, HideMore(amina, number, [(0, 0, 0.5, 0.5)]), world.now)
    with pytest.raises(ConflictError, match="looking at this"):
        hide_more(sqlite_db, HideMore(bao, copy, []), world.now)
    world.round()

    states = {one.id: one.state for one in world.given()}
    assert states == {number: "ready", copy: "held"}


def test_what_was_taken_back_can_be_neither_marked_nor_held_nor_opened(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)
    withdraw_contributions(sqlite_db, amina, [number], world.now)
    shop = world.shop

    with pytest.raises(ConflictError):
        hide_more(sqlite_db, HideMore(amina, number, []), world.now)
    with pytest.raises(ConflictError):
        say_hides_too_little(sqlite_db, SayHidesTooLittle(amina, number), world.now)
    with pytest.raises(NotFoundError):
        read_own_original(sqlite_db, shop.blobs, shop.vault, amina, number)
    assert world.given()[0].state == "withdrawn"


@pytest.mark.parametrize(
    "boxes", [[(0, 0, 2, 1)], [(0, 0, 0, 1)], [(0, 0, 1)], [(float("nan"), 0, 1, 1)]]
)
def test_places_outside_the_picture_are_refused(
    sqlite_db: Database, tmp_path: Path, boxes: list[tuple[float, ...]]
) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)

    with pytest.raises(MalformedError):
        hide_more(sqlite_db, HideMore(amina, number, boxes), world.now)


def test_a_long_complaint_is_refused_with_its_limit(sqlite_db: Database, tmp_path: Path) -> None:
    world, amina, number = car_park(sqlite_db, tmp_path)

    with pytest.raises(InvalidError, match="500"):
        say_hides_too_little(sqlite_db, SayHidesTooLittle(amina, number, "x" * 501), world.now)
