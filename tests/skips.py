"""A skip is said in one line; on CI (`CI=true`) it is a failure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def skips_are_failures() -> bool:
    """True on CI, where everything that a test needs must be there."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def fail_if_skipped(report: Report) -> Report:
    """Turn a skip into a failure that names what is missing."""
    if skips_are_failures() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and on CI a skip is a failure: {skip_reason(report)}"
    return report


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Read why a test was skipped out of its report."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)


def summary_lines(
    reports: Iterable[pytest.TestReport | pytest.CollectReport],
) -> list[str]:
    """Count the skips by reason, most frequent first, one line each."""
    counted = Counter(skip_reason(report) for report in reports)
    return [f"{reason} ({number} tests)" for reason, number in counted.most_common()]
