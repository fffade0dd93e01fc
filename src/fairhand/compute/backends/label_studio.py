"""A client of Label Studio ML backends, which run unchanged: health, setup, predict, webhook.

The backend is given what Label Studio would give it, with two differences. `access_token` is short
lived, of one project, and reads only that project's files; and a click carries the prompt alone,
never the annotations that there are.

The configuration (a mapping, as it is kept with the assistant) holds `url`, and may hold `name`,
`sort` and `field` (what tasks show), `allowed` (places within the house that the operator allowed),
`basic_user` with `basic_secret` (the name of an environment variable), `extra_params`, `batch` and
`predict_s`. Whoever opens it adds `project`, `hostname` and `access_token`.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import sleep
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.answers import raise_when_all_failed, unusable
from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.compute.backends.guard import AnsweredError, GuardedClient, Limits, guarded_client
from fairhand.compute.backends.label_config import (
    LabelConfig,
    Shown,
    label_config,
    shown_data,
    shown_of,
)
from fairhand.compute.backends.label_studio_values import (
    clicks_as_results,
    read_results,
    write_results,
)
from fairhand.compute.backends.regions import read_score
from fairhand.core.chunks import chunks
from fairhand.labels import rle
from fairhand.labels.kind import AnswerContext
from fairhand.labels.kind import shown as quoted
from fairhand.model.project import Question

_SECRET_PREFIX: Final = "FAIRHAND_SECRET_"  # noqa: S105  # the name's beginning
_VERSION_MOST: Final = 80
_SMALL: Final = 1024 * 1024
HEALTH: Final = Limits(connect_s=3, total_s=5, max_bytes=_SMALL)
SETUP: Final = Limits(connect_s=3, total_s=20, max_bytes=_SMALL)
CLICK: Final = Limits(connect_s=1, total_s=4)
CHECK_S: Final = 30.0
"""How long a person who tests a backend waits for its predictions."""
TELL: Final = Limits(connect_s=3, total_s=300, max_bytes=_SMALL)
_WAITS_S: Final = (0.2, 0.8)
_BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class Access:
    """How a backend is reached, and what it is told of the project it works for."""

    url: str
    name: str
    project: str = "0.0"
    hostname: str = ""
    access_token: str = ""
    allowed: tuple[str, ...] = ()
    shown: Shown | None = None
    field: str | None = None
    basic: tuple[str, str] | None = None
    extra_params: Any = None
    batch: int = _BATCH
    predict_s: float = 100.0


def open_backend(
    config: Mapping[str, Any], weights: bytes | None, questions: Sequence[Question]
) -> LabelStudioBackend:
    """Open a backend by its configuration; nothing is sent yet. It has no model file of ours."""
    return LabelStudioBackend(_access(config), questions)


class LabelStudioBackend:
    """A model server that speaks Label Studio's protocol; usable by one thread at a time."""

    def __init__(self, access: Access, questions: Sequence[Question]) -> None:
        self.access = access
        self.questions = tuple(questions)
        self._config: LabelConfig | None = None
        self._version: str | None = None
        self.last_model = f"{access.name}@0"  # what outlined last
        if access.shown is not None:
            self._config = label_config(self.questions, access.shown)

    @property
    def model(self) -> str:
        """Name and version, as the backend says when it is set up; asks it once."""
        if self._version is None:
            with self._client() as client:
                self._set_up(client)
        return self._named(self._version)

    def health(self) -> dict[str, Any]:
        """Ask whether it is there; raises AssistantError naming the hop that failed."""
        with self._client() as client:
            said = client.get_json(self._url("health"), headers=self._headers(), limits=HEALTH)
        return dict(said) if isinstance(said, Mapping) else {"status": said}

    @property
    def asked(self) -> tuple[str, ...]:
        """The questions that it is asked, as far as it is known what tasks show."""
        return () if self._config is None else tuple(one.name for one in self._config.questions)

    @property
    def unasked(self) -> Mapping[str, str]:
        """The questions that it cannot be asked, each with the reason."""
        return {} if self._config is None else self._config.left

    def setup(self, item: Item | None = None) -> str:
        """Tell it the project and its questions; give the version of the model it works with."""
        self._configure([item] if item is not None else [])
        with self._client() as client:
            return self._set_up(client)

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose an answer for every item; one that cannot be read is a problem of that item.

        Raises AssistantError when nothing came out well.
        """
        if not items:
            return []
        self._configure(items)
        proposals: list[Proposal] = []
        with self._client() as client:
            if self._version is None:
                self._set_up(client)
            for some in chunks(list(items), self.access.batch):
                proposals += self._predict_again(client, some)
        raise_when_all_failed(proposals)
        return proposals

    def ask(self, items: Sequence[Item]) -> list[Any]:
        """Send items to /predict and give what it says of each, unread (shape is checked)."""
        self._configure(items)
        with self._client() as client:
            limits = Limits(total_s=min(self.access.predict_s, CHECK_S))
            return self._results(client, items, None, limits)

    def check_shape(self, given: Any) -> None:  # noqa: ANN401  # what a server said
        """Raise AssistantError where what it said of one item is no prediction."""
        _best(given)

    def read(self, item: Item, given: Any) -> Proposal:  # noqa: ANN401  # what a server said
        """Read what it said of one item; raises AssistantError with the hop shape or value."""
        best = _best(given)
        if best is None:
            return Proposal(None, model=self._named(self._version))
        context = AnswerContext(item.width, item.height, item.data, item.duration_ms)
        value = read_results(self._known, best["result"], context)
        score = read_score(best.get("score"))
        if score is None:
            score = _mean_score(best["result"])
        version = best.get("model_version")
        return Proposal(
            value, score, model=self._named(self._version if version is None else _text(version))
        )

    def outline(
        self,
        item: Item,
        question: Question,
        label: str,
        clicks: Sequence[tuple[int, int, bool]],
        box: tuple[int, int, int, int] | None,
    ) -> tuple[NDArray[np.bool_], float | None]:
        """Ask which pixels a person points at: clicks are x, y, positive; the prompt alone travels.

        Gives the mask of everything it drew and its score; an empty mask when it drew nothing.
        """
        if item.width is None or item.height is None:
            raise AssistantError("This task has no picture to point at.", hop="shape")
        self._configure([item])
        size = (item.height, item.width)
        prompt = clicks_as_results(self._known, question, label, clicks, box, size)
        context = {"result": prompt}
        with self._client() as client:
            try:
                given = self._results(client, [item], context, CLICK)
            except AnsweredError:  # it may have forgotten the project
                self._set_up(client)
                given = self._results(client, [item], context, CLICK)
        found = self.read(item, given[0])
        self.last_model = found.model or self.last_model
        answer = (found.value or {}).get(question.name)
        mask = np.zeros(size, np.bool_)
        for region in answer["regions"] if answer else ():
            mask |= rle.decode(region["counts"], *size)
        return mask, found.score

    def tell(
        self,
        action: str,
        project: Mapping[str, Any],
        item: Item | None = None,
        annotation: Mapping[str, Any] | None = None,
        value: Mapping[str, Any] | None = None,
    ) -> None:
        """Send an event to /webhook: an annotation of an item, or START_TRAINING.

        The backend usually learns before it answers; raises AssistantError when it does not.
        """
        self._configure([item] if item is not None else [])
        about = {**project, "label_config": self._known.xml, "parsed_label_config": {}}
        body: dict[str, Any] = {"action": action, "project": about}
        if item is not None:
            result = write_results(self._known, value or {}, item.data)
            body["annotation"] = {**(annotation or {}), "result": result}
            body["task"] = self._task(item)
        with self._client() as client:
            client.post_json(self._url("webhook"), body, headers=self._headers(), limits=TELL)

    def _configure(self, items: Sequence[Item]) -> None:
        """Write the questions for what the first item shows, unless that is known."""
        if self._config is None:
            if not items:
                raise AssistantError("There is no task yet to show to the backend.", hop="shape")
            self._config = label_config(self.questions, shown_of(items[0], self.access.field))

    @property
    def _known(self) -> LabelConfig:
        self._configure([])
        assert self._config is not None, "just written"  # noqa: S101
        return self._config

    def _set_up(self, client: GuardedClient) -> str:
        body = {
            "project": self.access.project,
            "schema": self._known.xml,
            "hostname": self.access.hostname,
            "access_token": self.access.access_token,
            "extra_params": self.access.extra_params,
        }
        said = client.post_json(self._url("setup"), body, headers=self._headers(), limits=SETUP)
        if not isinstance(said, Mapping):
            raise AssistantError(
                f"Its answer to /setup is {quoted(said)}, not a mapping with model_version.",
                hop="shape",
            )
        self._version = _text(said.get("model_version"))
        return self._version

    def _predict_again(self, client: GuardedClient, items: Sequence[Item]) -> list[Proposal]:
        """Predict; where it refuses, set it up anew once: it may have forgotten the project."""
        try:
            return self._predict(client, items)
        except AnsweredError:
            self._set_up(client)
            return self._predict(client, items)

    def _predict(self, client: GuardedClient, items: Sequence[Item]) -> list[Proposal]:
        limits = Limits(total_s=self.access.predict_s)
        given = self._results(client, items, None, limits)
        if len(given) == 1 < len(items):  # a backend that takes one task at a time
            given = [self._results(client, [item], None, limits)[0] for item in items]
        return [self._read_or_say(item, one) for item, one in zip(items, given, strict=True)]

    def _read_or_say(self, item: Item, given: Any) -> Proposal:  # noqa: ANN401  # a server's word
        """Read what it said of one item; one bad answer names its item and spares the others."""
        try:
            return self.read(item, given)
        except AssistantError as error:
            if error.hop != "value":
                raise
            return unusable(f"task {item.task_id}: {error.message}", code=error.code)

    def _results(
        self,
        client: GuardedClient,
        items: Sequence[Item],
        context: Mapping[str, Any] | None,
        limits: Limits,
    ) -> list[Any]:
        """Give what it says of each item; one answer for many is given as it is."""
        body = {
            "tasks": [self._task(item) for item in items],
            "project": self.access.project,
            "label_config": self._known.xml,
            "params": {"login": None, "password": None, "context": context},
        }
        said = self._patiently(client, "predict", body, limits)
        results = said.get("results") if isinstance(said, Mapping) else None
        if not isinstance(results, list):
            raise AssistantError(
                "Its answer to /predict has no list 'results'.", hop="shape", code="bad_answer"
            )
        if len(results) not in (1, len(items)):
            raise AssistantError(
                f"It gave {len(results)} results for {len(items)} tasks.",
                hop="shape",
                code="wrong_count",
            )
        return results

    def _patiently(
        self,
        client: GuardedClient,
        suffix: str,
        body: Mapping[str, Any],
        limits: Limits,
    ) -> Any:  # noqa: ANN401  # any JSON value
        """Send again, twice, where nobody could be connected to: it may be starting anew."""
        for wait_s in _WAITS_S:
            try:
                return client.post_json(
                    self._url(suffix), body, headers=self._headers(), limits=limits
                )
            except AssistantError as error:
                if error.hop != "connect" or limits is CLICK:
                    raise
            sleep(wait_s)
        return client.post_json(self._url(suffix), body, headers=self._headers(), limits=limits)

    def _task(self, item: Item) -> dict[str, Any]:
        """Write an item as Label Studio's task; files by an address that the token opens."""
        show = self._known.shown
        data = shown_data(item, self._known)
        if show.sort != "text":
            data[show.field] = file_address(self.access, item)
        project = self.access.project.partition(".")[0]
        return {
            "id": item.task_id,
            "data": data,
            "meta": {},
            "project": int(project) if project.isdigit() else 0,
            "annotations": [],
            "predictions": [],
            "drafts": [],
        }

    @contextmanager
    def _client(self) -> Iterator[GuardedClient]:
        with guarded_client(self.access.allowed) as client:
            yield client

    def _url(self, suffix: str) -> str:
        return f"{self.access.url.rstrip('/')}/{suffix}"

    def _headers(self) -> dict[str, str]:
        if self.access.basic is None:
            return {}
        pair = ":".join(self.access.basic).encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}

    def _named(self, version: str | None) -> str:
        return f"{self.access.name}@{version or '0'}"


