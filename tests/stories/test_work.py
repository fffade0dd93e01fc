"""The stories of a working day: asking, drafting, submitting, skipping, taking back, leaving."""

from __future__ import annotations

import pytest

from fairhand.core.clock import HOUR_MS, MINUTE_MS
from fairhand.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
)
from fairhand.core.money import micros_for
from fairhand.proof.log.promise import verify_promise
from fairhand.storage.database import Database
from fairhand.use_cases.read_project import read_status
from fairhand.use_cases.save_draft import DRAFT_MAX_BYTES, SaveDraft, save_draft
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from tests.cast import GBP_6, IDLE_CAP_MS, LEASE_MS, Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    """Carmen's workspace on either engine."""
    return Cast(db)


def kinds(cast: Cast) -> list[str]:
    """List what the log holds, without how the workspace came to be."""
    found = [kind for (kind,) in cast.rows("SELECT kind FROM event ORDER BY id")]
    return [kind for kind in found if kind.startswith(("annotation.", "task."))]


# Asking for work


def test_work_is_for_people_who_joined(cast: Cast) -> None:
    project = cast.project(tasks=1)
    dmitri = cast.person("Dmitri")
    with pytest.raises(ForbiddenError, match="Join this project first"):
        cast.next(dmitri, project)


@pytest.mark.parametrize("mode", ["paused", "closed"])
def test_a_project_that_stands_still_hands_out_nothing_and_says_so(cast: Cast, mode: str) -> None:
    project = cast.project("Amina", tasks=1)
    cast.change("UPDATE project SET mode = :m WHERE id = :p", m=mode, p=project)
    got = cast.next(cast.person("Amina"), project)
    assert (got.sheet, got.reason) == (None, mode)
    assert "paid" in got.message


def test_a_prefetched_task_that_its_page_has_lost_comes_back_first(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3)
    amina = cast.person("Amina")
    on_screen = cast.next_task(amina, project)
    lost = cast.next_task(amina, project, ahead=True)
    assert lost != on_screen
    again = cast.next(amina, project, ahead=True, exclude=frozenset({on_screen}))
    assert again.sheet is not None
    assert again.sheet.task.id == lost


