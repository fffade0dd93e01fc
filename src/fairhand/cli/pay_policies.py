"""`fairhand pay policy` and `fairhand pay book…`: what a project pays, and booked hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.pay import group
from fairhand.cli.people import PersonName, find_person
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.core.clock import Instant
    from fairhand.model.project import Project
    from fairhand.use_cases.house import House
    from fairhand.use_cases.read_project_pay import ProjectPay

BookingNumber = Annotated[int, typer.Argument(metavar="BOOKING", min=1, help="Its number.")]


@group.command("policy")
def policy(
    project: ProjectName,
    basis: Annotated[str, typer.Option(help="Pay by time, piece or audio.")] = "",
    unit: Annotated[str, typer.Option(help="What an answer or a minute of audio earns.")] = "",
    per_hour: Annotated[str, typer.Option(help="What each hour is guaranteed.")] = "",
    hazard: Annotated[str, typer.Option(help="Premium an hour for difficult content.")] = "",
    data: Annotated[str, typer.Option(help="Reimbursed an hour for data costs.")] = "",
    min_block: Annotated[str, typer.Option(help="At least paid for a visit, in minutes.")] = "",
    wait_block: Annotated[str, typer.Option(help="Waiting is paid up to, in minutes.")] = "",
    cancel: Annotated[str, typer.Option(help="Paid of hours called off late, in %.")] = "",
    reprices_itself: Annotated[
        str, typer.Option(help="yes: a price that is too low rises by itself.")
    ] = "",
    valid_from: Annotated[
        str, typer.Option("--from", help="From which day, as 2026-12-01 (default: now).")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why; the people read it.")] = "",
    preview: Annotated[bool, typer.Option(help="Say what it would do and change nothing.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show what a project pays, or change it: up at once, down only after days of notice.

    Example:  fairhand pay policy digits

    Example:  fairhand pay policy digits --basis piece --unit 0.05 --reason "Pay by the answer"
    """
    asked = {
        "basis": basis,
        "unit": unit,
        "per_hour": per_hour,
        "hazard": hazard,
        "data": data,
        "min_block": min_block,
        "wait_block": wait_block,
        "cancel": cancel,
        "reprices_itself": reprices_itself,
        "valid_from": valid_from,
        "reason": reason,
    }
    with opened(workspace) as house:
        found = find_project(house, project)
        if any(asked.values()):
            _change(house, found, asked, preview=preview)
        else:
            _show(house, found)


def _show(house: House, project: Project) -> None:
    from fairhand.use_cases.read_project_pay import read_project_pay
    from fairhand.web.api.pay_policies import project_pay_json

    found = read_project_pay(house.db, project.id, house.clock())
    content = project_pay_json(found)
    versions = table("Versions", ">", "From", "Pays", "Why")
    for one in content["versions"]:
        day = one["valid_from"][:16].replace("T", " ")
        versions.add_row(str(one["version"]), day, one["words"], one["reason"])
    coming = [f"From {one['valid_from'][:10]}: {one['words']}" for one in content["coming"]]
    tell(content, content["policy"]["words"], content["example"], *coming, *_alarm(found), versions)


def _alarm(found: ProjectPay) -> list[str]:
    from fairhand.pay.policies.words import policy_words

    if not found.share.is_alarming:
        return []
    lines = [f"The price is too low: top-up is {found.share.permille / 10:.1f} % of base pay."]
    if found.better is not None:
        lines.append(f"What the measured speed needs: {policy_words(found.better)}")
    return lines


def _change(house: House, project: Project, asked: dict[str, str], *, preview: bool) -> None:
    from fairhand.pay.policies.asking import policy_json, read_asked
    from fairhand.pay.policies.words import coming_words, policy_words
    from fairhand.use_cases.read_project_pay import preview_change
    from fairhand.use_cases.set_pay_policy import SetPayPolicy, set_pay_policy

    now, notice = house.clock(), house.settings.pay_notice_days
    fields = read_asked(asked, project.currency)
    command = SetPayPolicy(owner_id_of(house), project.id, **fields)
    lowers: list[str] = []
    if preview:
        new, lowers = preview_change(house.db, command, now, notice)
        proposal = None
    else:
        made = set_pay_policy(house.db, command, now, notice_days=notice)
        new, proposal = made.policy, made.proposal
    words = coming_words(new) if new.valid_from > now else f"From now: {policy_words(new)}"
    notes = [f"It lowers {', '.join(lowers)}."] if lowers else []
    content: dict[str, Any] = {"policy": policy_json(new), "lowers": lowers, "preview": preview}
    if proposal is not None:
        content["proposal_id"] = proposal.id
        notes.append(f"It waits for the council as proposal {proposal.id}.")
    tell(content, words, *notes)


@group.command("bookings")
def bookings(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the booked hours of a project, what stands first.

    Example:  fairhand pay bookings digits
    """
    from fairhand.use_cases.read_project_pay import read_bookings
    from fairhand.web.api.pay_policies import named_json

    with opened(workspace) as house:
        found = read_bookings(house.db, project_id=find_project(house, project).id)
    content = [named_json(one) for one in found]
    shown = table("", ">", "Who", "From", "Until", "State")
    for one in content:
        times = (one[name][:16].replace("T", " ") for name in ("starts_at", "ends_at"))
        shown.add_row(str(one["id"]), one["person"], *times, one["state"])
    tell({"bookings": content}, shown if content else "No hours are booked.")


@group.command("book")
def book(
    project: ProjectName,
    person: PersonName,
    begins: Annotated[str, typer.Option("--from", help="As 2026-12-01T08:00Z.")],
    until: Annotated[str, typer.Option(help="As 2026-12-01T12:00Z.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Offer hours to a person; nothing holds before they accept.

    Example:  fairhand pay book digits 3 --from 2026-12-01T08:00Z --until 2026-12-01T12:00Z
    """
    from fairhand.use_cases.offer_booking import OfferBooking, offer_booking
    from fairhand.web.api.pay_policies import booking_json

    with opened(workspace) as house:
        found, who = find_project(house, project), find_person(house, person)
        command = OfferBooking(
            owner_id_of(house),
            found.id,
            who.id,
            _moment(begins, "--from"),
            _moment(until, "--until"),
        )
        made = offer_booking(house.db, command, house.clock())
    tell({"booking": booking_json(made)}, f"Hours {made.id} are offered to {who.display_name}.")


@group.command("unbook")
def unbook(
    project: ProjectName,
    booking: BookingNumber,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Call hours off; less than a day before they begin, part of accepted hours is paid.

    Example:  fairhand pay unbook digits 7
    """
    from fairhand.use_cases.cancel_booking import CancelBooking, cancel_booking

    with opened(workspace) as house:
        found = find_project(house, project)
        command = CancelBooking(owner_id_of(house), found.id, booking)
        done = cancel_booking(house.db, command, house.clock())
    content: dict[str, Any] = {
        "paid": done.paid.decimal(),
        "currency": done.paid.currency,
        "again": done.again,
    }
    paid = f" {done.paid} is paid for it." if done.paid.minor else ""
    tell(content, f"Hours {booking} are called off.{paid}")


def _moment(text: str, option: str) -> Instant:
    from fairhand.core.errors import InvalidError
    from fairhand.pay.policies.asking import read_moment

    try:
        return read_moment(text)
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"{option} cannot be read. {error}.") from None