def file_address(access: Access, item: Item) -> str:
    """Say where a backend finds an item's file: absolute, and opened by the token it carries."""
    project = access.project.partition(".")[0]
    ending = (item.media_type or "image/png").rpartition("/")[2].partition("+")[0]
    path = f"/data/upload/{project}/{item.task_id}.{ending}"
    token = f"?token={access.access_token}" if access.access_token else ""
    return f"{access.hostname.rstrip('/')}{path}{token}"


def _best(given: Any) -> Mapping[str, Any] | None:  # noqa: ANN401  # what a server said
    """Choose the surest prediction that has results; None when there is none."""
    found: list[Mapping[str, Any]] = []
    for one in given if isinstance(given, list) else [given]:
        if one is None:
            continue
        if not isinstance(one, Mapping):
            raise AssistantError(
                f"A prediction is {quoted(one)}, not a mapping with result.", hop="shape"
            )
        results = one.get("result")
        if results is not None and not isinstance(results, list):
            raise AssistantError(
                f"A prediction's result is {quoted(results)}, not a list.", hop="shape"
            )
        if results:
            found.append(one)
    return max(found, key=lambda one: read_score(one.get("score")) or 0.0, default=None)


def _mean_score(results: Sequence[Any]) -> float | None:
    scores = [read_score(one.get("score")) for one in results if isinstance(one, Mapping)]
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def _text(version: object) -> str:
    """Write whatever a server calls its version on one short line."""
    text = "" if version is None or isinstance(version, list | Mapping) else str(version)
    return "".join(each for each in text if each.isprintable())[:_VERSION_MOST].strip() or "0"


