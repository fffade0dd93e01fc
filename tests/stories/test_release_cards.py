"""Whoever reads a release reads who made it, at what pay and under which conditions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.proof.release.verify import verify_release
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, entry
from fairhand.storage.tables.people import person
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_release_card import KINDS, read_release_card
from fairhand.use_cases.read_releases import ReleaseFolder, read_version
from tests.stories.quality_world import QualityWorld
from tests.stories.release_world import SIGNER, make_answered_world, make_press
from tests.stories.test_publish_release import NOON

HOUR = 3_600_000


def pay_everybody(db: Database, world: QualityWorld, people: int) -> None:
    """Give the first people of the world two paid hours each, in Kenya."""
    with db.write() as connection:
        for place, who in enumerate(world.people[:people]):
            connection.execute(update(person).where(person.c.id == who).values(place_country="KE"))
            made = connection.execute(
                insert(entry)
                .values(
                    kind="accrual",
                    idem_key=f"cards-{place}",
                    project_id=world.project.id,
                    happened_at=NOON,
                    recorded_at=NOON,
                )
                .returning(entry.c.id)
            ).scalar_one()
            connection.execute(
                insert(accrual).values(
                    entry_id=made,
                    person_id=who,
                    project_id=world.project.id,
                    activity="annotate" if place % 12 else "train",
                    started_at=NOON - 2 * HOUR,
                    ended_at=NOON,
                    paid_ms=2 * HOUR,
                    rate_micros_per_hour=20_000_000_000,
                    currency=world.project.currency,
                    amount_micros=40_000_000_000,
                )
            )


def release(db: Database, world: QualityWorld, folder: Path, **changes: object) -> ReleaseFolder:
    command = replace(PublishRelease(world.project.id, licence="CC-BY-4.0"), **changes)  # type: ignore[arg-type]
    made = publish_release(db, command, NOON, make_press(folder))
    assert verify_release(made.directory, SIGNER.verifier).issues == ()
    return read_version(db, world.project.id, made.version)


def test_a_release_of_few_people_tells_no_figure_about_them(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(sqlite_db)
    pay_everybody(sqlite_db, world, 3)
    facts = json.loads(read_release_card(release(sqlite_db, world, tmp_path), "who").text)
    assert facts["who"]["groups"] == []
    assert facts["who"]["withheld"] == "fewer than 10 people"
    assert facts["fair_work"]["pay"] == {"withheld": "fewer than 10 people"}


def test_a_release_of_many_says_who_made_it_at_what_pay_on_every_card(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(sqlite_db, people=12)
    pay_everybody(sqlite_db, world, 12)
    folder = release(sqlite_db, world, tmp_path, notes={"not_for": "Judging people."})
    facts = json.loads(read_release_card(folder, "who").text)
    assert [(one["by"], one["name"], one["people"]) for one in facts["who"]["groups"]][:2] == [
        ("all", "", 10),
        ("country", "KE", 10),
    ]
    assert facts["fair_work"]["pay"]["people"] == 12
    pay = facts["fair_work"]["pay"]
    assert 190 < float(pay["least_per_hour"]) <= float(pay["median_per_hour"]) <= 200
    assert facts["fair_work"]["hours"]["withheld"] == "other kinds: fewer than 10 people"
    croissant = json.loads(read_release_card(folder, "croissant").text)
    assert croissant["fw:fairWork"]["fw:pay"]["fw:medianPerHour"] == pay["median_per_hour"]
    assert "country KE: 10 people or a few more" in read_release_card(folder, "card").text
    assert "In the owner's words: Judging people." in read_release_card(folder, "datasheet").text
    assert "## Data processing" in read_release_card(folder, "summary").text


def test_the_same_project_gives_the_same_cards_again(sqlite_db: Database, tmp_path: Path) -> None:
    world = make_answered_world(sqlite_db, people=12)
    pay_everybody(sqlite_db, world, 12)
    first = release(sqlite_db, world, tmp_path)
    again = release(sqlite_db, world, tmp_path)
    one, other = (json.loads(read_release_card(made, "who").text) for made in (first, again))
    assert one == other


def test_a_card_of_an_unknown_kind_and_of_a_moved_folder_is_refused(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(sqlite_db)
    folder = release(sqlite_db, world, tmp_path)
    with pytest.raises(InvalidError, match=", ".join(KINDS)):
        read_release_card(folder, "poem")
    with pytest.raises(NotFoundError, match="not in its place"):
        read_release_card(replace(folder, manifest=None), "card")
    (Path(folder.release.directory) / "croissant.json").unlink()
    with pytest.raises(NotFoundError, match=r"has no croissant\.json"):
        read_release_card(folder, "croissant")


def test_an_unknown_note_is_named_before_anything_is_written(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(sqlite_db)
    with pytest.raises(InvalidError, match=r"notes\.motive is not asked; known: motivation"):
        release(sqlite_db, world, tmp_path, notes={"motive": "x"})
    with pytest.raises(InvalidError, match="up to 2000 characters"):
        release(sqlite_db, world, tmp_path, notes={"errors": "x" * 2_001})
    assert not (tmp_path / "releases").exists()
