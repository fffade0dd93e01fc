"""Tracing leaks, for scripts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile

from fairhand.people.accounts.rules import Actor
from fairhand.people.likeness.suspect import MOST_BYTES
from fairhand.use_cases.house import House
from fairhand.use_cases.trace_leak import Traced, TraceLeak, trace_leak
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["licences"], route_class=StrictRoute)


@router.post("/projects/{project_id}/leaks")
@guard("licence.decide")
def trace(
    house: House, actor: Actor, project_id: int, file: Annotated[list[UploadFile], File()]
) -> dict[str, Any]:
    """Say whose copy files are, by the marks in them; nothing of the files is kept."""
    contents = [one.file.read(MOST_BYTES + 1) for one in file]
    command = TraceLeak(project_id, actor.person_id, contents)
    return traced_json(trace_leak(house.db, house.blobs, command, house.clock()))


def traced_json(traced: Traced) -> dict[str, Any]:
    """Write what was traced as JSON."""
    return {
        "files": traced.files,
        "files_found": traced.found,
        "pairs": traced.pairs,
        "pairs_seen": traced.seen,
        "pairs_with_both": traced.both,
        "named": list(traced.named),
        "recipients": [
            {
                "name": name,
                "agree": one.agree,
                "seen": one.seen,
                "false_alarm_alone": one.alone,
                "false_alarm": one.alarm,
                "named": one.is_named,
            }
            for name, one in traced.recipients
        ],
    }


def leak_words(traced: Traced) -> list[str]:
    """Say in sentences what a trace means, and what it does not."""
    lines = [
        f"{traced.found} of {traced.files} files hold marked items: of {traced.seen} of "
        f"{traced.pairs} pairs exactly one item turned up."
    ]
    if traced.both:
        lines.append(
            f"Of {traced.both} pairs both items turned up: copies were mixed, or it is a release "
            "without marks."
        )
    if traced.named:
        lines.append(
            f"It fits {' and '.join(traced.named)}. Somebody innocent would fit so well at most "
            "once in two thousand such cases, over all recipients together. It says whose copy it "
            "is, not who put it there or how."
        )
    else:
        lines.append("That is too little to name anybody.")
    return lines
