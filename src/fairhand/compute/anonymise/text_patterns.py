"""Forms that tell who somebody is, where Presidio's recognisers have none or need the network.

Each is a word for the placeholder and an expression; a group `it`, where there is one, is what is
hidden. They lean towards hiding too much.
"""

from __future__ import annotations

import re
from typing import Final

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WAY: Final = (
    r"(?:street|st|road|rd|avenue|ave|av|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square"
    r"|sq|way|terrace|close|crescent|highway|hwy|parkway|pkwy|trail|route|row|walk|hill|circle"
    r"|center|centre|estate|loop|plaza|mews|grove|gardens?)"
)
_WAY_JOINED: Final = (
    r"(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|straat|laan|plein|gatan|vägen|v\u00e6nget"
    r"|vej|veien|gata|gade|katu|tie|utca|út)"
)
_WAY_BEFORE: Final = (
    r"(?:rue|avenue|boulevard|chemin|impasse|calle|avenida|av\.|via|viale|piazza|corso|rua|ulica"
    r"|ul\.|c\.|c/|paseo|plaza|praça|strada)"
)
_NAME: Final = r"[^\W\d_][\w'’.-]*"
_CAPITAL: Final = r"[A-ZÀ-ÞĀ-Ž][\w'’.-]*"

REST_OF_ADDRESS: Final = re.compile(
    r"(?:(?:[,\s]*\n?[,\s]*(?:Suite|Apt\.?|Apartment|Unit|Flat|Floor|Box)\s*#?\w+)"
    rf"|(?:(?:,\s*|\s*\n[>?\s]*){_CAPITAL}(?:[ -]{_CAPITAL}){{0,3}}(?=\s*(?:[,\n.]|\d|$)))"
    r"|(?:[,\s]+[A-Z]{2}\b)|(?:[,\s]+\d{3,6}(?:[ -]\d{2,4})?\b))+"
)
"""What may follow the street: flat, town, region, country, code."""

PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("EMAIL", re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")),
    ("ADDRESS", re.compile(r"\b(?:https?://|www\.)[^\s<>\"']+", re.IGNORECASE)),
    (
        "ADDRESS",
        re.compile(
            r"\b(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|biz|io|co|me|ke|ug|tz|ng|gh|za|rw|et"
            r"|uk|us|ca|au|nz|ie|de|fr|es|it|nl|be|ch|at|dk|se|no|fi|is|pl|cz|hu|si|pt|gr|ru|cn"
            r"|jp|in|br|mx|eu|name|pro|online|app|dev)\b(?:/\S*)?",
            re.IGNORECASE,
        ),
    ),
    ("PHONE", re.compile(r"(?<![\w.])\+?\(?\d[\d\s().x/-]{6,20}\d(?![\w])")),
    ("ID", re.compile(r"\b[AP]\d{9}[A-Z]\b", re.IGNORECASE)),  # Kenya: the tax office's number
    # Kenya: identity card and Huduma numbers, where the words around say so
    (
        "ID",
        re.compile(
            r"\b(?:id|identity|passport|kitambulisho|huduma|licen[cs]e|permit|nssf|nhif|sha)\b"
            r"\W{0,3}(?:card|no|number|nambari|is|ya|namba|\W){0,4}\s*(?P<it>[A-Z]{0,3}\d{5,13})\b",
            re.IGNORECASE,
        ),
    ),
    ("ID", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("PLATE", re.compile(r"\bK[A-Z]{2}\s?\d{3}\s?[A-Z]\b")),  # Kenya: number plates
    ("NUMBER", re.compile(r"(?<![\w.,])\d{7,19}(?![\w])")),
    # 12 High Street; 12 High Street Apt. 4
    (
        "PLACE",
        re.compile(
            rf"\b\d{{1,6}}[A-Za-z]?,?\s+(?:{_NAME}\s+){{0,4}}{_WAY}\b\.?"
            r"(?:,?\s*(?:apt|apartment|suite|unit|flat|floor|no|#)\.?\s*#?\w+)?",
            re.IGNORECASE,
        ),
    ),
    ("PLACE", re.compile(rf"\b{_NAME}{_WAY_JOINED}\s+\d+\s*\w?\b", re.IGNORECASE)),
    (
        "PLACE",
        re.compile(rf"\b{_WAY_BEFORE}\s+(?:{_NAME}\s+){{0,4}}{_NAME},?\s+\d+\b", re.IGNORECASE),
    ),
    ("PLACE", re.compile(rf"\b\d+,?\s+{_WAY_BEFORE}\s+(?:{_NAME}\s*){{1,4}}", re.IGNORECASE)),
    ("PLACE", re.compile(rf"\b{_CAPITAL}(?:\s{_CAPITAL}){{0,2}}\s{_WAY}\b(?i:\.?)", 0)),
    ("PLACE", re.compile(r"\bp\.?\s?o\.?\s?box\s+\d+(?:\s?-\s?\d+)?", re.IGNORECASE)),
    # after a house number: 12 Kazungula Crest
    ("PLACE", re.compile(rf"\b\d{{1,5}}\s{_CAPITAL}(?:\s{_CAPITAL}){{0,3}}")),
    ("PLACE", re.compile(rf"\b{_CAPITAL}(?:\s{_CAPITAL})?\s\d{{1,4}}\b(?![.,:]\d)")),
    ("PLACE", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b")),  # postcodes: United Kingdom
    ("PLACE", re.compile(r"\b[A-Z]{2}\s?-?\d{4,5}\b")),
    ("PLACE", re.compile(r"(?<![\w.,-])\d{5}(?:-\d{4})?(?![\w-])")),
    ("AGE", re.compile(r"\b\d{1,3}(?=[\s-]years?[\s-]old\b)", re.IGNORECASE)),
    ("AGE", re.compile(r"\b(?:aged?|turned|turns|i am|i'm|he's|she's)\s(?P<it>\d{1,3})\b", re.I)),
    ("DATE", re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?")),
    ("DATE", re.compile(r"\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")),
    ("DATE", re.compile(rf"\b{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?\b", re.I)),
    (
        "DATE",
        re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}(?:,?\s\d{{4}})?\b", re.I),
    ),
    (
        "TITLE",
        re.compile(r"\b(?:mr|mrs|ms|miss|mister|dr|prof|sir|madam|mx|rev)\b\.?(?=\s\w)", re.I),
    ),
    # a name after a title or "my name is"
    (
        "PERSON",
        re.compile(
            rf"\b(?i:mr|mrs|ms|miss|mister|dr|prof|mx|mzee|mama|baba)\b\.?\s"
            rf"(?P<it>{_CAPITAL}(?:\s{_CAPITAL}){{0,2}})"
        ),
    ),
    (
        "PERSON",
        re.compile(
            rf"\b(?i:my name is|i am called|jina langu ni|naitwa|je m'appelle|ich heiße|me llamo)\s"
            rf"(?P<it>{_NAME}(?:\s{_CAPITAL}){{0,2}})"
        ),
    ),
)
