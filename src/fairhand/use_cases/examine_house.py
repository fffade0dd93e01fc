"""The doctor: look at everything a house needs, and say of each what is wrong and what to do.

A check is a function from the open house to a `Finding`; `CHECKS` is the list of them. One that
raises is a finding itself, so nothing hides behind it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from typing import Final, Literal

import httpx

import fairhand
from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.core.errors import FairhandError
from fairhand.proof.log import store as log_store
from fairhand.proof.log import tiles
from fairhand.storage import migrate
from fairhand.storage.engine_facts import count_stuck_jobs, load_engine_facts
from fairhand.storage.process_store import list_processes
from fairhand.storage.server_figures import jobs_by_state, letters_wait, log_waits
from fairhand.use_cases.back_up import LAST
from fairhand.use_cases.check_mail import check_mail
from fairhand.use_cases.check_sign_on import check_sign_on
from fairhand.use_cases.house import House

State = Literal["ok", "warn", "fail"]
_SKEW_MS: Final = 5_000
_MUCH_SKEW_MS: Final = 60_000
_SEAL_LAG_S: Final = 60
_STILL_MS: Final = 10 * MINUTE_MS
_BACKUP_DAYS: Final = 7
_LETTER_WAIT_S: Final = 3_600
_LITTLE_BYTES: Final = 2 * 1024**3
_NOTHING_BYTES: Final = 200 * 1024**2
_ASK_S: Final = 3.0
_EXTRAS: Final = {
    "assist": "sklearn",
    "audio": "soundfile",
    "imaging": "tifffile",
    "people": "presidio_analyzer",
    "scale": "ray",
}


_REMEDIES: Final = {
    "disk_full": "Free some space or raise the quota; what waits goes on by itself.",
    "database_unavailable": "Start the database; servers and workers go on by themselves.",
    "blobs_unavailable": "Look at the file store, its address and its keys.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    name: str
    state: State
    words: str
    remedy: str = ""


Check = Callable[[House], Finding]


def examine_house(house: House) -> list[Finding]:
    """Run every check, one after the other."""
    return [_tried(name, check, house) for name, check in CHECKS.items()]


def _tried(name: str, check: Check, house: House) -> Finding:
    try:
        return check(house)
    except FairhandError as error:
        return Finding(name, "fail", error.message, _REMEDIES.get(error.code, ""))
    except Exception as error:  # a check that breaks has found something
        return Finding(name, "fail", f"could not be looked at: {type(error).__name__}")


def check_database(house: House) -> Finding:
    """It answers, and what it acknowledges is on the disk."""
    with house.db.read() as connection:
        facts = load_engine_facts(connection)
    words = f"{facts.engine} {facts.version}"
    if facts.not_durable:
        return Finding(
            "database",
            "fail",
            f"{words}: what is acknowledged may be lost ({', '.join(facts.not_durable)} off).",
            "Switch these on in the database's settings.",
        )
    return Finding("database", "ok", f"{words} answers and keeps what it acknowledges.")


def check_migrations(house: House) -> Finding:
    """The tables are those of this version."""
    migrate.check(house.db)
    return Finding("migrations", "ok", f"Revision {migrate.head()}, the one of this version.")


def check_clock(house: House) -> Finding:
    """This machine's clock and the database's agree."""
    with house.db.read() as connection:
        theirs = load_engine_facts(connection).clock
    if theirs is None:
        return Finding("clock", "ok", "The database is on this machine: one clock.")
    return _skew("clock", "the database", house.clock() - theirs)


def check_public_url(house: House) -> Finding:
    """Others reach the address in links; phones need it to be HTTPS; its clock is ours."""
    url = house.settings.public_url
    if not url:
        return Finding(
            "public_url",
            "warn",
            f"Links begin with {house.settings.base_url}, which only this machine may reach.",
            "Set public_url in fairhand.toml to the address that people open.",
        )
    if not url.startswith("https://"):
        return Finding(
            "public_url",
            "warn",
            f"{url} is not HTTPS: phones give no microphone and no offline work to such pages.",
            "Serve with --tls, or behind a proxy with a certificate, and write https:// here.",
        )
    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=_ASK_S)
        date = Instant(int(parsedate_to_datetime(answer.headers["date"]).timestamp() * 1_000))
    except (httpx.HTTPError, KeyError, ValueError):
        return Finding(
            "public_url",
            "warn",
            f"{url} does not answer from here.",
            "That may be so by design; else look at the proxy and at its certificate.",
        )
    return _skew("public_url", url, house.clock() - date)


def _skew(name: str, who: str, by_ms: int) -> Finding:
    words = f"This machine's clock and that of {who} differ by {abs(by_ms) / 1_000:.1f} s."
    if abs(by_ms) <= _SKEW_MS:
        return Finding(name, "ok", words)
    state: State = "fail" if abs(by_ms) > _MUCH_SKEW_MS else "warn"
    return Finding(name, state, words, "Run a time service (chrony, systemd-timesyncd) on both.")


def check_disk(house: House) -> Finding:
    """There is room to go on."""
    free = shutil.disk_usage(house.settings.workspace).free
    house.db.check_room()
    words = f"{free / 1024**3:.1f} GB free for {house.settings.workspace}."
    if free > _LITTLE_BYTES:
        return Finding("disk", "ok", words)
    state: State = "fail" if free < _NOTHING_BYTES else "warn"
    return Finding("disk", state, words, "Free some space, or move the workspace.")


def check_files(house: House) -> Finding:
    """A file can be written and removed again."""
    house.blobs.check_writable()
    where = house.blobs.url.split("?")[0]
    return Finding("files", "ok", f"{where} can be written.")


def check_keys(house: House) -> Finding:
    """Nobody else on this machine can read the keys."""
    folder = house.settings.workspace / "keys"
    open_ones = sorted(
        path.name for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077
    )
    secret = [name for name in open_ones if name.endswith((".key", ".pem"))]
    if secret:
        return Finding(
            "keys",
            "fail",
            f"Others on this machine can read {', '.join(secret)}.",
            f"chmod 600 {folder}/*",
        )
    return Finding("keys", "ok", "Keys can be read by this account alone.")


def check_log(house: House) -> Finding:
    """The newest signed root is the root of what is stored."""
    with house.db.read() as connection:
        newest = log_store.latest_checkpoint(connection)
        if newest is None:
            return Finding("log", "ok", "Nothing is sealed yet.")
        found = tiles.root(newest.size, log_store.tile_reader(connection))
    if found != newest.root:
        return Finding(
            "log",
            "fail",
            f"The log of {newest.size:,} events does not have the root that was signed.",
            "Stop the servers, keep a copy, and restore a backup: fairhand restore",
        )
    return Finding("log", "ok", f"{newest.size:,} events have the root that was signed.")


def check_sealing(house: House) -> Finding:
    """Events get their leaf within a minute."""
    with house.db.read() as connection:
        waiting, lag_s = log_waits(connection, house.clock())
    if lag_s <= _SEAL_LAG_S:
        return Finding("sealing", "ok", f"{waiting:,} events wait for their leaf.")
    return Finding(
        "sealing",
        "warn",
        f"{waiting:,} events wait for their leaf, the first for {lag_s / 60:.0f} minutes.",
        "Run a server with background work, or fairhand worker.",
    )


def check_jobs(house: House) -> Finding:
    """Nothing stands still, and nothing failed."""
    with house.db.read() as connection:
        states = jobs_by_state(connection)
        stuck = count_stuck_jobs(connection, Instant(house.clock() - _STILL_MS))
    if stuck:
        return Finding(
            "jobs",
            "warn",
            f"{stuck} jobs have not moved for ten minutes.",
            "Run fairhand worker, and look at its log.",
        )
    failed = states.get("failed", 0)
    if failed:
        return Finding("jobs", "warn", f"{failed} jobs failed.", "Their pages say why.")
    return Finding("jobs", "ok", "None stands still, none failed.")


def check_processes(house: House) -> Finding:
    """Somebody serves, somebody works, and all are of one version."""
    now = house.clock()
    with house.db.read() as connection:
        live = [one for one in list_processes(connection) if one.is_live(now)]
    if not live:
        return Finding(
            "processes", "warn", "Nothing runs just now.", "Start it with fairhand serve."
        )
    versions = {one.version for one in live} | {fairhand.__version__}
    kinds = [f"{one.kind} {one.host}/{one.pid} ({one.version})" for one in live]
    if len(versions) > 1:
        return Finding(
            "processes",
            "fail",
            f"Processes of different versions run: {', '.join(kinds)}.",
            "Restart them all with one version.",
        )
    return Finding("processes", "ok", f"{', '.join(kinds)}.")


def check_extras(_house: House) -> Finding:
    """Which extras are installed; none must be."""
    there = [name for name, module in _EXTRAS.items() if find_spec(module) is not None]
    missing = [name for name in _EXTRAS if name not in there]
    words = f"Installed: {', '.join(there) or 'none'}."
    advice = f"For the others: pip install 'fairhand[{','.join(missing)}]'" if missing else ""
    return Finding("extras", "ok", words, advice)


def check_backup(house: House) -> Finding:
    """There is a backup, and it is young."""
    advice = "fairhand backup FOLDER, every night; and try a restore now and then."
    try:
        note = json.loads((house.settings.workspace / LAST).read_text("utf-8"))
        days = (house.clock() - int(note["at"])) / DAY_MS
    except (OSError, ValueError, KeyError, TypeError):
        return Finding("backup", "warn", "No backup was made of this workspace.", advice)
    words = f"The last backup is {days:.0f} days old ({note['target']})."
    if days > _BACKUP_DAYS:
        return Finding("backup", "warn", words, advice)
    return Finding("backup", "ok", words)


def check_mail_way(house: House) -> Finding:
    """The mail server, if any, is reached, encrypted and signed in to; no letter waits long."""
    state, words = check_mail(house)
    if state == "fail":
        return Finding("mail", state, words, "Look at [mail] in fairhand.toml.")
    with house.db.read() as connection:
        letters, waits_s = letters_wait(connection, house.clock())
    if waits_s > _LETTER_WAIT_S:
        words = (
            f"Letters that wait: {letters['waiting']}; the oldest for {waits_s / 3_600:.0f} hours."
        )
        return Finding("mail", "warn", words, "fairhand mail outbox says why.")
    return Finding("mail", state, words)


def check_sign_on_way(house: House) -> Finding:
    """The way to every identity provider is open."""
    looked = [(name, one) for name in house.settings.sign_on for one in check_sign_on(house, name)]
    if not looked:
        return Finding("sign_on", "ok", "People sign in with links and passwords alone.")
    for state in ("fail", "warn"):
        found = next(((name, one) for name, one in looked if one.state == state), None)
        if found is not None:
            name, one = found
            return Finding("sign_on", one.state, f"{name}, {one.hop}: {one.words}", one.remedy)
    return Finding("sign_on", "ok", f"The way to {', '.join(house.settings.sign_on)} is open.")


CHECKS: Final[dict[str, Check]] = {
    "database": check_database,
    "migrations": check_migrations,
    "clock": check_clock,
    "disk": check_disk,
    "files": check_files,
    "keys": check_keys,
    "log": check_log,
    "sealing": check_sealing,
    "jobs": check_jobs,
    "processes": check_processes,
    "public_url": check_public_url,
    "sign_on": check_sign_on_way,
    "mail": check_mail_way,
    "backup": check_backup,
    "extras": check_extras,
}
"""What the doctor looks at, in the order in which it is told; add one line for one more."""
