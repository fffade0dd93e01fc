"""Seconds to import text tasks, beside Label Studio and doccano on the same file.

    python -m benchmarks.import_speed [--tasks 100000]
        [--label-studio VENV] [--doccano VENV] [--rounds 1]

VENV is a virtual environment with the peer in it (label-studio; doccano with marshmallow below 4
and pandas 2.0.3). Each writes into a fresh SQLite database. Ours is one `fairhand import`, start
of its process included; of the peers only the request (and doccano's background task) is timed, on
a server that is up already. All three end with a count of what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

_WAIT_S = 180
_LIMIT_S = 1_800
_TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105  # of a server that lives for a minute
_NAME, _PASSWORD = "bench@example.org", "a-password-for-one-minute"
_CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="glad"/><Choice value="sad"/></Choices></View>'
)


def main() -> None:
    """Print a line for each, with its ratio to ours."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--label-studio", type=Path, metavar="VENV")
    parser.add_argument("--doccano", type=Path, metavar="VENV")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    peers = {"Fairhand": _ours}
    if options.label_studio:
        peers["Label Studio"] = lambda *given: _label_studio(options.label_studio, *given)
    if options.doccano:
        peers["doccano"] = lambda *given: _doccano(options.doccano, *given)
    print(f"{options.tasks:,} text tasks into SQLite, {options.rounds} rounds in turns")
    taken: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(options.rounds):
        for name, run in peers.items():
            with tempfile.TemporaryDirectory(prefix="import-speed-") as made:
                folder = Path(made)
                taken[name].append(run(_write(folder, options.tasks), options.tasks, folder))
    own = sorted(taken["Fairhand"])[options.rounds // 2]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    for name, seconds in taken.items():
        middle = sorted(seconds)[options.rounds // 2]
        print(f"{name:14}{middle:8.1f} s{middle / own:8.1f} times ours")
    if len(peers) == 1:
        print(f"peak memory {peak:.0f} MiB")


def _write(folder: Path, tasks: int) -> Path:
    """Write the tasks as Label Studio's JSON, and as JSON lines beside it."""
    rows = [
        {"text": f"The {number}th guest said that breakfast was cold and the view was lovely."}
        for number in range(tasks)
    ]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "tasks.json"
    path.write_text(json.dumps([{"data": row} for row in rows]))
    return path


def _ours(path: Path, tasks: int, folder: Path) -> float:
    workspace = ("-w", str(folder / "team"))
    _fairhand("init", "--owner", "Carmen", "--email", "carmen@example.org", *workspace)
    _fairhand(
        *("project", "create", "Moods", "--choice", "mood=glad,sad", "--purpose", "To measure."),
        *("--currency", "GBP", "--rate", "15", *workspace),
    )
    start = time.perf_counter()
    said = _fairhand("import", "moods", str(path.with_suffix(".jsonl")), "--json", *workspace)
    seconds = time.perf_counter() - start
    _check(json.loads(said)["added"], tasks)
    return seconds


def _fairhand(*arguments: str) -> str:
    command = [sys.executable, "-m", "fairhand", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _label_studio(venv: Path, path: Path, tasks: int, folder: Path) -> float:
    port = _free_port()
    command = [
        *(venv / "bin" / "label-studio", "start", "--no-browser", "--init", "--port", str(port)),
        *("--data-dir", folder / "data", "--username", _NAME, "--password", _PASSWORD),
        *("--user-token", _TOKEN, "--enable-legacy-api-token", "Moods"),
    ]
    setting = {"LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"), "COLLECT_ANALYTICS": "False"}
    setting["DATA_UPLOAD_MAX_MEMORY_SIZE"] = str(2**30)
    with (
        _running(command, setting, f"http://127.0.0.1:{port}/health") as url,
        httpx.Client(
            base_url=url, headers={"Authorization": f"Token {_TOKEN}"}, timeout=_LIMIT_S
        ) as client,
    ):
        made = client.post("/api/projects", json={"title": "Moods", "label_config": _CONFIG})
        project = made.raise_for_status().json()["id"]
        content = path.read_bytes()
        kind = {"Content-Type": "application/json"}
        start = time.perf_counter()
        sent = client.post(f"/api/projects/{project}/import", content=content, headers=kind)
        seconds = time.perf_counter() - start
        _check(sent.raise_for_status().json()["task_count"], tasks)
        there = client.get(f"/api/projects/{project}").raise_for_status().json()["task_number"]
        _check(there, tasks)
    return seconds


def _doccano(venv: Path, path: Path, tasks: int, folder: Path) -> float:
    home = {"DOCCANO_HOME": str(folder / "home"), "DATABASE_URL": f"sqlite:///{folder}/doccano.db"}
    program = venv / "bin" / "doccano"
    for more in (("init",), ("createuser", "--username", "bench", "--password", _PASSWORD)):
        subprocess.run(
            [program, *more],
            env=os.environ | home,
            capture_output=True,
            check=True,
            timeout=_WAIT_S,
        )
    port = _free_port()
    web = [program, "webserver", "--port", str(port)]
    worker = subprocess.Popen(
        [program, "task"],
        env=os.environ | home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with (
            _running(web, home, f"http://127.0.0.1:{port}/v1/health/") as url,
            httpx.Client(base_url=url, timeout=_LIMIT_S) as client,
        ):
            return _upload(client, path, tasks)
    finally:
        worker.terminate()
        worker.wait(_WAIT_S)


def _upload(client: httpx.Client, path: Path, tasks: int) -> float:
    signed = client.post("/v1/auth/login/", json={"username": "bench", "password": _PASSWORD})
    signed.raise_for_status()
    client.headers["X-CSRFToken"] = client.cookies.get("csrftoken") or ""
    about = {
        "name": "Moods",
        "description": "To measure.",
        "project_type": "DocumentClassification",
        "resourcetype": "TextClassificationProject",
        "guideline": "Read.",
    }
    project = client.post("/v1/projects", json=about).raise_for_status().json()["id"]
    lines = path.with_suffix(".jsonl").read_bytes()
    start = time.perf_counter()
    kept = client.post("/v1/fp/process/", files={"filepond": ("tasks.jsonl", lines)})
    order = {
        "format": "JSONL",
        "task": "DocumentClassification",
        "uploadIds": [kept.raise_for_status().text.strip('"')],
        "column_data": "text",
        "column_label": "label",
    }
    asked = client.post(f"/v1/projects/{project}/upload", json=order).raise_for_status().json()
    while time.perf_counter() - start < _LIMIT_S:
        state = client.get(f"/v1/tasks/status/{asked['task_id']}").raise_for_status().json()
        if state["ready"]:
            break
        time.sleep(0.1)
    seconds = time.perf_counter() - start
    there = client.get(f"/v1/projects/{project}/examples", params={"limit": 1})
    _check(there.raise_for_status().json()["count"], tasks)
    return seconds


@contextmanager
def _running(command: list[Any], setting: dict[str, str], health: str) -> Iterator[str]:
    """Run a server until the block ends; gives its address once it answers."""
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [str(one) for one in command], env=os.environ | setting, stdout=told, stderr=told
        )
        try:
            for _ in range(_WAIT_S * 2):
                try:
                    if httpx.get(health, timeout=5).status_code < 500:
                        break
                except httpx.TransportError:
                    pass
                if process.poll() is not None:
                    told.seek(0)
                    raise SystemExit(told.read().decode(errors="replace")[-2_000:])
                time.sleep(0.5)
            yield re.sub(r"(//[^/]+).*", r"\1", health)
        finally:
            process.terminate()
            process.wait(_WAIT_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _check(found: int, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"{found:,} of {wanted:,} tasks arrived.")


if __name__ == "__main__":
    main()
