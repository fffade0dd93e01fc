"""What a file says of itself: content credentials (C2PA), and names that generators leave.

Anybody can write such a claim, and most programs drop it; it is evidence, never proof. With a
claim that does not fit the file's bytes, something was changed since. Nothing is fetched: neither
manifests that lie elsewhere nor the state of certificates.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image

State = Literal["none", "valid", "broken", "unread"]

_MADE: Final = re.compile(
    r"(?:trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia|algorithmicMedia)"
)
_GENERATORS: Final = re.compile(
    r"stable.?diffusion|midjourney|dall.?e|comfyui|automatic1111|firefly|flux\.1|invokeai|"
    r"novelai|imagen|elevenlabs",
    re.IGNORECASE,
)
_PARAMETERS: Final = ("parameters", "prompt", "workflow", "sd-metadata", "dream")
"""Text chunks of PNG files in which image generators keep what they were asked for."""
_SOFTWARE: Final = 0x0131
_MOST: Final = 200
OFFLINE: Final[dict[str, Any]] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
    "builder": {"thumbnail": {"enabled": False}},  # a sidecar shows nothing of its file
}


def has_credentials() -> bool:
    """Say whether content credentials can be read and made here (fairhand[people])."""
    return find_spec("c2pa") is not None


def claims_of(content: bytes, media_type: str) -> dict[str, Any]:
    """Read what a file says of itself: `credentials` (`State`), `made_by_ai` (what says so).

    `made_by_ai` is there only where something says it; `by` names the program that signed.
    """
    claims: dict[str, Any] = {"credentials": "none"}
    manifest = _manifest(content, media_type)
    if manifest is not None:
        claims["credentials"], claims["by"] = manifest[0], manifest[1]
        if manifest[2]:
            claims["made_by_ai"] = manifest[2]
    if "made_by_ai" not in claims and media_type.startswith("image/"):
        found = next(_marks(content), None)
        if found is not None:
            claims["made_by_ai"] = found[:_MOST]
    return claims


def sidecar_state(content: bytes, media_type: str, sidecar: bytes) -> State:
    """Say whether a file is the one that a sidecar was made for, byte by byte."""
    if not has_credentials():
        return "unread"
    c2pa = import_module("c2pa")
    try:
        reader = c2pa.Reader(media_type, io.BytesIO(content), sidecar, offline())
        return "valid" if str(reader.get_validation_state()) == "Valid" else "broken"
    except c2pa.C2paError:
        return "broken"


def released_state(file: Path, sidecar: bytes, root: str) -> State:
    """Say whether a sidecar is of this file and was signed under a workspace's root (PEM)."""
    if not has_credentials():
        return "unread"
    c2pa = import_module("c2pa")
    try:
        with file.open("rb") as content:
            reader = c2pa.Reader("application/octet-stream", content, sidecar, _trusting(root))
            return "valid" if str(reader.get_validation_state()) == "Trusted" else "broken"
    except c2pa.C2paError:
        return "broken"


@lru_cache(maxsize=8)
def _trusting(root: str) -> Any:  # noqa: ANN401
    c2pa = import_module("c2pa")
    return c2pa.Context(c2pa.Settings.from_dict(OFFLINE | {"trust": {"trust_anchors": root}}))


@lru_cache(maxsize=1)
def offline() -> Any:  # noqa: ANN401
    """Give the settings under which nothing is fetched."""
    c2pa = import_module("c2pa")
    return c2pa.Context(c2pa.Settings.from_dict(OFFLINE))


def _manifest(content: bytes, media_type: str) -> tuple[State, str, str] | None:
    """Read content credentials: their state, who made them, what says that a model was at work."""
    if not has_credentials():
        return ("unread", "", "") if b"c2pa" in content[:65_536] else None
    c2pa = import_module("c2pa")
    try:
        reader = c2pa.Reader(media_type, io.BytesIO(content), None, offline())
        told: Mapping[str, Any] = json.loads(reader.json())
        state: State = "valid" if str(reader.get_validation_state()) == "Valid" else "broken"
    except c2pa.C2paError as error:
        return None if "NotFound" in str(error) or "NotSupported" in str(error) else _broken()
    active = told.get("manifests", {}).get(told.get("active_manifest", ""), {})
    makers = [str(one.get("name", "")) for one in active.get("claim_generator_info", [])]
    ai = _MADE.search(json.dumps(told.get("manifests", {})))
    return state, ", ".join(makers)[:_MOST], ai.group(0) if ai else ""


def _broken() -> tuple[State, str, str]:
    return "broken", "", ""


def _marks(content: bytes) -> Iterator[str]:
    """Find what generators leave in metadata: text chunks, the name of the program, XMP."""
    with suppress(OSError, ValueError, SyntaxError), Image.open(io.BytesIO(content)) as image:
        for name in _PARAMETERS:
            if isinstance(image.info.get(name), str):
                yield f"a text chunk “{name}”, as image generators write it"
        software = str(image.info.get("Software") or image.getexif().get(_SOFTWARE) or "")
        if _GENERATORS.search(software):
            yield f"the program named is {software}"
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
        text = xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else str(xmp)
        made = _MADE.search(text)
        if made:
            yield f"its metadata say {made.group(0)}"
