"""The task browser's pages: what they show to whom, and that their buttons do what they say."""

from __future__ import annotations

import pytest

from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.join_project import JoinProject, join_project
from tests.web.test_pages import run_jobs
from tests.web.world import TestClient, World


@pytest.fixture
def answered(world: World) -> World:
    """Amina and Bao answer the first three tasks, and differ on the first."""
    db, now = world.house.db, world.cast.clock.now
    join_project(db, JoinProject(world.people["Bao"], world.project), now)
    for name in ("Amina", "Bao"):
        client = world.client(name)
        for place in range(3):
            task = world.next_task(client)["task_id"]
            world.cast.clock.advance(6_000)
            pet = "dog" if (name, place) == ("Bao", 0) else "cat"
            body = {"client_key": world.cast.key(), "value": {"pet": pet}}
            assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201
    aggregate_labels(db, world.project, world.cast.clock.now)
    return world


def page_of(world: World, client: TestClient, query: str = "") -> str:
    found = client.get(f"/projects/{world.project}/tasks{query}")
    assert found.status_code == 200, found.text
    return found.text


def ids(world: World, client: TestClient, query: str = "") -> list[int]:
    found = client.get(f"/api/v1/projects/{world.project}/tasks{query}")
    assert found.status_code == 200, found.text
    return [one["id"] for one in found.json()["tasks"]]


def act(world: World, client: TestClient, **fields: object) -> str:
    """Send the form and give where it leads, or the page that it answers with."""
    token = client.headers["x-csrf-token"]
    sent = client.post(f"/projects/{world.project}/tasks/act", data={"csrf_token": token, **fields})
    return sent.headers["location"] if sent.status_code == 303 else sent.text


def test_the_list_shows_states_answers_and_how_sure(answered: World) -> None:
    page = page_of(answered, answered.client("Carmen"))

    assert "5 tasks" in page
    assert page.count('class="task"') == 5
    assert page.count("2/2") == 3
    assert "Cat" in page
    assert "waiting" in page


def test_even_votes_are_not_listed_as_certainty(answered: World) -> None:
    answered.cast.change(
        "UPDATE consensus SET value = :value, confidence = 0.98, beliefs = :beliefs "
        "WHERE task_id = 1",
        value='"cat"',
        beliefs='{"": {"cat": 0.98, "dog": 0.02}}',
    )
    carmen = answered.client("Carmen")
    page = page_of(answered, carmen)
    assert page.count("Even votes: Cat or Dog; likelier Cat</span>") == 1
    assert "the method: 98 %" in page
    assert 'aria-label="How sure the joint answer to task 1 is"' not in page
    listed = carmen.get(f"/api/v1/projects/{answered.project}/tasks").json()["tasks"]
    even = {one["id"]: one["consensus"]["pet"]["even"] for one in listed if one["consensus"]}
    assert even == {1: ["cat", "dog"], 2: [], 3: []}
    story = carmen.get(f"/projects/{answered.project}/tasks/1").text
    assert "as many people say either" in story
    token = carmen.headers["x-csrf-token"]
    asked = {"csrf_token": token, "act": "export_csv", "task": ["1", "2"]}
    lines = carmen.post(f"/projects/{answered.project}/tasks/export", data=asked).text.splitlines()
    assert "even" in lines[0].split(",")
    assert ['cat"",""dog' in line for line in lines[1:]].count(True) == 1


def test_filters_live_in_the_address_and_the_page_says_what_it_found(answered: World) -> None:
    client = answered.client("Carmen")

    waiting = page_of(answered, client, "?state=waiting")
    assert waiting.count('class="task"') == 2
    assert page_of(answered, client, "?state=waiting&state=in_doubt").count('class="task"') > 2
    assert "No task fits" in page_of(answered, client, "?state=gold")
    assert ids(answered, client, "?q=row&order=oldest") == ids(answered, client, "?order=oldest")


def test_a_filter_that_cannot_be_read_is_said_and_the_list_is_there_all_the_same(
    answered: World,
) -> None:
    found = answered.client("Carmen").get(f"/projects/{answered.project}/tasks?sure_from=many")

    assert found.status_code == 422
    assert "is not a number from 0 to 1" in found.text
    assert found.text.count('class="task"') == 5


