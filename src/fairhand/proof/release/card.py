"""The card: what a release is, who made it, what they were paid, what is missing, how to check it.

It is made from the manifest alone, so a verifier makes it again and compares it byte for byte.
What is not known is said to be not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairhand.proof.release.rules import (
    Agreement,
    PayFacts,
    QuestionFacts,
    ReleaseFacts,
    ReleaseStats,
    is_simulated,
    is_trial,
)

UNSTATED = "unstated"
_MOST_PEOPLE = 500
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_card(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    """Write the card in Markdown, with the front matter that dataset hubs read."""
    parts = (
        _front_matter(facts, stats),
        _opening(facts, stats),
        _counts(stats),
        _questions(facts, stats),
        _agreement(facts),
        _people(stats),
        _pay(facts.pay),
        _gaps(facts, stats),
        _proof(facts),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _front_matter(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    size = next((name for limit, name in _SIZES if stats.rows < limit), "n>1M")
    yield "---"
    yield f"pretty_name: {_quoted(facts.title)}"
    yield f"license: {'unknown' if facts.licence == UNSTATED else _quoted(facts.licence)}"
    yield "size_categories:"
    yield f"- {size}"
    yield "tags:"
    yield "- fairhand"
    if is_trial(facts):
        yield f"- {facts.mode}"
    if is_simulated(stats):
        yield "- simulated"
    yield "configs:"
    yield "- config_name: labels"
    yield "  default: true"
    yield "  data_files: data/*.parquet"
    yield "- config_name: annotations"
    yield "  data_files: annotations.parquet"
    yield "---"
    yield ""


def _opening(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    yield f"# {_plain(facts.title)}, version {facts.version}"
    yield ""
    if is_simulated(stats):
        yield (
            "> **Made with simulated contributors: not human data.** "
            f"{_share(stats.simulated_annotations, stats.annotations)} of the annotations came "
            "from simulated contributors. Do not train or evaluate on this as if people had made "
            "it."
        )
        yield ""
    if is_trial(facts):
        yield (
            f"> **{facts.mode.capitalize()}: made for trying out.** The project's gate was not "
            "green when this was made, so nothing here promises what an open project does."
        )
        yield ""
    yield f"- Made on: {facts.created_at}"
    yield f"- Mode of the project: {facts.mode}"
    yield f"- Purpose that contributors were told: {_plain(facts.purpose) or 'not stated'}"
    if facts.licence == UNSTATED:
        yield "- Licence: not stated. Ask the owner before you use this."
    else:
        yield f"- Licence: {_plain(facts.licence)}"
    yield ""


def _counts(stats: ReleaseStats) -> Iterator[str]:
    yield "## What is in it"
    yield ""
    yield f"- Tasks: {stats.tasks}"
    yield f"- Aggregated answers (rows): {stats.rows}"
    yield f"- Annotations: {stats.annotations}"
    yield f"- Contributors: {len(stats.people)}"
    assisted = _share(stats.assisted_annotations, stats.annotations)
    yield f"- Annotations made with a model's proposal in view: {assisted}"
    simulated = _share(stats.simulated_annotations, stats.annotations)
    yield f"- Annotations by simulated contributors: {simulated}"
    yield f"- Media files: {stats.media_files}"
    yield ""


def _questions(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    yield "## Questions"
    yield ""
    for question, seen in zip(facts.questions, stats.questions, strict=True):
        yield f"### {_plain(question.title)} (`{question.name}`, {question.kind})"
        yield ""
        yield f"- Answers: {seen.rows}"
        mean = "not measured" if seen.mean_confidence is None else f"{seen.mean_confidence:.3f}"
        yield f"- Mean confidence of the aggregated answer: {mean}"
        yield from _label_table(seen)
        yield ""


def _label_table(seen: QuestionFacts) -> Iterator[str]:
    if not seen.labels:
        return
    yield ""
    yield "| label | answers |"
    yield "|---|---:|"
    for label, count in seen.labels.items():
        yield f"| {_cell(label)} | {count} |"


def _agreement(facts: ReleaseFacts) -> Iterator[str]:
    yield "## Agreement"
    yield ""
    measured = {item.question: item for item in facts.agreement}
    for question in facts.questions:
        yield f"- `{question.name}`: {_agreement_of(measured.get(question.name))}"
    yield ""


def _agreement_of(found: Agreement | None) -> str:
    if found is None or found.alpha is None:
        reason = "" if found is None or not found.reason else f" ({_plain(found.reason)})"
        return f"not measured{reason}"
    interval = (
        "" if found.low is None else f" (95 % interval {found.low:.3f} to {found.high or 0:.3f})"
    )
    return f"{_plain(found.measure)} {found.alpha:.3f}{interval}"


def _people(stats: ReleaseStats) -> Iterator[str]:
    yield "## Who made it"
    yield ""
    yield "People appear under pseudonyms that hold for this project alone."
    yield ""
    yield "| contributor | annotations | paid minutes |"
    yield "|---|---:|---:|"
    for person in stats.people[:_MOST_PEOPLE]:
        name = f"{person.contributor} (simulated)" if person.simulated else person.contributor
        paid = "not known" if person.paid_minutes is None else str(person.paid_minutes)
        yield f"| {name} | {person.annotations} | {paid} |"
    if len(stats.people) > _MOST_PEOPLE:
        yield f"| and {len(stats.people) - _MOST_PEOPLE} more, see `manifest.json` | | |"
    yield ""


def _pay(pay: PayFacts | None) -> Iterator[str]:
    yield "## What they were paid"
    yield ""
    if pay is None:
        yield "Not known: no paid time was recorded for this project."
        yield ""
        return
    yield f"- Paid time: {pay.paid_minutes} minutes of {_people_count(pay.people)}"
    yield f"- Per hour, the least: {pay.currency} {pay.min_per_hour}"
    yield f"- Per hour, the median: {pay.currency} {pay.median_per_hour}"
    if pay.floor_min_per_hour is None:
        yield "- Floor per hour: not known yet (no pay period was closed)"
    elif pay.floor_min_per_hour == pay.floor_max_per_hour:
        yield f"- Floor per hour: {pay.currency} {pay.floor_min_per_hour}"
    else:
        yield (
            f"- Floor per hour, by where people live: {pay.currency} {pay.floor_min_per_hour} "
            f"to {pay.floor_max_per_hour}"
        )
    yield (
        f"- At or above their floor: {pay.at_or_above_floor}; below it: {pay.below_floor}; "
        f"not known: {pay.floor_unknown}"
    )
    yield ""


def _gaps(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    yield "## Known gaps"
    yield ""
    gaps = facts.gaps
    yield f"- Tasks without an aggregated answer, not in this release: {gaps.tasks_without_answer}"
    yield f"- Tasks withheld (in review, or a grant was withdrawn): {gaps.tasks_withheld}"
    yield f"- Annotations withheld because a grant was withdrawn: {gaps.annotations_withheld}"
    if not facts.media_copied and stats.media_files:
        yield "- Media are named by SHA-256 and not copied into this release."
    yield "- Who the contributors are (age, gender, place) was not recorded here."
    yield "- Splits into training and test sets are not part of this release."
    yield ""


def _proof(facts: ReleaseFacts) -> Iterator[str]:
    yield "## How to check it"
    yield ""
    yield "`fairhand verify release .` recomputes every number and hash on this page offline:"
    yield "each file and row against `manifest.json`, the manifest against the event in `log.json`,"
    yield "and the event against the log's signed root (its size and root are in `log.json`)."
    yield ""
    yield f"- Log: `{facts.log_origin}`"
    yield f"- Public key: `{facts.log_vkey}`"
    yield "- Compare the key with the one that the workspace publishes: a key that comes with the"
    yield "  files proves only that they belong together."


def _people_count(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "0 of 0"


def _plain(text: str) -> str:
    """One line that Markdown reads as text."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", " ".join(text.split()))


def _cell(text: str) -> str:
    return _plain(text) or "(empty)"


def _quoted(text: str) -> str:
    """A YAML string in double quotes."""
    plain = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
