"""Who must have signed a checkpoint before it is believed (C2SP tlog-policy).

log <vkey> [<url>]
witness <name> <vkey> [<url>]
group <name> all|any|<k> <member>...
quorum <name>|none
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.proof.log.checkpoint import Checkpoint, open_checkpoint
from fairhand.proof.log.cosignature import (
    Cosignature,
    WitnessKey,
    parse_witness_key,
    read_cosignatures,
)
from fairhand.proof.log.note import NoteError, Verifier, parse_vkey

_MOST = 64


@dataclass(frozen=True, slots=True)
class Group:
    """At least `least` of the members must have signed."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The logs that are believed, the witnesses that are known, and how many must have signed."""

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, WitnessKey] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = "none"
    urls: Mapping[str, str] = field(default_factory=dict)

    def is_met(self, signed: Collection[WitnessKey]) -> bool:
        """Say whether these witnesses are enough."""
        return self.quorum == "none" or self._holds(self.quorum, signed)

    def _holds(self, name: str, signed: Collection[WitnessKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in signed
        group = self.groups[name]
        return sum(self._holds(member, signed) for member in group.members) >= group.least


@dataclass(frozen=True, slots=True)
class Believed:
    """A checkpoint that the policy lets through, and who co-signed it."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]

    @property
    def newest(self) -> Instant | None:
        """When a witness signed it last."""
        return max((one.at for one in self.cosignatures), default=None)


def believe(note: str, policy: Policy) -> Believed:
    """Open a checkpoint under a policy; NoteError says what it lacks."""
    checkpoint = open_checkpoint(note, policy.logs)
    if checkpoint.origin not in {log.name for log in policy.logs}:
        raise NoteError(f"the checkpoint is of another log: {checkpoint.origin}")
    found = read_cosignatures(note, list(policy.witnesses.values()))
    if not policy.is_met([one.key for one in found]):
        names = ", ".join(sorted(one.key.name for one in found)) or "nobody"
        raise NoteError(f"too few witnesses co-signed it: {names}; the quorum is {policy.quorum}")
    return Believed(checkpoint, tuple(found))


def parse_policy(text: str) -> Policy:
    """Read a policy file; NoteError names the line that is wrong."""
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.replace("\t", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.take(words)
        except (NoteError, ValueError) as error:
            raise NoteError(f"line {number} of the policy: {error}") from error
    if reading.quorum is None:
        raise NoteError("the policy has no line `quorum`: `quorum none` asks for no witness")
    return Policy(
        tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum, reading.urls
    )


def dump_policy(policy: Policy) -> str:
    """Write a policy as its file."""
    lines = [_line("log", log.vkey, policy.urls.get(log.name)) for log in policy.logs]
    lines += [
        _line(f"witness {name}", key.vkey, policy.urls.get(key.name))
        for name, key in policy.witnesses.items()
    ]
    lines += [
        f"group {name} {group.least} {' '.join(group.members)}"
        for name, group in policy.groups.items()
    ]
    return "".join(f"{line}\n" for line in [*lines, f"quorum {policy.quorum}"])


def _line(head: str, vkey: str, url: str | None) -> str:
    return f"{head} {vkey}" + (f" {url}" if url else "")


class _Reading:
    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, WitnessKey] = {}
        self.groups: dict[str, Group] = {}
        self.urls: dict[str, str] = {}
        self.quorum: str | None = None
        self._placed: set[str] = set()

    def take(self, words: list[str]) -> None:
        kind, *rest = words
        takers = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        if kind not in takers:
            raise NoteError(f"{kind!r} is none of log, witness, group, quorum")
        takers[kind](rest)

    def _log(self, words: list[str]) -> None:
        vkey, url = _one_or_two(words)
        key = parse_vkey(vkey)
        if key.public_key in {log.public_key for log in self.logs}:
            raise NoteError("the same log's key stands there twice")
        self.logs.append(key)
        self.urls |= {key.name: url} if url else {}

    def _witness(self, words: list[str]) -> None:
        name, *rest = words
        vkey, url = _one_or_two(rest)
        key = parse_witness_key(vkey)
        self._new(name)
        if key.public_key in {one.public_key for one in self.witnesses.values()}:
            raise NoteError("the same witness's key stands there twice")
        self.witnesses[name] = key
        self.urls |= {key.name: url} if url else {}

    def _group(self, words: list[str]) -> None:
        name, least, *members = words
        self._new(name)
        for member in members:
            self._known(member)
            if member in self._placed:
                raise NoteError(f"{member} is a member of two groups")
            self._placed.add(member)
        count = {"any": 1, "all": len(members)}.get(least)
        count = int(least) if count is None else count
        if not 1 <= count <= len(members):
            raise NoteError(f"{least} of {len(members)} members cannot be")
        self.groups[name] = Group(count, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        (name,) = words
        if self.quorum is not None:
            raise NoteError("there are two lines `quorum`")
        if name != "none":
            self._known(name)
        self.quorum = name

    def _new(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise NoteError(f"the name {name} is taken")
        if len(self.witnesses) + len(self.groups) >= _MOST:
            raise NoteError(f"more than {_MOST} witnesses and groups")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise NoteError(f"{name} is not said before")


def _one_or_two(words: list[str]) -> tuple[str, str | None]:
    vkey, *url = words
    if len(url) > 1:
        raise NoteError("there is something after the URL")
    return vkey, url[0] if url else None
