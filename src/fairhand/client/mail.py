"""The SDK's part for letters by mail: the outbox, previews, and the way to the mail server."""

from __future__ import annotations

from typing import Any, Literal, cast
from urllib.parse import urlencode

from fairhand.client.transport import Transport

State = Literal["", "waiting", "sent", "given_up"]


class Mail:
    """Letters that this workspace sends; found at `client.mail`. Needs an owner or a manager."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def outbox(self, state: State = "", before: int | None = None) -> dict[str, Any]:
        """Read a page of letters, newest first, and counts by state; never what letters say."""
        asked = {"state": state} | ({} if before is None else {"before": str(before)})
        return self._ask("GET", f"letters?{urlencode(asked)}")

    def preview(self, kind: str = "invitation", language: str = "en") -> dict[str, Any]:
        """Read what a letter says, with example data; `kinds` are all that there are."""
        return self._ask("GET", f"preview?{urlencode({'kind': kind, 'language': language})}")

    def check(self) -> dict[str, Any]:
        """Have the server connect to its mail server; `state` is `ok` or `fail`."""
        return self._ask("POST", "check", {})

    def test(self, address: str, language: str = "en") -> dict[str, Any]:
        """Have a test letter sent at once; `outcome` is `sent` where it was taken."""
        return self._ask("POST", "test", {"address": address, "language": language})

    def retry(self, letter: int) -> None:
        """Have a letter that waits tried at once."""
        self._ask("POST", f"letters/{letter}/retry", {})

    def cancel(self, letter: int) -> None:
        """Call off a letter that waits."""
        self._ask("POST", f"letters/{letter}/cancel", {})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        found = self._http.json(method, f"/api/v1/mail/{path}", body)
        return cast("dict[str, Any]", found)
