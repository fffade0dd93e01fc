"""Put a statement into words: every line with its formula, the floor with its source, the proof.

A sheet has no layout. The statement's page and its PDF both show it, so they cannot say different
things. It reads both formats of statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fairhand.core.clock import Instant, parse_iso
from fairhand.core.money import ceil_fraction, exponent
from fairhand.core.words import Words
from fairhand.pay.paper.names import activity_name, basis_name

_MORE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Year:
    """What a calendar year came to, up to and with a statement; amounts are exact decimals."""

    year: int
    statements: int
    paid_ms: int
    gross: str
    top_up: str
    to_pay: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a sheet says beside the statement's own words.

    `share` is paid time over the time between the beginning and end of each stretch; None when
    there was none. `root` and `size` are of the checkpoint that proves the statement.
    """

    number: int
    sha256: str
    made_at: Instant
    address: str
    log: str
    root: str | None
    size: int | None
    share: Fraction | None
    year: Year


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what for, how it is counted, and the evidence behind it."""

    n: int
    project: str
    what: str
    how: str
    amount: str
    notes: tuple[str, ...]
    evidence: tuple[str, ...]
    may_be_disputed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the sheet: a heading, pairs of a name and a value, and sentences."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement in words."""

    language: str
    title: str
    about: tuple[str, ...]
    to_pay_title: str
    to_pay: str
    lines_title: str
    rows: tuple[Row, ...]
    parts: tuple[Part, ...]
    is_simulated: bool
    made_at: Instant


def make_sheet(said: Mapping[str, Any], beside: Beside, words: Words) -> Sheet:
    """Put a statement's document into a person's words."""
    _ = words
    currency = said["currency"]
    return Sheet(
        language=words.language,
        title=_("Pay statement {number}", number=beside.number),
        about=tuple(_about(said, words)),
        to_pay_title=_("To pay"),
        to_pay=words.amount(said["totals"]["to_pay"], currency),
        lines_title=_("Line by line"),
        rows=tuple(_row(n, line, said, words) for n, line in enumerate(said["lines"], start=1)),
        parts=(
            _floor(said, words),
            _sums(said, words),
            _year(beside, currency, words),
            _proof(said, beside, words),
            _dispute(beside, words),
        ),
        is_simulated=bool(said["person"]["simulated"]),
        made_at=beside.made_at,
    )


def how_counted(line: Mapping[str, Any], currency: str, words: Words) -> str:
    """Say by which formula a line comes to its amount."""
    _ = words
    kind, quantity = line["kind"], line.get("quantity")
    rate = _money(line.get("rate_per_hour"), currency, words)
    unit = _money(line.get("unit_amount"), currency, words)
    if kind == "time":
        return _("{time} × {rate} an hour", time=_exact_time(line["paid_ms"], words), rate=rate)
    if kind == "piece" and unit and quantity is not None:
        pieces = words.plural("{n} piece", "{n} pieces", quantity)
        return _(
            "{pieces} × {price}, at least {rate} an hour", pieces=pieces, price=unit, rate=rate
        )
    if kind == "audio" and unit and quantity is not None:
        audio = _exact_time(quantity, words)
        return _("{time} of audio × {price} a minute, at least {rate} an hour",
                 time=audio, price=unit, rate=rate)  # fmt: skip
    if unit and quantity is not None:
        return _("{time} × {rate} an hour", time=_exact_time(quantity, words), rate=unit)
    if quantity is not None:
        return _("for {time}", time=_exact_time(quantity, words))
    if kind == "top_up":
        return _("what the floor asks, less what was earned, rounded up")
    return _("as it was decided")


def _about(said: Mapping[str, Any], words: Words) -> list[str]:
    _ = words
    person, period = said["person"], said["period"]
    start, end = (parse_iso(period[name]) for name in ("starts_at", "ends_at"))
    place = "-".join(one for one in (person["country"], person["region"]) if one)
    lines = [_("From {start} to {end}", start=words.moment(start), end=words.moment(end))]
    lines.append(_("For person {person}, working from {place}", person=person["id"],
                   place=place or "–"))  # fmt: skip
    if person["simulated"]:
        lines.append(_("SIMULATED: this is not a person, and no money is paid."))
    return lines


