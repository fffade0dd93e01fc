"""A person asks whether a file is a copy of what they gave, or sounds like them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.people.consent.grant_store import withdraw_grant
from fairhand.people.likeness import look_up_store, template_store
from fairhand.people.likeness.rules import LOOK_UPS_A_DAY
from fairhand.storage.tables.campaigns import contribution, fingerprint, look_up
from fairhand.use_cases.find_likeness import FindLikeness, Likeness, find_likeness
from fairhand.use_cases.make_template import MakeTemplate, make_template
from tests.cast import MORNING, Cast
from tests.engines import Templates
from tests.stories.likeness_world import AMINA, ESI, Lent, lent_world, picture, recoded, speech

POEM = (
    "Seven grey herons stand beside the slow brown river and wait for the evening boats to pass, "
    "while the old ferryman counts his coins and laughs about the weather of the year before."
)


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


def ask(lent: Lent, who: int, content: bytes, now: Instant = MORNING) -> Likeness:
    return find_likeness(lent.db, lent.blobs, lent.vault, FindLikeness(who, content), now)


def test_the_very_file_is_found_with_who_holds_it(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    ids = [lent.give(amina, picture(seed), "image/jpeg") for seed in range(3)]
    lent.release(ids[:2], lent.license("Acme Vision"))
    lent.release(ids)
    lent.publish()

    found = ask(lent, amina, picture(1))

    assert (found.sort, found.compared) == ("image", 3)
    assert [one.file.id for one in found.copies] == [ids[1]]
    assert found.copies[0].is_same_file
    assert [one.licensee for one in found.copies[0].holders] == [None, "Acme Vision"]


def test_a_smaller_worse_copy_is_found_and_a_strange_picture_is_not(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    given = [lent.give(amina, picture(seed), "image/jpeg") for seed in range(6)]

    copies = ask(lent, amina, recoded(picture(4))).copies
    strange = ask(lent, amina, picture(99)).copies

    assert [one.file.id for one in copies] == [given[4]]
    assert not copies[0].is_same_file
    assert copies[0].likeness > 0.8
    assert strange == ()


def test_a_copy_of_what_others_see_is_found_though_the_original_differs(
    cast: Cast, lent: Lent
) -> None:
    amina = cast.people["Amina"]
    given = lent.give(amina, picture(1), "image/jpeg", opened=picture(50))

    again = [ask(lent, amina, recoded(picture(50))) for _ in range(2)]

    assert [[one.file.id for one in found.copies] for found in again] == [[given], [given]]
    with lent.db.read() as connection:
        kinds = list(connection.execute(select(fingerprint.c.kind)).scalars())
    assert kinds.count("open_phash") == 1


def test_what_others_gave_is_never_searched(cast: Cast, lent: Lent) -> None:
    amina, esi = cast.people["Amina"], cast.people["Esi"]
    lent.give(amina, picture(1), "image/jpeg")

    assert ask(lent, esi, picture(1)).copies == ()
    assert ask(lent, esi, picture(1)).compared == 0


def test_a_recording_is_found_louder_and_cut(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    whole = speech(*AMINA, seed=3)
    given = [
        lent.give(amina, content, "audio/wav")
        for content in (whole, speech(*AMINA, seed=4), speech(*AMINA, seed=5))
    ]
    header, samples = whole[:44], whole[44:]

    found = ask(lent, amina, header + samples[16_000 : 16_000 + 80_000])

    assert [one.file.id for one in found.copies] == [given[0]]


def test_a_text_is_found_inside_another(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    given = lent.give(amina, POEM.encode(), "text/plain")
    page = (
        f"A chapter about boats and other things that float on water.\n\n{POEM}\n\nThe end of it."
    )

    assert [one.file.id for one in ask(lent, amina, page.encode()).copies] == [given]
    assert ask(lent, amina, POEM[::-1].encode()).copies == ()


def test_what_was_withdrawn_is_still_found_and_what_was_erased_is_not(
    cast: Cast, lent: Lent
) -> None:
    amina = cast.people["Amina"]
    given = lent.give(amina, picture(1), "image/jpeg")
    with lent.db.write() as connection:
        connection.execute(contribution.update().values(state="withdrawn", ended_at=MORNING))
    assert [one.file.id for one in ask(lent, amina, picture(1)).copies] == [given]
    with lent.db.write() as connection:
        connection.execute(contribution.update().values(state="erased"))
    assert ask(lent, amina, picture(1)).copies == ()


def test_a_voice_is_compared_only_with_ones_own_template(cast: Cast, lent: Lent) -> None:
    amina, esi = cast.people["Amina"], cast.people["Esi"]
    grant = lent.permit(amina, "voice", "training", "biometric_id")
    for number in range(3):
        lent.give(amina, speech(*AMINA, seed=number), "audio/wav", grant)
    make_template(lent.db, lent.blobs, lent.vault, MakeTemplate(amina, lent.project_id), MORNING)
    later = Instant(MORNING + 10 * DAY_MS)

    own = ask(lent, amina, speech(*AMINA, seed=50, seconds=8), later)
    other = ask(lent, amina, speech(*ESI, seed=51, seconds=8), later)
    esis = ask(lent, esi, speech(*AMINA, seed=50, seconds=8), later)
    short = ask(lent, amina, speech(*AMINA, seed=52, seconds=2), later)

    assert [one.verdict for one in own.voices] == ["like"]
    assert [one.verdict for one in other.voices] == ["unlike"]
    assert esis.voices == ()
    assert short.too_short_for_voice
    with lent.db.read() as connection:
        template = template_store.list_own(connection, amina)[0]
    assert template.last_met_at == later
    assert template.destroy_by == later + 365 * DAY_MS


def test_a_template_is_not_used_after_its_ground_is_gone_though_no_tick_has_run(
    cast: Cast, lent: Lent
) -> None:
    amina = cast.people["Amina"]
    grant = lent.permit(amina, "voice", "biometric_id")
    for number in range(3):
        lent.give(amina, speech(*AMINA, seed=number), "audio/wav", grant)
    make_template(lent.db, lent.blobs, lent.vault, MakeTemplate(amina, lent.project_id), MORNING)
    sound = speech(*AMINA, seed=50, seconds=8)

    assert ask(lent, amina, sound, Instant(MORNING + 366 * DAY_MS)).voices == ()
    with lent.db.write() as connection:
        withdraw_grant(connection, grant, MORNING)
    assert ask(lent, amina, sound).voices == ()


def test_nothing_of_the_file_is_kept_but_that_somebody_looked(cast: Cast, lent: Lent) -> None:
    amina = cast.people["Amina"]
    lent.give(amina, picture(1), "image/jpeg")
    with lent.db.read() as connection:
        before = connection.execute(text("SELECT count(*) FROM fingerprint")).scalar_one()

    ask(lent, amina, recoded(picture(1)))

    with lent.db.read() as connection:
        rows = connection.execute(select(look_up)).all()
        after = connection.execute(text("SELECT count(*) FROM fingerprint")).scalar_one()
        logged = connection.execute(text("SELECT count(*) FROM event WHERE kind LIKE '%look%'"))
        assert logged.scalar_one() == 0
    assert [(row.person_id, row.kind, row.found, row.at) for row in rows] == [
        (amina, "image", 1, MORNING)
    ]
    assert before == after


def test_a_day_has_so_many_look_ups_and_no_more(cast: Cast, lent: Lent) -> None:
    amina, esi = cast.people["Amina"], cast.people["Esi"]
    with lent.db.write() as connection:
        for _ in range(LOOK_UPS_A_DAY - 1):
            look_up_store.add_look_up(connection, amina, "text", 0, MORNING)

    assert ask(lent, amina, POEM.encode()).left_today == 0
    with pytest.raises(ConflictError, match="tomorrow"):
        ask(lent, amina, POEM.encode())
    assert ask(lent, esi, POEM.encode()).left_today == LOOK_UPS_A_DAY - 1
    assert ask(lent, amina, POEM.encode(), Instant(MORNING + DAY_MS)).left_today >= 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file"),
        (b"\x00" * 9_000_000, "too large"),
        (b"\xff\xd8\xff" + b"nonsense" * 20, "could not be opened"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "could not be opened"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt nonsense", "could not be opened"),
        (b"\x1aE\xdf\xa3\x80\x81\xfe", "no picture, sound or text"),
        (b"   \n ", "Send a text"),
        (b"a\x00b", "Send a text"),
    ],
    ids=["nothing", "huge", "jpeg", "png", "wave", "video", "blank", "zero"],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    cast: Cast, lent: Lent, content: bytes, words: str
) -> None:
    with pytest.raises(InvalidError, match=words) as refused:
        ask(lent, cast.people["Amina"], content)
    assert refused.value.code == "cannot_look_up"
