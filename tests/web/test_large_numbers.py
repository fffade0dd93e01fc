"""No number in an address brings a server down, however long it is or whatever asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from fairhand.interop.label_studio.routes import routes
from fairhand.web.app import create_app
from tests.web.world import TestClient, World

_PART = re.compile(r"\{(\w+)(?::\w+)?\}")
TOO_LONG = "9" * 5_000  # Python reads no whole number from so many digits


def places(world: World, number: str) -> Iterator[tuple[str, str]]:
    """List what is asked: each route with the number as each part, then as each parameter."""
    for route in create_app(world.house, None, routes()).router.routes:
        if not isinstance(route, Route):
            continue
        named = (
            [one.alias for one in route.dependant.query_params]
            if isinstance(route, APIRoute)
            else []
        )
        ours = _PART.sub(str(world.project), route.path)
        for method in sorted(route.methods or ()):
            if _PART.search(route.path):
                yield method, _PART.sub(number, route.path)
            yield from ((method, f"{ours}?{name}={number}") for name in named)


@pytest.mark.slow
@pytest.mark.parametrize("number", [str(2**63), TOO_LONG], ids=["a row too far", "too long"])
def test_no_route_falls_over_a_number_in_its_address(world: World, number: str) -> None:
    app = create_app(world.house, None, routes())
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    client.headers["authorization"] = f"Bearer {world.token('Carmen', 'manage')}"
    harm, asked = [], 0
    for method, place in places(world, number):
        answer = client.request(method, place)
        asked += 1
        if answer.status_code >= 500:
            harm.append(f"{answer.status_code} {method} {place[:90]}")
    assert harm == []
    assert asked > 500
