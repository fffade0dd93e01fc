"""Walk the way to a backend, hop by hop, and name the one that fails and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, TypeVar

from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.compute.backends.guard import guarded_client
from fairhand.compute.backends.label_studio import LabelStudioBackend, open_backend
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.backend_access import config_of
from fairhand.use_cases.model_items import load_items
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import backend_store, store
from fairhand.work.prelabel.store import Assistant
from fairhand.work.projects import store as projects

HOPS: Final = ("address", "connect", "health", "setup", "predict", "shape", "values")
"""The way, in its order: what the page shows one below the other."""

TITLES: Final = {
    "address": "The address may be asked",
    "connect": "Somebody answers there",
    "health": "It says that it is up",
    "setup": "It takes the project's questions",
    "predict": "It predicts for a few tasks",
    "shape": "Its answer has the right shape",
    "values": "Its values answer the questions",
}
_ADVICE: Final = {
    "address": "Correct the address. For a server within your own network, its operator adds "
    "host:port to backend_hosts, or adds it in the terminal with --allow-private.",
    "connect": "Start the backend, and see that its port is open to this machine. In a container, "
    "localhost is the container itself: use the name of the service, or the host's address.",
    "health": "Look at the backend's own log. A Label Studio ML backend answers GET /health with "
    '{"status": "UP"}.',
    "setup": "The backend refused the questions: look at its log. Many backends serve one kind of "
    "question alone.",
    "predict": "Look at the backend's log. If it could not fetch a file, set the address under "
    "which it reaches this server (hostname), and give it no other token than the one it is sent.",
    "shape": 'The answer to /predict is {"results": [...]}, with one entry for each task.',
    "values": "Make the backend's labels those of the question, or the question's labels those of "
    "the backend; sizes are those of the picture.",
}
_EARLY: Final = ("address", "connect")
_TASKS: Final = 2
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop: `ok` is None where the way ended before it; `advice` says what to do."""

    name: str
    ok: bool | None
    words: str = ""
    advice: str = ""
    took_ms: float = 0.0
    code: str = ""

    @property
    def title(self) -> str:
        """What the hop is, in words."""
        return TITLES[self.name]


