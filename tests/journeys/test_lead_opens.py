"""A lead opens a project through the stages: terms, a paid pilot, a named go, and only then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from fairhand.core.money import MICROS
from fairhand.model.task import NewTask
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.work.projects.rules import ProjectPolicy
from tests.browser import DESKTOP, PHONE
from tests.cast import LABELS, PET
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TASKS = 8
TITLE = "Pets, opened with care"
NARROW = {**PHONE, "viewport": {"width": 390, "height": 844}}


def make_draft(hall: Hall) -> int:
    """Make a draft with tasks, guidelines and money, and nothing else."""
    policy = ProjectPolicy(
        title=TITLE,
        purpose="To tell pets apart.",
        guidelines="# Look closely\n\nA cat has whiskers.",
        questions=(PET,),
        currency="GBP",
        rate_micros_per_hour=1_500 * MICROS,
    )
    made = create_project(hall.house.db, CreateProject(hall.carmen, policy), hall.clock())
    rows = [NewTask({"text": f"a pet, {place}"}, f"{place}", f"row {place}") for place in range(20)]
    hall.add_tasks(made.id, rows)
    hall.fund(made.id, 100)
    return made.id


def answer_pilot(page: Page, pilot: int) -> None:
    """Accept the pilot's offer and answer all of it."""
    offer = page.locator(".card", has=page.get_by_text(f"Pilot 1: {TITLE}")).first
    offer.get_by_role("button", name=re.compile("Accept and start")).click()
    page.wait_for_url(re.compile(f"/work/{pilot}$"))
    desk = Desk(page)
    desk.ready()
    for _ in range(TASKS):
        desk.choose(LABELS[desk.task_id % len(LABELS)])
        desk.submit()
    expect(desk.empty).to_contain_text("Nothing to do just now")


def test_a_lead_opens_a_project_through_the_stages(hall: Hall, visit: Visitors) -> None:
    project = make_draft(hall)
    page = visit(hall.carmen, DESKTOP)
    page.goto(f"{hall.url}/projects/{project}")
    page.get_by_role("link", name=re.compile("^Readiness")).click()
    expect(page.locator(".notice").first).to_contain_text("missing before it can open")
    expect(page.locator("section[aria-labelledby=pipeline]")).to_contain_text(
        "No pilot has been run"
    )
    shot(page, "lead-1-unready", full=True)

    page.locator("#terms summary").click()
    page.get_by_label("People in the pilot").fill("2")
    page.get_by_label("People who have passed the course").fill("0")
    page.get_by_label("Gold tasks").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice").first).to_contain_text("3 things are missing")

    page.get_by_role("link", name="Pilot", exact=True).click()
    page.get_by_label("Tasks").fill(str(TASKS))
    shot(page, "lead-2-pilot-form", full=True)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name=re.compile("^Pilot 1"))).to_contain_text("running")
    pilot = int(hall.rows("SELECT max(project_id) FROM pilot")[0][0])

    answer_pilot(visit(hall.person("Amina")), pilot)
    page.reload()
    expect(page.get_by_text("1 of 2 have answered")).to_be_visible()
    page.get_by_label("Your reason").fill("We are in a hurry.")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A go is not possible")
    visit.watch(page).expect("status of 409")
    answer_pilot(visit(hall.person("Bao")), pilot)

    page.goto(f"{hall.url}/projects/{project}/pilot")
    expect(page.get_by_text("A go is possible")).to_be_visible()
    shot(page, "lead-3-measured", full=True)
    page.get_by_label("Your reason").fill("They agree, and the price holds.")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text("They agree, and the price holds.")).to_be_visible()
    page.get_by_role("link", name="Readiness", exact=True).click()
    expect(page.locator(".notice.ok")).to_contain_text("the project may open")
    shot(page, "lead-4-ready", full=True)

    narrow = visit(hall.carmen, NARROW)
    for end in ("ready", "pilot"):
        narrow.goto(f"{hall.url}/projects/{project}/{end}")
        shot(narrow, f"lead-5-narrow-{end}", full=True)

    page.get_by_role("link", name="Open it under").click()
    page.locator("details.card", has_text="Mode and gate").locator("summary").first.click()
    page.get_by_role("button", name="Open for paid work").click()
    expect(page.locator("h1 .chip")).to_have_text("open")
    page.goto(f"{hall.url}/projects/{project}/ready")
    expect(page.locator("h2", has_text="Compute")).to_contain_text("missing")
    shot(page, "lead-6-open", full=True)
