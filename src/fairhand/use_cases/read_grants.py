"""What somebody permitted: their grants, each as a record, in words, and as a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import NotFoundError
from fairhand.core.words import words_for
from fairhand.formats.consent_record import ConsentRecord, Event, dump_receipt
from fairhand.formats.odrl import Policy
from fairhand.pay.paper.sheet import Part, Row, Sheet
from fairhand.people.campaigns.law_packs import load_law_pack
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent.grant_store import DataGrant
from fairhand.people.consent.notice_store import Notice
from fairhand.people.consent.notices import NoticeTerms
from fairhand.people.consent.words import RecordWords, record_words
from fairhand.people.contributions import store as contributions
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """A grant with the campaign it is for, its record, and its words; `given` counts things."""

    grant: DataGrant
    title: str
    record: ConsentRecord
    words: RecordWords
    is_living: bool
    given: int

    def receipt(self, now: Instant) -> dict[str, Any]:
        """Write the receipt: the record as JSON-LD in a header of its own."""
        return dump_receipt(self.record, f"{self.grant.uid}:{now}", now)

    def pdf(self, now: Instant) -> bytes:
        """Draw the receipt as a PDF, from the same words as its page."""
        from fairhand.pay.paper.pdf import make_pdf

        return make_pdf(_sheet(self, now), words_for("en"))


@dataclass(frozen=True, slots=True)
class OwnGrants:
    """Everything that somebody permitted, newest first, and the campaigns they said no to."""

    grants: tuple[OwnGrant, ...]
    refused: tuple[tuple[int, str], ...]


def read_grants(db: Database, person_id: int, now: Instant) -> OwnGrants:
    """List what somebody permitted, ended ones too."""
    with db.read() as connection:
        own = grants.list_own(connection, person_id)
        refused = sorted(grants.list_refused(connection, person_id))
        return OwnGrants(
            tuple(_own(connection, one, now) for one in own),
            tuple((one, _title(connection, one)) for one in refused),
        )


def read_grant(db: Database, person_id: int | None, grant_id: int, now: Instant) -> OwnGrant:
    """Load one grant of somebody; NotFoundError for another's. None: whoever runs the workspace."""
    with db.read() as connection:
        grant = grants.load_grant(connection, grant_id)
        if grant is None or person_id not in (None, grant.person_id):
            raise NotFoundError(f"There is no grant {grant_id} of yours.")
        return _own(connection, grant, now)


def _own(connection: Connection, grant: DataGrant, now: Instant) -> OwnGrant:
    notice = notices.load_notice(connection, grant.notice_id)
    assert notice is not None  # noqa: S101  # a foreign key
    record = _record(grant, notice, now)
    given = contributions.count_under(connection, grant.id)
    title = _title(connection, grant.project_id)
    return OwnGrant(grant, title, record, record_words(record), grant.is_living(now), given)


def _title(connection: Connection, project_id: int) -> str:
    project = projects.load_project(connection, project_id)
    return project.title if project else f"campaign {project_id}"


def _record(grant: DataGrant, notice: Notice, now: Instant) -> ConsentRecord:
    terms = notice.terms
    pack = load_law_pack(terms.law_pack)
    complain = (one for one in pack.rights if one.startswith("complain to "))
    return ConsentRecord(
        uid=grant.uid,
        person=f"urn:fairhand:person:{grant.person_id}",
        policy=_policy(grant, terms),
        notice={
            "version": notice.version,
            "language": notice.language,
            "sha256": notice.sha256,
            "rendering": grant.rendering,
            "published_at": notice.published_at,
        },
        controller=terms.controller,
        needed=terms.needed.get(grant.modality, ()),
        processing=("collecting", "checking", "keeping under a key of your own", "releasing"),
        storage=terms.storage or (f"where {terms.controller['name']} runs this service",),
        retention_days=terms.retention_days,
        withdrawal=terms.withdrawal,
        rights=pack.rights,
        authority=next(complain, "complain to the data protection authority")[12:],
        law=pack.summary,
        pay=terms.pay,
        royalty=terms.royalty or "No share of later income is promised.",
        understanding=grant.check_result,
        events=tuple(_events(grant, now)),
        guardian=grant.guardian,
        proxy=grant.proxy,
        log_event=grant.event_id,
    )


def _policy(grant: DataGrant, terms: NoticeTerms) -> Policy:
    return Policy(
        uid=f"urn:uuid:{grant.uid}",
        kind="Agreement",
        target=f"urn:fairhand:campaign:{grant.project_id}:{grant.modality}",
        assigner=f"urn:fairhand:person:{grant.person_id}",
        terms=grant.terms(),
        assignee=terms.controller["name"],
    )


def _events(grant: DataGrant, now: Instant) -> list[Event]:
    """What happened, in order: given, ended purpose by purpose, replaced or over."""
    who = f"urn:fairhand:person:{grant.person_id}"
    agreed = who if grant.guardian is None else f"{who} by {grant.guardian['name']}"
    found = [Event("given", grant.granted_at, agreed, tuple(grant.purposes))]
    ended: dict[Instant, list[str]] = {}
    for name, at in grant.purposes.items():
        if at is not None:
            ended.setdefault(at, []).append(name)
    found += [Event("withdrawn", at, who, tuple(many)) for at, many in sorted(ended.items())]
    left = tuple(name for name, at in grant.purposes.items() if at is None)
    if not left:
        return found
    if grant.withdrawn_at is not None:
        found.append(Event("withdrawn", grant.withdrawn_at, who, left))
    elif grant.replaced_by is not None and grant.ended_at is not None:
        found.append(Event("replaced", grant.ended_at, who, left))
    elif now >= grant.ends_at:
        found.append(Event("expired", grant.ends_at, "time", left))
    return found


def _sheet(own: OwnGrant, now: Instant) -> Sheet:
    """Lay the words of a record out as statements are, for the same drawing."""
    words = own.words
    return Sheet(
        language="en",
        title=f"Receipt: what you permitted of {words.what}",
        about=(own.title, f"Written {iso(now)[:16].replace('T', ' ')} UTC"),
        to_pay_title="Until",
        to_pay=words.until,
        lines_title="What you permitted",
        rows=tuple(
            Row(
                n=n,
                project=one.words,
                what="needed to take part" if one.needed else "an extra",
                how="",
                amount="permitted" if one.ended_at is None else f"ended {iso(one.ended_at)[:10]}",
                notes=(),
                evidence=(),
                may_be_disputed=False,
            )
            for n, one in enumerate(words.lines, start=1)
        ),
        parts=tuple(Part(one.title, one.facts) for one in words.parts),
        is_simulated=False,
        made_at=now,
    )
