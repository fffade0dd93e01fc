"""SQL of looking through tasks: a page at a time, at a cost that does not grow with the project.

A list walks an index in windows. Each window is a stretch of the order (its driver), and the
filters look at that stretch alone, in narrow rows; the tasks' own data is read only for the rows
that are shown, or where it is searched. A walk that has looked at as much as its budget allows
stops, says how far it came, and goes on from there when asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

import orjson
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.labels.ties import even_in, tied_in
from fairhand.storage.database import Connection
from fairhand.storage.permitted import permitted
from fairhand.work.holds import IS_CLOSED_STEP
from fairhand.work.tasks.rules import Cursor, TaskQuery, query_texts

_FIRST_WINDOW: Final = 100
_LAST_WINDOW: Final = 20_000
_PAYLOAD_WINDOW: Final = 2_000
FRAME: Final = 50_000
"""The latest answers among which the longest taken are looked for."""

LIVE = "(SELECT count(*) FROM lease AS l WHERE l.task_id = q.task_id AND l.state = 'live')"
STATE = f"""
    CASE WHEN t.set_aside_at IS NOT NULL THEN 'set_aside'
         WHEN q.held AND EXISTS (SELECT 1 FROM gold_answer AS g WHERE g.task_id = q.task_id)
         THEN 'gold'
         WHEN q.held THEN 'held'
         WHEN q.taken = 0 THEN 'waiting'
         WHEN q.taken < q.wanted OR {LIVE} > 0 THEN 'being_done'
         WHEN NOT EXISTS (SELECT 1 FROM consensus AS c WHERE c.task_id = q.task_id) THEN 'answered'
         WHEN EXISTS (SELECT 1 FROM consensus AS c
                      WHERE c.task_id = q.task_id AND c.confidence < :target) THEN 'in_doubt'
         ELSE 'agreed' END
"""
_OF_QUESTION = "SELECT 1 FROM consensus AS c WHERE c.task_id = q.task_id AND c.question = :question"
_LIVING = "SELECT 1 FROM annotation AS a WHERE a.task_id = q.task_id AND NOT a.superseded"
_DIFFER = """
    SELECT 1 FROM annotation AS a JOIN annotation AS b
        ON b.task_id = a.task_id AND b.id > a.id AND b.value <> a.value
    WHERE a.task_id = q.task_id AND NOT a.superseded AND NOT b.superseded
"""
_RUN = "SELECT started_at, ended_at FROM import_run WHERE id = :run AND project_id = :project_id"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one look may cost: rows looked at, and seconds."""

    rows: int
    seconds: float


PAGE: Final = Budget(200_000, 0.8)
PAYLOAD: Final = Budget(20_000, 1.5)
WITHOUT_END: Final = Budget(2**62, 1e9)


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk goes by: the project, how sure is sure enough there, the question, the filters.

    `blind` is a viewer who takes part themselves: what asks about answers then finds only tasks
    that they have answered. With `is_closed` only finished steps of conversations are found.
    """

    project_id: int
    target: float
    question: str
    query: TaskQuery
    blind: int | None = None
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The tasks of a stretch in their order; `after` is where it goes on, None at the end.

    `looked` counts the rows that were looked at, and `stopped` says that the budget ended the
    walk and not the page.
    """

    ids: tuple[int, ...]
    after: Cursor | None
    looked: int
    stopped: bool


