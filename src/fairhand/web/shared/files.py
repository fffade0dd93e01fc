"""Files of a release on their way out: one of them, or all as a ZIP archive that is streamed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import FileResponse, Response, StreamingResponse

from fairhand.core.errors import NotFoundError
from fairhand.use_cases.read_releases import ReleaseFolder, iter_files

_CHUNK = 1024 * 1024
_BEGINNING = (1980, 1, 1, 0, 0, 0)
_HEADERS = {"Cache-Control": "private, no-store", "Content-Security-Policy": "sandbox"}


def send_file(path: Path) -> Response:
    """Send one file, to be saved and never to be shown: what it holds came from people."""
    return FileResponse(
        path, media_type="application/octet-stream", filename=path.name, headers=_HEADERS
    )


def send_archive(folder: ReleaseFolder) -> Response:
    """Send a whole release; no copy of it is made on our disk."""
    if folder.manifest is None:
        raise NotFoundError("The files of this release are not in their place any more.")
    name = f"{folder.manifest.facts.slug}-v{folder.release.version}"
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    chunks = _zipped(name, folder)
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


class _Pipe:
    """A file that only grows; what was written is taken away chunk by chunk."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing to let go of."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _zipped(name: str, folder: ReleaseFolder) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for member, path in iter_files(folder):
            info = zipfile.ZipInfo(f"{name}/{member}", _BEGINNING)
            info.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
                    yield pipe.take()
    yield pipe.take()
