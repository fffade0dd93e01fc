"""Simulated people at work through the real stories, by the clock of the house.

The same events drive both demos: with a fast clock time jumps from one event to the next, so that
paid time is what the work would take; with the machine's clock the people really wait.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from fairhand.core.clock import Instant, ManualClock
from fairhand.core.errors import FairhandError
from fairhand.demo.crew import Persona, answer_as, takes_ms
from fairhand.demo.world import Truth, World
from fairhand.use_cases.hand_out_task import HandedOut, HandOutTask, hand_out_task
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.skip_task import SkipTask, skip_task
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.work.assignment import store as queue

_BETWEEN_TASKS_MS = 400
_LOOK_AGAIN_MS = 5_000
_FOR_PEOPLE = 8  # free tasks that simulated people leave to real ones in a served demo
_AGGREGATE_EVERY = 50
_log = structlog.get_logger("fairhand.demo")


@dataclass(slots=True)
class Contributor:
    """A simulated person, the projects in the order they prefer, and the task in hand."""

    persona: Persona
    projects: Sequence[int]
    held: HandedOut | None = None


@dataclass
class Simulation:
    """A crew at work; `usual_ms` is how long a task of each project usually takes."""

    world: World
    truth: Truth
    usual_ms: dict[int, int]
    rng: random.Random
    submitted: int = 0
    skipped: int = 0
    leave_free: int = 0
    _events: list[tuple[int, int, Contributor]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def enter(self, crew: Sequence[Persona]) -> None:
        """Let the crew begin one after the other; every third prefers to paint."""
        digits, structures = self.world.project_ids
        now = self.world.house.clock()
        for number, persona in enumerate(crew):
            order = (structures, digits) if number % 3 == 2 else (digits, structures)
            self._plan(Contributor(persona, order), now, 200 * number)

    def run_fast(self, clock: ManualClock, report: Callable[[int], None]) -> None:
        """Work until nobody finds anything more, time jumping from event to event."""
        idle = 0
        while self._events and idle <= len(self._events):
            at, _, person = heapq.heappop(self._events)
            clock.now = Instant(max(clock.now, at))
            idle = 0 if self._turn(person) else idle + 1
            if idle == len(self._events) or (self.submitted + 1) % _AGGREGATE_EVERY == 0:
                idle = 0 if keep_up_quality(self.world.house.db, clock) else idle
            report(self.submitted)

    def run_live(self, stop: threading.Event) -> None:
        """Work by the machine's clock until told to stop; the server aggregates meanwhile."""
        self.leave_free = _FOR_PEOPLE
        while not stop.is_set():
            at, _, person = self._events[0]
            if stop.wait(max(0, at - self.world.house.clock()) / 1_000):
                return
            heapq.heappop(self._events)
            try:
                self._turn(person)
            except FairhandError as error:
                # An owner may close a project or a lease may lapse: people carry on elsewhere.
                _log.info("simulated turn refused", code=error.code)
                person.held = None
                self._plan(person, self.world.house.clock(), _LOOK_AGAIN_MS)

    def _plan(self, person: Contributor, now: Instant, wait_ms: int) -> None:
        heapq.heappush(self._events, (now + wait_ms, next(self._order), person))

    def _turn(self, person: Contributor) -> bool:
        """Finish the task in hand, or get one; False when there is nothing to do."""
        now = self.world.house.clock()
        if person.held is not None:
            self._finish(person, person.held, now)
            person.held = None
            self._plan(person, now, _BETWEEN_TASKS_MS)
            return True
        for project_id in person.projects:
            if self.leave_free and not self._leaves_enough(project_id):
                continue
            got = self._ask(person, project_id, now)
            if got.sheet is not None:
                person.held = got
                usual = self.usual_ms[project_id]
                self._plan(person, now, takes_ms(person.persona, usual, self.rng))
                return True
        self._plan(person, now, _LOOK_AGAIN_MS)
        return False

    def _leaves_enough(self, project_id: int) -> bool:
        """In a served demo somebody real may come: they should find something to do."""
        with self.world.house.db.read() as connection:
            return queue.count_free(connection, project_id, self.leave_free + 1) > self.leave_free

    def _ask(self, person: Contributor, project_id: int, now: Instant) -> HandedOut:
        house = self.world.house
        command = HandOutTask(person.persona.person_id, project_id)
        return hand_out_task(
            house.db, command, now, terms=house.terms, idle_cap_ms=house.idle_cap_ms
        )

    def _finish(self, person: Contributor, held: HandedOut, now: Instant) -> None:
        assert held.sheet is not None, "only tasks are held"  # noqa: S101
        house, persona, task = self.world.house, person.persona, held.sheet.task
        key = str(UUID(int=self.rng.getrandbits(128), version=4))
        variants = self.truth.get(str(task.data.get("file_name")))
        # What somebody imported beside the demo's own data is nothing a simulation can judge.
        if variants is None or self.rng.random() < persona.skips:
            skip = SkipTask(persona.person_id, task.id, key)
            skip_task(house.db, skip, now, signer=house.signer, idle_cap_ms=house.idle_cap_ms)
            self.skipped += 1
            return
        prediction = held.sheet.prediction
        command = SubmitAnnotation(
            person_id=persona.person_id,
            task_id=task.id,
            client_key=key,
            value=answer_as(persona, variants, prediction, self.rng),
            prediction_id=prediction.id if prediction else None,
            prediction_shown=prediction is not None,
        )
        submit_annotation(
            house.db, command, now, signer=house.signer, idle_cap_ms=house.idle_cap_ms
        )
        self.submitted += 1
