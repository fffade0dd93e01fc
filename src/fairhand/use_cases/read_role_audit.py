"""Hold everybody's roles to the log: who may do what was given by a story, and taken by one.

Roles in a pilot are copies of those in its project, so a pilot adds nothing to what somebody may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import Issue
from fairhand.people.accounts import store as accounts
from fairhand.people.readiness import store as readiness
from fairhand.people.sign_on.rules import grants_of_words
from fairhand.proof.log.bodies import Lines, Told
from fairhand.use_cases.read_held_rows import ONLY_LOGGED, differs

_KINDS: Final = (
    "workspace.created",
    "person.invited",
    "person.role_given",
    "project.created",
    "claims.asked",
    "pilot.started",
    "person.signed_in",
    "person.identity_linked",
    "person.identity_ended",
)
_Role = tuple[int, int, str]
"""Whose, in which project (0: everywhere), which."""


@dataclass(frozen=True, slots=True)
class _Given:
    source: str
    at: Instant


def audit_roles(lines: Lines) -> Iterator[Issue]:
    """Name roles that the log did not give, and those that it gave and the tables have not."""
    given: dict[_Role, _Given] = {}
    pilots: dict[int, int] = {}
    emptied: set[Instant] = set()
    for kind, one in lines.in_order(_KINDS):
        if one.body is None:
            if kind == "pilot.started":
                emptied.add(one.at)
            continue
        if kind == "pilot.started":
            pilots[int(one.body["pilot"])] = int(one.body["project"])
        _follow(given, kind, one, one.body)
    for pilot, (project, at) in readiness.all_pilots(lines.connection).items():
        if at in emptied:  # whoever started it is erased
            pilots.setdefault(pilot, project)
    yield from _compared(lines, given, pilots)


def _follow(given: dict[_Role, _Given], kind: str, one: Told, body: dict[str, Any]) -> None:
    """Let one line give and take."""
    for role in _by_hand(kind, one, body):
        before = given.get(role)
        given[role] = _Given("given", one.at if before is None else before.at)
    person = int(body.get("person") or 0)
    for project, name in grants_of_words(body.get("roles_given", ())):
        given.setdefault((person, project, name), _Given("group", one.at))
    for project, name in grants_of_words(body.get("roles_taken", ())):
        if (found := given.get((person, project, name))) and found.source == "group":
            del given[person, project, name]


def _by_hand(kind: str, one: Told, body: dict[str, Any]) -> Iterable[_Role]:
    match kind:
        case "workspace.created":
            return [(int(body["owner"]), 0, role) for role in ("owner", "manager")]
        case "person.invited":
            return [(int(body["person"]), int(body["project"]), role) for role in body["roles"]]
        case "person.role_given":
            return [(int(body["person"]), int(body["project"]), str(body["role"]))]
        case "project.created" | "claims.asked" | "pilot.started":
            owner = int(body.get("owner") or one.person_id or 0)
            name = {"claims.asked": "claims_project", "pilot.started": "pilot"}.get(kind, "project")
            return [(owner, int(body[name]), "owner")]
        case _:
            return []


def _compared(lines: Lines, given: dict[_Role, _Given], pilots: dict[int, int]) -> Iterator[Issue]:
    stored: set[_Role] = set()
    for row in accounts.ROLES_KEPT.each(lines.connection):
        role: _Role = row["person_id"], row["project_id"], row["role"]
        stored.add(role)
        said = given.get(role)
        if said is None:
            of_project = pilots.get(role[1])
            if of_project is None or (role[0], of_project, role[2]) not in given:
                yield Issue(_place(role), "the tables have it, and no line of the log gave it")
        elif row["created_at"] != said.at and role[1] not in pilots:
            words = f"its time in the tables is {iso(row['created_at'])}, and in the log "
            yield Issue(_place(role), f"{words}{iso(said.at)}")
        elif row["source"] != said.source and role[1] not in pilots:
            yield Issue(_place(role), differs("source", row["source"], said.source))
    for role in sorted(set(given) - stored):
        yield Issue(_place(role), ONLY_LOGGED)


def _place(role: _Role) -> str:
    person, project, name = role
    where = f" in project {project}" if project else ""
    return f"role {name} of person {person}{where}"
