"""Daft's two runners behind one word: apply a function to many pieces of work, anywhere.

`native` shares the pieces among this machine's processors; `ray` among the machines of a Ray
cluster (`FAIRHAND_RAY_ADDRESS`, or a cluster of this machine alone that ends with the work). What
is big travels through files that all machines see; pieces and results are small.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, Literal, TypeVar, cast, get_args

from fairhand.core.errors import InvalidError, UnavailableError

T = TypeVar("T")
R = TypeVar("R")
EngineName = Literal["native", "ray"]
ENGINES: tuple[str, ...] = get_args(EngineName)

_QUIET = {  # nobody is told that our users work, and our own progress is shown
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "DAFT_ANALYTICS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_STARTS = 3


@dataclass(frozen=True, slots=True)
class Engine:
    """A runner that has been started; get one from `started`."""

    name: str

    def map(self, work: Callable[[T], R], pieces: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Apply `work` to every piece; give each piece's place and result as they are ready.

        `work` must be importable on every machine, pieces and results must pickle. When a piece
        fails the others are still finished, then the first failure is raised: what they wrote
        need not be done again.
        """
        failed: Exception | None = None
        for place, error, result in self._results(work, pieces):
            if error is None:
                yield place, result
            failed = failed or error
        if failed is not None:
            raise failed

    def _results(
        self, work: Callable[[T], R], pieces: Sequence[T]
    ) -> Iterator[tuple[int, Exception | None, R]]:
        if not pieces:
            return
        import daft

        packed = [pickle.dumps(numbered) for numbered in enumerate(pieces)]
        frame = daft.from_pydict({"piece": packed})
        if self.name == "ray":  # the native runner hands out single rows by itself
            frame = frame.into_partitions(len(packed))
        apply: Any = daft.func.batch(
            return_dtype=daft.DataType.binary(), batch_size=1, use_process=False
        )(partial(_apply_all, work))
        frame = frame.select(apply(daft.col("piece")).alias("result"))
        for row in frame.iter_rows():
            yield cast("tuple[int, Exception | None, R]", pickle.loads(row["result"]))  # noqa: S301


def _apply_all(work: Callable[[Any], Any], packed: Any) -> list[bytes]:  # noqa: ANN401
    return [_apply(work, piece) for piece in packed.to_pylist()]


def _apply(work: Callable[[Any], Any], packed: bytes) -> bytes:
    """Carry an error home as a value: its kind survives, whatever runner is between."""
    place, piece = pickle.loads(packed)  # noqa: S301  # our own, from `_results`
    try:
        return pickle.dumps((place, None, work(piece)))
    except Exception as error:
        return pickle.dumps((place, _portable(error), None))


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@contextmanager
def started(name: str, *, processors: int | None = None) -> Iterator[Engine]:
    """Start an engine for the block; `processors` bounds a Ray of this machine alone.

    Raises InvalidError for a name that is no engine, UnavailableError when the engine is not
    installed or this process runs another one already.
    """
    check_engine(name)
    os.environ.update({key: value for key, value in _QUIET.items() if key not in os.environ})
    import daft

    if name == "native":
        _choose(daft.set_runner_native, name)
        yield Engine(name)
        return
    with _ray(processors):
        _choose(partial(daft.set_runner_ray, noop_if_initialized=True), name)
        yield Engine(name)


def check_engine(name: str) -> None:
    """Raise InvalidError for a name that is no engine, UnavailableError for one not installed."""
    if name not in ENGINES:
        raise InvalidError(f"There is no engine {name!r}; there are {', '.join(ENGINES)}.")
    missing = [module for module in _modules_of(name) if find_spec(module) is None]
    if missing:
        raise UnavailableError(
            f"The engine {name} needs {' and '.join(missing)}: pip install 'fairhand[scale]'"
        )


def _modules_of(name: str) -> Iterable[str]:
    return ("daft", "ray") if name == "ray" else ("daft",)


def _choose(choose: Callable[[], object], name: str) -> None:
    from daft import get_or_infer_runner_type

    try:
        choose()
    except Exception as error:
        kept = get_or_infer_runner_type()
        if kept == name:
            return
        raise UnavailableError(
            f"Daft runs its {kept} engine in this process and cannot change to {name}; "
            "start another process."
        ) from error


@contextmanager
def _ray(processors: int | None) -> Iterator[None]:
    """Join the cluster that is named, or start one here and end it with the block."""
    import ray

    if ray.is_initialized():
        yield
        return
    address = os.environ.get("FAIRHAND_RAY_ADDRESS")
    if address:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    else:
        _start_here(processors)
    try:
        yield
    finally:
        ray.shutdown()


def _start_here(processors: int | None) -> None:
    """Start Ray; on a busy machine its helpers may miss their half minute, so try again."""
    import ray

    for attempt in range(1, _STARTS + 1):
        try:
            ray.init(
                address="local",
                num_cpus=processors,
                include_dashboard=False,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
        except Exception as error:
            ray.shutdown()
            if attempt == _STARTS:
                raise UnavailableError(f"Ray does not start on this machine: {error}") from error
        else:
            return
