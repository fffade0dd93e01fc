"""Whether this server can work, and how much waits: for probes, for `/metrics`, for the doctor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError
from fairhand.proof.log.keys import load_signer
from fairhand.storage import migrate
from fairhand.storage.process_store import Process, list_processes
from fairhand.storage.server_figures import Figures, load_figures
from fairhand.use_cases.house import House, key_path

__all__ = ["Figures", "ServerState", "read_ready", "read_server"]


@dataclass(frozen=True, slots=True)
class ServerState:
    """Figures of the house and the processes that spoke lately."""

    figures: Figures
    processes: tuple[Process, ...]
    at: Instant


def read_server(house: House) -> ServerState:
    """Count what waits, what is owed, and who serves."""
    now = house.clock()
    with house.db.read() as connection:
        return ServerState(load_figures(connection, now), tuple(list_processes(connection)), now)


def read_ready(house: House) -> dict[str, str]:
    """Say of each thing a server needs `ok`, or a word for what is wrong with it."""
    return {
        "database": _word(lambda: _touch(house)),
        "migrations": _word(lambda: migrate.check(house.db)),
        "files": _word(house.blobs.check_writable),
        "keys": _word(lambda: load_signer(key_path(house.settings))),
    }


def _touch(house: House) -> None:
    with house.db.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    house.db.check_room()


def _word(look: Callable[[], object]) -> str:
    try:
        look()
    except FairhandError as error:
        return error.code
    except Exception as error:  # whatever it is, the server is not ready
        return type(error).__name__
    return "ok"
