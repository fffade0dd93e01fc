"""What a webhook tells, how it is signed, and how long it tries. Pure.

Signatures and headers follow Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` (seconds) and
`webhook-signature`, a list of `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Instant, iso
from fairhand.core.errors import Issue

State = Literal["waiting", "sent", "given_up"]

KINDS: Final[Mapping[str, str]] = {
    "annotation.submitted": "somebody answered a task",
    "tasks.imported": "tasks came in",
    "tasks.asked_again": "tasks are asked once more",
    "labels.aggregated": "answers became labels",
    "gold.marked": "a task became a gold task",
    "gold.unmarked": "a gold task is none any more",
    "review.decided": "a reviewer said what stands",
    "review.undone": "a review was taken back",
    "project.created": "a project was made",
    "project.changed": "a project was changed",
    "project.mode": "a project was opened, paused or closed",
    "project.funded": "money was set aside",
    "release.asked": "a release was asked for",
    "release.made": "a release was made",
    "release.shown": "a release is shown to anybody",
    "release.hidden": "a release is shown no more",
    "gate.passed": "training may begin",
    "prelabel.started": "a pre-labelling run began",
    "prelabel.ended": "a pre-labelling run ended",
    "model.trained": "a model was trained",
    "model.promoted": "a model's proposals are shown to people",
    "model.evaluated": "a model was measured",
    "conduct.appealed": "somebody appealed",
    "conduct.appeal_found": "an appeal was decided",
    "conduct.appeal_withdrawn": "an appeal was taken back",
    "conduct.appeal_upheld_by_silence": "an appeal was upheld, as nobody answered in time",
    "contribution.withdrawn": "a contribution was taken back",
    "licence.granted": "a licence was granted",
    "licence.delivered": "a licensed release was handed over",
    "pay.period_closed": "a pay period was closed",
    "payout.batch_sent": "a payout went to the bank",
}
"""The kinds of events that may be told; nothing of anybody's wellbeing is one."""

_FACTS: Final = frozenset(
    (
        "annotation", "answers", "appeal", "asked_more", "assistant", "batch", "because", "count",
        "counted", "licence", "mode", "model", "period", "project", "release", "review", "revision",
        "rows", "run", "settled", "simulated", "task", "tasks", "verdict", "version",
    )
)  # fmt: skip
"""What of an event's body leaves the house: numbers of things, counts, and words of ours."""
_WORD: Final = re.compile(r"[a-z][a-z_.-]{0,39}")

MOST_URL: Final = 2_000
MOST_ATTEMPTS: Final = 12
_WAITS: Final = (
    5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
    5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, DAY_MS,
)  # fmt: skip
_JITTER: Final = 0.2
OLD_SECRET_MS: Final = DAY_MS
"""How long the secret before signs beside the new one."""
REPLAY_WINDOW_S: Final = 300
"""How far a receiver should let the timestamp be from its own clock."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are told to; `project_id` 0 is the whole workspace."""

    id: int
    project_id: int
    url: str
    secret: bytes
    events: tuple[str, ...]
    with_content: bool
    active: bool
    made_by: int
    made_at: Instant
    ended_at: Instant | None
    read_to: int
    next_number: int
    failing_since: Instant | None

    @property
    def state(self) -> str:
        """`active`, `failing` (tried again by itself), `paused` or `ended`."""
        if self.ended_at is not None:
            return "ended"
        if not self.active:
            return "paused"
        return "active" if self.failing_since is None else "failing"


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the log, as it may be told."""

    place: int
    kind: str
    at: Instant
    project_id: int | None
    person_id: int | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs; for a day after a change the one before signs too."""

    now: str
    before: str = ""
    until: int = 0

    def valid(self, now: Instant) -> tuple[str, ...]:
        """The secrets that sign at this moment, the newest first."""
        return (self.now, self.before) if self.before and now < self.until else (self.now,)


def issues_of(url: str, events: Sequence[str]) -> list[Issue]:
    """List what is wrong with a webhook's kinds of events and the length of its address."""
    issues = [
        Issue("events", f"{kind!r} is no kind of event that is told; see the list of kinds.")
        for kind in events
        if not _kinds_of(kind)
    ]
    if len(url) > MOST_URL:
        issues.append(Issue("url", f"An address has at most {MOST_URL:,} characters."))
    return issues


def wants(webhook: Webhook, event: Told) -> bool:
    """Say whether a webhook is told of an event."""
    if event.kind not in KINDS:
        return False
    if webhook.project_id and event.project_id != webhook.project_id:
        return False
    return not webhook.events or any(event.kind in _kinds_of(one) for one in webhook.events)


def body_of(event: Told, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write what is told of an event: ids and facts; `content` is added where the owner asked."""
    facts = {name: value for name, value in event.body.items() if _is_fact(name, value)}
    if event.project_id is not None:
        facts["project"] = event.project_id
    data = {"event": event.place, **facts, **(content or {})}
    return {"type": event.kind, "timestamp": iso(event.at), "data": data}


def signature(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """Sign a message with a `whsec_` secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def headers_of(
    secrets: Sequence[str], message_id: str, now: Instant, body: bytes
) -> dict[str, str]:
    """Write the headers of a message, signed with each of the secrets."""
    seconds = now // 1_000
    signed = " ".join(signature(one, message_id, seconds, body) for one in secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signed,
    }


def wait_after(attempts: int, spread: Callable[[float, float], float]) -> int | None:
    """Say how long to wait after so many failed attempts, in ms; None: give up.

    `spread` draws a number between two others, so that not all try at the same moment.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    base = _WAITS[min(attempts, len(_WAITS)) - 1]
    return round(base * spread(1 - _JITTER, 1 + _JITTER))


def _kinds_of(pattern: str) -> tuple[str, ...]:
    """The kinds that a chosen kind names: one, or those of a group (`release.*`)."""
    if pattern.endswith(".*"):
        return tuple(kind for kind in KINDS if kind.startswith(pattern[:-1]))
    return (pattern,) if pattern in KINDS else ()


def _is_fact(name: str, value: object) -> bool:
    if name not in _FACTS:
        return False
    return isinstance(value, bool | int) or (
        isinstance(value, str) and bool(_WORD.fullmatch(value))
    )
