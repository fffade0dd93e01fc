"""Faces and marked places are covered so that nothing of them can be read back."""

from __future__ import annotations

import io
from importlib.util import find_spec

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fairhand.compute.anonymise import faces
from fairhand.compute.anonymise.run import anonymise
from fairhand.core.errors import MalformedError, UnavailableError

needs_faces = pytest.mark.skipif(
    not faces.is_installed() or find_spec("skimage") is None, reason="needs fairhand[people]"
)


def astronaut() -> Image.Image:
    """A photograph of Eileen Collins (NASA, public domain): one face, near the top middle."""
    from skimage import data

    return Image.fromarray(data.astronaut()[:256, 96:352])  # type: ignore[no-untyped-call]


def png(image: Image.Image) -> bytes:
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def pixels(content: bytes) -> NDArray[np.int64]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(np.int64)


def stripes() -> Image.Image:
    """Fine stripes, so that whatever is left uncovered shows."""
    grid = np.indices((120, 160)).sum(axis=0) % 2 * 255
    return Image.fromarray(np.repeat(grid[:, :, None].astype(np.uint8), 3, axis=2))


@needs_faces
def test_a_face_is_covered_and_what_is_far_from_it_stays() -> None:
    before = png(astronaut())

    made = anonymise(before, "image/png", {"faces": "blur"}, 1)

    changed = np.abs(pixels(made.content) - pixels(before)).sum(axis=2) > 0
    assert changed[60:175, 84:174].mean() > 0.9
    assert not changed[240:].any()
    assert made.done == [{"what": "faces", "method": faces.METHOD, "how": "blur", "count": 1}]


@needs_faces
def test_no_face_is_found_any_more_where_one_was_filled() -> None:
    made = anonymise(png(astronaut()), "image/png", {"faces": "fill"}, 1)

    left = faces.find_faces(Image.open(io.BytesIO(made.content)).convert("RGB"))
    assert not len(left[left[:, 4] > 0.5])


@needs_faces
def test_a_picture_with_no_face_stays_as_it_was_and_its_giver_is_told_of_limits() -> None:
    from skimage import data

    before = png(Image.fromarray(data.coffee()[:128, :128]))  # type: ignore[no-untyped-call]
    made = anonymise(before, "image/png", {"faces": "fill"}, 1)

    assert np.array_equal(pixels(made.content), pixels(before))
    assert made.done[0]["count"] == 0
    assert "often missed" in made.warnings[0]


def test_without_the_network_a_picture_with_faces_is_shown_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faces, "find_spec", lambda name: None)
    faces._network.cache_clear()

    with pytest.raises(UnavailableError, match=r"fairhand\[people\]"):
        anonymise(png(stripes()), "image/png", {"faces": "blur"}, 1)
    faces._network.cache_clear()


@pytest.mark.parametrize("how", ["blur", "pixelate", "fill"])
def test_marked_places_lose_what_was_in_them_and_nothing_else_changes(how: str) -> None:
    before = png(stripes())
    rules = {"plates": how, "boxes": "[[0.25, 0.5, 0.5, 0.25]]"}

    made = anonymise(before, "image/png", rules, 1)

    after = pixels(made.content)
    assert after[60:90, 40:120].std() < 10
    assert np.array_equal(after[:60], pixels(before)[:60])
    assert np.array_equal(after[60:90, :40], pixels(before)[60:90, :40])


def test_plates_wait_for_somebody_who_has_looked() -> None:
    with pytest.raises(UnavailableError, match="Mark them"):
        anonymise(png(stripes()), "image/png", {"plates": "fill"}, 1)

    made = anonymise(png(stripes()), "image/png", {"plates": "fill", "boxes": "[]"}, 1)
    assert np.array_equal(pixels(made.content), np.asarray(stripes()))


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"no picture"])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedError):
        anonymise(content, "image/jpeg", {"boxes": "[]"}, 1)


def test_a_type_of_which_nothing_can_be_hidden_is_refused() -> None:
    with pytest.raises(MalformedError, match="video/mp4"):
        anonymise(b"x", "video/mp4", {"faces": "blur"}, 1)


def test_a_turned_picture_is_covered_where_it_is_seen() -> None:
    kept = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    stripes().save(kept, "JPEG", exif=exif)

    made = anonymise(kept.getvalue(), "image/jpeg", {"boxes": "[[0, 0, 1, 0.5]]"}, 1)

    after = pixels(made.content)
    assert after.shape[:2] == (160, 120)
    assert after[:70].std() < 10 < after[90:].std()
