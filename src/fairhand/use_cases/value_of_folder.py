"""What the tasks of a release are worth, from its folder alone, so that anybody gets it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Embedder, Item
from fairhand.compute.models.builtin import pick_builtin
from fairhand.compute.models.linear import embed_readable
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.model.project import Question
from fairhand.proof.release.folder import sha256_of
from fairhand.proof.release.manifest import MANIFEST, Manifest, parse_manifest
from fairhand.proof.release.rules import ReleaseRow
from fairhand.proof.release.shape import Shape, read_groups
from fairhand.quality.valuation.whole import Rows, WholeValues, on_grid, value_in_whole

FORMAT: Final = "fairhand.value/v1"
MOST_TESTS: Final = 3_000
FEWEST_ROWS: Final = 20
MOST_ROWS: Final = 150_000
NEIGHBOURS: Final = 10
_BATCH: Final = 64
_DIGEST: Final = re.compile("[0-9a-f]{64}")

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """Whole numbers by task, with the digest of the features they came from."""

    task_ids: tuple[int, ...]
    values: WholeValues
    features_sha256: str
    embedder: str

    def by_task(self) -> dict[int, tuple[int, int]]:
        """Give each task's leader and value in nano."""
        ids = self.task_ids
        return {
            task: (ids[leader], nano)
            for task, leader, nano in zip(
                ids, self.values.stands_for, self.values.nano, strict=True
            )
        }


def read_folder(folder: Path) -> Manifest:
    """Read the manifest of a release's folder; raises NotFoundError where there is none."""
    try:
        return parse_manifest((folder / MANIFEST).read_bytes())
    except OSError:
        raise NotFoundError(f"There is no release in {folder}.") from None


def labelled_rows(folder: Path, manifest: Manifest, question: str) -> list[ReleaseRow]:
    """List a release's rows of a choice with one label each, in the order they were contributed.

    Raises InvalidError when there are too few, or more than are held in memory.
    """
    rows = [row for row in _rows(folder, manifest) if row.question == question]
    rows = sorted((row for row in rows if isinstance(row.value, str)), key=lambda row: row.task_id)
    if len(rows) < FEWEST_ROWS:
        raise InvalidError(
            f"{question!r} has {len(rows)} single labels in this release; it takes {FEWEST_ROWS}.",
            code="too_few_rows",
        )
    if len(rows) > MOST_ROWS:
        raise InvalidError(
            f"{len(rows):,} rows are more than the {MOST_ROWS:,} that are valued at once.",
            code="too_many_rows",
        )
    return rows


