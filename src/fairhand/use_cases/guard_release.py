"""The synthetic-data guard looks on while a release is written, and lets it through or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairhand.core.errors import ConflictError, Issue
from fairhand.proof.release import store, terms_store
from fairhand.proof.release.guard import (
    Bounds,
    Finding,
    Judgement,
    guard_facts,
    judge,
    loosened,
)
from fairhand.proof.release.guard_counts import Checked, GuardCounts
from fairhand.proof.release.guard_watch import (
    BlindCounting,
    GuardCounting,
    ParentCounting,
    RealItem,
    with_measures,
)
from fairhand.proof.release.parent import read_real_items
from fairhand.proof.release.rules import AnnotationRow, ReleaseFacts, ReleaseRow, is_trial
from fairhand.storage.database import Connection
from fairhand.use_cases.release_likeness import same_answers
from fairhand.work.prelabel import store as assistance

REFUSED = "guard_refuses"
WARNED = "guard_warns"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the owner asks of the guard: its bounds, and whether warnings were read and accepted."""

    bounds: Bounds
    accept_warnings: bool = False


@dataclass(slots=True)
class ReleaseGuard:
    """Counts rows and annotations on their way into a release, then judges them."""

    counting: GuardCounting
    verifiers: tuple[Checked, ...]
    measured: dict[str, bool]
    parent: ParentCounting | None = None
    blind: BlindCounting = field(default_factory=BlindCounting)

    def rows(self, rows: Iterable[ReleaseRow]) -> Iterator[ReleaseRow]:
        """Pass rows on, counted."""
        for row in rows:
            self.counting.add_row(row)
            if self.parent is not None:
                self.parent.add_row(row)
            yield row

    def annotations(self, rows: Iterable[AnnotationRow]) -> Iterator[AnnotationRow]:
        """Pass annotations on, counted."""
        for row in rows:
            self.blind.add_annotation(row)
            yield row

    def counts(self) -> GuardCounts:
        """Give the counts, once everything has passed."""
        parent = None if self.parent is None else self.parent.result()
        return with_measures(
            self.counting.result(), self.verifiers, self.measured, parent, self.blind.result()
        )

    def settle(self, asked: Asked, *, enforced: bool) -> dict[str, Any]:
        """Judge, and give the facts; raises ConflictError where the guard does not let through."""
        counts = self.counts()
        judgement = judge(counts, asked.bounds)
        if enforced:
            check_judgement(judgement, accept_warnings=asked.accept_warnings)
        return guard_facts(
            counts, asked.bounds, judgement, enforced=enforced, accepted=asked.accept_warnings
        )


def guard_release(
    connection: Connection,
    begun: store.StoredRelease,
    facts: ReleaseFacts,
    name_of: Callable[[int], str],
    withdrawn: frozenset[int],
) -> ReleaseGuard:
    """Set the guard beside a release that is being written, in the snapshot that it comes from."""
    project_id = begun.project_id
    policy = assistance.load_policy(connection, project_id)
    before = _before(connection, begun)
    parent = None
    if before is not None:
        parent = ParentCounting(
            before.version,
            read_real_items(Path(before.directory), before.manifest_sha256 or ""),
            frozenset(question.name for question in facts.questions),
            _fates(connection, facts, {name_of(one) for one in withdrawn}),
        )
    is_given = facts.own_data is not None  # whose items stand in the place of answers
    blind = BlindCounting() if is_given else BlindCounting(same_answers(facts.questions))
    return ReleaseGuard(
        GuardCounting(tuple(policy.slice_fields) if policy else ()),
        store.list_generated(connection, project_id),
        {one.model: one.value is not None for one in facts.models},
        parent,
        blind,
    )


def is_enforced(facts: ReleaseFacts) -> bool:
    """Say whether the guard may refuse: what is only tried out is told and let through."""
    return not is_trial(facts)


def check_judgement(judgement: Judgement, *, accept_warnings: bool) -> None:
    """Raise ConflictError with every finding in the way, each with who can mend it and how."""
    if judgement.refusals:
        words = "The synthetic-data guard does not let this release through."
        raise ConflictError(
            f"{words} {_told(judgement.refusals)}", code=REFUSED, issues=_issues(judgement)
        )
    if judgement.warnings and not accept_warnings:
        words = (
            "The synthetic-data guard warns of this release; accept its warnings to publish it "
            "(--accept-warnings), or mend them first."
        )
        raise ConflictError(
            f"{words} {_told(judgement.warnings)}", code=WARNED, issues=_issues(judgement)
        )


def guard_event(facts: ReleaseFacts, bounds: Bounds) -> dict[str, Any]:
    """Say in the log how the guard judged, and which of its bounds were loosened and why."""
    if facts.guard is None:
        return {}
    counts = facts.guard["counts"]
    body: dict[str, Any] = {"guard": facts.guard["verdict"], "real_items": counts["real"]}
    if looser := loosened(bounds):
        body |= {"guard_loosened": looser, "guard_why": bounds.why}
    return body


def _told(findings: Sequence[Finding]) -> str:
    return " ".join(f"{one.words} {one.mend}".strip() for one in findings)


def _issues(judgement: Judgement) -> list[Issue]:
    return [
        Issue(
            f"guard.{one.rule}",
            f"{one.words} {one.mend}".strip(),
            "error" if one.verdict == "refuse" else "warning",
        )
        for one in judgement.findings
        if one.verdict != "pass"
    ]


def _before(connection: Connection, begun: store.StoredRelease) -> store.StoredRelease | None:
    """The release that this one adds to: of a campaign the newest for the same use by the same."""
    terms = terms_store.load_terms(connection, begun.id)
    for one in store.list_releases(connection, begun.project_id):
        if one.version >= begun.version:
            continue
        if terms is None:
            return one
        other = terms_store.load_terms(connection, one.id)
        same = other is not None and (other.recipient, sorted(other.purposes)) == (
            terms.recipient,
            sorted(terms.purposes),
        )
        if same:
            return one
    return None


def _fates(
    connection: Connection, facts: ReleaseFacts, gone: set[str]
) -> Callable[[Sequence[RealItem]], list[str]]:
    """Say of absent items what became of them; of a campaign, whatever is absent was taken back."""

    def fates(items: Sequence[RealItem]) -> list[str]:
        held = store.list_held(connection, sorted({one.task_id for one in items}))
        own = facts.own_data is not None
        return [
            "revoked"
            if own or gone & set(one.annotators)
            else "held"
            if one.task_id in held
            else "dropped"
            for one in items
        ]

    return fates
