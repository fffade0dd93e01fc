"""A small real OpenID Connect provider on a port of this machine, which can lie as a test says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.small_servers import Answer, Asked, SmallServer, serving

CLIENT = "fairhand"
SECRET = "between us"
AMINA = {
    "sub": "user-amina",
    "name": "Amina Mwangi",
    "email": "amina@example.org",
    "email_verified": True,
    "groups": ["leaf-team"],
}


@cache
def rsa(kid: str) -> RSAKey:
    """A key of that name; made once a process, for it takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """What the provider says: a test changes one thing, and that is the lie."""

    now: Callable[[], int]  # its clock, in seconds
    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: dict(AMINA))
    claims: dict[str, Any] = field(default_factory=dict)  # in ID tokens instead of the truth
    left_out: set[str] = field(default_factory=set)
    header: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [rsa("first")])
    signs_with: Any = None  # a key; the first of `keys` when there is none
    make_token: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    userinfo: dict[str, Any] | None = None
    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)  # by path
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    says_issuer: bool = True
    public: bool = False

    def authorize(self, address: str, **instead: str) -> str:
        """Sign the person in at the provider; gives where the browser is sent back to."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"]}
        if self.says_issuer:
            back["iss"] = self.url
        return f"{query['redirect_uri']}?{urlencode({**back, **instead})}"

    def answer(self, asked: Asked) -> Answer:
        """Answer like a provider, or as the test says instead."""
        path = urlsplit(asked.path).path
        instead = self.answers.get(path)
        if instead is not None:
            return instead() if callable(instead) else instead
        match path:
            case "/.well-known/openid-configuration":
                return Answer(self._document())
            case "/keys":
                return Answer({"keys": [one.as_dict(private=False) for one in self.keys]})
            case "/token":
                return self._token(asked)
            case "/userinfo":
                return Answer(self.userinfo if self.userinfo is not None else self.person)
            case "/authorize":
                return self._page(asked.path)
            case "/bye":
                return _html("<h1>Signed out of the provider</h1>")
        return Answer({"error": "not found"}, 404)

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/bye",
            "authorization_response_iss_parameter_supported": self.says_issuer,
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.document,
        }

    def _page(self, path: str) -> Answer:
        """The provider's own sign-in page, for a browser."""
        back = html.escape(self.authorize(path))
        name = html.escape(str(self.person["name"]))
        return _html(f"<h1>Provider</h1><p><a href='{back}'>I am {name}</a></p>")

    def _token(self, asked: Asked) -> Answer:
        form = {name: words[0] for name, words in parse_qs(asked.body.decode()).items()}
        begun = self.codes.pop(form.get("code", ""), None)
        if not self._knows_client(asked, form):
            return Answer({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            begun is None
            or begun["code_challenge"] != challenge
            or begun["redirect_uri"] != form["redirect_uri"]
        ):
            return Answer({"error": "invalid_grant"}, 400)
        token = self.id_token(begun["nonce"])
        return Answer({"access_token": "at", "token_type": "Bearer", "id_token": token})

    def _knows_client(self, asked: Asked, form: dict[str, str]) -> bool:
        if self.public:
            return form.get("client_id") == CLIENT and "client_secret" not in form
        scheme, _, pair = asked.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return False
        name, _, secret = base64.b64decode(pair).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)

    def id_token(self, nonce: str) -> str:
        """Sign who somebody is."""
        now = self.now()
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if name not in self.left_out}
        key = self.signs_with or self.keys[0]
        header = {"alg": key.alg or "RS256", "kid": key.kid, **self.header}
        if self.make_token is not None:
            return self.make_token(header, claims)
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that nobody signed (alg none)."""
    return f"{_part({**header, 'alg': 'none'})}.{_part(claims)}."


def signed_with_the_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """The old forgery: the public key, which everybody has, as the secret of HS256."""
    body = f"{_part({**header, 'alg': 'HS256'})}.{_part(claims)}"
    secret = rsa("first").as_pem(private=False)
    digest = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def elliptic(kid: str) -> ECKey:
    """A key on a curve."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


@contextmanager
def provider(now: Callable[[], int]) -> Iterator[tuple[Provider, SmallServer]]:
    """Run a provider until the block ends."""
    made = Provider(now)
    with serving(made.answer) as server:
        made.url = server.url
        yield made, server


def _html(body: str) -> Answer:
    page = f"<!doctype html><html lang='en'><title>Provider</title><body>{body}</body></html>"
    return Answer(page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
