"""What an owner's form says becomes the terms that a campaign's notice offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairhand.core.money import MICROS, Money
from fairhand.model.licence import WORLDWIDE
from fairhand.model.project import Project
from fairhand.people.campaigns.law_packs import LawPack, load_law_pack
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent.notices import NoticeTerms

ONLY_FOR: Final[Mapping[str, frozenset[str]]] = {
    "voice_clone": frozenset({"voice"}),
    "face_synthesis": frozenset({"face", "image"}),
    "biometric_id": frozenset({"voice", "face", "image"}),
}
"""Purposes that make sense for some modalities alone."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a campaign offers, beside its terms: who asks, for which uses, how long, where."""

    controller: Mapping[str, str]
    needed: str = "training"
    extras: tuple[str, ...] = ()
    longest_days: int = 365
    territories: tuple[str, ...] = (WORLDWIDE,)
    recipients: tuple[str, ...] | None = None
    royalty: str = ""
    storage: tuple[str, ...] = field(default=())


def offer_terms(project: Project, campaign: Campaign, offer: Offer) -> NoticeTerms:
    """Put together what people are asked to agree to; what may not be offered is found there.

    Each extra is offered for those modalities that it makes sense for.
    """
    pack = load_law_pack(campaign.law_pack)
    offered = {
        modality: tuple(dict.fromkeys((offer.needed, *_fitting(offer.extras, modality))))
        for modality in campaign.modalities
    }
    recognises = any("biometric_id" in purposes for purposes in offered.values())
    return NoticeTerms(
        controller=dict(offer.controller),
        offered=offered,
        needed=dict.fromkeys(campaign.modalities, (offer.needed,)),
        longest_days=offer.longest_days,
        territories=offer.territories,
        retention_days=campaign.retention_days,
        pay=_pay_words(project),
        withdrawal=_withdrawal_words(pack),
        law_pack=campaign.law_pack,
        royalty=offer.royalty.strip() or None,
        recipients=offer.recipients,
        storage=offer.storage,
        biometrics=_biometrics(pack) if recognises else None,
        purpose=project.purpose,
        least_age=campaign.least_age,
        hidden=tuple(campaign.anonymise),
    )


def offer_of(terms: NoticeTerms) -> Offer:
    """Read the form back from terms that were published."""
    needed = next((one for purposes in terms.needed.values() for one in purposes), "training")
    every = (one for purposes in terms.offered.values() for one in purposes)
    return Offer(
        controller=terms.controller,
        needed=needed,
        extras=tuple(one for one in dict.fromkeys(every) if one != needed),
        longest_days=terms.longest_days,
        territories=terms.territories,
        recipients=terms.recipients,
        royalty=terms.royalty or "",
        storage=terms.storage,
    )


_KINDS: Final[Mapping[str, type]] = {
    "controller": dict,
    "needed": str,
    "longest_days": int,
    "royalty": str,
}


def offer_from_plain(said: Mapping[str, Any]) -> Offer:
    """Read an offer from a file or a body, by the names of its fields.

    Raises TypeError naming the field that is unknown or of another kind.
    """
    given: dict[str, Any] = {"controller": {}}
    for name, value in said.items():
        if name in _KINDS:
            if not isinstance(value, _KINDS[name]) or isinstance(value, bool):
                raise TypeError(f"{name} is of another kind")
            given[name] = value
        elif name == "recipients" and value is None:
            given[name] = None
        elif name in ("extras", "territories", "recipients", "storage"):
            if not isinstance(value, list | tuple) or not all(isinstance(o, str) for o in value):
                raise TypeError(f"{name} is no list of words")
            given[name] = tuple(value)
        else:
            raise TypeError(f"an offer has no {name}")
    return Offer(**given)


def _fitting(purposes: tuple[str, ...], modality: str) -> tuple[str, ...]:
    return tuple(one for one in purposes if modality in ONLY_FOR.get(one, {modality}))


def _pay_words(project: Project) -> str:
    rate = Money(project.rate_micros_per_hour // MICROS, project.currency)
    return (
        f"{rate} for every hour, by your time: reading this, reading the text, recording or "
        "photographing again, skipping."
    )


def _withdrawal_words(pack: LawPack) -> str:
    told, act = pack.recipients_told_days, pack.recipients_act_days
    day = "a day" if told == 1 else f"{told} days"
    return (
        "Press one button under What I gave: it ends at once, as easily as you gave it. Those who "
        f"hold your files are told within {day} and have {act} days to delete them. What was done "
        f"is answered within {pack.withdrawal_answered_days} days."
    )


def _biometrics(pack: LawPack) -> dict[str, object]:
    return {
        "purpose": "to find copies of yourself, for you alone",
        "destroyed_after_days": pack.biometrics_destroyed_days,
    }
