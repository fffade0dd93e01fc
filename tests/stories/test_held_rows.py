"""Whoever changes what people are paid by, past every guard, no longer agrees with the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson
import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.money import MICROS
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.apply_policies import apply_policies
from fairhand.use_cases.erase_person import erase_person
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.import_fx import ImportFx, import_fx
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.read_record_audit import audit_records
from fairhand.use_cases.set_pay_policy import SetPayPolicy, set_pay_policy
from fairhand.use_cases.start_pilot import StartPilot, start_pilot
from tests.cast import Cast
from tests.stories.test_read_record_audit import unguarded
from tests.stories.test_royalties import promise, training_run, use, worked

RATES = b"base,quote,rate,as_of,source_title\nGBP,KES,172,2026-11-20,A bank\n"


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    """Carmen's workspace."""
    return Cast(sqlite_db)


def issues(cast: Cast) -> list[Issue]:
    with cast.db.read() as connection:
        return list(audit_records(connection))


def found(cast: Cast) -> set[str]:
    return {f"{issue.place}: {issue.message}" for issue in issues(cast)}


def tamper(cast: Cast, changes: Sequence[tuple[str, str]]) -> None:
    """Each change names its table, whose guards are taken off."""
    with unguarded(cast.db, *{table for table, _ in changes}) as connection:
        for _, change in changes:
            assert connection.execute(text(change.replace(":", "\\:"))).rowcount > 0


def paid(cast: Cast) -> int:
    """A project that was made, raised at once and from tomorrow, with royalties and a use."""
    cast.load_floors()
    project = worked(cast)
    for more, later in ((1, 0), (2, DAY_MS)):
        moment = None if not later else Instant(cast.clock.now + later)
        raised = SetPayPolicy(
            cast.carmen, project, "More.", rate_micros_per_hour=(2_000 + more) * MICROS,
            valid_from=moment,
        )  # fmt: skip
        cast.clock.advance(1)
        set_pay_policy(cast.db, raised, cast.clock.now)
    assert found(cast) == set()
    cast.clock.advance(DAY_MS)
    assert apply_policies(cast.db, cast.clock.now) == 1
    import_fx(cast.db, ImportFx(RATES), cast.clock.now)
    use(cast, training_run(cast, project))
    return project


def test_who_changes_what_people_are_paid_by_is_found(db: Database) -> None:
    cast = Cast(db)
    paid(cast)
    assert found(cast) == set()
    tamper(
        cast,
        [
            ("pay_policy", "UPDATE pay_policy SET rate_micros_per_hour = 7 WHERE version = 1"),
            ("pay_policy", "UPDATE pay_policy SET valid_from = valid_from + 1 WHERE version = 2"),
            ("pay_policy", "DELETE FROM pay_policy WHERE version = 3"),
            ("pay_policy", "INSERT INTO pay_policy (project_id, version, basis, "
             "rate_micros_per_hour, valid_from, created_at) VALUES (1, 9, 'time', 1, 1, 1)"),
            ("wage_floor", "UPDATE wage_floor SET hours_per_week = '99' WHERE id LIKE 'gb-%'"),
            ("wage_floor", "UPDATE wage_floor SET superseded_at = 5 WHERE id LIKE 'de-%'"),
            ("fx_rate", "UPDATE fx_rate SET rate = '1.72'"),
            ("royalty_terms", "UPDATE royalty_terms SET share_permille = 1"),
            ("usage_event", "UPDATE usage_event SET licensee = 'Nobody'"),
            ("royalty_share", "UPDATE royalty_share SET amount_micros = 1 WHERE person_id = 2"),
        ],
    )  # fmt: skip
    words = "\n".join(sorted(found(cast)))
    for expected in (
        "pay policy 1 of project 1: its rate_micros_per_hour is 7 in the tables, and ",
        "pay policy 2 of project 1: its valid_from is 2026-11-21T",
        "pay policy 3 of project 1: the log has it, and the tables have not",
        "pay policy 9 of project 1: the tables have it, and the log has not",
        "wage floors: what was recorded on 2026-11-21T09:30:00.000Z is not what the log has",
        "wage floor de-",
        "exchange rates: what was recorded on 2026-11-22T",
        "royalty terms 1 of project 1: its share_permille is 1 in the tables, and 150 in the log",
        "use 1: its licensee is Nobody in the tables, and Example Lab in the log",
        "use 1: who got how much is not what the log has",
    ):
        assert expected in words, words


def test_who_changes_the_copy_that_the_desk_pays_by_is_found(cast: Cast) -> None:
    project = paid(cast)
    tamper(cast, [("project", f"UPDATE project SET rate_micros_per_hour = 1 WHERE id = {project}")])
    assert found(cast) == {
        "pay of project 1: its rate_micros_per_hour is 1 in the tables, and 2002000000 in the log "
        "(version 3)"
    }


