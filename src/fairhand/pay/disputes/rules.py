"""Disputes about pay: what may be claimed, who may answer, and what an answer is worth.

A person claims time that was not counted, or money that was not paid. A named human answers within
seven days and gives a reason. Who says nothing agrees: after that time the claim is upheld in full
by itself. Nothing is ever declined by itself, and writing a dispute is paid time.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal, get_args

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.money import LARGEST_MINOR, MICROS, Money, ceil_fraction, exponent, micros_for
from fairhand.core.systems import automated
from fairhand.core.words import ENGLISH, Words
from fairhand.pay.paid_time.rules import Activity

ANSWER_MS: Final = 7 * DAY_MS
"""How long there is for an answer (facts, section 5: at most seven days, silence upholds)."""

WRITING_CAP_MS: Final = 15 * MINUTE_MS
"""How long a quiet stretch counts while somebody writes a dispute: words take their time."""

MESSAGE_LEAST: Final = 10
MESSAGE_MOST: Final = 4_000
REASON_LEAST: Final = 20
REASON_MOST: Final = 4_000
LONGEST_CLAIM_MS: Final = 200 * HOUR_MS
CLIENT_KEY: Final = (8, 64)

Kind = Literal["time", "money"]
State = Literal["open", "upheld", "partly", "declined", "withdrawn"]
Outcome = Literal["upheld", "partly", "declined"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
ACTIVITIES: Final[tuple[Activity, ...]] = tuple(
    activity for activity in get_args(Activity) if activity != "top_up"
)
"""What people do; a dispute is about one of these."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed: milliseconds or micros, one of them, and why in the person's own words."""

    kind: Kind
    ms: int | None
    micros: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it stands."""

    id: int
    person_id: int
    project_id: int
    statement_id: int | None
    line: int | None
    kind: Kind
    activity: Activity
    claimed_ms: int | None
    claimed_micros: int | None
    currency: str
    message: str
    client_key: str
    opened_at: Instant
    answer_by: Instant
    state: State
    granted_ms: int | None = None
    granted_micros: int | None = None
    decided_by: int | None = None
    decided_at: Instant | None = None
    reason: str = ""
    entry_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for an answer."""
        return self.state == "open"

    @property
    def claim(self) -> Claim:
        """What is claimed."""
        return Claim(self.kind, self.claimed_ms, self.claimed_micros, self.message)

    @property
    def was_silent(self) -> bool:
        """Tell whether it was upheld because nobody answered."""
        return self.state == "upheld" and self.decided_by is None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a human decides; `granted_*` are for an answer in part, in the claim's own measure."""

    outcome: str
    reason: str
    granted_ms: int | None = None
    granted_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What is posted: paid milliseconds and their micros, or micros alone with no time."""

    paid_ms: int
    micros: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a statement, as a dispute needs it; of either version of statements."""

    number: int
    project_id: int
    project_title: str
    kind: str
    activity: Activity
    paid_ms: int
    rate_micros_per_hour: int
    rate: str
    amount: str
    is_late: bool
    first_entry: int
    last_entry: int


@dataclass(frozen=True, slots=True)
class Counter:
    """The public count: opened, answered in favour (in full or part), days to an answer (median).

    `silent` counts those that were upheld because nobody answered; `median_days` is None before the
    first answer.
    """

    opened: int
    waiting: int
    upheld: int
    declined: int
    silent: int
    median_days: float | None


def claim_issues(claim: Claim) -> list[Issue]:
    """Say what is wrong with a claim; everything at once."""
    issues = []
    if claim.kind == "time" and not (
        claim.ms is not None and MINUTE_MS <= claim.ms <= LONGEST_CLAIM_MS
    ):
        most = LONGEST_CLAIM_MS // MINUTE_MS
        issues.append(Issue("minutes", f"Say how many minutes are missing, from 1 to {most:,}."))
    if claim.kind == "money" and not (
        claim.micros is not None and 0 < claim.micros <= LARGEST_MINOR * MICROS
    ):
        issues.append(Issue("amount", "Say how much is missing, as 2.50."))
    if claim.kind not in ("time", "money"):
        issues.append(Issue("kind", "Choose time or money."))
    if not MESSAGE_LEAST <= len(claim.message.strip()) <= MESSAGE_MOST:
        message = f"Say in {MESSAGE_LEAST} to {MESSAGE_MOST:,} letters what is missing, and when."
        issues.append(Issue("message", message))
    return issues


def key_issues(client_key: str) -> list[Issue]:
    """Say what is wrong with the key that makes a retry count once."""
    least, most = CLIENT_KEY
    if least <= len(client_key) <= most and client_key.isascii() and client_key.isprintable():
        return []
    return [Issue("client_key", f"A key has {least} to {most} plain characters.")]


def answer_issues(dispute: Dispute, answer: Answer) -> list[Issue]:
    """Say what is wrong with an answer; one in part gives less than was claimed and more than 0."""
    issues = []
    if answer.outcome not in OUTCOMES:
        issues.append(Issue("outcome", f"Choose one of {', '.join(OUTCOMES)}."))
    if answer.outcome == "partly":
        issues += _part_issues(dispute, answer)
    least = 1 if answer.outcome == "upheld" else REASON_LEAST
    if not least <= len(answer.reason.strip()) <= REASON_MOST:
        wanted = "a word of reason" if least == 1 else f"a reason of at least {least} letters"
        issues.append(Issue("reason", f"Give {wanted}: the person reads it."))
    return issues