def test_ticked_tasks_are_set_aside_after_a_look_and_can_be_undone(answered: World) -> None:
    client = answered.client("Carmen")
    two = ids(answered, client)[:2]

    preview = act(answered, client, act="set_aside", task=two)
    assert "<strong>2</strong> tasks that you ticked" in preview
    assert ids(answered, client, "?state=set_aside") == []
    went = act(answered, client, act="set_aside", task=two, confirmed="yes")
    assert ids(answered, client, "?state=set_aside") == two
    page = client.get(went).text
    assert "2 tasks were set aside." in page
    undo = page.partition('name="query" value="aside_at=')[2].partition('"')[0]
    act(answered, client, act="take_back", scope="all", query=f"aside_at={undo}", confirmed="yes")
    run_jobs(answered)
    assert ids(answered, client, "?state=set_aside") == []
    assert "Take back: done with 2 of 2 tasks." in page_of(answered, client)


def test_all_that_fit_are_done_by_a_job(answered: World) -> None:
    client = answered.client("Carmen")

    preview = act(answered, client, act="set_aside", scope="all", query="state=waiting")
    assert "<strong>2</strong> tasks that fit state = waiting" in preview
    act(answered, client, act="set_aside", scope="all", query="state=waiting", confirmed="yes")
    run_jobs(answered)

    assert len(ids(answered, client, "?state=set_aside")) == 2
    assert len(ids(answered, client, "?state=waiting")) == 0
    assert "Set aside: done with 2 of 2 tasks." in page_of(answered, client)


def test_nothing_ticked_is_said(answered: World) -> None:
    assert "Choose tasks first" in act(answered, answered.client("Carmen"), act="set_aside")


@pytest.mark.parametrize(("kind", "start"), [("csv", "id,state,"), ("jsonl", '{"id":')])
def test_a_selection_is_taken_away_as_a_list(answered: World, kind: str, start: str) -> None:
    client = answered.client("Carmen")
    one = ids(answered, client)[0]

    chosen = act(answered, client, act=f"export_{kind}", task=[one])
    whole = act(answered, client, act=f"export_{kind}", scope="all", query="")

    assert chosen.startswith(start)
    assert str(one) in chosen
    assert len(whole.splitlines()) == 5 + (kind == "csv")


def test_a_view_is_saved_shared_renamed_and_deleted(answered: World) -> None:
    carmen, bao = answered.client("Carmen"), answered.client("Bao")
    there = f"/projects/{answered.project}/tasks/views"

    form = answered.form(carmen, name="Doubtful", query="state=in_doubt", shared="yes")
    assert carmen.post(there, data=form).status_code == 303
    assert "Doubtful" in page_of(answered, bao)
    assert "Change the view" not in page_of(answered, bao, "?state=in_doubt")
    again = carmen.post(there, data=form)
    assert again.status_code == 409
    view = carmen.get(f"/api/v1/projects/{answered.project}/views").json()["views"][0]["id"]
    renamed = answered.form(carmen, name="Unsure", do="keep")
    assert carmen.post(f"{there}/{view}", data=renamed).status_code == 303
    assert "Unsure" in page_of(answered, carmen)
    assert "Unsure" not in page_of(answered, bao)
    gone = answered.form(carmen, do="delete")
    assert bao.post(f"{there}/{view}", data=answered.form(bao, do="delete")).status_code == 404
    assert carmen.post(f"{there}/{view}", data=gone).status_code == 303
    assert "Unsure" not in page_of(answered, carmen)


def test_who_may_still_be_asked_sees_no_answers_of_others_in_the_list(answered: World) -> None:
    db, now = answered.house.db, answered.cast.clock.now
    here = answered.people["an owner here"]
    join_project(db, JoinProject(here, answered.project), now)
    client, carmen = answered.client("an owner here"), answered.client("Carmen")
    one = ids(answered, carmen, "?state=agreed,in_doubt,answered")[0]
    act(answered, carmen, act="ask_again", task=[one], confirmed="yes")

    found = client.get(f"/api/v1/projects/{answered.project}/tasks?id={one}").json()["tasks"]

    assert found[0]["hidden_from_you"] is True
    assert found[0]["consensus"] == {}
    assert ids(answered, client, "?sure_from=0") == []
    assert "hidden until you answered" in page_of(answered, client, f"?id={one}")


