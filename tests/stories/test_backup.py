"""A backup taken while people work brings the same ledger, log and release back elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairhand.core.errors import ConflictError, FairhandError, MalformedError, NotFoundError
from fairhand.core.settings import Settings, load_settings
from fairhand.proof.log.keys import load_or_create_signer
from fairhand.proof.release.store import list_directories
from fairhand.storage import backups, migrate
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.snapshots import shown_url
from fairhand.use_cases.back_up import LAST, BackUp, back_up, marks_of, without_secrets
from fairhand.use_cases.house import House, key_path
from fairhand.use_cases.publish_release import Press, PublishRelease, publish_release
from fairhand.use_cases.restore_backup import RestoreBackup, restore_backup
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.verify_backup import verify_backup
from tests.engines import Templates
from tests.stories.quality_world import QualityWorld, make_quality_world
from tests.stories.release_world import SECRET, SIGNER, agree, make_answered_world
from tests.stories.terminal import Terminal, run


def quiet(_what: str, _done: int, _total: int | None) -> None:
    """Nobody looks at the bar."""


def _house(world: QualityWorld, folder: Path) -> House:
    settings = Settings(workspace=folder, database_url="")
    signer = load_or_create_signer(key_path(settings), "fairhand/pets")
    blobs = BlobStore(f"file://{folder / 'blobs'}")
    for number in range(5):
        blobs.put(f"picture {number}".encode())
    (folder / "fairhand.toml").write_text(
        'link_hours = 24\ndatabase_url = "postgresql://me:hush@db/x"\nmail_password = "hush"\n'
    )
    return House(settings, world.db, blobs, signer, "pets", SECRET, lambda: world.now)


@pytest.fixture
def db(empty_db_url: str) -> Iterator[Database]:
    """A database that Fairhand itself made, with its revision."""
    made = Database(empty_db_url, pool_size=10)
    migrate.upgrade(made)
    yield made
    made.close()


@contextmanager
def working(world: QualityWorld) -> Iterator[threading.Event]:
    """Let people answer, one after the other, for as long as the block lasts."""
    stop, some = threading.Event(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            for who in range(len(world.people)):
                world.submit_next(who, agree)
            some.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert some.wait(30)
        yield some
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def target_url(templates: Templates, engine_name: str) -> Iterator[str]:
    """Where a backup of this engine is restored to: an empty database, or the folder's own."""
    if engine_name == "sqlite":
        yield ""
        return
    with templates.fresh(engine_name, tables=False) as url:
        yield url


def test_a_backup_taken_while_people_work_restores_to_the_same_ledger_and_log(
    db: Database, target_url: str, tmp_path: Path
) -> None:
    world = make_quality_world(db, tasks=120, people=3, max_overlap=2)
    house = _house(world, tmp_path / "team")
    world.submit_next(0, agree)
    with working(world) as some:
        seal_log(db, SIGNER, world.now)
        made = back_up(house, BackUp(tmp_path / "monday"), quiet)
        some.clear()
        assert some.wait(30), "people could not work while the backup ran"
    assert made.marks.log_size > 0
    assert made.marks.ledger_entries > 0
    command = RestoreBackup(tmp_path / "monday", tmp_path / "elsewhere", target_url)
    done = restore_backup(command, quiet)
    assert done.marks == made.marks
    settings = load_settings(tmp_path / "elsewhere")
    restored = Database(settings.database_dsn)
    with restored.read() as connection:
        assert marks_of(connection) == made.marks
    restored.close()
    assert (settings.link_hours, settings.database_url == "") == (24, target_url == "")
    ours, theirs = house.blobs, BlobStore(settings.blobs_dsn)
    assert sorted(theirs.names()) == sorted(ours.names())
    assert len(list(theirs.names())) == 5
    key = key_path(settings)
    assert key.read_bytes() == key_path(house.settings).read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    assert "hush" not in (tmp_path / "monday" / "fairhand.toml").read_text()


