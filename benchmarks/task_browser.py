"""How long the task browser takes over a million tasks, on SQLite.

    python -m benchmarks.task_browser [--tasks 1000000] [--folder DIR]

Makes a workspace with the tasks (bulk inserts into the stores' own tables; 600 bytes of data each,
every third answered by two people), opens it as the server does, and asks the server for pages as
a browser does: the whole of each request is timed, from the address to the HTML. Prints a table of
the median and the slowest of several rounds.

    python -m benchmarks.task_browser --walk

Goes ten pages deep in every order with every filter instead, prints the slowest of all these pages
by the time of the processor, and does what can be done with all tasks that fit, and takes it back.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Table

from fairhand.core.clock import Instant, system_now
from fairhand.core.money import MICROS
from fairhand.core.settings import Settings
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.steps import Services, take_step
from fairhand.model.project import Question
from fairhand.people.accounts import store as accounts
from fairhand.people.accounts.rules import Actor
from fairhand.storage.tables.quality import consensus
from fairhand.storage.tables.work import annotation, lease, queue, task
from fairhand.use_cases.act_on_tasks import TaskAct
from fairhand.use_cases.ask_task_act import AskTaskAct, ask_task_act
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.house import House, open_database, open_house
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.read_jobs import read_job
from fairhand.use_cases.read_tasks import read_tasks
from fairhand.web.app import create_app
from fairhand.web.shared.doors import SESSION_COOKIE
from fairhand.work.projects.rules import ProjectPolicy
from fairhand.work.tasks.rules import ORDERS, parse_query

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

_CHUNK = 20_000
_ROUNDS = 7
_LABELS = ("cat", "dog", "owl")
_FILLER = "the quick brown fox jumps over the lazy dog and looks for its supper " * 8
_QUESTION = Question(
    "pet",
    "choice",
    "Which animal is it?",
    {"labels": [{"value": label, "title": label.title()} for label in _LABELS]},
)


@dataclass(frozen=True, slots=True)
class Timed:
    """One kind of request: its name, how long its rounds took in ms, and the size of the answer."""

    name: str
    milliseconds: tuple[float, ...]
    note: str


def make_workspace(folder: Path, tasks: int) -> float:
    """Make a project of so many tasks; gives how long that took in seconds."""
    settings = Settings(workspace=folder)
    db = open_database(settings)
    began = time.perf_counter()
    now = system_now()
    owner = init_workspace(db, InitWorkspace("pets", "Carmen", "c@example.org", "GB"), now)
    people = [
        invite_person(db, InvitePerson(None, name, country="GB"), now, link_hours=1).person_id
        for name in ("Amina", "Bao")
    ]
    policy = ProjectPolicy(
        title="A million pets",
        purpose="To measure.",
        guidelines="Look closely.",
        questions=(_QUESTION,),
        currency="GBP",
        rate_micros_per_hour=1_500 * MICROS,
        min_overlap=2,
        max_overlap=3,
    )
    project = create_project(db, CreateProject(owner, policy, lease_ttl_ms=600_000), now)
    for start in range(1, tasks + 1, _CHUNK):
        ids = range(start, min(start + _CHUNK, tasks + 1))
        with db.write() as connection:
            for table, rows in _rows(ids, project.id, people, now):
                connection.execute(table.insert(), rows)
    with db.write() as connection:
        connection.exec_driver_sql("ANALYZE")
    db.close()
    return time.perf_counter() - began


def _rows(
    ids: range, project: int, people: list[int], now: Instant
) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Write the rows of a stretch of tasks, every third one answered."""
    done = [one for one in ids if one % 3 == 0]
    yield (
        task,
        [
            {
                "id": one,
                "project_id": project,
                "fingerprint": hashlib.sha256(b"%d" % one).hexdigest(),
                "data": f'{{"text":"row {one} {_FILLER}","source":"camera {one % 100}"}}',
                "place": f"pets.jsonl:{one}",
                "created_at": now + one,
            }
            for one in ids
        ],
    )
    yield (
        queue,
        [
            {
                "task_id": one,
                "project_id": project,
                "rank": one,
                "wanted": 2,
                "taken": 2 * (one % 3 == 0),
            }
            for one in ids
        ],
    )
    yield (
        annotation,
        [
            {
                "task_id": one,
                "person_id": person,
                "project_id": project,
                "project_version": 1,
                "revision": 1,
                "value": f'{{"pet":"{_LABELS[(one // 3 + place * (one % 30 == 0)) % 3]}"}}',
                "client_key": f"{one}-{person}",
                "submitted_at": now + one + 5_000 + one * 7 % 9_973,
                "served_at": now + one,
                "counted": True,
                "late": False,
                "aggregated": True,
            }
            for one in done
            for place, person in enumerate(people)
        ],
    )
    yield (
        lease,
        [
            {
                "task_id": one,
                "person_id": person,
                "project_id": project,
                "state": "submitted",
                "hold": "online",
                "served_at": now,
                "expires_at": now,
            }
            for one in done
            for person in people
        ],
    )
    yield (
        consensus,
        [
            {
                "task_id": one,
                "question": "pet",
                "project_id": project,
                "value": f'"{_LABELS[one // 3 % 3]}"',
                "confidence": 0.5 + (one * 7919 % 5_000) / 10_000,
                "method": "dawid_skene",
                "n_answers": 2,
                "settled": True,
                "beliefs": "{}",
                "answer_ids": "[]",
                "batch": 1,
                "updated_at": now,
            }
            for one in done
        ],
    )


