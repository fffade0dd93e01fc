"""Compare what the tables say with what the log said when it happened.

The log is what others hold copies of, so it cannot be rewritten unseen. A table can be, by whoever
has the database's own password; then the two no longer say the same, and this names where.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import Issue
from fairhand.pay.evidence import store as statements
from fairhand.pay.statement.rules import exact_amount
from fairhand.people.accounts import erasure_store as erasures
from fairhand.people.consent import store as consent
from fairhand.people.contributions import store as contributions
from fairhand.proof.log.bodies import Lines, Told
from fairhand.proof.release import store as releases
from fairhand.storage.database import Connection
from fairhand.use_cases.read_conduct_audit import audit_conduct
from fairhand.use_cases.read_floor_audit import audit_floors
from fairhand.use_cases.read_grant_audit import audit_grants
from fairhand.use_cases.read_held_rows import ONLY_LOGGED, ONLY_STORED, Held, Said, hold
from fairhand.use_cases.read_pay_audit import audit_pay
from fairhand.use_cases.read_payout_audit import audit_payouts
from fairhand.use_cases.read_policy_audit import audit_policies
from fairhand.use_cases.read_role_audit import audit_roles
from fairhand.work.annotations import store as answers


def audit_records(connection: Connection) -> Iterator[Issue]:
    """Compare the tables with the log's lines; warnings count what was logged in part."""
    lines, erased = Lines(connection), erasures.list_erased(connection)
    for name, found in {
        "erasures": _erasures(lines),
        "answers": _answers(lines, erased),
        "agreements": _agreements(lines, erased),
        "statements": _statements(lines),
        "releases": _releases(lines),
        "wage floors": audit_floors(lines),
        "pay": audit_pay(lines, erased),
        "roles": audit_roles(lines),
        "decisions": audit_conduct(lines, erased),
        "grants": audit_grants(lines, erased),
        "payouts": audit_payouts(lines, erased),
        "policies": audit_policies(lines, erased),
    }.items():
        try:
            yield from found
        except (KeyError, TypeError, ValueError, AttributeError):
            # The log's own check names the line; the other tables are looked at all the same.
            yield Issue(name, "a line of the log cannot be read, so they are not held to it")


_ERASURES: Final = Held(
    name="erasures",
    kept=erasures.KEPT,
    kinds={"person.erased": lambda _one, body: [Said((int(body["erasure"]),))]},
    at="asked_at",
    place=lambda row: f"erasure {row['id']}",
)


def _erasures(lines: Lines) -> Iterator[Issue]:
    """Lines may be emptied for who is erased alone, so nobody else may be said to be."""
    yield from hold(lines, _ERASURES, ())
    for person_id in erasures.list_alive(lines.connection):
        yield Issue(f"person {person_id}", "an erasure names them, and their account is alive")


def _answers(lines: Lines, erased: set[int]) -> Iterator[Issue]:
    seen = bytearray(answers.highest_id(lines.connection) + 1)
    for page in lines.pages("annotation.submitted"):
        told = [(one, one.body) for one in page if one.body is not None]
        numbers = [int(body["annotation"]) for _, body in told]
        kept = answers.load_sent(lines.connection, numbers)
        given = contributions.answers_given(lines.connection, numbers)
        for (one, body), number in zip(told, numbers, strict=True):
            place = f"annotation {number}"
            if (stored := kept.get(number)) is None:
                yield Issue(place, ONLY_LOGGED)
                continue
            seen[number] = 1
            # What people give of themselves is examined, made unrecognisable, and taken back.
            if number not in given and stored.value_sha256 != body["value_sha256"]:
                yield Issue(place, "its answer is not the one that was sent: the log has another")
            if (stored.person_id, stored.task_id) != (body["person"], body["task"]):
                yield Issue(place, _whose(body))
            yield from _dated(place, stored.submitted_at, one.at)
    for number in answers.numbers_not_of(lines.connection, erased):
        if not seen[number]:
            yield Issue(f"annotation {number}", ONLY_STORED)


def _whose(body: dict[str, Any]) -> str:
    return f"the log says that it is person {body['person']}'s, about task {body['task']}"


def _dated(place: str, stored: Instant | None, logged: Instant) -> Iterator[Issue]:
    if stored != logged:
        said = "none" if stored is None else iso(stored)
        yield Issue(place, f"its time in the tables is {said}, and in the log {iso(logged)}")


