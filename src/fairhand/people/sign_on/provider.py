"""Talking to an identity provider: its document, its keys, the exchange of a code for a token.

Everything goes through the guard: to the issuer's own host and those that the settings name, and
else to public addresses only. Redirects are not followed; answers are bounded in size and time;
only a few requests to providers run at once, so that one that hangs holds up nobody else.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson
from joserfc.jwk import Key

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import Limits, Reply, guarded_client, read_url
from fairhand.core.clock import Instant
from fairhand.core.sign_on import SignOn
from fairhand.people.sign_on.rules import Hop, ProviderDownError, SignOnError
from fairhand.people.sign_on.tokens import MAX_TOKEN, Asked, UnknownKeyError, read_keys, verify

_FRESH_S: Final = 3600.0
_STALE_S: Final = 86_400.0
_AGAIN_S: Final = 10.0
_AT_ONCE: Final = 4
_TURN_S: Final = 3.0
_MAX_DOCUMENT: Final = 512 * 1024
_SNIPPET: Final = 200
_TALKS = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Document:
    """What a provider's discovery document says that we use."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    says_issuer: bool  # its answers name the issuer (RFC 9207)
    takes_basic: bool
    clock: Instant | None  # its clock, as its answer says


@dataclass(frozen=True, slots=True)
class _Known:
    document: Document
    keys: Sequence[Key]
    at: float


_known: dict[tuple[str, str, tuple[str, ...]], _Known] = {}
_tried: dict[tuple[str, str, tuple[str, ...]], float] = {}
_lock = threading.Lock()


def forget_providers() -> None:
    """Forget what is known of all providers, as after a change of settings."""
    with _lock:
        _known.clear()
        _tried.clear()


def read_document(settings: SignOn) -> Document:
    """Fetch the discovery document; raises SignOnError naming the hop."""
    url = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    reply = _ask(settings, "discovery", "GET", url)
    return _document(settings, _json(reply, "discovery", url), reply)


def fetch_keys(settings: SignOn, document: Document) -> list[Key]:
    """Fetch the keys that the provider signs with; raises SignOnError naming the hop."""
    reply = _ask(settings, "keys", "GET", document.keys)
    try:
        return read_keys(_json(reply, "keys", document.keys))
    except ProviderDownError:
        raise
    except SignOnError as error:
        raise ProviderDownError(error.message, error.hop) from None


def document_of(settings: SignOn) -> Document:
    """Give the provider's document, from an hour's memory where there is one."""
    return _of(settings).document


def redeem(
    settings: SignOn, secret: str, code: str, verifier: str, redirect_uri: str
) -> Mapping[str, Any]:
    """Exchange a code for tokens; raises SignOnError."""
    document = document_of(settings)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if secret and document.takes_basic:
        pair = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = settings.client_id
        if secret:
            form["client_secret"] = secret
    body = urlencode(form).encode()
    reply = _ask(settings, "token", "POST", document.token, headers=headers, body=body)
    if 400 <= reply.status < 500:
        raise SignOnError(_refusal(reply), "token")
    found = _json(reply, "token", document.token)
    if not isinstance(found.get("id_token"), str):
        raise ProviderDownError(
            "The provider gave no ID token. Is `openid` among the scopes, and the client one for "
            "OpenID Connect?",
            "token",
        )
    if len(found["id_token"]) > MAX_TOKEN:
        raise SignOnError("The provider's ID token is too long.", "token")
    return found


def read_claims(settings: SignOn, tokens: Mapping[str, Any], nonce: str, now: Instant) -> Any:  # noqa: ANN401  # claims
    """Check the ID token, with new keys where it names one we do not know; give its claims.

    Asks the provider who it is about for what the token leaves out.
    """
    access = tokens.get("access_token")
    asked = Asked(nonce, access if isinstance(access, str) else "", now)
    known = _of(settings)
    try:
        claims = verify(settings, tokens["id_token"], known.keys, asked)
    except UnknownKeyError:
        known = _of(settings, older_than=_AGAIN_S)
        claims = verify(settings, tokens["id_token"], known.keys, asked)
    wanted = ["email", *([settings.groups_claim.partition(".")[0]] if settings.roles else [])]
    missing = any(one not in claims for one in wanted)
    if not missing or not known.document.userinfo or not asked.access_token:
        return claims
    if "email" not in claims:  # whether an address is verified is said by whoever says the address
        claims.pop("email_verified", None)
    further = dict(_userinfo(settings, known.document, asked.access_token, claims))
    if further.get("email") != claims.get("email", further.get("email")):
        further.pop("email_verified", None)  # it is said of another address than the token's
    return {**further, **claims}


def _userinfo(
    settings: SignOn, document: Document, access_token: str, claims: Mapping[str, Any]
) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {access_token}"}
    reply = _ask(settings, "token", "GET", document.userinfo, headers=headers)
    found = _json(reply, "token", document.userinfo)
    if found.get("sub") != claims["sub"]:
        raise SignOnError(
            "The provider's ID token is about one person and its userinfo about another.", "token"
        )
    return found


