"""What the pages of reviews show, ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from markupsafe import Markup

from fairhand.core.ids import new_token, pseudonym
from fairhand.core.words import words_for
from fairhand.labels.registry import reads_data
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor, may, roles_in
from fairhand.use_cases.house import House
from fairhand.use_cases.open_review import OpenedReview
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_reviews import ReviewState, list_reviews, read_reviews
from fairhand.use_cases.versions import current_version
from fairhand.web.shared import charts
from fairhand.web.shared.answer_words import answer_words, tie_words
from fairhand.web.shared.forms import Form
from fairhand.web.shared.task_picture import AskedView, TaskPicture, island_json, picture_of
from fairhand.work.review.rules import NEVER_MENDED, differing
from fairhand.work.review.store import Reviewed, SeenAnswer

_ENGLISH = words_for("en")
_DRAWN: Final = frozenset({"boxes", "polygons", "mask", "keypoints", "spans", "segments"})
"""Kinds whose answers are looked at on the thing itself, with the desk's own tools at rest."""

_RECENT: Final = 30
BECAUSE: Final = {"wish": "wished for", "doubt": "in doubt", "sample": "sample", "chosen": "chosen"}
VERDICTS: Final = {"accepted": "accepted", "fixed": "fixed", "asked_again": "asked again"}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to one question: in words, drawn where that says more, and whether it differs."""

    asked: AskedView
    answer: Any
    words: str
    is_drawn: bool
    differs: bool
    bars: Markup | None = None
    sure: float | None = None
    tie: str = ""
    lean: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One person's answers to a task, by pseudonym."""

    annotation_id: int
    who: str
    said: tuple[Said, ...]
    as_proposed: bool
    wish: str | None


def is_paid(actor: Actor, project_id: int) -> bool:
    """Say whether somebody's reviewing is paid work: that of owners is their own affair."""
    return "owner" not in roles_in(actor, project_id)


def overview(house: House, actor: Actor, project_id: int, form: Form) -> dict[str, Any]:
    """Gather where the reviews of a project stand."""
    project = read_project(house.db, project_id)
    state = read_reviews(house.db, project_id)
    terms = state.terms
    typed = {
        "sample_percent": f"{terms.sample_permille / 10:g}",
        "doubt_below": "" if terms.doubt_below is None else f"{terms.doubt_below:g}",
        "release_waits": "yes" if terms.release_waits else "",
    }
    return {
        "project": project,
        "state": state,
        "pictures": pictures(state),
        "recent": [_row(house, one) for one in list_reviews(house.db, project_id, _RECENT)],
        "form": form if form.values else Form(typed, fields=tuple(typed)),
        "may_edit": may(actor, "project.edit", project_id),
        "may_review": may(actor, "annotation.review", project_id),
        "because": BECAUSE,
        "verdicts": VERDICTS,
    }


def pictures(state: ReviewState) -> dict[str, Markup | None]:
    """Draw what waits, what was found, and how often the consensus stood."""
    found = dict.fromkeys(VERDICTS, 0)
    for one in state.tallies:
        found[one.verdict] += one.reviews
    return {
        "waiting": charts.bars(
            "Tasks that wait, by why", [BECAUSE[one] for one in state.open], [*state.open.values()]
        )
        if state.waiting
        else None,
        "found": charts.bars(
            "What reviewers found", [VERDICTS[one] for one in found], [*found.values()]
        )
        if state.done
        else None,
        "stood": charts.progress("Reviews that left the consensus", state.stood, state.settled)
        if state.settled
        else None,
    }


