"""Things nearly the same are found, and others are not."""

from __future__ import annotations

import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageEnhance

from fairhand.compute.models.duplicates import near_features, near_pictures, near_texts
from tests.data import data_dir
from tests.rules.models.things import photo, picture, raw_picture

STORY = "In the morning the women of the village walk to the river to wash and to fetch water."


def test_texts_that_differ_in_a_word_or_in_their_spacing_are_one() -> None:
    texts = [
        STORY,
        "Something else entirely: prices of maize rose again.",
        STORY.upper().replace(" ", "  "),
        STORY.replace("morning", "evening"),
        "",
        "",
    ]
    groups = near_texts(texts)
    assert [one.places for one in groups] == [(0, 2, 3)]
    assert 0.8 <= groups[0].likeness < 1


def test_the_same_words_in_another_order_are_another_text() -> None:
    words = STORY.split()
    mixed = " ".join(np.random.default_rng(3).permutation(words))
    assert near_texts([STORY, mixed]) == []


def test_short_texts_are_told_apart() -> None:
    assert [one.places for one in near_texts(["yes", "no", "Yes", "ok", "ja", "no!"])] == [(0, 2)]


def test_tweets_altered_a_little_are_all_found_among_many() -> None:
    table = pq.read_table(data_dir("text_toxicity") / "davidson2017.parquet").slice(0, 1_500)
    long = [tweet for tweet in table["tweet"].to_pylist() if len(tweet) > 90][:400]
    base = near_texts(long)
    altered = [tweet + " wow" for tweet in long[:100]]
    found = near_texts(long + altered)
    together = {place: one.places for one in found for place in one.places}
    missed = [at for at in range(100) if len(long) + at not in together.get(at, ())]
    assert len(missed) <= 1
    assert len(found) <= 100 + len(base)


def test_a_picture_scaled_recompressed_or_brightened_is_the_same_picture() -> None:
    cat, cup = photo("chelsea"), photo("coffee")
    out = io.BytesIO()
    cat.save(out, "JPEG", quality=30)
    items = [
        picture(1, cat),
        picture(2, cup),
        raw_picture(3, out.getvalue()),
        picture(4, cat.resize((200, 133))),
        picture(5, ImageEnhance.Brightness(cat).enhance(1.02)),
        raw_picture(6, b"broken"),
    ]
    assert [one.places for one in near_pictures(items)] == [(0, 2, 3, 4)]


def test_plain_pictures_of_unlike_colours_are_not_the_same() -> None:
    items = [picture(at, Image.new("RGB", (30, 30), name)) for at, name in enumerate(
        ["red", "blue", "red", "white", "black"]
    )]  # fmt: skip
    assert [one.places for one in near_pictures(items)] == [(0, 2)]


@pytest.mark.parametrize("count", [3, 50, 3_000])
def test_near_features_are_those_found_by_looking_at_every_pair(count: int) -> None:
    rng = np.random.default_rng(count)
    centres = rng.normal(size=(max(count // 3, 1), 48))
    rows = centres[rng.integers(0, len(centres), count)] + 0.1 * rng.normal(size=(count, 48))
    rows = rows.astype(np.float32)
    rows[0] = 0
    unit = rows[1:] / np.linalg.norm(rows[1:], axis=1, keepdims=True)
    one, other = np.nonzero(np.triu(unit @ unit.T >= 0.97, 1))
    found = {
        place: at
        for at, g in enumerate(near_features(np.asarray(rows, np.float32), threshold=0.97))
        for place in g.places
    }
    assert 0 not in found
    pairs = list(zip((one + 1).tolist(), (other + 1).tolist(), strict=True))
    missed = [pair for pair in pairs if found.get(pair[0], -1) != found.get(pair[1], -2)]
    assert len(missed) <= 0.01 * len(pairs)
    assert set(found) <= {place for pair in pairs for place in pair}
