"""The SDK's part for skills: your credentials, what you say you can, and the directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from fairhand.client.transport import Transport

_API = "/api/v1"


class Talent:
    """What people can and who wants to be found; at `client.talent`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def credentials(self) -> list[dict[str, Any]]:
        """List your credentials, the newest first."""
        found = self._http.json("GET", f"{_API}/me/credentials")["credentials"]
        return cast("list[dict[str, Any]]", found)

    def download_credential(self, uid: str, path: str | Path) -> Path:
        """Save a credential of yours; `fairhand verify credential` checks it anywhere."""
        text = self._http.text(f"{_API}/me/credentials/{uid}")
        Path(path).write_text(text, "utf-8")
        return Path(path)

    def share_credential(self, uid: str, is_shared: bool = True) -> str:
        """Let everybody with the address read a credential, or nobody; gives the address."""
        body = {"is_shared": is_shared}
        answer = self._http.json("POST", f"{_API}/me/credentials/{uid}/share", body)
        return str(answer["address"])

    def own(self) -> dict[str, Any]:
        """Show what you said of yourself, what you have shown, and the work that opens."""
        return cast("dict[str, Any]", self._http.json("GET", f"{_API}/me/talent"))

    def keep(self, *, is_listed: bool = False, **said: object) -> dict[str, Any]:
        """Write what you say of yourself; with `is_listed` you agree to the notice in `own()`.

        `said`: languages (a list of tag and level), domains, tools, about, hours_a_week,
        available_from, available_until, wants.
        """
        agreed = self.own()["notice"]["sha256"] if is_listed else ""
        body = {"is_listed": is_listed, "notice_sha256": agreed, **said}
        return cast("dict[str, Any]", self._http.json("PUT", f"{_API}/me/talent", body))

    def delete(self) -> None:
        """Forget what you said of yourself, at once."""
        self._http.json("DELETE", f"{_API}/me/talent")

    def search(
        self,
        *,
        skills: Sequence[int] = (),
        language: str = "",
        hours: int = 0,
        role: str = "",
        word: str = "",
    ) -> list[dict[str, Any]]:
        """Find people who want to be found; for owners and managers."""
        query = urlencode(
            [
                *(("skill", str(one)) for one in skills),
                ("language", language),
                ("hours", str(hours)),
                ("role", role),
                ("word", word),
            ]
        )
        found = self._http.json("GET", f"{_API}/talent?{query}")["found"]
        return cast("list[dict[str, Any]]", found)

    def skills(self) -> list[dict[str, Any]]:
        """List the skills that the workspace knows."""
        found = self._http.json("GET", f"{_API}/skills")["skills"]
        return cast("list[dict[str, Any]]", found)

    def path(self) -> list[dict[str, Any]]:
        """Show where you stand before each step to more responsibility."""
        return cast("list[dict[str, Any]]", self._http.json("GET", f"{_API}/me/path")["steps"])
