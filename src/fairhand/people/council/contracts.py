"""What a contract with contributors may say: a linter of its words, and what changed in it; pure.

A clause is looked at sentence by sentence. What is banned fails the opening of a project; what is
not promised is a warning, and a contract that promises everything is as strict as the default.
The linter knows English; in other languages it only finds what it knows, and says so. It reads
patterns, not law: a person still has to read the contract.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex

NOTICE_MS: Final = 7 * DAY_MS
"""How long before it holds a new version is shown to those who take part."""
LONGEST: Final = 50_000
_SHORTEST: Final = 40


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that the linter stopped at, and why; `clause` names the rule."""

    clause: str
    severity: Literal["error", "warning"]
    sentence: str
    why: str


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of a contract in one language; `project_id` 0: the whole workspace."""

    id: int
    project_id: int
    version: int
    locale: str
    body: str
    sha256: str
    author_id: int
    created_at: Instant
    starts_at: Instant


@dataclass(frozen=True, slots=True)
class _Ban:
    """A clause that no contract may have; what `unless` matches is taken out before looking."""

    clause: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str]
    why: str


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)


_NOT: Final = (
    r"\b(?:not|never|no longer|refrains? from|(?:prohibited|forbidden|barred) (?:to|from))\b"
)
_TALK: Final = (
    r"\b(?:discuss|disclos|talk|speak|shar|reveal|tell|compar|publish|post|mention|complain)\w*"
)
_HUSH: Final = r"\b(?:confidential|secret|private|privileged)\w*"
_MATTERS: Final = (
    r"\b(?:pay|payments?|wages?|rates?|salar\w+|remuneration|compensation|earnings|"
    r"(?:working )?conditions|health|injur\w*|mental\w*|safety|union\w*|(?:these|this) terms|"
    r"content (?:you|they) (?:see|saw|review\w*))\b"
)
_CHANGE: Final = r"\b(?:chang|alter|lower|reduc|adjust|cut|amend|modif|revis|decreas)\w*"
_TERMS: Final = r"\b(?:pay|payments?|rates?|wages?|remuneration|compensation|terms|contract)\b"
_ALONE: Final = (
    r"(?:at any (?:time|moment)|without (?:\w+ )?notice|sole discretion|unilateral\w*|"
    r"as (?:it|we) sees? fit|with immediate effect)"
)
_FOR_EVER: Final = (
    r"\b(?:perpetual\w*|irrevocabl\w*|in perpetuity|for ever|forever|unlimited in time)\b"
)
_GIVEN: Final = r"\b(?:right|licen[cs]e|use|voice|likeness|image|data|assign|grant|transfer)\w*"
_END: Final = r"\b(?:terminat|suspend|deactivat|dismiss|block|ban|clos)\w*"
_NO_REASON: Final = (
    r"(?:automatic\w*|without (?:notice|(?:a |any |giving )*reasons?)|for any reason|"
    r"sole discretion|by (?:an? )?(?:algorithm|machine|system))"
)
_NO_PAY: Final = (
    r"\b(?:not|never|n't)\s+(?:be |get |being )?(?:paid|compensated|remunerated)\b"
    r"(?! (?:less|late))"
)
_SHALL_NOT: Final = r"\b(?:do|does|will|shall|may|can|need|must)(?: not|n't)\b|\bcannot\b|\bnever\b"
_NOBODY: Final = r"\b(?:nobody|no one|no \w+)\b"
_FREE: Final = (
    rf"\b(?:free|allowed|welcome|entitled|right) to {_TALK}",
    rf"{_NOBODY}.{{0,20}}\b(?:keeps?|stops?|prevents?|bars?)\b.{{0,20}}\bfrom\b",
    r"\b(?:not|never)\b.{0,20}\b(?:kept|stopped|prevented|barred)\b.{0,10}\bfrom\b",
)
_BANS: Final = (
    _Ban(
        "gag",
        _any(
            rf"{_NOT}.{{0,60}}{_TALK}.{{0,80}}{_MATTERS}",
            rf"{_NOBODY}\s+(?:may|shall|must|can|is to)\b.{{0,20}}{_TALK}.{{0,80}}{_MATTERS}",
            rf"{_MATTERS}.{{0,80}}\b(?:is|are|remains?|shall|must|kept)\b.{{0,30}}{_HUSH}",
            rf"\b(?:keep|treat|hold)\w*.{{0,40}}{_HUSH}.{{0,60}}{_MATTERS}",
            rf"\b(?:keep|treat|hold)\w*.{{0,60}}{_MATTERS}.{{0,40}}{_HUSH}",
            rf"{_HUSH}.{{0,60}}\b(?:includ\w+|cover\w*|means?)\b.{{0,80}}{_MATTERS}",
        ),
        _any(*_FREE),
        "Nobody may be kept from talking about pay, health or conditions of work.",
    ),
    _Ban(
        "unpaid_time",
        _any(
            r"\bunpaid\b",
            _NO_PAY,
            r"\b(?:no|without|not receive|not entitled to)\s+(?:\w+ ){0,2}"
            r"(?:pay|payment|compensation|remuneration)\b",
            r"\b(?:pay|payment|compensation)\b\s+(?:is|will be|shall be)\s+(?:not|never)\b",
            rf"{_NOBODY} is paid\b",
            r"\bfree of charge\b|\b(?:at|on|in) (?:your|their) own (?:time|expense)\b",
            r"\bon a voluntary basis\b",
            r"\b(?:withh[eo]ld|forfeit)\w*.{0,60}\b(?:pay|payment|wages?|earnings)\b",
            r"\b(?:pay|payment|wages?|earnings)\b.{0,60}\b(?:withh[eo]ld|forfeit)\w*",
        ),
        _any(
            r"\bno (?:\w+ ){0,3}(?:is|are|goes|go|stays?|remains?) unpaid\b",
            r"\b(?:never|not) (?:be )?(?:unpaid|withheld|forfeited)\b",
        ),
        "Every minute that is asked for is paid: reading, training, exams, waiting, appeals, and "
        "answers that are not taken.",
    ),
    _Ban(
        "no_appeal",
        _any(
            r"\bwaiv\w*.{0,80}\b(?:appeal|contest|dispute|challenge|claim|court|arbitrat|right)\w*",
            r"\bdecisions?\b.{0,60}\b(?:final|binding)\b",
            r"\bdecisions?\b.{0,60}\b(?:not|never) (?:be )?(?:appeal|contest|challeng|disput)\w*",
            rf"(?:\bno\b|\bwithout\b|{_SHALL_NOT}).{{0,40}}\b(?:appeal|contest|dispute|challenge)\b",
            r"\b(?:only|exclusively|solely|binding)\b.{0,40}\barbitration\b",
        ),
        _any(
            rf"(?:{_SHALL_NOT}) (?:\w+ ){{0,3}}waive\w*.{{0,60}}",
            r"\bno decision is final\b",
            r"\b(?:no|not) (?:\w+ ){0,2}(?:cost|fee|harm|disadvantage|penalty)\w*.{0,30}",
        ),
        "Everybody may contest what is decided about them, here and in court.",
    ),
    _Ban(
        "rate_cut",
        _any(
            rf"{_CHANGE}.{{0,80}}{_TERMS}.{{0,80}}{_ALONE}",
            rf"{_ALONE}.{{0,80}}{_CHANGE}.{{0,80}}{_TERMS}",
            rf"{_TERMS}.{{0,60}}{_CHANGE}.{{0,80}}{_ALONE}",
        ),
        _any(rf"(?:{_SHALL_NOT})\s+{_CHANGE}.{{0,60}}{_ALONE}"),
        "Pay and terms are not lowered by one side: people are told before, and the council signs.",
    ),
    _Ban(
        "perpetual_rights",
        _any(rf"{_FOR_EVER}.{{0,120}}{_GIVEN}", rf"{_GIVEN}.{{0,120}}{_FOR_EVER}"),
        _any(rf"(?:\bnot\b|\bnever\b|\bno\b)\s+(?:\w+ ){{0,3}}{_FOR_EVER}"),
        "Nobody gives rights in their voice, image or data away for ever: a grant has an end and "
        "can be withdrawn.",
    ),
    _Ban(
        "machine_ends",
        _any(rf"{_END}.{{0,60}}{_NO_REASON}", rf"{_NO_REASON}.{{0,60}}{_END}"),
        _any(
            rf"(?:{_SHALL_NOT}|\bnobody is\b)\s+(?:be )?{_END}.{{0,60}}{_NO_REASON}",
            rf"\b(?:no|never)\b.{{0,20}}{_NO_REASON}.{{0,20}}{_END}",
        ),
        "No machine suspends or ends somebody, and nobody does it without a reason.",
    ),
)
_TIMES: Final = r"(?:train|read|exam|qualif|wait)\w*"
_REFUSED: Final = r"(?:not taken|not accepted|rejected|wrong|whether)"
_TALKED: Final = r"(?:talk|speak|discuss)\w*"
_PROMISES: Final = (
    (
        "paid_time",
        rf"\b{_TIMES}.{{0,120}}\bpaid\b|\bpaid\b.{{0,120}}\b{_TIMES}",
        "that reading, training, exams and waiting are paid",
    ),
    (
        "answers_paid",
        rf"\bpaid\b.{{0,120}}{_REFUSED}|{_REFUSED}.{{0,120}}\bpaid\b",
        "that answers which are not taken are paid, too",
    ),
    ("floor", r"\b(?:floor|minimum wage|living wage)\b", "the wage floor of where a person lives"),
    ("appeal", r"\bappeal\w*\b", "that decisions can be appealed"),
    ("notice", r"\b(?:notice|days before)\b", "how long before a change people are told"),
    (
        "speak",
        rf"\b{_TALKED}\b.{{0,80}}\b(?:pay|conditions)\b|\b(?:pay|conditions)\b.{{0,80}}\b{_TALKED}",
        "that people may talk about pay and conditions",
    ),
    ("leave", r"\b(?:leave|withdraw|stop)\b", "that people may leave at any time"),
    ("content", r"\b(?:content|tiers?|severity)\b", "what content people may meet"),
)


def lint(body: str, locale: str = "en") -> list[Finding]:
    """List what is banned in a contract, and what it does not promise; nothing: it is clean."""
    found = [
        Finding(ban.clause, "error", sentence, ban.why)
        for sentence in sentences(body)
        for ban in _BANS
        if ban.pattern.search(ban.unless.sub(" … ", sentence))
    ]
    if not locale.lower().startswith("en"):
        return found
    text = " ".join(body.split())
    for name, pattern, what in _PROMISES:
        if not re.search(pattern, text, re.IGNORECASE):
            found.append(Finding(name, "warning", "", f"It does not say {what}."))
    return found


def is_banned(findings: Sequence[Finding]) -> bool:
    """Say whether anything was found that no contract may have."""
    return any(one.severity == "error" for one in findings)


def keeps_the_default(findings: Sequence[Finding], locale: str) -> bool:
    """Say whether a contract promises all that holds by default, as far as the linter can tell."""
    return not findings and locale.lower().startswith("en")


def contract_issues(body: str, locale: str) -> list[Issue]:
    """List what stands between a contract and being proposed."""
    issues = []
    if not _SHORTEST <= len(body.strip()) <= LONGEST:
        issues.append(Issue("body", "Write 40 to 50,000 characters."))
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", locale) or len(locale) > 35:
        issues.append(Issue("locale", "Name the language by its tag, as en or sw-KE."))
    banned = [one for one in lint(body, locale) if one.severity == "error"]
    return issues + [Issue("body", f"{one.why} Here: “{one.sentence}”") for one in banned]


def sentences(body: str) -> list[str]:
    """Split Markdown into sentences and list items, each on one line."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)]|#)\s)", body):
        plain = re.sub(r"^\s*(?:[-*+]|\d+[.)]|#+)\s+", "", block)
        text = " ".join(re.sub(r"[*`]+|\b_+|_+\b", "", plain).split())
        found += [one.strip() for one in re.split(r"(?<=[.;!?])\s+", text) if one.strip()]
    return found