def _agreements(lines: Lines, erased: set[int]) -> Iterator[Issue]:
    kept = {one.id: one for one in consent.list_agreements(lines.connection)}
    unseen = {number for number, one in kept.items() if one.person_id not in erased}
    for page in lines.pages("project.joined"):
        for one in page:
            if one.body is None:
                continue
            number = int(one.body["grant"])
            place = f"agreement {number}"
            stored = kept.get(number)
            unseen.discard(number)
            if stored is None:
                yield Issue(place, ONLY_LOGGED)
                continue
            if not stored.notice_holds or stored.notice_sha256 != one.body["notice_sha256"]:
                yield Issue(place, "its words are not those that were agreed to")
            if (stored.person_id, stored.project_id) != (one.body["person"], one.body["project"]):
                who, where = one.body["person"], one.body["project"]
                yield Issue(place, f"the log says that it is person {who}'s, in project {where}")
            yield from _dated(place, stored.granted_at, one.at)
    yield from (Issue(f"agreement {number}", ONLY_STORED) for number in sorted(unseen))
    yield from _left(lines, list(kept.values()))


def _left(lines: Lines, kept: list[consent.Agreement]) -> Iterator[Issue]:
    """Who left has ended every agreement that they had given in that project until then."""
    by_place: dict[tuple[int, int], list[consent.Agreement]] = {}
    for agreement in kept:
        by_place.setdefault((agreement.person_id, agreement.project_id), []).append(agreement)
    for page in lines.pages("project.left"):
        for one in page:
            for agreement in by_place.get(_who_left(one), ()):
                ended = agreement.withdrawn_at
                if agreement.granted_at <= one.at and (ended is None or ended > one.at):
                    words = f"the log says that person {agreement.person_id} left project "
                    words += f"{agreement.project_id} on {iso(one.at)}; here it goes on"
                    yield Issue(f"agreement {agreement.id}", words)


def _who_left(one: Told) -> tuple[int, int]:
    body = one.body or {}
    person = body.get("person", one.person_id)
    return int(person or 0), int(body.get("project", one.project_id) or 0)


def _statements(lines: Lines) -> Iterator[Issue]:
    named = {
        sha256
        for page in lines.pages("pay.statement_made")
        for one in page
        if one.body is not None
        for sha256 in one.body["statements"]
    }
    for stored in statements.iter_figures(lines.connection):
        place = f"statement {stored.id}"
        if stored.sha256 not in named:
            yield Issue(place, ONLY_STORED)
        named.discard(stored.sha256)
        if not _is_as_written(stored):
            yield Issue(place, "its figures are not those of the text that the person was given")
    yield from (Issue(f"statement {sha256[:12]}", ONLY_LOGGED) for sha256 in sorted(named))


def _is_as_written(stored: statements.Figures) -> bool:
    try:
        totals = orjson.loads(stored.body)["totals"]
    except (ValueError, KeyError, TypeError):
        return False
    kept = {
        "paid_ms": stored.paid_ms,
        "gross": exact_amount(stored.accrued_micros + stored.top_up_micros, stored.currency),
        "top_up": exact_amount(stored.top_up_micros, stored.currency),
        "carried_out": exact_amount(stored.carry_micros, stored.currency),
    }
    return all(totals.get(name, figure) == figure for name, figure in kept.items())


def _releases(lines: Lines) -> Iterator[Issue]:
    kept = {(one.project_id, one.version): one for one in releases.list_logged(lines.connection)}
    for page in lines.pages("release.made"):
        for one in page:
            if one.body is None:
                continue
            project, version = int(one.body["project"]), int(one.body["version"])
            place = f"release v{version} of project {project}"
            stored = kept.pop((project, version), None)
            if stored is None:
                yield Issue(place, ONLY_LOGGED)
            elif (stored.manifest_sha256, stored.event_id) != (
                one.body["manifest_sha256"],
                one.event_id,
            ):
                yield Issue(place, "its manifest is not the one that the log has")
            elif any(
                (stored.stats or {}).get(name, said) != said for name, said in one.body.items()
            ):
                yield Issue(place, "its figures are not those that the log has")
    for project, version in kept:
        yield Issue(f"release v{version} of project {project}", ONLY_STORED)
