"""SQL of the export of one's own pay: every kind of record, a chunk at a time, in a stable order.

Reading in chunks by key keeps no transaction open while a slow phone downloads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    column,
    select,
    table,
)

from fairhand.core.clock import Instant, iso
from fairhand.storage.tables.pay import accrual, period_entry, statement, time_event
from fairhand.storage.tables.pay_office import (
    booking,
    pay_dispute,
    pay_note,
    payout,
    payout_batch,
    payout_event,
    payout_method,
    royalty_share,
    usage_event,
)

AT_ONCE: Final = 5_000
_project = table("project", column("id"), column("title"))
_PERSON: Final[BindParameter[int]] = bindparam("p_person_id")
_INSTANTS: Final = frozenset(
    ("at", "started_at", "ended_at", "opened_at", "answer_by", "decided_at", "state_at",
     "created_at", "superseded_at", "happened_at", "starts_at", "ends_at", "made_at")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Kind:
    """Records of one kind: the query for one person's, and the column that orders them."""

    query: Select[Any]
    key: ColumnElement[int]


_ACCRUALS = (
    select(
        accrual.c.entry_id,
        accrual.c.project_id,
        _project.c.title.label("project_title"),
        case((accrual.c.activity == "top_up", "top_up"), else_=accrual.c.basis).label("basis"),
        accrual.c.activity,
        accrual.c.started_at,
        accrual.c.ended_at,
        accrual.c.paid_ms,
        accrual.c.currency,
        accrual.c.rate_micros_per_hour,
        accrual.c.quantity,
        accrual.c.unit_micros,
        accrual.c.amount_micros,
        accrual.c.annotation_id,
        period_entry.c.period_id,
        period_entry.c.floor_minor_per_hour,
        statement.c.id.label("statement_id"),
        pay_note.c.note,
    )
    .select_from(
        accrual.join(_project, _project.c.id == accrual.c.project_id)
        .outerjoin(period_entry, period_entry.c.entry_id == accrual.c.entry_id)
        .outerjoin(
            statement,
            (statement.c.person_id == accrual.c.person_id)
            & (statement.c.period_id == period_entry.c.period_id)
            & (statement.c.currency == accrual.c.currency),
        )
        .outerjoin(pay_note, pay_note.c.entry_id == accrual.c.entry_id)
    )
    .where(accrual.c.person_id == _PERSON)
)
_PAYOUTS = (
    select(
        payout.c.id,
        payout_batch.c.rail,
        payout.c.method_id,
        payout.c.currency,
        payout.c.amount_minor,
        payout.c.end_to_end_id,
        payout.c.state,
        payout.c.state_at,
        payout.c.reference,
        payout.c.reason,
    )
    .join_from(payout, payout_batch, payout_batch.c.id == payout.c.batch_id)
    .where(payout.c.person_id == _PERSON)
)
_PAYOUT_EVENTS = (
    select(
        payout_event.c.id,
        payout_event.c.payout_id,
        payout_event.c.state,
        payout_event.c.at,
        payout_event.c.entry_id,
    )
    .join_from(payout_event, payout, payout.c.id == payout_event.c.payout_id)
    .where(payout.c.person_id == _PERSON)
)
_ROYALTIES = (
    select(
        royalty_share.c.usage_id,
        usage_event.c.project_id,
        usage_event.c.kind,
        usage_event.c.happened_at,
        usage_event.c.currency,
        royalty_share.c.amount_micros,
        royalty_share.c.why,
        royalty_share.c.entry_id,
    )
    .join_from(royalty_share, usage_event, usage_event.c.id == royalty_share.c.usage_id)
    .where(royalty_share.c.person_id == _PERSON)
)


def _all_of(source: Any, *left_out: str) -> Select[Any]:  # noqa: ANN401  # a Table
    kept = [one for one in source.c if one.name not in ("person_id", *left_out)]
    return select(*kept).where(source.c.person_id == _PERSON)


KINDS: Final[Mapping[str, _Kind]] = {
    "earnings": _Kind(_ACCRUALS, accrual.c.entry_id),
    "time-events": _Kind(_all_of(time_event), time_event.c.id),
    "disputes": _Kind(_all_of(pay_dispute, "client_key"), pay_dispute.c.id),
    "bookings": _Kind(_all_of(booking), booking.c.id),
    "payout-methods": _Kind(_all_of(payout_method), payout_method.c.id),
    "payouts": _Kind(_PAYOUTS, payout.c.id),
    "payout-events": _Kind(_PAYOUT_EVENTS, payout_event.c.id),
    "royalties": _Kind(_ROYALTIES, royalty_share.c.usage_id),
}
"""What an export holds beside statements and bundles, by the names of its files."""

_CHUNKS: Final = {
    name: kind.query.where(kind.key > bindparam("p_after")).order_by(kind.key).limit(AT_ONCE)
    for name, kind in KINDS.items()
}


def columns_of(name: str) -> list[str]:
    """Name the columns of a kind, in their order."""
    return [str(one.name) for one in KINDS[name].query.selected_columns]


def load_chunk(
    connection: Connection, name: str, person_id: int, after: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Load the records after a key, and the key to go on after; None when these are the last."""
    rows = connection.execute(_CHUNKS[name], {"p_person_id": person_id, "p_after": after}).all()
    names = columns_of(name)
    found = [dict(_told(names, row)) for row in rows]
    key = names.index(str(KINDS[name].key.name))
    return found, rows[-1][key] if len(rows) == AT_ONCE else None


def _told(names: list[str], row: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # a Row
    for name, value in zip(names, row, strict=True):
        is_instant = name in _INSTANTS and value is not None
        yield name, iso(Instant(value)) if is_instant else value
