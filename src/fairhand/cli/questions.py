"""From options and project files to a project's policy."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairhand.use_cases.create_project import CreateProject


def parse_question(kind: str, text: str) -> dict[str, Any]:
    """Read `name=a,b,c` or `name:Title?=a,b,c`; raises InvalidError showing how it is written."""
    from fairhand.core.errors import InvalidError, Issue

    head, equals, tail = text.partition("=")
    name, _, title = head.partition(":")
    labels = [label.strip() for label in tail.split(",") if label.strip()]
    if not equals or not name.strip() or not labels:
        message = f'write it as --{kind} "name=first,second" or "name:What is it?=first,second"'
        raise InvalidError(f"{text!r} is not a question.", issues=[Issue(f"--{kind}", message)])
    return {
        "name": name.strip(),
        "kind": kind,
        "title": title.strip() or name.strip().replace("_", " ").capitalize(),
        "config": {"labels": [{"value": label} for label in labels]},
    }


def read_project_file(path: Path) -> dict[str, Any]:
    """Read a project from TOML or JSON; raises MalformedError naming the line."""
    from fairhand.core.errors import MalformedError

    try:
        text = path.read_text("utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except UnicodeDecodeError:
        raise MalformedError(f"{path.name} is not UTF-8; save it as UTF-8.") from None
    except ValueError as error:
        raise MalformedError(f"{path.name} cannot be read: {error}.") from None
    if not isinstance(found, dict):
        raise MalformedError(f"{path.name} must hold one project: a table of its fields.")
    return found


def to_command(
    given: dict[str, Any], owner_id: int, base: Path, lease_ttl_ms: int
) -> CreateProject:
    """Check a project's fields and make the story's command of them."""
    from pydantic import ValidationError

    from fairhand.core.errors import InvalidError, Issue
    from fairhand.core.money import MICROS, parse_money
    from fairhand.model.project import Question
    from fairhand.use_cases.create_project import CreateProject
    from fairhand.web.api.bodies import ProjectBody
    from fairhand.work.projects.rules import ProjectPolicy

    given = _with_guidelines(given, base)
    for amount in {"rate", "worth"} & given.keys():
        given[amount] = str(given[amount])
    try:
        body = ProjectBody.model_validate(given)
        rate = parse_money(body.rate, body.currency)
        worth = parse_money(body.worth, body.currency) if body.worth else None
    except ValidationError as error:
        issues = [Issue(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        raise InvalidError("The project cannot be made like this.", issues=issues) from None
    except ValueError as error:
        raise InvalidError(f"The rate or the worth cannot be read: {error}.") from None
    policy = ProjectPolicy(
        title=body.title,
        purpose=body.purpose,
        guidelines=body.guidelines,
        questions=tuple(Question(**asked.model_dump()) for asked in body.questions),
        currency=body.currency,
        rate_micros_per_hour=rate.minor * MICROS,
        min_overlap=body.min_overlap,
        max_overlap=body.max_overlap,
        target_confidence=body.target_confidence,
        expected_ms=int(body.expected_seconds * 1_000),
        tier=body.tier,
        worth_micros=worth.minor * MICROS if worth else None,
    )
    return CreateProject(owner_id, policy, body.mode, body.slug, lease_ttl_ms)


def _with_guidelines(given: dict[str, Any], base: Path) -> dict[str, Any]:
    """Take the guidelines from a file beside the project file when it names one."""
    from fairhand.core.errors import InvalidError

    name = given.get("guidelines_file")
    rest = {key: value for key, value in given.items() if key != "guidelines_file"}
    if name is None:
        return rest
    path = base / str(name)
    try:
        return rest | {"guidelines": path.read_text("utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"The guidelines in {path} cannot be read: {error}.") from None