def _of(settings: SignOn, *, older_than: float = _FRESH_S) -> _Known:
    """Give what is known of a provider, fetched anew once it is old; old is better than none."""
    key = (settings.issuer, settings.ca_file, settings.hosts)
    with _lock:
        known, tried = _known.get(key), _tried.get(key, 0.0)
    now = monotonic()
    if known is not None:
        is_fresh = now - known.at < older_than
        if is_fresh or (now - tried < _AGAIN_S and now - known.at < _STALE_S and tried):
            return known
    with _lock:
        _tried[key] = now
    try:
        document = read_document(settings)
        fresh = _Known(document, fetch_keys(settings, document), monotonic())
    except ProviderDownError:
        if known is None or now - known.at > _STALE_S:
            raise
        return known
    with _lock:
        _known[key] = fresh
    return fresh


def _document(settings: SignOn, found: Mapping[str, Any], reply: Reply) -> Document:
    issuer = found.get("issuer")
    if issuer != settings.issuer:
        said = str(issuer)[:_SNIPPET]
        hint = "They differ by the slash at the end. " if _alike(said, settings.issuer) else ""
        raise ProviderDownError(
            f"The provider calls itself {said!r}, and the settings say {settings.issuer!r}. {hint}"
            "Write the issuer in fairhand.toml as the provider's document does.",
            "issuer",
        )

    def address(name: str, *, must: bool = True) -> str:
        value = found.get(name)
        if value is None and not must:
            return ""
        if not isinstance(value, str):
            raise ProviderDownError(f"The provider's document has no {name}.", "discovery")
        try:
            target = read_url(value)
        except AssistantError as error:
            raise ProviderDownError(f"{name}: {error.message}", "discovery") from None
        if target.scheme != "https" and not settings.may_http:
            raise ProviderDownError(f"{name} of the provider is not https.", "discovery")
        return value

    methods = found.get("token_endpoint_auth_methods_supported")
    takes = methods if isinstance(methods, list) else ["client_secret_basic"]
    return Document(
        authorization=address("authorization_endpoint"),
        token=address("token_endpoint"),
        keys=address("jwks_uri"),
        userinfo=address("userinfo_endpoint", must=False),
        end_session=address("end_session_endpoint", must=False),
        says_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        takes_basic="client_secret_basic" in takes or "client_secret_post" not in takes,
        clock=_clock(reply),
    )


def _ask(
    settings: SignOn,
    hop: Hop,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Reply:
    limits = Limits(connect_s=3.0, total_s=settings.timeout_s, max_bytes=_MAX_DOCUMENT)
    allowed = (read_url(settings.issuer).place, *settings.hosts)
    try:
        with _turn(), guarded_client(allowed, ca_file=settings.ca_file) as client:
            reply = client.ask_once(method, url, headers=headers, body=body, limits=limits)
    except AssistantError as error:
        place = urlsplit(url).netloc
        message = error.message.replace("backend_hosts", "hosts").partition(", or `fairhand")[0]
        raise ProviderDownError(f"Asking {place}: {message.rstrip('.')}.", hop) from None
    except OSError as error:
        raise ProviderDownError(f"{settings.ca_file}: {error}", "settings") from None
    if 300 <= reply.status < 400:
        where = reply.headers.get("location", "")[:_SNIPPET]
        raise ProviderDownError(
            f"{url} sends us on to {where or 'another address'}, which is not followed. "
            "Give the issuer by its final address.",
            hop,
        )
    return reply


@contextmanager
def _turn() -> Iterator[None]:
    if not _TALKS.acquire(timeout=_TURN_S):
        raise ProviderDownError(
            "Many people sign in at this moment, or the provider is slow. Try again in a moment.",
            "discovery",
        )
    try:
        yield
    finally:
        _TALKS.release()


def _json(reply: Reply, hop: Hop, url: str) -> Mapping[str, Any]:
    if reply.status != 200:
        raise ProviderDownError(f"{url} answered {reply.status}.", hop)
    try:
        found = orjson.loads(reply.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderDownError(f"{url} did not answer with a JSON object.", hop)
    return found


def _refusal(reply: Reply) -> str:
    try:
        error = orjson.loads(reply.content).get("error")
    except (ValueError, AttributeError):
        error = None
    if error == "invalid_client":
        return (
            "The provider does not accept this server's client id or secret. An administrator "
            "should look at both in fairhand.toml."
        )
    if error == "invalid_grant":
        return (
            "The provider does not accept the code any more: it holds for a short time and once. "
            "Sign in again."
        )
    word = error if isinstance(error, str) and error.isprintable() else str(reply.status)
    return f"The provider refused to give a token: {word[:_SNIPPET]}. Sign in again."


def _alike(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _clock(reply: Reply) -> Instant | None:
    try:
        return Instant(int(parsedate_to_datetime(reply.headers["date"]).timestamp() * 1_000))
    except (KeyError, ValueError, TypeError):
        return None
