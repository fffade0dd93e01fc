"""Words, numbers, money and dates in a person's language.

Messages are looked up in `locale/<language>/LC_MESSAGES/fairhand.po`, read once and kept; English
is the source and needs no catalogue. Figures are formatted by Babel (CLDR) from exact decimals,
never from floats.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant
from fairhand.core.money import MICROS, Money, exponent

FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"
SOURCE: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = {
    "en": "English",
    "sw": "Kiswahili",
    "fr": "Français",
    "es": "Español",
    "de": "Deutsch",
}
"""The languages that pay is told in, by their own names."""
INTERFACE: Final[Mapping[str, str]] = {
    "en": "English",
    "ar": "العربية",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "pt": "Português",
    "sw": "Kiswahili",
}
"""The languages that an account can be in; what a page does not say in one, it says in English."""
DESK: Final = tuple(language for language in INTERFACE if language != "en")
"""The languages of the task page, beside English."""
_RIGHT_TO_LEFT: Final = frozenset(("ar",))
DRAFTED: Final = "machine-drafted"
"""The flag of a message that a machine has drafted and nobody has checked yet; it is shown."""

_LOCALES: Final[Mapping[str, str]] = {"en": "en_GB"}  # day before month, as nearly everywhere
_PERCENT_PLACES: Final = 1000
Messages = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Words:
    """One language: `words("Paid time")`, `words.plural(...)`, `words.money(...)`."""

    language: str
    locale: Locale
    messages: Messages = field(default_factory=dict)

    def __call__(self, text: str, /, **values: object) -> str:
        """Say a message, with its `{placeholders}` filled in."""
        return _filled(self.messages.get(text, (text,))[0], values)

    def knows(self, text: str) -> bool:
        """Say whether a message is said in this language, and not in English instead."""
        return self.language == SOURCE or text in self.messages

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Say a message about `n` things; `{n}` is written as numbers are here."""
        forms = self.messages.get(one)
        if forms is None:
            return _filled(one if n == 1 else many, {"n": self.number(n), **values})
        form = min(_plural_form(self.locale, n), len(forms) - 1)
        return _filled(forms[form], {"n": self.number(n), **values})

    def number(self, value: int | Decimal) -> str:
        """Write a number with all its digits."""
        return str(format_decimal(value, locale=self.locale, decimal_quantization=False))

    def money(self, micros: int, currency: str) -> str:
        """Write micros as money, rounded down to what is whole."""
        amount = Decimal(micros // MICROS).scaleb(-exponent(currency))
        return self._currency(amount, currency)

    def coins(self, money: Money) -> str:
        """Write money as people read it; in English as everywhere else on the pages: `KES 5.00`."""
        if self.language == SOURCE:
            return str(money)
        return self._currency(Decimal(money.decimal()), money.currency)

    def amount(self, text: str, currency: str) -> str:
        """Write an exact decimal amount as money, every digit of it."""
        return self._currency(Decimal(text), currency)

    def percent(self, share: Fraction) -> str:
        """Write a share to a tenth of a percent, rounded down: never more than it is."""
        permille = share * _PERCENT_PLACES // 1
        value = Decimal(int(permille)) / _PERCENT_PLACES
        return str(format_percent(value, locale=self.locale, decimal_quantization=False))

    def date(self, at: Instant) -> str:
        """Write the day of an instant, UTC."""
        return str(format_date(_moment(at), "medium", locale=self.locale))

    def weekday(self, at: Instant, *, year: bool = True) -> str:
        """Write the day of an instant with its weekday, UTC: `Tue 1 Dec 2026`."""
        skeleton = "yMMMEd" if year else "MMMEd"
        return str(format_skeleton(skeleton, _moment(at), locale=self.locale)).replace(
            ",", "" if self.language == SOURCE else ","
        )

    def moment(self, at: Instant) -> str:
        """Write an instant to the minute, in UTC."""
        clock = format_time(_moment(at), "short", tzinfo=UTC, locale=self.locale)
        return f"{self.date(at)}, {clock} UTC"

    def duration(self, milliseconds: int) -> str:
        """Write a duration as hours and minutes, or minutes and seconds when it is short."""
        hours, rest = divmod(milliseconds, HOUR_MS)
        minutes, rest = divmod(rest, MINUTE_MS)
        seconds = rest // 1_000
        if hours:
            return self("{hours} h {minutes} min", hours=self.number(hours), minutes=minutes)
        if minutes:
            return self("{minutes} min {seconds} s", minutes=minutes, seconds=seconds)
        return self("{seconds} s", seconds=seconds)

    def _currency(self, amount: Decimal, currency: str) -> str:
        digits = max(exponent(currency), -int(amount.as_tuple().exponent or 0))
        exact = amount.quantize(Decimal(1).scaleb(-digits))
        return str(
            format_currency(
                exact, currency, format=_pattern(self.locale, digits), locale=self.locale,
                currency_digits=False, decimal_quantization=False,
            )
        )  # fmt: skip


def later(text: str) -> str:
    """Mark a message for the catalogues where it is written; it is said where somebody reads it.

    Imported as `_`, so that the catalogues find it.
    """
    return text


def seconds_words(milliseconds: int, words: Words) -> str:
    """Write a short time as one says it: `20 s`, `1 min 30 s`, `5 min`; rounded up."""
    seconds = max(1, -(-milliseconds // 1_000))
    if seconds < 90:
        return words("{seconds} s", seconds=seconds)
    tens = -(-seconds // 10) * 10
    minutes, rest = divmod(tens, 60)
    if rest and minutes < 5:
        return words("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return words("{minutes} min", minutes=minutes + bool(rest))


def language_of(locale: str, known: Container[str] = LANGUAGES) -> str:
    """Find the language among ours that a locale such as `sw-KE` asks for; English for others."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in known else SOURCE


def words_for(locale: str) -> Words:
    """Give the words of the language that a locale asks for."""
    return _words(language_of(locale))


def desk_words(locale: str) -> Words:
    """Give the words of the task page in the language that a locale asks for."""
    return _words(language_of(locale, DESK), "desk")


def mail_words(locale: str) -> Words:
    """Give the words of letters in the language that a locale asks for."""
    return _words(language_of(locale), "mail")


def direction_of(language: str) -> str:
    """Say which way a language is read."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


@cache
def _words(language: str, domain: str = "fairhand") -> Words:
    messages = {} if language == SOURCE else load_messages(language, domain)
    return Words(language, Locale.parse(_LOCALES.get(language, language)), messages)


def count_drafted(language: str, domain: str = "desk") -> int:
    """Count the messages that a machine has drafted and nobody has checked yet."""
    return sum(DRAFTED in message.flags for message in _catalogue(language, domain) if message.id)


def _catalogue(language: str, domain: str) -> Catalog:
    path = FOLDER / language / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def load_messages(language: str, domain: str = "fairhand") -> Messages:
    """Read a language's catalogue; a message that is not translated yet is left out."""
    catalogue = _catalogue(language, domain)
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        source = message.id if isinstance(message.id, str) else message.id[0]
        said = message.string or ""
        forms = (said,) if isinstance(said, str) else tuple(said)
        if source and all(forms) and not message.fuzzy:
            found[source] = forms
    return found


def _plural_form(locale: Locale, n: int) -> int:
    """The catalogue's forms are in CLDR's order of the categories that whole numbers have here."""
    if locale.language in ("fr",):
        return 0 if n in (0, 1) else 1
    return 0 if n == 1 else 1


@cache
def _pattern(locale: Locale, digits: int) -> str:
    """The language's own pattern for money, with the code instead of a sign, and these digits."""
    pattern = str(locale.currency_formats["standard"].pattern).split(";")[0]
    number = "#,##0." + "0" * digits if digits else "#,##0"
    code = "\u00a4\u00a4"
    kept = pattern.replace("\u00a4", code).replace("#,##0.00", number)
    if kept.startswith(code) and kept[len(code)] == "#":
        kept = kept.replace(code, f"{code}\u00a0", 1)
    return kept


def _moment(at: Instant) -> datetime:
    return datetime.fromtimestamp(at // 1_000, UTC)


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map(values) if values else text


ENGLISH: Final = words_for(SOURCE)
"""The words as they are written in the code."""