@dataclass(frozen=True, slots=True)
class CheckBackend:
    """Which backend, and who wants to know (None: a tick)."""

    project_id: int
    assistant_id: int
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The whole way; `model` is what the backend calls itself, where it came that far."""

    hops: tuple[Hop, ...]
    model: str | None = None
    proposals: tuple[Proposal, ...] = ()

    @property
    def failed(self) -> Hop | None:
        """The hop that failed, None when the way is open."""
        return next((hop for hop in self.hops if hop.ok is False), None)


def check_backend(db: Database, blobs: BlobStore, command: CheckBackend, now: Instant) -> Checked:
    """Walk the way, note the problem or that there is none, and the version if it is new.

    Takes as long as the backend does, and holds no transaction meanwhile.
    """
    with db.read() as connection:
        one = load_backend(connection, command.project_id, command.assistant_id)
        backend = open_for(db, connection, one, now)
        items = _samples(connection, blobs, one.project_id)
    checked = walk(backend, items)
    with db.write() as connection:
        note_problem(connection, one.id, checked.failed, now)
        if checked.model is not None:
            backend_store.ensure_version(connection, one, checked.model, now)
        failed = checked.failed
        body = {
            "project": one.project_id,
            "assistant": one.id,
            "failed": None if failed is None else failed.name,
            "code": None if failed is None else failed.code,
            "model": checked.model,
        }
        log.append(connection, "assistant.checked", body, now, command.person_id, one.project_id)
    return checked


def load_backend(connection: Connection, project_id: int, assistant_id: int) -> Assistant:
    """Load a Label Studio backend of a project; raises NotFoundError, or ConflictError."""
    one = store.load_assistant(connection, assistant_id)
    if one is None or one.project_id != project_id or one.ended_at is not None:
        raise NotFoundError(f"This project has no source {assistant_id}.")
    if one.kind != "label_studio":
        raise ConflictError(f"{one.name} is no backend that has a way to be walked.")
    return one


def open_for(
    db: Database, connection: Connection, one: Assistant, now: Instant
) -> LabelStudioBackend:
    """Open a backend for the project's questions as they are now; nothing is sent yet.

    Raises AssistantError when its password is not where it was said to be.
    """
    project = projects.load_project(connection, one.project_id)
    assert project is not None, "an assistant lies in a project"  # noqa: S101
    questions = version_of(db, connection, project.id, project.version).questions
    return open_backend(config_of(connection, one, now), None, questions)


def note_problem(
    connection: Connection, assistant_id: int, failed: Hop | None, now: Instant
) -> None:
    """Note for the project page what failed, or that it works."""
    problem = None
    if failed is not None:
        problem = {"hop": failed.name, "code": failed.code, "message": failed.words}
    store.set_problem(connection, assistant_id, problem, now)


def walk(backend: LabelStudioBackend, items: Sequence[Item]) -> Checked:
    """Walk the way to a backend until it ends; at most two tasks are shown to it."""
    hops: list[Hop] = []
    found: dict[str, Any] = {}
    for name, take in _steps(backend, items, found):
        began = perf_counter()
        try:
            words = take()
        except AssistantError as error:
            took = 1_000 * (perf_counter() - began)
            hops += _ended(hops, name, error, took)
            break
        hops.append(Hop(name, True, words, took_ms=1_000 * (perf_counter() - began)))
    rest = [Hop(name, None) for name in HOPS[len(hops) :]]
    return Checked((*hops, *rest), found.get("model"), tuple(found.get("proposals", ())))


def _ended(hops: list[Hop], name: str, error: AssistantError, took_ms: float) -> list[Hop]:
    """Say which hop an error belongs to; what lies before it on the way was passed."""
    failed = name
    if error.hop in _EARLY and HOPS.index(error.hop) >= len(hops):
        failed = error.hop
    elif name in ("predict", "shape", "values"):
        failed = {"answer": "predict", "shape": "shape", "value": "values"}.get(error.hop, name)
    passed = [Hop(one, True) for one in HOPS[len(hops) : HOPS.index(failed)]]
    advice = _ADVICE[failed]
    return [*passed, Hop(failed, False, error.message, advice, took_ms, error.code)]


def _steps(
    backend: LabelStudioBackend, items: Sequence[Item], found: dict[str, Any]
) -> Iterator[tuple[str, Callable[[], str]]]:
    access = backend.access

    def address() -> str:
        with guarded_client(access.allowed) as client:
            return "It is at " + ", ".join(client.check_address(access.url)) + "."

    def health() -> str:
        said = backend.health()
        status, model = said.get("status", "well"), said.get("model_class")
        return f"It says {str(status)[:40]!r}" + (f"; it is {str(model)[:80]}." if model else ".")

    def setup() -> str:
        backend.setup(items[0] if items else None)
        found["model"] = backend.model
        return f"It works with {backend.model}."

    def predict() -> str:
        if not items:
            return "There are no tasks yet to predict for."
        found["given"] = backend.ask(items)
        return f"It answered for {len(items)} {'task' if len(items) == 1 else 'tasks'}."

    def shape() -> str:
        given = found.get("given", [])
        for one in given:
            backend.check_shape(one)
        return f"{len(given)} of {len(items)} asked for." if items else "Nothing was asked for."

    def values() -> str:
        pairs = zip(items, found.get("given", []), strict=False)
        found["proposals"] = [backend.read(item, one) for item, one in pairs]
        proposed = sum(1 for one in found["proposals"] if one.value is not None)
        told = _questions_told(backend, found["proposals"]) if items else ()
        return " ".join((f"It proposed an answer for {proposed} of {len(items)}.", *told))

    yield "address", address
    yield "connect", lambda: _connect(backend)
    yield "health", health
    yield "setup", setup
    yield "predict", predict
    yield "shape", shape
    yield "values", values


def _questions_told(backend: LabelStudioBackend, proposals: Sequence[Proposal]) -> Iterator[str]:
    """Say which questions it answered, which it left, and which it cannot be asked at all."""
    answered = {name for one in proposals for name in one.value or ()}
    if some := [name for name in backend.asked if name in answered]:
        yield f"It answers {', '.join(some)}."
    if rest := [name for name in backend.asked if name not in answered]:
        yield f"It said nothing about {', '.join(rest)}."
    for name, why in backend.unasked.items():
        yield f"It was not asked {name}: {why}."


def _connect(backend: LabelStudioBackend) -> str:
    """Say whether anybody answers at all, whatever the answer."""
    try:
        backend.health()
    except AssistantError as error:
        if error.hop in _EARLY:
            raise
    return "It lets us in."


def _samples(connection: Connection, blobs: BlobStore, project_id: int) -> list[Item]:
    ids = projects.list_task_ids(connection, project_id, _TASKS)
    return load_items(connection, blobs, ids)
