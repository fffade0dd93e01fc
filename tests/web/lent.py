"""A campaign with a notice in force behind the real app, as somebody invited meets it."""

from __future__ import annotations

from typing import Any

from fairhand.people.accounts import store as accounts
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent.grant_store import DataGrant
from fairhand.use_cases.publish_notice import PublishNotice, publish_notice
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
from tests.stories.own_data_world import voice_terms
from tests.web.campaigns import make_campaign
from tests.web.world import World

RIGHT = {"answer_0": "1", "answer_1": "0"}
WRONG = {"answer_0": "0", "answer_1": "0"}


class Lent:
    """Carmen's campaign of voices; Amina is invited to it."""

    def __init__(self, world: World, *, least_age: int = 18, **terms: Any) -> None:  # noqa: ANN401
        self.world = world
        self.project = make_campaign(world, world.client("Carmen"))
        self.path = f"/campaigns/{self.project}"
        self.amina = world.client("Amina")
        now = world.cast.clock.now
        with world.house.db.write() as connection:
            accounts.add_role(connection, world.people["Amina"], "contributor", self.project, now)
        if least_age != 18:
            command = SetCampaign(world.people["Carmen"], self.project, {"least_age": least_age})
            set_campaign(world.house.db, command, now)
        self.publish(**terms)

    def publish(self, expires_in: int | None = None, **terms: Any) -> int:  # noqa: ANN401
        """Publish the notice; gives its version."""
        now = self.world.cast.clock.advance(1)
        expires = None if expires_in is None else type(now)(now + expires_in)
        carmen = self.world.people["Carmen"]
        command = PublishNotice(self.project, carmen, voice_terms(**terms), expires_at=expires)
        return publish_notice(self.world.house.db, command, now)

    def notice_id(self) -> int:
        """Which notice is in force."""
        with self.world.house.db.read() as connection:
            return notices.list_live(connection, self.project)[0].id

    def send(self, what: str = "", /, **fields: Any) -> Any:  # noqa: ANN401
        """Send one of the page's forms, with the notice in force unless another is named."""
        said = {"notice_id": str(self.notice_id()), **fields}
        token = self.amina.headers["x-csrf-token"]
        return self.amina.post(self.path + what, data={"csrf_token": token, **said})

    def join(self, *ticks: str, **fields: Any) -> DataGrant:  # noqa: ANN401
        """Understand and permit; gives the living grant."""
        assert self.send("/understand", **RIGHT).status_code == 303
        ticked = [f"voice.{one}" for one in ticks or ("training",)]
        sent = self.send("", **{"tick": ticked, "days": "365", **fields})
        assert sent.status_code == 303, sent.text
        return self.grants()[0]

    def grants(self) -> list[DataGrant]:
        """Amina's grants here, the newest first."""
        with self.world.house.db.read() as connection:
            return grants.list_own(connection, self.world.people["Amina"], self.project)
