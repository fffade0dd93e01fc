"""Law packs: what a campaign's place asks for, as data, each number with its source.

Every number says whether a law asks for it (`basis` "law") or this product does where the law
gives no number ("policy"), and how sure it is (`sure`): "read" in the source, or "memory", to be
checked by somebody who knows the law. A pack is no legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import NotFoundError

RULES: Final = (
    "withdrawal_answered_days",
    "recipients_told_days",
    "recipients_act_days",
    "longest_retention_days",
    "biometrics_destroyed_days",
    "guardian_below_age",
)
"""What every pack says; 0 days is "at once"."""


@dataclass(frozen=True, slots=True)
class LawRule:
    """One number of a pack: what it means in words, where it comes from, how sure it is."""

    number: int
    words: str
    source: str
    basis: str
    sure: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What must be kept although somebody asks to be erased: why, and for how long."""

    what: str
    words: str
    law: str
    days: int
    sure: str


@dataclass(frozen=True, slots=True)
class LawPack:
    """What a place asks of those who collect people's own data."""

    name: str
    title: str
    countries: tuple[str, ...]
    summary: str
    rules: Mapping[str, LawRule]
    kept: tuple[Kept, ...]
    rights: tuple[str, ...]

    @property
    def withdrawal_answered_days(self) -> int:
        """Within how many days a withdrawal is answered in full; it holds at once here."""
        return self.rules["withdrawal_answered_days"].number

    @property
    def recipients_told_days(self) -> int:
        """Within how many days recipients of a release are told of a withdrawal."""
        return self.rules["recipients_told_days"].number

    @property
    def recipients_act_days(self) -> int:
        """How many days recipients have to delete what was withdrawn, from the notice on."""
        return self.rules["recipients_act_days"].number

    @property
    def longest_retention_days(self) -> int:
        """How long contributions may be kept at most."""
        return self.rules["longest_retention_days"].number

    @property
    def biometrics_destroyed_days(self) -> int:
        """How long after the last interaction templates may be kept at most."""
        return self.rules["biometrics_destroyed_days"].number

    @property
    def guardian_below_age(self) -> int:
        """Below which age a guardian must agree."""
        return self.rules["guardian_below_age"].number

    def destroy_biometrics_by(self, last_met_at: Instant) -> Instant:
        """Say when a template must be gone if its purpose is not met before."""
        return Instant(last_met_at + self.biometrics_destroyed_days * DAY_MS)


@cache
def law_packs() -> Mapping[str, LawPack]:
    """Read the packs that are shipped, by name."""
    folder = Path(__file__).resolve().parent
    packs = [_read(path) for path in sorted(folder.glob("*.toml"))]
    return {pack.name: pack for pack in packs}


def load_law_pack(name: str) -> LawPack:
    """Find one pack; raises NotFoundError that names those there are."""
    pack = law_packs().get(name)
    if pack is None:
        raise NotFoundError(
            f"There is no law pack {name[:40]!r}; there are {', '.join(law_packs())}."
        )
    return pack


def _read(path: Path) -> LawPack:
    said: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return LawPack(
        name=path.stem,
        title=said["title"],
        countries=tuple(said["countries"]),
        summary=said["summary"],
        rules={name: LawRule(**said["rules"][name]) for name in RULES},
        kept=tuple(Kept(**one) for one in said.get("kept", [])),
        rights=tuple(said["rights"]),
    )
