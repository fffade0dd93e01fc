"""A second look: who gets which task, what then stands, and that nobody's pay hangs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.people.wellbeing import own_store
from fairhand.proof.release.shape import LABELS, read_groups
from fairhand.proof.release.verify import verify_release
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.decide_review import Decided, DecideReview, decide_review
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.open_review import OpenedReview, OpenReview, keep_review, open_review
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_reviews import list_open_reviews, list_own_answers, read_reviews
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.set_review_terms import SetReviewTerms, set_review_terms
from fairhand.use_cases.undo_review import UndoReview, undo_review
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.use_cases.wish_review import WishReview, wish_review
from fairhand.work.review import store
from fairhand.work.review.rules import CLAIM_MS, ReviewTerms, is_sampled
from tests.stories.quality_world import IDLE_CAP_MS, TERMS, QualityWorld, add_person
from tests.stories.quality_world import make_quality_world as make_world
from tests.stories.release_world import SECRET, SIGNER, agree, make_press
from tests.stories.terminal import Terminal


@pytest.fixture
def world(sqlite_db: Database) -> QualityWorld:
    """Six pets, two people who differ about the first and agree about the others."""
    return _six_pets(sqlite_db)


@pytest.fixture
def on_both(db: Database) -> QualityWorld:
    """The same on SQLite and on PostgreSQL, for what databases may see differently."""
    return _six_pets(db)


def _six_pets(db: Database) -> QualityWorld:
    world = make_world(db, tasks=6, people=2, max_overlap=2, target_confidence=0.6)
    world.work(_differ_once)
    aggregate_labels(db, world.project.id, world.now)
    return world


def _differ_once(who: int, number: int) -> dict[str, Any]:
    return {"pet": "cow"} if (who, number) == (1, 0) else agree(who, number)


def look(
    world: QualityWorld, who: int, task_id: int | None = None, passed: int = 0
) -> OpenedReview | None:
    command = OpenReview(who, world.project.id, task_id, passed)
    return open_review(world.db, command, world.now, idle_cap_ms=IDLE_CAP_MS)


def decide(world: QualityWorld, who: int, task_id: int, verdict: Any, **more: Any) -> Decided:  # noqa: ANN401
    key = more.pop("key", f"review-{who}-{task_id}-{world.now}")
    command = DecideReview(who, world.project.id, task_id, verdict, key, **more)
    return decide_review(world.db, command, world.now, idle_cap_ms=IDLE_CAP_MS)


def standing(world: QualityWorld, task_id: int) -> dict[str, Any]:
    with world.db.read() as connection:
        rows = connection.execute(
            text("SELECT question, value, method, settled FROM consensus WHERE task_id = :t"),
            {"t": task_id},
        )
        return {row.question: (row.value, row.method, bool(row.settled)) for row in rows}


def money(world: QualityWorld, person_id: int) -> int:
    with world.db.read() as connection:
        asked = text("SELECT coalesce(sum(amount_micros), 0) FROM accrual WHERE person_id = :p")
        return int(connection.execute(asked, {"p": person_id}).scalar_one())


def test_what_is_in_doubt_comes_to_one_reviewer_at_a_time(on_both: QualityWorld) -> None:
    world = on_both
    bao, carl = add_person(world.db, "Bao"), add_person(world.db, "Carl")
    opened = look(world, bao)
    assert opened is not None
    assert (opened.sheet.task.id, opened.because) == (world.tasks[0], "doubt")
    assert {one.value["pet"] for one in opened.answers} == {"cat", "cow"}
    assert look(world, carl) is None
    again = look(world, bao)
    assert again is not None
    assert again.sheet.task.id == world.tasks[0]
    world.now = Instant(world.now + CLAIM_MS + 1)
    taken = look(world, carl)
    assert taken is not None
    with pytest.raises(ConflictError, match="not open with you"):
        decide(world, bao, world.tasks[0], "fixed", value={"pet": "dog"}, reason="It barks.")


def test_a_claim_lives_as_long_as_its_page_is_open(world: QualityWorld) -> None:
    bao, carl = add_person(world.db, "Bao"), add_person(world.db, "Carl")
    look(world, bao)
    for _ in range(3):
        world.now = Instant(world.now + CLAIM_MS // 2)
        command = OpenReview(bao, world.project.id, world.tasks[0])
        assert keep_review(world.db, command, world.now, idle_cap_ms=IDLE_CAP_MS) is not None
    assert look(world, carl) is None


def test_nobody_reviews_their_own_answer_or_what_they_may_still_be_asked(
    world: QualityWorld,
) -> None:
    amina = world.people[0]
    assert look(world, amina) is None
    with pytest.raises(ForbiddenError):
        look(world, amina, world.tasks[0])
    bao = add_person(world.db, "Bao")
    join_project(world.db, JoinProject(bao, world.project.id), world.now)
    carl = add_person(world.db, "Carl")
    look(world, carl)
    decide(world, carl, world.tasks[0], "asked_again", reason="Nobody looked at the tail.")
    with pytest.raises(ForbiddenError):
        look(world, bao, world.tasks[0])


def test_who_has_seen_everybodys_answers_is_not_asked_for_one_of_their_own(
    world: QualityWorld,
) -> None:
    bao = add_person(world.db, "Bao")
    join_project(world.db, JoinProject(bao, world.project.id), world.now)
    look(world, bao)
    decide(world, bao, world.tasks[0], "asked_again", reason="Look at the tail.")
    asked = HandOutTask(bao, world.project.id)
    handed = hand_out_task(world.db, asked, world.now, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
    assert handed.lease is None
    dora = add_person(world.db, "Dora")
    join_project(world.db, JoinProject(dora, world.project.id), world.now)
    world.people.append(dora)
    assert world.submit_next(2, agree) == world.tasks[0]


@pytest.mark.parametrize("verdict", ["consensus", "one answer", "fixed"])
def test_what_stands_is_left_alone_by_aggregation_and_falls_when_undone(
    on_both: QualityWorld, verdict: str
) -> None:
    world = on_both
    # The first is split: there is no consensus of it to accept.
    bao, task = add_person(world.db, "Bao"), world.tasks[verdict == "consensus"]
    before, opened = standing(world, task), look(world, bao, task)
    assert opened is not None
    if verdict == "consensus":
        told = decide(world, bao, task, "accepted")
    elif verdict == "one answer":
        cow = next(one for one in opened.answers if one.value["pet"] == "cow")
        told = decide(world, bao, task, "accepted", annotation_id=cow.annotation_id)
        assert told.value == {"pet": "cow"}
    else:
        told = decide(world, bao, task, "fixed", value={"pet": "dog"}, reason="It barks.")
        assert told.value == {"pet": "dog"}
    stands = standing(world, task)
    assert stands["pet"][1:] == ("adjudicated", True)
    waits = look(world, bao)
    assert (None if waits is None else waits.sheet.task.id) != task
    undo_review(world.db, UndoReview(bao, world.project.id), world.now)
    assert standing(world, task) == before
    back = look(world, bao, task)
    assert back is not None
    assert back.sheet.task.id == task
    with pytest.raises(NotFoundError):
        undo_review(world.db, UndoReview(bao, world.project.id), world.now)
    decide(world, bao, task, "fixed", value={"pet": "dog"}, reason="It barks.", key="once more")
    stands = standing(world, task)
    refit_quality(world.db, world.project.id, world.now)
    aggregate_labels(world.db, world.project.id, world.now)
    assert standing(world, task) == stands


def test_a_tie_is_told_as_one_and_nobody_lets_its_first_label_stand_unsaid(
    world: QualityWorld,
) -> None:
    bao, task = add_person(world.db, "Bao"), world.tasks[0]
    opened = look(world, bao)
    assert opened is not None
    assert set(opened.ties["pet"]) == {one.value["pet"] for one in opened.answers}
    with pytest.raises(InvalidError, match="evenly split about pet"):
        decide(world, bao, task, "accepted", key="the first of two")
    cow = next(one for one in opened.answers if one.value["pet"] == "cow")
    told = decide(world, bao, task, "accepted", annotation_id=cow.annotation_id)
    assert told.value == {"pet": "cow"}
    agreed = look(world, bao, world.tasks[1])
    assert agreed is not None
    assert agreed.ties == {}


def test_a_finding_needs_its_reason_and_an_answer_that_fits(world: QualityWorld) -> None:
    bao, task = add_person(world.db, "Bao"), world.tasks[0]
    look(world, bao)
    bad: list[tuple[str, dict[str, Any]]] = [
        ("fixed", {"value": {"pet": "dog"}}),
        ("fixed", {"value": {"pet": "ghost"}, "reason": "why"}),
        ("fixed", {"value": {}, "reason": "why"}),
        ("asked_again", {}),
        ("asked_again", {"reason": " \n"}),
        ("accepted", {"annotation_id": 10**9}),
        ("accepted", {"value": {"pet": "dog"}}),
        ("fixed", {"value": {"pet": "dog"}, "reason": "x" * 2_001}),
    ]
    for verdict, more in bad:
        with pytest.raises(InvalidError):
            decide(world, bao, task, verdict, **more)
    assert read_reviews(world.db, world.project.id).done == 0
    first = decide(world, bao, task, "fixed", value={"pet": "dog"}, reason="why", key="the-same")
    again = decide(world, bao, task, "fixed", value={"pet": "dog"}, reason="why", key="the-same")
    assert first == again
    assert read_reviews(world.db, world.project.id).done == 1


def test_asked_again_rests_until_a_new_answer_is_in_and_undone_it_is_as_before(
    on_both: QualityWorld,
) -> None:
    world = on_both
    bao, task = add_person(world.db, "Bao"), world.tasks[0]
    look(world, bao)
    decide(world, bao, task, "asked_again", reason="The picture is blurred.")
    assert world.overlaps()[task] == (3, 2)
    assert look(world, bao) is None
    undo_review(world.db, UndoReview(bao, world.project.id), world.now)
    assert world.overlaps()[task] == (2, 2)
    decide(world, bao, task, "asked_again", reason="The picture is blurred.", key="once more")
    dora = add_person(world.db, "Dora")
    join_project(world.db, JoinProject(dora, world.project.id), world.now)
    world.people.append(dora)
    assert world.submit_next(2, lambda *_: {"pet": "dog"}) == task
    aggregate_labels(world.db, world.project.id, world.now)
    opened = look(world, bao)
    assert opened is not None
    assert len(opened.answers) == 3


def test_a_wish_brings_a_task_first_and_costs_its_author_nothing(on_both: QualityWorld) -> None:
    world = on_both
    amina, task = world.people[0], world.tasks[3]
    earned = money(world, amina)
    mine = {one.task_id: one for one in list_own_answers(world.db, amina, world.project.id)}
    wish = WishReview(amina, mine[task].annotation_id, "Is that a calf?")
    assert wish_review(world.db, wish, world.now)
    assert not wish_review(world.db, wish, world.now)
    with pytest.raises(NotFoundError):
        wish_review(world.db, WishReview(world.people[1], wish.annotation_id), world.now)
    bao = add_person(world.db, "Bao")
    opened = look(world, bao)
    assert opened is not None
    assert (opened.sheet.task.id, opened.because) == (task, "wish")
    assert opened.wishes == {wish.annotation_id: "Is that a calf?"}
    decide(world, bao, task, "fixed", value={"pet": "cow"}, reason="It is a calf.")
    after = {one.task_id: one for one in list_own_answers(world.db, amina, world.project.id)}
    assert after[task].answered_at is not None
    assert after[task].value == mine[task].value
    assert money(world, amina) == earned


def test_a_review_decides_nothing_about_a_person(world: QualityWorld) -> None:
    bao, tables = add_person(world.db, "Bao"), ("decision", "person_skill", "enrolment", "accrual")
    join = text("SELECT person_id, state FROM enrolment ORDER BY person_id")
    with world.db.read() as connection:
        states = connection.execute(join).all()
        counts = [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in tables
        ]
        values = connection.execute(text("SELECT id, value, counted FROM annotation")).all()
    look(world, bao)
    command = DecideReview(
        bao, world.project.id, world.tasks[0], "fixed", "unpaid-1",
        value={"pet": "dog"}, reason="Both were wrong.", is_paid=False,
    )  # fmt: skip
    decide_review(world.db, command, world.now, idle_cap_ms=IDLE_CAP_MS)
    with world.db.read() as connection:
        assert connection.execute(join).all() == states
        assert counts == [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in tables
        ]
        now = connection.execute(text("SELECT id, value, counted FROM annotation")).all()
        assert now == values


def test_a_reviewers_minutes_are_paid_like_those_of_anybody_who_answers(
    world: QualityWorld,
) -> None:
    bao = add_person(world.db, "Bao")
    opened = look(world, bao)
    assert opened is not None
    world.now = Instant(world.now + 60_000)
    chosen = opened.answers[0].annotation_id
    decide(world, bao, world.tasks[0], "accepted", annotation_id=chosen)
    # A minute at 1,500 an hour.
    assert money(world, bao) == 1_500_000_000 // 60


def test_the_sample_is_the_same_on_every_database_and_as_large_as_asked(
    on_both: QualityWorld,
) -> None:
    world, terms = on_both, ReviewTerms(500, None, False)
    set_review_terms(world.db, SetReviewTerms(world.people[0], world.project.id, terms), world.now)
    found = {task for task, because in list_open_reviews(world.db, world.project.id)}
    assert found == {one for one in world.tasks if is_sampled(one, 500)} | {world.tasks[0]}
    for wrong in (ReviewTerms(1_001), ReviewTerms(-1), ReviewTerms(0, 0.0), ReviewTerms(0, 1.5)):
        with pytest.raises(InvalidError):
            set_review_terms(
                world.db, SetReviewTerms(world.people[0], world.project.id, wrong), world.now
            )


def test_a_release_says_of_each_row_whether_a_reviewer_let_it_stand(
    world: QualityWorld, tmp_path: Path
) -> None:
    bao = add_person(world.db, "Bao")
    look(world, bao)
    decide(world, bao, world.tasks[0], "fixed", value={"pet": "dog"}, reason="It barks.")
    made = publish_release(
        world.db, PublishRelease(world.project.id), world.now, make_press(tmp_path)
    )
    rows = [
        row
        for file in sorted((made.directory / "data").rglob("*.parquet"))
        for _, _, group in read_groups(file, LABELS)
        for row in group or ()
        if not isinstance(row, ValueError)
    ]
    by_task = {row.task_id: row for row in rows}
    fixed = by_task[world.tasks[0]]
    assert (fixed.value, fixed.method, fixed.origin) == ("dog", "adjudicated", "human")
    assert fixed.review == {
        "because": "doubt",
        "day": "2026-11-21",
        "review_id": 1,
        "reviewer": pseudonym(SECRET, world.project.id, bao),
        "verdict": "fixed",
    }
    assert fixed.probabilities is None
    assert {by_task[one].review for one in world.tasks[1:]} == {None}
    assert verify_release(made.directory, SIGNER.verifier).issues == ()


def test_a_release_that_waits_for_reviews_says_how_many_and_where(
    world: QualityWorld, tmp_path: Path
) -> None:
    terms = SetReviewTerms(world.people[0], world.project.id, ReviewTerms(0, None, True))
    set_review_terms(world.db, terms, world.now)
    press, command = make_press(tmp_path), PublishRelease(world.project.id)
    with pytest.raises(ConflictError, match=r"1 task waits .*/projects/\d+/review"):
        publish_release(world.db, command, world.now, press)
    bao = add_person(world.db, "Bao")
    opened = look(world, bao)
    assert opened is not None
    chosen = opened.answers[0].annotation_id
    decide(world, bao, world.tasks[0], "accepted", annotation_id=chosen)
    assert publish_release(world.db, command, world.now, press).version == 1


def test_passing_a_task_gives_the_next_one_and_a_chosen_one_is_chosen(
    world: QualityWorld,
) -> None:
    bao = add_person(world.db, "Bao")
    look(world, bao)
    assert look(world, bao, passed=world.tasks[0]) is None
    chosen = look(world, bao, world.tasks[4])
    assert chosen is not None
    assert chosen.because == "chosen"
    decide(world, bao, world.tasks[4], "accepted")
    state = read_reviews(world.db, world.project.id)
    assert (state.done, state.settled, state.stood, state.waiting) == (1, 1, 1, 1)
    with pytest.raises(ConflictError, match="stands"):
        look(world, bao, world.tasks[4])
    with world.db.read() as connection:
        assert store.list_adjudicated(connection, world.project.id) == {world.tasks[4]}


def test_the_shell_tells_what_waits_and_sets_the_terms(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.init()
    terminal.project()
    terms = ("--sample", "5", "--doubt-below", "0.8", "--release-waits")
    terminal.ok("review", "set", "moods", *terms)
    told = terminal.ok("review", "show", "moods", "--json").json
    assert told["terms"] == {"sample_permille": 50, "doubt_below": 0.8, "release_waits": True}
    assert "Nobody has reviewed" in terminal.ok("review", "list", "moods").out
    refused = terminal.run("review", "set", "moods", "--doubt-below", "7")
    assert refused.code == 2
    assert "between 0 and 1" in refused.err


def test_nothing_is_accepted_that_came_since_the_reviewer_looked(on_both: QualityWorld) -> None:
    world, bao = on_both, add_person(on_both.db, "Bao")
    opened = look(world, bao)
    assert opened is not None
    task, mine = world.tasks[0], opened.answers[1]
    who = world.people.index(mine.person_id)
    world.submit(who, task, {"pet": "cat"}, revises=mine.annotation_id)
    for chosen in (None, opened.answers[0].annotation_id):
        with pytest.raises(ConflictError, match="New answers came"):
            decide(world, bao, task, "accepted", seen=opened.seen, annotation_id=chosen)
    aggregate_labels(world.db, world.project.id, world.now)
    again = look(world, bao)
    assert again is not None
    assert again.seen != opened.seen
    assert decide(world, bao, task, "accepted", seen=again.seen).value == {"pet": "cat"}


def test_asking_again_taken_back_leaves_all_as_it_was(on_both: QualityWorld) -> None:
    world, bao, task = on_both, add_person(on_both.db, "Bao"), on_both.tasks[0]
    with world.db.write() as connection:  # fewer were asked of it than the project asks for
        connection.execute(text("UPDATE project SET max_overlap = 4, min_overlap = 3"))
    look(world, bao, task)
    decide(world, bao, task, "asked_again", reason="Look at the tail.")
    assert world.overlaps()[task] == (3, 2)
    undo_review(world.db, UndoReview(bao, world.project.id), world.now)
    assert world.overlaps()[task] == (2, 2)


def test_what_a_reviewer_let_stand_is_back_when_its_task_is_gold_no_more(
    on_both: QualityWorld,
) -> None:
    world, bao, task = on_both, add_person(on_both.db, "Bao"), on_both.tasks[0]
    look(world, bao)
    decide(world, bao, task, "fixed", value={"pet": "dog"}, reason="It barks.")
    stood = standing(world, task)
    gold = MarkGold(world.people[0], world.project.id, task, {"pet": "dog"})
    mark_gold(world.db, gold, world.now)
    assert standing(world, task) == {}
    unmark_gold(world.db, UnmarkGold(world.people[0], world.project.id, task), world.now)
    aggregate_labels(world.db, world.project.id, world.now)
    assert standing(world, task) == stood


def rows_of(world: QualityWorld, folder: Path) -> dict[int, Any]:
    """What a release of now says of each task."""
    aggregate_labels(world.db, world.project.id, world.now)
    made = publish_release(
        world.db, PublishRelease(world.project.id), world.now, make_press(folder)
    )
    assert verify_release(made.directory, SIGNER.verifier).issues == ()
    return {
        row.task_id: (row.value, row.answers, row.method)
        for file in sorted((made.directory / "data").rglob("*.parquet"))
        for _, _, group in read_groups(file, LABELS)
        for row in group or ()
        if not isinstance(row, ValueError)
    }


def test_what_stands_outlives_a_withdrawal_where_others_bear_it(
    on_both: QualityWorld, tmp_path: Path
) -> None:
    world, bao = on_both, add_person(on_both.db, "Bao")
    doubted, mended, agreed = world.tasks[:3]
    esi = world.people[0]
    opened = look(world, bao, doubted)
    assert opened is not None
    hers = next(one for one in opened.answers if one.person_id == esi)
    decide(world, bao, doubted, "accepted", annotation_id=hers.annotation_id)
    look(world, bao, mended)
    decide(world, bao, mended, "fixed", value={"pet": "cow"}, reason="It has horns.")
    look(world, bao, agreed)
    decide(world, bao, agreed, "accepted")

    leave_project(world.db, esi, world.project.id, world.now)

    rows = rows_of(world, tmp_path)
    assert rows[mended] == ("cow", 1, "adjudicated")
    assert rows[agreed] == (agree(0, 2)["pet"], 1, "adjudicated")
    assert rows[doubted][:2] == ("cow", 1)
    assert rows[doubted][2] != "adjudicated"
    assert rows.keys() == set(world.tasks)
    again = look(world, bao, doubted)
    assert again is not None
    assert [one.value for one in again.answers] == [{"pet": "cow"}]
    leave_project(world.db, world.people[1], world.project.id, world.now)
    assert rows_of(world, tmp_path / "later") == {mended: ("cow", 0, "adjudicated")}


def test_hard_content_counts_for_who_reviews_it(on_both: QualityWorld) -> None:
    world, bao = on_both, add_person(on_both.db, "Bao")
    exposed = text("SELECT task_id, tier, dose, state FROM exposure WHERE person_id = :p")
    all_of_them = SetReviewTerms(world.people[0], world.project.id, ReviewTerms(1000, None, False))
    set_review_terms(world.db, all_of_them, world.now)
    with world.db.write() as connection:
        hard = text("UPDATE queue SET tier = 2, dose = 900 WHERE task_id = :t")
        connection.execute(hard, {"t": world.tasks[0]})
    with pytest.raises(ForbiddenError, match="harder than you agreed"):
        look(world, bao, world.tasks[0])
    with world.db.write() as connection:
        connection.execute(text("UPDATE queue SET tier = 2, dose = 900"))
    with pytest.raises(ForbiddenError, match="What still waits"):
        look(world, bao)
    with world.db.write() as connection:
        others = text("UPDATE queue SET tier = 0, dose = 0 WHERE task_id <> :t")
        connection.execute(others, {"t": world.tasks[0]})
    easy = look(world, bao)
    assert easy is not None
    assert easy.sheet.task.id != world.tasks[0], "what nobody agreed to see is not handed on"
    give_up = text("DELETE FROM review_claim")
    with world.db.write() as connection:
        connection.execute(give_up)
        own_store.set_max_tier(connection, bao, 2)
    look(world, bao, world.tasks[0])
    look(world, bao)
    look(world, bao, world.tasks[1])
    with world.db.read() as connection:
        found = [tuple(row) for row in connection.execute(exposed, {"p": bao})]
    assert found == [(world.tasks[0], 2, 900, "seen")]
