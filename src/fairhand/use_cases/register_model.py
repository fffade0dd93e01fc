"""A licensee registers a model that was trained on their release, so that it can unlearn."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.proof.licensing import store
from fairhand.proof.licensing.store import Licence
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.licensee_access import find_licensee, own_licence


@dataclass(frozen=True, slots=True)
class RegisterModel:
    """Which model was trained when, for which of the licence's purposes."""

    token: str
    licence_id: int
    name: str
    version: str
    purpose: str
    trained_at: Instant
    is_in_use: bool = True


def register_model(db: Database, command: RegisterModel, now: Instant) -> int:
    """Register a model; told again it says whether it is still in use. Gives its number."""
    name, version = " ".join(command.name.split()), " ".join(command.version.split())
    with db.write() as connection:
        holder = find_licensee(connection, command.token)
        licence = own_licence(connection, holder, command.licence_id)
        if issues := _issues(command, name, version, licence, now):
            raise InvalidError(issues[0].message, issues=issues)
        model_id = _keep(connection, command, name, version, licence, now)
        body = {
            "model": model_id,
            "licence": licence.uid,
            "name": name,
            "version": version,
            "in_use": command.is_in_use,
        }
        log.append(connection, "licence.model_registered", body, now, None, licence.project_id)
    return model_id


def _issues(
    command: RegisterModel, name: str, version: str, licence: Licence, now: Instant
) -> list[Issue]:
    issues = []
    if not 1 <= len(name) <= 200 or not name.isprintable():
        issues.append(Issue("name", "Name the model in 1 to 200 signs."))
    if not 1 <= len(version) <= 60 or not version.isprintable():
        issues.append(Issue("version", "Name its version in 1 to 60 signs."))
    if command.purpose not in licence.purposes:
        issues.append(Issue("purpose", "Your licence does not permit this purpose."))
    if command.trained_at > now:
        issues.append(Issue("trained_at", "A model cannot have been trained in the future."))
    return issues


def _keep(
    connection: Connection,
    command: RegisterModel,
    name: str,
    version: str,
    licence: Licence,
    now: Instant,
) -> int:
    if licence.release_id is None:
        raise ConflictError("Your release is not written yet.")
    known = store.find_model(connection, licence.release_id, name, version)
    if known is not None:
        if known.licence_id != licence.id:
            raise ConflictError("Another licensee has a model of this name and version.")
        store.set_in_use(connection, known.id, command.is_in_use)
        return known.id
    row = {
        "licence_id": licence.id,
        "project_id": licence.project_id,
        "release_id": licence.release_id,
        "name": name,
        "version": version,
        "purpose": command.purpose,
        "is_in_use": command.is_in_use,
        "trained_at": command.trained_at,
        "registered_at": now,
    }
    return store.add_model(connection, row)
