"""Pre-labelling as a query over pieces of tasks on disk, for a million of them and more.

A piece is a small Arrow file of tasks; `label_piece`, which an `Engine` maps over many, asks the
assistant about each and writes the proposals into a file beside it. What is big travels through
files that all machines see. A file appears under its own name only when it is whole, so whatever
is killed, a piece that was done is not asked again: what was paid for is not paid for twice.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.ipc as ipc

from fairhand.compute.assistants.answers import UNUSABLE, problem_of, unusable
from fairhand.compute.assistants.contract import AssistantError, Item, Predictor, Proposal
from fairhand.compute.assistants.functions import allow_functions
from fairhand.compute.assistants.opening import open_assistant
from fairhand.core.chunks import chunks
from fairhand.model.project import Question

ReadMedia = Callable[[str], bytes]
"""Reads a file by its SHA-256, on whichever machine."""

AT_ONCE: Final = 256
"""How many items an assistant is given in one call."""
PROBLEMS_KEPT: Final = 20
STOP: Final = "stop"
SPENT: Final = "spending_limit"
_HOPELESS: Final = 20
_FAR = ("address", "connect")
_TURNS = frozenset({"label_studio"})  # one at a time within a process
_TASKS = pa.schema(
    [("task_id", pa.int64()), ("data", pa.large_string()), ("media_sha256", pa.string()),
     ("media_type", pa.string()), ("width", pa.int32()), ("height", pa.int32()),
     ("duration_ms", pa.int64())]
)  # fmt: skip
_PROPOSED = pa.schema(
    [("task_id", pa.int64()), ("value", pa.large_string()), ("model", pa.string()),
     ("score", pa.float64()), ("details", pa.large_string())]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sketch:
    """How to open an assistant on any machine; `key` tells one run's from another's.

    `weights` is the file of its model, `paths` where the operator's modules lie.
    """

    key: str
    kind: str
    config: Mapping[str, Any]
    weights: Path | None
    questions: tuple[Question, ...]
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as it is stored: `data` is JSON."""

    task_id: int
    data: str
    media_sha256: str | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some tasks in a file, from `first` to `last`, and where their proposals go."""

    source: Path
    target: Path
    first: int
    last: int
    items: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """What became of a piece.

    `unasked` is the first task that could not be paid for any more, None when all were asked; then
    `items` and `failed` count the tasks before it, and `beyond` the proposals after it.
    """

    target: Path
    items: int
    proposed: int
    failed: int
    beyond: int = 0
    cost_micros: int = 0
    cost_currency: str | None = None
    problems: tuple[str, ...] = ()
    unasked: int | None = None


def write_piece(folder: Path, rows: Sequence[TaskRow]) -> Piece:
    """Write tasks (in ascending order of their ids) as a piece; the same tasks, the same name."""
    first, last = rows[0].task_id, rows[-1].task_id
    name = f"{first}-{last}-{len(rows)}"
    piece = Piece(folder / f"{name}.tasks", folder / f"{name}.proposed", first, last, len(rows))
    columns = {name: [getattr(row, name) for row in rows] for name in _TASKS.names}
    _write(piece.source, pa.table(columns, schema=_TASKS))
    return piece


def label_piece(piece: Piece, sketch: Sketch, read_media: ReadMedia) -> Labelled | None:
    """Ask the assistant about a piece and write its proposals; None when the run was stopped.

    A piece that was done before is not asked again. Raises AssistantError when the assistant
    fails altogether; single items that fail are counted, with their problems.
    """
    if piece.target.exists() and (done := _noted(piece.target)).unasked is None:
        return done
    if (piece.source.parent / STOP).exists():
        return None
    try:
        predictor = opened(sketch)
        items = _items(_read(piece.source), read_media)
        proposals: list[Proposal] = []
        for batch in chunks(items, AT_ONCE):
            if (piece.source.parent / STOP).exists():
                return None
            proposals += _propose(predictor, sketch.kind, batch)
        return _keep(piece, items, proposals, predictor.model)
    except AssistantError:
        (piece.source.parent / STOP).touch()  # the other pieces need not find out for themselves
        raise


def read_proposed(labelled: Labelled) -> dict[str, list[Any]]:
    """Give a piece's proposals by column: task_id, value and details as JSON, model, score."""
    found: dict[str, list[Any]] = _read(labelled.target).to_pydict()
    return found


_open: dict[str, Predictor] = {}
_opening = threading.Lock()


def opened(sketch: Sketch) -> Predictor:
    """Open the assistant once a process; the one before it is forgotten."""
    with _opening:
        if sketch.key not in _open:
            sys.path.extend(path for path in sketch.paths if path not in sys.path)
            if sketch.kind == "function":
                allow_functions([str(sketch.config.get("function"))])
            weights = sketch.weights.read_bytes() if sketch.weights else None
            found = open_assistant(sketch.kind, sketch.config, weights, sketch.questions)
            _keep_open(sketch.key, found)
        return _open[sketch.key]


def keep_open(key: str, predictor: Predictor) -> None:
    """Let pieces of this process use a predictor that is open already, under a sketch's key."""
    with _opening:
        _keep_open(key, predictor)


def close(key: str) -> None:
    """Forget a predictor."""
    with _opening:
        _open.pop(key, None)


