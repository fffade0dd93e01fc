"""Recordings: read, searched for speech, drafted, told apart."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from fairhand.compute.assistants.contract import AssistantError, Example, Item
from fairhand.compute.models import audio
from fairhand.compute.models.audio import draft_transcript, find_speech
from fairhand.compute.models.builtin import pick_builtin
from fairhand.compute.models.sound import Sound, read_sound
from tests.data import data_dir
from tests.rules.models.things import choice


def wav(samples: np.ndarray, width: int, rate: int = 8_000) -> bytes:
    """Write whole numbers as a WAV of one channel or two."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        whole = samples.astype("<i4").tobytes() if width != 1 else b""
        if width == 1:
            whole = (samples + 128).astype(np.uint8).tobytes()
        elif width < 4:
            parts = np.frombuffer(whole, dtype=np.uint8).reshape(-1, 4)
            whole = parts[:, :width].tobytes()
        file.writeframes(whole)
    return out.getvalue()


def austen() -> Sound:
    """Three seconds of a novel read aloud: he was not an ill disposed young man."""
    folder = data_dir("speech_librivox")
    return read_sound((folder / "sense_and_sensibility_01_austen_64kb-0880.flac").read_bytes())


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_wav_of_every_depth_is_read_and_its_channels_are_averaged(width: int) -> None:
    top = (1 << (8 * width - 1)) - 1
    left = np.round(np.sin(np.arange(400) / 9) * top)
    sound = read_sound(wav(np.column_stack([left, np.zeros(400)]), width))
    assert (sound.rate, sound.ms, str(sound.samples.dtype)) == (8_000, 50, "float32")
    np.testing.assert_allclose(sound.samples, np.sin(np.arange(400) / 9) / 2, atol=0.6 / 100)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF1234WAVEfmt ", b"junk" * 100])
def test_what_is_no_recording_is_refused(content: bytes) -> None:
    with pytest.raises(AssistantError):
        read_sound(content)


def test_a_recording_of_nothing_is_refused() -> None:
    with pytest.raises(AssistantError, match="empty"):
        read_sound(wav(np.zeros((0, 1)), 2))


@pytest.mark.parametrize("with_network", [True, False])
def test_speech_is_found_between_silences(
    with_network: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_network:
        monkeypatch.setattr(audio, "_has_network", lambda: False)
    spoken = austen()
    hush = np.random.default_rng(0).normal(0, 1e-4, 3 * spoken.rate).astype(np.float32)
    stretches = find_speech(Sound(np.concatenate([hush, spoken.samples, hush]), spoken.rate))
    inside = [one for one in stretches if one.start_ms > 2_900 and one.end_ms < 6_200]
    assert stretches == inside
    assert 1_800 < sum(one.end_ms - one.start_ms for one in stretches) < 3_150
    assert all(0.5 < one.score <= 1 for one in stretches)


@pytest.mark.parametrize("with_network", [True, False])
def test_silence_and_a_steady_hum_are_not_speech(
    with_network: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_network:
        monkeypatch.setattr(audio, "_has_network", lambda: False)
    hum = 0.1 * np.sin(2 * np.pi * 50 * np.arange(32_000) / 16_000)
    for samples in (np.zeros(32_000), hum):
        assert find_speech(Sound(samples.astype(np.float32), 16_000)) == []


@pytest.mark.slow
def test_a_draft_has_most_of_the_words() -> None:
    sound = austen()
    drafts = draft_transcript(sound, find_speech(sound))
    words = set(" ".join(one.text for one in drafts).split())
    assert len(words & set("he was not an ill disposed young man".split())) >= 5


def test_spoken_digits_are_told_apart_by_their_sound() -> None:
    folder = data_dir("speech_fsdd")
    paths = sorted(folder.glob("[0-3]_*.flac"))
    paths = [paths[at] for at in np.random.default_rng(0).permutation(len(paths))[:90]]
    items = [Item(at, {}, path.read_bytes, "audio/flac") for at, path in enumerate(paths)]
    answers = [path.name[0] for path in paths]
    question = choice("0", "1", "2", "3")
    trainer = pick_builtin(question, items[0]).trainer
    examples = [Example(i, {"topic": a}) for i, a in zip(items[:60], answers, strict=False)]
    learnt = trainer.fit(question, examples, seed=0, version="1")
    proposals = trainer.load(question, learnt, version="1").predict(items[60:])
    right = [p.value == {"topic": a} for p, a in zip(proposals, answers[60:], strict=True)]
    assert np.mean(right) > 0.7
