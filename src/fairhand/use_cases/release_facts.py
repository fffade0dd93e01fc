"""What a release says about itself beside its rows: project, agreement, pay, log."""

from __future__ import annotations

from collections.abc import Callable

from fairhand.core.clock import iso
from fairhand.model.project import Project, ProjectVersion
from fairhand.pay.earnings import store as earnings
from fairhand.people.accounts import store as accounts
from fairhand.proof.log.note import Verifier
from fairhand.proof.release.rules import (
    Agreement,
    ModelFacts,
    PersonPay,
    ReleaseFacts,
    minutes,
    pay_facts,
)
from fairhand.proof.release.store import StoredRelease
from fairhand.quality import store as quality
from fairhand.storage.database import Connection
from fairhand.use_cases.read_evaluations import newest_by_model
from fairhand.use_cases.release_conditions import gather_conditions
from fairhand.work.prelabel import evaluation_store as evaluations

_MEASURE = "Krippendorff's alpha (nominal)"
_NO_MEASURE = "no measure beyond chance for this kind yet; see the mean confidence"
_TOO_FEW = "too few answers to tell it from chance"


def gather_facts(
    connection: Connection,
    project: Project,
    version: ProjectVersion,
    begun: StoredRelease,
    *,
    name_of: Callable[[int], str],
    withdrawn: frozenset[int],
    licence: str,
    media_copied: bool,
    log_key: Verifier,
    notes: dict[str, str] | None = None,
) -> ReleaseFacts:
    """Gather the facts of a release from the snapshot that its rows come from."""
    people = _paid_people(connection, project, name_of, withdrawn)
    paid = {one.contributor for one in people}
    simulated = {name_of(person_id) for person_id in accounts.list_simulated(connection)}
    fair_work, who = gather_conditions(connection, project, withdrawn, begun.created_at)
    return ReleaseFacts(
        project_id=project.id,
        slug=project.slug,
        title=project.title,
        purpose=project.purpose,
        mode=project.mode,
        version=begun.version,
        created_at=iso(begun.created_at),
        licence=licence,
        questions=version.questions,
        agreement=_agreement(connection, version),
        pay=pay_facts(project.currency, people),
        paid_minutes={one.contributor: minutes(one.paid_ms) for one in people},
        simulated_people=tuple(sorted(simulated & paid)),
        log_origin=log_key.name,
        log_vkey=log_key.vkey,
        media_copied=media_copied,
        models=_models(connection, project.id),
        notes=notes or {},
        fair_work=fair_work,
        who=who,
    )


def _agreement(connection: Connection, version: ProjectVersion) -> tuple[Agreement, ...]:
    report = quality.load_report(connection, version.project_id, version.questions)
    found = []
    for one in report.questions:
        alpha = one.alpha
        if alpha is None:
            found.append(Agreement(one.question, None, None, None, "", _NO_MEASURE))
        else:
            reason = _TOO_FEW if alpha.value is None else ""
            values = (alpha.value, alpha.low, alpha.high)
            found.append(Agreement(one.question, *values, _MEASURE, reason))
    return tuple(found)


def _paid_people(
    connection: Connection,
    project: Project,
    name_of: Callable[[int], str],
    withdrawn: frozenset[int],
) -> list[PersonPay]:
    """What people earned, by pseudonym; who withdrew is named in no later release."""
    found = [
        PersonPay(name_of(one.person_id), one.paid_ms, one.amount_micros, one.floor_micros)
        for one in earnings.pay_facts(connection, project.id)
        if one.person_id not in withdrawn
    ]
    return sorted(found, key=lambda one: one.contributor)


def _models(connection: Connection, project_id: int) -> tuple[ModelFacts, ...]:
    """The models whose proposals people had in view, with the newest measurement of each."""
    seen = evaluations.count_assisting(connection, project_id)
    measured = newest_by_model(evaluations.list_evaluations(connection, project_id))
    found = []
    for model, count in seen.items():
        if model not in measured:
            found.append(ModelFacts(model, count))
            continue
        report = measured[model].report
        score, parts = report["score"], report["slices"]["parts"]
        found.append(
            ModelFacts(
                model,
                count,
                measured[model].question,
                report["measure"],
                value=round(score["value"], 6),
                low=round(score["low"], 6),
                high=round(score["high"], 6),
                tasks=score["tasks"],
                held_out=bool(report["basis"]["held_out_permille"]),
                weak=tuple(
                    f"{one['field']} = {one['value']}" for one in parts if one["verdict"] == "lower"
                ),
            )
        )
    return tuple(found)
