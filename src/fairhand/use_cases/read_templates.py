"""Templates: ready questions and guidelines for each kind of work, with a few tasks to try."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fairhand.core.errors import NotFoundError
from fairhand.model.project import Question

FOLDER = Path(__file__).resolve().parent.parent / "templates"
GROUPS = ("Images", "Text", "Conversations", "Search", "Sound", "Own data")


@dataclass(frozen=True, slots=True)
class Template:
    """A project that needs only a name, a purpose of its own and a rate of pay.

    `columns` says which column of the sample is the image, the audio or the text; `proposals`
    which columns hold a model's answer, and to which question. `campaign` holds the terms and the
    cells where people's own data is collected.
    """

    name: str
    title: str
    group: str
    summary: str
    order: int
    purpose: str
    guidelines: str
    questions: tuple[Question, ...]
    expected_seconds: float = 20.0
    min_overlap: int = 2
    max_overlap: int = 5
    target_confidence: float = 0.95
    tier: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    proposals: Mapping[str, str] = field(default_factory=dict)
    campaign: Mapping[str, Any] | None = None

    @property
    def sample(self) -> Path | None:
        """The file of tasks to try it with, where there is one."""
        path = FOLDER / self.name / "sample" / "tasks.jsonl"
        return path if path.is_file() else None

    def fields(self) -> dict[str, Any]:
        """The template as the fields of a new project."""
        return {
            "title": self.title,
            "purpose": self.purpose,
            "guidelines": self.guidelines,
            "questions": [_plain(question) for question in self.questions],
            "expected_seconds": self.expected_seconds,
            "min_overlap": self.min_overlap,
            "max_overlap": self.max_overlap,
            "target_confidence": self.target_confidence,
            "tier": self.tier,
        }


@cache
def list_templates() -> tuple[Template, ...]:
    """Read the templates that are shipped, by group and then in their order."""
    found = [_read(path.parent) for path in sorted(FOLDER.glob("*/project.toml"))]
    return tuple(sorted(found, key=lambda one: (GROUPS.index(one.group), one.order, one.name)))


def read_template(name: str) -> Template:
    """Find one template; raises NotFoundError that names those there are."""
    for template in list_templates():
        if template.name == name:
            return template
    known = ", ".join(template.name for template in list_templates())
    raise NotFoundError(f"There is no template {name[:60]!r}; there are {known}.")


def _read(folder: Path) -> Template:
    written = tomllib.loads((folder / "project.toml").read_text("utf-8"))
    about = written.pop("template")
    questions = tuple(Question(**question) for question in written.pop("questions"))
    columns = {name: about[name] for name in ("image", "audio", "text") if name in about}
    return Template(
        name=folder.name,
        group=about["group"],
        summary=about["summary"],
        order=about["order"],
        guidelines=(folder / "guidelines.md").read_text("utf-8"),
        questions=questions,
        columns=columns,
        proposals=about.get("proposals", {}),
        **written,
    )


def _plain(question: Question) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": question.name,
        "kind": question.kind,
        "title": question.title,
        "config": question.config,
        "required": question.required,
    }
    return plain if question.only_if is None else plain | {"only_if": question.only_if}
