"""The SDK's part for looking through tasks: list, search, act on many, saved views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from fairhand.client.transport import Transport

_PAGE = 500


class Tasks:
    """The task browser of projects; found at `client.tasks`.

    for task in client.tasks.each(project_id, state="in_doubt", order="least_sure"):
        print(task["id"], task["consensus"])
    client.tasks.act(project_id, "ask_again", query={"state": "in_doubt"})
    """

    def __init__(self, http: Transport) -> None:
        self._http = http

    def page(
        self, project_id: int, *, after: str = "", rows: int = 50, **filters: object
    ) -> dict[str, Any]:
        """List a page: `tasks`, `after` (where to go on), `count`, `looked_at`, `stopped_early`.

        Filters are those of the page's address: state, q, answer, sure_to, order and so on;
        `import_` stands for `import`.
        """
        said = _said(filters) | {"rows": rows} | ({"after": after} if after else {})
        return self._get(f"{_path(project_id)}?{urlencode(said)}")

    def each(self, project_id: int, **filters: object) -> Iterator[dict[str, Any]]:
        """Give every task that fits, page after page, each exactly once."""
        after = ""
        while True:
            found = self.page(project_id, after=after, rows=_PAGE, **filters)
            yield from found["tasks"]
            if found["after"] is None:
                return
            after = found["after"]

    def show(self, project_id: int, task_id: int) -> dict[str, Any]:
        """Tell one task's whole story."""
        return self._get(f"{_path(project_id)}/{task_id}")

    def act(
        self,
        project_id: int,
        act: str,
        *,
        tasks: Sequence[int] | None = None,
        query: dict[str, str] | None = None,
        wanted: int = 0,
    ) -> dict[str, Any]:
        """Do set_aside, take_back, ask_again or overlap with tasks, or with all that fit `query`.

        With `query` it is a job: `job_id` is in the answer, for `client.wait_for`.
        """
        body: dict[str, Any] = {"act": act, "wanted": wanted}
        body |= {} if tasks is None else {"tasks": list(tasks)}
        body |= {} if query is None else {"query": query}
        return cast("dict[str, Any]", self._http.json("POST", f"{_path(project_id)}/act", body))

    def views(self, project_id: int) -> list[dict[str, Any]]:
        """List saved views: your own, and those that are shared."""
        return cast("list[dict[str, Any]]", self._get(_views(project_id))["views"])

    def save_view(
        self, project_id: int, name: str, query: dict[str, str], *, shared: bool = False
    ) -> int:
        """Save filters under a name; gives the view's number."""
        body = {"name": name, "query": query, "shared": shared}
        return int(self._http.json("POST", _views(project_id), body)["id"])

    def change_view(
        self, project_id: int, view_id: int, *, name: str | None = None, shared: bool | None = None
    ) -> None:
        """Rename one of your views, share it or stop sharing it."""
        said = {"name": name, "shared": shared}
        body = {key: value for key, value in said.items() if value is not None}
        self._http.json("PATCH", f"{_views(project_id)}/{view_id}", body)

    def delete_view(self, project_id: int, view_id: int) -> None:
        """Delete one of your views."""
        self._http.json("DELETE", f"{_views(project_id)}/{view_id}")

    def _get(self, path: str) -> dict[str, Any]:
        return cast("dict[str, Any]", self._http.json("GET", path))


def _path(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/tasks"


def _views(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/views"


def _said(filters: dict[str, object]) -> dict[str, object]:
    return {
        name.rstrip("_"): {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        for name, value in filters.items()
    }
