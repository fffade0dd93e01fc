"""Two answers that differ are never the same file, unless the export says what it left out.

Every format writes every kind of answer, plain and with all that the kind can say besides. A format
that has no place for a part of it may leave that part out; it may not keep quiet about it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import FORMATS, format_of
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.labels import rle
from fairhand.labels.kind import AnswerContext
from fairhand.labels.registry import ALL_KINDS, normalise_answer, validate_answer, with_defaults
from fairhand.model.label_studio.write_config import write_config
from fairhand.model.label_studio.write_values import write_results
from fairhand.model.project import Question
from tests.rules.formats.reading import Asked, gradient, saved, split

SIZE: Final = [24, 32]
DATA: Final[dict[str, Any]] = {
    "file_name": "in/1.png",
    "text": "Ann lives in Nairobi",
    "query_id": "q1",
    "query": "pumps",
    "conversation": [{"role": "prompter", "text": "Habari?"}],
    "replies": [{"id": name, "text": f"reply {name}"} for name in "abc"],
    "documents": [{"id": name, "text": f"document {name}"} for name in ("d1", "d2")],
    "media_details": {
        "duration_ms": 4_000,
        "geo": {"crs": "EPSG:32737", "transform": [0.5, 0, 500_000, 0, -0.5, 9_800_000]},
    },
}
PAIR: Final[dict[str, Any]] = {**DATA, "replies": DATA["replies"][:2]}
MASK: Final = [np.arange(24 * 32).reshape(24, 32) % step == 0 for step in (2, 3)]
LABELS: Final[dict[str, Any]] = {"labels": [{"value": one} for one in ("cat", "dog", "cow")]}
FULL: Final = {"reason": "optional"}
ORDER: Final = {"order": ["b", "a", "c"]}
LINE: Final = {"start": 200, "end": 900, "text": "Sema"}
RECORDED: Final = "0" * 8 + "-0000-0000-0000-" + "0" * 12


def placed(**drawn: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"size": SIZE, **drawn}


def point(label: str, *at: float, state: str = "visible") -> dict[str, Any]:
    return {"label": label, "state": state, **({"at": list(at)} if at else {})}


def box(label: str, *sides: float) -> dict[str, Any]:
    return {"label": label, "box": list(sides)}


def outline(label: str, x: float) -> dict[str, Any]:
    return {"label": label, "points": [[x, 1], [x + 5, 1], [x + 5, 9]]}


def pose(**third: Any) -> dict[str, Any]:  # noqa: ANN401
    return placed(points=[point("cat", 1, 2), point("dog", 3, 4), {"label": "cow", **third}])


KINDS: Final[dict[str, list[tuple[dict[str, Any], list[Any]]]]] = {
    "choice": [
        (LABELS, ["cat", "dog"]),
        ({**LABELS, "multiple": True}, [["cat"], ["cat", "dog"]]),
    ],
    "rating": [
        (
            {"criteria": [{"name": "kind"}], **FULL},
            [{"ratings": {"kind": 2}}, {"ratings": {"kind": 3}},
             {"ratings": {"kind": 2}, "reason": "why"}],
        ),
        (
            {"criteria": [{"name": "kind"}, {"name": "true"}]},
            [{"ratings": {"kind": 2, "true": 3}}, {"ratings": {"kind": 3, "true": 2}}],
        ),
        (
            {"criteria": [{"name": "kind"}], "each": "reply"},
            [{"replies": {"a": {"kind": 1}, "b": {"kind": n}, "c": {"kind": 3}}} for n in (1, 2)],
        ),
    ],
    "ranking": [
        (
            FULL,
            [{"ranks": [["a"], ["b"], ["c"]]}, {"ranks": [["b"], ["a"], ["c"]]},
             {"ranks": [["a", "b"], ["c"]]}, {"ranks": [["b"], ["a", "c"]]},
             {"ranks": [["a", "b", "c"]]}, {"ranks": [["a"], ["b"], ["c"]], "reason": "why"}],
        ),
        ({"mode": "best_worst"}, [{"best": "a", "worst": "b"}, {"best": "a", "worst": "c"}]),
    ],
    "pairwise": [
        (
            {**FULL, "edit": "optional"},
            [{"verdict": "better", "better": "a", "strength": 2},
             {"verdict": "better", "better": "b", "strength": 2},
             {"verdict": "better", "better": "a", "strength": 1},
             {"verdict": "better", "better": "a", "strength": 2, "reason": "why"},
             {"verdict": "better", "better": "a", "strength": 2, "edited": "reply a, mended"},
             {"verdict": "tie"}, {"verdict": "both_bad"}],
        ),
    ],
    "relevance": [
        (
            {"passages": "optional", **FULL},
            [{"grades": {"d1": 2, "d2": 0}}, {"grades": {"d1": 1, "d2": 0}},
             {"grades": {"d1": 2, "d2": 0}, "passages": {"d1": [[0, 4]]}},
             {"grades": {"d1": 2, "d2": 0}, "reason": "why"}],
        ),
    ],
    "text": [({}, ["One.", "Two.", "One.\n\nTwo."])],
    "spans": [
        (
            {**LABELS, "relations": [{"value": "near"}]},
            [{"spans": [{"start": 0, "end": 3, "label": "cat"}]},
             {"spans": [{"start": 0, "end": 3, "label": "dog"}]},
             {"spans": [{"start": 0, "end": 3, "label": "cat"},
                        {"start": 13, "end": 20, "label": "dog"}]},
             {"spans": [{"start": 0, "end": 3, "label": "cat"},
                        {"start": 13, "end": 20, "label": "dog"}],
              "relations": [{"from": 0, "to": 1, "label": "near"}]},
             {"spans": [], "nothing": True}],
        ),
    ],
    "boxes": [
        (
            LABELS,
            [placed(boxes=[box("cat", 1, 2, 9, 12)]), placed(boxes=[box("dog", 1, 2, 9, 12)]),
             placed(boxes=[box("cat", 1, 2, 9, 12.25)]), placed(boxes=[], nothing=True),
             placed(boxes=[box("cat", 1, 2, 9, 12), box("cat", 3, 3, 5, 5)])],
        ),
    ],
    "polygons": [
        (
            LABELS,
            [placed(polygons=[outline("cat", 1)]), placed(polygons=[outline("dog", 1)]),
             placed(polygons=[outline("cat", 1.25)]), placed(polygons=[], nothing=True)],
        ),
    ],
    "mask": [
        (
            {**LABELS, "instances": True},
            [placed(regions=[{"label": "cat", "counts": rle.encode(MASK[0])}]),
             placed(regions=[{"label": "dog", "counts": rle.encode(MASK[0])}]),
             placed(regions=[{"label": "cat", "counts": rle.encode(MASK[1])}]),
             placed(regions=[], nothing=True)],
        ),
    ],
    "keypoints": [
        (LABELS, [pose(state="visible", at=[5, 6]), pose(state="hidden", at=[5, 6]),
                  pose(state="absent"), pose(state="visible", at=[5, 6.25]),
                  placed(points=[point(one, state="absent") for one in ("cat", "dog", "cow")])]),
    ],
    "segments": [
        (
            LABELS,
            [{"segments": [{"start": 200, "end": 900, "label": "cat"}]},
             {"segments": [{"start": 200, "end": 900, "label": "dog"}]},
             {"segments": [{"start": 200, "end": 901, "label": "cat"}]},
             {"segments": [], "nothing": True}],
        ),
    ],
    "transcript": [
        (
            {"timed": True},
            [{"segments": [LINE]}, {"segments": [{**LINE, "text": "Ndiyo"}]},
             {"segments": [{**LINE, "end": 901}]}, {"text": "", "nothing": True}],
        ),
        ({}, [{"text": "Sema"}, {"text": "Ndiyo"}, {"text": "", "nothing": True}]),
    ],
    "recording": [
        ({}, [{"recording": RECORDED, "rate": 16_000, "samples": n} for n in (48_000, 48_001)]),
    ],
    "photo": [({}, [{"upload": RECORDED}, {"upload": RECORDED[:-1] + "1"}])],
}  # fmt: skip


def test_every_kind_is_here() -> None:
    assert set(KINDS) == set(ALL_KINDS)


def data_of(kind: str) -> dict[str, Any]:
    return PAIR if kind == "pairwise" else DATA


def answers(kind: str) -> list[tuple[dict[str, Any], list[Any]]]:
    """Give the answers of a kind by config, as they are stored."""
    context = AnswerContext(32, 24, data_of(kind), 4_000)
    found = []
    for config, values in KINDS[kind]:
        whole = dict(with_defaults(kind, config))
        for value in values:
            assert [one.message for one in validate_answer(kind, whole, value, context)] == []
        found.append((whole, [normalise_answer(kind, whole, one) for one in values]))
    return found


def rows(kind: str, value: object, **more: object) -> list[dict[str, Any]]:
    about = {"media_sha256": "ab" * 32, "media_type": "image/png", "split": None}
    return [
        {"task_id": 1, "question": "q", "kind": kind, "value": value, "confidence": 0.75,
         "data": data_of(kind), **about, **more}
    ]  # fmt: skip


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def exported(
    name: str,
    given: list[dict[str, Any]],
    folder: Path,
    labels: list[str],
    release: Path | None = None,
) -> tuple[dict[str, bytes], Report]:
    folder.mkdir()
    originals = folder if format_of(name).needs_originals else None
    options = Options(labels={"q": labels}, originals=originals, release=release)
    report = format_of(name).load()(items_of(given), folder, options)
    return content(folder), report


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_a_file_does_not_say_the_export_says(name: str, kind: str, tmp_path: Path) -> None:
    for at, (config, values) in enumerate(answers(kind)):
        labels = [one["value"] for one in config.get("labels", ())]
        made = [
            exported(name, rows(kind, value), tmp_path / f"{at}-{number}", labels)
            for number, value in enumerate(values)
        ]
        for (first, (files, _)), (second, (other, report)) in combinations(enumerate(made), 2):
            # The first is the plainer one: what it says may be all that the format holds.
            untold = f"{values[second]} is written as {values[first]}, and nothing is said"
            assert files != other or report.left_out, untold


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_label_studio_cannot_hold_is_said(kind: str) -> None:
    for config, values in answers(kind):
        question = Question("q", kind, "Q?", config)
        written = [
            write_results(write_config([question]), {"q": value}, data_of(kind)) for value in values
        ]
        for (first, (one, _)), (second, (two, left)) in combinations(enumerate(written), 2):
            untold = f"{values[second]} is written as {values[first]}, and nothing is said"
            assert one != two or left, untold


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"dicom-seg"}))  # which asks for originals
def test_every_format_is_tried_with_an_answer_that_it_holds(name: str, tmp_path: Path) -> None:
    written = 0
    for kind in KINDS:
        for at, (config, values) in enumerate(answers(kind)):
            labels = [one["value"] for one in config.get("labels", ())]
            folder = tmp_path / f"{kind}-{at}"
            written += exported(name, rows(kind, values[0]), folder, labels)[1].written
    assert written


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_split_is_in_the_files_or_said(name: str, tmp_path: Path) -> None:
    for kind, given in KINDS.items():
        config, values = given[0][0], answers(kind)[0][1]
        labels = [one["value"] for one in config.get("labels", ())]
        made = [
            exported(name, rows(kind, values[0], split=split), tmp_path / f"{kind}-{split}", labels)
            for split in ("train", "test")
        ]
        if made[0][0] == made[1][0]:
            assert made[1][1].left_out, kind


TABLES: Final = ("csv", "jsonl", "parquet")
DRAWN: Final = ("boxes", "polygons", "mask", "keypoints")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"recording", "photo"}))  # proposed by nobody
@pytest.mark.parametrize("name", [*TABLES, "hf", "webdataset"])
def test_a_table_brings_every_answer_back_as_it_was(name: str, kind: str, tmp_path: Path) -> None:
    picture = tmp_path / "in/1.png"
    picture.parent.mkdir()
    picture.write_bytes(saved(gradient(24, 32)))
    release = tmp_path / "release"
    (release / "media/ab").mkdir(parents=True)
    (release / f"media/ab/{'ab' * 32}.png").write_bytes(picture.read_bytes())
    options = ReadOptions()
    if kind in DRAWN and name in TABLES:
        options = ReadOptions("fairhand", image_column="file_name", media_root=tmp_path)
    for at, (config, values) in enumerate(answers(kind)):
        labels = [one["value"] for one in config.get("labels", ())]
        for number, value in enumerate(values):
            folder = tmp_path / f"{at}-{number}"
            none = {} if kind in DRAWN else {"media_sha256": None, "media_type": None}
            report = exported(name, rows(kind, value, **none), folder, labels, release)[1]
            assert not report.left_out
            path = folder / f"labels.{name}" if name in TABLES else folder
            asked = replace(options, questions=[Asked("q", kind, config)])
            (task,), issues = split(read_tasks(path, asked))
            assert [one.message for one in issues] == []
            assert task.predictions[0].value == {"q": value}
            assert task.data == data_of(kind)
