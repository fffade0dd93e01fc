"""Weigh the pages that a contributor meets on a slow phone: `make page-weight`.

A workspace with a demo project of every template is served. A 360x640 phone with an empty cache,
400 kbit/s, 400 ms of latency and a quarter of this machine's speed opens the task page of each,
and then the pages that people need most: a check-in, a statement, an appeal. Counted are all bytes
on the wire, headers included, of what a page asks for until it says that it is usable (the others:
until it is loaded), the picture of the first task with it. Fails above 100 KB for any page.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.decide_about_person import DecideAboutPerson, decide_about_person
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.read_templates import list_templates
from fairhand.use_cases.skip_task import SkipTask, skip_task
from tests.browser import PHONE, launch_arguments
from tests.journeys.hall import Hall
from tests.journeys.kinds import open_template
from tests.journeys.pictures import DIGIT, digits

BUDGET_BYTES = 100_000
AIM_USABLE_MS = 3_000
_SLOW_3G = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,  # bytes a second: 400 kbit/s
    "uploadThroughput": 50_000,
}
_CPU_SLOWDOWN = 4
_PAGE_TIMEOUT_S = 60
_LATER_MS = 5_000
_USABLE = "performance.getEntriesByName('usable').length > 0"
_USABLE_AT = "performance.getEntriesByName('usable')[0].startTime"
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd > 0"
_LOADED_AT = "performance.getEntriesByType('navigation')[0].loadEventEnd"


@dataclass(frozen=True, slots=True)
class Place:
    """A page to open, and what it is called."""

    name: str
    path: str
    is_task: bool


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


def furnish(hall: Hall, person_id: int, chosen: Sequence[str]) -> list[Place]:
    """Make a project of every template (or of those chosen), pay once, and decide once."""
    places = [
        Place(template.name, f"/work/{open_template(hall, template, person_id)}", is_task=True)
        for template in list_templates()
        if not chosen or template.name in chosen
    ]
    return places + ([] if chosen else _rights(hall, person_id))


def _rights(hall: Hall, person_id: int) -> list[Place]:
    """A statement and a decision, and the pages where one reads and contests them."""
    db, carmen = hall.house.db, hall.carmen
    house, project = hall.house, hall.project(DIGIT, digits(2), [person_id])
    asked = HandOutTask(person_id, project)
    got = hand_out_task(db, asked, hall.clock(), terms=house.terms, idle_cap_ms=house.idle_cap_ms)
    if got.sheet is None:
        raise SystemExit(f"No task was handed out: {got.message}")
    hall.clock.ahead_ms += 60_000
    skipped = SkipTask(person_id, got.sheet.task.id, "page-weight")
    skip_task(db, skipped, hall.clock(), signer=house.signer, idle_cap_ms=house.idle_cap_ms)
    hall.clock.ahead_ms += 1_000
    close_pay_period(db, ClosePayPeriod(hall.clock(), carmen), hall.clock())
    (statement,) = hall.rows("SELECT MAX(id) FROM statement WHERE person_id = :p", p=person_id)[0]
    decided = DecideAboutPerson(
        carmen,
        person_id,
        project,
        "fraud_flag",
        "Two accounts sent the very same letters.",
        "Letters that differ would not have been looked at.",
        "Annotations 3 and 4.",
        "page-weight-1",
    )
    decision = decide_about_person(db, decided, hall.clock())
    return [
        Place("check-in", "/wellbeing/check-ins", is_task=False),
        Place("statement", f"/earnings/statements/{statement}", is_task=False),
        Place("appeal", f"/rights/decisions/{decision}/appeal", is_task=False),
    ]


def sign_in(browser: Browser, link: str) -> StorageState:
    """Open the contributor's link; give the session."""
    with browser.new_context(service_workers="block") as context:
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state()
        return context.storage_state()


def weigh(browser: Browser, session: StorageState, url: str, place: Place) -> Weighed:
    """Open a page on a slow phone with an empty cache and count what comes over the wire."""
    with browser.new_context(storage_state=session, service_workers="block", **PHONE) as context:
        page = context.new_page()
        page.set_default_timeout(_PAGE_TIMEOUT_S * 1_000)
        requests = _watch(page)
        page.goto(f"{url}{place.path}", wait_until="commit")
        ready = _USABLE if place.is_task else _LOADED
        _until(page, lambda: bool(page.evaluate(ready)))
        needed = list(requests)
        usable_ms = page.evaluate(_USABLE_AT if place.is_task else _LOADED_AT)
        _until(page, lambda: all(requests[key].is_over for key in needed))
        if place.is_task:
            page.wait_for_timeout(_LATER_MS)
        later = [request for key, request in requests.items() if key not in needed]
        return Weighed(place.name, usable_ms, [requests[key] for key in needed], later)


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


def measure(chosen: Sequence[str]) -> list[Weighed]:
    """Weigh the task page of every template, and what people need most."""
    arguments = launch_arguments()
    with (
        tempfile.TemporaryDirectory(prefix="fairhand-weight-") as folder,
        sync_playwright() as playwright,
    ):
        hall = Hall(Path(folder), works=False)
        person_id = hall.person("Amina")
        places = furnish(hall, person_id, chosen)
        browser = playwright.chromium.launch(**arguments)
        session = sign_in(browser, hall.link(person_id))
        weighed = [weigh(browser, session, hall.url, place) for place in places]
        browser.close()
        hall.close()
    return weighed


def main() -> int:
    """Weigh, print, and say by the exit code whether every page is within its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("template", nargs="*", help="weigh these templates alone")
    wishes = parser.parse_args()
    as_json = wishes.json
    try:
        weighed = measure(wishes.template)
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
        print("Pages on a 360x640 phone: 400 kbit/s, 400 ms latency, CPU 4x slower")
        for one in weighed:
            show(one)
    return int(any(one.size > BUDGET_BYTES for one in weighed))


if __name__ == "__main__":
    sys.exit(main())