def _keep_open(key: str, predictor: Predictor) -> None:
    while len(_open) >= 2:
        _open.pop(next(iter(_open)))
    _open[key] = predictor


_turn = threading.Lock()


def _propose(predictor: Predictor, kind: str, items: Sequence[Item]) -> list[Proposal]:
    if kind not in _TURNS:
        return _halving(predictor, items, [0], kind != "openai")
    with _turn:
        return _halving(predictor, items, [0], True)


def _halving(
    predictor: Predictor, items: Sequence[Item], lost: list[int], may_halve: bool
) -> list[Proposal]:
    """Find the items that make a whole batch fail, and spare the others.

    `lost` counts failures one after another: a score of them without one success is hopeless.
    """
    try:
        found = predictor.predict(items)
        if len(found) != len(items):
            raise AssistantError(f"It gave {len(found)} answers to {len(items)} items.")
    except AssistantError as error:
        if error.code == SPENT:
            return [unusable(error.message, code=SPENT) for _ in items]
        far = error.hop in _FAR or error.code == "backend_slow"
        if far or not (may_halve or error.code == UNUSABLE):
            raise
        if len(items) > 1:
            middle = len(items) // 2
            return [
                *_halving(predictor, items[:middle], lost, may_halve),
                *_halving(predictor, items[middle:], lost, may_halve),
            ]
        lost[0] += error.code != UNUSABLE
        if lost[0] >= _HOPELESS:
            raise
        return [unusable(error.message, code=error.code)]
    lost[0] = 0
    return list(found)


def _items(table: Any, read_media: ReadMedia) -> list[Item]:  # noqa: ANN401  # pyarrow
    rows = zip(*(table.column(name).to_pylist() for name in _TASKS.names), strict=True)
    return [
        Item(task_id, orjson.loads(data), partial(read_media, sha256) if sha256 else None,
             kind, width, height, duration_ms)
        for task_id, data, sha256, kind, width, height, duration_ms in rows
    ]  # fmt: skip


def _keep(
    piece: Piece, items: Sequence[Item], proposals: Sequence[Proposal], model: str
) -> Labelled:
    """Write what was proposed, and note what became of the rest."""
    good = [(item, one) for item, one in zip(items, proposals, strict=True) if one.value]
    pairs = list(zip(items, proposals, strict=True))
    unasked = [item.task_id for item, one in pairs if one.details.get("code") == SPENT]
    first = min(unasked, default=None)
    problems = [
        problem for item, one in pairs
        if (problem := problem_of(one)) and (first is None or item.task_id < first)
    ]  # fmt: skip
    currencies = {one.cost_currency for one in proposals if one.cost_currency}
    found = Labelled(
        target=piece.target,
        items=len(items) if first is None else sum(item.task_id < first for item in items),
        proposed=len(good),
        beyond=0 if first is None else sum(item.task_id > first for item, _ in good),
        failed=len(problems),
        cost_micros=sum(one.cost_micros for one in proposals),
        cost_currency=min(currencies, default=None),
        problems=tuple(problems[:PROBLEMS_KEPT]),
        unasked=first,
    )
    columns = {
        "task_id": [item.task_id for item, _ in good],
        "value": [_json(one.value) for _, one in good],
        "model": [one.model or model for _, one in good],
        "score": [one.score for _, one in good],
        "details": [_details(one) for _, one in good],
    }
    table = pa.table(columns, schema=_PROPOSED)
    noted = asdict(found) | {"target": None}
    _write(piece.target, table.replace_schema_metadata({b"labelled": orjson.dumps(noted)}))
    return found


def _details(proposal: Proposal) -> str | None:
    """Keep what its maker said besides the answer; probabilities with six digits are enough."""
    shares = {
        question: {label: round(float(share), 6) for label, share in by_label.items()}
        for question, by_label in proposal.probabilities.items()
    }
    details = {**proposal.details, **({"probabilities": shares} if shares else {})}
    return _json(details) if details else None


def _noted(target: Path) -> Labelled:
    with pa.memory_map(str(target)) as source:
        said = orjson.loads(ipc.open_file(source).schema.metadata[b"labelled"])
    return Labelled(**{**said, "target": target, "problems": tuple(said["problems"])})


def _json(value: Any) -> str:  # noqa: ANN401  # any JSON value
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _read(path: Path) -> Any:  # noqa: ANN401  # pyarrow
    with pa.memory_map(str(path)) as source:
        return ipc.open_file(source).read_all()


def _write(path: Path, table: Any) -> None:  # noqa: ANN401  # pyarrow
    """Write a file that appears under its name only when it is whole."""
    draft = path.with_name(f"{path.name}.{threading.get_ident()}.draft")
    with ipc.new_file(str(draft), table.schema) as file:
        file.write_table(table)
    draft.replace(path)


def in_pieces(
    rows: Iterable[TaskRow], folder: Path, most_items: int, most_bytes: int, most_pieces: int
) -> list[Piece]:
    """Cut tasks into pieces of so many items, or of about so many bytes, and write them."""
    pieces: list[Piece] = []
    held: list[TaskRow] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row.data)
        if len(held) >= most_items or size >= most_bytes:
            pieces.append(write_piece(folder, held))
            held, size = [], 0
            if len(pieces) == most_pieces:
                return pieces
    return [*pieces, write_piece(folder, held)] if held else pieces
