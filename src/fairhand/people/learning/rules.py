"""What a course must be, what an exam asks, when it is passed, and when practice comes back; pure.

An exam is passed when even the lower end of the exact 90 % interval of the share of right answers
(Clopper, Pearson 1934) reaches the share that the course asks for. Then somebody who is right less
often than that passes in at most one exam of twenty, whatever the number of questions. What this
takes is known before anybody begins: so many right answers of so many.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import Any, Final, Literal, get_args

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.systems import automated

StepKind = Literal["text", "example", "practice"]
AttemptKind = Literal["lesson", "practice", "exam"]
AttemptState = Literal["running", "passed", "failed", "void", "left"]
CourseState = Literal["draft", "live", "retired"]

LUCK: Final = 0.05
"""How often somebody who is right less often than the course asks may pass by luck."""
LEVEL: Final = 1 - 2 * LUCK
"""The level of the exact interval whose lower end decides, and which people are shown."""

SKILLED: Final = 0.95
SKILLED_PASS: Final = 0.8
"""Who is right so often should pass so often; a course that does not grant it is told so."""

MOST_STEPS: Final = 200
MOST_ASKED: Final = 200
BODY_MAX: Final = 20_000
WORDS_A_MINUTE: Final = 100
"""How fast a slow reader reads a lesson; what a step takes at that pace is paid without a sign."""
READING_MOST_MS: Final = 30 * MINUTE_MS
LESSON_FIRST: Final = 3
BOXES_MS: Final = tuple(days * DAY_MS for days in (1, 3, 7, 16, 35))
"""When a practice task comes back from box 1, 2, …; the gaps about double (S. Leitner 1972)."""
SESSION: Final = 10
"""How many practice tasks one sitting brings."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lesson: words to read (Markdown), or a gold task shown or asked."""

    kind: StepKind
    title: str = ""
    body: str = ""
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """What an author decides about a course. Durations in milliseconds."""

    title: str
    skill: str
    steps: tuple[Step, ...]
    exam_tasks: tuple[int, ...]
    exam_asks: int
    pass_permille: int = 600
    retakes: int = 2
    retake_after_ms: int = DAY_MS
    valid_ms: int | None = None
    most_paid_ms: int = 4 * HOUR_MS

    @property
    def lesson_tasks(self) -> tuple[int, ...]:
        """The gold tasks that the lesson shows or asks, in their order."""
        return tuple(step.task_id for step in self.steps if step.task_id is not None)


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold task as a course sees it: which answer is known, and whether it is explained."""

    task_id: int
    value: Mapping[str, Any]
    explanation: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an exam ended: right answers of so many, how many it took, the exact interval."""

    right: int
    of: int
    needed: int
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Say whether it was enough."""
        return self.right >= self.needed


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a person has tried an exam: what is left, and from when the next may begin."""

    used: int
    left: int
    next_at: Instant | None

    def may_begin(self, now: Instant) -> bool:
        """Say whether an exam may begin now."""
        return self.left > 0 and (self.next_at is None or now >= self.next_at)


def check_plan(plan: CoursePlan) -> list[Issue]:
    """List what keeps a plan from being kept as a draft: what no form could show again."""
    issues = []
    if not 3 <= len(plan.title.strip()) <= 200:
        issues.append(Issue("title", "Give the course a title of 3 to 200 characters."))
    if not 2 <= len(plan.skill.strip()) <= 100:
        issues.append(Issue("skill", "Name the skill that it shows, in 2 to 100 characters."))
    if len(plan.steps) > MOST_STEPS:
        issues.append(Issue("steps", f"Keep a course under {MOST_STEPS} steps."))
    issues += [
        issue for number, step in enumerate(plan.steps, 1) for issue in _step_issues(number, step)
    ]
    if len(plan.exam_tasks) > 10 * MOST_ASKED:
        issues.append(Issue("exam_tasks", f"Keep at most {10 * MOST_ASKED} tasks for the exam."))
    return issues + _number_issues(plan)


