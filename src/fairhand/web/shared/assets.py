"""Static files: bundled, made small, hashed and compressed once at start, then served from memory.

Every screen keeps its files in `web/<screen>/static/`; they are named `<screen>/<file>`, and those
of `shared` by the file name alone. A URL carries the hash of its content, so a browser may keep it
for ever; asked for without that hash, a file is served too, but not kept.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import brotli
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fairhand.web.shared.bundle import bundle
from fairhand.web.shared.small import small_scripts, small_styles

WEB_FOLDER = Path(__file__).resolve().parent.parent
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""For every page: nothing from elsewhere, nothing inline, nobody frames us."""

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
SERVICE_WORKER = "desk/sw.js"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it leaves the server, in its three encodings."""

    name: str
    content_type: str
    digest: str
    plain: bytes
    gzipped: bytes
    brotlied: bytes

    @property
    def url(self) -> str:
        """Where a page finds this content, and only this content."""
        return f"/static/{self.name}?v={self.digest}"

    def encoded(self, accepts: str) -> tuple[bytes, str | None]:
        """The smallest form that the browser says it can read."""
        offered = {part.split(";")[0].strip() for part in accepts.split(",")}
        if "br" in offered:
            return self.brotlied, "br"
        if "gzip" in offered:
            return self.gzipped, "gzip"
        return self.plain, None


class Assets:
    """All static files of the product; `assets.url` is the templates' global `asset`."""

    def __init__(self, by_name: dict[str, Asset]) -> None:
        self._by_name = by_name

    @classmethod
    def load(cls, web: Path = WEB_FOLDER) -> Assets:
        """Read, bundle, hash and compress every screen's files."""
        paths: dict[str, Path] = {}
        for folder in sorted(web.glob("*/static")):
            prefix = "" if folder.parent.name == "shared" else f"{folder.parent.name}/"
            for path in sorted(folder.iterdir()):
                if path.suffix in _TYPES:
                    paths[prefix + path.name] = path
        is_script = {name for name, path in paths.items() if path.suffix == ".js"}
        scripts = small_scripts({name: bundle(paths[name]) for name in sorted(is_script)})
        return cls(
            {
                name: _prepare(name, path, scripts[name].encode() if name in scripts else None)
                for name, path in paths.items()
            }
        )

    def __getitem__(self, name: str) -> Asset:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def url(self, name: str) -> str:
        """The hashed URL of a file; a name that does not exist is a mistake in a template."""
        return self._by_name[name].url

    def respond(self, request: Request, name: str, cache: str | None = None) -> Response:
        """One file in the best encoding, kept for ever when asked for by its hash."""
        asset = self._by_name.get(name)
        if asset is None:
            return Response("There is no such file.", status_code=404, media_type="text/plain")
        tag = f'"{asset.digest}"'
        hashed = request.query_params.get("v") == asset.digest
        headers = {
            "Cache-Control": cache or (_FOR_EVER if hashed else _ASK_AGAIN),
            "ETag": tag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        body, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body, headers=headers, media_type=asset.content_type)

    def routes(self) -> list[BaseRoute]:
        """`/static/...`, and the service worker at the root so that it may see every page."""

        async def static(request: Request) -> Response:
            return self.respond(request, request.path_params["name"])

        async def service_worker(request: Request) -> Response:
            return self.respond(request, SERVICE_WORKER, cache=_ASK_AGAIN)

        return [
            Route("/static/{name:path}", static, methods=["GET", "HEAD"]),
            Route("/sw.js", service_worker, methods=["GET", "HEAD"]),
        ]


def _prepare(name: str, path: Path, script: bytes | None) -> Asset:
    plain = path.read_bytes() if script is None else script
    if path.suffix == ".css":
        plain = small_styles(plain.decode()).encode()
    return Asset(
        name=name,
        content_type=_TYPES[path.suffix],
        digest=hashlib.sha256(plain).hexdigest()[:16],
        plain=plain,
        gzipped=gzip.compress(plain, 9, mtime=0),
        brotlied=brotli.compress(plain, quality=11),
    )