def find_tasks(
    connection: Connection,
    walk: Walk,
    after: Cursor | None,
    limit: int,
    budget: Budget | None = None,
    clock: Callable[[], float] = monotonic,
) -> Found:
    """Find the next tasks of a list, in its order, each exactly once over all pages."""
    budget = budget or (PAYLOAD if walk.query.reads_data else PAGE)
    steps = _Steps.of(connection, walk, after)
    largest = _PAYLOAD_WINDOW if walk.query.reads_data else _LAST_WINDOW
    found: list[Cursor] = []
    looked, window = 0, max(1, min(_FIRST_WINDOW, budget.rows))
    until = clock() + budget.seconds
    while True:
        found += steps.matches(window, limit + 1 - len(found))
        if len(found) > limit:
            kept = tuple(one.task_id for one in found[:limit])
            return Found(kept, found[limit - 1], looked, stopped=False)
        seen, edge = steps.edge(window)
        looked += seen
        if seen < window or edge is None:
            return Found(tuple(one.task_id for one in found), None, looked, stopped=False)
        if looked >= budget.rows or clock() > until:
            return Found(tuple(one.task_id for one in found), edge, looked, stopped=True)
        steps = replace(steps, after=edge)
        window = min(window * 4, largest, max(1, budget.rows - looked))


@dataclass(frozen=True, slots=True)
class _Steps:
    """The statements of one walk, and where it stands."""

    connection: Connection
    driver: str
    way: str  # "" up, "DESC" down
    where: str
    given: dict[str, Any]
    after: Cursor

    @classmethod
    def of(cls, connection: Connection, walk: Walk, after: Cursor | None) -> _Steps:
        given: dict[str, Any] = {
            "project_id": walk.project_id,
            "target": walk.target,
            "question": walk.question,
        }
        query = walk.query
        way = "" if query.order in ("oldest", "least_sure") else "DESC"
        if after is None:
            start = 2**62
            after = Cursor(-1 if not way else start, 0 if not way else start)
            if query.order == "longest":
                after = _frame(connection, walk.project_id, after)
        driver = _driver(query, way, given)
        where = " AND ".join(["", *_filters(connection, walk, given)])
        return cls(connection, driver, way, where, given, after)

    def matches(self, window: int, limit: int) -> list[Cursor]:
        """Find what fits in the next window."""
        statement = text(
            f"SELECT d.k, d.id FROM ({self.driver}) AS d {self._joined()} "
            f"ORDER BY d.k {self.way}, d.id {self.way} LIMIT :limit"
        )
        rows = self.connection.execute(statement, self._given(window) | {"limit": limit})
        return [self._cursor(row.k, row.id) for row in rows]

    def _joined(self) -> str:
        """Join what the filters look at, and nothing else; the driver goes first on SQLite."""
        hint = "INDEXED BY ix_task_project" if self.connection.dialect.name == "sqlite" else ""
        tables, wanted = [], []
        if "t." in self.where:
            tables.append(f"CROSS JOIN task AS t {hint}")
            wanted.append("t.project_id = :project_id AND t.id = d.id")
        if "q." in self.where or "FROM lease" in self.driver:
            tables.append("CROSS JOIN queue AS q")
            wanted.append("q.project_id = :project_id AND q.task_id = d.id")
        held = " AND ".join(wanted) or "1 = 1"
        return f"{' '.join(tables)} WHERE {held}{self.where}"

    def edge(self, window: int) -> tuple[int, Cursor | None]:
        """Say how many rows the window holds, and where it ends."""
        back = "" if self.way else "DESC"
        statement = text(
            f"WITH d AS ({self.driver}) SELECT k, id, (SELECT count(*) FROM d) AS n "
            f"FROM d ORDER BY k {back}, id {back} LIMIT 1"
        )
        row = self.connection.execute(statement, self._given(window)).one_or_none()
        return (0, None) if row is None else (int(row.n), self._cursor(row.k, row.id))

    def _cursor(self, key: float, task_id: int) -> Cursor:
        return Cursor(key, task_id, self.after.low, self.after.high)

    def _given(self, window: int) -> dict[str, Any]:
        own = {"k": self.after.key, "id": self.after.task_id, "window": window}
        return self.given | own | {"low": self.after.low, "high": self.after.high}


