"""How fast the log is sealed, how small and quick its proofs are, and what a flipped byte does.

    python -m benchmarks.evidence [--leaves 1e5] [--flips 1000] [--peer VENV]

Sealing: leaves of about 110 bytes are hashed and put into the tiles, 5,000 at a time with a root
after each, beside pymerkle's tree in memory, which is given the same leaves and asked for one root
at the end. Both roots must be equal. Each runs in a process of its own; memory is the peak of
resident memory (ru_maxrss) above what was held with the leaves in memory and nothing sealed.
`database` is the whole way: events in SQLite, sealed and signed, as a server does it (at most
100,000 of them). `--peer` names a virtual environment with pymerkle; without it, it is left out.

Proof: the receipt of a leaf in the middle with two witnesses' lines: its bytes, and milliseconds
to check the path, the log's signature and both witnesses' (the median of 200).

Flips: one random byte of a random file of an exported log of 2,000 leaves is changed, as often as
`--flips` says, and a monitor that knows the keys reads all of it: how often it was found.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STEP = 5_000
_PEER = """
import json, resource, sys, time
from pymerkle import InmemoryTree
count = int(sys.argv[1])
leaves = [(b'{"at":%d,"commitment":"' % (1790000000000 + n)) + (b'%064x' % n)
          + b'","kind":"annotation.submitted","v":1}' for n in range(count)]
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
tree = InmemoryTree(algorithm="sha256")
tree.append_entries(leaves)
root = tree.get_root() if hasattr(tree, "get_root") else tree.get_state()
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"root": root.hex(), "seconds": seconds, "kib": peak - held}))
"""


def make_leaf(number: int) -> bytes:
    """Make a leaf as the log writes them."""
    return (
        (b'{"at":%d,"commitment":"' % (1_790_000_000_000 + number))
        + (b"%064x" % number)
        + b'","kind":"annotation.submitted","v":1}'
    )


def seal_tiles(count: int) -> dict[str, Any]:
    """Hash leaves and put them into tiles, in this process."""
    from fairhand.proof.log import merkle, tiles

    leaves = [make_leaf(number) for number in range(count)]
    held = _peak()
    kept: tiles.Tiles = {}

    def read(level: int, index: int) -> bytes:
        return kept.get((level, index), b"")

    start, root = time.perf_counter(), b""
    for at in range(0, count, STEP):
        part = [merkle.leaf_hash(leaf) for leaf in leaves[at : at + STEP]]
        kept.update(tiles.grow(at, part, read))
        root = tiles.root(at + len(part), read)
    seconds = time.perf_counter() - start
    return {"root": root.hex(), "seconds": seconds, "kib": _peak() - held}


def seal_database(count: int) -> dict[str, Any]:
    """Append events to a database and seal them as a server does; the seconds are the sealing's."""
    from sqlalchemy import create_engine

    from fairhand.core.clock import Instant
    from fairhand.proof.log import store
    from fairhand.storage.database import Database
    from fairhand.storage.tables.base import metadata
    from fairhand.use_cases.seal_log import seal_log

    now = Instant(1_790_000_000_000)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/log.db"
        metadata.create_all(create_engine(url))
        db = Database(url)
        for at in range(0, count, STEP):
            events = [
                store.NewEvent("annotation.submitted", {"annotation": number})
                for number in range(at, min(at + STEP, count))
            ]
            with db.write() as connection:
                store.append_many(connection, events, now)
        held, start = _peak(), time.perf_counter()
        done = seal_log(db, _signer(), now)
        seconds = time.perf_counter() - start
        db.close()
    assert done.sealed == count
    return {"root": "", "seconds": seconds, "kib": _peak() - held}


def measure_proof(count: int) -> dict[str, Any]:
    """Make the receipt of a leaf in the middle under two witnesses, and check it."""
    from fairhand.core.clock import Instant
    from fairhand.proof.log import merkle, tiles
    from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
    from fairhand.proof.log.cosignature import read_cosignatures
    from fairhand.proof.log.leaf import commitment, make_leaf
    from fairhand.proof.log.receipt import Opening, Receipt, check_receipt, parse_receipt

    now, salt = Instant(1_790_000_000_000), b"s" * 16
    body = '{"annotation":500000,"project":12,"revision":1,"task":400000,"value":"' + "a" * 64
    body += '"}'
    leaf = make_leaf("annotation.submitted", now, commitment(salt, body.encode()))
    middle = count // 2
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(count)]
    hashes[middle] = merkle.leaf_hash(leaf)
    kept = tiles.grow(0, hashes, lambda _level, _index: b"")
    read = lambda level, index: kept.get((level, index), b"")  # noqa: E731
    signer, witnesses = _signer(), _witnesses()
    head = Checkpoint(signer.name, count, tiles.root(count, read))
    note = sign_checkpoint(head, signer)
    note += "".join(one.cosign(head.text(), now) for one in witnesses)
    path = tuple(tiles.inclusion_proof(middle, count, read))
    opening = Opening("annotation.submitted", now, salt, body)
    text = Receipt(middle, path, note, leaf, opening).text()
    bare = Receipt(middle, path, note, leaf, None).text()
    keys = [one.key for one in witnesses]

    def check() -> None:
        found = parse_receipt(text)
        check_receipt(found, signer.verifier)
        assert len(read_cosignatures(found.note, keys)) == 2

    times = [_timed(check) for _ in range(200)]
    return {
        "hashes": len(path),
        "bytes": len(text.encode()),
        "bare_bytes": len(bare.encode()) - len(bare.split("\n")[1].encode()) - 1,
        "ms": 1000 * statistics.median(times),
    }