def contract_hash(body: str) -> str:
    """Name the words of a contract."""
    return sha256_hex(body.encode())


def changes(old: str, new: str) -> list[tuple[Literal["same", "gone", "new"], str]]:
    """Say sentence by sentence what stayed, went and came."""
    before, after = sentences(old), sentences(new)
    found: list[tuple[Literal["same", "gone", "new"], str]] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for what, start, end, begin, stop in matcher.get_opcodes():
        if what == "equal":
            found += [("same", one) for one in before[start:end]]
            continue
        found += [("gone", one) for one in before[start:end]]
        found += [("new", one) for one in after[begin:stop]]
    return found


def in_force(known: Sequence[Contract], now: Instant) -> Contract | None:
    """Find the version that holds at a moment, of versions of one place and language."""
    begun = [one for one in known if one.starts_at <= now]
    return max(begun, key=lambda one: one.version, default=None)


DEFAULT: Final = """\
# What holds between us

1. **Pay.** Every hour is paid at the rate of the project, and never below the wage floor of the \
place where you live. Reading guidelines, training, exams, waiting for a task, writing an appeal \
and time lost to faults are paid.
2. **Answers.** Every answer is paid, whether or not it is taken.
3. **Changes.** You are told seven days before anything changes that is worse for you. The council \
signs it first, and it reaches only work that is handed out afterwards.
4. **Content.** You are told what content there is before you see any, you choose the tiers that \
you are shown, and you skip without giving a reason.
5. **Decisions.** You are given the reason of every decision about you, and you can appeal it to \
another person. If nobody answers in time, you are right. No machine suspends you.
6. **Speaking.** You may talk about your pay, your health and your conditions with anybody.
7. **Your data.** What you give of yourself is yours: a grant names its end, and you can withdraw.
8. **Leaving.** You may leave at any time; what you have earned is paid.
"""
