"""A connected model server proposes for every kind of question, and learns from the answers."""

from __future__ import annotations

import pytest

from fairhand.core.money import MICROS
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant
from fairhand.use_cases.check_backend import CheckBackend, check_backend
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_sample import ImportSample, import_sample
from fairhand.use_cases.prelabel_next import next_batch, prelabel_next, propose
from fairhand.use_cases.promote_version import PromoteVersion, promote_version
from fairhand.use_cases.read_sources import read_sources
from fairhand.use_cases.read_templates import read_template
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.use_cases.tell_backends import tell_all
from fairhand.work.projects.rules import ProjectPolicy
from tests.cast import IDLE_CAP_MS, SIGNER, Cast
from tests.small_servers import SmallServer, serving
from tests.studio_model import answering

TEMPLATES = (
    "boxes", "polygons", "keypoints", "named-things", "preference", "reply-ranking",
    "demonstrations", "search-relevance", "transcription", "who-speaks",
)  # fmt: skip


def open_sample(cast: Cast, blobs: BlobStore, name: str) -> int:
    """Make a project of a template with its sample that Amina has joined."""
    template = read_template(name)
    policy = ProjectPolicy(
        title=template.title, purpose=template.purpose, guidelines=template.guidelines,
        questions=template.questions, currency="GBP", rate_micros_per_hour=1_500 * MICROS,
    )  # fmt: skip
    now = cast.clock.now
    project = create_project(cast.db, CreateProject(cast.carmen, policy), now).id
    run = import_sample(cast.db, blobs, ImportSample(cast.carmen, project, name), now)
    assert run.issues == []
    cast.fund(project, 100_000)
    assert cast.join(cast.person("Amina"), project)
    return project


def connect(cast: Cast, blobs: BlobStore, project: int, server: SmallServer) -> str:
    """Connect the server and show its proposals; gives what the last hop says."""
    now = cast.clock.now
    config = {"url": server.url, "hostname": "http://fairhand.example.org"}
    command = AddAssistant(
        cast.carmen, project, "label_studio", "studio", config, allow_private=True
    )
    one = add_assistant(cast.db, command, now)
    checked = check_backend(cast.db, blobs, CheckBackend(project, one.id, cast.carmen), now)
    assert checked.failed is None, checked.failed
    policy = SetAssistPolicy(cast.carmen, project, is_on=True, blind_permille=0, holdout_permille=0)
    set_assist_policy(cast.db, policy, now, blobs=blobs)
    newest = read_sources(cast.db, project)[0].newest
    assert newest is not None
    promote_version(cast.db, PromoteVersion(cast.carmen, project, newest.id), now)
    batch = next_batch(cast.db, blobs, project)
    assert batch is not None
    prelabel_next(cast.db, batch, propose(batch), now)
    return checked.hops[-1].words


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_proposal_of_every_kind_reaches_the_person_and_their_answer_the_server(
    sqlite_db: Database, name: str
) -> None:
    cast, blobs = Cast(sqlite_db), BlobStore("memory://")
    cast.load_floors()
    project = open_sample(cast, blobs, name)
    amina = cast.person("Amina")
    with serving(answering) as server:
        words = connect(cast, blobs, project, server)
        sheet = cast.next(amina, project).sheet
        assert sheet is not None
        assert sheet.prediction is not None
        value = sheet.prediction.value
        template = read_template(name)
        assert value.keys() == {one.name for one in template.questions}
        for question in template.questions:
            assert question.name in words.partition("It said nothing")[0]
        taken = SubmitAnnotation(
            amina, sheet.task.id, cast.key(), value, prediction_id=sheet.prediction.id,
            prediction_shown=True,
        )  # fmt: skip
        submit_annotation(cast.db, taken, cast.clock.now, signer=SIGNER, idle_cap_ms=IDLE_CAP_MS)
        assert tell_all(cast.db, blobs, cast.clock) == 1
    (told,) = [each.json for each in server.asked if each.path == "/webhook"]
    names = {one["from_name"] for one in told["annotation"]["result"]}
    assert {one.partition("-")[0] for one in names} == value.keys()


def test_a_question_without_a_control_is_said_and_not_asked(sqlite_db: Database) -> None:
    cast, blobs = Cast(sqlite_db), BlobStore("memory://")
    cast.load_floors()
    project = open_sample(cast, blobs, "rating-by-criteria")
    with serving(answering) as server:
        words = connect(cast, blobs, project, server)
    assert words == (
        "It proposed an answer for 0 of 2. It was not asked quality: Label Studio has no control "
        "for it."
    )
