"""A person disputes their pay; a human answers, or silence does; the next close settles it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import (
    ConflictError,
    FairhandError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from fairhand.core.money import MICROS
from fairhand.pay.disputes.rules import Answer, Claim, Dispute
from fairhand.storage.database import Database
from fairhand.use_cases.begin_dispute import begin_dispute
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.decide_dispute import DecideDispute, decide_dispute
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.open_dispute import OpenDispute, OpenedDispute, open_dispute
from fairhand.use_cases.read_disputes import (
    read_dispute_queue,
    read_evidence_of,
    read_line,
    read_own_disputes,
)
from fairhand.use_cases.uphold_silent_disputes import uphold_silent_disputes
from fairhand.use_cases.withdraw_dispute import WithdrawDispute, withdraw_dispute
from tests.cast import IDLE_CAP_MS, Cast

TWENTY = Claim("time", 20 * MINUTE_MS, None, "I read the guidelines again on Tuesday.")
POUND = Claim("money", None, 100 * MICROS, "The bus to the library was mine to pay.")
NO = "The log shows four minutes of reading, not twenty."


class Scene:
    """Amina has worked in a project of Carmen's, and one period is closed."""

    def __init__(self, db: Database) -> None:
        self.cast = Cast(db)
        self.cast.load_floors()
        self.project = self.cast.project("Amina")
        self.amina = self.cast.person("Amina")
        self.bao = self.manager("Bao")
        self.work()
        self.close()
        ((self.statement,),) = self.cast.rows("SELECT max(id) FROM statement")

    def manager(self, name: str) -> int:
        command = InvitePerson(None, name, ("manager",), country="GB")
        return invite_person(self.cast.db, command, self.cast.clock.now, link_hours=72).person_id

    def work(self) -> None:
        task = self.cast.next_task(self.amina, self.project)
        self.cast.clock.advance(60_000)
        self.cast.submit(self.amina, task)

    def close(self) -> None:
        now = self.cast.clock.advance(HOUR_MS)
        close_pay_period(self.cast.db, ClosePayPeriod(now), now)

    def open(self, claim: Claim = TWENTY, key: str = "key-number-1", **about: int) -> OpenedDispute:
        about = about or {"statement_id": self.statement, "line": 1}
        command = OpenDispute(self.amina, key, claim, **about)  # type: ignore[arg-type]
        return open_dispute(self.cast.db, command, self.cast.clock.now, idle_cap_ms=IDLE_CAP_MS)

    def decide(self, dispute: int, answer: Answer, by: int | None = None) -> Dispute:
        command = DecideDispute(dispute, by or self.bao, answer)
        return decide_dispute(self.cast.db, command, self.cast.clock.now)

    def corrections(self) -> list[tuple[object, ...]]:
        return self.cast.rows(
            "SELECT person_id, project_id, activity, paid_ms, rate_micros_per_hour, amount_micros "
            "FROM accrual WHERE basis = 'correction' ORDER BY entry_id"
        )


@pytest.fixture
def scene(db: Database) -> Scene:
    return Scene(db)


def test_twenty_minutes_are_upheld_and_settled_as_a_correction_by_the_next_close(
    scene: Scene,
) -> None:
    opened = scene.open()
    assert not opened.again
    ended = scene.decide(opened.dispute.id, Answer("upheld", "True: the log has a gap there."))
    assert (ended.state, ended.granted_ms, ended.decided_by) == (
        "upheld",
        20 * MINUTE_MS,
        scene.bao,
    )
    assert scene.corrections() == [
        (scene.amina, scene.project, "annotate", 20 * MINUTE_MS, 600 * MICROS, 200 * MICROS)
    ]
    scene.close()
    ((body,),) = scene.cast.rows("SELECT body FROM statement ORDER BY id DESC LIMIT 1")
    (line,) = [one for one in json.loads(body)["lines"] if one["kind"] == "correction"]
    assert (line["paid_ms"], line["amount"]) == (20 * MINUTE_MS, "2.00")
    assert line["corrects"]["dispute"] == opened.dispute.id
    assert line["corrects"]["line"] == 1
    ((sent,),) = scene.cast.rows("SELECT body FROM event WHERE kind = 'pay.dispute_decided'")
    assert json.loads(sent)["entry"] == ended.entry_id