def test_a_restored_workspace_makes_the_same_release_bytes(
    db: Database, target_url: str, tmp_path: Path
) -> None:
    world = make_answered_world(db)
    house = _house(world, tmp_path / "team")
    press = Press(tmp_path / "team" / "releases", house.blobs, SIGNER, SECRET)
    command = PublishRelease(world.project.id)
    first = publish_release(db, command, world.now, press).directory
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    place = RestoreBackup(tmp_path / "monday", tmp_path / "there", target_url)
    restore_backup(place, quiet)
    kept = tmp_path / "there" / first.relative_to(tmp_path / "team")
    assert bytes_of(kept) == bytes_of(first)
    settings = load_settings(tmp_path / "there")
    restored = Database(settings.database_dsn)
    again = Press(tmp_path / "there" / "releases", BlobStore(settings.blobs_dsn), SIGNER, SECRET)
    with restored.read() as connection:
        (named,) = [Path(where) for _, where in list_directories(connection)]
    assert named == (tmp_path / "there" / "releases" / first.relative_to(press.folder))
    assert named.is_dir()
    ours = publish_release(db, command, world.now, press).directory
    theirs = publish_release(restored, command, world.now, again).directory
    restored.close()
    mine, other = bytes_of(ours), bytes_of(theirs)
    assert mine.keys() == other.keys()
    differs = {name for name in mine if mine[name] != other[name]}
    # The line that the second publishing wrote in each log has a salt of its own.
    assert differs <= {"log.json"}


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that Fairhand itself made, with its revision."""
    path = tmp_path_factory.mktemp("furnished") / "fairhand.db"
    made = Database(f"sqlite:///{path}", pool_size=1)
    migrate.upgrade(made)
    made.close()
    return path


@pytest.fixture
def sqlite_db(furnished: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of it."""
    made = Database(f"sqlite:///{shutil.copy(furnished, tmp_path / 'own.db')}")
    yield made
    made.close()


@pytest.fixture
def house(sqlite_db: Database, tmp_path: Path) -> House:
    """A small workspace with five files."""
    return _house(make_quality_world(sqlite_db, tasks=1), tmp_path / "team")


def test_an_incremental_backup_shares_the_files_that_the_earlier_one_has(
    house: House, tmp_path: Path
) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    house.blobs.put(b"a new picture")
    made = back_up(house, BackUp(tmp_path / "tuesday", tmp_path / "monday"), quiet)
    shared = [path for path in (tmp_path / "tuesday" / "blobs").rglob("*") if path.is_file()]
    assert sorted(path.stat().st_nlink for path in shared) == [1, 2, 2, 2, 2, 2]
    assert made.blobs == 6
    shutil.rmtree(tmp_path / "monday")  # each backup is whole by itself
    assert verify_backup(tmp_path / "tuesday", quiet)[1] == []


def test_an_interrupted_backup_leaves_nothing_that_looks_like_one(
    house: House, tmp_path: Path
) -> None:
    def stop(what: str, _done: int, _total: int | None) -> None:
        if what == "Files":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(house, BackUp(tmp_path / "monday"), stop)
    assert sorted(path.name for path in tmp_path.iterdir() if "monday" in path.name) == []
    (tmp_path / ".monday.partial" / "keys").mkdir(parents=True)  # one that was killed
    with pytest.raises(NotFoundError, match="not a backup"):
        verify_backup(tmp_path / ".monday.partial", quiet)
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    assert not (tmp_path / ".monday.partial").exists()


def test_a_full_disk_is_said_and_keeps_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "blobs.txt")

    monkeypatch.setattr("fairhand.use_cases.back_up.write_durably", full)
    with pytest.raises(FairhandError, match="disk is full") as said:
        back_up(house, BackUp(tmp_path / "monday"), quiet)
    assert said.value.code == "disk_full"
    assert not (tmp_path / "monday").exists()


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "list"])
def test_a_damaged_backup_is_found_and_not_restored(
    house: House, tmp_path: Path, harm: str
) -> None:
    backup = tmp_path / "monday"
    back_up(house, BackUp(backup), quiet)
    victim = next(path for path in (backup / "blobs").rglob("*") if path.is_file())
    if harm == "flip":
        victim.write_bytes(b"x" + victim.read_bytes()[1:])
    elif harm == "cut":
        (backup / "fairhand.db").write_bytes((backup / "fairhand.db").read_bytes()[:-1])
    elif harm == "remove":
        victim.unlink()
    else:
        (backup / backups.LIST).write_text("")
    assert verify_backup(backup, quiet)[1] != []
    with pytest.raises(MalformedError, match="damaged"):
        restore_backup(RestoreBackup(backup, tmp_path / "there"), quiet)
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{", b'{"format": 2}', b'{"format": 1}'],
)
def test_a_manifest_of_another_kind_is_refused_in_words(
    house: House, tmp_path: Path, manifest: bytes
) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    (tmp_path / "monday" / backups.MANIFEST).write_bytes(manifest)
    with pytest.raises(MalformedError):
        verify_backup(tmp_path / "monday", quiet)


