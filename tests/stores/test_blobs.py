"""Blobs are there whole or not at all, under the hash of their content."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import ConflictError, NotFoundError, UnavailableError
from fairhand.storage.blobs import BlobStore

BIG = b"fairhand" * 1_000_000  # over the size that is held in memory whole
ABSENT = "0" * 64


@pytest.fixture(params=["file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    folder = tmp_path / "blobs with a space"
    return BlobStore(f"file://{folder}" if request.param == "file" else "memory://")


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@given(content=st.binary(max_size=3_000))
def test_what_is_put_comes_back_under_its_own_hash(content: bytes) -> None:
    blobs = BlobStore("memory://")
    name = blobs.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert blobs.get(name, check=True) == content
    assert blobs.size(name) == len(content)


@pytest.mark.parametrize("content", [b"", b"small", BIG], ids=["empty", "small", "big"])
def test_bytes_files_and_streams_make_the_same_blob(
    blobs: BlobStore, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "content"
    path.write_bytes(content)
    names = {blobs.put(content), blobs.put(path), blobs.put(io.BytesIO(content))}
    assert names == {hashlib.sha256(content).hexdigest()}
    assert b"".join(blobs.stream(names.pop(), check=True)) == content


def test_a_range_is_read_without_the_rest(blobs: BlobStore) -> None:
    name = blobs.put(b"0123456789")
    assert blobs.read_range(name, 2, 5) == b"234"


def test_a_deleted_blob_is_gone_and_deleting_twice_is_no_error(blobs: BlobStore) -> None:
    name = blobs.put(b"Esi")
    blobs.delete(name)
    blobs.delete(name)
    assert not blobs.exists(name)
    with pytest.raises(NotFoundError):
        blobs.get(name)


@pytest.mark.parametrize("name", [ABSENT, "../../etc/passwd", "A" * 64, "", "0" * 63 + "\n"])
def test_an_unknown_or_forged_name_is_not_found(blobs: BlobStore, name: str) -> None:
    assert not blobs.exists(name)
    with pytest.raises(NotFoundError):
        blobs.get(name)
    with pytest.raises(NotFoundError):
        blobs.read_range(name, 0, 1)


def test_a_flipped_bit_is_found_when_the_reader_asks(tmp_path: Path) -> None:
    blobs = BlobStore(f"file://{tmp_path}")
    name = blobs.put(b"nucleus")
    (tmp_path / name[:2] / name).write_bytes(b"nucleuS")
    with pytest.raises(UnavailableError) as refused:
        blobs.get(name, check=True)
    assert refused.value.code == "blob_damaged"


def test_a_blob_that_was_cut_short_is_written_anew(tmp_path: Path) -> None:
    blobs = BlobStore(f"file://{tmp_path}")
    name = blobs.put(b"nucleus")
    (tmp_path / name[:2] / name).write_bytes(b"nucl")
    assert blobs.put(b"nucleus") == name
    assert blobs.get(name, check=True) == b"nucleus"


def test_many_threads_may_put_the_same_content_at_once(tmp_path: Path) -> None:
    blobs = BlobStore(f"file://{tmp_path / 'blobs'}")
    path = tmp_path / "content"
    path.write_bytes(BIG)
    with ThreadPoolExecutor(4) as pool:
        names = set(pool.map(blobs.put, [path] * 8))
    assert blobs.get(names.pop(), check=True) == BIG
    assert not names
    assert len(files_under(tmp_path / "blobs")) == 1


class _BrokenStream(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 2_000_000:
            raise ConnectionResetError("the sender went away")
        return super().read(size)


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    blobs = BlobStore(f"file://{tmp_path}")
    with pytest.raises(UnavailableError):
        blobs.put(_BrokenStream(BIG))
    assert files_under(tmp_path) == []


def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = BlobStore(f"file://{tmp_path / 'blobs'}")
    path = tmp_path / "growing"
    path.write_bytes(BIG)

    def grow(_sha256: str, _size: int) -> bool:
        path.write_bytes(BIG + b"more")
        return False

    monkeypatch.setattr(blobs, "_has", grow)
    with pytest.raises(ConflictError):
        blobs.put(path)
    assert files_under(tmp_path / "blobs") == []


_FILL = """
import io, resource, signal, sys
from pathlib import Path
from fairhand.core.errors import UnavailableError
from fairhand.storage.blobs import BlobStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
blobs = BlobStore("file://" + sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for content in (b"x" * 200_000, Path(sys.argv[2]), io.BytesIO(b"y" * 9_000_000)):
    try:
        blobs.put(content)
    except UnavailableError as error:
        print(error.code)
"""


def test_no_room_is_a_clear_refusal_and_leaves_nothing(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(BIG)
    blobs = tmp_path / "blobs"
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(blobs), str(big)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["disk_full"] * 3
    assert files_under(blobs) == []
