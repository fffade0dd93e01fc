"""A licence from its request over its release to what its holder must delete, and says so."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.formats.odrl import parse_policy
from fairhand.model.licence import Use, permits
from fairhand.pay.royalties.store import OwnShare
from fairhand.proof.licensing import store
from fairhand.proof.licensing.rules import Wish
from fairhand.proof.log.note import open_note
from fairhand.proof.release import terms_store
from fairhand.storage.database import Database
from fairhand.use_cases.answer_notice import AnswerNotice, answer_notice
from fairhand.use_cases.answer_unlearning import AnswerUnlearning, answer_unlearning
from fairhand.use_cases.decline_licence import DeclineLicence, decline_licence
from fairhand.use_cases.deliver_licence import deliver_licence
from fairhand.use_cases.note_overdue import note_overdue
from fairhand.use_cases.read_compliance import read_compliance
from fairhand.use_cases.read_licences import read_licences
from fairhand.use_cases.read_licensee import read_licensed_release, read_licensee
from fairhand.use_cases.read_offers_of_data import list_offers_of_data, read_offer_of_data
from fairhand.use_cases.read_royalties import read_own_royalties
from fairhand.use_cases.register_model import RegisterModel, register_model
from fairhand.use_cases.renew_licensed_release import renew_licensed_release
from fairhand.use_cases.set_prices import set_prices
from fairhand.use_cases.take_back_request import take_back_request
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from tests.stories.licence_world import ASKER, USE, LicenceWorld
from tests.stories.release_world import SIGNER


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> LicenceWorld:
    return LicenceWorld(sqlite_db, tmp_path)


def quoted(world: LicenceWorld, *purposes: str, name: str = "") -> int | None:
    wish = Wish(purposes, ("KE",), 30, name)
    return read_offer_of_data(world.db, world.project, wish, world.now)[2].people


def test_the_whole_way_of_a_licence(world: LicenceWorld) -> None:
    world.promise(600)
    world.give("Amina", "Bao", "Esi", "Farid")
    asked = world.ask()
    licence_id = world.grant(asked)
    release_id = world.print_it()
    (holding,) = read_licensee(world.db, asked.token, world.now).holdings
    licence = holding.held.licence
    assert (licence.release_id, licence.price_minor) == (release_id, 4 * 500)
    assert holding.can_fetch
    read = parse_policy(licence.policy["policies"][0])
    use = Use("training", "voice", world.now, "KE", "Sauti AI")
    assert permits(read.terms, use)
    assert not permits(read.terms, Use("voice_clone", "voice", world.now, "KE", "Sauti AI"))
    assert "receive the files themselves" in holding.words
    with world.db.read() as connection:
        terms = terms_store.load_terms(connection, release_id)
    assert terms is not None
    assert (terms.recipient, terms.starts_at, terms.ends_at) == (
        "Sauti AI",
        licence.starts_at,
        licence.ends_at,
    )
    folder = read_licensed_release(world.db, asked.token, licence_id, world.now)
    items = (Path(folder.release.directory) / "items.jsonl").read_bytes().splitlines()
    assert len(items) == 4
    # What they all earned: 60 % of 20.00, owed at once.
    owed = [one.amount_micros for name in world.people for one in _own(world, name)]
    assert len(owed) == 4
    assert sum(owed) == 1_200 * 1_000_000
    _esi_leaves(world, asked.token, licence_id, release_id)


def _own(world: LicenceWorld, name: str) -> list[OwnShare]:
    return read_own_royalties(world.db, world.people[name])


def _esi_leaves(world: LicenceWorld, token: str, licence_id: int, release_id: int) -> None:
    trained = RegisterModel(token, licence_id, "digits", "1", "training", world.now)
    model = register_model(world.db, trained, world.now)
    assert register_model(world.db, trained, world.now) == model
    world.wait()
    withdraw_grant(world.db, WithdrawGrant(world.people["Esi"], world.grants["Esi"]), world.now)
    world.settle()
    (holding,) = read_licensee(world.db, token, world.now).holdings
    (told,) = holding.held.notices
    assert (told.state, holding.revoked, holding.can_fetch) == ("sent", 1, False)
    assert told.due_at > world.now
    with pytest.raises(ConflictError, match="took items"):
        read_licensed_release(world.db, token, licence_id, world.now)
    ((_, (unlearning,)),) = holding.held.models
    assert (unlearning.state, unlearning.items) == ("asked", 1)
    said = AnswerNotice(token, told.id, "attested", "Ada, data protection", "Deleted everywhere.")
    receipt = answer_notice(world.db, SIGNER, said, world.now)
    text = open_note(receipt, [SIGNER.verifier])
    assert "answer attested" in text
    assert f"licence {holding.held.licence.uid}" in text
    assert answer_notice(world.db, SIGNER, said, world.now) == receipt
    answer_unlearning(
        world.db, AnswerUnlearning(token, unlearning.id, "retrained", "From scratch."), world.now
    )
    (row,) = read_compliance(world.db, world.now)
    assert (row.licensee, dict(row.notices), dict(row.unlearning)) == (
        "Sauti AI",
        {"attested": 1},
        {"retrained": 1},
    )
    renew_licensed_release(world.db, token, licence_id, world.folder, world.now)
    with pytest.raises(ConflictError, match="being written"):
        renew_licensed_release(world.db, token, licence_id, world.folder, world.now)
    newer = world.print_it()
    assert newer != release_id
    (holding,) = read_licensee(world.db, token, world.now).holdings
    assert holding.can_fetch
    folder = read_licensed_release(world.db, token, licence_id, world.now)
    items = (Path(folder.release.directory) / "items.jsonl").read_bytes().splitlines()
    assert len(items) == 3


def test_only_what_people_permit_is_there_to_be_licensed(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao")
    world.lend("Esi", "Farid", ticked=("training",))
    assert quoted(world, "training") == 4
    assert quoted(world, "training", "raw_release") == 2
    assert quoted(world, "voice_clone") is None
    with pytest.raises(InvalidError):
        quoted(world, "face_synthesis")


def test_what_no_longer_is_permitted_is_not_offered_any_more(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao", "Esi")
    asked = world.ask()
    for name in ("Bao", "Esi"):
        withdraw_grant(world.db, WithdrawGrant(world.people[name], world.grants[name]), world.now)
    assert quoted(world, "training") is None
    with pytest.raises(ConflictError, match="Fewer than 2"):
        world.grant(asked)
    (page,) = read_licences(world.db, world.project, world.now).requests
    assert page.request.state == "asked"


def test_the_price_is_what_was_quoted_or_less(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao", "Esi", "Farid")
    asked = world.ask()
    withdraw_grant(world.db, WithdrawGrant(world.people["Esi"], world.grants["Esi"]), world.now)
    world.list_it(prices={"item_minor": {"training": 1_000, "raw_release": 400}})
    world.grant(asked)
    (held,) = read_licences(world.db, world.project, world.now).held
    assert held.licence.price_minor == 2_000  # quoted for four; two dearer ones cost 2,800


def test_an_owner_names_the_price_where_the_offer_names_none(world: LicenceWorld) -> None:
    world.give("Amina", "Bao")
    world.list_it(prices={})
    asked = world.ask()
    with pytest.raises(InvalidError, match="No price"):
        world.grant(asked)
    world.grant(asked, 0)
    assert world.print_it()
    (held,) = read_licences(world.db, world.project, world.now).held
    assert (held.licence.price_minor, held.licence.usage_id) == (0, None)


def test_a_campaign_that_promised_nothing_owes_nothing_and_says_so(world: LicenceWorld) -> None:
    world.give("Amina", "Bao")
    assert read_offer_of_data(world.db, world.project, None, world.now)[2].share_permille == 0
    world.grant(world.ask())
    release_id = world.print_it()
    (held,) = read_licences(world.db, world.project, world.now).held
    assert held.licence.usage_id is None
    assert deliver_licence(world.db, held.licence.id, release_id, world.now) is None


def test_delivering_twice_owes_royalties_once(world: LicenceWorld) -> None:
    world.promise()
    world.give("Amina", "Bao")
    licence_id = world.grant(world.ask())
    release_id = world.print_it()
    before = [len(_own(world, name)) for name in world.people]
    deliver_licence(world.db, licence_id, release_id, world.now)
    assert [len(_own(world, name)) for name in world.people] == before == [1, 1]


def test_a_request_is_decided_once(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao")
    asked = world.ask()
    with pytest.raises(InvalidError, match="why"):
        decline_licence(
            world.db, DeclineLicence(world.project, asked.request_id, 1, " "), world.now
        )
    decline_licence(
        world.db, DeclineLicence(world.project, asked.request_id, 1, "Not for this."), world.now
    )
    with pytest.raises(ConflictError):
        world.grant(asked)
    with pytest.raises(ConflictError):
        take_back_request(world.db, asked.token, asked.request_id, world.now)
    ((request, _),) = read_licensee(world.db, asked.token, world.now).requests
    assert (request.state, request.why) == ("declined", "Not for this.")
    assert not world.jobs()


def test_a_request_of_another_project_is_none(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao")
    asked = world.ask()
    with pytest.raises(NotFoundError):
        decline_licence(
            world.db,
            DeclineLicence(world.project + 1, asked.request_id, 1, "Not for this."),
            world.now,
        )


def test_what_is_not_listed_cannot_be_asked_for(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao")
    assert len(list_offers_of_data(world.db, world.now)) == 1
    set_prices(world.db, world.voices.carmen, world.project, {"training": 5}, False, world.now)
    assert not list_offers_of_data(world.db, world.now)
    with pytest.raises(NotFoundError):
        world.ask()


def test_a_wrong_secret_opens_nothing(world: LicenceWorld) -> None:
    world.give("Amina", "Bao", "Esi")
    first, second = world.ask(), world.ask()
    licence_id = world.grant(first)
    world.print_it()
    withdraw_grant(world.db, WithdrawGrant(world.people["Esi"], world.grants["Esi"]), world.now)
    world.settle()
    with world.db.read() as connection:
        (told,) = store.list_notices(connection, [licence_id])
    with pytest.raises(NotFoundError):
        read_licensee(world.db, "x" * 43, world.now)
    with pytest.raises(NotFoundError):
        read_licensed_release(world.db, second.token, licence_id, world.now)
    with pytest.raises(NotFoundError):
        answer_notice(
            world.db, SIGNER, AnswerNotice(second.token, told.id, "attested", "Mallory"), world.now
        )
    with pytest.raises(NotFoundError):
        take_back_request(world.db, second.token, first.request_id, world.now)


def test_silence_is_overdue_on_the_day_and_may_still_be_mended(world: LicenceWorld) -> None:
    world.give("Amina", "Bao", "Esi")
    asked = world.ask()
    licence_id = world.grant(asked)
    world.print_it()
    withdraw_grant(world.db, WithdrawGrant(world.people["Esi"], world.grants["Esi"]), world.now)
    world.settle()
    with world.db.read() as connection:
        (told,) = store.list_notices(connection, [licence_id])
    assert note_overdue(world.db, Instant(told.due_at - 1)) == (0, 0)
    assert note_overdue(world.db, told.due_at) == (1, 0)
    assert note_overdue(world.db, told.due_at) == (0, 0)
    late = Instant(told.due_at + 1)
    (row,) = read_compliance(world.db, late)
    assert dict(row.notices) == {"overdue": 1}
    answer_notice(world.db, SIGNER, AnswerNotice(asked.token, told.id, "attested", "Ada"), late)
    (row,) = read_compliance(world.db, late)
    assert dict(row.notices) == {"attested": 1}
    said = AnswerNotice(asked.token, told.id, "disputed", "Ada", "We never had this item.")
    with pytest.raises(ConflictError):
        answer_notice(world.db, SIGNER, said, late)


def test_a_licence_that_is_over_gives_no_files(world: LicenceWorld) -> None:
    world.give("Amina", "Bao")
    asked = world.ask()
    licence_id = world.grant(asked)
    world.print_it()
    over = Instant(world.now + 91 * DAY_MS)
    with pytest.raises(ConflictError, match="over"):
        read_licensed_release(world.db, asked.token, licence_id, over)
    assert not read_compliance(world.db, over)[0].in_force


def test_a_model_for_what_is_not_licensed_cannot_be_registered(world: LicenceWorld) -> None:
    world.give("Amina", "Bao")
    asked = world.ask()
    licence_id = world.grant(asked)
    with pytest.raises(ConflictError, match="not written"):
        register_model(
            world.db,
            RegisterModel(asked.token, licence_id, "a", "1", "training", world.now),
            world.now,
        )
    world.print_it()
    with pytest.raises(InvalidError, match="not permit"):
        register_model(
            world.db,
            RegisterModel(asked.token, licence_id, "a", "1", "voice_clone", world.now),
            world.now,
        )


def test_a_request_with_everything_wrong_says_all_of_it(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao")
    with pytest.raises(InvalidError) as caught:
        world.ask(purposes=(), territory=("Kenya",), term_days=0, words="?")
    places = {one.place for one in caught.value.issues}
    assert places == {"purposes", "territory", "term_days", "words"}


def test_of_the_secret_only_its_hash_is_kept(world: LicenceWorld) -> None:
    world.lend("Amina", "Bao")
    asked = world.ask()
    with world.db.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM licensee").mappings().one()
    assert asked.token not in orjson.dumps(dict(row)).decode()
    assert row["name"] == ASKER.name
    assert set(USE) == {"training", "raw_release"}
