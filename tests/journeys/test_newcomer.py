"""A newcomer learns, qualifies, works, meets a limit, gets safe work, and wins an appeal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from fairhand.model.task import NewTask
from fairhand.use_cases.draft_course import DraftCourse, draft_course
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.publish_course import publish_course
from fairhand.use_cases.save_course import SaveCourse, save_course
from fairhand.use_cases.set_gold_share import SetGoldShare, set_gold_share
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from tests.browser import PHONE
from tests.cast import LABELS, PET
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOLD = 12
ASKED = 5
SOUNDS = {"cat": "It purrs.", "dog": "It barks.", "owl": "It hoots."}
HARD_DOSE = 1_500  # thousandths of a severity-minute: what one of the hard tasks is expected to be


def truth(page: Page, within: str = "") -> str:
    """Say what anybody can read off the text."""
    said = page.locator(f"{within} .item-text".strip()).first.inner_text()
    return next(pet for pet, sound in SOUNDS.items() if sound in said)


def pets(count: int, title: str) -> list[NewTask]:
    """Write down what was heard, a third of each."""
    rows = []
    for number in range(count):
        sound = SOUNDS[LABELS[number % 3]]
        rows.append(
            NewTask({"text": f"{title} {number}: {sound}"}, f"{title}{number}", f"{number}")
        )
    return rows


def teach(hall: Hall, project: int) -> list[int]:
    """Mark gold tasks and publish a course made of them; gives the gold tasks."""
    db, now = hall.house.db, hall.clock()
    query = "SELECT id, data FROM task WHERE project_id = :p ORDER BY id LIMIT :n"
    gold = []
    for task_id, data in hall.rows(query, p=project, n=GOLD):
        pet = next(one for one, sound in SOUNDS.items() if sound in data)
        mark_gold(db, MarkGold(hall.carmen, project, task_id, {"pet": pet}, SOUNDS[pet]), now)
        gold.append(task_id)
    made = draft_course(db, DraftCourse(hall.carmen, project), now)
    kept = [one for one in made.plan.steps if one.kind != "practice"][:2]
    kept += [one for one in made.plan.steps if one.kind == "practice"][:1]
    plan = replace(made.plan, steps=tuple(kept), exam_asks=ASKED, pass_permille=500)
    save_course(db, SaveCourse(hall.carmen, project, made.number, plan), now)
    publish_course(db, project, made.number, hall.carmen, now)
    return gold


def learn_and_pass(page: Page, hall: Hall) -> None:
    """Go through the lesson, and sit the exam."""
    page.get_by_role("link", name=re.compile("the lesson$")).first.click()
    shot(page, "newcomer-2-lesson", full=True)
    while not page.get_by_role("link", name="To the exam").first.is_visible():
        answer = page.get_by_role("button", name="Answer")
        if answer.count():
            page.locator(f"label.option:has(input[value='{truth(page)}'])").click()
            answer.click()
            expect(page.get_by_text("That is right.")).to_be_visible()
            shot(page, "newcomer-3-told", full=True)
        else:
            page.get_by_role("button", name="Go on").or_(
                page.get_by_role("link", name="Go on")
            ).first.click()
    page.get_by_role("link", name="To the exam").first.click()
    page.get_by_role("button", name="Begin the exam").click()
    for number in range(ASKED):
        expect(page.get_by_text(f"Question {number + 1} of {ASKED}").first).to_be_visible()
        page.locator(f"label.option:has(input[value='{truth(page)}'])").click()
        page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("heading", name="Passed")).to_be_visible()
    shot(page, "newcomer-4-passed", full=True)


def agree(page: Page, hall: Hall, minutes: str) -> None:
    """Set a limit of one's own, and agree to what was read, a tier at a time."""
    page.goto(f"{hall.url}/wellbeing")
    page.get_by_label("Severity-minutes", exact=False).first.fill(minutes)
    page.get_by_role("button", name="Set my limits").click()
    for tier in (1, 2):
        page.get_by_text(f"Read what tier {tier} is").click()
        page.get_by_role("button", name=f"may be shown tier {tier}").click()
    expect(page.locator("#tier-2")).to_contain_text("agreed")


