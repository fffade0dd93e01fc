"""The hot path: next task, submit, again. `python -m benchmarks.task_loop --help`

Clients are processes of their own with one keep-alive connection each. A loop counts when its
submit was acknowledged. CPU is user and system time of all server processes over loops done.
fsyncs are counted in a short phase of their own under strace, where strace is there.

    python -m benchmarks.task_loop                          # SQLite, 1k and 100k tasks
    python -m benchmarks.task_loop --tasks 1000 100000 1000000 --engine sqlite postgresql
    python -m benchmarks.task_loop --label-studio DIR       # beside Label Studio, in one run
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.servers.base import LABELS, Account, Server, free_port
from benchmarks.servers.fairhand import Fairhand
from benchmarks.servers.label_studio import LabelStudio


@dataclass(frozen=True)
class Row:
    """One measured phase."""

    server: str
    tasks: int
    clients: int
    loops_per_s: float
    next_ms: tuple[float, float, float]
    submit_ms: tuple[float, float, float]
    cpu_ms_per_loop: float
    fsyncs_per_loop: float | None
    surplus: int
    errors: int


Loops = list[tuple[float, float]]
ERRORS_MAX = 100


def client(server: Server, account: Account, seconds: float, results: object) -> None:
    """Loop for some seconds and report (next, submit) seconds of each loop, and errors."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {account.header[0]: account.header[1], "Content-Type": "application/json"}
    dice = random.Random(os.getpid())
    loops: Loops = []
    errors = 0
    began = time.monotonic()
    while time.monotonic() < began + seconds and errors < ERRORS_MAX:
        started = time.perf_counter()
        status, answer = _ask(connection, server.next_request(), headers)
        if status >= 300:
            errors += 1
            continue
        task = server.read_task(answer)
        asked = time.perf_counter()
        if task is None:
            break  # every task is done or in somebody's hands: the phase ends here
        status, _ = _ask(connection, server.submit_request(task, dice.choice(LABELS)), headers)
        if status >= 300:
            errors += 1
            continue
        loops.append((asked - started, time.perf_counter() - asked))
    results.put((loops, errors, time.monotonic() - began))  # type: ignore[attr-defined]  # a multiprocessing queue


def _ask(
    connection: http.client.HTTPConnection, request: tuple[str, str, bytes], headers: dict[str, str]
) -> tuple[int, object]:
    method, path, body = request
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except OSError:  # a server that does not answer in time is measured, not a reason to stop
        connection.close()
        return 599, None
    return answer.status, json.loads(content) if content else None


@dataclass(frozen=True)
class Phase:
    """What the clients of one phase did, and what it cost the server."""

    loops: Loops
    errors: int
    seconds: float
    cpu_seconds: float


def run_phase(server: Server, accounts: list[Account], seconds: float) -> Phase:
    """Run every account's client at once, over a server with its full number of free tasks."""
    server.refill()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    before = server.cpu_seconds()
    workers = [
        context.Process(target=client, args=(server, account, seconds, results))
        for account in accounts
    ]
    for worker in workers:
        worker.start()
    loops: Loops = []
    errors = 0
    longest = 0.0
    for _ in workers:
        done, failed, took = results.get()
        loops += done
        errors += failed
        longest = max(longest, took)
    for worker in workers:
        worker.join()
    return Phase(loops, errors, longest, server.cpu_seconds() - before)


@contextlib.contextmanager
def counting_fsyncs(server: Server) -> Iterator[list[int]]:
    """Count fsync and fdatasync calls of the server while the block runs, with strace."""
    found: list[int] = []
    report = server.folder / "strace.txt"
    command = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(report)]
    for pid in server.pids():
        command += ["-p", str(pid)]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    yield found
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    for line in report.read_text().splitlines():
        parts = line.split()
        if parts and parts[-1] in ("fsync", "fdatasync"):
            found.append(int(parts[3]))


