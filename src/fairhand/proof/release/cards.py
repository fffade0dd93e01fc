"""Every card of a release that people read, by its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from fairhand.proof.release.card import write_card, write_readme
from fairhand.proof.release.datasheet import write_datasheet
from fairhand.proof.release.manifest import CARD, DATASHEET, README, SUMMARY
from fairhand.proof.release.rules import ReleaseFacts, ReleaseStats
from fairhand.proof.release.training_summary import write_summary

WRITTEN_CARDS: Final[Mapping[str, Callable[[ReleaseFacts, ReleaseStats], str]]] = MappingProxyType(
    {CARD: write_card, README: write_readme, DATASHEET: write_datasheet, SUMMARY: write_summary}
)
