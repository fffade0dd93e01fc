"""`fairhand assist add-onnx` and `add-openai`: networks and endpoints as makers of proposals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.assist import group
from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.work.prelabel.store import Assistant

Name = Annotated[str, typer.Option("--name", help="What it is called in this project.")]
More = Annotated[
    str,
    typer.Option(
        "--config", metavar="JSON", help='Further settings, as {"mean": [0.5, 0.5, 0.5]}.'
    ),
]


@group.command("add-onnx")
def add_onnx(
    project: ProjectName,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .onnx file.")],
    name: Name = "network",
    task: Annotated[str, typer.Option("--task", help="classifier or segmenter.")] = "classifier",
    labels: Annotated[
        str | None,
        typer.Option("--labels", help="The outputs in their order, as cat,dog,- (-: nothing)."),
    ] = None,
    decoder: Annotated[
        Path | None,
        typer.Option("--decoder", exists=True, dir_okay=False, help="FILE is its encoder, then."),
    ] = None,
    config: More = "{}",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add an ONNX network that classifies pictures, texts or numbers, or segments pictures.

    With --decoder the two files outline what people click on, in the manner of Segment Anything.

    Example:  fairhand assist add-onnx pets pets.onnx --labels cat,dog --name pets
    """
    given: dict[str, Any] = {"task": task, **_json(config)}
    if decoder is not None:
        given = {"task": "clicks"}
    if labels is not None:
        order = [one.strip() for one in labels.split(",")]
        given["labels"] = [None if one == "-" else one for one in order]
    second = None if decoder is None else decoder.read_bytes()
    _add(project, workspace, "onnx", name, given, file.read_bytes(), second)


@group.command("add-openai")
def add_openai(
    project: ProjectName,
    url: Annotated[str, typer.Argument(help="The endpoint, as https://api.example.org/v1.")],
    model: Annotated[str, typer.Option("--model", help="The model's name there.")],
    prompt: Annotated[
        Path, typer.Option("--prompt", exists=True, dir_okay=False, help="A file: what to judge.")
    ],
    secret: Annotated[
        str | None,
        typer.Option("--secret", help="NAME of the variable FAIRHAND_SECRET_NAME with the key."),
    ] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Of the prices.")] = None,
    price_in: Annotated[
        str | None, typer.Option("--price-in", help="Price of a million tokens sent.")
    ] = None,
    price_out: Annotated[
        str | None, typer.Option("--price-out", help="Price of a million tokens received.")
    ] = None,
    limit: Annotated[
        str | None, typer.Option("--limit", help="What a run may spend, as 20.00.")
    ] = None,
    name: Name = "endpoint",
    config: More = "{}",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add an OpenAI-compatible endpoint that reads texts and answers a question.

    Example:  fairhand assist add-openai pets https://api.example.org/v1 --model m --prompt p.md
    """
    given = {
        "url": url, "model": model, "prompt": prompt.read_text(encoding="utf-8"),
        "secret": secret, "currency": currency, "price_in": price_in, "price_out": price_out,
        "limit": limit, **_json(config),
    }  # fmt: skip
    _add(project, workspace, "openai", name, given)


def _add(
    project: str,
    workspace: Path | None,
    kind: str,
    name: str,
    config: dict[str, Any],
    network: bytes | None = None,
    decoder: bytes | None = None,
) -> None:
    from fairhand.use_cases.add_source import AddSource, add_source

    with opened(workspace) as house:
        found = find_project(house, project)
        command = AddSource(
            owner_id_of(house), found.id, kind, name, config, network, True, decoder
        )
        one = add_source(house.db, house.blobs, command, house.clock())
    following = f"Next:  fairhand assist run {found.slug} --assistant {one.name}"
    if one.interactive:
        following = "It is asked from now on when somebody clicks on a thing in a picture."
    tell(_told(one), f"{one.name} is added (number {one.id}).", following)


def _told(one: Assistant) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "name": one.name, "weights_sha256": one.weights_sha256}


def _json(text: str) -> dict[str, Any]:
    from fairhand.core.errors import InvalidError

    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidError(f"--config is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise InvalidError("--config must be a JSON object.")
    return found
