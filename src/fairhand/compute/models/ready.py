"""Pictures that are ready for clicks, kept in memory within a limit, and work with a time limit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from threading import BoundedSemaphore, Lock
from typing import Final, TypeVar

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.prompts import Prepared

Key = tuple[str, str]
"""The picture's SHA-256, and the clicker's model."""
Result = TypeVar("Result")

MOST_BYTES: Final = 256 * 1024 * 1024
MOST_PICTURES: Final = 32


class ReadyPictures:
    """The pictures that were clicked on last; one that is asked for twice is prepared once."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, most_pictures: int = MOST_PICTURES) -> None:
        self._most_bytes = most_bytes
        self._most_pictures = most_pictures
        self._kept: OrderedDict[Key, Prepared] = OrderedDict()
        self._being_made: dict[Key, Lock] = {}
        self._lock = Lock()

    def get(self, key: Key, prepare: Callable[[], Prepared]) -> Prepared:
        """Give a picture, prepared now where it is not ready."""
        with self._lock:
            making = self._being_made.setdefault(key, Lock())
        with making:
            found = self._find(key)
            if found is None:
                found = prepare()
                self._keep(key, found)
        with self._lock:
            self._being_made.pop(key, None)
        return found

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        with self._lock:
            return sum(one.nbytes for one in self._kept.values())

    def _find(self, key: Key) -> Prepared | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Key, prepared: Prepared) -> None:
        with self._lock:
            self._kept[key] = prepared
            total = sum(one.nbytes for one in self._kept.values())
            while self._kept and (
                total > self._most_bytes or len(self._kept) > self._most_pictures
            ):
                _, oldest = self._kept.popitem(last=False)
                total -= oldest.nbytes


class TimeLimit:
    """A few threads of their own for clicks, so that these never hold up other requests.

    A thread cannot be stopped: what is late goes on to its end, is not waited for, and keeps its
    place until then; with all places taken the next one is refused at once.
    """

    def __init__(self, *, threads: int = 2, waiting: int = 8) -> None:
        self._pool = ThreadPoolExecutor(threads, "clicks")
        self._places = BoundedSemaphore(threads + waiting)

    def run(self, work: Callable[[], Result], seconds: float) -> Result:
        """Run `work`; raises AssistantError: `too_busy` at once, or `too_slow` when late."""
        if not self._places.acquire(blocking=False):
            raise AssistantError(
                "Many people click at once just now; try again in a moment.", code="too_busy"
            )
        future: Future[Result] = self._pool.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        try:
            return future.result(timeout=seconds)
        except LateError:
            future.cancel()
            raise AssistantError(
                f"No outline was found within {seconds:g} seconds; draw this one by hand.",
                code="too_slow",
            ) from None
