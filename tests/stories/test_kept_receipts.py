"""A person keeps one file for each answer: promised, in the log, in releases, and paid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.accounts.rules import Actor
from fairhand.proof.log.key_store import list_handovers
from fairhand.proof.log.keys import load_signer
from fairhand.proof.log.note import Verifier
from fairhand.proof.log.rotation import link
from fairhand.storage.database import Database
from fairhand.storage.tables.proof import log_event
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_whole_receipt import (
    read_all_receipts,
    read_wallet,
    read_whole_receipt,
)
from fairhand.use_cases.retire_log_key import retire_log_key
from fairhand.use_cases.rotate_log_key import rotate_log_key
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.whole_receipt import verify_any
from tests.stories.quality_world import MORNING, QualityWorld
from tests.stories.release_world import SIGNER, make_answered_world, make_press

NOON = Instant(MORNING + 9_000_000)
KEY = SIGNER.verifier
VKEY = KEY.vkey


@dataclass
class Kept:
    """A small workspace in which people answered, and whose events are whose."""

    db: Database
    world: QualityWorld
    amina: Actor
    dmitri: Actor
    event_id: int


@pytest.fixture
def kept(sqlite_db: Database) -> Kept:
    world = make_answered_world(sqlite_db)
    with sqlite_db.read() as connection:
        chosen = select(log_event.c.id, log_event.c.person_id).where(
            log_event.c.kind == "annotation.submitted"
        )
        event = connection.execute(chosen.order_by(log_event.c.id)).first()
    assert event is not None
    amina, dmitri = (
        Actor(person_id, "Somebody", "en", {}, None)
        for person_id in (event.person_id, event.person_id + 1_000)
    )
    return Kept(sqlite_db, world, amina, dmitri, event.id)


def states(text: str, key: Verifier = KEY) -> dict[str, str]:
    return {told.name: told.state for told in verify_any(text, [key]).told}


def test_before_the_log_is_sealed_there_is_the_promise_alone(kept: Kept) -> None:
    text = read_whole_receipt(kept.db, kept.amina, kept.event_id, VKEY)
    assert states(text) == {"promise": "proven", "event": "open"}
    assert "it is not proven yet" in verify_any(text, [KEY]).sentence
    assert read_all_receipts(kept.db, kept.amina, VKEY) == ""


def test_a_receipt_shows_the_log_and_every_release_that_holds_the_answer(
    kept: Kept, tmp_path: Path
) -> None:
    for number in (1, 2):
        publish_release(
            kept.db,
            PublishRelease(kept.world.project.id),
            Instant(NOON + number),
            make_press(tmp_path),
        )
    text = read_whole_receipt(kept.db, kept.amina, kept.event_id, VKEY)
    assert len(json.loads(text)["releases"]) == 2
    assert states(text) == {
        "event": "proven",
        "signature": "proven",
        "promise": "proven",
        "release": "proven",
        "pay": "open",
    }
    newest = read_wallet(kept.db, kept.amina, 50)
    (mine,) = [one for one in newest if one.event.id == kept.event_id]
    assert (mine.releases, mine.is_paid, mine.event.leaf_index is None) == ((1, 2), False, False)
    said = verify_any(text, [KEY]).sentence
    assert "is in the log and in release v1 of project" in said
    assert "release v2 of project" in said


def test_all_receipts_come_one_to_a_line_and_a_stranger_gets_none(
    kept: Kept, tmp_path: Path
) -> None:
    seal_log(kept.db, SIGNER, NOON)
    lines = read_all_receipts(kept.db, kept.amina, VKEY).splitlines()
    assert all(verify_any(line, [KEY]).ok for line in lines)
    assert len(lines) >= 4
    assert read_all_receipts(kept.db, kept.dmitri, VKEY) == ""
    assert read_wallet(kept.db, kept.dmitri, 20) == []
    with pytest.raises(NotFoundError):
        read_whole_receipt(kept.db, kept.dmitri, kept.event_id, VKEY)


def test_no_byte_of_a_receipt_can_be_changed(kept: Kept, tmp_path: Path) -> None:
    command = PublishRelease(kept.world.project.id)
    publish_release(kept.db, command, NOON, make_press(tmp_path))
    text = read_whole_receipt(kept.db, kept.amina, kept.event_id, VKEY)
    for at in range(0, len(text), len(text) // 150):
        changed = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
        assert not verify_any(changed, [KEY]).ok, text[at - 20 : at + 20]


def test_after_a_change_of_keys_a_receipt_brings_the_way_from_one_to_the_other(
    kept: Kept, tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "log.key"
    path.parent.mkdir()
    path.write_text(SIGNER.skey() + "\n")
    seal_log(kept.db, SIGNER, NOON)
    before = read_whole_receipt(kept.db, kept.amina, kept.event_id, VKEY)
    rotate_log_key(kept.db, path, None, Instant(NOON + 1))
    both = load_signer(path)
    seal_log(kept.db, both, Instant(NOON + 2))
    retire_log_key(kept.db, path, None, Instant(NOON + 3))
    new = load_signer(path)
    seal_log(kept.db, new, Instant(NOON + 4))

    after = read_whole_receipt(kept.db, kept.amina, kept.event_id, new.verifier.vkey)

    content = json.loads(after)
    assert len(content["handovers"]) == 2
    assert content["promise"] is not None, "an older key's promise is kept"
    for key in (KEY, new.verifier):
        assert states(after, key)["event"] == states(after, key)["promise"] == "proven"
    assert states(before, new.verifier) == {"event": "wrong"}
    found = verify_any(before, [new.verifier], content["handovers"])
    assert found.ok, found.told


def test_a_key_that_was_retired_is_retired_once(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_text(SIGNER.skey() + "\n")
    rotate_log_key(kept.db, path, None, NOON)
    seal_log(kept.db, load_signer(path), NOON)
    old = path.with_name("log.previous.key").read_bytes()
    retire_log_key(kept.db, path, None, NOON)
    path.with_name("log.previous.key").write_bytes(old)  # it died before the file was gone
    retire_log_key(kept.db, path, None, Instant(NOON + 60_000))
    with kept.db.read() as connection:
        kinds = connection.execute(
            select(log_event.c.kind).where(log_event.c.kind == "log.key_retired")
        ).all()
        notes = list_handovers(connection)
    assert len(kinds) == 1
    assert link([KEY], notes).retired[KEY].at == NOON
