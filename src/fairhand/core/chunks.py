"""Cut what is many into pieces that one statement can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """Cut items into lists of `most`, the last one shorter; no empty list comes."""
    left = iter(items)
    while piece := list(islice(left, most)):
        yield piece
