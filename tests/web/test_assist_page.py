"""The overview of assistance: calm when empty, honest when measured, its tick does as it says."""

from __future__ import annotations

from typing import Any

import pytest

from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import AssistPolicy
from tests.web.assist_world import answer_all, climbing, measure, switch_on
from tests.web.world import TestClient, World


def page_of(world: World, client: TestClient | None = None) -> str:
    found = (client or world.client("Carmen")).get(f"/projects/{world.project}/assist")
    assert found.status_code == 200, found.text
    return found.text


def told(world: World) -> dict[str, Any]:
    found = world.client("Carmen").get(f"/api/v1/projects/{world.project}/assist")
    assert found.status_code == 200, found.text
    content: dict[str, Any] = found.json()
    return content


def policy_of(world: World) -> AssistPolicy:
    with world.house.db.read() as connection:
        found = store.load_policy(connection, world.project)
    assert found is not None
    return found


def test_before_anything_is_ticked_the_page_says_what_the_tick_does(world: World) -> None:
    page = page_of(world)
    assert "never switched on" in page
    assert "Switch assistance on" in page
    assert "drawn by chance" in page
    assert "Does it save time" not in page
    content = told(world)
    assert (content["is_on"], content["policy"], content["questions"]) == (False, None, [])


def test_the_project_page_leads_to_it(world: World) -> None:
    found = world.client("Carmen").get(f"/projects/{world.project}").text
    assert f'href="/projects/{world.project}/assist"' in found


def test_ticked_with_few_answers_it_says_how_many_are_missing(world: World) -> None:
    with world.house.db.write() as connection:
        store.save_policy(
            connection,
            AssistPolicy(world.project, True, world.people["Carmen"], world.cast.clock.now),
        )
    page = page_of(world)
    assert "10 answers more, and the first model learns" in page
    assert "Too little is measured yet" in page
    assert "Switch assistance off" in page


def test_the_curve_is_drawn_against_judgements_hours_and_money_with_what_an_hour_buys(
    world: World,
) -> None:
    measure(world, switch_on(world), climbing())
    page = page_of(world)
    for against in ("judgements", "paid hours", "money"):
        assert f"Accuracy in %, against {against}" in page
    assert "One more paid hour (GBP 14.40) buys" in page
    assert "points of quality" in page
    question = told(world)["questions"][0]
    assert question["advice"]["code"] == "go_on"
    buys = question["advice"]["an_hour_buys"]
    assert 0 <= buys["low"] <= buys["value"] <= buys["high"] < 0.2
    assert len(question["points"]) == 6


def test_two_measurements_are_shown_but_not_carried_on(world: World) -> None:
    measure(world, switch_on(world), {10: 0.5, 20: 0.6})
    page = page_of(world)
    assert "there are 2 so far" in page
    assert "carried on</td>" not in page


@pytest.mark.parametrize(
    ("target", "scores", "words"),
    [
        (0.6, climbing(), "You may stop teaching the model: it scores 80 %"),
        (0.999, climbing(0.7, 1.0), "which is below the target"),
        (None, dict.fromkeys((10, 30, 90, 300, 900, 2_700), 0.9), "a fifth more judgements"),
    ],
    ids=["reached", "out of reach", "flat"],
)
def test_a_stop_is_suggested_with_its_evidence(
    world: World, target: float | None, scores: dict[int, float], words: str
) -> None:
    measure(world, switch_on(world, target_quality=target), scores)
    assert words in page_of(world)
    assert told(world)["questions"][0]["advice"]["says_stop"] is True


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        (12, "as only 12 of the 20 held-out tasks that are needed are answered"),
        (20, "on 20 held-out tasks"),
    ],
)
def test_a_score_says_what_it_was_measured_on(world: World, held_out: int, words: str) -> None:
    measure(world, switch_on(world), climbing(), held_out=held_out)
    assert words in told(world)["questions"][0]["advice"]["sentence"]
    page = page_of(world)
    assert words in page
    assert "on 12 held-out tasks" not in page
    assert "While fewer than 20 of them are answered" in page


def test_slices_that_lag_are_named(world: World) -> None:
    slices = {
        "language=sw": {"n": 60, "score": 0.5, "low": 0.4, "high": 0.6},
        "language=en": {"n": 90, "score": 0.92, "low": 0.85, "high": 0.97},
    }
    measure(world, switch_on(world), climbing(), slices)
    assert "language = sw: 50 % on 60 held-out tasks, 92 % elsewhere." in page_of(world)


