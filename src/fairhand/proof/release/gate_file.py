"""`release.toml`: which release, what for, and the least that a training asks of it.

A name that nobody knows is refused by name: a bound that is misspelt must not be one that is not
there. The same bounds travel to the server as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue
from fairhand.proof.release import guard
from fairhand.proof.release.fitness import Target

_HOUSE: Final = ("server", "workspace", "token_file", "key")
_RELEASE: Final = ("folder", "id")
_TRAINING: Final = ("purpose", "by")
_BOUNDS: Final = ("quality", "coverage", "synthetic", "consent")
USUAL_AGE_H: Final = 24.0
MOST_AGE_H: Final = 24.0 * 31
USUAL_PURPOSE: Final = "training"
NO_TARGET: Final = Target()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a training asks of a release.

    `usual` is asked of every question, `targets` of some. `coverage` is the least share of groups
    that reached their target. `synthetic` None: the bounds under which the release was made.
    """

    usual: Target = NO_TARGET
    targets: Mapping[str, Target] = field(default_factory=dict)
    coverage: float = 1.0
    synthetic: guard.Bounds | None = None
    max_age_h: float = USUAL_AGE_H


USUAL: Final = Bounds()
"""What is asked where a training asks for nothing itself."""


@dataclass(frozen=True, slots=True)
class GateFile:
    """A `release.toml`; what it leaves out is None or empty. `raw` holds its bounds as given."""

    folder: str | None = None
    release_id: int | None = None
    server: str | None = None
    workspace: str | None = None
    token_file: str | None = None
    key: str | None = None
    purpose: str = USUAL_PURPOSE
    by: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


def parse_gate_file(content: Mapping[str, Any]) -> GateFile:
    """Read what a `release.toml` says; InvalidError names everything that is wrong in it."""
    issues: list[Issue] = []
    known = ("release", "house", "training", *_BOUNDS)
    _unknown(issues, content, known, "")
    release = _table(issues, content, "release", _RELEASE)
    house = _table(issues, content, "house", (*_HOUSE, "token"))
    training = _table(issues, content, "training", _TRAINING)
    if "token" in house:
        words = "keep the token out of this file: set FAIRHAND_TOKEN, or name a token_file"
        issues.append(Issue("house.token", words))
    if "server" in house and "workspace" in house:
        issues.append(Issue("house", "name a server or a workspace, not both"))
    number = release.get("id")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        issues.append(Issue("release.id", "must be a whole number"))
    texts = {
        f"{place}.{name}": table.get(name)
        for place, table, names in (
            ("release", release, ("folder",)),
            ("house", house, _HOUSE),
            ("training", training, _TRAINING),
        )
        for name in names
    }
    issues += [
        Issue(place, "must be a text")
        for place, value in texts.items()
        if value is not None and not isinstance(value, str)
    ]
    raw = {name: content[name] for name in _BOUNDS if name in content}
    issues += _bound_issues(raw)
    if issues:
        raise InvalidError("release.toml is not right.", issues=issues)
    return GateFile(
        folder=release.get("folder"),
        release_id=number,
        server=house.get("server"),
        workspace=house.get("workspace"),
        token_file=house.get("token_file"),
        key=house.get("key"),
        purpose=training.get("purpose", USUAL_PURPOSE),
        by=training.get("by", ""),
        raw=raw,
    )


def parse_bounds(content: Mapping[str, Any]) -> Bounds:
    """Read bounds, as `release.toml` has them; InvalidError names everything that is wrong."""
    if issues := _bound_issues(content):
        raise InvalidError("The bounds are not right.", issues=issues)
    quality = content.get("quality", {})
    targets = {name: Target(**one) for name, one in quality.items() if isinstance(one, Mapping)}
    usual = {name: quality[name] for name in ("confidence", "alpha") if _is_number(quality, name)}
    synthetic = content.get("synthetic")
    return Bounds(
        usual=Target(**usual),
        targets=targets,
        coverage=float(content.get("coverage", {}).get("groups", 1.0)),
        synthetic=None if synthetic is None else guard.parse_bounds(synthetic),
        max_age_h=float(content.get("consent", {}).get("max_age_hours", USUAL_AGE_H)),
    )


def _bound_issues(content: Mapping[str, Any]) -> list[Issue]:
    issues: list[Issue] = []
    _unknown(issues, content, _BOUNDS, "")
    _number(issues, _table(issues, content, "coverage", ("groups",)), "coverage", "groups", 1.0)
    consent = _table(issues, content, "consent", ("max_age_hours",))
    _number(issues, consent, "consent", "max_age_hours", MOST_AGE_H)
    quality = content.get("quality", {})
    if not isinstance(quality, Mapping):
        issues.append(Issue("quality", "must be a table"))
        quality = {}
    for name, value in quality.items():
        place = f"quality.{name}"
        if isinstance(value, Mapping):
            _unknown(issues, value, ("confidence", "alpha"), f"{place}.")
            for one in ("confidence", "alpha"):
                _number(issues, value, place, one, 1.0)
        elif name in ("confidence", "alpha"):
            _number(issues, quality, "quality", name, 1.0)
        else:
            issues.append(Issue(place, "is none of confidence, alpha; a question is a table"))
    return issues + _synthetic_issues(content)


def _synthetic_issues(content: Mapping[str, Any]) -> list[Issue]:
    given = content.get("synthetic")
    if given is None:
        return []
    if not isinstance(given, Mapping):
        return [Issue("synthetic", "must be a table")]
    try:
        guard.parse_bounds(given)
    except InvalidError as error:
        return [
            Issue(one.place.replace("guard.", "synthetic.", 1), one.message) for one in error.issues
        ]
    return []


def _table(
    issues: list[Issue], content: Mapping[str, Any], name: str, known: tuple[str, ...]
) -> Mapping[str, Any]:
    found = content.get(name, {})
    if not isinstance(found, Mapping):
        issues.append(Issue(name, "must be a table"))
        return {}
    _unknown(issues, found, known, f"{name}.")
    return found


def _unknown(
    issues: list[Issue], content: Mapping[str, Any], known: tuple[str, ...], place: str
) -> None:
    shown = ", ".join(one for one in known if one != "token")
    issues += [
        Issue(f"{place}{name}", f"nobody knows this; there are {shown}")
        for name in content
        if name not in known
    ]


def _number(
    issues: list[Issue], table: Mapping[str, Any], place: str, name: str, most: float
) -> None:
    value = table.get(name)
    if value is not None and not (_is_number(table, name) and 0 <= value <= most):
        issues.append(Issue(f"{place}.{name}", f"must be a number from 0 to {most:g}"))


def _is_number(table: Mapping[str, Any], name: str) -> bool:
    value = table.get(name)
    return isinstance(value, int | float) and not isinstance(value, bool)