def draw_tests(rows: Sequence[ReleaseRow], nonce: str) -> list[int]:
    """Draw the test set: people's own answers about people's data, a fifth of all at most.

    The order is that of SHA-256 over the nonce and the task, so that the nonce decides alone.
    Raises InvalidError where people's own are too few.
    """
    fit = [row.task_id for row in rows if _is_human(row)]
    fit.sort(key=lambda task_id: sha256(f"{nonce}:{task_id}".encode()).digest())
    count = min(MOST_TESTS, len(rows) // 5)
    if len(fit) < count:
        raise InvalidError(
            f"Only {len(fit)} tasks are people's own, and a test set of {count} is needed.",
            code="too_few_human",
        )
    return sorted(fit[:count])


def test_digest(sealed: Mapping[str, Any]) -> str:
    """The digest that the log holds of a sealed test set: SHA-256 over its one JSON form."""
    return sha256(orjson.dumps(sealed, option=orjson.OPT_SORT_KEYS)).hexdigest()


def values_digest(values: Mapping[int, tuple[int, int]]) -> str:
    """The digest of all values: SHA-256 over task, leader and nano, in the order of the tasks."""
    rows = [[task, leader, nano] for task, (leader, nano) in sorted(values.items())]
    return sha256(orjson.dumps(rows)).hexdigest()


def question_of(manifest: Manifest, name: str) -> Question:
    """Find a choice among what a release asked; raises InvalidError naming those that there are."""
    choices = [one for one in manifest.facts.questions if one.kind == "choice"]
    found = next((one for one in choices if one.name == name), None)
    if found is None:
        raise InvalidError(
            f"No choice in this release is called {name!r}. It has: "
            f"{', '.join(one.name for one in choices) or 'none'}.",
            code="no_choice",
        )
    return found


def measure_folder(
    folder: Path,
    manifest: Manifest,
    sealed: Mapping[str, Any],
    media: Callable[[str], bytes],
    told: Told = lambda _done, _all: None,
) -> Measured:
    """Value every task that is not in the test set by those that are; pure but for reading.

    Raises InvalidError where the sealed set is of another release, or names tasks it lacks.
    """
    if sealed["manifest_sha256"] != sha256_of(folder / MANIFEST):
        raise InvalidError("This test set was sealed for another release.", code="other_release")
    question = question_of(manifest, sealed["question"])
    rows = labelled_rows(folder, manifest, question.name)
    tests = set(sealed["tasks"])
    if missing := tests - {row.task_id for row in rows}:
        raise InvalidError(f"Task {min(missing)} of the test set is not in this release.")
    embedder = pick_builtin(question, _item(rows[0], media)).embedder
    features = _features(embedder, rows, media, told)
    judges = np.array([row.task_id in tests for row in rows])
    train = _part(rows, features, ~judges)
    values = value_in_whole(train, _part(rows, features, judges), k=int(sealed["k"]))
    ids = tuple(row.task_id for row in rows if row.task_id not in tests)
    return Measured(ids, values, sha256(features.tobytes()).hexdigest(), embedder.name)


def folder_media(folder: Path) -> Callable[[str], bytes]:
    """Read media that were copied along with a release, by digest; each is held against it."""

    def read(digest: str) -> bytes:
        if not _DIGEST.fullmatch(digest):
            raise InvalidError(f"{digest[:80]!r} is no digest of a media file.")
        found = next((folder / "media" / digest[:2]).glob(f"{digest}*"), None)
        if found is None:
            raise NotFoundError(f"The folder has no media file {digest}.")
        data = found.read_bytes()
        if sha256(data).hexdigest() != digest:
            raise InvalidError(f"{found} was changed.")
        return data

    return read


def _rows(folder: Path, manifest: Manifest) -> Iterator[ReleaseRow]:
    shape = Shape(ReleaseRow)
    for entry in manifest.files:
        if not (entry.path.startswith("data/") and entry.path.endswith(".parquet")):
            continue
        for first, _, rows in read_groups(folder / entry.path, shape):
            for row in rows or [ValueError("it cannot be read")]:
                if isinstance(row, ValueError):
                    raise InvalidError(f"{entry.path}, from row {first}: {row}")
                yield row


def _is_human(row: ReleaseRow) -> bool:
    return (row.origin, row.depth, row.data_depth) == ("human", 0, 0) and row.depth_known


def _item(row: ReleaseRow, media: Callable[[str], bytes]) -> Item:
    read = None if row.media_sha256 is None else partial(media, row.media_sha256)
    return Item(row.task_id, row.data, read, row.media_type)


def _features(
    embedder: Embedder,
    rows: Sequence[ReleaseRow],
    media: Callable[[str], bytes],
    told: Told,
) -> NDArray[np.int16]:
    parts = []
    for start in range(0, len(rows), _BATCH):
        items = [_item(row, media) for row in rows[start : start + _BATCH]]
        parts.append(on_grid(embed_readable(embedder, items)[0]))
        told(min(start + _BATCH, len(rows)), len(rows))
    return np.concatenate(parts)


def _part(rows: Sequence[ReleaseRow], features: NDArray[np.int16], kept: NDArray[np.bool_]) -> Rows:
    chosen = [row for row, keep in zip(rows, kept, strict=True) if keep]
    return Rows(features[kept], [row.value for row in chosen], [row.annotators for row in chosen])
