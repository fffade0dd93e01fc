"""Which built-in model answers which question about which data, and how one is opened again.

Every model here runs on an ordinary processor from packages that bring what it needs: nothing is
fetched when it runs. What a model has learnt is kept as `learnt.py` says, without code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from fairhand.compute.assistants.contract import (
    AssistantError,
    Embedder,
    Item,
    Predictor,
    Trainer,
)
from fairhand.compute.models import several
from fairhand.compute.models.learnt import unpack_learnt
from fairhand.compute.models.linear import LinearTrainer
from fairhand.model.project import Question


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A model for one question and kind of data: who learns, by which features, and why this one.

    `embedder` also tells which items are alike, for choosing what to ask next.
    """

    name: str
    trainer: Trainer
    embedder: Embedder
    why: str


def pick_builtin(question: Question, sample_item: Item) -> BuiltIn:
    """Pick the built-in model for a question, by its kind and by what one of its tasks holds.

    Raises AssistantError with the hop `shape` where there is none for that kind or those data, or
    what they learn with is not installed.
    """
    if find_spec("sklearn") is None:
        raise AssistantError(
            "Built-in models need fairhand[assist]: install it, or connect a backend.",
            hop="shape",
            code="needs_assist",
        )
    data = _kind_of_data(sample_item)
    if question.kind in _DRAWN and data == "image":
        return _drawn(question.kind)
    if question.kind == "choice" and data is not None:
        return _linear(data)
    if question.kind == "spans" and data == "text":
        return _spans()
    if data == "audio" and question.kind in ("segments", "transcript"):
        return _speech() if question.kind == "segments" else _draft(question)
    raise AssistantError(
        f"There is no built-in model for a question of kind {question.kind!r} about"
        f" {data or 'tasks of this sort'}; connect a backend, a function or an ONNX file.",
        hop="shape",
        code="no_builtin",
    )


def open_builtin(
    config: Mapping[str, Any], weights: bytes | None, questions: Sequence[Question]
) -> Predictor:
    """Open what a built-in model has learnt.

    `config` may name `question` and `version`; what is missing is read from the weights. Raises
    AssistantError when there are no weights, or they answer a question that is not asked.
    """
    if weights is None:
        raise AssistantError("This built-in model has learnt nothing yet.", hop="shape")
    learnt = unpack_learnt(weights)
    header = learnt.header
    if header.get("model") == several.NAME:
        parts = several.parts_of(learnt)
        opened = tuple(
            open_builtin({**config, "question": one}, part, questions)
            for one, part in parts.items()
        )
        return several.SeveralPredictor(f"built-in@{header.get('version', '')}", opened)
    name, asked = header.get("model"), config.get("question", header.get("question"))
    question = next((one for one in questions if one.name == asked), None)
    if question is None:
        raise AssistantError(f"No question is called {asked!r}.", hop="shape")
    version = str(config.get("version") or header.get("version") or "")
    return trainer_named(str(name)).load(question, weights, version=version)


def trainer_named(name: str) -> Trainer:
    """Give the trainer that learnt under a name; raises AssistantError for a name of none."""
    if name in _LINEAR:
        return _linear(_LINEAR[name]).trainer
    kind = next((kind for kind, drawn in _DRAWN.items() if drawn.name == name), None)
    if kind is not None:
        return _drawn(kind).trainer
    if name == "text-spans":
        return _spans().trainer
    if name == "speech-segments":
        return _speech().trainer
    if name == "speech-draft":
        return _draft().trainer
    raise AssistantError(f"There is no built-in model called {name!r}.", hop="shape")


