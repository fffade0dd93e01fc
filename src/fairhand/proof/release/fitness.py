"""Whether training may begin on a release: one rule a reason, each with who can mend it; pure.

A rule looks at facts that somebody else gathered and gives one finding. Where a fact is not to be
had, as without a network, the finding says so instead of passing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

from fairhand.core.clock import HOUR_MS, Instant, iso, parse_iso
from fairhand.core.errors import FairhandError
from fairhand.model.licence import PURPOSES
from fairhand.proof.release import guard as guards
from fairhand.proof.release.card import UNSTATED
from fairhand.proof.release.rules import OwnDataFacts, ReleaseFacts, ReleaseStats, is_trial

Verdict = Literal["pass", "warn", "refuse", "unchecked"]
Rule = Literal[
    "whole",
    "people",
    "consent",
    "paid",
    "quality",
    "coverage",
    "synthetic",
    "card",
    "workforce",
    "pipeline",
    "talent",
    "compute",
    "purpose",
    "current",
]
TITLES: Final[dict[Rule, str]] = {
    "whole": "The files are whole and genuine",
    "people": "People made it, in a project that was open",
    "consent": "Everybody in it still agrees",
    "paid": "Everybody in it is paid at or above the floor",
    "quality": "The answers are as sure as was asked",
    "coverage": "Everybody who should be in it is in it",
    "synthetic": "It does not learn from models",
    "card": "The card is complete",
    "workforce": "Workforce is ready",
    "pipeline": "Pipeline is ready",
    "talent": "Talent is ready",
    "compute": "Compute comes last",
    "purpose": "It may be used for this",
    "current": "No other release has taken its place",
}
RULES: Final[tuple[Rule, ...]] = tuple(TITLES)
STAGES: Final[tuple[Rule, ...]] = ("workforce", "pipeline", "talent", "compute")
"""The stages of readiness, in the order in which they are done."""
LIVE: Final[tuple[Rule, ...]] = ("paid", "coverage", *STAGES, "current")
"""What only the place where a release was made can say."""
_STRICTEST: Final[tuple[Verdict, ...]] = ("refuse", "warn", "pass", "unchecked")
_OF_ONESELF: Final = frozenset({"voice_clone", "face_synthesis", "biometric_id"})
"""What nobody permits by working on other people's data."""
_NAMED: Final = 3
_AHEAD_MS: Final = 5 * 60_000
"""How far another machine's clock may run ahead."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says: the verdict and why; how, by whom (roles) and where it is mended."""

    rule: Rule
    verdict: Verdict
    words: str
    mend: str = ""
    who: tuple[str, ...] = ()
    link: str = ""

    @property
    def title(self) -> str:
        """What should be so."""
        return TITLES.get(self.rule, self.rule)


@dataclass(frozen=True, slots=True)
class Standing:
    """How those in a release stand to it: people without a living agreement, items taken back.

    `is_settled` is False while something was taken back and its list is not signed yet.
    """

    people_left: int
    items_revoked: int
    is_settled: bool
    checked_at: Instant

    @property
    def agreed(self) -> bool:
        """Whether everybody in it still agrees."""
        return not self.people_left and not self.items_revoked and self.is_settled


@dataclass(frozen=True, slots=True)
class Paid:
    """One person's paid time and what it earned, in micros; `floor_micros` None: not known.

    `is_settled` is False while a pay period with some of that time is open.
    """

    paid_ms: int
    amount_micros: int
    floor_micros: int | None
    is_settled: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """The least that is asked of a question: mean confidence, and alpha's lower end."""

    confidence: float | None = None
    alpha: float | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that a stage of readiness misses."""

    title: str
    detail: str
    who: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class StageFacts:
    """A stage of readiness and everything that blocks in it."""

    rule: Rule
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What became of a release after it was made: versions by number, None for none."""

    superseded_by: int | None = None
    newest: int | None = None
    is_hidden: bool = False


def is_fit(findings: Iterable[Finding]) -> bool:
    """Say whether nothing refuses."""
    return not any(one.verdict == "refuse" for one in findings)


