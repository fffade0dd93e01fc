"""An ordinary day at the task page: answers, skips, second thoughts, suggestions, keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, STRUCTURES, digits, guessed_digits, tissue
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser


def focus_is_seen(page: Page) -> bool:
    """Say whether what has the focus is marked with an outline, itself or by its row."""
    return bool(
        page.evaluate(
            """() => {
              const at = document.activeElement;
              return [at, at.closest('label')].some((node) => {
                const style = node && getComputedStyle(node);
                return style?.outlineStyle !== 'none' && parseFloat(style?.outlineWidth) >= 2;
              });
            }"""
        )
    )


def test_keys_alone_lead_from_the_link_to_three_answers(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(4), title="Digits by keys")
    page = visit(amina)
    page.goto(hall.link(amina))

    def tab_to(name: str) -> None:
        for _ in range(25):
            page.keyboard.press("Tab")
            assert focus_is_seen(page), "the focus cannot be seen"
            focused = page.evaluate("() => document.activeElement.textContent.trim()")
            if focused.startswith(name):
                return
        raise AssertionError(f"Tab never came to {name!r}")

    tab_to("Continue")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{hall.url}/")
    tab_to("Accept and start: Digits by keys")
    shot(page, "keys-home-focus")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/work/{project}")
    desk = Desk(page)
    desk.ready()
    for digit in "741":
        before = desk.task_id
        page.keyboard.press(digit)
        assert focus_is_seen(page)
        if digit == "4":
            shot(page, "keys-choice-focus")
        page.keyboard.press("Enter")
        desk.moved_on(before)

    answers = hall.await_annotations(project, 3)
    assert [one.value["digit"] for one in answers] == ["7", "4", "1"]
    assert {one.person_id for one in answers} == {amina}


def test_an_answer_taken_back_is_replaced_and_both_are_paid(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(3), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    task_id = desk.answer("3")
    hall.await_annotations(project, 1)
    desk.says("Sent")
    paid_first = hall.paid_ms(amina)

    page.get_by_role("button", name="Undo last").click()
    expect(page.locator("#revising")).to_be_visible()
    assert desk.task_id == task_id
    expect(page.locator("input[value='3']")).to_be_checked()
    shot(page, "undo-last-submit")
    desk.answer("8")

    first, second = hall.await_annotations(project, 2)
    assert (first.revision, first.superseded) == (1, True)
    assert (second.revision, second.superseded) == (2, False)
    assert (second.task_id, second.value["digit"], second.counted) == (task_id, "8", True)
    hall.wait(lambda: hall.paid_ms(amina) > paid_first)


def test_a_skip_is_paid_and_never_comes_back(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(2), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    skipped = desk.task_id

    page.get_by_role("button", name="Skip (paid)").click()
    desk.moved_on(skipped)
    hall.wait(lambda: hall.rows("SELECT 1 FROM skip WHERE task_id = :task", task=skipped))
    hall.wait(lambda: hall.paid_ms(amina) > 0)
    desk.answer("1")
    expect(desk.empty).to_be_visible()
    expect(desk.empty).to_contain_text("Nothing to do just now")
    expect(desk.submit_button).to_be_disabled()
    shot(page, "nothing-to-do")
    (answer,) = hall.await_annotations(project, 1)
    assert answer.task_id != skipped


def test_a_suggestion_kept_and_one_changed_are_told_apart(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    guesses = guessed_digits(3)
    project = hall.project(DIGIT, guesses, [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    suggested = page.locator("label.option:has(.hint)")

    expect(suggested).to_contain_text("suggested")
    shot(page, "choice-suggestion")
    page.keyboard.press("h")
    expect(suggested.locator(".hint")).to_be_hidden()
    expect(page.locator(".proposal")).to_contain_text("Show it")
    page.keyboard.press("h")
    expect(page.locator(".proposal")).to_contain_text("Hide it")
    expect(suggested.locator(".hint")).to_be_visible()
    kept = suggested.locator("input").get_attribute("value") or ""
    desk.answer(kept)
    other = "0" if suggested.locator("input").get_attribute("value") != "0" else "1"
    desk.answer(other)

    first, second = hall.await_annotations(project, 2)
    assert (first.prediction_shown, first.prediction_changed) == (True, False)
    assert (second.prediction_shown, second.prediction_changed) == (True, True)
    assert second.value["digit"] == other


def test_a_proposed_mask_is_shown_hidden_edited_and_marked_as_changed(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(STRUCTURES, tissue(3, guessed=True), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)

    with_proposal = desk.canvas.screenshot()
    shot(page, "mask-proposal")
    page.keyboard.press("h")
    expect(desk.tool("Hide proposal")).to_have_attribute("aria-pressed", "true")
    assert desk.canvas.screenshot() != with_proposal
    page.keyboard.press("h")
    desk.submit()
    desk.stroke((0.3, 0.3), (0.6, 0.6))
    desk.submit()

    first, second = hall.await_annotations(project, 2)
    assert (first.prediction_shown, first.prediction_changed) == (True, False)
    assert (second.prediction_shown, second.prediction_changed) == (True, True)
    assert first.prediction_id is not None
