"""A served workspace, a browser, and visitors who sign in by link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import browser as chromium
from tests.journeys.hall import Hall
from tests.journeys.watch import Watch, shot

PATIENCE_MS = 15_000


class Visitors(Protocol):
    """Lets a person in: a signed-in page on a device of their own."""

    def __call__(self, person_id: int, device: dict[str, Any] = ..., **more: object) -> Page:
        """Open a browser window for a person, signed in through their link."""

    def by_link(self, link: str, device: dict[str, Any] = ..., **more: object) -> Page:
        """Open a browser window for whoever was sent a link."""

    def watch(self, page: Page) -> Watch:
        """Give what listens to a visitor's pages."""


@pytest.fixture(scope="package")
def chrome() -> Iterator[Browser]:
    """The system's chromium; ended with the journeys, for its event loop blocks others."""
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """The workspace that the journeys share; each has people and projects of its own."""
    served = Hall(tmp_path_factory.mktemp("hall"))
    yield served
    served.close()


@pytest.fixture
def quiet_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A workspace of one journey, without jobs, that may be shut and opened again."""
    served = Hall(tmp_path_factory.mktemp("quiet"), works=False)
    yield served
    served.close()


class _Visitors:
    def __init__(self, browser: Browser, hall: Hall) -> None:
        self.browser, self.hall = browser, hall
        self.watches: dict[BrowserContext, Watch] = {}

    def __call__(
        self, person_id: int, device: dict[str, Any] = chromium.DESKTOP, **more: object
    ) -> Page:
        return self.by_link(self.hall.link(person_id), device, **more)

    def by_link(self, link: str, device: dict[str, Any] = chromium.DESKTOP, **more: object) -> Page:
        context = self.browser.new_context(**{**device, **more})
        context.set_default_timeout(PATIENCE_MS)
        watch = self.watches[context] = Watch(self.hall.url.removeprefix("http://"))
        watch.follow(context)
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{self.hall.url}/")
        return page

    def watch(self, page: Page) -> Watch:
        return self.watches[page.context]

    def picture_failure(self, name: str) -> None:
        for number, context in enumerate(self.watches):
            for page in context.pages:
                shot(page, f"failed-{name}-{number}")

    def leave(self) -> None:
        for context in self.watches:
            context.close()
        for watch in self.watches.values():
            watch.check()


@pytest.fixture
def visit(chrome: Browser, hall: Hall, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    """Let people in; at the end none of their pages may have complained."""
    yield from _let_in(chrome, hall, request)


@pytest.fixture
def visit_quietly(
    chrome: Browser, quiet_hall: Hall, request: pytest.FixtureRequest
) -> Iterator[Visitors]:
    """Let people into the hall that may be shut."""
    yield from _let_in(chrome, quiet_hall, request)


def _let_in(browser: Browser, hall: Hall, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    visitors = _Visitors(browser, hall)
    failed = request.session.testsfailed
    yield visitors
    if request.session.testsfailed > failed:
        visitors.picture_failure(request.node.name)
    visitors.leave()
