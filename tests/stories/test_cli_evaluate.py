"""Models are measured from a terminal, and versions on the tasks that they have not learnt from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.settings import load_settings
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.steps import Services, take_step
from fairhand.proof.log.note import Signer
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.ask_evaluation import AskEvaluation, ask_evaluation
from fairhand.use_cases.house import House, open_database
from fairhand.use_cases.read_evaluations import list_evaluations, read_evaluation
from fairhand.use_cases.read_outputs import question_of
from fairhand.use_cases.read_version_outputs import read_version_outputs
from fairhand.use_cases.train_model import learn_model, train_model
from fairhand.work.prelabel import store
from fairhand.work.prelabel.blind import is_held_out
from fairhand.work.prelabel.store import NewAssistant, NewProposed, NewVersion
from tests.cast import SIGNER, Cast
from tests.stories.assist_world import CARMEN, AssistWorld, make_moods
from tests.stories.evaluation_world import (
    EvaluationWorld,
    make_evaluation_world,
    truth,
    weak_in_swahili,
    write_rows,
)
from tests.stories.quality_world import MORNING
from tests.stories.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "pets")


@pytest.fixture
def pets(terminal: Terminal) -> EvaluationWorld:
    """People's answers in the terminal's own workspace."""
    return make_evaluation_world(Cast(open_database(load_settings(terminal.workspace))))


def test_outputs_are_measured_listed_and_their_failures_asked_again_from_a_terminal(
    terminal: Terminal, pets: EvaluationWorld, tmp_path: Path
) -> None:
    project, path = str(pets.project), str(pets.write(tmp_path, weak_in_swahili))
    card = tmp_path / "card.md"
    made = terminal.ok(
        "assist", "evaluate", project, "--outputs", path, "--model", "pets@1", "--card", str(card)
    )
    assert "Evaluation 1: 75.0 % right" in made.out
    assert "language = sw" in made.out
    assert "lower" in made.out
    assert card.read_text("utf-8").startswith("# Model card: pets@1\n")
    again = terminal.ok(
        "assist", "evaluate", project, "--outputs", path, "--model", "pets@1", "--json"
    ).json
    assert (again["again"], again["report"]["slices"]["parts"][0]["value"]) == (True, "sw")
    assert "pets@1" in terminal.ok("assist", "evaluations", project).out
    page = terminal.ok("assist", "failures", project, "1", "--json").json
    assert page["total"] == 12
    assert "12 of 12" in terminal.ok("assist", "failures", project, "1", "--ask").out
    again_asked = terminal.ok("assist", "failures", project, "1", "--ask").out
    assert "No failure is left that is not a task yet" in again_asked


def test_bad_rows_are_named_in_a_terminal_and_the_exit_code_says_so(
    terminal: Terminal, pets: EvaluationWorld, tmp_path: Path
) -> None:
    path = write_rows(tmp_path / "o.jsonl", [{"task_id": pets.tasks[0], "prediction": "cow"}])
    said = terminal.run("assist", "evaluate", str(pets.project), "--outputs", str(path))
    assert said.code == 2
    assert "o.jsonl line 1" in said.err
    assert "'cow' is not a label" in said.err
    neither = terminal.run("assist", "evaluate", str(pets.project))
    assert neither.code == 2
    assert "--version NUMBER, or --outputs FILE" in neither.err


def test_texts_are_checked_from_a_terminal(
    terminal: Terminal, pets: EvaluationWorld, tmp_path: Path
) -> None:
    rows = [{"task_id": pets.tasks[0], "output": "It meows. It barks."}]
    path = str(write_rows(tmp_path / "texts.jsonl", rows))
    said = terminal.ok("assist", "claims", str(pets.project), path, "--model", "w@1", "--json")
    assert (said.json["outputs"], said.json["claims"]) == (1, 2)


def trained(made: AssistWorld) -> int:
    """Let people answer, and a model learn from them."""
    made.tick()
    made.answer(len(made.world.tasks))
    version = train_model(
        made.db, learn_model(made.db, made.blobs, made.project_id), MORNING, None
    ).version_id
    assert version is not None
    return version


def house_of(made: AssistWorld, signer: Signer, folder: Path) -> House:
    settings = load_settings(folder)
    return House(settings, made.db, made.blobs, signer, "pets", b"s" * 32, lambda: MORNING)


@pytest.mark.slow
def test_a_trained_version_is_measured_by_a_job_on_tasks_it_has_not_learnt_from(
    sqlite_db: Database, tmp_path: Path
) -> None:
    made = make_moods(sqlite_db, count=130)
    version = trained(made)
    house = house_of(made, SIGNER, tmp_path)
    command = AskEvaluation(CARMEN, made.project_id, version, "mood")
    job_id = ask_evaluation(made.db, command, MORNING)
    with pytest.raises(ConflictError, match="being measured"):
        ask_evaluation(made.db, command, MORNING)
    services = Services(made.db, made.blobs, lambda: MORNING)
    for _ in range(2):  # a job that is taken up again writes nothing twice
        take_step(services, kinds_of(house), job_id, 0, None)
    with made.db.read() as connection:
        job = job_store.find_job(connection, job_id)
    assert job is not None
    assert job.state == "done", job.error
    [found] = list_evaluations(made.db, made.project_id)
    report = read_evaluation(made.db, made.project_id, found.id).report
    held = [one for one in made.world.tasks if is_held_out(one, 200)]
    assert (report["tasks"], report["basis"]["held_out_permille"]) == (len(held), 200)
    assert (found.version_id, found.source) == (version, "version")
    assert report["score"]["value"] > 0.9
    assert report["reliability"]["brier_of"] == "labels"


def kept(pets: EvaluationWorld, report: dict[str, int]) -> int:
    """A version that has proposed for every task already."""
    project = pets.project
    with pets.cast.db.write() as connection:
        new = NewAssistant(project, "builtin", "built-in", {}, pets.cast.carmen)
        assistant = store.add_assistant(connection, new, MORNING)
        assert assistant is not None
        version = store.add_version(
            connection, NewVersion(project, assistant, "pets@3", report=report), MORNING
        )
        proposed = [
            NewProposed(task, {"pet": truth(place)}, "pets@3", 0.9)
            for place, task in enumerate(pets.tasks)
        ]
        store.save_predictions(connection, project, version, proposed, MORNING)
    return version


def test_a_version_keeps_its_fold_when_the_share_is_changed_or_assistance_ends(
    pets: EvaluationWorld,
) -> None:
    database, project = pets.cast.db, pets.project
    version = kept(pets, {"holdout_permille": 200})
    question, blobs = question_of(database, project), BlobStore("memory://")
    for share, expected in ((200, 200), (500, 200), (100, 100), (0, 200)):
        with database.write() as connection:
            store.set_shares(connection, project, 0, share)
        found = read_version_outputs(database, blobs, project, version, question)
        assert found.held_out_permille == expected
        held = {one for one in pets.tasks if is_held_out(one, expected)}
        assert set(found.outputs.by_task) == held


def test_a_version_that_learnt_with_nothing_held_back_is_not_measured(
    pets: EvaluationWorld,
) -> None:
    database, project = pets.cast.db, pets.project
    version = kept(pets, {"holdout_permille": 0})
    question, blobs = question_of(database, project), BlobStore("memory://")
    with pytest.raises(ConflictError, match="held back"):
        read_version_outputs(database, blobs, project, version, question)
    with pytest.raises(NotFoundError):
        read_version_outputs(database, blobs, project, 999, question)


def test_the_json_of_a_report_is_plain(pets: EvaluationWorld, tmp_path: Path) -> None:
    made = pets.evaluate(pets.write(tmp_path, truth))
    report = read_evaluation(pets.cast.db, pets.project, made.evaluation_id).report
    assert json.loads(json.dumps(report, allow_nan=False)) == report
