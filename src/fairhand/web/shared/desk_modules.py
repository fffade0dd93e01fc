"""Which scripts a task page may fetch: its questions' kinds, and the tools those kinds call for."""

from __future__ import annotations

from collections.abc import Iterable

from fairhand.web.shared.assets import Assets

TOOLS: dict[str, tuple[str, ...]] = {
    "boxes": ("amend",),
    "polygons": ("amend",),
    "choice": ("taxonomy",),
    "spans": ("finer", "walk", "relations", "suggestions", "wraps"),
    "recording": ("pcm", "microphone"),
    "mask": ("shape", "clicks", "pieces", "hand", "large", "encoder"),
}
"""Tools of a kind that are fetched when somebody first uses them, so that the page stays small."""

ALWAYS = ("gentle", "viewer", "deep", "guide", "sheet")
"""Fetched only where a task is hard to look at, or its picture is deep, large or on a map, which is
known task by task; or when somebody opens the guide, or the sheet of shortcuts."""


def modules_of(assets: Assets, kinds: Iterable[str]) -> dict[str, str]:
    """Map each kind, and each of its tools, to the address of its script."""
    names: dict[str, None] = {}
    for kind in kinds:
        if f"desk/{kind}.js" in assets:
            names[kind] = None
        names |= dict.fromkeys(TOOLS.get(kind, ()))
    names |= dict.fromkeys(ALWAYS)
    return {name: assets.url(f"desk/{name}.js") for name in names}