def granted(dispute: Dispute, answer: Answer, rate_micros_per_hour: int) -> Grant | None:
    """Say what an answer is worth; None when it is declined.

    Time is paid at the hourly guarantee and counts for the floor; money carries no time.
    """
    if answer.outcome == "declined":
        return None
    in_full = answer.outcome == "upheld"
    if dispute.kind == "time":
        ms = (dispute.claimed_ms if in_full else answer.granted_ms) or 0
        return Grant(ms, micros_for(rate_micros_per_hour, ms))
    return Grant(0, (dispute.claimed_micros if in_full else answer.granted_micros) or 0)


@automated(
    "pay.silence",
    title="Silence upholds a dispute",
    effect="pays",
    purpose="Grants a dispute about pay in full when nobody has answered in time.",
    reads=("when a dispute was opened",),
    parameters=(("time to answer", f"{ANSWER_MS // DAY_MS} days", "after it silence grants all"),),
    oversight="Only ever grants. Declining needs a named human and a reason.",
)
def in_silence(dispute: Dispute) -> Answer:
    """What silence says: all of it."""
    return Answer("upheld", "Nobody answered in time, so it is upheld in full.")


def is_due(dispute: Dispute, now: Instant) -> bool:
    """Tell whether the time to answer is over."""
    return dispute.is_open and now >= dispute.answer_by


def may_answer(
    decider: int, person_id: int, setters: Collection[int], deciders: Collection[int]
) -> str | None:
    """Say why somebody may not answer; None when they may.

    Nobody answers their own dispute. Who set the pay that is disputed does so only where nobody
    else could: `deciders` are all who may decide disputes.
    """
    if decider == person_id:
        return "Nobody answers their own dispute."
    others = set(deciders) - set(setters) - {person_id}
    if decider in setters and others:
        return "You set the pay that is disputed here; somebody else has to answer."
    return None


def claim_in_words(claim: Claim, currency: str, words: Words = ENGLISH) -> str:
    """Write a claim or a grant as people say it."""
    if claim.kind == "time":
        minutes, left = divmod((claim.ms or 0) // 1_000, 60)
        if left:
            return words("{minutes} minutes {seconds} s", minutes=minutes, seconds=left)
        return words("{minutes} minutes", minutes=minutes)
    return words.coins(Money((claim.micros or 0) // MICROS, currency))


def statement_lines(body: Mapping[str, Any]) -> list[StatementLine]:
    """Read the lines of a statement of either version; lines without a number count from 1."""
    lines: Sequence[Mapping[str, Any]] = body["lines"]
    return [
        _line(line.get("n", number), line, body["currency"]) for number, line in enumerate(lines, 1)
    ]


def counter_of(disputes: Iterable[tuple[str, int | None, Instant, Instant | None]]) -> Counter:
    """Count disputes given as (state, decided by, opened, decided)."""
    rows = list(disputes)
    states = [row[0] for row in rows]
    answered = [row for row in rows if row[0] in OUTCOMES and row[3] is not None]
    days = [((row[3] or row[2]) - row[2]) / DAY_MS for row in answered]
    return Counter(
        opened=len(rows),
        waiting=states.count("open"),
        upheld=states.count("upheld") + states.count("partly"),
        declined=states.count("declined"),
        silent=sum(row[0] == "upheld" and row[1] is None for row in rows),
        median_days=round(statistics.median(days), 1) if days else None,
    )


def known_activity(activity: str) -> Activity:
    """Take an activity that people do; anything else (a top-up, say) is answering."""
    return next((known for known in ACTIVITIES if known == activity), "annotate")


def _part_issues(dispute: Dispute, answer: Answer) -> list[Issue]:
    if dispute.kind == "time":
        most, given, place = dispute.claimed_ms or 0, answer.granted_ms, "minutes"
    else:
        most, given, place = dispute.claimed_micros or 0, answer.granted_micros, "amount"
    if given is not None and 0 < given < most:
        return []
    whole = claim_in_words(dispute.claim, dispute.currency)
    return [Issue(place, f"In part means more than nothing and less than {whole}.")]


def _line(number: int, line: Mapping[str, Any], currency: str) -> StatementLine:
    project, ledger = line["project"], line["ledger"]
    rate = str(line.get("rate_per_hour") or "")
    return StatementLine(
        number=number,
        project_id=project["id"],
        project_title=project["title"],
        kind=line["kind"],
        activity=known_activity(str(line.get("activity") or "")),
        paid_ms=line.get("paid_ms") or 0,
        rate_micros_per_hour=_rate(rate, currency),
        rate=rate,
        amount=line["amount"],
        is_late=bool(line.get("late_from_earlier_period")),
        first_entry=ledger["first"],
        last_entry=ledger["last"],
    )


def _rate(text: str, currency: str) -> int:
    """Read a rate with up to six digits more than the currency has; 0 where there is none."""
    try:
        exact = Fraction(text) * 10 ** exponent(currency) * MICROS
    except (ValueError, ZeroDivisionError):
        return 0
    return ceil_fraction(exact)
