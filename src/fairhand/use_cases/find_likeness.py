"""Somebody asks whether a file is a copy of what they gave, or sounds like them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fairhand.compute.authenticity.voices import Voiceprint, distance, voiceprint
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, NotFoundError, UnavailableError
from fairhand.model.system import automated
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.law_packs import load_law_pack
from fairhand.people.consent.grant_store import load_grant
from fairhand.people.likeness import look_up_store as store
from fairhand.people.likeness import template_store as templates
from fairhand.people.likeness.look_up_store import Holder, OwnFile
from fairhand.people.likeness.rules import (
    LIKE,
    LOOK_UPS_A_DAY,
    MAYBE,
    Template,
    destroy_by,
    verdict,
)
from fairhand.people.likeness.suspect import Suspect, open_prints, read_suspect, resemblance
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.destroy_templates import reason
from fairhand.use_cases.make_template import about_template
from fairhand.work.projects.store import load_project

MOST_COPIES: Final = 20
PRINTED_AT_ONCE: Final = 100
_KINDS: Final = {
    "image": ("phash", "dhash", "look"),
    "sound": ("sound",),
    "text": ("minhash",),
}
_MEDIA: Final = {"image": "image", "sound": "audio", "text": "text"}


@dataclass(frozen=True, slots=True)
class FindLikeness:
    """A file that somebody found elsewhere."""

    person_id: int
    content: bytes


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """One of one's own contributions that a file is a copy of, and who holds it.

    `likeness` is 1 for the very same file, otherwise the share of its print that is alike.
    """

    file: OwnFile
    is_same_file: bool
    likeness: float
    holders: tuple[Holder, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeardVoice:
    """How near a file's voice is to one's own template: `like`, `maybe` or `unlike`."""

    title: str
    distance: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """What was found; `compared` says with how many things of one's own."""

    sort: str
    compared: int
    copies: tuple[FoundCopy, ...]
    voices: tuple[HeardVoice, ...]
    left_today: int
    too_short_for_voice: bool = False


@automated(
    "likeness.look_up",
    title="Looking for copies of oneself",
    effect="tells",
    purpose="To tell people whether a file they found is a copy of what they gave, or sounds like "
    "them, and who holds it.",
    reads=(
        "the file, which is not kept",
        "prints of what the person gave themselves",
        "the person's own template of their voice, only where they agreed to one",
    ),
    parameters=(
        ("like", LIKE, "distance of voices below which a file is said to sound like somebody"),
        ("maybe", MAYBE, "distance below which it is said to be possible"),
        ("look-ups a day", LOOK_UPS_A_DAY, "everybody's limit"),
    ),
    oversight="It is for the person alone, who sees what it is sure of and what not; nobody else "
    "is told, nothing follows by itself, and nobody else's voice or face is ever compared.",
)
def find_likeness(
    db: Database, blobs: BlobStore, vault: Vault, command: FindLikeness, now: Instant
) -> Likeness:
    """Compare a file with what its finder gave, and with nobody else; nothing of it is kept.

    Raises ConflictError (`look_ups_spent`) beyond the day's limit, InvalidError
    (`cannot_look_up`) for what cannot be read.
    """
    person_id = command.person_id
    with db.read() as connection:
        used = store.count_since(connection, person_id, Instant(now - DAY_MS))
    if used >= LOOK_UPS_A_DAY:
        raise ConflictError(
            f"You have looked up {LOOK_UPS_A_DAY} files within a day, which is everybody's limit. "
            "You can go on tomorrow.",
            code="look_ups_spent",
        )
    suspect = read_suspect(command.content)
    _print_open_files(db, blobs, person_id, suspect)
    with db.read() as connection:
        own = store.list_own(connection, person_id)
        copies = _copies(connection, person_id, suspect, own)
    heard, too_short = _voices(db, vault, person_id, suspect, now)
    with db.write() as connection:
        found = len(copies) + sum(one.verdict == "like" for one in heard)
        store.add_look_up(connection, person_id, suspect.sort, found, now)
    left = LOOK_UPS_A_DAY - used - 1
    return Likeness(suspect.sort, _compared(suspect, own), copies, heard, left, too_short)


