"""What a person sees of a prediction: by chance, nothing."""

from __future__ import annotations

from dataclasses import replace

from fairhand.model.system import loaded
from fairhand.work.prelabel.blind import is_blind, is_held_out
from fairhand.work.projects.store import TaskSheet


def hide_by_chance(sheet: TaskSheet, person_id: int) -> TaskSheet:
    """Leave the proposal out where it would sway a measurement, or costs more than it helps."""
    if sheet.prediction is None:
        return sheet
    hidden = (
        sheet.ask == "draw"
        or is_held_out(sheet.task.id, sheet.holdout_permille)
        or loaded("assist.blind", is_blind)(person_id, sheet.task.id, sheet.blind_permille)
    )
    return replace(sheet, prediction=None) if hidden else sheet
