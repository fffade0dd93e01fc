"""What a backend may see of us: a token of its own, short-lived, for one project's files alone.

The token is not kept anywhere. It says whose it is and until when, signed with the workspace's
secret; it opens nothing once its backend has been removed.
"""

from __future__ import annotations

import hmac
import re
from typing import Any, Final

from fairhand.compute.backends.allowed import allowed_places
from fairhand.core.clock import HOUR_MS, Instant
from fairhand.people.accounts import store as accounts
from fairhand.people.accounts.rules import BACKEND_SCOPE, Actor
from fairhand.storage.database import Connection, Database
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant
from fairhand.work.projects import store as projects

TOKEN_PREFIX: Final = "fhb_"  # noqa: S105  # the beginning of every token
TOKEN_HOURS: Final = 24
"""As long as the longest run that pre-labels a project may need files without a new token."""
_FORM: Final = re.compile(rf"{TOKEN_PREFIX}([0-9]{{1,18}})_([0-9]{{1,18}})_([0-9a-f]{{64}})")


def config_of(connection: Connection, one: Assistant, now: Instant) -> dict[str, Any]:
    """Give an assistant's configuration, complete for opening it; a backend's with its token."""
    config = dict(one.config)
    if one.kind != "label_studio":
        return config
    project = projects.load_project(connection, one.project_id)
    workspace = accounts.load_workspace(connection)
    assert project is not None and workspace is not None, "an assistant has both"  # noqa: S101, PT018
    return {
        **config,
        "name": one.name,
        "project": f"{project.id}.{project.created_at // 1_000}",
        "access_token": make_token(workspace[1], one.id, now),
        "allowed": sorted({*config.get("allowed", ()), *allowed_places()}),
    }


def make_token(secret: bytes, assistant_id: int, now: Instant) -> str:
    """Make a token that reads the files of this backend's project for a day."""
    until = (now + TOKEN_HOURS * HOUR_MS) // 1_000
    return f"{TOKEN_PREFIX}{assistant_id}_{until}_{_signature(secret, assistant_id, until)}"


def find_backend(db: Database, token: str, now: Instant) -> Actor | None:
    """Find out which backend asks; None when the token is not ours, too old, or its backend ended.

    A backend is nobody: it acts within its project for whoever added it, and reads only.
    """
    parts = _FORM.fullmatch(token)
    if parts is None or len(parts[1]) > 15:
        return None
    assistant_id, until = int(parts[1]), int(parts[2])
    with db.read() as connection:
        workspace = accounts.load_workspace(connection)
        one = store.load_assistant(connection, assistant_id)
    if workspace is None or now // 1_000 >= until:
        return None
    if not hmac.compare_digest(parts[3], _signature(workspace[1], assistant_id, until)):
        return None
    if one is None or one.ended_at is not None:
        return None
    return Actor(
        person_id=one.author_id,
        display_name=one.name,
        locale="en",
        roles={one.project_id: {"auditor"}},
        csrf_token=None,
        scope=BACKEND_SCOPE,
        scope_project_id=one.project_id,
    )


def _signature(secret: bytes, assistant_id: int, until: int) -> str:
    about = f"backend token:{assistant_id}:{until}".encode()
    return hmac.new(secret, about, "sha256").hexdigest()
