"""What people give is taken in once, under their permission; sealed, looked through, compared."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from sqlalchemy import text

from fairhand.compute.authenticity.credentials import sidecar_state
from fairhand.compute.authenticity.signing import ContentSigner
from fairhand.core.errors import ConflictError, NotFoundError, UnavailableError
from fairhand.core.ids import sha256_hex
from fairhand.people.accounts.rules import Actor
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases import examine_contribution as story
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.hear_sound import read_sound
from fairhand.use_cases.seal_original import open_original
from tests.stories.intake_world import RATE, IntakeWorld, photo, voice, wave_file

ENGLISH = (
    "This morning we walked along the river until the old bridge, and there we waited for the "
    "boat that brings the post to the village on the other side."
)
GERMAN = (
    "Heute Morgen gingen wir am Fluss entlang bis zur alten Brücke und warteten dort auf das "
    "Boot, das die Post in das Dorf auf der anderen Seite bringt."
)


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> IntakeWorld:
    return IntakeWorld(sqlite_db, tmp_path)


def test_a_recording_becomes_a_contribution_under_its_grant(world: IntakeWorld) -> None:
    amina = world.person("Amina")
    sha256 = world.speak(amina, voice())
    assert world.round().taken == 1
    [given] = world.given()
    assert (given.state, given.modality, given.original_sha256) == ("ready", "voice", sha256)
    assert given.grant_id is not None
    assert given.open_sha256 is not None
    sealed = world.shop.blobs.get(given.sealed_sha256 or "")
    assert sealed != wave_file(voice())
    opened = open_original(world.db, world.shop.blobs, world.shop.vault, given.id)
    assert opened == wave_file(voice())


def test_an_answer_is_taken_in_once_however_often_it_is_asked(world: IntakeWorld) -> None:
    world.speak(world.person("Amina"), voice())
    for _ in range(3):
        world.round()
    assert len(world.given()) == 1
    with world.db.read() as connection:
        kinds = connection.execute(
            text("SELECT kind, count(*) FROM event WHERE kind LIKE 'contribution%' GROUP BY 1")
        )
        assert {row[0]: row[1] for row in kinds} == {
            "contributions.taken_in": 1,
            "contribution.examined": 1,
        }


def test_answers_that_commit_out_of_order_are_not_left_behind(world: IntakeWorld) -> None:
    amina = world.person("Amina")
    first = world.answer(amina, {"words": ENGLISH})
    with world.db.write() as connection:  # the second was there before the first
        connection.execute(text("UPDATE campaign SET taken_to = :newest"), {"newest": first + 50})
    world.round()
    assert [one.annotation_id for one in world.given()] == [first]


def test_what_came_without_a_living_grant_is_held_and_says_so(world: IntakeWorld) -> None:
    dmitri = world.person("Dmitri", "text")
    world.speak(dmitri, voice())
    world.round()
    [given] = world.given()
    assert (given.state, given.grant_id) == ("held", None)
    assert world.found(given.id) == {"no_grant": "hold"}
    assert given.sealed_sha256 is not None


def test_simulated_people_give_nothing(world: IntakeWorld) -> None:
    world.answer(world.person("Amina"), {"words": ENGLISH}, simulated=True)
    world.round()
    assert world.given() == []


def test_the_slice_is_what_the_person_said_by_then(world: IntakeWorld) -> None:
    world.answer(world.person("Amina"), {"words": ENGLISH})
    world.round()
    with world.db.read() as connection:
        said = connection.execute(text("SELECT slice FROM contribution")).scalar_one()
    assert said == '{"language":"sw"}'


@pytest.mark.parametrize("moment", ["seal_original", "_outcome", "_forget_plain", "_keep"])
def test_it_can_be_killed_at_any_moment_and_done_again(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    world.speak(world.person("Amina"), voice())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(story, moment, killed)
        with pytest.raises(KeyboardInterrupt):
            world.round()
    world.round()
    [given] = world.given()
    assert given.state == "ready"
    assert world.shop.blobs.exists(given.open_sha256 or "")


def test_the_plain_original_goes_when_others_see_another_file(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = world.speak(world.person("Amina"), voice())
    _disguise(monkeypatch)
    world.round()
    [given] = world.given()
    assert not world.shop.blobs.exists(sha256)
    assert given.open_sha256 not in (None, sha256)
    assert open_original(world.db, world.shop.blobs, world.shop.vault, given.id)


def test_the_plain_original_stays_for_a_person_whose_own_was_not_sealed_yet(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = world.speak(world.person("Amina"), voice())
    world.speak(world.person("Bao"), voice())
    _disguise(monkeypatch)
    story.examine_contribution(world.shop, _take_in(world)[0], world.now)
    assert world.shop.blobs.exists(sha256)
    world.round()
    assert not world.shop.blobs.exists(sha256)


def test_a_text_that_is_hidden_replaces_the_answer_that_others_read(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.answer(world.person("Amina"), {"words": ENGLISH, "other": 1})
    _disguise(monkeypatch)
    world.round()
    [given] = world.given()
    with world.db.read() as connection:
        value = connection.execute(
            text("SELECT value FROM annotation WHERE id = :id"), {"id": number}
        ).scalar_one()
    assert ENGLISH not in value
    assert "hidden" in value
    original = open_original(world.db, world.shop.blobs, world.shop.vault, given.id)
    assert original.decode() == ENGLISH


def test_what_cannot_be_hidden_is_seen_by_nobody(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = IntakeWorld(sqlite_db, tmp_path, {"voice": "mcadams"})
    monkeypatch.setattr(
        "fairhand.use_cases.hide_in_contribution.import_module", _raises(ImportError("no extra"))
    )
    sha256 = world.speak(world.person("Amina"), voice())
    world.round()
    [given] = world.given()
    assert (given.state, given.open_sha256) == ("held", None)
    assert world.found(given.id) == {"not_hidden": "hold"}
    assert not world.shop.blobs.exists(sha256)


def test_ones_own_copy_is_looked_at_and_anothers_is_held(world: IntakeWorld) -> None:
    amina, bao = world.person("Amina"), world.person("Bao")
    world.speak(amina, voice(1))
    world.speak(amina, (voice(1) * 0.5).astype(np.int16))
    world.speak(bao, voice(1)[4_000:])
    world.speak(bao, voice(2))
    world.round()
    first, again, stolen, own = world.given()
    assert (first.state, world.found(first.id)) == ("ready", {})
    assert (again.state, world.found(again.id)) == ("ready", {"resubmitted": "look"})
    assert stolen.state == "held"
    assert world.found(stolen.id)["same_as_another"] == "hold"
    assert own.state == "ready"


def test_the_very_same_file_of_another_person_is_held(world: IntakeWorld) -> None:
    world.speak(world.person("Amina"), voice(1))
    world.speak(world.person("Bao"), voice(1))
    world.round()
    assert [one.state for one in world.given()] == ["ready", "held"]


def test_an_answer_that_was_revised_is_no_copy_of_itself(world: IntakeWorld) -> None:
    amina = world.person("Amina")
    with world.db.write() as connection:
        task_id = world.task(connection)
    world.answer(amina, {"words": ENGLISH}, task_id, superseded=True)
    world.answer(amina, {"words": ENGLISH}, task_id)
    world.round()
    old, new = world.given()
    assert (old.state, new.state) == ("withdrawn", "ready")
    assert world.found(new.id) == {}


def test_a_mirrored_and_cut_picture_of_anothers_is_held(world: IntakeWorld) -> None:
    world.show(world.person("Amina"), photo(1))
    image = Image.open(io.BytesIO(photo(1)))
    cut = image.crop((6, 6, image.width - 6, image.height - 4))
    kept = io.BytesIO()
    ImageOps.mirror(cut).save(kept, "JPEG", quality=70)
    bao = world.person("Bao")
    copy, other = world.show(bao, kept.getvalue()), world.show(bao, photo(2))
    world.round()
    assert world.found(copy).get("same_as_another") == "hold"
    assert world.found(other) == {}


def test_a_text_with_a_few_words_changed_is_a_copy(world: IntakeWorld) -> None:
    world.answer(world.person("Amina"), {"words": ENGLISH + " " + GERMAN})
    world.answer(world.person("Bao"), {"words": ENGLISH.replace("old", "new") + " " + GERMAN})
    world.round()
    assert [one.state for one in world.given()] == ["ready", "held"]


def test_the_wrong_language_is_a_question_and_no_verdict(
    sqlite_db: Database, tmp_path: Path
) -> None:
    pytest.importorskip("py3langid", reason="install fairhand[people]")
    world = IntakeWorld(sqlite_db, tmp_path, checks={"language": "en-GB"})
    amina = world.person("Amina")
    for words in (ENGLISH, GERMAN):
        world.answer(amina, {"words": words})
    world.round()
    english, german = world.given()
    assert world.found(english.id) == {}
    assert world.found(german.id) == {"other_language": "look"}
    assert german.state == "ready"


def test_what_is_measured_of_a_recording_is_said_kindly(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = IntakeWorld(sqlite_db, tmp_path, checks={"least_seconds": 2})
    amina = world.person("Amina")
    loud = np.clip(voice(1).astype(np.int32) * 40, -32_767, 32_767).astype(np.int16)
    for samples in (loud, np.zeros(RATE * 3, np.int16), voice(2)[:RATE]):
        world.speak(amina, samples)
    world.round()
    clipped, silent, short = (world.found(one.id) for one in world.given())
    assert "clipped" in clipped
    assert {"silent", "no_room_noise"} <= set(silent)
    assert short == {"too_short": "look"}


def test_a_file_that_is_no_sound_is_held_and_the_others_go_on(world: IntakeWorld) -> None:
    amina = world.person("Amina")
    sha256 = world.speak(amina, voice())
    world.speak(amina, voice(1))
    (world.folder / "blobs" / sha256[:2] / sha256).unlink()
    world.round()
    broken, whole = world.given()
    assert (broken.state, whole.state) == ("held", "ready")
    assert world.found(broken.id) == {"unreadable": "hold"}


def test_a_file_store_that_is_away_is_tried_again_later(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.speak(world.person("Amina"), voice())
    with monkeypatch.context() as patch:
        patch.setattr(BlobStore, "get", _raises(UnavailableError("away")))
        assert world.round().failed == 1
    assert world.round().failed == 0
    assert world.given()[0].state == "ready"


def test_others_hear_the_open_file_only_and_the_giver_hears_theirs(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = world.person("Amina")
    sha256 = world.speak(amina, voice())
    bao = Actor(world.carmen, "Bao", "en", {world.project_id: {"reviewer"}}, None)
    own = Actor(amina, "Amina", "en", {world.project_id: {"contributor"}}, None)
    with pytest.raises(NotFoundError, match="being prepared"):
        read_sound(world.db, world.shop.blobs, bao, sha256)
    assert read_sound(world.db, world.shop.blobs, own, sha256).sha256 == sha256
    _disguise(monkeypatch)
    world.round()
    [given] = world.given()
    for actor in (bao, own):
        assert read_sound(world.db, world.shop.blobs, actor, sha256).sha256 == given.open_sha256


def test_after_the_key_is_destroyed_nothing_opens(world: IntakeWorld) -> None:
    esi = world.person("Esi")
    world.speak(esi, voice())
    world.round()
    [given] = world.given()
    with world.db.write() as connection:
        world.shop.vault.destroy_key(connection, esi, world.now)
    with pytest.raises(ConflictError):
        open_original(world.db, world.shop.blobs, world.shop.vault, given.id)


def _take_in(world: IntakeWorld) -> list[int]:
    from fairhand.use_cases.take_in_contributions import take_in_contributions

    take_in_contributions(world.db, world.project_id, world.now)
    return [one.id for one in world.given()]


def _disguise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be hidden in the simplest way: another file."""

    def hide(content: bytes, found: Any, *_: object) -> Any:  # noqa: ANN401
        from fairhand.use_cases.hide_in_contribution import Hidden

        other = wave_file(np.frombuffer(content[44:], "<i2")[::-1])
        made = b"hidden " + sha256_hex(content).encode()
        text = found.media_type.startswith("text/")
        return Hidden(made if text else other, found.media_type, [{"kind": "test"}])

    monkeypatch.setattr(story, "hide", hide)