def measure(house: House, tasks: int) -> list[Timed]:
    """Ask for pages as an owner's browser does."""
    with house.db.write() as connection:
        secret = accounts.create_session(connection, 1, system_now(), 1)
    client = TestClient(create_app(house))
    client.cookies.set(SESSION_COOKIE, secret)
    deep = tasks // 2
    asked = {
        "first page": "",
        "first page, oldest first": "?order=oldest",
        "deep page (half way)": f"?after={deep}_{deep}",
        "least sure first": "?order=least_sure",
        "most answers first": "?order=most_answers",
        "longest taken first": "?order=longest",
        "state: waiting": "?state=waiting",
        "state: in doubt": "?state=in_doubt",
        "state: set aside (none are)": "?state=set_aside",
        "answer dog, 90 % sure": "?answer=dog&sure_from=0.9",
        "people differ": "?agreement=differ",
        "answered by one person": "?person=2",
        "no task fits (tier 4)": "?tier=4",
        "search, common words": "?q=quick+brown",
        "search, in no task": "?q=nowhere+to+be+found",
        "field source = camera 7": "?field=source&value=camera+7",
        "one task's story": f"/{tasks // 3 * 3}",
    }
    return [_timed(client, name, path) for name, path in asked.items()]


_FILTERS = (
    *("", "state=waiting", "state=agreed", "state=in_doubt", "state=gold", "state=held"),
    *("state=being_done", "answers_from=2", "answers_from=3", "answers_to=0", "answer=dog"),
    *("answer=newt", "sure_from=0.99", "sure_to=0.55", "agreement=same", "agreement=differ"),
    *("person=2", "person=999", "import=1", "tier=0", "tier=4", "assisted=yes", "assisted=no"),
    *("remark=yes", "since=2026-01-01", "until=2020-01-01", "field=source&value=camera 7"),
    *("q=quick", "q=nowhere to be", "id=5,77,1999", "agreement=differ&answer=owl&state=in_doubt"),
)


def walk(house: House) -> None:
    """Go ten pages deep in every order with every filter; print the slowest of them."""
    owner = _owner(house)
    slowest = []
    for order, said in product(ORDERS, _FILTERS):
        query = parse_query({"order": order, **dict(parse_qsl(said))})
        after, took, rows = None, [], 0
        for _ in range(10):
            began = time.process_time()
            page = read_tasks(house.db, owner, 1, query, after)
            took.append(1_000 * (time.process_time() - began))
            rows, after = rows + len(page.rows), page.after
            if after is None:
                break
        slowest.append((max(took), order, said or "all", len(took), rows))
    print("| order | filter | slowest page, ms of processor | pages | rows |")
    print("|---|---|---:|---:|---:|")
    for worst, order, said, pages, rows in sorted(slowest, reverse=True)[:12]:
        print(f"| {order} | {said} | {worst:.0f} | {pages} | {rows} |")


def act(house: House) -> None:
    """Do with all tasks that fit what can be done, and undo it."""
    print("\n| what | tasks | s of processor | slowest step, s |\n|---|---:|---:|---:|")
    aside = _acted(house, "set_aside", "state=waiting")
    _acted(house, "take_back", f"aside_at={aside['at']}")
    _acted(house, "overlap", "state=waiting", 4)
    _acted(house, "overlap", "state=waiting", 2)
    _acted(house, "ask_again", "state=in_doubt")


def _acted(house: House, name: str, said: str, wanted: int = 0) -> dict[str, Any]:
    command = AskTaskAct(TaskAct(1, 1, name, wanted), parse_query(dict(parse_qsl(said))))
    job_id = ask_task_act(house.db, _owner(house), command, house.clock())
    services = Services(house.db, house.blobs, house.clock)
    number, cursor, steps = 0, None, []
    while number == 0 or cursor is not None:
        began = time.process_time()
        cursor = take_step(services, kinds_of(house), job_id, number, cursor)
        steps.append(time.process_time() - began)
        number += 1
    job = read_job(house.db, _owner(house), job_id)
    result: dict[str, Any] = job.result
    print(f"| {name}: {said} | {result['changed']:,} | {sum(steps):.1f} | {max(steps):.2f} |")
    return result


def _owner(house: House) -> Actor:
    with house.db.write() as connection:
        secret = accounts.create_session(connection, 1, system_now(), 1)
        owner = accounts.load_actor_by_session(connection, secret, system_now())
    assert owner is not None
    return owner


def _timed(client: TestClient, name: str, path: str) -> Timed:
    took, text = [], ""
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        answer = client.get(f"/projects/1/tasks{path}")
        took.append(1_000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text
        text = answer.text
    stopped = " (looked so far; offers to look further)" if "Look further" in text else ""
    rows = text.count('<li class="task"')
    return Timed(name, tuple(took), f"{rows} rows{stopped}")


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="kept, and used again when it is there")
    parser.add_argument("--walk", action="store_true", help="every order, every filter, ten pages")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder: Path = given.folder or Path(made)
        if not (folder / "fairhand.db").exists():
            print(f"made {given.tasks:,} tasks in {make_workspace(folder, given.tasks):.0f} s")
        house = open_house(Settings(workspace=folder))
        size = (folder / "fairhand.db").stat().st_size / 1e9
        print(f"database: {size:.2f} GB\n")
        if given.walk:
            walk(house)
            act(house)
            house.close()
            return
        print("| what | median ms | slowest ms | shown |\n|---|---:|---:|---|")
        for one in measure(house, given.tasks):
            print(
                f"| {one.name} | {median(one.milliseconds):.0f} | {max(one.milliseconds):.0f} "
                f"| {one.note} |"
            )
        house.close()


if __name__ == "__main__":
    main()
