"""The card: what a release is, who made it, what they were paid, what is missing, how to check it.

It is made from the manifest alone, so a verifier makes it again and compares it byte for byte.
What is not known is said to be not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairhand.proof.release.datasheet import conditions_words
from fairhand.proof.release.fair_work_words import SECTIONS
from fairhand.proof.release.guard_card import guard_section
from fairhand.proof.release.rules import (
    ModelFacts,
    OwnDataFacts,
    PayFacts,
    QuestionFacts,
    ReleaseFacts,
    ReleaseStats,
    is_simulated,
    is_trial,
)
from fairhand.proof.release.words import UNSTATED as UNSTATED
from fairhand.proof.release.words import (
    agreement_of,
    credential_words,
    plain,
    share,
    split_names,
    who_words,
)

_MOST_PEOPLE = 500
_HUB_LICENCES = {
    "CC0-1.0": "cc0-1.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
    "CC-BY-ND-4.0": "cc-by-nd-4.0",
    "CC-BY-NC-ND-4.0": "cc-by-nc-nd-4.0",
    "ODbL-1.0": "odbl",
    "ODC-By-1.0": "odc-by",
    "PDDL-1.0": "pddl",
    "CDLA-Permissive-2.0": "cdla-permissive-2.0",
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
}
"""What the hub of Hugging Face calls a licence."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_card(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    """Write the card in Markdown, with the front matter that dataset hubs read."""
    licence = "unknown" if facts.licence == UNSTATED else _quoted(facts.licence)
    return _written(facts, stats, (f"license: {licence}",))


def write_readme(facts: ReleaseFacts, stats: ReleaseStats) -> str:
    """Write the same as the file that hubs and `datasets.load_dataset(folder)` look for.

    Its licence is in the hub's own words, where it has some for it.
    """
    known = _HUB_LICENCES.get(facts.licence)
    if facts.licence == UNSTATED:
        return _written(facts, stats, ("license: unknown",))
    if known is not None:
        return _written(facts, stats, (f"license: {known}",))
    return _written(facts, stats, ("license: other", f"license_name: {_quoted(facts.licence)}"))


def _written(facts: ReleaseFacts, stats: ReleaseStats, licence: Iterable[str]) -> str:
    parts = (
        _front_matter(facts, stats, licence),
        _opening(facts, stats),
        _counts(facts, stats),
        _questions(facts, stats),
        _agreement(facts),
        guard_section(facts.guard),
        _models(facts),
        _own_data(facts.own_data),
        _people(stats),
        _who(facts),
        _pay(facts.pay),
        _conditions(facts),
        _gaps(facts, stats),
        _proof(facts),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _front_matter(
    facts: ReleaseFacts, stats: ReleaseStats, licence: Iterable[str]
) -> Iterator[str]:
    size = next((name for limit, name in _SIZES if stats.rows < limit), "n>1M")
    yield "---"
    yield f"pretty_name: {_quoted(facts.title)}"
    yield from licence
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
    parts = [one for one in (facts.splits or {}).get("parts", ()) if one["rows"]]
    if not parts:
        yield "  data_files: data/*.parquet"
    else:
        yield "  data_files:"
        for one in parts:
            yield f"  - split: {one['name']}"
            yield f"    path: data/{one['name']}-*.parquet"
    yield "- config_name: annotations"
    yield "  data_files: annotations.parquet"
    yield "---"
    yield ""


def _opening(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    yield f"# {plain(facts.title)}, version {facts.version}"
    yield ""
    if is_simulated(stats):
        yield (
            "> **Made with simulated contributors: not human data.** "
            f"{share(stats.simulated_annotations, stats.annotations)} of the annotations came "
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
    yield f"- Purpose that contributors were told: {plain(facts.purpose) or 'not stated'}"
    if facts.licence == UNSTATED:
        yield "- Licence: not stated. Ask the owner before you use this."
    else:
        yield f"- Licence: {plain(facts.licence)}"
    yield ""


def _counts(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    yield "## What is in it"
    yield ""
    yield f"- Tasks: {stats.tasks}"
    yield f"- Aggregated answers (rows): {stats.rows}"
    yield f"- Annotations: {stats.annotations}"
    yield f"- Contributors: {len(stats.people)}"
    assisted = share(stats.assisted_annotations, stats.annotations)
    yield f"- Annotations made with a model's proposal in view: {assisted}"
    simulated = share(stats.simulated_annotations, stats.annotations)
    yield f"- Annotations by simulated contributors: {simulated}"
    yield f"- Media files: {stats.media_files}"
    yield from (f"- {words}" for words in credential_words(facts))
    yield ""


def _questions(facts: ReleaseFacts, stats: ReleaseStats) -> Iterator[str]:
    yield "## Questions"
    yield ""
    for question, seen in zip(facts.questions, stats.questions, strict=True):
        yield f"### {plain(question.title)} (`{question.name}`, {question.kind})"
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
        yield f"- `{question.name}`: {plain(agreement_of(measured.get(question.name)))}"
    yield ""


def _models(facts: ReleaseFacts) -> Iterator[str]:
    if not facts.models:
        return
    yield "## Models that proposed"
    yield ""
    yield "People saw proposals of these models, and decided; `assisted` marks those rows."
    yield ""
    for model in facts.models:
        seen = f"in view for {model.annotations} annotations"
        yield f"- {plain(model.model)}: {seen}. {_how(model)}"
    yield ""


def _how(model: ModelFacts) -> str:
    if model.value is None or model.low is None or model.high is None:
        return "How good it is was not measured here."
    what = "mean overlap with people's outlines" if model.measure == "iou" else "as people answered"
    basis = "held-out tasks" if model.held_out else "answered tasks, none of them held back"
    words = (
        f"On {model.tasks} {basis} (`{model.question}`): {100 * model.value:.1f} % {what} "
        f"(95 % interval {100 * model.low:.1f} to {100 * model.high:.1f})."
    )
    if not model.weak:
        return f"{words} No slice is shown to be worse than the rest."
    return f"{words} Worse than the rest: {', '.join(map(plain, model.weak))}."


def _own_data(own: OwnDataFacts | None) -> Iterator[str]:
    if own is None:
        return
    yield "## What people gave of themselves, and what it is for"
    yield ""
    yield "Every item came under a grant of its giver that permits all of the following."
    yield "Whatever is not named here is not permitted. People may take items back at any time."
    yield ""
    yield f"- What it shows of them: {', '.join(own.modalities)}"
    yield f"- Permitted purposes: {', '.join(own.purposes)}"
    yield f"- Where: {', '.join(own.territory)}"
    yield f"- From {own.starts} until {own.ends}; not to be used after that"
    yield f"- For: {plain(own.recipient) or 'the operator alone'}"
    yield f"- Items that left again: `{own.revocations}`, signed; look there before every use"
    yield "- `items.jsonl` names the items; the names are of this release alone and name no person"
    if own.supersedes is not None:
        yield f"- Takes the place of version {own.supersedes}, from which items were taken back"
    yield "- Voices, faces and names that were made unrecognisable are pseudonymised, not anonymous"
    yield ""


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


def _who(facts: ReleaseFacts) -> Iterator[str]:
    yield "## Which groups made it"
    yield ""
    yield "Groups of fewer than ten people are not told, nor what would give one away."
    yield ""
    for words in who_words(facts):
        yield f"- {plain(words)}"
    yield ""


def _conditions(facts: ReleaseFacts) -> Iterator[str]:
    """The sections of fair work, each as it is known; `croissant.json` has them for machines."""
    yield "## Conditions of the work"
    yield ""
    if facts.fair_work is None:
        yield "Not known: they were not recorded for this release."
        yield ""
        return
    for name in SECTIONS:
        yield f"### {name.capitalize()}"
        yield ""
        yield from conditions_words(facts.fair_work.get(name))
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
    yield "- Age and gender of the contributors were not recorded here."
    if not split_names(facts):
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


def _cell(text: str) -> str:
    return plain(text) or "(empty)"


def _quoted(text: str) -> str:
    """A YAML string in double quotes."""
    plain = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
