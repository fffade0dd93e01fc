"""Media of a release's folder are read by their digest, and by nothing else."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.use_cases.value_of_folder import folder_media


def test_a_medium_is_found_by_its_digest_and_held_against_it(tmp_path: Path) -> None:
    digest = sha256(b"a picture").hexdigest()
    place = tmp_path / "release" / "media" / digest[:2]
    place.mkdir(parents=True)
    (place / f"{digest}.png").write_bytes(b"a picture")
    (tmp_path / "secret").write_bytes(b"not of the release")
    read = folder_media(tmp_path / "release")
    assert read(digest) == b"a picture"
    with pytest.raises(NotFoundError):
        read("0" * 64)
    for bad in ("../../secret", "*", "", digest[:10], "/etc/passwd"):
        with pytest.raises(InvalidError, match="no digest"):
            read(bad)
    (place / f"{digest}.png").write_bytes(b"another one")
    with pytest.raises(InvalidError, match="was changed"):
        read(digest)
