"""What a provider of a model needs of a dataset for the summary of its training content.

Article 53(1)(d) of Regulation (EU) 2024/1689 asks providers of general-purpose models for a public
summary; the Commission's template of 24 July 2025 has three parts: general information, the list of
sources, and how data was processed. This is the paragraph on one dataset for each of them.
"""

from __future__ import annotations

from fairhand.proof.release.croissant import identifier_of, licence_of
from fairhand.proof.release.notes import NOTES
from fairhand.proof.release.rules import ReleaseFacts, ReleaseStats, is_simulated
from fairhand.proof.release.words import gap_words, plain, share, who_words

_TEXT_KINDS = frozenset("text spans transcript pairwise ranking relevance".split())


def write_summary(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    """Write the paragraphs in Markdown."""
    lines = [
        f"# For a summary of training content: {plain(facts.title)}, version {facts.version}",
        "",
        "Whoever trains a general-purpose model on this release may copy these paragraphs into the "
        "public summary that Article 53(1)(d) of Regulation (EU) 2024/1689 asks for. They say what "
        "the release knows; what a provider does with it is theirs to add.",
        "",
        "## General information",
        "",
        _general(facts, stats),
        "",
        "## List of data sources",
        "",
        _sources(facts, stats),
        "",
        "## Data processing",
        "",
        _processing(facts, stats),
    ]
    return "\n".join(lines) + "\n"


def _general(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    people = " ".join(f"{plain(one).rstrip('.')}." for one in who_words(facts))
    return (
        f"{plain(facts.title)} (`{identifier_of(facts)}`), made on {facts.created_at}. "
        f"Modalities: {_modalities(facts, stats)}. Size: {stats.rows} aggregated answers, "
        f"{stats.annotations} annotations, {stats.media_files} media files. "
        f"Licence: {plain(licence_of(facts))}. "
        f"People who labelled it, by group: {people}"
    )


def _modalities(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    found = {"text"} if any(one.kind in _TEXT_KINDS for one in facts.questions) else set()
    found |= {"labels"}
    found |= {"media files"} if stats.media_files else set()
    found |= set(facts.own_data.modalities) if facts.own_data else set()
    return ", ".join(sorted(found))


def _sources(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    own = facts.own_data
    kind = (
        "Privately obtained, not scraped: answers of people who were asked."
        if own is None
        else "Given by people under grants, which they may end at any time."
    )
    source = facts.notes.get("source")
    told = (
        f"{NOTES['source']} In the owner's words: {plain(source)}"
        if source
        else f"{NOTES['source']} Not known: the owner has not said."
    )
    made = "Annotations by simulated contributors: "
    simulated = made + share(stats.simulated_annotations, stats.annotations)
    note = f" {simulated}: this part is synthetic." if is_simulated(stats) else ""
    models = ", ".join(plain(one.model) for one in facts.models)
    proposed = f" Models whose proposals people had in view: {models}." if models else ""
    assisted = share(stats.assisted_annotations, stats.annotations)
    return f"{kind} {told} Annotations with a model's proposal in view: {assisted}.{proposed}{note}"


def _processing(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    own = facts.own_data
    rights = (
        "Contributors agreed to the purpose below; answers of who withdrew are not in it."
        if own is None
        else f"Permitted: {', '.join(own.purposes)}, until {own.ends}. Items that were taken back "
        f"are listed, signed, at `{own.revocations}`."
    )
    purpose = plain(facts.purpose).rstrip(".") or "not stated"
    gaps = " ".join(gap_words(facts))
    return (
        f"Purpose that contributors were told: {purpose}. {rights} {gaps} Whether unlawful or "
        "hurtful content was looked for before people were asked is "
        + (
            f"said by the owner: {plain(facts.notes['preparation'])}"
            if "preparation" in facts.notes
            else "not known."
        )
    )
