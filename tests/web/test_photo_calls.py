"""A device, and a script, send photos over the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.client import FairhandError
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.work.projects.rules import ProjectPolicy
from tests.rules.formats import photographs
from tests.web.test_campaign import sdk
from tests.web.world import World

ID = "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a"
BYTES = {"content-type": "application/octet-stream"}


def photo_project(world: World) -> int:
    """A project that asks Amina for a photo of one thing."""
    cast = world.cast
    policy = ProjectPolicy(
        title="Street signs",
        purpose="To teach a machine to read signs.",
        guidelines="Ask before you photograph people.",
        questions=(Question("sign", "photo", "Photograph this", with_defaults("photo", {})),),
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=1,
        max_overlap=1,
    )
    made = create_project(cast.db, CreateProject(cast.carmen, policy), cast.clock.now)
    run = start_import(cast.db, made.id, "signs", cast.clock.now)
    rows = [NewTask({"prompt": "A sign"}, "0" * 64, "row 1")]
    import_tasks(
        cast.db, BlobStore("memory://"), ImportTasks(run.id, rows, cast.carmen), cast.clock.now
    )
    cast.fund(made.id, 100_000)
    cast.join(world.people["Amina"], made.id)
    return made.id


def test_what_cannot_be_a_photo_is_refused_clearly(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    address = f"/api/v1/tasks/{task}/uploads"
    opened = client.put(f"{address}/{ID}", json={"question": "pet", "bytes": 10})
    assert opened.status_code == 422
    assert opened.json()["issues"][0]["place"] == "question"
    odd = client.put(f"{address}/x", json={"question": "pet", "bytes": 10**9})
    assert [issue["place"] for issue in odd.json()["issues"]] == ["bytes", "upload"]
    part = client.put(f"/api/v1/uploads/{ID}/parts/0", content=b"a", headers=BYTES)
    assert part.status_code == 404
    assert client.post(f"/api/v1/uploads/{ID}/whole", json={"parts": 1}).status_code == 404
    assert client.delete(f"/api/v1/uploads/{ID}").status_code == 404


def test_a_script_sends_a_photo_and_goes_on_where_it_was_cut_off(
    world: World, tmp_path: Path
) -> None:
    project = photo_project(world)
    client = sdk(world, "Amina", "work")
    task = client.next_task(project)
    assert task is not None
    path = tmp_path / "sign.jpg"
    path.write_bytes(photographs.jpeg() + bytes(300_000))
    amina = world.client("Amina")
    body = {"question": "sign", "bytes": path.stat().st_size}
    assert amina.put(f"/api/v1/tasks/{task['task_id']}/uploads/{ID}", json=body).is_success
    answer = client.photos.send(task["task_id"], "sign", path, upload_id=ID)
    assert answer == client.photos.send(task["task_id"], "sign", path, upload_id=ID)
    assert client.submit(task["task_id"], {"sign": answer})["revision"] == 1
    with pytest.raises(FairhandError, match="part of an answer"):
        client.photos.drop(ID)
    seen = amina.get(f"/media/{answer['sha256']}/preview")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/webp")
    assert seen.headers["cache-control"] == "private, no-store"
    assert world.client("Dmitri").get(f"/media/{answer['sha256']}").status_code == 404


def test_a_file_that_is_no_photo_is_told_why(world: World, tmp_path: Path) -> None:
    task = sdk(world, "Amina", "work").next_task(photo_project(world))
    assert task is not None
    path = tmp_path / "sign.jpg"
    path.write_bytes(photographs.heic())
    with pytest.raises(FairhandError, match="HEIC") as refused:
        sdk(world, "Amina", "work").photos.send(task["task_id"], "sign", path)
    assert (refused.value.status, refused.value.code) == (422, "not_a_photo")
