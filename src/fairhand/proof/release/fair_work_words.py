"""The vocabulary `fair work`: what a card says of the conditions under which its data was made.

Croissant's responsible-AI part has a word for a platform and for who annotated, and none for pay,
hours, consent or appeals. These are ours. docs/reference/fair-work-vocabulary.md says the same in
longer words; `/ns/fair-work` serves them as a JSON-LD context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fairhand.proof.release.croissant_words import FAIR_WORK

SMALLEST_GROUP: Final = 10
"""A figure about fewer people than this is withheld."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the vocabulary: what it says, and the kind of what it holds.

    `kind` is "integer", "text" or, capitalised, the name of a node that holds more words.
    """

    words: str
    kind: str = "integer"


_SECTIONS: Final = {
    "pay": Term("What an hour of paid time came to, over people.", "Pay"),
    "hours": Term("Paid time by what it was for.", "Hours"),
    "floors": Term("Where the floors of pay come from.", "Floors"),
    "exposure": Term("How long content that can hurt was in view.", "Exposure"),
    "skips": Term("Tasks that people skipped: paid, and never held against anybody.", "Skips"),
    "consent": Term("How many of those who worked have a grant that holds.", "Consent"),
    "appeals": Term("Decisions about people, and what came of appeals against them.", "Appeals"),
    "royalties": Term("What people are promised of later uses.", "Royalties"),
}
SECTIONS: Final = tuple(_SECTIONS)

TERMS: Final[dict[str, Term]] = {
    **_SECTIONS,
    "smallest_group": Term("The fewest people that any figure here is about."),
    "people": Term("How many people a figure is about; of a group, rounded down to five."),
    "withheld": Term("Why a figure is not told although it is known.", "text"),
    "unknown": Term("Why a figure is not known.", "text"),
    "currency": Term("ISO 4217 code of the amounts beside it.", "text"),
    "least_per_hour": Term("The least that anybody had an hour.", "text"),
    "lower_quartile_per_hour": Term("A quarter of the people had this an hour or less.", "text"),
    "median_per_hour": Term("Half of the people had this an hour or less.", "text"),
    "upper_quartile_per_hour": Term("Three quarters had this an hour or less.", "text"),
    "most_per_hour": Term("The most that anybody had an hour.", "text"),
    "mean_per_hour": Term("All pay of a group by all its paid hours, three digits.", "text"),
    "pay_to_floor_permille": Term("All pay by what the floors ask for the same time, in 1/1000."),
    "at_or_above_floor": Term("How many people had at least their floor."),
    "below_floor": Term("How many people had less than their floor."),
    "floor_unknown": Term("How many people's floor is not known yet."),
    "minutes": Term("Minutes, rounded."),
    "hours_paid": Term("Paid hours of a group, rounded down to ten."),
    "by_kind": Term("Paid time, kind by kind.", "PaidTime"),
    "kind": Term("What paid time was for, or of which kind a floor is.", "text"),
    "sources": Term("The floors' sources.", "FloorSource"),
    "country": Term("ISO 3166-1 code of a country.", "text"),
    "title": Term("The title of a source.", "text"),
    "url": Term("The address of a source.", "text"),
    "by_tier": Term("Exposure, tier by tier.", "ExposureTier"),
    "tier": Term("How hard content is: 1 the least, 4 the most."),
    "items": Term("How many times content was seen."),
    "skipped": Term("How many tasks were skipped."),
    "granted": Term("How many people have a grant that holds."),
    "withdrawn": Term("How many people withdrew theirs."),
    "decisions": Term("How many decisions about people were made."),
    "appealed": Term("How many of them were appealed."),
    "upheld": Term("How many appeals were upheld: the person was right."),
    "declined": Term("How many appeals were declined."),
    "unanswered": Term("How many appeals were settled for the person as nobody answered in time."),
    "open": Term("How many appeals are not decided yet."),
    "share_permille": Term("The part of a licence's revenue that people have, in 1/1000."),
    "training_run_minor": Term("The fee of one training run, in minor units."),
    "voice_minute_minor": Term("The fee of one generated minute, in minor units."),
    "yearly_floor_minor": Term("The least for each person in a year with a use, in minor units."),
    "valid_from": Term("From when the promise holds.", "text"),
    "groups": Term("Groups of people who did the work.", "Group"),
    "by": Term("What a group is by: all, country or language.", "text"),
    "name": Term("The group's name: a country's or a language's code; empty for all.", "text"),
    "groups_withheld": Term("How many groups are too small to be told."),
}


def namespace() -> dict[str, Any]:
    """Write the vocabulary as a JSON-LD context, each word with what it says."""
    nodes = sorted({term.kind for term in TERMS.values()} - {"integer", "text"})
    graph = [
        {
            "@id": f"fw:{camel(name)}",
            "@type": "rdf:Property",
            "rdfs:comment": term.words,
            "rdfs:range": {"@id": _range(term.kind)},
        }
        for name, term in TERMS.items()
    ]
    return {
        "@context": {
            "fw": f"{FAIR_WORK}#",
            "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
            **{camel(name): f"fw:{camel(name)}" for name in TERMS},
        },
        "@graph": [
            *[{"@id": f"fw:{node}", "@type": "rdfs:Class"} for node in _classes(nodes)],
            *graph,
        ],
    }


def camel(name: str) -> str:
    """The vocabulary's form of a name of the manifest: `per_hour` is `perHour`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _classes(nodes: list[str]) -> list[str]:
    return ["FairWork", "WhoLabelled", *nodes]


def _range(kind: str) -> str:
    plain = {"integer": "xsd:integer", "text": "xsd:string"}
    return plain.get(kind, f"fw:{kind}")