def test_one_persons_tasks_are_for_who_may_list_people(answered: World) -> None:
    amina = answered.people["Amina"]
    query = f"/api/v1/projects/{answered.project}/tasks?person={amina}"

    assert len(answered.client("Carmen").get(query).json()["tasks"]) == 3
    assert answered.client("Bao").get(query).status_code == 403


def test_the_api_goes_on_where_it_stopped(answered: World) -> None:
    client = answered.client("Carmen")
    seen: list[int] = []
    after = ""
    while True:
        found = client.get(f"/api/v1/projects/{answered.project}/tasks?rows=2&after={after}").json()
        seen += [one["id"] for one in found["tasks"]]
        if found["after"] is None:
            break
        after = found["after"]

    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


def test_the_api_acts_and_says_how_many(answered: World) -> None:
    client = answered.client("Carmen")
    chosen = ids(answered, client)[:2]
    there = f"/api/v1/projects/{answered.project}/tasks/act"

    first = client.post(there, json={"act": "overlap", "tasks": chosen, "wanted": 5}).json()
    again = client.post(there, json={"act": "overlap", "tasks": chosen, "wanted": 5}).json()
    asked = client.post(there, json={"act": "set_aside", "query": {"state": "waiting"}})
    wrong = client.post(there, json={"act": "overlap", "tasks": chosen, "wanted": 0})
    both = client.post(there, json={"act": "set_aside", "tasks": chosen, "query": {}})

    assert (first["changed"], first["of"], again["changed"]) == (2, 2, 0)
    assert asked.status_code == 202
    assert wrong.status_code == 422
    assert both.status_code == 422


def test_one_task_tells_its_whole_story_in_the_order_of_time(answered: World) -> None:
    carmen, auditor = answered.client("Carmen"), answered.client("Farid")
    one = ids(answered, carmen, "?state=agreed,in_doubt,answered&order=oldest")[0]
    there = f"/projects/{answered.project}/tasks/{one}"

    page = carmen.get(there).text
    told = carmen.get(f"/api/v1{there}").json()

    assert page.index("Imported") < page.index("Amina") < page.index("Bao") < page.index("Joint")
    assert "Bao" not in auditor.get(there).text
    assert [one["value"] for one in told["story"]["answers"]] == [{"pet": "cat"}, {"pet": "dog"}]
    assert all(one["paid_ms"] >= 0 for one in told["story"]["answers"])
    assert carmen.get(f"/projects/{answered.project}/tasks/999999").status_code == 404
    assert carmen.get(f"/projects/{answered.other}/tasks/{one}").status_code == 404


def test_a_task_is_set_aside_and_made_gold_on_its_own_page(answered: World) -> None:
    client = answered.client("Carmen")
    one = ids(answered, client, "?state=waiting")[0]
    there = f"/projects/{answered.project}/tasks/{one}"

    def press(**fields: str) -> int:
        return client.post(there, data=answered.form(client, **fields)).status_code

    assert press(act="gold", question="pet", label="") == 422
    assert press(act="gold", question="pet", label="cat", explanation="Whiskers.") == 303
    assert press(act="set_aside") == 303
    assert ids(answered, client, "?state=set_aside") == [one]
    assert press(act="take_back") == 303
    assert ids(answered, client, "?state=gold") == [one]
    assert "made it a gold task" in client.get(there).text
    assert press(act="ungold") == 303
    assert ids(answered, client, "?state=gold") == []
    assert press(act="burn") == 422


def test_who_may_still_be_asked_hears_why_the_story_is_kept_from_them(answered: World) -> None:
    db, now = answered.house.db, answered.cast.clock.now
    join_project(db, JoinProject(answered.people["an owner here"], answered.project), now)
    client, carmen = answered.client("an owner here"), answered.client("Carmen")
    one = ids(answered, carmen, "?state=agreed,in_doubt,answered")[0]
    there = f"/projects/{answered.project}/tasks/{one}"
    assert "Amina" not in client.get(there).text, "a task with all its answers may be asked again"
    act(answered, carmen, act="ask_again", task=[one], confirmed="yes")

    page, told = client.get(there).text, client.get(f"/api/v1{there}").json()

    assert "so that your answer is your own" in page
    assert "Amina" not in page
    assert told["story"] is None
    assert told["consensus"] == {}
    assert "Amina" in carmen.get(there).text