def strictest(*some: Sequence[Finding]) -> tuple[Finding, ...]:
    """Join findings from several places: of each rule the strictest, in the order of the rules."""
    found: dict[Rule, Finding] = {}
    for one in (one for findings in some for one in findings):
        known = found.get(one.rule)
        if known is None or _STRICTEST.index(one.verdict) < _STRICTEST.index(known.verdict):
            found[one.rule] = one
    return tuple(sorted(found.values(), key=_order))


def not_said(findings: Sequence[Finding], where: str) -> tuple[Finding, ...]:
    """Refuse for each rule that another house said nothing about: silence lets nobody through."""
    said = {one.rule for one in findings}
    is_pilot = any(one.rule == "compute" and one.verdict == "refuse" for one in findings)
    missing = [rule for rule in RULES if rule not in said and not (is_pilot and rule in STAGES)]
    words, mend = f"{where} did not say.", "Bring it and this command to the same version."
    return tuple(Finding(rule, "refuse", words, mend, ("manager",)) for rule in missing)


def _order(one: Finding) -> int:
    return RULES.index(one.rule) if one.rule in RULES else len(RULES)


def judge_people(facts: ReleaseFacts, stats: ReleaseStats) -> Finding:
    """Refuse what was made on trial, or by simulated people."""
    link = f"/projects/{facts.project_id}/ready"
    if stats.simulated_annotations:
        words = f"{stats.simulated_annotations:,} of its answers were simulated by a program."
        mend = "Release answers of people only."
        return Finding("people", "refuse", words, mend, ("owner",), link)
    if is_trial(facts):
        words = f"It was made while the project was only tried out ({facts.mode})."
        mend = "Open the project, let people work, and make a new version."
        return Finding("people", "refuse", words, mend, ("owner",), link)
    return Finding("people", "pass", f"{_people(len(stats.people))} made it, nobody simulated.")


def judge_consent(
    standing: Standing | None, own: OwnDataFacts | None, link: str, now: Instant, max_age_h: float
) -> Finding:
    """Refuse when somebody in it has taken back what they gave, or that is not known freshly."""
    remake = "Make a new version without them, and train on that."
    if own is not None and now >= parse_iso(own.ends):
        words = f"What people permitted for this release ended on {own.ends[:10]}."
        mend = "Make a new version under what they permit now."
        return Finding("consent", "refuse", words, mend, ("owner",), link)
    if standing is None:
        words = "Nobody was asked whether somebody has taken something back."
        return Finding("consent", "unchecked", words)
    age_ms = now - standing.checked_at
    if age_ms > max_age_h * HOUR_MS:
        words = (
            f"Who still agrees was last asked on {_when(standing)}, more than "
            f"{max_age_h:g} hours ago."
        )
        mend = "Fetch a fresh one with `fairhand release standing`, or let the gate ask the server."
        return Finding("consent", "refuse", words, mend, ("owner", "manager"), link)
    if -age_ms > _AHEAD_MS:
        words = f"Who still agrees is dated {_when(standing)}, which is still to come."
        mend = "Set the clock of this machine or of the server right, and ask anew."
        return Finding("consent", "refuse", words, mend, ("manager",), link)
    if standing.people_left:
        many = standing.people_left
        words = f"{_people(many)} whose work is in it {'agrees' if many == 1 else 'agree'} no more."
        return Finding("consent", "refuse", words, remake, ("owner",), link)
    if standing.items_revoked:
        many = standing.items_revoked
        words = f"{'1 item' if many == 1 else f'{many:,} items'} of it must not be used any more."
        return Finding("consent", "refuse", words, remake, ("owner",), link)
    if not standing.is_settled:
        words = "Somebody has just taken something back, and what it reaches is being worked out."
        return Finding("consent", "refuse", words, "Ask again in a minute.", ("owner",), link)
    return Finding("consent", "pass", f"Nobody has taken anything back, as of {_when(standing)}.")


