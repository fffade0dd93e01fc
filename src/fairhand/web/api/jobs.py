"""The API of long work: ask for an import, see how far a job is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from starlette.responses import Response

from fairhand.core.errors import InvalidError, Issue
from fairhand.model.origin import DEEPEST
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_import import AskImport, ImportOptions, ask_import
from fairhand.use_cases.house import House
from fairhand.use_cases.read_jobs import list_jobs, read_job
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.job_view import job_view
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.uploads import store_upload

router = APIRouter(prefix="/api/v1", tags=["jobs"], route_class=StrictRoute)

Column = Annotated[str | None, Form(max_length=200)]


@router.post("/projects/{project_id}/import", status_code=202)
@guard("project.import")
def import_files(
    house: House,
    actor: Actor,
    project_id: int,
    file: Annotated[list[UploadFile], File()],
    format: Column = None,  # the field's name
    text_column: Column = None,
    image_column: Column = None,
    audio_column: Column = None,
    prediction_column: Annotated[list[str] | None, Form()] = None,
    prediction_score_column: Column = None,
    prediction_model: Column = None,
    gold_column: Annotated[list[str] | None, Form()] = None,
    gold_explanation_column: Column = None,
    synthetic_model: Column = None,
    synthetic_depth: Annotated[int, Form(ge=1, le=DEEPEST)] = 1,
    synthetic_verifier: Column = None,
    synthetic_precision: Column = None,
    label_map: Annotated[list[str] | None, Form()] = None,
    known_answers: Annotated[bool, Form()] = False,
) -> Response:
    """Import a CSV, JSONL, Parquet or Label Studio file, a ZIP of images or sounds, or several.

    A ZIP may hold COCO, YOLO, Pascal VOC or CVAT with its pictures: what is drawn becomes proposed
    answers, or known ones with `known_answers`; `label_map` is `THEIRS=OURS`.

    `prediction_column` and `gold_column` are `COLUMN=QUESTION`; a row with a known answer becomes
    a gold task. With `synthetic_model`, that model generated all of the data, `synthetic_depth`
    models away from people; `synthetic_verifier` checked them, and `synthetic_precision` is what
    that check was measured at, as `0.97/0.95..0.99`. Answers 202 with the job to look at.
    """
    options = ImportOptions(
        format=format or None,
        text_column=text_column or None,
        image_column=image_column or None,
        audio_column=audio_column or None,
        prediction_columns=_pairs(prediction_column or [], "prediction_column"),
        prediction_score_column=prediction_score_column or None,
        prediction_model=prediction_model or "imported",
        gold_columns=_pairs(gold_column or [], "gold_column"),
        gold_explanation_column=gold_explanation_column or None,
        synthetic_model=synthetic_model or None,
        synthetic_depth=synthetic_depth,
        synthetic_verifier=synthetic_verifier or "",
        synthetic_precision=synthetic_precision or "",
        label_map=_pairs(label_map or [], "label_map"),
        known_answers=known_answers,
    )
    command = AskImport(actor.person_id, project_id, store_upload(house, file), options)
    job_id = ask_import(house.db, command, house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


@router.get("/projects/{project_id}/jobs")
@guard("job.view")
def jobs_of(house: House, actor: Actor, project_id: int) -> Response:
    """List a project's latest jobs, newest first."""
    return reply({"jobs": [job_view(job) for job in list_jobs(house.db, project_id, 50)]})


@router.get("/jobs/{job_id}")
@guard("job.view")
def job(house: House, actor: Actor, job_id: str) -> Response:
    """Show how far a job is; `state` ends as `done` or `failed`."""
    return reply(job_view(read_job(house.db, actor, job_id)))


def _pairs(columns: list[str], place: str) -> dict[str, str]:
    pairs = {}
    for text in columns:
        column, equals, question = text.partition("=")
        if not equals or not column or not question:
            message = "Write THEIRS=OURS." if place == "label_map" else "Write COLUMN=QUESTION."
            raise InvalidError(message, issues=[Issue(place, message)])
        pairs[column] = question
    return pairs
