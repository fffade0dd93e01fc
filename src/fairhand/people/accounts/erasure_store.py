"""SQL of being erased: what goes, what is emptied, and what stays and why, table by table.

A test holds this against the tables: each that names a person is here, one way or another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, or_, select, text, update

from fairhand.core.clock import Instant
from fairhand.storage.kept import Kept
from fairhand.storage.tables import (
    campaigns,
    conduct,
    consent,
    desk,
    office,
    people,
    readiness,
    wellbeing,
)
from fairhand.storage.tables.proof import log_event
from fairhand.storage.tables.quality import annotator_model, consensus
from fairhand.storage.tables.work import annotation, draft, skip

GONE_NAME: Final = "Erased person"
NOTHING: Final = "0" * 64

DELETED: Final[Sequence[tuple[Table, str]]] = (
    (people.session, "person_id"),
    (people.sign_in_link, "person_id"),
    (people.api_token, "person_id"),
    (people.membership, "person_id"),
    (people.person_skill, "person_id"),
    (conduct.self_declared, "person_id"),
    (conduct.reports_to, "person_id"),
    (conduct.reports_to, "manager_id"),
    (conduct.channel_key, "person_id"),
    (conduct.channel_member, "person_id"),
    (conduct.channel_letter, "person_id"),
    (draft, "person_id"),
    (desk.guideline_reading, "person_id"),
    (annotator_model, "person_id"),
    (readiness.practice_card, "person_id"),
    (readiness.talent_profile, "person_id"),
    (wellbeing.exposure_limit, "person_id"),
    (wellbeing.tier_consent, "person_id"),
    (wellbeing.view_choice, "person_id"),
    (wellbeing.check_in, "person_id"),
    (wellbeing.check_in_key, "person_id"),
    (campaigns.contributor_profile, "person_id"),
    (campaigns.look_up, "person_id"),
    (consent.notice_reading, "person_id"),
    (consent.consent_refusal, "person_id"),
    (office.identity, "person_id"),
    (office.mail, "person_id"),
    (office.mail_choice, "person_id"),
    (office.review_claim, "reviewer_id"),
    (office.saved_view, "person_id"),
)
"""Rows that go."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """Rows that stay, for others hang on them, and what in them goes."""

    table: Table
    person: str
    values: Mapping[str, Any]


EMPTIED: Final = (
    Emptied(
        people.person,
        "id",
        {
            "email": None,
            "display_name": GONE_NAME,
            "locale": "en",
            "place_country": "",
            "place_region": "",
            "password_hash": None,
            "state": "closed",
            "hours_from_min": None,
            "hours_to_min": None,
        },
    ),
    Emptied(skip, "person_id", {"reason": None}),
    Emptied(desk.remark, "person_id", {"words": ""}),
    Emptied(office.review, "reviewer_id", {"reason": ""}),
    Emptied(office.review_wish, "person_id", {"words": ""}),
    Emptied(desk.message, "author_id", {"text": "", "author_id": None}),
    Emptied(readiness.attempt, "person_id", {"result": "{}"}),
    Emptied(readiness.credential, "person_id", {"body": "{}", "is_shared": False}),
    Emptied(conduct.appeal, "person_id", {"message": ""}),
    Emptied(conduct.candidate, "person_id", {"statement": ""}),
    Emptied(consent.data_grant, "person_id", {"check_result": "{}", "proxy": None}),
    Emptied(
        campaigns.contribution,
        "person_id",
        {"original_sha256": NOTHING, "measures": "{}", "slice": "{}", "anonymised": None},
    ),
    Emptied(
        desk.recording,
        "person_id",
        {"state": "dropped", "blob_sha256": None, "loudness": None, "noise": None},
    ),
    Emptied(
        campaigns.upload, "person_id", {"state": "dropped", "blob_sha256": None, "details": "{}"}
    ),
)

STAYS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("accrual", "booking", "pay_dispute", "payout", "payout_event", "payout_method", "pay_note",
         "payout_batch", "royalty_share", "statement", "time_event", "person_clock",
         "floor_ratchet", "aftercare", "shelter", "fx_rate", "pay_policy", "royalty_terms",
         "usage_event"),
        "the books of pay, under a number without a name",
    ),
    **dict.fromkeys(
        ("annotation", "lease", "enrolment", "attempt_answer"),
        "work that was paid for, under a number; it leaves releases, and own data in it is emptied",
    ),
    **dict.fromkeys(
        ("decision", "appeal_review", "incident", "contract_acceptance", "consent_grant",
         "withdrawal", "erasure", "person_key", "biometric_template"),
        "what was decided or agreed, and that it ended: to prove it; nothing in it can be opened",
    ),
    **dict.fromkeys(
        ("exposure", "voted", "council_seat", "proposal_vote"), "counts, under a number"
    ),
    **dict.fromkeys(
        ("appeals_policy", "assist_policy", "assistant", "career_step", "channel", "contract",
         "course", "election", "exposure_policy", "finding", "gold_answer", "guideline_example",
         "gate_run", "job", "licence_request", "log_key", "model_evaluation", "model_version",
         "notice", "pilot", "release_page", "task_origin", "value_study", "witness",
         "prelabel_run", "project", "project_version", "proposal", "quality_signal",
         "readiness_terms", "system_switch", "event", "export_file", "review_terms", "webhook"),
        "done for the workspace, under a number",
    ),
}  # fmt: skip
"""Tables that keep a number, and why."""

KEPT_EVENTS: Final = ("pay.", "payout.", "release.", "policy.", "royalty.", "licence.", "notice.")
"""Lines of the log that stay readable: pay, and what was done for the workspace."""

_OWNERS = text(
    "SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id "
    "WHERE m.role = 'owner' AND m.project_id = 0 AND p.state = 'active' AND p.id <> :person_id"
)


def is_last_owner(connection: Connection, person_id: int) -> bool:
    """Say whether the workspace would be without an owner."""
    mine = select(people.membership.c.id).where(
        people.membership.c.person_id == person_id,
        people.membership.c.role == "owner",
        people.membership.c.project_id == 0,
    )
    if connection.execute(mine).first() is None:
        return False
    others: int = connection.execute(_OWNERS, {"person_id": person_id}).scalar_one()
    return others == 0


def list_erased(connection: Connection) -> set[int]:
    """Name those who were erased, or are being erased."""
    return set(connection.execute(select(consent.erasure.c.person_id)).scalars())


KEPT: Final = Kept(consent.erasure)


def list_alive(connection: Connection) -> list[int]:
    """Name those who are said to be erased and whose account is as it was."""
    chosen = select(consent.erasure.c.person_id).join(
        people.person, people.person.c.id == consent.erasure.c.person_id
    )
    return sorted(connection.execute(chosen.where(people.person.c.state == "active")).scalars())


def begin(connection: Connection, person_id: int, now: Instant) -> int:
    """Remember that somebody asked to be erased."""
    row = {"person_id": person_id, "state": "running", "asked_at": now}
    added = consent.erasure.insert().returning(consent.erasure.c.id)
    number: int = connection.execute(added, row).scalar_one()
    return number


def finish(
    connection: Connection,
    erasure_id: int,
    removed: Mapping[str, Any],
    kept: Sequence[Mapping[str, Any]],
    event_id: int,
) -> None:
    """Remember what went and what is kept; files named in `removed` are still to be deleted."""
    said = {
        "removed": orjson.dumps(dict(removed)).decode(),
        "kept": orjson.dumps(list(kept)).decode(),
        "event_id": event_id,
    }
    connection.execute(
        update(consent.erasure).where(consent.erasure.c.id == erasure_id).values(said)
    )


def end(connection: Connection, erasure_id: int, removed: Mapping[str, Any], now: Instant) -> None:
    """Remember that nothing is left to be deleted."""
    said = {"state": "done", "done_at": now, "removed": orjson.dumps(dict(removed)).decode()}
    connection.execute(
        update(consent.erasure).where(consent.erasure.c.id == erasure_id).values(said)
    )


def list_running(connection: Connection) -> list[tuple[int, int, dict[str, Any]]]:
    """List erasures whose files are not deleted yet: number, person, what was removed."""
    chosen = select(consent.erasure.c.id, consent.erasure.c.person_id, consent.erasure.c.removed)
    running = chosen.where(consent.erasure.c.state == "running")
    return [
        (row.id, row.person_id, orjson.loads(row.removed)) for row in connection.execute(running)
    ]


def list_files(connection: Connection, person_id: int) -> set[str]:
    """List the files that somebody recorded or sent, parts included."""
    found: set[str] = set()
    for whole, part, key in (
        (desk.recording, desk.recording_part, "recording_id"),
        (campaigns.upload, campaigns.upload_part, "upload_id"),
    ):
        mine = select(whole.c.id).where(whole.c.person_id == person_id)
        files = select(whole.c.blob_sha256).where(
            whole.c.person_id == person_id, whole.c.blob_sha256.is_not(None)
        )
        found.update(connection.execute(files).scalars())
        parts = part.c[key].in_(mine)
        found.update(connection.execute(select(part.c.blob_sha256).where(parts)).scalars())
        connection.execute(part.delete().where(parts))
    return found


def is_named(connection: Connection, sha256: str) -> bool:
    """Say whether somebody else's recording or upload, or a contribution, is this very file."""
    columns = (
        desk.recording.c.blob_sha256,
        campaigns.upload.c.blob_sha256,
        campaigns.contribution.c.open_sha256,
        campaigns.contribution.c.sealed_sha256,
    )
    return any(
        connection.execute(select(one).where(one == sha256).limit(1)).first() for one in columns
    )


