"""The job that measures a sealed study: what each task of a release was worth to a model."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.jobs.steps import Step
from fairhand.model.job import Outcome
from fairhand.use_cases.house import House
from fairhand.use_cases.measure_value import MeasureValue, measure_value
from fairhand.use_cases.read_value import read_study


@dataclass(frozen=True, slots=True)
class MeasureStudy:
    """Measures a study; `command`: project_id, study_id, person_id."""

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Look at every task and write all values at once; a step that comes again finds them."""
        house, command = self.house, step.job.command
        study, _ = read_study(house.db, command["study_id"])
        if study.state == "sealed":
            asked = MeasureValue(study.id, command["person_id"])
            study = measure_value(house.db, house.blobs, asked, house.clock(), step.report)
        measured = study.result["measured"]
        tasks = measured["tasks"] + study.test_tasks
        result = {
            "study_id": study.id,
            "tasks": measured["tasks"],
            "gain": measured["gain"],
            "values_sha256": measured["values_sha256"],
        }
        return Outcome(None, tasks, tasks, result=result)
