"""What the JSON API takes and gives, for validation at the door and for OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A number that a database can hold."""


class Body(BaseModel):
    """A request body: unknown fields are refused, so a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


WorkedMs = Annotated[int, Field(ge=0, le=7 * 86_400_000)]
"""Milliseconds that a device saw somebody at a task, up to a week."""


class NextBody(Body):
    """Ask for a task; `ahead` leases one more for later, `exclude` names tasks already on hand."""

    ahead: bool = False
    hold: Literal["online", "offline"] = "online"
    exclude: list[Id] = Field(default_factory=list, max_length=250)


class SubmitBody(Body):
    """Answers to a task; `client_key` (a UUID) makes a retry count once.

    `worked_ms` is how long the task was on screen by a clock that never jumps. It pays for minutes
    that the server could not hear, as without network, and never for more than has passed.
    `visible_ms` is how long hard content was uncovered; left out, what was set aside counts.
    `version` is the task's, of the questions that were shown: an answer that comes after labels
    were changed is taken as it was meant. Left out, it answers the questions of now.
    """

    client_key: str = Field(max_length=64)
    value: dict[str, Any]
    version: Id | None = None
    prediction_id: Id | None = None
    prediction_shown: bool = False
    revises: Id | None = None
    worked_ms: WorkedMs | None = None
    visible_ms: WorkedMs | None = None


class DraftBody(Body):
    """What has been entered so far."""

    value: dict[str, Any]


class SkipBody(Body):
    """Pass a task on; a reason helps the owner and is never asked for."""

    client_key: str = Field(max_length=64)
    reason: str | None = Field(default=None, max_length=500)
    worked_ms: WorkedMs | None = None
    visible_ms: WorkedMs | None = None


class JoinBody(Body):
    """Agree to a project's notice; send the hash of the words you read."""

    notice_sha256: str | None = None


class QuestionBody(Body):
    """One question of a project."""

    name: str
    kind: str
    title: str
    config: dict[str, Any]
    required: bool = True
    only_if: dict[str, Any] | None = None


class ProjectBody(Body):
    """A new project. `rate` is pay per hour as a decimal string in `currency`.

    `worth`, also a decimal string, is what one right answer is worth to you: people are then asked
    while a judgement is expected to earn more than it costs. Left out, `target_confidence` rules.
    """

    title: str
    purpose: str
    guidelines: str = ""
    questions: list[QuestionBody]
    currency: str
    rate: str
    min_overlap: int = 2
    max_overlap: int = 5
    target_confidence: float = Field(default=0.95, strict=False)
    expected_seconds: float = Field(default=20, strict=False)
    tier: int = 0
    worth: str | None = None
    mode: Literal["draft", "demo"] = "draft"
    slug: str = ""


class GuidelinesBody(Body):
    """New guidelines in Markdown."""

    guidelines: str


class WorthBody(Body):
    """What one right answer is worth, as "0.80"; null: the target confidence rules."""

    worth: str | None


class GoldBody(Body):
    """The known answer to a task, by question name, and why it is right."""

    value: dict[str, Any]
    explanation: str = ""


class GoldShareBody(Body):
    """How many of a hundred tasks handed out are gold, 0 to 50."""

    percent: float = Field(strict=False, allow_inf_nan=False)


class AskAgainBody(Body):
    """Tasks about which one more person is asked."""

    tasks: list[Id] = Field(min_length=1, max_length=1_000)


class SignalBody(Body):
    """What somebody made of a signal."""

    state: Literal["open", "set_aside"] = "set_aside"
    note: str = ""


class ModeBody(Body):
    """The mode a project should be in."""

    mode: Literal["draft", "demo", "open", "paused", "closed"]


class FundBody(Body):
    """Money to set aside, as a decimal string in the project's currency."""

    amount: str
    client_key: str = Field(min_length=8, max_length=64)


class InviteBody(Body):
    """Somebody to ask in."""

    display_name: str
    email: str | None = None
    roles: list[str] = Field(default_factory=lambda: ["contributor"])
    project_id: Id = 0
    country: str = ""
    region: str = ""
    locale: str = "en"


class TokenBody(Body):
    """A new API token."""

    label: str = Field(min_length=1, max_length=100)
    scope: Literal["read", "work", "manage", "train"] = "work"
    project_id: Id = 0
    days: int = Field(default=90, ge=1, le=365)


class ClosePayBody(Body):
    """Settle everything earned before an instant (ISO 8601 with an offset)."""

    ends_at: str


class ReleaseBody(Body):
    """A release to make; `with_media` copies the files of its tasks into it.

    `guard` holds bounds of the synthetic-data guard that differ from its defaults (`max_depth`,
    `min_real`, ..., with `why` for looser ones); `accept_warnings` says that they were read.
    `splits` parts it: `{"shares": "80/10/10", "by": "task", "seed": 0, "stratify": ["question"]}`.
    `notes` are your own words for the datasheet, as `{"not_for": "..."}`.
    """

    with_media: bool = False
    licence: str = Field(default="", max_length=200)
    guard: dict[str, Any] = Field(default_factory=dict, max_length=20)
    accept_warnings: bool = False
    splits: dict[str, Any] = Field(default_factory=dict, max_length=4)
    notes: dict[str, str] = Field(default_factory=dict, max_length=7)


class ExportBody(Body):
    """A file to make: of a `release` by its version, or of the project as it stands.

    `question` picks one of several; `answers` adds what each person answered, by pseudonym, to a
    project as it stands; `elsewhere` adds tasks that people answered in another tool, before they
    came here.
    """

    format: str = Field(max_length=60)
    release: int | None = Field(default=None, ge=1, le=10**9)
    question: str | None = Field(default=None, max_length=60)
    answers: bool = False
    elsewhere: bool = False


class TaskActBody(Body):
    """What is done with some tasks: those numbered, or with `query` all that fit it.

    `wanted` is how many people are to answer each, for `overlap` alone.
    """

    act: Literal["set_aside", "take_back", "ask_again", "overlap"]
    tasks: list[Id] | None = Field(default=None, min_length=1, max_length=1_000)
    query: dict[str, str] | None = None
    wanted: int = Field(default=0, ge=0, le=1_000)


class ViewBody(Body):
    """A view of the task browser to keep: filters by their names in an address."""

    name: str = Field(min_length=1, max_length=200)
    query: dict[str, str] = Field(default_factory=dict)
    shared: bool = False


class ViewChangeBody(Body):
    """What becomes of a view; what is left out stays."""

    name: str | None = Field(default=None, max_length=200)
    query: dict[str, str] | None = None
    shared: bool | None = None
