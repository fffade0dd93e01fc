"""What goes wrong between a script and a Fairhand server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, where it is, and how bad (`error` or `warning`)."""

    place: str
    message: str
    severity: str = "error"


class FairhandError(Exception):
    """The server said no, or could not be reached; `code` is a stable word, `status` HTTP's.

    `status` is 0 and `code` is `unreachable` when there was no answer at all.
    """

    def __init__(self, status: int, code: str, detail: str, issues: Sequence[Issue] = ()) -> None:
        lines = [detail, *(f"  {issue.place}: {issue.message}" for issue in issues)]
        super().__init__("\n".join(lines))
        self.status = status
        self.code = code
        self.detail = detail
        self.issues = tuple(issues)


class JobFailedError(FairhandError):
    """A job that the server took up ended without doing what was asked."""
