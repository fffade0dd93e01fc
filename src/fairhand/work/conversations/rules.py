"""How a conversation tree grows: from a prompt, by review gates, to ranked replies. Pure.

The states follow the published design of Open-Assistant (Köpf et al. 2023), without its
leaderboards: `prompt_review`, then `growing`, `ranking` and `ready`; or `low_grade` where the
prompt was not accepted, or `halted` by the owner. `plan` says from a tree and all its answers what
is to be done next; asked again with the same answers it says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from fairhand.core.errors import Issue
from fairhand.core.systems import automated

State = Literal["prompt_review", "growing", "ranking", "ready", "low_grade", "halted"]
Role = Literal["prompter", "assistant"]
MessageState = Literal["review", "accepted", "rejected"]
Step = Literal["reply", "review", "rank"]

STEP: Final = "step"
"""The column of a task's data that says what is asked of it."""
WRITTEN: Final = ("prompt", "reply", "follow_up")
"""Steps that are answered with a text, by their question's name; a follow-up is a reply too."""
KEEP, QUALITY, REASON, ORDER = "keep", "quality", "reason", "order"
"""The questions of a review and of a ranking."""
YES: Final = "yes"
ENDED: Final[frozenset[State]] = frozenset(("ready", "low_grade", "halted"))
_TRIES: Final = 2  # texts asked for where one is wanted; beyond that a branch is left as it is


