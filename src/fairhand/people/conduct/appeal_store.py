"""SQL of appeals: opening, hearing and ending them, and who reports to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, column, func, select, table, text, update

from fairhand.core.clock import Instant
from fairhand.people.conduct.appeals import Appeal, Review, Reviewer, bosses_of
from fairhand.people.conduct.rules import AppealState, Finding
from fairhand.people.conduct.store import Decision, decision_columns, decision_of
from fairhand.storage.database import Connection, insert
from fairhand.storage.kept import Kept, Row
from fairhand.storage.tables.conduct import appeal, appeal_review, decision, reports_to

_COLUMNS = tuple(appeal.c[name] for name in Appeal.__slots__)
_NAMED = tuple(one.label(f"a_{one.name}") for one in _COLUMNS)
_OF_ID = select(*_COLUMNS).where(appeal.c.id == bindparam("p_id"))
_HELD = _OF_ID.with_for_update()
_OF_KEY = select(*_COLUMNS).where(
    appeal.c.person_id == bindparam("p_person_id"), appeal.c.client_key == bindparam("p_key")
)
_OF_DECISION = select(*_COLUMNS).where(appeal.c.decision_id == bindparam("p_id"))
_REVIEWS = (
    select(*(appeal_review.c[name] for name in Review.__slots__))
    .where(appeal_review.c.appeal_id == bindparam("p_id"))
    .order_by(appeal_review.c.opened_at, appeal_review.c.reviewer_id)
)
_FIND = (
    update(appeal_review)
    .where(
        appeal_review.c.appeal_id == bindparam("p_id"),
        appeal_review.c.reviewer_id == bindparam("p_reviewer_id"),
    )
    .values(
        finding=bindparam("finding"), reason=bindparam("reason"), found_at=bindparam("found_at")
    )
)
_END = (
    update(appeal)
    .where(appeal.c.id == bindparam("p_id"), appeal.c.state == "open")
    .values(
        state=bindparam("state"),
        decided_at=bindparam("decided_at"),
        reason=bindparam("reason"),
        repaired=bindparam("repaired"),
    )
)
_DUE = text(
    "SELECT id FROM appeal WHERE state = 'open' AND answer_by <= :now "
    "ORDER BY answer_by, id LIMIT :most"
)
# An account that was closed or erased: its appeals need nobody's answer any more.
_ORPHANED = text(
    "SELECT a.id FROM appeal AS a JOIN person AS p ON p.id = a.person_id "
    "WHERE a.state = 'open' AND p.state = 'closed' ORDER BY a.id"
)
_FORGET = text("UPDATE appeal SET message = '' WHERE person_id = :person_id")
_NEWS = text(
    "SELECT count(*) FROM decision AS d LEFT JOIN appeal AS a ON a.decision_id = d.id "
    "WHERE d.person_id = :person_id AND d.made_at >= :since AND d.appeal_by > :now "
    "AND d.kind <> 'restored' AND a.id IS NULL"
)
_REPORTS = select(reports_to.c.person_id, reports_to.c.manager_id)
_STATES = select(appeal.c.state, appeal.c.opened_at, appeal.c.decided_at)
_ROLES = text(
    "SELECT p.id, p.is_simulated, m.role FROM person AS p JOIN membership AS m "
    "ON m.person_id = p.id WHERE p.state = 'active' AND m.project_id IN (0, :project_id)"
)
_person = table("person", column("id"), column("display_name"), column("email"), column("locale"))
_project = table("project", column("id"), column("title"))


@dataclass(frozen=True, slots=True)
class ListedDecision:
    """A decision in a list, with the appeal against it and the names that people know."""

    decision: Decision
    appeal: Appeal | None
    person: str
    project: str
    decider: str


KEPT: Final = Kept(appeal)


def all_reviews(connection: Connection) -> Iterator[Row]:
    """Give every place at an appeal, with what was found there."""
    for row in connection.execute(select(appeal_review)).mappings():
        yield dict(row)


def add_appeal(connection: Connection, row: Mapping[str, Any]) -> Appeal | None:
    """Keep a new appeal; None when the decision has one already."""
    added = connection.execute(
        insert(connection, appeal)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["decision_id"])
        .returning(appeal.c.id)
    ).scalar_one_or_none()
    return None if added is None else load_appeal(connection, int(added))


def load_appeal(connection: Connection, appeal_id: int) -> Appeal | None:
    """Load one appeal; None when there is none."""
    return _appeal(connection.execute(_OF_ID, {"p_id": appeal_id}).first())


def hold_appeal(connection: Connection, appeal_id: int) -> Appeal | None:
    """Load one appeal and keep others from ending it until the transaction ends."""
    return _appeal(connection.execute(_HELD, {"p_id": appeal_id}).first())


def find_by_key(connection: Connection, person_id: int, client_key: str) -> Appeal | None:
    """Find what a person opened under a key before."""
    found = {"p_person_id": person_id, "p_key": client_key}
    return _appeal(connection.execute(_OF_KEY, found).first())


def appeal_of(connection: Connection, decision_id: int) -> Appeal | None:
    """Find the appeal against a decision."""
    return _appeal(connection.execute(_OF_DECISION, {"p_id": decision_id}).first())


def reviews_of(connection: Connection, appeal_id: int) -> list[Review]:
    """List who looks at an appeal."""
    return [Review(*row) for row in connection.execute(_REVIEWS, {"p_id": appeal_id})]


def add_review(
    connection: Connection, appeal_id: int, reviewer_id: int, now: Instant, *, is_peer: bool
) -> None:
    """Keep that somebody looks at an appeal; looking again keeps the first moment."""
    row = {
        "appeal_id": appeal_id,
        "reviewer_id": reviewer_id,
        "opened_at": now,
        "is_peer": is_peer,
    }
    connection.execute(insert(connection, appeal_review).values(row).on_conflict_do_nothing())


def set_finding(
    connection: Connection,
    appeal_id: int,
    reviewer_id: int,
    finding: Finding,
    reason: str,
    now: Instant,
) -> None:
    """Keep what somebody found."""
    row = {
        "p_id": appeal_id,
        "p_reviewer_id": reviewer_id,
        "finding": finding,
        "reason": reason.strip(),
        "found_at": now,
    }
    connection.execute(_FIND, row)


def end_appeal(
    connection: Connection,
    appeal_id: int,
    state: AppealState,
    reason: str,
    repaired: Mapping[str, object],
    now: Instant,
) -> None:
    """Write how an appeal ended; ValueError when it had ended before."""
    row = {
        "p_id": appeal_id,
        "state": state,
        "decided_at": now,
        "reason": reason.strip(),
        "repaired": orjson.dumps(repaired).decode(),
    }
    if connection.execute(_END, row).rowcount != 1:
        raise ValueError(f"appeal {appeal_id} has ended before")


def due_appeals(connection: Connection, now: Instant, most: int) -> list[int]:
    """List open appeals whose time to answer is over."""
    return list(connection.execute(_DUE, {"now": now, "most": most}).scalars())


def orphaned_appeals(connection: Connection) -> list[int]:
    """List open appeals of people whose account is closed."""
    return list(connection.execute(_ORPHANED).scalars())


def forget_words(connection: Connection, person_id: int) -> None:
    """Empty what a person wrote in their appeals: their account is gone."""
    connection.execute(_FORGET, {"person_id": person_id})


def load_reports(connection: Connection) -> dict[int, int]:
    """Load who reports to whom."""
    return {row[0]: row[1] for row in connection.execute(_REPORTS)}


def set_boss(connection: Connection, person_id: int, boss_id: int | None, now: Instant) -> None:
    """Write whom somebody reports to; None: to nobody."""
    connection.execute(reports_to.delete().where(reports_to.c.person_id == person_id))
    if boss_id is not None:
        row = {"person_id": person_id, "manager_id": boss_id, "set_at": now}
        connection.execute(reports_to.insert(), row)


def reviewers_in(connection: Connection, project_id: int) -> dict[int, Reviewer]:
    """Load everybody with a role in a project or everywhere, as those who may hear appeals."""
    roles: dict[int, set[str]] = defaultdict(set)
    simulated: dict[int, bool] = {}
    for row in connection.execute(_ROLES, {"project_id": project_id}):
        roles[row.id].add(row.role)
        simulated[row.id] = bool(row.is_simulated)
    reports = load_reports(connection)
    return {
        one: Reviewer(one, frozenset(held), bosses_of(one, reports), simulated[one])
        for one, held in roles.items()
    }


def list_decisions(
    connection: Connection,
    *,
    person_id: int | None = None,
    decision_id: int | None = None,
    appeal_id: int | None = None,
    project_ids: frozenset[int] | None = None,
    open_only: bool = False,
    appealed_only: bool = False,
    most: int = 200,
) -> list[ListedDecision]:
    """List decisions with their appeals: open ones by deadline, else the newest first."""
    chosen = _listed()
    if person_id is not None:
        chosen = chosen.where(decision.c.person_id == person_id)
    if decision_id is not None:
        chosen = chosen.where(decision.c.id == decision_id)
    if appeal_id is not None:
        chosen = chosen.where(appeal.c.id == appeal_id)
    if project_ids is not None:
        chosen = chosen.where(decision.c.project_id.in_(sorted(project_ids)))
    if appealed_only:
        chosen = chosen.where(appeal.c.id.is_not(None))
    if open_only:
        chosen = chosen.where(appeal.c.state == "open").order_by(appeal.c.answer_by, appeal.c.id)
    else:
        chosen = chosen.order_by(decision.c.made_at.desc(), decision.c.id.desc())
    return [_row(row) for row in connection.execute(chosen.limit(most)).mappings()]


def count_news(connection: Connection, person_id: int, since: Instant, now: Instant) -> int:
    """Count decisions about a person since a moment that they could appeal and have not."""
    found = {"person_id": person_id, "since": since, "now": now}
    return int(connection.execute(_NEWS, found).scalar_one())


def count_states(connection: Connection) -> list[tuple[str, Instant, Instant | None]]:
    """Give state, opening and end of every appeal; it names nobody."""
    return [(row[0], row[1], row[2]) for row in connection.execute(_STATES)]


def names_in(connection: Connection, person_id: int) -> tuple[str, ...]:
    """Give the names and addresses by which a person could be known again."""
    chosen = select(_person.c.display_name, _person.c.email).where(_person.c.id == person_id)
    row = connection.execute(chosen).first()
    if row is None:
        return ()
    return tuple(
        word
        for word in (row[0], *row[0].split(), row[1] or "", (row[1] or "").split("@")[0])
        if word
    )


def list_titles(connection: Connection) -> list[tuple[int, str]]:
    """List projects: number and title."""
    chosen = select(_project.c.id, _project.c.title).order_by(_project.c.id)
    return [(row[0], row[1]) for row in connection.execute(chosen)]


def _listed() -> Any:  # noqa: ANN401  # a Select
    decider = _person.alias("decider")
    return (
        select(
            *decision_columns(),
            *_NAMED,
            _person.c.display_name.label("person"),
            func.coalesce(_project.c.title, "").label("project"),
            func.coalesce(decider.c.display_name, "").label("decider"),
        )
        .join_from(decision, _person, _person.c.id == decision.c.person_id)
        .outerjoin(_project, _project.c.id == decision.c.project_id)
        .outerjoin(decider, decider.c.id == decision.c.decider_id)
        .outerjoin(appeal, appeal.c.decision_id == decision.c.id)
    )


def _row(row: Any) -> ListedDecision:  # noqa: ANN401  # a result row by name
    heard = None
    if row["a_id"] is not None:
        heard = _appeal([row[f"a_{name}"] for name in Appeal.__slots__])
    return ListedDecision(decision_of(row), heard, row["person"], row["project"], row["decider"])


def _appeal(row: Iterable[Any] | None) -> Appeal | None:
    if row is None:
        return None
    values = dict(zip(Appeal.__slots__, row, strict=True))
    return Appeal(**{**values, "repaired": orjson.loads(values["repaired"])})
