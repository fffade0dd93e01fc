"""Are a model's texts supported by their sources? People say so, claim by claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.ids import slugify
from fairhand.formats.json_text import canonical_json, fingerprint
from fairhand.formats.model_outputs import Columns, OutputRow, read_outputs_file
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Project, Question
from fairhand.model.task import NewTask
from fairhand.pay.policies import store as pay_policies
from fairhand.pay.policies.rules import told
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.quality.evaluation.claims import LONGEST, MOST_CLAIMS, VERDICTS, split_claims
from fairhand.quality.evaluation.slices import choose_fields, slice_value
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.expected_dose import doses_of
from fairhand.use_cases.read_outputs import MOST_ISSUES, find_output_tasks
from fairhand.work.prelabel import evaluation_store as store
from fairhand.work.prelabel import task_store
from fairhand.work.prelabel.evaluation_store import NewEvaluation
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy

SUPPORT = Question(
    "support",
    "choice",
    "Does the source support this claim?",
    {"labels": [{"value": value, "title": title} for value, title in VERDICTS.items()]},
)
QUESTION = "claims"
"""What an evaluation of claims is filed under."""
MOST_OUTPUTS = 5_000
MOST_CLAIMS_IN_ALL = 50_000
LONGEST_SOURCE = 100_000
_CHUNK = 500
_EXPECTED_MS = 45_000
_GUIDELINES = """Read the claim, then the source. Judge by the source alone, not by what you know.

- **Supported by the source**: the source says it, in any words.
- **The source says otherwise**: the source says something that cannot be true at the same time.
- **Not in the source**: the source does not say it, even if it is likely or true.
- **Nothing is claimed**: a greeting, a question, a heading.