def _frame(connection: Connection, project_id: int, start: Cursor) -> Cursor:
    """Frame the latest answers of a project by their ids."""
    row = connection.execute(
        text(
            "SELECT min(id) AS low, max(id) AS high FROM (SELECT id FROM annotation "
            "WHERE project_id = :project_id ORDER BY id DESC LIMIT :most) AS latest"
        ),
        {"project_id": project_id, "most": FRAME},
    ).one()
    return replace(start, low=row.low or 0, high=row.high or 0)


def _driver(query: TaskQuery, way: str, given: dict[str, Any]) -> str:
    """Choose the index that is walked: the order's own, or the narrowest that keeps it."""
    if query.order == "longest":
        return (
            "SELECT * FROM (SELECT task_id AS id, max(submitted_at - served_at) AS k "
            "FROM annotation WHERE project_id = :project_id AND id BETWEEN :low AND :high "
            "AND NOT superseded GROUP BY task_id) AS taken "
            "WHERE (k, id) < (:k, :id) ORDER BY k DESC, id DESC LIMIT :window"
        )
    if query.order in ("least_sure", "most_answers"):
        column, sign = ("confidence", ">") if query.order == "least_sure" else ("n_answers", "<")
        return (
            f"SELECT task_id AS id, {column} AS k FROM consensus "
            "WHERE project_id = :project_id AND question = :question "
            f"AND ({column}, task_id) {sign} (:k, :id) "
            f"ORDER BY {column} {way}, task_id {way} LIMIT :window"
        )
    sign = "<" if way else ">"
    column, table, where = "id", "task", "project_id = :project_id"
    if query.ids:
        names = [f"only_{place}" for place in range(len(query.ids))]
        given.update(zip(names, query.ids, strict=True))
        where += f" AND id IN ({', '.join(f':{name}' for name in names)})"
    elif query.person is not None:  # whoever has answered has had a lease
        column, table, where = "task_id", "lease", "person_id = :person"
        given["person"] = query.person
    elif query.states == ("gold",):
        column, table = "task_id", "gold_answer"
    elif query.states == ("set_aside",):
        where += " AND set_aside_at IS NOT NULL"
    return (
        f"SELECT {column} AS id, {column} AS k FROM {table} "
        f"WHERE {where} AND {column} {sign} :id ORDER BY {column} {way} LIMIT :window"
    )


def _filters(connection: Connection, walk: Walk, given: dict[str, Any]) -> list[str]:
    """Write what must hold of a task, the cheapest first."""
    query = walk.query
    closed = f"({IS_CLOSED_STEP.replace('queue.', 'q.')})"
    return [
        *_of_queue(query, given),
        *([closed] if walk.is_closed else []),
        *_of_time(connection, walk, given),
        *_of_consensus(query, given),
        *_of_people(query, given),
        *_of_blind(walk, given),
        *_of_data(connection, query, given),
    ]


def _of_queue(query: TaskQuery, given: dict[str, Any]) -> list[str]:
    found = []
    if query.ids:
        names = [f"wanted_{place}" for place in range(len(query.ids))]
        given.update(zip(names, query.ids, strict=True))
        found.append(f"q.task_id IN ({', '.join(f':{name}' for name in names)})")
    if query.tier is not None:
        found.append("q.tier = :tier")
        given["tier"] = query.tier
    if query.answers_from is not None:
        found.append(f"q.taken >= :answers_from AND q.taken - {LIVE} >= :answers_from")
        given["answers_from"] = query.answers_from
    if query.answers_to is not None:
        found.append(f"q.taken - {LIVE} <= :answers_to")
        given["answers_to"] = query.answers_to
    if query.states:
        names = [f"state_{place}" for place in range(len(query.states))]
        given.update(zip(names, query.states, strict=True))
        found.append(f"({STATE}) IN ({', '.join(f':{name}' for name in names)})")
    return found


