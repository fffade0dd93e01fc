"""The whole way: a project is made, labelled by two people, paid, released and verified."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import nuclei_files, tissue_files
from tests.journeys.watch import shot
from tests.readied import make_ready

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LABELS = {"choice": "few\nmany", "mask": "nucleus\ndoubt"}


class Owner:
    """Carmen at her pages."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        self.project_id = 0

    def make_project(self, kind: str) -> None:
        """Fill in the form of a new project."""
        page = self.page
        page.get_by_role("link", name="Projects").first.click()
        page.get_by_role(
            "link", name=re.compile("New project|Make the first project")
        ).first.click()
        page.get_by_label("Title").fill(self.name)
        page.get_by_label("What the data is for").fill("To count cells.")
        page.get_by_label("Guidelines").fill("# Cells\n\nLook at every corner.")
        page.get_by_label("Question", exact=True).fill("What is to be seen?")
        page.get_by_label("Kind of answer").select_option(kind)
        page.get_by_role("textbox", name="Labels").fill(LABELS[kind])
        page.get_by_label("Currency").fill("GBP")
        page.get_by_label("Pay per hour").fill("15.00")
        page.get_by_label("At most").fill("2")
        page.get_by_label("Enough confidence").fill("0.7")
        self.shot("new-project", full=True)
        page.get_by_role("button", name="Make the project").click()
        page.wait_for_url(re.compile(r"/projects/\d+$"))
        self.project_id = int(page.url.rsplit("/", 1)[1])

    def unfold(self, title: str) -> None:
        """Open a folded form of the project page."""
        fold = self.page.locator("details.card", has=self.page.locator("summary", has_text=title))
        if fold.first.get_attribute("open") is None:
            fold.first.locator("summary").first.click()

    def import_files(self, files: Sequence[Path]) -> None:
        """Upload pictures and wait until they are tasks."""
        self.unfold("Import tasks")
        self.page.get_by_label("File", exact=True).set_input_files(files)
        self.page.get_by_role("button", name="Import", exact=True).click()
        expect(self.page.locator("#panel")).to_contain_text(f"{len(files)} tasks added")
        self.shot("imported", full=True)

    def fund(self, amount: str) -> None:
        """Set money aside."""
        self.unfold("Set money aside")
        self.page.get_by_label("Amount in GBP").fill(amount)
        self.page.get_by_role("button", name="Set aside").click()
        expect(self.page.locator("#panel")).to_contain_text(re.compile(r"1,?000\.00"))

    def invite(self, name: str) -> str:
        """Ask somebody in; gives their link."""
        self.unfold("Invite a contributor")
        self.page.locator("form[action$='/invite']").get_by_label("Name").fill(name)
        self.page.locator("form[action$='/invite']").get_by_label("Country").fill("GB")
        self.page.get_by_role("button", name="Make a link").click()
        link = self.page.get_by_label("Sign-in link").input_value()
        self.shot("invited")
        self.page.get_by_role("link", name="Back to").click()
        return link

    def open(self) -> None:
        """Open the project for paid work."""
        self.unfold("Mode and gate")
        self.shot("gate", full=True)
        self.page.get_by_role("button", name="Open for paid work").click()
        expect(self.page.locator("h1 .chip")).to_have_text("open")

    def release(self) -> None:
        """Make a release with its pictures and open its page."""
        self.page.goto(self.page.url)
        self.page.get_by_role("link", name="Releases: make").click()
        self.page.get_by_label("Licence").fill("CC-BY-4.0")
        self.page.get_by_label("Copy the files").check()
        self.page.get_by_role("button", name="Make a release").click()
        self.page.locator("#panel").get_by_role("link", name="Version 1 is ready").click()
        self.shot("release", full=True)

    def shot(self, step: str, *, full: bool = False) -> None:
        """Keep a picture of a step."""
        shot(self.page, f"whole-way-{self.name.lower().replace(' ', '-')}-{step}", full=full)


def paint_with_the_mouse(desk: Desk) -> None:
    """Amina draws: strokes, a polygon, one step too many that she takes back."""
    desk.stroke((0.42, 0.4), (0.5, 0.45), (0.45, 0.55))
    desk.page.keyboard.press("p")
    for corner in ((0.55, 0.55), (0.6, 0.56), (0.58, 0.66)):
        desk.page.mouse.click(*desk.at(*corner))
    desk.tool("Finish shape").click()
    desk.page.keyboard.press("b")
    desk.stroke((0.4, 0.8), (0.6, 0.8))
    desk.page.keyboard.press("Control+z")
    desk.page.keyboard.press("Control+Shift+z")
    desk.page.keyboard.press("Control+z")
    desk.submit_button.click()


def paint_with_a_finger(desk: Desk) -> None:
    """Bao draws on the phone."""
    desk.touch_stroke((0.42, 0.4), (0.5, 0.45), (0.45, 0.55))
    desk.submit_button.tap()


def choose_with_the_mouse(desk: Desk) -> None:
    """Amina chooses by key and submits by key."""
    desk.page.keyboard.press("2")
    desk.page.keyboard.press("Enter")


def choose_with_a_finger(desk: Desk) -> None:
    """Bao taps a label and Submit."""
    desk.page.locator("label.option", has_text="many").tap()
    desk.submit_button.tap()


