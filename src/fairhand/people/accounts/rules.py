"""Who may do what: one table of role and action, used by pages and API alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, get_args

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.words import later as _

Role = Literal["owner", "manager", "reviewer", "trainer", "contributor", "auditor"]
Action = Literal[
    "work",  # be handed tasks, submit, skip, draft
    "project.create",
    "project.edit",
    "project.open",
    "project.import",
    "project.fund",
    "project.status",
    "task.read",  # the files of tasks, for model servers too
    "task.browse",  # tasks with what people answered; no model server sees that
    "people.invite",
    "people.list",
    "pay.close",
    "pay.view_all",
    "pay.set",  # floors, exchange rates, policies, bookings, royalty terms
    "pay.decide",  # disputes
    "pay.payout",  # payout files, what the bank answered
    "release.create",
    "release.view",
    "job.view",
    "own",  # one's own account, earnings, receipts
    "own.manage",  # where one's money goes, the whole copy of one's data
    "own.keys",  # one's address, password, tokens, providers, erasure: never by a token
    "log.view",
    "course.edit",  # lessons, exams
    "talent.search",  # those who want to be found
    "conduct.view",  # what monitors found, the register of automated systems
    "conduct.decide",  # decide about a person: never by a token
    "appeal.review",  # find on an appeal: never by a token
    "policy.propose",  # exposure, appeals, contracts
    "campaign.edit",  # what is collected, notices, quotas, anonymisation
    "campaign.view",  # coverage, as counts that name nobody
    "contribution.review",  # look at what was noticed of a contribution, decide: never by a token
    "licence.decide",  # grant or decline a request
    "licence.view",  # licences, recipients, notices, models
    "log.keep",  # the log's keys and witnesses
    "gate.run",  # ask whether training may begin, and record the use
    "annotation.review",  # look at answers, accept them, mend them, ask again
    "export.make",  # take a project's tasks and answers away as files
    "webhook.keep",  # where events are told to
    "mail.keep",  # what is on its way by mail, previews, the test letter
    "server.view",  # processes, measures, what the doctor found
]

TABLE: Mapping[Action, frozenset[Role]] = {
    "work": frozenset(("contributor", "owner", "manager", "reviewer", "trainer")),
    "project.create": frozenset(("owner",)),
    "project.edit": frozenset(("owner",)),
    "project.open": frozenset(("owner",)),
    "project.import": frozenset(("owner",)),
    "project.fund": frozenset(("owner", "manager")),
    "project.status": frozenset(("owner", "manager", "reviewer", "auditor")),
    "task.read": frozenset(("owner", "manager", "reviewer", "auditor")),
    "task.browse": frozenset(("owner", "manager", "reviewer", "auditor")),
    "people.invite": frozenset(("owner", "manager")),
    "people.list": frozenset(("owner", "manager")),
    "pay.close": frozenset(("owner", "manager")),
    "pay.view_all": frozenset(("owner", "manager", "auditor")),
    "pay.set": frozenset(("owner", "manager")),
    "pay.decide": frozenset(("owner", "manager")),
    "pay.payout": frozenset(("owner", "manager")),
    "release.create": frozenset(("owner",)),
    "release.view": frozenset(("owner", "manager", "reviewer", "auditor")),
    "job.view": frozenset(("owner", "manager")),
    "own": frozenset(get_args(Role)),
    "own.manage": frozenset(get_args(Role)),
    "own.keys": frozenset(get_args(Role)),
    "log.view": frozenset(get_args(Role)),
    "course.edit": frozenset(("owner", "trainer")),
    "talent.search": frozenset(("owner", "manager")),
    "conduct.view": frozenset(("owner", "manager", "auditor")),
    "conduct.decide": frozenset(("owner", "manager")),
    "appeal.review": frozenset(("owner", "manager", "reviewer", "contributor", "trainer")),
    "policy.propose": frozenset(("owner", "manager")),
    "campaign.edit": frozenset(("owner",)),
    "campaign.view": frozenset(("owner", "manager", "reviewer", "auditor")),
    "contribution.review": frozenset(("owner", "reviewer")),
    "licence.decide": frozenset(("owner",)),
    "licence.view": frozenset(("owner", "manager", "auditor")),
    "log.keep": frozenset(("owner",)),
    "gate.run": frozenset(("owner", "manager")),
    "annotation.review": frozenset(("owner", "reviewer")),
    "export.make": frozenset(("owner",)),
    "webhook.keep": frozenset(("owner",)),
    "mail.keep": frozenset(("owner", "manager")),
    "server.view": frozenset(("owner", "auditor")),
}

# What a named human alone does, signed in themselves: no token reaches these.
HUMAN_ONLY: frozenset[Action] = frozenset(
    ("conduct.decide", "appeal.review", "contribution.review", "own.keys")
)

# What is everybody's own, whatever their roles.
OF_ONESELF: frozenset[Action] = frozenset(("own", "own.manage", "own.keys", "log.view"))

# Where an address names no project, these are about everybody's pay, people and letters: a role in
# one project does not open them. Of the others the story finds the project, and asks again.
OF_THE_WORKSPACE: frozenset[Action] = frozenset(
    (
        "mail.keep",
        "pay.close",
        "pay.decide",
        "pay.payout",
        "pay.set",
        "pay.view_all",
        "people.list",
        "server.view",
        "webhook.keep",
    )
)

# What a token's scope lets through, on top of its person's roles.
SCOPES: Mapping[str, frozenset[Action]] = {
    "read": frozenset(
        (
            "project.status",
            "pay.view_all",
            "release.view",
            "job.view",
            "log.view",
            "campaign.view",
            "licence.view",
            "server.view",
        )
    ),
    "work": frozenset(("work", "own", "log.view")),
    "manage": frozenset(get_args(Action)) - HUMAN_ONLY,
    "train": frozenset(("release.view", "gate.run")),  # a machine that trains, and nothing else
}

# No person's token: what a model server is let through with the one it is given.
BACKEND_SCOPE = "backend"
_LETS_THROUGH: Mapping[str, frozenset[Action]] = {
    **SCOPES,
    BACKEND_SCOPE: frozenset(("task.read",)),
}

PASSWORD_MIN = 12
PASSWORD_MAX = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever makes a request: the person, their roles by project (0: everywhere), and limits."""

    person_id: int
    display_name: str
    locale: str
    roles: Mapping[int, Set[str]]
    csrf_token: str | None
    scope: str | None = None
    scope_project_id: int = 0
    is_simulated: bool = False
    ends_at: Instant | None = None  # of the token


