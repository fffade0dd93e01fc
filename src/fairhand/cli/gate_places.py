"""Where the gate asks: this machine's workspace, the server that made a release, or nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, get_args

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.verify import read_keys
from fairhand.client import Client
from fairhand.client import FairhandError as Refused
from fairhand.core.clock import system_now
from fairhand.core.errors import (
    ConflictError,
    FairhandError,
    ForbiddenError,
    InvalidError,
    Issue,
    MalformedError,
    NotFoundError,
    UnavailableError,
)
from fairhand.proof.log.note import Verifier, parse_vkey
from fairhand.proof.release import store
from fairhand.proof.release.fit_folder import Folder, card_faults, judge_folder
from fairhand.proof.release.fitness import LIVE, Finding, Verdict, not_said, unchecked
from fairhand.proof.release.gate_file import Bounds, GateFile
from fairhand.proof.release.manifest import MANIFEST, Manifest, parse_manifest
from fairhand.proof.release.standing import LARGEST, read_standing
from fairhand.use_cases.house import House
from fairhand.use_cases.read_fitness import AskFitness, read_fitness
from fairhand.use_cases.run_gate import RunGate, run_gate

_NOBODY = "Only the house that made it can say; nobody was asked."


@dataclass(frozen=True, slots=True)
class Given:
    """What stood on the command line; it goes before what is in the file."""

    release: str | None
    purpose: str | None
    server: str | None
    log_key: str | None
    offline_list: Path | None
    by: str | None
    workspace: Path | None


class Place(Protocol):
    """Who is asked about a release; `asked` is False where nobody is."""

    @property
    def folder(self) -> Path: ...
    @property
    def key(self) -> Sequence[Verifier]: ...
    @property
    def purpose(self) -> str: ...
    @property
    def asked(self) -> bool: ...

    def judge(self, folder: Folder, bounds: Bounds) -> tuple[Finding, ...]:
        """Give the findings beside that of the files themselves."""

    def begin(self, folder: Folder, key: str, bounds: Bounds) -> str:
        """Write down that training begins, and say so in words."""

    def who(self, finding: Finding) -> dict[str, list[str]]:
        """Name who can mend something, by role."""

    def link(self, finding: Finding) -> str:
        """Say where it is mended."""


@contextmanager
def place_of(asked: GateFile, home: Path, given: Given) -> Iterator[Place]:
    """Decide who is asked; a folder in a release.toml lies beside it."""
    purpose = given.purpose or asked.purpose
    by = given.by or asked.by
    named = given.log_key or asked.key
    beside = None if named is None else home / named
    is_file = beside is not None and given.log_key is None and beside.is_file()
    key = [] if named is None else read_keys([str(beside) if is_file else named])
    folder, number = _release(asked, home, given)
    server = given.server or (None if given.workspace else asked.server)
    if given.offline_list is not None:
        yield Offline(_needed(folder, "--offline-list"), purpose, _file(given.offline_list), key)
    elif server is not None:
        token = _token(asked, home)
        with Client(server, token, retries=2) as client:
            there = _needed(folder, "a server")
            yield Server(there, purpose, client, server.rstrip("/"), key, by, asked.raw)
    else:
        own = given.workspace or (
            home / Path(asked.workspace).expanduser() if asked.workspace else None
        )
        with opened(own) as house:
            found, where = _in_workspace(house, folder, number)
            yield Workspace(where, purpose, house, found, key, by)


@dataclass(slots=True)
class Workspace:
    """The workspace on this machine: everything can be asked."""

    folder: Path
    purpose: str
    house: House
    release: store.StoredRelease | None
    given_key: Sequence[Verifier]
    by: str
    asked: bool = True
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> Sequence[Verifier]:
        """The log's key, as it lies here: the one that signed this release, if it is ours."""
        return self.given_key or [_own(self.house.log_keys, self.folder)]

    def judge(self, folder: Folder, bounds: Bounds) -> tuple[Finding, ...]:
        """Ask every rule."""
        if self.release is None:
            return (_stranger(folder),) if folder.manifest else ()
        asked = AskFitness(self.release.id, self.purpose, bounds)
        found = read_fitness(self.house.db, asked, self.house.clock(), self.house.secret)
        self.names = found.names
        same = folder.manifest_sha256 == self.release.manifest_sha256
        return found.findings if same else (*found.findings, _stranger(folder))

    def begin(self, folder: Folder, key: str, bounds: Bounds) -> str:
        """Write the run down, and owe people their share."""
        if self.release is None:
            raise NotFoundError("This workspace made no such release.")
        command = RunGate(
            self.release.id,
            folder.manifest_sha256,
            key,
            owner_id_of(self.house),
            self.by or self.house.name,
            self.purpose,
            bounds,
        )
        done = run_gate(self.house.db, command, self.house.clock(), self.house.secret)
        return _begun(done.run_id, done.usage_id, done.again)

    def who(self, finding: Finding) -> dict[str, list[str]]:
        """Name those who have the roles."""
        return {role: list(self.names.get(role, ())) for role in finding.who}

    def link(self, finding: Finding) -> str:
        """The page of the server that this workspace is served by."""
        return f"{self.house.settings.base_url}{finding.link}" if finding.link else ""


