"""What people answered in another tool, as the rows of an export; told apart from what is ours.

Nobody was paid for it here, nothing of it is proven, and it enters no release. Where several people
answered, the answer that most of them gave stands, the newest where as many gave another;
`elsewhere.jsonl` says of every task what was said, and how often. Nobody is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.formats.label_studio.reading import began_as_prediction, config_for
from fairhand.formats.options import ReadOptions
from fairhand.labels.kind import AnswerContext
from fairhand.model.label_studio.controls import StudioConfig
from fairhand.model.label_studio.read_values import read_results
from fairhand.model.project import Question
from fairhand.storage.database import Connection, Database
from fairhand.work.foreign import store as foreign
from fairhand.work.foreign.answered_store import AnsweredTask, count_answered, iter_answered

FILE: Final = "elsewhere.jsonl"
METHOD: Final = "elsewhere"
MANY: Final = 10_000
"""How far a page counts."""
NOT_ASKED: Final = (
    "a task that people answered in another tool and nobody here: "
    "ask for answers from elsewhere to have it"
)
NOBODY_HERE: Final = (
    "Nobody has answered anything here yet. {} answered in another tool before: ask for answers "
    "from elsewhere (--elsewhere) to have those, marked as what they are."
)
NEEDS_GRANT: Final = (
    "a task that people answered in another tool: data of people leave here under a grant alone"
)

Said = dict[str, list[tuple[Any, bool]]]
"""By question: what each person answered, and whether it began as a model's proposal."""


@dataclass(slots=True)
class Elsewhere:
    """The answers of one project from elsewhere, while an export is written.

    `unfit` counts what of them answers no question of today.
    """

    connection: Connection
    project_id: int
    questions: Sequence[Question]
    path: Path
    unfit: Counter[str] = field(default_factory=Counter)
    tasks: int = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give rows in the order of tasks and questions, and write beside them what was said."""
        kept = foreign.load_project(self.connection, self.project_id)
        label_config = None if kept is None else kept.config
        config = config_for(ReadOptions(questions=self.questions, label_config=label_config))
        with self.path.open("wb") as file:
            for task in iter_answered(self.connection, self.project_id):
                said = self._said(task, config)
                rows = [
                    _row(task, one, said[one.name]) for one in self.questions if one.name in said
                ]
                if rows:
                    self.tasks += 1
                    file.write(orjson.dumps(_told(task, said)) + b"\n")
                yield from rows

    def _said(self, task: AnsweredTask, config: StudioConfig) -> Said:
        length = (task.details or {}).get("duration_ms")
        context = AnswerContext(task.width, task.height, task.data, length)
        said: Said = {}
        for one in task.answers:
            if one.get("was_cancelled"):
                continue
            value, reasons = read_results(config, one.get("result", []), context)
            self.unfit.update(f"an answer from elsewhere that {one}" for one in reasons)
            for name, answer in value.items():
                said.setdefault(name, []).append((answer, began_as_prediction(one)))
        return said


def tasks_were(many: int) -> str:
    """Write how many tasks something was done to."""
    more = " or more" if many == MANY else ""
    return "1 task was" if many == 1 else f"{many:,}{more} tasks were"


def count_elsewhere(db: Database, project_id: int) -> int:
    """Count a project's tasks that people answered in another tool and nobody here, to `MANY`."""
    with db.read() as connection:
        return count_answered(connection, project_id, MANY)


def _row(task: AnsweredTask, question: Question, said: list[tuple[Any, bool]]) -> dict[str, Any]:
    """Write a row as an export has it; how sure it is was never worked out."""
    data = task.data
    if task.details is not None:
        data = {"media_details": task.details} | data
    return {
        "task_id": task.id,
        "question": question.name,
        "kind": question.kind,
        "value": _most_said(said),
        "confidence": None,
        "method": METHOD,
        "answers": len(said),
        "assisted": sum(of_model for _, of_model in said),
        "data": data,
        "media_sha256": task.media_sha256,
        "media_type": task.media_type,
        "split": None,
    }


def _most_said(said: list[tuple[Any, bool]]) -> Any:  # noqa: ANN401  # an answer of any kind
    often = Counter(_key(value) for value, _ in said)
    most = max(often.values())
    return next(value for value, _ in reversed(said) if often[_key(value)] == most)


def _told(task: AnsweredTask, said: Said) -> dict[str, Any]:
    """Say of a task how many said what; by question, in the order in which it was said."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, given in said.items():
        values = {_key(value): value for value, _ in given}
        found[name] = [
            {
                "value": value,
                "people": sum(_key(one) == key for one, _ in given),
                "began_as_prediction": sum(_key(one) == key and of for one, of in given),
            }
            for key, value in values.items()
        ]
    return {"task_id": task.id, "source": "label-studio", "said": found}


def _key(value: Any) -> bytes:  # noqa: ANN401  # an answer of any kind
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
