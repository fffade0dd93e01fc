"""What people answer here goes out as Label Studio's file and comes in again, or is told.

The file is written by the export of a project of our own, with the configuration that it hands out,
and read as any export of Label Studio is: annotations and predictions alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import Instant
from fairhand.formats.label_studio.export import Ids, task_json
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.labels.registry import with_defaults
from fairhand.model.foreign import GivenAnswer, MadePrediction, WholeTask
from fairhand.model.label_studio.config import read_config
from fairhand.model.label_studio.write_config import write_config
from fairhand.model.project import Question
from tests.rules.formats.drawn import HEIGHT, POINTS, WIDTH, boxes, masks, polygons, poses
from tests.rules.formats.drawn import LABELS as DRAWN_LABELS
from tests.rules.formats.reading import gradient, saved, split
from tests.rules.formats.test_sounds import tone

TEXT: Final = "👩 Ann lives in Nairobi —\r\nna anapenda; e\u0301 中."
SDK: Final = Path(sys.prefix) / "label-studio/bin/python"
WORDS: Final = ("cat", "dög 犬", 'a "b" & <c>')
AT: Final = Instant(1_700_000_000_000)


def labels(*values: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"labels": [{"value": one} for one in values], **more}


def question(name: str, kind: str, **config: Any) -> Question:  # noqa: ANN401
    return Question(name, kind, f"{name}?", dict(with_defaults(kind, config)), required=False)


TREE: Final = [
    {"value": "food"},
    {"value": "taste", "parent": "food"},
    {"value": "price", "parent": "food"},
    {"value": "room"},
]
LINKS: Final = [{"value": "near", "directed": False}, {"value": "of"}]
READ: Final = (
    question("mood", "choice", **labels(*WORDS)),
    question("kinds", "choice", **labels(*WORDS, multiple=True)),
    question("topic", "choice", labels=TREE, multiple=True, any_level=True),
    question("stars", "rating", criteria=[{"name": "rating"}], steps=7),
    question("why", "text"),
    question("who", "spans", **labels("Person", "Place", relations=LINKS)),
    question("what", "spans", **labels("Thing", relations=LINKS)),
)
SEEN: Final = (
    question("boxes", "boxes", **labels(*DRAWN_LABELS)),
    question("more", "boxes", **labels(*DRAWN_LABELS)),
    question("outlines", "polygons", **labels(*DRAWN_LABELS)),
    question("paint", "mask", **labels(*DRAWN_LABELS), instances=True),
    question("pose", "keypoints", **labels(*POINTS)),
    question("light", "choice", **labels("day", "night")),
)
HEARD: Final = (
    question("parts", "segments", **labels("low", "high")),
    question("said", "transcript", timed=True),
)
COMPARED: Final = (
    question("better", "pairwise", strength=1, tie=True, edit="none"),
    question("stars", "rating", criteria=[{"name": "rating"}], steps=3),
)
RANKED: Final = (question("order", "ranking", ties=True), question("why", "text"))
REPLIES: Final = [{"id": "a", "text": "One."}, {"id": "b", "text": "Two."}]

written_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40)
places = st.lists(st.integers(0, len(TEXT)), min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def marked(draw: st.DrawFn, *names: str) -> dict[str, Any]:
    spans: dict[tuple[Any, ...], dict[str, Any]] = {}
    for start, end in draw(st.lists(places, max_size=4)):
        label = draw(st.sampled_from(names))
        if TEXT[start:end].strip():
            spans[start, end, label] = {"start": start, "end": end, "label": label}
    if not spans:
        return {"spans": [], "nothing": True}
    pairs = [(one, two) for one in range(len(spans)) for two in range(one + 1, len(spans))]
    links = [
        {"from": one, "to": two, "label": draw(st.sampled_from(["near", "of"]))}
        for one, two in (draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [])
    ]
    return {"spans": list(spans.values()), **({"relations": links} if links else {})}


def drawn(shapes: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def whole(one: dict[str, Any]) -> dict[str, Any]:
        nothing = {} if "points" in one or any(one.values()) else {"nothing": True}
        return {"size": [HEIGHT, WIDTH], **one, **nothing}

    return shapes.map(whole)


@st.composite
def stretches(draw: st.DrawFn, /, **more: st.SearchStrategy[str]) -> dict[str, Any]:
    found, at = [], 0
    for gap, length in draw(
        st.lists(st.tuples(st.integers(0, 300), st.integers(10, 400)), max_size=4)
    ):
        at += gap
        said = {name: draw(one) for name, one in more.items()}
        found.append({"start": at, "end": at + length, **said})
        at += length
    if found:
        return {"segments": found}
    return {"text": "", "nothing": True} if "text" in more else {"segments": [], "nothing": True}


QUESTIONS: Final = {
    "read": READ,
    "seen": SEEN,
    "heard": HEARD,
    "compared": COMPARED,
    "ranked": RANKED,
}
ANSWERS: Final[dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "read": {
        "mood": st.sampled_from(WORDS),
        "kinds": st.lists(st.sampled_from(WORDS), min_size=1, unique=True),
        "topic": st.lists(st.sampled_from(["food", "price", "room"]), min_size=1, unique=True),
        "stars": st.integers(1, 7).map(lambda number: {"ratings": {"rating": number}}),
        "why": st.one_of(written_text, st.just("One.\n\nTwo: \u2028 =1+1")).filter(str.strip),
        "who": marked("Person", "Place"),
        "what": marked("Thing"),
    },
    "seen": {
        "boxes": drawn(boxes()),
        "more": drawn(boxes()),
        "outlines": drawn(polygons()),
        "paint": drawn(masks()),
        "pose": drawn(poses()),
        "light": st.sampled_from(["day", "night"]),
    },
    "heard": {
        "parts": stretches(label=st.sampled_from(["low", "high"])),
        "said": stretches(text=written_text.filter(str.strip)),
    },
    "compared": {
        "better": st.sampled_from(
            [
                {"verdict": "better", "better": "a"},
                {"verdict": "better", "better": "b"},
                {"verdict": "tie"},
            ]
        ),
        "stars": st.integers(1, 3).map(lambda number: {"ratings": {"rating": number}}),
    },
    "ranked": {
        "order": st.sampled_from([[["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]]).map(
            lambda ranks: {"ranks": ranks}
        ),
        "why": written_text.filter(str.strip),
    },
}
PLACE: Final[dict[str, tuple[str, dict[str, Any], AnswerContext]]] = {
    "read": ("text", {"text": TEXT}, AnswerContext(data={"text": TEXT})),
    "seen": ("image", {"file_name": "1.png"}, AnswerContext(WIDTH, HEIGHT)),
    "heard": ("audio", {"file_name": "1.wav"}, AnswerContext(duration_ms=4_000)),
    "compared": ("text", {"replies": REPLIES}, AnswerContext(data={"replies": REPLIES})),
    "ranked": ("text", {"replies": REPLIES}, AnswerContext(data={"replies": REPLIES})),
}


def held(value: dict[str, Any]) -> dict[str, Any]:
    """Give what Label Studio can hold of an answer; the rest is told."""
    kept = {}
    for name, said in value.items():
        answer = said
        if isinstance(said, dict):
            if said.get("nothing") or said.get("verdict") == "tie":
                continue
            if "points" in said:
                points = [
                    one | ({"state": "visible"} if "at" in one else {}) for one in said["points"]
                ]
                if not any("at" in one for one in points):
                    continue
                answer = {**said, "points": points}
            if "ranks" in said:
                answer = {"ranks": [[one] for group in said["ranks"] for one in group]}
        kept[name] = answer
    return kept


def written(
    sort_of: str, person: dict[str, Any], model: dict[str, Any], folder: Path
) -> tuple[Path, str, Counter[str]]:
    """Write a task of our own with what a person answered and what a model proposed."""
    questions = QUESTIONS[sort_of]
    sort, data, _ = PLACE[sort_of]
    media = {"image": "image/png", "audio": "audio/wav"}.get(sort)
    if sort == "image":
        (folder / "1.png").write_bytes(saved(gradient(HEIGHT, WIDTH)))
    if sort == "audio":
        (folder / "1.wav").write_bytes(tone(4))
    answer = GivenAnswer(3, 3, 1, 7, person, AT, AT, AT, None)
    proposed = MadePrediction(5, 1, model, "tiny-1", 0.5, AT)
    task = WholeTask(1, 2, data, media, AT, None, given=[answer], predictions=[proposed])
    config, left = write_config(questions, media), Counter[str]()
    path = folder / "export.json"
    path.write_text(
        json.dumps([task_json(task, config, Ids(is_theirs=True, left_out=left))]), "utf-8"
    )
    return path, config.xml, left


@pytest.mark.parametrize("name", list(ANSWERS))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_answers_and_proposals_come_back_and_what_does_not_is_told(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    questions, context = QUESTIONS[name], PLACE[name][2]
    values = []
    for _ in range(2):
        drawn_now = data.draw(st.fixed_dictionaries({}, optional=ANSWERS[name]).filter(bool))
        assert validate_value(questions, drawn_now, context) == []
        values.append(normalise_value(questions, drawn_now))
    path, xml, left = written(name, values[0], values[1], tmp_path_factory.mktemp("studio"))
    # Whoever moves in elsewhere with it has the configuration, and nothing else of ours.
    theirs = read_config(xml).questions
    assert [(one.name, one.kind) for one in theirs] == [(one.name, one.kind) for one in questions]
    options = ReadOptions(questions=questions, label_config=xml, media_root=path.parent)
    (task,), issues = split(read_tasks(path, options))
    assert [one.message for one in issues] == []
    found = {one.model: one.value for one in task.predictions}
    person, model = (held(value) for value in values)
    assert found == {
        **({"tiny-1": model} if model else {}),
        **({"label-studio-annotation": person} if person else {}),
    }
    assert bool(left) == (values != [person, model])


_CONVERTER = """
import json, sys
from pathlib import Path
from label_studio_sdk.converter import Converter
folder = Path(sys.argv[1])
made = Converter((folder / "config.xml").read_text("utf-8"), str(folder), download_resources=False)
for name, convert in (("coco", made.convert_to_coco), ("min", made.convert_to_json_min)):
    if name in sys.argv[2:]:
        convert(str(folder / "export.json"), str(folder / name), is_dir=False)