def measure(
    server: Server, tasks: int, counts: list[int], seconds: float, with_fsyncs: bool
) -> list[Row]:
    """Prepare a server with so many tasks and measure it with each number of clients."""
    accounts = server.prepare(tasks, max(counts))
    server.start()
    rows = []
    try:
        run_phase(server, accounts[:1], 2)  # warm up: first requests import and compile
        for clients in counts:
            phase = run_phase(server, accounts[:clients], seconds)
            loops = phase.loops
            fsyncs = None
            if with_fsyncs and shutil.which("strace"):
                with counting_fsyncs(server) as found:
                    traced = run_phase(server, accounts[:clients], 2)
                fsyncs = sum(found) / max(1, len(traced.loops))
            rows.append(
                Row(
                    server.name,
                    tasks,
                    clients,
                    len(loops) / phase.seconds,
                    _percentiles([loop[0] for loop in loops]),
                    _percentiles([loop[1] for loop in loops]),
                    1_000 * phase.cpu_seconds / max(1, len(loops)),
                    fsyncs,
                    0,
                    phase.errors,
                )
            )
        surplus = server.surplus()
    finally:
        server.stop()
    return [Row(**{**asdict(row), "surplus": surplus}) for row in rows]


def _percentiles(seconds: list[float]) -> tuple[float, float, float]:
    if not seconds:
        return (0.0, 0.0, 0.0)
    ordered = sorted(seconds)
    p50, p95, p99 = (
        1_000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 0.99)
    )
    return (p50, p95, p99)


def show(rows: list[Row]) -> None:
    """Print the table, and how Fairhand compares with each peer and with itself at 1k."""
    print(
        f"{'server':<22}{'tasks':>9}{'clients':>8}{'loops/s':>9}{'next p50/p95/p99 ms':>24}"
        f"{'submit p50/p95/p99 ms':>24}{'CPU ms/loop':>12}{'fsync/loop':>11}{'surplus':>8}"
        f"{'errors':>7}"
    )
    for row in rows:
        fsyncs = "-" if row.fsyncs_per_loop is None else f"{row.fsyncs_per_loop:.2f}"
        print(
            f"{row.server:<22}{row.tasks:>9,}{row.clients:>8}{row.loops_per_s:>9.1f}"
            f"{_three(row.next_ms):>24}{_three(row.submit_ms):>24}{row.cpu_ms_per_loop:>12.2f}"
            f"{fsyncs:>11}{row.surplus:>8}{row.errors:>7}"
        )
    print()
    for row in rows:
        first = next(one for one in rows if (one.server, one.clients) == (row.server, row.clients))
        if row is not first:
            print(
                f"{row.server}, {row.clients} clients: CPU per loop at {row.tasks:,} tasks is "
                f"{row.cpu_ms_per_loop / first.cpu_ms_per_loop:.2f}x that at {first.tasks:,}"
            )
    for mine in (row for row in rows if row.server.startswith("Fairhand")):
        for peer in (row for row in rows if not row.server.startswith("Fairhand")):
            if (mine.tasks, mine.clients) == (peer.tasks, peer.clients) and peer.loops_per_s:
                print(
                    f"{mine.server} against {peer.server}, {mine.tasks:,} tasks, {mine.clients} "
                    f"clients: {mine.loops_per_s / peer.loops_per_s:.0f}x the loops, "
                    f"{peer.cpu_ms_per_loop / mine.cpu_ms_per_loop:.0f}x less CPU per loop"
                )


def _three(values: tuple[float, float, float]) -> str:
    return "/".join(f"{value:.1f}" for value in values)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--engine", nargs="+", default=["sqlite"])
    parser.add_argument("--label-studio", type=Path, help="venv with label-studio installed")
    parser.add_argument("--no-fsyncs", action="store_true")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    rows: list[Row] = []
    for tasks in options.tasks:
        for server, close in servers(options):
            print(f"{server.name}: {tasks:,} tasks ...", file=sys.stderr, flush=True)
            with close:
                rows += measure(
                    server, tasks, options.clients, options.seconds, not options.no_fsyncs
                )
    show(rows)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    return 1 if any(row.errors for row in rows) else 0


def servers(
    options: argparse.Namespace,
) -> Iterator[tuple[Server, contextlib.AbstractContextManager[object]]]:
    """Give each server to measure, in a fresh folder, with what closes it."""
    for engine in options.engine:
        stack = contextlib.ExitStack()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairhand-bench-")))
        url = stack.enter_context(private_postgres()) if engine == "postgresql" else ""
        yield Fairhand(folder, free_port(), url, options.processes), stack
    if options.label_studio:
        stack = contextlib.ExitStack()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="label-studio-")))
        yield LabelStudio(folder, free_port(), options.label_studio.resolve()), stack


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """Start a PostgreSQL of our own, durable as by default, and give the URL of a database."""
    from tests.engines import start_postgres  # only where it is asked for

    server = start_postgres(durable=True)
    try:
        yield server.url(server.create("template1"))
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
