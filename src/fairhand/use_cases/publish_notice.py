"""The words of a campaign's notice are published, in one version for all its languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.people.campaigns import store as campaigns
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent.notices import (
    Check,
    NoticeTerms,
    check_issues,
    notice_words,
    terms_issues,
    usual_checks,
)
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects

_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class PublishNotice:
    """What is offered. `words` and `checks` by language; English is written from the terms.

    Words in another language are the owner's; the terms behind them are the same.
    """

    project_id: int
    author_id: int
    terms: NoticeTerms
    words: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    expires_at: Instant | None = None


def publish_notice(db: Database, command: PublishNotice, now: Instant) -> int:
    """Publish the next version of a campaign's notice; gives its number.

    Grants that were given under an older one go on as they were agreed to. Raises InvalidError
    with every field that is wrong, NotFoundError for a project that is no campaign.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        campaign = campaigns.load_campaign(connection, command.project_id)
        if project is None or campaign is None:
            raise NotFoundError(f"Project {command.project_id} is no campaign.")
        words = {**command.words}
        words.setdefault("en", "")
        if issues := _issues(command, campaign.modalities, words, now):
            raise InvalidError(issues[0].message, issues=issues)
        words["en"] = words["en"].strip() or notice_words(project.title, command.terms)
        checks = {one: command.checks.get(one) or usual_checks(command.terms) for one in words}
        version = notices.add_version(
            connection,
            project.id,
            words,
            command.terms,
            checks,
            command.author_id,
            now,
            command.expires_at,
        )
        body = {
            "project": project.id,
            "version": version,
            "notices": {one: sha256_hex(text.encode()) for one, text in sorted(words.items())},
            "terms_sha256": notices.terms_sha256(command.terms),
        }
        log.append(connection, "notice.published", body, now, command.author_id, project.id)
    return version


def _issues(
    command: PublishNotice, modalities: tuple[str, ...], words: Mapping[str, str], now: Instant
) -> list[Issue]:
    issues = terms_issues(command.terms)
    issues += [
        Issue(f"offered.{one}", "is not what this campaign collects")
        for one in command.terms.offered
        if one not in modalities
    ]
    for language, text in words.items():
        if len(text) > _MOST_WORDS:
            issues.append(Issue(f"words.{language}", f"must have at most {_MOST_WORDS} letters"))
        if language != "en" and not text.strip():
            issues.append(Issue(f"words.{language}", "is empty"))
    for language, checks in command.checks.items():
        issues += check_issues(checks)
        if language not in words:
            issues.append(Issue(f"checks.{language}", "has no words of the notice to go with"))
    if command.expires_at is not None and command.expires_at <= now:
        issues.append(Issue("expires_at", "lies in the past"))
    return issues
