"""The server: one FastAPI app of pages and the JSON API over one open workspace."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

import fairhand
from fairhand.use_cases.house import House
from fairhand.web.api import work
from fairhand.web.shared import problems
from fairhand.web.shared.assets import Assets
from fairhand.web.shared.fast_lane import FastLane
from fairhand.web.shared.limits import Limits
from fairhand.web.shared.measures import Measures
from fairhand.web.shared.pages import make_templates
from fairhand.web.shared.tries import BEGINNINGS_MS, MOST_BEGINNINGS, MOST_OF_A_PLACE, Tries

THREADS = 16
FAST_THREADS = 4  # writers queue anyway: more threads only take turns at the interpreter
SCREENS = (
    "api",
    "conduct",
    "desk",
    "licences",
    "proof",
    "rights",
    "school",
    "server",
    "studio",
    "wages",
    "wellbeing",
)


def create_app(
    house: House,
    background: AbstractAsyncContextManager[None] | None = None,
    others: Sequence[BaseRoute] = (),
) -> FastAPI:
    """Build the app over an open workspace; `background` runs for as long as the server does.

    `others` are routes of other people's protocols that are answered besides.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        if background is None:
            yield
            return
        async with background:
            yield

    app = FastAPI(
        title="Fairhand",
        version=fairhand.__version__,
        summary="Human data, done by a fair hand.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        middleware=[
            Middleware(Measures, log_requests=house.settings.log_requests),
            Middleware(
                Limits,
                body_bytes=house.settings.max_body_bytes,
                upload_bytes=house.settings.max_upload_bytes,
                hsts=house.settings.hsts,
            ),
            Middleware(FastLane, timetable=work.TIMETABLE, threads=FAST_THREADS),
        ],
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    assets = _assets()
    app.state.house = house
    app.state.assets = assets
    app.state.tries = Tries()
    app.state.places = Tries(MOST_OF_A_PLACE)
    app.state.beginnings = Tries(MOST_BEGINNINGS, BEGINNINGS_MS)
    app.state.templates = make_templates(assets)
    problems.install(app)
    app.router.routes.extend(assets.routes())
    for router in _routers():
        # Not `include_router`: that builds every route again for each app, at its first request.
        app.router.routes.extend(router.routes)
    app.router.routes.extend(others)
    return app


@cache
def _assets() -> Assets:
    """Bundle and compress once a process: the files come with the product and do not change."""
    return Assets.load()


def _routers() -> Iterator[APIRouter]:
    """Find every screen's `router`s: a new screen or route file needs no list."""
    for screen in SCREENS:
        package = importlib.import_module(f"fairhand.web.{screen}")
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            router = getattr(module, "router", None)
            if isinstance(router, APIRouter):
                yield router
