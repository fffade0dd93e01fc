"""A Label Studio project moves in with everything that is said of it, and out again as it came."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from fairhand.core.errors import MalformedError
from fairhand.formats.label_studio.infer import infer_config
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.label_studio.config import read_config
from fairhand.model.origin import ASSISTED, Standing, of_judgement
from fairhand.proof.release.store import iter_sheets
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.keep_label_config import KeepLabelConfig, keep_label_config
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.read_studio_tasks import iter_studio_tasks, their_ids
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.work.prelabel.learning_store import list_behind
from fairhand.work.projects.rules import ProjectPolicy
from fairhand.work.projects.store import ImportRun
from tests.cast import GBP_6, IDLE_CAP_MS, LEASE_MS, Cast
from tests.studio import CONFIG, EXPORT, REVIEW, VALUE

_NUMBERS = count(1)


def project_of(cast: Cast, config: str = CONFIG, slug: str = "") -> int:
    """Make the project that a configuration describes."""
    policy = ProjectPolicy(
        title="Moved in",
        purpose="To sort reviews.",
        guidelines="Read closely.",
        questions=read_config(config).questions,
        currency="GBP",
        rate_micros_per_hour=GBP_6,
        min_overlap=1,
        max_overlap=2,
    )
    command = CreateProject(cast.carmen, policy, slug=slug, lease_ttl_ms=LEASE_MS)
    made = create_project(cast.db, command, cast.clock.now)
    keep_label_config(cast.db, KeepLabelConfig(cast.carmen, made.id, config), cast.clock.now)
    cast.fund(made.id, 100_000)
    return made.id


def move_in(
    cast: Cast,
    project_id: int,
    folder: Path,
    export: list[Any],
    **more: Any,  # noqa: ANN401
) -> ImportRun:
    """Import an export as the command does."""
    path = folder / "export.json"
    path.write_text(json.dumps(export), "utf-8")
    options = ReadOptions(
        questions=read_config(CONFIG).questions, label_config=CONFIG, media_root=folder, **more
    )
    run = start_import(cast.db, project_id, "export.json", cast.clock.now)
    command = ImportTasks(run.id, read_tasks(path, options), cast.carmen)
    return import_tasks(cast.db, BlobStore("memory://"), command, cast.clock.now)


def exported(db: Database, project_id: int) -> list[dict[str, Any]]:
    """Export the project with the ids that it came with."""
    found = iter_studio_tasks(db, project_id, their_ids(db, project_id))
    return json.loads(json.dumps(list(found)))  # type: ignore[no-any-return]


def test_what_was_not_touched_goes_out_as_it_came(db: Database, tmp_path: Path) -> None:
    cast = Cast(db)
    project_id = project_of(cast)
    run = move_in(cast, project_id, tmp_path, EXPORT)
    assert (run.added, run.rejected) == (4, 0)
    assert exported(db, project_id) == EXPORT


def test_answers_of_people_there_are_proposals_here_and_never_paid(
    db: Database, tmp_path: Path
) -> None:
    cast = Cast(db)
    project_id = project_of(cast)
    move_in(cast, project_id, tmp_path, EXPORT)
    with db.read() as connection:
        rows = connection.execute(text("SELECT model, value FROM prediction ORDER BY id")).all()
        kept = connection.execute(
            text("SELECT kind, prediction_id IS NULL FROM foreign_annotation ORDER BY id")
        ).all()
        paid = connection.execute(text("SELECT count(*) FROM annotation")).scalar_one()
    assert [row.model for row in rows] == ["tiny-1", *["label-studio-annotation"] * 2]
    assert json.loads(rows[1].value) == VALUE
    assert [(kind, bool(loose)) for kind, loose in kept] == [
        ("annotation", False),
        ("annotation", False),
        ("annotation", True),  # passed on there: nothing to propose
        ("prediction", False),
        ("draft", True),
    ]
    assert paid == 0


def test_the_same_file_again_adds_nothing(db: Database, tmp_path: Path) -> None:
    cast = Cast(db)
    project_id = project_of(cast)
    move_in(cast, project_id, tmp_path, EXPORT)
    again = move_in(cast, project_id, tmp_path, EXPORT)
    assert (again.added, again.already_there) == (0, 4)
    assert exported(db, project_id) == EXPORT


def test_our_peoples_answers_go_out_beside_theirs_and_name_nobody(
    db: Database, tmp_path: Path
) -> None:
    cast = Cast(db)
    project_id = project_of(cast)
    move_in(cast, project_id, tmp_path, EXPORT)
    amina = cast.person("Amina")
    cast.join(amina, project_id)
    got = cast.next(amina, project_id)
    assert got.sheet is not None
    assert got.sheet.task.data["text"] == REVIEW
    cast.clock.advance(9_000)
    command = SubmitAnnotation(amina, got.sheet.task.id, cast.key(), {"my_mood": "good"})
    submit_annotation(db, command, cast.clock.now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)
    first, *rest = exported(db, project_id)
    assert rest == EXPORT[1:]
    given_here = first["annotations"].pop()
    assert first == EXPORT[0] | {"total_annotations": 3}
    assert given_here["id"] > 23
    assert given_here["task"] == 7
    assert given_here["lead_time"] == 9.0
    assert given_here["completed_by"]["email"] == f"person-{amina}@people.invalid"
    assert given_here["result"][0]["from_name"] == "my-mood"
    assert given_here["result"][0]["value"] == {"choices": ["good"]}
    assert "Amina" not in json.dumps(given_here)


def test_ground_truth_becomes_gold_where_that_is_wished(db: Database, tmp_path: Path) -> None:
    cast = Cast(db)
    project_id = project_of(cast)
    move_in(cast, project_id, tmp_path, EXPORT, ground_truth_as_gold=True)
    with db.read() as connection:
        (gold,) = connection.execute(text("SELECT value FROM gold_answer")).scalars()
        shown = connection.execute(text("SELECT count(*) FROM prediction")).scalar_one()
    assert json.loads(gold) == {"my_mood": "good"}
    assert shown == 0  # a proposal would give the known answer away
    assert exported(db, project_id) == EXPORT


def test_an_export_tells_its_questions_where_the_configuration_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(EXPORT), "utf-8")
    guessed = read_config(infer_config(path))
    kinds = {one.name: one.kind for one in guessed.questions}
    assert kinds == {
        "my_mood": "choice",
        "who": "spans",
        "topic": "choice",
        "stars": "rating",
        "why": "text",
    }
    assert guessed.shown[0].field == "review"
    path.write_text('[{"data": {"a": "b"}}]', "utf-8")
    with pytest.raises(MalformedError, match="--config"):
        infer_config(path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "value", "score", "id"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NUMBER = st.integers(1, 10**9)
RESULTS = st.lists(
    st.fixed_dictionaries(
        {"from_name": st.sampled_from(["my-mood", "who", "other"]), "type": st.just("choices")},
        optional={"value": JSON, "id": JSON, "meta": JSON},
    ),
    max_size=3,
)
ANSWER = st.fixed_dictionaries(
    {"id": NUMBER, "result": RESULTS},
    optional={
        "completed_by": JSON,
        "was_cancelled": st.booleans(),
        "ground_truth": st.booleans(),
        "lead_time": JSON,
        "model_version": JSON,
        "score": JSON,
        "odd": JSON,
    },
)
TASK = st.fixed_dictionaries(
    {
        "id": NUMBER,
        "data": st.dictionaries(
            st.sampled_from(["review", "text", "replies", "x"]),
            st.integers(1, 9) | st.text("ab👩", min_size=1, max_size=4),
            min_size=1,
        ),
    },
    optional={
        "annotations": st.lists(ANSWER, max_size=2),
        "predictions": st.lists(ANSWER, max_size=2) | st.lists(NUMBER, max_size=2),
        "drafts": st.lists(ANSWER, max_size=1),
        "meta": JSON,
        "total_annotations": NUMBER,
        "odd": JSON,
    },
)


@given(export=st.lists(TASK, min_size=1, max_size=4))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_an_export_holds_nothing_of_it_is_lost(
    settled: Cast, tmp_path: Path, export: list[dict[str, Any]]
) -> None:
    project_id = project_of(settled, slug=f"moved-{next(_NUMBERS)}")
    run = move_in(settled, project_id, tmp_path, export)
    assert run.rejected == 0
    assert exported(settled.db, project_id) == export


@pytest.fixture
def settled(sqlite_db: Database) -> Cast:
    """A workspace into which many projects move."""
    return Cast(sqlite_db)


def test_taking_over_a_persons_answer_is_no_models_child(db: Database, tmp_path: Path) -> None:
    config = (
        '<View><Text name="t" value="$text"/>'
        '<Choices name="pet" toName="t"><Choice value="cat"/><Choice value="dog"/></Choices></View>'
    )
    chosen = {"from_name": "pet", "to_name": "t", "type": "choices", "value": {"choices": ["cat"]}}
    begun: list[dict[str, Any]] = [{}, {"parent_prediction": 4}, {"prediction": {"id": 4}}]
    export = [
        {"id": n, "data": {"text": f"Heard {n}"}, "annotations": [{"result": [chosen], **more}]}
        for n, more in enumerate(begun)
    ]
    cast = Cast(db)
    project_id = project_of(cast, config)
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export), "utf-8")
    options = ReadOptions(questions=read_config(config).questions, label_config=config)
    run = start_import(db, project_id, "export.json", cast.clock.now)
    rows = read_tasks(path, options)
    import_tasks(db, BlobStore("memory://"), ImportTasks(run.id, rows, cast.carmen), cast.clock.now)
    amina = cast.person("Amina")
    cast.join(amina, project_id)
    for _ in export:
        sheet = cast.next(amina, project_id).sheet
        assert sheet is not None
        assert sheet.prediction is not None
        proposed = sheet.prediction.id
        answer = SubmitAnnotation(
            amina, sheet.task.id, cast.key(), {"pet": "cat"}, proposed, prediction_shown=True
        )
        submit_annotation(db, answer, cast.clock.now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)

    with db.read() as connection:
        sheets = list(iter_sheets(connection, project_id))
        behind = list_behind(connection, [one for sheet in sheets for one in sheet.given])
    given_here = [one for sheet in sheets for one in sheet.given.values()]
    assert all(one.assisted and not one.changed for one in given_here)
    assert [of_judgement(one.judgement()) for one in given_here] == [
        ASSISTED,
        Standing("synthetic", 1),
        Standing("synthetic", 1),
    ]
    assert sorted(one.of_person for one in behind) == [False, False, True]


def test_who_took_back_what_they_gave_is_in_no_export(db: Database, tmp_path: Path) -> None:
    cast = Cast(db)
    project_id = project_of(cast)
    move_in(cast, project_id, tmp_path, EXPORT)
    esi = cast.person("Esi")
    cast.join(esi, project_id)
    got = cast.next(esi, project_id)
    assert got.sheet is not None
    command = SubmitAnnotation(esi, got.sheet.task.id, cast.key(), {"my_mood": "good"})
    submit_annotation(db, command, cast.clock.now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)
    assert exported(db, project_id) != EXPORT
    leave_project(db, esi, project_id, cast.clock.now)
    ids = their_ids(db, project_id)
    assert json.loads(json.dumps(list(iter_studio_tasks(db, project_id, ids)))) == EXPORT
    assert ids.left_out == {"an answer of somebody who took back what they gave": 1}
