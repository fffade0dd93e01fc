"""The statement verifier: one HTML file that works offline, made by joining its own parts.

It may run nothing but its own script and reach no network at all: its policy names the script and
the style by their hashes, in the file itself and in the header when it is served.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.web.shared.bundle import bundle
from fairhand.web.shared.doors import public

router = APIRouter(include_in_schema=False)

PARTS: Final = Path(__file__).resolve().parent / "verifier"
NAME: Final = "fairhand-verify-statement.html"


@dataclass(frozen=True, slots=True)
class VerifierPage:
    """The page and the policy under which it runs."""

    html: bytes
    policy: str


@cache
def verifier_page() -> VerifierPage:
    """Join the parts of the verifier into its one file."""
    script = f"'use strict';\n{{\n{bundle(PARTS / 'page.js')}}}\n"
    style = (PARTS / "page.css").read_text("utf-8")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash_source(script)}",
            f"style-src {_hash_source(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    html = (PARTS / "page.html").read_text("utf-8")
    for name, part in (("policy", policy), ("style", style), ("script", script)):
        html = html.replace(f"{{{name}}}", part, 1)
    return VerifierPage(html.encode(), policy)


@router.get("/verify")
@public
def verify(request: Request) -> Response:
    """Show the verifier; anybody may use it, and it tells us nothing."""
    return _page({"Cache-Control": "no-cache"})


@router.get("/verify/download")
@public
def download(request: Request) -> Response:
    """Give the verifier to keep: it works from the disk, without us."""
    return _page({"Content-Disposition": f'attachment; filename="{NAME}"'})


def _page(headers: dict[str, str]) -> Response:
    page = verifier_page()
    headers = {"Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'", **headers}
    return Response(page.html, media_type="text/html", headers=headers)


def _hash_source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
