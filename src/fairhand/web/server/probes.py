"""`/health`, `/ready` and `/metrics`: what a proxy, an orchestrator and Prometheus ask."""

from __future__ import annotations

import os
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from fairhand.core.errors import ForbiddenError, NotSignedInError, UnavailableError
from fairhand.people.accounts.rules import may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_server import ServerState, read_ready, read_server
from fairhand.web.shared.doors import find_actor, house_of, public

router = APIRouter(include_in_schema=False)
_FRESH_S = 15.0
_READY_S = 1.0
_FORWARDED = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
)
_lock = threading.Lock()
_kept: dict[int, tuple[float, ServerState]] = {}
_ready_lock = threading.Lock()
_ready_kept: dict[int, tuple[float, dict[str, str]]] = {}


@router.get("/health")
@public
async def health(request: Request) -> Response:
    """Say that this process is alive; asks nothing of the database."""
    return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})


@router.get("/ready")
@public
def ready(request: Request) -> Response:
    """Say whether this server can work: 200, or 503 and what is wrong; looked at once a second.

    Who comes through a proxy is not told what is wrong, only whether something is.
    """
    checks = _checks(house_of(request))
    is_ready = all(word == "ok" for word in checks.values())
    told = {} if _is_forwarded(request) else {"checks": checks}
    return JSONResponse(
        {"ready": is_ready, **told},
        status_code=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )


@router.get("/metrics")
@public
def metrics(request: Request) -> Response:
    """Give measures to Prometheus: from this machine, or with a token that may `server.view`."""
    from prometheus_client import CONTENT_TYPE_LATEST

    house = house_of(request)
    _let_in(house, request)
    try:
        state: ServerState | None = _state(house)
    except UnavailableError:  # requests are measured all the same
        state = None
    body = _requests() + (b"fairhand_database_up 0\n" if state is None else _written(state))
    return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _let_in(house: House, request: Request) -> None:
    if _is_near(house, request):
        return
    actor = find_actor(house, request)
    if actor is None:
        raise NotSignedInError("Send a token that may see the server, or ask from its own machine.")
    if not may(actor, "server.view"):
        raise ForbiddenError("Your account may not see this.")


def _is_near(house: House, request: Request) -> bool:
    """Say whether the asker's own address is let in; a proxy's word for it does not count.

    A proxy on this machine may say nothing of whom it asks for. So an asker from this machine must
    also ask for this machine by its own name, and where the server has a public address, that is
    not enough either: whatever serves that address asks from here.
    """
    if request.client is None or _is_forwarded(request):
        return False
    try:
        asker = ip_address(request.client.host)
    except ValueError:
        return False
    if asker.is_loopback and not (
        _is_here(request.url.hostname) and _is_here(urlsplit(house.settings.base_url).hostname)
    ):
        return False
    return any(asker in ip_network(one, strict=False) for one in house.settings.metrics_from)


def _is_forwarded(request: Request) -> bool:
    return any(name in request.headers for name in _FORWARDED)


def _is_here(host: str | None) -> bool:
    """Say whether a host's name can only mean the machine that it is said on."""
    try:
        # A server that listens on every address says so as its own, where no other was set.
        return host == "localhost" or _means_here(ip_address(host or ""))
    except ValueError:
        return False


def _means_here(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified


def _checks(house: House) -> dict[str, str]:
    """Look at most once a second, one at a time: anybody may ask, as often as they like."""
    found = _ready_kept.get(id(house))
    if found is not None and monotonic() - found[0] < _READY_S:
        return found[1]
    if not _ready_lock.acquire(blocking=found is None):
        assert found is not None  # noqa: S101  # else it was waited for
        return found[1]  # somebody is looking: until then, what was seen last
    try:
        again = _ready_kept.get(id(house))
        if again is not None and again is not found:
            return again[1]  # seen while this one waited
        checks = read_ready(house)
        _ready_kept.clear()
        _ready_kept[id(house)] = (monotonic(), checks)
        return checks
    finally:
        _ready_lock.release()


def _state(house: House) -> ServerState:
    """Count at most every quarter of a minute, however often somebody scrapes."""
    with _lock:
        found = _kept.get(id(house))
        if found is not None and monotonic() - found[0] < _FRESH_S:
            return found[1]
        state = read_server(house)
        _kept.clear()
        _kept[id(house)] = (monotonic(), state)
        return state


def _requests() -> bytes:
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _written(state: ServerState) -> bytes:
    """Write what the database said; made anew each time, in a registry of its own."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    figures = state.figures

    def gauge(name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"fairhand_{name}", words, labels, registry=registry)

    gauge("database_up", "1 when the database answered.").set(1)
    gauge("database_bytes", "How large the database is.").set(figures.database_bytes)
    gauge("queue_tasks", "Tasks with a free place, over all projects.").set(figures.free_tasks)
    leases = gauge("leases", "Tasks that people hold, by state.", "state")
    leases.labels("live").set(figures.live_leases)
    leases.labels("expired").set(figures.expired_leases)
    jobs = gauge("jobs", "Durable jobs, by state.", "state")
    for name in ("queued", "running", "failed", "done"):
        jobs.labels(name).set(figures.jobs.get(name, 0))
    gauge("log_unsealed_events", "Events without a leaf.").set(figures.unsealed)
    gauge("log_seal_lag_seconds", "How long the first of those waits.").set(figures.seal_lag_s)
    letters = gauge("letters", "Letters in the outbox, by state.", "state")
    for name in ("waiting", "sent", "given_up"):
        letters.labels(name).set(figures.letters.get(name, 0))
    gauge("letter_wait_seconds", "How long the oldest waits.").set(figures.letter_wait_s)
    owed = gauge("pay_owed", "Earned and not paid out, in units of the currency.", "currency")
    for currency, micros in figures.owed_micros.items():
        owed.labels(currency).set(micros / 1_000_000)
    live = [one for one in state.processes if one.is_live(state.at)]
    processes = gauge("processes", "Processes that spoke within a minute.", "kind", "version")
    for one in live:
        processes.labels(one.kind, one.version).inc()
    return generate_latest(registry)