def _of_time(connection: Connection, walk: Walk, given: dict[str, Any]) -> list[str]:
    query, found = walk.query, []
    if query.since is not None:
        found.append("t.created_at >= :since")
        given["since"] = query.since
    if query.until is not None:
        found.append("t.created_at <= :until")
        given["until"] = query.until
    if query.aside_at is not None:
        found.append("t.set_aside_at = :aside_at")
        given["aside_at"] = query.aside_at
    if query.run is not None:
        run = connection.execute(
            text(_RUN), {"run": query.run, "project_id": walk.project_id}
        ).one_or_none()
        given["run_from"] = run.started_at if run else 1
        given["run_to"] = (run.ended_at or 2**62) if run else 0
        found.append("t.created_at BETWEEN :run_from AND :run_to")
    return found


def _of_consensus(query: TaskQuery, given: dict[str, Any]) -> list[str]:
    wanted = []
    if query.sure_from is not None:
        wanted.append("c.confidence >= :sure_from")
        given["sure_from"] = query.sure_from
    if query.sure_to is not None:
        wanted.append("c.confidence <= :sure_to")
        given["sure_to"] = query.sure_to
    if query.answer:
        written = orjson.dumps(query.answer).decode()
        wanted.append("(c.value = :answer OR c.value LIKE :among ESCAPE '!')")
        given["answer"], given["among"] = written, f"[%{_escaped(written)}%]"
    return [f"EXISTS ({_OF_QUESTION} AND {' AND '.join(wanted)})"] if wanted else []


def _of_people(query: TaskQuery, given: dict[str, Any]) -> list[str]:
    found = []
    if query.person is not None:
        found.append(f"EXISTS ({_LIVING} AND a.person_id = :person)")
        given["person"] = query.person
    if query.assisted is not None:
        found.append(f"EXISTS ({_LIVING})")
        said = "EXISTS" if query.assisted else "NOT EXISTS"
        found.append(f"{said} ({_LIVING} AND a.prediction_shown)")
    if query.remark is not None:
        said = "EXISTS" if query.remark else "NOT EXISTS"
        found.append(f"{said} (SELECT 1 FROM remark AS r WHERE r.task_id = q.task_id)")
    if query.agreement:
        found.append("q.taken >= 2")
        found.append(f"{'EXISTS' if query.agreement == 'differ' else 'NOT EXISTS'} ({_DIFFER})")
    return found


def _of_blind(walk: Walk, given: dict[str, Any]) -> list[str]:
    """Let who takes part find by answers only what they have answered themselves."""
    query = walk.query
    by_answers = query.answer or query.agreement or query.sure_from is not None
    by_answers = by_answers or query.sure_to is not None or query.order not in ("newest", "oldest")
    by_answers = by_answers or bool(query.states) or query.assisted is not None
    by_answers = by_answers or query.answers_from is not None or query.answers_to is not None
    if walk.blind is None or not by_answers:
        return []
    given["blind"] = walk.blind
    return [f"EXISTS ({_LIVING} AND a.person_id = :blind)"]


def _of_data(connection: Connection, query: TaskQuery, given: dict[str, Any]) -> list[str]:
    """Look into the data, as it is written: compact JSON with every letter as itself."""
    like = "LIKE" if connection.dialect.name == "sqlite" else "ILIKE"
    patterns = []
    if query.text:
        patterns.append([f"%{_escaped(orjson.dumps(query.text).decode()[1:-1])}%"])
    if query.field:
        name = orjson.dumps(query.field).decode()
        if query.value:
            whole = f"{name}:{orjson.dumps(query.value).decode()}"
            bare = f"{name}:{query.value}"
            patterns.append([f"%{_escaped(whole)}%"])
            patterns[-1] += [f"%{_escaped(bare)}{end}%" for end in (",", "}")]
        else:
            patterns.append([f"%{_escaped(name)}:%"])
    found = []
    for place, choices in enumerate(patterns):
        names = [f"data_{place}_{which}" for which in range(len(choices))]
        given.update(zip(names, choices, strict=True))
        each = " OR ".join(f"x.data {like} :{name} ESCAPE '!'" for name in names)
        found.append(f"EXISTS (SELECT 1 FROM task AS x WHERE x.id = d.id AND ({each}))")
    return found


