"""Sources of predictions over the API: list, add, test, change, remove."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant, free_name
from fairhand.use_cases.change_source import ChangeSource, change_source
from fairhand.use_cases.check_backend import CheckBackend, Checked, check_backend
from fairhand.use_cases.end_assistant import EndAssistant, end_assistant
from fairhand.use_cases.house import House
from fairhand.use_cases.read_sources import Source, read_sources
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["assistance"], route_class=StrictRoute)


class BackendBody(Body):
    """A Label Studio ML backend; its password stays in an environment variable, named here.

    `hostname` is the address under which the backend reaches this server, `field` the field of the
    data with the text that is judged, `learns` whether it is told people's answers.
    """

    url: str = Field(max_length=2_000)
    name: str = Field(default="", max_length=60)
    interactive: bool = False
    learns: bool = True
    hostname: str = Field(default="", max_length=2_000)
    field: str = Field(default="", max_length=200)
    basic_user: str = Field(default="", max_length=200)
    basic_secret: str = Field(default="", max_length=200)
    extra_params: str = Field(default="", max_length=10_000)


class SourceChangeBody(Body):
    """What changes: whether it is asked on clicks, and whether it shall train at its next turn."""

    interactive: bool | None = None
    train: bool = False


@router.get("/projects/{project_id}/assist/sources")
@guard("project.status")
def sources(house: House, actor: Actor, project_id: int) -> Response:
    """List who proposes answers in a project, and what is wrong with whom."""
    found = read_sources(house.db, project_id)
    return reply({"sources": [source_json(one) for one in found]})


@router.post("/projects/{project_id}/assist/sources")
@guard("project.edit")
def add(house: House, actor: Actor, project_id: int, body: BackendBody) -> Response:
    """Add a Label Studio ML backend; nothing is asked of it before it is tested or its turn comes.

    Addresses within the server's own network are refused, unless its operator allowed them.
    """
    command = backend_command(house, actor.person_id, project_id, body.model_dump())
    made = add_assistant(house.db, command, house.clock())
    found = next(one for one in read_sources(house.db, project_id) if one.assistant.id == made.id)
    return reply(source_json(found), 201)


@router.post("/projects/{project_id}/assist/sources/{assistant_id}")
@guard("project.edit")
def change(
    house: House, actor: Actor, project_id: int, assistant_id: int, body: SourceChangeBody
) -> Response:
    """Change how a source is used."""
    command = ChangeSource(actor.person_id, project_id, assistant_id, body.interactive, body.train)
    changed = change_source(house.db, command, house.clock())
    return reply({"id": changed.id, "interactive": changed.interactive, "train": body.train})


@router.post("/projects/{project_id}/assist/sources/{assistant_id}/test")
@guard("project.edit")
def test(house: House, actor: Actor, project_id: int, assistant_id: int) -> Response:
    """Walk the way to a backend: address, connect, health, setup, predict, shape, values."""
    command = CheckBackend(project_id, assistant_id, actor.person_id)
    return reply(checked_json(check_backend(house.db, house.blobs, command, house.clock())))


@router.delete("/projects/{project_id}/assist/sources/{assistant_id}")
@guard("project.edit")
def remove(house: House, actor: Actor, project_id: int, assistant_id: int) -> Response:
    """Remove a source; what it predicted stays, and is shown to nobody any more."""
    command = EndAssistant(actor.person_id, project_id, assistant_id)
    end_assistant(house.db, command, house.clock())
    return reply({"id": assistant_id, "removed": True})


def backend_command(
    house: House, person_id: int, project_id: int, given: dict[str, Any]
) -> AddAssistant:
    """Make the command that adds a backend of what a door was given; finds a name where none is."""
    url = str(given.pop("url")).strip()
    place = url.partition("://")[2].partition("/")[0].rpartition("@")[2] or url
    name = str(given.pop("name", "")).strip() or free_name(house.db, project_id, place)
    interactive = bool(given.pop("interactive", False))
    config = {key: value for key, value in given.items() if value not in ("", None)}
    config.setdefault("hostname", house.settings.base_url)
    return AddAssistant(
        author_id=person_id,
        project_id=project_id,
        kind="label_studio",
        name=name,
        config={"url": url, **config},
        interactive=interactive,
    )


def source_json(source: Source) -> dict[str, Any]:
    """Write a source; of its configuration only what holds no secret's name."""
    one = source.assistant
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "url": source.address or None,
        "state": one.state,
        "interactive": one.interactive,
        "problem": one.problem,
        "versions": source.versions,
        "model": None if source.newest is None else source.newest.model,
        "is_shown": source.is_shown,
        "answers_to_tell": source.behind,
        "created_at": iso(one.created_at),
        "checked_at": None if one.checked_at is None else iso(one.checked_at),
    }


def checked_json(checked: Checked) -> dict[str, Any]:
    """Write a walk: each hop, and the one that failed."""
    return {
        "ok": checked.failed is None,
        "failed": None if checked.failed is None else checked.failed.name,
        "model": checked.model,
        "hops": [
            {
                "hop": hop.name,
                "title": hop.title,
                "ok": hop.ok,
                "message": hop.words,
                "advice": hop.advice,
                "took_ms": round(hop.took_ms, 1),
            }
            for hop in checked.hops
        ],
        "proposals": [
            {"value": one.value, "score": one.score, "model": one.model}
            for one in checked.proposals
        ],
    }