"""


def converted(folder: Path, *forms: str) -> None:
    """Have Label Studio's own converter read an export, in the environment that holds it."""
    asked = [str(SDK), "-c", _CONVERTER, str(folder), *forms]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]


def test_label_studios_own_converter_reads_what_was_drawn(tmp_path: Path) -> None:
    outline = {"label": "dög 犬", "points": [[4, 4], [20, 4], [20, 12]]}
    value = {
        "boxes": {"size": [HEIGHT, WIDTH], "boxes": [{"label": "cat", "box": [1, 2, 9.25, 12]}]},
        "outlines": {"size": [HEIGHT, WIDTH], "polygons": [outline]},
        "light": "day",
    }
    _, xml, left = written("seen", value, {"light": "night"}, tmp_path)
    assert not left
    (tmp_path / "config.xml").write_text(xml, "utf-8")
    converted(tmp_path, "coco", "min")
    coco = json.loads((tmp_path / "coco/result.json").read_bytes())
    names = {one["id"]: one["name"] for one in coco["categories"]}
    drawn_there = {names[one["category_id"]]: one for one in coco["annotations"]}
    assert drawn_there["cat"]["bbox"] == pytest.approx([1, 2, 8.25, 10])
    (points,) = drawn_there["dög 犬"]["segmentation"]
    assert points == pytest.approx([4, 4, 20, 4, 20, 12])
    (line,) = json.loads((tmp_path / "min/result.json").read_bytes())
    assert line["light"] == "day"


def test_label_studios_own_converter_reads_what_was_marked_and_chosen(tmp_path: Path) -> None:
    value = {
        "mood": "cat",
        "kinds": ["cat", 'a "b" & <c>'],
        "topic": ["price", "room"],
        "stars": {"ratings": {"rating": 6}},
        "why": "It rained.",
        "who": {"spans": [{"start": 2, "end": 5, "label": "Person"}]},
    }
    _, xml, left = written("read", value, {"mood": "cat"}, tmp_path)
    assert not left
    (tmp_path / "config.xml").write_text(xml, "utf-8")
    converted(tmp_path, "min")
    (line,) = json.loads((tmp_path / "min/result.json").read_bytes())
    assert (line["mood"], line["stars"], line["why"]) == ("cat", [{"rating": 6}], "It rained.")
    assert line["kinds"] == {"choices": ["cat", 'a "b" & <c>']}
    assert line["topic"] == [{"taxonomy": [["food", "price"], ["room"]]}]
    (span,) = line["who"]
    units = TEXT.encode("utf-16-le")
    assert units[2 * span["start"] : 2 * span["end"]].decode("utf-16-le") == span["text"] == "Ann"
