"""The job of an export: write the folder, then pack it; each part comes again after a kill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.jobs.steps import Step
from fairhand.model.job import Outcome
from fairhand.storage.database import Database
from fairhand.use_cases.house import House
from fairhand.use_cases.make_export import (
    Workshop,
    forget_draft,
    is_written,
    lay_ready,
    pack_export,
    write_export,
)


@dataclass(frozen=True, slots=True)
class MakeExport:
    """Writes, packs, and lays ready."""

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Write the folder at first, pack it afterwards."""
        shop, export_id = workshop(self.house), step.job.id
        told: Any = step.cursor
        if told is None or not is_written(shop, export_id):
            told = write_export(shop, export_id, self.house.clock(), step.report)
            if step.cursor is None:
                return Outcome(next=told, done=told["tasks"], total=told["tasks"])
        packed = pack_export(shop, export_id, told["name"])

        def ready(database: Database) -> Outcome:
            now, days = self.house.clock(), self.house.settings.export_days
            lay_ready(database, export_id, told, packed, now, days)
            result = {"export": export_id, "written": told["written"]}
            return Outcome(None, told["tasks"], told["tasks"], result=result)

        outcome = step.commit(ready)
        forget_draft(shop, export_id)
        return outcome


def workshop(house: House) -> Workshop:
    """Give what making an export needs."""
    return Workshop(
        house.db,
        house.blobs,
        house.settings.workspace / "exports",
        house.secret,
        house.settings.export_days,
    )
