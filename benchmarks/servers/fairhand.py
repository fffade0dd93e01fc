"""Fairhand itself, with all rules on: pay, log, dose, validation, gold."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path

from benchmarks.servers.base import LABELS, Account, Server, make_text
from fairhand.core.clock import DAY_MS, Instant, system_now
from fairhand.core.money import MICROS, Money
from fairhand.core.settings import load_settings
from fairhand.model.project import Question
from fairhand.model.task import NewGold, NewTask
from fairhand.people.accounts import store as accounts
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.house import House, open_database, open_house
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.set_gold_share import SetGoldShare, set_gold_share
from fairhand.work.projects.rules import ProjectPolicy

REFILL_MAX = 10_000
"""Up to this many tasks, a phase of some seconds may come to their end."""
GOLD_TASKS, GOLD_PERCENT, GOLD_FROM = 100, 5.0, 10**8


class Fairhand(Server):
    """`fairhand serve` on SQLite or PostgreSQL."""

    def __init__(self, folder: Path, port: int, database_url: str, processes: int) -> None:
        super().__init__(folder, port)
        self.engine = "postgresql" if database_url else "sqlite"
        self.name = f"Fairhand ({self.engine})"
        self.server_processes = processes
        self.settings = load_settings(folder / "workspace", database_url=database_url, port=port)
        self.project_id = self.owner_id = self.tasks = self.imported = 0

    def prepare(self, tasks: int, clients: int) -> list[Account]:
        """Set up a funded project at overlap 1, and a token per contributor."""
        now = system_now()
        db = open_database(self.settings)
        owner = init_workspace(db, InitWorkspace("bench", "Carmen", None, "GB"), now)
        db.close()
        house = open_house(self.settings)
        config = {"labels": [{"value": label} for label in LABELS]}
        policy = ProjectPolicy(
            title="Sentiment",
            purpose="A benchmark.",
            guidelines="Say how it sounds.",
            questions=(Question("sentiment", "choice", "How does it sound?", config),),
            currency="GBP",
            rate_micros_per_hour=1500 * MICROS,
            min_overlap=1,
            max_overlap=1,
        )
        project = create_project(house.db, CreateProject(owner, policy, "demo"), now)
        self.project_id = project.id
        money = FundProject(project.id, owner, Money(10**9, "GBP"), "benchmark-funding")
        fund_project(house.db, money, now)
        self.owner_id, self.tasks, self.imported = owner, tasks, 0
        self._add_tasks(house, tasks)
        self._add_gold(house)
        found = []
        for number in range(clients):
            asked = InvitePerson(None, f"Contributor {number}", country="GB")
            person = invite_person(house.db, asked, now, link_hours=1).person_id
            join_project(house.db, JoinProject(person, project.id), now)
            with house.db.write() as connection:
                token = accounts.create_token(
                    connection,
                    person,
                    scope="work",
                    project_id=0,
                    label="bench",
                    expires_at=Instant(now + DAY_MS),
                    now=now,
                )
            found.append(Account(("Authorization", f"Bearer {token}")))
        with house.db.write() as connection:
            connection.exec_driver_sql("ANALYZE")
        house.close()
        return found

    def start(self) -> None:
        """Start the server's processes."""
        env = {
            "FAIRHAND_WORKSPACE": str(self.settings.workspace),
            "FAIRHAND_DATABASE_URL": self.settings.database_url,
        }
        workers = str(self.server_processes)
        command = [sys.executable, "-m", "fairhand", "serve", "--port", str(self.port)]
        self.spawn([*command, "--workers", workers], "server.log", env)
        self.wait_until_ready("/sign-in")

    def refill(self) -> None:
        """Import what is missing to the number of tasks that the benchmark is about."""
        house = open_house(self.settings)
        with house.db.read() as connection:
            free = connection.exec_driver_sql(
                "SELECT count(*) FROM queue WHERE taken < wanted"
            ).scalar_one()
        if self.tasks <= REFILL_MAX:
            self._add_tasks(house, self.tasks - int(free))
        house.close()

    def _add_tasks(self, house: House, count: int) -> None:
        first = self.imported
        rows = (
            NewTask({"text": make_text(number)}, f"{number:064d}", f"row {number}")
            for number in range(first, first + count)
        )
        run = start_import(house.db, self.project_id, "benchmark", system_now())
        command = ImportTasks(run.id, rows, self.owner_id)
        import_tasks(house.db, house.blobs, command, system_now())
        self.imported += count

    def _add_gold(self, house: House) -> None:
        """Mix known answers in, as a careful owner does."""
        rows = (
            NewTask(
                {"text": make_text(GOLD_FROM + number)},
                f"gold {number}",
                f"gold row {number}",
                gold=NewGold({"sentiment": LABELS[number % len(LABELS)]}),
            )
            for number in range(GOLD_TASKS)
        )
        run = start_import(house.db, self.project_id, "gold", system_now())
        command = ImportTasks(run.id, rows, self.owner_id)
        import_tasks(house.db, house.blobs, command, system_now())
        share = SetGoldShare(self.owner_id, self.project_id, GOLD_PERCENT)
        set_gold_share(house.db, share, system_now())

    def next_request(self) -> tuple[str, str, bytes]:
        """Ask for the next task."""
        return "POST", f"/api/v1/projects/{self.project_id}/next", b"{}"

    def read_task(self, answer: object) -> int | None:
        """Read the task's id."""
        assert isinstance(answer, dict)
        return answer["task"]["task_id"] if answer["task"] else None

    def submit_request(self, task: int, label: str) -> tuple[str, str, bytes]:
        """Answer a task."""
        body = {"client_key": str(uuid.uuid4()), "value": {"sentiment": label}}
        return "POST", f"/api/v1/tasks/{task}/submit", json.dumps(body).encode()

    def surplus(self) -> int:
        """Count answers beyond one a task (gold tasks have many), straight from the database."""
        house = open_house(self.settings)
        with house.db.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM annotation "
                "WHERE counted AND task_id NOT IN (SELECT task_id FROM gold_answer) "
                "GROUP BY task_id) AS per_task"
            ).scalar_one()
        house.close()
        return int(found)
