"""A click is asked of the project's own backend, and nobody waits for one that is bad."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairhand.labels import rle
from fairhand.labels.brush_rle import encode_brush
from fairhand.storage.database import Database
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant
from fairhand.use_cases.read_sources import read_source_problems
from tests.small_servers import Answer, Asked, SmallServer, serving
from tests.web.test_segment import HEIGHT, WIDTH, coin_world
from tests.web.world import TestClient, World

pytest.importorskip("skimage", reason="install fairhand[assist]")


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return coin_world(sqlite_db, tmp_path)


def outlining(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> Callable[[Asked], Answer]:
    """A backend that outlines the same thing whatever is clicked."""
    brush = {"type": "brushlabels", "from_name": "coins", "original_width": WIDTH,
             "original_height": HEIGHT, "score": 0.6,
             "value": {"format": "rle", "rle": encode_brush(mask),
                       "brushlabels": ["coin"]}}  # fmt: skip
    said = {"results": [{"result": [brush], "model_version": "v3", "score": 0.6}]}
    return lambda asked: Answer(said if asked.path == "/predict" else {"model_version": "v3"})


def connected(world: World, server: SmallServer) -> None:
    command = AddAssistant(
        world.cast.carmen, world.project, "label_studio", "sam", {"url": server.url},
        interactive=True, allow_private=True,
    )  # fmt: skip
    add_assistant(world.house.db, command, world.cast.clock.now)


def click(world: World, client: TestClient, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    task = world.next_task(client)["task_id"]
    given = {"question": "coins", "label": "coin", "clicks": [{"x": 40, "y": 50}], **body}
    answer = client.post(f"/api/v1/tasks/{task}/segment", json=given)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_backend_outlines_and_only_the_prompt_travels(world: World) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[10:30, 20:50] = True
    with serving(outlining(mask)) as server:
        connected(world, server)
        found = click(world, world.client("Amina"))
    assert found["model"] == "sam@v3"
    assert found["score"] == pytest.approx(0.6)
    assert (rle.decode(found["counts"], HEIGHT, WIDTH) == mask).all()
    assert found["box"] == [20, 10, 50, 30]
    (asked,) = server.asked
    assert len(asked.body) < 4_000


def test_a_click_only_adds_and_a_negative_one_only_takes_away(world: World) -> None:
    drawn = np.zeros((HEIGHT, WIDTH), bool)
    drawn[10:30, 20:50] = True
    before = np.zeros((HEIGHT, WIDTH), bool)
    before[20:40, 20:50] = True
    with serving(outlining(drawn)) as server:
        connected(world, server)
        client = world.client("Amina")
        for positive, expected in ((True, drawn | before), (False, drawn & before)):
            clicks = [{"x": 40, "y": 25, "positive": positive}]
            found = click(world, client, clicks=clicks, region=rle.encode(before))
            assert (rle.decode(found["counts"], HEIGHT, WIDTH) == expected).all()


def test_a_backend_that_fails_is_replaced_at_once_and_not_asked_again(world: World) -> None:
    with serving(lambda _asked: Answer({"error": "no model"}, 500)) as server:
        connected(world, server)
        client = world.client("Amina")
        for _ in range(3):
            assert not click(world, client)["model"].startswith("sam")
        assert len(server.asked) <= 3  # predict, setup; and then nobody asked it any more
    (failing,) = read_source_problems(world.house.db, world.project)
    assert failing.problem is not None
    assert "no model" in failing.problem["message"]


def test_a_backend_that_hangs_holds_a_click_for_seconds_once(world: World) -> None:
    hanging: list[SmallServer] = []

    def hang(_asked: Asked) -> Answer:
        hanging[0].ending.wait(30)
        return Answer()

    with serving(hang) as server:
        hanging.append(server)
        connected(world, server)
        client = world.client("Amina")
        began = time.monotonic()
        assert not click(world, client)["model"].startswith("sam")
        assert time.monotonic() - began < 15
        assert not click(world, client)["model"].startswith("sam")
        assert len(server.asked) == 1
