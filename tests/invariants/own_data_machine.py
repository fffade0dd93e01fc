"""People permit, give, narrow, take back; the clock runs; releases are made: who is in them?

Beside the product stands a plain list of what everybody permits now. A release must hold exactly
what that list allows, and what left must be in the signed lists.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from sqlalchemy import insert

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError
from fairhand.people.consent.grant_store import living_grant
from fairhand.proof.revocation import store as revocations
from fairhand.proof.revocation.rules import read_list
from fairhand.storage.database import Database
from fairhand.storage.tables.campaigns import contribution
from fairhand.storage.tables.work import annotation
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.end_expired import end_expired
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import (
    WithdrawGrant,
    withdraw_contributions,
    withdraw_grant,
)
from fairhand.work.projects import store as projects
from tests.stories.own_data_world import OwnDataWorld, voice_terms
from tests.stories.release_world import SIGNER

PURPOSES = ("training", "evaluation", "raw_release", "voice_clone")
PLACES = (("worldwide",), ("KE",), ("KE", "UG"))


@dataclass(slots=True)
class Permitted:
    """What somebody permits now, as the plain list has it."""

    grant_id: int
    purposes: set[str]
    places: tuple[str, ...]
    ends: int


@dataclass(slots=True)
class Thing:
    """Something that was given: by whom, under a grant or not, and whether it is still here."""

    contribution_id: int
    annotation_id: int
    person_id: int
    was_permitted: bool
    is_here: bool = True


@dataclass(slots=True)
class Made:
    """A release: what it is for, its items by annotation, and who must be in its list by now."""

    release_id: int
    purposes: set[str]
    places: tuple[str, ...]
    ends: int
    items: dict[int, str]
    must_go: set[int] = field(default_factory=set)


class OwnDataMachine:
    """Does one random thing after another; `seed` repeats a run."""

    def __init__(self, db: Database, folder: Path, seed: int, tasks: int) -> None:
        self.dice = random.Random(seed)
        terms = voice_terms(offered={"voice": PURPOSES})
        self.world = OwnDataWorld(db, folder, sentences=tasks, terms=terms)
        with db.read() as connection:
            self.tasks = projects.list_task_ids(connection, self.world.project.id)
        self.people: list[int] = []
        self.permitted: dict[int, Permitted] = {}
        self.things: list[Thing] = []
        self.releases: list[Made] = []
        self.counts: Counter[str] = Counter()

    def step(self) -> None:
        """Do one thing."""
        weighed = (
            (self.join, 3), (self.give, 8), (self.end_purpose, 2), (self.end_all, 1),
            (self.take_back, 2), (self.wait, 2), (self.tick, 2), (self.release, 3),
        )  # fmt: skip
        does = self.dice.choices([one for one, _ in weighed], [many for _, many in weighed])[0]
        self.world.now = Instant(self.world.now + 1_000)
        does()
        self.counts[does.__name__] += 1

    def join(self) -> None:
        """Somebody new, or somebody again, says what they permit."""
        extras = [one for one in PURPOSES[1:] if self.dice.random() < 0.5]
        places, days = self.dice.choice(PLACES), self.dice.choice((30, 200, 700))
        name: str | int = f"Person {len(self.people)}"
        if self.people and self.dice.random() < 0.5:
            name = self.dice.choice(self.people)
        try:
            person_id, given = self.world.join(
                name, {"voice": ("training", *extras)}, territory=places, days=days
            )
        except ConflictError as refused:
            if refused.code != "narrower":
                raise
            return
        if person_id not in self.people:
            self.people.append(person_id)
        purposes = {"training", *extras}
        before = self._of(person_id)
        if before is None:
            self._end(person_id)  # what came under a grant that is over stays as it was
        ends = self.world.now + days * DAY_MS
        self.permitted[person_id] = Permitted(given.grant_ids["voice"], purposes, places, ends)
        if before is not None:
            self._must_go(person_id, before.purposes - purposes)
            self._may_stay(person_id)

    def give(self) -> None:
        """Somebody gives something; it is taken in under what they permit."""
        if not self.people or not self.tasks:
            return
        person_id, task_id = self.dice.choice(self.people), self.tasks.pop()
        world, number = self.world, len(self.things) + 1
        sha256 = f"{number:064x}"
        answer = {"voice": {
            "recording": f"{number:08x}-0000-4000-8000-000000000000", "rate": 16_000,
            "samples": 16_000, "sha256": sha256, "duration_ms": 1_000, "loudness": -20.0,
            "noise": -60.0, "clipped": 0.0,
        }}  # fmt: skip
        with world.db.write() as connection:
            annotation_id = connection.execute(insert(annotation).returning(annotation.c.id), {
                "task_id": task_id, "person_id": person_id, "project_id": world.project.id,
                "project_version": 1, "revision": 1, "value": orjson.dumps(answer).decode(),
                "client_key": f"key-{number}", "submitted_at": world.now, "served_at": world.now,
                "counted": True, "late": False,
            }).scalar_one()  # fmt: skip
            grant = living_grant(connection, person_id, world.project.id, "voice", world.now)
            row = {
                "project_id": world.project.id, "person_id": person_id, "task_id": task_id,
                "annotation_id": annotation_id, "question": "voice", "modality": "voice",
                "grant_id": grant and grant.id, "state": "ready", "media_type": "audio/wav",
                "size_bytes": 1, "original_sha256": sha256, "open_sha256": sha256,
                "given_at": world.now, "ready_at": world.now,
            }  # fmt: skip
            added = insert(contribution).returning(contribution.c.id)
            contribution_id = connection.execute(added, row).scalar_one()
        is_permitted = self._of(person_id) is not None
        assert (grant is not None) == is_permitted
        self.things.append(Thing(contribution_id, annotation_id, person_id, is_permitted))

    def end_purpose(self) -> None:
        """Somebody ends one purpose."""
        person_id = self._somebody()
        if person_id is None:
            return
        own = self.permitted[person_id]
        purpose = self.dice.choice(sorted(own.purposes))
        command = WithdrawGrant(person_id, own.grant_id, (purpose,))
        withdraw_grant(self.world.db, command, self.world.now)
        own.purposes.discard(purpose)
        self._must_go(person_id, {purpose})
        if not own.purposes:
            self._end(person_id)

    def end_all(self) -> None:
        """Somebody ends everything."""
        person_id = self._somebody()
        if person_id is not None:
            command = WithdrawGrant(person_id, self.permitted[person_id].grant_id)
            withdraw_grant(self.world.db, command, self.world.now)
            self._end(person_id)

    def take_back(self) -> None:
        """Somebody takes one thing back."""
        here = [one for one in self.things if one.is_here]
        if not here:
            return
        thing = self.dice.choice(here)
        withdraw_contributions(
            self.world.db, thing.person_id, [thing.contribution_id], self.world.now
        )
        thing.is_here = False
        self._gone({thing.annotation_id})

    def wait(self) -> None:
        """Days go by; nothing else has to happen for a term to end."""
        self.world.now = Instant(self.world.now + self.dice.choice((1, 29, 170)) * DAY_MS)

    def tick(self) -> None:
        """The house does what it does every few seconds."""
        while end_expired(self.world.db, self.world.now):
            pass
        for person_id, own in list(self.permitted.items()):
            if own.ends <= self.world.now:
                self._end(person_id)
        cutoff = self.world.now - 730 * DAY_MS
        with self.world.db.read() as connection:
            old = connection.execute(
                contribution.select().where(contribution.c.given_at < cutoff)
            ).all()
        late = {row.id for row in old}
        for thing in self.things:
            if thing.contribution_id in late and thing.is_here:
                thing.is_here = False
                self._gone({thing.annotation_id})
        while settle_withdrawals(
            self.world.db, self.world.shop.blobs, SIGNER, self.world.now
        ).withdrawals:
            pass
        for made in self.releases:
            assert made.must_go <= self._listed(made), "somebody is not in the signed list"

    def release(self) -> None:
        """The owner makes a release: it holds what the plain list allows, and nothing else."""
        purposes = set(self.dice.sample(PURPOSES, self.dice.choice((1, 1, 2))))
        places, days = self.dice.choice(PLACES), self.dice.choice((1, 60, 300))
        ends = self.world.now + days * DAY_MS
        wanted = {
            one.annotation_id
            for one in self.things
            if one.is_here and one.was_permitted and self._allows(one, purposes, places, ends)
        }
        aggregate_labels(self.world.db, self.world.project.id, self.world.now)
        command = PublishRelease(
            self.world.project.id, purposes=sorted(purposes), territory=places, days=days
        )
        try:
            made = publish_release(self.world.db, command, self.world.now, self.world.press())
        except ConflictError as refused:
            if refused.code != "nothing_to_release" or wanted:
                raise
            return
        lines = (made.directory / "items.jsonl").read_bytes().splitlines()
        items = {one["annotation_id"]: one["item"] for one in map(orjson.loads, lines)}
        assert set(items) == wanted
        self.releases.append(Made(made.release_id, purposes, places, ends, items))

    def _allows(self, thing: Thing, purposes: set[str], places: tuple[str, ...], ends: int) -> bool:
        own = self._of(thing.person_id)
        if own is None or ends > own.ends or not purposes <= own.purposes:
            return False
        return "worldwide" in own.places or set(places) <= set(own.places)

    def _of(self, person_id: int) -> Permitted | None:
        own = self.permitted.get(person_id)
        return own if own is not None and own.ends > self.world.now else None

    def _somebody(self) -> int | None:
        living = [one for one in self.people if self._of(one) is not None]
        return self.dice.choice(living) if living else None

    def _end(self, person_id: int) -> None:
        """Nothing of theirs that came under the grant may be used any more."""
        self.permitted.pop(person_id, None)
        gone = [one for one in self.things if one.person_id == person_id and one.was_permitted]
        for thing in gone:
            thing.is_here = False
        self._gone({one.annotation_id for one in gone})

    def _gone(self, annotations: set[int]) -> None:
        for made in self.releases:
            made.must_go |= annotations & made.items.keys()

    def _must_go(self, person_id: int, purposes: set[str]) -> None:
        own = {one.annotation_id for one in self.things if one.person_id == person_id}
        for made in self.releases:
            if made.purposes & purposes:
                made.must_go |= own & made.items.keys()

    def _may_stay(self, person_id: int) -> None:
        """Somebody permitted again what they had ended, before anybody was told."""
        for thing in self.things:
            if thing.person_id != person_id or not thing.is_here or not thing.was_permitted:
                continue
            for made in self.releases:
                if self._allows(thing, made.purposes, made.places, made.ends):
                    made.must_go.discard(thing.annotation_id)

    def _listed(self, made: Made) -> set[int]:
        with self.world.db.read() as connection:
            newest = revocations.newest_list(connection, made.release_id)
        if newest is None:
            return set()
        file = self.world.shop.blobs.get(newest.blob_sha256)
        named = {one["item"] for one in read_list(file, newest.note, SIGNER.verifier)["items"]}
        return {number for number, item in made.items.items() if item in named}
