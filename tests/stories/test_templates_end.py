"""A template of a voice is made only where its person agreed, and ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

import fairhand
from fairhand.compute.authenticity.voices import Voiceprint, distance, voiceprint
from fairhand.compute.models.sound import read_sound
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent.grant_store import end_purposes, withdraw_grant
from fairhand.people.likeness import template_store as store
from fairhand.people.likeness.rules import Template
from fairhand.storage.tables.campaigns import contribution
from fairhand.use_cases.destroy_templates import destroy_template, destroy_templates
from fairhand.use_cases.make_template import MakeTemplate, about_template, make_template
from tests.cast import MORNING, Cast
from tests.engines import Templates
from tests.stories.likeness_world import AMINA, ESI, Lent, lend, lent_world, speech

DAY = DAY_MS


@pytest.fixture
def world(templates: Templates, tmp_path: Path) -> Iterator[tuple[Cast, Lent]]:
    with lent_world(templates, tmp_path) as made:
        yield made


@pytest.fixture
def cast(world: tuple[Cast, Lent]) -> Cast:
    return world[0]


@pytest.fixture
def lent(world: tuple[Cast, Lent]) -> Lent:
    return world[1]


def made(lent: Lent, who: int, *, days: int = 2_000, recordings: int = 3) -> Template:
    grant = lent.permit(who, "voice", "training", "biometric_id", days=days)
    for number in range(recordings):
        lent.give(who, speech(*AMINA, seed=number), "audio/wav", grant)
    return make_template(
        lent.db, lent.blobs, lent.vault, MakeTemplate(who, lent.project_id), MORNING
    )


def mine(lent: Lent, who: int) -> list[Template]:
    with lent.db.read() as connection:
        return store.list_own(connection, who)


def opened(lent: Lent, template: Template) -> Voiceprint:
    with lent.db.read() as connection:
        sealed = store.load_sealed(connection, template.id)
        assert sealed is not None
        key = lent.vault.load_key(connection, template.person_id)
    return Voiceprint.from_bytes(key.open(sealed, about_template(template)))


def test_a_template_is_made_from_ones_own_recordings_and_knows_the_voice(
    cast: Cast, lent: Lent
) -> None:
    amina = cast.people["Amina"]
    template = made(lent, amina)

    known = opened(lent, template)
    again = voiceprint([read_sound(speech(*AMINA, seed=77, seconds=8))])
    other = voiceprint([read_sound(speech(*ESI, seed=78, seconds=8))])

    assert template.kind == "voiceprint"
    assert again is not None
    assert other is not None
    assert distance(known, again) < 0.35 < distance(known, other)


def test_it_is_sealed_under_the_persons_own_key_and_about_itself_only(
    cast: Cast, lent: Lent
) -> None:
    amina, esi = cast.people["Amina"], cast.people["Esi"]
    template = made(lent, amina)
    with lent.db.write() as connection:
        sealed = store.load_sealed(connection, template.id)
        other = lent.vault.key_of(connection, esi, MORNING)
        own = lent.vault.load_key(connection, amina)

    assert sealed is not None
    assert b"FHV1" not in sealed
    with pytest.raises(UnavailableError):
        other.open(sealed, about_template(template))
    with pytest.raises(UnavailableError):
        own.open(sealed, "face of campaign 1, grant 1")


def test_nothing_is_made_without_the_purpose_of_being_recognised(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    grant = lent.permit(amina, "voice", "training", "voice_clone", "raw_release")
    for number in range(3):
        lent.give(amina, speech(*AMINA, seed=number), "audio/wav", grant)

    with pytest.raises(ForbiddenError, match="did not permit being recognised") as refused:
        make_template(
            lent.db, lent.blobs, lent.vault, MakeTemplate(amina, lent.project_id), MORNING
        )

    assert refused.value.code == "not_agreed"
    assert mine(lent, amina) == []


def test_nothing_is_made_after_the_purpose_was_ended(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    made(lent, amina)
    with lent.db.write() as connection:
        end_purposes(connection, mine(lent, amina)[0].grant_id, ["biometric_id"], MORNING)

    with pytest.raises(ForbiddenError):
        make_template(
            lent.db, lent.blobs, lent.vault, MakeTemplate(amina, lent.project_id), MORNING
        )


def test_too_little_speech_makes_none_and_says_what_to_do(cast: Cast, lent: Lent) -> None:
    with pytest.raises(InvalidError, match="Record some more"):
        made(lent, cast.people["Amina"], recordings=1)


def test_another_campaigns_project_makes_none(cast: Cast, lent: Lent) -> None:
    plain = cast.project("Amina", tasks=1)

    command = MakeTemplate(cast.people["Amina"], plain)

    with pytest.raises(NotFoundError):
        make_template(lent.db, lent.blobs, lent.vault, command, MORNING)


@pytest.mark.parametrize(("pack", "days"), [("eu", 365), ("us-il", 1_095), ("ke", 365)])
def test_it_is_gone_the_moment_the_law_packs_days_are_over(
    cast: Cast, tmp_path: Path, pack: str, days: int
) -> None:
    project = cast.project("Amina", tasks=1)
    lent = lend(cast.db, cast.carmen, project, tmp_path, cast.clock.now, pack)
    template = made(lent, cast.people["Amina"])
    end = Instant(MORNING + days * DAY)

    assert template.destroy_by == end
    assert destroy_templates(lent.db, Instant(end - 1)) == 0
    assert destroy_templates(lent.db, end) == 1
    gone = mine(lent, cast.people["Amina"])[0]
    assert (gone.destroyed_at, gone.why_destroyed) == (end, "retention")
    with lent.db.read() as connection:
        assert store.load_sealed(connection, template.id) is None


def test_it_is_gone_when_the_grant_ends_if_that_is_earlier(cast: Cast, lent: Lent) -> None:
    template = made(lent, cast.people["Amina"], days=90)

    assert template.destroy_by == MORNING + 90 * DAY
    assert destroy_templates(lent.db, Instant(template.destroy_by - 1)) == 0
    assert destroy_templates(lent.db, template.destroy_by) == 1
    assert mine(lent, cast.people["Amina"])[0].why_destroyed == "purpose_ended"


def test_a_stricter_law_pack_shortens_it_and_a_laxer_one_never_lengthens_it(
    cast: Cast, lent: Lent
) -> None:
    made(lent, cast.people["Amina"])
    strict, lax = Instant(MORNING + 365 * DAY), Instant(MORNING + 1_095 * DAY)
    with lent.db.write() as connection:
        campaigns.save_campaign(connection, Campaign(lent.project_id, ("voice",), law_pack="us-il"))

    assert destroy_templates(lent.db, Instant(strict - 1)) == 0
    assert destroy_templates(lent.db, Instant(lax - 1)) == 1


@pytest.mark.parametrize("how", ["purpose", "grant"])
def test_taking_the_agreement_back_destroys_it(cast: Cast, lent: Lent, how: str) -> None:
    template = made(lent, cast.people["Amina"])
    with lent.db.write() as connection:
        if how == "purpose":
            end_purposes(connection, template.grant_id, ["biometric_id"], MORNING)
        else:
            withdraw_grant(connection, template.grant_id, MORNING)

    assert destroy_templates(lent.db, MORNING) == 1
    assert mine(lent, cast.people["Amina"])[0].why_destroyed == "purpose_ended"


def test_ending_another_purpose_leaves_it(cast: Cast, lent: Lent) -> None:
    template = made(lent, cast.people["Amina"])
    with lent.db.write() as connection:
        end_purposes(connection, template.grant_id, ["training"], MORNING)

    assert destroy_templates(lent.db, MORNING) == 0


def test_it_is_gone_when_nothing_of_theirs_is_left_to_find(cast: Cast, lent: Lent) -> None:
    made(lent, cast.people["Amina"])
    with lent.db.write() as connection:
        connection.execute(contribution.update().values(state="withdrawn", ended_at=MORNING))

    assert destroy_templates(lent.db, MORNING) == 1
    assert mine(lent, cast.people["Amina"])[0].why_destroyed == "nothing_left"


def test_one_word_of_its_person_destroys_it_at_once_and_nobody_elses_does(
    cast: Cast, lent: Lent
) -> None:
    amina, esi = cast.people["Amina"], cast.people["Esi"]
    template = made(lent, amina)

    with pytest.raises(NotFoundError):
        destroy_template(lent.db, esi, template.id, MORNING)
    assert mine(lent, amina)[0].destroyed_at is None
    destroy_template(lent.db, amina, template.id, MORNING)
    destroy_template(lent.db, amina, template.id, MORNING)
    assert mine(lent, amina)[0].why_destroyed == "asked"


def test_a_new_one_takes_the_place_of_the_old_one(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    made(lent, amina)
    make_template(lent.db, lent.blobs, lent.vault, MakeTemplate(amina, lent.project_id), MORNING)

    assert [one.why_destroyed for one in mine(lent, amina)] == ["replaced", None]


def test_an_erased_person_cannot_get_one_and_theirs_cannot_be_opened(
    cast: Cast, lent: Lent
) -> None:
    amina = cast.people["Amina"]
    template = made(lent, amina)
    with lent.db.write() as connection:
        lent.vault.destroy_key(connection, amina, MORNING)

    with pytest.raises(ConflictError):
        opened(lent, template)
    with pytest.raises(ConflictError):
        make_template(
            lent.db, lent.blobs, lent.vault, MakeTemplate(amina, lent.project_id), MORNING
        )


def test_making_and_destroying_stand_in_the_log(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    made(lent, amina)
    destroy_templates(lent.db, Instant(MORNING + 365 * DAY))

    query = "SELECT kind, body, person_id FROM event WHERE kind LIKE 'template.%' ORDER BY id"
    with lent.db.read() as connection:
        rows = connection.execute(text(query)).all()
    assert [row.kind for row in rows] == ["template.made", "template.destroyed"]
    assert all(row.person_id == amina for row in rows)
    assert "retention" in rows[1].body


def test_many_are_destroyed_a_few_at_a_time(cast: Cast, lent: Lent) -> None:
    made(lent, cast.people["Amina"])
    esi = cast.people["Esi"]
    made(lent, esi)
    with lent.db.write() as connection:
        withdraw_grant(connection, mine(lent, esi)[0].grant_id, MORNING)

    assert destroy_templates(lent.db, MORNING, step=1) == 1
    assert mine(lent, cast.people["Amina"])[0].destroyed_at is None


def test_nothing_that_sells_or_releases_knows_the_table_of_templates() -> None:
    """Only its own store, the owner's export and the schema name it; a new reader is a decision."""
    source = Path(fairhand.__path__[0])
    naming = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if "biometric_template" in path.read_text("utf-8")
    }

    assert {path.split("/")[0] for path in naming} <= {"model", "people", "storage", "use_cases"}
    assert not any(path.startswith(("proof/", "pay/", "web/", "cli/")) for path in naming)
