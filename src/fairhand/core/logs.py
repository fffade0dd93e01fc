"""Logs that say what happened and where, and nothing of what people wrote or who they are."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

_EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[^\s@\"'<>]+")
_LONGEST = 200
_FRAMES = 12
_KINDS = 4


def configure_logs(*, as_json: bool) -> None:
    """Set structlog up for this process: JSON lines or readable ones, on stderr."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_content,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Unfailing(sys.stderr))),
        cache_logger_on_first_use=False,
    )


class Unfailing:
    """A stream whose failure nobody hears: a log on a full disk must not end what it tells of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, where that is possible."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand over what is written, where that is possible."""
        with suppress(OSError):
            self._stream.flush()


def without_content(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep an error's kind and place, not its words; mask addresses; cut what is long.

    The message of an exception may quote what somebody typed, so it is never written.
    """
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found
    if isinstance(error, BaseException):
        event["error"] = _kinds(error)
        event["where"] = _places(error)
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _EMAIL.sub("(address)", value)[:_LONGEST]
        elif not isinstance(value, int | float | bool | list | None):
            event[name] = type(value).__name__
    return event


def _kinds(error: BaseException) -> str:
    """Name an exception and what it came from."""
    names: list[str] = []
    current: BaseException | None = error
    while current is not None and len(names) < _KINDS:
        names.append(type(current).__name__)
        current = current.__cause__ or current.__context__
    return " from ".join(names)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}" for frame in frames]
