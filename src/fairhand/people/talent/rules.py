"""Who may be found for what work: what people declare, what they have shown, what is asked; pure.

A person is in the directory only while they want to be. What they say of their availability is all
that anybody is told about it: never why, and never what else they do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.words import later as _

Level = Literal["basic", "good", "fluent", "native"]
LEVELS: Final = get_args(Level)
WANTS: Final = ("reviewer", "trainer")
SKILL_KINDS: Final = ("task", "language", "domain", "tool")
NOTICE: Final = _(
    "If you agree, owners and managers here can find you by what you entered on this page and by "
    "the skills you have shown, and may offer you work. They see your name, and when you say you "
    "are available; never why you are not, what you earn, or how your work goes. Nobody else sees "
    "it. You can take it back at any time, at once, and it changes nothing about your work or pay."
)
MOST_WORDS: Final = 20
MOST_HOURS: Final = 60
_LONGEST_WORD: Final = 60
_LONGEST_ABOUT: Final = 1_000
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its tag (BCP 47, as `sw` or `pt-BR`), and how well somebody has it."""

    tag: str
    level: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person says of themselves; only the person sees it unless `is_listed`.

    Without `hours_a_week` they say nothing about being available; the two dates bound it.
    """

    is_listed: bool = False
    languages: tuple[Language, ...] = ()
    domains: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    about: str = ""
    hours_a_week: int | None = None
    available_from: Instant | None = None
    available_until: Instant | None = None
    wants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownSkill:
    """A skill that somebody has shown, and until when that holds."""

    id: int
    name: str
    kind: str
    shown_at: Instant
    valid_until: Instant | None
    by_exam: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A person in the directory, as managers see them."""

    person_id: int
    name: str
    profile: Profile
    skills: tuple[ShownSkill, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Whom a manager looks for; what is left empty does not matter."""

    skills: frozenset[int] = frozenset()
    language: str = ""
    hours: int = 0
    role: str = ""
    word: str = ""


def profile_issues(profile: Profile) -> list[Issue]:
    """List what is wrong with what somebody entered."""
    issues = [
        Issue("languages", f"{one.tag!r} is not a language tag such as sw or pt-BR.")
        for one in profile.languages
        if not _TAG.fullmatch(one.tag)
    ]
    if any(one.level not in LEVELS for one in profile.languages):
        issues.append(Issue("languages", f"Say how well: {', '.join(LEVELS)}."))
    for place, many in (
        ("languages", [one.tag for one in profile.languages]),
        ("domains", profile.domains),
        ("tools", profile.tools),
    ):
        issues += _list_issues(place, many)
    if len(profile.about) > _LONGEST_ABOUT:
        issues.append(Issue("about", f"Use at most {_LONGEST_ABOUT} characters."))
    if profile.hours_a_week is not None and not 1 <= profile.hours_a_week <= MOST_HOURS:
        issues.append(Issue("hours_a_week", f"Give 1 to {MOST_HOURS} hours a week, or nothing."))
    begins, ends = profile.available_from, profile.available_until
    if begins is not None and ends is not None and ends <= begins:
        issues.append(Issue("available_until", "The last day must come after the first."))
    if set(profile.wants) - set(WANTS):
        issues.append(Issue("wants", f"Choose among {', '.join(WANTS)}."))
    return issues


def is_available(profile: Profile, now: Instant) -> bool:
    """Say whether somebody declares themselves available now."""
    begins, ends = profile.available_from, profile.available_until
    return (
        profile.hours_a_week is not None
        and (begins is None or begins <= now)
        and (ends is None or now < ends)
    )


def fits(one: Found, search: Search, now: Instant) -> bool:
    """Say whether somebody in the directory is among those who are looked for."""
    profile = one.profile
    has_language = any(_speaks(each.tag, search.language) for each in profile.languages)
    return (
        search.skills <= {skill.id for skill in one.skills}
        and (not search.language or has_language)
        and (not search.hours or _offers(profile, search.hours, now))
        and (not search.role or search.role in profile.wants)
        and (not search.word or search.word.lower() in _text(one))
    )


def lacking(asked: Collection[int], shown: Sequence[ShownSkill]) -> frozenset[int]:
    """List the skills that a project asks for and somebody has not shown."""
    return frozenset(asked) - {one.id for one in shown}


def parse_languages(text: str) -> tuple[Language, ...]:
    """Read languages as people type them: `sw native, en good`; the level may be left out."""
    found = []
    for part in text.replace("\n", ",").split(","):
        words = part.split()
        if words:
            tag, *level = words
            first, dash, rest = tag.partition("-")
            found.append(Language(first.lower() + dash + rest, " ".join(level).lower() or "good"))
    return tuple(found)


def parse_words(text: str) -> tuple[str, ...]:
    """Read words as people type them, separated by commas."""
    found = (" ".join(part.split()) for part in text.replace("\n", ",").split(","))
    return tuple(dict.fromkeys(one for one in found if one))


def languages_text(languages: Sequence[Language]) -> str:
    """Write languages as they are typed."""
    return ", ".join(f"{one.tag} {one.level}" for one in languages)


def profile_json(profile: Profile) -> Mapping[str, object]:
    """Write a profile's lists as plain values."""
    return {
        "languages": [{"tag": one.tag, "level": one.level} for one in profile.languages],
        "domains": list(profile.domains),
        "tools": list(profile.tools),
        "about": profile.about,
        "hours_a_week": profile.hours_a_week,
        "wants": list(profile.wants),
    }


def _offers(profile: Profile, hours: int, now: Instant) -> bool:
    return is_available(profile, now) and (profile.hours_a_week or 0) >= hours


def _speaks(tag: str, wanted: str) -> bool:
    """A search for `pt` finds `pt-BR`; one for `pt-BR` does not find `pt-PT`."""
    tag, wanted = tag.lower(), wanted.lower()
    return tag == wanted or tag.startswith(f"{wanted}-")


def _text(one: Found) -> str:
    profile = one.profile
    words = (*profile.domains, *profile.tools, profile.about, *(skill.name for skill in one.skills))
    return " ".join(words).lower()


def _list_issues(place: str, many: Sequence[str]) -> list[Issue]:
    if len(many) > MOST_WORDS:
        return [Issue(place, f"Give at most {MOST_WORDS}.")]
    if len(set(many)) < len(many):
        return [Issue(place, "One of them is there twice.")]
    if any(len(one) > _LONGEST_WORD for one in many):
        return [Issue(place, f"Use at most {_LONGEST_WORD} characters for each.")]
    return []
