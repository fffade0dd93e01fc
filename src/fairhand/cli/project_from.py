"""The part of `fairhand project create` that brings a new project's files from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairhand.model.project import Project
    from fairhand.use_cases.ask_import_from import AskImportFrom
    from fairhand.use_cases.house import House
    from fairhand.work.projects.store import ImportRun


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`NAME` or `NAME/FOLDER` of a source with a pattern, or a file of addresses."""

    where: str
    pattern: str = ""
    urls: Path | None = None
    url_column: str = ""

    def check(self, house: House, owner_id: int, slug: str) -> None:
        """Go the way to it before the project is made; raises what speaks against it."""
        from fairhand.core.errors import FairhandError
        from fairhand.use_cases.ask_import_from import check_new
        from fairhand.use_cases.check_source import check_source

        command = self._command(house, owner_id, 0)
        check_new(house.db, house.settings.sources, command, slug, at_terminal=True)
        if not command.source:
            return
        found = check_source(house.settings, command.source, command.prefix)
        if not found.ok:
            last = found.hops[-1]
            raise FairhandError(
                f"Nothing can come from {self.where} ({last.hop}): {last.words} "
                "No project was made.",
                code="source_away",
            )

    def bring(self, house: House, project: Project) -> tuple[ImportRun, dict[str, Any]]:
        """Bring the files; what stops it says how to go on, for the project is there."""
        from fairhand.cli.imports_from import run_from
        from fairhand.cli.opening import owner_id_of
        from fairhand.core.errors import FairhandError

        try:
            return run_from(house, self._command(house, owner_id_of(house), project.id))
        except FairhandError as error:
            again = f"fairhand import {project.slug} {self._options()}"
            raise FairhandError(
                f"Project {project.id} ({project.slug}) is made, and its import stopped: "
                f"{error.message} Go on with it:  {again}",
                code=error.code,
            ) from error

    def _options(self) -> str:
        said = [f"--source {self.where}"] if self.where else []
        said += [f'--pattern "{self.pattern}"'] if self.pattern else []
        said += [f"--urls {self.urls}"] if self.urls else []
        said += [f"--url-column {self.url_column}"] if self.url_column else []
        return " ".join(said)

    def _command(self, house: House, owner_id: int, project_id: int) -> AskImportFrom:
        from fairhand.use_cases.ask_import import Upload
        from fairhand.use_cases.ask_import_from import AskImportFrom, UrlList

        name, _, prefix = self.where.partition("/")
        listed = None
        if self.urls is not None:
            stored = Upload(self.urls.name, house.blobs.put(self.urls))
            listed = UrlList(stored, self.url_column)
        return AskImportFrom(owner_id, project_id, name, prefix, self.pattern, listed)


def elsewhere_of(
    where: str, pattern: str, urls: Path | None, url_column: str, other: Path | None
) -> Elsewhere | None:
    """Read the options; None where all data is to come later. Raises InvalidError."""
    from fairhand.core.errors import InvalidError

    if not where and urls is None:
        if pattern or url_column:
            raise InvalidError("--pattern goes with --from-source, --url-column with --from-urls.")
        return None
    if other is not None:
        raise InvalidError("One project begins with one set of data; import the other after it.")
    return Elsewhere(where, pattern, urls, url_column)
