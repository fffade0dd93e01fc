"""What is said about hard content before anybody agrees to be shown it."""

from __future__ import annotations

from typing import Final

from fairhand.core.words import ENGLISH, Words
from fairhand.core.words import later as _

SORTS: Final = {
    1: _(
        "Upsetting or crude content: insults and slurs, swearing, scars and healing wounds, "
        "accidents told without detail, nudity that is not sexual."
    ),
    2: _(
        "Disturbing content: open injury and blood, threats, hatred of groups of people, animals "
        "that suffer, sexual content between adults, self-harm that is told of."
    ),
    3: _(
        "Severe content: death and dying people, torture and extreme violence, sexual violence, "
        "self-harm that is shown. It can come back to mind long afterwards."
    ),
}

KNOWN: Final = (
    _(
        "Work with such content can harm. In studies of people who moderate content, more than a "
        "quarter had signs of serious distress. It is not a weakness, and it does not depend on "
        "how used to it you feel."
    ),
    _(
        "Blur and grey do not protect: in controlled studies they did not lower distress. They are "
        "here because some people want them, and what you see through them counts in full."
    ),
)

RIGHTS: Final = (
    _("You get such items only up to your limits, which you can lower at any moment."),
    _("You may skip any item, as often as you like, without a reason; it is paid."),
    _(
        "You may take this back at any moment. It holds from the next item on, and changes neither "
        "your pay nor what else you are offered."
    ),
    _("What you see, skip, agree to or write on these pages is shown to nobody but you."),
    _(
        "Illegal content, such as abuse of children, is not offered here at any tier. If you meet "
        "it, skip it and tell your contact at once."
    ),
)


def words_for_tier(tier: int, words: Words = ENGLISH) -> str:
    """Write the whole disclosure of a tier: one thought a line. KeyError outside 1 to 3."""
    first = words("Tier {tier} of 3. {sort}", tier=tier, sort=words(SORTS[tier]))
    return "\n".join((first, *map(words, KNOWN), *map(words, RIGHTS)))
