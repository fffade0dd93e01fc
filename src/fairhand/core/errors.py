"""Errors as data, and the few exceptions that cross a floor.

Validators return every `Issue` at once, each with its place. A story that cannot go on raises a
`FairhandError`; doors turn it into an RFC 9457 problem document, a page or a CLI message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, where it is, and how bad."""

    place: str
    message: str
    severity: Severity = "error"


class FairhandError(Exception):
    """Something a person asked for cannot be done; says what happened and what to do.

    `code` is a stable word for machines (`lease_not_yours`), `status` its HTTP status;
    `retry_after_s` says when the same request may succeed, 0 that waiting alone mends nothing.
    """

    code = "error"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        issues: Sequence[Issue] = (),
        retry_after_s: int = 0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.issues = tuple(issues)
        self.retry_after_s = retry_after_s
        if code is not None:
            self.code = code


class InvalidError(FairhandError):
    """The input is well-formed but not acceptable; `issues` says where."""

    code = "invalid"
    status = 422


class MalformedError(FairhandError):
    """The input cannot be read at all."""

    code = "malformed"
    status = 400


class NotSignedInError(FairhandError):
    """Nobody is signed in, or the token or link is not valid."""

    code = "not_signed_in"
    status = 401


class ForbiddenError(FairhandError):
    """The person is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFoundError(FairhandError):
    """There is no such thing, or none that this person may see."""

    code = "not_found"
    status = 404


class ConflictError(FairhandError):
    """The thing is in a state that does not allow this."""

    code = "conflict"
    status = 409


class TooLargeError(FairhandError):
    """The input is larger than the stated limit."""

    code = "too_large"
    status = 413


class TooManyError(FairhandError):
    """More was asked for than anybody is allowed in such a time; says when to go on."""

    code = "too_many"
    status = 429


class UnavailableError(FairhandError):
    """The server cannot do it now (disk full, database gone); nothing was changed."""

    code = "unavailable"
    status = 503
