"""What a monitor keeps from one watch to the next: one file for each log, by its name.

A log may move to another address and is known again by its name. An address that shows another
log than before is told of: whoever watches must not be led to another history so.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairhand.proof.log.monitor import Seen
    from fairhand.proof.log.places import Place
    from fairhand.proof.log.policy import Policy

_ENDING = ".seen.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the state of a log is, what was seen of it, and which log its place showed before."""

    path: Path
    seen: Seen | None
    other: str | None = None

    @property
    def trouble(self) -> str | None:
        """Say that a place shows another log than it did; None: it does not."""
        if self.other is None:
            return None
        return (
            f"this place showed the log {self.other} before, and now shows another one. If that is "
            f"as you expect, move {self.path} away"
        )


def find_state(state: Path | None, place: Place, where: str, policy: Policy) -> Kept:
    """Find the state of the log that a place shows, in a folder of states or in the file named.

    A folder (by default the one in which one stands) holds the states of many logs.
    """
    origin, at = _origin(place, policy), address(where)
    if state is not None and not state.is_dir():
        found = load_state(state)
        return Kept(state, None if found is None else found[0])
    folder = state or Path()
    path, seen = folder / _file_name(origin), None
    for one in sorted(folder.glob(f"*{_ENDING}")):
        found = load_state(one)
        if found is None:
            continue
        if found[0].origin == origin:
            path, seen = one, found[0]
        elif found[1] == at:
            return Kept(one, found[0], found[0].origin)
    return Kept(path, seen)


def _origin(place: Place, policy: Policy) -> str:
    """The log that a place says it shows; where it says none that is believed, the first of those.

    What it says is believed by nobody until its signature was checked.
    """
    from fairhand.proof.log.note import NoteError
    from fairhand.proof.log.places import read_checkpoint

    names = [key.name for key in policy.logs]
    try:
        said = read_checkpoint(place).partition("\n")[0]
    except NoteError:
        return names[0]
    return said if said in names else names[0]


def address(where: str) -> str:
    """Write an address in one form."""
    if where.startswith(("http://", "https://")):
        return where.rstrip("/")
    return str(Path(where).resolve())


def load_state(path: Path) -> tuple[Seen, str] | None:
    """Read what was seen, and where; None where there is nothing, MalformedError for junk."""
    import orjson

    from fairhand.core.errors import MalformedError
    from fairhand.proof.log.monitor import Seen

    if not path.exists():
        return None
    try:
        content = orjson.loads(path.read_bytes())
        peaks = tuple(bytes.fromhex(one) for one in content["peaks"])
        seen = Seen(content["note"], content["size"], bytes.fromhex(content["root"]), peaks)
        return seen, str(content.get("place", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} is not what a monitor kept: {error}. Move it away to begin anew."
        raise MalformedError(message) from error


def save_state(path: Path, seen: Seen, where: str) -> None:
    """Keep what was seen, whole or not at all."""
    import os

    import orjson

    content = {
        "format": "fairhand.monitor/v1",
        "note": seen.note,
        "place": address(where),
        "size": seen.size,
        "root": seen.root.hex(),
        "peaks": [one.hex() for one in seen.peaks],
    }
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _file_name(origin: str) -> str:
    """Name a file after a log; two logs never have one name, however alike theirs are."""
    shown = "".join(char if char.isalnum() or char in "-" else "-" for char in origin)
    return f"{shown[:80]}-{sha256(origin.encode()).hexdigest()[:8]}{_ENDING}"
