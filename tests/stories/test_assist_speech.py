"""Recordings with assistance ticked: from the first answers to proposals, or to none."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy import select

from fairhand.core.errors import ConflictError
from fairhand.model.project import Question
from fairhand.model.task import Media, NewTask
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.tables.work import prediction
from fairhand.use_cases.prelabel_next import next_batch, prelabel_next, propose
from fairhand.use_cases.rank_tasks import choose_tasks
from fairhand.use_cases.train_model import learn_model, train_model
from fairhand.work.prelabel import store
from tests.data import data_dir
from tests.rules.models.recordings import asks_segments, spliced
from tests.stories.assist_world import AssistWorld, make_world
from tests.stories.quality_world import MORNING

Recorded = tuple[bytes, str, dict[str, Any]]


def make_recordings(db: Database, question: Question, made: list[Recorded]) -> AssistWorld:
    """A project of recordings, with what is true of each."""
    blobs, new = BlobStore("memory://"), []
    for row, (content, media_type, _) in enumerate(made):
        media = Media(blobs.put(content), media_type, len(content))
        new.append(NewTask({"audio": f"{row}"}, f"{row:064d}", f"row {row}", media=media))
    return make_world(db, (question,), new, [truth for *_, truth in made], blobs, 1)


def test_speech_is_proposed_for_after_a_handful_of_answers(sqlite_db: Database) -> None:
    made = [(content, "audio/wav", {"who": answer}) for content, answer in spliced(14, ["george"])]
    world = make_recordings(sqlite_db, asks_segments("george"), made)
    world.tick()
    assert choose_tasks(sqlite_db, world.blobs, world.project_id, np.random.default_rng(1))
    world.answer(2)
    early = learn_model(sqlite_db, world.blobs, world.project_id)
    assert early.why_not == "2 answers so far; the first model is trained at 3."
    world.answer(5)
    trained = train_model(
        sqlite_db, learn_model(sqlite_db, world.blobs, world.project_id), MORNING, None
    )
    assert trained.promoted, trained.words
    batch = next_batch(sqlite_db, world.blobs, world.project_id)
    assert batch is not None
    assert prelabel_next(sqlite_db, batch, propose(batch), MORNING) == len(batch.items) > 3
    with sqlite_db.read() as connection:
        kept = connection.execute(select(prediction)).all()
        version = store.list_versions(connection, world.project_id)[0]
    assert version.model.startswith("speech-segments@")
    assert version.report["score"] > 0.8
    assert all(len(orjson.loads(one.value)["who"]["segments"]) == 4 for one in kept)
    assert all(0.5 < one.score < 1 for one in kept)


@pytest.mark.parametrize("language", ["sw", None])
def test_drafts_of_another_language_are_never_shown(
    sqlite_db: Database, language: str | None
) -> None:
    folder = data_dir("speech_librivox")
    content = (folder / "sense_and_sensibility_01_austen_64kb-0880.flac").read_bytes()
    said = {"said": {"text": "hakuwa kijana mwenye tabia mbaya hata kidogo"}}
    made = [(content, "audio/flac", said) for _ in range(8)]
    config = {"language": language} if language else {}
    world = make_recordings(
        sqlite_db, Question("said", "transcript", "Anasema nini?", config), made
    )
    if language is not None:
        with pytest.raises(ConflictError, match="English alone, and the question asks for 'sw'"):
            world.tick()
        return
    world.tick()
    assert choose_tasks(sqlite_db, world.blobs, world.project_id, np.random.default_rng(1))
    world.answer(6)
    trained = train_model(
        sqlite_db, learn_model(sqlite_db, world.blobs, world.project_id), MORNING, None
    )
    assert not trained.promoted
    assert "cost more than they save" in trained.words
    assert next_batch(sqlite_db, world.blobs, world.project_id) is None
    with sqlite_db.read() as connection:
        (version,) = store.list_versions(connection, world.project_id)
    assert (version.state, version.report["score"] < 0.3) == ("refused", True)
