"""Reads the numbers out of a PyTorch file of weights, without PyTorch and without running code.

A file of the older kind is a row of pickles: a magic number, a protocol, a note on the machine, the
weights by name (each a view of a storage), the keys of the storages; then their bytes. Unpickling
is held to a list: an ordered mapping, tensors and storages. Anything else is refused.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_MOST_NUMBERS: Final = 200_000_000
_DTYPES: Final[Mapping[str, str]] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "|u1",
}


@dataclass(slots=True)
class _Storage:
    """Numbers in a row; they are read after the views of them are known."""

    dtype: str
    count: int
    numbers: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor: where it begins in its storage, its shape and strides, counted in numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        """Copy the numbers out; raises ValueError for a view that leaves its storage."""
        numbers = self.storage.numbers
        if numbers is None or len(self.shape) != len(self.strides):
            raise ValueError("a tensor without numbers")
        reach = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if min((*self.shape, self.offset, *self.strides), default=0) < 0:
            raise ValueError("a tensor of negative size")
        if np.prod(self.shape) and self.offset + reach >= len(numbers):
            raise ValueError("a tensor beyond its storage")
        steps = tuple(step * numbers.itemsize for step in self.strides)
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, steps).copy()


def _rebuild(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _View:
    """Stand in for the function that makes a tensor of a storage."""
    return _View(storage, offset, tuple(shape), tuple(strides))


class _Reader(pickle.Unpickler):
    """An unpickler that knows tensors, and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        """Admit mappings, tensors and storages."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not a tensor")

    def persistent_load(self, pid: Any) -> _Storage:  # noqa: ANN401
        """Note a storage by its key."""
        word, kind, key, _, count = pid[:5]
        if word != "storage" or kind not in _DTYPES or not 0 <= count <= _MOST_NUMBERS:
            raise pickle.UnpicklingError("not a storage")
        return self.storages.setdefault(str(key), _Storage(_DTYPES[kind], int(count)))


def read_torch_file(path: Path) -> dict[str, NDArray[Any]]:
    """Read weights by name; raises AssistantError on a file that holds anything but weights."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (pickle.UnpicklingError, ValueError, TypeError, EOFError, OSError, KeyError) as error:
        raise AssistantError(f"{path.name} is not a file of weights.", hop="shape") from error


def _read(file: BinaryIO) -> dict[str, NDArray[Any]]:
    """Read the pickles in their order, then the bytes of each storage."""
    if _Reader(file).load() != _MAGIC:
        raise ValueError("another kind of file")
    _Reader(file).load()
    _Reader(file).load()
    reader = _Reader(file)
    named = reader.load()
    for key in _Reader(file).load():
        storage = reader.storages[str(key)]
        if int.from_bytes(file.read(8), "little") != storage.count:
            raise ValueError("a storage of another size")
        dtype = np.dtype(storage.dtype)
        content = file.read(storage.count * dtype.itemsize)
        storage.numbers = np.frombuffer(content, dtype=dtype)
        if len(storage.numbers) != storage.count:
            raise ValueError("the file ends early")
    return {str(name): view.array() for name, view in named.items()}
