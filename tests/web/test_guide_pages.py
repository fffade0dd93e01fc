"""The owner's pages of questions and examples, and the guide as the API gives it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.world import TestClient, World


def ask(world: World, words: str = "Is a lynx a cat?") -> tuple[TestClient, int]:
    """Amina asks about the task in her hand."""
    amina = world.client("Amina")
    task = world.next_task(amina)["task_id"]
    body = {"client_key": "remark-0001", "kind": "unclear", "words": words}
    answer = amina.post(f"/api/v1/tasks/{task}/remarks", json=body)
    assert answer.status_code == 201, answer.text
    return amina, int(answer.json()["remark_id"])


def test_a_question_is_answered_on_its_page_and_read_beside_the_work(world: World) -> None:
    amina, remark = ask(world)
    carmen = world.client("Carmen")
    page = carmen.get("/projects/1/questions")
    assert "Is a lynx a cat?" in page.text
    assert "waits" in page.text
    assert "Amina" not in page.text.split("<main")[1], "whose question it is stays unsaid"

    form = world.form(carmen, words="Yes, every lynx.", shared="yes")
    sent = carmen.post(f"/projects/1/questions/{remark}", data=form, follow_redirects=False)
    assert sent.status_code == 303
    assert "Everybody sees this answer." in carmen.get("/projects/1/questions").text

    guide = amina.get("/api/v1/projects/1/guide").json()
    assert guide["own"] == [
        {"question": "Is a lynx a cat?", "answer": "Yes, every lynx.", "seen": True, "new": True}
    ]
    assert "Look closely." in guide["html"]
    told = carmen.get("/api/v1/projects/1/remarks").json()["remarks"]
    assert [(one["words"], one["shared"]) for one in told] == [("Is a lynx a cat?", True)]
    assert all("person" not in key for one in told for key in one)


def test_the_same_is_done_by_a_script(world: World) -> None:
    _, remark = ask(world)
    carmen = world.client("Carmen")
    sent = carmen.post(f"/api/v1/projects/1/remarks/{remark}/answer", json={"words": "Yes."})
    assert sent.json() == {"settled": True}
    example = {"task_id": 1, "value": {"pet": "cat"}, "is_right": True, "why": "The ears."}
    made = carmen.post("/api/v1/projects/1/examples", json=example)
    assert made.status_code == 201, made.text
    shown = world.client("Amina").get("/api/v1/projects/1/guide").json()["examples"]
    assert [(one["answers"], one["is_right"]) for one in shown] == [
        ([["Which animal is it?", "Cat"]], True)
    ]
    number = made.json()["example_id"]
    assert carmen.delete(f"/api/v1/projects/1/examples/{number}").json() == {"removed": True}
    assert carmen.delete(f"/api/v1/projects/1/examples/{number}").status_code == 404


def test_an_example_is_added_and_taken_away_by_forms(world: World) -> None:
    carmen = world.client("Carmen")
    typed = {"task_id": "1", "value": "dog", "is_right": "wrong", "why": "It meows."}
    sent = carmen.post(
        "/projects/1/examples", data=world.form(carmen, **typed), follow_redirects=False
    )
    assert sent.status_code == 303
    page = carmen.get("/projects/1/examples").text
    assert "It meows." in page
    assert "Wrong" in page
    gone = carmen.post(
        "/projects/1/examples/1/remove", data=world.form(carmen), follow_redirects=False
    )
    assert gone.status_code == 303
    assert "It meows." not in carmen.get("/projects/1/examples").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"task_id": "first"}, "Write the number of a task."),
        ({"task_id": "99999"}, "There is no task"),
        ({"value": "lion"}, "nothing was changed"),
        ({"value": '{"colour": "red"}'}, "nothing was changed"),
        ({"value": ""}, "Write JSON"),
        ({"why": " "}, "Say why"),
    ],
)
def test_what_cannot_be_an_example_comes_back_with_the_reason(
    world: World, typed: dict[str, str], said: str
) -> None:
    carmen = world.client("Carmen")
    whole: dict[str, Any] = {
        "task_id": "1",
        "value": "dog",
        "is_right": "right",
        "why": "It barks.",
    }
    answer = carmen.post("/projects/1/examples", data=world.form(carmen, **{**whole, **typed}))
    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert "There are no examples yet." in answer.text


def test_a_question_without_words_or_about_another_s_task_is_refused(world: World) -> None:
    amina, _ = ask(world)
    body = {"client_key": "remark-0002", "kind": "unclear", "words": "  "}
    assert amina.post("/api/v1/tasks/1/remarks", json=body).status_code in (403, 422)
    other = {"client_key": "remark-0003", "kind": "shout", "words": "Hey"}
    assert amina.post("/api/v1/tasks/1/remarks", json=other).status_code in (403, 422)
    assert amina.put("/api/v1/projects/1/guide/read", json={"version": 7}).status_code == 422
    assert (
        world.client("Carmen")
        .post("/api/v1/projects/1/remarks/999/answer", json={"words": "?"})
        .status_code
        == 404
    )


def test_the_task_page_speaks_its_reader_s_language(world: World) -> None:
    amina = world.client("Amina")
    world.cast.change("UPDATE person SET locale = 'ar' WHERE id = :p", p=world.people["Amina"])
    page = amina.get("/work/1").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "تسليم" in page
    address = page.split('"late": "')[1].split('"')[0]
    words = amina.get(address)
    assert words.json()["Submit"] == "تسليم"
    assert "immutable" in words.headers["cache-control"]
    assert amina.get("/words/xx.json").status_code == 404
    about = amina.get("/translation").text
    assert "العربية" in about
