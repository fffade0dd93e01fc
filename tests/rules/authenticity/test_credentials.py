"""What files say of themselves, and what we say of files: nothing is fetched, every byte counts."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from fairhand.compute.authenticity.credentials import claims_of, offline, sidecar_state
from fairhand.compute.authenticity.signing import ContentSigner
from fairhand.core.clock import parse_iso
from fairhand.core.errors import UnavailableError
from fairhand.work.recordings.rules import wave_header

c2pa = pytest.importorskip("c2pa", reason="install fairhand[people]")

NOW = parse_iso("2026-11-21T09:30:00Z")


def jpeg() -> bytes:
    kept = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(kept, "JPEG")
    return kept.getvalue()


FILES = {"image/jpeg": jpeg(), "audio/wav": wave_header(800, 8_000) + b"\x01\x00" * 800}


@pytest.fixture
def signer(tmp_path: Path) -> ContentSigner:
    return ContentSigner(tmp_path / "keys" / "content.pem", "pets")


@pytest.mark.parametrize("media_type", list(FILES))
def test_a_sidecar_is_true_of_its_file_alone(signer: ContentSigner, media_type: str) -> None:
    content = FILES[media_type]
    sidecar = signer.sidecar(content, media_type, NOW)
    assert sidecar is not None
    assert sidecar_state(content, media_type, sidecar) == "valid"
    assert b"JFIF" not in sidecar, "it shows nothing of its file"
    changed = bytearray(content)
    changed[-7] ^= 1
    assert sidecar_state(bytes(changed), media_type, sidecar) == "broken"


def test_the_key_is_made_once_and_readable_by_its_owner_alone(signer: ContentSigner) -> None:
    first = signer.root(NOW)
    assert signer.root(NOW) == first
    assert signer.path.stat().st_mode & 0o077 == 0
    assert signer.path.read_text().count("PRIVATE KEY-----") == 2, "the root's key is thrown away"


def test_a_damaged_key_says_what_to_do(signer: ContentSigner) -> None:
    signer.path.parent.mkdir()
    signer.path.write_text("nothing")
    with pytest.raises(UnavailableError, match="Restore it"):
        signer.sidecar(FILES["image/jpeg"], "image/jpeg", NOW)


def test_credentials_that_name_a_model_are_read_and_broken_ones_noticed(
    signer: ContentSigner,
) -> None:
    made = signed(signer, "trainedAlgorithmicMedia")
    assert claims_of(made, "image/jpeg") == {
        "credentials": "valid",
        "by": "somebody",
        "made_by_ai": "trainedAlgorithmicMedia",
    }
    changed = bytearray(made)
    changed[-9] ^= 1
    assert claims_of(bytes(changed), "image/jpeg")["credentials"] == "broken"


def test_a_plain_file_says_nothing() -> None:
    for media_type, content in FILES.items():
        assert claims_of(content, media_type) == {"credentials": "none"}


def test_what_generators_leave_in_a_file_is_read() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a cat, masterpiece, Steps: 20")
    kept = io.BytesIO()
    Image.new("RGB", (8, 8)).save(kept, "PNG", pnginfo=text)
    assert "parameters" in claims_of(kept.getvalue(), "image/png")["made_by_ai"]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"RIFF", b"c2pa" * 100])
def test_broken_files_claim_nothing_and_raise_nothing(content: bytes) -> None:
    assert "made_by_ai" not in claims_of(content, "image/jpeg")


def test_credentials_that_lie_elsewhere_are_not_fetched(
    signer: ContentSigner, elsewhere: tuple[str, list[str]]
) -> None:
    address, asked = elsewhere
    content = signed(signer, "digitalCapture", remote=address)
    claims_of(content, "image/jpeg")
    assert asked == []


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that notes what it is asked for."""
    asked: list[str] = []

    class Notes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Notes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/manifest.c2pa", asked
    server.shutdown()
    server.server_close()


def signed(signer: ContentSigner, source: str, remote: str = "") -> bytes:
    """Sign a picture with credentials within, or with an address of them."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    key, chain = signer._load(NOW)

    def sign(data: bytes) -> bytes:
        pair = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in pair)

    kind = f"http://cv.iptc.org/newscodes/digitalsourcetype/{source}"
    manifest = {
        "claim_generator_info": [{"name": "somebody"}],
        "format": "image/jpeg",
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": kind}]},
            }
        ],
    }
    builder = c2pa.Builder(json.dumps(manifest), offline())
    if remote:
        builder.set_no_embed()
        builder.set_remote_url(remote)
    made = io.BytesIO()
    with c2pa.Signer.from_callback(sign, c2pa.C2paSigningAlg.ES256, chain) as one:
        builder.sign(one, "image/jpeg", io.BytesIO(FILES["image/jpeg"]), made)
    return made.getvalue()
