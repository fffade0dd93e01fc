"""A session is one browser's, by HTTPS where there is HTTPS, and over when somebody says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairhand.use_cases.renew_link import renew_link
from fairhand.web.app import create_app
from fairhand.web.shared.doors import SESSION_COOKIE
from tests.web.world import TestClient, World


def link_for(world: World, who: str) -> str:
    return renew_link(world.house.db, world.people[who], world.cast.clock.now, hours=1)


def cookie_of(client: TestClient, link: str) -> str:
    """Sign in; give the header that sets the session."""
    answer = client.post("/sign-in", data={"link_token": link})
    (found,) = [
        one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION_COOKIE)
    ]
    return str(found)


def who_is(world: World, secret: str) -> int:
    """Ask with a session's secret; the status of the answer."""
    other = world.client()
    other.cookies.set(SESSION_COOKIE, secret)
    return int(other.get("/api/v1/me").status_code)


@pytest.mark.parametrize(
    ("address", "public", "is_secure"),
    [
        ("http://127.0.0.1:8000", "", False),
        ("https://data.example.org", "", True),
        # A proxy that does not say by which scheme people came.
        ("http://127.0.0.1:8000", "https://data.example.org", True),
    ],
)
def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http(
    world: World, address: str, public: str, is_secure: bool
) -> None:
    settings = world.house.settings.model_copy(update={"public_url": public})
    app = create_app(replace(world.house, settings=settings))
    cookie = cookie_of(TestClient(app, address, follow_redirects=False), link_for(world, "Amina"))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert ("secure" in parts) == is_secure
    assert not any(part.startswith("domain") for part in parts)
    assert any(part.startswith("max-age=") for part in parts)


def test_a_session_that_somebody_planted_is_never_taken_over(world: World) -> None:
    client = world.client()
    client.cookies.set(SESSION_COOKIE, "planted-by-somebody-else-0123456789")
    secret = cookie_of(client, link_for(world, "Amina")).split(";")[0].partition("=")[2]
    assert secret != "planted-by-somebody-else-0123456789"
    assert who_is(world, "planted-by-somebody-else-0123456789") == 401
    assert who_is(world, secret) == 200


def test_signing_out_ends_the_session_on_the_server_and_no_other(world: World) -> None:
    leaving, staying = world.client("Amina"), world.client("Amina")
    secret = leaving.cookies[SESSION_COOKIE]
    assert leaving.post("/sign-out", data={"csrf_token": "wrong"}).status_code == 403
    assert who_is(world, secret) == 200
    assert leaving.post("/sign-out", data=world.form(leaving)).status_code == 303
    assert who_is(world, secret) == 401
    assert staying.get("/api/v1/me").status_code == 200


def test_signing_in_anew_ends_the_session_that_this_browser_had(world: World) -> None:
    client = world.client("Bao")
    before = client.cookies[SESSION_COOKIE]
    cookie_of(client, link_for(world, "Amina"))
    assert who_is(world, before) == 401


def test_no_secret_of_a_session_lies_in_the_database(world: World) -> None:
    secret = world.client("Amina").cookies[SESSION_COOKIE]
    assert secret not in str(world.cast.rows("SELECT * FROM session"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_walled_in_frame_of_another_site_signs_nobody_in(world: World, site: str) -> None:
    data = {"link_token": link_for(world, "Dmitri")}
    headers = {"origin": "null", "sec-fetch-site": site}
    client = world.client()
    assert client.post("/sign-in", data=data, headers=headers).status_code == 403
    ours = {"origin": "null", "sec-fetch-site": "same-origin"}
    assert client.post("/sign-in", data=data, headers=ours).status_code == 303
