"""What a council signs about exposure: weights, limits, rotation, breaks, aftercare. Pure.

None of the numbers is a law of nature. The defaults are ours, to be set by people who know (a
clinician and the council); each version names its author and its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from math import ceil
from typing import Any, Final, Literal

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from fairhand.core.errors import Issue
from fairhand.people.wellbeing.rules import Limits

Modality = Literal["text", "image", "sound", "video"]

HARDEST: Final = 3
"""The hardest tier that may be offered. What people call 4 is illegal to hold: nobody is served."""
QUANTILE: Final = 0.9
"""How sure the severity of an unseen item must not be underestimated."""
_TIERS: Final = HARDEST + 1
_LONGEST: Final = 366
_MOST: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ExposureTerms:
    """One version of a policy: milliseconds, and thousandths of a severity-minute.

    `weights` say for tiers 0 to 3 what a visible minute counts; sound and video count
    `sound_permille` of that. After `rotation_days` days in a row with content of `rotation_tier` or
    harder comes a day without, paid. `stand_down_ms` is the most of a day that is paid at a limit
    where there is no safe work. A break of `break_ms` is offered after `break_after_ms` of hard
    work. For each severity-minute `aftercare_permille` of a minute's pay is laid aside.
    """

    weights: tuple[int, ...] = (0, 1_000, 3_000, 10_000)
    sound_permille: int = 1_500
    limits: Limits = field(default_factory=Limits)
    half_life_days: int = 7
    rotation_tier: int = 2
    rotation_days: int = 3
    stand_down_ms: int = 4 * HOUR_MS
    break_after_ms: int = 75 * MINUTE_MS
    break_ms: int = 10 * MINUTE_MS
    aftercare_permille: int = 100

    @property
    def half_life_ms(self) -> int:
        """How long it takes until half of a dose has faded from the chronic load."""
        return self.half_life_days * DAY_MS


DEFAULT: Final = ExposureTerms()


def dose_of(tier: int, visible_ms: int, terms: ExposureTerms, modality: Modality = "image") -> int:
    """Give the dose of content of a tier that could be seen for so long.

    What was never rendered counts nothing; blurred or grey counts in full.
    """
    weight = terms.weights[min(max(0, tier), HARDEST)]
    loud = terms.sound_permille if modality in ("sound", "video") else 1_000
    return ceil(weight * loud * max(0, visible_ms) / (1_000 * MINUTE_MS))


def severity_of(
    *,
    declared: int,
    votes: Sequence[int] = (),
    model_at_most: int | None = None,
    queue_votes: Sequence[int] = (),
) -> int:
    """Say how severe an item is taken to be before it is shown.

    What people who saw it said (the hardest of it) goes first; then the model's upper quantile;
    then the tier that nine in ten rated items of the queue do not pass; then what the project
    declares. In a project that declares hard content nothing is taken to be harmless.
    """
    least = min(declared, 1)
    if votes:
        return max(least, *votes)
    if model_at_most is not None:
        return max(least, model_at_most)
    if queue_votes:
        return max(least, upper(queue_votes))
    return declared


def gate_of(declared: int, severity: int) -> int:
    """Give the tier that a person must have agreed to: a model may raise it and never lower it."""
    return max(declared, severity)


def upper(tiers: Sequence[int]) -> int:
    """Give the tier that nine in ten of these do not pass."""
    ordered = sorted(tiers)
    return ordered[min(len(ordered) - 1, ceil(QUANTILE * len(ordered)) - 1)]


def modality_of(media_type: str | None) -> Modality:
    """Say by its content type what a task shows."""
    kinds: Mapping[str, Modality] = {"audio": "sound", "video": "video", "image": "image"}
    return kinds.get((media_type or "").split("/")[0], "text")


def strictest(first: ExposureTerms, *others: ExposureTerms) -> ExposureTerms:
    """Join policies that hold at once: of each number the one that protects more."""
    joined = first
    for other in others:
        joined = ExposureTerms(
            weights=tuple(map(max, joined.weights, other.weights)),
            limits=joined.limits.within(other.limits),
            **{
                name: choose(getattr(joined, name), getattr(other, name))
                for name, choose in _SAFER.items()
            },
        )
    return joined


def is_as_strict(new: ExposureTerms, old: ExposureTerms) -> bool:
    """Say whether nothing in `new` protects less than `old` does."""
    return strictest(new, old) == new


_SAFER: Final[Mapping[str, Any]] = {
    "sound_permille": max,
    "half_life_days": max,
    "rotation_tier": min,
    "rotation_days": min,
    "stand_down_ms": max,
    "break_after_ms": min,
    "break_ms": max,
    "aftercare_permille": max,
}
_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "sound_permille": (1_000, 10_000),
    "half_life_days": (1, _LONGEST),
    "rotation_tier": (1, HARDEST),
    "rotation_days": (1, 7),
    "stand_down_ms": (0, DAY_MS),
    "break_after_ms": (10 * MINUTE_MS, 4 * HOUR_MS),
    "break_ms": (5 * MINUTE_MS, HOUR_MS),
    "aftercare_permille": (0, 100_000),
}


def check_terms(terms: ExposureTerms) -> list[Issue]:
    """List everything that no policy may say."""
    issues = [
        Issue(name, f"Must be between {low} and {high}, not {getattr(terms, name)}.")
        for name, (low, high) in _BOUNDS.items()
        if not low <= getattr(terms, name) <= high
    ]
    weights = terms.weights
    if len(weights) != _TIERS or weights[0] != 0 or list(weights) != sorted(weights):
        issues.append(
            Issue("weights", "Give four weights, for tiers 0 to 3: 0 first, and never falling.")
        )
    elif weights[-1] > _MOST:
        issues.append(Issue("weights", f"A weight is at most {_MOST}."))
    elif weights[1] < 1:
        issues.append(Issue("weights", "Hard content must count: tier 1 weighs more than 0."))
    issues += [
        Issue(name, f"A limit is between 0 and {_MOST}.")
        for name, value in asdict(terms.limits).items()
        if not 0 <= value <= _MOST
    ]
    return issues


def write_terms(terms: ExposureTerms) -> dict[str, Any]:
    """Write terms as they are signed and kept."""
    return asdict(terms) | {"weights": list(terms.weights)}


def read_terms(kept: Mapping[str, Any], base: ExposureTerms = DEFAULT) -> ExposureTerms:
    """Read terms; what is not said is as in `base`. Raises ValueError on what is no terms."""
    known = {one.name for one in fields(ExposureTerms)}
    if strange := sorted(set(kept) - known):
        raise ValueError(f"There is no {strange[0]!r} in an exposure policy.")
    said: dict[str, Any] = {
        name: _whole(name, value) for name, value in kept.items() if name in _BOUNDS
    }
    terms = replace(base, **said)
    if "weights" in kept:
        terms = replace(terms, weights=tuple(_whole("weights", one) for one in kept["weights"]))
    if "limits" in kept:
        names = {one.name for one in fields(Limits)}
        if not isinstance(kept["limits"], Mapping) or set(kept["limits"]) - names:
            raise ValueError(f"`limits` holds {', '.join(sorted(names))}.")
        said = {name: _whole(name, value) for name, value in kept["limits"].items()}
        terms = replace(terms, limits=replace(base.limits, **said))
    return terms


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is a whole number, not {value!r}.")
    return value


def changes(old: ExposureTerms, new: ExposureTerms) -> list[str]:
    """Say in words what a new policy changes, for the people who sign it."""
    words = []
    for name, title in _TITLES.items():
        before, after = _of(old, name), _of(new, name)
        if before != after:
            words.append(f"{title}: {_said(name, before)} before, {_said(name, after)} now.")
    return words


def in_words(terms: ExposureTerms) -> list[tuple[str, str]]:
    """Give every number with its name, as people say it."""
    return [(title, _said(name, _of(terms, name))) for name, title in _TITLES.items()]


_TITLES: Final[Mapping[str, str]] = {
    "hour": "Most in an hour",
    "day": "Most in a day",
    "chronic": "Most in the long run",
    "weights": "Weight of a minute at tiers 0 to 3",
    "sound_permille": "Sound and video count",
    "half_life_days": "The long-run load halves in",
    "rotation_tier": "Days in a row are counted from tier",
    "rotation_days": "Days in a row with hard content",
    "stand_down_ms": "Paid stand-down in a day at most",
    "break_after_ms": "A paid break is offered after",
    "break_ms": "A paid break lasts",
    "aftercare_permille": "Laid aside for each severity-minute",
}


def _of(terms: ExposureTerms, name: str) -> Any:  # noqa: ANN401  # a number or the weights
    return getattr(terms.limits if name in ("hour", "day", "chronic") else terms, name)


def _said(name: str, value: Any) -> str:  # noqa: ANN401  # as above
    if name in ("hour", "day", "chronic"):
        return f"{value / 1_000:g} severity-minutes"
    if name == "weights":
        return " / ".join(f"{one / 1_000:g}" for one in value)
    if name.endswith("_ms"):
        return f"{value / MINUTE_MS:g} minutes"
    if name == "sound_permille":
        return f"{value / 1_000:g} times as much"
    if name == "aftercare_permille":
        return f"{value / 10:g} % of a minute's pay"
    return f"{value} days" if name == "half_life_days" else str(value)