@dataclass(slots=True)
class Server:
    """The server that made a release, over its API."""

    folder: Path
    purpose: str
    client: Client
    base: str
    given_key: Sequence[Verifier]
    by: str
    raw: Mapping[str, Any]
    asked: bool = True
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Sequence[Verifier]:
        """The log's key as you know it, or as its server says it over this connection."""
        if not self.given_key and self._ask():
            return [_own([parse_vkey(str(one)) for one in self.found["vkeys"]], self.folder)]
        return self.given_key

    def judge(self, folder: Folder, bounds: Bounds) -> tuple[Finding, ...]:
        """Give what the server found."""
        if not self._ask():
            return (_stranger(folder),) if folder.manifest else ()
        told = tuple(_told(one) for one in self.found["findings"])
        told = (*told, *not_said(told, self.base))
        same = folder.manifest_sha256 == self.found["manifest_sha256"]
        return told if same else (*told, _stranger(folder))

    def begin(self, folder: Folder, key: str, bounds: Bounds) -> str:
        """Let the server write the run down."""
        with _translated(self.base):
            done = self.client.gate.begin(
                self.found["release_id"],
                key=key,
                manifest_sha256=folder.manifest_sha256,
                purpose=self.purpose,
                by=self.by,
                bounds=self.raw,
            )
        return _begun(done["run_id"], done["usage_id"], done["again"])

    def who(self, finding: Finding) -> dict[str, list[str]]:
        """Names, as the server told them."""
        for one in self.found.get("findings", ()):
            if one["rule"] == finding.rule and tuple(one["who"]) == finding.who:
                return dict(one["who"])
        return {role: [] for role in finding.who}

    def link(self, finding: Finding) -> str:
        """The server's own page."""
        return f"{self.base}{finding.link}" if finding.link else ""

    def _ask(self) -> bool:
        """Ask the server once; False where it made no such release."""
        if self.found:
            return True
        manifest = _manifest(self.folder)
        if manifest is None:
            return False
        facts = manifest.facts
        with _translated(self.base):
            made = self.client.releases(facts.project_id)
            same = [one["id"] for one in made if one["version"] == facts.version]
            if same:
                self.found = self.client.gate.fitness(same[0], self.purpose, self.raw)
        return bool(self.found)


@dataclass(slots=True)
class Offline:
    """Nobody is asked: a signed file says who agreed when it was made; the rest is not known."""

    folder: Path
    purpose: str
    listed: bytes
    given_key: Sequence[Verifier]
    asked: bool = False

    @property
    def key(self) -> Sequence[Verifier]:
        """The log's key as you know it."""
        return self.given_key

    def judge(self, folder: Folder, bounds: Bounds) -> tuple[Finding, ...]:
        """Judge what the folder says, and who agreed."""
        if folder.manifest is None:
            return ()
        signed = read_standing(self.listed, self.given_key or [parse_vkey(_vkey(folder.manifest))])
        is_own = signed.manifest_sha256 == folder.manifest_sha256
        found = judge_folder(
            folder.manifest,
            self.purpose,
            bounds,
            system_now(),
            usual=bounds.usual,
            standing=signed.standing if is_own else None,
            card_faults=card_faults(folder.path, folder.manifest),
        )
        rest = unchecked(LIVE, _NOBODY)
        if is_own:
            return (*found, *rest)
        words = f"The file says who agrees to release {signed.release_id}, which is another."
        mend = "Fetch the file of this release: `fairhand release standing`."
        others = tuple(one for one in found if one.rule != "consent")
        return (*others, Finding("consent", "refuse", words, mend, ("manager",)), *rest)

    def begin(self, folder: Folder, key: str, bounds: Bounds) -> str:
        """Say that nobody was told."""
        return (
            "Nothing was written down: there is no house to tell. Once there is a network, "
            f"`fairhand gate … --key {key} -- true` writes this run down and pays its royalties."
        )

    def who(self, finding: Finding) -> dict[str, list[str]]:
        """Roles; names are not known here."""
        return {role: [] for role in finding.who}

    def link(self, finding: Finding) -> str:
        """The path at the server, whatever its address."""
        return finding.link


