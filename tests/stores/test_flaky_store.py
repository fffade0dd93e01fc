"""An S3-compatible store (moto's server) that fails every tenth call loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairhand.core.errors import FairhandError, UnavailableError
from fairhand.storage.blobs import BlobStore
from tests.buckets import Door, flaky_store

_KEYS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A bucket behind a door that fails every tenth call."""
    with flaky_store() as made:
        made.make_bucket("pictures")
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.address)
        for name, value in _KEYS.items():
            monkeypatch.setenv(name, value)
        yield made


def test_a_store_that_fails_every_tenth_call_loses_nothing(door: Door) -> None:
    store = BlobStore("s3://pictures/blobs")
    contents = [f"picture {number}".encode() * 50 for number in range(40)]
    names = [store.put(content) for content in contents]
    assert [store.get(name, check=True) for name in names] == contents
    assert {name for name, _ in store.names()} == set(names)
    store.check_writable()
    store.delete(names[0])
    assert not store.exists(names[0])
    assert door.failed >= 5


def test_a_store_that_fails_every_call_says_so_and_work_goes_on_after(door: Door) -> None:
    store = BlobStore("s3://pictures/blobs")
    door.server_close()
    door.shutdown()
    with pytest.raises(FairhandError) as said:
        store.put(b"a picture")
    assert isinstance(said.value, UnavailableError)
    assert said.value.code == "blobs_unavailable"
