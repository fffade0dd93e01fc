"""The jobs of assistance: learn, choose what is next, propose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import structlog

from fairhand.compute.assistants.contract import AssistantError
from fairhand.core.errors import ConflictError, FairhandError
from fairhand.jobs.steps import Body, Step
from fairhand.model.job import Outcome
from fairhand.storage.database import Database
from fairhand.use_cases.ask_assist_work import PRELABEL, TRAIN
from fairhand.use_cases.assist_failed import assist_failed, note_untrained
from fairhand.use_cases.house import House
from fairhand.use_cases.prelabel_next import next_batch, prelabel_next, propose
from fairhand.use_cases.rank_tasks import choose_tasks, rank_tasks
from fairhand.use_cases.train_model import learn_model, train_model
from fairhand.use_cases.weigh_version import weigh_sources, weigh_version

_log = structlog.get_logger("fairhand.jobs")
Told = Mapping[str, Any]
"""What the job has done so far; it becomes its result."""


def assist_kinds(house: House) -> dict[str, Body]:
    """List the kinds of jobs of assistance."""
    work = AssistWork(house)
    return {TRAIN: work, PRELABEL: work}


@dataclass(frozen=True, slots=True)
class AssistWork:
    """Learns, ranks, and proposes batch by batch; each is done once, whatever dies in between.

    A model that fails ends the part it failed in: the failure is shown on the project's page.
    """

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Do the next part."""
        begin = {"at": str(step.job.command.get("work", "train")), "told": {}}
        cursor: Any = step.cursor or begin
        told: Told = cursor["told"]
        try:
            part = {"train": self._train, "weigh": self._weigh, "rank": self._rank}.get(
                cursor["at"], self._propose
            )
            return part(step, told)
        except ConflictError as error:  # unticked meanwhile
            return Outcome(result={**told, "words": error.message})
        except AssistantError as error:
            return self._failed(step, cursor["at"], told, error)
        except FairhandError:  # the database or the disk is away: the step is tried again
            raise
        except Exception as error:  # models of others may raise anything
            _log.exception("assistant failed", job=step.job.id, at=cursor["at"])
            words = f"Something went wrong in the model ({type(error).__name__})."
            crashed = AssistantError(words, code="model_crashed")
            return self._failed(step, cursor["at"], told, crashed)

    def _train(self, step: Step, told: Told) -> Outcome:
        project_id = _project_of(step)
        try:
            learnt = learn_model(self.house.db, self.house.blobs, project_id, step.report)
        except ConflictError as error:
            if error.code != "no_builtin":
                raise
            return step.commit(lambda database: self._untrained(database, project_id, told))

        def effect(database: Database) -> Outcome:
            trained = train_model(database, learnt, self.house.clock(), step.job.person_id)
            found = {
                "version_id": trained.version_id,
                "promoted": trained.promoted,
                "words": trained.words,
            }
            return Outcome(next={"at": "weigh", "told": {**told, **found}}, done=1)

        return step.commit(effect)

    def _untrained(self, database: Database, project_id: int, told: Told) -> Outcome:
        note_untrained(database, project_id)
        return Outcome(next={"at": "weigh", "told": told})

    def _weigh(self, step: Step, told: Told) -> Outcome:
        house, project_id = self.house, _project_of(step)
        weighed = weigh_sources(house.db, house.blobs, project_id)

        def effect(database: Database) -> Outcome:
            promoted = weigh_version(database, weighed, house.clock())
            found = {} if promoted is None else {"promoted_source": promoted}
            return Outcome(next={"at": "rank", "told": {**told, **found}}, done=step.job.done)

        return step.commit(effect)

    def _rank(self, step: Step, told: Told) -> Outcome:
        rng = np.random.default_rng([_project_of(step), crc32(step.job.id.encode())])
        house, following = self.house, {"at": "propose", "told": told}
        if step.job.command.get("work") == "rank":
            following = {"at": "end", "told": told}
        chosen = choose_tasks(house.db, house.blobs, _project_of(step), rng, step.report)
        if chosen is None:
            return _go_on(following, step.job.done)

        def effect(database: Database) -> Outcome:
            moved = rank_tasks(database, chosen, house.clock())
            found = {"ranked": moved, "strategy": chosen.strategy, "phase": chosen.phase}
            return _go_on({**following, "told": {**told, **found}}, step.job.done)

        return step.commit(effect)

    def _propose(self, step: Step, told: Told) -> Outcome:
        house, done = self.house, int(told.get("proposed", 0))
        batch = next_batch(house.db, house.blobs, _project_of(step))
        if batch is None:
            return Outcome(done=done, total=done, result={**told, "proposed": done})
        proposed = propose(batch)

        def effect(database: Database) -> Outcome:
            saved = prelabel_next(database, batch, proposed, house.clock())
            found = {**told, "proposed": done + saved}
            # Nothing new was saved: another job of the same version was there first.
            following = {"at": "propose", "told": found} if saved else None
            return Outcome(next=following, done=done + saved, result=found)

        return step.commit(effect)

    def _failed(self, step: Step, at: str, told: Told, error: AssistantError) -> Outcome:
        following = {"train": "weigh", "weigh": "rank", "rank": "propose"}.get(at)

        def effect(database: Database) -> Outcome:
            assist_failed(database, _project_of(step), at, error, self.house.clock())
            found = {**told, "problem": error.message}
            after = None if following is None else {"at": following, "told": found}
            return Outcome(next=after, done=step.job.done, result=found)

        return step.commit(effect)


def _project_of(step: Step) -> int:
    return int(step.job.command["project_id"])


def _go_on(following: dict[str, Any], done: int) -> Outcome:
    if following["at"] == "end":
        return Outcome(done=done, result=following["told"])
    return Outcome(next=following, done=done)
