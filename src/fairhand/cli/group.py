"""The root command: turns errors into messages and exit codes, in one place for all commands."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from fairhand.cli.voice import complain, new_voice, remark, voice

_STOPPED = 130


class Commands(TyperGroup):
    """Runs commands; an error that a person can mend never shows a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  # typer's own context class is private
        """Run the chosen command and translate what it raises."""
        new_voice()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            remark("Stopped.")
            raise typer.Exit(_STOPPED) from None
        except Exception as error:
            code = _translate(error)
            if code is None or voice().debug:
                raise
            raise typer.Exit(code) from None


def _translate(error: Exception) -> int | None:
    """Say what went wrong; None when it is not for us to translate."""
    from fairhand.core.errors import FairhandError, InvalidError, UnavailableError

    if isinstance(error, FairhandError):
        return complain(error)
    if type(error).__module__.startswith("typer"):
        return None
    if type(error).__name__ == "OperationalError":
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        return complain(UnavailableError(f"The database cannot be used: {reason}"))
    if isinstance(error, OverflowError) or _is_out_of_range(error):
        return complain(InvalidError("A number that was given is larger than any that is kept."))
    if isinstance(error, BrokenPipeError):
        return 0
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else " (where the output goes to, perhaps)."
        return complain(UnavailableError(f"{error.strerror or error}{where}"))
    remark(
        f"Something went wrong on our side: {type(error).__name__}: {error}\n"
        "Please report it with the output of the same command after `fairhand --debug`."
    )
    return 3


def _is_out_of_range(error: Exception) -> bool:
    """Say whether PostgreSQL refused a number as too large; SQLite raises OverflowError."""
    return type(getattr(error, "orig", None)).__name__ == "NumericValueOutOfRange"
