"""Sounds on the task page: a voice whose network drops, transcripts, marked stretches."""

from __future__ import annotations

import io
import re
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fairhand.compute.models.sound import read_sound
from fairhand.core.ids import sha256_hex
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.task import Media, NewPrediction, NewTask
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.read_templates import read_template
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk, lift_finger, settled_box
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.rules.models.recordings import asks_segments, spliced

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
    draft = NewPrediction({"words": {"text": "the boat leaves"}}, "draft@1", 0.7)
    first, second, third = sample_of("transcription")[:3]
    tasks = [first, second, replace(third, predictions=(draft,))]
    questions = read_template("transcription").questions
    project = hall.project(questions, tasks, [amina], overlap=1)
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
    take = page.get_by_role("button", name="Accept the suggestion")
    expect(box).to_have_value("")
    take.click()
    expect(box).to_have_value("the boat leaves")
    expect(take).to_be_disabled()  # what is written is never written over
    box.press("End")
    page.keyboard.type(" at noon")
    shot(page, "transcript-suggested")
    desk.submit()
    said = [one.value["words"] for one in hall.await_annotations(project, 3)]
    assert said[:2] == [{"text": "Please bring two kilos"}, {"text": "", "nothing": True}]
    assert said[2] == {"text": "the boat leaves at noon"}


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


def test_stretches_that_a_model_suggests_are_taken_over_and_mended(
    hall: Hall, visit: Visitors
) -> None:
    amina, bao = hall.person("Amina"), hall.person("Bao")
    tasks: list[NewTask] = []
    truth: dict[str, Any] = {}
    for row, (content, answer) in enumerate(spliced(24, ["george"])):
        name = f"row {row}"
        known = {"duration_ms": read_sound(content).ms, "rate": 16_000}
        media = Media(sha256_hex(content), "audio/wav", len(content), details=known)
        tasks.append(NewTask({"clip": name}, f"{row:064x}", name, media=media, media_bytes=content))
        truth[name] = answer
    project = hall.project(asks_segments("george"), tasks, [amina, bao], overlap=1)
    house = hall.house
    for at in range(12):
        handed = hand_out_task(
            house.db, HandOutTask(bao, project), hall.clock(),
            terms=house.terms, idle_cap_ms=house.idle_cap_ms,
        )  # fmt: skip
        assert handed.sheet is not None
        task = handed.sheet.task
        value = {"who": truth[str(task.data["clip"])]}
        submit_annotation(
            house.db, SubmitAnnotation(bao, task.id, f"stretches-{at:04d}", value), hall.clock(),
            signer=house.signer, idle_cap_ms=house.idle_cap_ms,
        )  # fmt: skip

    owner = visit(hall.carmen)
    owner.goto(f"{hall.url}/projects/{project}/assist")
    owner.get_by_role("button", name="Switch assistance on").click()
    expect(owner.get_by_role("heading", name="Assistance")).to_contain_text("on")
    query = "SELECT COUNT(*) FROM prediction WHERE project_id = :project"
    hall.wait(lambda: hall.rows(query, project=project)[0][0] >= 8, 240)
    owner.reload()
    expect(owner.get_by_text("speech-segments", exact=False).first).to_be_visible()
    shot(owner, "assist-speech", full=True)

    page = visit(amina, PHONE)
    desk = Desk(page)
    desk.open(project)
    take = page.get_by_role("button", name="Accept the suggestion")
    marks = page.get_by_role("list", name="Marked stretches").get_by_role("listitem")
    for _ in range(8):  # some tasks come without a suggestion, by chance
        if page.locator(".proposal").count():
            break
        page.get_by_label("There is nothing to mark").check()
        desk.submit()
    expect(page.locator(".proposal")).to_contain_text("times in 10")
    expect(marks).to_have_count(0)  # nothing is chosen for anybody
    take.click()
    expect(marks).to_have_count(4)
    shot(page, "segments-suggested-phone")
    page.get_by_role("button", name=re.compile("^Next")).click()
    page.get_by_role("button", name=re.compile("^Remove")).click()
    expect(marks).to_have_count(3)
    task_id = desk.task_id
    desk.submit()
    hall.wait(lambda: any(one.task_id == task_id for one in hall.annotations(project)))
    sent = next(one for one in hall.annotations(project) if one.task_id == task_id)
    assert len(sent.value["who"]["segments"]) == 3
    assert (sent.prediction_shown, sent.prediction_changed) == (True, True)
