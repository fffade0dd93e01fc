"""Each reason to refuse, as the command and the page tell it: in words, and who can mend it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from html import unescape
from pathlib import Path

import pytest

from fairhand.client.gate import Gate
from fairhand.core.clock import DAY_MS, Clock, Instant
from fairhand.core.settings import load_settings
from fairhand.people.accounts.rules import Actor
from fairhand.people.accounts.store import load_workspace
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Cell
from fairhand.proof.log.keys import load_or_create_signer
from fairhand.proof.log.note import Signer
from fairhand.proof.release.fitness import RULES, TITLES, Rule
from fairhand.storage.database import Database
from fairhand.use_cases import house as houses
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.manage_tokens import CreateToken, create_token
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import (
    WithdrawGrant,
    withdraw_contributions,
    withdraw_grant,
)
from fairhand.web.app import create_app
from tests.stories.gate_world import GateWorld, make_gate_world
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.terminal import run
from tests.web.world import TestClient

Started = list[list[str]]
OWNER = "owner (Carmen)"


@dataclass(frozen=True, slots=True)
class Doors:
    """A workspace whose gate is asked, by its command and on its page."""

    folder: Path
    db: Database
    clock: Clock
    owner: int
    project: int
    release: int
    version: int = 1

    def command(self, toml: str, purpose: str) -> str:
        """Ask before a command; it must be refused, by exit code and by the rest of the words."""
        file = self.folder / "release.toml"
        file.write_text(f"[release]\nid = {self.release}\n{toml}", "utf-8")
        asked = ("gate", "-w", str(self.folder), str(file), "--purpose", purpose)
        said = run(*asked, "--", "true")
        assert said.code == 1, said.out + said.err
        assert "Nothing was started or written down." in said.out
        return " ".join(said.out.split())

    def page(self, rule: Rule, purpose: str) -> str:
        """Ask on the page; gives the row of a rule, as it is read."""
        house = houses.open_house(load_settings(self.folder), self.clock)
        carmen = Actor(self.owner, "Carmen", "en", {0: {"owner"}}, None)
        command = CreateToken("a browser", "manage", 0)
        client = TestClient(create_app(house), raise_server_exceptions=False)
        secret = create_token(self.db, carmen, command, self.clock())
        client.headers["authorization"] = f"Bearer {secret}"
        place = f"/projects/{self.project}/releases/{self.version}/gate"
        text = client.get(place, params={"purpose": purpose}).text
        house.close()
        assert "Training may not begin:" in text
        plain = (" ".join(unescape(re.sub(r"<[^>]*>", " ", row)).split()) for row in _rows(text))
        found = [row for row in plain if row.startswith(TITLES[rule])]
        assert len(found) == 1, text
        return found[0]


def _rows(text: str) -> list[str]:
    return re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reason:
    """How it comes about, and what has to be said; `on_page` False: only a copy or a file has it.

    `page_words` is for what the page knows and the copy's own check says in other words.
    """

    rule: Rule
    words: str
    who: str
    come_about: Callable[[GateWorld], object]
    toml: str = ""
    purpose: str = "training"
    on_page: bool = True
    page_words: str = ""


def sql(statement: str, **values: object) -> Callable[[GateWorld], object]:
    return lambda world: world.cast.change(statement, **values)


def published(**said: object) -> Callable[[GateWorld], object]:
    return lambda world: world.publish(**said)


def _demo(world: GateWorld) -> None:
    command = OpenProject(world.cast.carmen, world.project, "demo")
    open_project(world.db, command, world.cast.clock.now)
    world.publish()


def _simulated(world: GateWorld) -> None:
    world.cast.change("UPDATE annotation SET simulated = 1")
    _demo(world)


def _leaves(world: GateWorld) -> None:
    leave_project(world.db, world.cast.people["Esi"], world.project, world.cast.clock.now)


def _no_time(world: GateWorld) -> None:
    world.cast.change(
        "UPDATE annotation SET person_id = :other WHERE person_id = :esi",
        other=world.cast.person("Farid"),
        esi=world.cast.people["Esi"],
    )
    world.publish()


def _generated(world: GateWorld) -> None:
    world.cast.change(
        "INSERT INTO task_origin (task_id, project_id, model, depth, verifier, precision_low,"
        " declared_at) SELECT min(id), project_id, 'painter@1', 1, 'Bao', 960, 0 FROM task"
        " GROUP BY project_id"
    )
    world.publish(accept_warnings=True)


def _look_twice(world: GateWorld) -> None:
    command = ChangeGuidelines(world.cast.carmen, world.project, "Look twice.")
    change_guidelines(world.db, command, world.cast.clock.now)


def _botany(world: GateWorld) -> None:
    world.cast.change("INSERT INTO skill (id, name) VALUES (77, 'botany')")
    world.set_terms(skills_wanted=(77,))


def _pilot(world: GateWorld) -> None:
    ((tested,),) = world.cast.rows("SELECT max(project_id) FROM pilot")
    world.cast.change("UPDATE release SET project_id = :it", it=tested)
    world.project = tested


def _superseded(world: GateWorld) -> None:
    first = world.made
    world.cast.clock.advance(1_000)
    second = world.publish()
    world.made = first
    world.cast.change(
        "INSERT INTO release_terms (release_id, purposes, territory, starts_at, ends_at, recipient,"
        " supersedes) VALUES (:new, '[]', '[]', 0, 1, '', :old)",
        new=second.release_id,
        old=first.release_id,
    )


def _damaged(world: GateWorld) -> None:
    labels = world.publish().directory / "labels.jsonl"
    labels.write_bytes(labels.read_bytes().replace(b"cat", b"dog", 1))


def _moved(world: GateWorld) -> None:
    shutil.rmtree(world.publish().directory)


def _no_croissant_word(world: GateWorld) -> None:
    card = world.publish().directory / "croissant.json"
    card.write_bytes(card.read_bytes().replace(b'"rai:dataCollection"', b'"rai:dataColection"'))


REASONS = {
    "damaged": Reason("whole", "was changed", "manager", _damaged, on_page=False),
    "moved": Reason(
        "whole",
        "There is no folder",
        "manager",
        _moved,
        page_words="Its files are not in their place any more",
    ),
    "tried out": Reason("people", "only tried out (demo)", OWNER, _demo),
    "simulated": Reason("people", "were simulated by a program", OWNER, _simulated),
    "left": Reason("consent", "1 person whose work is in it agrees no more", OWNER, _leaves),
    "below a floor": Reason(
        "paid",
        "3 people in it earned less than their floor so far",
        f"{OWNER}, manager",
        sql("UPDATE wage_floor SET amount = '99.00' WHERE country = 'GB'"),
    ),
    "no floor": Reason(
        "paid",
        "For 3 people in it the floor is not known",
        f"{OWNER}, manager",
        sql("UPDATE person SET place_country = 'AQ'"),
    ),
    "no paid time": Reason(
        "paid", "1 person in it has no paid time here", f"{OWNER}, manager", _no_time
    ),
    "less sure": Reason(
        "quality",
        "Below its target: pet: 0.99",
        f"{OWNER}, reviewer",
        sql("UPDATE project SET target_confidence = 0.9999"),
    ),
    "less alike": Reason(
        "quality",
        "nothing measures how alike its answers are",
        f"{OWNER}, reviewer",
        lambda world: None,
        "[quality.pet]\nalpha = 1.0\n",
        on_page=False,
    ),
    "no such question": Reason(
        "quality",
        "pets is no question of this release",
        f"{OWNER}, reviewer",
        lambda world: None,
        "[quality.pets]\nconfidence = 0.5\n",
        on_page=False,
    ),
    "generated": Reason(
        "synthetic",
        "away from a person",
        OWNER,
        _generated,
        "[synthetic]\nmax_depth = 0\n",
        on_page=False,
    ),
    "no licence": Reason("card", "The licence is not stated", OWNER, published(licence="unstated")),
    "a misspelt card": Reason("card", "did you mean rai:dataColl", OWNER, _no_croissant_word),
    "workforce": Reason(
        "workforce", "of 50 take part", OWNER, lambda world: world.set_terms(people_wanted=50)
    ),
    "pipeline": Reason("pipeline", "The guidelines changed since", OWNER, _look_twice),
    "talent": Reason("talent", "botany", OWNER, _botany),
    "compute": Reason(
        "compute", "let people work first", OWNER, sql("UPDATE project SET mode = 'draft'")
    ),
    "a pilot": Reason("compute", "This project is a pilot of", OWNER, _pilot),
    "no purpose": Reason(
        "purpose", "'trianing' is no purpose", "manager", lambda world: None, purpose="trianing"
    ),
    "of oneself": Reason(
        "purpose",
        "Nobody in it permitted voice_clone",
        OWNER,
        lambda world: None,
        purpose="voice_clone",
    ),
    "replaced": Reason("current", "Version 2 has taken its place", "manager", _superseded),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateWorld]:
    made = make_gate_world(tmp_path_factory.mktemp("gate"))
    yield made
    made.db.close()


@pytest.fixture
def world(base: GateWorld, tmp_path: Path) -> Iterator[GateWorld]:
    twin = base.again(tmp_path)
    yield twin
    twin.db.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What was started in our place, which a test outlives."""
    seen: Started = []

    def become(_found: str, command: list[str], _environment: Mapping[str, str]) -> None:
        seen.append(command)
        raise SystemExit(7)

    monkeypatch.setattr(os, "execve", become)
    return seen


