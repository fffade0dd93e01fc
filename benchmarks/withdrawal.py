"""How long a withdrawal takes: to hold, and until lists are signed and notices are queued.

    python -m benchmarks.withdrawal [--items 1e6] [--releases 50] [--holders 2] [--database URL]

One person's grant with `--items` contributions, spread over `--releases` releases (each item in
one of them), each held by `--holders` licensees and with one trained model. Beside it another
person's. `blocked` is the story itself: when it returns nothing is handed out or released.
`told` is the tick: every list is signed, every notice and unlearning request is queued. `ended` is
what it does after that, while nobody waits: the rows of what was taken back are marked.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from fairhand.core.clock import DAY_MS
from fairhand.people.contributions import store as contributions
from fairhand.storage import migrate
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.settle_withdrawals import delete_left_files, tell_withdrawals
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.release_world import SIGNER

_CHUNK = 20_000
_CONTRIBUTIONS = text(
    "INSERT INTO contribution (project_id, person_id, task_id, annotation_id, question, grant_id, "
    "modality, state, media_type, size_bytes, original_sha256, measures, slice, given_at) VALUES "
    "(:project, :person, :task, :annotation, :question, :grant, 'voice', 'ready', 'audio/wav', 1, "
    ":sha, '{}', '{}', :now)"
)
_ITEMS = text(
    "INSERT INTO release_item (release_id, contribution_id, item) "
    "SELECT :first + (id % :many), id, substr(original_sha256, 33) FROM contribution "
    "WHERE grant_id = :grant AND size_bytes = 1"
)


def fill(world: OwnDataWorld, items: int, releases: int, holders: int) -> int:
    """Lay the rows down; gives the grant that will be withdrawn."""
    amina, _ = world.join("Amina")
    esi, given = world.join("Esi")
    annotation = world.record(esi)
    world.record(amina)
    grant = given.grant_ids["voice"]
    with world.db.write() as connection:
        task = connection.execute(
            text("SELECT task_id FROM annotation WHERE id = :id"), {"id": annotation}
        ).scalar_one()
    shared = {
        "project": world.project.id,
        "person": esi,
        "task": task,
        "annotation": annotation,
        "grant": grant,
        "now": world.now,
    }
    for start in range(0, items, _CHUNK):
        rows = [
            {**shared, "question": f"q{number}", "sha": f"{number:064x}"}
            for number in range(start, min(items, start + _CHUNK))
        ]
        with world.db.write() as connection:
            connection.execute(_CONTRIBUTIONS, rows)
    with world.db.write() as connection:
        first = _releases(connection, world, releases, holders)
        connection.execute(_ITEMS, {"first": first, "many": releases, "grant": grant})
    return grant


def _releases(connection: Connection, world: OwnDataWorld, releases: int, holders: int) -> int:
    event = connection.execute(text("SELECT min(id) FROM event")).scalar_one()
    said = {"project": world.project.id, "now": world.now, "ends": world.now + 30 * DAY_MS}
    first = 0
    for number in range(1, releases + 1):
        made = connection.execute(
            text(
                "INSERT INTO release (project_id, version, state, manifest_sha256, directory, "
                "created_at, event_id) VALUES (:project, :version, 'published', 'x', '/nowhere', "
                ":now, :event) RETURNING id"
            ),
            {**said, "version": number, "event": event},
        ).scalar_one()
        first = first or made
        row = {**said, "release": made}
        connection.execute(
            text(
                "INSERT INTO release_terms (release_id, purposes, territory, starts_at, ends_at, "
                "recipient, policy) VALUES (:release, '[\"training\"]', '[\"worldwide\"]', :now, "
                ":ends, '', '{}')"
            ),
            row,
        )
        for holder in range(holders):
            _licence(connection, row, number * 1_000 + holder)
    return int(first)


def _licence(connection: Connection, row: dict[str, object], number: int) -> None:
    said = {**row, "number": number, "uid": f"{number:036d}", "hash": f"{number:064x}"}
    for statement in (
        "INSERT INTO licensee (id, name, contact, country, token_hash, created_at) VALUES "
        "(:number, 'Lab', 'lab@example.org', 'KE', :hash, :now)",
        "INSERT INTO licence_request (id, licensee_id, project_id, state, purposes, territory, "
        "term_days, words, quote, asked_at) VALUES (:number, :number, :project, 'granted', '[]', "
        "'[]', 30, '', '{}', :now)",
        "INSERT INTO licence (id, uid, request_id, licensee_id, project_id, release_id, purposes, "
        "territory, starts_at, ends_at, price_minor, currency, policy, granted_at) VALUES "
        "(:number, :uid, :number, :number, :project, :release, '[]', '[]', :now, :ends, 0, 'GBP', "
        "'{}', :now)",
        "INSERT INTO trained_model (licence_id, project_id, release_id, name, version, purpose, "
        "is_in_use, trained_at, registered_at) VALUES (:number, :project, :release, :uid, '1', "
        "'training', true, :now, :now)",
    ):
        connection.execute(text(statement), said)


def main() -> None:
    """Fill, withdraw, settle, print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--items", type=float, default=1e6)
    asked.add_argument("--releases", type=int, default=50)
    asked.add_argument("--holders", type=int, default=2)
    asked.add_argument("--database", help="an empty database (default: SQLite in a folder)")
    said = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = said.database or f"sqlite:///{folder}/bench.sqlite"
        db = Database(url, pool_size=4)
        migrate.upgrade(db)
        world = OwnDataWorld(db, Path(folder))
        grant = fill(world, int(said.items), said.releases, said.holders)
        with db.read() as connection:
            person = next(
                row.person_id
                for row in connection.execute(
                    text("SELECT person_id FROM data_grant WHERE id = :id"), {"id": grant}
                )
            )
        begun = time.perf_counter()
        withdraw_grant(db, WithdrawGrant(person, grant), world.now)
        blocked = time.perf_counter() - begun
        begun = time.perf_counter()
        done, _ = tell_withdrawals(db, world.shop.blobs, SIGNER, world.now)
        told = time.perf_counter() - begun
        with db.read() as connection:
            waiting = contributions.count_under(connection, grant)
        begun = time.perf_counter()
        delete_left_files(db, world.shop.blobs, world.now)
        ended = time.perf_counter() - begun
        with db.read() as connection:
            left = contributions.count_under(connection, grant)
            revoked = connection.execute(text("SELECT count(*) FROM revocation")).scalar_one()
        print(f"{url.split(':')[0]}: {int(said.items):,} items, {said.releases} releases")
        print(f"  blocked   {blocked:8.3f} s")
        queued = f"{done.lists} lists, {done.notices} notices, {done.models} unlearning requests"
        print(f"  told      {told:8.1f} s   ({queued}; {revoked:,} items named)")
        print(
            f"  ended     {ended:8.1f} s   ({waiting:,} rows after everybody was told, {left} left)"
        )
        db.close()


if __name__ == "__main__":
    main()
