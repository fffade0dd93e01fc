"""A licence in plain words, written from the same policies that machines read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fairhand.core.clock import iso
from fairhand.formats.odrl import Policy, parse_policy
from fairhand.model.licence import PURPOSES, WORLDWIDE

MAY: Final[Mapping[str, str]] = {
    "training": "train models that recognise, sort or measure",
    "evaluation": "measure how good models are, without training them on it",
    "generative_training": "train models that make text, pictures or sounds",
    "data_mining": "search it for patterns and statistics",
    "derived_features": "pass on numbers computed from it, without the files",
    "raw_release": "receive the files themselves",
    "voice_clone": "make a voice that sounds like one of these people",
    "face_synthesis": "make a face that looks like one of these people",
    "biometric_id": "recognise these people by voice or face",
}
THINGS: Final[Mapping[str, str]] = {
    "voice": "people's voices",
    "face": "people's faces",
    "image": "photos that people took",
    "text": "texts that people wrote",
    "labels": "answers that people gave",
}


def licence_words(policies: Sequence[Mapping[str, Any]]) -> str:
    """Write policies as Markdown; MalformedError for one that cannot be read whole."""
    read = [parse_policy(one) for one in policies]
    return "\n\n".join(_words(one) for one in read)


def _words(policy: Policy) -> str:
    terms = policy.terms
    holder = _inline(policy.assignee or "whoever is licensed")
    lines = [
        f"**{_inline(policy.assigner)}** lets **{holder}** use {THINGS[terms.modality]} "
        f"(`{_inline(policy.target)}`), from {iso(terms.starts)[:16].replace('T', ' ')} until "
        f"{iso(terms.ends)[:16].replace('T', ' ')} UTC, {_where(terms.territory)}.",
        "",
        "Permitted, and nothing else:",
        "",
        *(f"- {MAY[one]}" for one in PURPOSES if one in terms.purposes),
        "",
        f"Not permitted: {_listed(MAY[one] for one in PURPOSES if one not in terms.purposes)}.",
    ]
    lines += ["", "Duties:", ""]
    if policy.revocations:
        lines.append(
            f"- look at `{policy.revocations}` before every use, and delete what it names in time"
        )
    lines.append("- stop when the term ends; pass nothing on to others")
    if policy.royalty is not None:
        share = policy.royalty.permille / 10
        lines.append(f"- {share:g} % of the price goes to the people whose data it is")
    return "\n".join(lines)


def _where(territory: Iterable[str]) -> str:
    places = sorted(territory)
    return "anywhere" if WORLDWIDE in places else f"in {_listed(places)}"


def _listed(words: Iterable[str]) -> str:
    many = list(words)
    if len(many) < 2:
        return many[0] if many else "nothing"
    return f"{', '.join(many[:-1])} and {many[-1]}"


def _inline(text: str) -> str:
    plain = " ".join(text.split()).replace("`", "'")
    return "".join(f"\\{one}" if one in "*_[]<>#|\\" else one for one in plain)