def _step_issues(number: int, step: Step) -> list[Issue]:
    place = f"steps.{number}"
    if step.kind not in get_args(StepKind):
        return [Issue(place, "A step is text, an example or practice.")]
    if len(step.title) > 200 or len(step.body) > BODY_MAX:
        return [Issue(place, f"Keep step {number} under {BODY_MAX:,} characters.")]
    if (step.kind == "text") != (step.task_id is None):
        return [Issue(place, f"Step {number}: an example and practice need a task, text none.")]
    return []


def _number_issues(plan: CoursePlan) -> list[Issue]:
    issues = []
    if not 1 <= plan.exam_asks <= MOST_ASKED:
        issues.append(Issue("exam_asks", f"Ask 1 to {MOST_ASKED} questions in the exam."))
    if not 300 <= plan.pass_permille <= 980:
        issues.append(Issue("pass_percent", "Ask for a share of 30 to 98 in a hundred."))
    if not 1 <= plan.retakes <= 20:
        issues.append(
            Issue("retakes", "Allow 1 to 20 retakes: one bad hour should shut nobody out.")
        )
    if not 0 <= plan.retake_after_ms <= 90 * DAY_MS:
        issues.append(Issue("retake_after_hours", "Let people try again within 90 days."))
    if plan.valid_ms is not None and not 30 * DAY_MS <= plan.valid_ms <= 3_650 * DAY_MS:
        issues.append(Issue("valid_days", "Let a pass hold for 30 days to ten years, or for good."))
    if not 10 * MINUTE_MS <= plan.most_paid_ms <= 40 * HOUR_MS:
        issues.append(Issue("most_paid_hours", "Pay for at most 10 minutes to 40 hours."))
    return issues


def check_ready(plan: CoursePlan, gold: Mapping[int, Gold]) -> list[Issue]:
    """List what keeps a valid plan from being published; warnings keep nothing."""
    issues = []
    if not plan.steps:
        issues.append(Issue("steps", "Write at least one step: people cannot guess what you mean."))
    if not any(step.kind == "practice" for step in plan.steps):
        issues.append(
            Issue("steps", "Add practice: people learn by trying, and by hearing why.", "warning")
        )
    lesson = plan.lesson_tasks
    issues += [
        Issue("steps", f"Task {task_id} stands in the lesson twice.")
        for task_id in sorted({one for one in lesson if lesson.count(one) > 1})
    ]
    for task_id in dict.fromkeys(lesson):
        if task_id not in gold:
            issues.append(Issue("steps", f"Task {task_id} is no gold task of this project."))
        elif not gold[task_id].explanation.strip():
            issues.append(
                Issue("steps", f"Task {task_id} has no explanation: say why its answer is right.")
            )
    return issues + _exam_issues(plan, gold)


def _exam_issues(plan: CoursePlan, gold: Mapping[int, Gold]) -> list[Issue]:
    pool = set(plan.exam_tasks)
    issues = [
        Issue("exam_tasks", f"Task {task_id} is no gold task of this project.")
        for task_id in sorted(pool - gold.keys())
    ]
    issues += [
        Issue("exam_tasks", f"Task {task_id} is in the lesson, where its answer is shown.")
        for task_id in sorted(pool & set(plan.lesson_tasks))
    ]
    if len(pool) < plan.exam_asks:
        words = f"The exam asks {plan.exam_asks} questions of {len(pool)} tasks. Make more gold."
        issues.append(Issue("exam_asks", words))
    elif len(pool) < 2 * plan.exam_asks:
        words = "Whoever tries again meets some tasks again; twice as many tasks would avoid that."
        issues.append(Issue("exam_tasks", words, "warning"))
    needed = needed_right(plan.exam_asks, plan.pass_permille)
    if needed is not None and chance(needed, plan.exam_asks, SKILLED) < SKILLED_PASS:
        often = 100 * chance(needed, plan.exam_asks, SKILLED)
        words = (
            f"It takes {needed} of {plan.exam_asks}. Somebody who is right {100 * SKILLED:g} times "
            f"in a hundred passes only {often:.0f} of a hundred such exams: ask more questions, or "
            "for a lower share."
        )
        issues.append(Issue("exam_asks", words, "warning"))
    if needed is None:
        least = least_asked(plan.pass_permille)
        words = (
            f"{plan.exam_asks} right answers of {plan.exam_asks} do not show "
            f"{plan.pass_permille / 10:g} in a hundred yet: ask at least {least} questions, "
            "or for a lower share."
        )
        issues.append(Issue("exam_asks", words))
    return issues


