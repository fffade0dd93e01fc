"""The contributors' channels: a page, and sealed bytes for its script. No way in for managers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import ForbiddenError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.join_channel import JoinChannel, join_channel, leave_channel
from fairhand.use_cases.read_channel import read_channels, read_letters
from fairhand.use_cases.send_letter import (
    MakeChannel,
    SendLetter,
    ShareKeys,
    make_channel,
    send_letter,
    share_keys,
)
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.pages import render
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(tags=["channel"], route_class=StrictRoute)
_MOST_KEYS = 1_000


class _Sealed(BaseModel):
    """What scripts send: nothing beside what is named."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MemberBody(_Sealed):
    """A name, a public key (JWK, P-256), and the private key sealed by your own words."""

    handle: str = Field(max_length=200)
    public_key: dict[str, Any] = Field(max_length=12)
    wrapped_key: dict[str, Any] = Field(max_length=12)


class ChannelBody(_Sealed):
    """A channel's name, and its key sealed for each member."""

    name: str = Field(max_length=1_000)
    keys: dict[str, dict[str, Any]] = Field(max_length=_MOST_KEYS)


class KeysBody(_Sealed):
    """The key of an epoch, sealed for members who have none."""

    epoch: int = Field(ge=1, le=10**9)
    keys: dict[str, dict[str, Any]] = Field(max_length=_MOST_KEYS)


class LetterBody(_Sealed):
    """A sealed letter: nonce, text and tag of AES-GCM, in base64."""

    epoch: int = Field(ge=1, le=10**9)
    client_key: str = Field(max_length=64)
    sealed: str = Field(max_length=30_000)


@router.get("/channel", include_in_schema=False)
@guard("own")
def page(house: House, actor: Actor, request: Request) -> Response:
    """Show the page; its script opens what only its reader can."""
    try:
        read_channels(house.db, actor.person_id)
        may_enter = True
    except ForbiddenError:
        may_enter = False
    return render(request, "channel.html", {"may_enter": may_enter}, actor=actor)


@router.get("/api/v1/me/channel")
@guard("own")
def mine(house: House, actor: Actor) -> dict[str, Any]:
    """Give your sealed keys, who is in, and your channels."""
    return read_channels(house.db, actor.person_id)


@router.put("/api/v1/me/channel")
@guard("own")
def join(house: House, actor: Actor, body: MemberBody) -> dict[str, Any]:
    """Join the contributors' channels."""
    command = JoinChannel(actor.person_id, body.handle, body.public_key, body.wrapped_key)
    join_channel(house.db, command, house.clock())
    return read_channels(house.db, actor.person_id)


@router.post("/api/v1/me/channel/leave")
@guard("own")
def leave(house: House, actor: Actor) -> dict[str, Any]:
    """Leave every channel."""
    leave_channel(house.db, actor.person_id, house.clock())
    return {"left_at": iso(house.clock())}


@router.post("/api/v1/channels", status_code=201)
@guard("own")
def make(house: House, actor: Actor, body: ChannelBody) -> dict[str, Any]:
    """Make a channel."""
    command = MakeChannel(actor.person_id, body.name, body.keys)
    return {"id": make_channel(house.db, command, house.clock())}


@router.post("/api/v1/channels/{channel_id}/keys")
@guard("own")
def keys(house: House, actor: Actor, channel_id: int, body: KeysBody) -> dict[str, Any]:
    """Hand members the key of an epoch, or begin the next."""
    share_keys(house.db, ShareKeys(actor.person_id, channel_id, body.epoch, body.keys))
    return {"epoch": body.epoch}


@router.get("/api/v1/channels/{channel_id}/letters")
@guard("own")
def letters(
    house: House,
    actor: Actor,
    channel_id: int,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> dict[str, Any]:
    """Give sealed letters that you have the key of."""
    return {"letters": read_letters(house.db, actor.person_id, channel_id, after)}


@router.post("/api/v1/channels/{channel_id}/letters", status_code=201)
@guard("own")
def send(house: House, actor: Actor, channel_id: int, body: LetterBody) -> dict[str, Any]:
    """Send a sealed letter."""
    command = SendLetter(actor.person_id, channel_id, body.epoch, body.client_key, body.sealed)
    send_letter(house.db, command, house.clock())
    return {"client_key": body.client_key}
