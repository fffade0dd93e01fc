"""HTTPS for `fairhand serve`: a certificate of one's own on a local network, or a real one."""

from __future__ import annotations

import io
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from fairhand.cli.voice import remark
from fairhand.core.clock import system_now
from fairhand.core.errors import InvalidError

if TYPE_CHECKING:
    from fairhand.cli.serving import Chain
    from fairhand.core.settings import Settings

_HOME = ("127.0.0.1", "localhost", "::1")


def choose_tls(
    settings: Settings, *, tls: bool, cert: Path | None, key: Path | None, host_given: bool
) -> tuple[Settings, Chain | None]:
    """Settle how to serve: settings with the right address, and the certificate if there is one."""
    if cert is not None or key is not None:
        return _with_real(settings, cert, key)
    if not tls:
        return settings, None
    from fairhand.cli.certificates import lan_names, own_certificate

    everywhere = settings.host in _HOME and not host_given
    host = "0.0.0.0" if everywhere else settings.host  # noqa: S104  # asked for: the local network
    names = lan_names()
    found = own_certificate(settings.workspace / "keys", names, system_now())
    urls = [f"https://{name}:{settings.port}" for name in names if name not in _HOME]
    first = settings.public_url or (urls or [f"https://localhost:{settings.port}"])[0]
    if not first.startswith("https://"):
        raise InvalidError(
            f"public_url is {first}, and --tls serves https. Take it out of fairhand.toml, or "
            "write https:// there."
        )
    _explain(first, urls, found.fingerprint, found.ends)
    return settings.model_copy(update={"host": host, "public_url": first}), (
        str(found.cert),
        str(found.key),
    )


def _with_real(settings: Settings, cert: Path | None, key: Path | None) -> tuple[Settings, Chain]:
    if cert is None or key is None:
        raise InvalidError("HTTPS with a certificate of yours needs both --cert and --key.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except (OSError, ValueError) as error:
        raise InvalidError(
            f"{cert} and {key} cannot be used: {error.args[-1] if error.args else error}. "
            "Both must be PEM, and the key must be the certificate's."
        ) from None
    public = settings.public_url or f"https://{settings.host}:{settings.port}"
    return settings.model_copy(update={"public_url": public, "hsts": True}), (str(cert), str(key))


def _explain(first: str, urls: list[str], fingerprint: str, ends: str) -> None:
    remark("On this network:")
    for url in urls:
        remark(f"  {url}")
    remark(f"\nScan this with a phone on the same Wi-Fi:\n\n{terminal_code(first)}")
    remark(
        "The phone will say that the connection is not private. That is so because this machine "
        "made its certificate itself: nobody else vouches for it. What is sent is encrypted all "
        "the same. Compare the fingerprint below with the one that the phone shows under the "
        "certificate's details, then go on to the page (Advanced, Proceed; on an iPhone: Show "
        f"Details, visit this website).\n\nSHA-256 {fingerprint}\nIt holds until {ends} and is "
        "renewed by itself; then phones ask once more.\n"
    )


def terminal_code(text: str) -> str:
    """Draw a QR code with letters, two rows of squares to a line."""
    import segno

    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
