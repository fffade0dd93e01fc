"""Sauti AI asks for a licence of Carmen's voices; Amina, Bao and Esi gave them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import update

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.model.job import Job
from fairhand.pay.royalties.rules import Terms
from fairhand.people.campaigns import store as campaigns
from fairhand.proof.licensing.rules import Asker
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.storage.tables.campaigns import contribution
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.ask_licence import AskedLicence, AskLicence, ask_licence
from fairhand.use_cases.deliver_licence import deliver_licence
from fairhand.use_cases.grant_licence import GrantLicence, grant_licence
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from tests.stories.campaign_world import CampaignWorld, first_task
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.release_world import SIGNER

ASKER = Asker("Sauti AI", "data@sauti.example", "DE", "https://sauti.example")
WORDS = "To teach a small model to hear digits in Swahili."
USE = ("training", "raw_release")


@dataclass(slots=True)
class LicenceWorld:
    """A listed campaign of voices whose smallest cell is two people."""

    db: Database
    folder: Path
    voices: OwnDataWorld = field(init=False)
    people: dict[str, int] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.voices = OwnDataWorld(self.db, self.folder, sentences=6)
        self.list_it()

    @property
    def now(self) -> Instant:
        return self.voices.now

    @property
    def project(self) -> int:
        return self.voices.project.id

    def wait(self, milliseconds: int = MINUTE_MS) -> None:
        self.voices.now = Instant(self.now + milliseconds)

    def list_it(self, **terms: Any) -> None:  # noqa: ANN401  # fields of the campaign
        """Put the campaign on the public page, at a price."""
        said: dict[str, Any] = {
            "prices": {"item_minor": {"training": 100, "raw_release": 400}},
            "is_listed": True,
        }
        with self.db.write() as connection:
            campaign = campaigns.load_campaign(connection, self.project)
            assert campaign is not None
            changed = replace(campaign, smallest_cell=2, **(said | terms))
            campaigns.save_campaign(connection, changed)

    def promise(self, share: int = 600) -> None:
        """Promise contributors a share of what licences bring."""
        terms = Terms(0, share, 0, 0, 0, {"seconds": 1_000}, self.now)
        set_royalty_terms(
            self.db, SetRoyaltyTerms(self.project, self.voices.carmen, terms), self.now
        )

    def give(self, *names: str, ticked: tuple[str, ...] = USE) -> None:
        """Let people join, permit what is ticked, and read one sentence each."""
        for name in names:
            person_id, given = self.voices.join(name, {"voice": ticked})
            self.people[name] = person_id
            self.grants[name] = given.grant_ids["voice"]
            self.voices.record(person_id)
            self.wait()
        self.voices.take_in()
        aggregate_labels(self.db, self.project, self.now)

    def lend(self, *names: str, ticked: tuple[str, ...] = USE) -> None:
        """Let people have given something, as rows: enough for what is not printed."""
        task_id = first_task(self.db, self.project)
        lent = CampaignWorld(self.db, self.voices.carmen, self.voices.project, task_id)
        for name in names:
            person_id, given = self.voices.join(name, {"voice": ticked})
            self.people[name], self.grants[name] = person_id, given.grant_ids["voice"]
            lent.give(person_id, {}, self.now)
        with self.db.write() as connection:
            for name in names:
                connection.execute(
                    update(contribution)
                    .where(contribution.c.person_id == self.people[name])
                    .values(grant_id=self.grants[name], open_sha256="0" * 64)
                )

    def ask(self, **changes: Any) -> AskedLicence:  # noqa: ANN401  # fields of the command
        said: dict[str, Any] = {
            "project_id": self.project, "asker": ASKER, "purposes": USE,
            "territory": ("KE", "DE"), "term_days": 90, "words": WORDS,
        }  # fmt: skip
        return ask_licence(self.db, AskLicence(**(said | changes)), self.now)

    def grant(self, asked: AskedLicence, price: int | None = None) -> int:
        command = GrantLicence(
            self.project, asked.request_id, self.voices.carmen, self.folder / "licensed", price
        )
        return grant_licence(self.db, command, self.now)

    def jobs(self) -> list[Job]:
        with self.db.read() as connection:
            found = [
                job_store.find_job(connection, one) for one in job_store.list_queued(connection)
            ]
        return [one for one in found if one is not None]

    def print_it(self) -> int:
        """Write the release that waits, as the job does; gives its number."""
        (job,) = self.jobs()
        said = dict(job.command)
        licence_id, folder = said.pop("licence_id"), Path(said.pop("directory"))
        command = PublishRelease(directory=folder, **said)
        self.wait()
        made = publish_release(self.db, command, self.now, self.voices.press())
        deliver_licence(self.db, licence_id, made.release_id, self.now)
        with self.db.write() as connection:
            job_store.finish(connection, job, {"release_id": made.release_id}, self.now)
        return made.release_id

    def settle(self) -> None:
        """Let the tick tell the world what was taken back."""
        settle_withdrawals(self.db, self.voices.shop.blobs, SIGNER, self.now)
