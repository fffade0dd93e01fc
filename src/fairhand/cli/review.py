"""`fairhand review …`: what waits for a second look, what was found, and what brings it there."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Reviews: a second look at answers, and what stands.",
)
_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add `review`."""
    app.add_typer(group, name="review")


@group.command("show")
def show(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show what waits for a reviewer and why, and how often reviewers agreed with the consensus.

    Example:  fairhand review show reviews
    """
    from fairhand.use_cases.read_reviews import read_reviews
    from fairhand.web.api.reviews import state_json

    with opened(workspace) as house:
        found = find_project(house, project)
        state = read_reviews(house.db, found.id)
        told = state_json(house, found.id)
    waits = table("Waiting", "Why", ">Tasks")
    for because, tasks in state.open.items():
        waits.add_row(because, f"{tasks:,}")
    terms = state.terms
    doubt = "what stays unsure" if terms.doubt_below is None else f"below {terms.doubt_below:g}"
    tell(
        told,
        waits,
        f"Done: {state.done:,}. The consensus stood in {state.stood:,} of {state.settled:,}.",
        f"Doubt: {doubt}. Sample: {terms.sample_permille / 10:g} of a hundred. "
        + ("Releases wait." if terms.release_waits else "Releases do not wait."),
    )


@group.command("list")
def list_all(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the newest reviews: what was found, why, and by whom (a pseudonym).

    Example:  fairhand review list reviews
    """
    from fairhand.use_cases.read_reviews import list_reviews
    from fairhand.web.api.reviews import review_json

    with opened(workspace) as house:
        found = find_project(house, project)
        rows = [review_json(house, one) for one in list_reviews(house.db, found.id)]
    shown = table("Reviews", ">Task", "Found", "Came by", "Reason", "Reviewer")
    for one in rows[:_SHOWN]:
        verdict = one["verdict"] + (" (taken back)" if one["undone_at"] else "")
        shown.add_row(
            str(one["task_id"]), verdict, one["because"], one["reason"][:60], one["reviewer"]
        )
    tell({"reviews": rows}, shown if rows else "Nobody has reviewed anything yet.")


@group.command("set")
def set_terms(
    project: ProjectName,
    sample: Annotated[
        float | None, typer.Option(help="How many of a hundred finished tasks are looked at.")
    ] = None,
    doubt_below: Annotated[
        float | None,
        typer.Option(help="A consensus less sure than this is looked at, as 0.8; 0 for none."),
    ] = None,
    release_waits: Annotated[
        bool | None,
        typer.Option(
            "--release-waits/--release-does-not-wait", help="No release while reviews are open."
        ),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what comes before a reviewer; what is left out stays as it is.

    Example:  fairhand review set reviews --sample 5 --doubt-below 0.8 --release-waits
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_reviews import read_reviews
    from fairhand.use_cases.set_review_terms import SetReviewTerms, set_review_terms
    from fairhand.work.review.rules import ReviewTerms

    with opened(workspace) as house:
        found = find_project(house, project)
        old = read_reviews(house.db, found.id).terms
        terms = ReviewTerms(
            old.sample_permille if sample is None else round(sample * 10),
            old.doubt_below if doubt_below is None else (doubt_below or None),
            old.release_waits if release_waits is None else release_waits,
        )
        command = SetReviewTerms(owner_id_of(house), found.id, terms)
        set_review_terms(house.db, command, house.clock())
    tell(asdict(terms), f"Set. See what waits:  fairhand review show {found.slug}")
