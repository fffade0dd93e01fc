"""Prints of pictures: copies share them, other pictures do not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.authenticity.pictures import apart, is_plain, picture_prints, read_image


def scene(seed: int = 0, side: int = 320) -> Image.Image:
    """Draw blocks and shades that no other seed gives."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    return coarse.resize((side, side * 3 // 4), Image.Resampling.BICUBIC)


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=quality)
    return Image.open(kept).convert("RGB")


def test_a_copy_that_was_compressed_hard_and_halved_keeps_its_prints() -> None:
    image = scene()
    copy = recompressed(image.resize((image.width // 2, image.height // 2)), 35)
    first, second = picture_prints(image), picture_prints(copy)
    assert apart(first["phash"], second["phash"]) <= 6
    assert apart(first["dhash"], second["dhash"]) <= 6


def test_a_mirrored_copy_has_the_print_that_the_first_has_of_its_mirror() -> None:
    first, second = picture_prints(scene()), picture_prints(ImageOps.mirror(scene()))
    assert apart(first["flip"], second["phash"]) == 0
    assert apart(first["phash"], second["phash"]) > 16


def test_other_pictures_are_far_apart() -> None:
    prints = [picture_prints(scene(seed)) for seed in range(6)]
    for kind in ("phash", "dhash"):
        gaps = [apart(a[kind], b[kind]) for a in prints for b in prints if a is not b]
        assert min(gaps) > 16


def test_prints_agree_with_those_that_others_compute() -> None:
    imagehash = pytest.importorskip("imagehash", reason="install fairhand[people]")
    image, prints = scene(3), picture_prints(scene(3))
    assert prints["phash"] == np.packbits(imagehash.phash(image).hash.ravel()).tobytes()
    assert prints["dhash"] == np.packbits(imagehash.dhash(image).hash.ravel()).tobytes()


def test_an_empty_sheet_is_plain_and_a_scene_is_not() -> None:
    assert is_plain(Image.new("RGB", (200, 200), "white"))
    assert not is_plain(scene())


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0broken", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(AssistantError):
        read_image(content)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    kept = io.BytesIO()
    Image.new("L", (4000, 4000)).save(kept, "PNG")
    with pytest.raises(AssistantError, match="too many"):
        read_image(kept.getvalue(), most_pixels=1_000_000)
