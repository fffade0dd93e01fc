"""Photos come out as they look, and carry nothing else, whatever was hidden in them."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from fairhand.core.errors import MalformedError
from fairhand.formats.photos import NotAPhotoError, clean_photo
from tests.rules.formats import photographs

MAKERS = {"image/jpeg": photographs.jpeg, "image/png": photographs.png,
          "image/webp": photographs.webp}  # fmt: skip
EVERY_KIND = pytest.mark.parametrize("media_type", MAKERS)
MOST = 1_000_000


def pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int16)


@EVERY_KIND
def test_nothing_that_was_hidden_is_left_and_every_pixel_is(media_type: str) -> None:
    dirty = MAKERS[media_type]()
    assert any(secret in dirty for secret in photographs.SECRETS)
    photo = clean_photo(dirty, MOST)
    assert [secret for secret in photographs.SECRETS if secret in photo.content] == []
    with Image.open(io.BytesIO(photo.content)) as image:
        assert Image.MIME[str(image.format)] == photo.media_type == media_type
        assert (image.width, image.height) == (photo.width, photo.height) == (120, 80)
        assert not image.getexif()
        assert set(image.info) <= {"icc_profile", "jfif", "jfif_version", "jfif_unit",
                                   "jfif_density", "dpi", "loop", "background", "timestamp",
                                   "duration"}  # fmt: skip
    assert (pixels(photo.content) == pixels(dirty)).all()
    assert set(photo.removed) >= {"place", "device", "time", "words"}
    assert not photo.turned


@EVERY_KIND
def test_a_clean_photo_stays_as_it_is(media_type: str) -> None:
    once = clean_photo(MAKERS[media_type](), MOST)
    twice = clean_photo(once.content, MOST)
    assert twice.content == once.content
    assert twice.removed == ()


@EVERY_KIND
def test_colours_mean_the_same_without_the_name_of_the_device(media_type: str) -> None:
    with Image.open(io.BytesIO(clean_photo(MAKERS[media_type](), MOST).content)) as image:
        kept = image.info["icc_profile"]
    assert b"PIXE" not in kept
    patch = Image.new("RGB", (1, 1), (200, 40, 90))
    srgb = ImageCms.createProfile("sRGB")
    lab = ImageCms.createProfile("LAB")
    shown = [
        ImageCms.profileToProfile(patch, one, lab, outputMode="LAB").getpixel((0, 0))  # type: ignore[union-attr]
        for one in (srgb, io.BytesIO(kept))
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(("orientation", "size"), [(3, (120, 80)), (6, (80, 120)), (8, (80, 120))])
def test_a_photo_stands_as_its_person_held_the_phone(
    orientation: int, size: tuple[int, int]
) -> None:
    dirty = photographs.jpeg(orientation)
    photo = clean_photo(dirty, MOST)
    assert (photo.width, photo.height) == size
    assert photo.turned
    assert b"Pixel 9" not in photo.content
    with Image.open(io.BytesIO(photo.content)) as image:
        assert image.size == size
        red = np.asarray(image.convert("RGB"))[:, :, 0].astype(int)
    halves = {
        3: (red[:, 60:], red[:, :60]), 6: (red[:60], red[60:]), 8: (red[60:], red[:60])
    }  # fmt: skip
    bright, dark = halves[orientation]
    assert bright.mean() > dark.mean() + 100


def test_of_a_picture_with_two_eyes_or_a_film_behind_it_one_photo_is_left() -> None:
    out = io.BytesIO()
    left, right = photographs.scene(seed=1), photographs.scene(seed=2)
    left.save(out, "MPO", save_all=True, append_images=[right])
    photo = clean_photo(out.getvalue() + b"ftypmp42 a film", MOST)
    assert len(photo.content) < len(out.getvalue()) * 0.7
    assert photo.removed == ("more",)
    with Image.open(io.BytesIO(photo.content)) as image:
        assert image.format == "JPEG"


def test_progressive_and_grey_pictures_pass() -> None:
    dirty = photographs.jpeg(progressive=True)
    assert (pixels(clean_photo(dirty, MOST).content) == pixels(dirty)).all()
    out = io.BytesIO()
    photographs.scene().convert("L").save(out, "JPEG")
    assert clean_photo(out.getvalue(), MOST).width == 120


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(photographs.heic(), "HEIC", id="HEIC"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG", id="SVG"),
        pytest.param(b"%PDF-1.7", "no JPEG", id="PDF"),
        pytest.param(b"GIF89a" + bytes(50), "no JPEG", id="GIF"),
        pytest.param(b"", "no JPEG", id="nothing"),
        pytest.param(photographs.bomb(), "pixels", id="bomb"),
        pytest.param(photographs.jpeg()[:2_000], "Take the photo again", id="cut short"),
        pytest.param(b"\xff\xd8\xff" + bytes(3_000), "Take the photo again", id="poisoned"),
    ],
)
def test_what_is_no_photo_is_refused_with_what_to_do(data: bytes, why: str) -> None:
    with pytest.raises(NotAPhotoError, match=why) as refused:
        clean_photo(data, MOST)
    assert refused.value.status == 422
    assert len(refused.value.message) < 250


def test_a_moving_picture_is_refused() -> None:
    out = io.BytesIO()
    frames = [photographs.scene(seed=one) for one in range(3)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(NotAPhotoError, match="moving"):
        clean_photo(out.getvalue(), MOST)


@EVERY_KIND
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_photo_is_refused_or_clean_and_never_breaks_anything(
    media_type: str, data: st.DataObject
) -> None:
    whole = bytearray(MAKERS[media_type]())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedError):
        assert b"SN-48151623" not in clean_photo(bytes(whole), MOST).content
