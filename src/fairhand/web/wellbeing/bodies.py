"""What the JSON of one's own wellbeing takes, and how it answers."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

Minutes = Annotated[float, Field(ge=0, le=1_000_000, strict=False, allow_inf_nan=False)]
"""Severity-minutes."""


class Body(BaseModel):
    """A request body: unknown fields are refused, so a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LimitsBody(Body):
    """The most that you want to see, in severity-minutes: in an hour, in a day, over weeks."""

    hour: Minutes
    day: Minutes
    chronic: Minutes


class AgreeBody(Body):
    """The hash of the words that you read."""

    disclosure_sha256: str = Field(max_length=64)


class ViewBody(Body):
    """How hard content is shown to you at first, and whether breaks are offered."""

    style: str = Field(max_length=10)
    offers_breaks: bool = True


class RatingBody(Body):
    """How hard an item was for you: 0 not at all, to 4."""

    tier: int = Field(ge=0, le=4)


class KeyBody(Body):
    """Your key for check-ins, sealed in your browser; base64. `again`: under a new passphrase."""

    salt: str = Field(max_length=200)
    rounds: int = Field(ge=0, le=10**9)
    nonce: str = Field(max_length=200)
    key: str = Field(max_length=200)
    again: bool = False


class CheckInBody(Body):
    """A sealed note, base64; `client_key` makes a retry count once."""

    client_key: str = Field(min_length=1, max_length=64)
    sealed: str = Field(max_length=30_000)


class CareBody(Body):
    """How much of what is laid aside for you is to be paid out, as "25.00"."""

    client_key: str = Field(min_length=1, max_length=64)
    amount: str = Field(max_length=40)
    currency: str = Field(max_length=3)


def answer(content: Any, status: int = 200) -> Response:  # noqa: ANN401  # any JSON value
    """Write a JSON answer that nobody caches."""
    return Response(
        orjson.dumps(content),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
