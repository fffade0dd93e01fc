"""A model card: what a model is, what it was measured by, how it does and for whom, what to mind.

The sections are those of M. Mitchell et al.: Model cards for model reporting, FAT* 2019. What is
not known is said to be not known. The same facts give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_MOST_ROWS = 30
_UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card is written from: the model, the project, and the report as it was kept.

    `model` and `project` hold plain values (name, kind, version, trained_on, checkpoint_sha256,
    verdict...; title, purpose, mode); `claims` is the report of a check of claims where there is
    one.
    """

    evaluation_id: int
    evaluated_at: str
    question: str
    model: Mapping[str, Any]
    project: Mapping[str, Any]
    report: Mapping[str, Any]
    claims: Mapping[str, Any] | None = None
    assisted_annotations: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


def write_model_card(facts: CardFacts) -> str:
    """Write the card in Markdown."""
    parts = (
        _details(facts),
        _use(facts),
        _factors(facts),
        _metrics(facts),
        _evaluation_data(facts),
        _training_data(facts),
        _figures(facts),
        _ethics(facts),
        _caveats(facts),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def card_json(facts: CardFacts) -> dict[str, Any]:
    """Write the card as JSON values, under the same sections."""
    report = facts.report
    return {
        "schema": "fairhand.model_card/v1",
        "model_details": dict(facts.model),
        "intended_use": {
            "purpose": facts.project.get("purpose"),
            "project": facts.project.get("title"),
            "question": report.get("title"),
        },
        "factors": {"fields": report.get("fields", [])},
        "metrics": {"measure": report.get("measure"), "interval": "95 %"},
        "evaluation_data": report.get("basis", {}),
        "training_data": {
            "trained_on": facts.model.get("trained_on"),
            "checkpoint_sha256": facts.model.get("checkpoint_sha256"),
        },
        "quantitative_analyses": {
            key: report.get(key)
            for key in (
                "score",
                "labels",
                "reliability",
                "selective",
                "slices",
                "ceiling",
                "groups",
                "unanswered",
                "failures",
            )
        },
        "claims": facts.claims,
        "ethical_considerations": list(_ethics_notes(facts)),
        "caveats": list(_notes(facts)),
        "evaluation": {"id": facts.evaluation_id, "at": facts.evaluated_at},
    }


def percent(value: float | None) -> str:
    """Write a share of one as a percentage."""
    return _UNKNOWN if value is None else f"{100 * value:.1f} %"


def estimate_words(found: Mapping[str, Any] | None) -> str:
    """Write a figure with its interval."""
    if found is None or found.get("value") is None:
        return _UNKNOWN
    low, high = percent(found["low"]), percent(found["high"])
    return f"{percent(found['value'])} (95 % interval {low} to {high})"


def measure_words(measure: str | None) -> str:
    """Name a measure as people say it."""
    known = {"iou": "mean overlap with people's outline (IoU)", "accuracy": "answers as people's"}
    return known.get(measure or "", _UNKNOWN)


def _details(facts: CardFacts) -> Iterator[str]:
    model = facts.model
    yield f"# Model card: {_plain(str(model.get('name', '')))}"
    yield ""
    yield "## Model details"
    yield ""
    yield f"- Kind: {_plain(str(model.get('kind') or _UNKNOWN))}"
    yield f"- Version: {model.get('number') or _UNKNOWN}"
    checkpoint = model.get("checkpoint_sha256")
    yield f"- Training checkpoint: {f'`{checkpoint}`' if checkpoint else _UNKNOWN}"
    weights = model.get("weights_sha256")
    yield f"- Weights (SHA-256): {f'`{weights}`' if weights else _UNKNOWN}"
    if model.get("verdict"):
        yield f"- Why it is shown or not: {_plain(str(model['verdict']))}"
    yield f"- Measured: {facts.evaluated_at} (evaluation {facts.evaluation_id})"
    yield ""


def _use(facts: CardFacts) -> Iterator[str]:
    yield "## Intended use"
    yield ""
    yield f"- Question: {_plain(str(facts.report.get('title') or facts.question))}"
    purpose = _plain(str(facts.project.get("purpose") or ""))
    yield f"- Purpose that contributors were told: {purpose}"
    yield "- Who it is for: people who answer this question with its proposal in view, and decide."
    yield "- Not for: other questions, other kinds of data, or decisions about people."
    yield ""


def _factors(facts: CardFacts) -> Iterator[str]:
    yield "## Factors"
    yield ""
    fields = facts.report.get("fields", [])
    named = ", ".join(f"`{name}`" for name in fields)
    yield f"- Slices: {named}" if fields else "- Slices: the tasks have no field to slice by."
    for one in facts.report.get("slices", {}).get("hidden", ()):
        yield (
            f"- `{_plain(one['field'])}` has {one['values']} more "
            f"{'value' if one['values'] == 1 else 'values'} with fewer than 10 tasks each "
            f"({one['tasks']} tasks): too few to show."
        )
    why_not = facts.report.get("groups", {}).get("why_not")
    if why_not:
        yield f"- By where the people live who answered: not shown. {why_not}"
    yield ""


def _metrics(facts: CardFacts) -> Iterator[str]:
    yield "## Metrics"
    yield ""
    yield f"- Main measure: {measure_words(facts.report.get('measure'))}."
    yield "- Intervals are 95 %; gaps between slices hold all at once (Bonferroni)."
    yield "- Calibration: debiased expected calibration error, Brier's score."
    yield ""


def _evaluation_data(facts: CardFacts) -> Iterator[str]:
    basis = facts.report.get("basis", {})
    yield "## Evaluation data"
    yield ""
    yield f"- Tasks: {facts.report.get('tasks')}, of {basis.get('known')} with an answer of people"
    yield f"- People: {basis.get('people')}, with {basis.get('answers')} answers"
    permille = basis.get("held_out_permille") or 0
    if permille:
        share = f"{permille / 10:g} %"
        yield f"- Held out before training: {share} of tasks, answered without a proposal"
    else:
        yield "- Held out before training: no. All answered tasks were taken."
    yield f"- Gold tasks among them: {basis.get('gold')}"
    yield f"- Answered by one person only: {basis.get('one_answer')}"
    yield f"- Mean confidence of people's consensus: {percent(basis.get('mean_confidence'))}"
    yield ""


def _training_data(facts: CardFacts) -> Iterator[str]:
    yield "## Training data"
    yield ""
    trained = facts.model.get("trained_on")
    if trained:
        yield f"- Tasks of this project, answered by people: {trained}"
        yield "- Which ones: the training checkpoint above commits to them."
    else:
        yield "- Not known here: the model was trained elsewhere."
    yield ""


def _figures(facts: CardFacts) -> Iterator[str]:
    report = facts.report
    yield "## Quantitative analyses"
    yield ""
    measure = measure_words(report.get("measure"))
    yield f"- {measure[:1].upper()}{measure[1:]}: {estimate_words(report.get('score'))}"
    labels = report.get("labels")
    if labels:
        yield f"- Macro F1: {estimate_words(labels['macro_f1'])}"
    ceiling = report.get("ceiling")
    if ceiling:
        yield f"- Two people on the same tasks match: {estimate_words(ceiling['people'])}"
        yield f"- The model and one person match there: {estimate_words(ceiling['model'])}"
    known = report.get("reliability")
    if known:
        yield (
            f"- Calibration error: {percent(known['ece'])} after what chance adds is taken off "
            f"(perfect scores would show {percent(known['by_chance'])} before); "
            f"Brier's score {known['brier']['value']:.3f}"
        )
    yield ""
    yield from _slice_table(report.get("slices", {}).get("parts", ()))
    yield from _label_table(labels)
    if facts.claims and facts.claims.get("supported"):
        yield "Claims that people found supported by their source: " + estimate_words(
            facts.claims["supported"]
        )
        yield ""


def _slice_table(parts: Any) -> Iterator[str]:  # noqa: ANN401  # JSON rows
    if not parts:
        return
    yield "| slice | tasks | score | gap to the rest | |"
    yield "|---|---:|---|---|---|"
    for one in parts[:_MOST_ROWS]:
        gap = (
            f"{100 * one['gap']:+.1f} ({100 * one['gap_low']:+.1f} to {100 * one['gap_high']:+.1f})"
        )
        name = f"{_plain(one['field'])} = {_plain(one['value'])}"
        tasks, score = one["score"]["tasks"], percent(one["score"]["value"])
        yield f"| {name} | {tasks} | {score} | {gap} | {one['verdict']} |"
    yield ""


def _label_table(labels: Mapping[str, Any] | None) -> Iterator[str]:
    if not labels:
        return
    yield "| label | tasks | precision | recall | F1 |"
    yield "|---|---:|---:|---:|---:|"
    for one in labels["labels"][:_MOST_ROWS]:
        figures = (percent(one["precision"]), percent(one["recall"]), percent(one["f1"]))
        yield f"| {_plain(one['label'])} | {one['true']} | {' | '.join(figures)} |"
    yield ""


def _ethics(facts: CardFacts) -> Iterator[str]:
    yield "## Ethical considerations"
    yield ""
    for note in _ethics_notes(facts):
        yield f"- {note}"
    yield ""


def _ethics_notes(facts: CardFacts) -> Iterator[str]:
    weak = [
        one for one in facts.report.get("slices", {}).get("parts", ()) if one["verdict"] == "lower"
    ]
    for one in weak[:10]:
        name = f"{_plain(one['field'])} = {_plain(one['value'])}"
        yield (
            f"It does worse where {name}: by {100 * -one['gap']:.1f} points, at least "
            f"{100 * -one['gap_high']:.1f} with 95 % confidence over all slices."
        )
    if not weak:
        yield "No slice is shown to be worse than the rest; small differences may still be there."
    if facts.assisted_annotations:
        yield f"People saw its proposals for {facts.assisted_annotations} annotations."
    yield "Groups of fewer than ten people or tasks are not shown."


def _caveats(facts: CardFacts) -> Iterator[str]:
    yield "## Caveats and recommendations"
    yield ""
    for note in _notes(facts):
        yield f"- {note}"


def caveats(report: Mapping[str, Any]) -> list[str]:
    """List what keeps a report from being taken for more than it is."""
    basis = report.get("basis", {})
    notes = []
    if basis.get("simulated_answers"):
        notes.append(
            f"{basis['simulated_answers']} of {basis['answers']} answers are by simulated "
            "contributors: this says nothing about people."
        )
    if not basis.get("held_out_permille"):
        notes.append(
            "No tasks were held back: whoever trained the model may have seen these answers."
        )
    if basis.get("one_answer"):
        notes.append(
            f"{basis['one_answer']} tasks were answered by one person only; a disagreement there "
            "may be that person's slip."
        )
    if basis.get("asked_again"):
        notes.append(
            f"{basis['asked_again']} tasks were asked again because a model had failed them, which "
            "favours models a little."
        )
    if basis.get("swayed"):
        notes.append(
            f"{basis['swayed']} tasks were answered with a proposal in view and are left out."
        )
    if report.get("unanswered"):
        notes.append(
            f"The model gave no answer to {report['unanswered']} tasks; no score counts them."
        )
    return notes


def _notes(facts: CardFacts) -> Iterator[str]:
    yield from caveats(facts.report)
    failures = facts.report.get("failures", 0)
    if failures:
        yield f"It failed {failures} tasks here; they can be made tasks again with one click."
    yield "Measure it anew when the data change: these figures hold for tasks like these."


def _plain(text: str) -> str:
    """One line that Markdown reads as text."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", " ".join(text.split()))
