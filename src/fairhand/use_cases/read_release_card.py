"""A release's cards, one by one: for people, for machines, as datasheet, for a training summary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.proof.release.manifest import CARD, CROISSANT, DATASHEET, SUMMARY, dump_json
from fairhand.use_cases.read_releases import ReleaseFolder

FILES: Final = {
    "card": CARD,
    "croissant": CROISSANT,
    "datasheet": DATASHEET,
    "summary": SUMMARY,
}
WHO: Final = "who"
KINDS: Final = (*FILES, WHO)


@dataclass(frozen=True, slots=True)
class ReleaseCard:
    """One card: its kind, the file it comes from, and its words."""

    kind: str
    file: str
    media_type: str
    text: str


def read_release_card(folder: ReleaseFolder, kind: str) -> ReleaseCard:
    """Read one card of a release; whoever calls has asked whether this may be seen.

    Raises InvalidError for a kind that there is none of, and NotFoundError where its folder was
    moved away or it was made before there were such cards.
    """
    if kind not in KINDS:
        issue = Issue("kind", f"There is no card {kind!r}; there are {', '.join(KINDS)}.")
        raise InvalidError(issue.message, issues=[issue])
    manifest = folder.manifest
    if manifest is None:
        raise NotFoundError("The folder of this release is not in its place any more.")
    if kind == WHO:
        told: dict[str, Any] = {"who": manifest.facts.who, "fair_work": manifest.facts.fair_work}
        return ReleaseCard(kind, "manifest.json", "application/json", dump_json(told).decode())
    name = FILES[kind]
    path = Path(folder.release.directory) / name
    listed = {entry.path for entry in manifest.files}
    if name not in listed or not path.is_file() or path.is_symlink():
        raise NotFoundError(f"This release has no {name}.")
    media_type = "application/ld+json" if kind == "croissant" else "text/markdown; charset=utf-8"
    return ReleaseCard(kind, name, media_type, path.read_text("utf-8"))
