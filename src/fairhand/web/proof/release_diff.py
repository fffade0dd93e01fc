"""Two versions of a dataset side by side: what came, what went, what is answered otherwise."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.people.accounts.rules import Actor
from fairhand.proof.release.compare import RowCounts
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_release_diff import ReleaseDiff, read_release_diff
from fairhand.use_cases.read_releases import list_releases, read_version
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_MOST_QUESTIONS = 20


@router.get("/projects/{project_id:int}/releases/{version:int}/diff/{number:int}")
@guard("release.view")
def diff(
    house: House, actor: Actor, request: Request, project_id: int, version: int, number: int
) -> Response:
    """Compare a version with a later one; the other way round leads to the right page."""
    old, new = sorted((version, number))
    if (version, number) != (old, new):
        address = f"/projects/{project_id}/releases/{old}/diff/{new}"
        return RedirectResponse(address, status_code=303)
    before, after = (read_version(house.db, project_id, one).release for one in (old, new))
    found = read_release_diff(house, before.id, after.id)
    versions = sorted(one.version for one in list_releases(house.db, project_id))
    context: dict[str, Any] = {
        "project": read_project(house.db, project_id),
        "diff": found,
        "rows_picture": _rows_picture(found.rows),
        "question_picture": _question_picture(found),
        "split_picture": _split_picture(found),
        "pay_picture": _pay_picture(found),
        "was_parted": any(one.old_rows is not None for one in found.splits),
        "is_parted": any(one.new_rows is not None for one in found.splits),
        "steps": [pair for pair in pairwise(versions) if pair != (old, new)],
    }
    return render(request, "release_diff.html", context, actor=actor)


def _rows_picture(rows: RowCounts) -> Markup:
    names = ("came", "went", "changed", "the same")
    counts = (rows.added, rows.removed, rows.changed, rows.same)
    return charts.bars("What became of the answers", names, counts)


def _question_picture(found: ReleaseDiff) -> Markup | None:
    """Draw by question; one question alone is the picture of all."""
    shown = found.questions[:_MOST_QUESTIONS]
    if len(shown) < 2:
        return None
    values = [(one.counts.added, one.counts.removed, one.counts.changed) for one in shown]
    names = [_cut(one.question) for one in shown]
    return charts.stacked_bars("By question", names, ("came", "went", "changed"), values)


def _split_picture(found: ReleaseDiff) -> Markup | None:
    if not found.splits:
        return None
    rows = [
        (f"{_cut(one.name, 8)} v{release.version}", count)
        for one in found.splits
        for release, count in ((found.old, one.old_rows), (found.new, one.new_rows))
        if count is not None
    ]
    names, counts = zip(*rows, strict=True)
    return charts.bars("Rows in each split", names, counts)


def _pay_picture(found: ReleaseDiff) -> Markup | None:
    """Draw pay of both; two currencies cannot stand on one scale."""
    sides = [
        (release.version, pay)
        for release, pay in ((found.old, found.pay_old), (found.new, found.pay_new))
        if pay is not None
    ]
    currencies = {pay["currency"] for _, pay in sides}
    if len(currencies) != 1:
        return None
    rows = [
        (f"{words}, v{version}", float(pay[name]))
        for words, name in (("least", "min_per_hour"), ("median", "median_per_hour"))
        for version, pay in sides
    ]
    names, amounts = zip(*rows, strict=True)
    return charts.bars(f"An hour of work, in {currencies.pop()}", names, amounts)


def _cut(name: str, most: int = 13) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
