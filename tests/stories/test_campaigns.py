"""An owner makes a campaign, says of whom how much is needed, and sees what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.people.campaigns import store
from fairhand.people.campaigns.coverage_store import WEEK_MS
from fairhand.people.campaigns.rules import Cell, Profile
from fairhand.storage.database import Database
from fairhand.use_cases.count_weeks import count_weeks
from fairhand.use_cases.read_coverage import read_coverage
from fairhand.use_cases.say_profile import SayProfile, say_profile
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
from fairhand.use_cases.set_cells import SetCells, set_cells
from tests.stories.campaign_world import CampaignWorld, make_campaign_world
from tests.stories.quality_world import MORNING, PET, add_person, make_quality_world

LATER = Instant(MORNING + HOUR_MS)
PHONE = {"device": "phone", "environment": "quiet_room"}
OLD = {"age_band": "65+", **PHONE}


@pytest.fixture
def world(sqlite_db: Database) -> CampaignWorld:
    return make_campaign_world(sqlite_db)


def change(world: CampaignWorld, **terms: Any) -> Any:  # noqa: ANN401
    return set_campaign(world.db, SetCampaign(world.carmen, world.project.id, terms), LATER)


def logged(db: Database, kind: str) -> list[str]:
    with db.read() as connection:
        found = connection.execute(
            text("SELECT body FROM event WHERE kind = :kind"), {"kind": kind}
        )
        return [row.body for row in found]


def test_a_template_brings_its_terms_and_its_cells(world: CampaignWorld) -> None:
    with world.db.read() as connection:
        campaign = store.load_campaign(connection, world.project.id)
        cells = store.list_cells(connection, world.project.id)
    assert campaign is not None
    assert campaign.modalities == ("voice",)
    assert campaign.anonymise == {"voice": "mcadams"}
    assert [cell.target for cell in cells] == [200, 200, 300, 300]
    assert len(logged(world.db, "campaign.set")) == 1
    assert len(logged(world.db, "campaign.cells_set")) == 1


def test_what_an_owner_does_not_name_stays(world: CampaignWorld) -> None:
    changed = change(world, retention_days=365)
    assert changed.retention_days == 365
    assert changed.modalities == ("voice",)
    with world.db.read() as connection:
        assert store.load_campaign(connection, world.project.id) == changed
        assert store.list_campaigns(connection) == [changed]
        assert store.list_campaigns(connection, only_listed=True) == []


def test_terms_never_move_how_far_answers_were_taken_in(world: CampaignWorld) -> None:
    with world.db.write() as connection:
        store.save_taken_to(connection, world.project.id, 41)
    change(world, retention_days=100)
    with world.db.read() as connection:
        campaign = store.load_campaign(connection, world.project.id)
    assert campaign is not None
    assert campaign.taken_to == 41


@pytest.mark.parametrize(
    ("terms", "place"),
    [
        ({"modalities": ["voice", "image"]}, "modalities"),
        ({"modalities": ["biometric_template"]}, "modalities"),
        ({"retention_days": 3_000}, "retention_days"),
        ({"colour": "green"}, "colour"),
        ({"law_pack": "mars"}, "law_pack"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(
    world: CampaignWorld, terms: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        change(world, **terms)
    assert place in {issue.place for issue in refused.value.issues}
    assert len(logged(world.db, "campaign.set")) == 1


def test_a_project_that_asks_for_nothing_of_people_is_no_campaign(sqlite_db: Database) -> None:
    pets = make_quality_world(sqlite_db, tasks=1, people=1)
    assert pets.project.id
    assert PET.kind == "choice"
    with pytest.raises(InvalidError, match="No question of this project brings in voice"):
        set_campaign(sqlite_db, SetCampaign(1, pets.project.id, {"modalities": ["voice"]}), MORNING)
    with pytest.raises(NotFoundError, match="is no campaign"):
        read_coverage(sqlite_db, pets.project.id, MORNING)


def test_a_cell_keeps_its_number_while_it_is_about_the_same_people(world: CampaignWorld) -> None:
    def put(*cells: Cell) -> list[Cell]:
        return set_cells(world.db, SetCells(world.carmen, world.project.id, cells), LATER)

    first = put(Cell(0, "Old", {"age_band": "65+"}, 10), Cell(0, "Young", {"age_band": "18-24"}, 5))
    again = put(Cell(0, "Old", {"age_band": "65+"}, 20))
    assert [cell.id for cell in again] == [first[0].id]
    assert again[0].target == 20
    other = put(Cell(0, "Old", {"age_band": "55-64"}, 20))
    assert other[0].id != first[0].id
    assert [cell.name for cell in put(Cell(0, "Young", {"age_band": "18-24"}, 7))] == ["Young"]


def test_what_people_say_of_themselves_is_kept_and_the_log_does_not_repeat_it(
    world: CampaignWorld,
) -> None:
    amina = add_person(world.db, "Amina")
    said = Profile(language="sw", device="phone")
    say_profile(world.db, SayProfile(amina, world.project.id, said), LATER)
    say_profile(world.db, SayProfile(amina, world.project.id, Profile(language="sw-KE")), LATER)
    with world.db.read() as connection:
        assert store.load_profile(connection, amina, world.project.id) == Profile("sw-KE")
        assert store.load_profile(connection, world.carmen, world.project.id) is None
    lines = logged(world.db, "campaign.profile_said")
    assert len(lines) == 2
    assert all('"sw' not in line and "phone" not in line for line in lines)
    with pytest.raises(InvalidError):
        say_profile(world.db, SayProfile(amina, world.project.id, Profile(device="boat")), LATER)


def test_coverage_shows_what_came_of_groups_and_hides_what_came_of_few(
    world: CampaignWorld,
) -> None:
    world.crowd(25, PHONE, each=4)
    world.crowd(12, {"age_band": "65+", "device": "computer"}, each=3, noticed=True)
    world.crowd(3, {"age_band": "25-34", "device": "computer"})
    page = read_coverage(world.db, world.project.id, LATER)
    cells = {one.cell.name: one for one in page.coverage.cells}
    phone = cells["On a phone, in a quiet room"]
    assert (phone.people, phone.reached, phone.missing) == (20, 100, 200)
    assert cells["From 25 to 34"].is_hidden
    assert cells["From 25 to 34"].missing == 200
    # 12 of 40 people are 65 or older, 25 on phones: the three others would be what is left.
    assert cells["From 65 on"].is_hidden
    assert page.coverage.people == 40
    assert page.coverage.next[0].cell.name == "On a phone, in the street"


def test_what_was_sent_within_the_hour_does_not_move_the_picture(world: CampaignWorld) -> None:
    world.crowd(15, PHONE)
    before = read_coverage(world.db, world.project.id, LATER)
    world.crowd(15, PHONE, at=Instant(LATER - 1_000))
    assert read_coverage(world.db, world.project.id, LATER) == before
    after = read_coverage(world.db, world.project.id, Instant(LATER + HOUR_MS))
    assert after.coverage.people == 30


def test_what_was_withdrawn_is_not_in_the_picture(world: CampaignWorld) -> None:
    world.crowd(15, PHONE)
    world.crowd(15, PHONE, state="withdrawn")
    assert read_coverage(world.db, world.project.id, LATER).coverage.people == 10


def plain(counts: Sequence[int], epsilon: float, sensitivity: int) -> list[int]:
    """No noise at all, so that a test can count: what is drawn is tested beside its rules."""
    assert (epsilon, sensitivity) == (1.0, 3)
    return list(counts)


NEXT_WEEK = Instant((MORNING // WEEK_MS + 1) * WEEK_MS + DAY_MS + HOUR_MS)


def test_noised_counts_are_drawn_once_a_week_and_count_nobody_twice(world: CampaignWorld) -> None:
    change(world, epsilon=1.0)
    old = world.crowd(30, OLD, each=2)
    assert count_weeks(world.db, LATER, plain) == 0
    shown = read_coverage(world.db, world.project.id, LATER).coverage
    assert (shown.people, shown.weeks, shown.epsilon) == (None, 0, 1.0)
    assert count_weeks(world.db, NEXT_WEEK, plain) == 5
    assert count_weeks(world.db, NEXT_WEEK, plain) == 0
    shown = read_coverage(world.db, world.project.id, NEXT_WEEK).coverage
    assert (shown.people, shown.reached, shown.weeks) == (30, 60, 1)
    for person_id in old:
        world.give(person_id, {"age_band": "25-34"}, NEXT_WEEK, times=2)
    third = Instant(NEXT_WEEK + WEEK_MS)
    assert count_weeks(world.db, third, plain) == 5
    shown = read_coverage(world.db, world.project.id, third).coverage
    cells = {one.cell.name: one for one in shown.cells}
    assert (shown.people, shown.weeks) == (30, 2)
    assert cells["From 25 to 34"].is_hidden
    assert cells["From 65 on"].reached == 120
    assert shown.error is not None
    assert len(logged(world.db, "campaign.weeks_counted")) == 2


def test_once_noised_counts_were_drawn_nothing_may_protect_less(world: CampaignWorld) -> None:
    change(world, epsilon=1.0)
    assert change(world, epsilon=2.0).epsilon == 2.0
    change(world, epsilon=1.0)
    world.crowd(12, OLD)
    count_weeks(world.db, NEXT_WEEK, plain)
    for epsilon in (None, 1.5):
        with pytest.raises(ConflictError, match="can only be lowered") as refused:
            change(world, epsilon=epsilon)
        assert refused.value.code == "epsilon_spent"
    assert change(world, epsilon=0.5).epsilon == 0.5


def test_both_engines_count_alike(db: Database) -> None:
    lent = make_campaign_world(db)
    lent.crowd(24, PHONE, each=3)
    lent.crowd(13, {"language": "luo"}, noticed=True)
    page = read_coverage(db, lent.project.id, LATER)
    phone = page.coverage.cells[2]
    assert (page.coverage.people, page.coverage.reached) == (30, 80)
    assert (phone.people, phone.reached, phone.missing) == (20, 70, 230)
    assert ("language", "luo", 10, 10) in {
        (one.attribute, one.value, one.people, one.reached) for one in page.coverage.margins
    }
    change(lent, epsilon=1.0)
    assert count_weeks(db, NEXT_WEEK, plain) == 5
    shown = read_coverage(db, lent.project.id, NEXT_WEEK).coverage
    assert (shown.people, shown.cells[2].people) == (37, 24)
    set_cells(
        db, SetCells(lent.carmen, lent.project.id, [Cell(0, "All", {"device": "phone"}, 9)]), LATER
    )
    assert [one.people for one in read_coverage(db, lent.project.id, LATER).coverage.cells] == [
        None
    ]


@pytest.mark.slow  # the library takes seconds to import
def test_noise_is_drawn_by_opendp_where_nothing_else_is_given(world: CampaignWorld) -> None:
    pytest.importorskip("opendp")
    change(world, epsilon=1.0)
    world.crowd(200, OLD)
    assert count_weeks(world.db, NEXT_WEEK) == 5
    shown = read_coverage(world.db, world.project.id, NEXT_WEEK).coverage
    assert shown.people is not None
    assert abs(shown.people - 200) < 60
    again = read_coverage(world.db, world.project.id, Instant(NEXT_WEEK + HOUR_MS)).coverage
    assert again.people == shown.people
