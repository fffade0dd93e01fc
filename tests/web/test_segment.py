"""Click-to-segment at the door: who may ask, what is refused, and what comes back."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx2 import Response
from PIL import Image

from fairhand.core.money import Money
from fairhand.formats.images import probe_image
from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from fairhand.storage.database import Database
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.work.projects.rules import ProjectPolicy
from tests.cast import GBP_6
from tests.web.test_bad_input import is_problem
from tests.web.world import TestClient, World, make_world

HEIGHT, WIDTH = 80, 120
COIN = (40, 50, 14)  # column, row, radius


def coin_mask() -> np.ndarray[Any, np.dtype[np.bool_]]:
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    inside = (rows - COIN[1]) ** 2 + (columns - COIN[0]) ** 2 <= COIN[2] ** 2
    return np.asarray(inside, bool)


def picture() -> bytes:
    """A bright coin on dark, noisy ground."""
    noise = np.random.default_rng(5).normal(60, 6, (HEIGHT, WIDTH))
    grey = np.clip(noise + 120 * coin_mask(), 0, 255).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return coin_world(sqlite_db, tmp_path)


def coin_world(database: Database, folder: Path) -> World:
    """A project about coins, with Amina in it."""
    world = make_world(database, folder)
    labels = [{"value": "coin"}]
    questions = (
        Question("coins", "mask", "Where are the coins?", {"labels": labels, "instances": True}),
        Question("worth", "choice", "Is it worth much?", {"labels": [{"value": "yes"}]}, False),
    )
    policy = ProjectPolicy(
        title="Coins",
        purpose="To find coins.",
        guidelines="Outline each coin.",
        questions=questions,
        currency="GBP",
        rate_micros_per_hour=GBP_6,
    )
    cast, house = world.cast, world.house
    command = CreateProject(cast.carmen, policy, lease_ttl_ms=600_000)
    world.project = create_project(house.db, command, cast.clock.now).id
    cast.join(world.people["Amina"], world.project)
    fund = FundProject(world.project, cast.carmen, Money(100_000, "GBP"), "coins")
    fund_project(house.db, fund, cast.clock.now)
    content = picture()
    media = probe_image(content, 10_000)
    row = NewTask({"image": "coin.png"}, media.sha256, "coin.png", content, media)
    run = start_import(house.db, world.project, "coins.zip", cast.clock.now)
    import_tasks(house.db, house.blobs, ImportTasks(run.id, [row], cast.carmen), cast.clock.now)
    return world


def ask(client: TestClient, task_id: int, **body: Any) -> Response:  # noqa: ANN401
    given = {"question": "coins", "label": "coin", **body}
    answer: Response = client.post(f"/api/v1/tasks/{task_id}/segment", json=given)
    return answer


def on_coin(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"clicks": [{"x": COIN[0], "y": COIN[1], "positive": True}], **more}


def test_a_click_on_a_coin_gives_the_coin(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    answer = ask(client, task, **on_coin())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert set(found) == {"counts", "size", "box", "score", "took_ms", "model"}
    assert found["size"] == [HEIGHT, WIDTH]
    mask = rle.decode(found["counts"], HEIGHT, WIDTH)
    assert rle.iou(rle.mask_to_runs(mask), rle.mask_to_runs(coin_mask())) > 0.9
    x0, y0, x1, y1 = found["box"]
    assert abs(x0 - (COIN[0] - COIN[2])) <= 2
    assert abs(y1 - (COIN[1] + COIN[2])) <= 2
    assert mask[y0:y1, x0:x1].sum() == mask.sum()
    assert 0 <= found["score"] <= 1
    assert "outline@" in found["model"]


def test_an_accepted_region_is_only_added_to_or_taken_from(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    half = coin_mask()
    half[:, COIN[0] :] = False
    clicks = [
        {"x": COIN[0] - 6, "y": COIN[1], "positive": True},
        {"x": COIN[0] + 6, "y": COIN[1], "positive": True},
    ]
    found = ask(client, task, clicks=clicks, region=rle.encode(half)).json()
    mask = rle.decode(found["counts"], HEIGHT, WIDTH)
    assert mask[half].all()
    assert mask.sum() > half.sum() + 30
    away = [*clicks, {"x": COIN[0] - 6, "y": COIN[1] + 3, "positive": False}]
    less = ask(client, task, clicks=away, region=rle.encode(half)).json()
    smaller = rle.decode(less["counts"], HEIGHT, WIDTH)
    assert not smaller[~half].any()
    assert not smaller[COIN[1] + 3, COIN[0] - 6]


def test_a_box_alone_gives_what_lies_in_it(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    box = [COIN[0] - 18, COIN[1] - 17, COIN[0] + 17, COIN[1] + 18]
    found = ask(client, task, box=box).json()
    mask = rle.decode(found["counts"], HEIGHT, WIDTH)
    assert rle.iou(rle.mask_to_runs(mask), rle.mask_to_runs(coin_mask())) > 0.85


def test_only_who_holds_the_task_or_owns_the_project_may_ask(world: World) -> None:
    amina = world.client("Amina")
    task = world.next_task(amina)["task_id"]
    assert ask(amina, task, **on_coin()).status_code == 200
    assert ask(world.client("Carmen"), task, **on_coin()).status_code == 200
    for who in ("Bao", "Dmitri", "Esi", "Farid", "an owner elsewhere"):
        is_problem(ask(world.client(who), task, **on_coin()), 403)
    assert ask(world.client(), task, **on_coin()).status_code == 401


def test_a_task_that_was_passed_on_is_no_longer_theirs(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    client.post(f"/api/v1/tasks/{task}/skip", json={"client_key": world.cast.key()})
    is_problem(ask(client, task, **on_coin()), 403, "not_your_task")


def test_a_token_for_one_project_does_not_reach_a_picture_by_its_bare_number(world: World) -> None:
    task = world.next_task(world.client("Amina"))["task_id"]
    assert ask(world.bearer(world.token("Amina", "work")), task, **on_coin()).status_code == 200
    there = world.bearer(world.token("Amina", "work", world.other))
    assert ask(there, task, **on_coin()).status_code == 403


MISFITS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"clicks": []}, "clicks"),
    ({"clicks": [{"x": WIDTH, "y": 0}]}, "clicks[0]"),
    ({"clicks": [{"x": 0, "y": HEIGHT}]}, "clicks[0]"),
    (on_coin(label="cow"), "label"),
    ({"box": [10, 10, 10, 20]}, "box"),
    ({"box": [10, 10, 20, HEIGHT + 1]}, "box"),
    (on_coin(region="nonsense\n"), "region"),
    (on_coin(region=""), "region"),
    (on_coin(region=rle.encode(np.ones((WIDTH, HEIGHT + 1), bool))), "region"),
)
NO_PROMPTS: tuple[dict[str, Any], ...] = (
    {"clicks": [{"x": -1, "y": 0}]},
    {"clicks": [{"x": 1.5, "y": 0}]},
    {"clicks": [{"x": 1, "y": 0, "positive": 1}]},
    {"clicks": [{"x": 1, "y": 0}] * 65},
    {"clicks": {"x": 1, "y": 0}},
    {"box": [1, 2, 3]},
    on_coin(annotation={}),
    on_coin(region=7),
)


def test_a_prompt_that_does_not_fit_is_refused_with_its_place(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    for body, place in MISFITS:
        document = is_problem(ask(client, task, **body), 422, "invalid")
        assert [issue["place"] for issue in document["issues"]] == [place], body


def test_a_prompt_that_is_none_is_refused(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    for body in NO_PROMPTS:
        is_problem(ask(client, task, **body), 422, "invalid")


def test_other_questions_and_tasks_without_a_picture_are_told_apart(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    is_problem(ask(client, task, **on_coin(question="worth")), 404, "not_found")
    is_problem(ask(client, task, **on_coin(question="none")), 404, "not_found")
    is_problem(ask(world.client("Carmen"), 1, **on_coin()), 422, "no_picture")
    is_problem(ask(client, 10**6, **on_coin()), 403, "not_your_task")


def test_a_file_that_is_no_picture_is_said_and_the_next_one_works(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    good = world.cast.rows("SELECT media_sha256 FROM task WHERE id = :id", id=task)[0][0]
    bad = world.house.blobs.put(b"no picture at all")
    change = "UPDATE task SET media_sha256 = :sha256 WHERE id = :id"
    world.cast.change(change, sha256=bad, id=task)
    is_problem(ask(client, task, **on_coin()), 503, "not_an_image")
    world.cast.change(change, sha256=good, id=task)
    assert ask(client, task, **on_coin()).status_code == 200


def test_a_click_writes_nothing(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    counted = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM draft)"
    before = world.cast.rows(counted)
    assert ask(client, task, **on_coin()).status_code == 200
    assert world.cast.rows(counted) == before
