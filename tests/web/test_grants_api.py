"""Consent over the API and the SDK, and `fairhand grant` in a terminal."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from fairhand.client import FairhandError
from fairhand.formats.consent_record import receipt_issues
from fairhand.storage.database import Database
from tests.web.lent import Lent
from tests.web.test_campaign import sdk
from tests.web.world import World, make_world


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path, tasks=2)


def test_a_notice_is_read_understood_and_agreed_to_by_a_program(world: World) -> None:
    lent = Lent(world)
    mine = sdk(world, "Amina", "work").grants
    notice = mine.notice(lent.project)
    number = notice["notice_id"]
    assert "right" not in orjson.dumps(notice["questions"]).decode()
    assert not notice["understood"]
    with pytest.raises(FairhandError) as early:
        mine.give(lent.project, number, {"voice": ["training"]}, 90)
    assert early.value.code == "not_understood"
    tried = mine.understand(lent.project, number, [0, 0])
    assert not tried["understood"]
    assert [one["question"] for one in tried["wrong"]] == [0]
    assert mine.understand(lent.project, number, [1, 0])["understood"]
    made = mine.give(
        lent.project, number, {"voice": ["training", "evaluation"]}, 90, territory=["KE"]
    )
    (grant,) = made["grants"]
    assert grant["territory"] == ["KE"]
    assert made["joined"]
    assert mine.list() == [mine.show(grant["grant_id"])]
    assert receipt_issues(mine.receipt(grant["grant_id"])) == []
    ended = mine.end(grant["grant_id"], ["evaluation"])
    assert not ended["left_campaign"]
    assert mine.show(grant["grant_id"])["purposes"]["evaluation"] is not None
    assert mine.end(grant["grant_id"])["left_campaign"]
    with pytest.raises(FairhandError) as again:
        mine.end(grant["grant_id"])
    assert again.value.code == "ended_before"
    assert not mine.show(grant["grant_id"])["is_living"]


def test_what_is_not_offered_or_not_ones_own_is_refused(world: World) -> None:
    lent = Lent(world)
    mine = sdk(world, "Amina", "work").grants
    number = mine.notice(lent.project)["notice_id"]
    mine.understand(lent.project, number, [1, 0])
    never: list[dict[str, list[str]]] = [
        {"voice": ["training", "biometric_id"]},
        {"voice": ["training"], "biometric_template": ["biometric_id"]},
        {"voice": ["evaluation"]},
        {"voice": []},
    ]
    for ticked in never:
        with pytest.raises(FairhandError) as refused:
            mine.give(lent.project, number, ticked, 90)
        assert refused.value.status == 422
    with pytest.raises(FairhandError) as elsewhere:
        mine.refuse(world.project, number)
    assert elsewhere.value.status == 404
    assert mine.refuse(lent.project, number) == {"refused": lent.project}
    assert mine.notice(lent.project)["refused"]
    assert mine.list() == []
    grant = lent.join()
    bao = sdk(world, "Bao", "work").grants
    for ask in (bao.show, bao.receipt, bao.end):
        with pytest.raises(FairhandError) as foreign:
            ask(grant.id)
        assert foreign.value.status == 404
