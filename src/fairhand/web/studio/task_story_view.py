"""A task's story as a timeline, from its import to the releases that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS, Money
from fairhand.use_cases.read_task_story import TaskStory
from fairhand.web.shared import charts
from fairhand.web.shared.answer_words import answers_in_words, tie_words
from fairhand.web.shared.pages import minutes
from fairhand.work.tasks.story_store import AnswerTold, LeaseTold, Told

VERDICTS: Final = {
    "accepted": "accepted it",
    "fixed": "put it right",
    "asked_again": "asked once more",
}
_LEFT: Final = {
    "live": "has it on screen",
    "skipped": "passed it on",
    "expired": "let it lapse",
    "released": "gave it back",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: when, who, what, what was said, and smaller facts."""

    at: Instant
    who: str
    what: str
    said: tuple[tuple[str, str], ...] = ()
    facts: tuple[str, ...] = ()


def moments(story: TaskStory) -> list[Moment]:
    """Put everything into the order of time."""
    row, told = story.row, story.told
    found = [Moment(row.created_at, "", f"Imported from {row.place}" if row.place else "Imported")]
    if told is not None:
        found += [*_of_models(story, told), *_of_people(story, told), *_of_reviews(story, told)]
    if row.set_aside_at is not None:
        found.append(Moment(row.set_aside_at, "", "Set aside by an owner"))
    return sorted(found, key=lambda one: one.at)


def _of_models(story: TaskStory, told: Told) -> list[Moment]:
    found = []
    for one in told.predictions:
        facts = [] if one.score is None else [f"score {one.score:.3f}"]
        if one.planted:
            facts.append("made wrong on purpose, to see how far proposals are believed")
        said = tuple(answers_in_words(story.questions, one.value))
        found.append(Moment(one.created_at, one.model, "proposed", said, tuple(facts)))
    return found


def _of_people(story: TaskStory, told: Told) -> list[Moment]:
    found = [_answered(story, one) for one in told.answers]
    found += [_had(story, one) for one in told.leases if one.state != "submitted"]
    for skip in told.skips:
        if skip.reason:
            who = story.names[skip.person_id]
            found.append(Moment(skip.at, who, "said why they passed it on", (("", skip.reason),)))
    for remark in told.remarks:
        what = "answered a remark" if remark.kind == "answer" else "made a remark"
        said = (("", remark.words),)
        facts = ("settled",) if remark.settled_at is not None else ()
        found.append(Moment(remark.said_at, story.names[remark.person_id], what, said, facts))
    return found


def _answered(story: TaskStory, one: AnswerTold) -> Moment:
    facts = [f"{minutes(max(0, one.submitted_at - one.served_at))} at it"]
    if one.paid_ms or one.amount_micros:
        money = Money(one.amount_micros // MICROS, one.currency)
        facts.append(f"paid {minutes(one.paid_ms)}, {money}")
    if one.assisted:
        facts.append(
            "a model’s proposal in view, " + ("changed" if one.changed else "taken over as it was")
        )
    if one.superseded:
        facts.append("replaced by a later revision")
    if one.late:
        facts.append("came late")
    if not one.counted:
        facts.append("fills no place")
    if one.simulated:
        facts.append("simulated")
    what = "answered" if one.revision == 1 else f"corrected the answer (revision {one.revision})"
    said = tuple(answers_in_words(story.questions, one.value))
    return Moment(one.submitted_at, story.names[one.person_id], what, said, tuple(facts))


def _had(story: TaskStory, one: LeaseTold) -> Moment:
    at = one.ended_at or one.served_at
    facts = ("without network",) if one.hold == "offline" else ()
    return Moment(at, story.names[one.person_id], _LEFT.get(one.state, one.state), (), facts)


def _of_reviews(story: TaskStory, told: Told) -> list[Moment]:
    found = []
    for one in told.reviews:
        said = [*answers_in_words(story.questions, one.value or {}), ("because", one.reason)]
        facts = ("undone",) if one.undone_at is not None else ()
        what = VERDICTS.get(one.verdict, one.verdict)
        who = story.names[one.reviewer_id]
        found.append(Moment(one.at, who, what, tuple(pair for pair in said if pair[1]), facts))
    if told.gold is not None:
        said = [*answers_in_words(story.questions, told.gold.value), ("", told.gold.explanation)]
        kept = tuple(pair for pair in said if pair[1])
        who = story.names[told.gold.author_id]
        found.append(Moment(told.gold.created_at, who, "made it a gold task", kept))
    for joint in told.joint:
        value = {} if joint.value is None else {joint.question: joint.value}
        answers = "1 answer" if joint.answers == 1 else f"{joint.answers} answers"
        split = [one for one in story.questions if one.name == joint.question and joint.tied]
        even = ("as many people say either",) if joint.even else ()
        sure = (f"{100 * joint.confidence:.1f} % sure", *even, f"of {answers}", joint.method)
        said = answers_in_words(story.questions, {} if split else value)
        said += [(one.title, tie_words(one, joint.tied)) for one in split]
        found.append(Moment(joint.updated_at, "", "Joint answer", tuple(said), sure))
    return found


def votes_over_time(story: TaskStory) -> Markup | None:
    """Draw how far each next answer agreed with those before it: the most common one's share."""
    if story.told is None or len(story.told.answers) < 2:
        return None
    latest: dict[int, dict[str, Any]] = {}
    shares, labels = [], []
    for place, one in enumerate(story.told.answers, 1):
        latest[one.person_id] = one.value
        same = [str(value) for value in latest.values()]
        shares.append(round(100 * max(same.count(value) for value in same) / len(same), 1))
        labels.append(f"{place}.")
    if len(set(shares)) == 1:
        return None
    return charts.line("Share of the most common answer after each answer, %", labels, shares)
