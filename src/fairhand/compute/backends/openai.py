"""An OpenAI-compatible endpoint as an assistant: it reads a text and answers a question.

Every answer is kept with what made it: the model as the server names it, the version and hash of
the prompt, the tokens and their cost. The way out is the guarded one. What is no answer
is a problem of that item; what cannot be paid for stops everything.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from time import sleep
from typing import Any, Final

import numpy as np

from fairhand.compute.assistants.answers import (
    problem_of,
    raise_when_all_failed,
    to_proposal,
    unusable,
)
from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.compute.backends.allowed import allowed_places
from fairhand.compute.backends.guard import AnsweredError, GuardedClient, Limits, guarded_client
from fairhand.compute.backends.openai_spec import EndpointSpec, key_of, read_endpoint
from fairhand.compute.backends.spending import Bill, Meter, Pace, SpentError
from fairhand.core.errors import InvalidError
from fairhand.model.project import Question

_PASSING: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_PATH: Final = "/chat/completions"
_MOST_BYTES = 4 * 1024 * 1024
_MOST_TOKENS = 10_000_000
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 60.0
_FRAME_TOKENS = 64
"""More than any server adds to two messages of its own."""
_SCHEMA_FACTOR = 2


def open_endpoint(
    config: Mapping[str, Any],
    weights: bytes | None,
    questions: Sequence[Question],
    allowed: Collection[str] | None = None,
) -> Endpoint:
    """Open an endpoint; `allowed` are the places within the house that may be asked.

    By default they are the operator's (`allowed_places`). Raises AssistantError for a
    description that cannot be used, or a key that is not there.
    """
    try:
        spec = read_endpoint(config, questions)
    except InvalidError as error:
        first = error.issues[0]
        raise AssistantError(f"{first.place}: {first.message}", hop="address") from error
    key = key_of(spec)
    return Endpoint(
        spec=spec,
        allowed=allowed_places() if allowed is None else tuple(allowed),
        headers={"Authorization": f"Bearer {key}"} if key else {},
        meter=Meter(limit=spec.limit),
        pace=Pace(spec.per_minute),
    )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Asks an endpoint, some items at once; `meter` counts what it costs."""

    spec: EndpointSpec
    allowed: tuple[str, ...]
    headers: Mapping[str, str] = field(repr=False)
    meter: Meter
    pace: Pace
    wait: Any = sleep
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    _dice: threading.Lock = field(default_factory=threading.Lock)

    @property
    def model(self) -> str:
        """The model's name, and the version and hash of the prompt."""
        prompt = self.spec.prompt
        return f"{self.spec.model}@{prompt.version}+{prompt.sha256[:8]}"

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Ask about every item; one that came out badly has no answer but a problem, and its cost.

        Raises AssistantError when nothing came out, and SpentError when the limit was reached
        before the first item; items that the limit no longer allowed have that as their problem.
        """
        with (
            guarded_client(self.allowed) as client,
            ThreadPoolExecutor(self.spec.at_once, thread_name_prefix="endpoint") as pool,
        ):
            found = list(pool.map(partial(self._ask, client), items))
        if found and all(one.details.get("code") == SpentError.code for one in found):
            raise SpentError(str(found[0].details["problem"]))
        if not any(one.cost_micros for one in found):
            raise_when_all_failed(found)
        return found

    def _ask(self, client: GuardedClient, item: Item) -> Proposal:
        try:
            messages = self.spec.prompt.messages(item.data)
        except ValueError as error:
            return unusable(f"task {item.task_id} {error}")
        bill = Bill()
        try:
            answer = self._answer(client, messages, bill)
        except AssistantError as error:
            problem = f"task {item.task_id}: {self._without_key(error.message)}"
            return self._priced(unusable(problem, code=error.code), bill, {})
        return self._read(answer, item, bill)

    def _without_key(self, message: str) -> str:
        """Take the key out of a server's words: some repeat it when they refuse it."""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return message.replace(key, "…") if key else message

    def _answer(
        self, client: GuardedClient, messages: list[dict[str, str]], bill: Bill
    ) -> Mapping[str, Any]:
        """Send a request, again after a while when the failure may pass; write down its cost."""
        most = self._most(messages)
        failures = 0
        while True:
            with self.meter.reserving(most) as attempt:
                self.pace.take_turn()
                try:
                    found = self._post(client, messages)
                except AssistantError as error:
                    failures += 1
                    # No answer in time: the server may have worked, and may ask to be paid.
                    attempt.micros = most if error.code == "backend_slow" else 0
                    bill.micros += attempt.micros
                    if failures >= self.spec.tries or not _may_pass(error):
                        raise
                else:
                    attempt.micros = self._cost(found, most)
                    bill.micros += attempt.micros
                    return found
            self.wait(self._pause(failures))

    def _post(self, client: GuardedClient, messages: list[dict[str, str]]) -> Mapping[str, Any]:
        limits = Limits(total_s=self.spec.timeout_s, max_bytes=_MOST_BYTES)
        body = {
            "model": self.spec.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": self.spec.most_tokens,
            **self._format(),
        }
        found = client.post_json(self.spec.url + _PATH, body, headers=self.headers, limits=limits)
        return found if isinstance(found, Mapping) else {}

    def _format(self) -> dict[str, Any]:
        if self.spec.format == "text":
            return {}
        if self.spec.format == "json_object":
            return {"response_format": {"type": "json_object"}}
        schema = {"name": "answer", "strict": True, "schema": self.spec.prompt.schema()}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def _pause(self, failures: int) -> float:
        """Wait twice as long after each failure, give or take half, so that crowds disperse."""
        with self._dice:
            spread = float(self.rng.uniform(0.5, 1.5))
        return min(_FIRST_WAIT_S * 2.0 ** (failures - 1), _LONGEST_WAIT_S) * spread

    def _most(self, messages: list[dict[str, str]]) -> int:
        """Bound the cost of a request: no token of text is shorter than a byte."""
        if self.spec.price is None:
            return 0
        size = sum(len(message["content"].encode()) for message in messages)
        if self.spec.format == "json_schema":
            size += _SCHEMA_FACTOR * len(str(self.spec.prompt.schema()).encode())
        return self.spec.price.of(size + _FRAME_TOKENS, self.spec.most_tokens)

    def _cost(self, found: Mapping[str, Any], most: int) -> int:
        """Give the cost of what the server says it used; one that does not say gets the most."""
        if self.spec.price is None:
            return 0
        tokens_in, tokens_out = _usage(found)
        if tokens_in is None or tokens_out is None:
            return most
        return self.spec.price.of(tokens_in, tokens_out)

    def _read(self, found: Mapping[str, Any], item: Item, bill: Bill) -> Proposal:
        try:
            answer, sure = self.spec.prompt.read(_words(found), item.data)
        except ValueError as error:
            return self._priced(unusable(f"task {item.task_id}: {error}"), bill, found)
        said = answer if sure is None else (answer, sure)
        proposal = to_proposal(said, self.spec.prompt.question, item)
        if (problem := problem_of(proposal)) is not None:
            proposal = unusable(f"task {item.task_id}: {problem}")
        return self._priced(proposal, bill, found)

    def _priced(self, proposal: Proposal, bill: Bill, found: Mapping[str, Any]) -> Proposal:
        prompt, price = self.spec.prompt, self.spec.price
        tokens_in, tokens_out = _usage(found)
        details = {
            **proposal.details,
            "endpoint": self.spec.url,
            "model": _named(found) or self.spec.model,
            "prompt_version": prompt.version,
            "prompt_sha256": prompt.sha256,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "cost_micros": bill.micros,
            "currency": price.currency if price else None,
        }
        return Proposal(
            proposal.value,
            proposal.score,
            proposal.probabilities,
            cost_micros=bill.micros,
            cost_currency=price.currency if price else None,
            details=details,
        )


def _may_pass(error: AssistantError) -> bool:
    if isinstance(error, AnsweredError):
        return error.answered in _PASSING
    return error.hop == "connect" or error.code == "backend_slow"


def _usage(found: Mapping[str, Any]) -> tuple[int | None, int | None]:
    usage = found.get("usage")
    if not isinstance(usage, Mapping):
        return None, None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(value: object) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if good and isinstance(value, int) else None


def _named(found: Mapping[str, Any]) -> str | None:
    name = found.get("model")
    return name[:100] if isinstance(name, str) and name.isprintable() else None


def _words(found: Mapping[str, Any]) -> str:
    """Find the model's words in the server's answer; ValueError when there are none."""
    try:
        first = found["choices"][0]
        words = first["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise ValueError("the server's answer has no words of a model") from None
    if not isinstance(words, str) or not words.strip():
        why = first.get("finish_reason")
        raise ValueError(f"the model said nothing ({str(why)[:40]})")
    return words
