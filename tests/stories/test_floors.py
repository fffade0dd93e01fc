"""A draft is approved under a name, ends on a day to come, and people join under it."""

from __future__ import annotations

import hashlib
import json

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.pay.floors.approval import Approval
from fairhand.pay.floors.store import floor_of_person, load_row, load_versions
from fairhand.proof.log.bodies import Lines
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.approve_floor import ApproveFloor, approve_floor
from fairhand.use_cases.end_floor import EndFloor, end_floor
from fairhand.use_cases.import_fx import ImportFx, import_fx
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.use_cases.read_floor_audit import audit_floors
from fairhand.use_cases.read_floors import read_evidence, read_floor, read_floor_office
from tests.cast import Cast

KENYA = "ke-cities-hour-2026-05"
NOTICE = b"%PDF-1.7 Legal Notice 108"
WORD = Approval("", "", "I read Legal Notice 108.", checked=True)
KES_PER_POUND = (
    b"base,quote,rate,as_of,source_title,source_url\n"
    b"EUR,KES,150,2026-11-20,Central Bank of Kenya,\nEUR,GBP,0.88,2026-11-20,ECB,\n"
)


@pytest.fixture
def cast(db: Database) -> Cast:
    made = Cast(db)
    made.load_floors()
    return made


@pytest.fixture
def blobs() -> BlobStore:
    return BlobStore("memory://")


def manager(cast: Cast, name: str) -> int:
    command = InvitePerson(None, name, ("manager",), country="GB")
    return invite_person(cast.db, command, cast.clock.now, link_hours=72).person_id


def opened(cast: Cast, project: int) -> int:
    cast.change("UPDATE project SET mode = 'open' WHERE id = :id", id=project)
    return project


def test_kenya_from_no_floor_to_a_person_who_joins(cast: Cast, blobs: BlobStore) -> None:
    """KES 161.34 at 150 to the euro and EUR 1 at GBP 0.88 is GBP 0.9465...: GBP 6 is enough."""
    db, amina = cast.db, cast.person("Amina", "KE")
    project = opened(cast, cast.project())
    with pytest.raises(ForbiddenError, match="no approved wage floor"):
        cast.join(amina, project)
    (need,) = [one for one in read_floor_office(db, cast.clock.now).needs if one.country == "KE"]
    assert (need.people, need.floor, need.drafts) == (1, None, 3)

    approve_floor(db, blobs, ApproveFloor(KENYA, cast.carmen, WORD, NOTICE), cast.clock.now)
    (need,) = [one for one in read_floor_office(db, cast.clock.now).needs if one.country == "KE"]
    assert need.floor is not None
    assert str(need.floor.money) == "KES 161.34"
    with pytest.raises(ForbiddenError, match="no exchange rate of KES in GBP has been imported"):
        cast.join(amina, project)

    import_fx(db, ImportFx(KES_PER_POUND, cast.carmen), cast.clock.now)
    assert cast.join(amina, project)
    low = opened(cast, cast.project(rate=94_000_000))
    with pytest.raises(ForbiddenError, match=r"below the floor of GBP 0\.95"):
        cast.join(amina, low)
    assert cast.join(amina, opened(cast, cast.project(rate=95_000_000)))


def test_an_approval_supersedes_keeps_its_evidence_and_is_logged(
    cast: Cast, blobs: BlobStore
) -> None:
    sha256 = hashlib.sha256(NOTICE).hexdigest()
    before = cast.clock.now
    cast.clock.advance(1_000)
    command = ApproveFloor(KENYA, cast.carmen, WORD, NOTICE)
    row = approve_floor(cast.db, blobs, command, cast.clock.now)
    assert (row.approved_by, row.evidence_sha256) == ("Carmen (person 1)", sha256)
    assert read_evidence(cast.db, blobs, sha256) == (NOTICE, "application/pdf")
    with cast.db.read() as connection:
        (draft_at, draft), (_, approved) = load_versions(connection, KENYA)
    assert (draft_at, draft.approved_on, approved) == (before, "", row)
    ((who, body),) = cast.rows(
        "SELECT person_id, body FROM event WHERE kind = 'pay.floor_approved'"
    )
    said = json.loads(body)
    assert who == cast.carmen
    assert (said["row"], said["source_class"], said["evidence_sha256"]) == (KENYA, "E", sha256)
    assert (said["minor_per_hour"], said["note"]) == ("16134", "I read Legal Notice 108.")
    with pytest.raises(ConflictError, match="approved already"):
        approve_floor(cast.db, blobs, command, cast.clock.now)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("amount = '100.00'", "the log says that 16134 minor units of KES an hour were approved"),
        ("recorded_at = recorded_at + 1", "the log has its approval of 2026-11-21T09:30:01.000Z"),
    ],
)
def test_a_floor_that_is_changed_after_its_approval_is_found(
    cast: Cast, blobs: BlobStore, change: str, found: str
) -> None:
    cast.clock.advance(1_000)
    approve_floor(cast.db, blobs, ApproveFloor(KENYA, cast.carmen, WORD, NOTICE), cast.clock.now)
    cast.clock.advance(1_000)
    end_floor(cast.db, EndFloor(KENYA, "2026-12-31", cast.carmen, "A new one."), cast.clock.now)
    with cast.db.read() as connection:
        assert list(audit_floors(Lines(connection))) == []
    cast.change(f"UPDATE wage_floor SET {change} WHERE id = '{KENYA}' AND approved_on <> ''")
    with cast.db.read() as connection:
        issues = list(audit_floors(Lines(connection)))
    assert [one.place for one in issues] == [f"wage floor {KENYA}"]
    assert issues[0].message.startswith(found)


