"""HTTPS on one's own network: a certificate that browsers take, kept and renewed, and said."""

from __future__ import annotations

import os
import signal
import ssl
import threading
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from fairhand.cli.certificates import lan_names, own_certificate
from fairhand.cli.tls import choose_tls, terminal_code
from fairhand.core.clock import DAY_MS, Instant, system_now
from fairhand.core.errors import InvalidError
from fairhand.core.settings import Settings
from tests.stories.terminal import Terminal
from tests.stories.test_cli_serve import free_port, started

NOW = system_now()
NAMES = ("192.168.1.20", "desk.local", "localhost", "127.0.0.1")


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests stay on this machine, even where nothing would be sent."""
    monkeypatch.setattr("fairhand.cli.certificates._way_out", lambda: "192.168.1.20")


def test_the_certificate_names_this_machine_as_phones_want_it(tmp_path: Path) -> None:
    made = own_certificate(tmp_path / "keys", NAMES, NOW)
    found = x509.load_pem_x509_certificate(made.cert.read_bytes())
    assert set(made.names) == set(NAMES)
    assert made.key.stat().st_mode & 0o077 == 0
    assert made.fingerprint == found.fingerprint(hashes.SHA256()).hex(":").upper()
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days <= 398
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.cert, made.key)


def test_it_is_kept_until_it_ends_soon_or_a_name_is_new(tmp_path: Path) -> None:
    made = own_certificate(tmp_path, NAMES, NOW)
    assert own_certificate(tmp_path, NAMES[1:], Instant(NOW + 300 * DAY_MS)) == made
    later = own_certificate(tmp_path, NAMES, Instant(NOW + 370 * DAY_MS))
    assert later.fingerprint != made.fingerprint
    moved = own_certificate(tmp_path, (*NAMES, "10.0.0.9"), Instant(NOW + 370 * DAY_MS))
    assert moved.fingerprint != later.fingerprint
    moved.cert.write_text("not a certificate")
    assert own_certificate(tmp_path, NAMES, NOW).fingerprint != moved.fingerprint


def test_the_terminal_shows_a_code_and_plain_words(tmp_path: Path) -> None:
    secured = choose_tls(
        Settings(workspace=tmp_path), tls=True, cert=None, key=None, host_given=False
    )
    settings, told = secured.settings, secured.words
    assert secured.chain is not None
    assert settings.host == "0.0.0.0"  # noqa: S104  # what phones need
    assert settings.public_url.startswith("https://")
    assert not settings.hsts, "a browser must not be held to a certificate that we made ourselves"
    assert terminal_code(settings.public_url) in told
    assert "connection is not private" in told
    assert "127.0.0.1" not in lan_names()[:-1]


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "https://127.0.0.1:8000"), ("localhost", "https://localhost:8000"),
     ("10.1.2.3", "https://10.1.2.3:8000")],
)  # fmt: skip
def test_only_what_is_listened_on_is_named(tmp_path: Path, host: str, url: str) -> None:
    settings = Settings(workspace=tmp_path, host=host)
    secured = choose_tls(settings, tls=True, cert=None, key=None, host_given=True)
    assert (secured.settings.host, secured.settings.public_url) == (host, url)
    assert "192.168.1.20" not in secured.words
    assert ("Only this machine" in secured.words) == (host != "10.1.2.3")
    assert ("Scan this" in secured.words) == (host == "10.1.2.3")
    assert secured.chain is not None
    held = x509.load_pem_x509_certificate(Path(secured.chain[0]).read_bytes())
    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert host in [str(one.value) for one in names]


def test_wrong_certificates_and_addresses_are_refused_in_words(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    made = own_certificate(tmp_path / "a", NAMES, NOW)
    other = own_certificate(tmp_path / "b", NAMES, NOW)
    for cert, key in ((made.cert, None), (made.cert, other.key), (tmp_path / "none", made.key)):
        with pytest.raises(InvalidError):
            choose_tls(settings, tls=False, cert=cert, key=key, host_given=False)
    real = choose_tls(settings, tls=False, cert=made.cert, key=made.key, host_given=False)
    assert real.settings.hsts
    plain = settings.model_copy(update={"public_url": "http://here:8000"})
    with pytest.raises(InvalidError, match="public_url"):
        choose_tls(plain, tls=True, cert=None, key=None, host_given=False)


def test_a_browser_on_the_network_signs_in_over_https(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    link = terminal.init().json["link"]
    port = free_port()
    where = ("-w", str(terminal.workspace), "--port", str(port), "--host", "127.0.0.1")
    with started("serve", "--tls", "--no-background", *where) as process:
        assert process.stderr is not None
        told = ""
        while "Ctrl-C stops it" not in told:
            line = process.stderr.readline()
            assert line, told
            told += line
        drain = threading.Thread(target=process.stderr.read)
        drain.start()
        context = ssl.create_default_context(cafile=terminal.workspace / "keys" / "tls.crt")
        transport = httpx.HTTPTransport(verify=context, retries=20)
        with httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{port}") as client:
            assert client.get("/health").text == "alive\n"
            token = link.rpartition("/")[2]
            page = client.get(f"/sign-in/{token}")
            assert page.status_code == 200
            assert "strict-transport-security" not in page.headers
            signed_in = client.post("/sign-in", data={"link_token": token})
            assert "Secure" in signed_in.headers["set-cookie"]
        os.kill(process.pid, signal.SIGINT)
        drain.join(30)
        process.wait(30)
