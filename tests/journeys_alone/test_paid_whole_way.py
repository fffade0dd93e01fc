"""From work on a phone to money in the bank: disputed, corrected, closed, paid out, verified."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from fairhand.core.clock import DAY_MS, iso
from tests.browser import PHONE
from tests.journeys.conftest import Visitors, _let_in
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAYER = """
payout_name = "Example Lab SAS"
payout_iban = "FR7630006000011234567890189"
payout_bic = "AGRIFRPP"
payout_street = "Rue de Rivoli"
payout_building = "1"
payout_postcode = "75001"
payout_town = "Paris"
payout_country = "FR"
"""
HER_BANK = {
    "Name": "Aïcha Öztürk",
    "IBAN": "FR7630004000031234567890143",
    "Street": "Rue des Écoles",
    "Town": "Lyon",
    "Country": "FR",
}


@pytest.fixture
def paying_hall(tmp_path: Path) -> Iterator[Hall]:
    """A workspace that says who pays, with its jobs running."""
    folder = tmp_path / "paying"
    folder.mkdir()
    (folder / "fairhand.toml").write_text(PAYER, "utf-8")
    served = Hall(folder)
    yield served
    served.close()


@pytest.fixture
def let_in(
    chrome: Browser, paying_hall: Hall, request: pytest.FixtureRequest
) -> Iterator[Visitors]:
    """Let people in; none of their pages may complain."""
    yield from _let_in(chrome, paying_hall, request)


@dataclass
class Payment:
    """What is followed on its way."""

    hall: Hall
    amina: Page
    carmen: Page
    folder: Path

    def work(self, project: int) -> None:
        """Four answers on a phone."""
        desk = Desk(self.amina)
        desk.open(project)
        for value in "1234":
            desk.answer(value)
        self.hall.await_annotations(project, 4)

    def dispute(self) -> None:
        """She says that twenty minutes of reading are missing."""
        page = self.amina
        page.goto(f"{self.hall.url}/earnings/disputes")
        page.get_by_role("link", name="Open a dispute").click()
        page.get_by_label("Minutes").fill("20")
        page.get_by_label("In your words").fill("I read the guidelines on paper first.")
        shot(page, "pay-dispute", full=True)
        page.get_by_role("button", name="Send it").click()
        expect(page.get_by_role("button", name="Take it back")).to_be_visible()

    def uphold(self) -> None:
        """A person answers under their name."""
        page = self.carmen
        page.goto(f"{self.hall.url}/pay/disputes")
        page.get_by_role("link", name="Answer dispute").click()
        page.get_by_role("radio").first.check()
        page.get_by_label("Your reason").fill("The guidelines do take that long to read.")
        page.get_by_role("button", name="Answer under my name").click()
        self.amina.goto(f"{self.hall.url}/earnings/disputes")
        expect(self.amina.get_by_text("You get EUR 5.00").first).to_be_visible()

    def close(self) -> None:
        """The period closes in the background, in front of whoever started it."""
        self.hall.clock.ahead_ms += DAY_MS
        page = self.carmen
        page.goto(f"{self.hall.url}/pay")
        shot(page, "pay-office", full=True)
        page.get_by_role("button", name="Close the period and write statements").click()
        page.get_by_role("link", name="See the period").click(timeout=60_000)
        page.wait_for_url(re.compile(r"/pay/periods/\d+$"))
        shot(page, "pay-period", full=True)

    def open_statement(self) -> str:
        """She reads every line of it."""
        page = self.amina
        page.goto(f"{self.hall.url}/earnings")
        shot(page, "own-earnings", full=True)
        page.locator("a[href^='/earnings/statements/']").first.click()
        expect(page.locator("main")).to_contain_text("dispute 1")
        shot(page, "own-statement", full=True)
        return page.url.rsplit("/", 1)[1]

    def say_where(self) -> None:
        """Her bank account, structured as banks want it now."""
        page = self.amina
        page.goto(f"{self.hall.url}/earnings/payout?currency=EUR&rail=sepa")
        form = page.locator("form", has=page.get_by_role("button", name="Save"))
        for label, text in HER_BANK.items():
            form.get_by_label(re.compile(label)).first.fill(text)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        shot(page, "own-payout", full=True)

    def send(self) -> Path:
        """A file for the bank, taken there by a person."""
        page = self.carmen
        page.goto(f"{self.hall.url}/pay/payouts")
        page.get_by_role("link", name="Look at the batch").click()
        shot(page, "payout-preview", full=True)
        page.get_by_role("button", name=re.compile("Make the")).click()
        with page.expect_download() as coming:
            page.get_by_role("link", name=re.compile("Download")).click()
        file = self.folder / "pain.xml"
        coming.value.save_as(file)
        page.get_by_role("button", name="I have sent it").click()
        return file

    def read_back(self, statement: Path) -> None:
        """What the bank answers is read in, and clearing comes to zero."""
        page = self.carmen
        page.goto(f"{self.hall.url}/pay/payouts")
        page.get_by_label("Answer of the bank or provider").set_input_files(statement)
        page.get_by_role("button", name="Read it in").click()
        expect(page.locator("main")).to_contain_text("Clearing is at zero")
        shot(page, "payouts-read", full=True)
        self.amina.goto(f"{self.hall.url}/earnings/payout")
        expect(self.amina.locator("table.stacks")).to_contain_text(re.compile("arrived", re.I))


def bank_statement(pain: Path, day: str) -> str:
    """Write the camt.053 with which a bank would answer a pain.001."""
    root = ElementTree.fromstring(pain.read_text("utf-8"))  # noqa: S314  # our own file
    names = {"p": root.tag[1:].partition("}")[0]}
    entries = []
    for payment in root.iterfind(".//p:CdtTrfTxInf", names):
        reference = payment.findtext(".//p:EndToEndId", namespaces=names)
        amount = payment.findtext(".//p:InstdAmt", namespaces=names)
        entries.append(
            f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls>"
            f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>"
            f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
            "</TxDtls></NtryDtls></Ntry>"
        )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>1</MsgId><CreDtTm>{day}T12:00:00Z</CreDtTm></GrpHdr>"
        f"<Stmt><Id>1</Id>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    )


def verify(bundle: Path) -> subprocess.CompletedProcess[str]:
    """Check a statement as anybody can, without a workspace."""
    command = [sys.executable, "-m", "fairhand", "verify", "statement", str(bundle)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_money_is_earned_disputed_settled_sent_and_proved(
    paying_hall: Hall, let_in: Visitors, chrome: Browser, tmp_path: Path
) -> None:
    hall = paying_hall
    amina = hall.person("Amina", "FR")
    project = hall.project(DIGIT, digits(6), [amina], currency="EUR", title="Digits for euros")
    way = Payment(hall, let_in(amina, PHONE), let_in(hall.carmen), tmp_path)

    way.work(project)
    way.dispute()
    way.uphold()
    way.close()
    number = way.open_statement()
    way.say_where()
    sent = way.send()
    answer = tmp_path / "camt.xml"
    answer.write_text(bank_statement(sent, iso(hall.clock())[:10]), "utf-8")
    way.read_back(answer)

    bundle = tmp_path / "bundle.json"
    hall.seal()
    fetched = way.amina.request.get(f"{hall.url}/earnings/statements/{number}/bundle")
    assert fetched.ok, fetched.text()
    bundle.write_bytes(fetched.body())
    checked = verify(bundle)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert_page_agrees(chrome, hall, way.amina, bundle)

    forged = tmp_path / "forged.json"
    forged.write_text(bundle.read_text("utf-8").replace("5.00", "6.00", 1), "utf-8")
    assert verify(forged).returncode == 1


def assert_page_agrees(chrome: Browser, hall: Hall, page: Page, bundle: Path) -> None:
    """The one HTML file, from the disk and without a network, says the same."""
    kept = bundle.with_name("verifier.html")
    kept.write_bytes(page.request.get(f"{hall.url}/verify/download").body())
    context = chrome.new_context(offline=True)
    try:
        offline = context.new_page()
        offline.goto(kept.as_uri())
        offline.locator("#file").set_input_files(bundle)
        expect(offline.locator("#verdict")).to_contain_text(re.compile("holds", re.I))
        shot(offline, "statement-verified-offline")
    finally:
        context.close()