def _row(n: int, line: Mapping[str, Any], said: Mapping[str, Any], words: Words) -> Row:
    _ = words
    kind, currency = line["kind"], said["currency"]
    activity = line.get("activity", kind)
    what = basis_name(words, kind)
    if activity != kind and kind not in ("top_up", "royalty"):
        what = f"{what}: {activity_name(words, activity)}"
    return Row(
        n=n,
        project=line["project"]["title"],
        what=what,
        how=how_counted(line, currency, words) if kind != "top_up" else _top_up(line, said, words),
        amount=words.amount(line["amount"], currency),
        notes=tuple(_notes(line, words)),
        evidence=tuple(_evidence(line["ledger"], words)),
        may_be_disputed=kind != "top_up",
    )


def _top_up(line: Mapping[str, Any], said: Mapping[str, Any], words: Words) -> str:
    project = line["project"]["id"]
    for one in said["floor"]["projects"]:
        if one["project_id"] == project:
            return _floor_formula(one, said["currency"], words)
    return how_counted(line, said["currency"], words)


def _floor_formula(one: Mapping[str, Any], currency: str, words: Words) -> str:
    return words(
        "the floor asks {due} for {time}, {accrued} was earned",
        due=_due(one["due_minor_units"], currency, words),
        time=_exact_time(one["paid_ms"], words),
        accrued=words.amount(one["accrued"], currency),
    )


def _notes(line: Mapping[str, Any], words: Words) -> list[str]:
    _ = words
    notes = []
    if line.get("late_from_earlier_period"):
        notes.append(_("It came in late, from an earlier period."))
    if line.get("why"):
        notes.append(str(line["why"]))
    corrects = line.get("corrects")
    if corrects:
        notes.append(_("Follows from dispute {dispute}.", dispute=corrects["dispute"]))
    return notes


def _evidence(ledger: Mapping[str, Any], words: Words) -> list[str]:
    _ = words
    n = ledger["entries"]
    entries = words.plural("{n} ledger entry", "{n} ledger entries", n)
    numbers = f"{ledger['first']}" if n == 1 else f"{ledger['first']} – {ledger['last']}"
    found = [_("{entries}: {numbers}", entries=entries, numbers=numbers)]
    if ledger.get("sha256"):
        found.append(_("Fingerprint over them: {sha256}", sha256=ledger["sha256"]))
    return found


def _floor(said: Mapping[str, Any], words: Words) -> Part:
    _ = words
    currency, floor = said["currency"], said["floor"]
    titles = {line["project"]["id"]: line["project"]["title"] for line in said["lines"]}
    facts = [(_source(one), _floor_words(one, currency, words)) for one in floor["floors"]]
    facts += [
        (str(titles.get(one["project_id"], one["project_id"])),
         _floor_formula(one, currency, words) + ": " + _("top-up {amount}", amount=words.amount(
             one["top_up"], currency)))
        for one in floor["projects"]
    ]  # fmt: skip
    sentences = [
        _("The floor is the lowest pay for an hour that is allowed where you live. If your pay is "
          "below it, the difference is added; premiums, expenses and royalties never count "
          "towards it.")
    ]  # fmt: skip
    if floor["paid_ms_without_floor"]:
        time = words.duration(floor["paid_ms_without_floor"])
        sentences.append(_("No floor was known for {time} of this time.", time=time))
    return Part(_("The floor"), tuple(facts), tuple(sentences))


def _source(one: Mapping[str, Any]) -> str:
    letter = f" ({one['source_class']})" if one["source_class"] else ""
    return f"{one['source_title']}{letter}"


