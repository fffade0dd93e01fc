"""People say what they can, are found only when they want to, and see what their skills open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.people.accounts.rules import Actor
from fairhand.people.talent.rules import Found, Language, Profile, Search
from fairhand.storage.database import Database
from fairhand.use_cases.add_skill import AddSkill, add_skill
from fairhand.use_cases.delete_talent_profile import delete_talent_profile
from fairhand.use_cases.keep_talent_profile import (
    KeepTalentProfile,
    keep_talent_profile,
    notice_hash,
)
from fairhand.use_cases.read_talent import read_own_talent, search_talent
from tests.cast import Cast

SAID = Profile(
    is_listed=True,
    languages=(Language("sw", "native"),),
    domains=("birds",),
    hours_a_week=20,
    wants=("reviewer",),
)


def keep(cast: Cast, who: str, profile: Profile, notice: str | None = None) -> None:
    agreed = notice_hash("en") if notice is None else notice
    command = KeepTalentProfile(cast.person(who), profile, agreed)
    keep_talent_profile(cast.db, command, cast.clock.now)


def found(cast: Cast, search: Search | None = None) -> list[Found]:
    return list(search_talent(cast.db, search or Search(), cast.clock.now).found)


def show(cast: Cast, who: str, skill: int, valid_ms: int | None = None) -> None:
    until = None if valid_ms is None else cast.clock.now + valid_ms
    cast.change(
        "INSERT INTO person_skill (person_id, skill_id, shown_at, valid_until) "
        "VALUES (:who, :skill, :now, :until)",
        who=cast.person(who), skill=skill, now=cast.clock.now, until=until,
    )  # fmt: skip


def test_only_who_wants_to_be_found_is_found_and_stops_being_so_at_once(db: Database) -> None:
    cast = Cast(db)
    swahili = add_skill(cast.db, AddSkill(cast.carmen, "Swahili", "language"), cast.clock.now)
    show(cast, "Amina", swahili, DAY_MS)
    show(cast, "Bao", swahili)
    keep(cast, "Amina", SAID)
    keep(cast, "Bao", replace(SAID, is_listed=False))

    (amina,) = found(cast, Search(skills=frozenset((swahili,)), language="sw", hours=10))
    assert (amina.name, amina.profile) == ("Amina", SAID)
    assert [skill.name for skill in amina.skills] == ["Swahili"]

    cast.clock.advance(DAY_MS)
    assert found(cast, Search(skills=frozenset((swahili,)))) == []
    assert [one.name for one in found(cast)] == ["Amina"]
    keep(cast, "Amina", replace(SAID, is_listed=False))
    assert found(cast) == []
    keep(cast, "Amina", SAID)
    delete_talent_profile(cast.db, cast.people["Amina"], cast.clock.now)
    assert found(cast) == []
    assert cast.rows("SELECT person_id FROM talent_profile") == [(cast.people["Bao"],)]


def test_nobody_is_listed_without_having_read_what_others_will_see(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)

    with pytest.raises(InvalidError) as refused:
        keep(cast, "Amina", SAID, notice="the words of last year")
    assert [one.place for one in refused.value.issues] == ["is_listed"]
    keep(cast, "Amina", replace(SAID, is_listed=False), notice="")

    assert found(cast) == []


def test_a_closed_account_is_not_in_the_directory(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    keep(cast, "Amina", SAID)

    cast.change("UPDATE person SET state = 'closed' WHERE id = :id", id=cast.people["Amina"])

    assert found(cast) == []


def test_people_see_which_work_their_skills_open_and_where_to_learn_what_they_lack(
    sqlite_db: Database,
) -> None:
    cast = Cast(sqlite_db)
    birds = add_skill(cast.db, AddSkill(cast.carmen, "Birds"), cast.clock.now)
    plain, asking = cast.project(), cast.project()
    cast.change("UPDATE project SET mode = 'open'")
    cast.change(
        "INSERT INTO course (project_id, number, project_version, title, skill_id, steps, "
        "exam_tasks, exam_asks, pass_permille, retakes, retake_after_ms, most_paid_ms, state, "
        "author_id, created_at) VALUES (:project, 1, 1, 'Birds', :skill, '[]', '[]', 1, 800, 1, "
        "0, 0, 'live', :carmen, 0)",
        project=asking, skill=birds, carmen=cast.carmen,
    )  # fmt: skip
    me = Actor(cast.person("Amina"), "Amina", "en", {0: {"contributor"}}, None)

    before = read_own_talent(cast.db, me, cast.clock.now).work
    assert [(one.project_id, one.is_open, one.lacks) for one in before] == [
        (plain, True, ()),
        (asking, False, ("Birds",)),
    ]
    assert before[1].course_id == cast.rows("SELECT id FROM course")[0][0]
    show(cast, "Amina", birds)
    after = read_own_talent(cast.db, me, cast.clock.now).work
    assert [(one.is_open, one.has) for one in after] == [(True, ()), (True, ("Birds",))]


def test_a_skill_has_one_name_and_a_kind(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    add_skill(cast.db, AddSkill(cast.carmen, " Birds  of Kenya", "domain"), cast.clock.now)

    with pytest.raises(ConflictError, match="Birds of Kenya"):
        add_skill(cast.db, AddSkill(cast.carmen, "Birds of Kenya"), cast.clock.now)
    with pytest.raises(InvalidError) as refused:
        add_skill(cast.db, AddSkill(cast.carmen, "", "magic"), cast.clock.now)
    assert [one.place for one in refused.value.issues] == ["name", "kind"]


def test_the_log_says_that_a_profile_changed_and_not_what_it_says(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    keep(cast, "Amina", SAID)

    with cast.db.read() as connection:
        bodies = connection.execute(
            text("SELECT body FROM event WHERE kind = 'talent.profile_kept'")
        ).scalars()
        assert not any(word in body for body in bodies for word in ("birds", "native", "20"))
