"""Masks go out as DICOM segmentations, are read by highdicom, and come in again as they were."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.formats.dicom import read_dicom
from fairhand.formats.exports.dicom_seg import FOLDER, write
from fairhand.formats.exports.items import Item, Options, Report
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import detect, read_tasks
from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from tests.rules.formats.scans import scan

SIZE = (24, 32)
LABELS = [{"value": "nucleus"}, {"value": "gland tissue, öd"}]
Drawn = list[tuple[str, NDArray[Any]]]
ASKED = Question("cells", "mask", "Paint them", {"labels": LABELS, "instances": True})


def slices(folder: Path, many: int) -> list[dict[str, Any]]:
    """Write slices of one study, and give what we keep of each."""
    folder.mkdir()
    about = []
    for place in range(many):
        content = scan(np.full(SIZE, place, np.int16), place=place)
        (folder / f"slice {place}.dcm").write_bytes(content)
        about.append(read_dicom(content, 10_000).details)
    return about


def item(number: int, details: dict[str, Any], drawn: Drawn) -> Item:
    """A task of a release with its mask."""
    regions = [{"label": label, "counts": rle.encode(mask)} for label, mask in drawn]
    row = {
        "task_id": number + 1,
        "question": "cells",
        "kind": "mask",
        "value": {"size": list(SIZE), "regions": regions},
        "data": {"file_name": f"slice {number}.dcm", "media_details": details},
        "media_sha256": sha256_hex(b"%d" % number),
        "origin": "assisted" if number else "human",
        "models": ["cells@3"] if number else [],
    }
    return Item(number + 1, (row,))


def block(top: int, left: int, height: int = 4, width: int = 5) -> NDArray[np.uint8]:
    """A mask with one rectangle."""
    mask = np.zeros(SIZE, np.uint8)
    mask[top : top + height, left : left + width] = 1
    return mask


def exported(folder: Path, items: list[Item], originals: Path | None) -> Report:
    """Write items into a new folder."""
    folder.mkdir()
    return write(iter(items), folder, Options(originals=originals))


def read(folder: Path) -> tuple[list[NewTask], list[Issue]]:
    """Read a folder as an import does."""
    options = ReadOptions(questions=(ASKED,))
    found = list(read_tasks(folder, options))
    return [x for x in found if isinstance(x, NewTask)], [x for x in found if isinstance(x, Issue)]


def painted(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Label and run lengths of each region; in which order they stand means nothing."""
    return sorted((one["label"], one["counts"]) for one in value["cells"]["regions"])


def told(drawn: Drawn) -> list[tuple[str, str]]:
    """The same of what was drawn."""
    return sorted((label, rle.encode(mask)) for label, mask in drawn)


def test_masks_go_out_are_read_by_highdicom_and_come_in_again(tmp_path: Path) -> None:
    import highdicom

    about = slices(tmp_path / "scans", 3)
    drawn = [
        [("nucleus", block(0, 0)), ("gland tissue, öd", block(10, 10)), ("nucleus", block(18, 3))],
        [("gland tissue, öd", block(5, 20, 12, 9))],
    ]
    items = [item(number, about[number], one) for number, one in enumerate(drawn)]
    report = exported(tmp_path / "out", items, tmp_path / "scans")
    assert (report.tasks, report.written, dict(report.left_out)) == (2, 2, {})
    assert report.files == [FOLDER]
    for number, one in enumerate(drawn):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = highdicom.seg.segread(tmp_path / "out" / FOLDER / f"slice {number}.seg.dcm")
        named = [made.get_segment_description(n).segment_label for n in made.segment_numbers]
        assert named == [label for label, _ in one]
        kinds = {made.get_segment_description(n).algorithm_type.value for n in made.segment_numbers}
        assert kinds == ({"SEMIAUTOMATIC"} if number else {"MANUAL"})
        assert str(made.PatientID) == "12345", "patient and study are those of the original"
        (uid,) = [str(x[2]) for x in made.get_source_image_uids()]
        pixels = made.get_pixels_by_source_instance([uid])[0]
        for place, (_, mask) in enumerate(one):
            assert np.array_equal(pixels[:, :, place], mask)

    for file in (tmp_path / "out" / FOLDER).iterdir():
        file.rename(tmp_path / "scans" / file.name)
    assert detect(tmp_path / "scans") == "dicom-seg"
    tasks, issues = read(tmp_path / "scans")
    assert [one.data["file_name"] for one in tasks] == [f"slice {n}.dcm" for n in range(3)]
    assert not [one for one in issues if one.severity == "error"], issues
    for task, one in zip(tasks, drawn, strict=False):
        (proposed,) = task.predictions
        assert proposed.model == "dicom-seg-import"
        assert painted(proposed.value) == told(one)
    assert tasks[2].predictions == (), "nobody looked at it"


