"""Paint on a mask of 4,096 x 4,096 pixels: `python -m benchmarks.canvas_masks`.

A workspace is served from this process, and a headless chromium without a graphics card opens
the task page on a picture of sixteen million pixels. A mouse paints with a small and a very large
brush, over the whole picture and nearer, and pans over what is painted. Printed are frames a
second, the longest pause between two frames in 95 of 100, and how long it takes from an input to
the end of the frame that shows it. Then: how long Submit holds up the page. Fails below 30 frames
a second.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
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
SIDE = 4_096
_QUESTION = Question("land", "mask", "Paint.", {"labels": [{"value": "field"}, {"value": "pond"}]})
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
class Painted:
    """One gesture; times in milliseconds."""

    gesture: str
    fps: float
    pause_p95: float
    latency_p50: float
    latency_p95: float
    inputs: int


def try_gesture(page: Page, name: str, step: Callable[[int], None], steps: int = 120) -> Painted:
    """Make a gesture's moves and read what the page saw of itself."""
    page.evaluate("() => { measured.frames.length = measured.waits.length = 0; }")
    for number in range(steps):
        step(number)
    page.wait_for_timeout(100)
    told: Any = page.evaluate("() => measured")
    page.mouse.up()
    page.mouse.up(button="middle")
    page.wait_for_timeout(600)
    pauses = np.diff(told["frames"])
    waits = np.array(told["waits"] or [math.nan])
    return Painted(
        name,
        round(float(1_000 / pauses.mean()), 1),
        round(float(np.percentile(pauses, 95)), 1),
        round(float(np.percentile(waits, 50)), 1),
        round(float(np.percentile(waits, 95)), 1),
        len(waits),
    )


def measure(hall: Hall, page: Page) -> list[Painted]:
    """Open a picture of sixteen million pixels and paint on it."""
    amina = hall.person("Amina")
    shade = np.linspace(60, 200, SIDE).astype(np.uint8)
    pixels = np.repeat(np.minimum.outer(shade, shade)[..., None], 3, axis=2)
    tasks = [make_task(f"{number}.png", "drawn", pixels - number, ()) for number in range(2)]
    project = hall.project(_QUESTION, tasks, [amina])
    page.goto(hall.link(amina))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{hall.url}/")
    page.goto(f"{hall.url}/work/{project}")
    page.get_by_label("Brush size").wait_for()
    page.wait_for_timeout(1_500)
    page.evaluate(_WATCH)
    box = page.locator("canvas.mask-canvas").bounding_box() or {}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def stroke(step: int) -> None:
        turn = step / 18
        page.mouse.move(x + 250 * math.sin(turn), y + 220 * math.sin(1.7 * turn + 1))
        if step == 0:
            page.mouse.down()

    def pan(step: int) -> None:
        if step == 0:
            page.mouse.down(button="middle")
        page.mouse.move(x + 180 * math.sin(step / 25), y + 120 * math.sin(step / 15))

    found = [try_gesture(page, "paint, brush of 102", stroke)]
    page.get_by_label("Brush size").fill("680")
    page.keyboard.press("2")
    found.append(try_gesture(page, "paint, brush of 680", stroke))
    for _ in range(5):
        page.keyboard.press("+")
    page.get_by_label("Brush size").fill("40")
    page.keyboard.press("1")
    page.wait_for_timeout(800)
    found.append(try_gesture(page, "paint, nearer", stroke))
    found.append(try_gesture(page, "pan over it", pan))
    return found


def measure_submit(page: Page) -> float:
    """Submit what was painted; gives the milliseconds until the next task is on the desk."""
    page.wait_for_timeout(2_000)
    took: float = page.evaluate(
        """async () => {
          const desk = document.getElementById('desk');
          const before = desk.ariaLabel;
          const began = performance.now();
          document.getElementById('submit').click();
          const frame = () => new Promise((done) => requestAnimationFrame(done));
          while (desk.ariaLabel === before) await frame();
          return performance.now() - began;
        }"""
    )
    return round(took, 1)


def main() -> None:
    """Print the figures; ends with an error when painting is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        hall = Hall(Path(folder))
        try:
            browser = playwright.chromium.launch(**launch_arguments())
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            found = measure(hall, page)
            submit = measure_submit(page)
            browser.close()
        finally:
            hall.close()
    if asked.json:
        print(json.dumps({"gestures": [asdict(one) for one in found], "submit_ms": submit}))
    else:
        for one in found:
            print(
                f"{one.gesture:22} {one.fps:6.1f} frames/s, pause p95 {one.pause_p95:6.1f} ms, "
                f"latency p50 {one.latency_p50:6.1f} ms, p95 {one.latency_p95:6.1f} ms"
            )
        print(f"{'submit to next task':22} {submit:6.1f} ms")
    if slow := [one.gesture for one in found if one.fps < LEAST_FPS]:
        raise SystemExit(f"below {LEAST_FPS:.0f} frames a second: {', '.join(slow)}")


if __name__ == "__main__":
    main()
