"""From what was measured to words: what helps the giver, what a human should look at. Pure.

Every finding says what was noticed, what it may mean, and what can be done. What may also have an
innocent reason says so. `checks` is what the campaign asks for (`people.campaigns.rules.CHECKS`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.compute.authenticity.hearing import Heard
from fairhand.people.contributions.intake import Finding, Severity

_CLIPPED: Final = 0.001
_LOUD_TOPS: Final = 0.01
_USUAL_QUIETEST: Final = -45.0
_NOTHING: Final = -60.0
_ZERO: Final = 0.05
_SLOW_DECAY_MS: Final = 200
_LOW_CUT_DB: Final = 20.0
_SURE: Final = 0.9

Checks = Mapping[str, Any]


def sound_findings(heard: Heard, checks: Checks) -> Iterator[Finding]:
    """Say what was noticed of a recording."""
    yield from _length(heard, checks)
    yield from _level(heard, checks)
    if heard.clipped > _CLIPPED:
        yield Finding(
            "clipped",
            "look" if heard.clipped > _LOUD_TOPS else "note",
            f"{heard.clipped:.1%} of the recording is too loud for the microphone and sounds "
            "rough there. A little more distance helps next time.",
            {"share": heard.clipped},
        )
    wanted = checks.get("least_signal_to_noise_db")
    if wanted is not None and heard.signal_to_noise < wanted:
        yield Finding(
            "noisy",
            "look",
            f"The voice is only {heard.signal_to_noise:.0f} dB above the noise around it; "
            f"{wanted:g} dB are asked here. A quieter place or a closer microphone helps.",
            {"signal_to_noise": heard.signal_to_noise, "wanted": wanted},
        )
    yield from _signals(heard)


def _length(heard: Heard, checks: Checks) -> Iterator[Finding]:
    seconds = heard.duration_ms / 1_000
    least, most = checks.get("least_seconds"), checks.get("most_seconds")
    if least is not None and seconds < least:
        words = f"It lasts {seconds:.1f} s; at least {least:g} s are asked here."
        yield Finding("too_short", "look", words, {"seconds": seconds})
    if most is not None and seconds > most:
        words = f"It lasts {seconds:.1f} s; at most {most:g} s are asked here."
        yield Finding("too_long", "look", words, {"seconds": seconds})


def _level(heard: Heard, checks: Checks) -> Iterator[Finding]:
    details = {"loudness": heard.loudness, "silent": heard.silent}
    if heard.loudness < _NOTHING:
        yield Finding(
            "silent",
            "look",
            "Hardly anything can be heard. Perhaps the microphone was switched off or covered.",
            details,
        )
        return
    quietest, loudest = checks.get("quietest_db"), checks.get("loudest_db")
    if heard.loudness < (quietest if quietest is not None else _USUAL_QUIETEST):
        yield Finding(
            "quiet",
            "note" if quietest is None else "look",
            f"It is very quiet ({heard.loudness:.0f} dB). Speaking closer to the microphone helps.",
            details,
        )
    if loudest is not None and heard.loudness > loudest:
        yield Finding(
            "loud",
            "look",
            f"It is very loud ({heard.loudness:.0f} dB; at most {loudest:g} dB are asked). "
            "A little more distance helps.",
            details,
        )


def _signals(heard: Heard) -> Iterator[Finding]:
    """Say what a recording of somebody speaking now seldom has; none of it proves anything."""
    if heard.band_hz is not None:
        yield Finding(
            "band_limit",
            "note",
            f"The sound ends sharply at {heard.band_hz / 1_000:.1f} kHz though the file could hold "
            f"{heard.rate / 2_000:.1f} kHz: it was narrowed before, as by a headset, a call or a "
            "compressed file. Recording without a wireless headset usually helps.",
            {"band_hz": heard.band_hz, "rate": heard.rate},
        )
    if heard.zero > _ZERO:
        yield Finding(
            "no_room_noise",
            "look",
            f"{heard.zero:.0%} of the recording has no noise at all. Sound that was cut or made by "
            "a computer is like that; so is sound from headsets and phones that suppress noise. "
            "It proves nothing by itself.",
            {"share": heard.zero},
        )
    is_slow = heard.decay_ms is not None and heard.decay_ms >= _SLOW_DECAY_MS
    if is_slow and heard.low_cut_db >= _LOW_CUT_DB:
        yield Finding(
            "replay",
            "look",
            f"The voice lacks its lowest part and dies away slowly ({heard.decay_ms} ms). A "
            "recording that is played from a loudspeaker is like that; so is a large empty room "
            "with a small microphone. It proves nothing by itself.",
            {"decay_ms": heard.decay_ms, "low_cut_db": heard.low_cut_db},
        )


def text_findings(language: tuple[str, float] | None, checks: Checks) -> Iterator[Finding]:
    """Say what was noticed of a text; without a language that is asked for, nothing is."""
    wanted = str(checks.get("language") or "").split("-")[0].lower()
    if language is None or not wanted or language[0] == wanted or language[1] < _SURE:
        return
    yield Finding(
        "other_language",
        "look",
        f"It reads like another language ({language[0]}) than the one asked for ({wanted}). Names, "
        "borrowed words and related languages mislead this check.",
        {"found": language[0], "sure": round(language[1], 3), "wanted": wanted},
    )


def picture_findings(width: int, height: int, plain: bool, checks: Checks) -> Iterator[Finding]:
    """Say what was noticed of a picture as such."""
    least = checks.get("least_pixels")
    if least is not None and width * height < least:
        yield Finding(
            "small",
            "look",
            f"It has {width} × {height} pixels; at least {least:,} are asked here. Sending the "
            "photo as the camera took it helps.",
            {"width": width, "height": height},
        )
    if plain:
        yield Finding(
            "empty_picture",
            "look",
            "It shows next to nothing: perhaps the lens was covered or it was very dark.",
        )


def recompressed_finding(earlier: int | None) -> Iterator[Finding]:
    """Say that a picture was compressed before it was sent."""
    if earlier is not None:
        yield Finding(
            "recompressed",
            "note",
            f"It seems to have been saved once before at a lower quality (about {earlier} of 100), "
            "as pictures from messengers and websites are. A photo straight from the camera is "
            "better.",
            {"quality": earlier},
        )


def claims_findings(claims: Mapping[str, Any]) -> Iterator[Finding]:
    """Say what the file said of itself when it came: content credentials, names of generators."""
    if claims.get("made_by_ai"):
        yield Finding(
            "says_made_by_ai",
            "look",
            "The file itself says that a model made it or helped to make it "
            f"({claims['made_by_ai']}). Declaring that is welcome; here, things that people made "
            "are asked for. Anybody can write such a line into a file.",
            {"claim": claims["made_by_ai"]},
        )
    if claims.get("credentials") == "broken":
        yield Finding(
            "broken_credentials",
            "look",
            "The file carries content credentials that do not fit it: it was changed after they "
            "were made. Many programs do that without saying so.",
        )


@dataclass(frozen=True, slots=True)
class Copy:
    """Something given earlier that this resembles."""

    contribution_id: int
    is_own: bool
    is_exact: bool
    likeness: float


def copy_finding(copy: Copy) -> Finding:
    """Say that something like this was given before; whose it was is never said."""
    details = {"other": copy.contribution_id, "likeness": round(copy.likeness, 3)}
    severity: Severity = "look" if copy.is_own else "hold"
    if copy.is_own:
        words = (
            "It is nearly the same as something you gave here before. If that was by mistake, "
            "nothing is lost: somebody looks at both."
        )
    elif copy.is_exact:
        words = (
            "The very same file was given by another person before. Only what is your own can be "
            "given; somebody looks at both before it is used."
        )
    else:
        words = (
            "It is nearly the same as something that another person gave before. Somebody looks "
            "at both before it is used; two people can also be in one place at one time."
        )
    return Finding("resubmitted" if copy.is_own else "same_as_another", severity, words, details)


NO_GRANT: Final = Finding(
    "no_grant",
    "hold",
    "There was no permission of yours that held when this came, so nobody uses it. A permission "
    "that you give later is for what you give from then on.",
)
NOT_HIDDEN: Final = Finding(
    "not_hidden",
    "hold",
    "What this campaign hides could not be hidden here yet, so nobody else sees it.",
)
UNREADABLE: Final = Finding(
    "unreadable", "hold", "The file could not be opened, so nobody can use it. Please send another."
)
