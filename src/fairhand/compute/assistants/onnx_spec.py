"""What an owner says of an ONNX network: what goes in, what comes out, which output means what.

Every field has a default that fits the commonest networks; what is wrong is said all at once,
each with its place, so that a form can show it beside the field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.compute.assistants.onnx_file import NetworkFile, Port
from fairhand.core.errors import InvalidError, Issue
from fairhand.labels.kind import shown
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

TASKS: Final = ("classifier", "segmenter")
INPUTS: Final = ("image", "text", "numbers")
LAYOUTS: Final = ("NCHW", "NHWC")
SCORES: Final = ("auto", "logits", "probabilities")
MOST_THREADS: Final = 8
_MOST_SIDE = 2_048
_KIND_OF = {"classifier": "choice", "segmenter": "mask"}
_FIELDS: Final = frozenset(
    "task question input field size channels mean std layout labels output scores threads batch "
    "name version".split()
)


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """How a network is fed and read.

    `size` is (height, width) in pixels; a pixel becomes `(value / 255 - mean) / std` in each
    channel. `labels[i]` is what output i means; None: background, or nothing to propose.
    """

    task: str
    question: Question
    input: str
    field: str
    size: tuple[int, int]
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    layout: str
    labels: tuple[str | None, ...]
    output: str | None
    scores: str
    threads: int
    batch: int
    name: str
    version: str


def read_spec(
    config: Mapping[str, Any], network: NetworkFile, questions: Sequence[Question]
) -> NetworkSpec:
    """Read what an owner said, against the file and the questions; raises InvalidError."""
    reader = _Reader(config)
    task = reader.one_of("task", TASKS)
    question = _question(reader, config.get("question"), questions, task)
    kind = reader.one_of("input", INPUTS if task == "classifier" else INPUTS[:1])
    layout = reader.one_of("layout", LAYOUTS)
    channels = reader.whole("channels", 3, 1, 4)
    port = _input(reader, network, kind)
    spec = NetworkSpec(
        task=task,
        question=question,
        input=kind,
        field=reader.text("field", {"text": "text", "numbers": "numbers"}.get(kind, "image")),
        size=_size(reader, port, layout, kind),
        channels=channels,
        mean=reader.numbers("mean", channels, 0.0),
        std=reader.numbers("std", channels, 1.0, positive=True),
        layout=layout,
        labels=_labels(reader, question),
        output=_output(reader, network),
        scores=reader.one_of("scores", SCORES),
        threads=reader.whole("threads", 1, 1, MOST_THREADS),
        batch=reader.whole("batch", 32, 1, 1_024),
        name=reader.text("name", "network"),
        version=reader.text("version", "1"),
    )
    reader.raise_issues()
    return spec


class _Reader:
    """Reads fields with their defaults, and gathers what is wrong with them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        known = ", ".join(sorted(_FIELDS))
        self.config = config
        self.issues = [
            Issue(str(key)[:40], f"unknown; known are {known}")
            for key in config
            if key not in _FIELDS
        ]

    def wrong(self, place: str, message: str) -> None:
        self.issues.append(Issue(place, message))

    def raise_issues(self) -> None:
        if self.issues:
            raise InvalidError("The network cannot be used like this.", issues=self.issues)

    def one_of(self, place: str, known: Sequence[str]) -> str:
        value = self.config.get(place, known[0])
        if value not in known:
            self.wrong(place, f"{shown(value)} is none of {', '.join(known)}")
            return known[0]
        return str(value)

    def text(self, place: str, default: str) -> str:
        value = self.config.get(place, default)
        if not isinstance(value, str) or not value.strip() or len(value) > 80 or "@" in value:
            self.wrong(place, "must be short text without @")
            return default
        return value.strip()

    def whole(self, place: str, default: int, low: int, high: int) -> int:
        value = self.config.get(place, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(place, f"must be a whole number from {low} to {high}")
            return default
        return value

    def numbers(
        self, place: str, count: int, default: float, *, positive: bool = False
    ) -> tuple[float, ...]:
        value = self.config.get(place, [default] * count)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = [value] * count
        good = (
            isinstance(value, list | tuple)
            and len(value) == count
            and all(isinstance(one, int | float) and math.isfinite(one) for one in value)
        )
        if not good or (positive and any(one <= 0 for one in value)):
            above = " above 0" if positive else ""
            self.wrong(place, f"must be {count} numbers{above}, one for each channel")
            return (default,) * count
        return tuple(float(one) for one in value)


def _question(reader: _Reader, name: object, questions: Sequence[Question], task: str) -> Question:
    fitting = [one for one in questions if one.kind == _KIND_OF[task]]
    chosen = [one for one in fitting if name in (None, "", one.name)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(one.name for one in fitting)
    kind = _KIND_OF[task]
    reader.wrong(
        "question",
        f"a {task} answers a question of kind {kind}; "
        + (f"say which of {names}" if fitting else "this project has none"),
    )
    return Question("none", kind, "none", {"labels": []})


def _input(reader: _Reader, network: NetworkFile, kind: str) -> Port | None:
    if len(network.inputs) != 1:
        names = ", ".join(port.name for port in network.inputs) or "none"
        reader.wrong("file", f"the network must have one input; it has {names}")
        return None
    port = network.inputs[0]
    types, ranks = _EXPECTED[kind]
    if port.type not in types or len(port.shape) not in ranks:
        shape = " x ".join("?" if one is None else str(one) for one in port.shape)
        reader.wrong(
            "file",
            f"its input is {port.type} of {shape or 'no shape'}; {kind} needs {_WORDS[kind]}",
        )
        return None
    return port


_EXPECTED: Final[Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]] = {
    "image": (("float", "float16", "uint8"), (4,)),
    "text": (("string",), (1, 2)),
    "numbers": (("float", "double"), (2,)),
}
_WORDS = {
    "image": "float of batch x channels x height x width",
    "text": "string of batch, or batch x 1",
    "numbers": "float of batch x numbers",
}


def _size(reader: _Reader, port: Port | None, layout: str, kind: str) -> tuple[int, int]:
    """Take the size that is given, else the one that the file fixes."""
    if kind != "image":
        return (0, 0)
    fixed = (port.shape[2:] if layout == "NCHW" else port.shape[1:3]) if port else (None, None)
    given = reader.config.get("size", [one for one in fixed if one is not None])
    good = isinstance(given, list | tuple) and len(given) == 2
    if not good or not all(isinstance(one, int) and 1 <= one <= _MOST_SIDE for one in given):
        reader.wrong("size", f"must be height and width in pixels, each up to {_MOST_SIDE}")
        return (1, 1)
    for is_, must in zip(given, fixed, strict=True):
        if must is not None and is_ != must:
            reader.wrong("size", f"the network takes {fixed[0]} x {fixed[1]} only")
            break
    return int(given[0]), int(given[1])


def _labels(reader: _Reader, question: Question) -> tuple[str | None, ...]:
    """Take the order that is given, else that of the question; masks begin with background."""
    known = label_values(question.config)
    default = [None, *known] if question.kind == "mask" else known
    given = reader.config.get("labels", default)
    if not isinstance(given, list | tuple) or not given:
        reader.wrong("labels", "must be a list of labels in the order of the network's outputs")
        return ()
    strange = [one for one in given if one is not None and one not in known]
    named = [one for one in given if one is not None]
    if strange:
        reader.wrong("labels", f"{shown(strange[0])} is not a label of {question.name}")
    elif not named or len(set(named)) < len(named):
        reader.wrong("labels", "must name at least one label, and none twice")
    return tuple(None if one is None else str(one) for one in given)


def _output(reader: _Reader, network: NetworkFile) -> str | None:
    name = reader.config.get("output") or None
    known = [port.name for port in network.outputs]
    if name is not None and name not in known:
        reader.wrong("output", f"{shown(name)} is none of {', '.join(known)[:200]}")
        return None
    return name if name is None else str(name)
