"""`fairhand serve` and `fairhand worker`: the processes that run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import need_workspace, opened, settings_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import remark

if TYPE_CHECKING:
    from fairhand.core.settings import Settings

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on


def register(app: typer.Typer) -> None:
    """Add `serve` and `worker`."""
    app.command("serve")(serve)
    app.command("worker")(worker)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Where to listen; 0.0.0.0 for other machines.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="The port.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Server processes; one a core.")
    ] = None,
    background: Annotated[
        bool | None,
        typer.Option(
            "--background/--no-background",
            help="Also do the background work; without it run `fairhand worker` beside it.",
            show_default=False,
        ),
    ] = None,
    tls: Annotated[
        bool, typer.Option("--tls", help="HTTPS on your own network, for phones.")
    ] = False,
    cert: Annotated[Path | None, typer.Option(help="HTTPS: your certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="HTTPS: its private key (PEM).")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Serve the workspace: pages, JSON API (documented at /api/docs) and background work.

    Stop it with Ctrl-C: what is acknowledged is kept.

    Example:  fairhand serve --host 0.0.0.0 --workers 2

    Example:  fairhand serve --tls                        (phones on the same Wi-Fi)

    Example:  fairhand serve --cert site.pem --key site.key --host 0.0.0.0 --port 443
    """
    import signal

    from fairhand.cli.served_at import noted
    from fairhand.cli.serving import check_port, serve_house, serve_many, starting
    from fairhand.cli.tls import choose_tls

    with starting():
        from fairhand.core.logs import configure_logs
        from fairhand.use_cases.house import open_house

    given = {"host": host, "port": port, "workers": workers, "background": background}
    settings = settings_of(workspace, **given)
    need_workspace(settings)
    secured = choose_tls(settings, tls=tls, cert=cert, key=key, host_given=bool(host))
    settings = secured.settings
    check_port(settings)
    configure_logs(as_json=settings.log_json)
    house = open_house(settings)
    # A supervisor's word to stop comes back from uvicorn when all is answered; without this it
    # would end the process on the spot, before what follows is put away.
    signal.signal(signal.SIGTERM, _end)
    with noted(settings):
        try:
            if settings.workers == 1:
                serve_house(house, secured.chain, lambda: _tell(settings, secured.words))
        finally:
            house.close()
        if settings.workers > 1:
            _tell(settings, secured.words)
            serve_many(settings, secured.chain)


def _end(*_: object) -> None:
    raise SystemExit(0)


def _tell(settings: Settings, words: str) -> None:
    """Say where it serves, and what to know about that."""
    if words:
        remark(words)
    remark(f"Fairhand serves {settings.workspace} on {settings.base_url} (Ctrl-C stops it)")
    if settings.host in _EVERYWHERE and not settings.public_url:
        remark(
            f"Other devices cannot open links to {settings.host}: write this machine's address "
            f'into {settings.workspace}/fairhand.toml, as public_url = "http://ADDRESS:PORT".'
        )
    if not settings.background:
        remark("It does no background work: run `fairhand worker` beside it.")


def worker(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Run background work (imports, releases, statements, sealing) without serving pages.

    Several workers may run beside the servers; each job's steps happen once.

    Example:  fairhand worker --workspace team
    """
    import asyncio
    import signal
    import threading

    from fairhand.cli.serving import starting

    with starting():
        from fairhand.core.logs import configure_logs
        from fairhand.jobs.background import run_background

    stop = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())

    async def run() -> None:
        async with run_background(house, "worker"):
            await asyncio.to_thread(stop.wait)

    with opened(workspace) as house:
        configure_logs(as_json=house.settings.log_json)
        remark(f"Working for {house.settings.workspace} (Ctrl-C stops it)")
        asyncio.run(run())
