"""Booked hours: offered, accepted, called off late with pay, and paid when there was no work."""

from __future__ import annotations

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.money import micros_for
from fairhand.pay.policies.bookings import Booking
from fairhand.storage.database import Database
from fairhand.use_cases.answer_booking import Answer, AnswerBooking, answer_booking
from fairhand.use_cases.cancel_booking import CancelBooking, Cancelled, cancel_booking
from fairhand.use_cases.finish_bookings import finish_bookings
from fairhand.use_cases.offer_booking import OfferBooking, offer_booking
from fairhand.use_cases.read_project_pay import read_bookings
from tests.cast import GBP_6, Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast(db)


@pytest.fixture
def pets(cast: Cast) -> int:
    """Amina takes part."""
    return cast.project("Amina")


def offer(
    cast: Cast, project_id: int, *, after: int = 2 * DAY_MS, hours: float = 4, name: str = "Amina"
) -> Booking:
    starts_at = Instant(cast.clock.now + after)
    ends_at = Instant(starts_at + int(hours * HOUR_MS))
    command = OfferBooking(cast.carmen, project_id, cast.person(name), starts_at, ends_at)
    return offer_booking(cast.db, command, cast.clock.now)


def say(cast: Cast, booking: Booking, answer: Answer, name: str = "Amina") -> Booking:
    command = AnswerBooking(cast.person(name), booking.id, answer)
    return answer_booking(cast.db, command, cast.clock.now)


def call_off(cast: Cast, booking: Booking) -> Cancelled:
    command = CancelBooking(cast.carmen, booking.project_id, booking.id)
    return cancel_booking(cast.db, command, cast.clock.now)


def earned(cast: Cast) -> list[tuple[object, ...]]:
    return cast.rows(
        "SELECT basis, paid_ms, amount_micros, quantity FROM accrual "
        "WHERE basis <> 'time' ORDER BY entry_id"
    )


def state(cast: Cast, booking: Booking) -> str:
    return str(cast.rows("SELECT state FROM booking WHERE id = :id", id=booking.id)[0][0])


def test_accepted_hours_called_off_a_day_before_cost_nothing(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets)
    say(cast, booking, "accept")
    cast.clock.now = Instant(booking.starts_at - DAY_MS)

    assert call_off(cast, booking).paid.minor == 0

    assert (state(cast, booking), earned(cast)) == ("cancelled", [])


def test_accepted_hours_called_off_later_are_paid_by_half_and_only_once(
    cast: Cast, pets: int
) -> None:
    booking = offer(cast, pets)
    say(cast, booking, "accept")
    cast.clock.now = Instant(booking.starts_at - DAY_MS + 1)

    assert call_off(cast, booking).paid.minor == 12_00  # half of four hours at GBP 6
    assert call_off(cast, booking).again

    assert earned(cast) == [("cancellation", 0, 2 * GBP_6, 4 * HOUR_MS)]


def test_the_better_of_the_terms_at_the_offer_and_now_pays(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets)
    say(cast, booking, "accept")
    cast.clock.now = Instant(booking.starts_at - HOUR_MS)
    cast.change(
        "INSERT INTO pay_policy (project_id, version, basis, rate_micros_per_hour, valid_from, "
        "created_at, cancel_permille) VALUES (:project, 2, 'time', :rate, :now, :now, 100)",
        project=pets,
        rate=GBP_6,
        now=cast.clock.now - 1,
    )

    assert call_off(cast, booking).paid.minor == 12_00


def test_an_offer_that_nobody_accepted_is_called_off_freely(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets, after=HOUR_MS)

    assert call_off(cast, booking).paid.minor == 0


def test_the_person_may_always_call_off_and_owes_nothing(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets, after=HOUR_MS)
    say(cast, booking, "accept")
    cast.clock.now = Instant(booking.starts_at + MINUTE_MS)

    assert say(cast, booking, "cancel").state == "cancelled"

    assert earned(cast) == []
    assert cast.rows("SELECT count(*) FROM event WHERE kind LIKE 'decision%'") == [(0,)]


def test_an_answer_said_twice_counts_once_and_a_late_one_is_refused(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets)
    assert say(cast, booking, "decline").state == "declined"
    assert say(cast, booking, "decline").state == "declined"

    with pytest.raises(ConflictError, match="declined"):
        say(cast, booking, "accept")
    with pytest.raises(ConflictError, match="declined"):
        call_off(cast, booking)
    assert cast.rows("SELECT count(*) FROM event WHERE kind = 'booking.declined'") == [(1,)]


