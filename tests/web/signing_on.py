"""The small workspace with an identity provider beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from httpx2 import Response

from fairhand.core.settings import Settings
from fairhand.core.sign_on import SignOn
from fairhand.people.accounts import store as accounts
from fairhand.people.sign_on.provider import forget_providers
from fairhand.use_cases.sign_in import choose_password
from tests.identity_provider import CLIENT, SECRET, Provider, provider
from tests.small_servers import SmallServer
from tests.web.world import TestClient, World

PASSWORD = "a sentence is a good password"


@dataclass
class Desk:
    """A world whose people may sign in by `company`, and the provider behind it."""

    world: World
    provider: Provider
    server: SmallServer

    def with_settings(self, *, others: dict[str, SignOn] | None = None, **changed: Any) -> Desk:  # noqa: ANN401
        """The same with other settings of the provider, and other providers besides."""
        whole = {
            name: changed.pop(name)
            for name in ("password_sign_in", "public_url")
            if name in changed
        }
        before = self.world.house.settings.sign_on["company"].model_dump()
        one = SignOn(**{**before, **changed})
        settings = Settings(
            workspace=self.world.house.settings.workspace,
            sign_on={"company": one, **(others or {})},
            **whole,
        )
        house = replace(self.world.house, settings=settings)
        world = World(
            self.world.cast, house, self.world.project, self.world.other, self.world.people
        )
        return Desk(world, self.provider, self.server)

    def sign_on(self, client: TestClient | None = None, path: str = "", **instead: str) -> Response:
        """Click the button, sign in at the provider, and come back."""
        client = client or self.world.client()
        sent = client.get(f"/sign-on/company{path}")
        assert sent.status_code == 303, sent.text
        return client.get(sent_back(self.provider.authorize(sent.headers["location"], **instead)))

    def account(self, email: str, password: str = "", who: str = "Amina") -> int:
        """Give somebody of the world an address, and a password."""
        person_id = self.world.people[who]
        db, now = self.world.house.db, self.world.cast.clock.now
        with db.write() as connection:
            accounts.change_person(
                connection, person_id, email=email, display_name=who, country="GB", region="",
                hours_from=None, hours_to=None,
            )  # fmt: skip
        if password:
            choose_password(db, person_id, password, now)
        return person_id

    def who(self, client: TestClient) -> dict[str, Any]:
        """Who the client is signed in as."""
        answer = client.get("/api/v1/me")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def csrf(self, client: TestClient) -> str:
        """The token of the client's forms."""
        page = client.get("/account").text
        return page.partition('name="csrf_token" value="')[2].partition('"')[0]

    def roles(self, client: TestClient) -> list[tuple[int, str]]:
        """Which roles the client's person has."""
        return [(one["project_id"], one["role"]) for one in self.who(client)["roles"]]


@contextmanager
def desk(world: World, **settings: Any) -> Iterator[Desk]:  # noqa: ANN401
    """Put a provider beside a world."""
    forget_providers()
    world.house.settings.workspace.mkdir(parents=True, exist_ok=True)
    (world.house.settings.workspace / "company.secret").write_text(f"{SECRET}\n")
    with provider(lambda: world.cast.clock.now // 1_000) as (made, server):
        one = SignOn(
            **{
                "issuer": made.url,
                "client_id": CLIENT,
                "client_secret_file": "company.secret",
                "label": "Company",
                "timeout_s": 2,
                **settings,
            }
        )
        house = replace(
            world.house,
            settings=Settings(workspace=world.house.settings.workspace, sign_on={"company": one}),
        )
        with_it = World(world.cast, house, world.project, world.other, world.people)
        yield Desk(with_it, made, server)
    forget_providers()


def sent_back(address: str) -> str:
    """The path that a provider sends a browser back to."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
