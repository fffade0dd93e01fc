"""A player asks for stretches of a sound; a device sends parts of one."""

from __future__ import annotations

import pytest

from fairhand.web.api.sounds import wanted
from tests.web.world import World

ID = "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-30", (70, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=100-", None),
        ("bytes=20-10", None),
        ("bytes=-0", None),
        ("bytes=-", (0, 100)),
        ("bytes=0-1,5-6", (0, 100)),
        ("lines=1-2", (0, 100)),
        ("bytes=" + "9" * 40 + "-", (0, 100)),
    ],
)
def test_a_range_is_met_ignored_or_refused_as_the_standard_says(
    header: str | None, found: tuple[int, int] | None
) -> None:
    assert wanted(header, 100) == found


def test_what_cannot_be_a_recording_is_refused_clearly(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    opened = client.put(
        f"/api/v1/tasks/{task}/recordings/{ID}", json={"question": "pet", "rate": 16_000}
    )
    assert opened.status_code == 422
    assert opened.json()["issues"][0]["place"] == "question"
    odd = client.put(f"/api/v1/tasks/{task}/recordings/x", json={"question": "pet", "rate": 1})
    assert [issue["place"] for issue in odd.json()["issues"]] == ["recording", "rate"]
    for content, status in ((b"ab", 404), (b"", 422), (b"abc", 422), (b"a" * 262_146, 413)):
        sent = client.put(
            f"/api/v1/recordings/{ID}/parts/0",
            content=content,
            headers={"content-type": "application/octet-stream"},
        )
        assert sent.status_code == status, content[:3]
    joined = client.post(f"/api/v1/recordings/{ID}/whole", json={"parts": 1, "samples": 2})
    assert joined.status_code == 404
    assert client.delete(f"/api/v1/recordings/{ID}").status_code == 404
    assert client.get(f"/media/{'0' * 64}/sound").status_code == 404
    assert client.get("/media/x/peaks").status_code == 404
