"""How much one person may send in a day: beyond what anybody can do, so that no disk is filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import TooManyError
from fairhand.core.settings import Settings
from fairhand.storage.database import Connection
from fairhand.work.uploads.store import sent_since


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """What one person may send within 24 hours: recordings, photos, and the bytes of both."""

    recordings: int
    photos: int
    bytes: int


USUAL: Final = DailyLimits(2_000, 1_000, 4 * 1024**3)


def limits_of(settings: Settings) -> DailyLimits:
    """Read the limits from a workspace's settings."""
    return DailyLimits(settings.daily_recordings, settings.daily_photos, settings.daily_sent_bytes)


def check_sent(
    connection: Connection,
    person_id: int,
    what: Literal["recordings", "photos"],
    more_bytes: int,
    limits: DailyLimits,
    now: Instant,
) -> None:
    """Raise TooManyError where one more would be beyond the limits of the last 24 hours."""
    sent = sent_since(connection, person_id, Instant(now - DAY_MS))
    begun, most = {
        "recordings": (sent.recordings, limits.recordings),
        "photos": (sent.uploads, limits.photos),
    }[what]
    if begun >= most:
        raise TooManyError(
            f"{begun} {what} came from you in the last 24 hours, and {most} are allowed. What is "
            "on this device stays there and is sent later.",
            code="too_many_today",
        )
    if sent.bytes + more_bytes > limits.bytes:
        megabytes = limits.bytes // 1_000_000
        raise TooManyError(
            f"More than {megabytes} MB came from you in the last 24 hours. What is on this device "
            "stays there and is sent later.",
            code="too_much_today",
        )
