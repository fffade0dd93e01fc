"""How files are read for a project: what somebody said of them, and the bounds of the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairhand.core.errors import NotFoundError
from fairhand.formats.options import ReadOptions
from fairhand.use_cases.house import House
from fairhand.use_cases.versions import current_version
from fairhand.work.foreign import store as foreign
from fairhand.work.projects import store as projects


def reading_options(
    house: House,
    project_id: int,
    given: Mapping[str, Any],
    *,
    name: str | None = None,
    root: Path | None = None,
) -> ReadOptions:
    """Complete what was said; limits and the folder of pictures are the workspace's word alone."""
    with house.db.read() as connection:
        project = projects.load_project(connection, project_id)
        kept = foreign.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return ReadOptions(
        **given,
        name=name,
        questions=current_version(house.db, project.id, project.version).questions,
        media_root=root,
        label_config=kept.config if kept is not None else None,
        max_payload_bytes=house.settings.max_payload_bytes,
        max_image_pixels=house.settings.max_image_pixels,
        max_raster_pixels=house.settings.max_raster_pixels,
    )
