"""The one way out: requests to addresses that people give, kept away from the house's own network.

Every connection resolves its host once, checks every address found, and goes to the very address
that was checked, so that a name cannot change its mind in between (DNS rebinding). Refused are all
addresses that are not of the public internet (private, loopback, link-local, reserved, multicast,
the metadata services of clouds, and each of them dressed up as IPv6), unless the operator allowed
exactly that host and port. Redirects go the same way. Answers are limited in size and in time as a
whole; proxies of the environment are not used.

    with guarded_client(settings.backend_hosts) as client:
        client.get_json("http://models.example.org:9090/health", limits=Limits(total_s=3))
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import IO, Any, Final
from urllib.parse import urljoin

import httpcore
import orjson

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.addresses import Address, refusal
from fairhand.compute.backends.looking_up import bad_address, look_up
from fairhand.compute.backends.loose_json import read_json
from fairhand.compute.backends.targets import Target, place_of, read_url

__all__ = [
    "AnsweredError",
    "GuardedClient",
    "Limits",
    "Reply",
    "Target",
    "guarded_client",
    "place_of",
    "read_url",
]

_MOST_REDIRECTS = 3
_MOST_CONNECTIONS = 20
_LOOK_UP_S = 5.0
_CHUNK = 65_536
_SNIPPET = 200
_USER_AGENT = "fairhand"
_HINT: Final = (
    "If that is meant, the operator of this server allows it: backend_hosts = ['{place}'] in "
    "fairhand.toml, or `fairhand assist add --allow-private` in its terminal."
)


class AnsweredError(AssistantError):
    """The server answered, and said no: `answered` is its HTTP status."""

    def __init__(self, message: str, answered: int) -> None:
        super().__init__(message, hop="answer", code="backend_refused")
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much: `connect_s` to be let in, `total_s` and `max_bytes` for all of it."""

    connect_s: float = 3.0
    total_s: float = 30.0
    max_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever it is; the names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@contextmanager
def guarded_client(
    allowed: Collection[str] = (), *, ca_file: str = "", hint: str = _HINT
) -> Iterator[GuardedClient]:
    """Open a client; `allowed` are the places (`host:port`) that may be within the house.

    `ca_file` holds certificates of authorities that are trusted besides the public ones; `hint`
    says how others are allowed, about a `{place}`.
    """
    client = GuardedClient(allowed, ca_file=ca_file, hint=hint)
    try:
        yield client
    finally:
        client.close()


