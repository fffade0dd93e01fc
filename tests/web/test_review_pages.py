"""The review pages and their API: who may, what they show, and that the buttons do as they say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.join_project import JoinProject, join_project
from tests.web.world import TestClient, World


@pytest.fixture
def answered(world: World) -> World:
    """Amina and Esi answer all five tasks, and differ on the first."""
    db, now = world.house.db, world.cast.clock.now
    join_project(db, JoinProject(world.people["Esi"], world.project), now)
    for name in ("Amina", "Esi"):
        for place in range(5):
            task = world.cast.next_task(world.people[name], world.project)
            world.cast.clock.advance(6_000)
            pet = "dog" if (name, place) == ("Esi", 0) else "cat"
            world.cast.submit(world.people[name], task, pet)
    aggregate_labels(db, world.project, world.cast.clock.now)
    return world


def url(world: World, more: str = "") -> str:
    return f"/projects/{world.project}/review{more}"


def first_task(world: World, client: TestClient) -> str:
    sent = client.post(url(world, "/next"), data=world.form(client))
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def post(world: World, client: TestClient, place: str, **fields: str) -> Any:  # noqa: ANN401
    key = world.cast.key()
    return client.post(place, data=world.form(client, client_key=key, **fields))


def test_a_reviewer_sees_all_answers_by_pseudonym_and_lets_one_stand(answered: World) -> None:
    bao = answered.client("Bao")
    place = first_task(answered, bao)
    page = bao.get(place)
    assert page.status_code == 200, page.text
    assert len(set(re.findall(r"<code>(c-[0-9a-f]{10})</code>", page.text))) == 2
    assert "Amina" not in page.text
    assert page.text.count("differs</span>") == 2
    assert "How likely each is" in page.text
    assert "They are evenly split" in page.text
    assert "A tie: Cat or Dog" in page.text
    assert "Let it stand" not in page.text, "it is one of two, and nobody has said which"
    ids = re.findall(r'name="annotation_id" value="(\d+)"', page.text)
    sent = post(answered, bao, place, verdict="accepted", annotation_id=ids[1])
    assert sent.status_code == 303
    overview = bao.get(url(answered)).text
    assert "Take my last review back" in overview
    assert bao.get(place).status_code == 409
    sent = bao.post(url(answered, "/undo"), data=answered.form(bao))
    assert sent.headers["location"] == place
    assert bao.get(place).status_code == 200


def test_looking_at_a_task_changes_nothing(answered: World) -> None:
    bao = answered.client("Bao")
    place = first_task(answered, bao)
    tables = ("lease", "review_claim", "time_event", "exposure")

    def counts() -> list[object]:
        return [answered.cast.rows(f"SELECT * FROM {table}") for table in tables]

    before = counts()
    answered.cast.clock.advance(1_000)
    assert bao.get(place).status_code == 200
    assert counts() == before
    answered.cast.change("DELETE FROM review_claim")
    assert bao.get(place).headers["location"] == url(answered)
    assert answered.cast.rows("SELECT count(*) FROM review_claim") == [(0,)]


def test_answers_that_came_meanwhile_are_shown_before_anything_stands(answered: World) -> None:
    bao = answered.client("Bao")
    place = first_task(answered, bao)
    old = post(answered, bao, place, verdict="accepted", seen="of before")
    assert old.status_code == 409
    assert "New answers came" in old.text
    (seen,) = set(re.findall(r'name="seen" value="([0-9a-f]+)"', old.text))
    unsaid = post(answered, bao, place, verdict="accepted", seen=seen)
    assert unsaid.status_code == 422
    assert "evenly split" in unsaid.text
    chosen = re.findall(r'name="annotation_id" value="(\d+)"', old.text)[0]
    kept = post(answered, bao, place, verdict="accepted", seen=seen, annotation_id=chosen)
    assert kept.status_code == 303


def test_an_answer_is_taken_and_mended_with_the_same_inputs(answered: World) -> None:
    bao = answered.client("Bao")
    place = first_task(answered, bao)
    ids = re.findall(r'name="annotation_id" value="(\d+)"', bao.get(place).text)
    page = bao.get(f"{place}?mend={ids[1]}").text
    assert 'id="fix" open' in page
    assert re.search(r'value="dog" checked', page)
    bad = post(answered, bao, place, **{"verdict": "fixed", "answer.pet": "owl"})
    assert bad.status_code == 422
    assert "Say why" in bad.text
    assert re.search(r'value="owl" checked', bad.text)
    sent = post(answered, bao, place, **{"verdict": "fixed", "answer.pet": "owl", "reason": "Eyes"})
    assert sent.status_code == 303
    told = answered.client("Carmen").get(f"/api/v1{url(answered)}").json()
    assert told["reviews"][0]["value"] == {"pet": "owl"}
    assert (told["done"], told["settled"], told["stood"]) == (1, 1, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "nonsense"},
        {"verdict": ""},
        {"verdict": "fixed", "reason": "x"},
        {"verdict": "accepted", "annotation_id": "seven"},
        {"verdict": "accepted", "annotation_id": "9" * 30},
        {"verdict": "asked_again"},
        {"verdict": "fixed", "reason": "x", "answer.pet": "🦄" * 100},
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_said_on_the_page_and_changes_nothing(
    answered: World, fields: dict[str, str]
) -> None:
    bao = answered.client("Bao")
    place = first_task(answered, bao)
    assert post(answered, bao, place, **fields).status_code == 422
    assert answered.cast.rows("SELECT count(*) FROM review") == [(0,)]


def test_two_reviewers_do_not_meet_and_contributors_have_no_door(answered: World) -> None:
    bao, carmen = answered.client("Bao"), answered.client("Carmen")
    place = first_task(answered, bao)
    assert carmen.get(place).status_code == 409
    assert carmen.post(f"{place}/keep", data=answered.form(carmen)).status_code == 409
    assert bao.post(f"{place}/keep", data=answered.form(bao)).status_code == 204
    for who in ("Amina", "Dmitri", "an owner elsewhere"):
        client = answered.client(who)
        assert client.get(place).status_code == 403
        assert client.post(url(answered, "/next"), data=answered.form(client)).status_code == 403


def test_a_wish_goes_from_the_contributors_page_to_the_reviewer(answered: World) -> None:
    amina, bao = answered.client("Amina"), answered.client("Bao")
    page = amina.get(f"/work/{answered.project}/answers")
    assert page.status_code == 200
    ids = re.findall(r'id="a(\d+)"', page.text)
    assert len(ids) == 5
    action = f"/work/{answered.project}/answers/{ids[0]}/wish"
    sent = amina.post(action, data=answered.form(amina, words="Perhaps <b>both</b>"))
    assert sent.status_code == 303
    assert "a second look is asked for" in amina.get(f"/work/{answered.project}/answers").text
    found = bao.get(first_task(answered, bao)).text
    assert "Perhaps &lt;b&gt;both&lt;/b&gt;" in found
    other = answered.client("Esi")
    body: dict[str, Any] = {"words": ""}
    assert other.post(f"/api/v1/annotations/{ids[0]}/wish", json=body).status_code == 404


def test_the_api_reviews_as_the_pages_do(answered: World) -> None:
    bao, base = answered.client("Bao"), f"/api/v1{url(answered)}"
    task = bao.post(f"{base}/next", json={}).json()["task"]
    assert task["because"] == "doubt"
    assert sorted(one["value"]["pet"] for one in task["answers"]) == ["cat", "dog"]
    assert sorted(task["consensus"]["pet"]["tied"]) == ["cat", "dog"]
    body: dict[str, Any] = {"verdict": "accepted", "client_key": answered.cast.key()}
    assert bao.post(f"{base}/tasks/{task['task_id']}", json=body).status_code == 422
    body["annotation_id"] = task["answers"][0]["annotation_id"]
    told = bao.post(f"{base}/tasks/{task['task_id']}", json=body)
    assert told.status_code == 200, told.text
    assert told.json()["stands"]["pet"] in ("cat", "dog")
    assert bao.post(f"{base}/tasks/{task['task_id']}", json=body).json() == told.json()
    assert bao.post(f"{base}/undo", json={"review_id": 99}).status_code == 404
    assert bao.post(f"{base}/undo", json={}).json()["undone"] is True
    terms = {"sample_permille": 1_000, "doubt_below": 0.99, "release_waits": True}
    assert bao.put(f"{base}/terms", json=terms).status_code == 403
    carmen = answered.client("Carmen")
    assert carmen.put(f"{base}/terms", json=terms).json() == terms
    assert carmen.put(f"{base}/terms", json={"doubt_below": 7}).status_code == 422
    state = carmen.get(base).json()
    assert sum(state["open"].values()) == 5
    refused = carmen.post(f"/api/v1/projects/{answered.project}/releases", json={})
    assert refused.status_code == 409
    assert "5 tasks wait" in refused.json()["detail"]


def test_an_even_split_that_the_models_decide_is_said_as_one(answered: World) -> None:
    answered.cast.change(
        "UPDATE consensus SET value = :value, confidence = 0.7, beliefs = :beliefs "
        "WHERE task_id = 1",
        value='"dog"',
        beliefs='{"": {"cat": 0.3, "dog": 0.7}}',
    )
    bao = answered.client("Bao")
    carmen = answered.client("Carmen")
    form = answered.form(carmen, sample_percent="100", doubt_below="", release_waits="")
    assert carmen.post(url(answered, "/terms"), data=form).status_code == 303
    page = bao.get(first_task(answered, bao)).text
    assert "As many people say either (" in page
    assert "speaks for Dog" in page
    assert "Let it stand" in page


def test_a_reviewer_chooses_a_task_by_its_number_or_on_its_story(answered: World) -> None:
    bao = answered.client("Bao")
    assert 'name="task"' in bao.get(url(answered)).text
    story = answered.client("Carmen").get(f"/projects/{answered.project}/tasks/3").text
    assert "Review this task" in story
    sent = bao.post(url(answered, "/next"), data=answered.form(bao, task="3"))
    assert sent.headers["location"] == url(answered, "/tasks/3")
    page = bao.get(sent.headers["location"]).text
    assert "Review of task 3" in page
    unknown = bao.post(url(answered, "/next"), data=answered.form(bao, task="999"))
    assert unknown.status_code == 404
    assert "There is no task 999" in unknown.text
    assert "Review a task of your choice" in unknown.text
    nothing = bao.post(url(answered, "/undo"), data=answered.form(bao))
    assert nothing.status_code == 404
    assert "There is no review of yours to take back here" in nothing.text


def test_where_one_answer_leads_it_is_what_they_say_together(answered: World) -> None:
    carmen, bao = answered.client("Carmen"), answered.client("Bao")
    form = answered.form(carmen, sample_percent="100", doubt_below="", release_waits="")
    assert carmen.post(url(answered, "/terms"), data=form).status_code == 303
    split = first_task(answered, bao).rpartition("/")[2]
    sent = bao.post(url(answered, "/next"), data=answered.form(bao, passed=split))
    page = bao.get(sent.headers["location"]).text
    assert "Together they say" in page
    assert "Let it stand" in page
    answered.cast.change("UPDATE consensus SET settled = false, n_answers = 1")
    page = bao.get(sent.headers["location"]).text
    assert "So far: 1 person has answered of at least" in page


def test_the_terms_form_takes_figures_as_people_write_them(answered: World) -> None:
    carmen = answered.client("Carmen")
    form = answered.form(carmen, sample_percent="2,5", doubt_below="0.8", release_waits="yes")
    assert carmen.post(url(answered, "/terms"), data=form).status_code == 303
    page = carmen.get(url(answered)).text
    assert 'value="2.5"' in page
    assert "Releases wait" in page
    bad = carmen.post(url(answered, "/terms"), data=answered.form(carmen, doubt_below="much"))
    assert bad.status_code == 422
    assert "Give a number" in bad.text
