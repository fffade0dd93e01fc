"""Tests stay on this machine: a connection to anywhere else fails at once, and loudly."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class OutsideConnectionError(AssertionError):
    """The product tried to reach another machine during a test."""


def _is_local(family: int, address: Any) -> bool:  # noqa: ANN401  # any socket address
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Refuse every outgoing connection that leaves the machine while the block runs."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guard(sock: socket.socket, address: Any) -> None:  # noqa: ANN401
        if not _is_local(sock.family, address):
            raise OutsideConnectionError(f"a test tried to connect to {address!r}")

    def guarded_connect(sock: socket.socket, address: Any) -> None:  # noqa: ANN401
        guard(sock, address)
        connect(sock, address)

    def guarded_connect_ex(sock: socket.socket, address: Any) -> int:  # noqa: ANN401
        guard(sock, address)
        return connect_ex(sock, address)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
