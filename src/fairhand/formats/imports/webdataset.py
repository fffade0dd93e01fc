"""WebDataset: tar archives whose files of one sample stand together and share a name.

The name of a sample is a path up to the first dot of its last part; what follows is the field.
Archives are read as streams: nothing is unpacked onto the disk, links and devices are refused, and
no part of a name ever becomes a path.
"""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.imports.own import own_row
from fairhand.formats.json_text import parse_json
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name

MEDIA: Final = "media"
_PICTURES: Final = ("png", "jpg", "jpeg", "webp", "gif", "tif", "tiff", "bmp")
_SOUNDS: Final = ("wav", "flac", "ogg", "mp3")
_TEXTS: Final = ("txt", "text", "caption", "transcript")
_CLASSES: Final = ("cls", "cls2", "index")
_MOST_FIELDS: Final = 64
_MOST_HEADER: Final = 1024 * 1024
_MOST_GLOBAL: Final = 1_000
_MOST_SKIPPED: Final = 4 * 1024**3
_ENTRY_PER_PAYLOAD: Final = 16
_BROKEN: Final = (
    tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError, OverflowError,
    RecursionError,
)  # fmt: skip


class _Careful(tarfile.TarInfo):
    """Refuses headers that would be held in memory whole, however long they say they are."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        extended = self.type in (
            tarfile.XHDTYPE,
            tarfile.XGLTYPE,
            tarfile.SOLARIS_XHDTYPE,
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        )
        if extended and self.size > _MOST_HEADER:
            raise tarfile.ReadError(f"a header is {self.size} bytes long")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return found


@dataclass(slots=True)
class _Sample:
    """What has been read of one sample: never more than one medium and a bounded rest."""

    key: str
    fields: dict[str, bytes] = field(default_factory=dict)
    media: list[str] = field(default_factory=list)
    rest_bytes: int = 0
    wrong: str = ""

    def refuse(self, reason: str) -> None:
        """Keep the first reason, and let go of what was read: it will not be used."""
        self.wrong = self.wrong or reason
        self.fields.clear()


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield a row for each sample of an archive, or of all archives of a folder."""
    if isinstance(source, Path) and source.is_dir():
        found = sorted(p for p in source.rglob("*") if p.name.endswith((".tar", ".tar.gz", ".tgz")))
        for path in found:
            if path.is_symlink() or not path.is_file():
                yield Issue(path.name, "is a link; links are not followed", "warning")
            else:
                yield from _archive(path, path.relative_to(source).as_posix(), options)
        return
    yield from _archive(source, source_name(source, options), options)