def _escaped(pattern: str) -> str:
    return pattern.replace("!", "!!").replace("%", "!%").replace("_", "!_")


@dataclass(frozen=True, slots=True)
class Count:
    """How many tasks fit: exactly, or at least so many; None where it was not counted."""

    tasks: int
    is_exact: bool


MOST_COUNTED: Final = 10_000
_COUNTING: Final = Budget(20_000, 0.15)


def count_tasks(connection: Connection, walk: Walk) -> Count | None:
    """Count what fits as far as ten thousand, where no data has to be read for it."""
    if walk.query.reads_data or walk.query.order == "longest":
        return None
    if (
        not walk.is_closed
        and not query_texts(replace(walk.query, order=_EMPTY.order))
        and walk.query.order in _BY_ID
    ):
        most = {"project_id": walk.project_id, "most": MOST_COUNTED + 1}
        number = int(connection.execute(_ALL, most).scalar_one())
        return Count(min(number, MOST_COUNTED), number <= MOST_COUNTED)
    by_id = replace(walk, query=replace(walk.query, order=_counted_by(walk.query.order)))
    found = find_tasks(connection, by_id, None, MOST_COUNTED, _COUNTING)
    return Count(len(found.ids), found.after is None)


def _counted_by(order: str) -> str:
    return order if order in ("least_sure", "most_answers") else "newest"


_EMPTY: Final = TaskQuery()
_BY_ID: Final = ("newest", "oldest")
_ALL = text(
    "SELECT count(*) FROM "
    "(SELECT 1 FROM task WHERE project_id = :project_id LIMIT :most) AS some_of_them"
)


@dataclass(frozen=True, slots=True)
class Joint:
    """The joint answer to a question; JSON read. `tied`: the labels that are equally likely.

    `even`: the labels that equally many people said, where only what is known of them decides.
    """

    question: str
    value: Any
    confidence: float
    answers: int
    tied: tuple[str, ...] = ()
    even: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a list shows it."""

    id: int
    state: str
    answers: int
    wanted: int
    at_work: int
    tier: int
    created_at: Instant
    set_aside_at: Instant | None
    place: str
    data: dict[str, Any]
    media_sha256: str | None
    media_type: str | None
    has_preview: bool
    remarks: int
    assisted: bool
    joint: tuple[Joint, ...]
    is_blind: bool = False


_AT_ONCE: Final = 500


def load_rows(
    connection: Connection, project_id: int, target: float, ids: tuple[int, ...]
) -> list[TaskRow]:
    """Load tasks as a list shows them, in the order of the ids; their data is read here."""
    found: dict[int, TaskRow] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        names = {f"id_{place}": task_id for place, task_id in enumerate(some)}
        within = ", ".join(f":{name}" for name in names)
        joint = _joint(connection, within, names)
        rows = connection.execute(
            text(_ROWS.format(within=within)),
            names | {"project_id": project_id, "target": target},
        )
        for row in rows:
            found[row.id] = _row(row, tuple(joint.get(row.id, ())))
    return [found[task_id] for task_id in ids if task_id in found]


_ROWS = f"""
    SELECT t.id, {STATE} AS state, q.taken, q.wanted, {LIVE} AS live, q.tier, t.created_at,
           t.set_aside_at, t.place, t.data, t.media_sha256, t.media_type, t.preview_sha256,
           (SELECT count(*) FROM remark AS r WHERE r.task_id = t.id) AS remarks,
           EXISTS ({_LIVING} AND a.prediction_shown) AS assisted
    FROM task AS t JOIN queue AS q ON q.task_id = t.id
    WHERE t.project_id = :project_id AND t.id IN ({{within}})
