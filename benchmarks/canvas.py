"""Pan, zoom and edit 5,000 outlines on one picture of 4,000 x 4,000: `python -m benchmarks.canvas`.

A workspace is served from this process, and a headless chromium without a graphics card opens the
task page with an answer of so many polygons. A mouse pans at two depths, a wheel zooms in and out,
a corner is dragged. Printed are frames a second, the longest pause between two frames in 95 of 100,
and how long it takes from an input to the end of the frame that shows it. Fails below 30 frames a
second while panning or zooming.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from fairhand.demo.sample import make_task
from fairhand.model.project import Question
from tests.browser import launch_arguments
from tests.journeys.hall import Hall

LEAST_FPS = 30.0
_WINDOW = {"width": 1280, "height": 800}
_LABELS = [{"value": value} for value in ("house", "shed", "field", "pond")]
_WATCH = """
() => {
  const canvas = document.querySelector('canvas.mask-canvas');
  const told = (window.measured = { frames: [], waits: [] });
  let pending = 0;
  const seen = (event) => { pending ||= event.timeStamp; };
  for (const name of ['pointermove', 'wheel', 'pointerdown'])
    canvas.addEventListener(name, seen, { capture: true, passive: true });
  const frame = (now) => {
    told.frames.push(now);
    const since = pending;
    pending = 0;
    if (since) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => told.waits.push(performance.now() - since);
      port2.postMessage(0);
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One gesture; times in milliseconds."""

    gesture: str
    fps: float
    pause_p95: float
    latency_p50: float
    latency_p95: float
    inputs: int


def outlines(count: int, side: int, corners: int) -> list[dict[str, Any]]:
    """Scatter round-ish outlines of `corners` corners over a picture."""
    rng = np.random.default_rng(5)
    turns = [2 * math.pi * k / corners for k in range(corners)]
    found = []
    for number, (x, y) in enumerate(rng.uniform(40, side - 40, (count, 2)).tolist()):
        reach = rng.uniform(12, 34, corners).tolist()
        points = [
            [round(x + r * math.cos(turn), 2), round(y + r * math.sin(turn), 2)]
            for r, turn in zip(reach, turns, strict=True)
        ]
        found.append({"label": _LABELS[number % len(_LABELS)]["value"], "points": points})
    return found


def measure(hall: Hall, page: Page, count: int, side: int, corners: int) -> list[Measured]:
    """Open the task with all outlines drawn and try each gesture."""
    amina = hall.person("Amina")
    shade = np.linspace(60, 200, side).astype(np.uint8)
    pixels = np.repeat(np.minimum.outer(shade, shade)[..., None], 3, axis=2)
    question = Question("roofs", "polygons", "Outline every roof.", {"labels": _LABELS})
    project = hall.project(question, [make_task("large.png", "drawn", pixels, ())], [amina])
    page.goto(hall.link(amina))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{hall.url}/")
    page.goto(f"{hall.url}/work/{project}")
    page.locator("canvas.mask-canvas").wait_for()
    value = {"roofs": {"size": [side, side], "polygons": outlines(count, side, corners)}}
    _keep_draft(page, value)
    page.reload()
    page.get_by_text(f"All that is drawn ({count})").wait_for()
    page.wait_for_timeout(1_500)
    page.evaluate(_WATCH)
    box = page.locator("canvas.mask-canvas").bounding_box() or {}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = page.mouse
    mouse.move(x, y)
    found = [
        _try(page, "pan, whole picture", lambda k: _pan(page, x, y, k)),
        _try(page, "zoom in and out", lambda k: mouse.wheel(0, -60 if k % 80 < 40 else 60)),
    ]
    page.keyboard.press("o")
    for _ in range(4):
        page.keyboard.press("+")
    page.wait_for_timeout(800)
    found.append(_try(page, "pan, nearer", lambda k: _pan(page, x, y, k)))
    page.keyboard.press("v")
    mouse.click(x, y)
    page.keyboard.press(".")
    page.wait_for_timeout(500)
    found.append(_try(page, "drag over outlines", lambda k: _drag(page, x, y, k)))
    return found


def _keep_draft(page: Page, value: dict[str, Any]) -> None:
    """Put the answer so far on the server, as the page does."""
    status = page.evaluate(
        """async (value) => {
          const { task } = JSON.parse(document.getElementById('task').textContent);
          const token = document.querySelector('meta[name=csrf-token]').content;
          const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': token };
          const body = JSON.stringify({ value });
          const where = `/api/v1/tasks/${task.task_id}/draft`;
          const reply = await fetch(where, { method: 'PUT', headers, body });
          return reply.status;
        }""",
        value,
    )
    if status not in (200, 204):
        raise SystemExit(f"the draft was not kept: status {status}")


def _pan(page: Page, x: float, y: float, step: int) -> None:
    if step == 0:
        page.mouse.down(button="middle")
    turn = step / 25
    page.mouse.move(x + 180 * math.sin(turn), y + 120 * math.sin(1.7 * turn))


def _drag(page: Page, x: float, y: float, step: int) -> None:
    if step == 0:
        page.mouse.down()
    page.mouse.move(x + 60 * math.sin(step / 12), y + 40 * math.cos(step / 12))


def _try(page: Page, gesture: str, act: Callable[[int], None], seconds: float = 4.0) -> Measured:
    """Repeat a gesture's steps for some seconds, at most 60 a second."""
    page.evaluate("() => { measured.frames.length = measured.waits.length = 0; }")
    start, step = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        act(step)
        step += 1
        time.sleep(max(0.0, start + step / 60 - time.monotonic()))
    told = page.evaluate("() => measured")
    page.mouse.up(button="middle")
    page.mouse.up()
    frames, waits = np.array(told["frames"]), np.array(told["waits"])
    gaps = np.diff(frames)
    fps = 1_000 * len(gaps) / float(frames[-1] - frames[0])
    low, high = np.percentile(waits, [50, 95]).round(1).tolist()
    pause = round(float(np.percentile(gaps, 95)), 1)
    return Measured(gesture, round(fps, 1), pause, low, high, step)


def main() -> None:
    """Measure, print a table or JSON, and fail below the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=5_000)
    parser.add_argument("--corners", type=int, default=16)
    parser.add_argument("--side", type=int, default=4_000, help="pixels of the picture's side")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--picture", type=Path, help="keep a picture of the page here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairhand-canvas-") as folder:
        hall = Hall(Path(folder), works=False)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_arguments())
            page = browser.new_context(viewport=_WINDOW).new_page()
            page.set_default_timeout(60_000)
            found = measure(hall, page, given.polygons, given.side, given.corners)
            if given.picture:
                page.screenshot(path=given.picture)
            browser.close()
        hall.close()
    if given.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        print(f"{given.polygons} polygons of {given.corners} corners, picture {given.side} px")
        for one in found:
            print(
                f"{one.gesture:22} {one.fps:6.1f} fps, pauses p95 {one.pause_p95:6.1f} ms, input to"
                f" frame p50 {one.latency_p50:6.1f} p95 {one.latency_p95:6.1f} ms"
            )
    slow = [one.gesture for one in found[:3] if one.fps < LEAST_FPS]
    if slow:
        raise SystemExit(f"below {LEAST_FPS} frames a second: {', '.join(slow)}")


if __name__ == "__main__":
    main()
