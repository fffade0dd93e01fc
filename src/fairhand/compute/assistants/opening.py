"""Which kind of assistant is opened by which module; none is imported before it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError, Predictor
from fairhand.model.project import Question

_OPENERS: Final[Mapping[str, str]] = {
    "label_studio": "fairhand.compute.backends.label_studio:open_backend",
    "openai": "fairhand.compute.backends.openai:open_endpoint",
    "onnx": "fairhand.compute.assistants.onnx:open_network",
    "function": "fairhand.compute.assistants.functions:open_function",
    "builtin": "fairhand.compute.models.builtin:open_builtin",
}


def open_assistant(
    kind: str, config: Mapping[str, Any], weights: bytes | None, questions: Sequence[Question]
) -> Predictor:
    """Open an assistant of a kind with its configuration and, where it has one, its model file.

    Raises AssistantError when the kind has nothing to open, or its package is not installed.
    """
    where = _OPENERS.get(kind)
    if where is None:
        raise AssistantError(f"Nothing can be asked of an assistant of kind {kind!r}.")
    module, function = where.split(":")
    opened: Predictor = getattr(import_module(module), function)(config, weights, questions)
    return opened
