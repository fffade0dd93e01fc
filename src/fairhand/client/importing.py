"""The SDK's part for imports from buckets, folders of the server, and web addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from fairhand.client import shapes
from fairhand.client.transport import Transport

_Wait = Callable[..., shapes.Job]


class Importing:
    """Imports from elsewhere; found at `client.importing`."""

    def __init__(self, http: Transport, wait: _Wait) -> None:
        self._http = http
        self._wait = wait

    def sources(self, project_id: int) -> list[dict[str, Any]]:
        """List the sources that you may import from into a project."""
        found = self._http.json("GET", f"/api/v1/projects/{project_id}/import/sources")
        return cast("list[dict[str, Any]]", found["sources"])

    def preview(
        self,
        project_id: int,
        source: str = "",
        prefix: str = "",
        pattern: str = "",
        **more: Any,  # noqa: ANN401  # take_changed, text_column, urls…
    ) -> dict[str, Any]:
        """Say what an import would bring: files, bytes, what is left out, the first rows."""
        body = {"source": source, "prefix": prefix, "pattern": pattern, **more}
        found = self._http.json("POST", f"/api/v1/projects/{project_id}/import/preview", body)
        return cast("dict[str, Any]", found)

    def bring(
        self,
        project_id: int,
        source: str = "",
        prefix: str = "",
        pattern: str = "",
        *,
        urls: Sequence[str] = (),
        wait: bool = True,
        on_progress: Callable[[shapes.Job], None] = lambda _job: None,
        **more: Any,  # noqa: ANN401  # take_changed, text_column…
    ) -> shapes.Job:
        """Import what is new of a source, or what lies behind `urls`, and wait until it is in.

        The job's result counts tasks and files; `result["failed"]` is tried again by asking again.
        """
        body = {"source": source, "prefix": prefix, "pattern": pattern, "urls": list(urls), **more}
        asked = self._http.json("POST", f"/api/v1/projects/{project_id}/import/from", body)
        job_id = str(asked["job_id"])
        if wait:
            return self._wait(job_id, on_progress=on_progress)
        return cast(shapes.Job, self._http.json("GET", f"/api/v1/jobs/{job_id}"))
