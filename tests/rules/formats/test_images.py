"""Pictures are believed by content alone, cleaned and made small; folders are not left."""

from __future__ import annotations

import os
import random
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from skimage import data as pictures

from fairhand.core.errors import InvalidError, MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.formats.images import make_preview, probe_image, strip_metadata
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from tests.data import data_dir
from tests.rules.formats.reading import Asked, gradient, saved, split

LIMIT = 100_000_000
SECRET = "taken at 1.2921 S, 36.8219 E"
KINDS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
}


def exif(orientation: int = 1) -> bytes:
    """Camera metadata with an orientation and a secret."""
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = SECRET
    return made.tobytes()


def pixels(data: bytes) -> NDArray[Any]:
    """Decode a picture."""
    return np.asarray(Image.open(BytesIO(data)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_true_type_and_size_are_found_in_the_content(kind: str) -> None:
    data = saved(gradient(20, 30), kind)
    media = probe_image(data, LIMIT)
    assert (media.content_type, media.width, media.height) == (KINDS[kind], 30, 20)
    assert (media.sha256, media.size_bytes) == (sha256_hex(data), len(data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_picture_is_refused_with_a_reason(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (60, 60, 3), np.uint8)
    data = saved(noise, kind)
    for part in (0.02, 0.3, 0.7):
        with pytest.raises(MalformedError, match="image"):
            probe_image(data[: int(len(data) * part)], LIMIT)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    for side in (60_000, 2_000_000_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        body = chunk(b"IDAT", zlib.compress(bytes(10_000_000)))
        bomb = b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")
        for read in (lambda data: probe_image(data, LIMIT), strip_metadata, make_preview):
            with pytest.raises(MalformedError, match="pixels"):
                read(bomb)
    with pytest.raises(MalformedError, match="899 pixels"):
        probe_image(saved(gradient(30, 30)), 899)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff",
        b"BM",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        probe_image(data, LIMIT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_with_damaged_bytes_is_read_or_refused_and_never_crashes(kind: str) -> None:
    rng = random.Random(kind)
    data = bytearray(saved(gradient(24, 24), kind))
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[rng.randrange(len(data))] = rng.randrange(256)
        for read in (lambda one: probe_image(one, 10_000), strip_metadata, make_preview):
            try:
                read(bytes(damaged))
            except MalformedError as error:
                assert error.message  # noqa: PT017  # either outcome is fine


def test_a_flipped_bit_in_the_pixels_of_a_png_is_noticed() -> None:
    data = bytearray(saved(gradient(40, 40)))
    data[len(data) // 2] ^= 1
    with pytest.raises(MalformedError, match="damaged"):
        probe_image(bytes(data), LIMIT)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_metadata_goes_and_every_pixel_stays(kind: str) -> None:
    how: dict[str, Any] = {"pnginfo": _comment()} if kind == "PNG" else {}
    if kind == "JPEG":
        how = {"comment": SECRET, "progressive": True}
    data = saved(gradient(33, 44), kind, exif=exif(), **how)
    assert SECRET.encode() in data
    cleaned = strip_metadata(data)
    assert SECRET.encode() not in cleaned
    assert not Image.open(BytesIO(cleaned)).getexif()
    assert (pixels(cleaned) == pixels(data)).all()
    assert strip_metadata(cleaned) is cleaned


def test_what_hides_behind_the_end_of_a_picture_goes_too() -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        data = saved(gradient(33, 44), kind)
        assert strip_metadata(data + SECRET.encode()) == data


def _comment() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", SECRET)
    info.add_itxt("XML:com.adobe.xmp", SECRET)
    return info


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_picture_on_its_side_is_stood_upright_everywhere(kind: str, orientation: int) -> None:
    how = {"lossless": True} if kind == "WEBP" else {}
    data = saved(gradient(20, 30), kind, exif=exif(orientation), **how)
    sideways = orientation >= 5
    media = probe_image(data, LIMIT)
    assert (media.width, media.height) == ((20, 30) if sideways else (30, 20))
    upright = strip_metadata(data)
    assert Image.open(BytesIO(upright)).size == (media.width, media.height)
    assert not Image.open(BytesIO(upright)).getexif().get(0x0112)
    preview = Image.open(BytesIO(make_preview(data)))
    assert preview.size == (media.width, media.height)
    corner = pixels(upright)[0, 0].astype(int)
    assert np.abs(corner - pixels(make_preview(data))[0, 0]).max() < 40


def test_pictures_that_browsers_do_not_show_become_png_with_the_same_values() -> None:
    deep = np.linspace(0, 60_000, 600).reshape(20, 30).astype(np.uint16)
    cleaned = strip_metadata(saved(deep, "TIFF"))
    assert probe_image(cleaned, LIMIT).content_type == "image/png"
    assert (pixels(cleaned) == deep).all()
    assert (pixels(strip_metadata(saved(gradient(9, 9), "BMP"))) == gradient(9, 9)).all()


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    data = saved(red, "GIF", save_all=True, append_images=[blue], duration=100)
    still = Image.open(BytesIO(strip_metadata(data)))
    assert getattr(still, "n_frames", 1) == 1
    assert still.convert("RGB").getpixel((3, 3)) == (255, 0, 0)


@pytest.mark.parametrize("name", ["retina", "immunohistochemistry", "camera", "coins", "logo"])
def test_previews_of_real_pictures_fit_a_slow_phone(name: str) -> None:
    picture = getattr(pictures, name)()
    preview = make_preview(saved(picture))
    shown = Image.open(BytesIO(preview))
    assert len(preview) <= 60_000
    assert shown.format == "WEBP"
    assert max(shown.size) <= 1024
    height, width = picture.shape[:2]
    assert abs(shown.width / shown.height - width / height) < 0.02


def test_even_noise_fits_by_growing_smaller() -> None:
    noise = np.random.default_rng(2).integers(0, 255, (1500, 2000, 3), np.uint8)
    assert len(make_preview(saved(noise, "JPEG"))) <= 60_000
    with pytest.raises(InvalidError):
        make_preview(saved(noise[:50, :50]), max_bytes=10)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr"]
)
def test_every_mode_of_picture_has_a_preview_and_a_clean_form(mode: str) -> None:
    grey = np.linspace(0, 255, 32 * 48).reshape(32, 48)
    image = {
        "I;16": lambda: Image.fromarray((grey * 200).astype(np.uint16)),
        "I": lambda: Image.fromarray((grey * 200).astype(np.int32)),
        "F": lambda: Image.fromarray((grey / 100).astype(np.float32)),
    }.get(mode, lambda: Image.fromarray(gradient(32, 48)).convert(mode))()
    data = saved(image, "TIFF")
    assert probe_image(strip_metadata(data), LIMIT).width == 48
    preview = pixels(make_preview(data))
    assert preview.shape == (32, 48, 3)
    assert preview.max() > 150 > 100 > preview.min()


def test_real_nuclei_pass_unchanged_and_have_previews() -> None:
    for path in sorted(data_dir("seg_nuclei").glob("*_img.png"))[:15]:
        data = path.read_bytes()
        assert (pixels(strip_metadata(data)) == pixels(data)).all()
        assert len(make_preview(data)) <= 60_000


def folder_with(tmp_path: Path, files: dict[str, bytes]) -> Path:
    """Make a folder with files."""
    root = tmp_path / "root"
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def test_each_image_of_a_folder_is_a_task_and_the_rest_is_reported(tmp_path: Path) -> None:
    image = saved(gradient(8, 9))
    root = folder_with(
        tmp_path,
        {
            "b.png": image,
            "sub/a.txt": saved(gradient(5, 5), "JPEG"),
            "notes.txt": b"not a picture",
            "cut.png": image[:60],
            ".hidden.png": image,
            ".git/c.png": image,
            "Thumbs.db": b"x",
        },
    )
    tasks, issues = split(read_tasks(root))
    assert [task.data for task in tasks] == [{"file_name": "b.png"}, {"file_name": "sub/a.txt"}]
    assert tasks[0].media_bytes == image
    assert tasks[0].fingerprint == sha256_hex(image)
    assert [task.media.content_type for task in tasks if task.media] == ["image/png", "image/jpeg"]
    assert [(issue.place, issue.severity) for issue in issues] == [
        ("cut.png", "error"),
        ("notes.txt", "warning"),
    ]


def test_links_pipes_and_other_ways_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    image = saved(gradient(8, 9))
    root = folder_with(tmp_path, {"a.png": image})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(image)
    (root / "link.png").symlink_to(outside / "secret.png")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe.png")
    names = ["../outside/secret.png", "folder/secret.png", "link.png", "/etc/passwd", "pipe.png"]
    (root / "metadata.csv").write_text("file_name\n" + "\n".join(names))
    tasks, issues = split(read_tasks(root))
    assert [task.place for task in tasks] == ["a.png"]
    assert len([issue for issue in issues if issue.place.startswith("metadata.csv line")]) == 5
    assert {issue.place for issue in issues} >= {"link.png", "folder", "loop", "pipe.png"}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_metadata_beside_the_images_is_joined_by_name(tmp_path: Path, kind: str) -> None:
    root = folder_with(
        tmp_path, {"a.png": saved(gradient(8, 9)), "x/b.png": saved(gradient(7, 9)), "c.png": b""}
    )
    if kind == "csv":
        rows = "file_name,stain,guess\nx/b.png,H&E,cell\ngone.png,none,cell\n"
    else:
        rows = (
            '{"file_name": "x/b.png", "stain": "H&E", "guess": "cell"}\n'
            '{"file_name": "gone.png"}\n{"stain": "x"}\n'
        )
    (root / f"metadata.{kind}").write_text(rows)
    question = Asked("what", "choice", {"labels": [{"value": "cell"}]})
    options = ReadOptions(prediction_columns={"guess": "what"}, questions=(question,))
    tasks, issues = split(read_tasks(root, options))
    assert [task.data for task in tasks] == [
        {"file_name": "x/b.png", "stain": "H&E"},
        {"file_name": "a.png"},
    ]
    assert [prediction.value for prediction in tasks[0].predictions] == [{"what": "cell"}]
    assert f"metadata.{kind} line {3 if kind == 'csv' else 2}: gone.png" in [
        i.place for i in issues
    ]


def test_an_image_over_the_limits_is_an_issue(tmp_path: Path) -> None:
    root = folder_with(tmp_path, {"a.png": saved(gradient(80, 90))})
    for options in (ReadOptions(max_image_bytes=100), ReadOptions(max_image_pixels=100)):
        tasks, (issue,) = split(read_tasks(root, options))
        assert tasks == []
        assert issue.place == "a.png"
        assert issue.severity == "error"


def test_a_folder_of_real_nuclei_is_read_one_image_at_a_time() -> None:
    count = 0
    for one in read_tasks(data_dir("seg_nuclei")):
        if getattr(one, "media_bytes", None):
            count += 1
        if count == 12:
            break
    assert count == 12
