"""The demo's workspace: made once, found again, always marked as a demonstration."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fairhand.core.clock import Clock, Instant
from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.core.money import Money
from fairhand.core.settings import Settings
from fairhand.demo.policies import CURRENCY, DIGITS, STRUCTURES, digits_policy, structures_policy
from fairhand.demo.sample import Sample
from fairhand.people.accounts import store as accounts
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.house import House, open_database, open_house
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.use_cases.renew_link import renew_link
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy

Report = Callable[[int, int | None], None]
Truth = dict[str, list[dict[str, Any]]]

COUNTRY = "GB"
_CARMEN, _AMINA = "carmen@example.org", "amina@example.org"
_SET_ASIDE = Money(500_00, CURRENCY)
_STATE, _TRUTH = "demo.json", "demo-answers.json"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what there is in the demo; `clock` is how far its time has come."""

    owner_id: int
    contributor_id: int
    digits_id: int
    structures_id: int
    clock: Instant


@dataclass(frozen=True)
class World:
    """The demo, open."""

    house: House
    cast: Cast

    @property
    def project_ids(self) -> tuple[int, int]:
        """Both projects."""
        return self.cast.digits_id, self.cast.structures_id

    def link(self, person_id: int) -> str:
        """Make a one-time sign-in link."""
        house = self.house
        secret = renew_link(house.db, person_id, house.clock(), hours=house.settings.link_hours)
        return f"{house.settings.base_url}/sign-in/{secret}"

    def answers(self) -> Truth:
        """Load what simulated contributors take to be right."""
        found: Truth = json.loads((self.house.settings.workspace / _TRUTH).read_text("utf-8"))
        return found

    def keep_time(self) -> None:
        """Remember how far the demo's time has come, so that it never goes back."""
        kept = asdict(self.cast) | {"clock": self.house.clock()}
        _write(self.house.settings.workspace / _STATE, kept)


def load_cast(settings: Settings) -> Cast | None:
    """Find the demo that a workspace holds; None when it is not made, or not finished."""
    try:
        return Cast(**json.loads((settings.workspace / _STATE).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def open_world(settings: Settings, clock: Clock, digits: int, report: Report) -> World:
    """Open the demo's workspace, making what is not there yet; each part is made once."""
    cast = load_cast(settings)
    if cast is not None:
        return World(open_house(settings, clock), cast)
    _refuse_foreign(settings)
    owner_id = _begin(settings, clock)
    house = open_house(settings, clock)
    load_wage_floors(house.db, LoadWageFloors(loaded_by=owner_id), clock())
    contributor_id = _invite_amina(house)
    digits_id = _make_project(house, owner_id, DIGITS, digits_policy())
    structures_id = _make_project(house, owner_id, STRUCTURES, structures_policy())
    _fill(house, owner_id, digits_id, structures_id, digits, report)
    world = World(house, Cast(owner_id, contributor_id, digits_id, structures_id, clock()))
    world.keep_time()
    return world


def _refuse_foreign(settings: Settings) -> None:
    """Never fill a workspace that somebody uses for real work."""
    if not (settings.workspace / "fairhand.db").exists() and not settings.database_url:
        return
    db = open_database(settings)
    with db.read() as connection:
        workspace = accounts.load_workspace(connection)
    db.close()
    if workspace is not None and workspace[0] != "demo":
        raise ConflictError(
            f"{settings.workspace} holds the workspace {workspace[0]!r}, not a demo. "
            "Choose another folder with --workspace."
        )


def _begin(settings: Settings, clock: Clock) -> int:
    db = open_database(settings)
    try:
        command = InitWorkspace("demo", "Carmen (demo owner)", _CARMEN, COUNTRY)
        return init_workspace(db, command, clock())
    except ConflictError:
        with db.read() as connection:
            known = accounts.find_person(connection, _CARMEN)
        if known is None:
            raise
        return known.id
    finally:
        db.close()


def _invite_amina(house: House) -> int:
    command = InvitePerson(_AMINA, "Amina (demo contributor)", country=COUNTRY)
    try:
        return invite_person(house.db, command, house.clock(), link_hours=1).person_id
    except ConflictError:
        with house.db.read() as connection:
            known = accounts.find_person(connection, _AMINA)
        assert known is not None, "the address is taken by somebody"  # noqa: S101
        return known.id


def _make_project(house: House, owner_id: int, slug: str, policy: ProjectPolicy) -> int:
    with house.db.read() as connection:
        known = projects.find_project(connection, slug)
    if known is None:
        command = CreateProject(owner_id, policy, "demo", slug, house.settings.lease_ttl_s * 1_000)
        known = create_project(house.db, command, house.clock())
    fund = FundProject(known.id, owner_id, _SET_ASIDE, "demo")
    fund_project(house.db, fund, house.clock())
    return known.id


def _fill(
    house: House, owner_id: int, digits_id: int, structures_id: int, digits: int, report: Report
) -> None:
    try:
        from fairhand.demo.digits import digit_samples
        from fairhand.demo.pictures import picture_samples

        pictures = list(picture_samples())
        scans = digit_samples(digits)
        truth: Truth = {}
        total = digits + len(pictures)
        done = _import(house, owner_id, digits_id, scans, truth, report, 0, total)
        _import(house, owner_id, structures_id, pictures, truth, report, done, total)
    except ModuleNotFoundError as absent:
        raise UnavailableError(
            f"The demo's pictures come with {absent.name}, which is not installed. "
            "Run: pip install 'fairhand[demo]'",
            code="demo_not_installed",
        ) from None
    _write(house.settings.workspace / _TRUTH, truth)


def _import(
    house: House,
    owner_id: int,
    project_id: int,
    samples: Iterable[Sample],
    truth: Truth,
    report: Report,
    before: int,
    total: int,
) -> int:
    run = start_import(house.db, project_id, "demo", house.clock())

    def rows() -> Iterable[Any]:
        for sample in samples:
            truth[sample.name] = list(sample.variants)
            yield sample.task

    command = ImportTasks(run.id, rows(), owner_id)
    done = import_tasks(
        house.db,
        house.blobs,
        command,
        house.clock(),
        lambda so_far: report(before + so_far.rows_read, total),
    )
    return before + done.rows_read


def _write(path: Path, content: Any) -> None:  # noqa: ANN401  # any JSON value
    """Write a file whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_text(json.dumps(content), "utf-8")
    draft.replace(path)
