"""What a person may say about a file that is read, and the bounds that always hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from fairhand.labels.answers import Asked
from fairhand.labels.kind import AnswerContext
from fairhand.model.task import Foreign, NewPrediction

Source: TypeAlias = Path | BinaryIO
"""A file by its path, or an open binary file that can seek."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How columns become tasks, and how large anything may be.

    `text_column` becomes `text` in the task's data and must not be empty. `image_column` (or
    `audio_column`; one of them) holds a file's bytes, a `data:` address, or a path below
    `media_root`. `prediction_columns` maps a
    column (or a Label Studio `from_name`) to the question whose proposed answer it holds; with
    `questions` known, a proposal that is not a valid answer is reported and left out.
    `gold_columns` maps a column to the question whose known answer it holds: a row with one is a
    gold task, and a row whose known answer is not valid is refused. TIFFs too large to be sent
    whole have bounds of their own, `max_raster_bytes` and `max_raster_pixels`.
    Of files with drawings, `label_map` maps their names to our labels, and with `known_answers`
    what was drawn is a known answer, not a proposed one.
    With `synthetic_model`, a model generated all of the data, `synthetic_depth` models away from
    people; `synthetic_verifier` checked them, `synthetic_precision` is what that check was measured
    at. Without it, a row says so itself in a column `generated_by` or `synthetic`.
    `label_config` is the labelling configuration that Label Studio's tasks were answered under;
    with `ground_truth_as_gold`, what was marked as ground truth there is a known answer here.
    """

    format: str | None = None
    name: str | None = None
    text_column: str | None = None
    image_column: str | None = None
    audio_column: str | None = None
    media_root: Path | None = None
    prediction_columns: Mapping[str, str] = field(default_factory=dict)
    prediction_score_column: str | None = None
    prediction_model: str = "imported"
    gold_columns: Mapping[str, str] = field(default_factory=dict)
    gold_explanation_column: str | None = None
    synthetic_model: str | None = None
    synthetic_depth: int = 1
    synthetic_verifier: str = ""
    synthetic_precision: str = ""
    label_map: Mapping[str, str] = field(default_factory=dict)
    known_answers: bool = False
    questions: Sequence[Asked] | None = None
    delimiter: str | None = None
    keep_image_metadata: bool = False
    label_config: str | None = None
    ground_truth_as_gold: bool = False
    max_payload_bytes: int = 1024 * 1024
    max_image_bytes: int = 64 * 1024 * 1024
    max_image_pixels: int = 100_000_000
    max_sound_bytes: int = 256 * 1024 * 1024
    max_raster_bytes: int = 4 * 1024**3
    max_raster_pixels: int = 2_500_000_000

    @property
    def names_columns(self) -> bool:
        """Whether somebody said what columns mean: then a file is read as a plain table."""
        named = (self.text_column, self.image_column, self.audio_column)
        return any(named) or bool(self.prediction_columns or self.gold_columns)

    @property
    def max_row_bytes(self) -> int:
        """The longest raw row worth reading: data, and an image in base64 if one is expected."""
        expected = self.image_column or self.audio_column
        image = self.max_image_bytes * 4 // 3 + 1024 if expected else 0
        return self.max_payload_bytes + image


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a row's own answers come to, once its picture or sound is known."""

    predictions: tuple[NewPrediction, ...] = ()
    reasons: tuple[str, ...] = ()
    gold: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row as its file gives it, before columns are given their meaning.

    `media_column` names the row's own picture or sound, `original` its data before anything was
    added, and `propose` reads its answers.
    """

    place: str
    values: dict[str, Any]
    predictions: tuple[NewPrediction, ...] = ()
    media_column: str | None = None
    foreign: Foreign | None = None
    original: dict[str, Any] | None = None
    propose: Callable[[AnswerContext], Proposed] | None = None


def source_name(source: Source, options: ReadOptions) -> str:
    """Name a file in messages: the given name, or the last part of its path."""
    if options.name:
        return options.name
    given = source if isinstance(source, Path) else getattr(source, "name", None)
    return Path(given).name if isinstance(given, str | Path) else "file"


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a path for reading; leave a file that is open already to whoever opened it."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield cast(BinaryIO, file)
    else:
        source.seek(0)
        yield source