def who_in_words(found: Mapping[str, list[str]]) -> str:
    """Write who can mend something: each role, and their names where they are known."""
    return ", ".join(
        f"{role} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})" if names else role
        for role, names in found.items()
    )


def _release(asked: GateFile, home: Path, given: Given) -> tuple[Path | None, int | None]:
    said = given.release
    if said is not None and said.isascii() and said.isdigit() and not Path(said).exists():
        return None, int(said[:18])
    if said is not None:
        return Path(said), None
    return (home / asked.folder if asked.folder else None), asked.release_id


def _in_workspace(
    house: House, folder: Path | None, number: int | None
) -> tuple[store.StoredRelease | None, Path]:
    if folder is None and number is None:
        raise InvalidError("Say which release: --release DIR or ID, or a release.toml.")
    with house.db.read() as connection:
        if number is not None:
            found = store.load_release(connection, number)
            if found is None or found.state != "published":
                raise NotFoundError(
                    f"There is no release {number}; `fairhand release list` shows them."
                )
            return found, folder or Path(found.directory)
        manifest = _manifest(folder or Path())
        if manifest is None:
            return None, folder or Path()
        made = store.list_releases(connection, manifest.facts.project_id)
    same = [one for one in made if one.version == manifest.facts.version]
    return (same[0] if same else None), folder or Path()


def _needed(folder: Path | None, what: str) -> Path:
    if folder is None:
        raise InvalidError(f"With {what}, say where your copy is: --release DIR.")
    return folder


def _manifest(folder: Path) -> Manifest | None:
    try:
        return parse_manifest((folder / MANIFEST).read_bytes())
    except (OSError, FairhandError):
        return None


def _told(one: Mapping[str, Any]) -> Finding:
    """Read what a server found; a verdict that is none here lets nobody through."""
    known: Verdict = one["verdict"] if one["verdict"] in get_args(Verdict) else "refuse"
    words, mend, link = str(one["words"]), str(one["mend"]), str(one["link"])
    return Finding(one["rule"], known, words, mend, tuple(one["who"]), link)


def _own(keys: list[Verifier], folder: Path) -> Verifier:
    """Of a log's keys, newest last, the one that a release was made under; else the newest."""
    manifest = _manifest(folder)
    named = "" if manifest is None else manifest.facts.log_vkey
    return next((one for one in keys if one.vkey == named), keys[-1])


def _vkey(manifest: Manifest) -> str:
    return manifest.facts.log_vkey


def _stranger(folder: Folder) -> Finding:
    words = f"{folder.path} holds a release that was not made there, or another copy of it."
    mend = "Ask the house that made it, or fetch the release again."
    return Finding("whole", "refuse", words, mend, ("manager",))


def _begun(run_id: int, usage_id: int | None, again: bool) -> str:
    used = "" if usage_id is None else f" Its royalties are use {usage_id}."
    known = " It had been written down before." if again else ""
    return f"Run {run_id} is written down.{used}{known}"


def _token(asked: GateFile, home: Path) -> str:
    if found := os.environ.get("FAIRHAND_TOKEN", ""):
        return found
    if asked.token_file is None:
        raise InvalidError("Set FAIRHAND_TOKEN, or name a token_file in release.toml.")
    try:
        return (home / Path(asked.token_file).expanduser()).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"The token_file cannot be read: {error}.") from None


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read: {error.strerror}.") from None


@contextmanager
def _translated(base: str) -> Iterator[None]:
    """Turn what a server refuses into what the command line says; nothing was started."""
    try:
        yield
    except Refused as error:
        issues = [Issue(one.place, one.message) for one in error.issues]
        words = f"{error.detail} Nothing was started."
        if error.status == 0 or error.status >= 500:
            raise UnavailableError(
                f"{base}: {words} Without a network, give --offline-list.", code=error.code
            ) from None
        kinds: dict[int, type[FairhandError]] = {
            401: ForbiddenError,
            403: ForbiddenError,
            404: NotFoundError,
            409: ConflictError,
            400: MalformedError,
        }
        kind = kinds.get(error.status, InvalidError)
        raise kind(f"{base}: {words}", code=error.code, issues=issues) from None
