"""Sessions, links, tokens, CSRF, headers, and other people's things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.renew_link import renew_link
from fairhand.use_cases.seal_log import seal_log
from fairhand.web.shared.doors import SESSION_COOKIE
from tests.web.world import TestClient, World

PAGES = {
    "Amina": (
        "/",
        "/earnings",
        "/earnings/disputes",
        "/earnings/time",
        "/earnings/bookings",
        "/credentials",
        "/talent",
        "/path",
        "/wellbeing",
        "/wellbeing/content",
        "/wellbeing/check-ins",
        "/wellbeing/care",
        "/earnings/payout",
        "/log",
        "/log/receipts",
        "/account",
        "/account/erase",
        "/council",
        "/rights",
        "/rights/groups",
        "/rights/contract",
        "/rights/data",
        "/given/contributions",
        "/given",
        "/given/find",
        "/channel",
        "/api/docs",
        "/work/1",
        "/translation",
        "/learn",
        "/learn/practice",
        "/work/1/answers",
    ),
    "Carmen": (
        "/projects",
        "/projects/new",
        "/projects/new/several-questions",
        "/projects/1",
        "/projects/1/leaks",
        "/projects/1/tasks",
        "/people",
        "/people/talent",
        "/people/path",
        "/admin/doctor",
        "/admin/sign-on",
        "/admin/mail",
        "/admin/sources",
        "/projects/1/import",
        "/conduct",
        "/conduct/decide",
        "/conduct/appeals",
        "/conduct/systems",
        "/conduct/monitors",
        "/conduct/conditions",
        "/conduct/scores",
        "/conduct/policies",
        "/conduct/contracts",
        "/pay",
        "/pay/floors",
        "/pay/rates",
        "/pay/disputes",
        "/pay/payouts",
        "/pay/books",
        "/pay/books/check",
        "/pay/books/score",
        "/projects/2",
        "/projects/1/pay",
        "/projects/1/conversations",
        "/projects/1/review",
        "/projects/1/labels",
        "/projects/1/forecast",
        "/projects/1/origin",
        "/projects/1/value",
        "/projects/1/questions",
        "/projects/1/examples",
        "/projects/1/ready",
        "/projects/1/pilot",
        "/projects/1/assist/sources",
        "/projects/1/webhooks",
        "/projects/0/webhooks",
        "/projects/1/assist",
        "/projects/1/assist/evaluations",
        "/projects/1/courses",
        "/projects/1/campaign",
    ),
    None: (
        "/sign-in",
        "/sign-in/none",
        "/forgot",
        "/offline",
        "/reset/none",
        "/api/docs",
        "/data",
        "/data/compliance",
    ),
}
EVERY_PAGE = [(who, path) for who, paths in PAGES.items() for path in paths]
FORMS = (
    "/projects/new",
    "/projects/1/fund",
    "/projects/1/mode",
    "/projects/1/guidelines",
    "/projects/1/conversations/terms",
    "/projects/1/conversations/1/halt",
    "/projects/1/ready",
    "/projects/1/campaign",
    "/projects/1/coverage",
    "/projects/1/licences/prices",
    "/projects/1/licences/1",
    "/projects/1/intake/1",
    "/projects/1/pilot",
    "/projects/1/pilot/decide",
    "/projects/1/invite",
    "/projects/1/import",
    "/projects/1/import/from",
    "/projects/1/import/addresses",
    "/projects/1/import/again",
    "/admin/sources/scans/check",
    "/admin/mail/check",
    "/admin/mail/test",
    "/admin/mail/1/retry",
    "/admin/mail/1/cancel",
    "/projects/1/releases",
    "/projects/1/exports",
    "/projects/1/releases/1/page",
    "/projects/1/value",
    "/projects/1/value/1/measure",
    "/projects/1/value/1/open",
    "/projects/1/webhooks",
    "/projects/1/webhooks/1",
    "/projects/1/webhooks/1/test",
    "/projects/1/assist/sources",
    "/projects/1/assist/sources/1",
    "/projects/1/assist/sources/1/test",
    "/projects/1/assist/tick",
    "/projects/1/assist/settings",
    "/projects/1/assist/evaluations/import",
    "/projects/1/assist/evaluations/claims/import",
    "/projects/1/assist/evaluations/versions",
    "/people",
    "/projects/1/courses",
    "/projects/1/courses/1",
    "/projects/1/courses/1/publish",
    "/projects/1/courses/1/retire",
    "/projects/1/courses/1/void",
    "/learn/1",
    "/learn/1/exam",
    "/learn/1/exam/begin",
    "/learn/practice",
    "/pay/close",
    "/pay/rates",
    "/pay/rates/import",
    "/pay/floors/import",
    "/pay/floors/approve",
    "/pay/floors/end",
    "/pay/disputes/1/decide",
    "/earnings/disputes",
    "/earnings/disputes/1/withdraw",
    "/pay/payouts",
    "/pay/payouts/bank",
    "/pay/payouts/1/sent",
    "/pay/payouts/1/cancel",
    "/pay/payouts/1/payouts/1",
    "/earnings/payout",
    "/earnings/bookings/1",
    "/projects/1/pay",
    "/projects/1/pay/bookings",
    "/projects/1/pay/bookings/1/cancel",
    "/talent",
    "/talent/delete",
    "/credentials/none/share",
    "/credentials/none/revoke",
    "/people/path",
    "/people/path/1/end",
    "/account",
    "/account/erase",
    "/given/contributions/1/take-back",
    "/account/password",
    "/account/tokens",
    "/account/identities/none/end",
    "/rights/decisions/1/appeal",
    "/rights/appeals/1/withdraw",
    "/conduct/decide",
    "/conduct/reporting",
    "/conduct/appeals/1/take",
    "/conduct/appeals/1/find",
    "/council/elections",
    "/council/elections/1/stand",
    "/council/elections/1/vote",
    "/council/proposals/1",
    "/council/leave",
    "/rights/contract/1",
    "/conduct/policies",
    "/conduct/policies/1/withdraw",
    "/conduct/contracts",
    "/wellbeing/limits",
    "/wellbeing/tiers/1",
    "/wellbeing/tiers/1/end",
    "/wellbeing/content",
    "/wellbeing/content/1",
    "/wellbeing/break",
    "/wellbeing/care",
    "/earnings/time/claims",
    "/earnings/time/notes",
    "/sign-out",
)
_ELSEWHERE = re.compile(r"""(?:src|action|data|poster|srcset)\s*=\s*["']?(?:https?:)?//""", re.I)
_LOADED = re.compile(r"<link\b[^>]*href=\"(?!/static/|data:)", re.I)