def _raises(error: Exception) -> Any:  # noqa: ANN401
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_the_open_file_gets_content_credentials_that_name_nobody(
    world: IntakeWorld, tmp_path: Path
) -> None:
    pytest.importorskip("c2pa", reason="install fairhand[people]")
    shop = world.shop
    world.shop = Shop(shop.db, shop.blobs, shop.vault, ContentSigner(tmp_path / "c.pem", "pets"))
    world.speak(world.person("Amina"), voice())
    world.round()
    [given] = world.given()
    with world.db.read() as connection:
        measures = connection.execute(text("SELECT measures FROM contribution")).scalar_one()
    sidecar = shop.blobs.get(json.loads(measures)["credentials_sha256"])
    opened = shop.blobs.get(given.open_sha256 or "")
    assert sidecar_state(opened, "audio/wav", sidecar) == "valid"
    assert b"Amina" not in sidecar


def test_what_a_photo_said_of_itself_before_it_was_cleaned_is_shown(world: IntakeWorld) -> None:
    number = world.show(world.person("Amina"), photo(3))
    claims = '{"claims": {"credentials": "broken", "made_by_ai": "trainedAlgorithmicMedia"}}'
    with world.db.write() as connection:
        connection.execute(text("UPDATE upload SET details = :claims"), {"claims": claims})
    world.round()
    assert world.found(number) == {"says_made_by_ai": "look", "broken_credentials": "look"}


