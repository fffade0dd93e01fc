"""An identity provider that lies, hangs or is not itself: nobody comes in, and it is said why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc.jwk import RSAKey

from fairhand.core.sign_on import SignOn
from fairhand.people.sign_on import provider as talk
from fairhand.web.shared.tries import Tries
from tests.identity_provider import (
    Provider,
    elliptic,
    provider,
    rsa,
    signed_with_the_public_key,
    unsigned,
)
from tests.small_servers import Answer
from tests.web.signing_on import Desk, desk, sent_back
from tests.web.world import World

HOUR = 3_600
Lie = Callable[[Provider], object]


@pytest.fixture
def company(world: World) -> Iterator[Desk]:
    """Whoever the provider names is let in: so what keeps them out is the check alone."""
    with desk(world, admit=True, roles={"owners": ["owner"]}) as made:
        made.provider.person["groups"] = ["owners"]
        yield made


def nobody_came_in(company: Desk) -> None:
    """No session, no account, no role, no identity."""
    count = company.world.cast.rows
    assert count("SELECT count(*) FROM identity") == [(0,)]
    assert count("SELECT count(*) FROM membership WHERE source = 'group'") == [(0,)]
    assert count("SELECT count(*) FROM event WHERE kind = 'person.signed_in'") == [(0,)]


def says(**claims: Any) -> Lie:  # noqa: ANN401
    """An ID token that claims this."""
    return lambda made: made.claims.update(claims)


def leaves_out(name: str) -> Lie:
    """An ID token without a claim."""
    return lambda made: made.left_out.add(name)


def makes(token: Callable[[dict[str, Any], dict[str, Any]], str]) -> Lie:
    """A token that is made otherwise."""
    return lambda made: setattr(made, "make_token", token)


def in_an_hour(made: Provider) -> None:
    """The provider's clock is an hour ahead."""
    true = made.now
    made.now = lambda: true() + HOUR


def an_hour_ago(made: Provider) -> None:
    """The provider's clock is an hour behind, or ours ahead."""
    true = made.now
    made.now = lambda: true() - HOUR


def signs_with_a_strange_key(made: Provider) -> None:
    """A key of its own under the kid of the true one."""
    made.signs_with = RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256"})


def signs_with_an_unknown_key(made: Provider) -> None:
    """A key that it does not list."""
    made.signs_with = rsa("second")


