"""Fairhand: human data, done by a fair hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from fairhand.client import Client as Client
    from fairhand.client import choice as choice
    from fairhand.client import connect as connect
    from fairhand.client import mask as mask
    from fairhand.client.dataset import load_release as load_release
    from fairhand.compute.assistants.functions import assistant as assistant

__version__ = "0.1.0"
_SDK = ("Client", "choice", "connect", "mask")
__all__ = ["Client", "__version__", "assistant", "choice", "connect", "load_release", "mask"]


def __getattr__(name: str) -> object:
    """Load the SDK and the decorator only when asked for: commands start faster without."""
    if name in _SDK:
        from fairhand import client

        return cast(object, getattr(client, name))
    if name == "assistant":
        from fairhand.compute.assistants.functions import assistant

        return assistant
    if name == "load_release":
        from fairhand.client.dataset import load_release

        return load_release
    raise AttributeError(f"module 'fairhand' has no attribute {name!r}")