def test_corrected_time_is_topped_up_to_the_floor(scene: Scene) -> None:
    """The project pays GBP 6 an hour; the floor of GBP 12.71 holds for corrected time too."""
    opened = scene.open()
    scene.decide(opened.dispute.id, Answer("upheld", "True."))
    scene.close()
    ((body,),) = scene.cast.rows("SELECT body FROM statement ORDER BY id DESC LIMIT 1")
    totals = json.loads(body)["totals"]
    hours = totals["paid_ms"] / HOUR_MS
    assert float(totals["gross"]) >= 12.71 * hours - 0.001
    assert hours >= 1 / 3


def test_money_is_upheld_in_part_with_no_time(scene: Scene) -> None:
    opened = scene.open(POUND)
    ended = scene.decide(opened.dispute.id, Answer("partly", NO, None, 40 * MICROS))
    assert (ended.granted_ms, ended.granted_micros) == (None, 40 * MICROS)
    assert scene.corrections() == [(scene.amina, scene.project, "annotate", 0, 0, 40 * MICROS)]


def test_a_dispute_is_declined_by_a_human_with_a_reason_only(scene: Scene) -> None:
    dispute = scene.open().dispute.id
    with pytest.raises(InvalidError):
        scene.decide(dispute, Answer("declined", "No."))
    ended = scene.decide(dispute, Answer("declined", NO))
    assert (ended.state, ended.reason, ended.entry_id) == ("declined", NO, None)
    assert scene.corrections() == []
    with pytest.raises(ConflictError, match="declined already"):
        scene.decide(dispute, Answer("upheld", "Yes."))
    scene.open(key="key-number-2")  # an answered line may be disputed again


def test_silence_upholds_in_full_at_day_seven_and_not_before(scene: Scene) -> None:
    db, clock = scene.cast.db, scene.cast.clock
    opened = scene.open().dispute
    clock.now = Instant(opened.opened_at + 7 * DAY_MS - 1)
    assert uphold_silent_disputes(db, clock.now) == 0
    assert scene.corrections() == []
    clock.advance(1)
    with pytest.raises(ConflictError, match="seven days are over"):
        scene.decide(opened.id, Answer("declined", NO))
    assert uphold_silent_disputes(db, clock.now) == 1
    assert uphold_silent_disputes(db, clock.now) == 0
    (mine,) = read_own_disputes(db, scene.amina).disputes
    assert mine.dispute.was_silent
    assert mine.dispute.granted_micros == 200 * MICROS
    assert len(scene.corrections()) == 1
    ((body,),) = scene.cast.rows(
        "SELECT body FROM event WHERE kind = 'pay.dispute_upheld_by_silence'"
    )
    assert json.loads(body)["decided_by"] is None


def test_writing_is_paid_time_with_pauses_for_words(scene: Scene) -> None:
    """The form opens, eight minutes go by, it is sent: eight minutes, not the two of the cap."""
    db, clock = scene.cast.db, scene.cast.clock
    begin_dispute(db, scene.amina, scene.project, clock.now, idle_cap_ms=IDLE_CAP_MS)
    clock.advance(8 * MINUTE_MS)
    scene.open()
    clock.advance(1_000)
    task = scene.cast.next_task(scene.amina, scene.project)
    scene.cast.submit(scene.amina, task)
    ((paid,),) = scene.cast.rows("SELECT sum(paid_ms) FROM accrual WHERE activity = 'appeal'")
    assert paid == 8 * MINUTE_MS + 1_000
    begin_dispute(db, scene.amina, 999, clock.now, idle_cap_ms=IDLE_CAP_MS)  # changes nothing


def test_one_key_opens_one_dispute_and_one_line_has_one_open_dispute(scene: Scene) -> None:
    first, again = scene.open(), scene.open()
    assert again.again
    assert first.dispute == again.dispute
    with pytest.raises(ConflictError, match="still open"):
        scene.open(key="key-number-2")
    with pytest.raises(ConflictError, match="opened another"):
        scene.open(POUND)
    events = scene.cast.rows("SELECT count(*) FROM event WHERE kind = 'pay.dispute_opened'")
    assert events == [(1,)]


def test_unsettled_work_is_disputed_by_project_and_activity(scene: Scene) -> None:
    scene.work()
    opened = scene.open(project_id=scene.project).dispute
    assert (opened.statement_id, opened.line) == (None, None)
    with pytest.raises(ConflictError):
        scene.open(key="key-number-2", project_id=scene.project)
    evidence = read_evidence_of(scene.cast.db, opened.id, scene.bao)
    assert evidence.line is None
    # The minute of work, and what the cap leaves of the quiet hour before it.
    assert [one.paid_ms for one in evidence.entries] == [60_000 + IDLE_CAP_MS]
    assert evidence.rate_micros_per_hour == 600 * MICROS
    assert evidence.why_not is None


