"""The one-file verifier: offline, from the disk, in a real browser, it believes no changed bit."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Request, sync_playwright

from fairhand.core.clock import Instant
from fairhand.core.money import exponent
from fairhand.proof.log.rotation import dump_handovers
from fairhand.use_cases.read_bundle import verify_bundle
from fairhand.web.proof.verify import PARTS, verifier_page
from tests import browser as chromium
from tests.bundles import (
    MADE,
    NEXT,
    bundle,
    document,
    entries_v1,
    entries_v2,
    good,
    handed_over,
    tampered,
)
from tests.cast import SIGNER
from tests.web.test_axe import look
from tests.web.world import World

NODE = shutil.which("node") or ""
KEY = SIGNER.verifier.vkey
VERSIONS = (1, 2)
FLIPS = 200


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chrome: Browser, tmp_path: Path) -> Iterator[Page]:
    """The verifier as a file on the disk, in a browser without a network."""
    file = tmp_path / "verify.html"
    file.write_bytes(verifier_page().html)
    context = chrome.new_context(**chromium.PHONE, offline=True)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(_address(request)))
    opened.on("pageerror", lambda error: asked.append(f"error: {error}"))
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert asked == [file.as_uri()], "the page asks for nothing but itself, and stumbles nowhere"


def _address(request: Request) -> str:
    return str(request.url)


def drop(page: Page, text: str | bytes, name: str) -> str:
    """Choose a bundle; gives what the page says of it: ok, failed or open."""
    raw = text if isinstance(text, bytes) else text.encode()
    file: FilePayload = {"name": name, "mimeType": "application/json", "buffer": raw}
    page.set_input_files("#file", files=[file])
    page.wait_for_function("name => document.getElementById('name').textContent === name", arg=name)
    return str(page.evaluate("document.getElementById('result').className"))


@pytest.mark.browser
@pytest.mark.parametrize("version", VERSIONS)
def test_a_right_bundle_holds_in_the_browser_with_the_key_and_without(
    page: Page, version: int
) -> None:
    assert drop(page, good(version).text(), "hinted.json") == "ok"
    assert "compare that key" in page.inner_text("#checks")
    page.fill("#key", KEY)
    assert drop(page, good(version).text(), "trusted.json") == "ok"
    assert "the key that you trust" in page.inner_text("#checks")
    assert page.locator("#checks li.ok").count() == 9
    assert look(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("version", VERSIONS)
def test_no_changed_bit_is_believed_in_the_browser(page: Page, version: int) -> None:
    raw = good(version).text().encode()
    dice = random.Random(20261122 + version)
    page.fill("#key", KEY)
    believed = []
    for index, place in enumerate(dice.sample(range(len(raw)), FLIPS)):
        changed = bytearray(raw)
        changed[place] ^= 1 << dice.randrange(8)
        if drop(page, bytes(changed), f"{index}.json") == "ok":
            believed.append(place)
    assert believed == []


@pytest.mark.browser
def test_what_is_not_sealed_or_of_another_log_is_not_said_to_hold(page: Page) -> None:
    waiting = replace(good(2), receipt=None, sealed="not_sealed")
    assert drop(page, waiting.text(), "waiting.json") == "open"
    assert "NOT PROVEN" in page.inner_text("#verdict")
    page.fill("#key", "log.example/dmitri+00000000+AAAA")
    assert drop(page, good(2).text(), "theirs.json") == "failed"
    assert drop(page, "no bundle at all", "words.json") == "failed"


@pytest.mark.browser
def test_a_bundle_of_an_older_key_holds_under_the_newest_with_the_logs_own_notes(
    page: Page, tmp_path: Path
) -> None:
    page.fill("#key", NEXT.verifier.vkey)
    assert drop(page, handed_over(2).text(), "new.json") == "ok"
    assert drop(page, good(2).text(), "old.json") == "failed"
    notes = tmp_path / "handovers.json"
    notes.write_bytes(dump_handovers(handed_over(2).handovers))
    page.set_input_files("#handovers", notes)
    page.wait_for_selector("#result.ok")


@pytest.mark.browser
def test_a_browser_that_cannot_check_signatures_says_so(chrome: Browser, tmp_path: Path) -> None:
    file = tmp_path / "verify.html"
    file.write_bytes(verifier_page().html)
    opened = chrome.new_page()
    opened.add_init_script(
        "const known = SubtleCrypto.prototype.importKey;"
        "SubtleCrypto.prototype.importKey = function (format, key, kind, ...rest) {"
        "  if (kind.name === 'Ed25519') throw new DOMException('no', 'NotSupportedError');"
        "  return known.call(this, format, key, kind, ...rest); };"
    )
    opened.goto(file.as_uri())
    assert drop(opened, good(2).text(), "old.json") == "open"
    assert "nobody vouches" in opened.inner_text("#checks")
    opened.close()


@pytest.mark.skipif(not NODE, reason="no node: the verifier's modules are not compared")
def test_the_page_and_the_command_find_the_same_things_wrong() -> None:
    texts = [good(1).text(), good(2).text(), handed_over(2).text(), *_forgeries()]
    script = f"""
      import {{ verifyBundle }} from '{(PARTS / "bundle.js").as_uri()}';
      import fs from 'node:fs';
      const found = [];
      for (const text of JSON.parse(fs.readFileSync(0))) {{
        found.push((await verifyBundle(text, '{KEY}')).checks);
      }}
      console.log(JSON.stringify(found));
    """
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    theirs = [{one["name"]: one["state"] for one in checks} for checks in json.loads(run.stdout)]
    mine = [
        {check.name: check.state for check in verify_bundle(text, SIGNER.verifier).checks}
        for text in texts
    ]
    assert theirs == mine


@pytest.mark.skipif(not NODE, reason="no node: the verifier's modules are not compared")
def test_the_page_knows_the_digits_of_every_currency() -> None:
    codes = "EUR KES GBP JPY KRW TND KWD BHD CLF UYW UGX ISK XAF USD NGN VND MRU IQD".split()
    script = f"""
      import {{ exponent }} from '{(PARTS / "exact.js").as_uri()}';
      console.log(JSON.stringify({json.dumps(codes)}.map(exponent)));
    """
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == [exponent(code) for code in codes]


def test_the_page_is_served_to_anybody_under_a_policy_of_its_own(world: World) -> None:
    stranger = world.client(None)
    for path in ("/verify", "/verify/download"):
        answer = stranger.get(path)
        assert answer.status_code == 200
        assert answer.content == verifier_page().html
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "connect-src" not in policy
    assert "attachment" in stranger.get("/verify/download").headers["content-disposition"]


def _forgeries() -> list[str]:
    """Bundles with one thing wrong each, every one under a digest that fits."""
    found = []
    for version, entries in ((1, entries_v1()), (2, entries_v2())):
        right = good(version)
        body = document(entries, version)
        for index, one in enumerate(entries):
            less = replace(one, amount_micros=one.amount_micros - 1)
            late = replace(one, ended_at=one.started_at.__class__(one.ended_at + 40 * 86_400_000))
            moved = replace(one, project_id=one.project_id + 1)
            longer = replace(one, paid_ms=one.paid_ms + 1)
            for other in (less, late, moved, longer):
                wrong = [*entries]
                wrong[index] = other
                found.append(bundle(wrong, body).text())
                found.append(bundle(wrong, document(wrong, version)).text())
        found.append(bundle(entries[:-1], document(entries[:-1], version)).text())
        found.append(bundle(entries, document(entries, version, previous_sha256=None)).text())
        found.append(bundle(entries, document(entries, version, currency="JPY")).text())
        found.append(bundle(entries, body, person=8).text())
        found.append(tampered(right.text(), {"sealed": "erased"}))
        found.append(replace(right, receipt=None, sealed="erased").text())
        found.append(tampered(right.text(), {"more": 1}))
        held = handed_over(version)
        found.append(handed_over(version, Instant(MADE - 1)).text())
        found.append(replace(held, handovers=()).text())
        found.append(replace(held, handovers=held.handovers[1:]).text())
        found.append(replace(held, handovers=(held.handovers[0][:-3] + "==\n",)).text())
        found.append(tampered(held.text(), {"handovers": []}))
    return found
