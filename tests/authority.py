"""A certificate authority of one's own, for servers of tests."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairhand.core.clock import system_now


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authority:
    """Signs what servers show; its own certificate is in `file`."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    def __post_init__(self) -> None:
        made = self._certificate("our own", self.key, "our own", self.key, 30, is_authority=True)
        self.file.write_bytes(made)

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def context(self, host: str, *, days: int = 30, by_itself: bool = False) -> ssl.SSLContext:
        """What a server shows that is called `host`: signed by us, or by itself."""
        key, path = _key(), self.folder / "server.pem"
        issuer, signer = (host, key) if by_itself else ("our own", self.key)
        made = self._certificate(host, key, issuer, signer, days)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_bytes(private + made)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    @staticmethod
    def _certificate(
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        signer: ec.EllipticCurvePrivateKey,
        days: int,
        *,
        is_authority: bool = False,
    ) -> bytes:
        now = datetime.fromtimestamp(system_now() / 1_000, UTC)  # TLS asks the real clock
        end = now + timedelta(days=days)
        parts: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=is_authority, path_length=None), True),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
        ]
        if is_authority:
            may = dict.fromkeys(
                (
                    "digital_signature",
                    "content_commitment",
                    "key_encipherment",
                    "data_encipherment",
                    "key_agreement",
                    "encipher_only",
                    "decipher_only",
                ),
                False,
            )
            parts.append((x509.KeyUsage(key_cert_sign=True, crl_sign=True, **may), True))
        else:
            parts.append((x509.SubjectAlternativeName([x509.DNSName(name)]), False))
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=60))
            .not_valid_after(end)
        )
        for part, critical in parts:
            made = made.add_extension(part, critical=critical)
        return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
