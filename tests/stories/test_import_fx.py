"""Rates are brought in from files, logged, once."""

from __future__ import annotations

import json

from fairhand.core.clock import parse_iso
from fairhand.pay.fx.store import SavedRates
from fairhand.storage.database import Database
from fairhand.use_cases.import_fx import ImportFx, import_fx
from tests.cast import Cast

FILE = (
    b"base,quote,rate,as_of,source_title,source_url\n"
    b"EUR,KES,149.8,2026-11-20,Central Bank of Kenya,\n"
    b"EUR,GBP,0.88,2026-11-20,ECB,\n"
    b"EUR,USD,0,2026-11-20,ECB,\n"
    b"EUR,USD,1.15,2027-01-01,ECB,\n"
)


def test_a_file_is_kept_once_and_logged_once_and_what_is_wrong_is_said(db: Database) -> None:
    cast = Cast(db)
    command = ImportFx(FILE, cast.carmen)
    first = import_fx(db, command, cast.clock.now)
    again = import_fx(db, command, cast.clock.advance(1_000))
    assert (first.saved, again.saved) == (SavedRates(2, 0), SavedRates(0, 2))
    assert [issue.place for issue in first.issues] == ["line 4, rate", "EUR/USD"]
    assert "has not come yet" in first.issues[1].message
    ((actor, body),) = cast.rows(
        "SELECT person_id, body FROM event WHERE kind = 'pay.rates_imported'"
    )
    assert actor == cast.carmen
    assert json.loads(body)["added"] == 2


def test_a_rate_of_tomorrow_is_taken_where_it_is_tomorrow_already(db: Database) -> None:
    cast = Cast(db)
    cast.clock.now = parse_iso("2026-11-19T20:00:00Z")
    assert import_fx(db, ImportFx(FILE, cast.carmen), cast.clock.now).saved == SavedRates(2, 0)
