"""Run the server: uvicorn over the app, with the background work of the house."""

from __future__ import annotations

import os
import socket
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fairhand.core.settings import Settings
    from fairhand.use_cases.house import House

_KEEP_ALIVE_S = 30
_SHUTDOWN_S = 10
_BACKLOG = 2048


def check_port(settings: Settings) -> None:
    """Raise UnavailableError when the address cannot be listened on."""
    from fairhand.core.errors import UnavailableError

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise UnavailableError(
                f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
                "Choose another port with --port.",
                code="port_taken",
            ) from None


def serve_house(house: House, background: AbstractAsyncContextManager[None] | None = None) -> None:
    """Serve one open house from this process until it is stopped."""
    import uvicorn

    from fairhand.jobs.background import run_background
    from fairhand.web.app import create_app

    app = create_app(house, background or run_background(house))
    uvicorn.run(app, **_uvicorn_options(house.settings))


def serve_many(settings: Settings) -> None:
    """Serve a workspace from several processes that share one port."""
    import uvicorn

    os.environ["FAIRHAND_WORKSPACE"] = str(settings.workspace.absolute())
    os.environ["FAIRHAND_HOST"], os.environ["FAIRHAND_PORT"] = settings.host, str(settings.port)
    options = _uvicorn_options(settings)
    uvicorn.run(
        "fairhand.cli.serving:app_of_environment",
        factory=True,
        workers=settings.workers,
        **options,
    )


def app_of_environment() -> FastAPI:
    """Open the workspace that the environment names; each server process calls this once."""
    from fairhand.core.settings import load_settings
    from fairhand.jobs.background import run_background
    from fairhand.use_cases.house import open_house
    from fairhand.web.app import create_app

    house = open_house(load_settings())
    return create_app(house, run_background(house))


def _uvicorn_options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "http": "httptools",
        "loop": "uvloop" if os.name == "posix" else "auto",
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "timeout_keep_alive": _KEEP_ALIVE_S,
        "timeout_graceful_shutdown": _SHUTDOWN_S,
        "backlog": _BACKLOG,
    }