def chance(right: int, of: int, share: float) -> float:
    """Chance of at least `right` right answers of `of` for somebody who is right so often."""
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(right, of + 1))


@cache
def needed_right(of: int, pass_permille: int) -> int | None:
    """Fewest right answers of `of` that pass: whose exact lower end reaches the share asked for.

    The lower end at `LEVEL` reaches p exactly when so many or more would come by luck, at a true
    share of p, in at most `LUCK` of exams. None when even all right would not show it.
    """
    share = pass_permille / 1000
    return next((k for k in range(of + 1) if chance(k, of, share) <= LUCK), None)


def least_asked(pass_permille: int) -> int:
    """Fewest questions by which all right answers show the share."""
    return next(n for n in range(1, 1_000) if needed_right(n, pass_permille) is not None)


def draw_exam(plan: CoursePlan, met: Mapping[int, int], rng: random.Random) -> list[int]:
    """Draw the tasks of an exam: those first that the person has met least often (`met`)."""
    pool = list(dict.fromkeys(plan.exam_tasks))
    rng.shuffle(pool)
    pool.sort(key=lambda task_id: met.get(task_id, 0))
    drawn = pool[: plan.exam_asks]
    rng.shuffle(drawn)
    return drawn


def tries(plan: CoursePlan, ended: Sequence[tuple[AttemptState, Instant]]) -> Tries:
    """Count a person's exams of a course, as (state, ended at); a void one counts for nothing."""
    spent = [at for state, at in ended if state in ("failed", "left")]
    left = max(0, 1 + plan.retakes - len(spent))
    next_at = Instant(max(spent) + plan.retake_after_ms) if spent else None
    return Tries(len(spent), left, next_at)


def next_box(box: int, *, is_right: bool, now: Instant) -> tuple[int, Instant]:
    """Say in which box a practice task goes, and when it comes back: after a mistake, soon."""
    box = min(box + 1, len(BOXES_MS)) if is_right else 1
    return box, Instant(now + BOXES_MS[box - 1])


def reading_cap_ms(step: Step, explanation: str, idle_cap_ms: int) -> int:
    """How long a step may take without a sign of life and be paid in full."""
    words = len(step.body.split()) + len(explanation.split())
    slow = words * MINUTE_MS // WORDS_A_MINUTE
    return max(idle_cap_ms, min(slow, READING_MOST_MS))