def empty_answers(connection: Connection, person_id: int) -> int:
    """Empty the answers that held what somebody gave of themselves, and what was made of them."""
    given = select(campaigns.contribution.c.annotation_id, campaigns.contribution.c.question).where(
        campaigns.contribution.c.person_id == person_id
    )
    asked: dict[int, set[str]] = {}
    for row in connection.execute(given):
        asked.setdefault(row.annotation_id, set()).add(row.question)
    for annotation_id, names in asked.items():
        row = connection.execute(
            select(annotation.c.value, annotation.c.task_id).where(annotation.c.id == annotation_id)
        ).one()
        value = orjson.loads(row.value)
        value |= {name: _emptied(value[name]) for name in names if name in value}
        connection.execute(
            update(annotation)
            .where(annotation.c.id == annotation_id)
            .values(value=orjson.dumps(value).decode(), reply="{}")
        )
        _empty_consensus(connection, row.task_id, annotation_id, names)
    return len(asked)


def _forget_as_sent(connection: Connection, person_id: int) -> None:
    """Delete the bodies that answers came in from other tools; what they said is in the answers."""
    theirs = select(annotation.c.id).where(annotation.c.person_id == person_id)
    sent = office.foreign_annotation.c.annotation_id.in_(theirs)
    connection.execute(office.foreign_annotation.delete().where(sent))


