"""Errors as people and programs read them: RFC 9457 problem documents, or a page."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, Issue, NotSignedInError, UnavailableError
from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.web.shared.pages import render, words_of

_log = structlog.get_logger("fairhand.web")

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DETAILS = {
    404: _("There is nothing at this address."),
    405: _("This address does not take that method."),
}
_TITLES = {
    400: _("Bad Request"),
    401: _("Unauthorized"),
    403: _("Forbidden"),
    404: _("Not Found"),
    405: _("Method Not Allowed"),
    409: _("Conflict"),
    429: _("Too Many Requests"),
    500: _("Internal Server Error"),
    503: _("Service Unavailable"),
}


def problem(error: FairhandError) -> Response:
    """Write an error as an RFC 9457 problem document."""
    return later(problem_response(error.status, error.code, error.message, error.issues), error)


def later(response: Response, error: FairhandError) -> Response:
    """Say on an answer when the same request may succeed (RFC 9110, section 10.2.3)."""
    if error.retry_after_s:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def problem_response(
    status: int, code: str, detail: str, issues: tuple[Issue, ...] | list[Issue] = ()
) -> Response:
    """Write a problem document from its parts."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "issues": [asdict(issue) for issue in issues],
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return Response(
        orjson.dumps(document),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


def wants_page(request: Request) -> bool:
    """Say whether a browser asked for a page (and not a script for data)."""
    if request.url.path.startswith(("/api/", "/media/")):
        return False
    return "text/html" in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Teach the app to answer every error clearly."""
    app.add_exception_handler(FairhandError, _on_fairhand_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(OSError, _on_os_error)
    app.add_exception_handler(Exception, _on_crash)


def _answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    issues: tuple[Issue, ...] = (),
    *,
    waits: bool = False,
) -> Response:
    if not wants_page(request):
        return problem_response(status, code, detail, issues)
    actor = getattr(request.state, "actor", None)
    context: dict[str, Any] = {
        "_": words_for(actor.locale) if actor else words_of(request),
        "status": status,
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "detail": detail,
        "issues": issues,
    }
    if waits and request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        context["again"] = f"{request.url.path}{query}"
    elif waits:
        context["late"] = True
    return render(request, "error.html", context, status=status)


async def _on_fairhand_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FairhandError)  # noqa: S101  # registered for this type
    if isinstance(error, NotSignedInError) and wants_page(request) and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={request.url.path}", status_code=303)
    waits = error.retry_after_s > 0
    given = (error.status, error.code, error.message, error.issues)
    return later(_answer(request, *given, waits=waits), error)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return invalid_request(request, error.errors())


def invalid_request(request: Request, errors: Sequence[Any]) -> Response:
    """Answer a request whose body or parameters are not as described (pydantic's errors)."""
    if any(found["type"] == "json_invalid" for found in errors):
        issue = Issue("body", str(errors[0]["msg"]).removeprefix("Value error, "))
        return _answer(request, 400, "malformed", _("The body is not valid JSON."), (issue,))
    issues = tuple(
        Issue(
            ".".join(str(part) for part in found["loc"]),
            str(found["msg"]).removeprefix("Value error, "),
        )
        for found in errors[:50]
    )
    return _answer(request, 422, "invalid", _("The request is not as described."), issues)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = _DETAILS.get(error.status_code, str(error.detail))
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return _answer(request, error.status_code, code, detail)


async def _on_os_error(request: Request, error: Exception) -> Response:
    if getattr(error, "errno", None) not in _NO_ROOM:
        raise error
    full = UnavailableError(
        _("The disk is full: nothing was saved. Free some space and try again."),
        code="disk_full",
        retry_after_s=60,
    )
    return await _on_fairhand_error(request, full)


async def _on_crash(request: Request, error: Exception) -> Response:
    # The route's shape, never its values or body: logs hold no content and no personal data.
    route = getattr(request.scope.get("route"), "path", "unknown")
    number = request.scope.get("request_id", "")
    _log.error("request_failed", route=route, request=number, exc_info=error)
    return _answer(
        request,
        500,
        "crashed",
        _(
            "Something went wrong on our side; nothing half-done was kept. "
            "It has been written to the server's log."
        ),
    )
