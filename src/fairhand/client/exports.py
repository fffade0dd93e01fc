"""The SDK's part for exports: a file in another tool's format, made by the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fairhand.client import shapes
from fairhand.client.transport import Transport

_Wait = Callable[..., Any]
_OnProgress = Callable[[shapes.Job], None]
_Save = Callable[[str, str | Path], Path]


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is being made, or is ready; `facts` are those of the last look.

    file = client.exports.make(project_id, "coco").wait().save("cells.zip")
    """

    facts: dict[str, Any]
    _exports: Exports

    @property
    def id(self) -> str:
        """Its id, which is its job's."""
        return str(self.facts["id"])

    @property
    def notes(self) -> list[str]:
        """What is worth knowing of the file: names that were changed, answers that are ties."""
        return list(self.facts.get("notes", ()))

    @property
    def left_out(self) -> dict[str, int]:
        """What the format could not hold: reason to count."""
        return {one["reason"]: one["count"] for one in self.facts["left_out"]}

    def wait(self, on_progress: _OnProgress = lambda _job: None) -> Export:
        """Wait until the file is ready; raises JobFailedError with the reason where it is not.

        `on_progress` is told how far the job is, each time it is looked at.
        """
        return self._exports.wait(self, on_progress)

    def save(self, path: str | Path) -> Path:
        """Fetch the file; written whole or not at all."""
        return self._exports.save(self, path)


class Exports:
    """Exports of projects and releases; found at `client.exports`."""

    def __init__(self, http: Transport, wait: _Wait, save: _Save) -> None:
        self._http = http
        self._wait = wait
        self._save = save

    def make(
        self,
        project_id: int,
        format: str = "jsonl",  # the word of the door
        *,
        release: int | None = None,
        question: str | None = None,
        answers: bool = False,
        elsewhere: bool = False,
    ) -> Export:
        """Ask for a file: of a release by its version, or of the project as it stands.

        `answers` adds what each person answered, by pseudonym, to a project as it stands;
        `elsewhere` adds tasks that people answered in another tool before the project came here.
        """
        body = {
            "format": format,
            "release": release,
            "question": question,
            "answers": answers,
            "elsewhere": elsewhere,
        }
        asked = self._http.json("POST", _path(project_id), body)
        return self.look(project_id, str(asked["export_id"]))

    def look(self, project_id: int, export_id: str) -> Export:
        """Look how far an export is."""
        found = self._http.json("GET", f"{_path(project_id)}/{export_id}")
        return Export(cast("dict[str, Any]", found), self)

    def list(self, project_id: int) -> list[Export]:
        """List a project's exports, the newest first."""
        found = self._http.json("GET", _path(project_id))["exports"]
        return [Export(cast("dict[str, Any]", one), self) for one in found]

    def wait(self, export: Export, on_progress: _OnProgress = lambda _job: None) -> Export:
        """Wait for an export; see `Export.wait`."""
        self._wait(export.id, on_progress=on_progress)
        return self.look(int(export.facts["project_id"]), export.id)

    def save(self, export: Export, path: str | Path) -> Path:
        """Fetch the file of an export; see `Export.save`."""
        return self._save(f"/projects/{export.facts['project_id']}/exports/{export.id}/file", path)


def _path(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/exports"
