"""Opening a session in a browser, whichever way somebody has signed in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ForbiddenError
from fairhand.use_cases.sign_in import sign_out
from fairhand.web.shared.doors import SESSION_COOKIE, house_of

PROVIDER_COOKIE = "fh_provider"
"""The identity provider that a browser's session came from, so that one may sign out there too."""


def signed_in(request: Request, secret: str, next_path: str) -> Response:
    """Go on with a new session; the one that the browser had, if any, is over."""
    house = house_of(request)
    if before := request.cookies.get(SESSION_COOKIE):
        sign_out(house.db, before)
    answer = RedirectResponse(local_path(next_path) or "/", status_code=303)
    if PROVIDER_COOKIE in request.cookies:
        answer.delete_cookie(PROVIDER_COOKIE)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=house.settings.session_days * 86_400,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return answer


def is_secure(request: Request) -> bool:
    """Say whether a cookie may go by HTTPS alone: people come so, whatever a proxy says of it."""
    public = house_of(request).settings.public_url
    return request.url.scheme == "https" or public.startswith("https://")


def local_path(path: str) -> str:
    """Keep only a path of this site: a link must not lead a person elsewhere after signing in."""
    starts_elsewhere = path.startswith(("//", "/\\"))
    return path if path.startswith("/") and not starts_elsewhere and path.isprintable() else ""


def check_origin(request: Request) -> None:
    """Refuse a sign-in posted from another site (there is no session yet to hold a token)."""
    origin = request.headers.get("origin")
    # A page that tells nobody where it comes from has the origin "null": ours do, and so does a
    # frame that somebody else has walled in. Browsers themselves say which of the two it is.
    is_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    host = request.headers.get("host")
    if is_elsewhere or (origin not in (None, "null") and origin.split("://")[-1] != host):
        raise ForbiddenError("This form was sent from another site.", code="csrf")