HANDS: dict[str, tuple[Callable[[Desk], None], Callable[[Desk], None]]] = {
    "mask": (paint_with_the_mouse, paint_with_a_finger),
    "choice": (choose_with_the_mouse, choose_with_a_finger),
}


def label_all(page: Page, act: Callable[[Desk], None], tasks: int, name: str) -> None:
    """Accept the offer and answer every task."""
    shot(page, f"whole-way-{name}-offer", full=True)
    page.get_by_role("button", name=re.compile("Accept and start")).click()
    desk = Desk(page)
    desk.ready()
    for number in range(tasks):
        before = desk.task_id
        if number == 0:
            shot(page, f"whole-way-{name}-task")
        act(desk)
        desk.moved_on(before)
    expect(desk.empty).to_contain_text("Nothing to do just now")
    shot(page, f"whole-way-{name}-done")
    page.locator("a.home").click()


@pytest.mark.parametrize(("kind", "source"), [("mask", "package"), ("choice", "nuclei")])
def test_a_project_is_made_labelled_paid_released_and_verified_in_the_browser(
    hall: Hall,
    visit: Visitors,
    tmp_path: Path,
    kind: str,
    source: str,
) -> None:
    files = nuclei_files(3) if source == "nuclei" else tissue_files(tmp_path / "in", 3)
    name = f"{source} {kind}"
    owner = Owner(visit(hall.carmen), name)
    owner.make_project(kind)
    owner.import_files(files)
    owner.fund("1000")
    amina_link, bao_link = owner.invite("Amina"), owner.invite("Bao")
    make_ready(hall.house.db, owner.project_id, hall.carmen, hall.clock())
    owner.page.reload()
    owner.open()

    with_mouse, with_finger = HANDS[kind]
    amina = visit.by_link(amina_link, DESKTOP)
    label_all(amina, with_mouse, len(files), f"{name.replace(' ', '-')}-amina")
    bao = visit.by_link(bao_link, PHONE)
    label_all(bao, with_finger, len(files), f"{name.replace(' ', '-')}-bao")
    assert len(hall.await_annotations(owner.project_id, 6)) == 6

    panel = owner.page.locator("#panel")
    expect(panel.get_by_text("Nothing is measured before")).to_be_hidden()
    expect(panel).to_contain_text(re.compile(r"Answers\s*6"))
    owner.shot("consensus", full=True)

    close_the_period(hall, owner)
    read_the_statement(amina, name)
    owner.page.goto(f"{hall.url}/projects/{owner.project_id}")
    owner.release()
    folder = download(owner.page, tmp_path)
    code, said = verify(folder)
    assert code == 0, said
    victim = flip_a_bit(folder)
    code, said = verify(folder)
    assert code == 1, said
    assert victim in said


def close_the_period(hall: Hall, owner: Owner) -> None:
    """Carmen settles everything earned up to five minutes from now, when the others have left."""
    hall.clock.ahead_ms += 5 * 60_000
    owner.page.get_by_role("navigation", name="Main").get_by_role(
        "link", name="Pay", exact=True
    ).click()
    expect(owner.page.locator("table.stacks").first).to_be_visible()
    owner.shot("pay", full=True)
    owner.page.get_by_role("button", name="Close the period and write statements").click()
    see = owner.page.get_by_role("link", name="See the period")
    shown = owner.page.get_by_role("heading", name=re.compile(r"^Period \d+$"))
    expect(see.or_(shown)).to_be_visible(timeout=60_000)  # a job of the server closes it
    owner.page.goto(f"{hall.url}/pay")
    expect(owner.page.get_by_role("link", name=re.compile(r"Period \d+")).first).to_be_visible()
    owner.shot("period-closed", full=True)


def read_the_statement(page: Page, name: str) -> None:
    """Amina opens her earnings and her statement."""
    page.get_by_role("link", name="Earnings").click()
    link = page.get_by_role("link", name=re.compile(r"Statement \d+")).first
    expect(link).to_be_visible()
    shot(page, f"whole-way-{name.replace(' ', '-')}-earnings", full=True)
    link.click()
    expect(page.get_by_role("heading", name=re.compile(r"statement \d+", re.I))).to_be_visible()
    expect(page.locator(".stat")).to_contain_text("To pay")
    shot(page, f"whole-way-{name.replace(' ', '-')}-statement", full=True)


def download(page: Page, target: Path) -> Path:
    """Fetch the release as an archive and unpack it."""
    with page.expect_download() as waiting:
        page.get_by_role(
            "link", name=re.compile("ZIP|archive|whole release", re.IGNORECASE)
        ).click()
    archive = target / "release.zip"
    waiting.value.save_as(archive)
    folder = target / "release"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    (manifest,) = folder.rglob("manifest.json")
    return manifest.parent


def verify(folder: Path) -> tuple[int, str]:
    """Run `fairhand verify release` as somebody who downloaded it would."""
    command = [sys.executable, "-m", "fairhand", "verify", "release", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def flip_a_bit(folder: Path) -> str:
    """Damage one bit of the answers; gives the file's name."""
    victim = next(iter(sorted(folder.rglob("*.parquet"))))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    return victim.name
