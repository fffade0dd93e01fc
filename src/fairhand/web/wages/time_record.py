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
from fairhand.core.words import Words, words_for
from fairhand.core.words import later as _
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.claim_time import ClaimedTime, ClaimTime, claim_time
from fairhand.use_cases.house import House
from fairhand.use_cases.note_time import NoteTime, What, note_time
from fairhand.use_cases.read_time import Day, OwnTime, read_time
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Field(max_length=40)]
Note = Annotated[str, Field(max_length=2_000)]
_MINUTES_MOST = 7 * 24 * 60

ACTIVITIES = {
    "annotate": _("answering"),
    "read": _("reading"),
    "wait": _("waiting"),
    "train": _("training"),
    "qualify": _("qualifying"),
    "appeal": _("writing an appeal"),
    "fault": _("something broken"),
    "break": _("paid break"),
}
CLAIMS = (
    ("read", _("I was reading or thinking")),
    ("annotate", _("I was working on an answer")),
    ("train", _("I was training")),
    ("qualify", _("I was qualifying")),
    ("appeal", _("I was writing an appeal")),
    ("fault", _("Something was broken")),
)
ENDED_BY = {
    "session_start": _("going on"),
    "next": _("the next task"),
    "heartbeat": _("a sign of life"),
    "draft": _("a draft"),
    "submit": _("an answer"),
    "skip": _("a skip"),
    "read": _("reading"),
    "wait": _("no task being free"),
    "stop": _("stopping"),
    "train": _("training"),
    "qualify": _("qualifying"),
    "appeal": _("an appeal"),
    "fault": _("something broken"),
    "break": _("a break"),
    "claim": _("your word"),
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
    said = _said(claimed[:12], beyond[:12], noted[:40], words_for(actor.locale))
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
            raise InvalidError(_("Choose a break, a fault, or going back to work."))
        command = NoteTime(actor.person_id, _WHATS[what], note.strip())
        noted = note_time(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed), "")
    promised = f"-{noted.promised_ms // MINUTE_MS}" if what == "break" else ""
    return RedirectResponse(f"/earnings/time?noted={what}{promised}", status_code=303)


def _command(actor: Actor, typed: dict[str, str]) -> ClaimTime:
    cut = _number(typed["cut"], "cut", 2**63 - 1, _("Choose which quiet stretch you mean."))
    asked = _("Say how many minutes of it were work, as a whole number.")
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


def _said(claimed: str, beyond: str, noted: str, words: Words) -> str:
    """What the last form did, in a sentence."""
    if claimed.isascii() and claimed.isdecimal():
        said = (
            words("{time} more are paid.", time=words.duration(int(claimed)))
            if int(claimed)
            else words("Nothing was added.")
        )
        return said if beyond in ("", "0") else ""
    what, _dash, promised = noted.partition("-")
    if what == "break" and promised.isascii() and promised.isdecimal():
        if promised == "0":
            return words(
                "Have a good break. The next paid quarter of an hour comes with the next hour."
            )
        return words(
            "Have a good break. The next {minutes} minutes of it are paid.", minutes=int(promised)
        )
    if what == "fault":
        return words("Noted. Time with something broken is paid.")
    return words("Welcome back. Your time counts again.") if what == "back" else ""


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
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "mine": mine,
        "form": form,
        "said": said,
        "beyond_ms": beyond_ms,
        "beyond_project": beyond_project,
        "picture": _picture(mine, words),
        "activities": _each(ACTIVITIES, words),
        "claims": [(one, words(said)) for one, said in CLAIMS],
        "ended_by": _each(ENDED_BY, words),
        "day_name": words.weekday,
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


def _each(known: dict[str, str], words: Words) -> dict[str, str]:
    return {one: words(said) for one, said in known.items()}


def _picture(mine: OwnTime, words: Words) -> Markup | str:
    if not mine.days:
        return ""
    parts = (words("work"), words("reading"), words("waiting, breaks, faults"))
    values = [[round(part / 3_600_000, 2) for part in _parts(day)] for day in mine.days]
    labels = [words.weekday(Instant(day.starts_at), year=False) for day in mine.days]
    return charts.stacked_bars(words("Paid time by day"), labels, parts, values, " h", words=words)


def _parts(day: Day) -> tuple[int, int, int]:
    sums = {"read": 0, "pause": 0, "work": 0}
    for one in day.stretches:
        kind = "pause" if one.activity in ("wait", "break", "fault") else "work"
        sums["read" if one.activity == "read" else kind] += one.paid_ms
    return sums["work"], sums["read"], sums["pause"]


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def _clock_time(at: int) -> str:
    return f"{_moment(at):%H:%M}"