class GuardedClient:
    """Sends JSON to where people say, within limits; may be used by several threads."""

    def __init__(
        self, allowed: Collection[str] = (), *, ca_file: str = "", hint: str = _HINT
    ) -> None:
        self._gate = _Gate(frozenset(map(place_of, allowed)), hint)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(ca_file),
            max_connections=_MOST_CONNECTIONS,
            network_backend=self._gate,
        )

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()

    def check_address(self, url: str) -> list[str]:
        """Resolve the host of an address as a request would; give what it found, or raise."""
        target = read_url(url)
        self._gate.deadline = monotonic() + _LOOK_UP_S
        return [str(address) for address in self._gate.resolve(target.host, target.port)]

    def get_json(
        self, url: str, *, headers: Mapping[str, str] | None = None, limits: Limits = Limits()
    ) -> Any:  # noqa: ANN401  # any JSON value
        """Ask for a JSON value; raises AssistantError naming the hop that failed."""
        return read_json(self._ask("GET", url, headers or {}, None, limits))

    def post_json(
        self,
        url: str,
        body: Any,  # noqa: ANN401  # any JSON value
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
    ) -> Any:  # noqa: ANN401  # any JSON value
        """Send a JSON value and read one; raises AssistantError naming the hop that failed."""
        content = orjson.dumps(body)
        return read_json(self._ask("POST", url, headers or {}, content, limits))

    def post_text(self, url: str, body: bytes, limits: Limits = Limits()) -> tuple[int, bytes]:
        """Send plain text; gives the status, whatever it is, and what came. No redirects."""
        self._gate.deadline = monotonic() + limits.total_s
        headers = {"Accept": "*/*", "Content-Type": "text/plain; charset=utf-8"}
        status, content, _ = self._once("POST", read_url(url), headers, body, limits)
        return status, content

    def send(
        self, url: str, body: bytes, headers: Mapping[str, str], limits: Limits = Limits()
    ) -> tuple[int, bytes]:
        """Post bytes as they are; gives the status and the answer's beginning. No redirects.

        No more than `limits.max_bytes` of the answer are read: what follows is left unread.
        """
        self._gate.deadline = monotonic() + limits.total_s
        with self._opened("POST", read_url(url), headers, body, limits) as answer:
            content = b""
            for chunk in answer.iter_stream():
                content += chunk
                if len(content) >= limits.max_bytes:
                    break
            return answer.status, content[: limits.max_bytes]

    def ask_once(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limits: Limits = Limits(),
    ) -> Reply:
        """Ask, and give what came with its status; a redirect is an answer and is not followed."""
        self._gate.deadline = monotonic() + limits.total_s
        return self._exchange(method, read_url(url), headers or {}, body, limits)

    def get_file(
        self,
        url: str,
        target: IO[bytes],
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
    ) -> Mapping[str, str]:
        """Write what lies behind an address into a file; gives the answer's own headers.

        Raises AssistantError naming the hop that failed, AnsweredError for a status but 200.
        """
        self._gate.deadline = monotonic() + limits.total_s
        at, given = read_url(url), {"Accept": "*/*", **(headers or {})}
        for _ in range(_MOST_REDIRECTS + 1):
            further = self._fetch(at, given, target, limits)
            if not isinstance(further, Target):
                return further
            if further.place != at.place:
                given = {name: word for name, word in given.items() if not _is_secret(name)}
            at = further
        raise AssistantError("It sends us from address to address without end.", hop="address")

    def _fetch(
        self, at: Target, headers: Mapping[str, str], target: IO[bytes], limits: Limits
    ) -> Target | Mapping[str, str]:
        """Read one answer, or say where it sends us on to."""
        with self._opened("GET", at, headers, None, limits) as answer:
            found = {name.lower(): word for name, word in answer.headers}
            where = found.get(b"location")
            if answer.status in (301, 302, 303, 307, 308) and where is not None:
                return _follow("GET", at, where.decode("latin-1"), answer.status)
            if answer.status != 200:
                raise AnsweredError(f"It answered {answer.status}.", answer.status)
            for chunk in _measured(answer.iter_stream(), found, limits.max_bytes):
                target.write(chunk)
        return _plain(found)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limits: Limits
    ) -> bytes:
        self._gate.deadline = monotonic() + limits.total_s
        target, given = read_url(url), dict(headers)
        for _ in range(_MOST_REDIRECTS + 1):
            status, content, where = self._once(method, target, given, body, limits)
            if 200 <= status < 300:
                return content
            if status not in (301, 302, 303, 307, 308) or where is None:
                raise AnsweredError(f"It answered {status}{_said(content)}", status)
            further = _follow(method, target, where, status)
            if further.place != target.place:
                given = {name: word for name, word in given.items() if not _is_secret(name)}
            target = further
        raise AssistantError("It sends us from address to address without end.", hop="address")

    def _once(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: Limits,
    ) -> tuple[int, bytes, str | None]:
        reply = self._exchange(method, target, headers, body, limits)
        return reply.status, reply.content, reply.headers.get("location") or None

    def _exchange(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: Limits,
    ) -> Reply:
        kinds = {"Accept": "application/json"}
        if body is not None:
            kinds["Content-Type"] = "application/json"
        with self._opened(method, target, {**kinds, **headers}, body, limits) as answer:
            found = {name.lower(): word for name, word in answer.headers}
            content = _read_all(answer.iter_stream(), found, limits.max_bytes)
            return Reply(answer.status, _plain(found), content)

    @contextmanager
    def _opened(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: Limits,
    ) -> Iterator[httpcore.Response]:
        """Send a request, and have its answer come."""
        sent = {"Accept-Encoding": "identity", "User-Agent": _USER_AGENT, **headers}
        with (
            _in_words(target),
            self._pool.stream(
                method,
                target.url,
                headers=list(sent.items()),
                content=body,
                extensions={"timeout": {"connect": limits.connect_s, "pool": limits.total_s}},
            ) as answer,
        ):
            yield answer


def _plain(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode("latin-1"): word.decode("latin-1") for name, word in headers.items()}


@cache
def _tls(ca_file: str = "") -> ssl.SSLContext:
    """Read the certificates that are trusted once a process: it takes a while."""
    context = httpcore.default_ssl_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


