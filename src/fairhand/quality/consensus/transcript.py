"""Consensus of transcripts: word by word (see `structured.transcripts`), or one of them whole.

Texts without times are laid side by side and settled word by word; the confidence is one minus
the share of wrong words to be expected. Lines with times are not cut and joined: of those the
answer that the others are most like stands, and its mean likeness to them is the confidence.
Where most people say that nobody speaks, that is the consensus. One answer alone stands
unchecked, with confidence 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule


@consensus_rule("transcript", "each word by the vote of those who wrote the sound down")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Vote on silence first, then on the words."""
    silent = [answer for answer in answers if answer.get("nothing")]
    if 2 * len(silent) > len(answers):
        return Verdict(silent[0], len(silent) / len(answers) if len(answers) > 1 else 0.0)
    spoken = [answer for answer in answers if not answer.get("nothing")]
    if config.get("timed", False):
        return _most_alike(spoken, answers)
    return _joined(config, spoken, len(answers))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # two answers
    """Share of words alike: one minus the words to change over the longer text's words.

    Case and punctuation do not matter; a text of one word, or without spaces, is compared by its
    letters.
    """
    from rapidfuzz.distance import Levenshtein

    ours, theirs = _words(one["text"]), _words(other["text"])
    if ours == theirs:
        return 1.0
    if min(len(ours), len(theirs)) < 2:
        return float(Levenshtein.normalized_similarity(" ".join(ours), " ".join(theirs)))
    return float(Levenshtein.normalized_similarity(ours, theirs))


def _words(text: str) -> list[str]:
    from fairhand.quality.structured.words import split_words

    words = split_words([text])
    return [words.keys[code] for code in words.key.tolist()]


def _joined(config: Config, spoken: Sequence[Any], people: int) -> Verdict:
    from fairhand.quality.structured.transcripts import join_transcripts

    joined = join_transcripts(
        [0] * len(spoken),
        list(range(len(spoken))),
        [answer["text"] for answer in spoken],
        unit=config.get("unit", "words"),
    )
    text = joined.texts[0].strip()
    if not text:  # every word was outvoted by no word
        return _most_alike(spoken, spoken)
    sure = float(joined.confidence[0]) * len(spoken) / people
    return Verdict({"text": text}, sure if people > 1 else 0.0)


def _most_alike(spoken: Sequence[Any], answers: Sequence[Any]) -> Verdict:
    """Choose the answer that the others are most like; of equals the first in text order."""
    ordered = sorted(spoken, key=lambda answer: str(answer["text"]))
    if len(answers) == 1:
        return Verdict(ordered[0], 0.0)
    support = [(sum(likeness(one, each) for each in answers) - 1.0) for one in ordered]
    best = max(range(len(ordered)), key=support.__getitem__)
    return Verdict(ordered[best], support[best] / (len(answers) - 1))


CONSENSUS = Voted("word-vote", settle, likeness, "Share of words alike", enough=0.8)