def _compared(suspect: Suspect, own: dict[int, OwnFile]) -> int:
    media = _MEDIA[suspect.sort]
    return sum(one.media_type.startswith(f"{media}/") for one in own.values())


def _print_open_files(db: Database, blobs: BlobStore, person_id: int, suspect: Suspect) -> None:
    """Print what others see of one's own things, where it is not the original; once each."""
    with db.read() as connection:
        missing = store.list_unprinted(connection, person_id, _MEDIA[suspect.sort], PRINTED_AT_ONCE)
    for contribution_id, sha256, media_type in missing:
        try:
            prints = open_prints(blobs.get(sha256), media_type)
        except NotFoundError:
            continue
        with db.write() as connection:
            store.add_prints(connection, contribution_id, prints)


def _copies(
    connection: Connection, person_id: int, suspect: Suspect, own: dict[int, OwnFile]
) -> tuple[FoundCopy, ...]:
    """Find one's own contributions that a file is a copy of, the likest first."""
    alike = {one.id: 1.0 for one in own.values() if store.same_file(one, suspect.sha256)}
    same = set(alike)
    for owner, kind, bits in store.list_prints(connection, person_id, _KINDS[suspect.sort]):
        share = resemblance(suspect, kind, bits)
        if share > alike.get(owner, 0.0):
            alike[owner] = share
    best = sorted(alike, key=lambda one: (one not in same, -alike[one], one))[:MOST_COPIES]
    holders, models = store.list_holders(connection, best), store.list_models(connection, best)
    return tuple(
        FoundCopy(
            own[one],
            one in same,
            alike[one],
            tuple(holders.get(one, ())),
            tuple(models.get(one, ())),
        )
        for one in best
        if one in own
    )


def _voices(
    db: Database, vault: Vault, person_id: int, suspect: Suspect, now: Instant
) -> tuple[tuple[HeardVoice, ...], bool]:
    """Compare a file's voice with one's own living templates; each use moves its clock."""
    if suspect.sound is None:
        return (), False
    with db.read() as connection:
        usable = _usable(connection, templates.list_own(connection, person_id), now)
    if not usable:
        return (), False
    other = voiceprint([suspect.sound])
    if other is None:
        return (), True
    heard = []
    with db.write() as connection:
        for template in _usable(connection, usable, now):
            own = _open(connection, vault, template)
            if own is None:
                continue
            far = distance(own, other)
            title = _title(connection, template.project_id)
            heard.append(HeardVoice(title, far, verdict(far)))
            templates.touch(connection, template.id, now, _until(connection, template, now))
    return tuple(heard), False


def _usable(connection: Connection, own: Iterable[Template], now: Instant) -> list[Template]:
    """Give the templates that may be used at this moment, whether a tick has run or not."""
    return [one for one in own if one.destroyed_at is None and reason(connection, one, now) is None]


def _open(connection: Connection, vault: Vault, template: Template) -> Voiceprint | None:
    sealed = templates.load_sealed(connection, template.id)
    if sealed is None:
        return None
    key = vault.load_key(connection, template.person_id)
    try:
        return Voiceprint.from_bytes(key.open(sealed, about_template(template)))
    except ValueError as error:
        raise UnavailableError("The template cannot be read.", code="seal_broken") from error


def _until(connection: Connection, template: Template, now: Instant) -> Instant:
    """Say until when a template lives after it was used; never later than its grant."""
    campaign = campaigns.load_campaign(connection, template.project_id)
    grant = load_grant(connection, template.grant_id)
    if campaign is None or grant is None:
        return template.destroy_by
    days = load_law_pack(campaign.law_pack).biometrics_destroyed_days
    return destroy_by(now, days, grant.ends_at)


def _title(connection: Connection, project_id: int) -> str:
    found = load_project(connection, project_id)
    return found.title if found else f"project {project_id}"
