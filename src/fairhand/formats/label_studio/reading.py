"""Label Studio's task JSON: a list of `{data, predictions, annotations}`, or of bare data.

With the labelling configuration (or where controls are named as our questions are) annotations and
predictions become predictions where they answer our questions. They are kept whole besides, as is
all that Label Studio says of a task. Addresses stay addresses: nothing is fetched; files beside the
export are found. What cannot be carried over is reported, and its task is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import parse_qs, unquote, urlsplit

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.json_array import Item, array_items
from fairhand.formats.json_text import parse_json
from fairhand.formats.options import Proposed, ReadOptions, Row, Source, opened, source_name
from fairhand.formats.safe_files import opened_inside
from fairhand.labels.kind import AnswerContext, json_type
from fairhand.labels.replies import MAX_REPLIES
from fairhand.model.foreign import BY_PEOPLE
from fairhand.model.label_studio.config import read_config
from fairhand.model.label_studio.controls import ADDED_REPLIES, ADDED_TEXT, StudioConfig
from fairhand.model.label_studio.read_values import plain_config, read_results
from fairhand.model.project import Question
from fairhand.model.task import Foreign, ForeignAnswer, NewPrediction

SOURCE: Final = "label-studio"
_FROM_PREDICTION: Final = "label-studio-annotation-of-prediction"
_ITEM_PER_PAYLOAD = 16
"""How much longer than its data a task may be: it brings its annotations along."""

_LISTS: Final = {"annotations": "annotation", "predictions": "prediction", "drafts": "draft"}
_MEDIA: Final = ("Image", "Audio", "AudioPlus")
_NOT_BESIDE = (
    "names a file that is not beside the export, and nothing is fetched: its picture or sound is "
    "missing here, as in others like it; put the files into the export's folder and import again"
)


@dataclass(slots=True)
class _Desk:
    """What reading a file needs to remember."""

    options: ReadOptions
    config: StudioConfig
    limit: int
    told_of_files: bool = field(default=False)


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield each task's data and its answers, or why it is none; holds one task at a time."""
    name = source_name(source, options)
    limit = options.max_row_bytes * _ITEM_PER_PAYLOAD
    desk = _Desk(options, config_for(options), limit)
    with opened(source) as file:
        for item in array_items(file, limit, name):
            yield from _rows(item, f"{name} task {item.number}", desk)


