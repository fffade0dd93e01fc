"""A model's outputs are sent, the weak slice is seen, and its failures come back to people."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from fairhand.model.task import NewTask
from fairhand.use_cases.join_project import JoinProject, join_project
from tests.browser import PHONE
from tests.cast import PET
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.stories.evaluation_world import (
    language,
    pet_data,
    put_answers,
    truth,
    weak_in_swahili,
    write_rows,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASKS = 48


def test_what_a_model_failed_is_handed_out_again(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    people = [hall.person(name) for name in ("Amina", "Bao")]
    rows = [NewTask(pet_data(place), f"row-{place}", f"row {place}") for place in range(TASKS)]
    project = hall.project(PET, rows, people, title="Pets in two languages")
    found = hall.rows("SELECT id FROM task WHERE project_id = :id ORDER BY id", id=project)
    tasks = [int(row[0]) for row in found]
    answers = [(task, who, truth(place)) for who in people for place, task in enumerate(tasks)]
    put_answers(hall.house.db, project, answers, hall.clock())
    outputs = write_rows(
        tmp_path / "outputs.jsonl",
        [
            {"task_id": task, "prediction": weak_in_swahili(place), "score": 0.9}
            for place, task in enumerate(tasks)
        ],
    )

    page = visit(hall.carmen)
    page.goto(f"{hall.url}/projects/{project}/assist/evaluations")
    form = page.locator("form[action$='/evaluations/import']")
    form.get_by_label("File").set_input_files(outputs)
    form.get_by_label("Name and version").fill("pets@2026-11")
    form.get_by_role("button", name="Measure").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("pets@2026-11")
    worse = page.locator(".notice.warn")
    expect(worse).to_contain_text("language = sw: 50 % on 24 tasks")
    expect(page.locator("#failures ~ p").first).to_contain_text("12 tasks")
    shot(page, "measured", full=True)
    page.get_by_role("button", name="Ask one more person about each").click()
    expect(page.locator("#failures ~ p").first).to_contain_text("12 were made tasks again")

    esi = hall.person("Esi")
    phone = visit(esi, PHONE)
    join_project(hall.house.db, JoinProject(esi, project), hall.clock())
    desk = Desk(phone)
    desk.open(project)
    given = {desk.answer("cat") for _ in range(3)}
    assert {language(tasks.index(task)) for task in given} == {"sw"}
    failed = hall.rows(
        "SELECT task_id FROM model_failure AS f JOIN model_evaluation AS e "
        "ON e.id = f.evaluation_id WHERE e.project_id = :id",
        id=project,
    )
    assert given <= {int(row[0]) for row in failed}
