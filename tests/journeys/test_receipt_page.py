"""The page that checks receipts, from the disk: an old key's receipt under the newest key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from fairhand.web.proof.verify import verifier_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/receipts.json").read_text("utf-8"))


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in VECTORS["vectors"] if one["name"] == name)
    return found


def test_handovers_lead_from_the_key_one_has_to_the_key_that_signed(
    chrome: Browser, tmp_path: Path
) -> None:
    kept = vector("by the first key, the third trusted")
    (tmp_path / "verify.html").write_bytes(verifier_page().html)
    (tmp_path / "receipt.json").write_text(kept["text"], "utf-8")
    (tmp_path / "handovers.json").write_text(json.dumps(kept["handovers"]), "utf-8")
    page = chrome.new_page()
    try:
        page.goto((tmp_path / "verify.html").as_uri())
        page.get_by_label("public key").fill(kept["key"])
        page.locator("#file").set_input_files(tmp_path / "receipt.json")
        expect(page.locator("#verdict")).to_contain_text("DOES NOT HOLD")
        page.get_by_label("handovers.json").set_input_files(tmp_path / "handovers.json")
        expect(page.locator("#verdict")).to_contain_text("This receipt holds. Annotation 123")
        page.get_by_label("handovers.json").set_input_files(tmp_path / "receipt.json")
        expect(page.locator("#checks")).to_contain_text("no list of notes")
    finally:
        page.close()
