"""The command that the gate lets through: found before anything is asked, then run in our place."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

_SCRIPT = b"#!"
_BINARIES = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xce\xfa\xed\xfe")
_SECRETS = ("FAIRHAND_TOKEN",)


def find_command(command: Sequence[str]) -> str:
    """Find what is to be run; raises InvalidError for what this machine cannot start."""
    from fairhand.core.errors import InvalidError, NotFoundError

    name = command[0]
    found = shutil.which(name)
    if found is None:
        is_there = os.sep in name and Path(name).exists()
        why = "may not be run (is it executable?)" if is_there else "is not there"
        raise NotFoundError(f"The command {name!r} {why}. Nothing was started or written down.")
    with Path(found).open("rb") as file:
        head = file.readline(512)
    if head.startswith(_SCRIPT):
        words = head[len(_SCRIPT) :].split()
        interpreter = words[0].decode(errors="replace") if words else ""
        if not os.access(interpreter, os.X_OK):
            raise InvalidError(
                f"{found} is to be run by {interpreter or 'nothing'}, which is not there. "
                "Nothing was started or written down."
            )
    elif not head.startswith(_BINARIES):
        raise InvalidError(
            f"{found} is no program that this machine can start; a script needs a first line as "
            "#!/usr/bin/env python3. Nothing was started or written down."
        )
    return found


def become(found: str, command: Sequence[str], told: Mapping[str, str]) -> NoReturn:
    """Put the command in the place of this process: signals and exit code are its own.

    It is told which release it learns from in its environment, and no secret of ours.
    """
    from fairhand.core.errors import UnavailableError

    inherited = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(found, list(command), inherited | dict(told))  # noqa: S606  # theirs, as typed
    except OSError as error:
        raise UnavailableError(
            f"{found} could not be started: {error.strerror}. The run {told['FAIRHAND_GATE_KEY']} "
            "is written down; start it again with the same --key, it counts once."
        ) from None
