"""Sounds on the task page: a voice whose network drops, transcripts, marked stretches."""

from __future__ import annotations

import io
import re
import wave
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.task import NewTask
from fairhand.use_cases.read_templates import read_template
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk, lift_finger, settled_box
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SMALL = {**PHONE, "viewport": {"width": 390, "height": 844}}
DARK = {**DESKTOP, "color_scheme": "dark"}
NO_NETWORK = "ERR_INTERNET_DISCONNECTED|Failed to fetch|status of 503"


def sample_of(name: str) -> list[NewTask]:
    """The sample tasks of a template."""
    template = read_template(name)
    assert template.sample is not None
    columns: dict[str, Any] = {
        f"{what}_column": column for what, column in template.columns.items()
    }
    options = ReadOptions(media_root=Path(template.sample).parent, **columns)
    return [row for row in read_tasks(template.sample, options) if isinstance(row, NewTask)]


def project_of(hall: Hall, name: str, person: int, tasks: int) -> int:
    template = read_template(name)
    return hall.project(template.questions, sample_of(name)[:tasks], [person], overlap=1)


def spoken(page: Page, time: str) -> None:
    """Wait until so much is recorded."""
    page.wait_for_function(
        "least => document.querySelector('.booth .time').textContent >= least", arg=time
    )


def speak(page: Page, seconds: float = 1.2) -> None:
    """Record for a while, by the button; the fake microphone beeps."""
    page.get_by_role("button", name=re.compile("Record")).click()
    expect(page.get_by_role("button", name=re.compile("Stop"))).to_be_visible()
    spoken(page, f"0:{seconds:04.1f}")
    page.get_by_role("button", name=re.compile("Stop")).click()
    expect(page.get_by_role("button", name=re.compile("Record again"))).to_be_visible()


def samples_in(hall: Hall, sha256: str) -> int:
    """Open the stored file and count its samples."""
    with wave.open(io.BytesIO(hall.house.blobs.get(sha256))) as file:
        assert file.getnchannels() == 1
        assert file.getsampwidth() == 2
        return int(file.getnframes())


def test_a_voice_on_a_phone_survives_a_lost_network(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, "read-aloud", amina, 3)
    page = visit(amina, SMALL)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    expect(page.locator(".booth .prompt")).to_contain_text(
        re.compile("market|boats|name|village|seeds")
    )
    shot(page, "voice-phone-before")
    page.get_by_role("button", name=re.compile("Record")).click()
    expect(page.get_by_role("button", name=re.compile("Stop"))).to_be_visible()
    spoken(page, "0:00.5")
    page.context.set_offline(True)
    spoken(page, "0:01.0")
    shot(page, "voice-phone-recording")
    page.get_by_role("button", name=re.compile("Stop")).click()
    expect(page.get_by_role("button", name=re.compile("Record again"))).to_be_visible()
    expect(page.locator(".booth audio")).to_be_visible()
    shot(page, "voice-phone-after")
    desk.submit()
    desk.says("saved on this device")
    page.context.set_offline(False)
    (one,) = hall.await_annotations(project, 1)
    answer = one.value["voice"]
    assert answer["samples"] == samples_in(hall, answer["sha256"])
    assert answer["duration_ms"] == round(1_000 * answer["samples"] / answer["rate"])
    assert answer["loudness"] > -60
    speak(page)
    first = page.locator(".booth .time").text_content()
    speak(page, 1.6)
    page.get_by_role("button", name="Test the room").click()
    expect(page.locator(".booth [role=status]")).to_contain_text("The room is")
    page.keyboard.press("Control+z")
    expect(page.locator(".booth .time")).to_have_text(first or "")
    desk.submit()
    assert len(hall.await_annotations(project, 2)) == 2


def test_a_page_that_is_closed_while_somebody_speaks_loses_nothing(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, "free-speech", amina, 1)
    page = visit(amina, SMALL)
    desk = Desk(page)
    desk.open(project)
    page.keyboard.press("r")
    expect(page.get_by_role("button", name=re.compile("Stop"))).to_be_visible()
    spoken(page, "0:06.2")
    page.reload()
    desk.ready()
    expect(page.locator(".booth [role=status]")).to_contain_text("saved when this page closed")
    page.get_by_label("Send recordings only on wifi").check()
    expect(page.get_by_role("button", name="Record again")).to_be_enabled()
    desk.submit()
    (one,) = hall.await_annotations(project, 1)
    answer = one.value["speech"]
    assert samples_in(hall, answer["sha256"]) == answer["samples"] >= 5 * answer["rate"]


def test_writing_down_what_is_said_with_keys_that_work_while_writing(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, "transcription", amina, 2)
    page = visit(amina, DARK)
    desk = Desk(page)
    desk.open(project)
    box = page.get_by_role("textbox", name="What is said?")
    box.focus()
    page.keyboard.press("Control+ ")
    expect(page.get_by_role("button", name=re.compile("^Pause"))).to_be_visible()
    page.keyboard.type("Please bring two kilos")
    page.wait_for_function("() => document.querySelector('.player audio').currentTime > 0.3")
    page.keyboard.press("Control+ ")
    expect(page.get_by_role("button", name=re.compile("^Play"))).to_be_visible()
    page.keyboard.press("Control+,")
    expect(page.locator(".player .now")).to_contain_text("0:00.0 of")
    shot(page, "transcript-desk-dark")
    before = desk.task_id
    page.keyboard.press("Control+Enter")
    desk.moved_on(before)
    page.get_by_label("Nobody speaks").check()
    desk.submit()
    said = [one.value["words"] for one in hall.await_annotations(project, 2)]
    assert said == [{"text": "Please bring two kilos"}, {"text": "", "nothing": True}]


def test_marking_who_speaks_by_keys_alone_and_by_touch(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, "who-speaks", amina, 2)
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    for key in ["ArrowRight"] * 2 + ["1"] + ["ArrowRight"] * 5 + ["1", ".", "2"]:
        page.keyboard.press(key)
    for key in [","] + ["ArrowRight"] * 12 + ["2", "p", "x"]:
        page.keyboard.press(key)
    marks = page.get_by_role("list", name="Marked stretches").get_by_role("listitem")
    expect(marks).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(marks).to_have_count(2)
    shot(page, "segments-desk")
    desk.submit()

    phone = visit(amina, SMALL)
    desk = Desk(phone)
    desk.open(project)
    box = settled_box(phone.locator("canvas.wave"))
    finger = phone.context.new_cdp_session(phone)
    y = box["y"] + box["height"] / 2
    for kind, share in [("touchStart", 0.2), ("touchMove", 0.3), ("touchMove", 0.5)]:
        at = [{"x": box["x"] + box["width"] * share, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    lift_finger(phone, finger, (box["x"] + box["width"] / 2, y))
    phone.get_by_role("button", name=re.compile("The high voice")).first.tap()
    expect(
        phone.get_by_role("list", name="Marked stretches").get_by_role("listitem")
    ).to_have_count(1)
    shot(phone, "segments-phone")
    desk.submit()
    first, second = (one.value["voices"]["segments"] for one in hall.await_annotations(project, 2))
    assert [one["label"] for one in first] == ["low", "high"]
    assert first[0] == {"start": 200, "end": 700, "label": "low"}
    (only,) = second
    assert only["label"] == "high"
    assert 0.25 < (only["end"] - only["start"]) / (only["end"] / 0.5) < 0.35
