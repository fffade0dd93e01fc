"""What is unclear reaches the owner and stops nothing; answers and examples reach everybody."""

from __future__ import annotations

import pytest

from fairhand.core.errors import (
    ConflictError,
    FairhandError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from fairhand.storage.database import Database
from fairhand.use_cases.answer_remark import AnswerRemark, answer_remark
from fairhand.use_cases.change_examples import (
    AddExample,
    RemoveExample,
    add_example,
    remove_example,
)
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.note_guide_read import note_guide_read
from fairhand.use_cases.read_guide import count_waiting, has_news, list_remarks, read_guide
from fairhand.use_cases.say_remark import SayRemark, say_remark
from tests.cast import Cast

KEY = "remark-0001"


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    return Cast(sqlite_db)


def say(cast: Cast, person: int, task: int, words: str = "Is a lynx a cat?", key: str = KEY) -> int:
    return say_remark(cast.db, SayRemark(person, task, "unclear", words, key), cast.clock.now)


def reply_to(cast: Cast, project: int, remark: int, words: str, *, shared: bool = False) -> None:
    cast.clock.advance(1_000)
    command = AnswerRemark(cast.carmen, project, remark, words, shared)
    answer_remark(cast.db, command, cast.clock.now)


def read(cast: Cast, project: int, person: int, version: int = 1) -> None:
    cast.clock.advance(1_000)
    note_guide_read(cast.db, project, person, version, cast.clock.now)


def example(cast: Cast, project: int, task: int, label: object = "cat", why: str = "Ears.") -> int:
    command = AddExample(cast.carmen, project, task, {"pet": label}, True, why)
    return add_example(cast.db, command, cast.clock.now)


def test_a_question_reaches_the_owner_once_and_the_task_goes_on(cast: Cast) -> None:
    project = cast.project("Amina")
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)

    first = say(cast, amina, task)
    assert say(cast, amina, task) == first, "a retry is the same question"

    (asked,) = list_remarks(cast.db, project)
    assert (asked.words, asked.task_id, asked.settled_at) == ("Is a lynx a cat?", task, None)
    assert count_waiting(cast.db, project) == 1
    assert cast.next_task(amina, project) == task, "nothing was paused"
    assert cast.submit(amina, task).reply["annotation_id"]


def test_an_answer_goes_to_who_asked_and_to_all_when_it_is_shared(cast: Cast) -> None:
    project = cast.project("Amina", "Bao")
    amina, bao = cast.person("Amina"), cast.person("Bao")
    remark = say(cast, amina, cast.next_task(amina, project))
    read(cast, project, amina)
    read(cast, project, bao)

    reply_to(cast, project, remark, "Yes, it is.")
    assert [one.answer for one in read_guide(cast.db, project, amina).own] == ["Yes, it is."]
    assert read_guide(cast.db, project, bao).shared == ()
    assert has_news(cast.db, project, 1, amina)
    assert not has_news(cast.db, project, 1, bao)

    reply_to(cast, project, remark, "Yes, every lynx.", shared=True)
    guide = read_guide(cast.db, project, bao)
    assert [(one.words, one.answer) for one in guide.shared] == [
        ("Is a lynx a cat?", "Yes, every lynx.")
    ]
    assert guide.fresh == {remark}
    assert has_news(cast.db, project, 1, bao)
    read(cast, project, bao)
    assert not has_news(cast.db, project, 1, bao)
    assert count_waiting(cast.db, project) == 0


def test_what_changed_since_one_read_it_is_told_word_by_word(cast: Cast) -> None:
    project = cast.project("Amina")
    amina = cast.person("Amina")
    assert not has_news(cast.db, project, 1, amina), "who never read it has missed nothing"
    read(cast, project, amina)
    change_guidelines(
        cast.db, ChangeGuidelines(cast.carmen, project, "Look very closely."), cast.clock.now
    )

    assert has_news(cast.db, project, 2, amina)
    guide = read_guide(cast.db, project, amina)
    assert (guide.read, guide.version.version) == (1, 2)
    assert [one.text for one in guide.changes if one.change == "added"] == ["very "] or [
        one.text for one in guide.changes if one.change == "added"
    ] == [" very"]
    read(cast, project, amina, 2)
    assert read_guide(cast.db, project, amina).changes == ()


def test_an_example_is_shown_until_it_is_taken_away(cast: Cast) -> None:
    project = cast.project("Amina")
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    number = example(cast, project, task)

    (shown,) = read_guide(cast.db, project, amina).examples
    assert (shown.task.id, dict(shown.example.value), shown.example.why) == (
        task,
        {"pet": "cat"},
        "Ears.",
    )
    gone = RemoveExample(cast.carmen, project, number)
    remove_example(cast.db, gone, cast.clock.now)
    assert read_guide(cast.db, project, amina).examples == ()
    with pytest.raises(NotFoundError):
        remove_example(cast.db, gone, cast.clock.now)


def test_what_cannot_be_an_example_is_refused_with_the_reason(cast: Cast) -> None:
    project = cast.project("Amina", tasks=2)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    mark_gold(cast.db, MarkGold(cast.carmen, project, task, {"pet": "owl"}), cast.clock.now)
    other = cast.project(tier=2)
    (hard,) = cast.rows("SELECT id FROM task WHERE project_id = :project LIMIT 1", project=other)[0]

    refused: list[tuple[int, int, object, str, type[FairhandError]]] = [
        (project, task, "owl", "It is gold.", ConflictError),
        (other, hard, "owl", "It is hard.", ConflictError),
        (project, task, "lion", "There is no lion.", InvalidError),
        (project, task, "owl", "  ", InvalidError),
        (project, hard, "owl", "Another project's.", NotFoundError),
    ]
    for where, which, label, why, error in refused:
        with pytest.raises(error):
            example(cast, where, which, label, why)
    assert cast.rows("SELECT count(*) FROM guideline_example") == [(0,)]


def test_nobody_asks_about_a_task_that_was_not_theirs_or_without_words(cast: Cast) -> None:
    project = cast.project("Amina", "Bao")
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    with pytest.raises(ForbiddenError):
        say(cast, cast.person("Bao"), task)
    for words, key in (("  ", KEY), ("x" * 2_001, KEY), ("Well?", "short")):
        with pytest.raises(InvalidError):
            say(cast, amina, task, words, key)


def test_an_answer_belongs_to_its_project_and_a_shared_one_has_words(cast: Cast) -> None:
    project, other = cast.project("Amina"), cast.project()
    amina = cast.person("Amina")
    remark = say(cast, amina, cast.next_task(amina, project))
    with pytest.raises(NotFoundError):
        reply_to(cast, other, remark, "No.")
    with pytest.raises(InvalidError):
        reply_to(cast, project, remark, " ", shared=True)
    reply_to(cast, project, remark, "")
    (asked,) = list_remarks(cast.db, project)
    assert asked.settled_at is not None
    assert asked.answer is None
