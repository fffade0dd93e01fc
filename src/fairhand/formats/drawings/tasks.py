"""From pictures with marks to tasks with proposed, or known, answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.asking import proposed
from fairhand.formats.drawings.files import Files, Finder, files_of
from fairhand.formats.drawings.fitting import Fitting, check_map, told
from fairhand.formats.drawings.marks import Drawing, Mark
from fairhand.formats.drawings.on_map import onto_picture
from fairhand.formats.drawings.sources import reader_of
from fairhand.formats.generated import generated_of
from fairhand.formats.options import ReadOptions, source_name
from fairhand.formats.predictions import usable_gold, usable_predictions
from fairhand.formats.tasks import Picture, bounded_json, read_picture
from fairhand.model.geo import geo_of
from fairhand.model.project import Question
from fairhand.model.task import NewGold, NewPrediction, NewTask

_NAMELESS = "imported"
"""The model that stands in the options where nobody named one."""


def questions_of(path: Path, format_: str, options: ReadOptions) -> tuple[Question, ...]:
    """Propose the questions of a project for a source; raises MalformedError when it is none."""
    with files_of(path, options) as (files, only):
        found = proposed(reader_of(format_, files, only, options).survey())
    if not found:
        name = source_name(path, options)
        raise MalformedError(f"{name} names no labels, so there is nothing to ask")
    return found


def read_drawings(path: Path, format_: str, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Yield a task for each picture of a source, one at a time in memory."""
    place = source_name(path, options)
    with files_of(path, options) as (files, only):
        if options.media_root is None and only is not None:
            raise MalformedError(
                f"{place} came without its pictures: pack them and this file into one ZIP"
            )
        reader = reader_of(format_, files, only, options)
        survey = reader.survey()
        questions = options.questions if options.questions is not None else proposed(survey)
        check_map(options.label_map, questions)
        fitting = Fitting(questions, survey.kinds, options.label_map)
        options = replace(options, questions=questions)
        if options.prediction_model == _NAMELESS:
            options = replace(options, prediction_model=f"{format_}-import")
        finder = Finder(files, single=only is not None)
        yield from _tasks(reader.drawings(), files, finder, fitting, options)
        yield from fitting.issues(place)


def _tasks(
    drawings: Iterator[Drawing | Issue],
    files: Files,
    finder: Finder,
    fitting: Fitting,
    options: ReadOptions,
) -> Iterator[NewTask | Issue]:
    for drawing in drawings:
        if isinstance(drawing, Issue):
            yield drawing
            continue
        try:
            yield from _task(drawing, files, finder, fitting, options)
        except MalformedError as error:
            yield Issue(drawing.place, f"{drawing.file_name[:200]} {error.message}")


def _task(
    drawing: Drawing, files: Files, finder: Finder, fitting: Fitting, options: ReadOptions
) -> Iterator[NewTask | Issue]:
    data = {"file_name": drawing.file_name, **drawing.data}
    bounded_json(data, options)
    generated = generated_of(data, options)
    with files.opened(finder.find(drawing.picture or drawing.file_name, drawing.beside)) as file:
        picture = read_picture(file, options)
    reasons: list[str] = list(picture.warnings)
    value = _value(drawing, picture, fitting, reasons)
    predictions, gold = _answers(drawing, value, picture, options, reasons)
    for reason in told(reasons):
        yield Issue(drawing.place, reason, "warning")
    yield NewTask(
        data=data,
        fingerprint=picture.original_sha256,
        place=drawing.place[:300],
        media_bytes=picture.content,
        media=picture.media,
        predictions=predictions,
        gold=gold,
        media_file=picture.file,
        generated=generated,
    )


def _value(
    drawing: Drawing, picture: Picture, fitting: Fitting, reasons: list[str]
) -> dict[str, object]:
    height, width = picture.media.height, picture.media.width
    if height is None or width is None:
        reasons.append("is no picture, so nothing can be drawn on it")
        return {}
    if drawing.size is not None and drawing.size != (height, width):
        drawn = f"{drawing.size[1]} x {drawing.size[0]}"
        reasons.append(
            f"was drawn on as {drawn}, but is {width} x {height} pixels: its marks are left out"
        )
        return {}
    if drawing.crs:
        laid = onto_picture(drawing.marks, drawing.crs, geo_of(picture.media.details))
        drawing = replace(drawing, marks=laid)
    if drawing.parts:
        drawing = replace(
            drawing, marks=tuple(_in_pixels(mark, height, width) for mark in drawing.marks)
        )
    return fitting.value(drawing, (height, width), reasons)


def _in_pixels(mark: Mark, height: int, width: int) -> Mark:
    shape, box = mark.shape, mark.box
    if mark.kind == "boxes":
        left, top, right, bottom = mark.shape
        box = (left * width, top * height, right * width, bottom * height)
        shape = box
    elif mark.kind == "polygons":
        shape = [[x * width, y * height] for x, y in mark.shape]
    elif mark.kind == "keypoints":
        shape = tuple((name, state, x * width, y * height) for name, state, x, y in mark.shape)
    return replace(mark, shape=shape, box=box)


def _answers(
    drawing: Drawing,
    value: dict[str, object],
    picture: Picture,
    options: ReadOptions,
    reasons: list[str],
) -> tuple[tuple[NewPrediction, ...], NewGold | None]:
    """Make the answers predictions, or known answers where whoever imports says so."""
    if not value:
        return (), None
    data = dict(drawing.data)
    if options.known_answers:
        return (), usable_gold(NewGold(value), options, picture, data)
    scores = [mark.score for mark in drawing.marks]
    score = min((one for one in scores if one is not None), default=None)
    made = NewPrediction(value, options.prediction_model, None if None in scores else score)
    good, unusable = usable_predictions([made], options, picture, data)
    reasons += unusable
    return good, None
