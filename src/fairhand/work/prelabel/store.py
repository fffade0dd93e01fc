"""SQL of assistance: what an owner asked of it, who proposes, its versions, its predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from sqlalchemy import Row, bindparam, case, func, select, text, update

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.assist import assist_policy, assistant, model_version
from fairhand.storage.tables.work import prediction, project

_MESSAGE_MOST = 1_000

_POLICY = select(assist_policy).where(assist_policy.c.project_id == bindparam("project_id"))
_ASSISTANTS = (
    select(assistant)
    .where(assistant.c.project_id == bindparam("project_id"))
    .order_by(assistant.c.id)
)
_ASSISTANT = select(assistant).where(assistant.c.id == bindparam("assistant_id"))
_VERSIONS = (
    select(model_version)
    .where(model_version.c.project_id == bindparam("project_id"))
    .order_by(model_version.c.id.desc())
    .limit(bindparam("most"))
)
_VERSION = select(model_version).where(model_version.c.id == bindparam("version_id"))
_CHECKPOINT = select(model_version).where(
    model_version.c.assistant_id == bindparam("assistant_id"),
    model_version.c.checkpoint_sha256 == bindparam("checkpoint_sha256"),
)
_LAST_PROMOTED = (
    select(model_version)
    .join(assistant, assistant.c.id == model_version.c.assistant_id)
    .where(
        model_version.c.project_id == bindparam("project_id"),
        model_version.c.promoted_at.is_not(None),
        assistant.c.ended_at.is_(None),
    )
    .order_by(model_version.c.promoted_at.desc(), model_version.c.id.desc())
    .limit(bindparam("most"))
)
_NEXT_NUMBER = select(func.coalesce(func.max(model_version.c.number), 0) + 1).where(
    model_version.c.assistant_id == bindparam("assistant_id")
)
_SHOWN = select(project.c.model_version_id, project.c.blind_permille, project.c.holdout_permille)
_SHOWN_OF = _SHOWN.where(project.c.id == bindparam("project_id"))
_CHUNK = 500
_VALUES = text(
    "SELECT task_id, value FROM prediction "
    "WHERE model_version_id = :version_id AND task_id IN :ids AND NOT planted"
).bindparams(bindparam("ids", expanding=True))
_PREDICTION_COUNTS = text(
    "SELECT v.id, (SELECT count(*) FROM prediction AS p WHERE p.model_version_id = v.id) AS n "
    "FROM model_version AS v WHERE v.project_id = :project_id"
)
_PREDICTED = text(
    "SELECT id, task_id, value, score, ask, details, created_at FROM prediction "
    "WHERE model_version_id = :version_id AND task_id > :after AND NOT planted "
    "ORDER BY task_id LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class AssistPolicy:
    """What an owner asked of assistance in a project.

    `off_because` says why a measurement switched it off (JSON: reason, evidence, at). `coverage`
    maps a field of the data to the share asked for of each of its values. `trained_through` is the
    last annotation that training has heard of, `trained_answers` how many it had learnt from.
    `on_since` is when it was last switched on; saving knows that by itself.
    """

    project_id: int
    is_on: bool
    changed_by: int
    changed_at: Instant
    off_because: dict[str, Any] | None = None
    reorders: bool = True
    strategy: str = "auto"
    ask: str = "auto"
    coverage: dict[str, dict[str, float]] = field(default_factory=dict)
    slice_fields: tuple[str, ...] = ()
    target_quality: float | None = None
    trained_through: int = 0
    trained_answers: int = 0
    on_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Assistant:
    """One source of predictions in a project; `problem` is {hop, code, message, at, count}."""

    id: int
    project_id: int
    kind: str
    name: str
    config: dict[str, Any]
    weights_sha256: str | None
    state: str
    interactive: bool
    problem: dict[str, Any] | None
    checked_at: Instant | None
    told_through: int
    author_id: int
    created_at: Instant
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class NewAssistant:
    """A source of predictions to be added; secrets are named in `config`, never held."""

    project_id: int
    kind: str
    name: str
    config: Mapping[str, Any]
    author_id: int
    weights_sha256: str | None = None
    interactive: bool = False


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What an assistant predicts with from now on; `model` is name@version."""

    project_id: int
    assistant_id: int
    model: str
    weights_sha256: str | None = None
    checkpoint_sha256: str | None = None
    trained_on: int = 0
    held_out: int = 0
    report: Mapping[str, Any] = field(default_factory=dict)
    verdict: str = ""
    state: str = "candidate"
    took_ms: int = 0
    data_depth: int | None = None  # of what it learned from; None: nobody said


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What an assistant predicted with at one moment of its training."""

    id: int
    project_id: int
    assistant_id: int
    number: int
    model: str
    state: str
    weights_sha256: str | None
    checkpoint_sha256: str | None
    trained_on: int
    held_out: int
    report: dict[str, Any]
    verdict: str
    took_ms: int
    created_at: Instant
    promoted_at: Instant | None
    promoted_by: int | None
    data_depth: int | None = None  # of what it learned from; None: nobody said


@dataclass(frozen=True, slots=True)
class NewProposed:
    """A prediction of a version for one task, as it is stored."""

    task_id: int
    value: Mapping[str, Any]
    model: str
    score: float | None = None
    ask: str = "fix"
    details: Mapping[str, Any] | None = None
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """A stored prediction of a version."""

    id: int
    task_id: int
    value: dict[str, Any]
    score: float | None
    ask: str
    details: dict[str, Any]
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose predictions people are shown, and how many of a thousand see none."""

    version_id: int | None
    blind_permille: int
    holdout_permille: int