def test_a_newcomer_learns_works_meets_a_limit_and_wins_an_appeal(
    hall: Hall, visit: Visitors
) -> None:
    amina, bao = hall.person("Amina"), hall.person("Bao")
    give_role(hall.house.db, GiveRole(bao, "reviewer"), hall.clock())
    safe = hall.project(PET, pets(40, "Heard"), title="Sounds of pets", overlap=1)
    gold = teach(hall, safe)

    page = visit(amina, PHONE)
    offer = page.locator(".card", has=page.get_by_text("Sounds of pets")).first
    shot(page, "newcomer-1-offer", full=True)
    offer.get_by_role("button", name=re.compile("Accept")).click()
    page.wait_for_url(re.compile(r"/(work|learn)"))
    page.goto(f"{hall.url}/learn")
    learn_and_pass(page, hall)
    page.goto(f"{hall.url}/credentials")
    expect(page.get_by_text("Sounds of pets").first).to_be_visible()
    shot(page, "newcomer-5-credential", full=True)

    hard = hall.project(PET, pets(9, "Scared"), title="Frightened pets", overlap=1)
    hall.change("UPDATE project SET tier = 2 WHERE id = :p", p=hard)
    hall.change("UPDATE queue SET tier = 2, dose = :d WHERE project_id = :p", d=HARD_DOSE, p=hard)
    agree(page, hall, "1.52")
    page.goto(hall.url)
    offer = page.locator(".card", has=page.get_by_text("Frightened pets")).first
    shot(page, "newcomer-6-hard-offer", full=True)
    offer.get_by_role("button", name=re.compile("Accept")).click()
    page.wait_for_url(re.compile(f"/work/{hard}"))
    desk = Desk(page)
    desk.open(hard)
    page.get_by_role("button", name="Show it", exact=True).click()
    page.wait_for_timeout(900)  # a little of it is seen: what is left is less than the next needs
    desk.answer(truth(page))
    expect(desk.empty).to_contain_text("That is enough of this content for now")
    expect(desk.empty).to_contain_text("Sounds of pets")
    shot(page, "newcomer-7-limit", full=True)

    for task_id in gold:
        unmark_gold(hall.house.db, UnmarkGold(hall.carmen, safe, task_id), hall.clock())
    query = "SELECT id, data FROM task WHERE project_id = :p AND data LIKE '%purrs%' ORDER BY id"
    wrong = hall.rows(query, p=safe)[-1][0]
    told = MarkGold(hall.carmen, safe, wrong, {"pet": "owl"}, "Its eyes are large.")
    mark_gold(hall.house.db, told, hall.clock())
    set_gold_share(hall.house.db, SetGoldShare(hall.carmen, safe, 50), hall.clock())
    desk.open(safe)
    missed = "SELECT count(*) FROM decision WHERE person_id = :p AND kind = 'gold_missed'"
    for _ in range(20):
        desk.answer(truth(page))
        if hall.rows(missed, p=amina)[0][0]:
            break
    hall.wait(lambda: hall.rows(missed, p=amina)[0][0] == 1)

    page.goto(f"{hall.url}/rights")
    shot(page, "newcomer-8-decisions", full=True)
    page.get_by_role("link", name="Appeal this").first.click()
    page.get_by_label("Why is it wrong?").fill("It purrs. Owls do not purr; this is a cat.")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text("If nobody answers until then, you are right.")).to_be_visible()
    shot(page, "newcomer-9-appealed", full=True)

    office = visit(bao)
    office.goto(f"{hall.url}/conduct/appeals")
    office.get_by_role("link", name=re.compile("Hear appeal")).first.click()
    shot(office, "newcomer-10-hearing", full=True)
    begin = office.get_by_role("button", name=re.compile("Hear|Take|Look"))
    if begin.count():
        begin.first.click()
    expect(office.get_by_text("Amina")).to_have_count(0)
    office.get_by_label("The person is right: undo it").check()
    office.get_by_label("Your reason").fill("Every reader heard a cat; the known answer is wrong.")
    office.get_by_role("button", name="Say what I found").click()

    page.reload()
    expect(page.get_by_text("Every reader heard a cat; the known answer is wrong.")).to_be_visible()
    shot(page, "newcomer-11-won", full=True)
    assert hall.rows("SELECT task_id FROM gold_quarantine WHERE project_id = :p", p=safe) == [
        (wrong,)
    ]
    page.goto(f"{hall.url}/earnings")
    shot(page, "newcomer-12-earnings", full=True)
    kinds = hall.rows("SELECT DISTINCT activity FROM accrual WHERE person_id = :p", p=amina)
    assert {"annotate", "train", "qualify"} <= {row[0] for row in kinds}
