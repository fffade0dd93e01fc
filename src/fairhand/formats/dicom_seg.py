"""DICOM segmentations (PS3.3, A.51): masks of pictures in files of their own.

A segmentation names its pictures by their SOP instance. We keep a hash of that name and nothing
else of it, so whoever has the originals can find theirs, and nobody learns it from us.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import IO, Any, Final

from fairhand.core.errors import MalformedError

HEAD: Final = 4096
"""Within so many bytes a file says what it is (PS3.10, 7.1)."""
NEEDED: Final = "needs the extra 'imaging': pip install 'fairhand[imaging]'"
_MAGIC: Final = slice(128, 132)
_DEFLATED: Final = b"1.2.840.10008.1.2.1.99"
_SEGMENTATION: Final = re.compile(rb"1\.2\.840\.10008\.5\.1\.4\.1\.1\.66\.4(?![0-9.])")
_HASH: Final = 32


def instance_of(uid: str) -> str:
    """Hash the name of a picture: 32 hexadecimal digits of its SHA-256."""
    return sha256(uid.encode()).hexdigest()[:_HASH]


def is_segmentation(head: bytes) -> bool:
    """Tell a segmentation by the storage class at the beginning of its file."""
    return head[_MAGIC] == b"DICM" and bool(_SEGMENTATION.search(head))


def is_deflated(head: bytes) -> bool:
    """Tell a file that is one deflated stream: nothing of it can be bounded before it is read."""
    return _DEFLATED in head


def is_picture(head: bytes) -> bool:
    """Tell any other DICOM file that may be looked into."""
    return head[_MAGIC] == b"DICM" and not is_deflated(head) and not is_segmentation(head)


def name_of(file: IO[bytes]) -> str:
    """Read the SOP instance of a file, "" where it has none; its pixels are not read."""
    import pydicom

    with reading():
        found = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        return str(found.get("SOPInstanceUID") or "")


@contextmanager
def reading() -> Iterator[None]:
    """Say what is wrong with a file in one way; hostile ones make parsers raise anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MalformedError:
        raise
    except ImportError:
        raise MalformedError(f"is a DICOM file that {NEEDED}") from None
    except Exception as error:
        reason = str(error)[:120] or type(error).__name__
        raise MalformedError(f"is a DICOM file that cannot be read: {reason}") from None


def label_of(segment: Any) -> str:  # noqa: ANN401  # a data set of highdicom
    """Name what a segment shows: its label, else its coded type."""
    given = str(segment.segment_label or "").strip()
    return given or str(segment.segmented_property_type.meaning).strip()
