"""The chromium that browser tests drive: the system's own, never a downloaded one."""

from __future__ import annotations

import shutil
from typing import Any

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "browser tests skipped: no chromium found"
CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--use-fake-device-for-media-stream --use-fake-ui-for-media-stream"  # a microphone that beeps
).split()

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def find_chromium() -> str | None:
    """Find a chromium on this machine; None when there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def launch_arguments() -> dict[str, Any]:
    """Say how Playwright starts the browser; raises LookupError when there is none."""
    path = find_chromium()
    if path is None:
        raise LookupError(NO_CHROMIUM)
    return {"executable_path": path, "args": CHROMIUM_FLAGS}