def judge_paid(people: Sequence[Paid], unpaid: int, link: str) -> Finding:
    """Refuse when somebody in it earned less than their floor, or that is not known."""
    who = ("owner", "manager")
    if unpaid:
        words = f"{_people(unpaid)} in it {'has' if unpaid == 1 else 'have'} no paid time here."
        return Finding("paid", "refuse", words, "Look at their time, and pay it.", who, link)
    unknown = sum(one.floor_micros is None for one in people)
    below = [
        one
        for one in people
        if one.floor_micros is not None and one.amount_micros < one.floor_micros
    ]
    if below:
        is_open = any(not one.is_settled for one in below)
        mend = "Close the pay period: what is missing to the floor is topped up."
        settled = "Raise what they were paid for; the pay office shows whom."
        words = f"{_people(len(below))} in it earned less than their floor so far."
        return Finding("paid", "refuse", words, mend if is_open else settled, who, link)
    if unknown:
        words = f"For {_people(unknown)} in it the floor is not known."
        mend = "Load or approve a wage floor where they live, and close the pay period."
        return Finding("paid", "refuse", words, mend, who, "/pay/floors")
    return Finding("paid", "pass", f"{_people(len(people))}: nobody earned less than their floor.")


def judge_quality(
    facts: ReleaseFacts,
    stats: ReleaseStats,
    targets: Mapping[str, Target],
    usual: Target,
    link: str,
) -> Finding:
    """Refuse when a question's answers are less sure than asked, or that cannot be shown."""
    lows = {one.question: one.low for one in facts.agreement}
    names = {one.name for one in stats.questions}
    wrong = [f"{name} is no question of this release" for name in targets if name not in names]
    met: list[str] = []
    for one in stats.questions:
        own = targets.get(one.name, Target())
        _weigh(one.name, "sure", one.mean_confidence, own.confidence, usual.confidence, met, wrong)
        _weigh(one.name, "alike", lows.get(one.name), own.alpha, usual.alpha, met, wrong)
    if wrong:
        words = f"Below its target: {_listed(wrong)}."
        mend = "Ask more people about doubtful tasks, and make a new version."
        return Finding("quality", "refuse", words, mend, ("owner", "reviewer"), link)
    if not met:
        none = usual.confidence is None and not targets
        words = "No target was given." if none else "Its kinds of question have no such measure."
        return Finding("quality", "unchecked", words)
    return Finding("quality", "pass", f"Reached: {_listed(met)}.")


def judge_coverage(full: int, cells: int, least: float, link: str) -> Finding:
    """Refuse when fewer cells of a campaign have reached their target than asked."""
    if not cells:
        return Finding("coverage", "pass", "The project asks for no quotas.")
    words = f"{full} of {cells} groups have reached their target."
    if full >= Fraction(str(least)) * cells:
        return Finding("coverage", "pass", words)
    mend = "Ask those who are missing, or ask for less and say why on the card."
    words = f"{words} Asked for: {least:.0%}."
    return Finding("coverage", "refuse", words, mend, ("owner", "manager"), link)


def judge_synthetic(
    guard: Mapping[str, Any] | None, bounds: guards.Bounds | None, link: str
) -> Finding:
    """Pass on what the synthetic-data guard says, under the release's own bounds or others."""
    try:
        found = guards.judge_facts(guard, bounds)
    except FairhandError as error:
        mend = "Make a new version: this one cannot be judged."
        return Finding("synthetic", "refuse", f"{error.message}.", mend, ("owner",), link)
    some = found.refusals or found.warnings
    if not some:
        return Finding("synthetic", "pass", "Origin, depth and variety are within the bounds.")
    mends = dict.fromkeys(one.mend for one in some if one.mend)
    who = tuple(dict.fromkeys(one.who for one in some))
    words = " ".join(dict.fromkeys(one.words for one in some))
    return Finding("synthetic", found.verdict, words, " ".join(mends), who, link)


def judge_card(facts: ReleaseFacts, faults: Sequence[str], link: str) -> Finding:
    """Refuse a card that does not say what a reader needs, or whose machine part is wrong."""
    lacks = []
    if facts.licence == UNSTATED:
        lacks.append("the licence is not stated")
    if not facts.purpose.strip():
        lacks.append("it does not say what it is for")
    lacks += faults
    if lacks:
        mend = "Make a new version that says so."
        words = _capital(_listed(lacks))
        words = words if words.endswith("?") else f"{words}."
        return Finding("card", "refuse", words, mend, ("owner",), link)
    return Finding("card", "pass", f"Licence {facts.licence}; nothing that it must say is missing.")


