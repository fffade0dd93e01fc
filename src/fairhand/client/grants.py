"""The SDK's part for consent: notices, grants, receipts, and ending what one permitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fairhand.client.transport import Transport

_API = "/api/v1"
Found = dict[str, Any]


class Grants:
    """What the token's person permits; found at `client.grants`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def notice(self, project_id: int) -> Found:
        """Show a campaign's notice and its two questions."""
        return cast(Found, self._http.json("GET", f"{_API}/campaigns/{project_id}/notice"))

    def understand(self, project_id: int, notice_id: int, answers: Sequence[int]) -> Found:
        """Answer the questions by the places of the answers; wrong ones come back explained."""
        body = {"notice_id": notice_id, "answers": list(answers)}
        return self._post(f"campaigns/{project_id}/understand", body)

    def give(
        self,
        project_id: int,
        notice_id: int,
        ticked: Mapping[str, Sequence[str]],
        days: int,
        **more: object,
    ) -> Found:
        """Permit what is ticked, for so many days; `more`: territory, guardian, profile, …"""
        said = {modality: list(many) for modality, many in ticked.items()}
        body = {"notice_id": notice_id, "ticked": said, "days": days, **more}
        return self._post(f"campaigns/{project_id}/grants", body)

    def refuse(self, project_id: int, notice_id: int) -> Found:
        """Say no to a campaign."""
        return self._post(f"campaigns/{project_id}/refuse", {"notice_id": notice_id})

    def list(self) -> list[Found]:
        """List what one permits and permitted."""
        return cast("list[Found]", self._http.json("GET", f"{_API}/grants")["grants"])

    def show(self, grant_id: int) -> Found:
        """Show one grant."""
        return cast(Found, self._http.json("GET", f"{_API}/grants/{grant_id}"))

    def receipt(self, grant_id: int) -> Found:
        """Give a grant's receipt as JSON-LD."""
        return cast(Found, self._http.json("GET", f"{_API}/grants/{grant_id}/receipt"))

    def end(self, grant_id: int, purposes: Sequence[str] = ()) -> Found:
        """End purposes of a grant, or all of it."""
        return self._post(f"grants/{grant_id}/end", {"purposes": [*purposes]})

    def _post(self, path: str, body: Found) -> Found:
        return cast(Found, self._http.json("POST", f"{_API}/{path}", body))
