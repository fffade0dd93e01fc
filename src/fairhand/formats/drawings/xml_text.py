"""XML from strangers, read element by element and without entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from fairhand.core.errors import MalformedError
from fairhand.formats.drawings.values import finite

_MAX_DEPTH: Final = 50


def elements(file: IO[bytes], wanted: frozenset[str]) -> Iterator[Element]:
    """Yield the root as it opens, then each wanted child below it whole; lets go of each after.

    Raises MalformedError where the text is no XML, nests too deeply, or declares entities.
    """
    open_: list[Element] = []
    try:
        for event, element in iterparse(file, ("start", "end"), forbid_dtd=False):
            if event == "start":
                if not open_:
                    yield element
                open_.append(element)
                if len(open_) > _MAX_DEPTH:
                    raise MalformedError("is nested too deeply")
                continue
            open_.pop()
            if len(open_) == 1:
                if element.tag in wanted:
                    yield element
                open_[0].remove(element)
    except ParseError as error:
        raise MalformedError(f"is no XML that can be read: {error}") from None
    except DefusedXmlException:
        raise MalformedError("declares entities, which are not read") from None
    except (ValueError, LookupError, UnicodeError) as error:
        raise MalformedError(f"is no XML that can be read: {str(error)[:100]}") from None


def attribute(element: Element, name: str) -> float:
    """Read a number out of an attribute."""
    return finite(element.get(name), name)


def numbers(text: Any, what: str, between: str) -> list[float]:  # noqa: ANN401
    """Read numbers out of a text."""
    parts = str(text or "").split(between)
    return [finite(part.strip(), what) for part in parts]
