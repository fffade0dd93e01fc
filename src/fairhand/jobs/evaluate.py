"""The job that measures a model version: it asks the model first, and writes in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fairhand.jobs.steps import Step
from fairhand.model.job import Outcome
from fairhand.use_cases.evaluate_model import EvaluateModel, evaluate_model
from fairhand.use_cases.house import House
from fairhand.use_cases.read_outputs import question_of
from fairhand.use_cases.read_version_outputs import read_version_outputs


@dataclass(frozen=True, slots=True)
class EvaluateVersion:
    """Measures a version on held-out tasks; `command`: person_id, project_id, version_id, question,
    slice_fields.
    """

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Ask the model what is not kept yet, then measure and keep the report."""
        house, command = self.house, step.job.command
        project_id = command["project_id"]
        question = question_of(house.db, project_id, command["question"])
        said = read_version_outputs(
            house.db,
            house.blobs,
            project_id,
            command["version_id"],
            question,
            step.report,
        )
        asked = EvaluateModel(
            person_id=command["person_id"],
            project_id=project_id,
            model=said.version.model,
            question=question,
            outputs=said.outputs,
            version_id=said.version.id,
            slice_fields=tuple(command["slice_fields"]),
            held_out_permille=said.held_out_permille,
        )
        made = evaluate_model(house.db, asked, house.clock())
        done = len(said.outputs.by_task)
        return Outcome(None, done, done, result=asdict(made))
