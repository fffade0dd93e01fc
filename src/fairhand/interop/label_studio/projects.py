"""Projects over Label Studio's API: list, make, show, change; who asks; which version this is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from fairhand.core.errors import ConflictError, MalformedError
from fairhand.core.ids import new_token, slugify
from fairhand.core.money import MICROS, parse_money
from fairhand.formats.label_studio.export import pseudonym, stamp
from fairhand.interop.label_studio.doors import Call, door, invalid
from fairhand.model.label_studio.config import read_config
from fairhand.model.project import Project
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.keep_label_config import KeepLabelConfig, keep_label_config
from fairhand.use_cases.read_project import list_visible
from fairhand.use_cases.read_studio_tasks import (
    StudioProject,
    count_studio_project,
    read_studio_project,
)
from fairhand.work.projects.rules import ProjectPolicy

LABEL_STUDIO: Final = "1.23.2"
"""The version whose calls are answered here; some clients look at it."""
_CURRENCY, _RATE = "USD", "15.00"
_KEPT: Final[tuple[str, ...]] = (
    "title",
    "description",
    "sampling",
    "color",
    "show_instruction",
    "is_draft",
)


@door("GET", "/api/version/", None)
def version(call: Call) -> Any:  # noqa: ANN401  # JSON
    """Say which version this is; `Community` tells clients to export in one call."""
    return {"release": LABEL_STUDIO, "edition": "Community", "label-studio-os-package": {}}


@door("GET", "/api/current-user/whoami", None)
def whoami(call: Call) -> Any:  # noqa: ANN401  # JSON
    """Say whose token it is."""
    name = call.actor.display_name
    return {**person(call.actor.person_id), "first_name": name, "username": name,
            "initials": name[:2], "active_organization": 1, "permissions": []}  # fmt: skip


@door("GET", "/api/projects/", "project.status")
def list_projects(call: Call) -> Any:  # noqa: ANN401  # JSON
    """List the projects whose state one may see, the newest first."""
    number, size = call.page()
    seen = [one for one in list_visible(call.house.db, call.actor) if _sees(call.actor, one)]
    some = seen[(number - 1) * size : number * size]
    address = f"{call.host}/api/projects/?page_size={size}&page="
    return {
        "count": len(seen),
        "next": f"{address}{number + 1}" if len(seen) > number * size else None,
        "previous": f"{address}{number - 1}" if number > 1 else None,
        "results": [_project_json(call, read_studio_project(call.house.db, p.id)) for p in some],
    }


def _sees(actor: Actor, project: Project) -> bool:
    return may(actor, "project.status", project.id)


@door("POST", "/api/projects/", "project.create", 201)
def create(call: Call) -> Any:  # noqa: ANN401  # JSON
    """Make a draft of a project; pay and purpose may come along, and can be changed before work."""
    given = call.body()
    xml, title = given.get("label_config"), given.get("title")
    if not isinstance(title, str) or len(title.strip()) < 3:
        raise invalid("title", "Ensure this field has at least 3 characters.")
    found = _config(xml)
    overlap = given.get("maximum_annotations") or 1
    if type(overlap) is not int:
        raise invalid("maximum_annotations", "A valid integer is required.")
    currency = str(given.get("currency") or _CURRENCY)
    try:
        rate = parse_money(str(given.get("rate") or _RATE), currency).minor * MICROS
    except ValueError as error:
        raise invalid("rate", f"{error}.") from None
    purpose = str(given.get("purpose") or given.get("description") or "").strip()
    policy = ProjectPolicy(
        title=title,
        purpose=purpose or f"Labels for {title.strip()}.",
        guidelines=str(given.get("expert_instruction") or ""),
        questions=found.questions,
        currency=currency,
        rate_micros_per_hour=rate,
        min_overlap=overlap,
        max_overlap=overlap,
    )
    ttl = call.house.settings.lease_ttl_s * 1_000
    db, person_id = call.house.db, call.actor.person_id
    made = _made(call, CreateProject(person_id, policy, lease_ttl_ms=ttl))
    details = {name: given[name] for name in _KEPT if name in given}
    keep_label_config(db, KeepLabelConfig(person_id, made.id, str(xml), details), call.now)
    return _project_json(call, read_studio_project(db, made.id))


def _made(call: Call, command: CreateProject) -> Project:
    """Make the project; Label Studio's titles need not be told apart, our short names do."""
    try:
        return create_project(call.house.db, command, call.now)
    except ConflictError:
        slug = slugify(f"{slugify(command.policy.title)[:40]}-{new_token()[:6]}")
        return create_project(call.house.db, replace(command, slug=slug), call.now)


