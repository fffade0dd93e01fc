"""Somebody is asked in: an account, roles, and a one-time link that is shown once."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import Actor, check_person, may, out_of_reach
from fairhand.people.readiness import store as readiness
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.put_letters import Outbox

ROLES = ("owner", "manager", "reviewer", "trainer", "contributor", "auditor")


@dataclass(frozen=True, slots=True)
class InvitePerson:
    """Who is asked in, and for what (project 0: the whole workspace)."""

    email: str | None
    display_name: str
    roles: tuple[str, ...] = ("contributor",)
    project_id: int = 0
    country: str = ""
    region: str = ""
    locale: str = "en"
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class Invited:
    """The account and the secret of its link."""

    person_id: int
    token: str


def invite_person(
    db: Database,
    command: InvitePerson,
    now: Instant,
    *,
    link_hours: int,
    by: Actor | None = None,
    outbox: Outbox | None = None,
) -> Invited:
    """Add an account, give roles, make a sign-in link.

    With an outbox, who has an address is written to.
    `by` is who asks (None: the administrator at the machine). Raises ForbiddenError when they give
    away more than they have, ConflictError for an address that has an account already: a link signs
    in, so nobody may make one for an account that is not new.
    """
    if by is not None and not may(by, "people.invite", command.project_id):
        raise ForbiddenError("You cannot invite anybody here.")
    if by is not None and (beyond := out_of_reach(by, command.roles, command.project_id)):
        raise ForbiddenError(
            f"You cannot give the role {beyond} here: you do not have it yourself."
        )
    issues = check_person(command.email, command.display_name, command.country)
    issues += [
        Issue("roles", f"{role!r} is not a role; choose from {', '.join(ROLES)}.")
        for role in command.roles
        if role not in ROLES
    ]
    if issues:
        raise InvalidError("This person cannot be invited like this.", issues=issues)
    with db.write() as connection:
        person_id = store.create_person(
            connection,
            email=command.email,
            display_name=command.display_name.strip(),
            locale=command.locale,
            country=command.country,
            region=command.region,
            is_simulated=command.is_simulated,
            now=now,
        )
        if person_id is None:
            raise ConflictError(
                f"{command.email} has an account already. Give it another role with "
                "`fairhand role`, or a new link with `fairhand link`.",
                code="email_taken",
            )
        pilots = readiness.running_pilots(connection, command.project_id)
        for role in command.roles:
            store.add_role(connection, person_id, role, command.project_id, now)
            for pilot_id in pilots:
                store.add_role(connection, person_id, role, pilot_id, now)
        token = store.create_link(connection, person_id, now, link_hours)
        if outbox is not None and command.email and not command.is_simulated:
            to = (person_id, command.email, command.locale)
            outbox.put_link(connection, "invitation", to, ("/sign-in/", token, link_hours), now)
        body = {
            "person": person_id,
            "roles": list(command.roles),
            "project": command.project_id,
            "simulated": command.is_simulated,
        }
        log.append(connection, "person.invited", body, now, person_id)
    return Invited(person_id, token)
