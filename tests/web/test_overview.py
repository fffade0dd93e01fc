"""The owner's project page at a glance: figures, pictures, and what holds it up."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, Instant
from fairhand.storage.database import Database
from fairhand.use_cases import read_overview as overview_story
from fairhand.use_cases.keep_figures import keep_figures, keep_now
from fairhand.use_cases.project_figures import count_figures, from_json, to_json
from fairhand.use_cases.read_overview import read_overview
from fairhand.use_cases.read_project import read_status
from fairhand.work.figures import store
from fairhand.work.figures.rules import ALL_KEPT_BACK, Facts, what_holds_up
from tests.cast import Cast
from tests.web.world import make_world

NOW = Instant(1_790_000_000_000)
FINE = Facts(
    mode="open",
    tasks=10,
    finished=4,
    answers=9,
    contributors=3,
    left_micros=10**9,
    missing=(),
    doubtful=0,
    stuck=0,
    wishes=0,
    remarks=0,
    disputes=0,
    answer_by=None,
    failing_sources=(),
    failed_import="",
    missing_money="",
    unsettled_since=None,
)


def _places(**facts: object) -> list[str]:
    return [one.place for one in what_holds_up(Facts(**{**_dict(FINE), **facts}), NOW)]  # type: ignore[arg-type]


def _dict(facts: Facts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in Facts.__slots__}


def test_tasks_that_are_all_kept_back_are_not_none() -> None:
    (held,) = what_holds_up(replace(FINE, tasks=0, finished=0, answers=0, kept_back=8), NOW)
    assert (held.place, held.words) == ("tasks", ALL_KEPT_BACK)
    (none,) = what_holds_up(replace(FINE, tasks=0, finished=0, answers=0), NOW)
    assert none.place == "import"


def _work(cast: Cast, project: int) -> None:
    """Amina answers everything there is."""
    amina = cast.people["Amina"]
    while cast.next(amina, project).lease is not None:
        lease = cast.next(amina, project).lease
        assert lease is not None
        cast.clock.advance(20_000)
        cast.submit(amina, lease.task_id)


def test_nothing_holds_up_a_project_that_runs_well() -> None:
    assert _places() == []


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"tasks": 0, "finished": 0, "answers": 0}, "import"),
        ({"left_micros": 0}, "fund"),
        ({"mode": "paused"}, "mode"),
        ({"mode": "draft", "missing": ("Write guidelines.",)}, "ready"),
        ({"contributors": 0, "answers": 0}, "invite"),
        ({"stuck": 3}, "invite"),
        ({"disputes": 1, "answer_by": NOW}, "disputes"),
        ({"unsettled_since": Instant(NOW - 32 * DAY_MS)}, "close"),
        ({"remarks": 2}, "questions"),
        ({"wishes": 2}, "review"),
        ({"failed_import": "no such file"}, "import"),
        ({"failing_sources": ("yolo",)}, "sources"),
        ({"doubtful": 5}, "quality"),
        ({"missing_money": "More is needed."}, "fund"),
    ],
)
def test_each_fact_names_the_page_that_mends_it(facts: dict[str, object], place: str) -> None:
    assert _places(**facts)[0] == place


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), st.integers(0, 10**6))
def test_what_stops_work_is_told_before_all_else(
    tasks: int, remarks: int, doubtful: int, left: int
) -> None:
    facts = Facts(
        **{**_dict(FINE), "tasks": tasks, "remarks": remarks, "doubtful": doubtful}  # type: ignore[arg-type]
        | {"finished": 0, "left_micros": left}
    )
    stops = [one.stops for one in what_holds_up(facts, NOW)]
    assert stops == sorted(stops, reverse=True)


def test_the_overview_says_what_the_pages_behind_it_say(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=3)
    _work(cast, project)
    found = read_overview(db, project, cast.clock.now)
    assert found.figures.status == read_status(db, project, cast.clock.now)
    assert found.figures.status.progress.answers == 3
    assert sum(day.answers for day in found.figures.days) == 3
    assert sum(day.paid_ms for day in found.figures.days) == found.figures.status.paid_ms


def test_figures_survive_being_written_down(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=2)
    _work(cast, project)
    figures = count_figures(db, project, cast.clock.now)
    assert from_json(to_json(figures)) == figures


def test_a_day_is_kept_once_and_only_while_something_changes(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=2)
    assert keep_figures(db, cast.clock) == 1
    assert keep_figures(db, cast.clock) == 0
    _work(cast, project)
    cast.clock.advance(600_000)
    assert keep_figures(db, cast.clock) == 1
    cast.clock.advance(DAY_MS)
    assert keep_figures(db, cast.clock) == 1
    with db.read() as connection:
        days = store.list_days(connection, project, 10)
    assert [one.body["status"]["progress"]["answers"] for one in days] == [2, 2]
    history = read_overview(db, project, cast.clock.now).history
    assert len(history) == 2


def test_a_large_project_shows_what_was_counted_last(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=2)
    keep_now(db, project, cast.clock.now)
    _work(cast, project)
    monkeypatch.setattr(overview_story, "COUNTED_NOW", 1)
    assert read_overview(db, project, cast.clock.now).figures.status.progress.answers == 0
    monkeypatch.setattr(overview_story, "COUNTED_NOW", 1_000)
    assert read_overview(db, project, cast.clock.now).figures.status.progress.answers == 2


def test_every_room_of_a_project_has_a_page_behind_its_door(db: Database, tmp_path: Path) -> None:
    world = make_world(db, tmp_path)
    carmen = world.client("Carmen")
    page = carmen.get(f"/projects/{world.project}").text
    nav = page.partition('<nav class="rooms"')[2].partition("</nav>")[0]
    doors = re.findall(r'href="([^"]+)"', nav)
    assert len(doors) > 15
    assert [door for door in doors if carmen.get(door).status_code != 200] == []


def test_the_page_leads_to_what_mends_and_shows_only_rooms_one_may_enter(
    db: Database, tmp_path: Path
) -> None:
    world = make_world(db, tmp_path)
    page = world.client("Carmen").get(f"/projects/{world.project}").text
    for heading in ("How far", "How good", "How much", "How long", "Set up", "People and pay"):
        assert heading in page
    assert f'href="/projects/{world.project}/forecast"' in page
    seen_by_bao = world.client("Bao").get(f"/projects/{world.project}").text
    assert f'href="/projects/{world.project}/pay"' in page
    assert f'href="/projects/{world.project}/pay"' not in seen_by_bao
