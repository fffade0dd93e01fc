"""What is drawn goes out in other tools' formats and comes in again the same."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import supervision
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from fairhand.core.errors import InvalidError, MalformedError
from fairhand.formats.drawings.tasks import questions_of
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import detect, read_tasks
from fairhand.labels import rle
from tests.rules.formats.drawn import (
    BY_NAME,
    HEIGHT,
    LABELS,
    QUESTIONS,
    WIDTH,
    answer,
    boxes,
    masks,
    polygons,
    poses,
    read_back,
    written,
)
from tests.rules.formats.reading import Asked, gradient, saved, split

DRAWN = {"boxes": boxes(), "polygons": polygons(), "mask": masks(), "pose": poses()}
HELD = [
    ("coco", "boxes"),
    ("coco", "polygons"),
    ("coco", "mask"),
    ("coco", "pose"),
    ("cvat", "boxes"),
    ("cvat", "polygons"),
    ("cvat", "mask"),
    ("cvat", "pose"),
    ("yolo", "boxes"),
    ("yolo", "polygons"),
    ("yolo", "pose"),
    ("voc", "boxes"),
]


@pytest.mark.parametrize(("form", "name"), HELD)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_what_a_format_holds_comes_back_the_same(
    form: str, name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    drawn = boxes(100) if form == "voc" else DRAWN[name]
    answers = [
        {name: answer(BY_NAME[name], one)}
        for one in data.draw(st.lists(drawn, min_size=1, max_size=2))
    ]
    folder = tmp_path_factory.mktemp(form)
    report = written(form, answers, folder)
    if (form, name) == ("cvat", "pose"):
        absent = sum("at" not in one for two in answers for one in two["pose"]["points"])
        assert report.left_out.total() == absent
    else:
        assert not report.left_out
    found, issues = read_back(folder, name)
    assert issues == []
    if form == "cvat" and name == "pose":
        answers = [one for one in answers if any("at" in two for two in one["pose"]["points"])]
        found = [one for one in found if one]
    assert found == answers
    shutil.rmtree(folder)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_pycocotools_reads_the_boxes_and_the_very_pixels(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("coco")
    answers = {name: answer(BY_NAME[name], data.draw(DRAWN[name])) for name in ("boxes", "mask")}
    written("coco", [answers], folder)
    with redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / "annotations.json"))
    names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
    found = coco.loadAnns(coco.getAnnIds())
    painted = [one for one in found if isinstance(one["segmentation"], dict)]
    assert [names[one["category_id"]] for one in found if one not in painted] == [
        one["label"] for one in answers["boxes"]["boxes"]
    ]
    for one, region in zip(painted, answers["mask"]["regions"], strict=True):
        assert names[one["category_id"]] == region["label"]
        assert np.array_equal(coco.annToMask(one), rle.decode(region["counts"], HEIGHT, WIDTH))


def test_supervision_reads_our_coco_our_yolo_and_our_voc(tmp_path: Path) -> None:
    drawn = {"boxes": [{"label": LABELS[0], "box": [1, 2, 5, 9]}]}
    for form in ("coco", "yolo", "voc"):
        folder = tmp_path / form
        folder.mkdir()
        written(form, [{"boxes": answer(BY_NAME["boxes"], drawn)}], folder)
    yolo = supervision.DetectionDataset.from_yolo(
        str(tmp_path / "yolo/images/train/in"),
        str(tmp_path / "yolo/labels/train/in"),
        str(tmp_path / "yolo/data.yaml"),
    )
    voc = supervision.DetectionDataset.from_pascal_voc(
        str(tmp_path / "voc/in"), str(tmp_path / "voc/Annotations/in")
    )
    coco = supervision.DetectionDataset.from_coco(
        str(tmp_path / "coco"), str(tmp_path / "coco/annotations.json")
    )
    for read in (yolo, voc, coco):
        ((_, _, found),) = list(read)
        assert found.xyxy.tolist() == [pytest.approx([1, 2, 5, 9], abs=1)]
        assert found.class_id is not None
        assert read.classes[int(found.class_id[0])] == LABELS[0]


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_supervision_reads_the_very_pixels_and_outlines_of_our_coco(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("coco")
    answers = {name: answer(BY_NAME[name], data.draw(DRAWN[name])) for name in ("polygons", "mask")}
    written("coco", [answers], folder)
    read = supervision.DetectionDataset.from_coco(
        str(folder), str(folder / "annotations.json"), force_masks=True
    )
    ((_, _, found),) = list(read)
    shapes = [*answers["polygons"]["polygons"], *answers["mask"]["regions"]]
    assert len(found) == len(shapes)
    if shapes:
        assert found.class_id is not None
        assert found.mask is not None
        names = [read.classes[int(one)] for one in found.class_id]
        assert names == [one["label"] for one in shapes]
        for one, mask in zip(shapes, found.mask, strict=True):
            if "counts" in one:
                assert np.array_equal(mask, rle.decode(one["counts"], HEIGHT, WIDTH))
    shutil.rmtree(folder)


@pytest.mark.parametrize("form", ["coco", "cvat", "voc", "yolo"])
def test_a_zip_reads_as_its_folder_does_and_both_are_known_by_their_content(
    form: str, tmp_path: Path
) -> None:
    folder = tmp_path / "whole"
    folder.mkdir()
    drawn = {"boxes": [{"label": "cat", "box": [0, 0, WIDTH, HEIGHT]}]}
    both: tuple[dict[str, Any], ...] = (drawn, {"boxes": []})
    answers = [{"boxes": answer(BY_NAME["boxes"], one)} for one in both]
    written(form, answers, folder)
    packed = tmp_path / "whole.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    assert detect(folder) == detect(packed) == form
    for source in (folder, packed):
        found, issues = read_back(source, "boxes")
        assert (found, issues) == (answers, [])
    asked = questions_of(packed, form, ReadOptions())
    assert [one.kind for one in asked] == ["boxes"]
    assert "cat" in [one["value"] for one in asked[0].config["labels"]]


def coco_file(folder: Path, *annotations: dict[str, Any], **more: Any) -> Path:  # noqa: ANN401
    """Write a COCO file of one picture and two categories."""
    (folder / "one.png").write_bytes(saved(gradient(HEIGHT, WIDTH)))
    whole = {
        "images": [{"id": 7, "file_name": "one.png", "height": HEIGHT, "width": WIDTH}],
        "annotations": [{"id": at, "image_id": 7, **one} for at, one in enumerate(annotations)],
        "categories": [{"id": 1, "name": "Car"}, {"id": 2, "name": "lorry"}],
        **more,
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(whole))
    return path


CARS = Asked(
    "cars",
    "boxes",
    {"labels": [{"value": "car"}, {"value": "truck", "title": "Truck"}, {"value": "bus"}]},
)


def cars(path: Path, **options: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401
    """Read a file with the question about cars."""
    given = ReadOptions(questions=[CARS], media_root=path.parent, **options)
    return split(read_tasks(path, given))


BOX = {"bbox": [1, 2, 3, 4]}


def test_names_are_found_by_value_title_and_small_letters_or_told(tmp_path: Path) -> None:
    lorries = [{**BOX, "category_id": 2}, {"bbox": [2, 2, 2, 2], "category_id": 2}]
    path = coco_file(tmp_path, {**BOX, "category_id": 1}, *lorries)
    (task,), issues = cars(path)
    assert task.predictions[0].value["cars"]["boxes"] == [{"label": "car", "box": [1, 2, 4, 6]}]
    assert task.predictions[0].model == "coco-import"
    assert [(one.message, one.severity) for one in issues] == [
        (
            "2 left out: 'lorry' is no label here; name one of ours with --map lorry=OURS",
            "warning",
        )
    ]
    (task,), issues = cars(path, label_map={"lorry": "Truck"})
    assert [one["label"] for one in task.predictions[0].value["cars"]["boxes"]] == [
        "car",
        "truck",
        "truck",
    ]
    assert not issues
    with pytest.raises(MalformedError, match="which is no label"):
        cars(path, label_map={"lorry": "plane"})


def test_what_was_drawn_is_gold_where_whoever_imports_says_so(tmp_path: Path) -> None:
    (task,), _ = cars(coco_file(tmp_path, {**BOX, "category_id": 1}), known_answers=True)
    assert task.predictions == ()
    assert task.gold.value["cars"]["boxes"] == [{"label": "car", "box": [1, 2, 4, 6]}]


def test_run_lengths_as_numbers_and_outlines_in_parts_are_read(tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[3:5, 2:9] = True
    plain = {"size": [HEIGHT, WIDTH], "counts": rle.mask_to_runs(mask).tolist()}
    parts = [[0, 0, 4, 0, 4, 4], [9, 9, 12, 9, 12, 12, 9, 9]]
    path = coco_file(
        tmp_path,
        {"category_id": 1, "segmentation": plain, "iscrowd": 1},
        {"category_id": 2, "segmentation": parts, **BOX},
    )
    asked = questions_of(path, "coco", ReadOptions(media_root=tmp_path))
    assert [(one.kind, [x["value"] for x in one.config["labels"]]) for one in asked] == [
        ("polygons", ["lorry"]),
        ("mask", ["Car"]),
    ]
    (task,), issues = split(read_tasks(path, ReadOptions(media_root=tmp_path, questions=asked)))
    value = task.predictions[0].value
    assert value["mask"]["regions"] == [{"label": "Car", "counts": rle.encode(mask)}]
    assert [one["points"] for one in value["polygons"]["polygons"]] == [
        [[0, 0], [4, 0], [4, 4]],
        [[9, 9], [12, 9], [12, 12]],
    ]
    assert not issues


def test_a_missing_or_a_resized_picture_is_told_and_the_others_come(tmp_path: Path) -> None:
    images = [
        {"id": 1, "file_name": "gone.png", "height": 9, "width": 9},
        {"id": 7, "file_name": "one.png", "height": HEIGHT * 2, "width": WIDTH * 2},
    ]
    path = coco_file(tmp_path, {**BOX, "category_id": 1}, images=images)
    (task,), (gone, resized) = cars(path)
    assert task.predictions == ()
    assert gone.message == "gone.png is not there"
    assert "was drawn on as 64 x 48, but is 32 x 24" in resized.message


def test_a_bad_mark_is_left_out_alone_and_what_reaches_beyond_is_cut(tmp_path: Path) -> None:
    (task,), issues = cars(
        coco_file(
            tmp_path,
            {"bbox": [-5, 0, 9, 9], "category_id": 1},
            {"bbox": [3, 3, 0, 4], "category_id": 1},
            {"bbox": [3, "x", 2, 4], "category_id": 1},
            {**BOX, "category_id": 99},
        )
    )
    assert task.predictions[0].value["cars"]["boxes"] == [{"label": "car", "box": [0, 0, 4, 9]}]
    assert [one.message.split(":")[0] for one in issues] == [
        "annotation 3 has a bbox that is no sensible number",
        "annotation 4 has the category '99', unknown here; it is left out",
        "a box of 'car' reached beyond the picture and was cut",
        "a boxes mark of 'car' is left out",
    ]


def test_outlines_become_boxes_where_only_boxes_are_asked_for(tmp_path: Path) -> None:
    outline = {"category_id": 1, "segmentation": [[1, 2, 4, 2, 4, 6]], "bbox": [1, 2, 3, 4]}
    (task,), _ = cars(coco_file(tmp_path, outline))
    assert task.predictions[0].value["cars"]["boxes"] == [{"label": "car", "box": [1, 2, 4, 6]}]


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>t</name></task></meta>
<image id="0" name="one.png" width="32" height="24">
<box label="cat" xtl="10" ytl="10" xbr="14" ybr="12" rotation="90" occluded="0"/>
<polyline label="cat" points="1,1;2,2"/>
<tag label="cat" source="manual"/>
<skeleton label="pose"><points label="nose" points="3,4" occluded="1" outside="0"/>
<points label="尾" points="0,0" occluded="0" outside="1"/></skeleton>
</image></annotations>"""