@settings(max_examples=8, phases=[Phase.generate])
@given(data=st.data())
def test_any_masks_come_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    base = tmp_path_factory.mktemp("any")
    about = slices(base / "scans", 1)
    seeds = data.draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4))
    taken = np.zeros(SIZE, bool)
    drawn: Drawn = []
    for number, seed in enumerate(seeds):
        mask = (np.random.default_rng(seed).random(SIZE) < 0.3) & ~taken
        mask[0] = False
        mask[0, number] = True
        taken |= mask
        taken[0] = True
        drawn.append((LABELS[number % 2]["value"], mask.astype(np.uint8)))
    exported(base / "out", [item(0, about[0], drawn)], base / "scans")
    (base / "out" / FOLDER / "slice 0.seg.dcm").rename(base / "scans" / "a.dcm")
    (task,), _ = read(base / "scans")
    assert painted(task.predictions[0].value) == told(drawn)


def test_what_a_segmentation_cannot_hold_is_told(tmp_path: Path) -> None:
    about = slices(tmp_path / "scans", 1)
    nowhere = read_dicom(scan(np.zeros(SIZE, np.int16)), 10_000).details
    (tmp_path / "scans" / "nowhere.dcm").write_bytes(scan(np.zeros(SIZE, np.int16)))
    boxes = Item(7, ({"task_id": 7, "kind": "boxes", "value": {"size": list(SIZE), "boxes": []}},))
    some = [("nucleus", block(0, 0))]
    items = [
        item(0, about[0], []),
        item(1, {"dicom": {"instance": "0" * 32}}, some),
        item(2, {}, some),
        item(3, nowhere, some),
        boxes,
    ]
    report = exported(tmp_path / "out", items, tmp_path / "scans")
    assert report.written == 0
    words = "; ".join(report.left_out)
    for reason in ("nothing on it", "folder of originals", "no DICOM file", "does not carry"):
        assert reason in words
    assert "kind boxes" in words
    with pytest.raises(InvalidError, match="--originals"):
        exported(tmp_path / "none", items, None)
    with pytest.raises(InvalidError, match="no folder"):
        exported(tmp_path / "else", items, tmp_path / "absent")


def test_segmentations_that_are_wrong_or_alone_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    about = slices(folder, 2)
    exported(tmp_path / "out", [item(0, about[0], [("nucleus", block(0, 0))])], folder)
    whole = (tmp_path / "out" / FOLDER / "slice 0.seg.dcm").read_bytes()
    with pytest.raises(MalformedError, match="together with its pictures"):
        read_dicom(whole, 10_000)
    (folder / "cut.dcm").write_bytes(whole[:2_000])
    (folder / "good.dcm").write_bytes(whole)
    (folder / "again.dcm").write_bytes((folder / "slice 0.dcm").read_bytes())
    (folder / "slice 0.dcm").unlink()
    tasks, issues = read(folder)
    assert {one.data["file_name"] for one in tasks} == {"again.dcm", "slice 1.dcm"}
    assert [one.place for one in issues if one.place == "cut.dcm"]
    assert sum(len(one.predictions) for one in tasks) == 1

    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "good.dcm").write_bytes(whole)
    tasks, issues = read(alone)
    assert tasks == []
    assert any("no picture that is here" in one.message for one in issues)


def test_nothing_but_a_hash_of_the_name_is_kept(tmp_path: Path) -> None:
    import pydicom

    (about,) = slices(tmp_path / "scans", 1)
    named = str(pydicom.dcmread(tmp_path / "scans" / "slice 0.dcm").SOPInstanceUID)
    assert named not in str(about)
    assert len(about["dicom"]["instance"]) == 32
