"""One's own account: name, place, hours, password, tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ConflictError, FairhandError, InvalidError, Issue
from fairhand.core.words import INTERFACE, Words, language_of, words_for
from fairhand.core.words import later as _
from fairhand.people.accounts.rules import SCOPES, Actor
from fairhand.people.accounts.store import Account
from fairhand.people.post.rules import CHOSEN, ROLES
from fairhand.use_cases.change_account import ChangeAccount, change_account
from fairhand.use_cases.change_password import ChangePassword, change_password
from fairhand.use_cases.choose_letters import choose_letters, chosen_letters
from fairhand.use_cases.end_identity import EndIdentity, end_identity
from fairhand.use_cases.house import House
from fairhand.use_cases.manage_tokens import CreateToken, create_token, list_tokens, revoke_token
from fairhand.use_cases.put_letters import outbox_of
from fairhand.use_cases.read_people import read_account
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_sign_on import buttons, read_identities
from fairhand.web.shared.doors import SESSION_COOKIE, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.tries import guessing, looking_about

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=320)]
Kinds = Annotated[list[str] | None, Field(max_length=50)]


@router.get("/account")
@guard("own")
def account(house: House, actor: Actor, request: Request) -> Response:
    """Show one's account."""
    return _show(house, actor, request)


@router.post("/account")
@guard("own.keys", form=True)
def change(  # one parameter a field
    house: House,
    actor: Actor,
    request: Request,
    display_name: Text = "",
    email: Text = "",
    country: Text = "",
    region: Text = "",
    hours_from: Text = "",
    hours_to: Text = "",
    language: Text = "",
    known_password: Text = "",
) -> Response:
    """Write what the account says of its person."""
    typed = {
        "display_name": display_name,
        "email": email,
        "country": country.strip().upper(),
        "region": region.strip(),
        "hours_from": hours_from,
        "hours_to": hours_to,
        "language": language,
        "known_password": "",
    }
    try:
        command = ChangeAccount(
            actor.person_id,
            display_name,
            email.strip() or None,
            typed["country"],
            typed["region"],
            _minute(hours_from, "hours_from"),
            _minute(hours_to, "hours_to"),
            language or None,
            known_password,
        )
        with (
            looking_about(request, actor.person_id),
            guessing(request, person_id=actor.person_id, forgives=False),
        ):
            change_account(house.db, command, house.clock(), outbox=outbox_of(house))
    except FairhandError as error:
        return _show(house, actor, request, about=failed(error, typed))
    return _back()


@router.post("/account/password")
@guard("own.keys", form=True)
def password(
    house: House,
    actor: Actor,
    request: Request,
    current_password: Text = "",
    new_password: Text = "",
    end_tokens: Text = "",
) -> Response:
    """Choose a new password; what was typed is not sent back."""
    try:
        secret = request.cookies.get(SESSION_COOKIE, "")
        ends = end_tokens == "yes"
        command = ChangePassword(actor.person_id, current_password, new_password, ends, secret)
        with guessing(request, person_id=actor.person_id):
            change_password(house.db, command, house.clock())
    except FairhandError as error:
        form = failed(error, {"current_password": "", "new_password": ""})
        return _show(house, actor, request, secret=form)
    return _back()


@router.post("/account/letters")
@guard("own", form=True)
def letters(house: House, actor: Actor, kind: Kinds = None) -> Response:
    """Choose which letters one wants, of those that could come."""
    choose_letters(house.db, actor.person_id, kind or (), house.clock(), _kinds_for(actor))
    return _back()


@router.post("/account/tokens")
@guard("own.keys", form=True)
def make_token(
    house: House,
    actor: Actor,
    request: Request,
    label: Text = "",
    scope: Text = "work",
    days: Text = "90",
) -> Response:
    """Make an API token and show it, once."""
    typed = {"label": label, "scope": scope, "days": days}
    try:
        command = _token(label.strip(), scope, days.strip())
        made = create_token(house.db, actor, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, token=failed(error, typed))
    return _show(house, actor, request, made=made)


@router.post("/account/tokens/{token_id:int}/revoke")
@guard("own", form=True)
def drop_token(house: House, actor: Actor, token_id: int) -> Response:
    """End a token at once."""
    revoke_token(house.db, actor.person_id, token_id, house.clock())
    return _back()


@router.post("/account/identities/{key}/end")
@guard("own.keys", form=True)
def drop_identity(house: House, actor: Actor, request: Request, key: str) -> Response:
    """End the link to an identity provider."""
    try:
        end_identity(house, EndIdentity(actor.person_id, key), house.clock())
    except ConflictError as error:
        return _show(house, actor, request, link=failed(error, {}))
    return _back()