@pytest.mark.parametrize("name", list(REASONS))
def test_the_command_and_the_page_refuse_with_the_reason_and_who_can_mend_it(
    world: GateWorld, name: str, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = REASONS[name]
    reason.come_about(world)
    clock = world.cast.clock
    at_its_time = partial(houses.open_house, clock=clock)
    doors = Doors(
        world.folder,
        world.db,
        clock,
        world.cast.carmen,
        world.project,
        world.made.release_id,
        world.made.version,
    )
    with monkeypatch.context() as patch:
        patch.setattr(houses, "open_house", at_its_time)
        said = doors.command(reason.toml, reason.purpose)
    assert reason.words in said
    assert f"{TITLES[reason.rule]}: " in said
    assert reason.who in said
    assert (started, world.written()) == ([], (0, 0, 0))
    if reason.on_page:
        row = doors.page(reason.rule, reason.purpose)
        assert "missing" in row
        assert (reason.page_words or reason.words) in row
        roles = ["owner"] if reason.page_words else reason.who.split(", ")
        assert all(one.split(" ")[0] in row for one in roles), row


def test_no_rule_is_without_a_journey_to_its_refusal() -> None:
    of_campaigns = {"coverage"}
    assert {one.rule for one in REASONS.values()} | of_campaigns == set(RULES)


@dataclass(slots=True)
class Campaign:
    """A campaign in a workspace that the command opens; Amina and Esi each gave a recording."""

    voices: OwnDataWorld
    signer: Signer
    doors: Doors
    esi_grant: int
    amina: int
    esi: int


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    settings = load_settings(tmp_path)
    db = houses.open_database(settings)
    owner = init_workspace(db, InitWorkspace("pets", "Carmen", "c@example.org"), Instant(0))
    voices = OwnDataWorld(db, tmp_path)
    signer = load_or_create_signer(houses.key_path(settings), "fairhand/pets")
    amina, _ = voices.join("Amina")
    esi, given = voices.join("Esi")
    voices.record(amina)
    voices.record(esi)
    voices.take_in()
    aggregate_labels(db, voices.project.id, voices.now)
    with db.read() as connection:
        found = load_workspace(connection)
    assert found is not None
    press = replace(voices.press(), signer=signer, secret=found[1])
    command = PublishRelease(voices.project.id, licence="CC-BY-4.0")
    made = publish_release(db, command, voices.now, press)
    clock = lambda: voices.now  # noqa: E731
    doors = Doors(tmp_path, db, clock, owner, voices.project.id, made.release_id)
    yield Campaign(voices, signer, doors, given.grant_ids["voice"], amina, esi)
    db.close()


def _too_few(made: Campaign) -> None:
    cell = Cell(0, "Swahili", {"language": "sw"}, 50)
    with made.voices.db.write() as connection:
        campaigns.save_cells(connection, made.voices.project.id, [cell], made.voices.now)


def _takes_back(made: Campaign) -> None:
    withdraw_contributions(made.voices.db, made.amina, [1], made.voices.now)


def _is_settled(made: Campaign) -> None:
    _takes_back(made)
    voices = made.voices
    settle_withdrawals(voices.db, voices.shop.blobs, made.signer, voices.now)


def _ends_permission(made: Campaign) -> None:
    voices = made.voices
    withdraw_grant(voices.db, WithdrawGrant(made.esi, made.esi_grant), voices.now)


def _moves_on(days: int) -> Callable[[Campaign], None]:
    def move(made: Campaign) -> None:
        made.voices.now = Instant(made.voices.now + days * DAY_MS)

    return move


OWN_DATA: dict[str, tuple[Rule, str, str, Callable[[Campaign], None]]] = {
    "groups": ("coverage", "0 of 1 groups have reached their target", "training", _too_few),
    "taken back": ("consent", "just taken something back", "training", _takes_back),
    "revoked": ("consent", "1 item of it must not be used any more", "training", _is_settled),
    "ended": ("consent", "agrees no more", "training", _ends_permission),
    "expired": ("consent", "permitted for this release ended on", "training", _moves_on(91)),
    "not permitted": ("purpose", "and not evaluation", "evaluation", lambda made: None),
    "not yet": ("purpose", "It may be used from", "training", _moves_on(-1)),
}


@pytest.mark.parametrize("name", list(OWN_DATA))
def test_what_people_gave_is_refused_for_their_own_reasons(
    campaign: Campaign, name: str, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, words, purpose, come_about = OWN_DATA[name]
    come_about(campaign)
    at_its_time = partial(houses.open_house, clock=campaign.doors.clock)
    with monkeypatch.context() as patch:
        patch.setattr(houses, "open_house", at_its_time)
        said = campaign.doors.command("", purpose)
    assert words in said
    assert f"{TITLES[rule]}: " in said
    row = campaign.doors.page(rule, purpose)
    assert words in row
    assert "owner" in row
    assert started == []


@pytest.fixture
def trainer(world: GateWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """A machine that trains, whose server may say things of its own."""
    from tests.web.test_gate import SERVER, _Behind, token

    house = world.house()
    client = TestClient(create_app(house), raise_server_exceptions=False)
    monkeypatch.setenv("FAIRHAND_TOKEN", token(world))
    monkeypatch.setattr("fairhand.client.client.Transport", lambda *a, **k: _Behind(client, a[1]))
    copy = str(world.copied())
    answer = Gate.fitness

    def asked(change: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> str:
        def fitness(self: Gate, *given: object) -> dict[str, object]:
            found = dict(answer(self, *given))  # type: ignore[arg-type]  # what the command gives
            return {**found, "findings": change(found["findings"])}

        monkeypatch.setattr(Gate, "fitness", fitness)
        said = run("gate", "--server", SERVER, "--release", copy, "--", "true")
        assert said.code == 1, said.out + said.err
        return " ".join(said.out.split())

    yield asked
    house.close()


@pytest.mark.parametrize("rule", [one for one in RULES if one != "whole"])
def test_a_server_that_leaves_a_rule_out_lets_nobody_through(
    trainer: Callable[..., str], world: GateWorld, started: Started, rule: str
) -> None:
    said = trainer(lambda found: [one for one in found if one["rule"] != rule])
    assert "http://testserver did not say." in said
    assert "manager" in said
    assert (started, world.written()) == ([], (0, 0, 0))


def test_a_verdict_that_nobody_knows_lets_nobody_through(
    trainer: Callable[..., str], world: GateWorld, started: Started
) -> None:
    said = trainer(
        lambda found: [
            {**one, "verdict": "splendid"} if one["rule"] == "paid" else one for one in found
        ]
    )
    assert TITLES["paid"] in said
    assert (started, world.written()) == ([], (0, 0, 0))
