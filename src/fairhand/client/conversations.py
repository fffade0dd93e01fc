"""The SDK's part for conversation trees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, cast

from fairhand.client.transport import Transport

Form = Literal["trees", "chats", "preferences"]


class Conversations:
    """Trees that people grow, review and rank; found at `client.conversations`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def list(self, project_id: int, *, state: str = "", after: int = 0) -> dict[str, Any]:
        """List a page of conversations, how many stand in which state, and the terms."""
        query = f"?state={state}&after={after}"
        return self._ask("GET", project_id, query)

    def show(self, project_id: int, conversation_id: int) -> dict[str, Any]:
        """Read one conversation with all its messages."""
        return self._ask("GET", project_id, f"/{conversation_id}")

    def set_terms(self, project_id: int, **terms: float) -> dict[str, Any]:
        """Set `reviews`, `accept_share`, `rankings`, `wanted_messages`, `most_depth` and
        `most_replies`; what is left out goes back to what is usual."""
        return self._ask("PUT", project_id, "/terms", terms)

    def halt(self, project_id: int, conversation_id: int, reason: str) -> dict[str, Any]:
        """End a conversation; what was begun is paid."""
        return self._ask("POST", project_id, f"/{conversation_id}/halt", {"reason": reason})

    def export(self, project_id: int, form: Form = "trees") -> Iterator[dict[str, Any]]:
        """Give the ready conversations one after another; nobody is named."""
        lines = self._http.text(f"{_path(project_id)}/export?form={form}")
        for line in lines.splitlines():
            yield cast(dict[str, Any], json.loads(line))

    def _ask(
        self, method: str, project_id: int, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return cast(dict[str, Any], self._http.json(method, _path(project_id) + path, body))


def _path(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/conversations"
