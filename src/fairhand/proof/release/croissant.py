"""The machine-readable card: Croissant 1.1 with its responsible-AI part, PROV, ODRL and fair work.

It is made from the manifest's content alone (all files but itself), so a verifier makes it again
and compares it byte for byte, and what the manifest does not say is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fairhand.proof.release import manifest as names
from fairhand.proof.release.croissant_records import file_objects, record_sets
from fairhand.proof.release.croissant_terms import fair_work, usage
from fairhand.proof.release.croissant_words import CONFORMS_TO, CONTEXT
from fairhand.proof.release.manifest import FileEntry, dump_json
from fairhand.proof.release.rules import (
    ModelFacts,
    ReleaseFacts,
    ReleaseStats,
    is_simulated,
    is_trial,
)
from fairhand.proof.release.words import (
    UNSTATED,
    agreement_words,
    gap_words,
    origin_words,
    who_words,
)

NOT_STATED: Final = "not stated: ask the owner before any use"
"""Stands where a licence should be, so that nobody takes silence for permission."""

# Licences with an address that everybody knows (https://spdx.org/licenses/).
_SPDX: Final = frozenset(
    (
        "CC0-1.0",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0",
        "CC-BY-ND-4.0",
        "CC-BY-NC-ND-4.0",
        "ODbL-1.0",
        "ODC-By-1.0",
        "PDDL-1.0",
        "CDLA-Permissive-2.0",
        "Apache-2.0",
        "MIT",
    )
)


def write_croissant(facts: ReleaseFacts, stats: ReleaseStats, files: Iterable[FileEntry]) -> bytes:
    """Write the card; `files` are the manifest's (it leaves itself out)."""
    listed = [entry for entry in files if entry.path != names.CROISSANT]
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        "name": facts.title,
        "description": _description(facts, stats),
        "identifier": identifier_of(facts),
        "version": f"{facts.version}.0.0",
        "datePublished": facts.created_at,
        "license": licence_of(facts),
        "creator": {"@type": "sc:Organization", "name": facts.log_origin},
        "publisher": {"@type": "sc:Organization", "name": facts.log_origin},
        "citeAs": _citation(facts),
        "keywords": _keywords(facts, stats),
        "isLiveDataset": False,
        "distribution": file_objects(listed),
        "recordSet": record_sets(facts, listed),
        **_responsible(facts, stats),
        **_provenance(facts),
        **usage(facts),
        **fair_work(facts),
    }
    return dump_json(content)


def identifier_of(facts: ReleaseFacts) -> str:
    """The name of a release that its licences point at."""
    return f"urn:fairhand:{facts.slug}:v{facts.version}"


def licence_of(facts: ReleaseFacts) -> str:
    """The address of a licence that has one, or its words as they were given."""
    if facts.licence == UNSTATED:
        return NOT_STATED
    return f"https://spdx.org/licenses/{facts.licence}" if facts.licence in _SPDX else facts.licence


def _description(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    told = (
        f"{stats.rows} aggregated answers to {len(facts.questions)} questions about "
        f"{stats.tasks} tasks, from {stats.annotations} annotations."
    )
    notes = [facts.purpose.strip(), told]
    if is_simulated(stats):
        notes.append("Made with simulated contributors: not human data.")
    if is_trial(facts):
        notes.append(f"Made for trying out ({facts.mode}).")
    return " ".join(note for note in notes if note)


def _keywords(facts: ReleaseFacts, stats: ReleaseStats) -> list[str]:
    kinds = {question.kind for question in facts.questions}
    told = [*(["simulated"] if is_simulated(stats) else []), *([facts.mode] * is_trial(facts))]
    return ["fairhand", *sorted(kinds), *told]


def _citation(facts: ReleaseFacts) -> str:
    year = facts.created_at[:4]
    title = facts.title.replace("{", "(").replace("}", ")").replace("\\", " ")
    return (
        f"@misc{{{facts.slug}-v{facts.version}, title={{{title}}}, year={{{year}}}, "
        f"publisher={{{facts.log_origin}}}, version={{{facts.version}}}}}"
    )


def _responsible(facts: ReleaseFacts, stats: ReleaseStats) -> dict[str, Any]:
    """Say what the responsible-AI part asks, as far as it is known."""
    per_task = stats.annotations / stats.tasks if stats.tasks else 0
    told: dict[str, Any] = {
        "rai:dataCollection": "People answered questions about tasks, paid for their time."
        if facts.pay is not None
        else "People answered questions about tasks; no paid time was recorded.",
        "rai:dataCollectionType": ["Manual Human Curator"],
        "rai:dataCollectionMissingData": " ".join(gap_words(facts)),
        "rai:dataAnnotationProtocol": [
            f"{question.name} ({question.kind}): {question.title}" for question in facts.questions
        ],
        "rai:dataAnnotationPlatform": ["Fairhand"],
        "rai:dataAnnotationAnalysis": agreement_words(facts),
        "rai:annotationsPerItem": f"{per_task:.2f} annotations a task on average",
        "rai:annotatorDemographics": who_words(facts),
        "rai:machineAnnotationTools": [_tool(model) for model in facts.models],
        "rai:dataUseCases": [facts.purpose] if facts.purpose.strip() else [],
        "rai:dataLimitations": [*gap_words(facts), *origin_words(facts, stats)],
        "rai:personalSensitiveInformation": _personal(facts),
        "rai:dataReleaseMaintenancePlan": _maintenance(facts),
    }
    return {term: value for term, value in told.items() if value}


def _tool(model: ModelFacts) -> str:
    return f"{model.model}: its proposals were in view for {model.annotations} annotations"


def _personal(facts: ReleaseFacts) -> list[str]:
    told = ["Contributors appear under pseudonyms that hold for this project alone."]
    if facts.own_data is not None:
        told += [f"What people gave of themselves: {', '.join(facts.own_data.modalities)}."]
    return told


def _maintenance(facts: ReleaseFacts) -> str:
    if facts.own_data is None:
        return "A later version takes the place of this one; none is changed after it was made."
    where = facts.own_data.revocations
    return f"People may take items back at any time; look at {where} before every use."


def _provenance(facts: ReleaseFacts) -> dict[str, Any]:
    """Say in PROV what made this, when, and from which version before it."""
    agents: list[dict[str, str]] = [
        {"@type": "prov:SoftwareAgent", "prov:label": model.model} for model in facts.models
    ]
    activity: dict[str, Any] = {
        "@type": "prov:Activity",
        "prov:label": "Labelling by people, aggregation and release",
        "prov:endedAtTime": {"@type": "xsd:dateTime", "@value": facts.created_at},
    }
    if agents:
        activity["prov:wasAssociatedWith"] = agents
    told: dict[str, Any] = {"prov:wasGeneratedBy": activity}
    before = None if facts.own_data is None else facts.own_data.supersedes
    if before is not None:
        told["prov:wasRevisionOf"] = {"@id": f"urn:fairhand:{facts.slug}:v{before}"}
    return told
