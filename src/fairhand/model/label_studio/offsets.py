"""Offsets in texts: JavaScript counts UTF-16 units, we count code points."""

from __future__ import annotations


def to_points(text: str, offset: int) -> int | None:
    """Turn an offset in UTF-16 units into one in code points; None within a pair or beyond."""
    if text.isascii():
        return offset if 0 <= offset <= len(text) else None
    units = text.encode("utf-16-le", "surrogatepass")
    if not 0 <= 2 * offset <= len(units):
        return None
    before = units[: 2 * offset].decode("utf-16-le", "surrogatepass")
    return len(before) if text.startswith(before) else None


def to_units(text: str, offset: int) -> int:
    """Turn an offset in code points into one in UTF-16 units."""
    return len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2


def stretch(text: str, start: int, end: int, said: object) -> tuple[int, int] | None:
    """Find a stretch of a text in code points, by what it is said to hold where that is known.

    Label Studio's page counts UTF-16 units, models that write predictions often code points.
    """
    first, last = to_points(text, start), to_points(text, end)
    in_units = (first, last) if first is not None and last is not None else None
    if not isinstance(said, str) or (in_units and text[in_units[0] : in_units[1]] == said):
        return in_units
    if 0 <= start <= end <= len(text) and text[start:end] == said:
        return start, end
    return in_units
