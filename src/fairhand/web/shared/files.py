"""Files of a release on their way out: one of them, or all as a ZIP archive that is streamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from starlette.responses import FileResponse, Response, StreamingResponse

from fairhand.core.errors import NotFoundError
from fairhand.core.zipped import zip_stream
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.read_releases import ReleaseFolder, iter_files

_CHUNK = 1024 * 1024
_HEADERS = {"Cache-Control": "private, no-store", "Content-Security-Policy": "sandbox"}


def send_file(path: Path) -> Response:
    """Send one file, to be saved and never to be shown: what it holds came from people."""
    return FileResponse(
        path, media_type="application/octet-stream", filename=path.name, headers=_HEADERS
    )


def send_blob(blobs: BlobStore, sha256: str, name: str, size: int | None) -> Response:
    """Send a file out of the blob store, to be saved."""
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    if size is not None:
        headers["Content-Length"] = str(size)
    chunks = blobs.stream(sha256)
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


def send_archive(folder: ReleaseFolder) -> Response:
    """Send a whole release; no copy of it is made on our disk."""
    if folder.manifest is None:
        raise NotFoundError("The files of this release are not in their place any more.")
    name = f"{folder.manifest.facts.slug}-v{folder.release.version}"
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    chunks = _zipped(name, folder)
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


def _zipped(name: str, folder: ReleaseFolder) -> Iterator[bytes]:
    members = ((f"{name}/{member}", _chunks(path)) for member, path in iter_files(folder))
    return zip_stream(members, compressed=False)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk
