"""Label Studio's own model server is connected, proposes two kinds, is pointed at, and learns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from fairhand.core.money import MICROS, Money
from fairhand.formats.images import probe_image
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant
from fairhand.use_cases.check_backend import CheckBackend, check_backend, open_for
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.house import House
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.model_items import load_items
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_sources import read_sources
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.use_cases.tell_backends import tell_backend
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy
from tests.real_backend.server import model_server
from tests.web import live

pytestmark = pytest.mark.slow

LIGHT = Question(
    "light", "choice", "Is it day?", {"labels": [{"value": "day"}, {"value": "night"}]}
)
PANE = Question("pane", "boxes", "Where is the window?", {"labels": [{"value": "window"}]})
THING = Question("thing", "mask", "Where is it?", {"labels": [{"value": "lamp"}]}, required=False)
PEOPLE_SAY = {"light": "night", "dark": "day"}
"""Deliberately the other way round: a model that has not learnt cannot be right."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with live.open_carmens_house(tmp_path / "house") as opened:
        yield opened


def _picture(number: int) -> NewTask:
    grey = np.full((40, 60), 230 if number % 2 else 20, np.uint8)
    grey[:2, :number] = 120
    out = BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    content = out.getvalue()
    media = probe_image(content, 10_000)
    name = "light" if number % 2 else "dark"
    return NewTask({"kind": name}, media.sha256, f"{number}.png", content, media)


def _project(house: House) -> tuple[int, int]:
    """Make a project of eight pictures with Amina in it; gives its number and hers."""
    now, carmen = house.clock(), 1
    policy = ProjectPolicy(
        title="Lamps",
        purpose="To tell day from night.",
        guidelines="Look.",
        questions=(LIGHT, PANE, THING),
        currency="GBP",
        rate_micros_per_hour=1_400 * MICROS,
    )
    project = create_project(house.db, CreateProject(carmen, policy, lease_ttl_ms=600_000), now).id
    fund_project(
        house.db, FundProject(project, carmen, Money(100_000, "GBP"), "lamps"), house.clock()
    )
    amina = invite_person(
        house.db, InvitePerson(None, "Amina", country="GB"), now, link_hours=72
    ).person_id
    join_project(house.db, JoinProject(amina, project), house.clock())
    run = start_import(house.db, project, "lamps.zip", now)
    rows = [_picture(number) for number in range(8)]
    import_tasks(house.db, house.blobs, ImportTasks(run.id, rows, carmen), now)
    return project, amina


def _answer(house: House, project: int, amina: int) -> None:
    handed = hand_out_task(
        house.db, HandOutTask(amina, project), house.clock(),
        terms=house.terms, idle_cap_ms=house.idle_cap_ms,
    )  # fmt: skip
    assert handed.sheet is not None
    task = handed.sheet.task
    boxes = {"size": [40, 60], "boxes": [{"label": "window", "box": [15, 20, 45, 30]}]}
    value = {"light": PEOPLE_SAY[task.data["kind"]], "pane": boxes}
    submit_annotation(
        house.db, SubmitAnnotation(amina, task.id, str(uuid4()), value), house.clock(),
        signer=house.signer, idle_cap_ms=house.idle_cap_ms,
    )  # fmt: skip


def _proposed(house: House, project: int) -> list[tuple[str, str | None]]:
    """Ask the newest version about every task: what it shows, and what is proposed."""
    with house.db.read() as connection:
        newest = read_sources(house.db, project)[0].newest
        assert newest is not None
        version = projects.load_version(connection, project, 1)
        assert version is not None
        predictor = open_version(connection, house.blobs, newest, version.questions)
        ids = projects.list_task_ids(connection, project)
        items = load_items(connection, house.blobs, ids)
    proposals = predictor.predict(items)
    return [
        (str(item.data["kind"]), (one.value or {}).get("light"))
        for item, one in zip(items, proposals, strict=True)
    ]


def _learn(house: House, one: Assistant) -> None:
    """Tell it what was answered, and wait until it says that it has become another version."""
    before = read_sources(house.db, one.project_id)[0].newest
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with house.db.write() as connection:
            store.change_assistant(connection, one.id, checked_at=None)
        tell_backend(house.db, house.blobs, one.project_id, one.id, house.clock)
        now = read_sources(house.db, one.project_id)[0]
        assert now.assistant.problem is None, now.assistant.problem
        if now.newest != before and now.behind == 0:
            return
        time.sleep(0.3)
    raise AssertionError("the model server did not learn")


def test_the_real_model_server_connects_proposes_outlines_and_learns(
    house: House, tmp_path: Path
) -> None:
    project, amina = _project(house)
    folder = tmp_path / "backend"
    folder.mkdir()
    with live.serving(house) as address, model_server(folder) as url:
        config = {"url": url, "hostname": address}
        command = AddAssistant(
            1, project, "label_studio", "brightness", config, interactive=True, allow_private=True
        )
        one = add_assistant(house.db, command, house.clock())
        checked = check_backend(
            house.db, house.blobs, CheckBackend(project, one.id, 1), house.clock()
        )
        assert checked.failed is None, checked.failed
        assert "It answers light, pane. It said nothing about thing." in checked.hops[-1].words
        assert checked.proposals[0].value is not None
        assert checked.proposals[0].value["pane"]["boxes"] == [
            {"label": "window", "box": [15, 20, 45, 30]}
        ]
        assert {said for _, said in _proposed(house, project)} == {"day"}

        with house.db.read() as connection:
            backend = open_for(house.db, connection, one, house.clock())
            (item,) = load_items(
                connection, house.blobs, projects.list_task_ids(connection, project, 1)
            )
        mask, score = backend.outline(item, THING, "lamp", [(30, 20, True)], None)
        assert mask.shape == (40, 60)
        assert mask[10:30, 15:45].all()
        assert mask.sum() == 20 * 30
        assert score == pytest.approx(0.75)

        for _ in range(4):
            _answer(house, project, amina)
        _learn(house, one)
        said = _proposed(house, project)
        right = sum(label == PEOPLE_SAY[kind] for kind, label in said)
        assert right == len(said), said
        assert read_sources(house.db, project)[0].versions >= 2
