"""The council: who sits, an election to stand and vote in, what waits for signatures."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import HOUR_MS, Instant, iso
from fairhand.core.errors import FairhandError, ForbiddenError
from fairhand.people.accounts.rules import Actor
from fairhand.people.council.elections import Terms
from fairhand.people.council.figures_store import Figures
from fairhand.people.council.rules import SMALLEST_GROUP
from fairhand.use_cases.call_election import CallElection, call_election
from fairhand.use_cases.house import House
from fairhand.use_cases.leave_council import leave_council
from fairhand.use_cases.read_council import read_council
from fairhand.use_cases.sign_policy import SignPolicy, sign_policy
from fairhand.use_cases.stand_for_council import StandForCouncil, stand_for_council
from fairhand.use_cases.vote_in_election import VoteInElection, vote_in_election
from fairhand.web.shared import charts
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.policy_view import KINDS, STATES, fields_of, outcome

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


@router.get("/council")
@guard("own")
def council(house: House, actor: Actor, request: Request) -> Response:
    """Show the council to everybody who is signed in."""
    return _show(house, actor, request)


@router.post("/council/elections")
@guard("own", form=True)
def call(
    house: House,
    actor: Actor,
    request: Request,
    seats: Short = "3",
    term_days: Short = "365",
    stand_days: Short = "7",
    vote_days: Short = "7",
) -> Response:
    """Call an election."""
    typed = {"seats": seats, "term_days": term_days}
    typed |= {"stand_days": stand_days, "vote_days": vote_days}
    try:
        terms = Terms(**{name: _number(value) for name, value in typed.items()})
        call_election(house.db, CallElection(actor.person_id, terms), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, _wrong(error, typed))
    return _back()


@router.post("/council/elections/{election_id:int}/stand")
@guard("own", form=True)
def stand(
    house: House,
    actor: Actor,
    request: Request,
    election_id: int,
    statement: Text = "",
    do: Short = "stand",
) -> Response:
    """Stand for the council, change what one says, or stand no more."""
    words = None if do == "withdraw" else statement
    try:
        command = StandForCouncil(actor.person_id, election_id, words)
        stand_for_council(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, _wrong(error, {"statement": statement}))
    return _back()


@router.post("/council/elections/{election_id:int}/vote")
@guard("own", form=True)
def vote(
    house: House,
    actor: Actor,
    request: Request,
    election_id: int,
    approves: Annotated[list[str] | None, Field(max_length=100)] = None,
) -> Response:
    """Vote, once and in secret."""
    try:
        chosen = [_number(one) for one in approves or []]
        command = VoteInElection(actor.person_id, election_id, chosen)
        vote_in_election(house.db, command, house.clock(), str(uuid.uuid4()))
    except FairhandError as error:
        return _show(house, actor, request, _wrong(error, {}))
    return _back()


@router.post("/council/proposals/{proposal_id:int}")
@guard("own", form=True)
def sign(
    house: House,
    actor: Actor,
    request: Request,
    proposal_id: int,
    vote: Short = "",
    sha256: Short = "",
    reason: Text = "",
) -> Response:
    """Sign a proposal, or refuse it with a reason."""
    try:
        command = SignPolicy(actor.person_id, proposal_id, vote, sha256, reason)
        sign_policy(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, _wrong(error, {}))
    return _back()


@router.post("/council/leave")
@guard("own", form=True)
def leave(house: House, actor: Actor, request: Request) -> Response:
    """Give one's seat back."""
    try:
        leave_council(house.db, actor.person_id, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, _wrong(error, {}))
    return _back()


def _show(house: House, actor: Actor, request: Request, form: Form | None = None) -> Response:
    page = read_council(house.db, actor.person_id, house.clock())
    defaults = {"seats": "3", "term_days": "365", "stand_days": "7", "vote_days": "7"}
    mine = [
        one.statement
        for one in (page.election.candidates if page.election else ())
        if one.person_id == actor.person_id
    ]
    context: dict[str, Any] = {
        "page": page,
        "form": form or Form(defaults | {"statement": mine[0] if mine else ""}),
        "kinds": KINDS,
        "states": STATES,
        "fields_of": fields_of,
        "outcome": outcome,
        "hours": page.figures and _hours(page.figures),
        "smallest": SMALLEST_GROUP,
        "approvals": _approvals(page.election.result, page.election.names)
        if page.election and page.election.phase in ("counted", "void")
        else None,
    }
    status = form.status if form else 200
    return render(request, "council.html", context, actor=actor, status=status)


def _hours(figures: Figures) -> Markup | None:
    """Draw the paid hours of the weeks with enough people behind them."""
    known = [week for week in figures.weeks if week.paid_ms is not None]
    if not known:
        return None
    labels = [iso(Instant(week.begins))[:10] for week in known]
    return charts.bars(
        "Paid hours a week", labels, [(week.paid_ms or 0) / HOUR_MS for week in known]
    )


def _approvals(result: dict[str, Any], names: dict[int, str]) -> Markup | None:
    rows = result.get("approvals") or []
    if not rows:
        return None
    labels = [names.get(one, "somebody who left") for one, _ in rows]
    return charts.bars("Approvals", labels, [float(n) for _, n in rows])


def _wrong(error: FairhandError, typed: dict[str, str]) -> Form:
    """Keep what was typed; whoever may not do it at all gets the page that says so."""
    if isinstance(error, ForbiddenError):
        raise error
    return failed(error, typed)


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_ID
    return int(text) if is_number else -1


def _back() -> Response:
    return RedirectResponse("/council", status_code=303)
