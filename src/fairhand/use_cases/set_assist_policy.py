"""An owner ticks assistance, sets how it works, or unticks it; a measurement may switch it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from fairhand.compute.assistants.contract import AssistantError
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_assist_work import ASSIST_KINDS, TRAIN
from fairhand.use_cases.model_items import pick_for
from fairhand.use_cases.versions import version_of
from fairhand.work.active_learning.registry import strategy_names
from fairhand.work.prelabel import store
from fairhand.work.prelabel.rules import BLIND_PERMILLE, HOLDOUT_PERMILLE, Wish, check_wish
from fairhand.work.prelabel.store import AssistPolicy, NewAssistant, Shown
from fairhand.work.projects import store as projects

BUILT_IN = "built-in"
"""The name of the assistant that the tick picks."""


@dataclass(frozen=True, slots=True)
class SetAssistPolicy:
    """What shall hold from now on; None keeps what holds.

    `is_on` ticks and unticks. `coverage` maps a field of the tasks' data to the least share asked
    for of each of its values; `target_quality` of 0 takes the target away. `because` is the
    evidence of a measurement that switches assistance off by itself; nobody is its author then,
    and `author_id` stays whoever ticked it.
    """

    author_id: int
    project_id: int
    is_on: bool | None = None
    reorders: bool | None = None
    strategy: str | None = None
    ask: str | None = None
    coverage: Mapping[str, Mapping[str, float]] | None = None
    slice_fields: tuple[str, ...] | None = None
    target_quality: float | None = None
    blind_permille: int | None = None
    holdout_permille: int | None = None
    because: Mapping[str, Any] | None = None


def set_assist_policy(
    db: Database, command: SetAssistPolicy, now: Instant, *, blobs: BlobStore
) -> AssistPolicy:
    """Keep the policy, with the shares that are blind and held out; ticking picks a built-in model.

    Unticking hides every model's proposals and deletes nothing; ticking again shows the model that
    was shown last. Raises InvalidError with everything that is wrong, ConflictError when there is
    no built-in model for what the project asks and nothing else was connected.
    """
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        before = store.load_policy(connection, command.project_id)
        was_on = before is not None and before.is_on
        policy = _merge(before, command, now)
        shown = store.load_shown(connection, project.id)
        blind, holdout = _shares(command, shown, policy.is_on, was_on)
        _check(policy, blind, holdout)
        store.save_policy(connection, policy)
        store.set_shares(connection, project.id, blind, holdout)
        if policy.is_on and not was_on:
            _begin(db, connection, blobs, command, project.version, now)
        elif was_on and not policy.is_on:
            store.show_none(connection, project.id)
        body = _told(policy, blind, holdout)
        author = None if command.because else command.author_id
        log.append(connection, "assist.policy_set", body, now, author, project.id)
    return policy


def _merge(before: AssistPolicy | None, command: SetAssistPolicy, now: Instant) -> AssistPolicy:
    held = before or AssistPolicy(command.project_id, False, command.author_id, now)
    names = ("is_on", "reorders", "strategy", "ask", "coverage", "slice_fields")
    wanted = {name: getattr(command, name) for name in names if getattr(command, name) is not None}
    if command.target_quality is not None:
        wanted["target_quality"] = command.target_quality or None
    because = None if command.because is None else dict(command.because)
    if because is None and command.is_on is None:
        because = held.off_because  # a change of settings does not explain away why it is off
    return replace(
        held,
        **wanted,
        off_because=because,
        changed_by=held.changed_by if command.because else command.author_id,
        changed_at=now,
    )


def _shares(command: SetAssistPolicy, shown: Shown, is_on: bool, was_on: bool) -> tuple[int, int]:
    """Say how many of a thousand are blind and held out: none while it is off."""
    if not is_on:
        return 0, 0
    blind = shown.blind_permille if was_on else BLIND_PERMILLE
    holdout = shown.holdout_permille if was_on else HOLDOUT_PERMILLE
    asked = command.blind_permille, command.holdout_permille
    return (
        blind if asked[0] is None else asked[0],
        holdout if asked[1] is None else asked[1],
    )


def _check(policy: AssistPolicy, blind: int, holdout: int) -> None:
    wish = Wish(
        policy.strategy,
        policy.ask,
        policy.coverage,
        policy.slice_fields,
        policy.target_quality,
        blind,
        holdout,
    )
    if issues := check_wish(wish, strategy_names()):
        raise InvalidError(issues[0].message, issues=issues)


def _begin(
    db: Database,
    connection: Connection,
    blobs: BlobStore,
    command: SetAssistPolicy,
    version: int,
    now: Instant,
) -> None:
    """Pick a built-in model, let it begin, and show again what was shown last."""
    known = store.list_assistants(connection, command.project_id, ended=True)
    questions = version_of(db, connection, command.project_id, version).questions
    try:
        picked = pick_for(connection, blobs, command.project_id, questions)
    except AssistantError as error:
        if not any(one.ended_at is None and one.kind != "builtin" for one in known):
            raise ConflictError(error.message, code=error.code) from None
    else:
        config = {
            "questions": {name: one.name for name, one in picked.items()},
            "why": {name: one.why for name, one in picked.items()},
        }
        _keep_built_in(connection, command, config, now)
    if job_store.find_unfinished(connection, command.project_id, ASSIST_KINDS) is None:
        asked = {"project_id": command.project_id, "work": "train"}
        new = NewJob(new_token(), TRAIN, asked, command.project_id, command.author_id)
        job_store.ask(connection, new, now)
    last = store.last_promoted(connection, command.project_id)
    if last is not None:
        store.promote(connection, command.project_id, last.id, now, last.promoted_by)


def _keep_built_in(
    connection: Connection, command: SetAssistPolicy, config: Mapping[str, Any], now: Instant
) -> None:
    """Add the built-in assistant, or bring it up to what is asked now."""
    found = store.find_assistant(connection, command.project_id, BUILT_IN)
    if found is None:
        new = NewAssistant(command.project_id, "builtin", BUILT_IN, config, command.author_id)
        store.add_assistant(connection, new, now)
        return
    store.change_assistant(connection, found.id, config=config, state="on", ended_at=None)


def _told(policy: AssistPolicy, blind: int, holdout: int) -> dict[str, Any]:
    """Say in the log what holds now."""
    kept = asdict(policy)
    names = ("is_on", "off_because", "reorders", "strategy", "ask", "coverage", "target_quality")
    return {
        "project": policy.project_id,
        **{name: kept[name] for name in names},
        "slice_fields": list(policy.slice_fields),
        "blind_permille": blind,
        "holdout_permille": holdout,
    }