def task_page(
    house: House,
    actor: Actor,
    opened: OpenedReview,
    form: Form,
    *,
    mend: int | None,
    typed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Gather a task for its reviewer: the thing, the consensus, everybody's answers, the forms."""
    sheet = opened.sheet
    project = read_project(house.db, sheet.task.project_id)
    questions = current_version(house.db, project.id, project.version).questions
    mended = next((one.value for one in opened.answers if one.annotation_id == mend), None)
    consensus = {one.question: one.value for one in opened.consensus if one.value is not None}
    start = typed if typed is not None else mended or _plain(questions, consensus)
    mendable = [
        one
        for one in questions
        if one.kind not in NEVER_MENDED and not one.config.get("subjective", False)
    ]
    is_hard = max(sheet.tier, project.tier) > 0
    # The fix is asked below everything else; what is looked at comes first, and once.
    asked = picture_of(sheet, mendable, _ENGLISH, given=start, is_hard=is_hard, shows=False)
    whole = picture_of(sheet, questions, _ENGLISH, is_hard=is_hard, shows=False)
    apart = differing([one.value for one in opened.answers])
    return {
        "project": project,
        "opened": opened,
        "task": whole,
        "shown": _shown(whole, consensus, opened.answers),
        "fix": replace(asked, text="", image=None),
        "consensus": _consensus(whole, opened, consensus),
        "so_far": _so_far(opened, project.min_overlap),
        "is_split": any(one.name in opened.ties for one in mendable),
        "answers": [_card(house, whole, opened, one, apart) for one in opened.answers],
        "apart": apart,
        "form": form,
        "mend": mend,
        "opens_fix": mend is not None or typed is not None,
        "island": island_json,
        "because": BECAUSE,
        "review_key": new_token(),
        "remark_key": new_token(),
        "past": [_row(house, one) for one in list_reviews(house.db, project.id, 5, sheet.task.id)],
        "verdicts": VERDICTS,
        "paid": is_paid(actor, project.id),
    }


def _plain(questions: Sequence[Question], consensus: Mapping[str, Any]) -> dict[str, Any]:
    """The consensus as an answer: without questions whose result is how people are spread."""
    spread = {one.name for one in questions if one.config.get("subjective", False)}
    return {name: value for name, value in consensus.items() if name not in spread}


def _shown(
    whole: TaskPicture, consensus: Mapping[str, Any], answers: Sequence[SeenAnswer]
) -> Said | None:
    """Where only a tool can show the thing itself, show it once with the answer that is likeliest.

    Answers that are drawn show it each; this is for replies to compare, documents, recordings.
    """
    for one in whole.asked:
        if reads_data(one.question.kind) and one.question.kind not in _DRAWN:
            first = next((each.value.get(one.question.name) for each in answers), None)
            return Said(one, consensus.get(one.question.name, first), "", True, False)
    return None


def _consensus(
    whole: TaskPicture, opened: OpenedReview, consensus: Mapping[str, Any]
) -> list[Said]:
    sure = {one.question: one.confidence for one in opened.consensus}
    found = []
    for one in whole.asked:
        name = one.question.name
        if name not in consensus or one.question.config.get("subjective", False):
            continue
        chances = opened.probabilities.get(name)
        titles = dict(one.labels)
        bars = None
        if chances and len(chances) <= 12:
            bars = charts.bars(
                "How likely each is, %",
                [titles.get(label, label) for label in chances],
                [round(100 * chance, 1) for chance in chances.values()],
                "%",
                100,
            )
        said = _said(one, consensus[name], differs=False)
        tie, lean = _tie(one.question, opened), _lean(one.question, opened, consensus)
        found.append(replace(said, bars=bars, sure=sure.get(name), tie=tie, lean=lean))
    return found


def _tie(question: Question, opened: OpenedReview) -> str:
    between = opened.ties.get(question.name, ())
    return tie_words(question, between) if between else ""


def _lean(question: Question, opened: OpenedReview, consensus: Mapping[str, Any]) -> str:
    """Say that as many people said something else, where only what is known of them decides."""
    name, value = question.name, consensus[question.name]
    even = opened.even.get(name, ())
    if question.kind != "choice" or not even:
        return ""
    most = sum(one.value.get(name) == value for one in opened.answers)
    shares = ", ".join(f"{answer_words(question, label)} × {most}" for label in even)
    return (
        f"As many people say either ({shares}): what is known of them, and of the other tasks, "
        f"speaks for {answer_words(question, value)}."
    )


def _so_far(opened: OpenedReview, least: int) -> str:
    """Say that what people say together may change yet; empty where it is settled."""
    asked = [one for one in opened.consensus if one.value is not None]
    if all(one.settled for one in asked):
        return ""
    answers = max(one.n_answers for one in asked)
    people = "1 person has" if answers == 1 else f"{answers} people have"
    wanted = f" of at least {least}" if answers < least else ""
    return f"So far: {people} answered{wanted}, and more are asked."


def _card(
    house: House,
    whole: TaskPicture,
    opened: OpenedReview,
    one: SeenAnswer,
    apart: frozenset[str],
) -> AnswerCard:
    return AnswerCard(
        one.annotation_id,
        pseudonym(house.secret, opened.sheet.task.project_id, one.person_id),
        tuple(
            _said(asked, one.value[asked.question.name], differs=asked.question.name in apart)
            for asked in whole.asked
            if asked.question.name in one.value
        ),
        one.as_proposed,
        opened.wishes.get(one.annotation_id),
    )


def _said(asked: AskedView, answer: Any, *, differs: bool) -> Said:  # noqa: ANN401
    drawn = asked.question.kind in _DRAWN
    return Said(asked, answer, answer_words(asked.question, answer), drawn, differs)


def _row(house: House, one: Reviewed) -> dict[str, Any]:
    return {
        "id": one.id,
        "task_id": one.task_id,
        "verdict": one.verdict,
        "because": one.because,
        "reason": one.reason,
        "who": pseudonym(house.secret, one.project_id, one.reviewer_id),
        "at": one.at,
        "undone_at": one.undone_at,
    }