def test_a_voice_is_changed_before_others_hear_it_and_the_same_way_again(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = IntakeWorld(sqlite_db, tmp_path, {"voice": "mcadams"})
    sha256 = world.speak(world.person("Amina"), voice(1, 1.0))
    world.speak(world.person("Bao"), voice(2, 1.0))
    world.round()
    first, other = world.given()
    assert not world.shop.blobs.exists(sha256)
    assert first.open_sha256 not in (None, sha256)
    with world.db.read() as connection:
        done = connection.execute(text("SELECT anonymised FROM contribution")).scalars().all()
    assert all(json.loads(one) for one in done)
    seeds = {story._seed(world.shop, one) for one in (first, other)}
    assert len(seeds) == 2
    assert story._seed(world.shop, first) in seeds


def test_what_is_taken_back_before_it_is_sealed_leaves_no_file(world: IntakeWorld) -> None:
    sha256 = world.speak(world.person("Esi"), voice())
    _take_in(world)
    _take_back(world)
    world.round()
    assert not world.shop.blobs.exists(sha256)


def test_what_is_taken_back_while_it_is_looked_through_leaves_no_file(
    world: IntakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = world.speak(world.person("Esi"), voice())
    _disguise(monkeypatch)
    disguised = story.hide  # type: ignore[attr-defined]  # it is imported there

    def slow(*given: Any) -> Any:  # noqa: ANN401
        _take_back(world)
        return disguised(*given)

    monkeypatch.setattr(story, "hide", slow)
    world.round()
    [given] = world.given()
    assert (given.state, given.open_sha256) == ("withdrawn", None)
    files = [path for path in (world.folder / "blobs").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [given.sealed_sha256], "withdrawing deletes that"
    assert sha256 not in {path.name for path in files}


def test_nothing_is_a_copy_of_what_was_taken_back(world: IntakeWorld) -> None:
    world.speak(world.person("Esi"), voice(1))
    world.round()
    _take_back(world)
    world.speak(world.person("Amina"), voice(1))
    world.round()
    assert world.found(world.given()[-1].id) == {}


def _take_back(world: IntakeWorld) -> None:
    with world.db.write() as connection:
        ended = {"now": world.now}
        connection.execute(
            text("UPDATE contribution SET state = 'withdrawn', ended_at = :now"), ended
        )