def _show(
    house: House,
    actor: Actor,
    request: Request,
    *,
    about: Form | None = None,
    secret: Form | None = None,
    token: Form | None = None,
    link: Form | None = None,
    made: str = "",
) -> Response:
    words = words_for(actor.locale)
    mine = read_account(house.db, actor.person_id)
    identities = read_identities(house, actor.person_id)
    wrong = about or secret or token or link
    context = {
        "_": words,
        "account": mine,
        "about": about or Form(_said(mine)),
        "secret": secret or Form(),
        "token": token or Form({"scope": "work", "days": "90"}),
        "link": link or Form(),
        "identities": identities,
        "providers": buttons(house, without=[one.issuer for one in identities]),
        "made": made,
        "letters": _letters(house, actor, words),
        "scopes": [(one, words(said)) for one, said in _SCOPES],
        "languages": list(INTERFACE.items()),
        "tokens": list_tokens(house.db, actor.person_id),
        "roles": sorted(
            _role(house, role, project_id, words)
            for project_id, roles in actor.roles.items()
            for role in roles
        ),
        "now": house.clock(),
    }
    return render(
        request, "account.html", context, actor=actor, status=wrong.status if wrong else 200
    )


def _role(house: House, role: str, project_id: int, words: Words) -> str:
    said = words(_ROLES.get(role, role))
    if not project_id:
        return said
    return words(
        "{role} in “{project}”", role=said, project=read_project(house.db, project_id).title
    )


def _letters(house: House, actor: Actor, words: Words) -> list[tuple[str, str, bool]]:
    if not house.settings.mail.host:
        return []
    chosen = chosen_letters(house.db, actor.person_id)
    return [(kind, words(_LETTERS[kind]), chosen[kind]) for kind in _kinds_for(actor)]


def _kinds_for(actor: Actor) -> list[str]:
    """The kinds that can come to somebody with their roles."""
    held = {role for roles in actor.roles.values() for role in roles}
    return [kind for kind in CHOSEN if kind not in ROLES or held.intersection(ROLES[kind])]


_LETTERS = {
    "decision": _("when something is decided about me"),
    "appeal": _("when an appeal of mine is answered"),
    "dispute": _("when a dispute of mine about pay is answered"),
    "statement": _("when a pay statement of mine is written"),
    "paid": _("when pay is sent to me"),
    "appeal_filed": _("when an appeal waits that I may hear"),
    "dispute_opened": _("when a dispute about pay waits for an answer"),
    "budget": _("when the money of a project of mine is nearly spent"),
    "webhook": _("when a webhook of mine is switched off"),
}
_ROLES = {
    "owner": _("owner"),
    "contributor": _("contributor"),
    "reviewer": _("reviewer"),
    "trainer": _("trainer"),
    "manager": _("manager"),
    "auditor": _("auditor"),
}
_SCOPES = (
    ("read", _("read: figures and releases")),
    ("work", _("work: answer tasks")),
    ("manage", _("manage: everything I may do")),
)


def _said(mine: Account) -> dict[str, str]:
    return {
        "display_name": mine.person.display_name,
        "email": mine.person.email or "",
        "country": mine.person.place_country,
        "region": mine.person.place_region,
        "hours_from": _clock(mine.hours_from),
        "hours_to": _clock(mine.hours_to),
        "language": language_of(mine.person.locale, INTERFACE),
    }


def _clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"


def _minute(text: str, place: str) -> int | None:
    """Read `08:30` as minutes after midnight."""
    if not text.strip():
        return None
    hours, colon, minutes = text.strip()[:5].partition(":")
    if not (colon and hours.isascii() and hours.isdigit() and minutes.isdigit()):
        message = _("Give a time as 08:30.")
        raise InvalidError(message, issues=[Issue(place, message)])
    return int(hours) * 60 + int(minutes)


def _token(label: str, scope: str, days: str) -> CreateToken:
    issues = []
    if not 1 <= len(label) <= 100:
        issues.append(Issue("label", _("Say what it is for, in up to 100 characters.")))
    if scope not in SCOPES:
        issues.append(Issue("scope", _("Choose what it may do.")))
    if not (days.isascii() and days.isdigit() and len(days) < 4 and 1 <= int(days) <= 365):
        issues.append(Issue("days", _("Choose 1 to 365 days.")))
    if issues:
        raise InvalidError(_("The token was not made."), issues=issues)
    return CreateToken(label, scope, 0, int(days))


def _back() -> Response:
    return RedirectResponse("/account", status_code=303)
