"""An owner says what a campaign collects and on which terms; every change is named and logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.people.campaigns import coverage_store, store
from fairhand.people.campaigns.law_packs import law_packs
from fairhand.people.campaigns.noise import can_noise
from fairhand.people.campaigns.rules import BROUGHT_BY, CHANGEABLE, Campaign, check_campaign
from fairhand.people.contributions.store import modalities_given
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SetCampaign:
    """What shall hold, by name (see `campaigns.rules.CHANGEABLE`); what is left out stays."""

    person_id: int
    project_id: int
    terms: Mapping[str, Any] = field(default_factory=dict)


def set_campaign(db: Database, command: SetCampaign, now: Instant) -> Campaign:
    """Make a project a campaign, or change the terms of one.

    Raises InvalidError with everything that is wrong at once; ConflictError with `epsilon_spent`
    where noised counts were taken already and would be followed by others that protect less, with
    `promised` where people hold agreements that promise more than the new terms.
    """
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        old = store.load_campaign(connection, project.id)
        new = replace(_changed(old, project.id, command.terms), changed_at=now)
        issues = check_campaign(new, list(law_packs()))
        issues += _law_issues(new) + _brings_in(connection, project.id, project.version, new)
        if issues:
            words = " ".join(issue.message for issue in issues)
            raise InvalidError(f"The campaign cannot be like this. {words}", issues=issues)
        _refuse_more_spending(connection, old, new)
        _refuse_broken_promises(store.list_promises(connection, project.id, now), new)
        _refuse_forgetting(modalities_given(connection, project.id), new)
        store.save_campaign(connection, new)
        body = {
            "project": project.id,
            "modalities": list(new.modalities),
            "anonymise": dict(new.anonymise),
            "law_pack": new.law_pack,
            "retention_days": new.retention_days,
            "least_age": new.least_age,
            "smallest_cell": new.smallest_cell,
            "epsilon": None if new.epsilon is None else f"{new.epsilon:g}",
            "checks": {name: str(value) for name, value in new.checks.items()},
            "is_listed": new.is_listed,
        }
        log.append(connection, "campaign.set", body, now, command.person_id, project.id)
    return new


def _changed(old: Campaign | None, project_id: int, terms: Mapping[str, Any]) -> Campaign:
    if unknown := set(terms) - set(CHANGEABLE):
        name = min(unknown)
        words = f"A campaign has no {name}; it has {', '.join(CHANGEABLE)}."
        raise InvalidError(words, issues=[Issue(name, words)])
    changes = dict(terms)
    if "modalities" in changes:
        changes["modalities"] = tuple(changes["modalities"])
    return replace(old or Campaign(project_id, ()), **changes)


def _law_issues(campaign: Campaign) -> list[Issue]:
    pack = law_packs().get(campaign.law_pack)
    issues = []
    if pack is not None and campaign.retention_days > pack.longest_retention_days:
        words = f"{pack.title} allows {pack.longest_retention_days} days at most here."
        issues.append(Issue("retention_days", words))
    if campaign.epsilon is not None and not can_noise():
        words = "Counts with noise need the extra `people`: install fairhand[people]."
        issues.append(Issue("epsilon", words))
    return issues


def _brings_in(
    connection: Connection, project_id: int, version: int, campaign: Campaign
) -> list[Issue]:
    """Say which modalities no question of the project asks for."""
    asked = projects.load_version(connection, project_id, version)
    kinds = {question.kind for question in asked.questions} if asked else set()
    return [
        Issue("modalities", f"No question of this project brings in {modality}: {words}.")
        for modality in campaign.modalities
        if modality in BROUGHT_BY and BROUGHT_BY[modality] not in kinds
        for words in (f"a question of the kind {BROUGHT_BY[modality]} does",)
    ]


def _refuse_more_spending(connection: Connection, old: Campaign | None, new: Campaign) -> None:
    if old is None or old.epsilon is None or old.epsilon == new.epsilon:
        return
    if coverage_store.last_week(connection, new.project_id) is None:
        return
    if new.epsilon is None or new.epsilon > old.epsilon:
        raise ConflictError(
            f"Counts with noise of epsilon {old.epsilon:g} were shown already. Exact counts beside "
            "them, or a larger epsilon, would undo what was promised: it can only be lowered.",
            code="epsilon_spent",
        )


def _refuse_forgetting(given: Set[str], new: Campaign) -> None:
    """Keep asking about what people gave: what a campaign does not name, no release asks about."""
    if left := given - set(new.modalities):
        raise ConflictError(
            f"People have given {', '.join(sorted(left))} here, and every release must ask them. "
            "It stays a part of the campaign.",
            code="promised",
        )


def _refuse_broken_promises(promises: Sequence[Mapping[str, Any]], new: Campaign) -> None:
    """Keep what living agreements promise: the time that things are kept, and what is hidden."""
    shortest = min((int(one["retention_days"]) for one in promises), default=None)
    if shortest is not None and new.retention_days > shortest:
        raise ConflictError(
            f"People hold agreements that promise {shortest} days at most. Keep to that until the "
            "last of them has ended.",
            code="promised",
        )
    hidden = {what for one in promises for what in one.get("hidden", ())}
    if shown := hidden - set(new.anonymise):
        raise ConflictError(
            f"People hold agreements that promise that {', '.join(sorted(shown))} is hidden before "
            "anybody else sees it. How it is hidden can be changed; that it is cannot.",
            code="promised",
        )