@dataclass(frozen=True, slots=True)
class Terms:
    """What a project asks of its trees.

    A message is reviewed by `reviews` people and accepted where a share of `accept_share` of them
    keeps it. A tree wants `wanted_messages`, at most `most_depth` below its prompt, with up to
    `most_replies` to each message of a person and one to each of the assistant. Replies are ranked
    by `rankings` people; 0 leaves them unranked.
    """

    reviews: int = 3
    accept_share: float = 0.6
    rankings: int = 3
    wanted_messages: int = 12
    most_depth: int = 3
    most_replies: int = 3


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a tree. `author_id` None: it came with the data."""

    id: int
    parent_id: int | None
    role: Role
    depth: int
    state: MessageState
    author_id: int | None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What one person answered to a review (`keeps`, `quality` 0 to 1, `reason`) or a ranking."""

    person_id: int
    keeps: bool = False
    quality: float | None = None
    reason: str = ""
    order: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """A task that asks something about a message, and what came back."""

    task_id: int
    message_id: int
    step: Step
    done: bool
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A conversation as it stands."""

    id: int
    state: State
    messages: tuple[Message, ...]
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a message's reviews came to; `reasons` is what reviewers wrote, `by` who they were."""

    message_id: int
    accepted: bool
    quality: float | None
    reviews: int
    keeps: int
    reasons: tuple[str, ...]
    by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something to be asked: so many counted answers in all, and by whom never."""

    message_id: int
    step: Step
    places: int
    never: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from a tree: its state and why, what is settled, ranked, asked and done."""

    state: State
    because: str = ""
    settled: tuple[Settled, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    done: tuple[int, ...] = ()
    ranks: Mapping[int, int] | None = None


def terms_issues(terms: Terms) -> list[Issue]:
    """Report terms that no tree could meet."""
    bounds = {
        "reviews": (1, 20),
        "rankings": (0, 20),
        "wanted_messages": (1, 200),
        "most_depth": (0, 20),
        "most_replies": (1, 10),
    }
    issues = [
        Issue(name, f"must be from {least} to {most}")
        for name, (least, most) in bounds.items()
        if not least <= getattr(terms, name) <= most
    ]
    if not 0.0 < terms.accept_share <= 1.0:
        issues.append(Issue("accept_share", "must be more than 0 and at most 1"))
    return issues


@automated(
    "conversation.gate",
    title="Whether a message joins its conversation",
    effect="judges",
    purpose="A message that enough reviewers keep becomes a part of its conversation tree; others "
    "do not, and more are asked for. It also says which messages are replied to and ranked next.",
    reads=("reviewers' answers", "who wrote what, so that nobody reviews or ranks their own"),
    parameters=(
        ("reviews", Terms().reviews, "people who review a message; the project may set another"),
        ("accept_share", Terms().accept_share, "the share of them that must keep it"),
        ("rankings", Terms().rankings, "people who put replies in order"),
    ),
    oversight="Writing is paid in any case. Who wrote a message that was not taken is told why, "
    "and may appeal; upheld, it is taken. An owner may halt a tree.",
)
def plan(tree: Tree, terms: Terms) -> Plan:
    """Say what follows from the answers; a tree that has ended stays as it is."""
    if tree.state in ENDED:
        return Plan(tree.state, done=_open_asks(tree.asks))
    settled = _settle(tree, terms)
    verdicts = {one.message_id: one for one in settled}
    messages = tuple(_after(message, verdicts.get(message.id)) for message in tree.messages)
    reviewed = tuple(ask.task_id for ask in tree.asks if ask.message_id in verdicts
                     and ask.step == "review" and not ask.done)  # fmt: skip
    following = _follow(tree, messages, terms)
    return replace(following, settled=settled, done=(*reviewed, *following.done))


def merge_orders(orders: Sequence[Sequence[Sequence[int]]]) -> list[int]:
    """Join people's orders (best first, ties together) into one.

    By Copeland's method (1951): what most people put above each other thing comes first, so a
    thing that beats every other is always the first (Condorcet). Then by how many put it higher;
    then the elder.
    """
    places = [{one: at for at, tied in enumerate(order) for one in tied} for order in orders]
    things = sorted({one for place in places for one in place})
    wins = dict.fromkeys(things, 0.0)
    margins = dict.fromkeys(things, 0)
    for one in things:
        for other in things:
            if one == other:
                continue
            both = [place for place in places if one in place and other in place]
            margin = sum(
                (place[one] < place[other]) - (place[one] > place[other]) for place in both
            )
            wins[one] += 1.0 if margin > 0 else 0.5 if margin == 0 else 0.0
            margins[one] += margin
    return sorted(things, key=lambda one: (-wins[one], -margins[one], one))


def _settle(tree: Tree, terms: Terms) -> tuple[Settled, ...]:
    """Close the reviews of messages that enough people other than their author have seen."""
    under = {message.id: message for message in tree.messages if message.state == "review"}
    found = []
    for ask in tree.asks:
        if ask.step != "review" or ask.message_id not in under:
            continue
        said = [one for one in ask.said if one.person_id != under[ask.message_id].author_id]
        if len(said) < terms.reviews:
            continue
        keeps = sum(one.keeps for one in said)
        grades = [one.quality for one in said if one.quality is not None]
        found.append(
            Settled(
                message_id=ask.message_id,
                accepted=keeps >= terms.accept_share * len(said) - 1e-9,
                quality=sum(grades) / len(grades) if grades else None,
                reviews=len(said),
                keeps=keeps,
                reasons=tuple(one.reason for one in said if one.reason and not one.keeps),
                by=tuple(one.person_id for one in said),
            )
        )
    return tuple(found)


def _after(message: Message, verdict: Settled | None) -> Message:
    if verdict is None:
        return message
    return replace(message, state="accepted" if verdict.accepted else "rejected")


def _follow(tree: Tree, messages: tuple[Message, ...], terms: Terms) -> Plan:
    root = next(message for message in messages if message.parent_id is None)
    reviews = _reviews(tree, messages, terms)
    if root.state == "review":
        return Plan("prompt_review", wanted=reviews)
    if root.state == "rejected":
        return Plan("low_grade", "the prompt was not accepted", done=_open_asks(tree.asks))
    replies = _replies(messages, terms)
    if reviews or any(one.places > _written(messages, one.message_id) for one in replies):
        return Plan("growing", wanted=(*reviews, *replies))
    grown = tuple(ask.task_id for ask in tree.asks if ask.step == "reply" and not ask.done)
    ranked = _rank(tree, messages, terms)
    return replace(ranked, done=(*grown, *ranked.done))


def _reviews(tree: Tree, messages: Iterable[Message], terms: Terms) -> tuple[Wanted, ...]:
    """An answer of the author's own does not count, so another place is wanted for it."""
    by_message = {ask.message_id: ask for ask in tree.asks if ask.step == "review"}
    wanted = []
    for message in messages:
        if message.state != "review":
            continue
        ask = by_message.get(message.id)
        own = sum(one.person_id == message.author_id for one in ask.said) if ask else 0
        wanted.append(Wanted(message.id, "review", terms.reviews + own, _authors([message])))
    return tuple(wanted)


def _replies(messages: Sequence[Message], terms: Terms) -> tuple[Wanted, ...]:
    """Say where replies are wanted, breadth first, until the tree is as large as is wanted.

    Nobody replies to themselves.
    """
    room = terms.wanted_messages - sum(message.state != "rejected" for message in messages)
    wanted = []
    for parent in sorted(messages, key=lambda one: (one.depth, one.id)):
        if parent.state != "accepted" or parent.depth >= terms.most_depth:
            continue
        written = _written(messages, parent.id)
        stand = sum(one.parent_id == parent.id and one.state != "rejected" for one in messages)
        most = terms.most_replies if parent.role == "prompter" else 1
        missing = max(0, min(most - stand, _TRIES * most - written, room))
        room -= missing
        if missing or written:
            wanted.append(Wanted(parent.id, "reply", written + missing, _authors([parent])))
    return tuple(wanted)


def _rank(tree: Tree, messages: Sequence[Message], terms: Terms) -> Plan:
    """Ask for the order of siblings; once every order is known the tree is ready."""
    by_parent = {ask.message_id: ask for ask in tree.asks if ask.step == "rank"}
    wanted: list[Wanted] = []
    ranks: dict[int, int] = {}
    done: list[int] = []
    for parent in messages:
        siblings = [
            one for one in messages if one.parent_id == parent.id and one.state == "accepted"
        ]
        if len(siblings) < 2 or not terms.rankings:
            continue
        authors, ask = _authors(siblings), by_parent.get(parent.id)
        said = [] if ask is None else [one for one in ask.said if one.person_id not in authors]
        if ask is not None and len(said) >= terms.rankings:
            order = merge_orders([one.order for one in said])
            ranks |= {one: place for place, one in enumerate(order)}
            done += [] if ask.done else [ask.task_id]
        else:
            own = len(ask.said) - len(said) if ask else 0
            wanted.append(Wanted(parent.id, "rank", terms.rankings + own, authors))
    state: State = "ranking" if wanted else "ready"
    return Plan(state, wanted=tuple(wanted), done=tuple(done), ranks=ranks or None)


def _written(messages: Iterable[Message], parent_id: int) -> int:
    return sum(message.parent_id == parent_id and message.author_id is not None
               for message in messages)  # fmt: skip


def _authors(messages: Iterable[Message]) -> frozenset[int]:
    return frozenset(one.author_id for one in messages if one.author_id is not None)


def _open_asks(asks: Iterable[Ask]) -> tuple[int, ...]:
    return tuple(ask.task_id for ask in asks if not ask.done)
