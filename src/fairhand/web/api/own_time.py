"""The API of one's own time: the record, claims of what was cut, breaks and faults."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.claim_time import ClaimTime, claim_time
from fairhand.use_cases.house import House
from fairhand.use_cases.note_time import NoteTime, note_time
from fairhand.use_cases.read_time import OwnTime, read_time
from fairhand.web.api.bodies import Body, Id, WorkedMs
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


class ClaimBody(Body):
    """Time that was cut and was work: `cut` is its number, `milliseconds` all of it that was work.

    Said twice it pays once.
    """

    cut: Id
    milliseconds: WorkedMs
    activity: Literal["annotate", "read", "train", "qualify", "wait", "appeal", "fault"] = "read"
    note: str = Field(default="", max_length=500)


class NoteBody(Body):
    """What you do from now on: a paid break, something broken, or back to work."""

    what: Literal["break", "fault", "back"]
    note: str = Field(default="", max_length=500)


@router.get("/me/time")
@guard("own")
def my_time(house: House, actor: Actor, until: str = "") -> Response:
    """Show seven days of your time up to the day of `until`: what is paid, what was cut."""
    mine = read_time(house.db, actor.person_id, house.clock(), until=_instant(until))
    return reply(time_json(mine))


@router.post("/me/time/claims")
@guard("own")
def claim(house: House, actor: Actor, body: ClaimBody) -> Response:
    """Say that a stretch which was cut was work; it is paid at your word, five hours a week."""
    command = ClaimTime(actor.person_id, body.cut, body.milliseconds, body.activity, body.note)
    done = claim_time(house.db, command, house.clock())
    dispute = f"/earnings/disputes/new?project={done.project_id}"
    told = {
        "paid": {"milliseconds": done.paid_ms, "micros": done.micros},
        "beyond": {"milliseconds": done.beyond_ms, "dispute": dispute} if done.beyond_ms else None,
    }
    return reply(told)


@router.post("/me/time/notes")
@guard("own")
def note(house: House, actor: Actor, body: NoteBody) -> Response:
    """Begin or end a paid break, or say that something is broken."""
    command = NoteTime(actor.person_id, body.what, body.note)
    noted = note_time(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    return reply({"project_id": noted.project_id, "paid_up_to_ms": noted.promised_ms})


def time_json(mine: OwnTime) -> dict[str, Any]:
    """Write a person's record as JSON; instants are ISO 8601, durations milliseconds."""
    return {
        "since": iso(mine.since),
        "until": iso(mine.until),
        "days": [
            {
                "day": iso(day.starts_at)[:10],
                "paid_ms": day.paid_ms,
                "stretches": [_dated(asdict(one)) for one in day.stretches],
                "cuts": [_dated(asdict(one)) for one in day.cuts],
            }
            for day in mine.days
        ],
        "allowance_left_ms": mine.allowance_left_ms,
        "doing": mine.doing,
        "rest_until": None if mine.rest_until is None else iso(mine.rest_until),
    }


def _dated(found: dict[str, Any]) -> dict[str, Any]:
    ends = {name: iso(found[name]) for name in ("started_at", "ended_at")}
    return found | ends


def _instant(text: str) -> Instant | None:
    if not text:
        return None
    try:
        return parse_iso(text if "T" in text else f"{text}T23:59:59Z")
    except (ValueError, OverflowError) as error:
        message = "Give a day as 2026-11-22, or an instant with an offset."
        raise InvalidError(message, issues=[Issue("until", message)]) from error
