"""An owner promises contributors a share of what their work earns later."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.pay.earnings.store import project_currency
from fairhand.pay.royalties import store
from fairhand.pay.royalties.rules import Terms, check_terms, is_worse
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SetRoyaltyTerms:
    """The terms wanted; their version is given by the story."""

    project_id: int
    set_by: int
    terms: Terms


def set_royalty_terms(db: Database, command: SetRoyaltyTerms, now: Instant) -> Terms:
    """Keep new terms as the project's next version.

    Raises InvalidError for terms that do not add up, that begin in the past, or that give
    contributors less than they were promised for what is made already.
    """
    if issues := check_terms(command.terms):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        if project_currency(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        before = store.list_terms(connection, command.project_id)
        made = replace(
            command.terms,
            version=len(before) + 1,
            valid_from=max(command.terms.valid_from, now),
        )
        if before and (worse := is_worse(before[-1], made)):
            message = f"Contributors were promised more: {worse} may rise and never fall."
            raise InvalidError(message, issues=[Issue(worse, message)], code="promised_more")
        store.save_terms(connection, command.project_id, made, command.set_by, now)
        body = {"project": command.project_id, **asdict(made)}
        log.append(connection, "royalty.terms_set", body, now, command.set_by, command.project_id)
    return made
