"""Contracts as their person reads them, and as those who write them do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.people.consent import store as consent
from fairhand.people.council import contract_store, store
from fairhand.people.council.contract_store import Accepted
from fairhand.people.council.contracts import Contract, Finding, changes, in_force, lint
from fairhand.people.council.rules import Proposal
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects

Changes = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OwnContract:
    """What holds for one person in one place, what they accepted, and what they are asked now."""

    place: str
    accepted: Contract | None
    accepted_at: Instant | None
    current: Contract  # the newest version, which may be still to come
    changed: Changes  # from what was accepted to the newest

    @property
    def is_asked(self) -> bool:
        """Say whether the person has not accepted the newest version."""
        return self.accepted is None or self.accepted.id != self.current.id


@dataclass(frozen=True, slots=True)
class OneContract:
    """A version with what the linter says of it, and how many accepted it."""

    contract: Contract
    place: str
    findings: tuple[Finding, ...]
    accepted: int
    holds: bool


@dataclass(frozen=True, slots=True)
class Contracts:
    """All versions, newest first, and what waits for the council."""

    listed: tuple[OneContract, ...]
    waiting: tuple[Proposal, ...]
    projects: tuple[tuple[int, str], ...]


def read_own_contracts(db: Database, person_id: int, locale: str) -> list[OwnContract]:
    """Read what one person works under, in their language where there is one."""
    with db.read() as connection:
        joined = consent.list_joined(connection, person_id)
        mine = [0, *sorted({*joined, *_to_join(connection)})]
        accepted = contract_store.list_accepted(connection, person_id)
        known = {place: contract_store.list_contracts(connection, place) for place in mine}
        titles = _titles(connection)
    found = (_own(known[place], accepted, titles.get(place, ""), locale) for place in mine)
    return [one for one in found if one is not None]


def read_contracts(db: Database, now: Instant) -> Contracts:
    """Read all contracts, for those who write them."""
    with db.read() as connection:
        known = contract_store.list_contracts(connection)
        counts = contract_store.count_accepted(connection)
        waiting = store.list_proposals(connection, state="waiting", kind="contract")
        titles = _titles(connection)
    listed = [
        OneContract(
            one,
            titles.get(one.project_id, ""),
            tuple(lint(one.body, one.locale)),
            counts.get(one.id, 0),
            in_force([each for each in known if _same(each, one)], now) == one,
        )
        for one in sorted(known, key=lambda one: -one.id)
    ]
    return Contracts(tuple(listed), tuple(waiting), tuple(titles.items()))


def _own(
    known: Sequence[Contract], accepted: Sequence[Accepted], place: str, locale: str
) -> OwnContract | None:
    if not known:
        return None
    locales = {one.locale for one in known}
    wanted = [locale, locale.split("-")[0], "en", *sorted(locales)]
    chosen = next(one for one in wanted if one in locales)
    current = max((one for one in known if one.locale == chosen), key=lambda one: one.version)
    by_id = {one.id: one for one in known}
    mine = [one for one in accepted if one.contract_id in by_id]
    last = max(mine, key=lambda one: (one.at, one.contract_id), default=None)
    before = None if last is None else by_id[last.contract_id]
    return OwnContract(
        place,
        before,
        None if last is None else last.at,
        current,
        changes(before.body, current.body) if before and before.id != current.id else (),
    )


def _to_join(connection: Connection) -> list[int]:
    """Those who may join have to be able to read first."""
    return [one.id for one in projects.list_projects(connection) if one.mode != "closed"]


def _same(one: Contract, other: Contract) -> bool:
    return (one.project_id, one.locale) == (other.project_id, other.locale)


def _titles(connection: Connection) -> dict[int, str]:
    return {0: "everywhere"} | {one.id: one.title for one in projects.list_projects(connection)}
