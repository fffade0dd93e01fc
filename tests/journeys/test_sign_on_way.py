"""Through the company's door: the button, the provider, the role of the group, and its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from fairhand.core.settings import Settings
from fairhand.people.sign_on.provider import forget_providers
from tests.browser import DESKTOP, PHONE
from tests.identity_provider import CLIENT, Provider, provider
from tests.journeys.hall import Hall
from tests.journeys.watch import Watch, shot
from tests.web.test_axe import look

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def company(quiet_hall: Hall) -> Iterator[Provider]:
    """A provider that the hall knows: strangers are let in, and `owners` own."""
    forget_providers()
    hall = quiet_hall
    with provider(lambda: hall.clock() // 1_000) as (made, _):
        made.public = True
        before = hall.house.settings
        one = {
            "issuer": made.url,
            "client_id": CLIENT,
            "label": "Company",
            "admit": True,
            "roles": {"leaf-team": ["contributor"], "managers": ["manager"]},
        }
        hall.shut()
        settings = Settings.model_validate(
            {
                "workspace": before.workspace,
                "host": before.host,
                "port": before.port,
                "sign_on": {"company": one},
            }
        )
        hall.house = replace(hall.house, settings=settings)
        hall.open()
        yield made
    forget_providers()


def come_in(page: Page, hall: Hall) -> None:
    """Click the button, and say who one is at the provider."""
    page.goto(f"{hall.url}/sign-in")
    page.get_by_role("link", name="Sign in with Company").click()
    page.get_by_role("link", name="I am Amina Mwangi").click()
    page.wait_for_url(f"{hall.url}/")


def test_a_group_opens_a_door_and_leaving_it_closes_it(
    quiet_hall: Hall, company: Provider, chrome: Browser
) -> None:
    hall = quiet_hall
    context = chrome.new_context(**DESKTOP)
    watch = Watch(hall.url.removeprefix("http://"))
    watch.expect(company.url.removeprefix("http://"), "status of 40[134]")
    watch.follow(context)
    page = context.new_page()
    page.goto(f"{hall.url}/sign-in")
    shot(page, "sign-on-button")
    assert look(page) == []
    company.person["groups"] = ["managers"]
    come_in(page, hall)
    page.goto(f"{hall.url}/people")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    expect(page.get_by_role("cell", name="manager").first).to_be_visible()
    page.goto(f"{hall.url}/account")
    expect(page.get_by_role("region", name="Single sign-on")).to_contain_text(company.url)
    shot(page, "sign-on-account", full=True)
    assert look(page) == []
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign out of Company too").click()
    expect(page.get_by_role("heading", name="Signed out of the provider")).to_be_visible()
    company.person["groups"] = []
    come_in(page, hall)
    assert page.goto(f"{hall.url}/people").status == 403  # type: ignore[union-attr]  # a page came
    context.close()
    watch.check()


def test_a_phone_proves_whose_account_it_is_and_sees_what_went_wrong(
    quiet_hall: Hall, company: Provider, chrome: Browser
) -> None:
    hall = quiet_hall
    company.person |= {"sub": "user-carmen", "name": "Carmen", "email": "carmen@example.org"}
    context = chrome.new_context(**PHONE)
    page = context.new_page()
    page.goto(hall.link(hall.carmen))
    page.get_by_role("button", name="Continue").click()
    page.goto(f"{hall.url}/account")
    page.get_by_role("link", name="Link Company").click()
    page.get_by_role("link", name="I am Carmen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this you here?")
    shot(page, "sign-on-prove-phone", full=True)
    assert look(page) == []
    page.get_by_role("button", name="Link Company to this account").click()
    page.wait_for_url(f"{hall.url}/account")
    expect(page.get_by_role("button", name=re.compile("End the link"))).to_be_visible()
    page.goto(f"{hall.url}/admin/sign-on")
    page.get_by_role("link", name="Check the way to Company").click()
    expect(page.get_by_role("table", name="The way to Company")).to_contain_text(
        "Keys that can sign"
    )
    shot(page, "sign-on-admin-phone", full=True)
    assert look(page) == []
    company.claims["nonce"] = "of somebody else"
    page.goto(f"{hall.url}/sign-in")
    page.get_by_role("link", name="Sign in with Company").click()
    page.get_by_role("link", name="I am Carmen").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong nonce")
    shot(page, "sign-on-refused-phone", full=True)
    assert look(page) == []
    context.close()
