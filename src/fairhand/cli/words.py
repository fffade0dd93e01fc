"""`fairhand words`: the catalogues of the task page, kept with what its scripts say."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.options import AsJson
from fairhand.cli.voice import table, tell


def register(app: typer.Typer) -> None:
    """Add the command to `fairhand`."""
    app.command("words")(words)


def words(
    write: Annotated[
        bool, typer.Option("--write", help="Write the catalogues; needs a checkout of the source.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Collect what the task page says, and tell what is translated into which language.

    Example:  fairhand words --write
    """
    from dataclasses import asdict
    from pathlib import Path
    from shutil import copytree
    from tempfile import TemporaryDirectory

    from fairhand.core.words import DESK, FOLDER, INTERFACE
    from fairhand.web.shared.catalogues import keep_catalogue
    from fairhand.web.shared.script_words import collect_words

    said = collect_words()
    with TemporaryDirectory(prefix="fairhand-words-") as beside:
        folder = FOLDER if write else Path(copytree(FOLDER, Path(beside) / "locale"))
        kept = [keep_catalogue(language, said, folder=folder) for language in DESK]
    shown = table("Language", "Words", "Missing", "Machine-drafted", "New", "Gone")
    for one in kept:
        counts = (one.messages, one.missing, one.drafted, one.added, one.gone)
        shown.add_row(INTERFACE[one.language], *(str(count) for count in counts))
    content = {"languages": [asdict(one) for one in kept], "written": write}
    tell(content, shown, f"{len(said)} words and sentences in {len(kept)} languages.")
