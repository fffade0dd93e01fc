"""Fairhand: human data, done by a fair hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairhand.client import Client as Client
    from fairhand.client.dataset import load_release as load_release
    from fairhand.compute.assistants.functions import assistant as assistant

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "assistant", "load_release"]


def __getattr__(name: str) -> object:
    """Load the SDK and the decorator only when asked for: commands start faster without."""
    if name == "Client":
        from fairhand.client import Client

        return Client
    if name == "assistant":
        from fairhand.compute.assistants.functions import assistant

        return assistant
    if name == "load_release":
        from fairhand.client.dataset import load_release

        return load_release
    raise AttributeError(f"module 'fairhand' has no attribute {name!r}")