def count_found(flips: int) -> dict[str, int]:
    """Flip random bytes of an exported log, one at a time; count what a monitor finds."""
    from fairhand.core.clock import Instant
    from fairhand.proof.log import merkle, tiles
    from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
    from fairhand.proof.log.monitor import watch
    from fairhand.proof.log.places import CalledPlace, dump_bundle
    from fairhand.proof.log.policy import Group, Policy

    count, now = 2_000, Instant(1_790_000_000_000)
    leaves = [make_leaf(number) for number in range(count)]
    kept = tiles.grow(0, [merkle.leaf_hash(one) for one in leaves], lambda _l, _i: b"")
    files = {
        tiles.tile_path(level, index, len(hashes) // 32): hashes
        for (level, index), hashes in kept.items()
    }
    for at in range(0, count, tiles.WIDTH):
        part = leaves[at : at + tiles.WIDTH]
        name = tiles.tile_path("entries", at // tiles.WIDTH, len(part))
        files[name] = dump_bundle(part)
    signer, (first, second) = _signer(), _witnesses()
    head = Checkpoint(signer.name, count, merkle.root([merkle.leaf_hash(x) for x in leaves]))
    note = sign_checkpoint(head, signer)
    files["checkpoint"] = (
        note + first.cosign(head.text(), now) + second.cosign(head.text(), now)
    ).encode()
    known = {"first": first.key, "second": second.key}
    policy = Policy((signer.verifier,), known, {"both": Group(2, ("first", "second"))}, "both")
    assert watch(CalledPlace(files.get), policy, None, now).is_well
    dice, found = random.Random(9), 0
    sizes = [len(content) for content in files.values()]
    for number in range(flips):
        (name,) = dice.choices(list(files), sizes)
        name = "checkpoint" if number % 20 == 0 else name  # it is small, and all hangs on it
        changed = bytearray(files[name])
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        place = CalledPlace({**files, name: bytes(changed)}.get)
        found += not watch(place, policy, None, now).is_well
    return {"flips": flips, "found": found}


def _signer() -> Any:  # noqa: ANN401  # imports stay lazy
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fairhand.proof.log.note import Signer

    return Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))


def _witnesses() -> Any:  # noqa: ANN401  # imports stay lazy
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fairhand.proof.log.cosignature import WitnessSigner

    return [
        WitnessSigner(f"witness.example.org/{name}", Ed25519PrivateKey.from_private_bytes(seed))
        for name, seed in (("w1", b"u" * 32), ("w2", b"f" * 32))
    ]


def _timed(act: Any) -> float:  # noqa: ANN401  # any function
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _apart(name: str, count: int) -> Any:  # noqa: ANN401  # any JSON value
    code = f"import json, benchmarks.evidence as e; print(json.dumps(e.{name}({count})))"
    return _run([sys.executable, "-c", code])


def _run(command: list[str]) -> Any:  # noqa: ANN401  # any JSON value
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--leaves", type=float, default=1e5)
    parser.add_argument("--flips", type=int, default=1_000)
    parser.add_argument("--peer", type=Path, default=None)
    given = parser.parse_args()
    count = int(given.leaves)
    rows = {"tiles": (count, _apart("seal_tiles", count))}
    if given.peer:
        python = str(given.peer / "bin" / "python")
        rows["pymerkle"] = (count, _run([python, "-c", _PEER, str(count)]))
        assert rows["pymerkle"][1]["root"] == rows["tiles"][1]["root"], "two roots of one log"
    few = min(count, 100_000)
    rows["database"] = (few, _apart("seal_database", few))
    print(f"{'sealing':<10} {'leaves':>10} {'s':>8} {'leaves/s':>10} {'MiB':>8}")
    for name, (many, got) in rows.items():
        rate, memory = many / got["seconds"], got["kib"] / 1024
        print(f"{name:<10} {many:>10,} {got['seconds']:>8.2f} {rate:>10,.0f} {memory:>8.1f}")
    if given.peer:
        ours, peer = rows["tiles"][1], rows["pymerkle"][1]
        print(
            f"{peer['seconds'] / ours['seconds']:.1f}x as fast as pymerkle, "
            f"{ours['kib'] / peer['kib']:.2f} of its memory"
        )
    proof = _apart("measure_proof", count)
    print(
        f"proof at {count:,}: {proof['hashes']} hashes, {proof['bytes']:,} bytes with the event, "
        f"{proof['bare_bytes']:,} without; checked in {proof['ms']:.2f} ms"
    )
    found = count_found(given.flips)
    print(f"flips found: {found['found']:,} of {found['flips']:,}")


if __name__ == "__main__":
    main()