def load_policy(connection: Connection, project_id: int) -> AssistPolicy | None:
    """Load what the owner asked for; None when assistance was never ticked."""
    row = connection.execute(_POLICY, {"project_id": project_id}).one_or_none()
    return None if row is None else _policy(row)


def lock_policy(connection: Connection, project_id: int) -> AssistPolicy | None:
    """Load it and keep others from training, promoting or ranking until commit."""
    found = _POLICY.with_for_update()
    row = connection.execute(found, {"project_id": project_id}).one_or_none()
    return None if row is None else _policy(row)


def save_policy(connection: Connection, policy: AssistPolicy) -> None:
    """Write it; how far training has come is left as it is.

    The moment of a policy that is on and was off before becomes `on_since`.
    """
    row = {
        "is_on": policy.is_on,
        "off_because": _json_or_none(policy.off_because),
        "reorders": policy.reorders,
        "strategy": policy.strategy,
        "ask": policy.ask,
        "coverage": _json(policy.coverage),
        "slice_fields": _json(list(policy.slice_fields)),
        "target_quality": policy.target_quality,
        "changed_by": policy.changed_by,
        "changed_at": policy.changed_at,
    }
    first = policy.changed_at if policy.is_on else None
    statement = insert(connection, assist_policy).values(
        project_id=policy.project_id, **row, on_since=first
    )
    was_off = assist_policy.c.is_on.is_(False)
    since = case((was_off, first), else_=assist_policy.c.on_since)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project_id"], set_={**row, "on_since": since}
        )
    )


def mark_trained(connection: Connection, project_id: int, through: int, answers: int) -> None:
    """Remember the last annotation that training has heard of, and how many it learnt from."""
    chosen = update(assist_policy).where(assist_policy.c.project_id == project_id)
    connection.execute(chosen.values(trained_through=through, trained_answers=answers))


def list_ticked(connection: Connection) -> list[AssistPolicy]:
    """List the projects where assistance is on."""
    found = select(assist_policy).where(assist_policy.c.is_on).order_by(assist_policy.c.project_id)
    return [_policy(row) for row in connection.execute(found)]


