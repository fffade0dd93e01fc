"""An owner grants a licence: its terms are written for machines, and its release is begun."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.core.money import LARGEST_MINOR
from fairhand.formats.odrl import Policy, Royalty, dump_policy
from fairhand.model.job import NewJob
from fairhand.model.licence import Terms
from fairhand.proof.licensing import store
from fairhand.proof.licensing.store import Licence, LicenceRequest
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_release import RELEASE
from fairhand.use_cases.licence_offer import Offer, load_offer, quote_for, share_permille


@dataclass(frozen=True, slots=True)
class GrantLicence:
    """Which request to grant; `price_minor` only where the offer names no price.

    `folder` is where releases of licences are printed.
    """

    project_id: int
    request_id: int
    person_id: int
    folder: Path
    price_minor: int | None = None


def grant_licence(db: Database, command: GrantLicence, now: Instant) -> int:
    """Grant a request and ask for its release; gives the licence.

    The price is the lower of what was quoted and what is there now. Raises ConflictError where it
    was decided before, or where fewer people permit it by now than may be told of.
    """
    with db.write() as connection:
        asked = store.load_request(connection, command.request_id)
        holder = store.load_licensee(connection, asked.licensee_id) if asked else None
        if asked is None or holder is None or asked.project_id != command.project_id:
            raise NotFoundError(f"There is no request {command.request_id}.")
        offer = load_offer(connection, asked.project_id, only_listed=False)
        price = _price(connection, offer, asked, holder.name, command.price_minor, now)
        moved = store.decide_request(
            connection, asked.id, "granted", why=None, decided_by=command.person_id, now=now
        )
        if not moved:
            raise ConflictError("This request was decided before.", code="decided")
        uid, ends = str(uuid.uuid4()), Instant(now + asked.term_days * DAY_MS)
        share = share_permille(connection, asked.project_id, now)
        row: dict[str, Any] = {
            "uid": uid,
            "request_id": asked.id,
            "licensee_id": holder.id,
            "project_id": asked.project_id,
            "purposes": asked.purposes,
            "territory": asked.territory,
            "starts_at": now,
            "ends_at": ends,
            "price_minor": price,
            "currency": offer.project.currency,
            "policy": agreement(offer, uid, asked, holder.name, (now, ends), share),
            "granted_at": now,
        }
        licence_id = store.add_licence(connection, row)
        licence = store.load_licence(connection, licence_id)
        if licence is not None:
            ask_licensed_release(connection, licence, holder.name, command.folder, now)
        body = {
            "licence": uid,
            "request": asked.id,
            "project": asked.project_id,
            "purposes": sorted(asked.purposes),
            "territory": sorted(asked.territory),
            "ends_at": ends,
            "price_minor": price,
            "share_permille": share,
        }
        log.append(connection, "licence.granted", body, now, command.person_id, asked.project_id)
    return licence_id


def ask_licensed_release(
    connection: Connection,
    licence: Licence,
    holder: str,
    folder: Path,
    now: Instant,
    supersedes: int | None = None,
) -> str:
    """Put the writing of a licence's release into the queue; gives the job."""
    job_id = new_token()
    content = {
        "project_id": licence.project_id,
        "directory": str(folder / f"{licence.uid}-{job_id[:8]}"),
        "licence": f"Agreement {licence.uid}; see terms",
        "media": "copy" if "raw_release" in licence.purposes else "hashes",
        "purposes": list(licence.purposes),
        "territory": list(licence.territory),
        "days": max(1, (licence.ends_at - now) // DAY_MS),
        "recipient": holder,
        "supersedes": supersedes,
        "licence_id": licence.id,
        "accept_warnings": True,  # nobody is there to be asked; the card tells them
    }
    job_store.ask(connection, NewJob(job_id, RELEASE, content, licence.project_id, None), now)
    return job_id


def agreement(
    offer: Offer,
    uid: str,
    asked: LicenceRequest,
    holder: str,
    span: tuple[Instant, Instant],
    share: int,
    release_id: int | None = None,
) -> dict[str, Any]:
    """Write a licence as ODRL agreements, one for each thing that people gave."""
    named = f"v{release_id}" if release_id else uid
    royalty = Royalty("share_of_price", share, offer.project.currency, "contributors")
    policies = [
        dump_policy(
            Policy(
                uid=f"urn:uuid:{uid}#{modality}",
                kind="Agreement",
                target=f"urn:fairhand:{offer.project.slug}:{named}",
                assigner=offer.controller,
                assignee=holder,
                terms=Terms(
                    modality=modality,
                    purposes=frozenset(asked.purposes),
                    starts=span[0],
                    ends=span[1],
                    territory=frozenset(asked.territory),
                    recipients=frozenset({holder}),
                ),
                royalty=royalty if share else None,
                revocations=f"/releases/{release_id}/revocations" if release_id else "",
            )
        )
        for modality in offer.campaign.modalities
    ]
    return {"policies": policies}


def _price(
    connection: Connection,
    offer: Offer,
    asked: LicenceRequest,
    holder: str,
    named: int | None,
    now: Instant,
) -> int:
    quote = quote_for(connection, offer, asked.wish(holder), now)
    if quote.items is None:
        raise ConflictError(
            f"Fewer than {offer.campaign.smallest_cell} people permit this by now. "
            "Decline it, or wait until more do.",
            code="too_few_people",
        )
    told = asked.quote.get("price_minor")
    prices = [one for one in (told, quote.price_minor) if one is not None]
    if prices:
        return int(min(prices))
    if named is None or not 0 <= named <= LARGEST_MINOR:
        words = "No price was named for this. Name one, 0 for none."
        raise InvalidError(words, issues=[Issue("price", words)])
    return named
