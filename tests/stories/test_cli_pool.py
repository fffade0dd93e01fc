"""Runs become pooled tasks, people grade them, and the grades come out as TREC qrels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import trec
from fairhand.formats.registry import read_tasks
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_templates import read_template
from fairhand.work.projects import store as projects
from tests.data import data_dir
from tests.stories.quality_world import MORNING, QualityWorld, add_person
from tests.stories.release_world import make_press
from tests.stories.terminal import run
from tests.stories.test_every_template import policy_of

RUN_A = "1 Q0 d3 1 9.0 a\n1 Q0 d1 2 8.0 a\n1 Q0 d2 3 1.5 a\n2 Q0 d9 1 4 a\n"
RUN_B = "1 Q0 d4 1 0.9 b\n1 Q0 d3 2 0.5 b\n\n2 Q0 d1 1 7 b\n"
DOCUMENTS = [{"_id": f"d{n}", "title": f"Title {n}", "text": f"Text {n}."} for n in (1, 2, 3, 4)]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a.run").write_text(RUN_A, "utf-8")
    (tmp_path / "b.run").write_text(RUN_B, "utf-8")
    (tmp_path / "queries.csv").write_text("query_id,query\n1,wet rain\n2,dry sun\n", "utf-8")
    lines = "".join(json.dumps(one) + "\n" for one in DOCUMENTS)
    (tmp_path / "documents.jsonl").write_text(lines, "utf-8")
    return tmp_path


def pooled(files: Path, *more: str) -> list[dict[str, Any]]:
    """Run the command and read what it wrote."""
    output = files / "tasks.jsonl"
    told = run(
        "pool", str(files / "a.run"), str(files / "b.run"), "--queries",
        str(files / "queries.csv"), "--documents", str(files / "documents.jsonl"),
        "-o", str(output), *more, "--json",
    )  # fmt: skip
    assert told.code == 0, told.err
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def test_the_first_documents_of_every_run_are_judged_once(files: Path) -> None:
    tasks = pooled(files, "--depth", "2")
    by_query = {task["query"]: sorted(one["id"] for one in task["documents"]) for task in tasks}
    assert by_query == {"wet rain": ["d1", "d3", "d4"], "dry sun": ["d1"]}
    assert tasks[0]["documents"][0].keys() == {"id", "title", "text"}


def test_large_pools_are_cut_and_the_order_says_nothing_of_ranks(files: Path) -> None:
    tasks = pooled(files, "--depth", "3", "--per-task", "2")
    assert [len(task["documents"]) for task in tasks] == [2, 2, 1]
    many = {"q": [f"d{n}" for n in range(200)]}
    order = trec.pool([many], 200)["q"]
    assert sorted(order) == sorted(many["q"])
    moved = sum(abs(order.index(name) - place) for place, name in enumerate(many["q"])) / 200
    assert moved > 40


def test_documents_without_text_are_named_and_left_out() -> None:
    found = list(trec.pooled_tasks({"2": ["d9"], "3": ["d1"]}, {"2": {"query": "sun"}}, {}, 5))
    assert [one.place for one in found if isinstance(one, Issue)] == ["document d9", "query 3"]


@pytest.mark.parametrize("line", ["1 Q0 d3 1 9.0", "1 Q0 d3 one 9.0 a", "1 Q0 d3 1 nan a"])
def test_a_line_that_is_no_run_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "broken.run"
    path.write_text(f"1 Q0 d1 1 9.0 a\n{line}\n", "utf-8")
    with pytest.raises(MalformedError, match=r"broken\.run:2"):
        trec.read_run(path)


def test_grades_go_from_pool_to_qrels(files: Path, sqlite_db: Database) -> None:
    pooled(files, "--depth", "3")
    db, press = sqlite_db, make_press(files)
    owner, *people = [add_person(db, name) for name in ("Carmen", "Amina", "Bao")]
    policy = policy_of(read_template("search-relevance"))
    project = create_project(db, CreateProject(owner, policy, "demo"), MORNING)
    made = start_import(db, project.id, "pool", MORNING)
    tasks = read_tasks(files / "tasks.jsonl")
    import_tasks(db, press.blobs, ImportTasks(made.id, tasks, owner), MORNING)
    for person_id in people:
        join_project(db, JoinProject(person_id, project.id), MORNING)
    with db.read() as connection:
        ids = projects.list_task_ids(connection, project.id)
        rows = connection.execute(text("SELECT data FROM task ORDER BY id")).scalars().all()
    data = [row if isinstance(row, dict) else json.loads(row) for row in rows]
    grade = {"d1": 3, "d2": 1, "d3": 0, "d4": 2}
    world = QualityWorld(db, project, ids, people)

    def answer(_who: int, number: int) -> dict[str, Any]:
        shown = [one["id"] for one in data[number]["documents"]]
        return {"relevance": {"grades": {name: grade[name] for name in shown}}}

    world.work(answer)
    aggregate_labels(db, project.id, world.now)
    now = Instant(MORNING + 9_000_000)
    release = publish_release(db, PublishRelease(project.id), now, press)
    output = files / "out.qrels"
    told = run("qrels", str(release.directory), "-o", str(output))
    assert told.code == 0, told.err
    assert output.read_text("utf-8").splitlines() == [
        "1 0 d1 3", "1 0 d2 1", "1 0 d3 0", "1 0 d4 2", "2 0 d1 3",
    ]  # fmt: skip


def test_a_real_collection_is_pooled_from_its_parquet_and_csv(tmp_path: Path) -> None:
    folder = data_dir("search_cranfield")
    lines = (folder / "qrels.csv").read_text("utf-8").splitlines()[1:]
    judged = [line.split(",") for line in lines]
    run_lines = [f"{query} Q0 {document} 1 {grade} x" for query, document, grade in judged]
    (tmp_path / "best.run").write_text("\n".join(run_lines), "utf-8")
    pool = trec.pool([trec.read_run(tmp_path / "best.run")], 10)
    queries = trec.read_texts(folder / "queries.csv")
    documents = trec.read_texts(folder / "docs.parquet")
    assert len(documents) == 1400
    tasks = list(trec.pooled_tasks(pool, queries, documents, 5))
    made = [one for one in tasks if isinstance(one, dict)]
    assert {task["query_id"] for task in made} == set(queries)
    assert sum(len(task["documents"]) for task in made) + len(tasks) - len(made) == sum(
        map(len, pool.values())
    )
