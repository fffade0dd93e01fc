"""Draws the sample pictures of the templates for boxes, outlines and key points, with answers.

`python -m fairhand.demo.drawn_samples` writes them into the templates' folders. Everything is drawn
from one seed: cells under a microscope, roofs seen from above, and a wooden figure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fairhand.use_cases.read_templates import FOLDER

Point: TypeAlias = tuple[float, float]
Drawn: TypeAlias = tuple[Image.Image, dict[str, Any]]

WIDTH, HEIGHT = 480, 360
_FINER = 3
_SEED = 1913
_TASKS = 5


def write_samples(folder: Path = FOLDER) -> None:
    """Write the pictures, tasks and answers of the three templates below `folder`."""
    kinds: dict[str, tuple[str, Callable[[np.random.Generator, int], Drawn]]] = {
        "boxes": ("cells", _cells),
        "polygons": ("roofs", _roofs),
        "keypoints": ("figure", _figure),
    }
    for template, (question, draw) in kinds.items():
        rng = np.random.default_rng(_SEED)
        sample = folder / template / "sample"
        sample.mkdir(parents=True, exist_ok=True)
        tasks, answers = [], []
        for number in range(1, _TASKS + 1):
            picture, answer = draw(rng, number)
            name = f"{question}-{number}.webp"
            picture.save(sample / name, quality=72, method=6)
            tasks.append({"image": name})
            answers.append({"value": {question: {"size": [HEIGHT, WIDTH], **answer}}})
        _write_lines(sample / "tasks.jsonl", tasks)
        _write_lines(sample / "answers.jsonl", answers)


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _canvas(colour: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), colour)
    return image, ImageDraw.Draw(image)


def _finish(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make it less clean than a computer draws: soft, with a little grain."""
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    soft = small.filter(ImageFilter.GaussianBlur(0.6))
    grain = rng.normal(0, 2.0, (HEIGHT, WIDTH, 1))
    return Image.fromarray(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8))


def _fine(points: Iterable[Point]) -> list[Point]:
    return [(x * _FINER, y * _FINER) for x, y in points]


def _ring(middle: Point, radius: float, shake: np.ndarray[Any, Any]) -> list[Point]:
    turns = 2 * math.pi * np.arange(len(shake)) / len(shake)
    return [
        (middle[0] + radius * one * math.cos(turn), middle[1] + radius * one * math.sin(turn))
        for turn, one in zip(turns.tolist(), shake.tolist(), strict=True)
    ]


def _around(points: Sequence[Point]) -> list[float]:
    """The box around points, on the picture."""
    xs = [min(max(x, 0.0), WIDTH) for x, _ in points]
    ys = [min(max(y, 0.0), HEIGHT) for _, y in points]
    return [round(side, 1) for side in (min(xs), min(ys), max(xs), max(ys))]


def _cells(rng: np.random.Generator, number: int) -> Drawn:
    """Red cells, now and then a white one or platelets."""
    image, draw = _canvas((240, 226, 224))
    boxes, taken = [], list[tuple[float, float, float]]()
    wanted = [("white", 44.0)] * (number % 2) + [("red", 26.0)] * (5 + 2 * number)
    wanted += [("platelet", 8.0)] * (number - 1)
    for label, radius in wanted:
        middle = _free_place(rng, radius, taken)
        if middle is None:
            continue
        ring = _ring(middle, radius, 1 + rng.normal(0, 0.025, 40))
        _draw_cell(draw, label, middle, radius, ring)
        boxes.append({"label": label, "box": _around(ring)})
    return _finish(image, rng), {"boxes": boxes}


def _free_place(
    rng: np.random.Generator, radius: float, taken: list[tuple[float, float, float]]
) -> Point | None:
    for _ in range(300):
        x, y = rng.uniform(10, WIDTH - 10), rng.uniform(10, HEIGHT - 10)
        if all(math.hypot(x - a, y - b) > 0.93 * (radius + r) for a, b, r in taken):
            taken.append((x, y, radius))
            return float(x), float(y)
    return None


def _draw_cell(
    draw: ImageDraw.ImageDraw, label: str, middle: Point, radius: float, ring: list[Point]
) -> None:
    fills = {"red": (214, 138, 132), "white": (206, 196, 226), "platelet": (142, 104, 168)}
    rims = {"red": (190, 104, 100), "white": (170, 156, 200), "platelet": (120, 84, 150)}
    draw.polygon(_fine(ring), fills[label], rims[label], width=_FINER * 2)
    inner = {"red": 0.42, "white": 0.3, "platelet": 0.0}[label]
    shade = {"red": (232, 184, 178), "white": (112, 76, 160), "platelet": (0, 0, 0)}[label]
    shifts = [(0.0, 0.0)] if label == "red" else [(-0.22, -0.1), (0.24, 0.05), (-0.05, 0.28)]
    for dx, dy in shifts if inner else []:
        x, y = middle[0] + dx * radius, middle[1] + dy * radius
        reach = inner * radius
        draw.ellipse(_fine([(x - reach, y - reach), (x + reach, y + reach)]), fill=shade)


