"""The dependency audit fails on what is known, and never calls silence a clean bill."""

from __future__ import annotations

import json
from typing import Any

from tests.advisories import judge

CLEAN = {"name": "orjson", "version": "3.11.4", "vulns": []}
FLAWED = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "CVE-2024-22195", "fix_versions": ["3.1.3"], "aliases": []}],
}
MISSED = {"name": "wrapt", "skip_reason": "Dependency not found on PyPI"}


def report(*found: dict[str, Any]) -> str:
    return json.dumps({"dependencies": found, "fixes": []})


def test_a_known_vulnerability_ends_with_one_and_names_what_mends_it() -> None:
    lines, code = judge(report(CLEAN, FLAWED, MISSED))
    assert code == 1
    assert lines[0] == "jinja2 3.1.2: CVE-2024-22195, mended in 3.1.3"
    assert lines[1:] == [
        "1 known vulnerabilities in 2 dependencies.",
        "Advisories could not be asked for 1: wrapt.",
    ]


def test_what_is_clean_passes() -> None:
    assert judge(report(CLEAN)) == (["0 known vulnerabilities in 1 dependencies."], 0)


def test_where_nothing_was_looked_at_it_says_so() -> None:
    said = "Advisories could not be asked for any of 2 dependencies."
    assert judge(report(MISSED, MISSED)) == ([said], 0)
    assert judge("") == (["Advisories could not be asked: pip-audit gave no report."], 0)
