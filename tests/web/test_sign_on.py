"""Signing in by an identity provider: who comes in, as whom, with which roles."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import orjson
import pytest
from pydantic import ValidationError

from fairhand.core.clock import MINUTE_MS
from fairhand.core.settings import Settings
from fairhand.core.sign_on import SignOn
from fairhand.people.accounts.erasure_store import erase_rows
from fairhand.people.accounts.own_data_store import load_chunk
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.web.desk.sign_on import BROWSER_COOKIE
from fairhand.web.shared.doors import SESSION_COOKIE
from tests.identity_provider import provider
from tests.small_servers import Answer
from tests.web.signing_on import PASSWORD, Desk, desk, sent_back
from tests.web.world import TestClient, World

ROLES = {"leaf-team": ("contributor", "reviewer in pets-1"), "owners": ("owner",)}


@pytest.fixture
def company(world: World) -> Iterator[Desk]:
    """Strangers are let in, and groups give roles."""
    with desk(world, admit=True, roles=ROLES) as made:
        yield made


def signed_in_events(company: Desk) -> list[dict[str, object]]:
    """What the log says of sign-ins, oldest first."""
    rows = company.world.cast.rows("SELECT body FROM event WHERE kind = 'person.signed_in'")
    return [orjson.loads(body) for (body,) in rows]


def test_a_stranger_is_let_in_with_the_roles_of_their_groups(company: Desk) -> None:
    client = company.world.client()
    assert "Sign in with Company" in client.get("/sign-in").text
    back = company.sign_on(client, "?next=/earnings")
    assert (back.status_code, back.headers["location"]) == (303, "/earnings")
    assert company.who(client)["display_name"] == "Amina Mwangi"
    assert company.roles(client) == [(0, "contributor"), (company.world.project, "reviewer")]
    (event,) = signed_in_events(company)
    assert event["provider"] == "company"
    assert event["admitted"] is True
    assert event["roles_given"] == ["contributor", "reviewer in project 1"]


def test_the_session_is_like_any_other_and_the_one_before_is_over(company: Desk) -> None:
    stranger = company.world.client()
    back = company.sign_on(stranger)
    cookie = next(
        one for one in back.headers.get_list("set-cookie") if one.startswith(SESSION_COOKIE)
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # this is http; under https it is there, as with a password
    client = company.world.client("Bao")
    before = client.cookies[SESSION_COOKIE]
    assert company.sign_on(client).headers["location"] == "/"
    late = company.world.client()
    late.cookies.set(SESSION_COOKIE, before)
    assert late.get("/api/v1/me").status_code == 401


def test_leaving_a_group_takes_its_roles_and_leaves_those_given_by_hand(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    person = int(company.who(client)["id"])
    db, now = company.world.house.db, company.world.cast.clock.now
    give_role(db, GiveRole(person, "auditor"), now)
    give_role(db, GiveRole(person, "contributor"), now)  # had by group: by hand from now on
    company.provider.person["groups"] = []
    company.sign_on(client)
    assert company.roles(client) == [(0, "auditor"), (0, "contributor")]
    assert signed_in_events(company)[-1]["roles_taken"] == ["reviewer in project 1"]


def test_roles_follow_the_settings_too(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    fewer = company.with_settings(roles={"leaf-team": ("auditor",)})
    client = fewer.world.client()
    fewer.sign_on(client)
    assert fewer.roles(client) == [(0, "auditor")]


def test_the_last_owner_stays_owner(company: Desk) -> None:
    company.provider.person["groups"] = ["owners"]
    client = company.world.client()
    company.sign_on(client)
    with company.world.house.db.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM membership WHERE role = 'owner' AND project_id = 0 AND source = 'given'"
        )
    company.provider.person["groups"] = []
    company.sign_on(client)
    assert company.roles(client) == [(0, "owner")]
    assert signed_in_events(company)[-1]["kept"] == "the last owner"
    give_role(
        company.world.house.db,
        GiveRole(company.world.people["Carmen"], "owner"),
        company.world.cast.clock.now,
    )
    company.sign_on(client)
    assert company.roles(client) == []


def test_who_is_not_known_is_not_let_in_unless_the_settings_say_so(world: World) -> None:
    with desk(world) as company:
        many = company.world.cast.rows("SELECT count(*) FROM person")
        client = company.world.client()
        back = company.sign_on(client)
        page = client.get(back.headers["location"])
        assert "no account here is linked to that yet" in page.text
        assert "Amina Mwangi (amina@example.org)" in page.text
        assert client.get("/api/v1/me").status_code == 401
        assert company.world.cast.rows("SELECT count(*) FROM person") == many


def proof_of(location: str) -> str:
    return location.rpartition("proof=")[2]


def test_the_password_links_once_and_then_the_provider_is_enough(world: World) -> None:
    with desk(world) as company:
        amina = company.account("a.mwangi@elsewhere.org", PASSWORD)
        client = company.world.client()
        proof = proof_of(company.sign_on(client).headers["location"])
        form = {"proof": proof, "email": "a.mwangi@elsewhere.org", "password": PASSWORD}
        done = client.post("/sign-on/company/prove", data=form)
        assert done.status_code == 303
        assert company.who(client)["id"] == amina
        assert company.world.cast.rows("SELECT issuer, subject, person_id FROM identity") == [
            (company.provider.url, "user-amina", amina)
        ]
        later = company.world.client()
        assert company.sign_on(later).headers["location"] == "/"
        assert company.who(later)["id"] == amina
        form["csrf_token"] = company.csrf(client)
        twice = client.post("/sign-on/company/prove", data=form)
        assert (twice.status_code, "used already" in twice.text) == (401, True)


def test_five_wrong_passwords_end_it(world: World) -> None:
    with desk(world) as company:
        company.account("amina@example.org", PASSWORD)
        client = company.world.client()
        proof = proof_of(company.sign_on(client).headers["location"])
        form = {"proof": proof, "email": "amina@example.org", "password": "guessing"}
        for _ in range(4):
            tried = client.post("/sign-on/company/prove", data=form)
            assert (tried.status_code, "does not fit" in tried.text) == (401, True)
        client.post("/sign-on/company/prove", data=form)
        late = client.post("/sign-on/company/prove", data={**form, "password": PASSWORD})
        assert (late.status_code, "Start again" in late.text) == (401, True)
        assert world.cast.rows("SELECT count(*) FROM identity") == [(0,)]


def test_guesses_count_for_the_account_whatever_address_is_typed(world: World) -> None:
    with desk(world) as company:
        amina = company.account("amina@example.org", PASSWORD)
        company.account("bao@example.org", PASSWORD, "Bao")
        client = company.world.client("Amina")  # whoever has her session, and not her password

        def guess(password: str, typed: str) -> int:
            proof = proof_of(company.sign_on(client).headers["location"])
            form = {"proof": proof, "email": typed, "password": password}
            form["csrf_token"] = company.csrf(client)
            return int(client.post("/sign-on/company/prove", data=form).status_code)

        typed = [f"{number}@example.org" for number in range(10)]
        assert [guess("guess", one) for one in typed] == [401] * 10
        assert guess(PASSWORD, "bao@example.org") == 429
        bao = {"email": "bao@example.org", "password": PASSWORD}
        assert client.post("/sign-in", data=bao).status_code == 303, "nobody else's were used up"
        amina_too = {"email": "amina@example.org", "password": PASSWORD}
        assert company.world.client().post("/sign-in", data=amina_too).status_code == 429
        assert world.cast.rows("SELECT count(*) FROM identity") == [(0,)]
        assert amina == world.people["Amina"]


def test_a_proof_is_no_use_in_another_browser(world: World) -> None:
    with desk(world) as company:
        company.account("amina@example.org", PASSWORD)
        proof = proof_of(company.sign_on().headers["location"])
        thief = company.world.client()
        assert "Start again" in thief.get(f"/sign-on/company/prove?proof={proof}").text
        form = {"proof": proof, "email": "amina@example.org", "password": PASSWORD}
        assert thief.post("/sign-on/company/prove", data=form).status_code == 401


def test_a_verified_address_links_only_where_the_settings_allow_it(world: World) -> None:
    with desk(world, admit=True) as company:
        amina = company.account("amina@example.org")
        assert "/prove?" in company.sign_on().headers["location"]
        trusting = company.with_settings(link_by_email=True)
        client = trusting.world.client()
        assert trusting.sign_on(client).headers["location"] == "/"
        assert trusting.who(client)["id"] == amina
        assert signed_in_events(trusting)[-1]["linked"] == "by address"


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_never_links(world: World, verified: object) -> None:
    with desk(world, admit=True, link_by_email=True) as company:
        company.account("amina@example.org")
        company.provider.person["email_verified"] = verified
        assert "/prove?" in company.sign_on().headers["location"]
        assert world.cast.rows("SELECT count(*) FROM identity") == [(0,)]


def test_an_address_that_was_given_to_somebody_new_does_not_open_the_old_account(
    world: World,
) -> None:
    with desk(world, admit=True, link_by_email=True) as company:
        company.account("amina@example.org")
        company.sign_on()
        company.provider.person["sub"] = "user-new-amina"
        assert "/prove?" in company.sign_on().headers["location"]


def test_whoever_invited_an_address_and_used_the_link_waits_there_in_vain(world: World) -> None:
    with desk(world, admit=True, link_by_email=True, roles={"leaf-team": ["owner"]}) as company:
        manager, waiting = company.world.client("a manager"), company.world.client()
        body = {"display_name": "Amina", "email": "amina@example.org"}
        link = manager.post("/api/v1/people", json=body).json()["link"].rpartition("/")[2]
        assert waiting.post("/sign-in", data={"link_token": link}).status_code == 303
        form = {"csrf_token": company.csrf(waiting), "new_password": PASSWORD}
        assert waiting.post("/account/password", data=form).status_code == 303
        form = {"csrf_token": form["csrf_token"], "label": "mine", "scope": "manage", "days": "365"}
        page = waiting.post("/account/tokens", data=form).text
        token = page.partition('readonly value="')[2].partition('"')[0]
        assert world.bearer(token).get("/api/v1/me").status_code == 200
        client = company.world.client()
        assert company.sign_on(client).headers["location"] == "/"
        assert (0, "owner") in company.roles(client)
        assert waiting.get("/api/v1/me").status_code == 401
        assert world.bearer(token).get("/api/v1/me").status_code == 401
        known = {"email": "amina@example.org", "password": PASSWORD}
        assert company.world.client().post("/sign-in", data=known).status_code == 401


def test_nobody_awaits_another_at_their_address(world: World) -> None:
    with desk(world, admit=True, link_by_email=True, roles={"leaf-team": ["owner"]}) as company:
        waiting = company.world.client("Bao")  # who writes the address of somebody who comes later
        typed = {"display_name": "Bao", "email": "Amina@example.org", "country": "GB"}
        assert waiting.post("/account", data=world.form(waiting, **typed)).status_code == 303
        assert "/prove?" in company.sign_on().headers["location"]
        assert world.cast.rows("SELECT count(*) FROM identity") == [(0,)]
        assert (0, "owner") not in company.roles(waiting)


def test_other_changes_of_an_account_do_no_harm(world_on_both: World) -> None:
    world = world_on_both
    with desk(world, link_by_email=True) as company:
        amina = company.account("amina@example.org")
        mine = company.world.client("Amina")
        typed = {"display_name": "A. Mwangi", "email": "amina@example.org", "country": "GB"}
        assert mine.post("/account", data=world.form(mine, **typed)).status_code == 303
        client = company.world.client()
        assert company.sign_on(client).headers["location"] == "/"
        assert company.who(client)["id"] == amina


def test_an_address_that_changed_is_still_the_same_person(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    before = company.who(client)["id"]
    company.provider.person["email"] = "amina@married.example"
    company.sign_on(client)
    assert company.who(client)["id"] == before


def test_only_some_domains_are_let_in(world: World) -> None:
    with desk(world, admit=True, allowed_domains=["@Example.net"]) as company:
        refused = company.sign_on()
        assert refused.status_code == 401
        assert "Only people with an address at example.net" in refused.text
        company.provider.person["email"] = "amina@EXAMPLE.net"
        company.provider.person["email_verified"] = False
        assert "has verified yours" in company.sign_on().text
        company.provider.person["email_verified"] = True
        assert company.sign_on().headers["location"] == "/"


def test_a_closed_account_stays_closed(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    person = company.who(client)["id"]
    with company.world.house.db.write() as connection:
        connection.exec_driver_sql(f"UPDATE person SET state = 'closed' WHERE id = {person}")
    assert "This account is closed" in company.sign_on().text


def test_the_account_page_links_shows_and_ends(world: World) -> None:
    with desk(world, roles=ROLES) as company:
        amina = company.account("amina@example.org", PASSWORD)
        client = company.world.client("Amina")
        assert "Link Company" in client.get("/account").text
        back = company.sign_on(client, "?next=/account")
        page = client.get(back.headers["location"]).text
        assert "You are signed in as <strong>Amina</strong>" in page
        form = world.form(client, proof=proof_of(back.headers["location"]))
        assert client.post("/sign-on/company/prove", data=form).status_code == 401
        forged = {**form, "csrf_token": "x", "password": PASSWORD}
        assert client.post("/sign-on/company/prove", data=forged).status_code == 403
        done = client.post("/sign-on/company/prove", data={**form, "password": PASSWORD})
        assert done.headers["location"] == "/account"
        assert (1, "reviewer") in company.roles(client)
        page = client.get("/account").text
        assert company.provider.url in page
        key = page.partition("/account/identities/")[2].partition("/")[0]
        mine = company.world.client("Amina")
        stranger = company.world.client("Bao")
        where = f"/account/identities/{key}/end"
        assert stranger.post(where, data=world.form(stranger)).status_code == 404
        assert mine.post(where, data=world.form(mine)).status_code == 303
        assert world.cast.rows("SELECT count(*) FROM identity") == [(0,)]
        assert (1, "reviewer") not in company.roles(mine)
        kinds = world.cast.rows(
            f"SELECT kind FROM event WHERE person_id = {amina} AND kind LIKE 'person.ident%' "
            "ORDER BY id"
        )
        assert kinds == [("person.identity_linked",), ("person.identity_ended",)]


def test_the_only_way_in_is_not_ended(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    page = client.get("/account").text
    key = page.partition("/account/identities/")[2].partition("/")[0]
    where = f"/account/identities/{key}/end"
    answer = client.post(where, data={"csrf_token": company.csrf(client)})
    assert answer.status_code == 409
    assert "Set a password first" in answer.text
    assert world_rows(company) == [(1,)]


def world_rows(company: Desk) -> list[tuple[object, ...]]:
    return company.world.cast.rows("SELECT count(*) FROM identity")


def test_an_identity_of_another_account_is_not_linked_twice(world: World) -> None:
    with desk(world) as company:
        company.account("amina@example.org", PASSWORD)
        one, two = company.world.client(), company.world.client()
        proofs = [proof_of(company.sign_on(each).headers["location"]) for each in (one, two)]
        form = {"email": "amina@example.org", "password": PASSWORD}
        data = [{**form, "proof": proof} for proof in proofs]
        assert one.post("/sign-on/company/prove", data=data[0]).status_code == 303
        late = two.post("/sign-on/company/prove", data=data[1])
        assert (late.status_code, "meanwhile" in late.text) == (401, True)


def test_without_passwords_the_buttons_and_one_time_links_remain(world: World) -> None:
    with desk(world) as usual:
        company = usual.with_settings(password_sign_in=False)
        company.account("amina@example.org", PASSWORD)
        client = company.world.client()
        page = client.get("/sign-in").text
        assert "Sign in with Company" in page
        assert 'name="password"' not in page
        form = {"email": "amina@example.org", "password": PASSWORD}
        refused = client.post("/sign-in", data=form)
        assert (refused.status_code, "one-time link" in refused.text) == (401, True)


def test_signing_out_offers_the_providers_own(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    out = client.post("/sign-out", data={"csrf_token": company.csrf(client)})
    assert out.headers["location"] == "/sign-in?left=company"
    assert "Sign out of Company too" in client.get(out.headers["location"]).text
    gone = client.get("/sign-on/company/leave").headers["location"]
    assert gone.startswith(f"{company.provider.url}/bye?client_id=fairhand&post_logout_redirect")


def test_a_sign_in_waits_ten_minutes_and_is_swept_away(company: Desk) -> None:
    client = company.world.client()
    sent = client.get("/sign-on/company").headers["location"]
    company.world.cast.clock.advance(11 * MINUTE_MS)
    back = company.provider.authorize(sent)
    late = client.get(sent_back(back))
    assert (late.status_code, "longer than ten minutes" in late.text) == (401, True)
    client.get("/sign-on/company")
    assert company.world.cast.rows("SELECT count(*) FROM sign_on") == [(1,)]


def test_nothing_of_a_waiting_sign_in_can_be_read_in_the_database(company: Desk) -> None:
    client = company.world.client()
    sent = client.get("/sign-on/company").headers["location"]
    ((state, browser, sealed),) = company.world.cast.rows(
        "SELECT state_hash, browser_hash, sealed FROM sign_on"
    )
    assert str(state) not in sent
    assert client.cookies[BROWSER_COOKIE] != browser
    assert b"nonce" not in bytes(sealed)


def test_a_public_client_has_no_secret_and_its_proof_key_alone(world: World) -> None:
    with desk(world, admit=True) as company:
        company.provider.public = True
        public = company.with_settings(client_secret_file="")
        assert public.sign_on().headers["location"] == "/"


def test_what_the_id_token_leaves_out_is_asked_for(company: Desk) -> None:
    company.provider.left_out = {"groups", "email", "email_verified"}
    client = company.world.client()
    company.sign_on(client)
    assert (0, "contributor") in company.roles(client)
    assert company.world.cast.rows(
        "SELECT count(*) FROM person WHERE email = 'amina@example.org'"
    ) == [(1,)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "ftp://login.example.org"},
        {"issuer": "http://login.example.org"},
        {"issuer": "https://login.example.org?x=1"},
        {"client_id": ""},
        {"scopes": ["email"]},
        {"roles": {"a": ["king"]}},
        {"roles": {"a": ["owner in My Project"]}},
        {"client_secret_file": "a", "client_secret_env": "B"},
        {"client_secret": "in the open"},
        {"leeway_s": 100_000},
    ],
)
def test_settings_that_are_wrong_are_refused(wrong: dict[str, object]) -> None:
    right = {"issuer": "https://login.example.org", "client_id": "fairhand"}
    Settings.model_validate({"sign_on": {"company": right}})
    with pytest.raises(ValidationError):
        Settings.model_validate({"sign_on": {"company": {**right, **wrong}}})


def test_names_doubles_and_no_way_in_are_refused() -> None:
    right = {"issuer": "https://login.example.org", "client_id": "fairhand"}
    for wrong in (
        {"sign_on": {"The Company": right}},
        {"sign_on": {"a": right, "b": right}},
        {"password_sign_in": False},
    ):
        with pytest.raises(ValidationError):
            Settings.model_validate(wrong)


def test_an_administrator_sees_the_providers_and_walks_the_way(company: Desk) -> None:
    carmen = company.world.client("Carmen")
    page = carmen.get("/admin/sign-on").text
    assert company.provider.url in page
    assert "reviewer in pets-1" in page
    assert "between us" not in page
    assert "Its document can be read" in carmen.get("/admin/sign-on?check=company").text
    company.provider.answers["/keys"] = Answer({}, 500)
    broken = carmen.get("/api/v1/sign-on/company/check").json()
    assert broken["failed"] == "keys"
    (one,) = carmen.get("/api/v1/sign-on").json()["providers"]
    assert (one["name"], one["admits"]) == ("company", True)
    assert carmen.get("/api/v1/sign-on/nowhere/check").status_code == 404
    assert carmen.get("/admin/sign-on?check=nowhere").status_code == 404
    assert company.world.client("Amina").get("/admin/sign-on").status_code == 403


def test_an_address_is_verified_by_whoever_says_it(world: World) -> None:
    with desk(world, admit=True, link_by_email=True) as company:
        company.account("amina@example.org")
        company.provider.left_out = {"email"}  # and yet `email_verified` is in the ID token
        company.provider.userinfo = {"sub": "user-amina", "email": "amina@example.org"}
        assert "/prove?" in company.sign_on().headers["location"]


def test_two_providers_do_not_take_each_others_roles(company: Desk, world: World) -> None:
    with provider(lambda: world.cast.clock.now // 1_000) as (other, _):
        other.person = {"sub": "mwangi", "name": "A. Mwangi", "email": "", "groups": ["auditors"]}
        other.public = True
        second = SignOn(
            issuer=other.url, client_id="fairhand", roles={"auditors": ("auditor",)}, leeway_s=60
        )
        both = company.with_settings(others={"other": second})
        client = both.world.client()
        both.sign_on(client)
        sent = client.get("/sign-on/other?next=/account").headers["location"]
        back = client.get(sent_back(other.authorize(sent)))
        proof = proof_of(back.headers["location"])
        form = {"proof": proof, "csrf_token": both.csrf(client)}
        assert client.post("/sign-on/other/prove", data=form).headers["location"] == "/account"
        mine = [(0, "auditor"), (0, "contributor"), (1, "reviewer")]
        assert sorted(both.roles(client)) == mine
        both.sign_on(client)
        assert sorted(both.roles(client)) == mine
        other.person["groups"] = []
        sent = client.get("/sign-on/other").headers["location"]
        client.get(sent_back(other.authorize(sent)))
        assert sorted(both.roles(client)) == mine[1:]


def test_a_role_in_a_project_is_one_in_its_running_pilot(company: Desk) -> None:
    with company.world.house.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO pilot (project_id, of_project_id, version, people_wanted, tasks, "
            "target_alpha, outcome, started_by, started_at) VALUES "
            f"({company.world.other}, {company.world.project}, 1, 3, 5, 0.7, 'running', 1, 1)"
        )
    client = company.world.client()
    company.sign_on(client)
    assert (company.world.other, "reviewer") in company.roles(client)
    company.provider.person["groups"] = []
    company.sign_on(client)
    assert company.roles(client) == []


def test_both_databases_know_whom_they_let_in(world_on_both: World) -> None:
    with desk(world_on_both, admit=True, roles=ROLES) as company:
        client = company.world.client()
        company.sign_on(client)
        assert company.roles(client) == [(0, "contributor"), (1, "reviewer")]
        company.provider.person["groups"] = ["owners"]
        company.sign_on(client)
        assert company.roles(client) == [(0, "owner")]
        company.provider.person["groups"] = []
        company.sign_on(client)
        assert company.roles(client) == []
        form = {"email": "a\0b", "password": "x", "proof": "y"}
        for path in ("/sign-in", "/sign-on/company/prove"):
            answer = world_on_both.client().post(path, data=form)
            assert answer.status_code in (401, 404)
        for path in (
            "callback?state=%00&code=%00&iss=%00&error=%00",
            "prove?proof=%00",
            "?next=%00",
        ):
            answer = company.world.client().get(f"/sign-on/company/{path}".replace("/?", "?"))
            assert answer.status_code in (303, 401), path


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "/\\e", "x"])
def test_the_way_back_leads_nowhere_else(company: Desk, to: str) -> None:
    back = company.sign_on(path=f"?next={quote(to)}")
    assert back.headers["location"] == "/"


def test_cookies_are_secure_under_https(company: Desk) -> None:
    client = TestClient(company.world.app, base_url="https://testserver", follow_redirects=False)
    begun = client.get("/sign-on/company")
    back = client.get(sent_back(company.provider.authorize(begun.headers["location"])))
    kept = [*begun.headers.get_list("set-cookie"), *back.headers.get_list("set-cookie")]
    made = [one for one in kept if "Max-Age=0" not in one]
    assert len(made) == 3
    assert all("Secure" in one and "HttpOnly" in one for one in made)


def test_settings_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {
        "issuer": "https://login.example.org",
        "client_id": "fairhand",
        "roles": {"a": ["owner"]},
    }
    monkeypatch.setenv("FAIRHAND_SIGN_ON", orjson.dumps({"company": one}).decode())
    assert Settings().sign_on["company"].roles == {"a": ("owner",)}


def test_the_link_is_in_ones_own_data_and_goes_with_the_person(company: Desk) -> None:
    client = company.world.client()
    company.sign_on(client)
    person = int(company.who(client)["id"])
    with company.world.house.db.write() as connection:
        (mine,), _ = load_chunk(connection, "account/identities", person, None)
        assert (mine["issuer"], mine["subject"]) == (company.provider.url, "user-amina")
        assert erase_rows(connection, person)["identity"] == 1
    assert world_rows(company) == [(0,)]
