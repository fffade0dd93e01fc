"""A project's own pair of networks outlines what is clicked on, and the built-in where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.compute.assistants.contract import AssistantError
from fairhand.storage.database import Database
from fairhand.use_cases import open_outliner
from tests.rules.segment.test_sam import decoder, encoder
from tests.web.test_segment import HEIGHT, WIDTH, ask, coin_world, on_coin
from tests.web.world import TestClient, World

pytest.importorskip("onnxruntime", reason="the extra `assist` is not installed")


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return coin_world(sqlite_db, tmp_path)


def add(world: World, client: TestClient, *files: bytes) -> str:
    """Send the form as the page does; gives where it leads, or the page with what is wrong."""
    names = ("file", "decoder")
    sent = {name: (f"{name}.onnx", one) for name, one in zip(names, files, strict=False)}
    answer = client.post(
        f"/projects/{world.project}/assist/sources/new/onnx/import",
        data=world.form(client, name="sam", task="clicks"),
        files=sent,
    )
    return answer.headers.get("location") or answer.text


def test_a_pair_is_asked_on_clicks_until_it_fails_and_then_the_built_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    carmen, amina = world.client("Carmen"), world.client("Amina")
    led = add(world, carmen, encoder(), decoder(height=HEIGHT, width=WIDTH))
    assert led == f"/projects/{world.project}/assist/sources"
    assert "asked when somebody points at a thing" in carmen.get(led).text
    task = world.next_task(amina)["task_id"]
    found = ask(amina, task, **on_coin()).json()
    assert found["model"].startswith("sam@")
    assert found["score"] == pytest.approx(0.9)

    (pair,) = carmen.get(f"/api/v1/projects/{world.project}/assist/sources").json()["sources"]
    here = f"/api/v1/projects/{world.project}/assist/sources/{pair['id']}"
    assert carmen.post(here, json={"interactive": False}).status_code == 200
    assert ask(amina, task, **on_coin()).json()["model"].startswith("outline@")
    assert carmen.post(here, json={"interactive": True}).status_code == 200
    assert ask(amina, task, **on_coin()).json()["model"].startswith("sam@")

    open_outliner._opened.cache_clear()
    monkeypatch.setattr(open_outliner, "sha256_hex", _broken)
    assert ask(amina, task, **on_coin()).json()["model"].startswith("outline@")
    (pair,) = carmen.get(f"/api/v1/projects/{world.project}/assist/sources").json()["sources"]
    assert (pair["state"], pair["problem"]["hop"]) == ("failing", "click")
    monkeypatch.undo()
    assert carmen.post(here, json={"interactive": True}).status_code == 200
    assert ask(amina, task, **on_coin()).json()["model"].startswith("sam@")


def _broken(_content: bytes) -> str:
    raise AssistantError("The network failed on this picture.")


def test_what_is_no_pair_is_said_beside_the_form_and_nothing_is_added(world: World) -> None:
    carmen = world.client("Carmen")
    assert "Choose the decoder" in add(world, carmen, encoder())
    wrong = add(world, carmen, encoder(), decoder(wrong=True))
    assert "not those of Segment Anything" in wrong
    assert "Choose an ONNX file" in add(world, carmen)
    assert carmen.get(f"/api/v1/projects/{world.project}/assist/sources").json() == {"sources": []}
