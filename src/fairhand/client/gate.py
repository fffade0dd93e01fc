"""The SDK's part for the gate before compute: is a release fit, who still agrees, begin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from fairhand.client.transport import Transport

_API = "/api/v1"


class Gate:
    """Whether training may begin on a release, and writing down that it does."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def fitness(
        self,
        release_id: int,
        purpose: str = "training",
        bounds: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Say by every rule whether training may begin; `bounds` as in `release.toml`."""
        query = urlencode({"purpose": purpose, "bounds": json.dumps(dict(bounds or {}))})
        path = f"{_API}/releases/{release_id}/fitness?{query}"
        return cast("dict[str, Any]", self._http.json("GET", path))

    def begin(
        self,
        release_id: int,
        *,
        key: str,
        manifest_sha256: str,
        purpose: str = "training",
        by: str = "",
        bounds: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Write down that a training begins, once per `key`; royalties are owed at once.

        Raises FairhandError with the code `not_fit` and an issue for each reason to refuse.
        """
        body = {
            "key": key,
            "manifest_sha256": manifest_sha256,
            "purpose": purpose,
            "by": by,
            "bounds": dict(bounds or {}),
        }
        path = f"{_API}/releases/{release_id}/gate"
        return cast("dict[str, Any]", self._http.json("POST", path, body, idempotent=True))

    def runs(self, release_id: int) -> list[dict[str, Any]]:
        """List the trainings that were let through on a release, the newest first."""
        found = self._http.json("GET", f"{_API}/releases/{release_id}/gate")["runs"]
        return cast("list[dict[str, Any]]", found)

    def standing(self, release_id: int) -> bytes:
        """Fetch who still agrees, signed by the log's key, for a machine without a network."""
        pieces: list[bytes] = []
        self._http.download(f"{_API}/releases/{release_id}/standing", pieces.append)
        return b"".join(pieces)
