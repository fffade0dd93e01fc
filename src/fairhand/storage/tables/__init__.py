"""One file of tables per wing; no logic. Importing this package registers them all."""

from __future__ import annotations

import importlib
import pkgutil

from fairhand.storage.tables.base import metadata

for _module in pkgutil.iter_modules(__path__, __name__ + "."):
    importlib.import_module(_module.name)

__all__ = ["metadata"]
