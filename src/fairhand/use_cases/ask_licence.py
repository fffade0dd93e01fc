"""Somebody outside asks for a licence; what was there and what it costs is kept with it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, TooManyError
from fairhand.core.ids import new_token, sha256_hex
from fairhand.proof.licensing import store
from fairhand.proof.licensing.rules import MOST_OPEN, Asker, Wish, check_asker, check_wish
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.licence_offer import load_offer, quote_for


@dataclass(frozen=True, slots=True)
class AskLicence:
    """Who asks for what; `words` say in plain sentences what it is for."""

    project_id: int
    asker: Asker
    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    term_days: int
    words: str


@dataclass(frozen=True, slots=True)
class AskedLicence:
    """The request and the secret of the licensee's page, told this once."""

    request_id: int
    licensee_id: int
    token: str


def ask_licence(db: Database, command: AskLicence, now: Instant) -> AskedLicence:
    """Ask for a licence of a listed campaign.

    Raises InvalidError with everything that is missing at once, TooManyError while very many
    requests wait for this campaign's owner.
    """
    token, asker = new_token(), command.asker
    name = " ".join(asker.name.split())
    wish = Wish(command.purposes, command.territory, command.term_days, name)
    with db.write() as connection:
        offer = load_offer(connection, command.project_id, only_listed=True)
        issues = check_wish(wish, offer.purposes) + check_asker(asker, command.words)
        if issues:
            raise InvalidError("Please look at the marked fields again.", issues=issues)
        if store.count_open(connection, command.project_id) >= MOST_OPEN:
            raise TooManyError("Many requests wait to be read here. Ask again in a few days.")
        quote = quote_for(connection, offer, wish, now)
        asker = Asker(name, asker.contact, asker.country, asker.website)
        licensee_id = store.add_licensee(connection, asker, sha256_hex(token.encode()), now)
        request_id = store.add_request(
            connection, licensee_id, command.project_id, wish, command.words, quote, now
        )
        body = {
            "request": request_id,
            "project": command.project_id,
            "purposes": sorted(wish.purposes),
            "territory": sorted(wish.territory),
            "term_days": wish.term_days,
        }
        log.append(connection, "licence.asked", body, now, None, command.project_id)
    return AskedLicence(request_id, licensee_id, token)
