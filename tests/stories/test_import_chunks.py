"""Files of an import are held in memory a few at a time, and fewer where they are long."""

from __future__ import annotations

import pytest

from fairhand.model.task import NewTask
from fairhand.use_cases import import_tasks


def rows(sizes: list[int]) -> list[NewTask]:
    return [
        NewTask({"n": number}, f"{number:064x}", f"row {number}", media_bytes=bytes(size))
        for number, size in enumerate(sizes)
    ]


def test_long_sounds_are_put_away_before_many_of_them_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(import_tasks, "CHUNK_BYTES", 1_000)
    chunks = list(import_tasks.chunks_of(iter(rows([400] * 9))))
    assert [len(chunk) for chunk in chunks] == [3, 3, 3]
    small = list(import_tasks.chunks_of(iter(rows([1] * 40))))
    assert [len(chunk) for chunk in small] == [32, 8]
