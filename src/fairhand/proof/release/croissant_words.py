"""The words of a machine-readable card: JSON-LD context, versions, and what columns mean.

Croissant 1.1 (http://mlcommons.org/croissant/1.1), its responsible-AI part 1.0
(http://mlcommons.org/croissant/RAI/1.0), PROV-O and ODRL 2.2, and a vocabulary of our own for the
conditions of the work, for which neither of them has a term.
"""

from __future__ import annotations

from typing import Any, Final

CROISSANT_VERSION: Final = "http://mlcommons.org/croissant/1.1"
RAI_VERSION: Final = "http://mlcommons.org/croissant/RAI/1.0"
CONFORMS_TO: Final = (CROISSANT_VERSION, RAI_VERSION)
FAIR_WORK: Final = "urn:fairhand:fair-work:1"
"""Names our vocabulary; docs/reference/fair-work-vocabulary.md says what its words mean."""

_CROISSANT_TERMS: Final = (
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "extract",
    "field",
    "fileProperty",
    "fileObject",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
)

CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "fw": f"{FAIR_WORK}#",
    "fairhand": "urn:fairhand:licence:1#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _CROISSANT_TERMS},
}

LABEL_COLUMNS: Final = {
    "task_id": "The task that was asked about.",
    "question": "Which question this answers.",
    "kind": "The kind of the question.",
    "label": "The answer as plain text, where it is a single choice.",
    "value": "The aggregated answer, as JSON.",
    "confidence": "How sure the aggregation is of the answer, 0 to 1; empty where not measured.",
    "probabilities": "The probability of each label, as JSON; empty where there is none.",
    "method": "How the answers were aggregated.",
    "answers": "How many answers are behind it.",
    "assisted": "How many of them were given with a model's proposal in view.",
    "simulated": "How many of them came from simulated contributors: not human data.",
    "mode": "The mode of the project: draft and demo are for trying out.",
    "data": "What was asked about, as JSON.",
    "media_sha256": "SHA-256 of the file that was asked about.",
    "media_type": "Media type of that file.",
    "annotators": "Pseudonyms of the contributors behind the answer.",
    "agreement": "How alike their answers are to this one, 0 to 1; empty where not measured.",
    "origin": "Where the answer comes from: human, assisted or synthetic.",
    "depth": "Generations of models between people and the answer; 0 is a person's own.",
    "data_origin": "Where what was asked about comes from: human, assisted or synthetic.",
    "data_depth": "Generations of models between people and what was asked about.",
    "licence": "The licence of the row.",
    "models": "Models whose proposals became the answer as they were.",
    "depth_known": "False where nobody said what a model learned from: depth is the least then.",
    "data_model": "What generated the data that was asked about.",
    "split": "Which split the row is in; empty in a release without splits.",
    "review": "Where a reviewer let the answer stand: the review, by whom, when; as JSON.",
}
ANNOTATION_COLUMNS: Final = {
    "annotation_id": "The annotation.",
    "task_id": "The task that was asked about.",
    "contributor": "Pseudonym of who answered; it holds for this project alone.",
    "day": "The day of the answer.",
    "revision": "How often it was revised before.",
    "value": "The answers to all questions, as JSON.",
    "counted": "Whether it counted towards the aggregated answer.",
    "late": "Whether it came after its lease.",
    "assisted": "Whether a model's proposal was in view.",
    "changed": "Whether the proposal was changed.",
    "model": "Which model proposed.",
    "simulated": "Whether it came from a simulated contributor: not human data.",
    "origin": "Where the answer comes from: human, assisted or synthetic.",
    "depth": "Generations of models between people and the answer.",
    "split": "Which split the row is in.",
}
EQUIVALENTS: Final = {
    "annotators": "prov:wasAttributedTo",
    "contributor": "prov:wasAttributedTo",
    "licence": "sc:license",
}
"""Columns that other vocabularies have a word for."""
