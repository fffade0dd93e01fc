"""What people give goes from a notice to a release, and back out when they take it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.model.task import Media, NewTask
from fairhand.people.accounts.rules import Actor
from fairhand.people.campaigns.rules import Profile
from fairhand.people.consent import grant_store as grants
from fairhand.people.contributions import store as contributions
from fairhand.proof.release.verify import verify_release
from fairhand.proof.revocation import store as revocations
from fairhand.proof.revocation.rules import read_list
from fairhand.storage.database import Database
from fairhand.storage.tables.work import queue
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.check_understanding import check_understanding
from fairhand.use_cases.end_expired import end_expired
from fairhand.use_cases.give_grants import GiveGrants, give_grants
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.publish_release import (
    PublishedRelease,
    PublishRelease,
    publish_release,
)
from fairhand.use_cases.read_media import find_use
from fairhand.use_cases.read_notice import read_notice
from fairhand.use_cases.refuse_campaign import refuse_campaign
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import (
    WithdrawGrant,
    withdraw_contributions,
    withdraw_grant,
)
from tests.stories.own_data_world import OwnDataWorld, voice_terms
from tests.stories.quality_world import add_person
from tests.stories.release_world import SIGNER


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def release(world: OwnDataWorld, **asked: Any) -> PublishedRelease:  # noqa: ANN401
    aggregate_labels(world.db, world.project.id, world.now)
    command = PublishRelease(world.project.id, media="copy", **asked)
    return publish_release(world.db, command, world.now, world.press())


def items_in(made: PublishedRelease) -> list[dict[str, Any]]:
    lines = (made.directory / "items.jsonl").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def settle(world: OwnDataWorld) -> Any:  # noqa: ANN401
    return settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)


def test_what_was_permitted_is_released_and_nothing_else(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina", {"voice": ("training", "evaluation")})
    esi, _ = world.join("Esi")
    for one in (amina, amina, esi):
        world.record(one)
    world.take_in()
    made = release(world, purposes=("training",))
    assert [issue.message for issue in verify_release(made.directory, SIGNER.verifier).issues] == []
    assert len(items_in(made)) == 3
    made_for_tests = release(world, purposes=("evaluation",))
    names = {one["item"] for one in items_in(made_for_tests)}
    assert len(names) == 2
    assert not names & {one["item"] for one in items_in(made)}, "names are of one release alone"
    with pytest.raises(ConflictError, match="no aggregated answer"):
        release(world, purposes=("voice_clone",))
    card = (made.directory / "card.md").read_text("utf-8")
    assert "Permitted purposes: training" in card
    assert "signed; look there" in card
    policy = orjson.loads((made.directory / "manifest.json").read_bytes())["facts"]["own_data"]
    assert policy["policy"]["policies"][0]["permission"][0]["action"] == "fairhand:training"


def test_a_release_asks_for_its_whole_term_and_every_place(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina", days=100)
    esi, _ = world.join("Esi", territory=("KE",))
    world.record(amina)
    world.record(esi)
    world.take_in()
    assert len(items_in(release(world, days=100, territory=("KE",)))) == 2
    assert len(items_in(release(world, days=101, territory=("KE",)))) == 1
    assert len(items_in(release(world, days=100))) == 1


def test_taking_back_holds_at_once_and_everybody_is_told(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina")
    esi, given = world.join("Esi")
    world.record(amina)
    world.record(esi)
    world.record(esi)
    world.take_in()
    made = release(world)
    with world.db.read() as connection:
        files = [one.open_sha256 for one in contributions.list_own(connection, esi)]
    world.now = Instant(world.now + 1_000)
    done = withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    assert (done.items, done.releases, done.left_campaign) == (2, 1, True)
    assert len(items_in(release(world))) == 1, "nothing waits for a tick"

    settled = settle(world)
    assert (settled.withdrawals, settled.lists) == (1, 1)
    with world.db.read() as connection:
        newest = revocations.newest_list(connection, made.release_id)
        assert newest is not None
        left = read_list(world.shop.blobs.get(newest.blob_sha256), newest.note, SIGNER.verifier)
    gone = {one["item"] for one in left["items"]}
    assert len(gone) == 2
    assert gone < {one["item"] for one in items_in(made)}
    assert all(file is not None and not world.shop.blobs.exists(file) for file in files)
    assert settle(world).withdrawals == 0, "once is enough"
    with pytest.raises(ConflictError, match="before"):
        withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    with pytest.raises(ForbiddenError):
        world.record(esi)


def test_a_task_made_of_what_was_taken_back_is_held_and_shows_nothing(
    world: OwnDataWorld,
) -> None:
    esi, given = world.join("Esi")
    world.record(esi)
    world.take_in()
    with world.db.read() as connection:
        (thing,) = contributions.list_own(connection, esi)
    assert thing.open_sha256 is not None
    file = Media(thing.open_sha256, "audio/wav", thing.size_bytes)
    run = start_import(world.db, world.project.id, "what was given", world.now)
    row = NewTask({"prompt": "What is said?"}, "e" * 64, "row 1", media=file)
    import_tasks(world.db, world.shop.blobs, ImportTasks(run.id, [row], world.carmen), world.now)
    carmen = Actor(world.carmen, "Carmen", "en", {0: frozenset(("owner",))}, None)
    with world.db.read() as connection:
        task_id = find_use(connection, carmen, thing.open_sha256).task_id
    withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    with world.db.read() as connection:
        held = connection.execute(select(queue.c.held).where(queue.c.task_id == task_id))
        assert held.scalar_one()
        with pytest.raises(NotFoundError):
            find_use(connection, carmen, thing.open_sha256)


def test_who_sends_a_tasks_own_file_and_takes_it_back_does_not_take_it_from_the_task(
    world: OwnDataWorld,
) -> None:
    esi, given = world.join("Esi")
    world.record(esi)
    world.take_in()
    with world.db.read() as connection:
        (thing,) = contributions.list_own(connection, esi)
    assert thing.open_sha256 is not None
    run = start_import(world.db, world.project.id, "older", world.now)
    file = Media(thing.open_sha256, "audio/wav", thing.size_bytes)
    row = NewTask({"prompt": "What is said?"}, "e" * 64, "row 1", media=file)
    older = Instant(world.now - DAY_MS)
    import_tasks(world.db, world.shop.blobs, ImportTasks(run.id, [row], world.carmen), older)
    withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    settle(world)
    carmen = Actor(world.carmen, "Carmen", "en", {0: frozenset(("owner",))}, None)
    with world.db.read() as connection:
        found = find_use(connection, carmen, thing.open_sha256)
        held = connection.execute(select(queue.c.held).where(queue.c.task_id == found.task_id))
        assert not held.scalar_one()
    assert world.shop.blobs.exists(thing.open_sha256)


def test_what_was_on_its_way_in_follows_the_newest_words(world: OwnDataWorld) -> None:
    amina, first = world.join("Amina", {"voice": ("training", "evaluation")})
    world.record(amina)
    world.now = Instant(world.now + 1_000)
    _, second = world.join(amina, {"voice": ("training",)})
    world.take_in()
    with world.db.read() as connection:
        (thing,) = contributions.list_own(connection, amina)
    assert thing.grant_id == second.grant_ids["voice"] != first.grant_ids["voice"]
    world.record(amina)
    world.now = Instant(world.now + 1_000)
    withdraw_grant(world.db, WithdrawGrant(amina, second.grant_ids["voice"]), world.now)
    world.take_in()
    with world.db.read() as connection:
        states = {one.state for one in contributions.list_own(connection, amina)}
    assert states == {"withdrawn"}


def test_files_go_to_others_only_where_that_was_permitted(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina")
    world.record(amina)
    world.take_in()
    with pytest.raises(InvalidError, match="raw_release"):
        release(world, purposes=("training",), recipient="Sauti AI")


def test_one_purpose_or_one_recording_may_be_taken_back_alone(world: OwnDataWorld) -> None:
    amina, given = world.join("Amina", {"voice": ("training", "evaluation")})
    for _ in range(2):
        world.record(amina)
    world.take_in()
    for_tests = release(world, purposes=("evaluation",))
    for_training = release(world, purposes=("training",))
    world.now = Instant(world.now + 1_000)
    grant_id = given.grant_ids["voice"]
    done = withdraw_grant(world.db, WithdrawGrant(amina, grant_id, ("evaluation",)), world.now)
    assert not done.left_campaign, "the campaign can do without measuring"
    settle(world)
    with world.db.read() as connection:
        assert revocations.count_revoked(connection, for_tests.release_id) == 2
        assert revocations.count_revoked(connection, for_training.release_id) == 0
        first = contributions.list_own(connection, amina)[0]
    withdraw_contributions(world.db, amina, [first.id], world.now)
    settle(world)
    with world.db.read() as connection:
        assert revocations.count_revoked(connection, for_training.release_id) == 1
    assert len(items_in(release(world))) == 1
    with pytest.raises(NotFoundError):
        withdraw_contributions(world.db, add_person(world.db, "Dmitri"), [first.id], world.now)


def test_a_grant_ends_by_its_clock_whether_anything_ran_or_not(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina", days=100)
    world.record(amina)
    world.take_in()
    made = release(world, days=50)
    world.now = Instant(world.now + 100 * DAY_MS)
    with pytest.raises(ConflictError, match="no aggregated answer"):
        release(world, days=1)
    assert end_expired(world.db, world.now) == 1
    assert end_expired(world.db, world.now) == 0
    settle(world)
    with world.db.read() as connection:
        assert revocations.count_revoked(connection, made.release_id) == 1


def test_files_are_not_kept_longer_than_was_promised(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina", days=730)
    world.record(amina)
    world.take_in()
    world.now = Instant(world.now + 731 * DAY_MS)
    assert end_expired(world.db, world.now) >= 1
    settle(world)
    with world.db.read() as connection:
        (kept,) = contributions.list_own(connection, amina)
    assert (kept.state, kept.sealed_sha256) == ("withdrawn", None)
    assert kept.open_sha256 is not None
    assert not world.shop.blobs.exists(kept.open_sha256)


def test_saying_it_anew_narrows_what_was_given_before(world: OwnDataWorld) -> None:
    amina, first = world.join("Amina", {"voice": ("training", "evaluation")})
    world.record(amina)
    world.take_in()
    made = release(world, purposes=("evaluation",))
    world.now = Instant(world.now + 1_000)
    _, second = world.join(amina, {"voice": ("training",)})
    assert second.grant_ids != first.grant_ids
    with world.db.read() as connection:
        old = grants.load_grant(connection, first.grant_ids["voice"])
    assert old is not None
    assert old.replaced_by == second.grant_ids["voice"]
    assert len(items_in(release(world, purposes=("training",)))) == 1
    with pytest.raises(ConflictError, match="no aggregated answer"):
        release(world, purposes=("evaluation",))
    settle(world)
    with world.db.read() as connection:
        assert revocations.count_revoked(connection, made.release_id) == 1


def test_nobody_agrees_to_what_they_have_not_understood(world: OwnDataWorld) -> None:
    amina = add_person(world.db, "Amina")
    notice = read_notice(world.db, amina, world.project.id, world.now).notice
    command = GiveGrants(amina, world.project.id, notice.id, {"voice": ("training",)}, 30, "page/1")
    with pytest.raises(ConflictError) as refused:
        give_grants(world.db, command, world.now)
    assert refused.value.code == "not_understood"
    tried = check_understanding(world.db, amina, notice.id, [0, 1], world.now)
    assert set(tried.wrong) == {0, 1}
    assert "do not depend" in tried.wrong[0]
    for answers in ([], [1], [1, 99], [-1, 0]):
        assert not check_understanding(world.db, amina, notice.id, answers, world.now).right
    assert check_understanding(world.db, amina, notice.id, [1, 0], world.now).right
    assert give_grants(world.db, command, world.now).joined


def test_a_notice_that_changed_or_expired_is_agreed_to_by_nobody(world: OwnDataWorld) -> None:
    amina, esi = add_person(world.db, "Amina"), add_person(world.db, "Esi")
    old = world.understand(amina)
    world.terms = voice_terms(longest_days=365, retention_days=365)
    world.publish(expires_at=Instant(world.now + 60_000))
    command = GiveGrants(amina, world.project.id, old, {"voice": ("training",)}, 30, "page/1")
    with pytest.raises(ConflictError) as refused:
        give_grants(world.db, command, world.now)
    assert refused.value.code == "notice_changed"
    fresh = world.understand(esi)
    world.now = Instant(world.now + 60_000)
    late = GiveGrants(esi, world.project.id, fresh, {"voice": ("training",)}, 30, "page/1")
    with pytest.raises(ConflictError) as refused:
        give_grants(world.db, late, world.now)
    assert refused.value.code == "notice_expired"


def test_only_what_is_offered_and_at_least_what_is_needed(world: OwnDataWorld) -> None:
    amina = add_person(world.db, "Amina")
    notice_id = world.understand(amina)
    for ticked, place in (
        ({"voice": ("evaluation",)}, "voice.training"),
        ({"voice": ("training", "biometric_id")}, "voice.biometric_id"),
        ({"voice": ("training",), "face": ("training",)}, "face.training"),
        ({"biometric_template": ("training",)}, "biometric_template.training"),
        ({}, "voice.training"),
    ):
        command = GiveGrants(amina, world.project.id, notice_id, ticked, 30, "page/1")
        with pytest.raises(InvalidError) as refused:
            give_grants(world.db, command, world.now)
        assert place in {issue.place for issue in refused.value.issues}
    for changes in ({"days": 0}, {"days": 731}, {"territory": ("Kenya",)}):
        fields: dict[str, Any] = {"days": 30, **changes}
        command = GiveGrants(
            amina, world.project.id, notice_id, {"voice": ("training",)}, rendering="p", **fields
        )
        with pytest.raises(InvalidError):
            give_grants(world.db, command, world.now)
    with world.db.read() as connection:
        assert grants.list_own(connection, amina) == []


def test_somebody_young_needs_a_guardian_and_a_campaign_that_takes_them(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = OwnDataWorld(sqlite_db, tmp_path, least_age=16)
    young = Profile(age_band="under_18")
    with pytest.raises(ForbiddenError) as refused:
        world.join("Amina", profile=young)
    assert refused.value.code == "guardian_needed"
    guardian = {"name": "Mama Amina", "relation": "mother", "contact": "+254 700 000000"}
    _, given = world.join("Esi", profile=young, guardian=guardian)
    with sqlite_db.read() as connection:
        kept = grants.load_grant(connection, given.grant_ids["voice"])
    assert kept is not None
    assert kept.is_minor
    assert kept.guardian is not None
    assert kept.guardian["relation"] == "mother"


def test_saying_no_is_remembered_and_costs_nothing(world: OwnDataWorld) -> None:
    amina = add_person(world.db, "Amina")
    notice = read_notice(world.db, amina, world.project.id, world.now).notice
    refuse_campaign(world.db, amina, notice.id, world.now)
    assert read_notice(world.db, amina, world.project.id, world.now).has_refused
    with pytest.raises(ConflictError, match="campaign"):
        join_project(world.db, JoinProject(amina, world.project.id), world.now)
    world.join(amina)
    assert not read_notice(world.db, amina, world.project.id, world.now).has_refused
