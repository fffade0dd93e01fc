"""The part of both forms for a new project that says where its first data comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Depends
from fastapi import Form as Field

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.core.ids import slugify
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_import_from import AskImportFrom, ask_import_from, check_new
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_urls import keep_urls
from fairhand.use_cases.read_import_sources import sources_for_new

_NONE_YET = 0
"""The number of a project that is about to be made."""


@dataclass(frozen=True, slots=True)
class FirstData:
    """What was typed: a source with a folder and a pattern, or addresses; all empty is none."""

    source: str = ""
    prefix: str = ""
    pattern: str = ""
    urls: str = ""

    def values(self) -> dict[str, str]:
        """Give the fields by name, as forms keep them."""
        return asdict(self)

    def asked(self, house: House, actor: Actor, project_id: int) -> AskImportFrom | None:
        """Make the import's command of it; None where nothing is to come yet."""
        listed = keep_urls(house.blobs, self.urls.splitlines())
        if not self.source and listed is None:
            if self.prefix or self.pattern:
                issue = Issue("source", "Choose the source whose folder or pattern this is.")
                raise InvalidError("The project cannot be made yet.", issues=[issue])
            return None
        return AskImportFrom(
            actor.person_id, project_id, self.source, self.prefix, self.pattern, listed
        )

    def check(self, house: House, actor: Actor, title: str) -> None:
        """Raise what speaks against it before there is a project."""
        command = self.asked(house, actor, _NONE_YET)
        if command is not None:
            check_new(house.db, house.settings.sources, command, slugify(title))

    def bring(self, house: House, actor: Actor, project_id: int) -> str:
        """Ask for it; returns where its way can be watched, empty where nothing comes."""
        command = self.asked(house, actor, project_id)
        if command is None:
            return ""
        ask_import_from(house.db, house.settings.sources, command, house.clock())
        return "/import"


def _sent(
    source: Annotated[str, Field(max_length=1_000)] = "",
    prefix: Annotated[str, Field(max_length=1_000)] = "",
    pattern: Annotated[str, Field(max_length=1_000)] = "",
    urls: Annotated[str, Field(max_length=200_000)] = "",
) -> FirstData:
    if any("\x00" in one for one in (source, prefix, pattern, urls)):
        raise MalformedError("A field holds a character that is none.")
    return FirstData(source.strip(), prefix.strip(), pattern.strip(), urls.replace("\r\n", "\n"))


Sent = Annotated[FirstData, Depends(_sent)]
"""What the form was sent with."""


def offered(house: House, actor: Actor) -> dict[str, Any]:
    """Say what the form offers: the sources that any project of this person may take from."""
    found = sources_for_new(house.db, house.settings.sources, actor.person_id)
    return {"sources": [(one.name, f"{one.name} ({one.kind})") for one in found]}