def test_problems_of_assistants_stand_on_top(world: World) -> None:
    switch_on(world)
    with world.house.db.write() as connection:
        one = store.list_assistants(connection, world.project)[0]
        problem = {"hop": "connect", "code": "slow", "message": "<b>No answer</b> in 5 s."}
        store.set_problem(connection, one.id, problem, world.cast.clock.now)
    page = page_of(world)
    assert "&lt;b&gt;No answer&lt;/b&gt; in 5 s." in page
    assert told(world)["problems"][0]["hop"] == "connect"


def test_answers_with_and_without_are_counted(world: World) -> None:
    switch_on(world)
    answer_all(world)
    helped = told(world)["help"]
    assert helped["with_it"] + helped["without"] == 5
    assert helped["verdict"] == "too_little"
    assert "drawn by chance at every hand-out" in page_of(world)


def test_that_it_switched_itself_off_is_said_with_the_reason(world: World) -> None:
    with world.house.db.write() as connection:
        store.save_policy(
            connection,
            AssistPolicy(
                world.project,
                False,
                world.people["Carmen"],
                world.cast.clock.now,
                off_because={"code": "no_help", "reason": "It took 1.60 × the time.", "at": 1},
            ),
        )
    page = page_of(world)
    assert "switched itself off" in page
    assert "It took 1.60 × the time." in page
    assert "Switch assistance on" in page


def test_the_tick_is_refused_with_words_where_no_model_fits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fairhand.core.errors import ConflictError
    from fairhand.web.studio import assist

    def refuse(*_: object, **__: object) -> None:
        raise ConflictError("No built-in model answers this question.", code="no_builtin")

    monkeypatch.setattr(assist, "set_assist_policy", refuse)
    client = world.client("Carmen")
    sent = client.post(
        f"/projects/{world.project}/assist/tick", data=world.form(client, is_on="yes")
    )
    assert sent.status_code == 409
    assert "No built-in model answers this question." in sent.text


def test_unticking_switches_off_and_settings_are_kept(world: World) -> None:
    switch_on(world)
    client = world.client("Carmen")
    base = f"/projects/{world.project}/assist"
    form = world.form(
        client,
        strategy="margin",
        ask="verify",
        blind="5",
        holdout="12,5",
        target="90 %",
        slices="language, device",
        coverage="language: sw 30, old en 20\ndevice: phone 50",
    )
    assert client.post(f"{base}/settings", data=form).status_code == 303
    policy = policy_of(world)
    assert (policy.strategy, policy.ask, policy.reorders) == ("margin", "verify", False)
    assert policy.target_quality == pytest.approx(0.9)
    assert policy.slice_fields == ("language", "device")
    assert policy.coverage == {"language": {"sw": 0.3, "old en": 0.2}, "device": {"phone": 0.5}}
    shares = told(world)["policy"]
    assert (shares["blind_share"], shares["holdout_share"]) == (0.05, 0.125)
    page = page_of(world, client)
    assert "language: sw 30, old en 20" in page
    assert "in the order in which they were imported" in page
    assert client.post(f"{base}/tick", data=world.form(client, is_on="")).status_code == 303
    assert not policy_of(world).is_on
    assert "Nothing it had learnt is lost" in page_of(world, client)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("target", "much", "Give a number from 0 to 100"),
        ("blind", "90", "From 0 to 50 % of hand-outs"),
        ("holdout", "90", "From 0 to 50 % of the tasks"),
        ("coverage", "language", "Write a field, a colon"),
        ("coverage", "language: sw", "Say how many percent"),
        ("coverage", "language: sw 80, en 40", "add up to more than all"),
        ("strategy", "nonsense", "There is no strategy of that name"),
    ],
)
def test_settings_that_are_wrong_are_said_beside_their_field(
    world: World, field: str, value: str, words: str
) -> None:
    switch_on(world)
    client = world.client("Carmen")
    form = world.form(client, **{"strategy": "auto", "ask": "auto", field: value})
    sent = client.post(f"/projects/{world.project}/assist/settings", data=form)
    assert sent.status_code == 422
    assert words in sent.text
    assert f'id="{field}-wrong"' in sent.text


def test_who_may_only_look_sees_no_buttons(world: World) -> None:
    page = page_of(world, world.client("Bao"))
    assert "Switch assistance" not in page
    assert world.client("Amina").get(f"/projects/{world.project}/assist").status_code in (403, 404)
