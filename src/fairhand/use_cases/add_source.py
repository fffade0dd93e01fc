"""An owner adds a maker of proposals that needs looking through first: a network, an endpoint.

Functions are code: they come from the operator's terminal alone, never over the web.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.assistants.functions import marked
from fairhand.compute.assistants.onnx import check_network
from fairhand.compute.backends.openai_spec import read_endpoint
from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.model.project import Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant
from fairhand.use_cases.open_outliner import CLICKS, check_pair
from fairhand.use_cases.versions import current_version
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class AddSource:
    """What is added: `config` as its kind wants it; `network` is an ONNX file's bytes.

    With a `decoder` beside it the network is an encoder, and the two outline what is clicked on.
    `by_operator` says that a terminal asks, and no page or API: only then are functions taken.
    """

    author_id: int
    project_id: int
    kind: str
    name: str
    config: Mapping[str, Any]
    network: bytes | None = None
    by_operator: bool = False
    decoder: bytes | None = None


def add_source(db: Database, blobs: BlobStore, command: AddSource, now: Instant) -> Assistant:
    """Look a source through and add it; nothing is asked of it yet.

    Raises InvalidError with every field that is wrong or for a file that cannot be used,
    ForbiddenError for code over the web, ConflictError for a taken name.
    """
    if command.kind == "function" and not command.by_operator:
        raise ForbiddenError("Functions are code: the operator adds them in a terminal.")
    questions = questions_of(db, command.project_id)
    config = {name: value for name, value in command.config.items() if value not in (None, "")}
    weights = _check(command, config, questions, blobs)
    new = AddAssistant(
        command.author_id,
        command.project_id,
        command.kind,
        command.name,
        config,
        weights,
        interactive=config.get("task") == CLICKS,
    )
    return add_assistant(db, new, now)


def questions_of(db: Database, project_id: int) -> tuple[Question, ...]:
    """Give what a project asks now."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return current_version(db, project.id, project.version).questions


def function_source(db: Database, command: AddSource, now: Instant) -> Assistant:
    """Find the source of a function by its `module:function`, or add it under its own name."""
    named = command.config["function"]
    with db.read() as connection:
        known = store.list_assistants(connection, command.project_id)
    for one in known:
        if one.kind == "function" and one.config.get("function") == named:
            return one
    return add_source(db, BlobStore("memory://"), command, now)


def _check(
    command: AddSource,
    config: dict[str, Any],
    questions: tuple[Question, ...],
    blobs: BlobStore,
) -> str | None:
    """Raise what is wrong; give the hash of the file that was stored."""
    if command.kind == "openai":
        read_endpoint(config, questions)
        return None
    if command.kind == "function":
        marked(str(config.get("function")))
        return None
    if command.kind != "onnx":
        raise InvalidError(f"A source of kind {command.kind!r} is not added like this.")
    if not command.network:
        raise InvalidError("Choose an ONNX file.")
    if config.get("task") == CLICKS:
        return _check_pair(command, config, questions, blobs)
    try:
        check_network(command.network, {"name": command.name, **config}, questions)
    except AssistantError as error:  # the file is wrong, and not a server of ours
        raise InvalidError(error.message, code=error.code) from error
    config.setdefault("name", command.name)
    return blobs.put(command.network)


def _check_pair(
    command: AddSource,
    config: dict[str, Any],
    questions: tuple[Question, ...],
    blobs: BlobStore,
) -> str:
    """Check and store an encoder and its decoder; only the encoder's hash is given."""
    if not any(one.kind == "mask" for one in questions):
        raise InvalidError("Outlines need a question about a mask, and this project has none.")
    if not command.network or not command.decoder:
        raise InvalidError(
            "Outlines need two files.", issues=[Issue("decoder", "Choose the decoder's file.")]
        )
    try:
        check_pair(command.network, command.decoder, command.name)
    except AssistantError as error:
        raise InvalidError(error.message, code=error.code) from error
    config.clear()
    config |= {"task": CLICKS, "decoder_sha256": blobs.put(command.decoder)}
    return blobs.put(command.network)
