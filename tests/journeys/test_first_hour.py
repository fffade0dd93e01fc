"""A newcomer's first hour: move in, invite phones, work, review, pay, release, train, restore.

What docs/how-to/first-hour.md tells, done: its commands in a terminal, its pages by hand.
"""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESKTOP, PHONE
from tests.journeys.desk import Desk
from tests.journeys.watch import shot
from tests.stories.terminal import Said, Terminal, run
from tests.stories.test_cli_serve import free_port, started

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAID = {
    "The room was clean and the view was lovely.": "good",
    "Nobody answered the phone for two days.": "bad",
    "Breakfast was cold.": "bad",
    "We will come again.": "good",
    "The shower leaked all night.": "bad",
    "Friendly people at the desk.": "good",
}
CONFIG = (
    '<View><Text name="text" value="$text"/><Header value="Is the guest content?"/>'
    '<Choices name="mood" toName="text" choice="single">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
)
GUIDELINES = (
    "# Is the guest content?\n\n**good**: would come again. **bad**: something went wrong.\n"
)
TRAIN = """\
import os

import fairhand as fh
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

rows = list(fh.load_release(os.environ["FAIRHAND_RELEASE"]))
texts, moods = [row["data"]["text"] for row in rows], [row["value"] for row in rows]
model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, moods)
print(f"trained on {len(rows)} rows:", *model.predict(["The view was lovely.", "It leaked."]))
"""
NEWCOMERS = ("Amina", "Bao", "Chidi")
GOLD = 8
TASKS = 26
LEFT = TASKS - GOLD
IN_PILOT = 5
TOLD = ("pay books", "log checkpoint", "release list hotel-reviews", "pay statement 1")
"""What must be the same after a restore, in the words of the commands that tell it."""
PATIENCE_MS = 20_000


def right(text: str) -> str:
    """Say what anybody can read off a review."""
    return next(mood for words, mood in SAID.items() if words in text)


def studio_files(folder: Path) -> None:
    """Write the two files that one has of Label Studio, guidelines, and a training."""
    tasks = []
    for number in range(TASKS):
        words, mood = list(SAID.items())[number % len(SAID)]
        chosen = {
            "id": f"r{number}",
            "from_name": "mood",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [mood]},
        }
        answer = {
            "id": 900 + number,
            "completed_by": {"id": 4, "email": "old@example.org"},
            "result": [chosen],
            "was_cancelled": False,
            "ground_truth": number < GOLD,
            "lead_time": 4.2,
        }
        data = {"text": f"{words} (guest {number})"}
        tasks.append({"id": 100 + number, "data": data, "annotations": [answer], "predictions": []})
    (folder / "export.json").write_text(json.dumps(tasks))
    (folder / "config.xml").write_text(CONFIG)
    (folder / "guidelines.md").write_text(GUIDELINES)
    (folder / "train.py").write_text(TRAIN)


