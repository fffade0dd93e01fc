"""Notices: what is offered to whoever gives of themselves, and its words; pure.

Human words and machine terms are written from the same `NoticeTerms`, so they cannot differ. The
fields are those that ISO/IEC TS 27560 asks a consent record to carry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.core.words import later as _
from fairhand.model.licence import MODALITIES, NEVER_SOLD, PURPOSES, WORLDWIDE

MOST_DAYS: Final = 3_650
CHECKS: Final = 2
_MOST_TEXT: Final = 2_000
_CONTROLLER: Final = ("name", "address", "contact", "jurisdiction")

PURPOSE_WORDS: Final[Mapping[str, str]] = {
    "training": _("Train models that recognise, sort or measure"),
    "evaluation": _("Measure how good models are; nothing is trained with it"),
    "generative_training": _("Train models that make text, pictures or sounds"),
    "data_mining": _("Search it for patterns and statistics"),
    "derived_features": _("Pass on numbers that are computed from it, without the file itself"),
    "raw_release": _("Pass the file itself on to those who hold a licence"),
    "voice_clone": _("Make a voice that sounds like you"),
    "face_synthesis": _("Make a face that looks like you"),
    "biometric_id": _(
        "Recognise you by your voice or face, so that you can find copies of yourself"
    ),
}
MODALITY_WORDS: Final[Mapping[str, str]] = {
    "voice": _("your voice"),
    "face": _("your face"),
    "image": _("photos you take"),
    "text": _("texts you write"),
    "labels": _("answers you give"),
    "biometric_template": _("a template that would recognise you"),
}
HIDDEN_WORDS: Final[Mapping[str, str]] = {
    "voice": "your voice is shifted",
    "faces": "faces are hidden",
    "plates": "licence plates are hidden",
    "text": "names, numbers and addresses are replaced",
}
SENSITIVE: Final = frozenset({"voice_clone", "face_synthesis", "biometric_id"})
"""Purposes that copy or recognise a person: they stand apart on the page, with a warning."""


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What a campaign offers. `needed` is what it cannot do without; the rest is extra.

    `offered` and `needed` map a modality to purposes; `territories` are ISO 3166 countries or
    `worldwide`; days are whole days. `recipients` None: whoever holds a licence. `hidden` names
    what is made unrecognisable before anybody else sees it.
    """

    controller: Mapping[str, str]
    offered: Mapping[str, tuple[str, ...]]
    needed: Mapping[str, tuple[str, ...]]
    longest_days: int
    territories: tuple[str, ...]
    retention_days: int
    pay: str
    withdrawal: str
    law_pack: str = "eu"
    royalty: str | None = None
    recipients: tuple[str, ...] | None = None
    storage: tuple[str, ...] = ()
    biometrics: Mapping[str, Any] | None = None
    purpose: str = ""
    least_age: int = 18
    hidden: tuple[str, ...] = ()

    @property
    def modalities(self) -> tuple[str, ...]:
        """What is asked for, each agreed to by itself."""
        return tuple(self.offered)

    def as_json(self) -> dict[str, Any]:
        """Write the terms as they are kept."""
        return {**asdict(self), "modalities": list(self.offered)}


