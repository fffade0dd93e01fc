"""Somebody permits what they ticked, and takes part: grants and enrolment in one act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant, iso
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.core.words import later as _
from fairhand.model.licence import WORLDWIDE
from fairhand.pay.royalties.rules import terms_in_force
from fairhand.pay.royalties.store import list_terms
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign, Profile, check_profile
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent import store as consent
from fairhand.people.consent.grant_store import DataGrant, NewGrant
from fairhand.people.consent.notice_store import Notice, Reading
from fairhand.people.consent.notices import MOST_DAYS, PURPOSE_WORDS, NoticeTerms
from fairhand.people.contributions import store as contributions
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.join_project import JoinProject, join_within
from fairhand.use_cases.read_notice import live_notice
from fairhand.use_cases.withdraw_grant import end_over, note_withdrawal

_GUARDIAN = ("name", "relation", "contact")


@dataclass(frozen=True, slots=True)
class GiveGrants:
    """What was ticked. `days` is the term; `territory` empty: wherever the notice says.

    `guardian` is who agrees for somebody too young to: name, relation, contact. `proxy` is who may
    act for the person from now on.
    """

    person_id: int
    project_id: int
    notice_id: int
    ticked: Mapping[str, tuple[str, ...]]
    days: int
    rendering: str
    territory: tuple[str, ...] = ()
    is_minor: bool = False
    guardian: Mapping[str, str] | None = None
    proxy: Mapping[str, str] | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The grants that were made, by modality, and the receipt's line in the log."""

    grant_ids: Mapping[str, int]
    event_id: int
    joined: bool


def give_grants(db: Database, command: GiveGrants, now: Instant) -> Given:
    """Keep the grants, enrol the person, and write one line; a newer grant replaces the older.

    Raises ConflictError when the notice changed or expired, ForbiddenError (`guardian_needed`)
    for somebody too young without a guardian, InvalidError for what the notice does not offer or
    what it cannot do without, and whatever join_project refuses.
    """
    with db.write() as connection:
        notice = live_notice(connection, command.notice_id, now)
        campaign = campaigns.load_campaign(connection, command.project_id)
        if campaign is None or notice.project_id != command.project_id:
            raise NotFoundError(f"There is no campaign {command.project_id}.")
        reading = _understood(connection, command, notice)
        if issues := grant_issues(command, notice.terms):
            raise InvalidError(issues[0].message, issues=issues)
        _check_guardian(command, campaign)
        if command.profile is not None:
            if issues := check_profile(command.profile):
                raise InvalidError(issues[0].message, issues=issues)
            campaigns.save_profile(
                connection, command.person_id, command.project_id, command.profile, now
            )
        own = grants.list_own(connection, command.person_id, command.project_id)
        for one in own:
            if one.ends_at <= now and one.is_open:
                end_over(connection, one, now)  # nothing of it comes under the new words
        before = {one.modality: one for one in own if one.is_living(now)}
        made = _keep(connection, command, notice, reading, now)
        _follow(connection, before, made, now)
        grants.forget_refusal(connection, command.person_id, command.project_id)
        joined = _join(connection, command, now)
        body = {
            "project": command.project_id,
            "person": command.person_id,
            "notice_sha256": notice.sha256,
            "grants": made,
            "ticked": {one: sorted(many) for one, many in sorted(command.ticked.items()) if many},
            "ends_at": iso(_ends(command, now)),
            "territory": sorted(command.territory or notice.terms.territories),
        }
        event = log.append(
            connection, "grant.given", body, now, command.person_id, command.project_id
        )
        grants.set_event(connection, made.values(), event.id)
    return Given(made, event.id, joined)


