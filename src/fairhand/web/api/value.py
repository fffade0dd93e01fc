"""The API of which data helped: seal a test set, measure by it, open it."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.errors import ForbiddenError, NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.value_store import Study
from fairhand.use_cases.ask_value import AskValue, ask_value
from fairhand.use_cases.house import House
from fairhand.use_cases.open_value_test import OpenValueTest, open_value_test
from fairhand.use_cases.read_releases import read_release
from fairhand.use_cases.read_value import read_opened, read_studies, read_study, study_json
from fairhand.use_cases.seal_value_test import SealValueTest, seal_value_test
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["releases"], route_class=StrictRoute)


class SealBody(Body):
    """The choice whose labels are learnt; the nonce that draws the test set is ours."""

    question: str = Field(max_length=200)


@router.get("/releases/{release_id}/value")
@guard("release.view")
def studies(house: House, actor: Actor, release_id: int) -> Response:
    """List every test set that was ever sealed for a release, newest first."""
    read_release(house.db, actor, release_id)
    return reply({"studies": [study_json(one) for one in read_studies(house.db, release_id)]})


@router.post("/releases/{release_id}/value", status_code=201)
@guard("release.create")
def seal(house: House, actor: Actor, release_id: int, body: SealBody) -> Response:
    """Draw the tasks that will judge the others, and put their digest into the log."""
    _change(house, actor, release_id)
    command = SealValueTest(release_id, body.question, actor.person_id)
    made = seal_value_test(house.db, command, house.clock())
    return reply(study_json(read_study(house.db, made.study_id)[0]), 201)


@router.get("/releases/{release_id}/value/{study_id}")
@guard("release.view")
def show(house: House, actor: Actor, release_id: int, study_id: int) -> Response:
    """Show a study by class, with the tasks that misled most as `[task, value in nano]`."""
    read_release(house.db, actor, release_id)
    study, lowest = _of(house, release_id, study_id)
    return reply(study_json(study) | {"lowest": lowest})


@router.post("/releases/{release_id}/value/{study_id}/measure", status_code=202)
@guard("release.create")
def measure(house: House, actor: Actor, release_id: int, study_id: int) -> Response:
    """Ask for a sealed study to be measured, once; answers 202 with the job to look at."""
    project_id = _change(house, actor, release_id)
    study, _ = _of(house, release_id, study_id)
    job_id = ask_value(house.db, AskValue(actor.person_id, project_id, study.id), house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


@router.post("/releases/{release_id}/value/{study_id}/open")
@guard("release.create")
def open_(house: House, actor: Actor, release_id: int, study_id: int) -> Response:
    """Open a measured test set; gives what `fairhand value check` reads. Again is the same."""
    _change(house, actor, release_id)
    study, _ = _of(house, release_id, study_id)
    return reply(open_value_test(house.db, OpenValueTest(study.id, actor.person_id), house.clock()))


@router.get("/releases/{release_id}/value/{study_id}/opened")
@guard("release.view")
def opened(house: House, actor: Actor, release_id: int, study_id: int) -> Response:
    """Fetch an opened study: the test set, the nonce, and every task's whole number."""
    read_release(house.db, actor, release_id)
    study, _ = _of(house, release_id, study_id)
    return reply(read_opened(house.db, study.id))


def _change(house: House, actor: Actor, release_id: int) -> int:
    """Give the release's project to whoever may seal, measure and open there."""
    project_id = read_release(house.db, actor, release_id).release.project_id
    if not may(actor, "release.create", project_id):
        raise ForbiddenError("Your account may not do this here.")
    return project_id


def _of(house: House, release_id: int, study_id: int) -> tuple[Study, list[tuple[int, int]]]:
    study, lowest = read_study(house.db, study_id)
    if study.release_id != release_id:
        raise NotFoundError(f"There is no value study {study_id} of this release.")
    return study, lowest