def test_a_paused_project_still_takes_and_pays_what_is_on_the_desk(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.set_mode(project, "paused")
    cast.clock.advance(MINUTE_MS)
    assert cast.submit(amina, task).reply["paid"]["milliseconds"] == MINUTE_MS


def test_an_empty_escrow_stops_new_work_and_not_the_pay_of_work_begun(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, funded=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.clock.advance(MINUTE_MS)
    paid = cast.submit(amina, task).reply["paid"]
    assert paid["micros"] == micros_for(GBP_6, MINUTE_MS)
    assert cast.next(amina, project).reason == "unfunded"
    cast.fund(project, 1_000)
    assert cast.next(amina, project).sheet is not None


def test_time_spent_waiting_for_work_is_paid(cast: Cast) -> None:
    project = cast.project("Amina", tasks=0)
    amina = cast.person("Amina")
    assert cast.next(amina, project).reason == "nothing_free"
    cast.clock.advance(MINUTE_MS)
    cast.next(amina, project)
    assert cast.rows("SELECT activity, pending_ms FROM person_clock") == [("wait", MINUTE_MS)]


# Submitting


def test_a_submit_is_stored_counted_paid_logged_and_promised(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.clock.advance(20_000)
    reply = cast.submit(amina, task, "owl").reply
    assert (reply["counted"], reply["late"], reply["revision"]) == (True, False, 1)
    assert reply["paid"] == {
        "milliseconds": 20_000,
        "micros": micros_for(GBP_6, 20_000),
        "amount": "0.03",
        "currency": "GBP",
    }
    assert verify_promise(reply["promise"], cast.signer.verifier) == []
    assert cast.rows("SELECT value, served_at FROM annotation")[0][0] == '{"pet":"owl"}'
    assert kinds(cast) == ["annotation.submitted"]


def test_an_idle_gap_is_paid_up_to_its_cap_and_never_dropped(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.clock.advance(LEASE_MS - 1)
    assert cast.submit(amina, task).reply["paid"]["milliseconds"] == IDLE_CAP_MS


def test_a_retry_hears_the_same_words_even_days_later(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina, key = cast.person("Amina"), cast.key()
    task = cast.next_task(amina, project)
    first = cast.submit(amina, task, key=key)
    cast.clock.advance(48 * HOUR_MS)
    again = cast.submit(amina, task, "dog", key=key)
    assert (first.again, again.again) == (False, True)
    assert again.reply == first.reply
    assert kinds(cast) == ["annotation.submitted"]


def test_a_key_that_was_used_for_another_task_is_refused(cast: Cast) -> None:
    project = cast.project("Amina", tasks=2)
    amina, key = cast.person("Amina"), cast.key()
    cast.submit(amina, cast.next_task(amina, project), key=key)
    with pytest.raises(ConflictError) as refused:
        cast.submit(amina, cast.next_task(amina, project), key=key)
    assert refused.value.code == "client_key_reused"


def test_one_key_of_two_people_is_two_keys(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1)
    key = cast.key()
    for name in ("Amina", "Bao"):
        person = cast.person(name)
        assert not cast.submit(person, cast.next_task(person, project), key=key).again


def test_a_second_answer_must_say_what_it_revises(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.submit(amina, task)
    with pytest.raises(ConflictError) as refused:
        cast.submit(amina, task, "dog")
    assert refused.value.code == "already_answered"


def test_an_answer_to_a_task_of_somebody_else_is_refused(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1)
    task = cast.next_task(cast.person("Amina"), project)
    with pytest.raises(ForbiddenError):
        cast.submit(cast.person("Bao"), task)
    with pytest.raises(NotFoundError):
        cast.submit(cast.person("Bao"), 999_999)


def test_an_answer_that_does_not_fit_changes_nothing_and_says_where(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    with pytest.raises(InvalidError) as refused:
        cast.submit(amina, task, "unicorn")
    assert refused.value.issues[0].place.startswith("pet")
    assert cast.rows("SELECT count(*) FROM annotation") == [(0,)]
    assert cast.submit(amina, task, "cat").reply["counted"]


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "naïve-key", "tab\tinside"])
def test_a_key_that_nobody_could_repeat_is_refused(cast: Cast, key: str) -> None:
    command = SubmitAnnotation(cast.carmen, 1, key, {})
    with pytest.raises(InvalidError):
        submit_annotation(
            cast.db, command, cast.clock.now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS
        )


# Coming late


def test_a_late_answer_counts_when_its_place_is_still_free(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.clock.advance(LEASE_MS + 1)
    cast.reap()
    reply = cast.submit(amina, task).reply
    assert (reply["late"], reply["counted"]) == (True, True)


def test_a_late_answer_whose_place_went_to_another_is_stored_and_paid(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1, overlap=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    task = cast.next_task(amina, project)
    cast.clock.advance(LEASE_MS + 1)
    cast.reap()
    assert cast.next_task(bao, project) == task
    reply = cast.submit(amina, task).reply
    assert (reply["late"], reply["counted"]) == (True, False)
    assert reply["paid"]["milliseconds"] == IDLE_CAP_MS
    assert cast.submit(bao, task).reply["counted"]


def test_an_answer_of_somebody_who_left_meanwhile_is_taken_and_paid(cast: Cast) -> None:
    project = cast.project("Esi", tasks=1)
    esi = cast.person("Esi")
    task = cast.next_task(esi, project)
    cast.change("UPDATE enrolment SET state = 'left' WHERE person_id = :p", p=esi)
    cast.clock.advance(MINUTE_MS)
    assert cast.submit(esi, task).reply["paid"]["milliseconds"] == MINUTE_MS
    with pytest.raises(ForbiddenError):
        cast.next(esi, project)


# Drafts


def test_a_draft_comes_back_with_the_task_and_goes_with_the_submit(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.draft(amina, task, "dog")
    again = cast.next(amina, project)
    assert again.sheet is not None
    assert again.sheet.draft == {"pet": "dog"}
    cast.submit(amina, task, "dog")
    assert cast.rows("SELECT count(*) FROM draft") == [(0,)]


def test_a_draft_is_kept_although_its_lease_has_lapsed(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1, overlap=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    task = cast.next_task(amina, project)
    lapses = cast.clock.now + LEASE_MS
    cast.clock.advance(LEASE_MS + 1)
    cast.reap()
    cast.next_task(bao, project)
    assert cast.draft(amina, task, "owl") == lapses
    assert cast.rows("SELECT person_id, value FROM draft") == [(amina, '{"pet":"owl"}')]


def test_a_heartbeat_keeps_the_lease_and_counts_the_time(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    for _ in range(20):
        cast.clock.advance(MINUTE_MS)
        cast.draft(amina, task, None)
    assert cast.reap() == 0
    assert cast.submit(amina, task).reply["paid"]["milliseconds"] == 20 * MINUTE_MS


def test_a_draft_of_a_strangers_task_is_refused_and_so_is_a_huge_one(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    with pytest.raises(ForbiddenError):
        cast.draft(cast.person("Dmitri"), task, "cat")
    huge = SaveDraft(amina, task, {"pet": "x" * DRAFT_MAX_BYTES})
    with pytest.raises(TooLargeError):
        save_draft(cast.db, huge, cast.clock.now, terms=cast.terms, idle_cap_ms=IDLE_CAP_MS)


# Skipping and taking back


def test_a_skip_is_paid_and_frees_the_place(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1, overlap=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    task = cast.next_task(amina, project)
    cast.clock.advance(5_000)
    reply = cast.skip(amina, task)
    assert reply["paid"]["milliseconds"] == 5_000
    assert verify_promise(reply["promise"], cast.signer.verifier) == []
    assert cast.next_task(bao, project) == task
    assert kinds(cast) == ["task.skipped"]


def test_whoever_skipped_may_still_send_an_answer(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.skip(amina, task)
    assert cast.submit(amina, task).reply["counted"]


def test_a_revision_counts_in_the_place_of_the_answer_before(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    old = cast.submit(amina, task, "cat").reply["annotation_id"]
    shown = cast.revise(amina, old)
    assert (shown.revises, shown.sheet.draft) == (old, {"pet": "cat"})
    assert cast.rows("SELECT count(*) FROM annotation WHERE NOT superseded") == [(1,)]
    new = cast.submit(amina, task, "dog", revises=old).reply
    assert (new["revision"], new["counted"]) == (2, True)
    assert cast.rows("SELECT value FROM annotation WHERE NOT superseded") == [('{"pet":"dog"}',)]
    assert cast.rows("SELECT taken FROM queue") == [(1,)]
    with pytest.raises(ConflictError):
        cast.submit(amina, task, "owl", revises=old)


def test_nobody_takes_back_the_answer_of_another(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    task = cast.next_task(amina, project)
    old = cast.submit(amina, task).reply["annotation_id"]
    cast.next_task(bao, project)
    with pytest.raises(NotFoundError):
        cast.revise(bao, old)
    with pytest.raises(NotFoundError):
        cast.submit(bao, task, revises=old)


def test_a_finished_project_lets_nobody_take_back(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    amina = cast.person("Amina")
    old = cast.submit(amina, cast.next_task(amina, project)).reply["annotation_id"]
    cast.set_mode(project, "closed")
    with pytest.raises(ConflictError, match="finished"):
        cast.revise(amina, old)


def test_a_project_says_when_everybody_has_had_what_is_still_open(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=2)
    amina = cast.person("Amina")
    cast.submit(amina, cast.next_task(amina, project))
    held_up = read_status(cast.db, project, cast.clock.now).holds_up
    assert any("invite more people" in reason for reason in held_up)
    cast.join(cast.person("Bao"), project)
    assert not any(
        "invite more" in reason for reason in read_status(cast.db, project, cast.clock.now).holds_up
    )
