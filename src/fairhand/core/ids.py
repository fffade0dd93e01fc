"""Secrets and names for things that leave the house."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable, Sequence

import orjson


def new_token() -> str:
    """Make an unguessable URL-safe secret (256 bits)."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Hash a high-entropy secret for storage (SHA-256, hex); never for passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def sha256_hex(data: bytes) -> str:
    """Name content by its SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def rows_sha256(rows: Iterable[Sequence[object]]) -> str:
    """Name a set of rows by one SHA-256, in whatever order they come."""
    lines = sorted(hashlib.sha256(orjson.dumps(list(row))).digest() for row in rows)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def pseudonym(workspace_secret: bytes, project_id: int, person_id: int) -> str:
    """Name a person inside one project so that two projects' names cannot be joined.

    HMAC-SHA256 (RFC 2104) of project and person under the workspace's secret; 40 bits, shown as
    `c-` and ten hex digits.
    """
    message = f"{project_id}:{person_id}".encode()
    return "c-" + hmac.new(workspace_secret, message, hashlib.sha256).hexdigest()[:10]


def slugify(title: str) -> str:
    """Make a short ASCII name for URLs and the shell from a title; `project` if nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "".join(char if char.isalnum() else " " for char in ascii_only).split()
    return "-".join(words)[:48].strip("-") or "project"
