"""The consensus of sounds: stretches by the vote over time, transcripts by words, recordings."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.labels import segments as segments_kind
from fairhand.labels.kind import AnswerContext
from fairhand.labels.stretches import likeness
from fairhand.quality.consensus import recording, segments, transcript

CONFIG: dict[str, Any] = {"labels": [{"value": "amina"}, {"value": "bao"}]}
SILENCE: dict[str, Any] = {"segments": [], "nothing": True}


def heard(*stretches: tuple[int, int, str]) -> Any:  # noqa: ANN401  # an answer
    found = [{"start": start, "end": end, "label": label} for start, end, label in stretches]
    return segments_kind.normalise_answer(CONFIG, {"segments": found})


@st.composite
def answers(draw: st.DrawFn) -> Any:  # noqa: ANN401  # an answer
    found = []
    for label in ("amina", "bao"):
        edges = sorted(draw(st.sets(st.integers(0, 40), max_size=6)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        found += [(start * 100, end * 100, label) for start, end in pairs]
    return heard(*found)


def test_a_moment_belongs_to_whom_most_people_heard() -> None:
    said = [
        heard((0, 1_000, "amina"), (1_000, 2_000, "bao")),
        heard((100, 1_100, "amina"), (1_050, 2_000, "bao")),
        heard((50, 1_050, "amina"), (1_100, 2_500, "bao")),
    ]
    verdict = segments.settle(CONFIG, said)
    assert verdict.value == heard((50, 1_050, "amina"), (1_050, 2_000, "bao"))
    assert 0.7 < verdict.confidence < 1


def test_edges_that_do_not_quite_meet_leave_no_splinter() -> None:
    said = [heard((0, 1_000, "amina")), heard((0, 990, "amina"), (1_400, 1_500, "amina"))]
    said.append(heard((960, 1_440, "amina")))
    assert segments.settle(CONFIG, said).value == heard((0, 1_000, "amina"))


def test_two_who_heard_nothing_outvote_one_who_heard_something() -> None:
    assert segments.settle(CONFIG, [SILENCE, heard((0, 900, "bao")), SILENCE]).value == SILENCE
    assert likeness(SILENCE, SILENCE) == 1.0
    assert likeness(SILENCE, heard((0, 900, "bao"))) == 0.0


@settings(max_examples=30, deadline=None)
@given(st.lists(answers(), min_size=1, max_size=5))
def test_a_consensus_of_stretches_is_a_valid_answer(said: list[Any]) -> None:
    value = segments.settle(CONFIG, said).value
    assert segments_kind.validate_answer(CONFIG, value, AnswerContext(duration_ms=4_000)) == []
    assert segments_kind.normalise_answer(CONFIG, value) == value
    assert segments.settle(CONFIG, said[::-1]).value == value


@settings(max_examples=30, deadline=None)
@given(answers(), answers())
def test_likeness_of_stretches_is_even_handed_and_one_for_the_same(one: Any, other: Any) -> None:  # noqa: ANN401
    assert likeness(one, one) == 1.0
    assert likeness(one, other) == likeness(other, one)
    assert 0.0 <= likeness(one, other) <= 1.0


def test_thousands_of_stretches_are_compared_in_one_walk() -> None:
    """Each with each would take many seconds, while others wait to write."""
    one, other = (
        {
            "segments": [
                {"start": 100 * at + shift, "end": 100 * at + shift + 60, "label": "amina"}
                for at in range(5_000)
            ]
        }
        for shift in (0, 20)
    )
    begun = process_time()
    assert likeness(one, other) == pytest.approx(40 / 80)
    assert process_time() - begun < 1.5


def test_words_are_settled_one_by_one() -> None:
    said = ["The quick brown fox", "the quick brown box", "The quack brown fox."]
    verdict = transcript.settle({}, [{"text": text} for text in said])
    assert verdict.value["text"].rstrip(".") == "The quick brown fox"
    assert 0.5 < verdict.confidence < 1


def test_a_script_without_spaces_is_settled_by_characters() -> None:
    said = ["今天天气很好", "今天天汽很好", "今天天气很号"]
    config = {"unit": "characters"}
    assert transcript.settle(config, [{"text": text} for text in said]).value == {
        "text": "今天天气很好"
    }


def test_lines_with_times_stand_as_one_person_wrote_them() -> None:
    def timed(text: str, end: int) -> dict[str, Any]:
        return {"text": text, "segments": [{"start": 0, "end": end, "text": text}]}

    said = [timed("good day to you", 900), timed("good bay to you", 800), timed("shoe", 10)]
    verdict = transcript.settle({"timed": True}, said)
    assert verdict.value in said[:2]
    assert 0 < verdict.confidence < 1


def test_silence_needs_more_than_half() -> None:
    silent = {"text": "", "nothing": True}
    assert transcript.settle({}, [silent, silent, {"text": "hm"}]).value == silent
    assert transcript.settle({}, [silent, {"text": "yes"}]).value == {"text": "yes"}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Good morning, all!", "good morning all", 1.0),
        ("one two three four", "one two tree four", 0.75),
        ("seven", "sever", 0.8),
        ("", "hello there", 0.0),
    ],
)
def test_transcripts_are_as_alike_as_their_words(one: str, other: str, alike: float) -> None:
    assert transcript.likeness({"text": one}, {"text": other}) == pytest.approx(alike)


def test_one_transcript_alone_stands_unchecked() -> None:
    assert transcript.settle({}, [{"text": "hello"}]).confidence == 0.0


def test_the_clearest_recording_stands_for_its_task() -> None:
    def made(name: str, loudness: float, clipped: float = 0.0) -> dict[str, Any]:
        return {"recording": name, "loudness": loudness, "noise": -60.0, "clipped": clipped}

    quiet, clear, cracked = made("a", -40.0), made("b", -20.0), made("c", -3.0, 0.2)
    assert recording.settle({}, [quiet, cracked, clear]).value == clear
    assert recording.likeness(quiet, clear) == 1.0