LIES: dict[str, tuple[Lie, str]] = {
    "another issuer": (says(iss="https://login.example.net"), "signed for another provider"),
    "no issuer": (leaves_out("iss"), "provider"),
    "another audience": (says(aud="photos"), "wrong audience"),
    "no audience": (leaves_out("aud"), "wrong audience"),
    "audiences without us": (says(aud=["photos", "mail"]), "wrong audience"),
    "a party that is not us": (says(aud=["fairhand", "mail"], azp="mail"), "authorised party"),
    "several and no party": (says(aud=["fairhand", "mail"]), "authorised party"),
    "audience of no kind": (says(aud={"fairhand": 1}), "wrong audience"),
    "another nonce": (says(nonce="of somebody else"), "wrong nonce"),
    "no nonce": (leaves_out("nonce"), "wrong nonce"),
    "nonce of no kind": (says(nonce=["x"]), "wrong nonce"),
    "another access token": (says(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "access token"),
    "access token hash of no kind": (says(at_hash=[1]), "not accepted"),
    "an hour ahead": (in_an_hour, "60 minutes in the future"),
    "an hour behind": (an_hour_ago, "This server&#39;s clock"),
    "over long ago": (says(exp=1_000_000_000), "clock"),
    "never over": (leaves_out("exp"), "times are missing"),
    "over never": (says(exp="tomorrow"), "times are missing"),
    "over at infinity": (says(exp=1e300), "times are missing"),
    "made at no time": (says(iat=None), "times are missing"),
    "not yet": (says(nbf=9_999_999_999), "not valid yet"),
    "signed by nobody": (makes(unsigned), "which anybody could do"),
    "signed with the public key": (makes(signed_with_the_public_key), "which anybody could do"),
    "signed with a strange key": (signs_with_a_strange_key, "signature is not the provider"),
    "signed with an unknown key": (signs_with_an_unknown_key, "does not list"),
    "no token": (makes(lambda _h, _c: "hello"), "no signed token"),
    "a token of noise": (makes(lambda _h, _c: "é.ü.ß"), "no signed token"),
    "a sealed token": (makes(lambda _h, _c: "a.b.c.d.e"), "encrypted"),
    "a header that must be understood": (
        lambda made: made.header.update(crit=["b64"], b64=True),
        "no signed token",
    ),
    "a long token": (makes(lambda _h, _c: "a" * 300_000), "too long"),
    "about nobody": (leaves_out("sub"), "whom it is about"),
    "about a number": (says(sub=7), "whom it is about"),
    "about an endless name": (says(sub="x" * 256), "whom it is about"),
    "about no character": (says(sub="a\0b"), "whom it is about"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_lets_nobody_in_and_is_named(company: Desk, lie: str) -> None:
    tell, words = LIES[lie]
    tell(company.provider)
    refused = company.sign_on()
    assert refused.status_code == 401, refused.text
    assert words in refused.text, refused.text.partition("<h1>")[2][:400]
    nobody_came_in(company)


def test_userinfo_about_somebody_else_is_not_believed(company: Desk) -> None:
    company.provider.left_out = {"groups"}
    company.provider.userinfo = {"sub": "user-carmen", "groups": ["owners"]}
    refused = company.sign_on()
    assert (refused.status_code, "about one person" in refused.text) == (401, True)
    nobody_came_in(company)


@pytest.mark.parametrize(
    ("verified", "way"),
    [
        ("amina@example.org", "/"),
        ("mallory@example.org", "/sign-on/company/prove?"),
        ("", "/sign-on/company/prove?"),
    ],
)
def test_an_address_is_not_verified_because_another_one_is(
    world: World, verified: str, way: str
) -> None:
    roles = {"leaf-team": ["contributor"]}  # groups are asked of userinfo
    with desk(world, admit=True, link_by_email=True, roles=roles) as company:
        company.account("amina@example.org")
        company.provider.left_out = {"groups", "email_verified"}
        company.provider.userinfo = {
            "sub": "user-amina",
            "groups": [],
            "email_verified": True,
            **({"email": verified} if verified else {}),
        }
        where = company.sign_on().headers["location"]
        assert where.partition("proof=")[0] == way


def test_an_address_that_only_looks_alike_in_small_letters_is_nobodys(world: World) -> None:
    with desk(world, link_by_email=True) as company:
        company.account("kiki@example.org")
        company.provider.person["email"] = "\N{KELVIN SIGN}iki@example.org"
        assert "/prove?" in company.sign_on().headers["location"]
        assert world.cast.rows("SELECT count(*) FROM identity") == [(0,)]
        company.provider.person["email"] = "KIKI@example.org"
        assert company.sign_on().headers["location"] == "/"


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        ("owners", [(0, "owner")]),
        ("owners, others", []),
        ([], []),
        (None, []),
        (7, []),
        ({"owners": True}, []),
        ([["owners"], {"owners": 1}, None, 3], []),
        (["x" * 90, *(f"group {number}" for number in range(4_000)), "owners"], [(0, "owner")]),
        (["OWNERS", " owners"], []),
    ],
)
def test_groups_of_every_shape_give_what_they_name_and_nothing_else(
    company: Desk, groups: object, roles: list[tuple[int, str]]
) -> None:
    company.provider.person["groups"] = groups
    client = company.world.client()
    assert company.sign_on(client).headers["location"] == "/"
    assert company.roles(client) == roles


def test_groups_that_are_left_out_for_their_number_give_nothing_and_it_is_logged(
    company: Desk,
) -> None:
    client = company.world.client()
    company.sign_on(client)
    assert company.roles(client) == [(0, "owner")]
    company.provider.left_out = {"groups"}
    company.provider.userinfo = {"sub": "user-amina"}
    company.provider.claims = {"_claim_names": {"groups": "src1"}}
    company.sign_on(client)
    assert company.roles(client) == []
    (last,) = company.world.cast.rows(
        "SELECT body FROM event WHERE kind = 'person.signed_in' ORDER BY id DESC LIMIT 1"
    )[0]
    assert "left out by the provider" in last


def test_an_answer_works_once_in_its_own_browser_and_for_its_own_provider(company: Desk) -> None:
    client, thief = company.world.client(), company.world.client()
    thief.get("/sign-on/company")
    sent = client.get("/sign-on/company").headers["location"]
    back = sent_back(company.provider.authorize(sent))
    stolen = thief.get(back)
    assert (stolen.status_code, "begun in another browser" in stolen.text) == (401, True)
    assert "used already" in client.get(back).text
    nobody_came_in(company)
    sent = client.get("/sign-on/company").headers["location"]
    back = sent_back(company.provider.authorize(sent))
    assert client.get(back).headers["location"] == "/"
    assert "used already" in client.get(back).text
    assert "used already" in client.get("/sign-on/company/callback?state=&code=x").text
    assert "used already" in client.get("/sign-on/company/callback").text


def test_a_code_twice_is_the_providers_to_refuse_and_is_said(company: Desk) -> None:
    client = company.world.client()
    first = client.get("/sign-on/company").headers["location"]
    code = company.provider.authorize(first).partition("code=")[2].partition("&")[0]
    client.get(sent_back(company.provider.authorize(first, code=code)))
    second = client.get("/sign-on/company").headers["location"]
    again = client.get(sent_back(company.provider.authorize(second, code=code)))
    assert (again.status_code, "does not accept the code" in again.text) == (401, True)


def test_a_code_of_another_sign_in_fails_for_its_proof_key(company: Desk) -> None:
    client, thief = company.world.client(), company.world.client()
    sent = client.get("/sign-on/company").headers["location"]
    code = company.provider.authorize(sent).partition("code=")[2].partition("&")[0]
    refused = company.sign_on(thief, code=code)
    assert (refused.status_code, "does not accept the code" in refused.text) == (401, True)


@pytest.mark.parametrize("issuer", ["https://login.example.net", ""])
def test_an_answer_that_names_another_issuer_or_none_is_refused(company: Desk, issuer: str) -> None:
    refused = company.sign_on(iss=issuer)
    assert (refused.status_code, "does not come from the provider" in refused.text) == (401, True)
    assert "/token" not in company.server.paths()


def test_a_provider_that_names_no_issuer_need_not(company: Desk) -> None:
    company.provider.says_issuer = False
    assert company.sign_on().headers["location"] == "/"


def test_an_answer_of_one_provider_is_no_use_at_another(company: Desk, world: World) -> None:
    with provider(lambda: world.cast.clock.now // 1_000) as (other, server):
        second = SignOn(issuer=other.url, client_id="fairhand", client_secret_file="company.secret")
        both = company.with_settings(others={"other": second})
        client = both.world.client()
        sent = client.get("/sign-on/company").headers["location"]
        back = sent_back(company.provider.authorize(sent))
        mixed = client.get(back.replace("/company/", "/other/"))
        assert (mixed.status_code, "another provider" in mixed.text) == (401, True)
        assert server.paths() == []
        nobody_came_in(company)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "said no to this sign-in"),
        ("temporarily_unavailable", "few minutes"),
        ("<script>", "&lt;script&gt;"),
        ("a\nb", "an error"),
        ("e" * 4_000, "eee"),
    ],
)
def test_what_the_provider_refuses_is_said(company: Desk, error: str, words: str) -> None:
    refused = company.sign_on(error=error, code="")
    assert (refused.status_code, words in refused.text) == (401, True)


