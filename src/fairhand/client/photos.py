"""The SDK's part for photos: send one in parts, as the task page does."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from fairhand.client.transport import Transport

_API = "/api/v1"
_PART_BYTES = 256 * 1024


class Photos:
    """Photos that answer a question; found at `client.photos`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def send(
        self, task_id: int, question: str, path: str | Path, *, upload_id: str | None = None
    ) -> dict[str, Any]:
        """Send a JPEG, PNG or WebP for a question of a task that you hold; returns the answer.

        Place, device and time are taken out of it on the server. With the `upload_id` (a UUID) of
        a try that was cut off, only what is missing is sent.
        """
        content = Path(path).read_bytes()
        name = upload_id or str(uuid4())
        body = {"question": question, "bytes": len(content)}
        told = self._http.json("PUT", f"{_API}/tasks/{task_id}/uploads/{name}", body)
        if told["state"] != "whole":
            here = set(told.get("parts", ()))
            parts = [content[at : at + _PART_BYTES] for at in range(0, len(content), _PART_BYTES)]
            for number, part in enumerate(parts):
                if number not in here:
                    self._http.put(f"{_API}/uploads/{name}/parts/{number}", part)
            whole = {"parts": len(parts)}
            address = f"{_API}/uploads/{name}/whole"
            told = self._http.json("POST", address, whole, idempotent=True)
        answer: dict[str, Any] = told["answer"]
        return answer

    def drop(self, upload_id: str) -> None:
        """Forget a photo that is part of no answer."""
        self._http.json("DELETE", f"{_API}/uploads/{upload_id}")
