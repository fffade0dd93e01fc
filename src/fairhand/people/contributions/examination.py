"""Looking through what somebody gave: measures, prints, and what is worth saying. No database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.authenticity.alignment import SAME, alike
from fairhand.compute.authenticity.hearing import hear
from fairhand.compute.authenticity.pictures import is_plain, picture_prints, read_image, size_of
from fairhand.compute.authenticity.recompression import earlier_quality
from fairhand.compute.authenticity.sounds import read_prints, resembles, sound_prints
from fairhand.compute.authenticity.texts import language_of, overlap, text_print
from fairhand.compute.models.sound import read_sound
from fairhand.people.contributions import remarks
from fairhand.people.contributions.intake import Finding

SAME_SOUND = 0.05
LEAST_PAIRS = 10
SAME_TEXT = 0.45


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of a thing given, and what was noticed."""

    measures: Mapping[str, Any] = field(default_factory=dict)
    prints: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def examine(content: bytes, media_type: str, checks: Mapping[str, Any]) -> Examined:
    """Look through a sound, a picture or a text; what cannot be read is a finding, no error."""
    look = {"audio": _sound, "image": _picture, "text": _text}[media_type.split("/")[0]]
    try:
        return look(content, checks)
    except AssistantError as error:
        return Examined({"problem": error.message}, {}, (remarks.UNREADABLE,))


def likeness(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> float:
    """Say how much two sounds or texts resemble by their prints, 0 to 1; 0 where they are none.

    Sounds that share fewer than ten pairs of peaks in step do not resemble.
    """
    if one.get("sound") and other.get("sound"):
        share = resembles(one["sound"], other["sound"])
        pairs = share * min(len(read_prints(print_["sound"])) for print_ in (one, other))
        return share if share >= SAME_SOUND and round(pairs) >= LEAST_PAIRS else 0.0
    if one.get("minhash") and other.get("minhash"):
        share = overlap(one["minhash"], other["minhash"])
        return share if share >= SAME_TEXT else 0.0
    return 0.0


def likeness_of_pictures(one: bytes, other: bytes) -> float:
    """Lay two pictures over each other; 0 where they do not fit, or one cannot be read."""
    try:
        fit = alike(read_image(one), read_image(other))
    except AssistantError:
        return 0.0
    return min(fit, 1.0) if fit >= SAME else 0.0


def _sound(content: bytes, checks: Mapping[str, Any]) -> Examined:
    sound = read_sound(content)
    heard = hear(sound)
    prints = {"sound": sound_prints(sound.samples, sound.rate)}
    return Examined(asdict(heard), prints, tuple(remarks.sound_findings(heard, checks)))


def _picture(content: bytes, checks: Mapping[str, Any]) -> Examined:
    image = read_image(content)
    width, height = size_of(content)
    plain, earlier = is_plain(image), earlier_quality(content)
    found = [
        *remarks.picture_findings(width, height, plain, checks),
        *remarks.recompressed_finding(earlier),
    ]
    measures = {"width": width, "height": height, "earlier_quality": earlier}
    return Examined(measures, {} if plain else picture_prints(image), tuple(found))


def _text(content: bytes, checks: Mapping[str, Any]) -> Examined:
    text = content.decode("utf-8", "replace")
    language = language_of(text)
    measures: dict[str, Any] = {"letters": len(text), "words": len(text.split())}
    if language is not None:
        measures["language"] = {"found": language[0], "sure": round(language[1], 3)}
    prints = {"minhash": text_print(text)}
    return Examined(measures, prints, tuple(remarks.text_findings(language, checks)))
