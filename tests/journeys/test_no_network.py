"""Without network: whoever leaves the task page is told so in their own language, and goes on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.test_trouble import NO_NETWORK
from tests.journeys.watch import shot


def test_a_page_that_needs_the_network_leads_back_to_what_is_here(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(6), [amina])
    hall.change("UPDATE person SET locale = 'sw' WHERE id = :id", id=amina)
    page = visit(amina, PHONE)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    expect(page.locator("html")).to_have_attribute("lang", "sw")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_function("async () => Boolean(await caches.match('/offline'))")

    page.context.set_offline(True)
    desk.answer("7")
    page.goto(f"{hall.url}/earnings")
    expect(page.get_by_role("heading", name="Hakuna mtandao")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "sw")
    here = page.get_by_role("region", name="Unaweza kuendelea hapa bila mtandao")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    shot(page, "no-network-swahili", full=True)

    here.get_by_role("link").first.click()
    expect(page).to_have_url(f"{hall.url}/work/{project}")
    expect(page.locator("#desk")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Jaribu tena")).to_have_attribute(
        "href", f"{hall.url}/earnings"
    )

    page.context.set_offline(False)
    page.get_by_role("link", name="Jaribu tena").click()
    expect(page.get_by_role("heading", name="Mapato", exact=True)).to_be_visible()
    page.goto(f"{hall.url}/work/{project}")
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value == {"digit": "7"}
