"""How a workspace stands against five frameworks, line by line, with the query behind each line.

These are a workspace's own answers, from its own data. They are no score of Fairwork's, no finding
of a court or an authority, and no legal advice: who awards such scores asks people, reads contracts
and looks at what no database holds. A line is green, red, or without evidence; never half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["green", "red", "none"]

CAUTION: Final = (
    "These are this workspace's own answers, from its own data. They are not a score of Fairwork "
    "or anybody else, and not legal advice."
)
FRAMEWORKS: Final = {
    "fairwork": "Fairwork cloudwork principles",
    "pai": "Partnership on AI: responsible sourcing of data enrichment",
    "pwd": "EU platform work directive 2024/2831",
    "c193": "ILO Convention 193",
    "ai_act": "EU AI Act, high-risk under Annex III (4)(b)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a framework asks for, and the query that tells whether it is so.

    The query counts what breaks it, and what there is of it at all: green is none of some, red is
    some, and where there is nothing to count there is no evidence. `read` tells whether the text
    behind the line was read in full when it was written.
    """

    framework: str
    number: str
    asks: str
    query: str
    counts: str
    read: bool = True


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """A line with its state, and what was counted in words."""

    line: Line
    state: State
    evidence: str
    sql: str


LINES: Final = (
    Line("fairwork", "1.1", "All completed work is paid, on time", "unpaid_work",
         "people with answers older than a day and no pay for the project"),
    Line("fairwork", "1.2", "Pay reaches the local minimum after costs", "below_floor",
         "people and closed periods below the floor"),
    Line("fairwork", "2.1", "Precarity and overwork are held down", "long_days",
         "days on which somebody was paid for more than ten hours", read=False),
    Line("fairwork", "2.2", "Risks to health are held down", "hard_content_without_limits",
         "open projects with hard content and no exposure policy", read=False),
    Line("fairwork", "3.1", "Contracts are clear, and agreed to", "no_contract",
         "people at work without having agreed to the contract in force"),
    Line("fairwork", "3.2", "Contracts are fair", "unfair_contract",
         "contracts in force with a clause that should not be there"),
    Line("fairwork", "4.1", "Decisions can be contested, and are answered", "late_appeals",
         "appeals that nobody answered in time"),
    Line("fairwork", "4.2", "People are treated alike", "unequal",
         "looks for unequal treatment that found some which is open"),
    Line("fairwork", "5.1", "People have a voice", "no_voice",
         "workspaces in which nobody sits on a council"),
    Line("fairwork", "5.2", "Rules are made together", "unsigned_rules",
         "policies in force that the council has not signed"),
    Line("pai", "1", "Everybody is paid a living wage", "no_living_wage",
         "places of people at work without an approved living-wage row"),
    Line("pai", "2", "A pilot is run before work starts", "no_pilot",
         "open projects without a pilot that was a go"),
    Line("pai", "3", "The right people are found for the task", "no_qualification",
         "open projects without a course that qualifies people"),
    Line("pai", "4", "Instructions are verified and clear", "stale_pilot",
         "open projects whose guidelines changed after their pilot"),
    Line("pai", "5", "There is a person to talk to, who answers", "late_disputes",
         "disputes about pay that nobody answered in time"),
    Line("pwd", "7", "No processing of feelings, private talk or guessed traits", "forbidden_data",
         "automated systems whose data include any of these", read=False),
    Line("pwd", "9", "People are told which systems there are and what counts", "unregistered",
         "systems that decided and are in no register", read=False),
    Line("pwd", "10", "Humans oversee and overrule systems", "no_oversight",
         "automated systems without a human who may overrule them", read=False),
    Line("pwd", "11 (1)", "Decisions are explained in writing", "unexplained",
         "decisions without a reason or what would have changed them", read=False),
    Line("pwd", "11 (2)", "Contested decisions are answered within two weeks", "two_weeks",
         "appeals that took longer than two weeks", read=False),
    Line("pwd", "11 (5)", "Nobody is suspended or ended by a machine", "machine_endings",
         "suspensions and endings without a named human", read=False),
    Line("pwd", "20", "People can talk to each other unwatched", "no_channel",
         "workspaces without a channel of the contributors", read=False),
    Line("c193", "pay", "Pay reaches the minimum, whatever the status", "below_floor",
         "people and closed periods below the floor", read=False),
    Line("c193", "hours", "Working time and rest are protected", "long_days",
         "days on which somebody was paid for more than ten hours", read=False),
    Line("c193", "automation", "Automated decisions are disclosed", "unregistered",
         "systems that decided and are in no register", read=False),
    Line("c193", "ending", "A human takes part in suspending and ending", "machine_endings",
         "suspensions and endings without a named human", read=False),
    Line("c193", "complaints", "Complaints are heard", "late_appeals",
         "appeals that nobody answered in time", read=False),
    Line("ai_act", "12", "What the system does is logged", "unlogged",
         "answers of yesterday and before that are in no sealed log", read=False),
    Line("ai_act", "13", "Those who use it are told how it works", "unregistered",
         "systems that decided and are in no register", read=False),
    Line("ai_act", "14", "Humans oversee it", "no_oversight",
         "automated systems without a human who may overrule them", read=False),
    Line("ai_act", "15", "How right it is has been measured", "unmeasured",
         "open projects with answers and no gold task to measure by", read=False),
    Line("ai_act", "26", "Those whom it concerns are told, and watched over", "open_incidents",
         "findings of monitors that have been open for 30 days", read=False),
)  # fmt: skip
"""What is asked, in the order of the page; a query may stand behind several lines."""


def score(line: Line, broken: int, of: int, sql: str) -> ScoredLine:
    """Say where a line stands from what its query counted."""
    if broken > 0:
        return ScoredLine(line, "red", f"{broken:,} of {of:,} {line.counts}.", sql)
    if of > 0:
        return ScoredLine(line, "green", f"0 of {of:,} {line.counts}.", sql)
    return ScoredLine(line, "none", f"Nothing to count: {line.counts}.", sql)


def summed(lines: Mapping[str, list[ScoredLine]]) -> dict[str, dict[State, int]]:
    """Count the states of each framework; never added up into one figure."""
    states: tuple[State, ...] = ("green", "red", "none")
    return {
        framework: {state: sum(one.state == state for one in found) for state in states}
        for framework, found in lines.items()
    }
