"""The pages and the API of learning: a lesson, an exam, practice, and a trainer's courses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairhand.client import Client
from fairhand.core.clock import DAY_MS
from tests.school import School
from tests.web.world import TestClient, World


@pytest.fixture
def school(world: World, tmp_path: Path) -> School:
    made = School(world.cast, tmp_path)
    made.publish()
    return made


def join(world: World, school: School) -> TestClient:
    """Amina accepts the offer, and is led to the lesson."""
    client = world.client("Amina")
    home = client.get("/").text
    notice = re.search(
        rf'/projects/{school.project}/join">.*?name="notice_sha256" value="(\w+)"', home, re.S
    )
    assert notice is not None
    form = world.form(client, notice_sha256=notice[1])
    sent = client.post(f"/projects/{school.project}/join", data=form)
    assert sent.headers["location"] == f"/learn/{school.course}"
    return client


def go_on(world: World, school: School, client: TestClient, step: int, **answer: str) -> Any:  # noqa: ANN401  # a response
    world.cast.clock.advance(20_000)
    form = world.form(client, step=str(step), **answer)
    return client.post(f"/learn/{school.course}", data=form)


def sit(world: World, school: School, client: TestClient, right: int) -> str:
    """Answer ten questions on the page; gives the page of the result."""
    page = f"/learn/{school.course}/exam"
    assert client.post(f"{page}/begin", data=world.form(client)).headers["location"] == page
    for at in range(10):
        html = client.get(page).text
        assert f"Question {at + 1} of 10" in html
        found = dict(re.findall(r'name="(attempt|task|client_key)" value="([^"]+)"', html))
        value = "cat" if at < right else "owl"
        world.cast.clock.advance(20_000)
        sent = client.post(page, data=world.form(client, **found, **{"answer.pet": value}))
        assert sent.status_code == 303, sent.text
    return client.get(page).text


def test_a_newcomer_goes_from_the_offer_through_the_lesson_to_work(
    world: World, school: School
) -> None:
    client = join(world, school)
    assert client.get(f"/work/{school.project}").headers["location"] == "/learn"
    refused = client.post(f"/api/v1/projects/{school.project}/next", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "learn_first")
    assert "Learn first" in client.get("/").text
    page = client.get(f"/learn/{school.course}").text
    assert "Step 1 of 4" in page
    assert "6.00 an hour" in page
    assert go_on(world, school, client, 0).headers["location"].endswith("?step=1")
    assert "An example" in client.get(f"/learn/{school.course}").text
    go_on(world, school, client, 1)
    asked = client.get(f"/learn/{school.course}").text
    assert "It purrs." not in asked, "the reason is told after the answer"
    assert 'name="answer.pet" value="cat"' in asked
    empty = go_on(world, school, client, 2)
    assert empty.status_code == 422
    assert "Give an answer first" in empty.text
    told = go_on(world, school, client, 2, **{"answer.pet": "owl"}).headers["location"]
    page = client.get(told.split("#")[0]).text
    assert "Not this time." in page
    assert "It purrs." in page
    go_on(world, school, client, 3, **{"answer.pet": "cat"})
    assert "You have done every step" in client.get(f"/learn/{school.course}").text
    result = sit(world, school, client, 10)
    assert "Passed" in result
    assert "Go to work" in result
    assert client.get(f"/work/{school.project}").status_code == 200
    assert "qualified" in client.get("/learn").text


def test_who_does_not_pass_sees_each_answer_why_and_when_to_try_again(
    world: World, school: School
) -> None:
    client = join(world, school)
    result = sit(world, school, client, 8)
    assert "Not passed yet" in result
    assert "8 of 10 right; it takes 9." in result
    assert result.count("It purrs.") == 10
    assert "The next try may begin on" in result
    early = client.post(f"/learn/{school.course}/exam/begin", data=world.form(client))
    assert early.status_code == 409
    assert "Practice is open until then" in early.text
    assert "not passed yet" in client.get("/learn").text
    world.cast.clock.advance(DAY_MS)
    assert "practice tasks are due" in client.get("/learn").text
    page = client.get("/learn/practice").text
    found = dict(re.findall(r'name="(task|client_key)" value="([^"]+)"', page))
    form = world.form(client, **found, **{"answer.pet": "cat"})
    told = client.post("/learn/practice", data=form).text
    assert "That is right." in told
    assert "It comes back in 3 days." in told


def test_a_trainer_drafts_changes_previews_publishes_and_voids(
    world: World, tmp_path: Path
) -> None:
    school = School(world.cast, tmp_path)
    client = world.client("Carmen")
    place = f"/projects/{school.project}/courses"
    assert "Courses" in client.get(place).text
    made = client.post(place, data=world.form(client))
    assert made.headers["location"] == f"{place}/2"
    page = client.get(f"{place}/2").text
    fields = dict(re.findall(r'name="(step\.\d+\.(?:kind|place))" value="([^"]*)"', page))
    chosen = dict(re.findall(r'name="(step\.\d+\.task)">.*?value="(\d+)" selected', page, re.S))
    own = {
        "title": "Cats first",
        "skill": "pets",
        "exam_asks": "10",
        "pass_percent": "60",
        "retakes": "2",
        "retake_after_hours": "1",
        "valid_days": "365",
        "most_paid_hours": "2",
        "step.pool": "all",
        "step.new.kind": "text",
        "step.new.title": "Begin here",
        "step.new.body": "Look **closely**.",
        "step.new.place": "0.5",
    }
    saved = client.post(f"{place}/2", data=world.form(client, **fields, **chosen, **own))
    assert saved.status_code == 303, saved.text
    page = client.get(f"{place}/2").text
    assert page.index("Begin here") < page.index("step.1.kind")
    assert "<strong>9 of 10</strong>" in page
    wrong = {**own, "retakes": "many", "title": ""}
    refused = client.post(f"{place}/2", data=world.form(client, **fields, **chosen, **wrong))
    assert (refused.status_code, "Give a number." in refused.text) == (422, True)
    preview = client.get(f"{place}/2/preview").text
    assert "<strong>closely</strong>" in preview
    assert "It purrs." in preview
    assert client.post(f"{place}/2/publish", data=world.form(client)).status_code == 303
    school.course, school.number = 2, 2
    amina = join(world, school)
    sit(world, school, amina, 0)
    page = client.get(f"{place}/2").text
    assert "0 of 10 right" in page
    ((attempt,),) = world.cast.rows("SELECT id FROM attempt WHERE kind = 'exam'")
    form = world.form(client, attempt=str(attempt), reason="no")
    assert client.post(f"{place}/2/void", data=form).status_code == 422
    form = world.form(client, attempt=str(attempt), reason="The network was down that hour.")
    assert client.post(f"{place}/2/void", data=form).status_code == 303
    assert "The network was down that hour." in amina.get(f"/learn/{school.course}/exam").text
    assert client.post(f"{place}/2/retire", data=world.form(client)).status_code == 303
    assert amina.get(f"/work/{school.project}").status_code == 200


def test_a_course_is_closed_to_strangers_and_its_form_to_contributors(
    world: World, school: School
) -> None:
    esi = world.client("Esi")
    assert esi.get(f"/learn/{school.course}").status_code == 404
    assert esi.get(f"/projects/{school.project}/courses").status_code == 403
    assert world.client("Amina").get("/learn/999").status_code == 404
    assert "No course waits for you" in esi.get("/learn").text


def test_a_picture_of_a_lesson_is_shown_to_its_learner_alone(world: World, school: School) -> None:
    sha256 = world.house.blobs.put(b"a picture")
    world.cast.change(
        "UPDATE task SET media_sha256 = :sha256, media_type = 'image/png' WHERE project_id = :p",
        sha256=sha256,
        p=school.project,
    )
    client = join(world, school)
    assert client.get(f"/media/{sha256}").status_code == 404
    client.get(f"/learn/{school.course}")
    assert client.get(f"/media/{sha256}").status_code == 200
    assert world.client("Esi").get(f"/media/{sha256}").status_code == 404


def test_the_api_takes_a_course_from_its_draft_to_a_passed_exam(
    world: World, tmp_path: Path
) -> None:
    school = School(world.cast, tmp_path)
    carmen = world.client("Carmen")
    place = f"/api/v1/projects/{school.project}/courses"
    assert carmen.get(place).json()["gold"] == 24
    made = carmen.post(place, json={"from_last": True}).json()
    own = ("title", "skill", "steps", "exam_tasks", "retakes", "valid_days", "most_paid_hours")
    body = {name: made[name] for name in own} | {"exam_asks": 3}
    saved = carmen.put(f"{place}/{made['number']}", json=body)
    assert saved.status_code == 200, saved.text
    refused = carmen.post(f"{place}/{made['number']}/publish", json={})
    assert refused.status_code == 422
    assert "ask at least" in refused.json()["issues"][0]["message"]
    body = body | {"exam_asks": 10}
    assert carmen.put(f"{place}/{made['number']}", json=body).status_code == 200
    assert carmen.get(f"{place}/{made['number']}").json()["needed"] == 9
    assert carmen.post(f"{place}/{made['number']}/publish", json={}).json()["state"] == "live"
    bad = body | {"exam_asks": "ten"}
    assert carmen.put(f"{place}/{made['number']}", json=bad).status_code == 422
    school.course = made["id"]
    amina = join(world, school)
    (mine,) = amina.get("/api/v1/me/courses").json()["courses"]
    assert (mine["state"], mine["exam"]) == ("new", {"asks": 10, "needed": 9})
    begun = amina.post(f"/api/v1/courses/{school.course}/exam").json()
    for _ in range(10):
        room = amina.get(f"/api/v1/courses/{school.course}/exam").json()
        told = {
            "task_id": room["task"]["task_id"],
            "client_key": world.cast.key(),
            "value": {"pet": "cat"},
        }
        path = f"/api/v1/exams/{begun['attempt_id']}/answers"
        done = amina.post(path, json=told).json()
    assert (done["state"], done["verdict"]["right"]) == ("passed", 10)
    review = amina.get(f"/api/v1/exams/{begun['attempt_id']}").json()["review"]
    assert [one["known"] for one in review] == [{"pet": "cat"}] * 10
    assert world.client("Esi").get(f"/api/v1/exams/{begun['attempt_id']}").status_code == 404
    results = carmen.get(f"{place}/{made['number']}").json()["results"]
    assert [(one["name"], one["state"]) for one in results] == [("Amina", "passed")]


def test_an_answer_that_is_none_is_sent_back_and_nothing_is_kept(
    world: World, school: School
) -> None:
    client = join(world, school)
    client.post(f"/learn/{school.course}/exam/begin", data=world.form(client))
    page = client.get(f"/learn/{school.course}/exam").text
    found = dict(re.findall(r'name="(attempt|task|client_key)" value="([^"]+)"', page))
    bad: list[tuple[dict[str, str], int]] = [
        ({"answer.pet": "cow"}, 422),
        ({"answer.pet": "x" * 5_000}, 422),
        ({"answer.pet": '{"size":[1,1]}'}, 422),
        ({"answer.none": "cat"}, 422),
        ({"answer.pet": "cat\x00"}, 400),
        ({}, 422),
    ]
    for sent, status in bad:
        form = world.form(client, **found, **sent)
        answer = client.post(f"/learn/{school.course}/exam", data=form)
        assert answer.status_code == status, sent
    assert world.cast.rows("SELECT count(*) FROM attempt_answer") == [(0,)]


def through(world: World) -> httpx.MockTransport:
    """Let the SDK speak to the app without a network."""
    inner = world.client()

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"authorization": request.headers["authorization"]}
        if request.content:
            headers["content-type"] = "application/json"
        path = request.url.path
        said = inner.request(request.method, path, content=request.content, headers=headers)
        return httpx.Response(said.status_code, content=said.content, headers=dict(said.headers))

    return httpx.MockTransport(answer)


def test_the_sdk_drafts_publishes_examines_and_voids(world: World, tmp_path: Path) -> None:
    school = School(world.cast, tmp_path)
    token = world.token("Carmen", "manage")
    carmen = Client("http://testserver", token, transport=through(world)).learning
    made = carmen.draft(school.project, from_last=True)
    assert carmen.publish(school.project, made["number"])["state"] == "live"
    token = world.token("Amina", "work")
    amina = Client("http://testserver", token, transport=through(world)).learning
    world.cast.join(world.people["Amina"], school.project)
    assert amina.mine()["courses"][0]["state"] == "new"
    attempt = amina.begin_exam(made["id"])["attempt_id"]
    while task := amina.exam(made["id"])["task"]:
        amina.answer_exam(attempt, task["task_id"], {"pet": "owl"})
    failed = amina.exam(made["id"])["verdict"]
    assert (failed["right"], failed["passed"]) == (0, False)
    reason = "The pictures did not load."
    assert carmen.void_exam(school.project, attempt, reason)["state"] == "void"
    assert carmen.course(school.project, made["number"])["results"][0]["state"] == "void"
    assert carmen.retire(school.project, made["number"])["people"] == 1
    assert [one["state"] for one in carmen.courses(school.project)] == ["retired", "draft"]