def compose(title: str, guidelines: str, gold: Sequence[Gold]) -> CoursePlan:
    """Draft a course from guidelines and gold tasks: sections to read, then examples and practice.

    One task of every known answer goes into the lesson as an example and one as practice, as long
    as they are explained and most stay for the exam; the exam gets the others.
    """
    texts = sections(guidelines)
    lesson = _for_the_lesson(gold)
    examples, practice = lesson[::2], lesson[1::2]
    steps = [
        *texts,
        *(Step("example", task_id=one.task_id) for one in examples),
        *(Step("practice", task_id=one.task_id) for one in practice),
    ]
    taught = {one.task_id for one in lesson}
    pool = tuple(one.task_id for one in gold if one.task_id not in taught)
    asks = max(1, min(len(pool) // 2 if len(pool) >= 20 else len(pool), 20))
    return CoursePlan(
        title=f"{title}: how it is done"[:200],
        skill=title.strip()[:100],
        steps=tuple(steps[:MOST_STEPS]),
        exam_tasks=pool,
        exam_asks=asks,
    )


def _for_the_lesson(gold: Sequence[Gold]) -> list[Gold]:
    """Choose explained tasks by turns over the known answers, at most a third of all."""
    by_answer: dict[str, list[Gold]] = {}
    for one in sorted(gold, key=lambda one: one.task_id):
        if one.explanation.strip():
            by_answer.setdefault(_class_of(one.value), []).append(one)
    most = min(8, max(2, len(gold) // 3)) if len(gold) >= LESSON_FIRST else 0
    chosen: list[Gold] = []
    while by_answer and len(chosen) < most:
        for answer in sorted(by_answer):
            chosen.append(by_answer[answer].pop(0))
            if not by_answer[answer]:
                del by_answer[answer]
    return chosen[:most]


def _class_of(value: Mapping[str, Any]) -> str:
    """Group known answers that teach the same: the labels that they name."""
    parts = []
    for name in sorted(value):
        answer = value[name]
        if isinstance(answer, Mapping):
            answer = sorted({region["label"] for region in answer.get("regions", ())})
        parts.append(f"{name}={answer}")
    return ";".join(parts)


def sections(guidelines: str) -> list[Step]:
    """Cut guidelines into steps at their headings (`#` to `###`), outside of code."""
    found: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in guidelines.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        hashes = len(line) - len(line.lstrip("#"))
        if not fenced and 1 <= hashes <= 3 and line[hashes : hashes + 1] == " ":
            found.append((line.strip("# ").strip()[:200], []))
        else:
            found[-1][1].append(line)
    steps = []
    for title, lines in found:
        body = "\n".join(lines).strip()
        if body or title:
            steps += [Step("text", title, part) for part in _pieces(body)]
    return steps


def _pieces(body: str) -> list[str]:
    """Keep every piece under the most that a step may hold, cut between paragraphs."""
    pieces = [""]
    for paragraph in body.split("\n\n"):
        for start in range(0, max(1, len(paragraph)), BODY_MAX // 2):
            part = paragraph[start : start + BODY_MAX // 2]
            if pieces[-1] and len(pieces[-1]) + len(part) > BODY_MAX // 2:
                pieces.append(part)
            else:
                pieces[-1] = f"{pieces[-1]}\n\n{part}" if pieces[-1] else part
    return pieces


EXAM = "exam.judge"
FAILED: Final = (
    "You had {right} right answers of {of} in the exam of “{course}”; it takes {needed} to pass."
)
WOULD_HAVE_PASSED: Final = (
    "It would have been passed with {needed} right answers of {of}; {right} were right."
)


@automated(
    EXAM,
    title="Whether an exam is passed",
    effect="routes",
    purpose="Counts right answers to tasks with a known answer; who passes may work in the "
    "project, who does not may try again.",
    reads=("the answers given in the exam", "the known answers of its tasks"),
    parameters=(
        ("right answers needed", "told before the exam", "the only thing that counts"),
        ("level of the exact interval", LEVEL, "its lower end must reach the course's share"),
    ),
    oversight="A failed exam can be appealed, and a trainer can declare it void; learning and the "
    "exam are paid whatever the result.",
)
def judge_exam(plan: CoursePlan, right: Sequence[bool], low: float, high: float) -> Verdict:
    """Judge an ended exam; `low` and `high` are the exact interval of its share at `LEVEL`."""
    needed = needed_right(len(right), plan.pass_permille)
    return Verdict(sum(right), len(right), len(right) + 1 if needed is None else needed, low, high)


def judge_answer(known: Mapping[str, Any], right: Collection[str]) -> bool:
    """A task is right when every question whose answer is known was answered right."""
    return set(known) <= set(right)
