"""DICOM segmentations: one file a picture, with the segments that people drew.

A segmentation carries the patient and the study of its picture. We keep neither, so both are taken
from the originals, which whoever exports must have: files are matched by the hash of their SOP
instance. Each region is a segment of its own; the label is its name and its type in a coding scheme
of ours, as no standard one is known for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.core.errors import InvalidError, MalformedError, UnavailableError
from fairhand.formats.dicom_seg import HEAD, NEEDED, instance_of, is_picture, name_of
from fairhand.formats.exports.items import Item, Options, Report, Row, sized
from fairhand.formats.exports.paths import Paths
from fairhand.labels import rle

FOLDER: Final = "segmentations"
_SCHEME: Final = "99FAIRHAND"
_CODE_MAX: Final = 16
_TEXT_MAX: Final = 64
_MAKER: Final = "Fairhand"
_ENDING: Final = ".seg.dcm"


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write a segmentation for each picture with masks whose original is there."""
    try:
        import highdicom as _  # noqa: F401
    except ImportError:
        raise UnavailableError(f"The format dicom-seg {NEEDED}", code="extra_missing") from None
    if options.originals is None:
        raise InvalidError(
            "A DICOM segmentation carries the patient and the study of its picture, which are not "
            "kept here: name the folder of the original files with --originals."
        )
    originals = _originals(options.originals)
    report = Report(files=[FOLDER])
    paths = Paths(folder, _ENDING, report)
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        regions, size = _regions(item, report)
        if size is None:
            continue
        instance = _instance(item)
        if instance is None:
            report.leave_out("a task whose picture is no DICOM file")
        elif instance not in originals:
            report.leave_out("a task whose original is not in the folder of originals")
        elif not regions:
            report.leave_out("a picture with nothing on it: a segmentation has one segment or more")
        else:
            _write_one(item, regions, size, originals[instance], paths, report)
    paths.close()
    return report


def _originals(folder: Path) -> dict[str, Path]:
    """Find the DICOM files below a folder by the hash of their SOP instance."""
    if not folder.is_dir():
        raise InvalidError(f"There is no folder {folder} of original files.")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        with path.open("rb") as file:
            if not is_picture(file.read(HEAD)):
                continue
            file.seek(0)
            try:
                found.setdefault(instance_of(name_of(file)), path)
            except MalformedError:
                continue
    return found


def _instance(item: Item) -> str | None:
    details = item.data.get("media_details")
    about = details.get("dicom") if isinstance(details, Mapping) else None
    found = about.get("instance") if isinstance(about, Mapping) else None
    return found if isinstance(found, str) else None


def _regions(
    item: Item, report: Report
) -> tuple[list[tuple[str, str, str]], tuple[int, int] | None]:
    """Gather question, label and run lengths of every region; no size where nothing was painted."""
    size: tuple[int, int] | None = None
    regions: list[tuple[str, str, str]] = []
    for row in item.rows:
        value = row.get("value")
        own = sized(value)
        if row.get("kind") != "mask" or own is None or (size is not None and own != size):
            report.leave_out(f"an answer of the kind {_kind(row)}: a segmentation holds masks")
            continue
        size = own
        regions += [
            (str(row.get("question")), one["label"], one["counts"])
            for one in row["value"].get("regions", ())
        ]
    return regions, size


def _kind(row: Row) -> str:
    return str(row.get("kind"))


def _write_one(
    item: Item,
    regions: list[tuple[str, str, str]],
    size: tuple[int, int],
    original: Path,
    paths: Paths,
    report: Report,
) -> None:
    masks = np.stack([rle.decode(counts, *size) for _, _, counts in regions], axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = _segmentation(item, masks[np.newaxis].astype(np.uint8), regions, original)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            reason = str(error)[:120] or type(error).__name__
            report.leave_out(f"a picture whose original does not carry a segmentation: {reason}")
            return
        made.save_as(paths.of(item, FOLDER))
    report.written += 1


def _segmentation(
    item: Item,
    masks: NDArray[np.uint8],
    regions: list[tuple[str, str, str]],
    original: Path,
) -> Any:  # noqa: ANN401  # a data set of highdicom
    import highdicom as hd
    import pydicom
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    source = pydicom.dcmread(original, stop_before_pixels=True)
    segments = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=label[:_TEXT_MAX],
            segmented_property_category=codes.SCT.SpatialAndRelationalConcept,
            segmented_property_type=hd.sr.CodedConcept(_code(label), _SCHEME, label[:_TEXT_MAX]),
            **_made_by(item, question),
        )
        for number, (question, label, _) in enumerate(regions, 1)
    ]
    # The same answers to the same picture are the same objects.
    seed = [str(source.SOPInstanceUID), *(part for region in regions for part in region)]
    return hd.seg.Segmentation(
        source_images=[source],
        pixel_array=masks,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=generate_uid(entropy_srcs=["series", *seed]),
        series_number=1,
        sop_instance_uid=generate_uid(entropy_srcs=["instance", *seed]),
        instance_number=1,
        manufacturer=_MAKER,
        manufacturer_model_name=_MAKER,
        software_versions=version("fairhand"),
        device_serial_number="none",
        series_description=", ".join(dict.fromkeys(one for one, _, _ in regions))[:_TEXT_MAX],
        content_description=f"Task {item.task_id}",
    )


def _made_by(item: Item, question: str) -> dict[str, Any]:
    """Say whether people drew alone, or with a model's proposal before them."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    row = next(one for one in item.rows if str(one.get("question")) == question)
    if row.get("origin", "human") == "human":
        return {"algorithm_type": hd.seg.SegmentAlgorithmTypeValues.MANUAL}
    models = ", ".join(str(one) for one in row.get("models") or ()) or "a proposal"
    return {
        "algorithm_type": hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
        "algorithm_identification": hd.AlgorithmIdentificationSequence(
            name=models[:_TEXT_MAX],
            family=codes.DCM.ArtificialIntelligence,
            version="unknown",
        ),
    }


def _code(label: str) -> str:
    """Make a code of a label: 16 characters at most (SH, PS3.5)."""
    plain = label.isascii() and label.replace("_", "").replace("-", "").isalnum()
    if plain and len(label) <= _CODE_MAX:
        return label
    return sha256(label.encode()).hexdigest()[:_CODE_MAX]
