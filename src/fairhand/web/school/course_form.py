"""The form of a course: what it was sent with, and the plan that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, HOUR_MS
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.learning.rules import CoursePlan, Step
from fairhand.web.shared.sent_answers import Sent

NUMBERS = ("exam_asks", "pass_percent", "retakes", "retake_after_hours", "valid_days")
FIELDS = ("title", "skill", *NUMBERS, "most_paid_hours")


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as its row in the form shows it."""

    at: int
    step: Step


def values_of(plan: CoursePlan) -> dict[str, str]:
    """Write a plan's own fields as its form shows them."""
    return {
        "title": plan.title,
        "skill": plan.skill,
        "exam_asks": str(plan.exam_asks),
        "pass_percent": f"{plan.pass_permille / 10:g}",
        "retakes": str(plan.retakes),
        "retake_after_hours": f"{plan.retake_after_ms / HOUR_MS:g}",
        "valid_days": "" if plan.valid_ms is None else f"{plan.valid_ms / DAY_MS:g}",
        "most_paid_hours": f"{plan.most_paid_ms / HOUR_MS:g}",
    }


def plan_of(values: Mapping[str, str], sent: Sent, gold: Sequence[int]) -> CoursePlan:
    """Read a plan; raises InvalidError naming every number that is none."""
    issues: list[Issue] = []

    def number(name: str, least: float = 0) -> float:
        try:
            found = float(values[name].strip().replace(",", "."))
        except ValueError:
            found = float("nan")
        if not least <= found <= 10**6:
            issues.append(Issue(name, "Give a number."))
            return least
        return found

    valid = values["valid_days"].strip()
    steps = steps_of(sent)
    taught = {one.task_id for one in steps}
    chosen = [int(one) for one in sent.get("step.exam", []) if _is_number(one)]
    takes_all = "all" in sent.get("step.pool", [])
    plan = CoursePlan(
        title=values["title"],
        skill=values["skill"],
        steps=steps,
        exam_tasks=tuple(one for one in gold if one not in taught) if takes_all else tuple(chosen),
        exam_asks=round(number("exam_asks")),
        pass_permille=round(10 * number("pass_percent")),
        retakes=round(number("retakes")),
        retake_after_ms=round(HOUR_MS * number("retake_after_hours")),
        valid_ms=round(DAY_MS * number("valid_days")) if valid else None,
        most_paid_ms=round(HOUR_MS * number("most_paid_hours")),
    )
    if issues:
        raise InvalidError("Some numbers cannot be read.", issues=issues)
    return plan


def steps_of(sent: Sent) -> tuple[Step, ...]:
    """Read the rows of steps in the order of their places; a new one comes where it says."""
    rows: list[tuple[float, int, Step]] = []
    for at in range(_rows(sent)):
        if sent.get(f"step.{at}.drop"):
            continue
        step = _step(sent, str(at))
        if step is not None:
            rows.append((_place(sent, str(at), at + 1), at, step))
    added = _step(sent, "new")
    if added is not None:
        rows.append((_place(sent, "new", 10**6), -1, added))
    return tuple(step for *_, step in sorted(rows, key=lambda row: row[:2]))


def _rows(sent: Sent) -> int:
    numbers = [int(one) for one in (name.split(".")[1] for name in sent) if _is_number(one)]
    return min(1_000, max(numbers, default=-1) + 1)


def _step(sent: Sent, at: str) -> Step | None:
    kind = _first(sent, f"step.{at}.kind")
    task = _first(sent, f"step.{at}.task")
    title, body = _first(sent, f"step.{at}.title"), _first(sent, f"step.{at}.body")
    if kind == "text":
        return Step("text", title.strip(), body)
    if kind in ("example", "practice"):
        task_id = int(task) if _is_number(task) else None
        return Step(kind, title.strip(), body, task_id)  # type: ignore[arg-type]  # one of the two
    return None


def _place(sent: Sent, at: str, otherwise: float) -> float:
    try:
        place = float(_first(sent, f"step.{at}.place"))
    except ValueError:
        return otherwise
    return place if 0 <= place <= 10**6 else otherwise


def _first(sent: Sent, name: str) -> str:
    return next(iter(sent.get(name, [])), "")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
