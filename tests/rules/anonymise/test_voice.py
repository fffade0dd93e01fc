"""A voice's resonances move; its length, loudness and silence stay."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from fairhand.compute.anonymise.run import anonymise
from fairhand.compute.anonymise.voice import _polynomials, _prediction, _roots, move_resonances
from fairhand.core.errors import MalformedError
from tests.stories.intake_world import RATE, voice, wave_file

RULES = {"voice": "mcadams"}


def samples_of(content: bytes) -> NDArray[np.float64]:
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return raw.astype(np.float64) / 32_768


def centre(samples: NDArray[np.float64]) -> float:
    """Give the middle of the spectrum by energy, in hertz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float((power * np.fft.rfftfreq(len(samples), 1 / RATE)).sum() / power.sum())


def test_with_alpha_one_a_voice_stays_what_it_was() -> None:
    before = voice(1).astype(np.float64) / 32_768

    after = move_resonances(before, RATE, 1.0)

    assert np.sqrt(np.mean((after - before) ** 2)) < 0.05 * np.sqrt(np.mean(before**2))


def test_a_voice_is_as_long_and_as_loud_as_before_and_sounds_different() -> None:
    before = voice(1).astype(np.float64) / 32_768

    made = anonymise(wave_file(voice(1)), "audio/wav", RULES, 7)

    after = samples_of(made.content)
    assert len(after) == len(before)
    assert np.abs(after).max() <= 1
    assert 0.5 < np.sqrt(np.mean(after**2) / np.mean(before**2)) < 1.05
    assert np.corrcoef(after, before)[0, 1] < 0.9
    assert "not anonymous" in made.warnings[0]


def test_a_single_resonance_below_one_radian_moves_up() -> None:
    pulses = np.zeros(RATE)
    pulses[::160] = 1.0
    pole = 0.97 * np.exp(2j * np.pi * 1_200 / RATE)
    tone = np.zeros(RATE)
    for at in range(2, RATE):
        tone[at] = pulses[at] + 2 * pole.real * tone[at - 1] - abs(pole) ** 2 * tone[at - 2]

    moved = move_resonances(0.1 * tone, RATE, 0.7)

    expected = (2 * np.pi * 1_200 / RATE) ** 0.7 * RATE / (2 * np.pi)
    peak = np.argmax(np.abs(np.fft.rfft(moved))) * RATE / len(moved)
    assert expected - 150 < peak < expected + 150


def test_the_same_seed_gives_the_same_voice_and_another_seed_another() -> None:
    one, again, other = (
        anonymise(wave_file(voice(2)), "audio/wav", RULES, seed).content for seed in (5, 5, 6)
    )

    assert one == again != other


def test_what_was_drawn_is_told_to_nobody() -> None:
    made = anonymise(wave_file(voice(2)), "audio/wav", RULES, 5)

    assert "alpha" not in str(made.done)


def test_polynomials_taken_apart_and_multiplied_out_are_the_same() -> None:
    frames = np.random.default_rng(1).normal(size=(20, 320))

    polynomials = _prediction(frames, 20)

    assert np.allclose(_polynomials(_roots(polynomials)), polynomials, atol=1e-8)


def test_silence_stays_silent() -> None:
    made = anonymise(wave_file(np.zeros(RATE, dtype=np.int16)), "audio/wav", RULES, 1)

    assert not np.any(samples_of(made.content))


@pytest.mark.parametrize("content", [b"", b"RIFF1234WAVE", b"no sound"])
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedError):
        anonymise(content, "audio/wav", RULES, 1)