def _access(config: Mapping[str, Any]) -> Access:
    sort, field = config.get("sort"), config.get("field")
    access = Access(
        url=str(config["url"]),
        name=str(config.get("name") or "backend"),
        project=str(config.get("project") or "0.0"),
        hostname=str(config.get("hostname") or ""),
        access_token=str(config.get("access_token") or ""),
        allowed=tuple(config.get("allowed") or ()),
        shown=Shown(str(sort), str(field or sort)) if sort else None,
        field=field,
        basic=_basic(config),
        extra_params=config.get("extra_params"),
    )
    return replace(
        access,
        batch=min(max(int(config.get("batch") or _BATCH), 1), 500),
        predict_s=min(max(float(config.get("predict_s") or access.predict_s), 1.0), 3_600.0),
    )


def _basic(config: Mapping[str, Any]) -> tuple[str, str] | None:
    user, secret = config.get("basic_user"), config.get("basic_secret")
    if not user:
        return None
    if not isinstance(secret, str) or not secret.startswith(_SECRET_PREFIX):
        raise AssistantError(
            f"Name the environment variable of its password; it begins with {_SECRET_PREFIX}.",
            hop="address",
        )
    word = os.environ.get(secret)
    if not word:
        raise AssistantError(f"The environment variable {secret} is not set.", hop="address")
    return str(user), word
