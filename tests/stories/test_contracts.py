"""Contracts are linted, signed, shown with what changed, and hold for those who accepted them."""

from __future__ import annotations

import pytest

from fairhand.core.clock import DAY_MS
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.people.council.contracts import DEFAULT
from fairhand.storage.database import Database
from fairhand.use_cases.accept_contract import AcceptContract, accept_contract
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.propose_contract import ProposeContract, propose_contract
from fairhand.use_cases.propose_policy import Proposed
from fairhand.use_cases.read_contracts import OwnContract, read_contracts, read_own_contracts
from tests.cast import Cast
from tests.councils import agree, newcomers, seat_council

LONGER = DEFAULT + "\nBreaks of ten minutes are offered every hour, and they are paid.\n"
OTHER = DEFAULT.replace("seven days before", "fourteen days before")


def propose(cast: Cast, body: str, project: int = 0, locale: str = "en") -> Proposed:
    command = ProposeContract(cast.carmen, project, locale, body, "Say what holds.")
    return propose_contract(cast.db, command, cast.clock.now)


def own(cast: Cast, name: str) -> list[OwnContract]:
    return read_own_contracts(cast.db, cast.person(name), "en")


def accept(cast: Cast, name: str) -> bool:
    current = own(cast, name)[0].current
    command = AcceptContract(cast.person(name), current.id, current.sha256)
    return accept_contract(cast.db, command, cast.clock.now)


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    return Cast(sqlite_db)


def test_without_a_council_a_contract_that_promises_the_default_holds(db: Database) -> None:
    cast = Cast(db)
    assert propose(cast, DEFAULT).state == "no_council"
    assert apply_signed_policies(cast.db, cast.clock.now) == 1

    (mine,) = own(cast, "Amina")
    assert (mine.current.version, mine.accepted, mine.is_asked) == (1, None, True)
    with pytest.raises(InvalidError, match="newest version"):
        propose(cast, DEFAULT)
    with pytest.raises(InvalidError, match="No council"):
        propose(cast, OTHER)  # it takes a sentence out
    with pytest.raises(InvalidError, match="No council"):
        propose(cast, "Karibu kazini. Kazi yote hapa inalipwa kwa saa.", locale="sw")
    assert propose(cast, LONGER).state == "no_council"


def test_a_banned_clause_is_never_proposed(cast: Cast) -> None:
    with pytest.raises(InvalidError) as refused:
        propose(cast, DEFAULT + "\nYou shall not discuss your pay. Training is unpaid.\n")

    said = [issue.message for issue in refused.value.issues]
    assert len(said) == 2
    assert "You shall not discuss your pay." in said[0]
    assert cast.rows("SELECT count(*) FROM proposal") == [(0,)]
    with pytest.raises(NotFoundError):
        propose(cast, DEFAULT, project=99)


def test_a_new_version_is_shown_with_its_changes_and_asks_again(cast: Cast) -> None:
    project = cast.project("Amina")
    propose(cast, DEFAULT)
    apply_signed_policies(cast.db, cast.clock.now)
    assert accept(cast, "Amina")
    assert not accept(cast, "Amina")
    seat_council(cast.db, newcomers(cast.db, 3, cast.clock.now), cast.clock.now)
    cast.clock.advance(DAY_MS)

    agree(cast.db, propose(cast, OTHER).id, cast.clock.now)

    (mine,) = own(cast, "Amina")
    assert mine.is_asked
    assert mine.accepted is not None
    assert mine.accepted.version == 1
    assert mine.current.starts_at == cast.clock.now + 7 * DAY_MS
    assert [what for what, _ in mine.changed if what != "same"] == ["gone", "new"]
    wrong = AcceptContract(cast.person("Amina"), mine.current.id, mine.accepted.sha256)
    with pytest.raises(ConflictError, match="not the words"):
        accept_contract(cast.db, wrong, cast.clock.now)
    cast.clock.advance(8 * DAY_MS)
    task = cast.next_task(cast.person("Amina"), project)  # nobody is shut out meanwhile
    assert task
    assert accept(cast, "Amina")
    listed = read_contracts(cast.db, cast.clock.now).listed
    assert [(one.contract.version, one.holds, one.accepted) for one in listed] == [
        (2, True, 1),
        (1, False, 1),
    ]


def test_who_joins_accepts_first(cast: Cast) -> None:
    project = cast.project()
    propose(cast, DEFAULT, project=project)
    apply_signed_policies(cast.db, cast.clock.now)
    amina = cast.person("Amina")

    with pytest.raises(ConflictError, match="Read and accept the contract"):
        join_project(cast.db, JoinProject(amina, project), cast.clock.now)
    accept(cast, "Amina")
    assert join_project(cast.db, JoinProject(amina, project), cast.clock.now)


def test_a_banned_clause_that_an_older_linter_let_through_keeps_a_project_closed(
    cast: Cast,
) -> None:
    project = cast.project()
    cast.change(
        "INSERT INTO contract (project_id, version, locale, body, sha256, author_id, created_at, "
        "starts_at) VALUES (0, 1, 'en', 'You waive any right to appeal.', 'x', :who, 1, 1)",
        who=cast.carmen,
    )

    with pytest.raises(ConflictError) as closed:
        open_project(cast.db, OpenProject(cast.carmen, project, "open"), cast.clock.now)

    (found,) = [issue for issue in closed.value.issues if issue.place == "contract"]
    assert "You waive any right to appeal." in found.message
