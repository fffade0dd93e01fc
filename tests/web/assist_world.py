"""What the overview of assistance shows, put straight into the tables of a small workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.work.prelabel import learning_store, store
from fairhand.work.prelabel.learning_store import LearningPoint
from fairhand.work.prelabel.store import AssistPolicy, NewAssistant, NewProposed, NewVersion
from tests.web.world import World

PLACES = (10, 20, 35, 55, 80, 120)


def switch_on(world: World, *, blind_permille: int = 300, **policy: Any) -> int:  # noqa: ANN401  # columns of a policy
    """Switch assistance on with a built-in model whose proposals are shown; give its version."""
    now, project = world.cast.clock.now, world.project
    with world.house.db.write() as connection:
        store.save_policy(
            connection, AssistPolicy(project, True, world.people["Carmen"], now, **policy)
        )
        store.set_shares(connection, project, blind_permille, 200)
        new = NewAssistant(project, "builtin", "built-in", {}, world.people["Carmen"])
        assistant_id = store.add_assistant(connection, new, now)
        assert assistant_id is not None
        version = NewVersion(project, assistant_id, "text-linear@1a2b")
        version_id = store.add_version(connection, version, now)
        store.promote(connection, project, version_id, now, None)
        rows = connection.execute(
            text("SELECT id FROM task WHERE project_id = :project"), {"project": project}
        )
        proposed = [NewProposed(row.id, {"pet": "cat"}, "text-linear@1a2b", 0.8) for row in rows]
        store.save_predictions(connection, project, version_id, proposed, now)
    return version_id


def measure(
    world: World,
    version_id: int,
    scores: Mapping[int, float],
    slices: Mapping[str, Mapping[str, float]] | None = None,
    held_out: int = 150,
) -> None:
    """Put points on the learning curve: judgements to score, 20 paid seconds a judgement."""
    with world.house.db.write() as connection:
        learning_store.add_points(
            connection,
            [
                LearningPoint(
                    project_id=world.project,
                    model_version_id=version_id,
                    question="pet",
                    at=Instant(world.cast.clock.now + judgements),
                    judgements=judgements,
                    tasks=judgements,
                    paid_ms=20_000 * judgements,
                    paid_micros=8_000_000 * judgements,
                    measure="accuracy",
                    score=score,
                    low=max(0.0, score - 0.06),
                    high=min(1.0, score + 0.06),
                    held_out=held_out,
                    slices=slices or {},
                )
                for judgements, score in scores.items()
            ],
        )


def climbing(ceiling: float = 0.95, fall: float = 1.6) -> dict[int, float]:
    """A curve that climbs by the law of learning curves."""
    return {n: ceiling - fall * n**-0.5 for n in PLACES}


def answer_all(world: World, who: str = "Amina", *, seconds: int = 20, ratio: float = 1.0) -> None:
    """Let somebody answer all tasks that are free; with a proposal in `ratio` of the seconds."""
    client = world.client(who)
    while True:
        answer = client.post(f"/api/v1/projects/{world.project}/next", json={}).json()
        task = answer.get("task")
        if task is None:
            return
        shown = task["prediction"]
        world.cast.clock.advance(round(1_000 * seconds * (ratio if shown else 1.0)))
        body = {
            "client_key": world.cast.key(),
            "value": {"pet": "cat"},
            "prediction_id": shown["id"] if shown else None,
            "prediction_shown": shown is not None,
        }
        sent = client.post(f"/api/v1/tasks/{task['task_id']}/submit", json=body)
        assert sent.status_code == 201, sent.text
