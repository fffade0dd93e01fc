"""The first lines of a notebook: connect, and take a project in hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import httpx

from fairhand.client import html, shapes
from fairhand.client.client import Client
from fairhand.client.errors import FairhandError
from fairhand.client.project import Project

_HOW = "`fairhand token create notebook --scope manage --days 7` makes one"


class Workspace(Client):
    """A client that also gives projects as objects; `connect` makes one."""

    def __repr__(self) -> str:
        return f"Workspace({self._http.base_url!r})"

    def _repr_html_(self) -> str:
        rows = [
            (one["id"], one["slug"], one["title"], one["mode"], f"{one['rate']} {one['currency']}")
            for one in self.projects()
        ]
        head = ("id", "name", "title", "state", "an hour")
        return html.table(f"Fairhand: {self.me()['display_name']}", head, rows)

    def open_project(self, which: int | str) -> Project:
        """Take a project in hand, by its number, its short name or its title.

        Raises FairhandError that names the projects there are.
        """
        there = self.projects()
        named = (which,) if isinstance(which, int) else (which, which.strip())
        found = [one for one in there if {one["id"], one["slug"], one["title"]} & set(named)]
        if len(found) != 1:
            names = ", ".join(one["slug"] for one in there[:20]) or "none yet"
            many = "several projects" if found else "no project"
            message = f"There is {many} called {which!r}. Yours are: {names}."
            raise FairhandError(0, "no_project", message)
        return Project(self, self.project(found[0]["id"]), self._sleep)

    def new_project(
        self,
        title: str,
        questions: Sequence[shapes.Question] = (),
        *,
        currency: str,
        rate: str,
        template: str | None = None,
        **fields: Any,  # noqa: ANN401  # purpose, guidelines, min_overlap, slug, …
    ) -> Project:
        """Make a project and take it in hand: of `questions`, or of a `template`."""
        if template is not None:
            more = {**fields, **({"questions": list(questions)} if questions else {})}
            made = self.create_from_template(
                template, currency=currency, rate=rate, title=title, **more
            )
        else:
            fields.setdefault("purpose", title)
            made = self.create_project(
                title, questions=questions, currency=currency, rate=rate, **fields
            )
        return Project(self, self.project(made["id"]), self._sleep)


def connect(
    url: str | None = None,
    token: str | None = None,
    *,
    timeout: float = 30.0,
    transport: httpx.BaseTransport | None = None,
) -> Workspace:
    """Connect to a server and see that it knows the token.

    Address and token come from FAIRHAND_URL and FAIRHAND_TOKEN where they are left out. Raises
    FairhandError that says what to do.
    """
    if not (token or os.environ.get("FAIRHAND_TOKEN")):
        message = f"No token was given: connect(url, token), or set FAIRHAND_TOKEN; {_HOW}."
        raise FairhandError(0, "no_token", message)
    client = Workspace(url, token, timeout=timeout, transport=transport)
    try:
        client.me()
    except FairhandError as error:
        client.close()
        if error.status == 401:
            message = f"The server does not know this token, or it has ended; {_HOW}."
            raise FairhandError(401, error.code, message, error.issues) from None
        raise
    return client