def roles_in(actor: Actor, project_id: int) -> frozenset[str]:
    """Gather the roles a person has in a project, the workspace-wide ones among them."""
    return frozenset(actor.roles.get(0, ())) | frozenset(actor.roles.get(project_id, ()))


def may(actor: Actor, action: Action, project_id: int = 0) -> bool:
    """Say whether an actor may do an action in a project (0: in the workspace)."""
    if actor.scope is not None:
        if action not in _LETS_THROUGH[actor.scope]:
            return False
        is_elsewhere = project_id != actor.scope_project_id or action == "own.manage"
        if actor.scope_project_id and is_elsewhere and action != "own":
            return False
    if action in OF_ONESELF:
        return True
    return bool(roles_in(actor, project_id) & TABLE[action])


def out_of_reach(actor: Actor, roles: Sequence[str], project_id: int) -> str | None:
    """Name the first role that an actor may not give away; None when all are within reach.

    Owners may give every role where they are owners; everybody else only contributor and reviewer.
    """
    if "owner" in roles_in(actor, project_id):
        return None
    return next((role for role in roles if role not in ("contributor", "reviewer")), None)


def valid_until(now: Instant, expires_at: Instant, revoked_at: Instant | None = None) -> bool:
    """Say whether a session, link or token still holds."""
    return now < expires_at and revoked_at is None


def check_password(password: str) -> list[Issue]:
    """List what is wrong with a new password: length only, as NIST SP 800-63B 5.1.1.2 advises."""
    if len(password) < PASSWORD_MIN:
        return [Issue("password", f"Use at least {PASSWORD_MIN} characters; a sentence is fine.")]
    if len(password) > PASSWORD_MAX:
        return [Issue("password", f"Use at most {PASSWORD_MAX} characters.")]
    return []


def address_of(typed: str) -> str:
    """Write an address as accounts keep it: one account has one, however it is typed."""
    return typed.replace("\0", "").strip().lower()


def check_person(email: str | None, display_name: str, country: str) -> list[Issue]:
    """List what is wrong with a new account."""
    issues = []
    if email is not None and not _looks_like_email(email):
        issues.append(Issue("email", f"{email!r} is not an e-mail address."))
    if not display_name.strip() or len(display_name) > 200:
        issues.append(Issue("display_name", _("Give a name of 1 to 200 characters.")))
    if country and not (len(country) == 2 and country.isascii() and country.isupper()):
        issues.append(
            Issue("country", _("Give a country as two capital letters (ISO 3166), as KE."))
        )
    return issues


def check_place(country: str, region: str) -> list[Issue]:
    """List what is wrong with where somebody lives."""
    if not region:
        return []
    if not country:
        return [Issue("region", _("A region needs its country."))]
    if len(region) > 10 or not region.isascii() or not region.isalnum():
        return [Issue("region", _("Give a region by its code, as LND."))]
    return []


def _looks_like_email(email: str) -> bool:
    local, _, domain = email.partition("@")
    return (
        bool(local) and bool(domain) and len(email) <= 320 and not set(email) & set(" \t\r\n,;<>")
    )
