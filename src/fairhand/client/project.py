"""A project as an object, for notebooks: add data, watch answers come, make a release."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairhand.client import html, shapes
from fairhand.client.answers import Answer, Answers
from fairhand.client.bar import Bar
from fairhand.client.client import Client
from fairhand.client.dataset import LoadedRelease, load_release
from fairhand.client.errors import FairhandError, Issue
from fairhand.client.records import records_of, write_records

_PAGE: Final = 500
_SHOWN: Final = 5
_CLUTTER: Final = ("Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Added:
    """What became of what was added; `issues` say why rows were rejected."""

    added: int
    already_there: int
    rejected: int
    issues: tuple[Issue, ...] = ()

    def __str__(self) -> str:
        lines = [
            f"{_counted(self.added, 'task')} added, {self.already_there:,} already there, "
            f"{_counted(self.rejected, 'row')} rejected."
        ]
        lines += [f"  {one.place}: {one.message}" for one in self.issues[:_SHOWN]]
        if len(self.issues) > _SHOWN:
            lines.append(f"  … and {len(self.issues) - _SHOWN:,} more in `.issues`")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        counted = [("added", self.added), ("already there", self.already_there)]
        rows = [*counted, ("rejected", self.rejected)]
        return html.facts(
            "Tasks", rows + [(one.place, one.message) for one in self.issues[:_SHOWN]]
        )


class Project:
    """One project of a server; `client` does everything that is not here.

    Get one with `connect(...).open_project(...)` or `.new_project(...)`.
    """

    def __init__(
        self,
        client: Client,
        details: shapes.ProjectDetails,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.client = client
        self.details = details
        self._sleep = sleep

    @property
    def id(self) -> int:
        """Its number, which every method of the client takes."""
        return self.details["id"]

    @property
    def slug(self) -> str:
        """Its short name, as in addresses and commands."""
        return self.details["slug"]

    def __repr__(self) -> str:
        return f"Project({self.slug!r}, {self.details['mode']}, id={self.id})"

    def _repr_html_(self) -> str:
        status = self.status()
        progress = status["progress"]
        asked = ", ".join(f"{one['name']} ({one['kind']})" for one in self.details["questions"])
        rows: list[tuple[str, object]] = [
            ("state", status["mode"]),
            ("asks", asked),
            ("tasks", f"{progress['finished']:,} of {progress['tasks']:,} finished"),
            ("answers", f"{progress['answers']:,} by {progress['people']:,} people"),
            ("spent", f"{status['spent']} {status['currency']}"),
        ]
        rows += [("holds it up", words) for words in status["holds_up"]]
        return html.facts(self.details["title"], rows)

    def status(self) -> shapes.Status:
        """Say how far, how good, how much: counted now."""
        return self.client.status(self.id)

    def add(
        self,
        what: Any,  # noqa: ANN401  # dictionaries, a frame, a data set, a path
        *,
        progress: bool | None = None,
        **options: str | Sequence[str] | None,
    ) -> Added:
        """Add tasks: dictionaries or texts, a DataFrame, a data set, a file, a folder of pictures.

        Options are those of `client.import_files`, such as `text_column="review"` or
        `prediction_column="guess=mood"`. Adding the same again adds nothing twice.
        """
        if isinstance(what, str | Path):
            return self._add_files(_files_of(Path(what)), progress, options)
        records = records_of(what)
        named = options.get("image_column") or options.get("audio_column")
        if records.media is not None and named is None:
            options = {**options, "image_column": records.media}
        options = {**options, "format": options.get("format") or "jsonl"}
        with tempfile.TemporaryDirectory(prefix="fairhand-") as folder:
            path = Path(folder) / "rows.jsonl"
            with path.open("wb") as file:
                many = write_records(records, file)
            if not many:
                return Added(0, 0, 0)
            return self._add_files([path], progress, options, many)

    def import_from(
        self,
        source: str = "",
        prefix: str = "",
        pattern: str = "",
        *,
        urls: Sequence[str] = (),
        progress: bool | None = None,
        **more: Any,  # noqa: ANN401  # take_changed, text_column…
    ) -> Added:
        """Add what is new of a source that the server names, or what lies behind `urls`.

            project.import_from("scans", "2026/november", "*.png")
            project.import_from(urls=["https://example.org/cat.jpg"])

        Called again it takes what is new, and tries again what failed; what has changed is said,
        and read again with `take_changed=True`. `preview_from` says beforehand what would come.
        """
        bar = Bar(f"Adding to {self.slug}", shown=progress)
        try:
            job = self.client.importing.bring(
                self.id,
                source,
                prefix,
                pattern,
                urls=urls,
                on_progress=lambda now: bar.at(now["done"], now["total"]),
                **more,
            )
        finally:
            bar.end()
        return _added(job)

    def preview_from(
        self,
        source: str,
        prefix: str = "",
        pattern: str = "",
        **more: Any,  # noqa: ANN401  # take_changed, text_column…
    ) -> dict[str, Any]:
        """Say what `import_from` would bring: files, bytes, what is left out, the first rows."""
        return self.client.importing.preview(self.id, source, prefix, pattern, **more)

    def answers(self) -> Answers:
        """Fetch every answer that stands, newest last; `stream` takes them one at a time."""
        return Answers(list(self.stream(wait=False)))

    def stream(
        self, *, after: int = 0, wait: bool = True, every_s: float = 2.0
    ) -> Iterator[Answer]:
        """Yield answers as they come in, from the first (or `after` one's id) on, without end.

        With `wait=False` it ends with the last one there is.
        """
        while True:
            found = self.client.given_answers(self.id, after=after, limit=_PAGE)
            yield from found
            if found:
                after = found[-1]["id"]
            elif wait:
                self._sleep(every_s)
            else:
                return

    def release(self, *, licence: str = "", **options: Any) -> shapes.Release:  # noqa: ANN401
        """Make the next version of the data set; see `client.create_release` for its options."""
        return self.client.create_release(self.id, licence=licence, **options)

    def dataset(self, version: int | None = None) -> LoadedRelease:
        """Fetch a version of the data set (the newest, unless named) and check it."""
        made = self.client.releases(self.id)
        found = [one for one in made if version is None or one["version"] == version]
        if not found:
            there = ", ".join(str(one["version"]) for one in made) or "none"
            words = f"There is no such release of {self.slug}; there are: {there}."
            raise FairhandError(0, "no_release", f"{words} `project.release()` makes one.")
        return load_release(found[0]["id"], client=self.client)

    def _add_files(
        self,
        paths: Sequence[Path],
        progress: bool | None,
        options: Mapping[str, Any],
        total: int | None = None,
    ) -> Added:
        bar = Bar(f"Adding to {self.slug}", shown=progress)
        try:
            job = self.client.import_files(
                self.id,
                *paths,
                on_progress=lambda now: bar.at(now["done"], now["total"] or total),
                **options,
            )
        finally:
            bar.end()
        return _added(job)


def _added(job: shapes.Job) -> Added:
    result = job["result"]
    issues = tuple(Issue(**one) for one in job["issues"])
    return Added(result["added"], result["already_there"], result["rejected"], issues)


def _files_of(path: Path) -> list[Path]:
    """Name a file, or the pictures and sounds of a folder; raises FairhandError for none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FairhandError(0, "not_there", f"There is no file or folder {path}.")
    found = [
        one
        for one in sorted(path.rglob("*"))
        if one.is_file() and not one.name.startswith(".") and one.name not in _CLUTTER
    ]
    if not found:
        raise FairhandError(0, "not_there", f"The folder {path} holds no files.")
    names = [one.name for one in found]
    if any(name.endswith((".parquet", ".arrow")) for name in names):
        raise FairhandError(
            0,
            "not_data",
            f"{path} looks like a data set: add(datasets.load_dataset(...)) or "
            "add(datasets.load_from_disk(...)) takes it, and so does `fairhand import` beside it.",
        )
    return found


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
