"""Loops that run at the speed of C, and threads that share them.

A kernel is a plain function over arrays, compiled by Numba when it is first called and kept on
disk for the next process. Until then nothing is imported, so a server that never aggregates a
million answers never pays for the compiler. Kernels release the GIL: threads run side by side.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_MOST_THREADS = 8
_WORTH_COMPILING = 300_000


class Kernel(Generic[P, R]):
    """A function over arrays that compiles itself when first called; `source` is the plain one."""

    def __init__(self, source: Callable[P, R], *, fast_math: bool = False) -> None:
        self.source = source
        self._fast_math = fast_math

    @cached_property
    def _compiled(self) -> Any:  # noqa: ANN401  # Numba's dispatcher
        from numba import njit

        return njit(cache=True, nogil=True, fastmath=self._fast_math)(self.source)

    def for_work(self, steps: int) -> Callable[P, R]:
        """Give the compiled function, or the plain one where `steps` are too few to wait for it.

        Loading the compiler takes seconds, as long as a million plain steps or so.
        """
        is_compiled = "_compiled" in self.__dict__
        return self if is_compiled or steps >= _WORTH_COMPILING else self.source

    @property
    def _numba_type_(self) -> Any:  # noqa: ANN401  # how Numba sees it inside another kernel
        return self._compiled._numba_type_

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function."""
        result: R = self._compiled(*args, **kwargs)
        return result


def kernel(source: Callable[P, R]) -> Kernel[P, R]:
    """Compile a loop over arrays. It may call NumPy, and kernels of its own file."""
    return Kernel(source)


def fast_kernel(source: Callable[P, R]) -> Kernel[P, R]:
    """Compile a loop whose sums may be taken in any order (no NaN, no infinities inside)."""
    return Kernel(source, fast_math=True)


def threads() -> int:
    """Count the processors this process may use, eight at most."""
    known = getattr(os, "sched_getaffinity", None)  # Linux: a container may own fewer
    return min(_MOST_THREADS, len(known(0)) if known else os.cpu_count() or 1)


def in_threads(work: Callable[[int, int], T], edges: Sequence[int]) -> list[T]:
    """Run `work(start, stop)` for each stretch between two edges, side by side, in order."""
    stretches = list(pairwise(edges))
    if len(stretches) <= 1:
        return [work(*stretch) for stretch in stretches]
    with ThreadPoolExecutor(len(stretches)) as pool:
        return list(pool.map(lambda stretch: work(*stretch), stretches))
