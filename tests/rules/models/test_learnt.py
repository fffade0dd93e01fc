"""What a model has learnt is bytes without code."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt


def test_what_was_packed_is_read_back() -> None:
    arrays = {"b": np.arange(6.0).reshape(2, 3), "a": np.array([1, 2], dtype=np.int64)}
    read = unpack_learnt(pack_learnt({"model": "text", "n": 3}, arrays))
    assert read.header == {"model": "text", "n": 3}
    np.testing.assert_array_equal(read.array("b"), arrays["b"])
    with pytest.raises(AssistantError, match="no part 'c'"):
        read.array("c")


def test_the_same_arrays_give_the_same_bytes_in_any_order() -> None:
    one, two = np.ones(3), np.zeros((2, 2), dtype=np.float32)
    assert pack_learnt({"x": 1, "y": 2}, {"one": one, "two": two}) == pack_learnt(
        {"y": 2, "x": 1}, {"two": np.asfortranarray(two), "one": one}
    )


def test_numpy_itself_can_read_the_arrays() -> None:
    packed = pack_learnt({}, {"one": np.arange(4)})
    with np.load(io.BytesIO(packed), allow_pickle=False) as loaded:
        np.testing.assert_array_equal(loaded["one"], np.arange(4))


def test_bytes_that_are_no_model_are_refused() -> None:
    for content in (b"", b"PK\x03\x04", pickle.dumps({"a": 1}), b"x" * 10_000):
        with pytest.raises(AssistantError, match="not a model of ours"):
            unpack_learnt(content)


def test_every_way_of_cutting_a_model_short_is_refused() -> None:
    packed = pack_learnt({"model": "text"}, {"one": np.arange(50.0)})
    for length in range(0, len(packed), 37):
        with pytest.raises(AssistantError):
            unpack_learnt(packed[:length])


def test_arrays_of_objects_are_refused_and_nothing_is_run() -> None:
    class Evil:
        def __reduce__(self) -> tuple[type[SystemExit], tuple[()]]:
            return SystemExit, ()

    out = io.BytesIO()
    np.savez(out, header=np.array([Evil()], dtype=object), allow_pickle=True)
    part = io.BytesIO()
    np.lib.format.write_array(part, np.array([Evil()], dtype=object), allow_pickle=True)
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w") as archive:
        archive.writestr("header", "{}")
        archive.writestr("evil.npy", part.getvalue())
    for content in (out.getvalue(), again.getvalue()):
        with pytest.raises(AssistantError):
            unpack_learnt(content)


def test_an_archive_that_unfolds_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header", "{}")
        archive.writestr("big.npy", b"\0" * 10_000_000)
    with pytest.raises(AssistantError, match="compressed"):
        unpack_learnt(out.getvalue())


def test_weights_that_are_not_finite_are_refused() -> None:
    with pytest.raises(AssistantError):
        unpack_learnt(pack_learnt({}, {"w": np.array([1.0, np.nan])}))
