"""How well the built-in models for boxes and polygons propose after a few pictures, how quickly.

    python -m benchmarks.drawn_models            # boxes and polygons
    python -m benchmarks.drawn_models boxes      # one of them

Boxes: blood cells of three kinds and sizes (boxes_bloodcells; not every cell was drawn by the
people who made the set). Polygons: nuclei (seg_nuclei), outlined along their masks. Learnt from the
first pictures of four draws, measured on twelve others of each. Printed are panoptic quality (by
which the house says how alike two answers are), the score that the model gave itself, how many of
people's things were found, how many of those proposed were people's (from an intersection over
union of .5), and seconds of CPU. Data: ../shared/data, or the folder that FAIRHAND_DATA names.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fairhand.compute.assistants.contract import Example, Item
from fairhand.compute.models.builtin import pick_builtin
from fairhand.compute.models.polygons import outline_of
from fairhand.model.project import Question
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted
from fairhand.quality.structured.boxes import box_iou

DATA = Path(os.environ.get("FAIRHAND_DATA", Path(__file__).resolve().parents[2] / "shared/data"))
DRAWS = 4
MEASURED = 12
COUNTS = (1, 2, 4, 8, 16)


def cells() -> tuple[Question, list[Example]]:
    """Blood cells and the boxes around them."""
    folder = DATA / "boxes_bloodcells"
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with (folder / "boxes.csv").open() as stream:
        for row in csv.DictReader(stream):
            sides = [float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")]
            rows[row["image"]].append({"label": row["label"], "box": sides})
    labels = [{"value": one} for one in ("RBC", "WBC", "Platelets")]
    examples = []
    for at, name in enumerate(sorted(rows)):
        with Image.open(folder / name) as picture:
            size = [picture.height, picture.width]
        item = Item(at, {}, (folder / name).read_bytes, "image/jpeg")
        examples.append(Example(item, {"things": {"size": size, "boxes": rows[name]}}))
    return Question("things", "boxes", "Where is each cell?", {"labels": labels}), examples


def nuclei() -> tuple[Question, list[Example]]:
    """Nuclei and the outlines of their masks."""
    examples = []
    for at, path in enumerate(sorted((DATA / "seg_nuclei").glob("*_img.png"))):
        numbers = np.asarray(Image.open(str(path).replace("_img", "_inst")))
        outlines = [outline_of(numbers == one) for one in np.unique(numbers)[1:].tolist()]
        things = [{"label": "nucleus", "points": one} for one in outlines if len(one) > 2]
        answer = {"size": list(numbers.shape), "polygons": things}
        examples.append(Example(Item(at, {}, path.read_bytes, "image/png"), {"things": answer}))
    config = {"labels": [{"value": "nucleus"}]}
    return Question("things", "polygons", "Where is each nucleus?", config), examples


def measure(question: Question, examples: Sequence[Example]) -> None:
    """Print a line for each number of pictures that is learnt from."""
    kind = KINDS[question.kind]
    assert isinstance(kind, Voted)
    trainer = pick_builtin(question, examples[0].item).trainer
    for count in COUNTS:
        alike, scores, learning, proposing = [], [], 0.0, 0.0
        found = np.zeros(3)
        for draw in range(DRAWS):
            order = np.random.default_rng(draw).permutation(len(examples)).tolist()
            taught = [examples[at] for at in order[:count]]
            asked = [examples[at] for at in order[-MEASURED:]]
            started = time.process_time()
            learnt = trainer.fit(question, taught, seed=0, version="1")
            learning += time.process_time() - started
            predictor = trainer.load(question, learnt, version="1")
            started = time.process_time()
            proposals = predictor.predict([one.item for one in asked])
            proposing += time.process_time() - started
            for one, proposal in zip(asked, proposals, strict=True):
                given, true = (proposal.value or {})["things"], one.value["things"]
                alike.append(kind.likeness(given, true))
                scores.append(proposal.score or 0.0)
                found += paired(question.kind, given, true)
        print(
            f"{question.kind:<9} {count:>3} pictures: quality {np.mean(alike):.3f}, said"
            f" {np.mean(scores):.3f}, found {found[0] / found[2]:.2f} of people's,"
            f" {found[0] / max(found[1], 1):.2f} of its own are people's;"
            f" {learning / DRAWS:.1f} s to learn, {proposing / DRAWS / MEASURED:.2f} s a picture",
            flush=True,
        )


def paired(kind: str, given: Mapping[str, Any], true: Mapping[str, Any]) -> tuple[int, int, int]:
    """Count pairs by the boxes around things, things proposed, and things that people drew."""
    from scipy.optimize import linear_sum_assignment

    mine, theirs = given[kind], true[kind]
    table = box_iou(
        *(np.array([around(one) for one in side]).reshape(-1, 4) for side in (mine, theirs))
    )
    for row, one in enumerate(mine):
        table[row, [one["label"] != other["label"] for other in theirs]] = 0.0
    rows, columns = linear_sum_assignment(table, maximize=True)
    return int((table[rows, columns] >= 0.5).sum()), len(mine), len(theirs)


def around(thing: Mapping[str, Any]) -> list[float]:
    """Give a thing's box."""
    if "box" in thing:
        return list(thing["box"])
    corners = np.array(thing["points"], float)
    return [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]


if __name__ == "__main__":
    sets = {"boxes": cells, "polygons": nuclei}
    for name in sys.argv[1:] or sets:
        measure(*sets[name]())