_LINEAR: Mapping[str, str] = {
    "text-linear": "text",
    "image-linear": "image",
    "audio-linear": "audio",
}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The model for a kind that is drawn: its name, who learns it in which module, and why."""

    name: str
    module: str
    maker: str
    why: str


_DRAWN: Mapping[str, _Drawn] = {
    "mask": _Drawn(
        "pixel-forest",
        "pixels",
        "PixelTrainer",
        "The question asks for regions: a pixel classifier learns from the first picture.",
    ),
    "boxes": _Drawn(
        "cell-boxes",
        "boxes",
        "BoxTrainer",
        "The question asks for boxes: what a network that knows everyday things sees in each place"
        " tells where a thing is and how far it reaches, from the first pictures on.",
    ),
    "polygons": _Drawn(
        "pixel-polygons",
        "polygons",
        "PolygonTrainer",
        "The question asks for outlines: a pixel classifier tells things apart from the first"
        " picture on, and their rims become corners.",
    ),
}

_WHY = {
    "text": "The tasks are texts: what they mean and how they are spelt, and a linear head, learn"
    " from ten answers.",
    "image": "The tasks are pictures: features of a network that knows everyday things, and a"
    " linear head, learn from ten answers.",
    "audio": "The tasks are recordings: the bands of their sound, and a linear head, learn from ten"
    " answers.",
}


def _kind_of_data(item: Item) -> str | None:
    """Say what a task is about: image, audio or text; None when nothing here can read it."""
    if item.media is not None or item.media_type is not None:
        sort = (item.media_type or "image/").partition("/")[0]
        return sort if sort in ("image", "audio") else None
    from fairhand.compute.models.text import text_of

    return "text" if text_of(item.data).strip() else None


def _linear(data: str) -> BuiltIn:
    """A linear head on the features of a kind of data."""
    name = next(name for name, kind in _LINEAR.items() if kind == data)
    if data == "text":
        from fairhand.compute.models.text import SpellingEmbedder, text_embedder

        meaning = text_embedder()
        spelling = None if isinstance(meaning, SpellingEmbedder) else SpellingEmbedder()
        return BuiltIn(name, LinearTrainer(name, meaning, spelling), meaning, _WHY[data])
    embedder = _sound_embedder() if data == "audio" else _image_embedder()
    return BuiltIn(name, LinearTrainer(name, embedder), embedder, _WHY[data])


def _image_embedder() -> Embedder:
    """The features of pictures."""
    from fairhand.compute.models.images import image_embedder

    return image_embedder()


def _sound_embedder() -> Embedder:
    """The features of recordings."""
    from fairhand.compute.models.sound import SoundEmbedder

    return SoundEmbedder()


def _drawn(kind: str) -> BuiltIn:
    """The model for what is drawn on pictures, which learns from the first ones."""
    drawn = _DRAWN[kind]
    try:
        module = import_module(f"fairhand.compute.models.{drawn.module}")
    except ImportError as error:
        raise AssistantError(
            "What is drawn needs fairhand[assist]: install it.", hop="shape"
        ) from error
    trainer = cast(Trainer, getattr(module, drawn.maker)())
    return BuiltIn(drawn.name, trainer, _image_embedder(), drawn.why)


def _spans() -> BuiltIn:
    """What is marked in texts, word by word."""
    from fairhand.compute.models.spans import SpanTrainer
    from fairhand.compute.models.text import text_embedder

    why = (
        "The question marks spans of texts: how words are spelt and what stands beside them tells"
        " which are marked, and it is learnt from a few dozen texts."
    )
    return BuiltIn(SpanTrainer.name, SpanTrainer(), text_embedder(), why)


def _speech() -> BuiltIn:
    """Stretches of speech, cut and labelled as people do."""
    from fairhand.compute.models.speech_segments import SpeechTrainer

    why = (
        "The question marks stretches of recordings: speech is found, and how it is cut and"
        " labelled is learnt from the first answers."
    )
    return BuiltIn(SpeechTrainer.name, SpeechTrainer(), _sound_embedder(), why)


def _draft(question: Question | None = None) -> BuiltIn:
    """A rough English draft; raises AssistantError where another language is asked for."""
    from fairhand.compute.models.speech_draft import DraftTrainer, is_english

    language = None if question is None else question.config.get("language")
    if not is_english(language):
        raise AssistantError(
            f"The built-in draft of a transcript is in English alone, and the question asks for"
            f" {language!r}; connect a backend that knows it.",
            hop="shape",
            code="no_builtin",
        )
    if find_spec("pocketsphinx") is None:
        raise AssistantError(
            "A draft transcript needs fairhand[audio]: install it.",
            hop="shape",
            code="needs_assist",
        )
    why = (
        "The question asks what is said: a rough English draft to mend, shown once people's"
        " answers say that half of its words are right."
    )
    return BuiltIn(DraftTrainer.name, DraftTrainer(), _sound_embedder(), why)
