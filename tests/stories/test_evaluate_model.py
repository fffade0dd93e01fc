"""A file of a model's outputs becomes a report, its failures become tasks, nothing is doubled."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhand.core.errors import FairhandError, ForbiddenError, InvalidError, NotFoundError
from fairhand.formats.model_outputs import Columns
from fairhand.storage.database import Database
from fairhand.use_cases.check_claims import CheckClaims, check_claims
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_evaluations import (
    list_evaluations,
    newest_by_model,
    read_evaluation,
    read_failures,
)
from fairhand.use_cases.return_failures import ReturnFailures, return_failures
from fairhand.work.prelabel.blind import is_held_out
from tests.cast import Cast
from tests.engines import Templates
from tests.stories.evaluation_world import (
    EvaluationWorld,
    language,
    make_evaluation_world,
    truth,
    weak_in_swahili,
    write_rows,
)
from tests.stories.release_world import make_press


@pytest.fixture
def world(db: Database) -> EvaluationWorld:
    return make_evaluation_world(Cast(db))


@pytest.fixture
def sqlite_world(sqlite_db: Database) -> EvaluationWorld:
    """One engine is enough for what no database sees differently."""
    return make_evaluation_world(Cast(sqlite_db))


@pytest.fixture(scope="module")
def small(templates: Templates) -> Iterator[EvaluationWorld]:
    """A small project that is read from and never changed."""
    with templates.fresh("sqlite") as url:
        database = Database(url, pool_size=10)
        yield make_evaluation_world(Cast(database), tasks=12)
        database.close()


def evaluations(world: EvaluationWorld) -> list[tuple[Any, ...]]:
    return world.cast.rows("SELECT id, model, source, question FROM model_evaluation ORDER BY id")


def refused(world: EvaluationWorld, path: Path, columns: Columns | None = None) -> list[str]:
    """Read a bad file: an error that names places, and nothing stored."""
    with pytest.raises(FairhandError) as caught:
        world.read(path, columns)
    assert evaluations(world) == []
    return [f"{one.place}: {one.message}" for one in caught.value.issues] or [caught.value.message]


def test_a_file_becomes_a_report_that_finds_the_weak_language(
    world: EvaluationWorld, tmp_path: Path
) -> None:
    made = world.evaluate(world.write(tmp_path, weak_in_swahili))
    page = read_evaluation(world.cast.db, world.project, made.evaluation_id)
    report = page.report
    assert (made.tasks, made.failures) == (48, 12)
    assert made.score == pytest.approx(0.75)
    assert report["slices"]["parts"][0]["value"] == "sw"
    assert report["slices"]["parts"][0]["verdict"] == "lower"
    assert report["slices"]["parts"][0]["score"]["value"] == pytest.approx(0.5)
    assert report["ceiling"]["people"]["value"] == pytest.approx(47 / 48)
    assert report["reliability"]["gap"] == pytest.approx(0.15)
    assert report["basis"]["held_out_permille"] == 0
    assert report["basis"]["people"] == 2
    assert page.evaluation.failures == 12
    logged = world.cast.rows("SELECT count(*) FROM event WHERE kind = 'model.evaluated'")
    assert logged == [(1,)]


def test_the_same_file_twice_is_one_report_and_more_answers_make_another(
    world: EvaluationWorld, tmp_path: Path
) -> None:
    path = world.write(tmp_path, weak_in_swahili)
    first, second = world.evaluate(path), world.evaluate(path)
    assert (first.again, second.again) == (False, True)
    assert first.evaluation_id == second.evaluation_id
    mark_gold(
        world.cast.db,
        MarkGold(world.cast.carmen, world.project, world.tasks[0], {"pet": "owl"}),
        world.cast.clock.now,
    )
    third = world.evaluate(path)
    assert third.evaluation_id != first.evaluation_id
    assert third.failures == 13
    newest = newest_by_model(list_evaluations(world.cast.db, world.project))
    assert newest["pets@1"].id == third.evaluation_id


def test_only_tasks_that_were_held_back_measure_a_model(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    sqlite_world.cast.change(
        "UPDATE project SET holdout_permille = 400 WHERE id = :id", id=sqlite_world.project
    )
    held = [one for one in sqlite_world.tasks if is_held_out(one, 400)]
    path = sqlite_world.write(tmp_path, truth)
    made = sqlite_world.evaluate(path)
    basis = read_evaluation(sqlite_world.cast.db, sqlite_world.project, made.evaluation_id).report[
        "basis"
    ]
    assert made.tasks == len(held) < 48
    assert (basis["not_held_out"], basis["held_out_permille"]) == (48 - len(held), 400)
    everything = sqlite_world.evaluate(path, on="all")
    assert everything.tasks == 48


def test_answers_given_with_a_proposal_in_view_measure_nothing(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    some = sqlite_world.tasks[:7]
    for task_id in some:
        sqlite_world.cast.change(
            "UPDATE annotation SET prediction_shown = true WHERE id = "
            "(SELECT min(id) FROM annotation WHERE task_id = :task)",
            task=task_id,
        )
    made = sqlite_world.evaluate(sqlite_world.write(tmp_path, truth))
    basis = read_evaluation(sqlite_world.cast.db, sqlite_world.project, made.evaluation_id).report[
        "basis"
    ]
    assert (made.tasks, basis["swayed"]) == (41, 7)


def test_fewer_than_ten_tasks_are_refused_with_where_the_others_went(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    sqlite_world.cast.change(
        "UPDATE project SET holdout_permille = 100 WHERE id = :id", id=sqlite_world.project
    )
    with pytest.raises(InvalidError, match="not held out") as caught:
        sqlite_world.evaluate(sqlite_world.write(tmp_path, truth))
    assert caught.value.code == "too_few_tasks"
    assert evaluations(sqlite_world) == []


def test_failures_are_paged_and_asked_again_once(world: EvaluationWorld, tmp_path: Path) -> None:
    made = world.evaluate(world.write(tmp_path, weak_in_swahili))
    cast, project = world.cast, world.project
    first = read_failures(cast.db, project, made.evaluation_id, most=5)
    last = read_failures(cast.db, project, made.evaluation_id, start=10, most=5)
    assert (len(first.failures), first.next, first.total) == (5, 5, 12)
    assert (len(last.failures), last.next) == (2, None)
    failed = [one.task_id for one in first.failures]
    assert {language(world.tasks.index(one)) for one in failed} == {"sw"}
    command = ReturnFailures(cast.carmen, project, made.evaluation_id)
    done = return_failures(cast.db, command, cast.clock.now)
    again = return_failures(cast.db, command, cast.clock.now)
    assert (done.made, done.of) == (12, 12)
    assert (again.made, again.of) == (0, 0)
    cast.join(cast.person("Esi"), project)
    assert language(world.tasks.index(cast.next_task(cast.person("Esi"), project))) == "sw"
    wanted = cast.rows(
        "SELECT count(*) FROM queue WHERE project_id = :id AND wanted = 3", id=project
    )
    assert wanted == [(12,)]


def test_a_report_says_how_many_tasks_were_asked_again_because_a_model_failed(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    made = sqlite_world.evaluate(sqlite_world.write(tmp_path, weak_in_swahili))
    cast = sqlite_world.cast
    some = read_failures(cast.db, sqlite_world.project, made.evaluation_id, most=3).failures
    command = ReturnFailures(
        cast.carmen, sqlite_world.project, made.evaluation_id, [one.task_id for one in some]
    )
    assert return_failures(cast.db, command, cast.clock.now).made == 3
    later = sqlite_world.evaluate(sqlite_world.write(tmp_path, truth), model="pets@2")
    report = read_evaluation(cast.db, sqlite_world.project, later.evaluation_id).report
    assert report["basis"]["asked_again"] == 3


def test_failures_are_copied_into_another_project_once_and_keep_quiet_about_the_model(
    world: EvaluationWorld, tmp_path: Path
) -> None:
    cast = world.cast
    made = world.evaluate(world.write(tmp_path, weak_in_swahili))
    other = cast.project("Esi", tasks=0, overlap=1)
    command = ReturnFailures(cast.carmen, world.project, made.evaluation_id, into=other)
    assert return_failures(cast.db, command, cast.clock.now).made == 12
    assert return_failures(cast.db, command, cast.clock.now).made == 0
    rows = cast.rows("SELECT data, place FROM task WHERE project_id = :id", id=other)
    assert len(rows) == 12
    assert all("pets@1" in place and "people" in place for _, place in rows)
    assert all("pets@1" not in data and "prediction" not in data for data, _ in rows)
    task_id = cast.next_task(cast.person("Esi"), other)
    assert task_id not in world.tasks


def test_what_is_not_there_or_closed_takes_no_failures(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    cast = sqlite_world.cast
    made = sqlite_world.evaluate(sqlite_world.write(tmp_path, weak_in_swahili))
    good = sqlite_world.tasks[0]
    closed = cast.project(tasks=1)
    cast.set_mode(closed, "closed")
    wrong: list[tuple[ReturnFailures, type[Exception]]] = [
        (
            ReturnFailures(cast.carmen, sqlite_world.project, made.evaluation_id, [good]),
            InvalidError,
        ),
        (ReturnFailures(cast.carmen, sqlite_world.project, 999), NotFoundError),
        (ReturnFailures(cast.carmen, closed, made.evaluation_id), NotFoundError),
        (
            ReturnFailures(cast.carmen, sqlite_world.project, made.evaluation_id, into=999),
            NotFoundError,
        ),
        (
            ReturnFailures(cast.carmen, sqlite_world.project, made.evaluation_id, into=closed),
            ForbiddenError,
        ),
    ]
    for command, error in wrong:
        with pytest.raises(error):
            return_failures(cast.db, command, cast.clock.now)
    assert cast.rows("SELECT count(*) FROM model_failure WHERE asked_at IS NOT NULL") == [(0,)]


def test_every_form_of_table_says_the_same(small: EvaluationWorld, tmp_path: Path) -> None:
    rows = [
        {
            "id": f"t-{place}",
            "prediction": truth(place),
            "p(cat)": 0.5,
            "p(dog)": 0.3,
            "p(owl)": 0.2,
        }
        for place in range(12)
    ]
    columns = Columns(key="id")
    lines = small.read(write_rows(tmp_path / "o.jsonl", rows), columns)
    with (tmp_path / "o.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "o.parquet")
    for name in ("o.csv", "o.parquet"):
        assert small.read(tmp_path / name, columns).by_task == lines.by_task
    one = lines.by_task[small.tasks[1]]
    assert (one.answer, one.score) == ("dog", 0.3)
    prints = dict(small.cast.rows("SELECT id, fingerprint FROM task"))
    named = [{"fingerprint": prints[one], "label": "cat"} for one in small.tasks]
    assert len(small.read(write_rows(tmp_path / "f.jsonl", named)).by_task) == 12


def test_the_likeliest_label_is_the_prediction_where_only_probabilities_are_given(
    small: EvaluationWorld, tmp_path: Path
) -> None:
    rows = [{"task_id": one, "probabilities": {"cat": 0.2, "dog": 0.8}} for one in small.tasks]
    found = small.read(write_rows(tmp_path / "o.jsonl", rows)).by_task[small.tasks[0]]
    assert (found.answer, found.score) == ("dog", 0.8)


def test_a_task_that_the_model_left_out_or_said_nothing_of_is_told_apart(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"task_id": one, "prediction": truth(place)} for place, one in enumerate(sqlite_world.tasks)
    ]
    rows[3]["prediction"] = None
    made = sqlite_world.evaluate(write_rows(tmp_path / "o.jsonl", rows[:-1]))
    report = read_evaluation(sqlite_world.cast.db, sqlite_world.project, made.evaluation_id).report
    assert (made.tasks, report["unanswered"], report["basis"]["not_in_outputs"]) == (46, 1, 1)
    assert [
        one.task_id for one in read_failures(sqlite_world.cast.db, sqlite_world.project, 1).failures
    ] == [sqlite_world.tasks[3]]
    assert report["reliability"] is None  # no scores, no claims about them


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"prediction": "cow"}, "'cow' is not a label of this question"),
        ({"prediction": 7}, "'7' is not a label"),
        ({"prediction": ["cat"]}, "a list is not a label"),
        ({"prediction": "cat\u200b"}, "is not a label"),
        ({"score": "very"}, "no number: 'very'"),
        ({"score": "nan"}, "NaN"),
        ({"score": 1.2}, "must lie between 0 and 1"),
        ({"score": -0.1}, "must lie between 0 and 1"),
        ({"score": True}, "is true, not a number"),
        ({"score": None}, "has no score (or NaN)"),
        ({"task_id": 10**9}, "which this project does not have"),
        ({"task_id": "abc"}, "which this project does not have"),
        ({"task_id": None}, "does not name its task"),
        ({"probabilities": {"cat": 0.5, "cow": 0.5}}, "'cow', which is no label here"),
        ({"probabilities": {"cat": 0.5, "dog": 0.1}}, "sum to 0.6, not 1"),
        ({"probabilities": "{"}, "not JSON"),
        ({"probabilities": [1]}, "probabilities that are a list"),
    ],
    ids=str,
)
def test_a_bad_row_is_named_by_its_line_and_nothing_is_stored(
    small: EvaluationWorld, tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    rows: list[dict[str, Any]] = [
        {"task_id": one, "prediction": "cat", "score": 0.5, "probabilities": None}
        for one in small.tasks
    ]
    rows[4] |= change
    [issue] = refused(small, write_rows(tmp_path / "o.jsonl", rows))
    assert issue.startswith("o.jsonl line 5: ")
    assert says in issue


def test_every_bad_row_is_named_at_once(small: EvaluationWorld, tmp_path: Path) -> None:
    other = small.cast.project(tasks=1)
    [foreign] = small.cast.rows("SELECT id FROM task WHERE project_id = :id", id=other)
    first = small.tasks[0]
    rows = [
        {"task_id": first, "prediction": "cat"},
        {"task_id": first, "prediction": "dog"},
        {"task_id": foreign[0], "prediction": "cat"},
        {"task_id": small.tasks[1], "prediction": "cow"},
    ]
    issues = refused(small, write_rows(tmp_path / "o.jsonl", rows))
    assert len(issues) == 3
    assert any("line 2" in one and "a second time; o.jsonl line 1" in one for one in issues)
    assert any("line 3" in one and "does not have" in one for one in issues)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("o.jsonl", b"", "is empty"),
        ("o.jsonl", b'{"task_id": 1, "prediction": "cat"', "is not JSON"),
        ("o.jsonl", b'{"task_id": 1, "prediction": NaN}', "NaN"),
        ("o.jsonl", b'{"prediction": "cat"}\n', "does not say which task"),
        ("o.jsonl", b'{"task_id": 1, "words": "cat"}\n', "has no prediction"),
        ("o.csv", b"task_id,prediction\n", "has no rows"),
        ("o.csv", b"task_id,task_id\n1,2\n", "twice"),
        ("o.csv", b"task_id,prediction\n1,\xff\xfe\n", "is not UTF-8"),
        ("o.parquet", b"PAR1 and nothing more", "cannot be read"),
        ("o.png", b"\x89PNG\r\n\x1a\n", "no known format"),
        ("o.zip", b"PK\x03\x04rest", "not a table of outputs"),
    ],
    ids=str,
)
def test_a_file_that_is_no_table_of_outputs_is_refused(
    small: EvaluationWorld, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert says in " ".join(refused(small, tmp_path / name))


def test_a_column_that_is_not_there_is_named_with_those_that_are(
    small: EvaluationWorld, tmp_path: Path
) -> None:
    path = small.write(tmp_path, truth)
    [words] = refused(small, path, Columns(prediction="guess"))
    assert "no column 'guess'" in words
    assert "'task_id', 'prediction', 'score'" in words


def test_a_key_that_two_tasks_share_is_no_key(small: EvaluationWorld, tmp_path: Path) -> None:
    rows = [{"language": "sw", "prediction": "cat"}]
    [issue] = refused(small, write_rows(tmp_path / "o.jsonl", rows), Columns(key="language"))
    assert "or more than one" in issue


def test_labels_of_any_script_are_read_as_they_are(small: EvaluationWorld, tmp_path: Path) -> None:
    rows = [{"task_id": one, "prediction": "猫 🐈"} for one in small.tasks[:1]]
    [issue] = refused(small, write_rows(tmp_path / "o.jsonl", rows))
    assert "猫" in issue


def test_nan_in_parquet_is_no_score(small: EvaluationWorld, tmp_path: Path) -> None:
    scores = [0.5] * 11 + [float("nan")]
    table = pa.table({"task_id": small.tasks, "prediction": ["cat"] * 12, "score": scores})
    pq.write_table(table, tmp_path / "o.parquet")
    [issue] = refused(small, tmp_path / "o.parquet")
    assert "row 12" in issue
    assert "NaN" in issue


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(
    small: EvaluationWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.write(tmp_path, truth)
    monkeypatch.setattr("fairhand.formats.model_outputs.MOST_BYTES", 100)
    assert "larger than" in refused(small, path)[0]
    monkeypatch.undo()
    monkeypatch.setattr("fairhand.formats.model_outputs.MOST_ROWS", 5)
    assert "more than 5 rows" in refused(small, path)[0]


def test_a_model_without_a_name_and_a_field_without_tasks_are_refused(
    small: EvaluationWorld, tmp_path: Path
) -> None:
    path = small.write(tmp_path, truth)
    for name in ("", " ", "x" * 201, "a\x00b"):
        with pytest.raises(InvalidError):
            small.evaluate(path, model=name)
    with pytest.raises(InvalidError, match="No task has a field 'planet'"):
        small.evaluate(path, slice_fields=("planet",))
    assert evaluations(small) == []


CLAIMS = "The cat sat. It was 3.5 kg! Dogs fly."


def ask_claims(world: EvaluationWorld, folder: Path, **more: Any) -> Any:  # noqa: ANN401
    rows = [{"task_id": one, "output": CLAIMS} for one in world.tasks[:4]]
    path = write_rows(folder / "texts.jsonl", rows)
    command = CheckClaims(world.cast.carmen, world.project, "writer@1", path, Columns(), **more)
    return check_claims(world.cast.db, command, world.cast.clock.now)


def test_people_say_which_claims_their_source_supports(
    world: EvaluationWorld, tmp_path: Path
) -> None:
    cast = world.cast
    asked = ask_claims(world, tmp_path)
    again = ask_claims(world, tmp_path)
    assert (asked.outputs, asked.claims, asked.again) == (4, 12, False)
    assert (again.evaluation_id, again.again) == (asked.evaluation_id, True)
    before = read_evaluation(cast.db, world.project, asked.evaluation_id).report
    assert (before["judged"], before["supported"]) == (0, None)
    cast.fund(asked.claims_project_id, 50_000)
    for name in ("Amina", "Bao"):
        cast.join(cast.person(name), asked.claims_project_id)
        for _ in range(12):
            judge(cast, cast.person(name), asked.claims_project_id)
    from fairhand.use_cases.aggregate_labels import aggregate_labels

    aggregate_labels(cast.db, asked.claims_project_id, cast.clock.now)
    after = read_evaluation(cast.db, world.project, asked.evaluation_id).report
    assert (after["judged"], after["verdicts"]["not_in_source"]) == (12, 4)
    assert after["supported"]["value"] == pytest.approx(2 / 3)
    assert after["clean"]["value"] == 0
    assert after["worst"][0]["claims"] == [[3, "not_in_source", "Dogs fly."]]


def judge(cast: Cast, person: int, project: int) -> None:
    """Say that dogs that fly are not in the source, and the rest is."""
    from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation

    got = cast.next(person, project)
    assert got.sheet is not None
    claim = got.sheet.task.data["claim"]
    assert got.sheet.task.data["source"].startswith("Pet number")
    value = {"support": "not_in_source" if claim == "Dogs fly." else "supported"}
    command = SubmitAnnotation(person, got.sheet.task.id, cast.key(), value)
    submit_annotation(cast.db, command, cast.clock.now, signer=cast.signer, idle_cap_ms=120_000)


def test_texts_that_cannot_be_checked_make_no_project(
    small: EvaluationWorld, tmp_path: Path
) -> None:
    projects = small.cast.rows("SELECT count(*) FROM project")
    bad: list[dict[str, Any]] = [
        {"task_id": small.tasks[0], "output": ""},
        {"task_id": small.tasks[1], "output": "x. " * 400},
        {"task_id": 10**9, "output": "Fine."},
        {"task_id": small.tasks[2], "output": 7},
    ]
    for row in bad:
        path = write_rows(tmp_path / "texts.jsonl", [row])
        command = CheckClaims(small.cast.carmen, small.project, "w@1", path, Columns())
        with pytest.raises(InvalidError) as caught:
            check_claims(small.cast.db, command, small.cast.clock.now)
        assert caught.value.issues[0].place == "texts.jsonl line 1"
    with pytest.raises(InvalidError) as caught:
        ask_claims(small, tmp_path, source_field="article")
    assert "no text in 'article'" in caught.value.issues[0].message
    assert small.cast.rows("SELECT count(*) FROM project") == projects
    assert evaluations(small) == []


def test_reports_are_the_same_for_the_same_inputs(sqlite_db: Database, tmp_path: Path) -> None:
    world = make_evaluation_world(Cast(sqlite_db), tasks=24)
    path = world.write(tmp_path, weak_in_swahili)
    world.evaluate(path)
    [first] = world.cast.rows("SELECT report FROM model_evaluation")
    world.cast.change("DELETE FROM model_failure")
    world.cast.change("DELETE FROM model_evaluation")
    world.evaluate(path)
    [second] = world.cast.rows("SELECT report FROM model_evaluation")
    assert json.loads(first[0]) == json.loads(second[0])


def test_a_release_tells_how_the_model_did_whose_proposals_people_saw(
    sqlite_world: EvaluationWorld, tmp_path: Path
) -> None:
    cast = sqlite_world.cast
    sqlite_world.evaluate(sqlite_world.write(tmp_path, weak_in_swahili))
    cast.change(
        "INSERT INTO prediction (id, task_id, project_id, value, model, created_at) "
        "VALUES (1, :task, :project, '{}', 'pets@1', 0)",
        task=sqlite_world.tasks[0],
        project=sqlite_world.project,
    )
    cast.change(
        "UPDATE annotation SET prediction_id = 1, prediction_shown = true WHERE task_id = :task",
        task=sqlite_world.tasks[0],
    )
    press = make_press(tmp_path)
    made = publish_release(cast.db, PublishRelease(sqlite_world.project), cast.clock.now, press)
    card = (made.directory / "card.md").read_text("utf-8")
    assert "pets@1: in view for 2 annotations. On 48 answered tasks, none of them held back" in card
    assert "Worse than the rest: language = sw." in card
