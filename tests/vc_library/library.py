"""Install somebody else's library for verifiable credentials, and ask it.

It is fetched once for each set of pins, into the environment's own folder; node and npm are needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
_PINS = ("package.json", "package-lock.json")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the library says of a credential."""

    verified: bool
    revoked: bool
    why: str | None


def installed() -> Path:
    """Give the folder with the libraries, installing them where they are not there yet."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not here")
    mark = hashlib.sha256(b"".join((HERE / one).read_bytes() for one in _PINS)).hexdigest()[:12]
    folder = Path(sys.prefix) / "peers" / f"vc-library-{mark}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "vc-library.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for one in _PINS:
                shutil.copy(HERE / one, folder / one)
            _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
            (folder / "ready").touch()
    return folder


def ask(folder: Path, lists: Sequence[Any], credentials: Sequence[Any]) -> list[Verdict]:
    """Ask what is to be thought of credentials, with these status lists at hand."""
    files = []
    for number, one in enumerate([list(lists), *credentials]):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(one))
    said = _run(["node", str(HERE / "check.mjs"), *map(str, files)], installed())
    return [Verdict(**json.loads(line)) for line in said.splitlines()]


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout
