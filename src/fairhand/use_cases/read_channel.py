"""The channels as a member's browser gets them: public keys, sealed keys, sealed letters."""

from __future__ import annotations

import base64
from typing import Any

from fairhand.core.clock import iso
from fairhand.core.errors import NotFoundError
from fairhand.people.channel import store
from fairhand.people.council.store import electorate
from fairhand.storage.database import Database
from fairhand.use_cases.join_channel import check_belongs
from fairhand.use_cases.send_letter import needs_turning


def read_channels(db: Database, person_id: int) -> dict[str, Any]:
    """Read one's own keys, who is in, and the channels one has a key of."""
    with db.read() as connection:
        check_belongs(connection, person_id)
        own = store.load_own(connection, person_id)
        if own is None:
            return {"me": None, "members": [], "channels": []}
        member, wrapped = own
        allowed = electorate(connection)
        inside = [one for one in store.list_members(connection) if one.person_id in allowed]
        by_number = {one.person_id: one.handle for one in inside}
        keys = store.own_keys(connection, person_id)
        channels = []
        for number, name in store.list_channels(connection):
            if number not in keys:
                continue
            epoch = store.newest_epoch(connection, number)
            held = store.holders(connection, number, epoch)
            channels.append(
                {
                    "id": number,
                    "name": name,
                    "epoch": epoch,
                    "keys": {str(one): sealed for one, sealed in keys[number].items()},
                    "holders": sorted(by_number[one] for one in held if one in by_number),
                    "turn": needs_turning(connection, held),
                }
            )
    return {
        "me": {"handle": member.handle, "public_key": member.public_key, "wrapped_key": wrapped},
        "members": [{"handle": one.handle, "public_key": one.public_key} for one in inside],
        "channels": channels,
    }


def read_letters(db: Database, person_id: int, channel_id: int, after: int) -> list[dict[str, Any]]:
    """Read sealed letters of the epochs that one has a key of; raises NotFoundError without any."""
    with db.read() as connection:
        check_belongs(connection, person_id)
        if channel_id not in store.own_keys(connection, person_id):
            raise NotFoundError("There is no such channel.")
        letters = store.list_letters(connection, channel_id, person_id, after)
    return [
        {
            "id": one.id,
            "epoch": one.epoch,
            "from": one.handle,
            "client_key": one.client_key,
            "sealed": base64.b64encode(one.sealed).decode(),
            "at": iso(one.at),
        }
        for one in letters
    ]
