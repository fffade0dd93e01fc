"""A project keeps the labelling configuration that it came with, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.formats.label_studio.reading import SOURCE
from fairhand.model.label_studio.config import read_config
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.foreign import store as foreign
from fairhand.work.projects import store


@dataclass(frozen=True, slots=True)
class KeepLabelConfig:
    """Whose configuration it is; `details` is what else the other tool says of the project."""

    person_id: int
    project_id: int
    config: str
    details: Mapping[str, Any] = field(default_factory=dict)


def keep_label_config(db: Database, command: KeepLabelConfig, now: Instant) -> None:
    """Keep a configuration in place of the one before; raises MalformedError where it is none."""
    if command.config:
        read_config(command.config)
    with db.write() as connection:
        if store.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        foreign.keep_project(
            connection, command.project_id, SOURCE, command.config, command.details, now
        )
        body = {
            "project": command.project_id,
            "source": SOURCE,
            "config_sha256": sha256_hex(command.config.encode()),
        }
        log.append(
            connection,
            "project.label_config_kept",
            body,
            now,
            command.person_id,
            command.project_id,
        )
