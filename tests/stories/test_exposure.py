"""Hard content through the real stories: limits, tabs, shelter, rotation, consent, policy."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import event

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.people.wellbeing import policy_store, store
from fairhand.people.wellbeing.policy import DEFAULT
from fairhand.people.wellbeing.rules import Limits
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.end_tier_consent import EndTierConsent, end_tier_consent
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.rate_content import RateContent, rate_content
from fairhand.use_cases.read_quality import read_quality
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.set_exposure_policy import SetExposurePolicy, set_exposure_policy
from fairhand.use_cases.set_own_limits import SetOwnLimits, set_own_limits
from fairhand.use_cases.settle_shelters import settle_shelters
from fairhand.use_cases.weigh_content import model_tiers, weigh_content
from tests.cast import GBP_6, IDLE_CAP_MS, LEASE_MS, MORNING, Cast
from tests.councils import newcomers, seat_council, sign
from tests.stories.terminal import Terminal
from tests.web.world import make_world

CAP = Limits().hour
OURS = ("exposure", "shelter", "tier_consent")


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    return Cast(sqlite_db)


def agreed(cast: Cast, name: str, tier: int) -> int:
    """Somebody who agreed to tiers up to this one."""
    person = cast.person(name)
    cast.change("UPDATE person SET max_tier = :t WHERE id = :p", t=tier, p=person)
    for each in range(1, tier + 1):
        cast.change(
            "INSERT INTO tier_consent (person_id, tier, disclosure, disclosure_sha256, locale, "
            "agreed_at) VALUES (:p, :t, '', '', 'en', 0)",
            p=person,
            t=each,
        )
    return person


def weigh(cast: Cast, dose: int) -> None:
    """Let every hard task be this hard."""
    cast.change("UPDATE queue SET dose = :d WHERE tier > 0", d=dose)


def reserved(cast: Cast, person: int) -> int:
    query = "SELECT COALESCE(SUM(dose), 0) FROM exposure WHERE person_id = :p"
    return int(cast.rows(query, p=person)[0][0])


# Two tabs


def test_two_tabs_together_never_pass_a_limit(db: Database) -> None:
    cast = Cast(db)
    places = [cast.project("Amina", tasks=8, overlap=1, tier=1) for _ in range(4)]
    amina = agreed(cast, "Amina", 1)
    weigh(cast, CAP // 2 - 1)  # two fit, a third does not
    gate = Barrier(len(places))

    def ask(project: int) -> bool:
        gate.wait(10)
        asked = HandOutTask(amina, project)
        got = hand_out_task(db, asked, cast.clock.now, terms=cast.terms, idle_cap_ms=IDLE_CAP_MS)
        return got.sheet is not None

    with ThreadPoolExecutor(len(places)) as pool:
        served = list(pool.map(ask, places))

    assert sum(served) == 2
    assert reserved(cast, amina) <= CAP


def test_a_dose_that_nobody_saw_comes_back_when_its_lease_lapses(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1, tier=1)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, CAP)
    task = cast.next_task(amina, project)
    assert reserved(cast, amina) == CAP
    cast.clock.advance(LEASE_MS)
    cast.reap()
    assert reserved(cast, amina) == 0

    cast.submit(amina, task)  # late, and seen after all: it counts again
    assert reserved(cast, amina) == CAP
    assert cast.next(amina, project).reason == "at_limit"


# What is served


def test_nobody_is_served_a_tier_that_they_did_not_agree_to(cast: Cast) -> None:
    for tier in (1, 2, 3):
        project = cast.project("Amina", "Bao", tasks=2, overlap=1, tier=tier)
        amina, bao = agreed(cast, "Amina", tier - 1), agreed(cast, "Bao", tier)
        # A model takes the content to be mild: what was declared is the gate all the same.
        cast.change("UPDATE queue SET tier = 1, dose = 1 WHERE project_id = :p", p=project)
        assert cast.next(amina, project).reason == "nothing_free"
        assert cast.next(bao, project).sheet is not None


def test_hard_content_that_nobody_weighed_waits(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1, tier=1)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, 0)
    assert cast.next(amina, project).reason == "nothing_free"
    assert weigh_content(cast.db, cast.clock.now) == 1
    assert cast.next(amina, project).sheet is not None


def test_an_import_says_at_once_how_hard_its_tasks_are_expected_to_be(cast: Cast) -> None:
    cast.project(tasks=1, tier=2)
    cast.project(tasks=1, tier=0)
    expected_ms = 15_000 * 2.5  # as told, nine in ten
    hard = round(3_000 * expected_ms / MINUTE_MS)
    found = dict(cast.rows("SELECT tier, dose FROM queue"))
    told = cast.rows("SELECT DISTINCT expected_ms FROM project")[0][0]
    assert found == {0: 0, 2: round(hard * told / 15_000)}


def test_measured_visible_times_take_the_place_of_what_was_told(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1, tier=1)
    agreed(cast, "Amina", 1)
    for task in range(30):  # of other items, in this project: nine in ten under 27 seconds
        cast.change(
            "INSERT INTO exposure (person_id, project_id, task_id, tier, dose, state, at, "
            "visible_ms) VALUES (2, :p, :t, 1, 1, 'seen', 0, :ms)",
            p=project,
            t=1_000 + task,
            ms=1_000 * (task + 1),
        )
    assert weigh_content(cast.db, cast.clock.now) == 1
    (dose,) = cast.rows("SELECT dose FROM queue")[0]
    assert 27_000 / 60 <= dose <= 27_000 / 60 * 1.1 + 1
    cast.change("UPDATE exposure SET visible_ms = visible_ms + 100")
    assert weigh_content(cast.db, cast.clock.now) == 0, "a little longer is no reason"


def test_a_tier_taken_back_leaves_the_persons_hands_at_once(cast: Cast) -> None:
    project = cast.project("Amina", tasks=4, overlap=1, tier=2)
    amina = agreed(cast, "Amina", 2)
    first = cast.next_task(amina, project)
    cast.next_task(amina, project, ahead=True)
    end_tier_consent(cast.db, EndTierConsent(amina, 2), cast.clock.now)
    assert reserved(cast, amina) == 0
    assert cast.next(amina, project).reason == "nothing_free"
    cast.clock.advance(5 * MINUTE_MS)
    done = cast.submit(amina, first)  # what stood on the screen may be answered, and is paid
    assert done.reply["counted"]
    assert done.reply["paid"]["milliseconds"] > 0


def test_own_limits_hold_at_once_when_they_go_down(cast: Cast) -> None:
    project = cast.project("Amina", tasks=5, overlap=1, tier=1)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, 1_000)
    cast.submit(amina, cast.next_task(amina, project))
    lower = SetOwnLimits(amina, Limits(hour=1_999))
    set_own_limits(cast.db, lower, cast.clock.now)
    assert cast.next(amina, project).reason == "at_limit"


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """Note every statement that the block executes."""
    seen: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_whoever_agreed_to_nothing_hard_pays_no_statement_for_limits(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1)
    amina = cast.person("Amina")
    with statements(cast.db) as seen:
        cast.submit(amina, cast.next_task(amina, project))
    assert seen
    assert not [one for one in seen if any(word in one for word in OURS)]


# At a limit


def earned(cast: Cast, person: int) -> tuple[int, int]:
    """(paid milliseconds, micros) of a person so far."""
    query = "SELECT COALESCE(SUM(paid_ms), 0), COALESCE(SUM(amount_micros), 0) FROM accrual "
    ((ms, micros),) = cast.rows(query + "WHERE person_id = :p", p=person)
    return int(ms), int(micros)


def test_at_a_limit_time_is_paid_at_the_same_rate_and_looks_like_waiting(cast: Cast) -> None:
    project = cast.project("Amina", tasks=9, overlap=1, tier=1, funded=1_000_000)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, CAP)
    task = cast.next_task(amina, project)
    cast.clock.advance(MINUTE_MS)
    cast.submit(amina, task)
    told = cast.next(amina, project)
    assert told.reason == "at_limit"
    assert "59 minutes" in told.message
    before = earned(cast, amina)
    for _ in range(3):  # the page asks again now and then; its person may be elsewhere
        cast.clock.advance(20 * MINUTE_MS - 1)
        told = cast.next(amina, project)
    cast.clock.advance(MINUTE_MS)
    cast.submit(amina, cast.next_task(amina, project))
    after = earned(cast, amina)
    ms, micros = after[0] - before[0], after[1] - before[1]
    assert ms >= 59 * MINUTE_MS
    assert micros == pytest.approx(GBP_6 * ms / HOUR_MS, rel=1e-6)
    kinds = {row[0] for row in cast.rows("SELECT DISTINCT activity FROM accrual")}
    assert kinds <= {"annotate", "wait", "read"}


def test_paid_stand_down_ends_where_the_policy_says(cast: Cast) -> None:
    project = cast.project("Amina", tasks=9, overlap=1, tier=1)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, CAP)
    limits = SetOwnLimits(amina, Limits(hour=CAP, day=CAP))
    set_own_limits(cast.db, limits, cast.clock.now)
    cast.submit(amina, cast.next_task(amina, project))
    assert "240 minutes" in cast.next(amina, project).message
    cast.clock.advance(DEFAULT.stand_down_ms)
    assert "for today" in cast.next(amina, project).message


def test_what_never_fits_a_limit_is_waited_for_and_not_paid_as_a_stand_down(cast: Cast) -> None:
    project = cast.project("Amina", tasks=2, overlap=1, tier=1)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, CAP + 1)
    told = cast.next(amina, project)
    assert told.reason == "at_limit"
    assert "heavier than the limits" in told.message
    assert cast.rows("SELECT count(*) FROM shelter") == [(0,)]


def test_safe_work_is_brought_up_to_the_rate_of_before(cast: Cast) -> None:
    hard = cast.project("Amina", tasks=9, overlap=1, tier=1, rate=2 * GBP_6)
    safe = cast.project("Amina", tasks=9, overlap=1, rate=GBP_6)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, CAP)
    cast.submit(amina, cast.next_task(amina, hard))
    told = cast.next(amina, hard)
    assert told.reason == "at_limit"
    assert "harmless work" in told.message
    began = earned(cast, amina)
    for _ in range(3):
        task = cast.next_task(amina, safe)
        cast.clock.advance(MINUTE_MS)
        cast.submit(amina, task)
    ms = earned(cast, amina)[0] - began[0]
    assert ms == 3 * MINUTE_MS
    cast.clock.advance(2 * HOUR_MS)
    assert settle_shelters(cast.db, cast.clock.now) == 1
    assert settle_shelters(cast.db, cast.clock.now) == 0, "once"
    micros = earned(cast, amina)[1] - began[1]
    assert micros == pytest.approx(2 * GBP_6 * ms / HOUR_MS, rel=1e-6)
    lines = cast.rows("SELECT activity, basis FROM accrual ORDER BY entry_id DESC LIMIT 1")
    assert lines == [("wait", "block")], "booked as promised hours without work are"


def test_a_day_of_recovery_follows_three_hard_days_and_is_paid_without_coming(cast: Cast) -> None:
    project = cast.project("Amina", tasks=20, overlap=1, tier=2, funded=1_000_000)
    amina = agreed(cast, "Amina", 2)
    weigh(cast, 100)
    for _ in range(3):
        task = cast.next_task(amina, project)
        for _ in range(30):
            cast.clock.advance(MINUTE_MS)
            cast.draft(amina, task, None)
        cast.submit(amina, task)
        settle_shelters(cast.db, cast.clock.now)
        cast.clock.advance(DAY_MS - 30 * MINUTE_MS)
    _, before = earned(cast, amina)
    settle_shelters(cast.db, cast.clock.now)
    told = cast.next(amina, project)
    assert told.reason == "at_limit"
    assert "without hard content" in told.message
    cast.clock.advance(DAY_MS)
    settle_shelters(cast.db, cast.clock.now)
    paid = earned(cast, amina)[1] - before
    assert paid == pytest.approx(GBP_6 * 30 * MINUTE_MS / HOUR_MS, rel=0.05)
    assert cast.next(amina, project).sheet is not None, "the run is broken"


def test_skips_change_no_score(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", "Esi", tasks=12, overlap=3)
    people = [cast.person(name) for name in ("Amina", "Bao", "Esi")]
    for turn in range(8):
        for number, person in enumerate(people):
            answer = "dog" if turn % 4 == number else "cat"
            cast.submit(person, cast.next_task(person, project), answer)

    def scores() -> object:
        aggregate_labels(cast.db, project, cast.clock.now)
        refit_quality(cast.db, project, cast.clock.now)
        picture = read_quality(cast.db, project, named=False)
        return picture.questions

    before = scores()
    for _ in range(4):
        cast.skip(people[0], cast.next_task(people[0], project))
    assert scores() == before


# How hard it is


def rated(cast: Cast, number: int) -> tuple[int, dict[int, int]]:
    """A project of fourteen tasks, so many of them rated: the first two as tier 3, else 1."""
    project = cast.project("Amina", tasks=14, overlap=2, tier=1, funded=1_000_000)
    amina = agreed(cast, "Amina", 1)
    weigh(cast, 1)
    said = {}
    for turn in range(number):
        task = cast.next_task(amina, project)
        cast.submit(amina, task)
        said[task] = 3 if turn < 2 else 1
        command = RateContent(amina, task, said[task])
        rate_content(cast.db, command, cast.clock.now)
    return project, said


def test_what_people_say_of_an_item_weighs_it_for_others(cast: Cast) -> None:
    project, said = rated(cast, 4)
    known: dict[int, int] = {}
    assert weigh_content(cast.db, cast.clock.now, known) > 0
    found = dict(cast.rows("SELECT task_id, tier FROM queue WHERE project_id = :p", p=project))
    assert {task: found[task] for task in said} == said
    assert {found[task] for task in found if task not in said} == {1}, "as declared"
    assert weigh_content(cast.db, cast.clock.now, known) == 0, "nothing new, nothing changes"
    lines = cast.rows("SELECT body FROM event WHERE kind = 'queue.weighed'")
    assert len(lines) == 1
    assert "person" not in str(lines)


@pytest.mark.slow
def test_a_model_takes_unseen_texts_to_be_as_hard_as_nine_in_ten_like_them(cast: Cast) -> None:
    project, said = rated(cast, 11)
    weigh_content(cast.db, cast.clock.now)
    found = dict(cast.rows("SELECT task_id, tier FROM queue WHERE project_id = :p", p=project))
    assert all(found[task] >= said[task] for task in said)
    with cast.db.read() as connection:
        votes = store.list_votes(connection, project)
        model = model_tiers(connection, project, votes)
    assert set(model) == set(found) - set(said)
    assert {task: found[task] for task in model} == {task: max(1, t) for task, t in model.items()}


# The policy


def test_without_a_council_only_what_protects_as_much_is_let_through(cast: Cast) -> None:
    stricter = SetExposurePolicy(cast.carmen, {"limits": {"hour": 5_000}})
    done = set_exposure_policy(cast.db, stricter, cast.clock.now)
    assert done.proposal.state == "no_council"
    assert done.changes == ("Most in an hour: 20 severity-minutes before, 5 severity-minutes now.",)
    assert apply_signed_policies(cast.db, cast.clock.now) == 1
    looser = SetExposurePolicy(cast.carmen, {"limits": {"hour": 6_000}})
    with pytest.raises(InvalidError, match="No council"):
        set_exposure_policy(cast.db, looser, cast.clock.now)
    with pytest.raises(ConflictError):
        set_exposure_policy(cast.db, stricter, cast.clock.now)
    with cast.db.read() as connection:
        assert policy_store.load_terms(connection, cast.clock.now).limits.hour == 5_000


def test_the_council_may_sign_a_looser_policy_and_a_project_only_a_stricter_one(
    cast: Cast,
) -> None:
    seat_council(cast.db, newcomers(cast.db, 3, Instant(MORNING - 9 * DAY_MS)), cast.clock.now)
    wider = SetExposurePolicy(cast.carmen, {"limits": {"hour": 30_000}})
    proposed = set_exposure_policy(cast.db, wider, cast.clock.now).proposal
    assert proposed.state == "waiting"
    assert apply_signed_policies(cast.db, cast.clock.now) == 0, "unsigned is refused"
    sign(cast.db, proposed.id, cast.clock.now)
    assert apply_signed_policies(cast.db, cast.clock.now) == 1
    project = cast.project(tasks=0)
    with cast.db.read() as connection:
        terms = policy_store.load_terms(connection, cast.clock.now, project)
    assert terms.limits.hour == 30_000
    loose = SetExposurePolicy(cast.carmen, {"limits": {"hour": 31_000}}, project)
    with pytest.raises(InvalidError, match="only protect more"):
        set_exposure_policy(cast.db, loose, cast.clock.now)


def test_what_no_policy_may_say_is_refused_with_every_problem(cast: Cast) -> None:
    wrong = SetExposurePolicy(cast.carmen, {"weights": [0, 0, 0, 0], "rotation_days": 99})
    with pytest.raises(InvalidError) as caught:
        set_exposure_policy(cast.db, wrong, cast.clock.now)
    assert {issue.place for issue in caught.value.issues} == {"weights", "rotation_days"}
    strange = SetExposurePolicy(cast.carmen, {"hours": 3})
    with pytest.raises(InvalidError, match="no 'hours'"):
        set_exposure_policy(cast.db, strange, cast.clock.now)


def test_the_policy_is_read_and_proposed_over_the_api(sqlite_db: Database, tmp_path: Path) -> None:
    world = make_world(sqlite_db, tmp_path)
    amina, carmen = world.client("Amina"), world.client("Carmen")
    body = {"terms": {"limits": {"day": 30_000}}}
    assert amina.post("/api/v1/exposure-policy", json=body).status_code == 403
    told = carmen.post("/api/v1/exposure-policy", json=body)
    assert told.status_code == 201
    assert told.json()["state"] == "no_council"
    apply_signed_policies(world.house.db, world.cast.clock.now)
    held = amina.get(f"/api/v1/projects/{world.project}/exposure-policy").json()
    assert held["terms"]["limits"]["day"] == 30_000
    assert held["words"]["Most in a day"] == "30 severity-minutes"
    again = carmen.post("/api/v1/exposure-policy", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "no_change")


def test_the_policy_is_read_and_proposed_in_the_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.init()
    assert "The defaults hold." in terminal.ok("wellbeing", "policy").out
    change = ("--set", "limits.hour=15000", "--set", "weights=0,1000,3000,12000")
    done = terminal.ok("wellbeing", "policy", *change, "--json").json
    assert done["state"] == "no_council"
    held = terminal.ok("wellbeing", "policy", "--json").json
    assert held["terms"]["limits"]["hour"] == 15_000
    assert held["words"]["Weight of a minute at tiers 0 to 3"] == "0 / 1 / 3 / 12"
    assert "whole number" in terminal.run("wellbeing", "policy", "--set", "limits.hour=x").err
