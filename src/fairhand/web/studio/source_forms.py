"""Forms for makers of proposals that need describing: an ONNX file, an OpenAI-compatible endpoint.

The fields are text, as forms are; here they become what each kind's description wants. What is
wrong comes back beside its field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, UploadFile
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.compute.assistants.onnx_file import MOST_BYTES
from fairhand.compute.backends.prompt_forms import kinds as endpoint_kinds
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.add_source import AddSource, add_source, questions_of
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=300)]
Long = Annotated[str, Field(max_length=20_000)]
_WHOLE: Final = ("channels", "threads", "per_minute", "at_once", "most_tokens")
_KIND: Final = {"onnx": ("choice", "mask"), "openai": endpoint_kinds()}
_STARTING: Final[Mapping[str, Mapping[str, str]]] = {
    "onnx": {"name": "network", "task": "classifier", "channels": "3", "layout": "NCHW"},
    "openai": {"name": "endpoint", "prompt_version": "1", "format": "json_schema"},
}


@router.get("/projects/{project_id:int}/assist/sources/new/onnx")
@guard("project.edit")
def new_onnx(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the form of a network."""
    return _show(house, actor, request, project_id, "onnx", Form(_STARTING["onnx"]))


@router.get("/projects/{project_id:int}/assist/sources/new/openai")
@guard("project.edit")
def new_openai(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the form of an endpoint."""
    return _show(house, actor, request, project_id, "openai", Form(_STARTING["openai"]))


@router.post("/projects/{project_id:int}/assist/sources/new/onnx/import")
@guard("project.edit", form=True)
def add_onnx(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    file: Annotated[UploadFile | None, File()] = None,
    decoder: Annotated[UploadFile | None, File()] = None,
    name: Text = "",
    task: Text = "classifier",
    question: Text = "",
    input: Text = "image",  # the field's name
    field: Text = "",
    size: Text = "",
    channels: Text = "3",
    mean: Text = "",
    std: Text = "",
    layout: Text = "NCHW",
    labels: Long = "",
    scores: Text = "auto",
) -> Response:
    """Look a network through and add it."""
    values = {
        "file": "", "decoder": "", "name": name, "task": task, "question": question, "input": input,
        "field": field, "size": size, "channels": channels, "mean": mean, "std": std,
        "layout": layout, "labels": labels, "scores": scores,
    }  # fmt: skip
    content, second = (
        b"" if one is None else one.file.read(MOST_BYTES + 1) for one in (file, decoder)
    )
    return _add(house, actor, request, project_id, "onnx", values, content, second)


@router.post("/projects/{project_id:int}/assist/sources/new/openai")
@guard("project.edit", form=True)
def add_openai(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    name: Text = "",
    url: Annotated[str, Field(max_length=2_000)] = "",
    model: Text = "",
    secret: Text = "",
    prompt: Long = "",
    prompt_version: Text = "1",
    question: Text = "",
    fields: Text = "",
    currency: Text = "",
    price_in: Text = "",
    price_out: Text = "",
    limit: Text = "",
    per_minute: Text = "",
    format: Text = "json_schema",  # the field's name
) -> Response:
    """Look an endpoint's description through and add it; nothing is asked of it yet."""
    values = {
        "name": name, "url": url, "model": model, "secret": secret, "prompt": prompt,
        "prompt_version": prompt_version, "question": question, "fields": fields,
        "currency": currency.upper(), "price_in": price_in, "price_out": price_out,
        "limit": limit, "per_minute": per_minute, "format": format,
    }  # fmt: skip
    return _add(house, actor, request, project_id, "openai", values)


def _add(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    kind: str,
    values: Mapping[str, str],
    network: bytes | None = None,
    decoder: bytes | None = None,
) -> Response:
    try:
        config = read_fields(values)
        name = values["name"].strip()
        command = AddSource(
            actor.person_id, project_id, kind, name, config, network, decoder=decoder
        )
        added = add_source(house.db, house.blobs, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, kind, failed(error, values))
    after = "sources" if added.interactive else "runs"
    return RedirectResponse(f"/projects/{project_id}/assist/{after}", status_code=303)


def read_fields(values: Mapping[str, str]) -> dict[str, Any]:
    """Read typed fields as a description; what is left empty is left out.

    Raises InvalidError with every field that cannot be read.
    """
    config: dict[str, Any] = {}
    issues: list[Issue] = []
    for place, typed in values.items():
        text = typed.strip()
        if not text or place in ("name", "file", "decoder"):
            continue
        try:
            config[place] = _read(place, text)
        except ValueError as error:
            issues.append(Issue(place, str(error)))
    if issues:
        raise InvalidError("Some of this cannot be read.", issues=issues)
    return config


def _read(place: str, text: str) -> Any:  # noqa: ANN401  # any JSON value
    if place in _WHOLE:
        return _whole(text)
    if place == "size":
        return [_whole(one) for one in text.lower().replace("x", " ").split()]
    if place in ("mean", "std"):
        try:
            return [float(one) for one in text.replace(",", " ").split()]
        except ValueError:
            raise ValueError("Write numbers, as 0.485 0.456 0.406.") from None
    if place == "labels":
        lines = [one.strip() for one in text.splitlines() if one.strip()]
        return [None if one == "-" else one for one in lines]
    if place == "fields":
        return [one.strip() for one in text.split(",") if one.strip()]
    return text


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError("Write a whole number.")
    return int(text)


def _show(
    house: House, actor: Actor, request: Request, project_id: int, kind: str, form: Form
) -> Response:
    asked = [one for one in questions_of(house.db, project_id) if one.kind in _KIND[kind]]
    context = {
        "project": read_project(house.db, project_id),
        "request_path": f"/projects/{project_id}/assist/sources",
        "form": form,
        "questions": [(one.name, one.title) for one in asked],
        "examples": json.dumps([0.485, 0.456, 0.406]),
    }
    return render(request, f"source_{kind}.html", context, actor=actor, status=form.status)