def erase_rows(connection: Connection, person_id: int) -> dict[str, int]:
    """Delete and empty rows; gives how many by table."""
    _forget_as_sent(connection, person_id)
    done: dict[str, int] = {}
    for table, column in DELETED:
        many = connection.execute(table.delete().where(table.c[column] == person_id)).rowcount
        done[str(table.name)] = done.get(str(table.name), 0) + many
    guarded = consent.data_grant
    connection.execute(
        update(guarded)
        .where(guarded.c.person_id == person_id, guarded.c.guardian.is_not(None))
        .values(guardian="{}")
    )
    for one in EMPTIED:
        emptied = update(one.table).where(one.table.c[one.person] == person_id)
        done[str(one.table.name)] = connection.execute(emptied.values(dict(one.values))).rowcount
    connection.execute(
        update(campaigns.biometric_template)
        .where(
            campaigns.biometric_template.c.person_id == person_id,
            campaigns.biometric_template.c.destroyed_at.is_(None),
        )
        .values(sealed=None, destroyed_at=campaigns.biometric_template.c.created_at,
                why_destroyed="the person was erased")
    )  # fmt: skip
    prints = select(campaigns.contribution.c.id).where(
        campaigns.contribution.c.person_id == person_id
    )
    fingerprint = campaigns.fingerprint
    gone = connection.execute(fingerprint.delete().where(fingerprint.c.contribution_id.in_(prints)))
    return {**done, "fingerprint": gone.rowcount}


def erase_events(connection: Connection, person_id: int) -> int:
    """Erase what the log's lines say of somebody; leaves and proofs of others stay as they are."""
    kept = or_(*(log_event.c.kind.startswith(one, autoescape=True) for one in KEPT_EVENTS))
    erased = (
        update(log_event)
        .where(log_event.c.person_id == person_id, ~kept)
        .values(body=None, salt=None, person_id=None)
    )
    return connection.execute(erased).rowcount


def empty_deliveries(connection: Connection, person_id: int) -> int:
    """Empty what webhooks were told, or wait to be told, of somebody's answers."""
    # What was told with content ends with who gave it; what was told without says neither.
    told = select(office.delivery.c.id, office.delivery.c.body).where(
        office.delivery.c.body.endswith(f'"person":{person_id}}}}}', autoescape=True)
    )
    emptied = 0
    for row in connection.execute(told).all():
        body = orjson.loads(row.body)
        if body["data"].pop("person", None) != person_id:
            continue
        body["data"].pop("value", None)
        connection.execute(
            update(office.delivery)
            .where(office.delivery.c.id == row.id)
            .values(body=orjson.dumps(body).decode())
        )
        emptied += 1
    return emptied


def _emptied(answer: object) -> object:
    """Empty an answer and let it be what it was: words stay words, a file stays a record."""
    return "" if isinstance(answer, str) else {"erased": True}


def _empty_consensus(
    connection: Connection, task_id: int, annotation_id: int, names: set[str]
) -> None:
    made = select(consensus.c.question, consensus.c.answer_ids).where(
        consensus.c.task_id == task_id, consensus.c.question.in_(names)
    )
    for row in connection.execute(made).all():
        if annotation_id in orjson.loads(row.answer_ids):
            connection.execute(
                update(consensus)
                .where(consensus.c.task_id == task_id, consensus.c.question == row.question)
                .values(value=None, beliefs="{}")
            )
