"""A small workspace behind the real app: the cast, two projects, and clients that are signed in."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairhand.core.settings import Settings
from fairhand.people.accounts import store as accounts
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.house import House
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.manage_tokens import CreateToken, create_token
from fairhand.web.app import create_app
from fairhand.web.shared.doors import SESSION_COOKIE
from tests.cast import Cast

with warnings.catch_warnings():  # without httpx2 it asks for it
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = ["BODY_LIMIT", "UPLOAD_LIMIT", "TestClient", "World", "make_world"]

BODY_LIMIT = 256 * 1024
UPLOAD_LIMIT = 1024 * 1024


@dataclass
class World:
    """Carmen owns everything; Amina works in `project`; Bao reviews it; Dmitri has no role."""

    cast: Cast
    house: House
    project: int
    other: int
    people: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.house)

    def again(self, db: Database, folder: Path) -> World:
        """The same world on a copy of its database."""
        cast = self.cast.again(db)
        house = _house(cast, folder)
        return World(cast, house, self.project, self.other, dict(self.people))

    def session(self, who: str) -> tuple[str, str]:
        """Open a session; gives its cookie and its CSRF token."""
        with self.house.db.write() as connection:
            secret = accounts.create_session(connection, self.people[who], self.cast.clock.now, 30)
            actor = accounts.load_actor_by_session(connection, secret, self.cast.clock.now)
        assert actor is not None
        return secret, actor.csrf_token or ""

    def client(self, who: str | None = None) -> TestClient:
        """A client that is signed in as somebody and sends the CSRF token as the pages do."""
        client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        if who is not None:
            secret, csrf = self.session(who)
            client.cookies.set(SESSION_COOKIE, secret)
            client.headers["x-csrf-token"] = csrf
        return client

    def form(self, client: TestClient, **fields: str) -> dict[str, str]:
        """The fields of a form with the client's own CSRF token."""
        return {"csrf_token": client.headers["x-csrf-token"], **fields}

    def token(self, who: str, scope: str, project_id: int = 0) -> str:
        """Make an API token."""
        with self.house.db.read() as connection:
            found = accounts.load_actor_by_session(
                connection, self.session(who)[0], self.cast.clock.now
            )
        assert found is not None
        command = CreateToken("a test", scope, project_id)
        return create_token(self.house.db, found, command, self.cast.clock.now)

    def bearer(self, token: str) -> TestClient:
        """A client that sends a token."""
        client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        client.headers["authorization"] = f"Bearer {token}"
        return client

    def next_task(self, client: TestClient) -> dict[str, Any]:
        """Ask for work over the API, where there must be some."""
        answer = client.post(f"/api/v1/projects/{self.project}/next", json={})
        assert answer.status_code == 200, answer.text
        task: dict[str, Any] = answer.json()["task"]
        return task


def make_world(db: Database, folder: Path, **project: Any) -> World:  # noqa: ANN401
    """Make the workspace; `project` changes how the first project is made."""
    cast = Cast(db)
    cast.load_floors()
    mine = cast.project("Amina", **project)
    other = cast.project(tasks=1)
    house = _house(cast, folder)
    people = {"Carmen": cast.carmen, "Amina": cast.people["Amina"]}
    for name, roles, where in _CAST:
        place = {"here": mine, "there": other, "everywhere": 0}[where]
        command = InvitePerson(None, name, roles, place, country="GB")
        invited = invite_person(db, command, cast.clock.now, link_hours=72)
        people[name] = invited.person_id
    return World(cast, house, mine, other, people)


def _house(cast: Cast, folder: Path) -> House:
    settings = Settings(workspace=folder, max_body_bytes=BODY_LIMIT, max_upload_bytes=UPLOAD_LIMIT)
    return House(
        settings=settings,
        db=cast.db,
        blobs=BlobStore("memory://"),
        signer=cast.signer,
        name="pets",
        secret=b"s" * 32,
        clock=cast.clock,
    )


_CAST: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Bao", ("reviewer",), "here"),
    ("Dmitri", (), "everywhere"),
    ("Esi", ("contributor",), "there"),
    ("Farid", ("auditor",), "everywhere"),
    ("a manager", ("manager",), "everywhere"),
    ("an owner elsewhere", ("owner",), "there"),
    ("an owner here", ("owner",), "here"),
)
