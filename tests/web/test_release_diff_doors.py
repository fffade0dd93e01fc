"""Two releases compared over the API and in the SDK, and one loaded by its number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from fairhand.client import Client, FairhandError
from fairhand.client.dataset import load_release
from fairhand.use_cases.aggregate_labels import aggregate_labels
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import World


@pytest.fixture
def twice(world: World) -> World:
    """A project that was released after two answers, and again after a third."""
    carmen, amina = world.client("Carmen"), world.client("Amina")
    for number in (2, 1):
        answer_tasks(world, amina, number)
        aggregate_labels(world.house.db, world.project, world.cast.clock.now)
        assert carmen.post(f"/api/v1/projects/{world.project}/releases", json={}).is_success
        (job,) = run_jobs(world)
        assert job.state == "done", job.error
    return world


def sdk(world: World, who: str = "Carmen") -> Client:
    """The SDK as it speaks to this workspace."""
    client = world.client()

    def carry(request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers)
        got = client.request(
            request.method, str(request.url), content=request.read(), headers=headers
        )
        return httpx.Response(got.status_code, content=got.content)

    transport = httpx.MockTransport(carry)
    return Client("http://testserver", world.token(who, "manage"), transport=transport)


def test_members_compare_two_versions_over_the_api_and_in_the_sdk(twice: World) -> None:
    told = twice.client("Carmen").get("/api/v1/releases/1/diff/2")
    assert told.status_code == 200
    content: dict[str, Any] = told.json()
    assert (content["old"]["version"], content["new"]["version"]) == (1, 2)
    assert (content["rows"]["added"], content["rows"]["removed"]) == (1, 0)
    with sdk(twice) as carmen:
        assert carmen.diff_releases(1, 2) == content
        with pytest.raises(FairhandError, match="no release 9"):
            carmen.diff_releases(1, 9)
    assert twice.client("Dmitri").get("/api/v1/releases/1/diff/2").status_code == 403
    assert twice.client("an owner elsewhere").get("/api/v1/releases/1/diff/2").status_code == 404
    assert twice.client().get("/api/v1/releases/1/diff/2").status_code == 401


def test_a_release_is_loaded_by_its_number_once(twice: World, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with sdk(twice) as carmen:
        found = load_release(2, client=carmen, keep_in=cache)
        assert (found.version, len(found), len(list(found))) == (2, 3, 3)
        assert [path.parent for path in cache.iterdir()] == [cache]
        assert found.path.parent == cache
    assert load_release(2, client=sdk(twice), keep_in=cache).path == found.path
    (found.path / "labels.jsonl").write_bytes(b"")
    with pytest.raises(FairhandError, match=r"labels\.jsonl: has 0 bytes"):
        load_release(2, client=sdk(twice), keep_in=cache)
    with pytest.raises(FairhandError, match="needs a client"):
        load_release(2)
    with sdk(twice) as carmen, pytest.raises(FairhandError, match="no release 9"):
        load_release(9, client=carmen, keep_in=cache)
    assert [path.name for path in cache.iterdir()] == [found.path.name]
