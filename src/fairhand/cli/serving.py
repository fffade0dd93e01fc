"""Run the server: uvicorn over the app, with the background work of the house."""

from __future__ import annotations

import gc
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fairhand.core.settings import Settings
    from fairhand.use_cases.house import House

Chain: TypeAlias = tuple[str, str]
"""The files of a certificate and of its private key."""

_KEEP_ALIVE_S = 30
_SHUTDOWN_S = 10
_HANGS_S = 60
_NOT_STARTED = 3
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


@contextmanager
def starting() -> Iterator[None]:
    """Load what a long process needs, and let the garbage collector pass it over for ever after.

    A quarter of the start is otherwise spent looking for garbage among classes and functions that
    stay, and every full collection of the running server would look at them again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def serve_house(
    house: House,
    chain: Chain | None = None,
    told: Callable[[], None] | None = None,
    background: AbstractAsyncContextManager[None] | None = None,
) -> None:
    """Serve one open house from this process until it is stopped; `told` is called when it listens.

    Exits with 3, as uvicorn does, where it never came to listen.
    """
    import uvicorn

    with starting():
        from fairhand.interop.label_studio.routes import routes as label_studio
        from fairhand.jobs.background import run_of
        from fairhand.web.app import create_app

        app = create_app(house, background or run_of(house), label_studio())
    server = uvicorn.Server(uvicorn.Config(app, **_uvicorn_options(house.settings, chain)))
    bring_up = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await bring_up(sockets)
        if server.started and told is not None:
            told()

    server.startup = startup  # type: ignore[method-assign]  # the one moment it listens from
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


def serve_many(settings: Settings, chain: Chain | None = None) -> None:
    """Serve a workspace from several processes that share one port."""
    import uvicorn

    options = _uvicorn_options(settings, chain)
    with tempfile.TemporaryDirectory(prefix="fairhand-measures-") as measures:
        os.environ |= {
            "FAIRHAND_WORKSPACE": str(settings.workspace.absolute()),
            "FAIRHAND_HOST": settings.host,
            "FAIRHAND_PORT": str(settings.port),
            "FAIRHAND_PUBLIC_URL": settings.public_url,
            "FAIRHAND_BACKGROUND": str(settings.background).lower(),
            "FAIRHAND_HSTS": str(settings.hsts).lower(),
            # Any of them may be asked for /metrics: what they counted is put together in files.
            "PROMETHEUS_MULTIPROC_DIR": measures,
        }
        uvicorn.run(
            "fairhand.cli.serving:app_of_environment",
            factory=True,
            workers=settings.workers,
            **options,
        )


def app_of_environment() -> FastAPI:
    """Open the workspace that the environment names; each server process calls this once."""
    with starting():
        from fairhand.core.logs import configure_logs
        from fairhand.core.settings import load_settings
        from fairhand.interop.label_studio.routes import routes as label_studio
        from fairhand.jobs.background import run_of
        from fairhand.use_cases.house import open_house
        from fairhand.web.app import create_app

        settings = load_settings()
        configure_logs(as_json=settings.log_json)
        house = open_house(settings)
        return create_app(house, run_of(house), label_studio())


def _uvicorn_options(settings: Settings, chain: Chain | None) -> dict[str, Any]:
    secure = {} if chain is None else {"ssl_certfile": chain[0], "ssl_keyfile": chain[1]}
    return {
        **secure,
        "host": settings.host,
        "port": settings.port,
        "http": "httptools",
        "loop": "uvloop" if os.name == "posix" else "auto",
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "timeout_keep_alive": _KEEP_ALIVE_S,
        # A process that begins on a busy machine is not one that hangs.
        "timeout_worker_healthcheck": _HANGS_S,
        "timeout_graceful_shutdown": _SHUTDOWN_S,
        "backlog": _BACKLOG,
    }
