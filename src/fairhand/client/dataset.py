"""Reading a release for training: the folder is checked first, then rows come as you want them.

Nothing of the server is needed, and of libraries only the one whose tables you ask for.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from fairhand.client import html
from fairhand.client.client import Client
from fairhand.client.errors import FairhandError, Issue

FORMAT: Final = "fairhand.release/v2"
UNSPLIT: Final = "unsplit"
"""The name of what is on no side of a release that is parted."""
_JSON: Final = ("value", "probabilities", "data")
_MEDIA_LIST: Final = "media.jsonl"
_MISSING: Final = "is missing"
_MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """A release that is whole; `manifest` holds its facts and counts.

    `split` names one of `splits`, or "unsplit" for what is on no side; without it all rows come.
    """

    path: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> int:
        """The version of the data set."""
        return int(self.manifest["facts"]["version"])

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of its splits, in their order; none: it is not parted."""
        return tuple((self.manifest["facts"].get("splits") or {}).get("names", ()))

    def __len__(self) -> int:
        """Count its rows: one for each task and question."""
        return int(self.manifest["stats"]["rows"])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give every row as a dictionary; see `rows`."""
        return self.rows()

    def rows(self, split: str | None = None) -> Iterator[dict[str, Any]]:
        """Stream rows as dictionaries, their JSON parsed; memory does not grow."""
        return self._records(self.files(split))

    def annotations(self) -> Iterator[dict[str, Any]]:
        """Stream each person's answers, by pseudonym."""
        return self._records([self.path / "annotations.parquet"])

    def files(self, split: str | None = None) -> list[Path]:
        """Name the Parquet files of a split, or all, in the order of their rows."""
        if split is not None and split not in (*self.splits, UNSPLIT):
            raise _fault(f"This release has no split {split!r}; it has {self._said_splits()}.")
        head = "data/" if split is None else f"data/{split}-"
        found = [one for one in self.manifest["files"] if str(one["path"]).startswith(head)]
        found.sort(key=lambda one: int(one["first_row"]))
        return [self.path / str(one["path"]) for one in found]

    def to_arrow(self, split: str | None = None) -> Any:  # noqa: ANN401  # pyarrow has no types
        """Give rows as one pyarrow Table; `value`, `probabilities` and `data` are JSON text."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        files = self.files(split)
        if files:
            return pa.concat_tables([pq.read_table(path) for path in files])
        return pq.read_schema(self.files()[0]).empty_table()

    def to_pandas(self, split: str | None = None) -> Any:  # noqa: ANN401  # of another library
        """Give rows as a pandas DataFrame."""
        return self.to_arrow(split).to_pandas()

    def to_polars(self, split: str | None = None) -> Any:  # noqa: ANN401  # of another library
        """Give rows as a polars DataFrame."""
        import polars

        return polars.from_arrow(self.to_arrow(split))

    def to_hf(self, split: str | None = None) -> Any:  # noqa: ANN401  # of another library
        """Give rows as a data set of Hugging Face; JSON stays text."""
        from datasets import Dataset

        return Dataset(self.to_arrow(split))

    def _repr_html_(self) -> str:
        title = str(self.manifest["facts"].get("title", self.path.name))
        rows = [("rows", f"{len(self):,}"), ("splits", self._said_splits()), ("in", self.path)]
        return html.facts(f"{title}, version {self.version}", rows)

    def _said_splits(self) -> str:
        return ", ".join(self.splits) or "none"

    def _records(self, files: list[Path]) -> Iterator[dict[str, Any]]:
        import pyarrow.parquet as pq

        for path in files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(2_000):
                    for record in batch.to_pylist():
                        yield {
                            name: json.loads(value) if name in _JSON and value else value
                            for name, value in record.items()
                        }


def load_release(
    where: str | Path | int,
    *,
    client: Client | None = None,
    keep_in: str | Path | None = None,
    check: bool = True,
) -> LoadedRelease:
    """Load a release from its folder, or by its number from a server.

    Sizes and SHA-256 of all files are compared with the manifest, and the manifest with the log's
    event, first (`check=False`: not). Who made it, and whether the log is genuine, says
    `fairhand verify release`. By number, `client` fetches it once into `keep_in` (default: the
    user's cache). Raises FairhandError that names what is missing or was changed.
    """
    folder = _fetch(where, client, keep_in) if isinstance(where, int) else Path(where)
    manifest = _manifest(folder)
    if check:
        _check(folder, manifest)
    return LoadedRelease(folder, manifest)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise _fault(f"There is no folder {folder}.")
    if not path.is_file():
        raise _fault(f"{folder} is not a release, or only part of one: manifest.json is missing.")
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        found = content["format"]
    except (ValueError, TypeError, KeyError) as error:
        raise _fault(f"{path} cannot be read: {error}.") from error
    if found != FORMAT:
        raise _fault(f"{folder} is of the format {found!r}; this version reads {FORMAT}.")
    _check_form(path, content)
    return content


def _check_form(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse a manifest that lacks what is read of it, or names a file elsewhere than beside it."""
    try:
        _ = int(content["facts"]["version"]), int(content["stats"]["rows"])
        files = content["files"]
        named = [(str(one["path"]), int(one["bytes"]), str(one["sha256"])) for one in files]
        for one in content["files"]:
            if str(one["path"]).startswith("data/"):
                int(one["first_row"])
    except (KeyError, TypeError, ValueError) as error:
        raise _fault(f"{path} lacks what a manifest says: {error}.") from error
    for name, _, _ in named:
        parts = name.split("/")
        is_plain = all(part not in ("", ".", "..") for part in parts)
        if not is_plain or "\\" in name or ":" in name or "\0" in name:
            raise _fault(f"{path} names {name!r}, which is no file of the release.")
        if not (path.parent / name).resolve().is_relative_to(path.parent.resolve()):
            raise _fault(f"{name} leads out of the release.")


def _check(folder: Path, manifest: Mapping[str, Any]) -> None:
    issues = [
        Issue(str(entry["path"]), fault, "error")
        for entry in manifest["files"]
        if (fault := _fault_of(folder / str(entry["path"]), entry))
    ]
    issues += [Issue("log.json", words, "error") for words in _log_faults(folder)]
    issues += [Issue(name, words, "error") for name, words in _media_faults(folder, manifest)]
    if issues:
        named = "; ".join(f"{one.place}: {one.message}" for one in issues[:3])
        more = f" (and {len(issues) - 3} more)" if len(issues) > 3 else ""
        raise FairhandError(
            0,
            "release_damaged",
            f"{folder} is not the release that was published: {named}{more}. Copy it again.",
            issues[:_MOST_NAMED],
        )


def _media_faults(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Compare the media with the list of them, which the manifest names.

    What people took back may be gone where their signed list lies in the folder.
    """
    if all(one["path"] != _MEDIA_LIST for one in manifest["files"]):
        return
    may_lack = manifest["facts"].get("own_data") and (folder / "revocations.json").is_file()
    try:
        with (folder / _MEDIA_LIST).open("rb") as lines:
            for entry in map(json.loads, lines):
                name = str(entry["path"])
                if not name.startswith("media/") or ".." in name:
                    yield _MEDIA_LIST, f"names {name!r}, which is no file of the release"
                    return
                fault = _fault_of(folder / name, entry)
                if fault and not (may_lack and fault == _MISSING):
                    yield name, fault
    except OSError:
        return  # it is missing, which is said already
    except (ValueError, KeyError, TypeError) as error:
        yield _MEDIA_LIST, f"cannot be read: {error}"


def _log_faults(folder: Path) -> Iterator[str]:
    try:
        lines = json.loads((folder / "log.json").read_bytes())["receipt"].splitlines()
        event = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
        said = json.loads(event["body"])["manifest_sha256"]
    except OSError:
        yield "is missing"
        return
    except (ValueError, KeyError, TypeError, IndexError):
        yield "cannot be read"
        return
    if said != _sha256(folder / "manifest.json"):
        yield "is of another manifest"


def _fault_of(path: Path, entry: Mapping[str, Any]) -> str:
    if not path.is_file():
        return _MISSING
    if path.stat().st_size != entry["bytes"]:
        return f"has {path.stat().st_size} bytes instead of {entry['bytes']}"
    return "" if _sha256(path) == entry["sha256"] else "was changed (SHA-256 differs)"


def _fetch(release_id: int, client: Client | None, keep_in: str | Path | None) -> Path:
    if client is None:
        raise _fault("A release by its number needs a client: load_release(3, client=Client(...)).")
    sha256 = str(client.release(release_id)["manifest_sha256"])
    cache = Path(keep_in) if keep_in else _cache()
    final = cache / f"release-{release_id}-{sha256[:16]}"
    if (final / "manifest.json").is_file():
        return final
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        archive = client.download_release(release_id, Path(work) / "release.zip")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(Path(work) / "release")
        made = Path(work) / "release"
        inner = [
            one for one in made.rglob("manifest.json") if one.parent.parent in (made, made.parent)
        ]
        if not inner:
            raise _fault(f"What the server sent of release {release_id} has no manifest.")
        if _sha256(inner[0]) != sha256:
            raise _fault(f"The server sent another release than {release_id}; ask again.")
        try:
            inner[0].parent.rename(final)
        except OSError:
            if not (final / "manifest.json").is_file():  # else somebody else was first
                raise
    return final


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "fairhand" / "releases"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _fault(words: str) -> FairhandError:
    return FairhandError(0, "release_unreadable", words)
