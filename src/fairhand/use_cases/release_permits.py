"""Which contributions may enter a release: every grant is asked about exactly its terms."""

from __future__ import annotations

import hmac
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fairhand.core.clock import DAY_MS, Instant, iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.formats.odrl import Policy, dump_policy
from fairhand.model.licence import PURPOSES, WORLDWIDE, covers
from fairhand.model.project import Question
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.contributions import store as contributions
from fairhand.people.contributions.intake import modality_of
from fairhand.people.contributions.store import Contribution
from fairhand.proof.release.rules import OwnDataFacts
from fairhand.proof.release.source import Given, Item, Items, OwnData
from fairhand.proof.release.store import StoredRelease
from fairhand.proof.release.terms_store import ReleaseTerms
from fairhand.storage.database import Connection

USUAL_DAYS: Final = 90
MOST_DAYS: Final = 3_650
_MEASURES: Final = (
    "rate",
    "samples",
    "duration_ms",
    "width",
    "height",
    "credentials_sha256",  # of the sidecar with its content credentials
)


@dataclass(frozen=True, slots=True)
class AskedTerms:
    """What whoever makes the release wants it for; empty: what the campaign cannot do without."""

    purposes: Sequence[str] = ()
    territory: Sequence[str] = ()
    days: int = USUAL_DAYS
    recipient: str = ""
    supersedes: int | None = None


def settle_terms(
    connection: Connection, campaign: Campaign, asked: AskedTerms, now: Instant
) -> ReleaseTerms:
    """Say what a campaign's release is for; raises InvalidError for what cannot be asked."""
    notice = notices.best_of(notices.list_live(connection, campaign.project_id), "en")
    needed = {one for many in notice.terms.needed.values() for one in many} if notice else set()
    purposes = tuple(sorted(set(asked.purposes) or needed))
    offered = notice.terms.territories if notice else (WORLDWIDE,)
    territory = tuple(sorted(set(asked.territory) or set(offered)))
    issues = [
        Issue("purposes", f"{one!r} is no purpose") for one in purposes if one not in PURPOSES
    ]
    if not purposes:
        issues.append(Issue("purposes", "must say what the release is for"))
    if not 1 <= asked.days <= MOST_DAYS:
        issues.append(Issue("days", f"must be 1 to {MOST_DAYS}"))
    if issues:
        raise InvalidError(f"The release cannot be made: {issues[0].message}", issues=issues)
    ends = Instant(now + asked.days * DAY_MS)
    return ReleaseTerms(purposes, territory, now, ends, asked.recipient, asked.supersedes)


@dataclass(slots=True)
class Permits:
    """Asks the grants of a campaign, once each, and names what they permit."""

    connection: Connection
    campaign: Campaign
    terms: ReleaseTerms
    release: StoredRelease
    secret: bytes
    left_out: frozenset[int] = frozenset()  # of pairs that mark whose copy it is
    numbers: array[int] = field(default_factory=lambda: array("q"))
    _known: dict[int, bool] = field(default_factory=dict)

    def own_data(self, questions: Sequence[Question]) -> OwnData:
        """Say which questions are asked about, and find what is permitted."""
        own = {
            one.name
            for one in questions
            if modality_of(one.kind, self.campaign.modalities) is not None
        }
        return OwnData(frozenset(own), self.items_of)

    def items_of(self, first_task: int, last_task: int) -> Items:
        """Find the permitted contributions of a range of tasks."""
        ready = contributions.list_releasable(
            self.connection, self.campaign.project_id, first_task, last_task
        )
        self._ask(ready)
        found: dict[int, dict[str, Item]] = {}
        for one in ready:
            if one.id in self.left_out or one.grant_id is None:
                continue
            if self._known[one.grant_id]:
                found.setdefault(one.annotation_id, {})[one.question] = self._item(one)
        return found

    def lines(
        self, entering: Iterator[tuple[Given, Item]], name_of: Callable[[int], str]
    ) -> Iterator[dict[str, Any]]:
        """Write a line for each item that enters, and remember its number for later."""
        for given, item in entering:
            self.numbers.append(item.contribution_id)
            shown = {key: value for key, value in item.answer.items() if key != "text"}
            yield {
                **shown,
                "annotation_id": given.id,
                "task_id": given.task_id,
                "question": item.question,
                "contributor": name_of(given.person_id),
            }

    def named(self) -> Iterator[tuple[int, str]]:
        """Give the contributions that entered, each with its name in this release."""
        return ((number, self.name(number)) for number in self.numbers)

    def name(self, contribution_id: int) -> str:
        """Name a contribution: opaque, and another name in every release."""
        said = f"release {self.release.id} contribution {contribution_id}".encode()
        return hmac.digest(self.secret, said, "sha256").hex()[:32]

    def facts(self, revocations: str, target: str, assigner: str) -> OwnDataFacts:
        """Say what the release is for, in words and as a policy a modality."""
        policies = [
            dump_policy(
                Policy(
                    uid=f"{target}#{modality}",
                    kind="Agreement" if self.terms.recipient else "Offer",
                    target=target,
                    assigner=assigner,
                    assignee=self.terms.recipient,
                    terms=self.terms.wanted(modality),
                    revocations=revocations,
                )
            )
            for modality in self.campaign.modalities
        ]
        return OwnDataFacts(
            modalities=self.campaign.modalities,
            purposes=self.terms.purposes,
            territory=self.terms.territory,
            starts=iso(self.terms.starts_at),
            ends=iso(self.terms.ends_at),
            recipient=self.terms.recipient,
            revocations=revocations,
            policy={"policies": policies},
            supersedes=self.terms.supersedes,
        )

    def _ask(self, ready: Sequence[Contribution]) -> None:
        fresh = {one.grant_id for one in ready if one.grant_id is not None} - self._known.keys()
        for grant_id, grant in grants.load_grants(self.connection, fresh).items():
            self._known[grant_id] = covers(grant.terms(), self.terms.wanted(grant.modality))

    def _item(self, one: Contribution) -> Item:
        name = self.name(one.id)
        answer: dict[str, Any] = {
            "item": name,
            "modality": one.modality,
            "media_type": one.media_type,
            "sha256": one.open_sha256,
            "anonymised": one.anonymised or [],
            **_measures(one.measures),
        }
        return Item(name, one.id, one.annotation_id, one.question, answer)


def own_campaign(connection: Connection, project_id: int) -> Campaign | None:
    """Load a project's campaign; None: it releases as projects do."""
    return campaigns.load_campaign(connection, project_id)


def _measures(measures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: measures[name] for name in _MEASURES if name in measures}
