"""What a file says of the data in it that a model generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.formats.options import ReadOptions
from fairhand.model.origin import DEEPEST, UNNAMED, Generated, parse_precision

BY_COLUMN: Final = "generated_by"
IS_COLUMN: Final = "synthetic"
DEPTH_COLUMN: Final = "generation_depth"
_YES: Final = frozenset({"true", "yes", "1", "y"})
_NO: Final = frozenset({"false", "no", "0", "n", ""})
_LONGEST: Final = 200


def generated_of(data: Mapping[str, Any], options: ReadOptions) -> Generated | None:
    """Say what generated a row's data: as the whole file was declared, or by its own columns.

    Columns stay in the data. Raises MalformedError when a column says neither yes nor no, or a
    depth that is none.
    """
    model = options.synthetic_model
    if model is None:
        model = _by(data)
    if model is None:
        return None
    depth = data.get(DEPTH_COLUMN, options.synthetic_depth)
    if depth in (None, ""):
        depth = options.synthetic_depth
    if isinstance(depth, str) and depth.strip().isdecimal():
        depth = int(depth)
    if isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= DEEPEST:
        raise MalformedError(f"has a {DEPTH_COLUMN!r} that is no whole number from 1 to {DEEPEST}")
    precision = options.synthetic_precision
    low = parse_precision(precision) if precision else None
    return Generated(model[:_LONGEST], depth, options.synthetic_verifier[:_LONGEST], low)


def check_generated(options: Any) -> list[Issue]:  # noqa: ANN401  # whatever has the four fields
    """Say what is wrong with how a whole file is declared."""
    issues = []
    model, depth = options.synthetic_model, options.synthetic_depth
    if model is not None and not 1 <= len(model.strip()) <= _LONGEST:
        issues.append(Issue("synthetic_model", f"Name the model in 1 to {_LONGEST} characters."))
    if not 1 <= depth <= DEEPEST:
        issues.append(Issue("synthetic_depth", f"The depth is a whole number from 1 to {DEEPEST}."))
    if options.synthetic_precision:
        try:
            parse_precision(options.synthetic_precision)
        except MalformedError as error:
            issues.append(Issue("synthetic_precision", error.message))
        if not options.synthetic_verifier.strip():
            issues.append(
                Issue("synthetic_verifier", "Say whose precision that is: name the verifier.")
            )
    return issues


def checked(options: ReadOptions) -> ReadOptions:
    """Give options back; raises InvalidError when the data are declared wrongly."""
    if issues := check_generated(options):
        raise InvalidError(issues[0].message, issues=issues)
    return options


def _by(data: Mapping[str, Any]) -> str | None:
    by = data.get(BY_COLUMN)
    if isinstance(by, str) and by.strip():
        return by.strip()
    said = data.get(IS_COLUMN)
    if said is None or isinstance(said, bool):
        return UNNAMED if said else None
    word = str(said).strip().casefold()
    if word in _YES:
        return UNNAMED
    if word in _NO:
        return None
    raise MalformedError(f"has {str(said)[:40]!r} in {IS_COLUMN!r}, which is neither yes nor no")