def row_of(task: object, place: str, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read one task that is parsed already, as it comes over the API."""
    desk = _Desk(options, config_for(options), 0)
    try:
        yield from _row(task, place, desk)
    except MalformedError as error:
        yield Issue(place, error.message)


def config_for(options: ReadOptions) -> StudioConfig:
    """Find out which control answers which question."""
    questions = cast("tuple[Question, ...]", tuple(options.questions or ()))
    if not options.label_config:
        return plain_config(questions, options.prediction_columns)
    found = read_config(options.label_config)
    mine = {one.name: one for one in questions}
    known = {
        name: control
        for name, control in found.controls.items()
        if options.questions is None or control.question in mine
    }
    asked = questions if options.questions is not None else found.questions
    return StudioConfig(found.xml, asked, known, found.shown, found.issues)


def _rows(item: Item, place: str, desk: _Desk) -> Iterator[Row | Issue]:
    if item.content is None:
        yield Issue(place, f"is longer than {desk.limit} bytes")
        return
    try:
        yield from _row(parse_json(item.content), place, desk)
    except MalformedError as error:
        yield Issue(place, error.message)


def _row(task: Any, place: str, desk: _Desk) -> Iterator[Row | Issue]:  # noqa: ANN401
    data = _data(task)
    values = _with_shown(data, desk.config)
    media, missing = _media_column(values, desk)
    if missing and not desk.told_of_files:
        desk.told_of_files = True
        yield Issue(place, _NOT_BESIDE, "warning")
    if data is task:
        bare = Foreign(SOURCE, {}) if values != data else None
        yield Row(place, values, media_column=media, foreign=bare, original=data)
        return
    reasons: list[str] = []
    foreign = _foreign(task, reasons)
    yield from (Issue(place, reason, "warning") for reason in reasons)

    def propose(context: AnswerContext) -> Proposed:
        return _proposed(foreign, desk, context)

    kept = foreign if len(task) > 1 or values != data else None
    yield Row(place, values, media_column=media, foreign=kept, original=data, propose=propose)


def _data(task: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON value
    """Find what is shown: below `data`, or the whole object where there is no `data`."""
    if not isinstance(task, dict):
        raise MalformedError(f"must be a JSON object, not {json_type(task)}")
    data = task.get("data", task)
    if not isinstance(data, dict):
        raise MalformedError(f"must have an object in 'data', not {json_type(data)}")
    return data


def _foreign(task: Mapping[str, Any], reasons: list[str]) -> Foreign:
    """Keep all that Label Studio says of a task, its answers one by one."""
    details = {key: value for key, value in task.items() if key not in ("data", *_LISTS)}
    answers: list[ForeignAnswer] = []
    for name, kind in _LISTS.items():
        given = task.get(name)
        if name in task and not isinstance(given, list):
            details[name] = given
            if given is not None:
                reasons.append(f"has {name} that are not a list")
            continue
        rest = []
        for one in given or ():
            if isinstance(one, dict):
                answers.append(ForeignAnswer(cast("Any", kind), one))
            else:
                rest.append(one)
        if name in task:
            details[name] = rest
        # Label Studio's short export lists predictions by number alone.
        if not all(name == "predictions" and isinstance(one, int) for one in rest):
            reasons.append(f"has {name} that are not objects")
    return Foreign(SOURCE, details, tuple(answers))


def _proposed(foreign: Foreign, desk: _Desk, context: AnswerContext) -> Proposed:
    """Make a prediction of each answer that fits our questions, and say why others do not."""
    predictions: list[NewPrediction] = []
    reasons: list[str] = []
    gold: dict[str, Any] | None = None
    # What people answered comes last: the newest prediction is the one that is shown.
    order = sorted(enumerate(foreign.answers), key=lambda one: one[1].kind == "annotation")
    for place, answer in order:
        given = answer.original
        if answer.kind == "draft" or given.get("was_cancelled"):
            continue
        value, why_not = read_results(desk.config, given.get("result", []), context)
        reasons += why_not
        if not value:
            continue
        if answer.kind == "annotation" and given.get("ground_truth") is True:
            gold = value
        predictions.append(NewPrediction(value, _model(answer, desk), _score(given), place))
    told = tuple(dict.fromkeys(reasons))
    if gold is not None and desk.options.ground_truth_as_gold:
        return Proposed((), told, gold)  # a proposal would show people the known answer
    return Proposed(tuple(predictions), told)


def _model(answer: ForeignAnswer, desk: _Desk) -> str:
    if answer.kind == "annotation":
        return _FROM_PREDICTION if began_as_prediction(answer.original) else BY_PEOPLE
    model = answer.original.get("model_version")
    return str(model)[:100] if model else desk.options.prediction_model


def began_as_prediction(given: Mapping[str, Any]) -> bool:
    """Say whether an annotation began as a model's; nobody says how much of it was changed."""
    return bool(given.get("parent_prediction") or given.get("prediction"))


def _score(given: Mapping[str, Any]) -> float | None:
    score = given.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or score != score:
        return None
    return float(score)


def _with_shown(data: dict[str, Any], config: StudioConfig) -> dict[str, Any]:
    """Put what people read where our pages look for it: `text`, and `replies` to compare."""
    values = dict(data)
    if ADDED_TEXT not in values and (text := _text_of(data, config)) is not None:
        values[ADDED_TEXT] = text
    if ADDED_REPLIES not in values and (replies := _replies_of(data, config)) is not None:
        values[ADDED_REPLIES] = replies
    return values


def _text_of(data: Mapping[str, Any], config: StudioConfig) -> str | None:
    marked = [
        control.shown.field
        for control in config.controls.values()
        if control.tag == "Labels" and control.shown.tag == "Text"
    ]
    compared = _compared(config)
    fields = marked[:1] or [
        one.field for one in config.shown if one.tag == "Text" and one.name not in compared
    ]
    texts = [data[name] for name in fields if isinstance(data.get(name), str)]
    return "\n\n".join(texts) if texts else None


def _compared(config: StudioConfig) -> list[str]:
    pairs = [one.to_name for one in config.controls.values() if one.tag == "Pairwise"]
    return pairs[0].split(",") if pairs else []


def _replies_of(data: Mapping[str, Any], config: StudioConfig) -> list[Any] | None:
    """Write two things to compare, or a list to rank, as replies."""
    if names := _compared(config):
        fields = {one.name: one.field for one in config.shown}
        texts = [data.get(fields.get(name, "")) for name in names]
        return texts if all(isinstance(one, str) and one for one in texts) else None
    for one in config.shown:
        listed = data.get(one.field) if one.tag == "List" else None
        if isinstance(listed, list) and len(listed) <= MAX_REPLIES:
            made = [_reply(item) for item in listed if isinstance(item, Mapping)]
            return made if len(made) == len(listed) else None
    return None


def _reply(item: Mapping[str, Any]) -> dict[str, str]:
    words = [str(item[key]) for key in ("title", "body") if item.get(key)]
    return {"id": str(item.get("id", "")), "text": "\n\n".join(words) or str(item.get("html", ""))}


def _media_column(values: dict[str, Any], desk: _Desk) -> tuple[str | None, bool]:
    """Find the task's own picture or sound; also say whether one is named that is not there."""
    if desk.options.image_column or desk.options.audio_column:
        return None, False
    for one in desk.config.shown:
        address = values.get(one.field)
        if one.tag not in _MEDIA or not isinstance(address, str) or not address:
            continue
        if address.startswith("data:"):
            return one.field, False
        for path in _places(address):
            if desk.options.media_root is None:
                break
            with suppress(MalformedError), opened_inside(desk.options.media_root, path):
                values[one.field] = path
                return one.field, False
        return None, True
    return None, False


def _places(address: str) -> list[str]:
    """Say where a file may lie beside the export: by its whole path, and by its name alone."""
    parts = urlsplit(address)
    named = parse_qs(parts.query).get("d", [unquote(parts.path)])[0].lstrip("/")
    short = named.removeprefix("data/upload/").removeprefix("data/")
    return list(dict.fromkeys([short, named, short.rpartition("/")[2]]))
