"""Fairhand: human data, done by a fair hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairhand.client import Client as Client

__version__ = "0.1.0"
__all__ = ["Client", "__version__"]


def __getattr__(name: str) -> object:
    """Load the SDK only when somebody asks for it: commands start faster without."""
    if name == "Client":
        from fairhand.client import Client

        return Client
    raise AttributeError(f"module 'fairhand' has no attribute {name!r}")