def grant_issues(command: GiveGrants, terms: NoticeTerms) -> list[Issue]:
    """Report ticks that the notice does not offer, and what it cannot do without."""
    issues = []
    for modality, purposes in command.ticked.items():
        offered = terms.offered.get(modality, ())
        issues += [
            Issue(f"{modality}.{one}", f"“{_name(one)}” is not offered by this notice.")
            for one in purposes
            if one not in offered
        ]
    for modality, purposes in terms.needed.items():
        ticked = command.ticked.get(modality, ())
        issues += [
            Issue(
                f"{modality}.{one}",
                f"The campaign cannot do without “{_name(one)}”: tick it, or say no to all of it.",
            )
            for one in purposes
            if one not in ticked
        ]
    if not 1 <= command.days <= min(terms.longest_days, MOST_DAYS):
        issues.append(Issue("days", f"Choose 1 to {terms.longest_days} days."))
    if WORLDWIDE not in terms.territories:
        issues += [
            Issue("territory", f"{one} is not offered by this notice.")
            for one in command.territory
            if one not in terms.territories
        ]
    issues += [
        Issue("territory", f"{one!r} is no country of two letters.")
        for one in command.territory
        if one != WORLDWIDE and not (len(one) == 2 and one.isalpha() and one.isupper())
    ]
    return issues


def _name(purpose: str) -> str:
    return PURPOSE_WORDS.get(purpose, purpose)


def _understood(connection: Connection, command: GiveGrants, notice: Notice) -> Reading:
    reading = notices.load_reading(connection, command.person_id, notice.id)
    if reading is None or reading.understood_at is None:
        raise ConflictError(
            _(
                "Please answer the two questions about the notice first; they show that it is "
                "clear."
            ),
            code="not_understood",
        )
    return reading


def _check_guardian(command: GiveGrants, campaign: Campaign) -> None:
    band = command.profile.age_band if command.profile else ""
    if not command.is_minor and band != "under_18":
        return
    if campaign.least_age >= 18:
        raise ForbiddenError(
            f"This campaign is for people of {campaign.least_age} and older.", code="too_young"
        )
    said = command.guardian or {}
    if missing := [one for one in _GUARDIAN if not str(said.get(one, "")).strip()]:
        raise ForbiddenError(
            _(
                "Somebody below 18 takes part only when a parent or guardian agrees: their name, "
                "how they are related and how to reach them are needed."
            ),
            code="guardian_needed",
            issues=[Issue(f"guardian.{one}", _("This is needed.")) for one in missing],
        )


def _keep(
    connection: Connection, command: GiveGrants, notice: Notice, reading: Reading, now: Instant
) -> dict[str, int]:
    royalty = terms_in_force(list_terms(connection, command.project_id), now)
    is_minor = command.is_minor or (
        command.profile is not None and command.profile.age_band == "under_18"
    )
    check = {"tries": reading.tries, "understood_at": iso(reading.understood_at or now)}
    guardian = command.guardian and {**command.guardian, "confirmed_at": iso(now)}
    return {
        modality: grants.add_grant(
            connection,
            NewGrant(
                person_id=command.person_id,
                project_id=command.project_id,
                notice_id=notice.id,
                modality=modality,
                purposes=tuple(purposes),
                territory=command.territory or notice.terms.territories,
                recipients=notice.terms.recipients,
                ends_at=_ends(command, now),
                check_result=check,
                rendering=command.rendering,
                guardian=guardian if is_minor else None,
                proxy=command.proxy,
                is_minor=is_minor,
                royalty_terms_version=royalty.version if royalty else None,
            ),
            now,
        )
        for modality, purposes in sorted(command.ticked.items())
        if purposes
    }


def _follow(
    connection: Connection, before: Mapping[str, DataGrant], made: Mapping[str, int], now: Instant
) -> None:
    """Judge by the new words what was given before; where they permit less, others are told."""
    for modality, grant_id in made.items():
        old = before.get(modality)
        if old is None:
            continue
        moved = contributions.move_under(connection, old.id, grant_id)
        fresh = grants.load_grant(connection, grant_id)
        if moved and fresh is not None:
            scope = {"replaced": old.id}
            note_withdrawal(connection, fresh, scope, "withdrawn", moved, now)


def _join(connection: Connection, command: GiveGrants, now: Instant) -> bool:
    state = consent.enrolment_state(connection, command.person_id, command.project_id)
    if state in ("active", "learning"):
        return False
    return join_within(connection, JoinProject(command.person_id, command.project_id), now)


def _ends(command: GiveGrants, now: Instant) -> Instant:
    return Instant(now + command.days * DAY_MS)