@pytest.mark.parametrize(("who", "path"), EVERY_PAGE)
def test_every_page_carries_the_security_headers_and_calls_nobody(
    world: World, who: str | None, path: str
) -> None:
    answer = world.client(who).get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert not _ELSEWHERE.search(answer.text), "the page phones somewhere"
    assert not _LOADED.search(answer.text)
    assert "<script>" not in answer.text
    assert not re.search(r"\s(style|on\w+)=\"", answer.text)


@pytest.mark.parametrize("path", ["/projects/1", "/api/v1/me", "/static/app.css", "/nothing"])
def test_errors_and_data_carry_the_headers_too(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert "content-security-policy" in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("token", [None, "", "forged", "é"])
def test_a_form_without_the_sessions_own_token_changes_nothing(
    world: World, token: str | None
) -> None:
    client = world.client("Carmen")
    before = world.cast.rows("SELECT count(*) FROM event")
    del client.headers["x-csrf-token"]
    for path in FORMS:
        answer = client.post(path, data={} if token is None else {"csrf_token": token})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), path
    assert world.cast.rows("SELECT count(*) FROM event") == before


def test_another_sessions_csrf_token_does_not_fit(world: World) -> None:
    client, elsewhere = world.client("Carmen"), world.client("Carmen")
    client.headers["x-csrf-token"] = elsewhere.headers["x-csrf-token"]
    body = {"label": "x", "scope": "work"}
    assert client.post("/api/v1/tokens", json=body).json()["code"] == "csrf"


