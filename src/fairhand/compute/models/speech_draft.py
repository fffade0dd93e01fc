"""The built-in draft of a transcript: English words where somebody speaks, for people to mend.

There is nothing it learns but how far it can be trusted: how like its drafts are to what people
made of them. A recogniser of one language knows nothing of others, so where a question or a task
names another one nothing is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.compute.assistants.contract import (
    AssistantError,
    Example,
    Item,
    NotEnoughError,
    Proposal,
)
from fairhand.compute.models.audio import Cut, Draft, cut_speech, draft_transcript
from fairhand.compute.models.audio import speech_probabilities as listen
from fairhand.compute.models.heard import Kept, count_within, known_length, recording
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.sound import read_sound
from fairhand.compute.models.trust import Trust, learn_trust, read_trust
from fairhand.labels.stretches import MAX_STRETCHES, SHORTEST_MS
from fairhand.model.project import Question

FORMAT: Final = 1
MOST_MS: Final = 10 * 60_000
"""The longest recording that is drafted: it takes a minute or two."""
_MOST_MEASURED: Final = 40
_MOST_MEASURED_MS: Final = 30 * 60_000
"""How much sound drafts are compared on at most, of the newest tasks: each must be drafted."""
_CUT: Final = Cut(before_ms=160, after_ms=160, pause_ms=480, least_ms=192)
"""Words need room around them, and a sentence its pauses."""
_ENGLISH: Final = frozenset({"en", "eng", "english"})
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class _Drafted:
    """The lines of a recording; `speaks` when somebody does, understood or not."""

    ms: int
    lines: tuple[Draft, ...]
    speaks: bool


_drafted: Kept[_Drafted] = Kept(8 * 1024 * 1024)


def is_english(language: object) -> bool:
    """Say whether a language's tag is English, or none is named."""
    if not isinstance(language, str) or not language.strip():
        return True
    return re.split(r"[-_]", language.strip().casefold())[0] in _ENGLISH


class DraftTrainer:
    """Measures drafts; knows the words already."""

    name = "speech-draft"

    def most_measured(self, items: Sequence[Item]) -> int:
        """Say how many of these items can be drafted in a few minutes."""
        return min(_MOST_MEASURED, count_within(items, _MOST_MEASURED_MS))

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """See how like the drafts are to what people wrote; raises NotEnoughError without any."""
        newest = sorted(examples, key=lambda one: -one.item.task_id)
        newest = newest[: self.most_measured([one.item for one in newest])]
        came, weights = [], []
        for example in newest:
            answer = example.value.get(question.name)
            if not isinstance(answer, Mapping) or example.weight <= 0:
                continue
            try:
                drafted = _draft(question, example.item)
            except AssistantError:
                continue
            came.append(_likeness(" ".join(one.text for one in drafted.lines), answer["text"]))
            weights.append(example.weight)
        if not came:
            raise NotEnoughError("No recording has been written down yet; one is enough to begin.")
        header = {
            "format": FORMAT,
            "model": self.name,
            "version": version,
            "question": question.name,
            "recordings": len(came),
            "seed": seed,
            "trust": learn_trust([0.0] * len(came), came, weights).header(),
        }
        return pack_learnt(header, {})

    def load(self, question: Question, learnt: bytes, *, version: str) -> DraftPredictor:
        """Make a predictor; raises AssistantError on bytes that were not learnt here."""
        header = unpack_learnt(learnt).header
        if header.get("format") != FORMAT or header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        trust = header.get("trust")
        known = read_trust(trust if isinstance(trust, Mapping) else {})
        return DraftPredictor(question, known, f"{self.name}@{version}")


@dataclass(frozen=True, slots=True)
class DraftPredictor:
    """Proposes transcripts."""

    question: Question
    trust: Trust
    model: str
    at_once: int = 4

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Draft every recording; what cannot be heard or is not English gets none, and says why."""
        return [self._propose(item) for item in items]

    def _propose(self, item: Item) -> Proposal:
        try:
            drafted = _draft(self.question, item)
        except AssistantError as error:
            return Proposal(None, model=self.model, details={"problem": error.message})
        answer = self._answer(drafted, known_length(item, drafted.ms))
        if answer is None:
            problem = {"problem": "Somebody speaks, but no words were understood."}
            return Proposal(None, model=self.model, details=problem)
        details = {"lines": len(drafted.lines)}
        return Proposal(
            {self.question.name: answer}, self.trust.score(0.0), model=self.model, details=details
        )

    def _answer(self, drafted: _Drafted, most: int) -> dict[str, Any] | None:
        """Write the lines as the question wants them; None where speech was not understood."""
        if not drafted.speaks:
            return {"text": "", "nothing": True}
        if not drafted.lines:
            return None
        if not self.question.config.get("timed", False):
            return {"text": " ".join(one.text for one in drafted.lines)}
        lines = [
            {"start": one.start_ms, "end": min(one.end_ms, most), "text": one.text}
            for one in drafted.lines
            if min(one.end_ms, most) - one.start_ms >= SHORTEST_MS
        ]
        return {"segments": lines} if lines else None


def _draft(question: Question, item: Item) -> _Drafted:
    """Draft an item's recording, or give the draft that is kept."""
    for language in (question.config.get("language"), item.data.get("language")):
        if not is_english(language):
            raise AssistantError(f"Drafts are in English alone; this is to be in {language!r}.")
    content, key = recording(item, MOST_MS)

    def make() -> tuple[_Drafted, int]:
        sound = read_sound(content, MOST_MS).at_rate()
        stretches = cut_speech(listen(sound), sound.ms, _CUT)[:MAX_STRETCHES]
        lines = tuple(draft_transcript(sound, stretches)) if stretches else ()
        made = _Drafted(sound.ms, lines, bool(stretches))
        return made, 200 + sum(200 + 4 * len(one.text) for one in lines)

    return _drafted.get(key, make)


def _likeness(draft: str, written: str) -> float:
    """Share of words alike, as `Share of words alike` measures it between people."""
    from rapidfuzz.distance import Levenshtein

    ours, theirs = (_WORD.findall(text.casefold()) for text in (draft, written))
    return 1.0 if ours == theirs else float(Levenshtein.normalized_similarity(ours, theirs))
