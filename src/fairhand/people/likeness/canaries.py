"""Finding marked items again in files that turned up somewhere, changed as they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fairhand.compute.authenticity.shelf import KeyShelf
from fairhand.compute.authenticity.sounds import around, read_prints
from fairhand.core.errors import InvalidError
from fairhand.people.likeness.suspect import OPEN, Suspect, read_suspect, resemblance

_CANDIDATES = 24


@dataclass(slots=True)
class Canaries:
    """Items by hash and by prints; prints of kinds as `suspect.open_prints` gives them."""

    by_hash: dict[str, list[int]] = field(default_factory=dict)
    prints: dict[int, dict[str, bytes]] = field(default_factory=dict)
    _sounds: KeyShelf = field(default_factory=KeyShelf)

    def add(self, item: int, sha256: str, prints: Mapping[str, bytes]) -> None:
        """Put an item among those that are looked for."""
        self.by_hash.setdefault(sha256, []).append(item)
        self.prints[item] = dict(prints)
        sound = prints.get(f"{OPEN}sound")
        if sound:
            self._sounds.add(item, read_prints(sound)["hash"])

    def find(self, content: bytes) -> list[int]:
        """Give the items that a file is a copy of or, for texts and sounds, contains.

        What cannot be read contains none.
        """
        try:
            suspect = read_suspect(content, look=False)
        except InvalidError:
            return []
        if suspect.sha256 in self.by_hash:
            return self.by_hash[suspect.sha256]
        fits = {item: self._fit(suspect, item) for item in self._candidates(suspect)}
        found = [item for item, fit in fits.items() if fit > 0]
        if suspect.sort == "image":
            return sorted(found, key=lambda item: -fits[item])[:1]
        return sorted(found)

    def _fit(self, suspect: Suspect, item: int) -> float:
        return max(
            (resemblance(suspect, kind, bits) for kind, bits in self.prints[item].items()),
            default=0.0,
        )

    def _candidates(self, suspect: Suspect) -> list[int]:
        sound = suspect.prints.get("sound")
        if suspect.sort != "sound":
            return list(self.prints)
        if not sound:
            return []
        keys = np.concatenate(around(read_prints(sound)["hash"]))
        return [item for item, _ in self._sounds.near(keys, _CANDIDATES, least=3)]
