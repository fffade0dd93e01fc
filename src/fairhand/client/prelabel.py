"""The SDK's part for makers of proposals: add a network or an endpoint, pre-label a project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fairhand.client.transport import Transport

_API = "/api/v1"


class Prelabel:
    """Proposals for whole projects; found at `client.prelabel`."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def add_network(
        self,
        project_id: int,
        path: str | Path,
        *,
        name: str = "network",
        **config: Any,  # noqa: ANN401
    ) -> int:
        """Upload an ONNX file and return the assistant's number.

        `config` says how it is fed and read: `task`, `input`, `size`, `mean`, `std`, `layout`,
        `labels`… (see the how-to on pre-labelling).
        """
        content = Path(path).read_bytes()
        fields = {"name": name, "config": json.dumps(config)}
        address = f"{_API}/projects/{project_id}/assist/networks/import"
        files = [("file", (Path(path).name, content))]
        return int(self._http.upload(address, lambda: {"files": files, "data": fields})["id"])

    def add_endpoint(
        self,
        project_id: int,
        *,
        name: str = "endpoint",
        **config: Any,  # noqa: ANN401
    ) -> int:
        """Add an OpenAI-compatible endpoint and return the assistant's number.

        `secret` is the NAME behind FAIRHAND_SECRET_ where the server runs; the key is never sent.
        """
        address = f"{_API}/projects/{project_id}/assist/endpoints"
        return int(self._http.json("POST", address, {"name": name, "config": config})["id"])

    def start(self, project_id: int, assistant_id: int) -> str:
        """Propose for every task, or go on where a run was cut off; returns the job's id."""
        body = {"assistant_id": assistant_id}
        address = f"{_API}/projects/{project_id}/assist/runs"
        return str(self._http.json("POST", address, body)["job_id"])

    def runs(self, project_id: int) -> list[dict[str, Any]]:
        """List the project's runs, newest first, with what they cost."""
        found = self._http.json("GET", f"{_API}/projects/{project_id}/assist/runs")
        return cast(list[dict[str, Any]], found["runs"])

    def run(self, project_id: int, run_id: int) -> Mapping[str, Any]:
        """Say how far a run is."""
        found = self._http.json("GET", f"{_API}/projects/{project_id}/assist/runs/{run_id}")
        return cast(dict[str, Any], found)

    def stop(self, project_id: int, run_id: int) -> Mapping[str, Any]:
        """Stop a run; what it proposed stays."""
        address = f"{_API}/projects/{project_id}/assist/runs/{run_id}/stop"
        return cast(dict[str, Any], self._http.json("POST", address, {}))