class _Gate(httpcore.NetworkBackend):
    """Opens connections to checked addresses only, each watched by the request's deadline."""

    def __init__(self, allowed: frozenset[str], hint: str) -> None:
        self._allowed = allowed
        self._hint = hint
        self._plain = httpcore.SyncBackend()
        self._now = threading.local()

    @property
    def deadline(self) -> float:
        """When the request of this thread must be over."""
        until: float = getattr(self._now, "until", 0.0)
        return until

    @deadline.setter
    def deadline(self, until: float) -> None:
        self._now.until = until

    def left(self, most: float | None) -> float:
        """Give the seconds that are left, at most `most`; raises TimeoutException at the end."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the time of the whole request is over")
        return left if most is None else min(left, most)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve once, check, and connect to the address that was checked."""
        failed: Exception | None = None
        for address in self.resolve(host, port):
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, self.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Watched(stream, self)
        raise failed or httpcore.ConnectError("no address")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Refuse: nobody's address is a file of this machine."""
        raise bad_address("An address begins with http:// or https://.")

    def resolve(self, host: str, port: int) -> list[Address]:
        """Look a host up once; raises AssistantError when any of its addresses is not allowed."""
        host = host.lower().rstrip(".")
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        found = look_up(host, port, self.left(_LOOK_UP_S))
        for address in found:
            if why := refusal(address, host, is_allowed=place in self._allowed):
                told = self._hint.format(place=place)
                raise bad_address(f"{host} is at {address}, which is {why}. {told}")
        return found


class _Watched(httpcore.NetworkStream):
    """A connection whose every wait ends with the request's deadline, however it dribbles."""

    def __init__(self, stream: httpcore.NetworkStream, gate: _Gate) -> None:
        self._stream = stream
        self._gate = gate

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._gate.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: a peer that takes a byte at a time would begin the wait anew with each.
        for start in range(0, len(buffer), _CHUNK):
            self._stream.write(buffer[start : start + _CHUNK], self._gate.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._gate.left(timeout))
        return _Watched(secured, self._gate)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # as httpcore says
        return self._stream.get_extra_info(info)


def _follow(method: str, target: Target, where: str, status: int) -> Target:
    """Say where a redirect leads; what was sent is never carried to another host."""
    further = read_url(urljoin(target.url, where))
    if target.scheme == "https" and further.scheme == "http":
        raise bad_address("It sends us on from https to http, which is not followed.")
    if method != "GET" and (status not in (307, 308) or further.place != target.place):
        raise bad_address(f"It sends us on to {further.url[:_SNIPPET]}. Give its final address.")
    return further


def _is_secret(header: str) -> bool:
    return header.lower() in ("authorization", "cookie", "x-api-key", "api-key")


def _read_all(chunks: Iterable[bytes], headers: Mapping[bytes, bytes], most: int) -> bytes:
    return b"".join(_measured(chunks, headers, most))


def _measured(
    chunks: Iterable[bytes], headers: Mapping[bytes, bytes], most: int
) -> Iterator[bytes]:
    """Pass an answer on as it comes; raises AssistantError once it is too long."""
    if headers.get(b"content-encoding", b"identity") not in (b"identity", b""):
        raise AssistantError("It compresses its answer though it was asked not to.", hop="answer")
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise AssistantError(
                f"Its answer is longer than {most:,} bytes.", hop="answer", code="too_large"
            )
        yield chunk


def _said(content: bytes) -> str:
    """Quote what a refusing server said, on one short line."""
    text = " ".join(content[: 20 * _SNIPPET].decode("utf-8", "replace").split())
    text = "".join(each for each in text if each.isprintable())
    return f": {text[:_SNIPPET]}" if text and not text.startswith("<") else "."


@contextmanager
def _in_words(target: Target) -> Iterator[None]:
    """Say in a person's words what went wrong on the way."""
    try:
        yield
    except httpcore.ConnectTimeout:
        raise AssistantError(
            f"{target.place} does not let us in: no answer. Is a firewall between?", hop="connect"
        ) from None
    except (httpcore.ConnectError, ssl.SSLError) as error:
        hint = "Is it running, and is the port right?"
        if isinstance(error, ssl.SSLError) or "SSL" in str(error) or "certificate" in str(error):
            hint = f"Its certificate or TLS is not accepted: {str(error)[:_SNIPPET]}"
        raise AssistantError(
            f"{target.place} cannot be connected to. {hint}", hop="connect"
        ) from None
    except httpcore.TimeoutException:
        raise AssistantError(
            "It did not answer in time.", hop="answer", code="backend_slow"
        ) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        why = str(error)[:_SNIPPET] or "the connection broke off"
        raise AssistantError(f"Its answer is not HTTP: {why}.", hop="answer") from None