@dataclass(frozen=True, slots=True)
class Check:
    """A question that shows whether the notice is clear: `right` is the place of the answer."""

    words: str
    choices: tuple[str, ...]
    right: int
    why: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try at the questions: which were wrong, each with what the notice says."""

    right: bool
    wrong: Mapping[int, str] = field(default_factory=dict)


def read_terms(kept: Mapping[str, Any]) -> NoticeTerms:
    """Read terms as they are kept; for what was checked before it was kept."""
    known = {name: kept[name] for name in NoticeTerms.__dataclass_fields__ if name in kept}
    for name in ("offered", "needed"):
        known[name] = {one: tuple(many) for one, many in known[name].items()}
    for name in ("territories", "storage", "hidden"):
        known[name] = tuple(known.get(name, ()))
    if known.get("recipients") is not None:
        known["recipients"] = tuple(known["recipients"])
    return NoticeTerms(**known)


def read_checks(kept: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    """Read the questions as they are kept."""
    return tuple(
        Check(one["words"], tuple(one["choices"]), one["right"], one["why"]) for one in kept
    )


def terms_issues(terms: NoticeTerms) -> list[Issue]:
    """Report what terms lack, or may not offer."""
    issues = [
        Issue(f"controller.{name}", "must be said: people agree with somebody, somewhere")
        for name in _CONTROLLER
        if not str(terms.controller.get(name, "")).strip()
    ]
    if not terms.offered:
        issues.append(Issue("offered", "must name what is asked for: voice, image, text..."))
    for modality, purposes in terms.offered.items():
        issues += _offer_issues(modality, purposes, terms.needed.get(modality, ()))
    issues += [
        Issue(f"needed.{one}", "is not offered") for one in terms.needed if one not in terms.offered
    ]
    for name in ("longest_days", "retention_days"):
        if not 1 <= getattr(terms, name) <= MOST_DAYS:
            issues.append(Issue(name, f"must be 1 to {MOST_DAYS} days"))
    if terms.retention_days < terms.longest_days:
        issues.append(Issue("retention_days", "must be as long as the longest term, or longer"))
    issues += _territory_issues(terms.territories)
    for name in ("pay", "withdrawal"):
        if not str(getattr(terms, name)).strip():
            issues.append(Issue(name, "must be said in plain words"))
    return issues


def _offer_issues(modality: str, purposes: Sequence[str], needed: Sequence[str]) -> list[Issue]:
    place = f"offered.{modality}"
    if modality not in MODALITIES:
        return [Issue(place, f"must be one of {', '.join(MODALITIES)}")]
    if modality in NEVER_SOLD:
        return [Issue(place, "can never be licensed or sold, whatever anybody agrees to")]
    issues = [Issue(place, f"{one!r} is no purpose") for one in purposes if one not in PURPOSES]
    if not purposes:
        issues.append(Issue(place, "must name at least one purpose"))
    issues += [
        Issue(f"needed.{modality}", f"{one!r} is not offered")
        for one in needed
        if one not in purposes
    ]
    issues += [
        Issue(f"needed.{modality}", f"{one!r} can only be an extra: nobody must agree to it")
        for one in needed
        if one in SENSITIVE
    ]
    if not needed:
        issues.append(Issue(f"needed.{modality}", "must name what the campaign cannot do without"))
    return issues


def _territory_issues(territories: Sequence[str]) -> list[Issue]:
    if not territories:
        return [Issue("territories", "must name countries, or worldwide")]
    wrong = [one for one in territories if one != WORLDWIDE and not _is_country(one)]
    return [
        Issue("territories", f"{one!r} is no country of two letters, nor worldwide")
        for one in wrong
    ]


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()


def check_issues(checks: Sequence[Check]) -> list[Issue]:
    """Report questions that cannot be asked."""
    if len(checks) != CHECKS:
        return [Issue("checks", f"must be {CHECKS} questions")]
    issues = []
    for at, one in enumerate(checks):
        if not one.words.strip() or len(one.words) > _MOST_TEXT:
            issues.append(Issue(f"checks[{at}].words", "must be a question"))
        if not 2 <= len(one.choices) <= 6 or not all(word.strip() for word in one.choices):
            issues.append(Issue(f"checks[{at}].choices", "must be two to six answers"))
        if not 0 <= one.right < len(one.choices):
            issues.append(Issue(f"checks[{at}].right", "must be the place of one of the answers"))
        if not one.why.strip():
            issues.append(Issue(f"checks[{at}].why", "must say why, for whoever got it wrong"))
    return issues


def judge_answers(checks: Sequence[Check], answers: Sequence[int]) -> Tried:
    """Say which answers are wrong, and why; there is no limit to how often one may try."""
    wrong = {
        at: one.why
        for at, one in enumerate(checks)
        if at >= len(answers) or answers[at] != one.right
    }
    return Tried(right=not wrong, wrong=wrong)


def usual_checks(terms: NoticeTerms) -> tuple[Check, Check]:
    """Two questions that fit every campaign, for owners who write none."""
    return (
        Check(
            "What happens if you leave the extra boxes unticked?",
            (
                "I am paid less, or get no other work",
                "Nothing: the pay and all other work stay the same",
                "I cannot take part in anything any more",
            ),
            1,
            "Extras are yours to give or keep. Your pay and all other work do not depend on them.",
        ),
        Check(
            "You change your mind later. What can you do?",
            (
                "End any permission, at any time, and keep what I earned",
                "Nothing: what is given is given for ever",
                "Ask a court",
            ),
            0,
            f"{terms.withdrawal} What you earned stays yours.",
        ),
    )


def notice_words(title: str, terms: NoticeTerms) -> str:
    """Write a notice in plain words (Markdown), all of it from the terms."""
    who = terms.controller
    lines = [
        f"# {title}",
        f"**Who asks:** {who['name']}, {who['address']} ({who['jurisdiction']}). "
        f"Write to {who['contact']}.",
    ]
    if terms.purpose:
        lines.append(f"**What for:** {terms.purpose}")
    lines.append(f"**What you would give:** {_listed(MODALITY_WORDS[m] for m in terms.offered)}.")
    lines.append("**What the campaign cannot do without:**")
    lines += [
        f"- {PURPOSE_WORDS[one]} ({MODALITY_WORDS[modality]})"
        for modality, purposes in terms.needed.items()
        for one in purposes
    ]
    extras = [
        f"- {PURPOSE_WORDS[one]} ({MODALITY_WORDS[modality]})"
        for modality, purposes in terms.offered.items()
        for one in purposes
        if one not in terms.needed.get(modality, ())
    ]
    if extras:
        lines += ["**Extras that you may tick or leave, one by one:**", *extras]
    lines += [
        "Whatever you do not tick is not permitted.",
        f"**Pay:** {terms.pay} It does not depend on extras.",
        f"**Later:** {terms.royalty or 'No share of later income is promised.'}",
        f"**How long:** you choose, {terms.longest_days} days at most. After "
        f"{terms.retention_days} days at the latest your files are deleted here.",
        f"**Where:** {_places(terms.territories)}, or fewer places if you say so.",
        f"**Who gets it:** {_recipients(terms)}.",
    ]
    if terms.hidden:
        said = _listed(HIDDEN_WORDS.get(one, one) for one in terms.hidden)
        lines.append(
            f"**Before anybody else sees it:** {said}. You see both, side by side. It makes you "
            "hard to recognise, not impossible."
        )
    if terms.storage:
        lines.append(f"**Where it is kept:** {_listed(terms.storage)}.")
    lines.append(f"**Changing your mind:** {terms.withdrawal}")
    if terms.biometrics:
        lines.append(
            "**Templates of your voice or face** are made only if you tick recognising. They are "
            "never sold or passed on, and are destroyed after "
            f"{terms.biometrics.get('destroyed_after_days', 365)} days without use, or when their "
            "purpose is met."
        )
    lines.append("Saying no costs you neither pay nor other work, and you are not asked again.")
    return "\n\n".join(lines).replace("\n\n- ", "\n- ") + "\n"


def _recipients(terms: NoticeTerms) -> str:
    if terms.recipients is None:
        return "those who hold a licence for it; you can see who they are"
    return _listed(terms.recipients) if terms.recipients else "nobody outside"


def _places(territories: Sequence[str]) -> str:
    return "anywhere" if WORLDWIDE in territories else _listed(territories)


def _listed(words: Any) -> str:  # noqa: ANN401  # any iterable of words
    many = list(words)
    return many[0] if len(many) == 1 else f"{', '.join(many[:-1])} and {many[-1]}"
