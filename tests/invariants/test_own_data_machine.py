"""Invariant 7: nothing enters a release outside its grant, whatever people and clocks do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError
from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.storage.tables.licensing import release_item
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.end_expired import end_expired
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_record_audit import audit_records
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import (
    WithdrawGrant,
    withdraw_contributions,
    withdraw_grant,
)
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.quality_world import add_person
from tests.stories.release_world import SIGNER

PURPOSES = ("training", "evaluation", "raw_release")
EXTRAS = st.sets(st.sampled_from(PURPOSES[1:]))
DAYS = st.sampled_from((3, 40, 400))
PLACES = st.sampled_from((("worldwide",), ("KE",), ("KE", "UG")))


class OwnData(RuleBasedStateMachine):
    """Two people, one campaign; `permitted` is kept by hand, plainly, beside the product."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = Database(f"sqlite:///{self.folder.name}/machine.sqlite", pool_size=2)
        migrate.upgrade(self.db)
        self.world = OwnDataWorld(self.db, Path(self.folder.name), sentences=8)
        self.people = [add_person(self.db, name) for name in ("Amina", "Esi")]
        self.permitted: dict[int, dict[str, Any]] = {}
        self.owner_of: dict[int, int] = {}
        self.gone: set[int] = set()

    def teardown(self) -> None:
        """The tables say what the log said of them; close what was opened."""
        with self.db.read() as connection:
            assert list(audit_records(connection)) == []
        self.db.close()
        self.folder.cleanup()

    @initialize()
    def one_has_recorded(self) -> None:
        """Begin with something to release."""
        self.agree(0, {"evaluation"}, 400, ("worldwide",))
        self.record(0)

    @rule(who=st.integers(0, 1), extras=EXTRAS, days=DAYS, places=PLACES)
    def agree(self, who: int, extras: set[str], days: int, places: tuple[str, ...]) -> None:
        """Say, or say anew, what one permits: it judges what was given before as well."""
        self.world.now = Instant(self.world.now + 1_000)
        ticked = {"voice": ("training", *sorted(extras))}
        _, given = self.world.join(self.people[who], ticked, days=days, territory=places)
        if "voice" in given.grant_ids:
            self.permitted[who] = {
                "grant": given.grant_ids["voice"],
                "purposes": {"training", *extras},
                "until": self.world.now + days * DAY_MS,
                "places": set(places),
            }

    @precondition(lambda self: self.permitted)
    @rule(who=st.integers(0, 1))
    def record(self, who: int) -> None:
        """Give one recording, where one permits that still."""
        known = self.permitted.get(who)
        if known is None or "training" not in known["purposes"]:
            return
        if self.world.now >= known["until"] or len(self.owner_of) >= 7:
            return
        self.world.record(self.people[who])
        self.world.take_in()
        self.owner_of[len(self.owner_of)] = who

    @rule(who=st.integers(0, 1), purpose=st.sampled_from((None, *PURPOSES)))
    def take_back(self, who: int, purpose: str | None) -> None:
        """Take back one purpose, or all."""
        known = self.permitted.get(who)
        if known is None or (purpose is not None and purpose not in known["purposes"]):
            return
        asked = () if purpose is None else (purpose,)
        try:
            withdraw_grant(
                self.db, WithdrawGrant(self.people[who], known["grant"], asked), self.world.now
            )
        except ConflictError as error:
            assert error.code == "ended_before"  # noqa: PT017  # anything else is a failure
        known["purposes"] -= {purpose} if purpose else set(PURPOSES)

    @rule(which=st.integers(0, 6))
    def take_one_back(self, which: int) -> None:
        """Take back one recording."""
        number = which + 1
        found = self._contribution(number)
        if found is None or number in self.gone:
            return
        try:
            withdraw_contributions(self.db, found, [number], self.world.now)
        except ConflictError as error:
            assert error.code == "ended_before"  # noqa: PT017
        self.gone.add(number)

    @rule(days=st.sampled_from((1, 30, 200)))
    def wait(self, days: int) -> None:
        """Let time go by; no tick runs."""
        self.world.now = Instant(self.world.now + days * DAY_MS)

    @rule()
    def tick(self) -> None:
        """Let the ticks run."""
        end_expired(self.db, self.world.now)
        settle_withdrawals(self.db, self.world.shop.blobs, SIGNER, self.world.now)

    @rule(
        purposes=st.sets(st.sampled_from(PURPOSES), min_size=1), days=st.sampled_from((1, 20, 100)),
        places=PLACES,
    )  # fmt: skip
    def release(self, purposes: set[str], days: int, places: tuple[str, ...]) -> None:
        """Make a release: it holds only what is permitted for all of what it is for."""
        aggregate_labels(self.db, self.world.project.id, self.world.now)
        command = PublishRelease(
            self.world.project.id, purposes=tuple(purposes), days=days, territory=places
        )
        try:
            made = publish_release(self.db, command, self.world.now, self.world.press())
        except ConflictError as error:
            assert error.code == "nothing_to_release"  # noqa: PT017
            return
        lines = (made.directory / "items.jsonl").read_bytes().splitlines()
        with self.db.read() as connection:
            rows = connection.execute(
                release_item.select().where(release_item.c.release_id == made.release_id)
            ).all()
        assert {row.item for row in rows} == {orjson.loads(line)["item"] for line in lines}
        for row in rows:
            owner = self._contribution(row.contribution_id)
            known = self.permitted[self.people.index(owner or 0)]
            assert row.contribution_id not in self.gone
            assert purposes <= known["purposes"]
            assert self.world.now + days * DAY_MS <= known["until"]
            assert known["places"] == {"worldwide"} or set(places) <= known["places"]

    def _contribution(self, number: int) -> int | None:
        from fairhand.people.contributions import store as contributions

        with self.db.read() as connection:
            found = contributions.load_contribution(connection, number)
        return None if found is None else found.person_id


TestOwnData = OwnData.TestCase
TestOwnData.settings = settings(
    max_examples=2,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
