"""Content credentials of our own (C2PA): a sidecar that is true of one file, byte by byte.

One is made when somebody gives a file, and one of every file that a release carries.
The workspace makes a certificate of two levels once (ES256, RFC 5280): a root that signs one leaf
and whose key is then thrown away, and the leaf that signs files. Nobody else trusts it by itself;
who has the root's certificate can. A sidecar names no person.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairhand.compute.authenticity.credentials import has_credentials, offline
from fairhand.core.clock import Instant
from fairhand.core.errors import UnavailableError

SIDECAR_TYPE: Final = "application/c2pa"
YEARS: Final = 10
_CAPTURE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
_EDITED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits"
_RELEASE: Final = "org.fairhand.release"
_PARENT: Final = "as_it_came"
_AS_IT_CAME: Final = {"relationship": "parentOf", "label": _PARENT}
_BYTES: Final = "application/octet-stream"
_IN_MEMORY: Final = 16 * 1024 * 1024
"""Larger files go by the disk while they are signed."""


@dataclass(frozen=True, slots=True, repr=False)
class ContentSigner:
    """Signs files in the name of a workspace; `path` holds its key and certificates."""

    path: Path
    workspace: str

    def sidecar(
        self, content: bytes, media_type: str, now: Instant, *, hidden: bool = False
    ) -> bytes | None:
        """Make the sidecar of a file; None without fairhand[people].

        `hidden` says that something in the file was made unrecognisable after it was recorded.
        Raises UnavailableError when the key cannot be read.
        """
        if not has_credentials():
            return None
        said = _manifest(self.workspace, media_type, hidden)
        return self._sign(_builder(said), io.BytesIO(content), io.BytesIO(), now)

    def released(
        self, file: Path, media_type: str, said: Mapping[str, str], now: Instant
    ) -> bytes | None:
        """Make the sidecar of a file as it lies in a release; None where there can be none.

        It says that the file was published unchanged, and in `said` where. What the file said of
        itself before goes along, where its form is known and it is not broken. None without
        fairhand[people], and for a file of no bytes. Raises UnavailableError when the key cannot
        be read.
        """
        if not has_credentials():
            return None
        c2pa = import_module("c2pa")
        for form in (media_type, _BYTES):
            builder = _builder(_published(self.workspace, file.name, media_type, said))
            try:
                with file.open("rb") as source:
                    builder.add_ingredient(
                        json.dumps({"title": file.name, **_AS_IT_CAME}), form, source
                    )
                with (
                    file.open("rb") as source,
                    tempfile.SpooledTemporaryFile(_IN_MEMORY) as nowhere,
                ):
                    return self._sign(builder, source, nowhere, now)
            except c2pa.C2paError:
                continue
        return None

    def _sign(
        self,
        builder: Any,  # noqa: ANN401  # c2pa has no types
        source: IO[bytes],
        nowhere: IO[bytes],
        now: Instant,
    ) -> bytes:
        """Sign all bytes of a file as they are.

        As a file of its own form, a FLAC or MP3 would be hashed as if something were put into it.
        """
        c2pa = import_module("c2pa")
        key, chain = self._load(now)

        def sign(data: bytes) -> bytes:
            first, second = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
            return first.to_bytes(32, "big") + second.to_bytes(32, "big")

        builder.set_no_embed()
        with c2pa.Signer.from_callback(sign, c2pa.C2paSigningAlg.ES256, chain) as signer:
            return bytes(builder.sign(signer, _BYTES, source, nowhere))

    def root(self, now: Instant) -> str:
        """Give the root's certificate (PEM), for whoever wants to trust this workspace."""
        chain = self._load(now)[1]
        return chain[chain.rindex("-----BEGIN CERTIFICATE-----") :]

    def _load(self, now: Instant) -> tuple[ec.EllipticCurvePrivateKey, str]:
        if not self.path.exists():
            _create(self.path, self.workspace, now)
        try:
            text = self.path.read_text("ascii")
            at = text.index("-----BEGIN CERTIFICATE-----")
            key = serialization.load_pem_private_key(text[:at].encode(), None)
        except (OSError, ValueError) as error:
            raise UnavailableError(
                f"The key of content credentials cannot be read ({self.path}). Restore it from "
                "your backup, or move it away: a new one is made.",
                code="content_key_unreadable",
            ) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101  # we wrote it
        return key, text[at:]


def _builder(said: Mapping[str, object]) -> Any:  # noqa: ANN401  # c2pa has no types
    return import_module("c2pa").Builder(json.dumps(said), offline())


def _published(
    workspace: str, name: str, media_type: str, said: Mapping[str, str]
) -> dict[str, object]:
    actions: list[dict[str, object]] = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}},
        {"action": "c2pa.published"},
    ]
    return {
        "claim_generator_info": [{"name": "Fairhand", "org.fairhand.workspace": workspace}],
        "format": media_type,
        "title": name,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}},
            {"label": _RELEASE, "data": dict(said)},
        ],
    }


def _manifest(workspace: str, media_type: str, hidden: bool) -> dict[str, object]:
    actions = [{"action": "c2pa.created", "digitalSourceType": _CAPTURE}]
    if hidden:
        actions.append({"action": "c2pa.redacted", "digitalSourceType": _EDITED})
    return {
        "claim_generator_info": [{"name": "Fairhand", "org.fairhand.workspace": workspace}],
        "format": media_type,
        "title": "Contribution",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}],
    }


def _create(path: Path, workspace: str, now: Instant) -> None:
    """Write a key and its two certificates so that whoever comes second finds them whole."""
    key, certificates = _make(workspace, datetime.fromtimestamp(now // 1_000, UTC))
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(plain + certificates)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _make(workspace: str, today: datetime) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """Make a leaf's key, and its certificate with the root's behind it."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name(workspace, "Root of content credentials")
    root = (
        _blank(issuer, issuer, root_key.public_key(), today)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _blank(_name(workspace, "Content credentials"), issuer, key.public_key(), today)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return key, leaf.public_bytes(pem) + root.public_bytes(pem)


def _blank(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, today: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(workspace: str, what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"Fairhand {workspace}"[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, what),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
