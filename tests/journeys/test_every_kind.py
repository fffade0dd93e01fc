"""Every kind of work, from its template: no barrier, in both reading directions, on any device."""

from __future__ import annotations

from importlib import resources

import pytest
from playwright.sync_api import Page, expect

from fairhand.use_cases.read_templates import Template, list_templates
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.kinds import open_template
from tests.journeys.test_small_screens import check_fit
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE_PHONE = {**PHONE, "viewport": {"width": 390, "height": 844}}
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN = (
    "() => axe.run().then(found => found.violations.map("
    "one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')}`))"
)
_USABLE = "() => performance.getEntriesByName('usable').length > 0"


def barriers(page: Page) -> list[str]:
    """Say what stands in a person's way."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize("template", list_templates(), ids=lambda one: one.name)
def test_a_kind_of_work_puts_up_no_barrier_and_fits(
    hall: Hall, visit: Visitors, template: Template
) -> None:
    amina = hall.person("Amina")
    project = open_template(hall, template, amina)
    page = visit(amina, {**WIDE_PHONE, "color_scheme": "dark"})
    page.goto(f"{hall.url}/work/{project}")
    page.wait_for_function(_USABLE)
    expect(page.locator("#panel > *").first).to_be_attached()
    shot(page, f"kind-{template.name}-phone")
    assert barriers(page) == []
    page.set_viewport_size(DESKTOP["viewport"])
    page.emulate_media(color_scheme="light")
    shot(page, f"kind-{template.name}-desktop")
    assert barriers(page) == []
    page.set_viewport_size(WIDE_PHONE["viewport"])
    check_fit(page)
