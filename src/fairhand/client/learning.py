"""The SDK's part for learning: a project's courses, one's own courses and exams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

from fairhand.client.transport import Transport

_API = "/api/v1"
Found = dict[str, Any]


class Learning:
    """Courses and exams; found at `client.learning`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def mine(self) -> Found:
        """List your courses, how far you are, and how much practice is due."""
        return cast(Found, self._http.json("GET", f"{_API}/me/courses"))

    def exam(self, course_id: int) -> Found:
        """Show your exam of a course: what it takes, the next question, or its result."""
        return cast(Found, self._http.json("GET", f"{_API}/courses/{course_id}/exam"))

    def begin_exam(self, course_id: int) -> Found:
        """Begin an exam, or go on with the one that runs; it is paid and has no clock."""
        return cast(Found, self._http.json("POST", f"{_API}/courses/{course_id}/exam", {}))

    def answer_exam(
        self, attempt_id: int, task_id: int, value: Mapping[str, Any], *, key: str | None = None
    ) -> Found:
        """Answer a question; the last answer ends the exam and tells how it went."""
        body = {"task_id": task_id, "client_key": key or str(uuid4()), "value": dict(value)}
        path = f"{_API}/exams/{attempt_id}/answers"
        return cast(Found, self._http.json("POST", path, body, idempotent=True))

    def courses(self, project_id: int) -> list[Found]:
        """List a project's courses, the newest first."""
        return cast("list[Found]", self._http.json("GET", _path(project_id))["courses"])

    def course(self, project_id: int, number: int) -> Found:
        """Show a course: what a draft lacks, the chance to pass, how exams went."""
        return cast(Found, self._http.json("GET", f"{_path(project_id)}/{number}"))

    def draft(self, project_id: int, *, from_last: bool = False) -> Found:
        """Draft a course from guidelines and gold tasks, or from the newest course."""
        return cast(Found, self._http.json("POST", _path(project_id), {"from_last": from_last}))

    def save(self, project_id: int, number: int, **course: object) -> Found:
        """Write a draft anew: title, skill, steps, exam_tasks, exam_asks, pass_percent, …"""
        return cast(Found, self._http.json("PUT", f"{_path(project_id)}/{number}", course))

    def publish(self, project_id: int, number: int) -> Found:
        """Let newcomers take a course first from now on; tells warnings."""
        return cast(Found, self._http.json("POST", f"{_path(project_id)}/{number}/publish", {}))

    def retire(self, project_id: int, number: int) -> Found:
        """Take a live course away; who was learning may work at once."""
        return cast(Found, self._http.json("POST", f"{_path(project_id)}/{number}/retire", {}))

    def void_exam(self, project_id: int, attempt_id: int, reason: str) -> Found:
        """Declare an exam that was not passed void, with a reason that its person reads."""
        path = f"{_API}/projects/{project_id}/exams/{attempt_id}/void"
        return cast(Found, self._http.json("POST", path, {"reason": reason}))


def _path(project_id: int) -> str:
    return f"{_API}/projects/{project_id}/courses"
