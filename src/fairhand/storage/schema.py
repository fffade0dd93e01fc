"""The whole schema: every table of every wing, whether or not its wing was imported."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import MetaData

from fairhand.storage import tables
from fairhand.storage.tables.base import metadata

__all__ = ["whole_metadata"]


def whole_metadata() -> MetaData:
    """Import every file of `storage.tables` and return the metadata they register with."""
    for module in iter_modules(tables.__path__):
        import_module(f"{tables.__name__}.{module.name}")
    return metadata
