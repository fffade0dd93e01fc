"""HTTPS for `fairhand serve`: a certificate of one's own on a local network, or a real one."""

from __future__ import annotations

import io
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairhand.core.clock import system_now
from fairhand.core.errors import InvalidError

if TYPE_CHECKING:
    from fairhand.cli.serving import Chain
    from fairhand.core.settings import Settings

_HOME = ("127.0.0.1", "localhost", "::1")
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on


@dataclass(frozen=True, slots=True)
class Secured:
    """How to serve: settings with the right address, the certificate, and what people must know."""

    settings: Settings
    chain: Chain | None = None
    words: str = ""


def choose_tls(
    settings: Settings, *, tls: bool, cert: Path | None, key: Path | None, host_given: bool
) -> Secured:
    """Settle how to serve."""
    if cert is not None or key is not None:
        return _with_real(settings, cert, key)
    if not tls:
        return Secured(settings)
    from fairhand.cli.certificates import lan_names, own_certificate

    everywhere = settings.host in _HOME and not host_given
    host = "0.0.0.0" if everywhere else settings.host  # noqa: S104  # asked for: the local network
    names = lan_names()
    listened = tuple(name for name in names if name not in _HOME)
    if host not in _EVERYWHERE:
        listened, names = (host,), tuple(dict.fromkeys([*names, host]))
    found = own_certificate(settings.workspace / "keys", names, system_now())
    urls = [_url(name, settings.port) for name in listened or ("localhost",)]
    first = settings.public_url or urls[0]
    if not first.startswith("https://"):
        raise InvalidError(
            f"public_url is {first}, and --tls serves https. Take it out of fairhand.toml, or "
            "write https:// there."
        )
    words = _not_vouched(found.fingerprint, found.ends)
    if host in _HOME:
        words = f"Only this machine can open it; for phones, leave --host out.\n\n{words}"
    else:
        words = f"{_for_phones(first, urls)}{words}"
    served = settings.model_copy(update={"host": host, "public_url": first})
    return Secured(served, (str(found.cert), str(found.key)), words)


def _url(name: str, port: int) -> str:
    return f"https://[{name}]:{port}" if ":" in name else f"https://{name}:{port}"


def _with_real(settings: Settings, cert: Path | None, key: Path | None) -> Secured:
    if cert is None or key is None:
        raise InvalidError("HTTPS with a certificate of yours needs both --cert and --key.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except (OSError, ValueError) as error:
        raise InvalidError(
            f"{cert} and {key} cannot be used: {error.args[-1] if error.args else error}. "
            "Both must be PEM, and the key must be the certificate's."
        ) from None
    public = settings.public_url or _url(settings.host, settings.port)
    served = settings.model_copy(update={"public_url": public, "hsts": True})
    return Secured(served, (str(cert), str(key)))


def _for_phones(first: str, urls: list[str]) -> str:
    listed = "".join(f"  {url}\n" for url in urls)
    code = terminal_code(first)
    return f"On this network:\n{listed}\nScan this with a phone on the same Wi-Fi:\n\n{code}\n"


def _not_vouched(fingerprint: str, ends: str) -> str:
    return (
        "The browser will say that the connection is not private. That is so because this machine "
        "made its certificate itself: nobody else vouches for it. What is sent is encrypted all "
        "the same. Compare the fingerprint below with the one that the browser shows under the "
        "certificate's details, then go on to the page (Advanced, Proceed; on an iPhone: Show "
        f"Details, visit this website).\n\nSHA-256 {fingerprint}\nIt holds until {ends} and is "
        "renewed by itself; then browsers ask once more.\n"
    )


def terminal_code(text: str) -> str:
    """Draw a QR code with letters, two rows of squares to a line."""
    import segno

    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
