"""Weigh the task page as a contributor on a slow phone meets it: `make page-weight`.

A demo workspace is served by a process of its own. A 360x640 phone with an empty cache, 400 kbit/s,
400 ms of latency and a quarter of this machine's speed opens the task page of each demo project.
Counted are all bytes on the wire, headers included, of what the page asks for until it says that
it is usable, the picture of the first task with it. Fails above 100 KB for any page.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.browser import PHONE, launch_arguments

BUDGET_BYTES = 100_000
AIM_USABLE_MS = 3_000
_SLOW_3G = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,  # bytes a second: 400 kbit/s
    "uploadThroughput": 50_000,
}
_CPU_SLOWDOWN = 4
_START_TIMEOUT_S = 180
_PAGE_TIMEOUT_S = 60
_LATER_MS = 5_000
_USABLE = "performance.getEntriesByName('usable').length > 0"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is being served."""

    url: str
    contributor_link: str


@dataclass(slots=True)
class Request:
    """One request of a page."""

    path: str
    kind: str
    size: int = 0
    is_over: bool = False


@dataclass(slots=True)
class Weighed:
    """What a page took to be usable; `later` is what it fetched afterwards, for the next task."""

    name: str
    usable_ms: float
    requests: list[Request]
    later: list[Request] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes on the wire until the page was usable."""
        return sum(request.size for request in self.requests)


@contextmanager
def serve_demo() -> Iterator[Demo]:
    """Serve a fresh demo workspace from a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="fairhand-weight-") as folder:
        fairhand = Path(sys.executable).with_name("fairhand")
        options = ["--workspace", f"{folder}/demo", "--port", str(port), "--digits", "40"]
        command: list[str | Path] = [fairhand, "demo", "--json", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield _told(process)
        finally:
            process.terminate()
            process.wait(20)


def _told(process: subprocess.Popen[str]) -> Demo:
    """Read the demo's own words, then wait until it answers."""
    told, decoder = "", json.JSONDecoder()
    for line in process.stdout or ():
        told += line
        try:
            links = decoder.decode(told)
        except json.JSONDecodeError:
            continue
        _wait_for(links["url"], process)
        return Demo(links["url"], links["contributor_link"])
    raise SystemExit(f"`fairhand demo` ended before it served anything: {told}")


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    where = urlsplit(url)
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((where.hostname or "127.0.0.1", where.port or 80)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within {_START_TIMEOUT_S} s, or the demo ended")


def sign_in(browser: Browser, demo: Demo) -> tuple[StorageState, list[str]]:
    """Open the contributor's link, accept every offer; give the session and the task pages."""
    with browser.new_context(service_workers="block") as context:
        page = context.new_page()
        page.goto(demo.contributor_link)
        page.get_by_role("button").first.click()
        page.wait_for_url(f"{demo.url}/")
        accept = page.locator("form[action$='/join'] button")
        while accept.count():
            accept.first.click()
            page.wait_for_url("**/work/*")
            page.goto(f"{demo.url}/")
        links = page.locator("a[href*='/work/']")
        pages = {str(link.get_attribute("href")) for link in links.all()}
        return context.storage_state(), sorted(pages)


def weigh(browser: Browser, session: StorageState, url: str) -> Weighed:
    """Open a page on a slow phone with an empty cache and count what comes over the wire."""
    with browser.new_context(storage_state=session, service_workers="block", **PHONE) as context:
        page = context.new_page()
        page.set_default_timeout(_PAGE_TIMEOUT_S * 1_000)
        requests = _watch(page)
        page.goto(url, wait_until="commit")
        _until(page, lambda: bool(page.evaluate(_USABLE)))
        needed = list(requests)
        usable_ms = page.evaluate("performance.getEntriesByName('usable')[0].startTime")
        _until(page, lambda: all(requests[key].is_over for key in needed))
        page.wait_for_timeout(_LATER_MS)
        later = [request for key, request in requests.items() if key not in needed]
        name = page.title().split(" · ")[0]
        return Weighed(name, usable_ms, [requests[key] for key in needed], later)


def _until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for something; the page's own content policy forbids Playwright's way of waiting."""
    deadline = time.monotonic() + _PAGE_TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{page.url} was not usable within {_PAGE_TIMEOUT_S} s")
        page.wait_for_timeout(50)


def _watch(page: Page) -> dict[str, Request]:
    """Slow the page down and note its requests, by Chromium's own count of bytes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", _SLOW_3G)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": _CPU_SLOWDOWN})
    requests: dict[str, Request] = {}

    def begun(event: dict[str, Any]) -> None:
        path = urlsplit(event["request"]["url"]).path
        if event["request"]["url"].startswith("http"):
            requests[event["requestId"]] = Request(path, event.get("type", "Other"))

    def over(event: dict[str, Any]) -> None:
        request = requests.get(event["requestId"])
        if request is not None:
            request.size, request.is_over = int(event.get("encodedDataLength", 0)), True

    devtools.on("Network.requestWillBeSent", begun)
    devtools.on("Network.loadingFinished", over)
    devtools.on("Network.loadingFailed", over)
    return requests


def show(weighed: Weighed) -> None:
    """Print one page: its requests, and the line that counts."""
    print(f"\n{weighed.name}")
    for request in sorted(weighed.requests, key=lambda one: -one.size):
        print(f"  {request.size:>8,} B  {request.kind:<11} {_short(request.path)}")
    verdict = "within" if weighed.size <= BUDGET_BYTES else "OVER"
    aim = "" if weighed.usable_ms <= AIM_USABLE_MS else f" (the aim is {AIM_USABLE_MS:,} ms)"
    print(
        f"  {weighed.size:>8,} B in {len(weighed.requests)} requests, {verdict} {BUDGET_BYTES:,}; "
        f"usable after {weighed.usable_ms:,.0f} ms{aim}"
    )
    later = sum(request.size for request in weighed.later)
    print(f"  {later:>8,} B in {len(weighed.later)} requests afterwards, for the next task")


def _short(path: str) -> str:
    return path if len(path) <= 60 else f"{path[:40]}…{path[-16:]}"


def measure() -> list[Weighed]:
    """Weigh the task page of every demo project."""
    arguments = launch_arguments()
    with serve_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        session, pages = sign_in(browser, demo)
        if not pages:
            raise SystemExit("The demo offers no task page to its contributor.")
        weighed = [weigh(browser, session, f"{demo.url}{path}") for path in pages]
        browser.close()
    return weighed


def main() -> int:
    """Weigh, print, and say by the exit code whether every page is within its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json = parser.parse_args().json
    try:
        weighed = measure()
    except LookupError as absent:
        print(absent, file=sys.stderr)
        return 2
    if as_json:
        figures = [
            {"page": one.name, "bytes": one.size, "requests": len(one.requests)}
            | {"usable_ms": round(one.usable_ms)}
            for one in weighed
        ]
        print(json.dumps(figures, indent=2))
    else:
        print("Task pages on a 360x640 phone: 400 kbit/s, 400 ms latency, CPU 4x slower")
        for one in weighed:
            show(one)
    return int(any(one.size > BUDGET_BYTES for one in weighed))


if __name__ == "__main__":
    sys.exit(main())
