"""The experiment that runs wherever proposals are shown, as answers drawn to see one or not.

Whom chance leaves without a proposal is known again by the same draw. Tasks that are held out are
compared too, unless the queue was reordered: then those that came first differ from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.model.system import loaded
from fairhand.quality.assistance.alike import agreement, is_wrong
from fairhand.quality.assistance.bias import Bias, report_bias
from fairhand.quality.assistance.contrast import Codes, Floats
from fairhand.quality.assistance.helps import Help, judge_help
from fairhand.storage.database import Connection
from fairhand.work.prelabel import insight_store, store
from fairhand.work.prelabel.blind import is_blind, is_held_out
from fairhand.work.prelabel.insight_store import Drawn
from fairhand.work.prelabel.rules import BLIND_PERMILLE, HOLDOUT_PERMILLE
from fairhand.work.prelabel.seconds import Seconds, Way, frozen_seconds, learn_seconds, way_of
from fairhand.work.prelabel.store import AssistPolicy

LOOKED_AT: Final = 5_000
"""How many of the newest answers one look reads."""
COMPARED: Final = 3_000
"""How many of them are held against their proposals; outlines take time to compare."""
_FOR_EVER: Final = Instant(2**62)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Answers with their proposal and without, comparable, oldest first.

    `usual` are those to ordinary tasks, which measure minutes and agreement; `gold` those to tasks
    whose answer is known.
    """

    usual: tuple[Drawn, ...]
    gold: tuple[Drawn, ...]
    since: Instant


def read_experiment(
    connection: Connection, project_id: int, policy: AssistPolicy | None
) -> Experiment:
    """Read the answers since assistance was last switched on, until it was switched off."""
    if policy is None or policy.on_since is None:
        return Experiment((), (), Instant(0))
    since = policy.on_since
    blind, holdout = _shares(connection, policy)
    drawn = insight_store.list_drawn(connection, project_id, since, _until(policy), LOOKED_AT)
    held_out = {one.task_id for one in drawn if is_held_out(one.task_id, holdout)}
    reordered = insight_store.was_reordered(connection, project_id, since)
    kept = [
        one
        for one in drawn
        if (one.task_id not in held_out or not reordered)
        and (one.shown or one.task_id in held_out or is_blind(one.person_id, one.task_id, blind))
    ]
    usual = tuple(one for one in kept if not one.is_gold and one.counted)
    return Experiment(usual, tuple(one for one in kept if one.is_gold), since)


def _shares(connection: Connection, policy: AssistPolicy) -> tuple[int, int]:
    """Give how many of a thousand were blind and held out while assistance was on."""
    shown = store.load_shown(connection, policy.project_id)
    if policy.is_on:
        return shown.blind_permille, shown.holdout_permille
    kept = policy.off_because or {}
    return (
        int(kept.get("blind_permille", BLIND_PERMILLE)),
        int(kept.get("holdout_permille", HOLDOUT_PERMILLE)),
    )


def _until(policy: AssistPolicy) -> Instant:
    if policy.is_on:
        return _FOR_EVER
    return Instant(int((policy.off_because or {}).get("at", policy.changed_at)))


def measure_help(experiment: Experiment) -> Help:
    """Measure minutes with and without proposals; answers without paid time say nothing of it."""
    timed = [one for one in experiment.usual if one.paid_ms > 0]
    return loaded("assist.helps", judge_help)(_people(timed), _shown(timed), _seconds(timed))


def measure_bias(
    connection: Connection, experiment: Experiment, questions: Sequence[Question]
) -> Bias:
    """Measure how far proposals sway people, of all of them together."""
    newest = (*experiment.usual[-COMPARED:], *experiment.gold[-COMPARED:])
    kinds = {question.name: question.kind for question in questions}
    given = insight_store.load_given(connection, (one.annotation_id for one in newest))
    proposed = insight_store.load_proposed(connection, (one.proposal_id for one in newest))
    known = insight_store.load_known(connection, (one.task_id for one in newest if one.is_gold))
    kept, agrees, wrong = [], [], []
    for one in newest:
        proposal = proposed[one.proposal_id]
        agreed = agreement(kinds, proposal, given[one.annotation_id])
        on_wrong = one.is_gold and is_wrong(kinds, proposal, known.get(one.task_id, {}))
        # A gold task with a right proposal says nothing here, and is no ordinary task either.
        if agreed is None or (one.is_gold and not on_wrong):
            continue
        kept.append(one)
        agrees.append(agreed)
        wrong.append(on_wrong)
    return report_bias(_people(kept), _shown(kept), np.array(agrees), np.array(wrong, dtype=bool))


def learnt_seconds(experiment: Experiment, kind: str, medium: str = "") -> Seconds:
    """Learn what each way of answering takes here, leaning on what was published of its kind."""
    measured: dict[Way, list[float]] = {}
    for one in experiment.usual:
        way = way_of(shown=one.shown, ask=one.ask, changed=one.changed)
        if way is not None and one.paid_ms > 0:
            measured.setdefault(way, []).append(one.paid_ms / 1_000)
    return learn_seconds(measured, frozen_seconds(kind, medium))


def _people(drawn: Sequence[Drawn]) -> Codes:
    return np.array([one.person_id for one in drawn], dtype=np.int64)


def _shown(drawn: Sequence[Drawn]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([one.shown for one in drawn], dtype=bool)


def _seconds(drawn: Sequence[Drawn]) -> Floats:
    return np.array([one.paid_ms / 1_000 for one in drawn], dtype=np.float64)
