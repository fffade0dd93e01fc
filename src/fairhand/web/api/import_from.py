"""Import from elsewhere over the API: the sources of a project, a preview, the job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.model.origin import DEEPEST
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_import import ImportOptions
from fairhand.use_cases.ask_import_from import AskImportFrom, ask_import_from
from fairhand.use_cases.check_source import SourceChecked, check_source
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_urls import keep_urls
from fairhand.use_cases.preview_import_from import Preview, preview_import_from
from fairhand.use_cases.read_import_sources import SourceView, all_sources, sources_for
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["import"], route_class=StrictRoute)


class ImportFromBody(Body):
    """Which files of which source; without a `source`, those behind the addresses in `urls`.

    `pattern` is `*.jpg, *.png` (the name) or `2026/**/*.csv` (the whole key); `take_changed` reads
    again what is not what it was. The others say how tables are read, as in an upload.
    """

    source: str = Field(default="", max_length=60)
    prefix: str = Field(default="", max_length=1_000)
    pattern: str = Field(default="", max_length=500)
    urls: list[str] = Field(default=[], max_length=10_000)
    take_changed: bool = False
    format: str | None = Field(default=None, max_length=40)
    text_column: str | None = Field(default=None, max_length=200)
    image_column: str | None = Field(default=None, max_length=200)
    audio_column: str | None = Field(default=None, max_length=200)
    prediction_columns: dict[str, str] = Field(default={}, max_length=50)
    gold_columns: dict[str, str] = Field(default={}, max_length=50)
    synthetic_model: str | None = Field(default=None, max_length=200)
    synthetic_depth: int = Field(default=1, ge=1, le=DEEPEST)
    synthetic_verifier: str = Field(default="", max_length=200)
    synthetic_precision: str = Field(default="", max_length=200)


class CheckSourceBody(Body):
    """A folder in the source; empty: all of it."""

    prefix: str = Field(default="", max_length=1_000)


@router.get("/projects/{project_id}/import/sources")
@guard("project.import")
def sources(house: House, actor: Actor, project_id: int) -> Response:
    """List the sources that you may import from into this project."""
    found = sources_for(house.db, house.settings.sources, project_id, actor.person_id)
    kept = ("name", "kind", "url", "is_listed")
    return reply({"sources": [{key: asdict(one)[key] for key in kept} for one in found]})


@router.post("/projects/{project_id}/import/preview")
@guard("project.import")
def preview(house: House, actor: Actor, project_id: int, body: ImportFromBody) -> Response:
    """Say what an import would bring: how many files and bytes, what is left out, the first rows.

    At most ten thousand files are counted, and for ten seconds; `is_whole` is false where there may
    be more than the `looked_at`. Nothing is kept.
    """
    return reply(preview_json(preview_import_from(house, _command(house, actor, project_id, body))))


@router.post("/projects/{project_id}/import/from", status_code=202)
@guard("project.import")
def bring(house: House, actor: Actor, project_id: int, body: ImportFromBody) -> Response:
    """Import from a source or from addresses; asked again, it takes what is new.

    Answers 202 with the job to look at. Its result says what became of the files; `failed` lists
    what may be tried again, by asking again.
    """
    command = _command(house, actor, project_id, body)
    job_id = ask_import_from(house.db, house.settings.sources, command, house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


@router.get("/sources")
@guard("server.view")
def every_source(house: House, actor: Actor) -> Response:
    """List every source of this server; no credential is ever shown."""
    return reply({"sources": [_view(one) for one in all_sources(house.settings.sources)]})


@router.post("/sources/{name}/check")
@guard("server.view")
def check(house: House, actor: Actor, name: str, body: CheckSourceBody) -> Response:
    """Go the way to a source hop by hop, list a few files and read one."""
    return reply(checked_json(check_source(house.settings, name, body.prefix)))


def preview_json(found: Preview) -> dict[str, Any]:
    """Write a preview."""
    return {
        "new": found.new,
        "new_bytes": found.new_bytes,
        "skipped": dict(found.skipped),
        "is_whole": found.is_whole,
        "looked_at": found.looked_at,
        "keys": list(found.keys),
        "shown": [{"place": one.place, "data": one.data} for one in found.shown],
        "issues": [asdict(issue) for issue in found.issues],
    }


def checked_json(found: SourceChecked) -> dict[str, Any]:
    """Write what was found of a source."""
    hops = [{"hop": one.hop, "ok": one.ok, "words": one.words} for one in found.hops]
    return {"source": found.name, "ok": found.ok, "hops": hops, "keys": list(found.keys)}


def _view(one: SourceView) -> dict[str, Any]:
    return asdict(one)


def _command(house: House, actor: Actor, project_id: int, body: ImportFromBody) -> AskImportFrom:
    options = ImportOptions(
        format=body.format or None,
        text_column=body.text_column or None,
        image_column=body.image_column or None,
        audio_column=body.audio_column or None,
        prediction_columns=body.prediction_columns,
        gold_columns=body.gold_columns,
        synthetic_model=body.synthetic_model or None,
        synthetic_depth=body.synthetic_depth,
        synthetic_verifier=body.synthetic_verifier,
        synthetic_precision=body.synthetic_precision,
    )
    return AskImportFrom(
        actor.person_id,
        project_id,
        body.source,
        body.prefix,
        body.pattern,
        keep_urls(house.blobs, body.urls),
        body.take_changed,
        options,
    )
