"""Whether what the guard wrote into a release follows from its rows and from its own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from fairhand.core.errors import Issue, MalformedError
from fairhand.proof.release.guard import judge_facts
from fairhand.proof.release.guard_counts import GuardCounts, parse_counts
from fairhand.proof.release.guard_watch import GuardCounting
from fairhand.proof.release.manifest import MANIFEST


def counting_for(guard: Mapping[str, Any] | None) -> GuardCounting:
    """Make ready to count a release's rows as they were counted when it was written."""
    counts = (guard or {}).get("counts")
    named = counts.get("slices_by") if isinstance(counts, Mapping) else None
    return GuardCounting(tuple(map(str, named)) if isinstance(named, list) else ())


def check_guard(
    guard: Mapping[str, Any] | None, counting: GuardCounting | None, *, words: bool = True
) -> list[Issue]:
    """Find what contradicts: counts against rows, findings against counts.

    What rows do not tell (the release before, what was measured) is believed as far as the
    manifest is. Without `counting`, rows were damaged and only the findings are checked. Without
    `words` the verdicts alone are compared: another version may say the same otherwise.
    """
    if guard is None:
        return []
    try:
        stated = parse_counts(guard["counts"])
        judged = judge_facts(guard)
    except (KeyError, TypeError, MalformedError) as error:
        return [_fault(f"the guard's facts cannot be read: {error}")]
    issues = []
    if counting is not None:
        counted = _as_stated(counting.result(), stated)
        wrong = [
            name
            for name in stated.__dataclass_fields__
            if getattr(counted, name) != getattr(stated, name)
        ]
        if wrong:
            issues.append(_fault(f"guard: {', '.join(wrong)} are not what the rows give"))
    found, said = [asdict(one) for one in judged.findings], guard.get("findings")
    if not words:
        found, said = _verdicts(found), _verdicts(said)
    if found != said or judged.verdict != guard.get("verdict"):
        issues.append(_fault("guard: its findings are not what its counts give"))
    return issues


def _verdicts(findings: object) -> list[Any]:
    """Give each rule with its verdict, in their order; what cannot be read stays as it is."""
    some = findings if isinstance(findings, list) else [findings]
    return [
        {name: one.get(name) for name in ("rule", "verdict")} if isinstance(one, Mapping) else one
        for one in some
    ]


def _as_stated(counted: GuardCounts, stated: GuardCounts) -> GuardCounts:
    """Take from the stated what rows do not tell, where it is about the same rows."""
    verifiers = {one.model: one for one in stated.checked}
    measured = {one.model: one.measured for one in stated.proposers}
    return replace(
        counted,
        checked=tuple(
            replace(
                one,
                verifier=verifiers[one.model].verifier if one.model in verifiers else "",
                precision_low=verifiers[one.model].precision_low
                if one.model in verifiers
                else None,
            )
            for one in counted.checked
        ),
        proposers=tuple(
            replace(one, measured=measured.get(one.model, False)) for one in counted.proposers
        ),
        parent=stated.parent,
        blind=stated.blind,
    )


def _fault(message: str) -> Issue:
    return Issue(MANIFEST, f"{MANIFEST}: {message}")
