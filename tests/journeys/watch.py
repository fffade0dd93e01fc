"""What a page must never do: raise, complain in the console, or ask another host for anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

SHOTS = Path(__file__).resolve().parents[2] / "screenshots" / "journeys"


@dataclass
class Watch:
    """Listens to a visitor's pages; `expected` are complaints that a journey provokes."""

    host: str
    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of a context, its workers included."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    def expect(self, *patterns: str) -> None:
        """Allow complaints that fit one of these patterns, as `status of 401`."""
        self.expected.extend(patterns)

    def check(self) -> None:
        """Fail when anything happened that the journey did not provoke."""
        left = [
            trouble
            for trouble in self.troubles
            if not any(re.search(pattern, trouble) for pattern in self.expected)
        ]
        assert not left, "the pages complained:\n" + "\n".join(left)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.troubles.append(f"console {message.type}: {message.text} ({where})")

    def _error(self, error: WebError) -> None:
        self.troubles.append(f"page error: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.troubles.append(f"request to another host: {request.url}")


def shot(page: Page, name: str, *, full: bool = False) -> None:
    """Keep a picture of the page for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=full)