def test_the_header_is_no_substitute_for_the_field_of_a_form(world: World) -> None:
    answer = world.client("Carmen").post("/account/tokens", data={"label": "x"})
    assert answer.status_code == 403


def test_a_sign_in_from_another_site_is_refused(world: World) -> None:
    answer = world.client().post(
        "/sign-in", data={"email": "a@b.c"}, headers={"origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "/\\e.example"])
def test_signing_in_never_leads_to_another_site(world: World, to: str) -> None:
    link = renew_link(world.house.db, world.people["Amina"], world.cast.clock.now, hours=1)
    answer = world.client().post("/sign-in", data={"link_token": link, "next": to})
    assert answer.headers["location"] == "/"


def test_a_link_works_once_and_not_after_its_time(world: World) -> None:
    now = world.cast.clock.now
    used = renew_link(world.house.db, world.people["Amina"], now, hours=1)
    late = renew_link(world.house.db, world.people["Amina"], now, hours=1)
    client = world.client()
    assert client.get(f"/sign-in/{used}").status_code == 200, "looking at a link does not use it"
    assert client.post("/sign-in", data={"link_token": used}).status_code == 303
    assert world.client().post("/sign-in", data={"link_token": used}).status_code == 401
    world.cast.clock.advance(HOUR_MS)
    assert world.client().post("/sign-in", data={"link_token": late}).status_code == 401


def test_a_session_ends_with_its_time_and_with_signing_out(world: World) -> None:
    client, leaving = world.client("Amina"), world.client("Amina")
    assert client.get("/api/v1/me").status_code == 200
    assert leaving.post("/sign-out", data=world.form(leaving)).status_code == 303
    leaving.cookies.set(SESSION_COOKIE, "gone")
    assert leaving.get("/api/v1/me").status_code == 401
    world.cast.clock.advance(31 * DAY_MS)
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer fh_wrong", "Bearer", "Bearer ", "Basic YTpi", "fh_wrong", "Bearer \x7f"]
)
def test_a_wrong_token_opens_nothing_even_beside_a_good_cookie(world: World, header: str) -> None:
    client = world.client("Carmen")
    answer = client.get("/api/v1/me", headers={"authorization": header})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_ends_with_its_time_and_with_being_revoked(world: World) -> None:
    token = world.token("Carmen", "manage")
    client = world.bearer(token)
    assert client.get("/api/v1/me").status_code == 200
    (mine,) = client.get("/api/v1/tokens").json()["tokens"]
    assert token not in str(mine)
    later = world.bearer(world.token("Carmen", "manage"))
    assert client.delete(f"/api/v1/tokens/{mine['id']}").status_code == 200
    assert client.get("/api/v1/me").status_code == 401
    world.cast.clock.advance(91 * DAY_MS)
    assert later.get("/api/v1/me").status_code == 401


def test_a_page_asks_to_sign_in_and_comes_back(world: World) -> None:
    answer = world.client().get("/earnings", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/earnings")


def test_somebody_elses_task_takes_no_answer_no_draft_and_no_skip(world: World) -> None:
    task = world.next_task(world.client("Amina"))["task_id"]
    for who in ("Bao", "Carmen", "Esi"):
        client = world.client(who)
        value = {"value": {"pet": "cat"}}
        key = {"client_key": "12345678"}
        sent = (
            client.post(f"/api/v1/tasks/{task}/submit", json=value | key),
            client.put(f"/api/v1/tasks/{task}/draft", json=value),
            client.post(f"/api/v1/tasks/{task}/heartbeat"),
            client.post(f"/api/v1/tasks/{task}/skip", json=key),
        )
        assert {answer.status_code for answer in sent} <= {403, 404, 409}, who
    assert world.cast.rows("SELECT count(*) FROM annotation") == [(0,)]
    assert world.cast.rows("SELECT count(*) FROM draft") == [(0,)]


def test_somebody_elses_answer_cannot_be_revised(world: World) -> None:
    client = world.client("Amina")
    answered = _answer(world, client)
    for who in ("Bao", "Carmen", "an owner here"):
        answer = world.client(who).post(f"/api/v1/annotations/{answered}/revise")
        assert answer.status_code in (403, 404), who


def test_a_contributor_cannot_delete_export_or_open_a_project(world: World) -> None:
    client, project = world.client("Amina"), world.project
    assert client.delete(f"/api/v1/projects/{project}").status_code == 405
    assert client.delete("/api/v1/annotations/1").status_code in (404, 405)
    assert client.get(f"/api/v1/projects/{project}/releases").status_code == 403
    mode = {"mode": "closed"}
    assert client.post(f"/api/v1/projects/{project}/mode", json=mode).status_code == 403
    assert client.post(f"/api/v1/projects/{project}/releases", json={}).status_code == 403
    assert client.get("/api/v1/people").status_code == 403
    assert world.cast.rows("SELECT mode FROM project WHERE id = 1") == [("draft",)]


def test_statements_and_receipts_are_their_persons_own(world: World) -> None:
    client = world.client("Amina")
    _answer(world, client)
    now = world.cast.clock.advance(HOUR_MS)
    close_pay_period(world.house.db, ClosePayPeriod(now), now)
    seal_log(world.house.db, world.house.signer, now)
    ((statement,),) = world.cast.rows("SELECT id FROM statement")
    ((event,),) = world.cast.rows("SELECT max(id) FROM event WHERE kind = 'annotation.submitted'")
    paths = (
        f"/earnings/statements/{statement}",
        f"/earnings/statements/{statement}/download",
        f"/api/v1/pay/statements/{statement}",
    )
    receipts = (
        f"/log/receipts/{event}",
        f"/api/v1/log/receipts/{event}",
        f"/log/receipts/{event}/whole",
    )
    for path in paths + receipts:
        assert client.get(path).status_code == 200, path
        for who in ("Bao", "Dmitri", "Esi"):
            assert world.client(who).get(path).status_code == 404, (who, path)
    for path in paths:
        assert world.client("Farid").get(path).status_code == 200
        assert world.client("an owner elsewhere").get(path).status_code == 404


def test_pictures_are_shown_to_those_who_hold_the_task_and_to_nobody_else(
    world: World, tmp_path: Path
) -> None:
    sha256 = world.house.blobs.put(b"a picture")
    world.cast.change(
        "UPDATE task SET media_sha256 = :sha256, media_type = 'image/png' WHERE project_id = 1",
        sha256=sha256,
    )
    client = world.client("Amina")
    assert client.get(f"/media/{sha256}").status_code == 404
    world.next_task(client)
    shown = client.get(f"/media/{sha256}")
    assert (shown.status_code, shown.content) == (200, b"a picture")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert world.client("Carmen").get(f"/media/{sha256}").status_code == 200
    for who in ("Dmitri", "Esi", "an owner elsewhere", None):
        assert world.client(who).get(f"/media/{sha256}").status_code in (401, 404), who


def test_giving_away_more_than_one_has_is_refused(world: World) -> None:
    manager = world.client("a manager")
    body = {"display_name": "X", "roles": ["owner"]}
    assert manager.post("/api/v1/people", json=body).status_code == 403
    form = world.form(manager, display_name="X", role="owner")
    assert manager.post("/people", data=form).status_code == 403
    here = world.client("an owner here")
    assert here.post("/api/v1/people", json=body).status_code == 403


def _answer(world: World, client: TestClient) -> int:
    task = world.next_task(client)["task_id"]
    world.cast.clock.advance(5_000)
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
    answer = client.post(f"/api/v1/tasks/{task}/submit", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["annotation_id"])
