"""Exports say what a release says, in the form that others read, and tell what they left out."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.errors import InvalidError
from fairhand.formats.drawings.files import files_of
from fairhand.formats.drawings.marks import Drawing
from fairhand.formats.drawings.yolo import Yolo
from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import FORMATS, format_of
from fairhand.formats.options import ReadOptions
from fairhand.labels import rle

LABELS = {"things": ["cat", "dog"], "pose": ["nose", "tail"], "kind": ["cat", "dog"]}


def row(
    task: int, kind: str, value: object, question: str = "things", **more: object
) -> dict[str, Any]:
    picture = {"file_name": f"in/{task:03d}.png"}
    return {
        "task_id": task,
        "question": question,
        "kind": kind,
        "value": value,
        "confidence": 0.75,
        "data": picture,
        "media_sha256": "ab" * 32,
        "media_type": "image/png",
        "split": None,
        **more,
    }


def export(name: str, rows: list[dict[str, Any]], folder: Path) -> Report:
    options = Options(labels=LABELS, originals=folder if format_of(name).needs_originals else None)
    return format_of(name).load()(items_of(rows), folder, options)


boxes = st.lists(
    st.tuples(
        st.sampled_from(["cat", "dog"]),
        st.integers(0, 6_000),
        st.integers(0, 4_000),
        st.integers(1, 400),
        st.integers(1, 800),
    ),
    max_size=5,
)


def boxes_row(task: int, drawn: list[tuple[str, int, int, int, int]]) -> dict[str, Any]:
    things = [
        {"label": one, "box": [x / 100, y / 100, (x + w) / 100, (y + h) / 100]}
        for one, x, y, w, h in drawn
    ]
    return row(task, "boxes", {"size": [48, 64], "boxes": things})


@settings(max_examples=20)
@given(drawn=st.lists(boxes, min_size=1, max_size=3))
def test_boxes_come_back_from_coco_yolo_and_cvat(
    drawn: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [boxes_row(task, some) for task, some in enumerate(drawn, start=1)]
    wanted = [[(b["label"], b["box"]) for b in one["value"]["boxes"]] for one in rows]
    for name, read in (("coco", coco_boxes), ("yolo", yolo_boxes), ("cvat", cvat_boxes)):
        folder = tmp_path_factory.mktemp(name)
        export(name, rows, folder)
        found = read(folder)
        assert [[label for label, _ in one] for one in found] == [
            [label for label, _ in one] for one in wanted
        ]
        for one, other in zip(found, wanted, strict=True):
            for (_, box), (_, same) in zip(one, other, strict=True):
                assert box == pytest.approx(same, abs=1e-5)


def coco_boxes(folder: Path) -> list[list[tuple[str, list[float]]]]:
    whole = json.loads((folder / "annotations.json").read_bytes())
    names = {one["id"]: one["name"] for one in whole["categories"]}
    assert [one["id"] for one in whole["annotations"]] == list(
        range(1, len(whole["annotations"]) + 1)
    )
    return [
        [
            (names[one["category_id"]], corners(*one["bbox"]))
            for one in whole["annotations"]
            if one["image_id"] == image["id"]
        ]
        for image in whole["images"]
    ]


def xml(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_bytes())  # noqa: S314  # we wrote it ourselves


def corners(x: float, y: float, width: float, height: float) -> list[float]:
    return [x, y, x + width, y + height]


def yolo_boxes(folder: Path) -> list[list[tuple[str, list[float]]]]:
    names = re.findall(r'^  \d+: "(.*)"$', (folder / "data.yaml").read_text(), re.M)
    assert names == ["cat", "dog"]
    found = []
    for path in sorted((folder / "labels/train/in").iterdir()):
        lines = [line.split() for line in path.read_text().splitlines()]
        found.append([(names[int(key)], middle(*map(float, four))) for key, *four in lines])
    return found


def middle(x: float, y: float, width: float, height: float) -> list[float]:
    left, top = (x - width / 2) * 64, (y - height / 2) * 48
    return [left, top, left + width * 64, top + height * 48]


def cvat_boxes(folder: Path) -> list[list[tuple[str, list[float]]]]:
    root = xml(folder / "annotations.xml")
    return [
        [
            (str(box.get("label")), [float(box.get(edge, "")) for edge in EDGES])
            for box in image.iter("box")
        ]
        for image in root.iter("image")
    ]


EDGES = ("xtl", "ytl", "xbr", "ybr")


@settings(max_examples=20)
@given(seed=st.integers(0, 2**30))
def test_masks_come_back_from_coco_and_cvat(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mask = np.random.default_rng(seed).random((7, 5)) < 0.4
    mask[0, 0] |= not mask.any()
    value = {"size": [7, 5], "regions": [{"label": "dog", "counts": rle.encode(mask)}]}
    folder = tmp_path_factory.mktemp("masks")
    export("coco", [row(1, "mask", value)], folder)
    export("cvat", [row(1, "mask", value)], folder)
    one = json.loads((folder / "annotations.json").read_bytes())["annotations"][0]
    assert np.array_equal(rle.decode(one["segmentation"]["counts"], 7, 5), mask)
    assert one["area"] == mask.sum()
    assert one["category_id"] == 2
    drawn = xml(folder / "annotations.xml").find("image/mask")
    assert drawn is not None
    left, top, width, height = (int(drawn.get(key, "")) for key in BOX)
    runs = [int(part) for part in drawn.get("rle", "").split(", ")]
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    painted = np.zeros((7, 5), bool)
    painted[top : top + height, left : left + width] = inside
    assert np.array_equal(painted, mask)


BOX = ("left", "top", "width", "height")


def test_polygons_and_key_points_keep_their_order_and_what_is_hidden(tmp_path: Path) -> None:
    outline = {"size": [10, 20], "polygons": [{"label": "dog", "points": [[0, 0], [4, 0], [4, 3]]}]}
    points = [
        {"label": "tail", "state": "hidden", "at": [2.5, 3]},
        {"label": "nose", "state": "absent"},
    ]
    rows = [
        row(1, "polygons", outline),
        row(1, "keypoints", {"size": [10, 20], "points": points}, "pose"),
    ]
    export("coco", rows, tmp_path)
    whole = json.loads((tmp_path / "annotations.json").read_bytes())
    shape, pose = whole["annotations"]
    assert shape["segmentation"] == [[0, 0, 4, 0, 4, 3]]
    assert shape["area"] == 6
    assert shape["bbox"] == [0, 0, 4, 3]
    assert pose["keypoints"] == [0, 0, 0, 2.5, 3, 1]
    assert pose["num_keypoints"] == 1
    names = {one["name"]: one.get("keypoints") for one in whole["categories"]}
    assert names == {"cat": None, "dog": None, "pose": ["nose", "tail"]}


def test_voc_keeps_whole_pixels_from_one_and_tells_what_it_rounded(tmp_path: Path) -> None:
    drawn = {"size": [48, 64], "boxes": [{"label": "cat", "box": [0, 0, 10.4, 48]}]}
    report = export("voc", [row(1, "boxes", drawn), row(2, "choice", "cat")], tmp_path)
    root = xml(tmp_path / "Annotations/in/001.xml")
    assert [root.findtext(f"object/bndbox/{edge}") for edge in VOC] == ["1", "1", "10", "48"]
    assert root.findtext("size/width") == "64"
    assert [one.message for one in report.issues()] == [
        "1 left out: an answer that is no boxes",
        "1 left out: parts of pixels: VOC keeps whole ones",
    ]


VOC = ("xmin", "ymin", "xmax", "ymax")


@pytest.mark.parametrize("name", ["yolo", "voc"])
def test_two_pictures_of_one_name_keep_a_file_each(name: str, tmp_path: Path) -> None:
    rows = [boxes_row(task, [("cat", 0, 0, 9, 9)]) for task in (1, 2)]
    twice = [{**one, "data": {"file_name": "same.png"}} for one in rows]
    assert export(name, twice, tmp_path).written == 2
    found = {path.stem for path in tmp_path.rglob("same*")}
    assert found == {"same", "same-2"}


def test_yolo_refuses_boxes_beside_outlines(tmp_path: Path) -> None:
    outline = {"size": [9, 9], "polygons": [{"label": "cat", "points": [[0, 0], [4, 0], [4, 3]]}]}
    rows = [boxes_row(1, [("cat", 0, 0, 9, 9)]), row(2, "polygons", outline)]
    with pytest.raises(InvalidError, match="name the question"):
        export("yolo", rows, tmp_path)


def replies() -> dict[str, Any]:
    return {
        "conversation": [{"role": "prompter", "text": "Habari?"}],
        "replies": [{"id": "a", "text": "Nzuri."}, {"id": "b", "text": "Fine."}],
    }


def test_preferences_read_as_trl_reads_them_and_ties_are_counted(tmp_path: Path) -> None:
    better = {"verdict": "better", "better": "b", "strength": 2}
    rows = [
        row(1, "pairwise", better, data=replies()),
        row(2, "pairwise", {"verdict": "tie"}, data=replies()),
    ]
    report = export("trl-preference", rows, tmp_path)
    loaded = load_dataset(
        "json", data_files=str(tmp_path / "train.jsonl"), cache_dir=str(tmp_path / "cache")
    )["train"]
    assert loaded[0] == {
        "prompt": [{"role": "user", "content": "Habari?"}],
        "chosen": [{"role": "assistant", "content": "Fine."}],
        "rejected": [{"role": "assistant", "content": "Nzuri."}],
        "margin": 2.0,
    }
    assert len(loaded) == report.written == 1
    assert list(report.left_out.values()) == [1]
    folder = tmp_path / "kto"
    folder.mkdir()
    export("trl-kto", rows, folder)
    lines = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
    assert [(one["completion"][0]["content"], one["label"]) for one in lines] == [
        ("Fine.", True),
        ("Nzuri.", False),
    ]


def test_what_people_wrote_becomes_demonstrations_a_file_a_split(tmp_path: Path) -> None:
    asked = {"conversation": [{"role": "prompter", "text": "Habari?"}]}
    rows = [
        row(1, "text", "Nzuri sana.", data=asked, split="train"),
        row(2, "text", "Salama.", data={"prompt": "Hujambo?"}, split="test"),
        row(3, "text", "Nothing before it.", data={}),
    ]
    report = export("sft", rows, tmp_path)
    one = json.loads((tmp_path / "test.jsonl").read_bytes())
    assert one["messages"] == [
        {"role": "user", "content": "Hujambo?"},
        {"role": "assistant", "content": "Salama."},
    ]
    assert report.written == 2
    assert report.left_out.total() == 1


def test_grades_become_qrels_and_a_beir_set(tmp_path: Path) -> None:
    shown = {
        "query_id": "q1",
        "query": "pumps",
        "documents": [{"id": "d1", "title": "On pumps", "text": "They pump."}, {"id": "d 2"}],
    }
    rows = [row(1, "relevance", {"grades": {"d1": 2, "d 2": 0}}, data=shown)]
    report = export("trec", rows, tmp_path)
    assert (tmp_path / "qrels.txt").read_text() == "q1 0 d1 2\n"
    assert report.left_out.total() == 1
    export("beir", rows, tmp_path)
    assert (tmp_path / "qrels/test.tsv").read_text().splitlines() == [
        "query-id\tcorpus-id\tscore",
        "q1\td1\t2",
        "q1\td 2\t0",
    ]
    assert json.loads((tmp_path / "corpus.jsonl").read_text().splitlines()[0])["_id"] == "d1"


def sound(task: int, value: object, kind: str = "transcript") -> dict[str, Any]:
    more = {"file_name": f"{task}.wav", "media_details": {"duration_ms": 3_000}}
    return row(task, kind, value, data=more)


def test_lines_with_times_become_cues_intervals_and_a_manifest(tmp_path: Path) -> None:
    lines = [
        {"start": 500, "end": 1_200, "text": 'Say "a" & <b>'},
        {"start": 1_200, "end": 2_000, "text": "Yes"},
    ]
    rows = [sound(1, {"segments": lines, "text": "Say Yes"}), sound(2, {"text": "No times"})]
    report = export("webvtt", rows, tmp_path)
    assert (tmp_path / "1.vtt").read_text() == (
        'WEBVTT\n\n00:00:00.500 --> 00:00:01.200\nSay "a" &amp; &lt;b&gt;\n\n'
        "00:00:01.200 --> 00:00:02.000\nYes\n"
    )
    assert report.written == 1
    assert report.left_out.total() == 1
    export("textgrid", rows, tmp_path)
    grid = (tmp_path / "1.TextGrid").read_text()
    marks = re.findall(r"xmin = (\S+)\n\s+xmax = (\S+)\n\s+text = (.*)", grid)
    assert marks == [
        ("0", "0.500", '""'),
        ("0.500", "1.200", '"Say ""a"" & <b>"'),
        ("1.200", "2", '"Yes"'),
        ("2", "3", '""'),
    ]
    export("nemo", rows, tmp_path)
    first = json.loads((tmp_path / "manifest.json").read_text().splitlines()[0])
    assert first == {"audio_filepath": "1.wav", "text": "Say Yes", "duration": 3.0}


def test_tables_hold_everything_and_no_formula(tmp_path: Path) -> None:
    rows = [
        row(1, "choice", "=cmd()", "kind"),
        row(1, "text", "naïve 😀", "pose"),
        row(2, "choice", ["cat", "dog"], "kind", split="test"),
    ]
    assert export("csv", rows, tmp_path).written == 2
    assert (tmp_path / "labels.csv").read_text().splitlines()[1].split(",")[4] == "naïve 😀"
    assert ",'=cmd()," in (tmp_path / "labels.csv").read_text()
    export("parquet", rows, tmp_path)
    table = pq.read_table(tmp_path / "labels.parquet").to_pylist()
    assert [one["kind"] for one in table] == ["=cmd()", '["cat","dog"]']
    assert [one["split"] for one in table] == [None, "test"]
    export("jsonl", rows, tmp_path)
    first = json.loads((tmp_path / "labels.jsonl").read_text().splitlines()[0])
    assert first["answers"] == {"kind": "=cmd()", "pose": "naïve 😀"}


@pytest.mark.parametrize("name", ["../up.png", "/root.png", "a//b.png", "", 7, "a\\..\\b.png"])
def test_a_name_that_would_leave_the_folder_gives_way_to_the_hash(name: object) -> None:
    item = next(items_of([row(1, "choice", "cat", data={"file_name": name})]))
    assert item.file_name() == "ab" * 32 + ".png"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_release_of_a_kind_that_does_not_fit_writes_nothing_and_says_so(
    name: str, tmp_path: Path
) -> None:
    strange = {"recording": "0" * 8}
    report = export(name, [row(1, "recording", strange)], tmp_path)
    if name in ("jsonl", "csv", "parquet", "hf", "webdataset"):
        assert report.written == 1
    else:
        assert report.written == 0
        assert report.left_out.total() >= 1


NAMES = [
    "a/b.jpg",
    "a_b.jpg",
    "a/b.png",  # one stem with the first
    "a/b-3.png",  # what the third would be called
    "A/B.jpg",  # one name on some disks
    "caf\u00e9.jpg",
    "cafe\u0301.jpg",  # the same letters in another form
    "x.txt/y.jpg",
    "x.xml/y.jpg",
    "x.jpg",  # a file where the ones before have a folder
    "\u00fc" * 200 + ".jpg",  # 400 bytes
    "\u00fc" * 200 + "b.jpg",
    "long/" * 300 + "c.jpg",
    "\u00fc" * 150 + "/d.jpg",
]


@pytest.mark.parametrize("name", ["yolo", "voc"])
def test_files_of_any_names_stay_apart_and_say_whose_they_are(tmp_path: Path, name: str) -> None:
    rows = [
        {**boxes_row(task, [("cat", task, 0, 100, 100)]), "data": {"file_name": own}}
        for task, own in enumerate(NAMES, start=1)
    ]
    report = export(name, rows, tmp_path)
    ending = {"yolo": ".txt", "voc": ".xml"}[name]
    files = [
        path.relative_to(tmp_path).as_posix()
        for path in tmp_path.rglob(f"*{ending}")
        if path.is_file()
    ]
    assert len(files) == len(NAMES) == report.written
    assert len({unicodedata.normalize("NFC", one).casefold() for one in files}) == len(NAMES)
    lines = (tmp_path / "renamed.tsv").read_text("utf-8").splitlines()
    renamed = dict(line.split("\t") for line in lines)
    assert set(renamed) <= set(files)
    assert {"a/b.png", "A/B.jpg", "cafe\u0301.jpg", NAMES[10], NAMES[12]} <= set(renamed.values())
    assert {"a/b.jpg", "a_b.jpg", "caf\u00e9.jpg"}.isdisjoint(renamed.values())
    assert any("renamed.tsv says which" in one.message for one in report.issues())


def test_names_that_only_their_form_tells_apart_come_back_from_yolo(tmp_path: Path) -> None:
    names = ["caf\u00e9.png", "cafe\u0301.png", "Pet.png", "pet.png"]
    rows = [
        {**boxes_row(task, [("cat", 100 * task, 0, 100, 100)]), "data": {"file_name": own}}
        for task, own in enumerate(names, start=1)
    ]
    export("yolo", rows, tmp_path)
    (tmp_path / "images" / "train").mkdir(parents=True)
    for one in names:
        (tmp_path / "images" / "train" / one).write_bytes(b"a picture")
    with files_of(tmp_path, ReadOptions()) as (files, _):
        found = {
            one.picture: one.marks[0].shape[0]
            for one in Yolo(files, ["data.yaml"], ReadOptions()).drawings()
            if isinstance(one, Drawing)
        }
    width = rows[0]["value"]["size"][1]
    assert {name: round(left * width) for name, left in found.items()} == {
        f"images/train/{one}": task for task, one in enumerate(names, start=1)
    }


AWKWARD = {"split": ["a"], "data": [], "task_id": [], "text": [], "image": [], "mood": ["a"],
           "mood_confidence": ["a"], "answer_split": []}  # fmt: skip


@pytest.mark.parametrize("name", ["csv", "parquet", "hf"])
def test_a_question_called_as_a_column_keeps_its_answers_and_the_column_its_own(
    tmp_path: Path, name: str
) -> None:
    rows = [
        row(7, "text", f"said of {question}", question, confidence=place / 16, split="test",
            data={"file_name": "7.png", "text": "shown"}, media_sha256=None)
        for place, question in enumerate(AWKWARD)
    ]  # fmt: skip
    written = format_of(name).load()
    report = written(items_of(rows), tmp_path, Options(labels=AWKWARD))
    if name == "csv":
        with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as file:
            head, line = csv.reader(file)
        assert len(head) == len(set(head))
        found: dict[str, Any] = dict(zip(head, line, strict=True))
    else:
        (path,) = tmp_path.rglob("*.parquet")
        (found,) = pq.read_table(path).to_pylist()
    assert str(found["task_id"]) == "7"
    assert found["file_name"] == "7.png"
    said = [str(one) for one in found.values()]
    for place, question in enumerate(AWKWARD):
        assert said.count(f"said of {question}") == 1, question
        assert str(place / 16) in said
    told = "; ".join(one.message for one in report.issues())
    assert "'task_id' are in the column 'answer_task_id'" in told
    assert "'mood_confidence' are in the column 'answer_mood_confidence'" in told
    assert name == "hf" or "'split' are in the column 'answer_answer_split'" in told
    columns = list(found)
    assert len(columns) == len(set(columns))