A claim with several parts is supported only when every part is.
"""


@dataclass(frozen=True, slots=True)
class CheckClaims:
    """Which model's texts are checked, and the field of the tasks' data that holds the source.

    `path` is a file of outputs with one text a task.
    """

    person_id: int
    project_id: int
    model: str
    path: Path
    columns: Columns
    source_field: str = "text"
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """The evaluation that will fill as people answer, and the project in which they do."""

    evaluation_id: int
    claims_project_id: int
    outputs: int
    claims: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    task_id: int
    words: str
    place: str


def check_claims(db: Database, command: CheckClaims, now: Instant) -> ClaimsAsked:
    """Split texts into claims and make a draft project that asks people about each.

    The same file makes one project, however often it is sent. The project starts as a draft: fund
    it and open it as any other. Raises InvalidError naming every row that is wrong.
    """
    model = " ".join(command.model.split())
    if not model or len(model) > 200 or not model.isprintable():
        message = "Name the model in one line of up to 200 characters."
        raise InvalidError(message, issues=[Issue("model", message)])
    texts = _read(db, command)
    with command.path.open("rb") as file:
        digest = file_digest(file, "sha256")
    digest.update(f"{command.source_field} {model}".encode())
    sha256 = digest.hexdigest()
    with db.write() as connection:
        asking = projects.load_project(connection, command.project_id)
        if asking is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if before := _before(connection, asking.id, sha256):
            return before
        rows, fields = _claims(connection, texts, command.source_field)
        target = _make_project(connection, asking, model, command.person_id, sha256, now)
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            doses = doses_of(connection, target, [None] * len(some), now)
            projects.add_tasks(connection, target, some, [None] * len(some), now, doses)
        report = {
            "kind": "claims",
            "claims_project_id": target.id,
            "outputs": len(texts),
            "claims": len(rows),
            "fields": fields,
            "file": {"name": command.file_name or command.path.name, "sha256": sha256},
        }
        new = NewEvaluation(asking.id, model, "file", QUESTION, report, command.person_id)
        evaluation_id = store.add_evaluation(connection, new, now)
        body = {"project": asking.id, "evaluation": evaluation_id, "model": model}
        body |= {"claims_project": target.id, "claims": len(rows), "file_sha256": sha256}
        first = pay_policies.list_policies(connection, target.id)[0]
        body |= {"owner": command.person_id, "pay": told(first)}
        log.append(connection, "claims.asked", body, now, command.person_id, asking.id)
    return ClaimsAsked(evaluation_id, target.id, len(texts), len(rows))


def _read(db: Database, command: CheckClaims) -> list[_Text]:
    """Read the texts; every row that is wrong is named, and then nothing is stored."""
    called = command.file_name or command.path.name
    rows: list[OutputRow] = []
    issues: list[Issue] = []
    for row in read_outputs_file(command.path, command.columns, question="text", name=called):
        if isinstance(row, OutputRow):
            rows.append(row)
        elif row.severity == "error":
            issues.append(row)
    if len(rows) > MOST_OUTPUTS:
        raise InvalidError(f"Check at most {MOST_OUTPUTS:,} outputs at once; {called} has more.")
    tasks, wrong = find_output_tasks(db, command.project_id, rows)
    issues += wrong
    found: dict[int, _Text] = {}
    for row in rows:
        task_id = tasks.get(row.key)
        if not isinstance(row.said, str) or not row.said.strip():
            issues.append(Issue(row.place, "has no text as its output"))
        elif task_id in found:
            issues.append(Issue(row.place, f"is about task {task_id} a second time"))
        elif task_id is not None:
            found[task_id] = _Text(task_id, row.said, row.place)
    if issues or not found:
        message = f"{len(issues):,} things are wrong in {called}; nothing was stored."
        raise InvalidError(
            message if issues else f"{called} has no rows.",
            code="bad_outputs",
            issues=issues[:MOST_ISSUES] or [Issue("file", "has no rows")],
        )
    return list(found.values())


def _claims(
    connection: Connection, texts: Sequence[_Text], source_field: str
) -> tuple[list[NewTask], list[str]]:
    """Make one task of each claim; its data holds claim, source, and what slices it."""
    data = {
        row.id: row.data
        for row in task_store.load_tasks(connection, [one.task_id for one in texts])
    }
    fields = [name for name in choose_fields(data.values()) if name != source_field]
    found: list[NewTask] = []
    issues: list[Issue] = []
    for text in texts:
        source = data[text.task_id].get(source_field)
        claims = split_claims(text.words)
        if not isinstance(source, str) or not source.strip():
            words = f"task {text.task_id} has no text in {source_field[:60]!r} to be the source"
            issues.append(Issue(text.place, words))
        elif not claims or len(claims) > MOST_CLAIMS:
            words = f"has {len(claims)} sentences; 1 to {MOST_CLAIMS} can be checked"
            issues.append(Issue(text.place, words))
        else:
            named = {name: data[text.task_id].get(name) for name in fields}
            found += _tasks_of(text, claims, source, named)
    if issues:
        message = f"{len(issues):,} outputs cannot be checked; nothing was stored."
        raise InvalidError(message, code="bad_outputs", issues=issues[:MOST_ISSUES])
    if len(found) > MOST_CLAIMS_IN_ALL:
        raise InvalidError(
            f"These outputs make {len(found):,} claims; "
            f"check at most {MOST_CLAIMS_IN_ALL:,} at once."
        )
    return found, fields


def _tasks_of(
    text: _Text, claims: Sequence[str], source: str, named: Mapping[str, Any]
) -> list[NewTask]:
    made = []
    for number, claim in enumerate(claims, start=1):
        data = {
            "claim": claim[:LONGEST],
            "source": source[:LONGEST_SOURCE],
            "about_task": text.task_id,
            "claim_number": number,
        }
        data |= {name: value for name, value in named.items() if slice_value(value) is not None}
        name = fingerprint(canonical_json(data))
        made.append(NewTask(data, name, f"{text.place}, sentence {number}"))
    return made


def _make_project(
    connection: Connection,
    asking: Project,
    model: str,
    owner_id: int,
    sha256: str,
    now: Instant,
) -> Project:
    """Make the draft in which people judge, with the pay and overlap of the project that asks."""
    question = Question(
        SUPPORT.name, SUPPORT.kind, SUPPORT.title, with_defaults(SUPPORT.kind, SUPPORT.config)
    )
    policy = ProjectPolicy(
        title=f"Claims of {model}"[:200],
        purpose=f"To find out which claims of the model {model} its sources support.",
        guidelines=_GUIDELINES,
        questions=(question,),
        currency=asking.currency,
        rate_micros_per_hour=asking.rate_micros_per_hour,
        min_overlap=asking.min_overlap,
        max_overlap=asking.max_overlap,
        target_confidence=asking.target_confidence,
        expected_ms=_EXPECTED_MS,
        tier=asking.tier,
    )
    slug = f"{slugify(policy.title)[:40]}-{sha256[:8]}"
    project_id = projects.create_project(
        connection,
        policy,
        slug=slug,
        mode="demo" if asking.mode == "demo" else "draft",
        owner_id=owner_id,
        lease_ttl_ms=asking.lease_ttl_ms,
        now=now,
    )
    if project_id is None:
        raise InvalidError(f"There is a project {slug!r} already.", code="conflict")
    accounts.add_role(connection, owner_id, "owner", project_id, now)
    pay_policies.add_first(connection, project_id, owner_id)
    made = projects.load_project(connection, project_id)
    if made is None:
        raise NotFoundError("The project of claims is gone.")
    return made


def _before(connection: Connection, project_id: int, sha256: str) -> ClaimsAsked | None:
    for one in store.list_evaluations(connection, project_id):
        report = one.report
        if report.get("kind") == "claims" and report["file"]["sha256"] == sha256:
            made = int(report["claims_project_id"])
            return ClaimsAsked(one.id, made, report["outputs"], report["claims"], again=True)
    return None
