"""A project that moves in from Label Studio: its questions, its tasks, its answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairhand.cli.opening import owner_id_of
from fairhand.cli.voice import remark

if TYPE_CHECKING:
    from fairhand.formats.exports.items import Report
    from fairhand.model.label_studio.controls import StudioConfig
    from fairhand.model.project import Project
    from fairhand.use_cases.house import House
    from fairhand.work.projects.store import ImportRun

_SHOWN = 20


def read_questions(export: Path, config: Path | None) -> StudioConfig:
    """Read the labelling configuration, or guess it from the export, and say what does not fit."""
    from fairhand.core.errors import InvalidError, MalformedError
    from fairhand.formats.label_studio.infer import infer_config
    from fairhand.model.label_studio.config import read_config

    try:
        xml = infer_config(export) if config is None else config.read_text("utf-8")
    except UnicodeDecodeError:
        raise MalformedError(f"{config} is not UTF-8; save it as UTF-8.") from None
    found = read_config(xml)
    for issue in found.issues[:_SHOWN]:
        remark(f"  note: {issue.place}: {issue.message}; its answers are kept as they came.")
    if not found.questions:
        raise InvalidError(
            "Nothing in this labelling configuration can be asked here.", issues=found.issues
        )
    return found


def as_fields(found: StudioConfig) -> dict[str, Any]:
    """Write the questions as a project file would hold them."""
    from dataclasses import asdict

    return {"questions": [asdict(question) for question in found.questions]}


def bring_in(
    house: House, project: Project, export: Path, config: StudioConfig, *, as_gold: bool = False
) -> ImportRun:
    """Keep the configuration and read the export's tasks."""
    from fairhand.cli.imports import run_import
    from fairhand.formats.options import ReadOptions
    from fairhand.use_cases.keep_label_config import KeepLabelConfig, keep_label_config

    command = KeepLabelConfig(owner_id_of(house), project.id, config.xml)
    keep_label_config(house.db, command, house.clock())
    options = ReadOptions(
        format="label_studio",
        media_root=export.parent,
        questions=config.questions,
        label_config=config.xml,
        ground_truth_as_gold=as_gold,
        max_payload_bytes=house.settings.max_payload_bytes,
        max_image_pixels=house.settings.max_image_pixels,
        max_raster_pixels=house.settings.max_raster_pixels,
    )
    return run_import(house, project, export, options)


def write_out(house: House, project: Project, target: Path) -> Report:
    """Write a project's tasks as one Label Studio file, which appears whole or not at all.

    The report says what of our people's answers, and of proposals, it has no place for.
    """
    from fairhand.core.errors import ConflictError
    from fairhand.use_cases.write_studio_file import write_studio_file

    if target.exists():
        raise ConflictError(
            f"There is something in {target} already; name another file.", code="file_taken"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    try:
        report = write_studio_file(house.db, project.id, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return report
