"""Journeys with a server of their own whose jobs run: one process has one such server at a time.

So they stand apart from those that share the hall, which ends before these begin.
"""

from __future__ import annotations

from tests.journeys.conftest import chrome

__all__ = ["chrome"]
