"""An owner changes how a source is used: whether it is asked on clicks, whether it shall train."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.open_outliner import CLICKS
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """What changes; None keeps what holds. `train` asks a backend to train at its next turn."""

    person_id: int
    project_id: int
    assistant_id: int
    interactive: bool | None = None
    train: bool = False


def change_source(db: Database, command: ChangeSource, now: Instant) -> Assistant:
    """Change it; raises NotFoundError, or ConflictError for what this kind cannot do."""
    with db.write() as connection:
        one = store.load_assistant(connection, command.assistant_id)
        if one is None or one.project_id != command.project_id or one.ended_at is not None:
            raise NotFoundError(f"This project has no source {command.assistant_id}.")
        clicks = one.kind == "label_studio" or one.config.get("task") == CLICKS
        if (command.interactive and not clicks) or (command.train and one.kind != "label_studio"):
            raise ConflictError(f"{one.name} is no Label Studio backend: it cannot do this.")
        if command.interactive is not None:
            store.change_assistant(connection, one.id, interactive=command.interactive)
            if command.interactive and one.kind == "onnx":  # its files are tried anew
                store.set_problem(connection, one.id, None, now)
        if command.train:
            store.change_assistant(connection, one.id, config={**one.config, "train": True})
        body = {
            "project": one.project_id,
            "assistant": one.id,
            "interactive": command.interactive,
            "train": command.train,
        }
        log.append(connection, "assistant.changed", body, now, command.person_id, one.project_id)
        changed = store.load_assistant(connection, one.id)
    assert changed is not None, "it was there a moment ago"  # noqa: S101
    return changed
