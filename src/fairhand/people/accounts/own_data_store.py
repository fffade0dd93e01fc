"""SQL of the export of all of one's own data: every table that knows a person, a chunk at a time.

Pay has an export of its own, which goes into the same archive. A test holds this list against the
tables: one that names a person is either here or under `ELSEWHERE` with the reason.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, LargeBinary, Table, select

from fairhand.core.clock import Instant, iso
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
from fairhand.storage.tables.quality import annotator_model
from fairhand.storage.tables.work import annotation, draft, lease, skip

AT_ONCE: Final = 5_000
_SECRETS: Final = frozenset(("password_hash", "token_hash", "csrf_token"))
_INSTANTS: Final = frozenset(
    ("at", "appeal_by", "answer_by", "valid_until", "available_from", "available_until")
)


@dataclass(frozen=True, slots=True)
class Record:
    """One file of the export: its table, whose column names the person, and how it is read."""

    table: Table
    what: str
    person: str = "person_id"
    key: str = "id"  # unique for one person; empty: few rows, read at once
    json: frozenset[str] = frozenset()  # columns that hold JSON
    without: frozenset[str] = frozenset()  # columns that would give a secret away

    @property
    def columns(self) -> list[Column[Any]]:
        """The columns that are given: all but hashes of secrets and the person themselves."""
        hidden = _SECRETS | self.without
        kept = [one for one in self.table.columns if one.name not in hidden]
        return [one for one in kept if one.name != self.person or one.name == self.key]


def _json(*names: str) -> frozenset[str]:
    return frozenset(names)


RECORDS: Final[Mapping[str, Record]] = {
    "account/person": Record(people.person, "Your account.", "id"),
    "account/roles": Record(people.membership, "The roles you have, and where."),
    "account/identities": Record(
        office.identity, "Who you are at identity providers you sign in with.", key=""
    ),
    "account/mail": Record(office.mail_choice, "Letters that you want or do not want.", key=""),
    "account/letters": Record(
        office.mail, "Letters to you, and what became of them; not what they said.",
        without=frozenset(("sealed",)),
    ),
    "account/sessions": Record(people.session, "When you were signed in.", key=""),
    "account/links": Record(people.sign_in_link, "Sign-in links that were made for you.", key=""),
    "work/wishes": Record(
        office.review_wish, "Where you asked for a second pair of eyes.", key="annotation_id"
    ),
    "account/tokens": Record(people.api_token, "Your API tokens, without their secrets."),
    "account/declared": Record(conduct.self_declared, "What you said of yourself.", key="name"),
    "account/reports-to": Record(conduct.reports_to, "Whom you answer to.", key=""),
    "work/enrolments": Record(people.enrolment, "Projects you take part in.", key="project_id"),
    "work/consents": Record(people.consent_grant, "What you agreed to, in its words."),
    "work/tasks": Record(lease, "Every task that was handed to you, and how it ended."),
    "work/answers": Record(
        annotation, "Every answer you gave.", json=_json("value", "prediction_changed", "reply")
    ),
    "work/skips": Record(skip, "Tasks you skipped.", key="client_key", json=_json("reply")),
    "work/drafts": Record(draft, "Drafts that are kept.", key="task_id", json=_json("value")),
    "work/recordings": Record(desk.recording, "Recordings you made, as they were measured."),
    "work/messages": Record(
        desk.message, "What you wrote in conversation trees, and what became of it.", "author_id"
    ),
    "work/remarks": Record(desk.remark, "What you asked and said about tasks."),
    "work/guides": Record(
        desk.guideline_reading, "The guidelines you have read last.", key="project_id"
    ),
    "work/ratings": Record(
        annotator_model, "What aggregation reckons of your answers.", key="", json=_json("counts")
    ),
    "learning/attempts": Record(
        readiness.attempt, "Lessons, practice and exams.", json=_json("asked", "result")
    ),
    "learning/answers": Record(
        readiness.attempt_answer, "Your answers in them.", "attempt_id", json=_json("value")
    ),
    "learning/practice": Record(
        readiness.practice_card, "What you meet again, and when.", key="task_id"
    ),
    "learning/skills": Record(people.person_skill, "Skills you have shown.", key="skill_id"),
    "learning/credentials": Record(
        readiness.credential, "Signed credentials, as given out.", json=_json("body")
    ),
    "learning/profile": Record(
        readiness.talent_profile,
        "Your entry in the directory.",
        key="",
        json=_json("languages", "domains", "tools", "wants"),
    ),
    "wellbeing/exposure": Record(people.exposure, "Hard content you saw, and its dose."),
    "wellbeing/limits": Record(wellbeing.exposure_limit, "Limits you set.", key=""),
    "wellbeing/consents": Record(wellbeing.tier_consent, "Tiers you agreed to, in their words."),
    "wellbeing/view": Record(wellbeing.view_choice, "How hard content is shown to you.", key=""),
    "wellbeing/shelter": Record(wellbeing.shelter, "Paid time at a limit."),
    "wellbeing/check-ins": Record(wellbeing.check_in, "Check-ins, sealed as you sealed them."),
    "wellbeing/check-in-key": Record(
        wellbeing.check_in_key, "The key of your check-ins, under your words.", key="",
        json=_json("wrapped"),
    ),
    "wellbeing/aftercare": Record(wellbeing.aftercare, "Money laid aside for your care."),
    "conduct/decisions": Record(
        conduct.decision,
        "Every decision about you, with reason, inputs and what would have changed it.",
        json=_json("subject", "inputs", "weights"),
    ),
    "conduct/appeals": Record(conduct.appeal, "Your appeals.", json=_json("repaired")),
    "conduct/reviews": Record(
        conduct.appeal_review, "What you found on appeals of others.", "reviewer_id", "appeal_id"
    ),
    "council/stood": Record(conduct.candidate, "Elections you stood in.", key="election_id"),
    "council/voted": Record(
        conduct.voted, "Elections you voted in; how, nobody knows.", key="election_id"
    ),
    "council/seats": Record(conduct.council_seat, "Seats you held."),
    "council/signatures": Record(
        conduct.proposal_vote, "Your votes on proposals.", key="proposal_id"
    ),
    "council/contracts": Record(
        conduct.contract_acceptance, "Contracts you accepted.", key="contract_id"
    ),
    "channel/membership": Record(
        conduct.channel_member, "Your keys, the private one under your words.", key="",
        json=_json("public_key", "wrapped_key"),
    ),
    "channel/keys": Record(
        conduct.channel_key, "Keys of channels, sealed for you.", key="", json=_json("sealed")
    ),
    "channel/letters": Record(conduct.channel_letter, "Letters you sent, sealed."),
    "given/grants": Record(
        consent.data_grant, "What you permitted, for how long and where.",
        json=_json("territory", "recipients", "check_result", "guardian", "proxy"),
    ),
    "given/readings": Record(
        consent.notice_reading, "Notices you read, and what you answered.", key="notice_id",
        json=_json("answers"),
    ),
    "given/refusals": Record(
        consent.consent_refusal, "Campaigns you did not want to take part in.", key="project_id"
    ),
    "given/withdrawals": Record(
        consent.withdrawal, "What you took back, and what that reached.", json=_json("scope")
    ),
    "given/erasures": Record(
        consent.erasure, "When you asked to be erased.", json=_json("removed", "kept")
    ),
    "given/profiles": Record(
        campaigns.contributor_profile, "What you said of yourself for campaigns.",
        key="project_id",
    ),
    "given/contributions": Record(
        campaigns.contribution, "What you gave, as it is kept and as others see it.",
        json=_json("anonymised", "measures", "slice"),
    ),
    "given/uploads": Record(campaigns.upload, "Files you sent.", json=_json("details")),
    "given/templates": Record(
        campaigns.biometric_template, "Templates of your voice or face, sealed, and their end."
    ),
    "given/look-ups": Record(campaigns.look_up, "When you looked for yourself."),
    "log/events": Record(
        log_event, "What the log says of you, with what proves it.", json=_json("body")
    ),
}  # fmt: skip
"""What an export holds beside pay, by the names of its files."""

ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("accrual", "booking", "pay_dispute", "payout", "payout_event", "payout_method",
         "royalty_share", "statement", "time_event", "pay_note"),
        "in pay/",
    ),
    "person_key": "the key itself would undo the sealing; what it seals is in given/",
    "review_claim": "which task is open before you, for minutes; what you found is in log/events",
    "person_clock": "the state of time events, which are in pay/",
    "floor_ratchet": "the floor stands in every statement of pay/",
    **dict.fromkeys(
        ("appeals_policy", "assist_policy", "assistant", "career_step", "channel", "contract",
         "course", "election", "exposure_policy", "fx_rate", "gold_answer", "guideline_example",
         "finding", "gate_run", "incident", "job", "licence_request", "log_key", "notice",
         "release_page", "task_origin", "value_study", "witness",
         "model_evaluation", "model_version", "pay_policy", "payout_batch", "pilot",
         "prelabel_run", "project", "project_version", "proposal", "quality_signal",
         "readiness_terms", "royalty_terms", "system_switch", "usage_event",
         "export_file", "review", "review_terms", "saved_view", "webhook"),
        "done for the workspace; what you did is in log/events",
    ),
}  # fmt: skip
"""Tables that name a person and are not under RECORDS, and why."""


def load_chunk(
    connection: Connection, name: str, person_id: int, after: int | str | None
) -> tuple[list[dict[str, Any]], int | str | None]:
    """Load the records after a key, and the key to go on after; None when these are the last."""
    record = RECORDS[name]
    columns = record.columns
    chosen = select(*columns).where(_mine(record, person_id))
    if record.key:
        key = record.table.c[record.key]
        chosen = chosen.order_by(key).limit(AT_ONCE)
        if after is not None:
            chosen = chosen.where(key > after)
    rows = connection.execute(chosen).all()
    writers = _writers(record)
    found = [_told(writers, row) for row in rows]
    if not record.key or len(rows) < AT_ONCE:
        return found, None
    last: int | str = rows[-1][[one.name for one in columns].index(record.key)]
    return found, last


def schema() -> dict[str, Any]:
    """Say what each file holds, column by column."""
    return {
        name: {
            "what": record.what,
            "columns": {str(one.name): _type(record, one) for one in record.columns},
        }
        for name, record in RECORDS.items()
    }


def _mine(record: Record, person_id: int) -> Any:  # noqa: ANN401  # a clause
    if record.table is readiness.attempt_answer:
        mine = select(readiness.attempt.c.id).where(readiness.attempt.c.person_id == person_id)
        return record.table.c.attempt_id.in_(mine)
    return record.table.c[record.person] == person_id


def _writers(record: Record) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """How each column is written; None: as it is."""
    return [(str(one.name), _WRITERS.get(_type(record, one))) for one in record.columns]


def _told(writers: list[tuple[str, Callable[[Any], Any] | None]], row: Any) -> dict[str, Any]:  # noqa: ANN401  # a Row
    return {
        name: value if value is None or write is None else write(value)
        for (name, write), value in zip(writers, row, strict=True)
    }


def _read_json(value: Any) -> Any:  # noqa: ANN401  # some columns come read already
    return orjson.loads(value) if isinstance(value, str) else value


_WRITERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "instant": lambda value: iso(Instant(value)),
    "base64": lambda value: base64.b64encode(value).decode(),
    "json": _read_json,
}


def _type(record: Record, column: Column[Any]) -> str:
    if column.name in record.json:
        return "json"
    if isinstance(column.type, LargeBinary):
        return "base64"
    if isinstance(column.type, Boolean):
        return "boolean"
    if isinstance(column.type, BigInteger | Integer):
        is_instant = column.name in _INSTANTS or column.name.endswith("_at")
        return "instant" if is_instant else "integer"
    return "text"