def hangs() -> Answer:
    """Answer long after anybody waits."""
    time.sleep(1.5)
    return Answer({})


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a document that is not there": ({"/.well-known/openid-configuration": Answer({}, 404)}, "404"),
    "a server that falls over": ({"/.well-known/openid-configuration": Answer({}, 500)}, "500"),
    "a document that is none": (
        {"/.well-known/openid-configuration": Answer(b"<html>")},
        "JSON object",
    ),
    "a document without end": (
        {"/.well-known/openid-configuration": Answer(b" " * 10_000_000)},
        "longer than",
    ),
    "a document that takes for ever": ({"/.well-known/openid-configuration": hangs}, "in time"),
    "keys that are not there": ({"/keys": Answer({}, 404)}, "404"),
    "no keys": ({"/keys": Answer({"keys": []})}, "none that can sign"),
    "keys that are none": ({"/keys": Answer({"keys": "many"})}, "not a JWK Set"),
    "keys of no kind": (
        {
            "/keys": Answer(
                {"keys": [7, {}, {"kty": "RSA"}, {"kty": "RSA", "n": "AQAB", "e": "AQ"}]}
            )
        },
        "none that can sign",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_provider_that_is_broken_is_named_and_the_password_still_works(
    company: Desk, how: str
) -> None:
    answers, words = BROKEN[how]
    company.provider.answers.update(answers)
    short = company.with_settings(timeout_s=1)
    said = short.world.client().get("/sign-on/company")
    assert said.status_code == 503
    assert words in said.text, said.text.partition("<h1>")[2][:400]
    assert 'name="password"' in said.text
    assert company.world.cast.rows("SELECT count(*) FROM sign_on") == [(0,)]


TOKENS: dict[str, tuple[Answer | Callable[[], Answer], int, str]] = {
    "falls over": (Answer({}, 500), 503, "answered 500"),
    "takes for ever": (hangs, 503, "in time"),
    "is without end": (Answer(b"x" * 10_000_000), 503, "longer than"),
    "sends a long token": (Answer({"id_token": "x" * 10_000_000}), 503, "longer than"),
    "is no token": (Answer(["id_token"]), 503, "JSON object"),
    "forgets it": (Answer({"access_token": "x"}), 503, "no ID token"),
    "does not know us": (Answer({"error": "invalid_client"}, 401), 401, "client id or secret"),
    "says something else": (Answer({"error": ["x"]}, 400), 401, "400"),
    "sends us on": (Answer({}, 302, {"Location": "http://127.0.0.1:9/"}), 503, "not followed"),
}


@pytest.mark.parametrize("how", TOKENS)
def test_a_provider_that_gives_no_token_is_named(company: Desk, how: str) -> None:
    answer, status, words = TOKENS[how]
    company.provider.answers["/token"] = answer
    refused = company.with_settings(timeout_s=1).sign_on()
    assert refused.status_code == status
    assert words in refused.text, refused.text.partition("<h1>")[2][:400]
    nobody_came_in(company)


@pytest.mark.parametrize(
    "where", ["http://169.254.169.254/latest", "http://10.0.0.1/", "https://example.org/"]
)
def test_a_document_that_sends_us_elsewhere_is_not_followed(company: Desk, where: str) -> None:
    moved = Answer({}, 302, {"Location": where})
    company.provider.answers["/.well-known/openid-configuration"] = moved
    said = company.world.client().get("/sign-on/company")
    assert (said.status_code, "not followed" in said.text) == (503, True)
    assert where.split("?")[0] in said.text


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_a_document_cannot_turn_us_against_our_own_network(company: Desk, name: str) -> None:
    company.provider.left_out = {"groups"}  # so that userinfo is asked for
    with provider(company.provider.now) as (_, inner):
        company.provider.document[name] = f"{inner.url}/keys"
        answer = company.world.client().get("/sign-on/company")
        if answer.status_code == 303:
            answer = company.sign_on()
        assert answer.status_code == 503
        assert "this machine itself" in answer.text
        assert inner.asked == []
        allowed = company.with_settings(hosts=[inner.place])
        allowed.world.client().get("/sign-on/company")
        if name == "jwks_uri":
            assert inner.paths() == ["/keys"]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "//evil", 7, None, "https://a b/"]
)
def test_a_document_with_an_address_that_is_none_is_refused(company: Desk, address: object) -> None:
    company.provider.document["authorization_endpoint"] = address
    said = company.world.client().get("/sign-on/company")
    assert (said.status_code, "authorization_endpoint" in said.text) == (503, True)


