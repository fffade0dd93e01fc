"""`fairhand campaign …`: collect what people give of themselves, and see whose is missing."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.read_campaign import CampaignPage
    from fairhand.use_cases.read_coverage import CoveragePage

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Campaigns: people lend their voice, pictures or words; quotas show whose are missing.",
)
_NONE = "none"


def register(app: typer.Typer) -> None:
    """Add `campaign`."""
    app.add_typer(group, name="campaign")


@group.command("create")
def create(
    title: Annotated[str, typer.Argument(help="What people see as the title.")],
    currency: Annotated[str, typer.Option(help="What people are paid in, as KES.")],
    rate: Annotated[str, typer.Option(help="Pay per hour, as 450.")],
    template: Annotated[
        str, typer.Option(help="A campaign's template: `fairhand template list`.")
    ] = "voice-campaign",
    purpose: Annotated[
        str | None, typer.Option(help="In a sentence, what the data is for: people decide by it.")
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Bring a few prompts to try.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Mark it as a demonstration.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a campaign of a template; nobody can join before its notice is published.

    Example:  fairhand campaign create "Voices of Kisumu" --currency KES --rate 450 --sample
    """
    from fairhand.cli.questions import to_command
    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.begin_campaign import BeginCampaign, begin_campaign
    from fairhand.use_cases.create_project import create_project
    from fairhand.use_cases.import_sample import ImportSample, import_sample
    from fairhand.use_cases.read_campaign import read_campaign
    from fairhand.use_cases.read_templates import read_template
    from fairhand.web.api.campaigns import page_json

    found = read_template(template)
    if found.campaign is None:
        raise InvalidError(f"The template {template} is no campaign; voice-campaign is one.")
    options = {"title": title, "currency": currency, "rate": rate, "purpose": purpose}
    options["mode"] = "demo" if demo else None
    given: dict[str, Any] = found.fields()
    given |= {name: value for name, value in options.items() if value is not None}
    with opened(workspace) as house:
        lease_ttl_ms = house.settings.lease_ttl_s * 1_000
        command = to_command(given, owner_id_of(house), Path(), lease_ttl_ms)
        made = create_project(house.db, command, house.clock())
        begun = BeginCampaign(command.owner_id, made.id, template)
        begin_campaign(house.db, begun, house.clock())
        if sample:
            wanted = ImportSample(command.owner_id, made.id, template)
            import_sample(house.db, house.blobs, wanted, house.clock())
        page = read_campaign(house.db, made.id)
    tell(
        page_json(page) | {"slug": made.slug},
        f"Campaign {made.id} ({made.slug}) made, as a {made.mode}.",
        f"Next:  fairhand campaign cells {made.slug} cells.txt   (of whom how much)",
        f"       fairhand campaign notice {made.slug} offer.toml --publish",
    )


