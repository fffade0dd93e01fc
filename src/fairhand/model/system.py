"""Automated systems, as every wing knows them; quality reads them from the core."""

from __future__ import annotations

from fairhand.core.systems import (
    EFFECTS,
    AutomatedSystem,
    Effect,
    Parameter,
    UnregisteredError,
    automated,
    loaded,
    registered_systems,
    require_registered,
)

__all__ = [
    "EFFECTS",
    "AutomatedSystem",
    "Effect",
    "Parameter",
    "UnregisteredError",
    "automated",
    "loaded",
    "registered_systems",
    "require_registered",
]
