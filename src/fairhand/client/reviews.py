"""The SDK's part for reviews: what waits, one task with everybody's answers, what stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

from fairhand.client.transport import Transport

_API = "/api/v1"
Found = dict[str, Any]


class Reviews:
    """Second looks at a project's answers; found at `client.reviews`."""

    def __init__(self, http: Transport) -> None:
        self._http = http
        self._seen: dict[int, str] = {}

    def show(self, project_id: int) -> Found:
        """Show what waits and why, the terms, and what was found lately."""
        return cast(Found, self._http.json("GET", _path(project_id)))

    def set_terms(
        self,
        project_id: int,
        *,
        sample_permille: int = 0,
        doubt_below: float | None = None,
        release_waits: bool = False,
    ) -> Found:
        """Say what comes before a reviewer, and whether releases wait for it."""
        body = {
            "sample_permille": sample_permille,
            "doubt_below": doubt_below,
            "release_waits": release_waits,
        }
        return cast(Found, self._http.json("PUT", f"{_path(project_id)}/terms", body))

    def next(self, project_id: int, *, task_id: int | None = None, passed: int = 0) -> Found | None:
        """Open the task that comes next, or one of your choice; None when nothing waits for you."""
        body = {"task_id": task_id, "passed": passed}
        found = self._http.json("POST", f"{_path(project_id)}/next", body)
        task = cast("Found | None", found["task"])
        if task is not None:
            self._seen[task["task_id"]] = task["seen"]
        return task

    def accept(
        self, project_id: int, task_id: int, annotation_id: int | None = None, reason: str = ""
    ) -> Found:
        """Let the consensus stand, or one person's answer; refused where new ones came since."""
        seen = self._seen.get(task_id)
        more = {"annotation_id": annotation_id, "reason": reason, "seen": seen}
        return self._decide(project_id, task_id, "accepted", more)

    def fix(self, project_id: int, task_id: int, value: Mapping[str, Any], reason: str) -> Found:
        """Let an answer of your own stand."""
        return self._decide(project_id, task_id, "fixed", {"value": dict(value), "reason": reason})

    def ask_again(self, project_id: int, task_id: int, reason: str) -> Found:
        """Ask one more person."""
        return self._decide(project_id, task_id, "asked_again", {"reason": reason})

    def undo(self, project_id: int, review_id: int | None = None) -> Found:
        """Take your last review back."""
        body = {"review_id": review_id}
        return cast(Found, self._http.json("POST", f"{_path(project_id)}/undo", body))

    def wish(self, annotation_id: int, words: str = "") -> Found:
        """Ask for a second look at your own answer."""
        path = f"{_API}/annotations/{annotation_id}/wish"
        return cast(Found, self._http.json("POST", path, {"words": words}))

    def _decide(self, project_id: int, task_id: int, verdict: str, more: Found) -> Found:
        body = {"verdict": verdict, "client_key": str(uuid4()), **more}
        path = f"{_path(project_id)}/tasks/{task_id}"
        return cast(Found, self._http.json("POST", path, body, idempotent=True))


def _path(project_id: int) -> str:
    return f"{_API}/projects/{project_id}/review"
