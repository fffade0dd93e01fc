"""Contributors elect a council; what lowers anything waits for its signature."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, FairhandError, ForbiddenError, InvalidError
from fairhand.core.money import MICROS
from fairhand.people.council import election_store, store
from fairhand.people.council.elections import Terms
from fairhand.people.council.rules import DECIDE_MS, Council, Proposal
from fairhand.storage.database import Database
from fairhand.use_cases.apply_signed_policies import APPLY, apply_signed_policies
from fairhand.use_cases.call_election import CallElection, call_election
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.keep_elections import keep_elections
from fairhand.use_cases.leave_council import leave_council
from fairhand.use_cases.propose_policy import Proposed, propose_policy
from fairhand.use_cases.set_pay_policy import PolicySet, SetPayPolicy, set_pay_policy
from fairhand.use_cases.sign_policy import SignPolicy, sign_policy
from fairhand.use_cases.stand_for_council import StandForCouncil, stand_for_council
from fairhand.use_cases.vote_in_election import VoteInElection, vote_in_election
from fairhand.use_cases.withdraw_policy import WithdrawPolicy, withdraw_policy
from tests.cast import Cast
from tests.councils import agree, newcomers, seat_council, sign

GBP_15 = 1_500 * MICROS
GBP_14 = 1_400 * MICROS


@dataclass
class Hall:
    """A project that pays GBP 15 an hour, and six people who have joined nothing."""

    cast: Cast
    project: int
    people: list[int]

    @property
    def db(self) -> Database:
        return self.cast.db

    @property
    def now(self) -> Instant:
        return self.cast.clock.now

    def cut(self, **asked: Any) -> PolicySet:  # noqa: ANN401  # fields of the command
        asked = {"rate_micros_per_hour": GBP_14, "valid_from": self.now + 9 * DAY_MS, **asked}
        command = SetPayPolicy(self.cast.carmen, self.project, "Less money is left.", **asked)
        return set_pay_policy(self.db, command, self.now)

    def propose(self, *, is_stricter: bool, days: int = 30) -> Proposed:
        """Propose an appeals policy straight away."""
        with self.db.write() as connection:
            return propose_policy(
                connection, "appeals", 0, {"appeal_days": days}, "Other days to appeal.",
                self.cast.carmen, self.now, self.now, is_stricter=is_stricter,
            )  # fmt: skip

    def proposal(self, number: int) -> Proposal:
        with self.db.read() as connection:
            found = store.load_proposal(connection, number)
        assert found is not None
        return found

    def council(self) -> Council:
        with self.db.read() as connection:
            return store.load_council(connection, self.now)

    def rates(self) -> list[int]:
        rows = self.cast.rows("SELECT rate_micros_per_hour FROM pay_policy ORDER BY version")
        return [row[0] for row in rows]


def make_hall(db: Database) -> Hall:
    cast = Cast(db)
    cast.load_floors()
    project = cast.project("Amina", tasks=1, rate=GBP_15)
    return Hall(cast, project, newcomers(db, 6, cast.clock.now))


@pytest.fixture
def hall(sqlite_db: Database) -> Hall:
    return make_hall(sqlite_db)


def test_people_stand_vote_in_secret_and_the_council_sits(db: Database) -> None:
    hall = make_hall(db)
    one, two, three, *_ = hall.people
    called = call_election(db, CallElection(one, Terms(seats=2)), hall.now)
    for person in (one, two, three):
        stand_for_council(db, StandForCouncil(person, called.id, "I know the work."), hall.now)
    stand_for_council(db, StandForCouncil(three, called.id, None), hall.now)
    for n, approved in enumerate(([one, two], [two], [two], [])):
        ballot = VoteInElection(hall.people[n], called.id, approved)
        vote_in_election(db, ballot, called.stands_until, str(UUID(int=9 - n)))

    assert keep_elections(db, Instant(called.votes_until - 1)) == 0
    hall.cast.clock.now = called.votes_until
    assert keep_elections(db, hall.now) == 1
    assert keep_elections(db, hall.now) == 0

    assert hall.council().sitting == (one, two)
    assert hall.council().quorum == 2
    (result,) = hall.cast.rows("SELECT result FROM election")[0]
    assert json.loads(result)["approvals"] == [[two, 3], [one, 1]]
    assert hall.cast.rows("SELECT count(*) FROM ballot") == [(0,)]
    said = hall.cast.rows("SELECT person_id, body FROM event WHERE kind = 'council.ballot'")
    assert said == [(None, json.dumps({"election": called.id}, separators=(",", ":")))] * 4


def test_a_vote_counts_once_and_only_from_those_who_may(hall: Hall) -> None:
    one = hall.people[0]
    called = call_election(hall.db, CallElection(one), hall.now)
    stand_for_council(hall.db, StandForCouncil(one, called.id, "Fair pay."), hall.now)
    voting = called.stands_until

    def vote(person: int, approves: list[int], uid: int, at: Instant = voting) -> str:
        try:
            command = VoteInElection(person, called.id, approves)
            vote_in_election(hall.db, command, at, str(UUID(int=uid)))
        except FairhandError as error:
            return error.code
        return "kept"

    assert vote(one, [one], 1, hall.now) == "not_voting"
    assert vote(hall.cast.carmen, [one], 2) == "forbidden"
    assert vote(one, [one, 999], 3) == "invalid"
    assert vote(one, [one], 4) == "kept"
    assert vote(one, [], 5) == "voted"
    assert vote(hall.people[1], [one], 6, called.votes_until) == "not_voting"
    with pytest.raises(ForbiddenError):
        stand_for_council(
            hall.db, StandForCouncil(hall.cast.carmen, called.id, "Me too."), hall.now
        )
    with pytest.raises(ConflictError, match="time to stand is over"):
        stand_for_council(hall.db, StandForCouncil(one, called.id, None), voting)


def test_a_vote_that_too_few_take_part_in_seats_nobody(hall: Hall) -> None:
    """Seven people are entitled, Amina among them; a fifth of them, rounded up, is two."""
    one = hall.people[0]
    called = call_election(hall.db, CallElection(one), hall.now)
    stand_for_council(hall.db, StandForCouncil(one, called.id, "Fair pay."), hall.now)
    ballot = VoteInElection(one, called.id, [one])
    vote_in_election(hall.db, ballot, called.stands_until, str(UUID(int=1)))

    keep_elections(hall.db, called.votes_until)

    assert hall.cast.rows("SELECT state FROM election") == [("void",)]
    assert not hall.council().can_decide


def test_one_election_runs_at_a_time_and_none_against_a_council_that_sits(db: Database) -> None:
    hall = make_hall(db)

    def call(person: int) -> str:
        try:
            call_election(db, CallElection(person), hall.now)
        except FairhandError as error:
            return error.code
        return "called"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(call, hall.people[:4]))
    assert said == ["called"] + ["election_running"] * 3
    hall.cast.change("UPDATE election SET state = 'void'")
    seat_council(db, hall.people[:3], hall.now)
    assert call(hall.cast.carmen) == "council_sits"
    hall.cast.clock.advance(300 * DAY_MS)
    assert call(hall.cast.person("Dmitri")) == "called"


def test_without_a_council_nothing_gets_less_strict_and_nothing_deadlocks(hall: Hall) -> None:
    with pytest.raises(InvalidError, match="No council has been elected") as refused:
        hall.cut()
    assert refused.value.code == "no_council"
    assert hall.rates() == [GBP_15]
    with pytest.raises(InvalidError):
        hall.propose(is_stricter=False)

    assert hall.propose(is_stricter=True, days=90).state == "no_council"
    assert hall.cast.rows("SELECT count(*) FROM proposal") == [(1,)]


def test_a_cut_waits_for_the_signatures_and_its_notice_begins_with_them(db: Database) -> None:
    hall = make_hall(db)
    seat_council(db, hall.people[:3], hall.now)

    made = hall.cut()

    assert made.proposal is not None
    assert made.proposal.state == "waiting"
    hall.cast.clock.advance(5 * DAY_MS)
    assert apply_signed_policies(db, hall.now) == 0
    assert hall.rates() == [GBP_15]
    agree(db, made.proposal.id, hall.now)
    assert hall.rates() == [GBP_15, GBP_14]
    begins = hall.cast.rows("SELECT max(valid_from) FROM pay_policy")[0][0]
    assert begins == hall.now + 7 * DAY_MS
    assert apply_signed_policies(db, hall.now) == 0


def test_what_nobody_is_paid_by_yet_is_lowered_without_a_signature(hall: Hall) -> None:
    empty = hall.cast.project(tasks=1, rate=GBP_15)
    command = SetPayPolicy(
        hall.cast.carmen,
        empty,
        "The pilot was quicker.",
        rate_micros_per_hour=GBP_14,
        valid_from=Instant(hall.now + 8 * DAY_MS),
    )

    assert set_pay_policy(hall.db, command, hall.now).proposal is None


def test_what_was_changed_after_it_was_read_is_not_signed(hall: Hall) -> None:
    seat_council(hall.db, hall.people[:3], hall.now)
    first = hall.propose(is_stricter=False, days=30)
    assert hall.propose(is_stricter=False, days=30).id == first.id
    one, two, _ = hall.people[:3]
    sign_policy(hall.db, SignPolicy(one, first.id, "sign", first.sha256), hall.now)

    edited = hall.propose(is_stricter=False, days=20)

    assert edited.id != first.id
    assert hall.proposal(first.id).state == "withdrawn"
    with pytest.raises(ConflictError, match="not open"):
        sign_policy(hall.db, SignPolicy(two, first.id, "sign", first.sha256), hall.now)
    with pytest.raises(ConflictError, match="Read it again"):
        sign_policy(hall.db, SignPolicy(two, edited.id, "sign", first.sha256), hall.now)
    assert hall.proposal(edited.id).state == "waiting"


def test_a_row_that_somebody_edits_behind_the_council_never_takes_effect(hall: Hall) -> None:
    seat_council(hall.db, hall.people[:3], hall.now)
    made = hall.cut()
    assert made.proposal is not None
    sign(hall.db, made.proposal.id, hall.now)
    edited = hall.proposal(made.proposal.id).body.replace(str(GBP_14), str(GBP_14 - MICROS))
    hall.cast.change("UPDATE proposal SET body = :body", body=edited)

    assert apply_signed_policies(hall.db, hall.now) == 0

    assert hall.rates() == [GBP_15]
    assert hall.proposal(made.proposal.id).state == "withdrawn"


def test_only_seats_sign_and_a_majority_that_refuses_ends_it(hall: Hall) -> None:
    seat_council(hall.db, hall.people[:3], hall.now)
    made = hall.propose(is_stricter=True, days=90)
    for stranger in (hall.people[4], hall.cast.carmen):
        with pytest.raises(ForbiddenError):
            sign_policy(hall.db, SignPolicy(stranger, made.id, "sign", made.sha256), hall.now)
    with pytest.raises(InvalidError, match="cannot be counted"):
        sign_policy(hall.db, SignPolicy(hall.people[0], made.id, "refuse", made.sha256), hall.now)

    sign(hall.db, made.id, hall.now, "refuse")

    assert hall.proposal(made.id).state == "refused"
    assert apply_signed_policies(hall.db, hall.now) == 0
    with pytest.raises(ConflictError):
        withdraw_policy(hall.db, WithdrawPolicy(hall.cast.carmen, made.id), hall.now)


@pytest.mark.parametrize("is_stricter", [True, False])
def test_a_council_that_keeps_silent_leaves_the_stricter_rule(
    hall: Hall, is_stricter: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setitem(APPLY, "appeals", lambda _c, one, _n: seen.append(one.id) or {})  # type: ignore[func-returns-value]
    seat_council(hall.db, hall.people[:3], hall.now)
    made = hall.propose(is_stricter=is_stricter)

    hall.cast.clock.advance(DECIDE_MS)
    apply_signed_policies(hall.db, hall.now)

    assert hall.proposal(made.id).state == "lapsed"
    assert seen == ([made.id] if is_stricter else [])


def test_seats_that_lapse_take_the_quorum_and_the_stricter_rule_holds(hall: Hall) -> None:
    """One leaves, one is made a manager: the last of three cannot sign alone."""
    one, two, three = hall.people[:3]
    seat_council(hall.db, [one, two, three], hall.now)
    made = hall.propose(is_stricter=False)
    leave_council(hall.db, one, hall.now)
    give_role(hall.db, GiveRole(two, "manager"), hall.now)

    assert hall.council().sitting == (three,)
    sign_policy(hall.db, SignPolicy(three, made.id, "sign", made.sha256), hall.now)
    assert hall.proposal(made.id).state == "waiting"
    with pytest.raises(InvalidError, match="Too few people sit"):
        hall.propose(is_stricter=False, days=20)
    call_election(hall.db, CallElection(three), hall.now)  # and a new council can be elected
    with pytest.raises(ConflictError):
        leave_council(hall.db, one, hall.now)


def test_a_council_ends_with_its_term(hall: Hall) -> None:
    seat_council(hall.db, hall.people[:3], hall.now)
    hall.cast.clock.advance(366 * DAY_MS)

    assert hall.council().sitting == ()
    with hall.db.read() as connection:
        newest = election_store.newest_election(connection)
    assert newest is not None
    assert newest.state == "counted"
