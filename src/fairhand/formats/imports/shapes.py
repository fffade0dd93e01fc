"""The formats whose entries are rows of a table, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairhand.formats.imports import chats, timed
from fairhand.formats.imports.found import Shape

SHAPES: Final[Mapping[str, Shape]] = {
    "trl-preference": chats.trl_preference,
    "trl-kto": chats.trl_kto,
    "sft": chats.demonstration,
    "openai-chat": chats.demonstration,
    "openai-preference": chats.openai_preference,
    "anthropic-hh": chats.anthropic_hh,
    "nemo": timed.nemo,
}
