"""Real data for tests: the shared data folder beside the checkout, or FAIRHAND_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


def find_data() -> Path | None:
    """Find the data folder; None when there is none."""
    named = os.environ.get("FAIRHAND_DATA")
    folder = Path(named) if named else _ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def data_dir(name: str) -> Path:
    """Find one data set, as `data_dir("seg_nuclei")`; skips the test when it is absent."""
    root = find_data()
    if root is None:
        pytest.skip("real-data tests skipped: no ../shared/data (FAIRHAND_DATA names another)")
    if not (root / name).is_dir():
        pytest.skip(f"real-data tests skipped: {name} is not in the data folder")
    return root / name