class Hour:
    """One hour: a terminal, a server with HTTPS, and devices."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.folder, self.browser = folder, browser
        self.terminal = Terminal(folder / "team")
        self.url = ""

    def say(self, command: str) -> Said:
        """Run a command as the page writes it."""
        return self.terminal.ok(*command.split())

    @contextmanager
    def served(self, workspace: Path, *more: str) -> Iterator[None]:
        """Serve over HTTPS as on a home network, until the block ends."""
        port = free_port()
        where = ("-w", str(workspace), "--port", str(port), "--host", "127.0.0.1", *more)
        with started("serve", "--tls", *where) as process:
            assert process.stderr is not None
            told = ""
            while "Ctrl-C stops it" not in told:
                line = process.stderr.readline()
                assert line, told
                told += line
            drain = threading.Thread(target=process.stderr.read)
            drain.start()
            self.url = f"https://127.0.0.1:{port}"
            transport = httpx.HTTPTransport(
                verify=ssl.create_default_context(cafile=workspace / "keys" / "tls.crt"), retries=20
            )
            with httpx.Client(transport=transport) as client:
                assert client.get(f"{self.url}/health").text == "alive\n"
            yield
            os.kill(process.pid, signal.SIGINT)
            drain.join(30)
            process.wait(30)

    def enter(self, link: str, device: dict[str, object]) -> Page:
        """Open a link on a device of its own, and sign in; its certificate is accepted once."""
        context = self.browser.new_context(**device, ignore_https_errors=True)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(self.url + re.sub(r"^https?://[^/]+", "", link))
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{self.url}/")
        return page

    def accept(self, page: Page, title: str) -> None:
        """Accept the offer of a project."""
        page.goto(f"{self.url}/")
        head = page.locator("h2, h3").filter(has_text=re.compile(rf"^\s*{title}"))
        offer = page.locator(".card").filter(has=head).first
        offer.get_by_role("button", name=re.compile("^Accept")).click()
        page.wait_for_url(re.compile(r"/(work|learn)"))

    def answer(self, page: Page, project: int) -> int:
        """Answer what is handed out until nothing is left; gives how many."""
        page.goto(f"{self.url}/work/{project}")
        desk, done = Desk(page), 0
        expect(page.locator("#panel .question, #empty button").first).to_be_visible()
        while not desk.empty.is_visible():
            desk.answer(right(page.locator(".item-text").first.inner_text()))
            done += 1
        return done

    def train(self, release: str) -> str:
        """Let the gate start a training."""
        command = [sys.executable, "-m", "fairhand", "gate", "-w", str(self.terminal.workspace)]
        command += ["--release", release, "--", sys.executable, str(self.folder / "train.py")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def learn(self, page: Page) -> None:
        """Go through the lesson, and pass the exam."""
        page.goto(f"{self.url}/learn")
        page.get_by_role("link", name=re.compile("the lesson$")).first.click()
        exam = page.get_by_role("link", name="To the exam")
        answer = page.get_by_role("button", name="Answer")
        onward = page.get_by_role("button", name="Go on").or_(
            page.get_by_role("link", name="Go on")
        )
        while not exam.first.is_visible():
            if answer.count():
                self.choose(page)
                answer.click()
                expect(page.get_by_text("That is right.")).to_be_visible()
            else:
                onward.first.click()
        exam.first.click()
        page.get_by_role("button", name="Begin the exam").click()
        passed = page.get_by_role("heading", name="Passed")
        while not passed.is_visible():
            self.choose(page)
            asked = page.locator("main").inner_text()
            answer.click()
            page.wait_for_function(
                "t => { const main = document.querySelector('main');"
                " return main && main.innerText !== t; }",
                arg=asked,
            )

    @staticmethod
    def choose(page: Page) -> None:
        """Choose what is right."""
        mood = right(page.locator(".item-text").first.inner_text())
        page.locator(f"label.option:has(input[value='{mood}'])").click()


@pytest.fixture
def hour(chrome: Browser, tmp_path: Path) -> Iterator[Hour]:
    """An empty folder, and a browser."""
    yield Hour(tmp_path, chrome)
    for context in chrome.contexts:
        context.close()


def test_a_newcomer_moves_in_and_trains_within_the_hour(hour: Hour) -> None:
    folder = hour.folder
    studio_files(folder)
    owner_link = hour.terminal.init().json["link"]
    move_in(hour)
    with hour.served(hour.terminal.workspace):
        owner = hour.enter(owner_link, DESKTOP)
        phones = {}
        for name in NEWCOMERS:
            link = hour.say(f"invite {name} --country GB --project hotel-reviews --json").json
            phones[name] = hour.enter(link["link"], PHONE)
            shot(phones[name], f"first-hour-{name}-offers", full=True)
            hour.accept(phones[name], "Pilot 1: Hotel reviews")
            assert hour.answer(phones[name], 2) == IN_PILOT
        decide = ("--by", "carmen@example.org", "--reason", "They agree, and it is quick.")
        hour.terminal.ok("pilot", "decide", "hotel-reviews", "go", *decide)
        for name, phone in phones.items():
            hour.accept(phone, "Hotel reviews")
            hour.learn(phone)
            shot(phone, f"first-hour-{name}-passed", full=True)
        assert hour.terminal.run("ready", "hotel-reviews").code == 0
        hour.say("project open hotel-reviews")
        hour.say("review set hotel-reviews --sample 10")
        done = {name: hour.answer(phone, 1) for name, phone in phones.items()}
        assert sum(done.values()) >= 2 * LEFT
        shot(phones["Amina"], "first-hour-nothing-left", full=True)
        review(hour, owner)
        assert "3 people settled" in hour.say("pay close").out
        phones["Amina"].goto(f"{hour.url}/earnings")
        expect(phones["Amina"].get_by_role("link", name="Statement 1")).to_be_visible()
        shot(phones["Amina"], "first-hour-earnings", full=True)
        made = ("hotel-reviews", "--licence", "CC-BY-4.0", "-o", str(folder / "reviews-v1"))
        hour.terminal.ok("release", "create", *made)
        said = hour.train("1")
        assert f"trained on {LEFT} rows: good bad" in said
        assert "Run 1 is written down." in said
    restore(hour)


def restore(hour: Hour) -> None:
    """Back everything up, lose the workspace, restore it, and go on where it was."""
    backup, restored = hour.folder / "monday", hour.folder / "again"
    hour.say(f"backup {backup}")
    before = told(hour)
    hour.terminal.workspace.rename(hour.folder / "lost")
    assert run("restore", str(backup), "--to", str(restored)).code == 0
    hour.terminal = Terminal(restored)
    assert told(hour) == before
    assert run("verify", "release", str(hour.folder / "reviews-v1")).code == 0
    with hour.served(restored):
        page = hour.enter(hour.say("link carmen@example.org --json").json["link"], DESKTOP)
        page.goto(f"{hour.url}/projects/1/tasks")
        expect(page.get_by_text(re.compile("The shower leaked")).first).to_be_visible()
        shot(page, "first-hour-restored", full=True)


def told(hour: Hour) -> list[dict[str, Any]]:
    """Ask for what a restore must not change; the hour of asking apart."""
    said = [hour.say(f"{what} --json").json for what in TOLD]
    return [{name: value for name, value in one.items() if name != "at"} for one in said]


def review(hour: Hour, owner: Page) -> None:
    """Carmen looks at one task of ten."""
    owner.goto(f"{hour.url}/projects/1")
    shot(owner, "first-hour-project", full=True)
    owner.goto(f"{hour.url}/projects/1/review")
    shot(owner, "first-hour-review", full=True)
    owner.get_by_role("button", name="Review the next task").click()
    shot(owner, "first-hour-reviewing", full=True)
    owner.get_by_role("button", name=re.compile("^Let it stand")).click()


def move_in(hour: Hour) -> None:
    """Make the project out of the two files, with gold, a course and a pilot."""
    made = hour.terminal.ok(
        *(
            "project",
            "create",
            "Hotel reviews",
            "--purpose",
            "Sort reviews",
            "--ground-truth-as-gold",
        ),
        *("--from-label-studio", str(hour.folder / "export.json")),
        *("--config", str(hour.folder / "config.xml")),
        *("--guidelines", str(hour.folder / "guidelines.md"), "--currency", "GBP", "--rate", "15"),
    )
    assert f"{TASKS} tasks added to hotel-reviews" in made.out
    gold = hour.say("gold list hotel-reviews --json").json["tasks"]
    assert len(gold) == GOLD
    for one in gold:
        why = ("--explanation", "They say so themselves.")
        answer = f"mood={one['value']['mood']}"
        hour.terminal.ok("gold", "mark", "hotel-reviews", str(one["task_id"]), answer, *why)
    hour.say("gold share hotel-reviews 5")
    hour.say("project fund hotel-reviews 100")
    hour.say("course draft hotel-reviews")
    hour.say("course publish hotel-reviews 1")
    hour.say(f"pilot start hotel-reviews --tasks {IN_PILOT} --people 3")
