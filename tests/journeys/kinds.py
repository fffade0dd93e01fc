"""A project of every template, with its sample, that somebody may work on."""

from __future__ import annotations

from itertools import count

from fairhand.core.ids import sha256_hex
from fairhand.core.money import MICROS
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_sample import ImportSample, import_sample
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.read_templates import Template
from fairhand.work.projects.rules import ProjectPolicy
from tests.journeys.hall import Hall

_NUMBERS = count(1)


def open_template(hall: Hall, template: Template, person_id: int) -> int:
    """Make a demo project of a template, as an owner who changes nothing, for one person."""
    db, now = hall.house.db, hall.clock
    policy = ProjectPolicy(
        title=template.title,
        purpose=template.purpose,
        guidelines=template.guidelines,
        questions=template.questions,
        currency="GBP",
        rate_micros_per_hour=1_500 * MICROS,
        min_overlap=2,
        max_overlap=2,
        expected_ms=int(template.expected_seconds * 1_000),
        tier=template.tier,
    )
    slug = f"kind-{next(_NUMBERS)}-{template.name}"
    project = create_project(db, CreateProject(hall.carmen, policy, slug=slug), now()).id
    run = import_sample(
        db, hall.house.blobs, ImportSample(hall.carmen, project, template.name), now()
    )
    assert run.issues == [], run.issues
    hall.fund(project, 1_000)
    open_project(db, OpenProject(hall.carmen, project, "demo"), now())
    for tier in range(1, template.tier + 1):
        sha256 = sha256_hex(words_for_tier(tier).encode())
        agree_to_tier(db, AgreeToTier(person_id, tier, sha256), now())
    join_project(db, JoinProject(person_id, project), now())
    return project