def _config(xml: object) -> Any:  # noqa: ANN401  # a StudioConfig
    if not isinstance(xml, str):
        raise invalid("label_config", "This field is required.")
    try:
        found = read_config(xml)
    except MalformedError as error:
        raise invalid("label_config", error.message) from None
    if not found.questions:
        why = "; ".join(issue.message for issue in found.issues[:5])
        raise invalid("label_config", f"Nothing in it can be asked here: {why}.")
    return found


@door("GET", "/api/projects/{project_id:int}/", "project.status")
def show(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Show a project."""
    return _project_json(call, read_studio_project(call.house.db, project_id))


@door("PATCH", "/api/projects/{project_id:int}/", "project.edit")
def update(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Change what a project is called and how it is explained; its questions stay as they are."""
    given = call.body()
    db, person_id = call.house.db, call.actor.person_id
    before = read_studio_project(db, project_id)
    xml = before.config.xml
    if "label_config" in given:
        found = _config(given["label_config"])
        asked = [(one.name, one.kind, one.config) for one in before.config.questions]
        if [(one.name, one.kind, one.config) for one in found.questions] != asked:
            raise ConflictError(
                "This configuration asks other questions. Change a project's questions on its "
                "page: it shows what must be asked again.",
                code="other_questions",
            )
        xml = given["label_config"]
    instruction = given.get("expert_instruction")
    if isinstance(instruction, str) and instruction != before.guidelines:
        change_guidelines(db, ChangeGuidelines(person_id, project_id, instruction), call.now)
    details = dict(before.foreign.details) if before.foreign else {}
    details |= {name: given[name] for name in _KEPT if name in given}
    keep_label_config(db, KeepLabelConfig(person_id, project_id, xml, details), call.now)
    return _project_json(call, read_studio_project(db, project_id))


@door("DELETE", "/api/projects/{project_id:int}/", "project.edit")
def delete(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Refuse: a project holds people's work and pay."""
    read_studio_project(call.house.db, project_id)
    raise ConflictError(
        "A project is never deleted: people's work and pay are in it. Close it or archive it.",
        code="kept",
    )


@door("POST", "/api/projects/{project_id:int}/validate/", "project.status")
def validate(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Say whether a configuration can be read, and whether it asks something else than now."""
    found = _config(call.body().get("label_config"))
    now = read_studio_project(call.house.db, project_id).config
    same = [(one.name, one.kind) for one in found.questions] == [
        (one.name, one.kind) for one in now.questions
    ]
    return {"config_essential_data_has_changed": not same}


@door("GET", "/api/dm/views/", "task.read")
def views(call: Call) -> Any:  # noqa: ANN401  # JSON
    """List no views: the saved ones are on the page of a project's tasks."""
    return []


@door("GET", "/api/ml/", "project.status")
def ml_backends(call: Call) -> Any:  # noqa: ANN401  # JSON
    """List no backends: they are kept, with what they may see, on the project's page."""
    return []


@door("GET", "/api/webhooks/", "project.status")
def webhooks(call: Call) -> Any:  # noqa: ANN401  # JSON
    """List no webhooks of Label Studio's kind: ours are signed, and kept on the project's page."""
    return []


def person(person_id: int) -> dict[str, Any]:
    """Write a person as a number and an address that names nobody."""
    return {"id": person_id, "email": pseudonym(person_id), "first_name": "", "last_name": "",
            "username": f"person-{person_id}", "avatar": None}  # fmt: skip


def _project_json(call: Call, found: StudioProject) -> dict[str, Any]:
    project = found.project
    counts = count_studio_project(call.house.db, project.id)
    details = found.foreign.details if found.foreign else {}
    return {
        "id": project.id,
        "title": project.title,
        "description": project.purpose,
        "label_config": found.config.xml,
        "expert_instruction": found.guidelines,
        "show_instruction": False,
        "maximum_annotations": project.max_overlap,
        "min_annotations_to_start_training": 0,
        "sampling": "Sequential sampling",
        "color": "#FFFFFF",
        "created_by": person(call.actor.person_id),
        "created_at": stamp(project.created_at),
        "is_published": project.mode == "open",
        "is_draft": project.mode == "draft",
        "model_version": "",
        "organization": 1,
        "task_number": counts.tasks,
        "num_tasks_with_annotations": counts.tasks_done,
        "finished_task_number": counts.tasks_done,
        "total_annotations_number": counts.annotations,
        "total_predictions_number": counts.predictions,
        "useful_annotation_number": counts.annotations,
        "ground_truth_number": 0,
        "skipped_annotations_number": 0,
        **details,
    }
