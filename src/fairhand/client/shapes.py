"""The shapes of the server's answers, as type checkers see them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Mode = Literal["draft", "demo", "open", "paused", "closed"]
Scope = Literal["read", "work", "manage", "train"]


class Question(TypedDict):
    """One question of a project; `choice` and `mask` of this package write them."""

    name: str
    kind: str
    title: str
    config: dict[str, Any]
    required: NotRequired[bool]
    only_if: NotRequired[dict[str, Any] | None]


class Project(TypedDict):
    """A project as lists show it; amounts are decimal strings."""

    id: int
    slug: str
    title: str
    mode: Mode
    version: int
    purpose: str
    currency: str
    rate: str
    expected_seconds: float
    tier: int
    created_at: str
    archived_at: str | None


class ProjectDetails(Project):
    """A project with its questions and guidelines; `policy` is for those who run it."""

    questions: list[Question]
    guidelines: str
    policy: NotRequired[dict[str, Any]]


class Progress(TypedDict):
    """How far a project is."""

    tasks: int
    finished: int
    answers: int
    counted_answers: int
    assisted_answers: int
    people: int
    live_leases: int


class Sums(TypedDict):
    """Money as decimal strings: one in ten, half and nine in ten futures stay under it."""

    p10: str
    p50: str
    p90: str


class Numbers(TypedDict):
    """Numbers that one in ten, half and nine in ten futures stay under."""

    p10: float
    p50: float
    p90: float


class Forecast(TypedDict):
    """What a project will cost from here on; `missing` is what the escrow lacks."""

    project_id: int
    currency: str
    otherwise: bool
    to_spend: Sums
    in_all: Sums
    spent: str
    escrow: str
    missing: dict[str, str]
    parts: dict[str, str]
    hours: Numbers
    answers: Numbers
    seconds_an_answer: Numbers
    working_days: Numbers
    top_up_share: Numbers
    people: int
    tasks_left: int
    tasks_finished: int
    answers_measured: int
    levers: list[dict[str, str]]
    with_30_more_answers: Sums
    said_at_opening: dict[str, Any] | None
    estimate: dict[str, Any] | None
    calibration: dict[str, int]
    assumptions: list[str]


class Offer(TypedDict):
    """What somebody sees before accepting; times in seconds, money as decimal strings."""

    project_id: int
    title: str
    purpose: str
    mode: Mode
    joined: bool
    currency: str
    pay: str
    per_hour: str
    your_floor: dict[str, str] | None
    half_less_than_s: float
    nine_in_ten_less_than_s: float
    measured_answers: int
    tasks_left: int
    tasks_left_at_least: bool
    counts_as_paid_time: str
    paid_out: str
    coming: list[dict[str, str]]


class QuestionState(TypedDict):
    """How good the answers to one question are so far."""

    question: str
    method: str
    tasks: int
    answers: int
    mean_confidence: float | None
    share_settled: float | None
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None


class Status(TypedDict):
    """How far, how good, how much, and what holds a project up."""

    project_id: int
    mode: Mode
    progress: Progress
    questions: list[QuestionState]
    answers_per_task: list[list[int]]
    currency: str
    spent: str
    top_ups: str
    escrow_left: str
    cost_per_answer: str | None
    cost_per_task: str | None
    paid_ms: int
    median_task_ms: int | None
    holds_up: list[str]


class IssueShape(TypedDict):
    """One thing that is wrong, and where."""

    place: str
    message: str
    severity: str


class Job(TypedDict):
    """Long work on the server and how far it is."""

    id: str
    kind: str
    project_id: int | None
    state: Literal["queued", "running", "done", "failed"]
    done: int
    total: int | None
    issues: list[IssueShape]
    result: Any
    error: str | None
    created_at: str
    updated_at: str


class Funded(TypedDict):
    """What is set aside for a project now; `again` when this key had funded before."""

    escrow: str
    currency: str
    again: bool


class Invited(TypedDict):
    """A new account and its one-time sign-in link."""

    person_id: int
    link: str


class Me(TypedDict):
    """Who a token speaks for."""

    id: int
    display_name: str
    locale: str
    simulated: bool
    roles: list[dict[str, Any]]


class ClosedPeriod(TypedDict):
    """What closing a pay period did; `period_id` is None when nothing was to be settled."""

    period_id: int | None
    people: int
    statements: int


class Statement(TypedDict):
    """One statement and the hash that names it."""

    id: int
    sha256: str
    statement: dict[str, Any]


class Release(TypedDict):
    """A dataset version; `release(id)` adds `card` and `files`."""

    id: int
    project_id: int
    version: int
    made_at: str
    manifest_sha256: str | None
    event_id: int | None
    stats: dict[str, Any] | None
    card: NotRequired[str | None]
    files: NotRequired[list[Any]]


class Outline(TypedDict):
    """A region as COCO's compressed run lengths, and the IoU that is expected of it."""

    counts: str
    size: list[int]
    box: list[int] | None
    score: float
    took_ms: float
    model: str


class Submitted(TypedDict):
    """What a submit is answered with: paid, and promised with a signature."""

    annotation_id: int
    revision: int
    counted: bool
    late: bool
    paid: dict[str, Any]
    event_id: int
    promise: dict[str, Any]
