"""Of what people give in campaigns, others see the open file only; the original is the giver's."""

from __future__ import annotations

from fairhand.core.errors import NotFoundError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.contributions import intake_store as store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection

_NOT_YET = "This is still being prepared, or is held back; nobody else sees it before it is ready."


def file_for(
    connection: Connection, blobs: BlobStore, sha256: str, project_id: int, *, is_own: bool
) -> str:
    """Say which file somebody is shown in the place of one that was recorded or sent.

    In a campaign others get the open file; the giver gets the plain one while it is there, and the
    open one after that. Raises NotFoundError while there is none to show.
    """
    in_campaign = campaigns.load_campaign(connection, project_id) is not None
    if not in_campaign or (is_own and blobs.exists(sha256)):
        return sha256
    found = store.find_open_file(connection, sha256, project_id)
    if found is None:
        raise NotFoundError(_NOT_YET)
    return found.sha256
