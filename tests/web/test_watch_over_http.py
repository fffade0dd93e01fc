"""A server, a witness beside it, and Farid who watches both: every hop over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import system_now
from fairhand.proof.log import store
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.use_cases.add_witness import AddWitness, add_witness
from fairhand.use_cases.gather_cosignatures import gather_cosignatures
from fairhand.use_cases.seal_log import seal_log
from fairhand.web.app import create_app
from fairhand.web.witness import make_app
from tests.stories.terminal import run
from tests.web.live import open_carmens_house

UNION = WitnessSigner("witness.union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))


@contextmanager
def _served(app: object) -> Iterator[str]:
    listener = socket.socket()
    listener.settimeout(30)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


@pytest.mark.slow
def test_farid_watches_a_served_log_that_the_union_co_signs(tmp_path: Path) -> None:
    with open_carmens_house(tmp_path / "house") as house:
        witness = make_app(UNION, [house.signer.verifier], tmp_path / "union.json")
        with _served(create_app(house)) as server, _served(witness) as union:
            add_witness(house.db, AddWitness(UNION.key.vkey, f"http://{union}"), system_now())
            seal_log(house.db, house.signer, system_now())
            assert gather_cosignatures(house.db, system_now, [union]) == 1

            policy = tmp_path / "policy"
            lines = (
                f"log {house.signer.verifier.vkey}",
                f"witness u {UNION.key.vkey}",
                "quorum u",
            )
            policy.write_text("\n".join(lines) + "\n")
            asked = ("log", "monitor", f"http://{server}/log/c2sp", "--policy", str(policy))
            kept = ("--state", str(tmp_path / "seen.json"), "--max-age", "60", "--json")
            first = run(*asked, *kept)
            assert first.code == 0, first.out + first.err
            assert first.json["witnesses"] == [UNION.key.name]

            with house.db.write() as connection:
                store.append(connection, "annotation.submitted", {"n": 1}, system_now())
            seal_log(house.db, house.signer, system_now())
            behind = run(*asked, *kept)  # what is shown is what the union has signed
            assert (behind.code, behind.json["new_leaves"]) == (0, 0), behind.out
            assert gather_cosignatures(house.db, system_now, [union]) == 1
            second = run(*asked, *kept)
            assert (second.code, second.json["new_leaves"]) == (0, 1), second.out
