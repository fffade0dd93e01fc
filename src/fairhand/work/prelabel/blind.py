"""Who answers without seeing the proposal: a share drawn by chance, the same at every look."""

from __future__ import annotations

from zlib import crc32

from fairhand.core.systems import automated


@automated(
    "assist.blind",
    title="Who answers without a proposal",
    effect="routes",
    purpose="Draws by chance who sees a task without its proposal, so that the effect of "
    "proposals on people's answers is measured.",
    reads=("the person's and the task's number",),
    parameters=(("share", "the project's", "the share of answers without a proposal"),),
    oversight="Chance alone decides. Paid time is paid either way.",
)
def is_blind(person_id: int, task_id: int, permille: int) -> bool:
    """Say whether this person meets this task without its proposal.

    The draw depends on the two ids alone, so that a reload, a second device and the way back to a
    task show the same; over people and tasks it is spread evenly.
    """
    return permille > 0 and crc32(b"%d:%d" % (person_id, task_id)) % 1_000 < permille


def is_held_out(task_id: int, permille: int) -> bool:
    """Say whether a task is kept from training, to measure models by what people say of it.

    Such a task is always answered without a proposal: a measurement that the model has swayed
    measures nothing.
    """
    return permille > 0 and crc32(b"held out %d" % task_id) % 1_000 < permille


@automated(
    "assist.planted",
    title="Wrong proposals on purpose",
    effect="routes",
    purpose="On half of the gold tasks a right proposal is made wrong, to measure whether people "
    "follow proposals blindly. People are told that this happens.",
    reads=("the task's number",),
    parameters=(("share", "1 in 2", "of gold tasks with a right proposal"),),
    oversight="It is about the proposals: a planted mistake counts against nobody.",
)
def is_planted(task_id: int) -> bool:
    """Say whether a gold task is one of the half on which a right proposal is made a wrong one."""
    return crc32(b"planted %d" % task_id) % 2 == 0
