"""Which tests are slow: those that a whole run measured so, kept in slow.json beside this.

    python -m tests.slow REPORT.xml [REPORT.xml ...]

writes the list anew from reports of `make test-all ARGS=--junitxml=REPORT.xml`; one of them in
which a test was slow is enough. A test that is not in the list, or has another name since, runs
every day.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from defusedxml import ElementTree

_LIST = Path(__file__).with_name("slow.json")
_SECONDS = 0.3
"""Above this a test waits for CI; what is left takes about three minutes on two cores."""


def slow_tests() -> dict[str, frozenset[str]]:
    """Return the names of the slow test functions by module, such as tests.web.test_pages."""
    return {module: frozenset(names) for module, names in json.loads(_LIST.read_text()).items()}


def measured(reports: Iterable[Path]) -> dict[str, list[str]]:
    """Read the slow test functions out of JUnit reports: one slow case makes a function slow."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            if float(case.get("time", "0")) > _SECONDS:
                found[case.get("classname", "")].add(case.get("name", "").partition("[")[0])
    return {module: sorted(names) for module, names in sorted(found.items())}


if __name__ == "__main__":
    _LIST.write_text(json.dumps(measured(map(Path, sys.argv[1:])), indent=1) + "\n")
