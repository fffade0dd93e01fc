"""The SDK's part for sources of predictions: connect a backend, test it, remove it."""

from __future__ import annotations

from typing import Any, cast

from fairhand.client.transport import Transport


class Sources:
    """Who proposes answers in a project; found at `client.sources`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def list(self, project_id: int) -> list[dict[str, Any]]:
        """List the sources with their newest model and what is wrong with them."""
        found = self._http.json("GET", _path(project_id))["sources"]
        return cast("list[dict[str, Any]]", found)

    def add_backend(
        self, project_id: int, url: str, *, interactive: bool = False, **options: object
    ) -> dict[str, Any]:
        """Connect a Label Studio ML backend; test it next.

        `options`: name, learns, hostname, field, basic_user, basic_secret (the name of an
        environment variable of the server), extra_params.
        """
        body = {"url": url, "interactive": interactive, **options}
        return cast(dict[str, Any], self._http.json("POST", _path(project_id), body))

    def test(self, project_id: int, source_id: int) -> dict[str, Any]:
        """Walk the way to a backend; `failed` names the hop that fails, `hops` say why."""
        path = f"{_path(project_id)}/{source_id}/test"
        return cast(dict[str, Any], self._http.json("POST", path, {}))

    def change(self, project_id: int, source_id: int, **wanted: bool) -> dict[str, Any]:
        """Have it asked on clicks or not (`interactive`), or have it train at its next turn."""
        path = f"{_path(project_id)}/{source_id}"
        return cast(dict[str, Any], self._http.json("POST", path, wanted))

    def remove(self, project_id: int, source_id: int) -> None:
        """Ask it nothing more; what it predicted stays, and is shown to nobody any more."""
        self._http.json("DELETE", f"{_path(project_id)}/{source_id}")


def _path(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/assist/sources"
