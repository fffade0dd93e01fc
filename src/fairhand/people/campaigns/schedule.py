"""What is kept how long, and the public policy on templates of voices and faces; pure.

Illinois asks for such a policy in writing, open to the public (740 ILCS 14/15(a)); every campaign
has one here, wherever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.people.campaigns.law_packs import LawPack
from fairhand.people.campaigns.rules import Campaign


@dataclass(frozen=True, slots=True)
class KeptFor:
    """One line of the schedule: what is kept, how long, and why."""

    what: str
    how_long: str
    why: str


def retention_schedule(campaign: Campaign, pack: LawPack) -> tuple[KeptFor, ...]:
    """Say what of a campaign is kept how long, all of it from its terms and its law pack."""
    lines = [
        KeptFor(
            "What people gave",
            f"{campaign.retention_days} days, or as long as they permit it, whichever ends first",
            pack.rules["longest_retention_days"].words,
        ),
        KeptFor(
            "The originals, where something was hidden",
            "as long as what others see of them, sealed under a key of the person's own",
            "They are opened for the person alone.",
        ),
        KeptFor(
            "What people said of themselves",
            "as long as what they gave",
            "It is shown as counts of groups alone.",
        ),
        KeptFor(
            "What was agreed, and when it ended",
            "as long as the workspace exists, without names once somebody is erased",
            "So that everybody can prove what was permitted.",
        ),
    ]
    if {"voice", "face", "image"} & set(campaign.modalities):
        rule = pack.rules["biometrics_destroyed_days"]
        lines.append(
            KeptFor(
                "Templates that recognise a voice or a face",
                "until their purpose is met, at most "
                f"{rule.number} days after the person was last here",
                rule.words,
            )
        )
    lines += [
        KeptFor(one.what.capitalize(), f"{one.days} days", f"{one.words} {one.law}.")
        for one in pack.kept
    ]
    return tuple(lines)


def biometric_policy(title: str, holder: str, campaign: Campaign, pack: LawPack) -> str:
    """Write the policy on templates of voices and faces as Markdown, for everybody to read."""
    rule = pack.rules["biometrics_destroyed_days"]
    asked = _listed([one for one in campaign.modalities if one in ("voice", "face", "image")])
    lines = [
        f"# Templates of voices and faces: {title}",
        f"{holder or 'Whoever runs this workspace'} collects {asked or 'no voices and no faces'} "
        "in this campaign. This says what happens with templates: numbers computed from a voice or "
        "a face that would recognise the person again.",
        "- **Made only where somebody agreed to being recognised**, in writing, by itself, after "
        "being told what for and how long. Nobody has to, and nothing depends on it.",
        "- **Never sold, leased, traded or licensed**, and never in a release. No agreement "
        "changes that: licences for templates are refused by the software.",
        "- **Never given to anybody else**: no page, file or command of ours hands them out.",
        "- **Sealed** under a key of the person's own, apart from everything else.",
        f"- **Destroyed** when their purpose is met, when the person ends their agreement, or "
        f"{rule.number} days after the person was last here, whichever comes first. A clock does "
        "it; nobody has to ask.",
        f"The number is from: {rule.source}.",
    ]
    return "\n\n".join(lines) + "\n"


def _listed(words: Sequence[str]) -> str:
    names = {"voice": "voices", "face": "faces", "image": "photos"}
    known = [names[one] for one in words]
    return " and ".join(known)
