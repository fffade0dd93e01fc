"""The SDK's part for campaigns: terms, cells, notice, coverage, one's own profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fairhand.client.transport import Transport

_API = "/api/v1"
Found = dict[str, Any]


class Campaigns:
    """Campaigns that collect what people give of themselves; found at `client.campaigns`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def law_packs(self) -> list[Found]:
        """List the law packs, each number with its source."""
        return cast("list[Found]", self._http.json("GET", f"{_API}/law-packs")["law_packs"])

    def show(self, project_id: int) -> Found:
        """Show a project's campaign: terms, cells, schedule, notice."""
        return cast(Found, self._http.json("GET", _path(project_id)))

    def set(self, project_id: int, **terms: object) -> Found:
        """Make a project a campaign, or change terms: modalities, anonymise, law_pack, …"""
        return cast(Found, self._http.json("PUT", _path(project_id), terms))

    def set_cells(self, project_id: int, cells: Sequence[Mapping[str, Any]]) -> list[Found]:
        """Say of whom how much is needed: name, attributes and target of each cell."""
        body = {"cells": [dict(cell) for cell in cells]}
        answer = self._http.json("PUT", f"{_path(project_id)}/cells", body)
        return cast("list[Found]", answer["cells"])

    def preview_notice(self, project_id: int, **offer: object) -> Found:
        """Write the words that people would read; nothing is kept."""
        body = {**offer, "preview": True}
        return cast(Found, self._http.json("POST", f"{_path(project_id)}/notice", body))

    def publish_notice(self, project_id: int, **offer: object) -> Found:
        """Publish the notice: controller, needed, extras, longest_days, territories, …"""
        return cast(Found, self._http.json("POST", f"{_path(project_id)}/notice", dict(offer)))

    def coverage(self, project_id: int) -> Found:
        """Show what came of whom, small groups hidden, and whom to ask next."""
        return cast(Found, self._http.json("GET", f"{_API}/projects/{project_id}/coverage"))

    def profile(self, project_id: int) -> Found:
        """Show what you said of yourself for a campaign."""
        return cast(Found, self._http.json("GET", f"{_API}/campaigns/{project_id}/profile"))

    def say_profile(self, project_id: int, **said: str) -> Found:
        """Say something of yourself: language, region, device, environment, age_band."""
        return cast(Found, self._http.json("PUT", f"{_API}/campaigns/{project_id}/profile", said))


def _path(project_id: int) -> str:
    return f"{_API}/projects/{project_id}/campaign"
