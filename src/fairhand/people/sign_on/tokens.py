"""What an ID token must be before a word of it is believed: signed by the provider, for us, now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

import orjson
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from fairhand.core.clock import Instant
from fairhand.core.sign_on import SignOn
from fairhand.people.sign_on.rules import MAX_SUBJECT, Hop, SignOnError

# Signatures with a public key alone: `none` signs nothing, and HS256 with a public key is a forgery
# that anybody can make.
ALGORITHMS: Final[Mapping[str, type[Key]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
}
MAX_TOKEN: Final = 256 * 1024
_MAX_KEYS: Final = 100
_LEAST_RSA_BITS: Final = 2048
_AGAIN: Final = "Sign in again; if it says so again, tell whoever runs this server."
_CLAIM_WORDS: Final = {
    "iss": "it was signed for another provider",
    "aud": "it was made for another application (wrong audience)",
    "azp": "it was made for another application (authorised party)",
    "nonce": "it belongs to another sign-in (wrong nonce)",
    "at_hash": "it does not belong to the access token that came with it",
}


class _Registry(JWSRegistry):
    """Headers may hold what we do not read, as chains of certificates."""

    max_header_length = 16 * 1024
    max_payload_length = MAX_TOKEN


_REGISTRY: Final = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)


class UnknownKeyError(SignOnError):
    """No key that we have signed this; the provider may have new ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a token is held against: the nonce of this sign-in, and what came with it."""

    nonce: str
    access_token: str
    now: Instant


def read_keys(document: object) -> list[Key]:
    """Read a provider's keys; those that we do not use are left out. Raises SignOnError."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise SignOnError("The provider's keys are not a JWK Set.", "keys")
    keys = [key for one in listed[:_MAX_KEYS] if (key := _key(one)) is not None]
    if not keys:
        raise SignOnError("Among the provider's keys is none that can sign for it.", "keys")
    return keys


def verify(settings: SignOn, token: str, keys: Sequence[Key], asked: Asked) -> dict[str, Any]:
    """Check an ID token and give its claims; raises SignOnError (UnknownKeyError for its key)."""
    header = _header(token)
    claims = _signed(token, header, keys)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or "\0" in subject:
        raise _refused("it does not say whom it is about")
    _check_times(settings, claims, asked.now)
    try:
        CodeIDToken(
            claims,
            header,
            options={
                "iss": {"essential": True, "value": settings.issuer},
                "aud": {"essential": True, "value": settings.client_id},
            },
            params={
                "nonce": asked.nonce,
                "client_id": settings.client_id,
                "access_token": asked.access_token,
            },
        ).validate(now=asked.now // 1_000, leeway=settings.leeway_s)
    except ClaimError as error:
        name = str(error.claim)
        raise _refused(_CLAIM_WORDS.get(name, f"its {name} is missing or not right")) from None
    except (TypeError, ValueError, UnicodeError):
        raise _refused("what it claims is of the wrong kind") from None
    return claims


def _key(one: object) -> Key | None:
    if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC"):
        return None
    if one.get("use", "sig") != "sig" or "d" in one:  # a private key that is public signs nothing
        return None
    try:
        if one["kty"] == "RSA" and _bits(one["n"]) < _LEAST_RSA_BITS:
            return None
        return JWKRegistry.import_key(one)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number.encode()), "big").bit_length()


def _header(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) == 5:
        raise _refused("it is encrypted; have the provider sign it only")
    try:
        header = orjson.loads(urlsafe_b64decode(parts[0].encode()))
    except (ValueError, UnicodeError):
        header = None
    if len(parts) != 3 or not isinstance(header, dict) or "crit" in header:
        raise _refused("it is no signed token")
    if header.get("alg") not in ALGORITHMS:
        said = str(header.get("alg"))[:20]
        raise _refused(
            f"it is signed with {said!r}, which anybody could do. Have the provider "
            "sign with RS256 or ES256"
        )
    return header


def _signed(token: str, header: Mapping[str, Any], keys: Sequence[Key]) -> dict[str, Any]:
    """Give what was signed, by the key that the token names, or by any where it names none."""
    wanted, kid = ALGORITHMS[header["alg"]], header.get("kid")
    fitting = [
        key
        for key in keys
        if isinstance(key, wanted) and (kid is None or key.kid == kid) and _suits(key, header)
    ]
    if not fitting:
        raise UnknownKeyError(
            f"The ID token is signed with a key that the provider does not list. {_AGAIN}", "keys"
        )
    for key in fitting:
        try:
            signed = jws.deserialize_compact(token.encode(), key, [header["alg"]], _REGISTRY)
            claims = orjson.loads(signed.payload)
        except (JoseError, ValueError, TypeError):
            continue
        if isinstance(claims, dict):
            return claims
    raise SignOnError(f"The ID token's signature is not the provider's. {_AGAIN}", "keys")


def _suits(key: Key, header: Mapping[str, Any]) -> bool:
    return key.alg is None or key.alg == header["alg"]


def _check_times(settings: SignOn, claims: Mapping[str, Any], now: Instant) -> None:
    """Name the clock, where it is the clock: the code behind this token was made just now."""
    now_s, leeway = now // 1_000, settings.leeway_s
    issued, expires = claims.get("iat"), claims.get("exp")
    if not _is_time(issued) or not _is_time(expires):
        raise _refused("its times are missing or not right")
    ahead = int(issued) - now_s
    if ahead > leeway:
        raise _clock(f"made {_span(ahead)} in the future", now)
    if int(expires) <= now_s - leeway:
        raise _clock(f"over since {_span(now_s - int(expires))}", now)
    begins = claims.get("nbf")
    if begins is not None and (not _is_time(begins) or int(begins) - now_s > leeway):
        raise _clock("not valid yet", now)


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53


def _span(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


def _clock(how: str, now: Instant) -> SignOnError:
    utc = f"{now // 3_600_000 % 24:02d}:{now // 60_000 % 60:02d} UTC"
    return SignOnError(
        f"By this server's clock ({utc}) the ID token is {how}. This server's clock or the "
        "provider's is wrong: an administrator should set it by a time service "
        "(chrony, systemd-timesyncd).",
        "clock",
    )


def _refused(why: str, hop: Hop = "token") -> SignOnError:
    return SignOnError(f"The provider's ID token is not accepted: {why}. {_AGAIN}", hop)
