"""Take in a 20,000 x 20,000 GeoTIFF and open it on a slow phone: time, memory, bytes.

    python -m benchmarks.large_picture [--side 20000]

The picture is made here: coloured fields with grain, in deflated tiles. Printed are the time and
the peak memory of the import (reading, cleaning, tiles, preview), what is stored, and how long a
360x640 phone at 400 kbit/s with 400 ms of latency and a quarter of this machine's speed takes until
the page is usable, with how many bytes; then the same phone zooms to full size.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from playwright.sync_api import Page, sync_playwright

from benchmarks.page_weight import AIM_USABLE_MS, BUDGET_BYTES
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.project import Question
from tests.browser import PHONE, launch_arguments
from tests.journeys.hall import Hall
from tests.rules.formats.scans import geo_tags

_TILE = 512
_KINDS_OF_FIELDS = 16
_SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
_CPU_SLOWDOWN = 4
_QUESTION = Question(
    "finding", "choice", "Is there water?", {"labels": [{"value": "yes"}, {"value": "no"}]}
)


def main() -> None:
    """Measure and print; fails when the page is too slow or too heavy."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--side", type=int, default=20_000)
    side = parser.parse_args().side
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "maps"
        folder.mkdir()
        made = write_map(folder / "map.tif", side)
        print(f"map: {side:,} x {side:,} pixels, {made / 1e6:,.0f} MB")
        hall = Hall(Path(place) / "house", works=False)
        try:
            ok = measure(hall, folder)
        finally:
            hall.close()
    if not ok:
        raise SystemExit(1)


def measure(hall: Hall, folder: Path) -> bool:
    """Import the map, open it, zoom into it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = time.perf_counter(), time.process_time()
    amina = hall.person("Amina")
    tasks = (row for row in read_tasks(folder, ReadOptions()))
    project = hall.project(_QUESTION, tasks, [amina])  # type: ignore[arg-type]  # all are tasks
    took, busy = time.perf_counter() - start, time.process_time() - busy
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"import: {took:.1f} s, {busy:.1f} s of one core, {more:,.0f} MiB more at its peak")
    for name, size in hall.rows("SELECT name, size_bytes FROM media_part"):
        print(f"{name}: {size / 1e6:,.0f} MB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        page = browser.new_context(**PHONE, service_workers="block").new_page()
        page.goto(hall.link(amina))
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{hall.url}/")
        ok = open_slowly(page, f"{hall.url}/work/{project}")
        browser.close()
    return ok


def open_slowly(page: Page, url: str) -> bool:
    """Open the page over a slow line with an empty cache, then zoom to full size."""
    session: Any = page.context.new_cdp_session(page)
    sizes: dict[str, int] = {}
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.send("Network.emulateNetworkConditions", _SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": _CPU_SLOWDOWN})
    session.on(
        "Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]})
    )
    page.goto(url, wait_until="commit")
    page.wait_for_function(
        "() => performance.getEntriesByName('usable').length > 0", timeout=60_000
    )
    usable = float(page.evaluate("performance.getEntriesByName('usable')[0].startTime"))
    opened = sum(sizes.values())
    print(f"opened: usable after {usable:,.0f} ms, {opened / 1e3:.1f} kB in {len(sizes)} requests")
    page.wait_for_timeout(4_000)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    for _ in range(10):
        page.keyboard.press("+")
    page.wait_for_timeout(20_000)
    print(f"zoomed: {(sum(sizes.values()) - opened) / 1e3:.1f} kB more in {len(sizes)} requests")
    return usable <= AIM_USABLE_MS and opened <= BUDGET_BYTES


def write_map(path: Path, side: int) -> int:
    """Write fields with grain; a few kinds of tiles take turns, so making it is quick."""
    rng = np.random.default_rng(1)
    kinds = [_field(rng) for _ in range(_KINDS_OF_FIELDS)]
    across = -(-side // _TILE)

    def tiles() -> Iterator[bytes]:
        for number in range(across * across):
            yield kinds[(number * 7 + number // across) % _KINDS_OF_FIELDS]

    tifffile.imwrite(
        path,
        tiles(),
        shape=(side, side, 3),
        dtype=np.uint8,
        tile=(_TILE, _TILE),
        compression="zlib",
        photometric="rgb",
        bigtiff=True,
        extratags=geo_tags(metres=0.5),
    )
    return path.stat().st_size


def _field(rng: np.random.Generator) -> bytes:
    shade = rng.integers(60, 180, 3)
    rows = np.sin(np.arange(_TILE) / rng.integers(3, 30))[:, None, None] * 12
    grain = rng.normal(0, 4, (_TILE, _TILE, 1))
    return zlib.compress(np.clip(shade + rows + grain, 0, 255).astype(np.uint8).tobytes(), 6)


if __name__ == "__main__":
    main()
