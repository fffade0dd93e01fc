"""Where the files of a drawing format lie: a folder, a ZIP archive, or one file and its folder.

Nothing is ever opened outside, links are not followed, and nothing of an archive is unpacked onto
a path that it names. Pictures are found by the name that a file gives them.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final, Protocol, cast

from fairhand.core.errors import MalformedError
from fairhand.formats.image_archive import MAX_MEMBERS, unpacked
from fairhand.formats.image_folder import is_clutter
from fairhand.formats.options import ReadOptions
from fairhand.formats.safe_files import opened_inside

MAX_TEXT: Final = 64 * 1024 * 1024
"""Bytes of a file that is read whole: a picture's own text or XML file."""
MAX_UNPACKED: Final = 8 * 1024**3
MAX_RATIO: Final = 200
_FREE: Final = 16 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_MAX_DEPTH: Final = 12
_GZIP: Final = b"\x1f\x8b"
PICTURES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".dcm"}
)


class Files(Protocol):
    """Files by name, with `/` between folders."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, sorted; empty where only one file is known."""

    def opened(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a picture or a small file; raises MalformedError when it is not there."""

    def plain(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a file of any size that lies on the disk, unpacked."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; without `names`, only what is looked for by its name is found."""

    root: Path
    names: tuple[str, ...] = ()

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file below the folder."""
        with opened_inside(self.root, name) as file:
            yield file

    @contextmanager
    def plain(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file; what is gzipped is unpacked into a temporary one."""
        with opened_inside(self.root, name) as file, ExitStack() as stack:
            if file.read(2) != _GZIP:
                file.seek(0)
                yield file
                return
            file.seek(0)
            most = _most(os.fstat(file.fileno()).st_size)
            packed = cast(BinaryIO, gzip.GzipFile(fileobj=file))
            yield stack.enter_context(_copied(packed, most, name))


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP archive."""

    archive: zipfile.ZipFile
    options: ReadOptions
    members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The members, but for those that name a place outside."""
        return tuple(sorted(self.members))

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Unpack a member, bounded."""
        if name not in self.members:
            raise MalformedError("is not there")
        with unpacked(self.archive, self.members[name], self.options) as file:
            yield file

    @contextmanager
    def plain(self, name: str) -> Iterator[IO[bytes]]:
        """Unpack a member of any size into a temporary file, as far as an honest one goes."""
        member = self.members.get(name)
        if member is None:
            raise MalformedError("is not there")
        try:
            packed = self.archive.open(member)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            raise MalformedError(f"cannot be unpacked: {error}") from None
        with packed, _copied(cast(BinaryIO, packed), _most(member.compress_size), name) as file:
            yield file


@contextmanager
def files_of(path: Path, options: ReadOptions) -> Iterator[tuple[Files, str | None]]:
    """Open a folder, an archive, or the folder of one file, which is then named too.

    An uploaded file has no folder: `options.media_root` is None.
    """
    if path.is_dir():
        yield Folder(path, tuple(sorted(_walk(path)))), None
    elif _is_archive(path):
        with _archive(path, options) as archive:
            yield archive, None
    else:
        yield Folder(path.parent), path.name


def read_text(files: Files, name: str, most: int = MAX_TEXT) -> bytes:
    """Read a small file whole; raises MalformedError when it is larger."""
    with files.plain(name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise MalformedError(f"is larger than {most} bytes")
    return content


@dataclass(slots=True)
class Finder:
    """Finds a picture by the name that a file gives it, told from where that file lies."""

    files: Files
    single: bool = False
    _by_end: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the names by their last part."""
        for name in self.files.names:
            self._by_end.setdefault(PurePosixPath(name).name, []).append(name)

    def find(self, name: str, beside: str = "") -> str:
        """Give the file's name; raises MalformedError when there is none, or more than one fits."""
        wanted = _inside(name)
        below = PurePosixPath(beside).parent
        near = [str(below / wanted), wanted, str(below / "images" / wanted), f"images/{wanted}"]
        if self.single:
            return next((one for one in near if self._is_there(one)), near[0])
        ends = self._by_end.get(PurePosixPath(wanted).name, [])
        for one in near:
            if one in ends:
                return one
        fitting = [one for one in ends if one.endswith(f"/{wanted}")] or ends
        if not fitting:
            raise MalformedError("is not there")
        if len(fitting) > 1:
            raise MalformedError(f"is not clear: there are {fitting[0]} and {fitting[1]}")
        return fitting[0]

    def _is_there(self, name: str) -> bool:
        try:
            with self.files.opened(name):
                return True
        except MalformedError:
            return False


def _inside(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    if not name or "\x00" in name or path.is_absolute() or ".." in path.parts or not path.parts:
        raise MalformedError("is not a file name inside the folder")
    return str(path)


def _walk(root: Path, below: PurePosixPath = PurePosixPath(), depth: int = 0) -> Iterator[str]:
    """Yield plain files; links and what is hidden are passed over."""
    if depth > _MAX_DEPTH:
        return
    with os.scandir(root / below) as entries:
        for entry in entries:
            if is_clutter(entry.name) or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, below / entry.name, depth + 1)
            elif entry.is_file(follow_symlinks=False):
                yield str(below / entry.name)


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


@contextmanager
def _archive(path: Path, options: ReadOptions) -> Iterator[Archive]:
    name = options.name or path.name
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise MalformedError(f"{name} is not a whole ZIP archive: {error}") from None
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) > MAX_MEMBERS:
            raise MalformedError(f"{name} holds more than {MAX_MEMBERS:,} files")
        yield Archive(archive, options, dict(_harmless(members)))


def _harmless(members: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    for member in members:
        try:
            name = _inside(member.filename)
        except MalformedError:
            continue
        if not is_clutter(name):
            yield name, member


def _most(packed: int) -> int:
    """How large an honest file may become that is packed into so many bytes."""
    return min(MAX_UNPACKED, packed * MAX_RATIO + _FREE)


@contextmanager
def _copied(packed: BinaryIO, most: int, name: str) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile(prefix="fairhand-") as file:
        try:
            left = most
            while left >= 0 and (chunk := packed.read(_CHUNK)):
                left -= file.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise MalformedError(f"{name[:200]} cannot be unpacked: {error}") from None
        if left < 0:
            raise MalformedError(f"{name[:200]} grows beyond {most} bytes when it is unpacked")
        file.flush()
        file.seek(0)
        yield cast(IO[bytes], file)
