"""With files in a store that fails every tenth call, the whole way of a label loses nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from fairhand.core.settings import Settings
from fairhand.proof.release.verify import verify_release
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.ask_export import AskExport, ask_export
from fairhand.use_cases.back_up import BackUp, back_up
from fairhand.use_cases.house import House, key_path
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.read_exports import find_export_blob
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.verify_backup import verify_backup
from tests.buckets import Door, flaky_store
from tests.cast import Cast
from tests.jobs.test_kinds import World

_PICTURES = 24
_KEYS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A bucket behind a door that fails every tenth call."""
    with flaky_store() as made:
        made.make_bucket("pictures")
        for name, value in {**_KEYS, "AWS_ENDPOINT_URL": made.address}.items():
            monkeypatch.setenv(name, value)
        yield made


def pictures() -> io.BytesIO:
    """An archive of pictures, each of a colour of its own."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for number in range(_PICTURES):
            drawn = io.BytesIO()
            Image.new("RGB", (32, 24), (number * 9, 80, 255 - number * 9)).save(drawn, "PNG")
            archive.writestr(f"{number}.png", drawn.getvalue())
    packed.seek(0)
    return packed


@pytest.mark.slow
def test_upload_answers_release_export_and_backup_lose_nothing(
    door: Door, sqlite_db: Database, tmp_path: Path
) -> None:
    cast = Cast(sqlite_db)
    cast.load_floors()
    settings = Settings(workspace=tmp_path / "team")
    blobs = BlobStore("s3://pictures/blobs")
    house = House(settings, sqlite_db, blobs, cast.signer, "pets", b"s" * 32, cast.clock)
    key_path(settings).parent.mkdir(parents=True)
    world = World(cast, house)
    project = cast.project("Amina", tasks=0, overlap=1)

    command = {**world.import_command(project, f"blob:{blobs.put(pictures())}"), "options": {}}
    job = world.run("upload", "import_file", {**command, "name": "pictures.zip"})
    assert (job.state, job.result["added"], job.result["rejected"]) == ("done", _PICTURES, 0)
    shown = [str(row[0]) for row in cast.rows("SELECT media_sha256 FROM task")]
    assert len({blobs.get(name, check=True) for name in shown}) == _PICTURES

    amina = cast.person("Amina")
    for _ in range(_PICTURES):
        task = cast.next_task(amina, project)
        cast.clock.advance(5_000)
        cast.submit(amina, task)
    keep_up_quality(sqlite_db, cast.clock)

    asked = {"project_id": project, "published_by": cast.carmen, "media": "copy"}
    made = world.run("release", "publish_release", asked)
    assert made.state == "done", made.error
    folder = Path(made.result["directory"])
    assert verify_release(folder).ok
    copied = {path.name.partition(".")[0] for path in folder.rglob("*") if path.is_file()}
    assert copied >= set(shown), "every picture is in the release"

    export = ask_export(sqlite_db, AskExport(cast.carmen, project, "jsonl"), cast.clock.now, days=7)
    exported = world.run(export, "export", {})
    assert exported.state == "done", exported.error
    packed = find_export_blob(sqlite_db, project, export, cast.clock.now)
    with ZipFile(io.BytesIO(blobs.get(packed.blob_sha256 or "", check=True))) as archive:
        lines = [archive.read(name) for name in archive.namelist() if name.endswith(".jsonl")]
    assert sum(len(found.splitlines()) for found in lines) == _PICTURES

    seal_log(sqlite_db, cast.signer, cast.clock.now)
    saved = back_up(house, BackUp(tmp_path / "backup"), lambda *_: None)
    assert saved.missing == ()
    assert saved.blobs >= _PICTURES + 2
    assert verify_backup(tmp_path / "backup", lambda *_: None)[1] == []
    assert door.failed >= 5