def judge_stages(stages: Sequence[StageFacts], link: str) -> tuple[Finding, ...]:
    """Go through the stages in their order; a stage waits for those before it."""
    found, waits_for = [], ""
    for stage in stages:
        lacks = stage.lacks
        if lacks:
            words = _listed([f"{one.title}: {one.detail.rstrip('.')}" for one in lacks])
            who = tuple(dict.fromkeys(role for one in lacks for role in one.who))
            found.append(Finding(stage.rule, "refuse", f"{words}.", "", who, lacks[0].link))
            waits_for = waits_for or stage.rule
        elif waits_for:
            words = f"Done, and it comes after {waits_for}, which is not."
            found.append(Finding(stage.rule, "warn", words, "", (), link))
        else:
            found.append(Finding(stage.rule, "pass", "Done."))
    return tuple(found)


def judge_pilot(title: str, link: str) -> Finding:
    """Refuse the release of a pilot: it tests guidelines, and is no data set to train on."""
    words = f"This project is a pilot of {title}."
    mend = "Train on a release of the project itself."
    return Finding("compute", "refuse", words, mend, ("owner",), link)


def judge_purpose(facts: ReleaseFacts, purpose: str, link: str, now: Instant) -> Finding:
    """Refuse a purpose that nobody was asked about; what people gave of themselves has its own."""
    if purpose not in PURPOSES:
        words = f"{purpose!r} is no purpose; there are {', '.join(PURPOSES)}."
        return Finding("purpose", "refuse", words, "Name one of them.", ("manager",), "")
    own = facts.own_data
    if own is None and purpose in _OF_ONESELF:
        words = f"Nobody in it permitted {purpose}: that is asked in a campaign, of each person."
        mend = "Run a campaign that asks for it."
        return Finding("purpose", "refuse", words, mend, ("owner",), link)
    if own is None:
        words = f"Everybody was asked to work for this: {facts.purpose.strip()[:200]}"
        return Finding("purpose", "pass", words)
    if purpose not in own.purposes:
        words = f"People permitted {', '.join(own.purposes)}, and not {purpose}."
        mend = f"Make a release for {purpose}: it holds what was permitted for that."
        return Finding("purpose", "refuse", words, mend, ("owner",), link)
    if now < parse_iso(own.starts):
        words = f"It may be used from {own.starts[:10]} on."
        return Finding("purpose", "refuse", words, "Wait until then.", ("owner",), link)
    return Finding("purpose", "pass", f"People permitted {purpose} until {own.ends[:10]}.")


def judge_current(facts: ReleaseFacts, place: Place, link: str) -> Finding:
    """Refuse what another release has replaced; warn of a newer version, and of a hidden page."""
    if place.superseded_by is not None:
        words = f"Version {place.superseded_by} has taken its place."
        mend = f"Train on version {place.superseded_by}."
        return Finding("current", "refuse", words, mend, ("manager",), link)
    if place.is_hidden:
        words = "Its public page was taken down by its owner."
        return Finding("current", "warn", words, "Ask the owner why.", ("owner",), link)
    if place.newest is not None and place.newest > facts.version:
        words = f"There is a newer version, {place.newest}; this one still holds."
        return Finding("current", "warn", words, "Train on the newer one.", ("manager",), link)
    return Finding("current", "pass", "It is the newest version.")


def unchecked(rules: Iterable[Rule], why: str) -> tuple[Finding, ...]:
    """Say of rules that nothing was looked at."""
    return tuple(Finding(rule, "unchecked", why) for rule in rules)


def _weigh(
    name: str,
    what: str,
    found: float | None,
    own: float | None,
    usual: float | None,
    met: list[str],
    wrong: list[str],
) -> None:
    """Hold a figure against the question's own bound or the usual one.

    What is not measured is wrong only where it was asked of this very question.
    """
    least = usual if own is None else own
    if least is not None and found is not None:
        told = f"{name}: {found:.3f} {what}, {least:g} asked"
        (met if found >= least else wrong).append(told)
    elif own is not None:
        wrong.append(f"{name}: nothing measures how {what} its answers are")


def _when(standing: Standing) -> str:
    return f"{iso(standing.checked_at)[:16].replace('T', ' ')} UTC"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _listed(words: Sequence[str]) -> str:
    shown = "; ".join(words[:_NAMED])
    more = len(words) - _NAMED
    return f"{shown}; and {more:,} more" if more > 0 else shown
