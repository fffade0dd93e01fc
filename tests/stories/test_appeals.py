"""Decisions about people are contested: paid, blind, answered by others, and in time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.people.conduct import appeal_store
from fairhand.people.conduct.appeals import Appeal
from fairhand.storage.database import Database
from fairhand.use_cases.begin_appeal import begin_appeal
from fairhand.use_cases.decide_about_person import DecideAboutPerson, decide_about_person
from fairhand.use_cases.find_on_appeal import FindOnAppeal, find_on_appeal
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.hear_appeal import HearAppeal, hear_appeal
from fairhand.use_cases.lift_suspensions import lift_suspensions
from fairhand.use_cases.open_appeal import OpenAppeal, OpenedAppeal, open_appeal
from fairhand.use_cases.read_appeals import read_appeal
from fairhand.use_cases.set_reporting import SetReporting, set_reporting
from fairhand.use_cases.uphold_silent_appeals import uphold_silent_appeals
from fairhand.use_cases.withdraw_appeal import WithdrawAppeal, withdraw_appeal
from tests.cast import IDLE_CAP_MS, Cast

WHY = "I was asleep at that time; somebody else used the machine. Amina"
UPHELD = "The log shows another device."


@dataclass
class World:
    """Carmen suspended Amina in a project where both Bao and a few peers work."""

    cast: Cast
    amina: int
    project: int
    decision: int

    @property
    def now(self) -> Instant:
        return self.cast.clock.now

    def role(self, name: str, role: str) -> int:
        """Give somebody a role, inviting them when they are new."""
        person_id = self.cast.person(name)
        give_role(self.cast.db, GiveRole(person_id, role), self.now)
        return person_id

    def appeal(self, key: str = "appeal-0001", decision: int = 0) -> OpenedAppeal:
        """Amina appeals."""
        command = OpenAppeal(self.amina, decision or self.decision, key, WHY)
        return open_appeal(self.cast.db, command, self.now, idle_cap_ms=IDLE_CAP_MS)

    def hear(self, reviewer: int, appeal: Appeal) -> bool:
        """Take the appeal."""
        return hear_appeal(self.cast.db, HearAppeal(reviewer, appeal.id), self.now)

    def find(self, reviewer: int, appeal: Appeal, finding: str, reason: str = UPHELD) -> Appeal:
        """Take the appeal, and find on it."""
        self.hear(reviewer, appeal)
        command = FindOnAppeal(reviewer, appeal.id, finding, reason)
        return find_on_appeal(self.cast.db, command, self.now)

    def works(self) -> bool:
        """Whether Amina is handed out work."""
        try:
            self.cast.next(self.amina, self.project)
        except ForbiddenError:
            return False
        return True

    def owed(self) -> int:
        """Everything that Amina has earned so far, in micros."""
        query = "SELECT coalesce(sum(amount_micros), 0) FROM accrual WHERE person_id = :p"
        return int(self.cast.rows(query, p=self.amina)[0][0])


def suspend(cast: Cast, person: int, project: int, **changes: object) -> int:
    """Carmen suspends somebody for ten days."""
    command = DecideAboutPerson(
        decider_id=cast.carmen,
        person_id=person,
        project_id=project,
        kind="suspended",
        reason="Forty answers came within one minute, on three days.",
        counterfactual="Answers at the usual pace would not have led to this.",
        evidence="Annotations 1 to 40 and their times.",
        client_key=cast.key(),
        days=10,
    )
    return decide_about_person(cast.db, replace(command, **changes), cast.clock.now)  # type: ignore[arg-type]


def world(db: Database) -> World:
    """Amina works for half an hour on each of two days, and is suspended."""
    cast = Cast(db)
    project = cast.project("amina", tasks=20, overlap=3)
    amina = cast.person("amina")
    for _ in range(2):
        for _ in range(4):
            task = cast.next_task(amina, project)
            cast.clock.advance(2 * MINUTE_MS)
            cast.submit(amina, task)
        cast.clock.advance(DAY_MS)
    return World(cast, amina, project, suspend(cast, amina, project))


def panel(found: World) -> tuple[int, int, int]:
    """Two in an office and a peer, none of whom had a part in it."""
    bao, dmitri = found.role("bao", "reviewer"), found.role("dmitri", "manager")
    return bao, dmitri, found.role("esi", "contributor")


def test_a_suspension_stops_work_and_touches_no_pay_and_ends_by_itself(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("amina", tasks=5)
    amina = cast.person("amina")
    task = cast.next_task(amina, project)
    suspend(cast, amina, project)
    cast.clock.advance(MINUTE_MS)
    cast.submit(amina, task)
    found = World(cast, amina, project, 0)
    assert found.owed() > 0, "what is on hand is paid"
    assert not found.works()
    with pytest.raises(ForbiddenError, match="decision"):
        cast.join(amina, project)
    cast.clock.advance(10 * DAY_MS)
    assert lift_suspensions(db, cast.clock.now) == 1
    assert lift_suspensions(db, cast.clock.now) == 0
    assert found.works()
    assert cast.rows("SELECT count(*) FROM accrual WHERE basis = 'correction'") == [(0,)]


def test_two_of_three_with_a_peer_uphold_and_back_pay_comes_with_interest(db: Database) -> None:
    found = world(db)
    bao, dmitri, esi = panel(found)
    before = found.owed()
    found.cast.clock.advance(2 * DAY_MS)
    appeal = found.appeal().appeal
    found.cast.clock.advance(5 * DAY_MS)
    assert found.find(bao, appeal, "uphold").is_open
    assert found.find(dmitri, appeal, "decline", "I think that the times speak for it.").is_open
    ended = found.find(esi, appeal, "uphold")
    assert ended.state == "upheld"
    assert found.works()
    paid = found.cast.rows(
        "SELECT paid_ms, amount_micros FROM accrual WHERE basis = 'correction' ORDER BY entry_id"
    )
    # Two days of eight minutes in 28 days, for the seven days in which she could not work.
    (paid_ms, lost), (none, interest) = paid
    assert paid_ms == pytest.approx(16 * MINUTE_MS * 7 / 28, rel=0.2)
    assert lost == pytest.approx(before * 7 / 28, rel=0.01)
    assert none == 0
    assert interest == pytest.approx(lost * 0.08 * 7 / 365 / 2, rel=0.01)
    with found.cast.db.read() as connection:
        told = appeal_store.list_decisions(connection, person_id=found.amina)
    assert [one.decision.kind for one in told] == ["restored", "suspended"]


def test_a_panel_that_agrees_declines_with_its_reasons(sqlite_db: Database) -> None:
    found = world(sqlite_db)
    bao, _, esi = panel(found)
    appeal = found.appeal().appeal
    with pytest.raises(InvalidError):
        found.find(bao, appeal, "decline", "no")
    found.find(bao, appeal, "decline", "The same device sent all forty answers.")
    ended = found.find(esi, appeal, "decline", "I see one device only, as a peer.")
    assert ended.state == "declined"
    assert "one device" in ended.reason
    assert not found.works()


def test_at_day_seven_silence_upholds_and_not_a_moment_before(db: Database) -> None:
    found = world(db)
    appeal = found.appeal().appeal
    found.cast.clock.advance(7 * DAY_MS - 1)
    assert uphold_silent_appeals(db, found.now) == 0
    found.cast.clock.advance(-3 * DAY_MS)
    assert uphold_silent_appeals(db, found.now) == 0, "a clock that jumps back upholds nothing"
    found.cast.clock.advance(3 * DAY_MS + 1)
    bao = found.role("bao", "reviewer")
    found.hear(bao, appeal)
    late = FindOnAppeal(bao, appeal.id, "decline", "Far too late for a reason to count.")
    with pytest.raises(ConflictError, match="over"):
        find_on_appeal(db, late, found.now)
    assert uphold_silent_appeals(db, found.now) == 1
    assert uphold_silent_appeals(db, found.now) == 0
    assert found.works()
    (state,) = found.cast.rows("SELECT state FROM appeal")[0]
    assert state == "silent"


def test_an_appeal_sent_twice_or_late_is_answered_clearly(sqlite_db: Database) -> None:
    found = world(sqlite_db)
    first = found.appeal()
    assert found.appeal().again
    with pytest.raises(ConflictError, match="heard once"):
        found.appeal("appeal-0002")
    other = suspend(found.cast, found.cast.person("farid"), 0)
    with pytest.raises(NotFoundError):
        found.appeal("appeal-0003", other)
    found.cast.clock.advance(60 * DAY_MS)
    assert found.appeal().appeal.id == first.appeal.id, "a retry is never late"
    late = OpenAppeal(found.cast.person("farid"), other, "appeal-0004", WHY)
    with pytest.raises(ConflictError, match="over"):
        open_appeal(sqlite_db, late, found.now, idle_cap_ms=IDLE_CAP_MS)


def test_writing_an_appeal_is_paid_time_whatever_comes_of_it(sqlite_db: Database) -> None:
    found = world(sqlite_db)
    cast = found.cast
    begin_appeal(sqlite_db, found.amina, found.decision, found.now, idle_cap_ms=IDLE_CAP_MS)
    cast.clock.advance(12 * MINUTE_MS)
    opened = found.appeal().appeal
    withdraw_appeal(sqlite_db, WithdrawAppeal(found.amina, opened.id), found.now)
    pending = cast.rows(
        "SELECT activity, pending_ms FROM person_clock WHERE person_id = :p", p=found.amina
    )
    assert pending == [("appeal", 12 * MINUTE_MS)]


def test_a_peer_who_hears_an_appeal_is_paid_for_it(sqlite_db: Database) -> None:
    found = world(sqlite_db)
    esi = found.role("esi", "contributor")
    other = found.cast.project("esi", tasks=3)
    task = found.cast.next_task(esi, other)
    found.cast.clock.advance(MINUTE_MS)
    found.cast.submit(esi, task)
    appeal = found.appeal().appeal
    found.hear(esi, appeal)
    found.cast.clock.advance(9 * MINUTE_MS)
    found.find(esi, appeal, "uphold")
    clock = found.cast.rows(
        "SELECT activity, project_id, pending_ms FROM person_clock WHERE person_id = :p", p=esi
    )
    assert clock == [("appeal", found.project, 9 * MINUTE_MS)]


def test_nobody_hears_what_they_or_their_boss_decided(sqlite_db: Database) -> None:
    found = world(sqlite_db)
    bao, dmitri, _ = panel(found)
    appeal = found.appeal().appeal
    set_reporting(sqlite_db, SetReporting(found.cast.carmen, bao, dmitri), found.now)
    set_reporting(sqlite_db, SetReporting(found.cast.carmen, dmitri, found.cast.carmen), found.now)
    for who, why in (
        (found.cast.carmen, "had a part"),
        (dmitri, "report to"),
        (bao, "report to"),
        (found.amina, "own appeal"),
    ):
        with pytest.raises(ForbiddenError, match=why):
            found.hear(who, appeal)
    with pytest.raises(InvalidError, match="circle"):
        set_reporting(sqlite_db, SetReporting(found.cast.carmen, found.cast.carmen, bao), found.now)


def test_who_hears_an_appeal_does_not_learn_whose_it_is(sqlite_db: Database) -> None:
    found = world(sqlite_db)
    bao, _, _ = panel(found)
    appeal = found.appeal().appeal
    found.hear(bao, appeal)
    seen = read_appeal(sqlite_db, appeal.id, bao, found.now)
    assert "Amina" not in repr(seen)
    assert "amina" not in repr(seen)
    assert "somebody else used the machine" in seen.message
    assert not hasattr(seen, "person_id")


def test_a_person_erased_during_an_appeal_is_right_and_their_words_are_gone(db: Database) -> None:
    found = world(db)
    found.appeal()
    found.cast.change("UPDATE person SET state = 'closed' WHERE id = :p", p=found.amina)
    found.cast.clock.advance(HOUR_MS)
    assert uphold_silent_appeals(db, found.now) == 1
    assert found.cast.rows("SELECT state, message FROM appeal") == [("silent", "")]


@pytest.mark.parametrize("name", ["bao", "esi"])
def test_only_owners_and_managers_decide_about_people(sqlite_db: Database, name: str) -> None:
    found = world(sqlite_db)
    found.role("bao", "reviewer")
    found.role("esi", "contributor")
    farid = found.cast.person("farid")
    with pytest.raises(ForbiddenError, match="owner or manager"):
        suspend(found.cast, farid, found.project, decider_id=found.cast.person(name))


def test_a_decision_lacking_an_end_or_evidence_is_refused_and_stops_nothing(
    sqlite_db: Database,
) -> None:
    cast = Cast(sqlite_db)
    project = cast.project("amina")
    amina = cast.person("amina")
    for changes in ({"days": 31}, {"days": None}, {"evidence": ""}, {"reason": "bad"}):
        with pytest.raises(InvalidError):
            suspend(cast, amina, project, **changes)
    assert World(cast, amina, project, 0).works()


def test_an_answer_that_is_not_taken_counts_again_when_the_appeal_is_upheld(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("amina", tasks=1, overlap=2)
    amina = cast.person("amina")
    sent = cast.submit(amina, cast.next_task(amina, project)).reply["annotation_id"]
    paid = cast.rows("SELECT sum(amount_micros) FROM accrual")
    decision = suspend(cast, amina, project, kind="answer_not_taken", annotation_id=sent, days=None)
    counted = "SELECT a.counted, q.taken FROM annotation a JOIN queue q ON q.task_id = a.task_id"
    assert [tuple(map(int, row)) for row in cast.rows(counted)] == [(0, 0)]
    assert cast.rows("SELECT sum(amount_micros) FROM accrual") == paid
    found = World(cast, amina, project, decision)
    bao = found.role("bao", "reviewer")
    assert found.find(bao, found.appeal().appeal, "uphold").state == "upheld"
    assert [tuple(map(int, row)) for row in cast.rows(counted)] == [(1, 1)]
