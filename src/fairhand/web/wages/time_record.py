"""A person's own time: what was paid and why, what was cut and may be claimed, breaks, faults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant, iso, parse_iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.claim_time import ClaimedTime, ClaimTime, claim_time
from fairhand.use_cases.house import House
from fairhand.use_cases.note_time import NoteTime, What, note_time
from fairhand.use_cases.read_time import Day, OwnTime, read_time
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import minutes, render

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Field(max_length=40)]
Note = Annotated[str, Field(max_length=2_000)]
_MINUTES_MOST = 7 * 24 * 60

ACTIVITIES = {
    "annotate": "answering",
    "read": "reading",
    "wait": "waiting",
    "train": "training",
    "qualify": "qualifying",
    "appeal": "writing an appeal",
    "fault": "something broken",
    "break": "paid break",
}
CLAIMS = (
    ("read", "I was reading or thinking"),
    ("annotate", "I was working on an answer"),
    ("train", "I was training"),
    ("qualify", "I was qualifying"),
    ("appeal", "I was writing an appeal"),
    ("fault", "Something was broken"),
)
ENDED_BY = {
    "session_start": "going on",
    "next": "the next task",
    "heartbeat": "a sign of life",
    "draft": "a draft",
    "submit": "an answer",
    "skip": "a skip",
    "read": "reading",
    "wait": "no task being free",
    "stop": "stopping",
    "train": "training",
    "qualify": "qualifying",
    "appeal": "an appeal",
    "fault": "something broken",
    "break": "a break",
    "claim": "your word",
}
_WHATS: dict[str, What] = {"break": "break", "fault": "fault", "back": "back"}


@router.get("/earnings/time")
@guard("own")
def own_time(
    house: House,
    actor: Actor,
    request: Request,
    until: str = "",
    claimed: str = "",
    beyond: str = "",
    project: str = "",
    noted: str = "",
) -> Response:
    """Show a week of one's own time, day by day."""
    said = _said(claimed[:12], beyond[:12], noted[:40])
    return _show(house, actor, request, Form(), until, said, _count(beyond), _count(project))


@router.post("/earnings/time/claims")
@guard("own", form=True)
def claim(
    house: House,
    actor: Actor,
    request: Request,
    cut: Short = "",
    minutes: Short = "",
    activity: Short = "read",
    note: Note = "",
    until: Short = "",
) -> Response:
    """Say that a stretch which was cut was work."""
    typed = {"cut": cut, "minutes": minutes, "activity": activity, "note": note}
    try:
        done = claim_time(house.db, _command(actor, typed), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed), until)
    return RedirectResponse(_after(done, until), status_code=303)


@router.post("/earnings/time/notes")
@guard("own", form=True)
def note(
    house: House, actor: Actor, request: Request, what: Short = "", note: Note = ""
) -> Response:
    """Begin or end a break, or say that something is broken."""
    typed = {"what": what, "fault_note": note}
    try:
        if what not in _WHATS:
            raise InvalidError("Choose a break, a fault, or going back to work.")
        command = NoteTime(actor.person_id, _WHATS[what], note.strip())
        noted = note_time(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed), "")
    promised = f"-{noted.promised_ms // MINUTE_MS}" if what == "break" else ""
    return RedirectResponse(f"/earnings/time?noted={what}{promised}", status_code=303)


def _command(actor: Actor, typed: dict[str, str]) -> ClaimTime:
    cut = _number(typed["cut"], "cut", 2**63 - 1, "Choose which quiet stretch you mean.")
    asked = "Say how many minutes of it were work, as a whole number."
    spent = _number(typed["minutes"], "minutes", _MINUTES_MOST, asked)
    return ClaimTime(
        actor.person_id, cut, spent * MINUTE_MS, typed["activity"], typed["note"].strip()
    )


def _number(text: str, place: str, most: int, message: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= most):
        raise InvalidError(message, issues=[Issue(place, message)])
    return int(text)


def _count(text: str) -> int:
    """A number that an address carries; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def _after(done: ClaimedTime, until: str) -> str:
    rest = f"&until={until}" if _is_day(until) else ""
    beyond = f"&beyond={done.beyond_ms}&project={done.project_id}" if done.beyond_ms else ""
    return f"/earnings/time?claimed={done.paid_ms}{beyond}{rest}"


def _said(claimed: str, beyond: str, noted: str) -> str:
    """What the last form did, in a sentence."""
    if claimed.isascii() and claimed.isdecimal():
        words = f"{minutes(int(claimed))} more are paid." if int(claimed) else "Nothing was added."
        return words if beyond in ("", "0") else ""
    what, _, promised = noted.partition("-")
    if what == "break" and promised.isascii() and promised.isdecimal():
        if promised == "0":
            return "Have a good break. The next paid quarter of an hour comes with the next hour."
        return f"Have a good break. The next {int(promised)} minutes of it are paid."
    if what == "fault":
        return "Noted. Time with something broken is paid."
    return "Welcome back. Your time counts again." if what == "back" else ""


def _show(
    house: House,
    actor: Actor,
    request: Request,
    form: Form,
    until: str,
    said: str = "",
    beyond_ms: int = 0,
    beyond_project: int = 0,
) -> Response:
    now = house.clock()
    mine = read_time(house.db, actor.person_id, now, until=_day_of(until))
    context: dict[str, Any] = {
        "mine": mine,
        "form": form,
        "said": said,
        "beyond_ms": beyond_ms,
        "beyond_project": beyond_project,
        "picture": _picture(mine),
        "activities": ACTIVITIES,
        "claims": CLAIMS,
        "ended_by": ENDED_BY,
        "day_name": _day_name,
        "clock_time": _clock_time,
        "minute_ms": MINUTE_MS,
        "until": until if _is_day(until) else "",
        "earlier": iso(Instant(max(0, mine.since - 1)))[:10],
        "later": iso(mine.until)[:10] if mine.until <= now else "",
    }
    return render(request, "time_record.html", context, actor=actor, status=form.status)


def _day_of(text: str) -> Instant | None:
    """The last millisecond of a day named as 2026-11-22; None for anything else."""
    if not _is_day(text):
        return None
    return Instant(parse_iso(f"{text}T00:00:00Z") + DAY_MS - 1)


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and parse_iso(f"{text}T00:00:00Z") > 0
    except (ValueError, OverflowError):
        return False


def _picture(mine: OwnTime) -> Markup | str:
    if not mine.days:
        return ""
    parts = ("work", "reading", "waiting, breaks, faults")
    values = [[round(part / 3_600_000, 2) for part in _parts(day)] for day in mine.days]
    labels = [_day_name(day.starts_at).rsplit(" ", 1)[0] for day in mine.days]
    return charts.stacked_bars("Paid time by day", labels, parts, values, " h")


def _parts(day: Day) -> tuple[int, int, int]:
    sums = {"read": 0, "pause": 0, "work": 0}
    for one in day.stretches:
        kind = "pause" if one.activity in ("wait", "break", "fault") else "work"
        sums["read" if one.activity == "read" else kind] += one.paid_ms
    return sums["work"], sums["read"], sums["pause"]


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def _day_name(at: int) -> str:
    moment = _moment(at)
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _clock_time(at: int) -> str:
    return f"{_moment(at):%H:%M}"
