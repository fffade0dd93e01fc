"""Scans and maps made for tests: DICOM files, TIFFs with places on the map."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"


def tiff(pixels: NDArray[Any], **how: Any) -> bytes:  # noqa: ANN401
    """Write a TIFF in one of its many ways."""
    import tifffile

    out = BytesIO()
    if how.pop("bigtiff", False):
        with tifffile.TiffWriter(out, bigtiff=True) as writer:
            writer.write(pixels, **how)
    else:
        tifffile.imwrite(out, pixels, **how)
    return out.getvalue()


def geo_tags(
    east: float = 500_000.0, north: float = 9_860_000.0, metres: float = 10.0, code: int = 32737
) -> list[tuple[Any, ...]]:
    """Give the tags that lay a picture on the map, its first corner at a place."""
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, code)
    return [
        (33550, "d", 3, (metres, metres, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, east, north, 0.0), True),
        (34735, "H", len(keys), keys, True),
    ]


def scan(
    values: NDArray[Any],
    *,
    name: str = "Doe^Jane",
    photometric: str = "MONOCHROME2",
    window: tuple[float, float] | None = None,
    slope: float = 1,
    intercept: float = 0,
    frames: int = 1,
    burned: bool = False,
    syntax: str = EXPLICIT_LITTLE,
    place: int | None = None,
) -> bytes:
    """Write a DICOM file of a person who does not exist; with `place`, a slice of their study."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(CT)
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["scan", str(place)])
    meta.TransferSyntaxUID = UID(syntax)
    made = FileDataset("scan.dcm", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID = (
        meta.MediaStorageSOPClassUID,
        meta.MediaStorageSOPInstanceUID,
    )
    made.PatientName, made.PatientID, made.StudyDate = name, "12345", "20260102"
    made.Modality, made.PhotometricInterpretation = "CT", photometric
    made.Rows, made.Columns = values.shape[-2:]
    made.SamplesPerPixel, made.BitsAllocated, made.BitsStored, made.HighBit = 1, 16, 16, 15
    made.PixelRepresentation = int(values.dtype == np.int16)
    made.RescaleSlope, made.RescaleIntercept = slope, intercept
    if place is not None:
        _lay(made, place)
    if window:
        made.WindowCenter, made.WindowWidth = window
    if frames > 1:
        made.NumberOfFrames = frames
    if burned:
        made.BurnedInAnnotation = "YES"
    made.private_block(0x0011, "SOMEBODY", create=True).add_new(1, "LO", "a secret of the maker")
    made.PixelData = values.tobytes()
    out = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _lay(made: Any, place: int) -> None:  # noqa: ANN401  # a pydicom data set
    """Say where in the person a slice lies, and in which study: what segmentations build on."""
    from pydicom.uid import generate_uid

    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(made, name, generate_uid(entropy_srcs=[name]))
    for name in ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyTime"):
        setattr(made, name, "")
    made.ReferringPhysicianName = made.PositionReferenceIndicator = ""
    made.PixelSpacing, made.SliceThickness = [0.5, 0.5], 2
    made.ImagePositionPatient, made.ImageOrientationPatient = [0, 0, 2 * place], [1, 0, 0, 0, 1, 0]
    made.InstanceNumber = place + 1
