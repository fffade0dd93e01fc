"""What an owner says of an OpenAI-compatible endpoint; every wrong field is told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import read_url
from fairhand.compute.backends.prompt import MOST_TEMPLATE, Prompt
from fairhand.compute.backends.prompt_forms import can_write, kinds
from fairhand.compute.backends.spending import Price, read_price
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.money import parse_money
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Question

FORMATS: Final = ("json_schema", "json_object", "text")
SECRET: Final = "FAIRHAND_SECRET_"  # noqa: S105  # the name of a setting, not a secret
_SECRET_NAME = re.compile(r"[A-Z0-9_]{1,60}", re.ASCII)
_MODEL = re.compile(r"[\w./:+-]{1,100}", re.ASCII)
_FIELDS: Final = frozenset(
    "url model secret prompt prompt_version question fields currency price_in price_out limit "
    "per_minute at_once timeout_s most_tokens tries format".split()
)


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """Where an endpoint is, what it is asked, and what that may cost.

    `secret` is the name behind FAIRHAND_SECRET_, None for a server that wants no key. `limit` is
    what a run may spend, in micros.
    """

    url: str
    model: str
    secret: str | None
    prompt: Prompt
    price: Price | None
    limit: int | None
    per_minute: int | None
    at_once: int
    timeout_s: int
    most_tokens: int
    tries: int
    format: str


def read_endpoint(config: Mapping[str, Any], questions: Sequence[Question]) -> EndpointSpec:
    """Read what an owner said; raises InvalidError with every field that is wrong."""
    issues = [
        Issue(str(key)[:40], f"unknown; known are {', '.join(sorted(_FIELDS))}")
        for key in config
        if key not in _FIELDS
    ]
    found = EndpointSpec(
        url=_url(config, issues),
        model=_matching(config, "model", _MODEL, "letters, digits and . / : + - _", issues) or "",
        secret=_secret(config, issues),
        prompt=_prompt(config, questions, issues),
        price=_price(config, issues),
        limit=_limit(config, issues),
        per_minute=_whole(config, "per_minute", None, 1, 100_000, issues),
        at_once=_whole(config, "at_once", 4, 1, 64, issues) or 4,
        timeout_s=_whole(config, "timeout_s", 60, 1, 600, issues) or 60,
        most_tokens=_whole(config, "most_tokens", 200, 1, 100_000, issues) or 200,
        tries=_whole(config, "tries", 4, 1, 10, issues) or 4,
        format=_one_of(config, issues),
    )
    if found.limit is not None and found.price is None and not issues:
        issues.append(Issue("price_in", "a limit needs prices to count by"))
    if issues:
        raise InvalidError("The endpoint cannot be used like this.", issues=issues)
    return found


def key_of(spec: EndpointSpec) -> str | None:
    """Read the key from the environment; raises AssistantError naming the variable it lacks.

    A key goes only to the host that the operator named beside it (FAIRHAND_SECRET_NAME_HOST):
    otherwise whoever may describe an endpoint could have it sent to a server of their own.
    """
    if spec.secret is None:
        return None
    meant = os.environ.get(f"{SECRET}{spec.secret}_HOST", "").strip().lower()
    target = read_url(spec.url)
    if meant not in (target.host.lower(), target.place.lower()):
        raise AssistantError(
            f"The key {SECRET}{spec.secret} is not meant for {target.place}. Where this runs, set "
            f"{SECRET}{spec.secret}_HOST to the host that it is for.",
            hop="address",
            code="no_secret",
        )
    key = os.environ.get(SECRET + spec.secret, "").strip()
    if not key:
        raise AssistantError(
            f"The environment variable {SECRET}{spec.secret} is not set where this runs.",
            hop="address",
            code="no_secret",
        )
    if not key.isascii() or not key.isprintable():
        raise AssistantError(
            f"{SECRET}{spec.secret} does not hold a key.", hop="address", code="no_secret"
        )
    return key


def _url(config: Mapping[str, Any], issues: list[Issue]) -> str:
    text = str(config.get("url", "")).strip().rstrip("/").removesuffix("/chat/completions")
    try:
        target = read_url(text)
    except AssistantError as error:
        issues.append(Issue("url", error.message))
        return ""
    if "?" in target.url:
        issues.append(Issue("url", "leave out what follows ? in the address"))
    return target.url


def _secret(config: Mapping[str, Any], issues: list[Issue]) -> str | None:
    text = str(config.get("secret") or "").strip().removeprefix(SECRET)
    if not text:
        return None
    if not _SECRET_NAME.fullmatch(text):
        words = f"give the name of an environment variable {SECRET}…, never the key itself"
        issues.append(Issue("secret", words))
        return None
    return text


def _prompt(
    config: Mapping[str, Any], questions: Sequence[Question], issues: list[Issue]
) -> Prompt:
    template = config.get("prompt")
    if not isinstance(template, str) or not template.strip() or len(template) > MOST_TEMPLATE:
        issues.append(Issue("prompt", f"must be text of at most {MOST_TEMPLATE:,} characters"))
        template = ""
    version = str(config.get("prompt_version") or "1").strip()
    if len(version) > 40 or "@" in version:
        issues.append(Issue("prompt_version", "must be at most 40 characters, without @"))
    fields = config.get("fields") or []
    if not isinstance(fields, list | tuple) or not all(isinstance(one, str) for one in fields):
        issues.append(Issue("fields", "must be a list of names"))
        fields = []
    return Prompt(template, version, _question(config, questions, issues), tuple(fields))


def _question(
    config: Mapping[str, Any], questions: Sequence[Question], issues: list[Issue]
) -> Question:
    fitting = [one for one in questions if can_write(one)]
    wanted = config.get("question")
    named = [one for one in fitting if wanted in (None, "", one.name)]
    chosen = named if len(named) == 1 else [one for one in named if one.kind == "choice"]
    if len(chosen) == 1:
        return replace(chosen[0], config=with_defaults(chosen[0].kind, chosen[0].config))
    names = ", ".join(one.name for one in fitting)
    hint = f"say which of {names}" if fitting else "this project asks none of them"
    known = f"a text endpoint answers one question, of a kind among {', '.join(kinds())}"
    issues.append(Issue("question", f"{known}, that needs no reason besides; {hint}"))
    return Question("none", "choice", "none", {"labels": []})


def _price(config: Mapping[str, Any], issues: list[Issue]) -> Price | None:
    given = [config.get(name) for name in ("price_in", "price_out")]
    if all(one in (None, "") for one in given):
        return None
    try:
        first, second = (str(one if one not in (None, "") else "0") for one in given)
        return read_price(str(config.get("currency", "")), first, second)
    except ValueError as error:
        issues.append(Issue("price_in", str(error)))
        return None


def _limit(config: Mapping[str, Any], issues: list[Issue]) -> int | None:
    text = config.get("limit")
    if text in (None, ""):
        return None
    try:
        minor = parse_money(str(text), str(config.get("currency", ""))).minor
    except ValueError as error:
        issues.append(Issue("limit", str(error)))
        return None
    if minor < 0:
        issues.append(Issue("limit", "must not be below nothing"))
    return minor * 1_000_000


def _whole(
    config: Mapping[str, Any], place: str, default: int | None, low: int, high: int,
    issues: list[Issue],
) -> int | None:  # fmt: skip
    value = config.get(place)
    if value in (None, ""):
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        issues.append(Issue(place, f"must be a whole number from {low} to {high:,}"))
        return default
    return value


def _matching(
    config: Mapping[str, Any], place: str, pattern: re.Pattern[str], words: str,
    issues: list[Issue],
) -> str | None:  # fmt: skip
    value = config.get(place)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        issues.append(Issue(place, f"must be {words}"))
        return None
    return value


def _one_of(config: Mapping[str, Any], issues: list[Issue]) -> str:
    value = config.get("format") or FORMATS[0]
    if value not in FORMATS:
        issues.append(Issue("format", f"must be one of {', '.join(FORMATS)}"))
        return FORMATS[0]
    return str(value)
