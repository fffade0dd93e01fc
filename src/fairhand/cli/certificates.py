"""A certificate of this machine's own for its local network, kept in `keys/` and renewed."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairhand.core.clock import Instant

_DAYS = 397  # phones refuse certificates that hold longer
_RENEW_DAYS = 30
_ELSEWHERE = "192.0.2.1"  # an address of no machine (RFC 5737): asked for the way, sent nothing


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a certificate and its key lie, for which names, and how to know it again."""

    cert: Path
    key: Path
    names: tuple[str, ...]
    fingerprint: str
    ends: str


def lan_names() -> tuple[str, ...]:
    """List the names and addresses by which others on this network reach this machine."""
    host = socket.gethostname().partition(".")[0].lower()
    found = [_way_out(), f"{host}.local", host]
    with contextlib.suppress(OSError):  # a name that nobody knows
        found += [str(each[4][0]) for each in socket.getaddrinfo(host, None, socket.AF_INET)]
    named = [name for name in found if name and not name.startswith("127.")]
    return tuple(dict.fromkeys([*named, "localhost", "127.0.0.1"]))


def _way_out() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ELSEWHERE, 9))
        except OSError:  # no network at all
            return ""
        return str(probe.getsockname()[0])


def own_certificate(folder: Path, names: tuple[str, ...], now: Instant) -> Certificate:
    """Give this machine's own certificate; make it anew when it ends soon or names are new."""
    cert_path, key_path = folder / "tls.crt", folder / "tls.key"
    found = _load(cert_path) if key_path.exists() else None
    if found is None or not _holds(found, names, now):
        found = _make(cert_path, key_path, names, now)
    return described(found, cert_path, key_path)


def described(found: x509.Certificate, cert: Path, key: Path) -> Certificate:
    """Say how to know a certificate again."""
    digest = found.fingerprint(hashes.SHA256()).hex(":").upper()
    ends = found.not_valid_after_utc.date().isoformat()
    return Certificate(cert, key, tuple(sorted(_names_of(found))), digest, ends)


def _load(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _holds(found: x509.Certificate, names: tuple[str, ...], now: Instant) -> bool:
    ends = found.not_valid_after_utc.timestamp() * 1_000
    return ends - now > _RENEW_DAYS * 86_400_000 and set(names) <= _names_of(found)


def _names_of(found: x509.Certificate) -> set[str]:
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    return {*names.get_values_for_type(x509.DNSName), *map(str, addresses)}


def _make(cert: Path, key: Path, names: tuple[str, ...], now: Instant) -> x509.Certificate:
    secret = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fairhand on this network")])
    begins = datetime.fromtimestamp(now / 1_000, UTC) - timedelta(hours=1)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(usage, False)
        .sign(secret, hashes.SHA256())
    )
    cert.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key, private)
    _write(cert, made.public_bytes(serialization.Encoding.PEM))
    return made


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    beside.replace(path)