def test_what_is_missing_is_said_all_at_once_and_nothing_changes(
    cast: Cast, blobs: BlobStore
) -> None:
    command = ApproveFloor(
        "ke-cities-month-2026-05", cast.carmen, Approval("", "", "", checked=False), b""
    )
    with pytest.raises(InvalidError) as refused:
        approve_floor(cast.db, blobs, command, cast.clock.now)
    places = [issue.place for issue in refused.value.issues]
    assert places == ["evidence", "hours_per_week", "note", "checked"]
    assert cast.rows("SELECT count(*) FROM event WHERE kind = 'pay.floor_approved'") == [(0,)]
    with pytest.raises(NotFoundError):
        approve_floor(
            cast.db, blobs, ApproveFloor("none", cast.carmen, WORD, NOTICE), cast.clock.now
        )
    with pytest.raises(NotFoundError):
        read_floor(cast.db, blobs, "none", cast.carmen, cast.clock.now)
    with pytest.raises(NotFoundError):
        read_evidence(cast.db, blobs, "0" * 64)


def test_who_loaded_a_row_does_not_approve_it_where_another_manager_is(
    cast: Cast, blobs: BlobStore
) -> None:
    text = (
        '[{"id": "vn", "country": "VN", "kind": "statutory", "amount": "25500", "currency": "VND",'
        ' "period": "hour", "valid_from": "2026-01-01", "source_title": "Decree",'
        ' "source_class": "E"}]'
    )
    load_wage_floors(cast.db, LoadWageFloors(text, cast.carmen), cast.clock.now)
    with cast.db.read() as connection:
        row = load_row(connection, "vn")
    assert row is not None
    assert row.entered_by == "Carmen (person 1)"
    bao = manager(cast, "Bao")
    with pytest.raises(InvalidError) as refused:
        approve_floor(cast.db, blobs, ApproveFloor("vn", cast.carmen, WORD, NOTICE), cast.clock.now)
    assert [issue.place for issue in refused.value.issues] == ["approver"]
    assert read_floor(cast.db, blobs, "vn", cast.carmen, cast.clock.now).own_and_others_may
    approved = approve_floor(cast.db, blobs, ApproveFloor("vn", bao, WORD, NOTICE), cast.clock.now)
    assert approved.approved_by == f"Bao (person {bao})"
    again = load_wage_floors(cast.db, LoadWageFloors(text, bao), cast.clock.now)
    assert (again.saved.changed, again.saved.unchanged) == (0, 1), "no file takes it away"


def test_a_row_ends_on_a_day_to_come_and_holds_until_then(cast: Cast) -> None:
    amina = cast.person("Amina", "GB")
    end = EndFloor("gb-nlw-2026-04", "2026-11-23", cast.carmen, "A new regulation is out.")
    with pytest.raises(InvalidError, match="cannot end"):
        end_floor(
            cast.db,
            EndFloor("gb-nlw-2026-04", "2026-11-20", cast.carmen, "A new regulation is out."),
            cast.clock.now,
        )
    with pytest.raises(NotFoundError):
        end_floor(cast.db, EndFloor("none", "2027-01-01", cast.carmen, "x" * 10), cast.clock.now)
    assert end_floor(cast.db, end, cast.clock.now) == end_floor(cast.db, end, cast.clock.now)
    with cast.db.read() as connection:
        assert floor_of_person(connection, amina, Instant(cast.clock.now + 2 * DAY_MS)) is not None
        assert floor_of_person(connection, amina, Instant(cast.clock.now + 3 * DAY_MS)) is None
    assert cast.rows("SELECT count(*) FROM event WHERE kind = 'pay.floor_ended'") == [(1,)]


def test_the_shipped_rows_loaded_again_take_no_approval_and_no_end_away(
    cast: Cast, blobs: BlobStore
) -> None:
    approve_floor(cast.db, blobs, ApproveFloor(KENYA, cast.carmen, WORD, NOTICE), cast.clock.now)
    end = EndFloor("gb-nlw-2026-04", "2026-12-31", cast.carmen, "A new regulation is out.")
    end_floor(cast.db, end, cast.clock.now)
    again = load_wage_floors(cast.db, LoadWageFloors(), cast.clock.advance(1_000))
    assert (again.saved.added, again.saved.changed, again.issues) == (0, 0, ())


def test_the_office_sorts_rows_by_what_they_do_today(cast: Cast) -> None:
    cast.person("Bilel", "TN")
    office = read_floor_office(cast.db, cast.clock.now)
    assert [row.id for row in office.coming] == ["tn-smig-48h-2027", "tn-smig-48h-2028"]
    assert "tn-smig-48h-2026" in [row.id for row in office.in_force]
    assert (office.past, office.warnings, office.nowhere) == ((), (), 0)
    later = read_floor_office(cast.db, Instant(cast.clock.now + 60 * DAY_MS))
    assert [row.id for row in later.past] == ["tn-smig-48h-2026"]
    (tunis,) = [need for need in later.needs if need.country == "TN"]
    assert tunis.floor is not None
    assert str(tunis.floor.money) == "TND 2.800", "the gazetted raise came by itself"
