"""A release is shown to anybody and hidden again: its documents, never its data or its people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.release import store
from fairhand.proof.release.manifest import CARD, MANIFEST, STATEMENT
from fairhand.proof.release.public import DOCUMENTS, FEWEST, public_card, public_pay
from fairhand.proof.release.rules import PayFacts
from fairhand.storage.database import Database
from fairhand.use_cases.hide_release import HideRelease, hide_release
from fairhand.use_cases.publish_release import PublishRelease, begin_release, publish_release
from fairhand.use_cases.read_release_page import (
    find_document,
    read_pages,
    read_release_page,
)
from fairhand.use_cases.show_release import ShowRelease, show_release
from tests.stories.quality_world import MORNING, QualityWorld
from tests.stories.release_world import make_answered_world, make_press

NOON = Instant(MORNING + 9_000_000)


def made(db: Database, folder: Path) -> tuple[QualityWorld, int]:
    world = make_answered_world(db, tasks=3)
    published = publish_release(db, PublishRelease(world.project.id), NOON, make_press(folder))
    return world, published.release_id


def kinds(db: Database) -> list[str]:
    with db.read() as connection:
        rows = connection.exec_driver_sql("SELECT kind FROM event ORDER BY id").scalars()
        return [kind for kind in rows if kind in ("release.shown", "release.hidden")]


def test_a_release_is_read_by_nobody_outside_until_it_is_shown(
    db: Database, tmp_path: Path
) -> None:
    world, number = made(db, tmp_path)
    slug = world.project.slug
    with pytest.raises(NotFoundError):
        read_release_page(db, slug, 1)
    assert show_release(db, ShowRelease(number), NOON) == f"/r/{slug}/v1"
    assert show_release(db, ShowRelease(number), NOON) == f"/r/{slug}/v1"
    shown = read_release_page(db, slug, 1)
    assert (shown.release.id, shown.versions, shown.page.is_shown) == (number, (1,), True)
    assert (shown.consent.revoked, shown.consent.is_settled) == (0, True)
    assert read_pages(db, world.project.id)[number].is_shown
    hide_release(db, HideRelease(number), NOON)
    hide_release(db, HideRelease(number), NOON)
    with pytest.raises(NotFoundError):
        read_release_page(db, slug, 1)
    show_release(db, ShowRelease(number), Instant(NOON + 1))
    assert read_release_page(db, slug, 1).page.shown_at == NOON + 1
    assert kinds(db) == ["release.shown", "release.hidden", "release.shown"]


def test_only_documents_are_fetched_from_a_page_never_data(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, number = made(sqlite_db, tmp_path)
    show_release(sqlite_db, ShowRelease(number), NOON)
    shown = read_release_page(sqlite_db, world.project.slug, 1)
    assert CARD in shown.documents
    assert set(shown.documents) <= set(DOCUMENTS)
    assert find_document(shown, CARD).is_file()
    for name in (MANIFEST, "annotations.parquet", "labels.jsonl", "../v1/card.md", ""):
        with pytest.raises(NotFoundError):
            find_document(shown, name)
    (Path(shown.release.directory) / MANIFEST).unlink()
    gone = read_release_page(sqlite_db, world.project.slug, 1)
    assert (gone.manifest, gone.documents) == (None, ())


def test_what_is_not_in_place_gets_no_page(sqlite_db: Database, tmp_path: Path) -> None:
    world = make_answered_world(sqlite_db, tasks=2)
    command, press = PublishRelease(world.project.id), make_press(tmp_path)
    begun = begin_release(sqlite_db, command, NOON, press)
    with pytest.raises(ConflictError, match="not in place"):
        show_release(sqlite_db, ShowRelease(begun), NOON)
    for missing in (begun + 1, 2**62):
        with pytest.raises(NotFoundError):
            show_release(sqlite_db, ShowRelease(missing), NOON)
        with pytest.raises(NotFoundError):
            hide_release(sqlite_db, HideRelease(missing), NOON)
    with sqlite_db.read() as connection:
        found = store.load_release(connection, begun)
    assert found is not None
    assert found.state == "writing"


def test_the_public_card_names_nobody_and_withholds_pay_of_few(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world, number = made(sqlite_db, tmp_path)
    show_release(sqlite_db, ShowRelease(number), NOON)
    shown = read_release_page(sqlite_db, world.project.slug, 1)
    manifest, card = shown.manifest, shown.folder.card
    assert manifest is not None
    assert card is not None
    people = [one.contributor for one in manifest.stats.people]
    pay = PayFacts("GBP", FEWEST, 60, "12.00", "13.00", "12.00", "12.00", FEWEST, 0, 0)
    many = replace(manifest, facts=replace(manifest.facts, pay=pay))
    few = replace(manifest, facts=replace(manifest.facts, pay=replace(pay, people=FEWEST - 1)))
    assert public_pay(many) == pay
    assert public_pay(few) is None
    for one in (many, few):
        text = public_card(card, one)
        assert people
        assert not [name for name in people if name in text]
        assert text.startswith("---\n")
        assert "## Known gaps" in text
    assert "Paid time" not in public_card(card, few)
    assert STATEMENT in DOCUMENTS