def test_evidence_shows_the_line_its_earnings_and_what_the_cap_cut(scene: Scene) -> None:
    opened = scene.open().dispute
    evidence = read_evidence_of(scene.cast.db, opened.id, scene.bao)
    assert evidence.line is not None
    assert evidence.line.number == 1
    assert sum(one.paid_ms for one in evidence.entries if one.basis == "time") == 60_000
    assert evidence.stretches
    assert all(cut.project_id == scene.project for cut in evidence.cuts)
    queue = read_dispute_queue(scene.cast.db)
    assert [one.person for one in queue.waiting] == ["Amina"]
    assert queue.counter.waiting == 1


def test_who_set_the_pay_and_the_person_do_not_answer(scene: Scene) -> None:
    dispute = scene.open().dispute.id
    with pytest.raises(ForbiddenError, match="You set the pay"):
        scene.decide(dispute, Answer("declined", NO), by=scene.cast.carmen)
    with pytest.raises(ForbiddenError, match="their own"):
        scene.decide(dispute, Answer("upheld", "Yes."), by=scene.amina)
    evidence = read_evidence_of(scene.cast.db, dispute, scene.cast.carmen)
    assert "somebody else" in (evidence.why_not or "")


def test_the_only_manager_answers_where_there_is_nobody_else(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina")
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.submit(amina, task)
    command = OpenDispute(amina, "key-number-1", TWENTY, project_id=project)
    opened = open_dispute(db, command, cast.clock.now, idle_cap_ms=IDLE_CAP_MS).dispute
    decision = DecideDispute(opened.id, cast.carmen, Answer("declined", NO))
    assert decide_dispute(db, decision, cast.clock.now).state == "declined"


def test_a_dispute_is_taken_back_by_its_person_only(scene: Scene) -> None:
    db, now = scene.cast.db, scene.cast.clock.now
    dispute = scene.open().dispute.id
    with pytest.raises(NotFoundError):
        withdraw_dispute(db, WithdrawDispute(scene.bao, dispute), now)
    assert withdraw_dispute(db, WithdrawDispute(scene.amina, dispute), now)
    assert not withdraw_dispute(db, WithdrawDispute(scene.amina, dispute), now)
    with pytest.raises(ConflictError):
        scene.decide(dispute, Answer("upheld", "Yes."))
    assert uphold_silent_disputes(db, Instant(now + 8 * DAY_MS)) == 0
    other = scene.open(key="key-number-2").dispute.id
    scene.decide(other, Answer("upheld", "Yes."))
    with pytest.raises(ConflictError, match="answered"):
        withdraw_dispute(db, WithdrawDispute(scene.amina, other), now)


def test_nobody_disputes_what_is_not_theirs_or_not_there(scene: Scene) -> None:
    esi = scene.cast.person("Esi")
    command = OpenDispute(esi, "key-number-1", TWENTY, scene.statement, 1)
    with pytest.raises(NotFoundError):
        open_dispute(scene.cast.db, command, scene.cast.clock.now, idle_cap_ms=IDLE_CAP_MS)
    with pytest.raises(NotFoundError):
        read_line(scene.cast.db, esi, scene.statement, 1)
    for about in (
        {"statement_id": scene.statement, "line": 99},
        {"statement_id": 99, "line": 1},
        {"project_id": 99},
    ):
        with pytest.raises(NotFoundError):
            scene.open(**about)
    for claim, key in ((Claim("time", 0, None, ""), "k"), (POUND, "x" * 65)):
        with pytest.raises(InvalidError):
            scene.open(claim, key)
    command = OpenDispute(scene.amina, "key-number-9", TWENTY)
    with pytest.raises(InvalidError, match="what it is about"):
        open_dispute(scene.cast.db, command, scene.cast.clock.now, idle_cap_ms=IDLE_CAP_MS)
    with pytest.raises(NotFoundError):
        scene.decide(99, Answer("upheld", "Yes."))
    with pytest.raises(NotFoundError):
        read_evidence_of(scene.cast.db, 99, scene.bao)


def test_many_answers_and_the_silence_at_once_post_one_correction(scene: Scene) -> None:
    dispute = scene.open().dispute
    scene.cast.clock.now = Instant(dispute.answer_by - 1)
    later = dispute.answer_by

    def answer(turn: int) -> str:
        try:
            if turn % 2:
                uphold_silent_disputes(scene.cast.db, later)
            else:
                scene.decide(dispute.id, Answer("upheld", "Yes."))
        except FairhandError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(answer, range(8)))
    assert set(results) <= {"done", "answered"}
    assert len(scene.corrections()) == 1
