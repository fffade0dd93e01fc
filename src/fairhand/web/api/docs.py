"""The API's own page: every route from the OpenAPI document, without any script from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.web.shared.doors import find_actor, house_of, public
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = "#/components/schemas/"


@router.get("/api/docs")
@public
def docs(request: Request) -> Response:
    """Show what the API takes and gives."""
    document = request.app.openapi()
    context = {
        "groups": _groups(document),
        "version": document["info"]["version"],
        "request_base": house_of(request).settings.base_url,
        "schemas": {
            name: _pretty(schema)
            for name, schema in sorted(document.get("components", {}).get("schemas", {}).items())
            if not name.endswith("ValidationError")
        },
    }
    return render(request, "docs.html", context, actor=find_actor(house_of(request), request))


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                tag = (methods[method].get("tags") or ["other"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, methods[method]))
    return dict(sorted(groups.items()))


def _operation(path: str, method: str, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": path,
        "method": method.upper(),
        "id": found["operationId"],
        "summary": found.get("description") or found.get("summary", ""),
        "parameters": list(_parameters(found)),
        "body": list(_body(found)),
        "answer": ", ".join(code for code in found["responses"] if code != "422"),
    }


def _parameters(found: dict[str, Any]) -> Iterator[dict[str, str]]:
    for one in found.get("parameters", []):
        yield {
            "name": one["name"],
            "where": one["in"],
            "type": _type(one.get("schema", {})),
        }


def _body(found: dict[str, Any]) -> Iterator[dict[str, str]]:
    for content, one in found.get("requestBody", {}).get("content", {}).items():
        yield {"content": content, "schema": _type(one.get("schema", {}))}


def _type(schema: dict[str, Any]) -> str:
    """Name a schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    return str(schema.get("type", "any"))


def _pretty(schema: dict[str, Any]) -> str:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode()