def test_only_the_person_answers_and_only_their_project_calls_off(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets)

    with pytest.raises(NotFoundError):
        say(cast, booking, "accept", name="Dmitri")
    with pytest.raises(NotFoundError):
        cancel_booking(cast.db, CancelBooking(cast.carmen, pets + 1, booking.id), cast.clock.now)
    with pytest.raises(NotFoundError, match="does not take part"):
        offer(cast, pets, name="Dmitri")


@pytest.mark.parametrize(
    ("after", "hours", "place"),
    [
        (-1, 2, "starts_at"),
        (93 * DAY_MS, 2, "starts_at"),
        (DAY_MS, 0.1, "ends_at"),
        (DAY_MS, 10.1, "ends_at"),
        (DAY_MS, -2, "ends_at"),
    ],
)
def test_hours_that_cannot_be_booked_are_refused(
    cast: Cast, pets: int, after: int, hours: float, place: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        offer(cast, pets, after=after, hours=hours)

    assert place in {issue.place for issue in refused.value.issues}


def test_nobody_is_booked_twice_for_the_same_time(cast: Cast, pets: int) -> None:
    other = cast.project("Amina")
    offer(cast, pets)

    with pytest.raises(InvalidError, match="booked hours in that time"):
        offer(cast, other, after=2 * DAY_MS + HOUR_MS)
    offer(cast, other, after=2 * DAY_MS + 4 * HOUR_MS)


# --- when the hours are over ---


def begin(cast: Cast, pets: int) -> Booking:
    booking = offer(cast, pets, after=HOUR_MS)
    say(cast, booking, "accept")
    cast.clock.now = booking.starts_at
    return booking


def finish(cast: Cast, booking: Booking) -> None:
    cast.clock.now = booking.ends_at
    assert finish_bookings(cast.db, cast.clock.now) == 1
    assert finish_bookings(cast.db, cast.clock.now) == 0


def test_who_came_and_was_handed_nothing_is_paid_for_the_block(cast: Cast, pets: int) -> None:
    """What was paid as waiting already is taken off, and nothing is paid twice."""
    booking = begin(cast, pets)
    cast.change("UPDATE queue SET held = :yes", yes=True)
    amina = cast.person("Amina")
    assert cast.next(amina, pets).sheet is None
    cast.clock.advance(60_000)
    assert cast.next(amina, pets).sheet is None

    finish(cast, booking)

    paid_ms = cast.rows("SELECT sum(paid_ms) FROM accrual")[0][0]
    missing = 4 * HOUR_MS - paid_ms
    assert paid_ms == 60_000
    assert earned(cast) == [("block", 0, micros_for(GBP_6, missing), missing)]
    assert state(cast, booking) == "done"


def test_who_did_not_come_when_there_was_nothing_to_do_is_paid_too(cast: Cast, pets: int) -> None:
    booking = begin(cast, pets)

    finish(cast, booking)

    assert earned(cast) == [("block", 0, 4 * GBP_6, 4 * HOUR_MS)]


def test_who_was_handed_work_is_paid_for_their_time_alone(cast: Cast, pets: int) -> None:
    booking = begin(cast, pets)
    amina = cast.person("Amina")
    task_id = cast.next_task(amina, pets)
    cast.clock.advance(30_000)
    cast.submit(amina, task_id)

    finish(cast, booking)

    assert earned(cast) == []


def test_who_stayed_away_while_there_was_work_is_not_paid_and_not_marked(
    cast: Cast, pets: int
) -> None:
    bao = cast.person("Bao")
    cast.join(bao, pets)
    booking = begin(cast, pets)
    cast.next_task(bao, pets)

    finish(cast, booking)

    assert earned(cast) == []
    assert state(cast, booking) == "done"


def test_an_offer_without_an_answer_lapses(cast: Cast, pets: int) -> None:
    booking = offer(cast, pets, after=HOUR_MS)

    finish(cast, booking)

    assert (state(cast, booking), earned(cast)) == ("declined", [])


def test_what_stands_open_is_listed_first(cast: Cast, pets: int) -> None:
    gone = offer(cast, pets, after=5 * DAY_MS)
    say(cast, gone, "decline")
    stands = offer(cast, pets)

    listed = read_bookings(cast.db, person_id=cast.person("Amina"))

    assert [one.booking.id for one in listed] == [stands.id, gone.id]
    assert (listed[0].person, listed[0].project) == ("Amina", "Pets 1")