def test_what_an_older_version_logged_is_said_to_be_held_less(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    promise(cast, project)
    shorter = orjson.dumps({"project": project, "slug": "pets", "mode": "draft"}).decode()
    tamper(cast, [("event", f"UPDATE event SET body = '{shorter}' WHERE kind = 'project.created'")])
    (said,) = issues(cast)
    assert said == Issue("pay policies", "1 of them", "warning")


def roles(cast: Cast) -> None:
    """Carmen owns a project; Bao reviews everywhere, Amina in the project."""
    project = cast.project("Amina", "Bao", tasks=1)
    give_role(cast.db, GiveRole(cast.person("Bao"), "reviewer"), cast.clock.now)
    give_role(cast.db, GiveRole(cast.person("Amina"), "reviewer", project), cast.clock.now)
    give_role(cast.db, GiveRole(cast.person("Amina"), "reviewer", project), cast.clock.now)


def test_who_gives_or_takes_a_role_past_the_stories_is_found(db: Database) -> None:
    cast = Cast(db)
    roles(cast)
    assert found(cast) == set()
    tamper(
        cast,
        [
            ("membership", "INSERT INTO membership (person_id, project_id, role, created_at) "
             "VALUES (2, 0, 'owner', 1)"),
            ("membership", "DELETE FROM membership WHERE person_id = 3 AND role = 'reviewer'"),
            ("membership", "UPDATE membership SET created_at = 1 WHERE person_id = 2 "
             "AND project_id = 1"),
            ("membership", "UPDATE membership SET source = 'group' WHERE person_id = 1 "
             "AND project_id = 1"),
        ],
    )  # fmt: skip
    assert found(cast) == {
        "role owner of person 2: the tables have it, and no line of the log gave it",
        "role reviewer of person 3: the log has it, and the tables have not",
        "role reviewer of person 2 in project 1: its time in the tables is "
        "1970-01-01T00:00:00.001Z, and in the log 2026-11-21T09:30:00.000Z",
        "role owner of person 1 in project 1: its source is group in the tables, and given in "
        "the log",
    }


def test_roles_in_a_pilot_are_those_of_its_project_and_no_others(cast: Cast) -> None:
    roles(cast)
    terms = StartPilot(cast.carmen, cast.project("Amina", tasks=5), tasks=5, people=2)
    pilot = start_pilot(cast.db, terms, cast.clock.now, Random(1)).project_id
    assert found(cast) == set()
    change = "INSERT INTO membership (person_id, project_id, role, created_at) VALUES "
    tamper(cast, [("membership", f"{change}(2, {pilot}, 'owner', 1)")])
    assert found(cast) == {
        f"role owner of person 2 in project {pilot}: the tables have it, and no line of the log "
        "gave it"
    }


def test_a_line_that_was_rewritten_ends_no_other_check(cast: Cast) -> None:
    roles(cast)
    tamper(
        cast,
        [
            ("event", "UPDATE event SET body = '{\"project\":1,\"pay\":7}' WHERE kind = "
             "'project.created'"),
            ("membership", "DELETE FROM membership WHERE person_id = 3 AND role = 'reviewer'"),
        ],
    )  # fmt: skip
    assert {
        "pay: a line of the log cannot be read, so they are not held to it",
        "role reviewer of person 3: the log has it, and the tables have not",
    } <= found(cast)


def test_nobody_is_said_to_be_erased_to_explain_lines_that_were_emptied(cast: Cast) -> None:
    cast.project("Amina", tasks=1)
    tamper(
        cast,
        [
            ("erasure", "INSERT INTO erasure (person_id, state, asked_at) VALUES (2, 'done', 1)"),
            ("event", "UPDATE event SET body = NULL, salt = NULL WHERE kind = 'person.invited'"),
        ],
    )
    assert {
        "erasure 1: the tables have it, and the log has not",
        "person 2: an erasure names them, and their account is alive",
    } <= found(cast)


def test_what_goes_with_the_erased_who_made_it_is_no_surprise(cast: Cast, tmp_path: Path) -> None:
    init = InvitePerson(None, "Dmitri", roles=("owner",))
    other = invite_person(cast.db, init, cast.clock.now, link_hours=1).person_id
    cast.carmen, carmen = other, cast.carmen
    cast.project("Amina", tasks=1)
    cast.carmen = carmen
    vault = Vault(tmp_path / "people.key")
    erase_person(cast.db, BlobStore("memory://"), vault, other, cast.clock.now)
    assert found(cast) == set()