"""


_SAID = (
    "SELECT task_id, value FROM annotation WHERE task_id IN ({within}) AND counted "
    f"AND NOT superseded AND {permitted('annotation')} ORDER BY task_id, id"
)


def _joint(connection: Connection, within: str, names: dict[str, int]) -> dict[int, list[Joint]]:
    found: dict[int, list[Joint]] = {}
    said: dict[int, list[dict[str, Any]]] = {}
    for task_id, answer in connection.execute(text(_SAID.format(within=within)), names):
        said.setdefault(task_id, []).append(orjson.loads(answer))
    rows = connection.execute(
        text(
            "SELECT task_id, question, value, confidence, n_answers, method, beliefs "
            f"FROM consensus WHERE task_id IN ({within}) ORDER BY task_id, question"
        ),
        names,
    )
    for row in rows:
        value = None if row.value is None else orjson.loads(row.value)
        parts = orjson.loads(row.beliefs)
        split = tied_in(value, row.method, parts)
        answers = (one.get(row.question) for one in said.get(row.task_id, ()))
        even = even_in(value, row.method, parts, answers)
        one = Joint(row.question, value, float(row.confidence), row.n_answers, split, even)
        found.setdefault(row.task_id, []).append(one)
    return found


def _row(row: Any, joint: tuple[Joint, ...]) -> TaskRow:  # noqa: ANN401  # a result row
    return TaskRow(
        id=row.id,
        state=row.state,
        answers=max(0, row.taken - row.live),
        wanted=row.wanted,
        at_work=row.live,
        tier=row.tier,
        created_at=row.created_at,
        set_aside_at=row.set_aside_at,
        place=row.place,
        data=orjson.loads(row.data),
        media_sha256=row.media_sha256,
        media_type=row.media_type,
        has_preview=row.preview_sha256 is not None,
        remarks=row.remarks,
        assisted=bool(row.assisted),
        joint=joint,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """An import that tasks came from."""

    id: int
    source: str
    added: int
    started_at: Instant


def list_runs(connection: Connection, project_id: int, most: int = 50) -> list[Run]:
    """List a project's latest imports that brought something, newest first."""
    rows = connection.execute(
        text(
            "SELECT id, source, added, started_at FROM import_run "
            "WHERE project_id = :project_id AND added > 0 ORDER BY id DESC LIMIT :most"
        ),
        {"project_id": project_id, "most": most},
    )
    return [Run(*row) for row in rows]


def list_people(connection: Connection, project_id: int, most: int = 500) -> list[int]:
    """List those who take or took part in a project."""
    rows = connection.execute(
        text("SELECT person_id FROM enrolment WHERE project_id = :project_id LIMIT :most"),
        {"project_id": project_id, "most": most},
    )
    return list(rows.scalars())


_TAKES_PART = text(
    "SELECT 1 FROM enrolment WHERE person_id = :person_id AND project_id = :project_id "
    "AND state IN ('active', 'learning', 'suspended')"
)


def takes_part(connection: Connection, person_id: int, project_id: int) -> bool:
    """Say whether somebody answers tasks of a project."""
    found = {"person_id": person_id, "project_id": project_id}
    return connection.execute(_TAKES_PART, found).first() is not None


def list_answered(connection: Connection, person_id: int, ids: tuple[int, ...]) -> frozenset[int]:
    """Find those of these tasks that somebody has answered or had, and is never asked again."""
    names = {f"id_{place}": task_id for place, task_id in enumerate(ids)}
    if not names:
        return frozenset()
    within = ", ".join(f":{name}" for name in names)
    rows = connection.execute(
        text(
            "SELECT task_id FROM lease WHERE state IN ('submitted', 'skipped', 'released') "
            f"AND person_id = :person_id AND task_id IN ({within})"
        ),
        names | {"person_id": person_id},
    )
    return frozenset(rows.scalars())
