"""`fairhand demo`: two projects on real data, ready in a minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.options import AsJson
from fairhand.cli.progress import progress
from fairhand.cli.serving import check_port, serve_house
from fairhand.cli.voice import remark, tell

if TYPE_CHECKING:
    from fairhand.core.settings import Settings
    from fairhand.demo.loop import WholeLoop
    from fairhand.demo.world import World


def register(app: typer.Typer) -> None:
    """Add `demo`."""
    app.command("demo")(demo)


def demo(
    contributors: Annotated[
        int, typer.Option(min=0, max=100, help="Simulated contributors, who work by themselves.")
    ] = 0,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve pages, or run the whole loop and end.")
    ] = True,
    release: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --no-serve: write the releases here.")
    ] = None,
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="The folder of the demo's workspace.")
    ] = Path(".demo"),
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="The port.")] = None,
    seed: Annotated[int, typer.Option(help="Dice for the simulated contributors.")] = 20261121,
    digits: Annotated[
        int, typer.Option(min=4, max=1597, help="How many handwritten digits to load.")
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Try Fairhand on real data: handwritten digits, and tissue and retina pictures.

    Makes a workspace in .demo (a second start uses it again), prints one-time sign-in links for
    an owner and a contributor, and serves on 127.0.0.1:8000. Nothing is fetched from anywhere.

    Example:  fairhand demo --contributors 12

    Example:  fairhand demo --contributors 6 --no-serve --release demo-release
    """
    from fairhand.cli.opening import settings_of
    from fairhand.core.errors import InvalidError

    settings = settings_of(workspace, host=host, port=port)
    if release is not None and serve:
        raise InvalidError("--release is written by a run without a server; add --no-serve.")
    if serve:
        _serve(settings, contributors, seed, digits)
    else:
        _run(settings, contributors, seed, digits, release)


def _serve(settings: Settings, contributors: int, seed: int, digits: int) -> None:
    from fairhand.core.clock import system_now
    from fairhand.demo.world import open_world

    check_port(settings)
    with progress("Preparing the demo") as report:
        world = open_world(settings, system_now, digits, report)
    try:
        serve_house(
            world.house,
            told=lambda: _tell_links(world, contributors),
            background=_beside(world, contributors, seed),
        )
        world.keep_time()
    finally:
        world.house.close()


@asynccontextmanager
async def _beside(world: World, contributors: int, seed: int) -> AsyncIterator[None]:
    """Run the usual background work, and the simulated contributors."""
    from fairhand.demo.loop import people_at_work
    from fairhand.jobs.background import run_background

    async with run_background(world.house), people_at_work(world, contributors, seed):
        yield


def _tell_links(world: World, contributors: int) -> None:
    base = world.house.settings.base_url
    owner, contributor = world.link(world.cast.owner_id), world.link(world.cast.contributor_id)
    crew = (
        f"{contributors} simulated contributors are at work."
        if contributors
        else ("For simulated contributors at work:  fairhand demo --contributors 12")
    )
    tell(
        {"url": base, "owner_link": owner, "contributor_link": contributor},
        f"Fairhand's demo is on {base}  (Ctrl-C stops it; start again for new links)",
        "",
        f"  Owner:        {owner}",
        f"  Contributor:  {contributor}",
        "",
        "Each link works once. Open them in two browsers, or one in a private window.",
        "Try first: as the contributor, accept the offer Handwritten digits and answer five with",
        "the number keys and Enter; then look at your earnings. As the owner, open Projects and",
        "watch both move.",
        crew,
    )


def _run(
    settings: Settings, contributors: int, seed: int, digits: int, target: Path | None
) -> None:
    from fairhand.demo.loop import check_run, fast_clock, run_whole_loop
    from fairhand.demo.world import open_world

    check_run(contributors, target)
    clock = fast_clock(settings)
    with progress("Preparing the demo") as report:
        world = open_world(settings, clock, digits, report)
    try:
        with progress("Simulated contributors answer") as report:
            done = run_whole_loop(world, clock, contributors, seed, target, report, remark)
    finally:
        world.house.close()
    _tell_loop(done)
    if not done.ok:
        raise typer.Exit(1)


def _tell_loop(done: WholeLoop) -> None:
    releases = [
        {
            "project": one.slug,
            "directory": str(one.directory),
            "manifest_sha256": one.manifest_sha256,
            "ok": one.report.ok,
        }
        for one in done.releases
    ]
    content = {
        "ok": done.ok,
        "answers": done.submitted,
        "skips": done.skipped,
        "statements": done.closed.statements,
        "releases": releases,
    }
    lines = [f"  fairhand verify release {one.directory}" for one in done.releases]
    verdict = "Both releases hold." if done.ok else "A RELEASE DOES NOT HOLD."
    tell(content, f"{verdict} Check them again, offline:", *lines)