@group.command("show")
def show(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show what a campaign collects, on which terms, and how long what is kept.

    Example:  fairhand campaign show voices-of-kisumu
    """
    from fairhand.use_cases.read_campaign import read_campaign
    from fairhand.web.api.campaigns import page_json

    with opened(workspace) as house:
        page = read_campaign(house.db, find_project(house, project).id)
    tell(page_json(page), *_shown(page))


@group.command("set")
def change(
    project: ProjectName,
    collect: Annotated[
        list[str] | None, typer.Option(help="voice, face, image or text; may be repeated.")
    ] = None,
    hide: Annotated[
        list[str] | None,
        typer.Option(help='As "voice=mcadams" or "faces=blur"; "none" hides nothing.'),
    ] = None,
    law_pack: Annotated[str | None, typer.Option(help="eu, us-il or ke.")] = None,
    keep_days: Annotated[int | None, typer.Option(help="How long contributions are kept.")] = None,
    least_age: Annotated[int | None, typer.Option(help="How old people are at least.")] = None,
    smallest: Annotated[int | None, typer.Option(help="Hide groups smaller than this.")] = None,
    epsilon: Annotated[
        str | None, typer.Option(help='Noise on counts of people, as 1; "none" for exact counts.')
    ] = None,
    listed: Annotated[
        bool | None, typer.Option("--listed/--unlisted", help="On the public page of licences.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a project a campaign, or change its terms; what is not named stays.

    Example:  fairhand campaign set voices-of-kisumu --law-pack ke --keep-days 365
    """
    from fairhand.use_cases.read_campaign import read_campaign
    from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
    from fairhand.web.api.campaigns import page_json

    named = {
        "modalities": collect,
        "anonymise": None if hide is None else _pairs(hide),
        "law_pack": law_pack,
        "retention_days": keep_days,
        "least_age": least_age,
        "smallest_cell": smallest,
        "is_listed": listed,
    }
    terms: dict[str, Any] = {name: one for name, one in named.items() if one is not None}
    if epsilon is not None:
        terms["epsilon"] = None if epsilon == _NONE else _number(epsilon)
    with opened(workspace) as house:
        found = find_project(house, project)
        set_campaign(house.db, SetCampaign(owner_id_of(house), found.id, terms), house.clock())
        page = read_campaign(house.db, found.id)
    tell(page_json(page), *_shown(page))


@group.command("cells")
def cells(
    project: ProjectName,
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="Cells, one a line; left out: show them."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say of whom how much is needed: a line as `On a phone: device=phone, age_band=65+: 300`.

    Example:  fairhand campaign cells voices-of-kisumu cells.txt
    """
    from fairhand.use_cases.read_campaign import read_campaign
    from fairhand.use_cases.set_cells import SetCells, set_cells
    from fairhand.web.api.campaigns import cell_json
    from fairhand.web.studio.campaign_form import read_cells

    with opened(workspace) as house:
        found = find_project(house, project)
        if file is not None:
            wanted = read_cells(file.read_text("utf-8"))
            set_cells(house.db, SetCells(owner_id_of(house), found.id, wanted), house.clock())
        kept = read_campaign(house.db, found.id).cells
    shown = table("", "Name", "Who", ">Contributions")
    for cell in kept:
        about = ", ".join(f"{name}={value}" for name, value in cell.attributes.items())
        shown.add_row(cell.name, about, f"{cell.target:,}")
    tell({"cells": [cell_json(one) for one in kept]}, shown if kept else "No cells yet.")


@group.command("notice")
def notice(
    project: ProjectName,
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The offer in TOML: controller, needed…"),
    ],
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish the words; else they are only shown.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the notice that people read, from the terms and an offer; publish it with --publish.

    Example:  fairhand campaign notice voices-of-kisumu offer.toml --publish
    """
    from fairhand.core.errors import InvalidError, MalformedError
    from fairhand.people.consent.notices import notice_words, terms_issues
    from fairhand.use_cases.campaign_offer import offer_from_plain, offer_terms
    from fairhand.use_cases.publish_notice import PublishNotice, publish_notice
    from fairhand.use_cases.read_campaign import read_campaign

    try:
        offer = offer_from_plain(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise MalformedError(f"{file.name} is no offer: {error}") from None
    version = None
    with opened(workspace) as house:
        page = read_campaign(house.db, find_project(house, project).id)
        if page.campaign is None:
            raise InvalidError("Say first what it collects: fairhand campaign set.")
        terms = offer_terms(page.project, page.campaign, offer)
        if issues := terms_issues(terms):
            raise InvalidError("The notice cannot be written yet.", issues=issues)
        words = notice_words(page.project.title, terms)
        if publish:
            command = PublishNotice(page.project.id, owner_id_of(house), terms)
            version = publish_notice(house.db, command, house.clock())
    said = f"Notice {version} is in force." if version else "Not published: add --publish."
    tell({"version": version, "words": words, "terms": terms.as_json()}, words, said)


@group.command("coverage")
def coverage(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show whose contributions are here and whose are missing; small groups stay hidden.

    Example:  fairhand campaign coverage voices-of-kisumu
    """
    from fairhand.use_cases.read_coverage import read_coverage
    from fairhand.web.api.campaigns import coverage_json

    with opened(workspace) as house:
        found = find_project(house, project)
        page = read_coverage(house.db, found.id, house.clock())
    tell(coverage_json(page), *_pictured(page))


@group.command("laws")
def laws(as_json: AsJson = False) -> None:
    """List the law packs: deadlines and longest times, each with its source.

    Example:  fairhand campaign laws
    """
    from fairhand.people.campaigns.law_packs import law_packs
    from fairhand.web.api.campaigns import pack_json

    parts: list[str | Table] = []
    for pack in law_packs().values():
        shown = table(f"{pack.name}: {pack.title}", "Rule", ">Number", "Basis", "Sure", "Source")
        for name, rule in pack.rules.items():
            shown.add_row(name, str(rule.number), rule.basis, rule.sure, rule.source)
        parts.append(shown)
    told = {"law_packs": [pack_json(one) for one in law_packs().values()]}
    tell(told, *parts, "This is no legal advice: have it checked where it matters.")


def _pairs(hide: list[str]) -> dict[str, str]:
    from fairhand.core.errors import InvalidError

    pairs = [one.partition("=") for one in hide if one != _NONE]
    if any(not equals for _, equals, _ in pairs):
        raise InvalidError('Write what is hidden as "voice=mcadams" or "faces=blur".')
    return {what.strip(): how.strip() for what, _, how in pairs}


def _number(text: str) -> float:
    from fairhand.core.errors import InvalidError

    try:
        return float(text)
    except ValueError:
        raise InvalidError('Epsilon is a number, as 1, or "none".') from None


def _shown(page: CampaignPage) -> list[str | Table]:
    campaign = page.campaign
    if campaign is None:
        brings = ", ".join(page.can_bring) or "nothing"
        return [f"{page.project.title} is no campaign; its questions could collect {brings}."]
    kept = table("", "What", "How long", "Why")
    for one in page.schedule:
        kept.add_row(one.what, one.how_long, one.why)
    hidden = ", ".join(f"{what} ({how})" for what, how in campaign.anonymise.items()) or "nothing"
    notice = page.notice
    said = f"Notice {notice.version} is in force." if notice else "No notice is published yet."
    return [
        f"{page.project.title} collects {', '.join(campaign.modalities)}; hidden: {hidden}.",
        f"Law pack: {page.pack.title}. Age: {campaign.least_age} or more. {said}",
        kept,
    ]


def _pictured(page: CoveragePage) -> list[str | Table]:
    drawn = page.coverage
    shown = table("", "Who", ">Reached", ">Target", ">Missing", ">People")
    for one in drawn.cells:
        reached = "hidden" if one.reached is None else f"{one.reached:,}"
        people = "hidden" if one.people is None else f"{one.people:,}"
        target = f"{one.cell.target:,}"
        shown.add_row(one.cell.name, reached, target, f"{one.missing:,}", people)
    noise = "" if drawn.epsilon is None else f" Noise of epsilon {drawn.epsilon:g}."
    following = ", then ".join(one.cell.name for one in drawn.next)
    return [
        shown if drawn.cells else "No cells yet: fairhand campaign cells.",
        f"Groups of fewer than {drawn.smallest_cell} people are hidden.{noise}",
        f"Ask next: {following}." if following else "Nothing is missing.",
    ]
