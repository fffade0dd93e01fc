"""Consensus of choices: one class, or each label of a multiple choice as a yes or no of its own.

For several labels the confidence is the product over the labels: the probability that the whole
set is right, if labels err independently.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.labels.label_set import label_values
from fairhand.quality.aggregation.result import winners
from fairhand.quality.consensus.kind import Beliefs, Counts, Modelled, Part, Verdict
from fairhand.quality.systems import consensus_rule

WHOLE = ""
"""The name of the one part of a single choice."""

NO, YES = "no", "yes"


def parts(config: Config) -> tuple[Part, ...]:
    """One part with every label, or one yes-or-no part per label."""
    labels = tuple(label_values(config))
    if not config.get("multiple", False):
        codes = {label: code for code, label in enumerate(labels)}
        return (Part(WHOLE, labels, partial(_read_one, codes)),)
    return tuple(Part(label, (NO, YES), partial(_read_label, label)) for label in labels)


@consensus_rule("choice", "the likeliest label, people weighed by what is known of them")
def settle(config: Config, beliefs: Beliefs) -> Verdict:
    """Choose what is most probable; of labels equally probable the first."""
    labels = label_values(config)
    if not config.get("multiple", False):
        belief = beliefs[WHOLE]
        best = int(winners(belief[np.newaxis, :])[0])
        return Verdict(labels[best], float(belief[best]))
    chosen = {label: int(winners(beliefs[label][np.newaxis, :])[0]) for label in labels}
    confidence = np.prod([beliefs[label][code] for label, code in chosen.items()])
    return Verdict([label for label in labels if chosen[label]], float(confidence))


def is_subjective(config: Config) -> bool:
    """Say whether the question has no one truth."""
    return bool(config.get("subjective", False))


def spread(config: Config, counts: Counts) -> dict[str, int]:
    """Count the people behind each label; labels that nobody gave are left out."""
    labels = label_values(config)
    if not config.get("multiple", False):
        found = dict(zip(labels, counts[WHOLE].tolist(), strict=True))
    else:
        found = {label: counts[label][1] for label in labels}
    return {label: int(people) for label, people in found.items() if people}


def _read_one(codes: dict[str, int], answer: Any) -> int | None:  # noqa: ANN401  # an answer
    return codes.get(answer) if isinstance(answer, str) else None


def _read_label(label: str, answer: Any) -> int | None:  # noqa: ANN401  # an answer
    return int(label in answer) if isinstance(answer, list) else None


CONSENSUS = Modelled("dawid-skene", parts, settle, is_subjective, spread)
