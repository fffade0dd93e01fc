"""What a model has learnt, as bytes without code: arrays in NumPy's own format and a JSON header.

A ZIP archive (`.npz`) holds one `.npy` entry per array, and the entry `header` with UTF-8 JSON.
Entries are stored uncompressed, in the order of their names, with one fixed date: the same arrays
give the same bytes on every machine. Reading never unpickles.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError

MOST_BYTES: Final = 256 * 1024 * 1024
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_HEADER: Final = "header"
_MOST_ENTRIES: Final = 1_000
_KINDS: Final = "biuf"
"""NumPy kinds that a learnt array may have: truth values, whole numbers and fractions."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A header of plain JSON values, and named arrays of numbers."""

    header: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def array(self, name: str) -> NDArray[Any]:
        """Give an array by its name; raises AssistantError when the file lacks it."""
        found = self.arrays.get(name)
        if found is None:
            raise AssistantError(f"The model file has no part {name!r}.", hop="shape")
        return found


def pack_learnt(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write a header and arrays of numbers; the same input gives the same bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        _write(archive, _HEADER, json.dumps(header, sort_keys=True, allow_nan=False).encode())
        for name in sorted(arrays):
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            _write(archive, f"{name}.npy", part.getvalue())
    return whole.getvalue()


def unpack_learnt(learnt: bytes) -> Learnt:
    """Read what `pack_learnt` wrote; raises AssistantError on bytes that are none of it."""
    if len(learnt) > MOST_BYTES:
        raise AssistantError("The model file is larger than 256 MiB.", hop="shape")
    try:
        with zipfile.ZipFile(io.BytesIO(learnt)) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            header = json.loads(archive.read(_HEADER))
            arrays = {
                entry.filename.removesuffix(".npy"): _read_array(archive.read(entry))
                for entry in entries
                if entry.filename != _HEADER
            }
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as error:
        raise AssistantError("These bytes are not a model of ours.", hop="shape") from error
    if not isinstance(header, dict):
        raise AssistantError("The model file's header is not a mapping.", hop="shape")
    return Learnt(header, arrays)


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add one stored entry with the fixed date and no trace of the machine."""
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse archives that unfold: entries are stored, few, and no larger than the file."""
    if len(entries) > _MOST_ENTRIES:
        raise AssistantError("The model file has too many parts.", hop="shape")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise AssistantError("The model file is compressed; ours never are.", hop="shape")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise AssistantError("The model file is larger than 256 MiB.", hop="shape")


def _read_array(content: bytes) -> NDArray[Any]:
    """Read one array of finite numbers."""
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    if array.dtype.kind not in _KINDS:
        raise ValueError("not numbers")
    if array.dtype.kind == "f" and not math.isfinite(float(np.sum(array, dtype=np.float64))):
        raise ValueError("not finite")
    return array
