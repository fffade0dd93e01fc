"""The models that propose for recordings: stretches of speech, and a rough English draft."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fairhand.compute.assistants.contract import AssistantError, Example, Item, NotEnoughError
from fairhand.compute.models import heard
from fairhand.compute.models.audio import find_speech
from fairhand.compute.models.builtin import open_builtin, pick_builtin
from fairhand.compute.models.heard import Kept
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.sound import read_sound
from fairhand.compute.models.speech_draft import DraftTrainer, is_english
from fairhand.compute.models.speech_segments import SpeechTrainer
from fairhand.compute.models.trust import learn_trust
from fairhand.labels.registry import AnswerContext, validate_answer
from fairhand.labels.stretches import likeness
from fairhand.model.project import Question
from fairhand.work.prelabel.rules import Comparison, judge
from tests.data import data_dir
from tests.rules.models.recordings import RATE, asks_segments, marked, recording, spliced, wav
from tests.rules.models.things import choice

ONE = asks_segments("speech")
NOTHING = {"segments": [], "nothing": True}
SAID = Question("said", "transcript", "What is said?", {})


def named(example: Example, label: str) -> Example:
    """The same stretches, all of one label."""
    segments = [{**each, "label": label} for each in example.value["who"]["segments"]]
    return Example(example.item, {"who": {"segments": segments}})


def one_speaker(count: int) -> list[Example]:
    """Recordings of one person, marked as speech."""
    return [named(one, "speech") for one in marked(spliced(count, ["george"]))]


def austen(number: str = "0880") -> Item:
    """A sentence of a novel read aloud: he was not an ill disposed young man."""
    folder = data_dir("speech_librivox")
    path = folder / f"sense_and_sensibility_01_austen_64kb-{number}.flac"
    return Item(int(number), {}, path.read_bytes, "audio/flac")


def written(item: Item, text: str) -> Example:
    return Example(item, {"said": {"text": text}})


def test_margins_are_learnt_from_two_recordings_and_the_score_is_modest() -> None:
    examples = one_speaker(4)
    trainer = pick_builtin(ONE, examples[0].item).trainer
    learnt = trainer.fit(ONE, examples[:2], seed=0, version="7")
    assert learnt == trainer.fit(ONE, examples[1::-1], seed=0, version="7"), "in any order"
    predictor = open_builtin({}, learnt, [ONE])
    assert predictor.model == "speech-segments@7"
    for example in examples[2:]:
        truth = example.value["who"]
        (proposal,) = predictor.predict([example.item])
        assert proposal.value is not None
        assert not validate_answer("segments", ONE.config, proposal.value["who"], AnswerContext())
        content = example.item.media() if example.item.media else b""
        plain = [
            {"start": each.start_ms, "end": each.end_ms, "label": "speech"}
            for each in find_speech(read_sound(content))
        ]
        usual, own = likeness({"segments": plain}, truth), likeness(proposal.value["who"], truth)
        assert own > max(0.8, usual), "people's margins are wider than the network's"
        assert proposal.score is not None
        assert 0.4 < proposal.score < own, "two answers are no evidence of being sure"


def test_who_speaks_is_learnt_and_nothing_is_guessed_before() -> None:
    question = asks_segments("george", "nicolas")
    examples = marked(spliced(8, ["george", "nicolas"]))
    trainer = pick_builtin(question, examples[0].item).trainer
    with pytest.raises(NotEnoughError, match="4 stretches are marked so far; 6 are needed"):
        trainer.fit(question, examples[:1], seed=0, version="1")
    alone = [named(one, "george") for one in examples[:2]]
    with pytest.raises(NotEnoughError, match="All 8 stretches so far are 'george'"):
        trainer.fit(question, alone, seed=0, version="1")
    learnt = trainer.fit(question, examples[:6], seed=0, version="1")
    proposals = trainer.load(question, learnt, version="1").predict(
        [one.item for one in examples[6:]]
    )
    alike = [
        likeness(proposal.value["who"], one.value["who"])
        for proposal, one in zip(proposals, examples[6:], strict=True)
        if proposal.value
    ]
    assert np.mean(alike) > 0.7
    assert 0.4 < (proposals[0].score or 0) < 1


def test_speech_that_people_leave_unmarked_is_left() -> None:
    question = asks_segments("george")
    made = spliced(8, ["george", "nicolas"])
    for _, answer in made:
        answer["segments"] = [one for one in answer["segments"] if one["label"] == "george"]
    examples = marked(made)
    learnt = SpeechTrainer().fit(question, examples[:6], seed=0, version="1")
    predictor = SpeechTrainer().load(question, learnt, version="1")
    for example, proposal in zip(
        examples[6:], predictor.predict([one.item for one in examples[6:]]), strict=True
    ):
        assert proposal.value is not None
        assert likeness(proposal.value["who"], example.value["who"]) > 0.6


def test_recordings_that_are_silent_broken_or_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = one_speaker(1)
    learnt = SpeechTrainer().fit(ONE, examples, seed=0, version="1")
    predictor = SpeechTrainer().load(ONE, learnt, version="1")
    hush = wav(np.zeros(3 * RATE))
    (silent, broken, empty, none) = predictor.predict(
        [
            recording(1, hush),
            recording(2, b"RIFFjunk"),
            recording(3, wav(np.zeros(0))),
            Item(4, {"text": "hello"}),
        ]
    )
    assert silent.value == {"who": NOTHING}
    assert (broken.value, empty.value, none.value) == (None, None, None)
    assert [one.details["problem"] for one in (broken, empty, none)] == [
        "The recording cannot be read.",
        "The recording is empty.",
        "The task has no recording.",
    ]

    def never() -> bytes:
        raise AssertionError("an hour is not read")

    hour = Item(5, {}, never, "audio/wav", duration_ms=3_600_000)
    monkeypatch.setattr(heard, "MOST_MS", 2_000)  # as if three seconds were an hour
    found = predictor.predict([hour, recording(6, hush + b"\0")])
    assert [one.value for one in found] == [None, None]
    assert "longer than" in found[1].details["problem"]


def test_eight_thousand_samples_a_second_in_two_channels_sound_the_same() -> None:
    (example,) = one_speaker(1)
    learnt = SpeechTrainer().fit(ONE, [example], seed=0, version="1")
    predictor = SpeechTrainer().load(ONE, learnt, version="1")
    sound = read_sound(example.item.media() if example.item.media else b"")
    thin = wav(sound.at_rate(8_000).samples, 8_000, channels=2)
    one, other = predictor.predict([example.item, recording(9, thin, duration_ms=sound.ms)])
    assert one.value is not None
    assert other.value is not None
    assert likeness(one.value["who"], other.value["who"]) > 0.9


def test_answers_that_mark_nothing_or_other_labels_teach_nothing() -> None:
    hush = recording(1, wav(np.zeros(RATE)))
    gone = {"segments": [{"start": 0, "end": 500, "label": "gone"}]}
    unheard = recording(3, b"junk")
    examples = [
        Example(hush, {"who": NOTHING}),
        Example(hush, {"who": gone}),
        Example(unheard, {"who": {"segments": [{"start": 0, "end": 5, "label": "speech"}]}}),
    ]
    with pytest.raises(NotEnoughError, match="Nothing has been marked"):
        SpeechTrainer().fit(ONE, examples, seed=0, version="1")
    with pytest.raises(AssistantError, match="not of 'speech-segments'"):
        SpeechTrainer().load(ONE, pack_learnt({"format": 9}, {}), version="1")


def test_a_draft_has_the_shape_that_the_question_wants_and_its_score_is_what_came_true() -> None:
    item = austen()
    timed = Question("said", "transcript", "What is said?", {"timed": True})
    trainer = pick_builtin(SAID, item).trainer
    right = "he was not an ill disposed young man"
    learnt = trainer.fit(SAID, [written(item, right)], seed=0, version="1")
    proposal = trainer.load(SAID, learnt, version="1").predict([item])[0]
    (lines,) = trainer.load(timed, learnt, version="1").predict([item])
    assert proposal.value is not None
    assert lines.value is not None
    assert len(set(proposal.value["said"]["text"].split()) & set(right.split())) >= 5
    for asked, found in ((SAID, proposal), (timed, lines)):
        answer: Any = found.value["said"] if found.value else None
        assert not validate_answer("transcript", asked.config, answer, AnswerContext())
    assert 0.5 < (proposal.score or 0) < 0.9
    silent, broken = trainer.load(SAID, learnt, version="1").predict(
        [recording(1, wav(np.zeros(RATE))), recording(2, b"junk")]
    )
    assert silent.value == {"said": {"text": "", "nothing": True}}
    assert broken.value is None
    other = trainer.fit(
        SAID, [written(item, "hakuwa kijana mwenye tabia mbaya")], seed=0, version="1"
    )
    assert unpack_learnt(other).header["trust"]["mean"] < 0.4
    with pytest.raises(NotEnoughError, match="No recording has been written down"):
        trainer.fit(SAID, [], seed=0, version="1")


def test_other_languages_are_not_drafted() -> None:
    swahili = Question("said", "transcript", "Anasema nini?", {"language": "sw"})
    with pytest.raises(AssistantError, match="English alone, and the question asks for 'sw'"):
        pick_builtin(swahili, austen())
    british = Question("said", "transcript", "What is said?", {"language": "en-GB"})
    assert pick_builtin(british, austen()).name == "speech-draft"
    assert [is_english(one) for one in ("EN_us", "English", None, "", 7)] == [True] * 5
    assert [is_english(one) for one in ("sw", "enm", "de-DE")] == [False] * 3
    learnt = pack_learnt(
        {"format": 1, "model": "speech-draft", "trust": learn_trust([], [], []).header()}, {}
    )
    foreign = Item(1, {"language": "sw"}, lambda: b"never read", "audio/wav")
    plain = Item(1, {}, lambda: b"never read", "audio/wav")
    for asked, item in ((SAID, foreign), (swahili, plain)):
        (proposal,) = DraftTrainer().load(asked, learnt, version="1").predict([item])
        assert proposal.value is None
        assert "English alone" in proposal.details["problem"]


@pytest.mark.parametrize(("right", "shown"), [(0.2, False), (0.45, False), (0.6, True)])
def test_drafts_of_which_less_than_half_is_right_are_not_shown(right: float, shown: bool) -> None:
    scores, nothing = [right] * 20, [0.0] * 20
    verdict = judge(Comparison(scores, nothing, "trivial", "held_out", 20, [scores]))
    assert verdict.takes_over == shown
    assert ("cost more than they save" in verdict.words) != shown
    assert judge(Comparison(scores, nothing, "trivial", "held_out", 20)).takes_over


def test_trust_is_half_by_itself_and_follows_sureness_from_ten_answers_on() -> None:
    assert learn_trust([], [], []).score(1.0) == 0.5
    few = learn_trust([0.9, 0.1], [1.0, 0.0], [1.0, 1.0])
    assert few.score(0.9) == few.score(0.1) == 0.5
    many = learn_trust([0.9, 0.5] * 10, [1.0, 0.6] * 10, [1.0] * 20)
    assert many.score(0.9) > 0.9 > 0.65 > many.score(0.5)
    upside_down = learn_trust([0.9, 0.5] * 10, [0.6, 1.0] * 10, [1.0] * 20)
    assert upside_down.score(0.9) == upside_down.score(0.5)


def test_what_was_heard_is_kept_within_its_bound() -> None:
    kept: Kept[str] = Kept(10)
    made: list[str] = []

    def make(name: str) -> str:
        def run() -> tuple[str, int]:
            made.append(name)
            return name, 4

        return kept.get(name, run)

    for name in "abacab":
        make(name)
    assert "".join(made) == "abcb", "what was used longest ago goes first"


def test_models_are_measured_on_as_much_sound_as_takes_minutes() -> None:
    def items(count: int, ms: int | None) -> list[Item]:
        return [Item(at, {}, duration_ms=ms) for at in range(count)]

    draft, speech = DraftTrainer(), SpeechTrainer()
    assert draft.most_measured(items(50, 10_000)) == 40
    assert draft.most_measured(items(50, 300_000)) == 6
    assert draft.most_measured(items(50, 3_000_000)) == 3, "fewer measure nothing"
    assert draft.most_measured(items(50, None)) == 30
    assert speech.most_measured(items(600, 30_000)) == 600
    assert speech.most_measured(items(600, 600_000)) == 36


def test_recordings_with_a_choice_keep_their_model() -> None:
    assert pick_builtin(choice("a", "b"), austen()).name == "audio-linear"
    with pytest.raises(AssistantError, match="no built-in model"):
        pick_builtin(ONE, Item(1, {"text": "hello"}))
