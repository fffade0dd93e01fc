"""An owner says of whom how much is needed: the cells of a campaign's picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.campaigns import store
from fairhand.people.campaigns.rules import Cell, check_cells
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SetCells:
    """The cells that a campaign shall have, and no others; their ids are not looked at."""

    person_id: int
    project_id: int
    cells: Sequence[Cell]


def set_cells(db: Database, command: SetCells, now: Instant) -> list[Cell]:
    """Let a campaign have these cells; a cell is known again by its name.

    Raises InvalidError with everything that is wrong at once, NotFoundError for no campaign.
    """
    cells = [replace(cell, name=cell.name.strip()) for cell in command.cells]
    if issues := check_cells(cells):
        words = " ".join(issue.message for issue in issues)
        raise InvalidError(f"These cells make no picture. {words}", issues=issues)
    with db.write() as connection:
        if store.load_campaign(connection, command.project_id) is None:
            raise NotFoundError(f"Project {command.project_id} is no campaign.")
        store.save_cells(connection, command.project_id, cells, now)
        kept = store.list_cells(connection, command.project_id)
        body = {
            "project": command.project_id,
            "cells": [
                {"name": cell.name, "attributes": dict(cell.attributes), "target": cell.target}
                for cell in kept
            ],
        }
        log.append(
            connection, "campaign.cells_set", body, now, command.person_id, command.project_id
        )
    return kept
