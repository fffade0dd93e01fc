"""What holds about hard content, in a project or everywhere, with the versions that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import NotFoundError
from fairhand.people.wellbeing import policy_store
from fairhand.people.wellbeing.policy import ExposureTerms, in_words, write_terms
from fairhand.people.wellbeing.policy_store import WORKSPACE, KeptPolicy
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class ExposurePolicyRead:
    """What holds, and the versions of this place; none where the defaults do."""

    project_id: int
    terms: ExposureTerms
    versions: tuple[KeptPolicy, ...]

    @property
    def words(self) -> list[tuple[str, str]]:
        """Every number with its name, as people say it."""
        return in_words(self.terms)

    def as_json(self) -> dict[str, Any]:
        """Write it for scripts: milliseconds, and thousandths of a severity-minute."""
        return {
            "project_id": self.project_id,
            "terms": write_terms(self.terms),
            "words": dict(self.words),
            "versions": [
                {
                    "version": one.version,
                    "terms": write_terms(one.terms),
                    "author_id": one.author_id,
                    "starts_at": iso(one.starts_at),
                    "proposal_id": one.proposal_id,
                }
                for one in self.versions
            ],
        }


def read_exposure_policy(
    db: Database, now: Instant, project_id: int = WORKSPACE
) -> ExposurePolicyRead:
    """Read what holds now; raises NotFoundError for a project that is not there."""
    with db.read() as connection:
        if project_id != WORKSPACE and projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        return ExposurePolicyRead(
            project_id,
            policy_store.load_terms(connection, now, project_id),
            tuple(policy_store.list_policies(connection, project_id)),
        )
