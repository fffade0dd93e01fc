"""The datasheet of a release: questions that a reader should ask, answered from what is known.

The questions follow Gebru et al. 2021, "Datasheets for Datasets", in our own words. Facts answer
what facts can; the rest is the owner's own words, or is said to be not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairhand.proof.release.fair_work_words import TERMS
from fairhand.proof.release.notes import NOTES
from fairhand.proof.release.rules import ReleaseFacts, ReleaseStats, is_simulated, is_trial
from fairhand.proof.release.words import (
    UNKNOWN,
    UNSTATED,
    WITHHELD,
    agreement_words,
    credential_words,
    gap_words,
    origin_words,
    plain,
    split_names,
    who_words,
)

NOT_KNOWN: Final = "Not known: the owner has not said."
Answers = Iterator[tuple[str, list[str]]]


def write_datasheet(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    """Write the datasheet in Markdown."""
    sections = {
        "Why it was made": _motivation(facts),
        "What is in it": _composition(facts, stats),
        "How it was collected": _collection(facts, stats),
        "What was done to it": _preparation(facts),
        "What it is for": _uses(facts, stats),
        "Who may have it": _distribution(facts),
        "Who looks after it": _upkeep(facts),
    }
    lines = [
        f"# Datasheet of {plain(facts.title)}, version {facts.version}",
        "",
        "Made from `manifest.json`; the owner's own words are marked as such.",
        "",
    ]
    for title, answers in sections.items():
        lines += [f"## {title}", ""]
        for question, told in answers:
            lines += [f"### {question}", "", *told, ""]
    return "\n".join(lines).rstrip() + "\n"


def conditions_words(section: Mapping[str, Any] | None) -> list[str]:
    """Say a section of the fair-work facts in lines of a list, or why it is not told."""
    if section is None:
        return ["- Not known: it was not recorded for this release."]
    told = []
    for name, value in _in_order(section):
        title = name.replace("_", " ")
        if name == WITHHELD:
            told.append(f"- Withheld: {plain(str(value))}.")
        elif name == UNKNOWN:
            told.append(f"- Not known: {plain(str(value))}.")
        elif isinstance(value, list):
            told += [f"- {plain(_line(one))}" for one in value]
        elif value is not None:
            told.append(f"- {title}: {plain(str(value))}")
    return told or ["- Nothing was recorded."]


def _motivation(facts: ReleaseFacts) -> Answers:
    yield "What were contributors told it is for?", [plain(facts.purpose) or "It was not stated."]
    yield _own(facts, "motivation")


def _composition(facts: ReleaseFacts, stats: ReleaseStats) -> Answers:
    told = [f"- {stats.tasks} tasks, {stats.rows} aggregated answers, from {stats.annotations}"]
    told[0] += f" annotations of {len(stats.people)} contributors"
    told += [f"- {stats.media_files} media files"] if stats.media_files else []
    told += _list(credential_words(facts))
    told += [f"- `{one.name}` ({one.kind}): {plain(one.title)}" for one in facts.questions]
    yield "What does it consist of?", told
    yield "What is missing?", _list(gap_words(facts))
    names = split_names(facts)
    parted = f"Yes: {', '.join(names)}; see `facts.splits` in `manifest.json`." if names else "No."
    yield "Is it parted for training and evaluation?", [parted]
    yield "How much of it was made by models?", _list(origin_words(facts, stats))
    yield _own(facts, "errors")
    yield _own(facts, "sensitive")
    yield "Does it show people?", [_shows(facts)]


def _shows(facts: ReleaseFacts) -> str:
    if facts.own_data is None:
        return (
            "Contributors appear under pseudonyms of this project alone. Whether what was asked "
            "about shows people is not known here."
        )
    return f"Yes, under grants of those it shows: {', '.join(facts.own_data.modalities)}."


def _collection(facts: ReleaseFacts, stats: ReleaseStats) -> Answers:
    yield _own(facts, "source")
    yield "Who labelled it?", _list(who_words(facts))
    yield "How far do they agree?", _list(agreement_words(facts))
    if is_simulated(stats):
        yield "Did people make it?", ["Not all of it: simulated contributors took part."]
    conditions = facts.fair_work or {}
    questions = {
        "pay": "What were they paid for an hour?",
        "hours": "What were they paid for?",
        "floors": "Where do the floors of pay come from?",
        "exposure": "Were they exposed to what can hurt?",
        "skips": "Could they skip a task?",
        "consent": "Did they agree, and can they withdraw?",
        "appeals": "Could they appeal against decisions?",
        "royalties": "Do they share in later uses?",
    }
    for name, question in questions.items():
        yield question, conditions_words(conditions.get(name))


def _preparation(facts: ReleaseFacts) -> Answers:
    yield _own(facts, "preparation")
    told = "Answers were aggregated; each row names the method and how sure it is."
    yield "What was done with the answers?", [told, "The raw annotations are in the release too."]


def _uses(facts: ReleaseFacts, stats: ReleaseStats) -> Answers:
    own = facts.own_data
    if own is not None:
        yield (
            "What may it be used for?",
            [f"For {', '.join(own.purposes)}, from {own.starts} until {own.ends}, nothing else."],
        )
    yield _own(facts, "not_for")
    if is_trial(facts) or is_simulated(stats):
        yield "Is it fit for training?", ["No: it was made for trying out, or not by people alone."]


def _distribution(facts: ReleaseFacts) -> Answers:
    stated = facts.licence != UNSTATED
    yield (
        "Under which licence?",
        [plain(facts.licence) if stated else "It is not stated. Ask the owner before any use."],
    )
    yield "When was it made?", [facts.created_at]


def _upkeep(facts: ReleaseFacts) -> Answers:
    yield _own(facts, "upkeep")
    later = "A release never changes; what is put right comes as a new version."
    if facts.own_data is not None:
        where = facts.own_data.revocations
        later = f"People may take items back: look at `{where}` before every use."
    yield "Will it change?", [later]


def _own(facts: ReleaseFacts, name: str) -> tuple[str, list[str]]:
    words = facts.notes.get(name)
    told = NOT_KNOWN if words is None else f"In the owner's words: {plain(words)}"
    return NOTES[name], [told]


def _list(sentences: list[str]) -> list[str]:
    return [f"- {plain(one)}" for one in sentences]


def _line(one: object) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    named = sorted(_in_order(one), key=lambda pair: isinstance(pair[1], int))  # words, then numbers
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in named)


def _in_order(section: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """In the vocabulary's order, whichever order they were read in."""
    places = {name: place for place, name in enumerate(TERMS)}
    return sorted(section.items(), key=lambda one: (places.get(one[0], len(places)), one[0]))
