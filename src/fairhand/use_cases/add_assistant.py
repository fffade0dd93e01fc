"""An owner adds a source of predictions to a project: a backend, an endpoint, a model file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.backends.guard import place_of, read_url
from fairhand.compute.backends.label_config import shown_of
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.labels.kind import text_problem
from fairhand.people.campaigns import store as campaigns
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.prelabel import backend_store, store, task_store
from fairhand.work.prelabel.store import Assistant, NewAssistant
from fairhand.work.projects import store as projects

NAME_MOST: Final = 60
_KINDS: Final = ("label_studio", "function", "onnx", "openai", "file")
_SECRET_PREFIX: Final = "FAIRHAND_SECRET_"  # noqa: S105  # the beginning of a name
_OPTIONS: Final = frozenset(
    ("url", "hostname", "field", "basic_user", "basic_secret", "extra_params", "learns")
)


@dataclass(frozen=True, slots=True)
class AddAssistant:
    """What is added; secrets are named in `config`, never held.

    `allow_private` is the operator's word, given in a terminal, that a Label Studio backend's host
    and port may lie within the house; no page and no API can give it.
    """

    author_id: int
    project_id: int
    kind: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weights_sha256: str | None = None
    interactive: bool = False
    allow_private: bool = False


def add_assistant(db: Database, command: AddAssistant, now: Instant) -> Assistant:
    """Add it; nothing is asked of it yet. Raises InvalidError, ConflictError for a taken name."""
    if issues := list(_issues(command)):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        if projects.lock_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if campaigns.load_campaign(connection, command.project_id) is not None:
            raise ConflictError(
                "This is a campaign: what people give of themselves goes to no model before a "
                "release that they permit. Make a project of what is released.",
                code="campaign",
            )
        config = dict(command.config)
        if command.kind == "label_studio":
            config = _backend_config(connection, command)
        new = NewAssistant(
            project_id=command.project_id,
            kind=command.kind,
            name=command.name,
            config=config,
            author_id=command.author_id,
            weights_sha256=command.weights_sha256,
            interactive=command.interactive,
        )
        added = store.add_assistant(connection, new, now)
        if added is None:
            raise ConflictError(
                f"A source of this project was called {command.name!r} before, and what it "
                "predicted keeps that name. Choose another."
            )
        heard = backend_store.last_annotation(connection, command.project_id)
        store.change_assistant(connection, added, told_through=heard)
        body = {
            "project": command.project_id,
            "assistant": added,
            "kind": command.kind,
            "name": command.name,
            "interactive": command.interactive,
            "weights_sha256": command.weights_sha256,
        }
        log.append(connection, "assistant.added", body, now, command.author_id, command.project_id)
        made = store.load_assistant(connection, added)
    assert made is not None, "just added"  # noqa: S101
    return made


def free_name(db: Database, project_id: int, wanted: str) -> str:
    """Find a name like the wanted one that no source of the project has or had."""
    with db.read() as connection:
        taken = {one.name for one in store.list_assistants(connection, project_id, ended=True)}
    wanted = wanted[: NAME_MOST - 5]
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _issues(command: AddAssistant) -> Iterator[Issue]:
    if command.kind not in _KINDS:
        yield Issue("kind", f"A source is one of {', '.join(_KINDS)}, not {command.kind!r}.")
    if problem := text_problem(command.name, NAME_MOST):
        yield Issue("name", f"The name {problem}.")
    elif "@" in command.name:
        yield Issue("name", "The name holds no @: the version follows it.")
    if command.kind == "label_studio":
        yield from _backend_issues(command)


def _backend_issues(command: AddAssistant) -> Iterator[Issue]:
    config = command.config
    for name in ("url", "hostname"):
        if name == "url" or config.get(name):
            try:
                read_url(str(config.get(name) or ""))
            except AssistantError as error:
                yield Issue(name, error.message)
    if unknown := sorted(config.keys() - _OPTIONS):
        yield Issue("config", f"There is no option {unknown[0]!r}.")
    secret = config.get("basic_secret")
    if config.get("basic_user") and not str(secret or "").startswith(_SECRET_PREFIX):
        yield Issue(
            "basic_secret",
            "Name the environment variable that holds the password; "
            f"its name begins with {_SECRET_PREFIX}.",
        )


def _backend_config(connection: Connection, command: AddAssistant) -> dict[str, Any]:
    """Note what the project's tasks show, and the place that the operator allowed."""
    config = {name: value for name, value in command.config.items() if value not in (None, "")}
    config["url"] = str(config["url"]).rstrip("/")
    if command.allow_private:
        config["allowed"] = [place_of(config["url"])]
    first = task_store.first_task(connection, command.project_id)
    if first is not None:
        (row,) = task_store.load_tasks(connection, [first])
        item = Item(row.id, row.data, None, row.media_type, row.width, row.height)
        try:
            shown = shown_of(item, config.get("field"))
        except AssistantError as error:
            raise InvalidError(error.message) from None
        config |= {"sort": shown.sort, "field": shown.field}
    return config