def test_cvat_turned_boxes_skeletons_and_tags_are_read_and_lines_are_told(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(saved(gradient(HEIGHT, WIDTH)))
    (tmp_path / "annotations.xml").write_text(CVAT)
    (value,), (issue,) = read_back(tmp_path)
    corners = [[11, 9], [13, 9], [13, 13], [11, 13]]
    assert value["polygons"]["polygons"] == [{"label": "cat", "points": corners}]
    assert value["choice"] == ["cat"]
    assert [one["state"] for one in value["pose"]["points"]] == ["hidden", "absent", "absent"]
    assert issue.message.startswith("polyline 2 is a shape that no question here asks for")


def test_a_video_of_cvat_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "annotations.xml"
    path.write_text(
        '<annotations><version>1.1</version><track id="0" label="x"></track></annotations>'
    )
    with pytest.raises(MalformedError, match="frame by frame"):
        list(read_tasks(path, ReadOptions(media_root=tmp_path, questions=QUESTIONS)))


def test_yolo_oriented_boxes_are_outlines_and_unmarked_pictures_propose_nothing(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes(saved(gradient(HEIGHT, WIDTH)))
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    (tmp_path / "a.txt").write_text("0 0.25 0.25 0.5 0.25 0.5 0.5 0.25 0.5\n7 0.5 0.5 0.1 0.1\n")
    found, issues = read_back(tmp_path, "polygons", format="yolo")
    assert found[0]["polygons"]["polygons"][0]["points"] == [[8, 6], [16, 6], [16, 12], [8, 12]]
    assert found[1] == {}
    assert [one.place for one in issues] == ["a.txt line 2", "b.png"]


def test_yolo_refuses_poses_beside_boxes(tmp_path: Path) -> None:
    pose = answer(BY_NAME["pose"], {"points": []})
    with pytest.raises(InvalidError, match="name the question"):
        written(
            "yolo", [{"pose": pose, "boxes": answer(BY_NAME["boxes"], {"boxes": []})}], tmp_path
        )