def add_assistant(connection: Connection, new: NewAssistant, now: Instant) -> int | None:
    """Add a source of predictions and give its id; None when its name is taken."""
    statement = (
        insert(connection, assistant)
        .values(
            project_id=new.project_id,
            kind=new.kind,
            name=new.name,
            config=_json(dict(new.config)),
            weights_sha256=new.weights_sha256,
            state="on",
            interactive=new.interactive,
            author_id=new.author_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(assistant.c.id)
    )
    return connection.execute(statement).scalar_one_or_none()


def list_assistants(
    connection: Connection, project_id: int, *, ended: bool = False
) -> list[Assistant]:
    """List a project's sources of predictions, oldest first; with those that ended if asked."""
    rows = connection.execute(_ASSISTANTS, {"project_id": project_id})
    return [one for one in map(_assistant, rows) if ended or one.ended_at is None]


def load_assistant(connection: Connection, assistant_id: int) -> Assistant | None:
    """Load one source of predictions."""
    row = connection.execute(_ASSISTANT, {"assistant_id": assistant_id}).one_or_none()
    return None if row is None else _assistant(row)


def find_assistant(connection: Connection, project_id: int, name: str) -> Assistant | None:
    """Find a source of predictions by its name, ended or not."""
    found = list_assistants(connection, project_id, ended=True)
    return next((one for one in found if one.name == name), None)


def change_assistant(connection: Connection, assistant_id: int, **columns: Any) -> None:  # noqa: ANN401
    """Change columns of a source: `config` is given as a mapping, the rest as they are stored."""
    if "config" in columns:
        columns["config"] = _json(dict(columns["config"]))
    connection.execute(update(assistant).where(assistant.c.id == assistant_id).values(**columns))


def end_assistant(connection: Connection, assistant_id: int, now: Instant) -> None:
    """Ask a source nothing any more; its versions and predictions stay."""
    change_assistant(connection, assistant_id, state="off", ended_at=now)


def set_problem(
    connection: Connection, assistant_id: int, problem: Mapping[str, Any] | None, now: Instant
) -> None:
    """Note what went wrong ({hop, code, message}) for the project page; None: it works again."""
    if problem is None:
        change_assistant(connection, assistant_id, problem=None, state="on", checked_at=now)
        return
    known = load_assistant(connection, assistant_id)
    before = known.problem if known and known.problem else {}
    same = before.get("code") == problem.get("code") and before.get("hop") == problem.get("hop")
    noted = {
        **problem,
        "message": str(problem.get("message", ""))[:_MESSAGE_MOST],
        "at": now,
        "count": before.get("count", 0) + 1 if same else 1,
    }
    change_assistant(
        connection, assistant_id, problem=_json(noted), state="failing", checked_at=now
    )


def add_version(connection: Connection, new: NewVersion, now: Instant) -> int:
    """Write down what an assistant predicts with from now on; give the version's id."""
    number = connection.execute(_NEXT_NUMBER, {"assistant_id": new.assistant_id}).scalar_one()
    statement = (
        model_version.insert()
        .values(
            project_id=new.project_id,
            assistant_id=new.assistant_id,
            number=number,
            model=new.model,
            state=new.state,
            weights_sha256=new.weights_sha256,
            checkpoint_sha256=new.checkpoint_sha256,
            trained_on=new.trained_on,
            held_out=new.held_out,
            report=_json(dict(new.report)),
            verdict=new.verdict,
            took_ms=new.took_ms,
            data_depth=new.data_depth,
            created_at=now,
        )
        .returning(model_version.c.id)
    )
    return cast(int, connection.execute(statement).scalar_one())


def list_versions(connection: Connection, project_id: int, most: int = 200) -> list[ModelVersion]:
    """List a project's versions, newest first."""
    rows = connection.execute(_VERSIONS, {"project_id": project_id, "most": most})
    return [_version(row) for row in rows]


def find_checkpoint(
    connection: Connection, assistant_id: int, checkpoint_sha256: str
) -> ModelVersion | None:
    """Find the version that learnt from exactly this; None when there is none."""
    asked = {"assistant_id": assistant_id, "checkpoint_sha256": checkpoint_sha256}
    row = connection.execute(_CHECKPOINT, asked).first()
    return None if row is None else _version(row)


def load_version(connection: Connection, version_id: int) -> ModelVersion | None:
    """Load one version."""
    row = connection.execute(_VERSION, {"version_id": version_id}).one_or_none()
    return None if row is None else _version(row)


def change_version(connection: Connection, version_id: int, **columns: Any) -> None:  # noqa: ANN401
    """Say how a version did: its state, verdict, report (a mapping), held_out."""
    if "report" in columns:
        columns["report"] = _json(dict(columns["report"]))
    chosen = update(model_version).where(model_version.c.id == version_id)
    connection.execute(chosen.values(**columns))


def last_promoted(connection: Connection, project_id: int) -> ModelVersion | None:
    """Find the version that was shown last, of a source that is still asked."""
    row = connection.execute(_LAST_PROMOTED, {"project_id": project_id, "most": 1}).one_or_none()
    return None if row is None else _version(row)


def promoted_before(connection: Connection, project_id: int) -> ModelVersion | None:
    """Find the version that was shown before the one that is, to roll back to."""
    shown = load_shown(connection, project_id).version_id
    rows = connection.execute(_LAST_PROMOTED, {"project_id": project_id, "most": 2})
    return next((one for one in map(_version, rows) if one.id != shown), None)


def load_shown(connection: Connection, project_id: int) -> Shown:
    """Say whose predictions people are shown."""
    return Shown(*connection.execute(_SHOWN_OF, {"project_id": project_id}).one())


def promote(
    connection: Connection, project_id: int, version_id: int, now: Instant, by: int | None
) -> None:
    """Show people this version's predictions from now on; the one before retires.

    `by` is the person who decided; None: the measurement did.
    """
    _retire_shown(connection, project_id)
    change_version(connection, version_id, state="promoted", promoted_at=now, promoted_by=by)
    _set_project(connection, project_id, model_version_id=version_id)


def show_none(connection: Connection, project_id: int) -> None:
    """Show no version's predictions any more; those that came with the data stay."""
    _retire_shown(connection, project_id)
    _set_project(connection, project_id, model_version_id=None)


def set_shares(connection: Connection, project_id: int, blind: int, holdout: int) -> None:
    """Say how many of a thousand hand-outs are blind, and how many tasks are kept to measure."""
    _set_project(connection, project_id, blind_permille=blind, holdout_permille=holdout)


def save_predictions(
    connection: Connection,
    project_id: int,
    version_id: int | None,
    proposed: Sequence[NewProposed],
    now: Instant,
) -> int:
    """Store proposals of a version; a task that it proposed for already keeps that. How many new.

    Without a version they count as predictions that came with the data.
    """
    rows = [
        {
            "task_id": one.task_id,
            "project_id": project_id,
            "value": _json(dict(one.value)),
            "model": one.model[:200],
            "score": one.score,
            "created_at": now,
            "model_version_id": version_id,
            "ask": one.ask,
            "planted": one.planted,
            "details": None if one.details is None else _json(dict(one.details)),
        }
        for one in proposed
    ]
    if not rows:
        return 0
    statement = insert(connection, prediction).on_conflict_do_nothing().returning(prediction.c.id)
    return len(connection.execute(statement, rows).all())


def count_predictions(connection: Connection, project_id: int) -> dict[int, int]:
    """Count the tasks that each version of a project has proposed for."""
    rows = connection.execute(_PREDICTION_COUNTS, {"project_id": project_id})
    return {row.id: row.n for row in rows}


def predicted_values(
    connection: Connection, version_id: int, task_ids: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """Load what a version proposed for some tasks; those it has not proposed for are left out."""
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(task_ids, _CHUNK):
        rows = connection.execute(_VALUES, {"version_id": version_id, "ids": some})
        found |= {row.task_id: _load(row.value) for row in rows}
    return found


def list_predictions(
    connection: Connection, version_id: int, *, after: int = 0, limit: int = 1_000
) -> list[Proposed]:
    """List a version's predictions by task, from beyond task `after`."""
    rows = connection.execute(
        _PREDICTED, {"version_id": version_id, "after": after, "limit": limit}
    )
    return [_proposed(row) for row in rows]


def _retire_shown(connection: Connection, project_id: int) -> None:
    chosen = update(model_version).where(
        model_version.c.project_id == project_id, model_version.c.state == "promoted"
    )
    connection.execute(chosen.values(state="retired"))


def _set_project(connection: Connection, project_id: int, **columns: int | None) -> None:
    connection.execute(update(project).where(project.c.id == project_id).values(**columns))


def _json(value: Any) -> str:  # noqa: ANN401  # any JSON value
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _json_or_none(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    return None if value is None else _json(value)


def _load(value: str | None) -> Any:  # noqa: ANN401  # any JSON value
    return None if value is None else orjson.loads(value)


def _policy(row: Row[Any]) -> AssistPolicy:
    return AssistPolicy(
        project_id=row.project_id,
        is_on=bool(row.is_on),
        changed_by=row.changed_by,
        changed_at=Instant(row.changed_at),
        off_because=_load(row.off_because),
        reorders=bool(row.reorders),
        strategy=row.strategy,
        ask=row.ask,
        coverage=_load(row.coverage),
        slice_fields=tuple(_load(row.slice_fields)),
        target_quality=row.target_quality,
        trained_through=row.trained_through,
        trained_answers=row.trained_answers,
        on_since=row.on_since,
    )


def _assistant(row: Row[Any]) -> Assistant:
    known = dict(row._mapping)
    known["config"], known["problem"] = _load(row.config), _load(row.problem)
    known["interactive"] = bool(row.interactive)
    return Assistant(**known)


def _version(row: Row[Any]) -> ModelVersion:
    return ModelVersion(**{**row._mapping, "report": _load(row.report)})


def _proposed(row: Row[Any]) -> Proposed:
    details = _load(row.details) or {}
    return Proposed(
        row.id, row.task_id, _load(row.value), row.score, row.ask, details, Instant(row.created_at)
    )
