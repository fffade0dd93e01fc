"""Look-ups find what a slow search finds, and signs are seen where they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fairhand.compute.authenticity.alignment import SAME, alike
from fairhand.compute.authenticity.hearing import hear
from fairhand.compute.authenticity.pictures import apart
from fairhand.compute.authenticity.recompression import earlier_quality
from fairhand.compute.authenticity.shelf import BitShelf, KeyShelf
from fairhand.compute.authenticity.texts import bands, language_of, overlap, text_print
from fairhand.compute.models.sound import Sound

WORDS = "we walked along the river until the old bridge and waited there for the boat with the post"


@pytest.mark.parametrize("words", [1, 4])
def test_a_shelf_of_bits_finds_what_a_slow_search_finds(words: int) -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 256, 8 * words, dtype=np.uint8)
    prints = []
    for _ in range(3_000):
        flips = np.packbits(rng.random(64 * words) < rng.uniform(0, 0.5))
        prints.append((base ^ flips).tobytes())
    shelf = BitShelf(words)
    for at in range(0, len(prints), 700):
        some = prints[at : at + 700]
        shelf.add(range(at, at + len(some)), some)
    slow = sorted((apart(base.tobytes(), one), at) for at, one in enumerate(prints))
    wanted = [(at, gap) for gap, at in slow if gap <= 12 * words][:20]
    assert shelf.near(base.tobytes(), 12 * words) == wanted
    assert shelf.near(b"short", 64) == []


def test_a_shelf_of_keys_finds_what_shares_most_fresh_or_settled() -> None:
    rng = np.random.default_rng(0)
    items = [rng.integers(0, 5_000, 60, dtype=np.uint32) for _ in range(400)]
    shelf = KeyShelf()
    for owner, keys in enumerate(items):
        shelf.add(owner, keys)
    for owner in (3, 250, 399):
        shares = [len(np.intersect1d(items[owner], other)) for other in items]
        found = shelf.near(items[owner], most=1)
        assert found == [(owner, max(shares))]
    assert shelf.near(np.array([9_999], np.uint32)) == []


def test_texts_share_bands_when_they_share_words() -> None:
    one, other = text_print(WORDS * 3), text_print((WORDS * 3).replace("boat", "ship", 1))
    assert overlap(one, other) > 0.7
    assert np.intersect1d(bands(one), bands(other)).size
    assert (
        overlap(one, text_print("a quite different text that speaks of nothing above at all")) < 0.1
    )
    assert text_print("too short") == b""


def test_a_language_is_said_of_long_texts_only() -> None:
    pytest.importorskip("py3langid", reason="install fairhand[people]")
    found = language_of(WORDS)
    assert found is not None
    assert found[0] == "en"
    assert language_of("ok") is None


def picture(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    return coarse.resize((240, 180), Image.Resampling.BICUBIC)


def test_a_piece_lies_in_its_picture_and_another_does_not() -> None:
    whole = picture(1)
    assert alike(whole, whole.crop((20, 10, 230, 175))) > SAME
    assert alike(whole, picture(2)) < SAME
    assert alike(whole, Image.new("RGB", (240, 180), "white")) == 0.0


@pytest.mark.parametrize(("first", "second", "told"), [(50, 90, 50), (None, 90, None)])
def test_an_earlier_quality_is_seen_where_there_was_one(
    first: int | None, second: int, told: int | None
) -> None:
    noise = np.random.default_rng(0).normal(0, 12, (180, 240, 3))
    pixels = np.clip(np.asarray(picture(1)) + noise, 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    for quality in filter(None, (first, second)):
        kept = io.BytesIO()
        image.save(kept, "JPEG", quality=quality)
        image = Image.open(kept).convert("RGB")
    assert earlier_quality(kept.getvalue()) == told


def test_a_sound_that_was_recorded_at_a_lower_rate_is_seen() -> None:
    from scipy.signal import resample_poly

    noise = np.random.default_rng(0).normal(0, 0.1, 32_000)
    narrow = resample_poly(resample_poly(noise, 1, 2), 2, 1).astype(np.float32)
    assert hear(Sound(noise.astype(np.float32), 16_000)).band_hz is None
    assert hear(Sound(narrow, 16_000)).band_hz == 4_000


def test_levels_are_what_they_are_known_to_be() -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.float32)
    heard = hear(Sound(tone, 16_000))
    assert heard.loudness == pytest.approx(-9.0, abs=0.1)  # 20 log10(0.5) - 3.01
    assert heard.peak == pytest.approx(-6.0, abs=0.1)
    assert (heard.clipped, heard.zero, heard.duration_ms) == (0.0, 0.0, 1_000)
    assert hear(Sound(np.clip(tone * 4, -1, 1), 16_000)).clipped > 0.5