def test_a_manifest_cannot_lead_out_of_the_backup(house: House, tmp_path: Path) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    path = tmp_path / "monday" / backups.MANIFEST
    said = json.loads(path.read_text())
    said["files"][0]["path"] = "../../etc/passwd"
    path.write_text(json.dumps(said))
    with pytest.raises(MalformedError, match="damaged"):
        restore_backup(RestoreBackup(tmp_path / "monday", tmp_path / "there"), quiet)


def test_nothing_that_is_there_is_written_over(house: House, tmp_path: Path) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    with pytest.raises(ConflictError, match="not empty"):
        back_up(house, BackUp(tmp_path / "monday"), quiet)
    with pytest.raises(ConflictError, match="not empty"):
        restore_backup(RestoreBackup(tmp_path / "monday", tmp_path / "team"), quiet)
    command = RestoreBackup(tmp_path / "monday", tmp_path / "there", "postgresql://x/y")
    with pytest.raises(ConflictError, match="SQLite"):
        restore_backup(command, quiet)


def test_an_older_backup_is_upgraded_as_it_is_restored(house: House, tmp_path: Path) -> None:
    old = Database(f"sqlite:///{tmp_path / 'old.db'}", pool_size=2)
    migrate.upgrade_to(old, "0008")
    aged = House(house.settings, old, house.blobs, house.signer, "pets", SECRET, house.clock)
    back_up(aged, BackUp(tmp_path / "aged"), quiet)
    old.close()
    done = restore_backup(RestoreBackup(tmp_path / "aged", tmp_path / "there"), quiet)
    assert done.upgraded_from == "0008"
    restored = Database(f"sqlite:///{tmp_path / 'there' / 'fairhand.db'}", pool_size=1)
    assert migrate.current(restored) == migrate.head()
    restored.close()
    assert not (tmp_path / "there" / "rehearsal").exists()


def test_secrets_stay_out_of_the_settings_in_a_backup() -> None:
    toml = 'port = 80\nmail_password = "hush"\ndatabase_url = "postgresql://me:hush@db/x"\n'
    assert without_secrets(toml + 'payout_name = "Team 😀"\n') == (
        'port = 80\npayout_name = "Team 😀"\n'
    )


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://me:hush@db/x", "postgresql+psycopg://db/x?user=me&password=hush"],
)
def test_a_password_is_neither_shown_nor_written_as_stars(url: str) -> None:
    shown = shown_url(url)
    assert "hush" not in shown
    assert "*" not in shown