def test_a_provider_that_calls_itself_otherwise_is_refused(company: Desk) -> None:
    company.provider.document["issuer"] = company.provider.url + "/"
    said = company.world.client().get("/sign-on/company")
    assert (said.status_code, "differ by the slash" in said.text) == (503, True)


def test_new_keys_are_fetched_when_a_token_names_one(
    company: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert company.sign_on().headers["location"] == "/"
    company.provider.keys = [elliptic("third"), rsa("first")]
    soon = company.sign_on()
    assert (soon.status_code, "does not list" in soon.text) == (401, True)
    monkeypatch.setattr(talk, "_AGAIN_S", 0.0)
    assert company.sign_on().headers["location"] == "/"
    asked = company.server.paths().count("/keys")
    for _ in range(3):
        assert company.sign_on().headers["location"] == "/"
    assert company.server.paths().count("/keys") == asked


def test_a_provider_that_was_known_may_be_away_for_a_while(
    company: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert company.sign_on().headers["location"] == "/"
    monkeypatch.setattr(talk, "_FRESH_S", 0.0)
    monkeypatch.setattr(talk, "_AGAIN_S", 0.0)
    company.provider.answers["/.well-known/openid-configuration"] = Answer({}, 500)
    assert company.sign_on().headers["location"] == "/"


def test_a_provider_that_hangs_holds_up_only_a_few(
    company: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "_TURN_S", 0.0)
    for _ in range(talk._AT_ONCE):
        assert talk._TALKS.acquire(timeout=1)
    try:
        said = company.world.client().get("/sign-on/company")
    finally:
        for _ in range(talk._AT_ONCE):
            talk._TALKS.release()
    assert (said.status_code, "Try again in a moment" in said.text) == (503, True)
    assert company.world.client().get("/sign-on/company").status_code == 303


def test_a_flood_of_beginnings_ends(company: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from fairhand.people.sign_on import store

    monkeypatch.setattr(store, "MOST_WAITING", 3)
    client = company.world.client()
    codes = [client.get("/sign-on/company").status_code for _ in range(5)]
    assert codes == [303, 303, 303, 429, 429]


def test_a_flood_of_leavings_asks_no_provider_for_ever(company: Desk) -> None:
    company.provider.answers["/.well-known/openid-configuration"] = Answer({}, 500)
    client = company.world.client()
    assert isinstance(client.app, FastAPI)
    client.app.state.beginnings = Tries(3)
    codes = [client.get("/sign-on/company/leave").status_code for _ in range(5)]
    assert codes[3:] == [429, 429]
    assert 429 not in codes[:3]


def test_a_secret_that_is_not_there_is_said_before_the_way(
    company: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = company.with_settings(client_secret_file="gone.secret")
    said = lost.world.client().get("/sign-on/company")
    assert (said.status_code, "secret cannot be read" in said.text) == (503, True)
    by_name = company.with_settings(client_secret_file="", client_secret_env="FH_TEST_SECRET")
    said = by_name.world.client().get("/sign-on/company")
    assert (said.status_code, "FH_TEST_SECRET" in said.text) == (503, True)
    monkeypatch.setenv("FH_TEST_SECRET", "between us")
    assert by_name.sign_on().headers["location"] == "/"


def test_a_provider_that_there_is_not_is_not_found(company: Desk) -> None:
    client = company.world.client()
    for path in ("", "/callback?state=x", "/prove?proof=x", "/leave"):
        assert client.get(f"/sign-on/nowhere{path}").status_code == 404
