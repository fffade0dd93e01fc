"""The SDK's part for what watches the house: systems, monitors, conditions, self-scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fairhand.client.transport import Transport

_API = "/api/v1"


class Watch:
    """What decides by itself, what monitors found, and how the workspace stands."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def systems(self) -> list[dict[str, Any]]:
        """List the register of automated systems, with versions and switches."""
        found = self._http.json("GET", f"{_API}/conduct/systems")["systems"]
        return cast("list[dict[str, Any]]", found)

    def monitors(self) -> dict[str, Any]:
        """Show what the monitors see now, and the incidents they raised."""
        return cast("dict[str, Any]", self._http.json("GET", f"{_API}/conduct/monitors"))

    def conditions(self) -> dict[str, Any]:
        """Show what goes together with pay, hours and haste, in bands of ten people and more."""
        return cast("dict[str, Any]", self._http.json("GET", f"{_API}/conduct/conditions"))

    def self_scores(self) -> dict[str, Any]:
        """Score the workspace line by line; each line has its query."""
        return cast("dict[str, Any]", self._http.json("GET", f"{_API}/conduct/self-scores"))

    def own_groups(self) -> dict[str, str]:
        """Show what you have said of yourself."""
        found = self._http.json("GET", f"{_API}/me/groups")["groups"]
        return cast("dict[str, str]", found)

    def set_groups(self, groups: Mapping[str, str]) -> dict[str, str]:
        """Say to which groups you belong; an empty value takes it back."""
        body = {"groups": dict(groups)}
        found = self._http.json("PUT", f"{_API}/me/groups", body)["groups"]
        return cast("dict[str, str]", found)