def test_the_commands_back_up_check_and_restore(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.init()
    terminal.project()
    backup = str(tmp_path / "monday")
    made = terminal.ok("backup", backup, "--json").json
    assert run("backup", "verify", backup).code == 0
    restored = run("restore", backup, "--to", str(tmp_path / "there"), "--json")
    assert restored.json["marks"] == made["marks"]
    assert json.loads((tmp_path / "team" / LAST).read_text())["target"] == backup
    there = Terminal(tmp_path / "there")
    assert there.ok("status", "--json").json == terminal.ok("status", "--json").json
    (tmp_path / "monday" / "keys" / "log.key").write_bytes(b"another")
    assert run("backup", "verify", backup).code == 1
    assert terminal.run("backup", backup).code == 1
    assert run("backup", "verify", str(tmp_path)).code == 2


def test_a_link_among_the_keys_is_followed_and_one_that_leads_nowhere_is_refused(
    house: House, tmp_path: Path
) -> None:
    key = key_path(house.settings)
    safe = tmp_path / "safe.key"
    key.rename(safe)
    key.symlink_to(safe)
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    kept = tmp_path / "monday" / key.relative_to(house.settings.workspace)
    assert not kept.is_symlink()
    assert kept.read_bytes() == safe.read_bytes()
    assert verify_backup(tmp_path / "monday", quiet)[1] == []
    safe.unlink()
    with pytest.raises(FairhandError, match="leads nowhere") as said:
        back_up(house, BackUp(tmp_path / "tuesday"), quiet)
    assert said.value.code == "link_not_followed"
    key.unlink()
    key.symlink_to(tmp_path)
    with pytest.raises(FairhandError, match="leads to a folder"):
        back_up(house, BackUp(tmp_path / "tuesday"), quiet)
    assert not (tmp_path / "tuesday").exists()


@pytest.mark.parametrize("spoilt", [b"", b"X", b"a picture of another"])
def test_an_incremental_backup_takes_nothing_that_the_earlier_one_has_spoilt(
    house: House, tmp_path: Path, spoilt: bytes
) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    victim = next(path for path in (tmp_path / "monday" / "blobs").rglob("*") if path.is_file())
    whole = victim.read_bytes()
    victim.write_bytes(spoilt + whole[len(spoilt) :] if spoilt == b"X" else spoilt)
    made = back_up(house, BackUp(tmp_path / "tuesday", tmp_path / "monday"), quiet)
    assert made.blobs == 5
    assert verify_backup(tmp_path / "tuesday", quiet)[1] == []
    assert (tmp_path / "tuesday" / victim.relative_to(tmp_path / "monday")).read_bytes() == whole


def test_a_backup_is_restored_into_an_empty_folder_where_one_stands(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    disk = tmp_path / "disk"
    (disk / "lost+found").mkdir(parents=True)  # a new disk has one
    (disk / ".fairhand.partial" / "keys").mkdir(parents=True)  # of one that was killed
    before = disk.stat().st_ino
    monkeypatch.chdir(disk)
    done = restore_backup(RestoreBackup(tmp_path / "monday", Path()), quiet)
    assert done.marks.ledger_entries == done.manifest.marks.ledger_entries
    assert disk.stat().st_ino == before, "the folder was put in another's place"
    there = {path.name for path in disk.iterdir()}
    assert {"fairhand.db", "keys", "blobs", "fairhand.toml"} <= there
    assert not {name for name in there if "partial" in name or "gate" in name}
    assert len(list(BlobStore(load_settings(disk).blobs_dsn).names())) == 5


def test_a_restore_that_cannot_end_leaves_an_empty_folder_as_it_was(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    disk = tmp_path / "disk"
    disk.mkdir()
    rename = Path.rename

    def stops(self: Path, target: Path) -> Path:
        if self.name == "fairhand.db":
            raise OSError(5, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stops)
    with pytest.raises(FairhandError, match="Input/output"):
        restore_backup(RestoreBackup(tmp_path / "monday", disk), quiet)
    assert list(disk.iterdir()) == []


_KILLED = """
import os, signal, sys
from pathlib import Path
from fairhand.use_cases.restore_backup import RestoreBackup, restore_backup
rename = Path.rename
def dies(self, target):
    if self.name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = dies
restore_backup(RestoreBackup(Path(sys.argv[1]), Path(sys.argv[2])), lambda *_: None)
"""


@pytest.mark.parametrize(("at", "again"), [("blobs", True), ("fairhand.db", False)])
def test_a_restore_that_is_killed_is_no_workspace_and_says_so(
    house: House, tmp_path: Path, at: str, again: bool
) -> None:
    back_up(house, BackUp(tmp_path / "monday"), quiet)
    disk = tmp_path / "disk"
    disk.mkdir()
    told = [sys.executable, "-c", _KILLED, str(tmp_path / "monday"), str(disk), at]
    assert subprocess.run(told, check=False, timeout=60).returncode == -9
    assert not (disk / "fairhand.db").exists()
    command = RestoreBackup(tmp_path / "monday", disk)
    if again:  # nothing had been moved yet
        restore_backup(command, quiet)
        assert (disk / "fairhand.db").exists()
        return
    with pytest.raises(ConflictError, match="Delete what is in it") as said:
        restore_backup(command, quiet)
    assert said.value.code == "target_interrupted"