def _floor_words(one: Mapping[str, Any], currency: str, words: Words) -> str:
    _ = words
    own = words.amount(one["per_hour"], one.get("currency", currency))
    told = _("{rate} an hour since {date}", rate=own, date=one["valid_from"])
    exchanged = one.get("in_currency")
    if exchanged:
        here = words.amount(exchanged["per_hour"], currency)
        told += "; " + _("that is {amount} at a rate of {rate} of {date}, from {source}",
                         amount=here, rate=exchanged["rate"], date=exchanged["as_of"],
                         source=exchanged["source_title"])  # fmt: skip
    return told + "; " + _("{time} of yours were under it", time=words.duration(one["paid_ms"]))


def _sums(said: Mapping[str, Any], words: Words) -> Part:
    _ = words
    names = {
        "accrued": _("Earned"),
        "base": _("Work"),
        "premiums": _("Premiums and overtime"),
        "expenses": _("Expenses"),
        "royalties": _("Royalties"),
        "corrections": _("Corrections"),
        "top_up": _("Top-up to the floor"),
        "gross": _("Earned in all"),
        "carried_in": _("Brought over"),
        "to_pay": _("To pay"),
        "carried_out": _("Goes to the next statement"),
    }
    currency, totals = said["currency"], said["totals"]
    facts = [(_("Paid time"), _exact_time(totals["paid_ms"], words))]
    facts += [
        (name, words.amount(totals[key], currency)) for key, name in names.items() if key in totals
    ]
    facts.append((_("Fees"), words.money(0, currency)))
    return Part(_("Sum"), tuple(facts), (_("Less than a smallest coin is never lost: it goes to "
                                           "the next statement."),))  # fmt: skip


def _year(beside: Beside, currency: str, words: Words) -> Part:
    _ = words
    year = beside.year
    facts = [
        (_("Statements"), words.number(year.statements)),
        (_("Paid time"), words.duration(year.paid_ms)),
        (_("Earned in all"), words.amount(year.gross, currency)),
        (_("Top-up to the floor"), words.amount(year.top_up, currency)),
        (_("To pay"), words.amount(year.to_pay, currency)),
    ]
    if beside.share is not None:
        facts.append((_("Paid share of engaged time"), words.percent(beside.share)))
    return Part(_("The year {year} so far", year=year.year), tuple(facts))


def _proof(said: Mapping[str, Any], beside: Beside, words: Words) -> Part:
    _ = words
    facts = [(_("Fingerprint (SHA-256)"), beside.sha256)]
    if said["previous_sha256"]:
        facts.append((_("The statement before"), str(said["previous_sha256"])))
    facts.append((_("Log"), beside.log))
    if beside.root is not None:
        size = words.number(beside.size or 0)
        facts.append((_("Root of the log at {size} events", size=size), beside.root))
    sentences = [
        _("To check it without us: download the bundle of this statement and open it on the page "
          "{address}/verify, which also works offline, or run: fairhand verify statement FILE",
          address=beside.address)
    ]  # fmt: skip
    if beside.root is None:
        sentences.insert(0, _("The log has not sealed this statement yet; that takes a minute."))
    return Part(_("Proof"), tuple(facts), tuple(sentences))


def _dispute(beside: Beside, words: Words) -> Part:
    _ = words
    return Part(
        _("If something is wrong"),
        words=(
            _("Dispute the line at {address}/earnings/disputes/new?statement={number}. A named "
              "person answers within 7 days, or you are right by default. The time you need for "
              "it is paid.", address=beside.address, number=beside.number),
        ),
    )  # fmt: skip


def _due(fraction: str, currency: str, words: Words) -> str:
    """A fraction of minor units, rounded up at four digits more than the currency has."""
    scaled = ceil_fraction(Fraction(fraction) * 10**_MORE_DIGITS)
    digits = exponent(currency) + _MORE_DIGITS
    return words.amount(str(Decimal(scaled).scaleb(-digits)), currency)


def _exact_time(milliseconds: int, words: Words) -> str:
    exact = words("{n} ms", n=words.number(milliseconds))
    return f"{words.duration(milliseconds)} ({exact})"


def _money(text: str | None, currency: str, words: Words) -> str:
    return "" if text is None else words.amount(text, currency)


def parts_of(sheet: Sheet) -> Sequence[Part]:
    """The parts after the lines, in reading order."""
    return sheet.parts
