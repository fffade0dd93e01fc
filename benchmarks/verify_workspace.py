"""Holding the tables to the log: seconds and peak memory, table by table.

    python -m benchmarks.verify_workspace [--annotations 1e6]

Lays down answers with their lines in the log, a review of every tenth task, which stands, and a
decision about every twentieth answer, all as the stories write them. Each check runs in a process
of its own; the peak is the operating system's (`VmHWM`) of that process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Row, text

from benchmarks.memory import peak_mib
from benchmarks.release_million import fill
from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.model.decision import NewDecision
from fairhand.people.accounts import erasure_store as erasures
from fairhand.people.conduct import store as conduct
from fairhand.proof.log.bodies import Lines
from fairhand.proof.log.store import NewEvent, append_many
from fairhand.storage.database import Connection, Database
from fairhand.use_cases import read_record_audit as audit
from fairhand.use_cases.note_decision import note_decision
from fairhand.use_cases.read_conduct_audit import audit_conduct
from fairhand.use_cases.read_grant_audit import audit_grants
from fairhand.use_cases.read_pay_audit import audit_pay
from fairhand.use_cases.read_role_audit import audit_roles
from fairhand.work.review import store as reviews
from tests.stories.quality_world import MORNING

_CHUNK: Final = 20_000
_LATE: Final = Instant(MORNING + 8_000_000)

CHECKS: Final[Mapping[str, Callable[[Lines, set[int]], Iterable[Issue]]]] = {
    "answers": audit._answers,
    "pay": audit_pay,
    "roles": lambda lines, _: audit_roles(lines),
    "decisions": audit_conduct,
    "grants": audit_grants,
    "all of it": lambda lines, _: audit.audit_records(lines.connection),
}


def lay_down(folder: Path, annotations: int) -> None:
    """Write a workspace whose tables and log agree."""
    project = fill(folder, annotations)
    db = Database(f"sqlite:///{folder}/bench.sqlite", pool_size=2)
    with db.read() as connection:
        every = text("SELECT id, task_id, person_id, value FROM annotation ORDER BY id")
        rows = connection.execute(every).all()
    for start in range(0, len(rows), _CHUNK):
        some, now = rows[start : start + _CHUNK], Instant(MORNING + start)
        dated = "UPDATE annotation SET submitted_at = :now WHERE id BETWEEN :first AND :last"
        with db.write() as connection:
            found = {"now": now, "first": some[0].id, "last": some[-1].id}
            connection.execute(text(dated), found)
            append_many(connection, [_sent(row, project) for row in some], now)
            _review(connection, project, sorted({row.task_id for row in some})[::10])
            _decide(connection, project, some[::20], Instant(_LATE + start))
    db.close()


def _sent(row: Row[Any], project: int) -> NewEvent:
    sha256 = sha256_hex(orjson.dumps(orjson.loads(row.value), option=orjson.OPT_SORT_KEYS))
    body = {"annotation": row.id, "task": row.task_id, "project": project}
    body |= {"person": row.person_id, "value_sha256": sha256}
    return NewEvent("annotation.submitted", body, row.person_id, project)


def _review(connection: Connection, project: int, tasks: Sequence[int]) -> None:
    value = {"pet": "cat"}
    sha256 = sha256_hex(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    told: list[NewEvent] = []
    for task in tasks:
        row = {
            "project_id": project,
            "task_id": task,
            "reviewer_id": 1,
            "verdict": "fixed",
            "because": "sample",
            "reason": "It purrs.",
            "annotations": "[]",
            "value": orjson.dumps(value).decode(),
            "client_key": f"review-{task}",
            "at": _LATE,
        }
        number = reviews.add_review(connection, row)
        reviews.adjudicate(connection, project, task, number, value, _LATE)
        body = {"project": project, "task": task, "review": number, "verdict": "fixed"}
        body |= {"because": "sample", "value_sha256": sha256, "reviewer": 1}
        body["content_sha256"] = reviews.content_sha256(row)
        told.append(NewEvent("review.decided", body, 1, project))
    append_many(connection, told, _LATE)


def _decide(
    connection: Connection, project: int, answers: Sequence[Row[Any]], now: Instant
) -> None:
    for row in answers:
        number = row.id
        new = NewDecision(
            person_id=row.person_id,
            project_id=project,
            kind="gold_missed",
            reason="The known answer is another.",
            counterfactual="With it this would not have been decided.",
            pay_effect="None.",
            inputs={"annotation": number},
            subject={"annotation": number},
            system="gold.check",
            client_key=f"gold-known-{number}",
        )
        note_decision(connection, new, now)
    body = {"project": project, **conduct.decided(connection, project, now)}
    append_many(connection, [NewEvent("labels.aggregated", body, None, project)], now)


def check(folder: Path, name: str) -> None:
    """Run one check in this process, and print what it took."""
    db = Database(f"sqlite:///{folder}/bench.sqlite", pool_size=2)
    began = time.perf_counter()
    with db.read() as connection:
        found = list(CHECKS[name](Lines(connection), erasures.list_erased(connection)))
    seconds = time.perf_counter() - began
    wrong = [one for one in found if one.place.split(" ")[0] not in ("role", "pay")]
    print(
        json.dumps(
            {"seconds": round(seconds, 1), "peak_mib": round(peak_mib()), "wrong": len(wrong)}
        )
    )


def main() -> None:
    """Lay down a workspace and run each check in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", type=float, default=1e6)
    parser.add_argument("--check", nargs=2, metavar=("FOLDER", "NAME"))
    asked = parser.parse_args()
    if asked.check:
        check(Path(asked.check[0]), asked.check[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        lay_down(Path(folder), int(asked.annotations))
        for name in CHECKS:
            command = [sys.executable, "-m", "benchmarks.verify_workspace", "--check", folder, name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(f"{name:10} {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
