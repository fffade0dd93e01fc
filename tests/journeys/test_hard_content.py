"""Hard content stays covered until its person looks; what was in view is what counts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fairhand.core.ids import sha256_hex
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser


def visible_filter(page: Page) -> str:
    """The filter that lies on the picture."""
    return str(page.locator(".item-image").evaluate("node => node.style.filter"))


def test_a_picture_is_covered_drawn_shown_and_rated_on_its_persons_word(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(3), [amina], title="Hard digits", overlap=1)
    hall.change("UPDATE project SET tier = 2 WHERE id = :p", p=project)
    hall.change("UPDATE queue SET tier = 2, dose = 1500 WHERE project_id = :p", p=project)
    for tier in (1, 2):
        sha256 = sha256_hex(words_for_tier(tier).encode())
        agree_to_tier(hall.house.db, AgreeToTier(amina, tier, sha256), hall.clock())
    page = visit(amina)
    page.goto(f"{hall.url}/wellbeing/content")
    page.get_by_label("As a drawing").check()
    page.get_by_role("button", name="Keep this").click()
    desk = Desk(page)
    desk.open(project)

    expect(page.get_by_text("It stays covered until you choose. Tier 2 of 3.")).to_be_visible()
    expect(page.locator(".item-image")).to_be_hidden()
    shot(page, "hard-covered")
    first = desk.answer("4")  # answered without ever looking
    page.get_by_role("button", name="Show it as a drawing").click()
    expect(page.locator(".item-image")).to_be_visible()
    assert visible_filter(page).startswith("url(")
    shot(page, "hard-drawing")
    page.get_by_role("button", name="Show it as it is").click()
    assert visible_filter(page) == ""
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Cover it").click()
    expect(page.locator(".item-image")).to_be_hidden()
    second = desk.answer("7")
    rated = page.get_by_role("group", name="How hard it was")
    expect(rated).to_be_visible()
    shot(page, "hard-rated")
    with page.expect_response("**/api/v1/me/wellbeing/content/*"):
        rated.get_by_role("button", name="Severe").click()

    query = "SELECT visible_ms, own_tier, state FROM exposure WHERE person_id = :p AND task_id = :t"
    hall.wait(lambda: hall.rows(query, p=amina, t=second)[0][0] is not None, 10)
    assert hall.rows(query, p=amina, t=first) == [(0, None, "seen")]
    ((visible_ms, own_tier, state),) = hall.rows(query, p=amina, t=second)
    assert 300 <= visible_ms < 60_000
    assert (own_tier, state) == (3, "seen")
    page.goto(f"{hall.url}/wellbeing/content")
    shot(page, "hard-history", full=True)
    page.goto(f"{hall.url}/wellbeing")
    shot(page, "hard-limits", full=True)


def test_a_diary_is_sealed_on_the_page_and_opened_by_its_words_alone(
    hall: Hall, visit: Visitors
) -> None:
    amina, words, said = hall.person("Amina"), "a quiet place by the sea", "I slept badly."
    page = visit(amina, PHONE)
    page.goto(f"{hall.url}/wellbeing/check-ins")
    page.get_by_label("Words, at least 12 characters", exact=True).fill(words)
    page.get_by_label("The same again").fill(words)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="These last two weeks")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text(
        "Ready. Keep your words: nobody can find them again for you."
    )
    page.get_by_role("group", name="I slept well enough").get_by_label("seldom").check()
    page.get_by_label("Anything else").fill(said)
    page.get_by_role("button", name="Seal and keep it").click()
    expect(page.get_by_text("Kept, sealed.")).to_be_visible()
    shot(page, "check-in-kept", full=True)

    page.reload()
    expect(page.get_by_text(said)).to_have_count(0)
    page.get_by_label("Your words").fill("another place by the sea")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text("These are not the words that sealed it.")).to_be_visible()
    page.get_by_label("Your words").fill(words)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("25 of 100")).to_be_visible()
    expect(page.get_by_role("heading", name="These last two weeks")).to_be_focused()
    ((sealed,),) = hall.rows("SELECT sealed FROM check_in WHERE person_id = :p", p=amina)
    assert said.encode() not in bytes(sealed)
    for name in ("", "/content", "/check-ins", "/care"):
        page.goto(f"{hall.url}/wellbeing{name}")
        shot(page, f"wellbeing-phone{name.replace('/', '-')}", full=True)