def _archive(source: Source, name: str, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read one archive; what breaks off later gives what came before, and an Issue."""
    sample: _Sample | None = None
    try:
        with opened(source) as file, _opened(file) as archive:
            for found in _members(archive, name):
                if isinstance(found, Issue):
                    yield found
                    continue
                key, ending = _parted(found.name)
                if sample is not None and sample.key != key:
                    yield _row(sample, name, options)
                if sample is None or sample.key != key:
                    sample = _Sample(key)
                _take(archive, found, ending, sample, options)
    except _BROKEN as error:
        if sample is None:
            raise MalformedError(f"{name} cannot be read as a tar archive: {error}") from None
        yield Issue(name, f"is damaged after {sample.key[:100]!r}: {error}")
        return
    yield (
        Issue(name, "holds no samples", "warning")
        if sample is None
        else _row(sample, name, options)
    )


def _opened(file: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=file, mode="r|*", tarinfo=_Careful)


def _members(archive: tarfile.TarFile, name: str) -> Iterator[tarfile.TarInfo | Issue]:
    """Go through the plain files; what is refused is an Issue, and something vast is the end."""
    while (member := archive.next()) is not None:
        # A stream never goes back, and it would keep every one.
        archive.members.clear()  # type: ignore[attr-defined]  # documented by its getmembers()
        if len(archive.pax_headers) > _MOST_GLOBAL:
            raise tarfile.ReadError("its headers are too many")
        if member.size > _MOST_SKIPPED:
            raise tarfile.ReadError(f"{member.name[:200]} is {member.size} bytes long")
        if member.isdir():
            continue
        reason = _refusal(member)
        yield Issue(f"{name}: {member.name[:200]}", reason) if reason else member


def _refusal(member: tarfile.TarInfo) -> str:
    """Say why a member is not taken in; nothing where it is."""
    path = PurePosixPath(member.name)
    if member.issym() or member.islnk():
        return "is a link; links are not followed"
    if not member.isreg() or member.issparse():
        return "is not a plain file"
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        return "has a name that leads out of the archive"
    if any("\ud800" <= char <= "\udfff" or char < " " for char in member.name):
        return "has a name that is not text"
    return "" if _parted(member.name)[1] else "has no ending that names its field"


def _parted(name: str) -> tuple[str, str]:
    """Part a path at the first dot of its last part: key and field."""
    folder, _, last = name.removeprefix("./").rpartition("/")
    stem, _, ending = last.partition(".")
    return (f"{folder}/{stem}" if folder else stem), ending.casefold()


def _take(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    ending: str,
    sample: _Sample,
    options: ReadOptions,
) -> None:
    if sample.wrong:
        return
    most = _most(ending, options)
    is_medium = _is_medium(ending)
    if member.size > most:
        sample.refuse(f"has a {ending!r} of {member.size} bytes; {most} are allowed")
    elif ending in sample.fields:
        sample.refuse(f"has {ending!r} twice")
    elif len(sample.fields) >= _MOST_FIELDS:
        sample.refuse(f"has more than {_MOST_FIELDS} fields")
    elif is_medium and sample.media:
        sample.refuse("has more than one picture or sound; one makes a task")
    elif not is_medium and sample.rest_bytes + member.size > _most_rest(options):
        sample.refuse(f"has more than {_most_rest(options)} bytes beside its picture or sound")
    else:
        file = archive.extractfile(member)
        sample.fields[ending] = file.read(member.size) if file is not None else b""
        if is_medium:
            sample.media.append(ending)
        else:
            sample.rest_bytes += member.size


def _is_medium(ending: str) -> bool:
    return ending.rpartition(".")[2] in (*_PICTURES, *_SOUNDS)


def _most_rest(options: ReadOptions) -> int:
    """Say how much a sample may hold beside its medium, over all of its fields."""
    return options.max_payload_bytes * _ENTRY_PER_PAYLOAD


def _most(ending: str, options: ReadOptions) -> int:
    if ending.rpartition(".")[2] in _SOUNDS:
        return options.max_sound_bytes
    if ending.rpartition(".")[2] in _PICTURES:
        return options.max_image_bytes
    return _most_rest(options)


def _row(sample: _Sample, name: str, options: ReadOptions) -> Row | Issue:
    place = f"{name}: {sample.key[:200]}"
    try:
        if sample.wrong:
            raise MalformedError(sample.wrong)
        return _made(sample, place, options)
    except MalformedError as error:
        return Issue(place, error.message)


def _made(sample: _Sample, place: str, options: ReadOptions) -> Row:
    media = sample.media
    own = parse_json(sample.fields["json"]) if "json" in sample.fields else None
    if isinstance(own, dict) and own.keys() >= {"data", "answers"}:
        row = own_row(Row(place, own), options)
        data, made = dict(row.values), row.predictions
    else:
        data, made = _fields(sample, media), ()
    if media and "file_name" not in data:
        data["file_name"] = f"{sample.key}.{media[0]}"
    if media:
        data[MEDIA] = sample.fields[media[0]]
    return Row(place, data, made, MEDIA if media else None)


def _fields(sample: _Sample, media: list[str]) -> dict[str, Any]:
    """Put the fields of a sample together; an object in `json` is many."""
    data: dict[str, Any] = {}
    for ending, content in sample.fields.items():
        if ending in media:
            continue
        value = _value(ending, content)
        if ending == "json" and isinstance(value, dict):
            data |= value
        else:
            data["text" if ending in _TEXTS else ending] = value
    return data if media else {"key": sample.key, **data}


def _value(ending: str, content: bytes) -> Any:  # noqa: ANN401  # any JSON value
    if ending == "json":
        return parse_json(content)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise MalformedError(f"has a field {ending!r} that is neither text nor media") from None
    if ending in _CLASSES:
        if not text.strip().isdecimal() or len(text) > 18:
            raise MalformedError(f"must have a whole number in {ending!r}, not {text[:40]!r}")
        return int(text)
    return text