def _roofs(rng: np.random.Generator, number: int) -> Drawn:
    """A street with houses at an angle, sheds and ponds between them."""
    image, draw = _canvas((134, 158, 112))
    tilt = float(rng.uniform(-0.35, 0.35))
    road = [(-50.0, HEIGHT / 2 - 22), (WIDTH + 50.0, HEIGHT / 2 - 22)]
    road += [(WIDTH + 50.0, HEIGHT / 2 + 22), (-50.0, HEIGHT / 2 + 22)]
    draw.polygon(_fine(_turned(road, (WIDTH / 2, HEIGHT / 2), tilt)), (168, 166, 160))
    polygons, shapes = [], ["house", "house", "shed", "house", "pond", "house"]
    spots = [(80, 75), (240, 70), (400, 80), (80, 290), (245, 295), (400, 285)]
    for label, (x, y) in list(zip(shapes, spots, strict=True))[: 3 + number]:
        middle = (x + float(rng.uniform(-14, 14)), y + float(rng.uniform(-10, 10)))
        corners = _outline(rng, label, middle, tilt)
        fill = {"house": (170, 92, 74), "shed": (120, 116, 120), "pond": (92, 138, 168)}[label]
        shadow = [(a + 5, b + 6) for a, b in corners]
        if label != "pond":
            draw.polygon(_fine(shadow), (92, 112, 78))
        draw.polygon(_fine(corners), fill)
        points = [[round(a, 1), round(b, 1)] for a, b in corners]
        polygons.append({"label": label, "points": points})
    return _finish(image, rng), {"polygons": polygons}


def _outline(rng: np.random.Generator, label: str, middle: Point, tilt: float) -> list[Point]:
    if label == "pond":
        return _ring(middle, 36, 1 + rng.normal(0, 0.08, 14))
    long, deep = (56.0, 38.0) if label == "house" else (24.0, 18.0)
    x, y = middle
    plan = [(x - long, y - deep), (x + long, y - deep), (x + long, y + deep), (x - long, y + deep)]
    if label == "house" and rng.random() < 0.6:  # an L: one corner is a yard
        plan[2:3] = [(x + long, y), (x + long * 0.2, y), (x + long * 0.2, y + deep)]
    return _turned(plan, middle, tilt)


def _turned(points: Sequence[Point], middle: Point, angle: float) -> list[Point]:
    cos, sin = math.cos(angle), math.sin(angle)
    return [
        (
            middle[0] + (x - middle[0]) * cos - (y - middle[1]) * sin,
            middle[1] + (x - middle[0]) * sin + (y - middle[1]) * cos,
        )
        for x, y in points
    ]


_LIMBS = (
    ("neck", "head", 34.0, -90.0),
    ("neck", "left elbow", 52.0, 150.0),
    ("left elbow", "left hand", 46.0, 130.0),
    ("neck", "right elbow", 52.0, 30.0),
    ("right elbow", "right hand", 46.0, 50.0),
    ("neck", "hip", 88.0, 90.0),
    ("hip", "left knee", 56.0, 110.0),
    ("left knee", "left foot", 54.0, 95.0),
    ("hip", "right knee", 56.0, 70.0),
    ("right knee", "right foot", 54.0, 85.0),
)
"""From joint to joint: length, and the angle of a figure that stands."""

_JOINTS = ("head", "neck", *(end for _, end, _, _ in _LIMBS if end != "head"))


def _figure(rng: np.random.Generator, number: int) -> Drawn:
    """A wooden figure on a table, in some pose; the third one's feet are cut off."""
    image, draw = _canvas((208, 214, 220))
    draw.rectangle((0, int(HEIGHT * 0.8) * _FINER, *image.size), (186, 178, 166))
    down = 105.0 if number == 3 else 0.0
    at: dict[str, Point] = {"neck": (WIDTH / 2 + float(rng.uniform(-90, 90)), 82.0 + down)}
    for start, end, length, angle in _LIMBS:
        turn = math.radians(angle + float(rng.normal(0, 16)))
        x, y = at[start]
        at[end] = (x + length * math.cos(turn), y + length * math.sin(turn))
    for start, end, _, _ in _LIMBS:
        draw.line(_fine([at[start], at[end]]), (196, 150, 96), width=15 * _FINER)
    for name, (x, y) in at.items():
        radius = 21 if name == "head" else 9
        draw.ellipse(
            _fine([(x - radius, y - radius), (x + radius, y + radius)]),
            (214, 172, 118),
            (150, 108, 62),
        )
    covered = _cover(draw, at) if number == 2 else None
    points = [_joint(name, at[name], covered) for name in _JOINTS]
    return _finish(image, rng), {"points": points}


def _cover(draw: ImageDraw.ImageDraw, at: dict[str, Point]) -> str:
    """Put a box before one hand."""
    x, y = at["right hand"]
    draw.rectangle([*_fine([(x - 30, y - 26)])[0], *_fine([(x + 34, y + 30)])[0]], (98, 122, 146))
    return "right hand"


def _joint(name: str, place: Point, covered: str | None) -> dict[str, Any]:
    x, y = round(place[0], 1), round(place[1], 1)
    if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
        return {"label": name, "state": "absent"}
    return {"label": name, "state": "hidden" if name == covered else "visible", "at": [x, y]}


if __name__ == "__main__":
    write_samples()
