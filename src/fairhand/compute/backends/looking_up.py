"""Ask where a host is, with a deadline that resolvers do not know."""

from __future__ import annotations

import ipaddress
import socket
import threading

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.addresses import Address


def look_up(host: str, port: int, timeout: float) -> list[Address]:
    """Ask the resolver, in a thread of its own: it knows no deadline."""
    answers: list[list[Address] | OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            plain = dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found)
            answers.append([ipaddress.ip_address(each) for each in plain])
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name="look-up", daemon=True)
    thread.start()
    thread.join(timeout)
    if not answers:
        raise bad_address(f"Looking up {host} takes too long. Is its name right?")
    if isinstance(answers[0], list) and answers[0]:
        return answers[0]
    raise bad_address(f"There is no host named {host}. Is it written right?")


def bad_address(message: str) -> AssistantError:
    """Make the refusal of an address."""
    return AssistantError(message, hop="address", code="bad_address")
