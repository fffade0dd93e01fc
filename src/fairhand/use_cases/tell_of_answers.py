"""Whose answer missed a known one, or came when its place was taken, is told so, and may appeal.

A part of `aggregate_labels` and `mark_gold`. Both decisions are pay-neutral and can be taken back,
so a registered system may make them; simulated people are told nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.core.systems import automated, loaded
from fairhand.labels.answers import Asked
from fairhand.model.decision import NewDecision
from fairhand.people.conduct import store as conduct
from fairhand.people.conduct import words
from fairhand.quality.gold_match import is_right
from fairhand.quality.store import Claimed
from fairhand.storage.database import Connection
from fairhand.use_cases.label_history import said_now
from fairhand.use_cases.note_decision import note_decision
from fairhand.work.gold import store as gold
from fairhand.work.gold.quarantine import overturned
from fairhand.work.gold.store import GoldJudged

_SHORT: Final = 300
"""Answers longer than this (outlines, say) are named by their hash."""


@automated(
    "place.late",
    title="Whether a late answer still counts",
    effect="judges",
    purpose="An answer that comes after its time counts where its place is still free. Where "
    "somebody else has taken the place it is paid and kept, and does not count.",
    reads=("when the task was handed out", "whether its places are taken"),
    oversight="It is paid in any case. The person is told and can appeal; upheld, it counts.",
)
def is_without_place(counted: bool, is_past: bool) -> bool:
    """Say whether an answer found its place taken."""
    return not counted and not is_past


def tell_of_answers(
    connection: Connection,
    project_id: int,
    questions: Sequence[Asked],
    answers: Collection[Claimed],
    known: Collection[int],
    now: Instant,
) -> int:
    """Note what these fresh answers came to; says how many decisions that were.

    `known` names the tasks among theirs that are gold.
    """
    without_place = loaded("place.late", is_without_place)
    lost = [
        one
        for one in answers
        if one.task_id not in known and without_place(one.counted, one.is_past)
    ]
    gone = overturned(connection, [one.task_id for one in lost])
    lost = [one for one in lost if one.task_id not in gone]
    for one in lost:
        note_decision(connection, _late(project_id, one), now)
    on_gold = [one.annotation_id for one in answers if one.task_id in known and not one.is_past]
    return len(lost) + tell_of_gold(connection, project_id, questions, on_gold, now)


def tell_of_gold(
    connection: Connection,
    project_id: int,
    questions: Sequence[Asked],
    annotation_ids: Iterable[int],
    now: Instant,
) -> int:
    """Note which of these answers missed a known one; says how many."""
    told = 0
    for one in _judged(connection, project_id, annotation_ids):
        missed = missed_questions(questions, one.known, one.value)
        if missed:
            note_decision(connection, _missed(project_id, one, missed), now)
            told += 1
        elif before := conduct.find_gold_miss(connection, one.person_id, one.task_id):
            _now_right(connection, project_id, one, before, now)
    return told


def _judged(
    connection: Connection, project_id: int, annotation_ids: Iterable[int]
) -> list[GoldJudged]:
    """Load answers to known ones, each said in the labels of today like what is known."""
    judged = gold.list_judged(connection, annotation_ids)
    if not judged:
        return []
    now_said = said_now(connection, project_id)
    return [replace(one, value=now_said(one.version, one.value)) for one in judged]


def missed_questions(
    questions: Sequence[Asked], known: Mapping[str, Any], given: Mapping[str, Any]
) -> list[str]:
    """List the questions whose known answer was missed."""
    check = loaded("gold.check", is_right)
    kinds = {question.name: question.kind for question in questions}
    return [
        name
        for name, answer in known.items()
        if name in kinds and not check(kinds[name], answer, given.get(name))
    ]


def _missed(project_id: int, one: GoldJudged, missed: Sequence[str]) -> NewDecision:
    return NewDecision(
        person_id=one.person_id,
        project_id=project_id,
        kind="gold_missed",
        reason=words.GOLD_REASON,
        counterfactual=words.GOLD_OTHERWISE,
        values={"task": one.task_id},
        pay_effect=words.NO_PAY_EFFECT,
        inputs={
            "task": one.task_id,
            "annotation": one.annotation_id,
            "questions": list(missed),
            "your answer": {name: _shown(one.value.get(name)) for name in missed},
            "known answer": {name: _shown(one.known[name]) for name in missed},
            "explanation": one.explanation,
        },
        weights=[(name, "differs from the known answer") for name in missed],
        subject={"task": one.task_id, "annotation": one.annotation_id},
        system="gold.check",
        behind=[one.author_id],
        client_key=f"gold:{one.task_id}:{one.annotation_id}",
    )


def _now_right(
    connection: Connection, project_id: int, one: GoldJudged, before: int, now: Instant
) -> None:
    """A newer answer of the same person, or a mended known answer, meets it after all."""
    new = NewDecision(
        person_id=one.person_id,
        project_id=project_id,
        kind="restored",
        reason=words.GOLD_NOW_RIGHT,
        counterfactual=words.RESTORED_OTHERWISE,
        values={"task": one.task_id, "decision": before},
        pay_effect=words.NO_PAY_EFFECT,
        inputs={"task": one.task_id, "annotation": one.annotation_id, "decision": before},
        subject={"task": one.task_id, "decision": before},
        system="gold.check",
        client_key=f"restored:{before}",
    )
    note_decision(connection, new, now)


def _late(project_id: int, one: Claimed) -> NewDecision:
    return NewDecision(
        person_id=one.person_id,
        project_id=project_id,
        kind="answer_not_taken",
        reason=words.LATE_REASON,
        counterfactual=words.LATE_OTHERWISE,
        values={"task": one.task_id},
        pay_effect=words.NO_PAY_EFFECT,
        inputs={"task": one.task_id, "annotation": one.annotation_id},
        weights=[("time", "it was over, and every place was taken")],
        subject={"task": one.task_id, "annotation": one.annotation_id},
        system="place.late",
        client_key=f"late-answer:{one.annotation_id}",
    )


def _shown(answer: object) -> object:
    written = orjson.dumps(answer)
    return answer if len(written) <= _SHORT else {"sha256": sha256_hex(written)}
