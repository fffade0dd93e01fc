"""All doors of Label Studio's API as one list of routes."""

from __future__ import annotations

from starlette.routing import BaseRoute

from fairhand.interop.label_studio import answers, elsewhere, projects, tasks
from fairhand.interop.label_studio.doors import router

__all__ = ["answers", "elsewhere", "projects", "routes", "tasks"]


def routes() -> list[BaseRoute]:
    """List them; importing the files above is what opens them."""
    return list(router.routes)
