"""Verify, mend or draw: what is best asked of a person about a proposal, by expected seconds.

After K. Konyushkova, J. Uijlings, C. Lampert and V. Ferrari, Learning intelligent dialogs for
bounding box annotation, CVPR 2018: the cheaper of asking whether the proposal is right, and of not
asking, by how likely it is accepted. Mending is the third way here.
"""

from __future__ import annotations

from typing import Final, Literal

from fairhand.work.prelabel.seconds import Seconds

Ask = Literal["verify", "fix", "draw"]
ASKS: Final[tuple[Ask, ...]] = ("verify", "fix", "draw")

_EVEN_ODDS: Final = 0.5


def expected_seconds(acceptance: float, seconds: Seconds) -> dict[Ask, float]:
    """Give the expected seconds of each way to ask, by the chance that the proposal is accepted.

    Who rejects draws from nothing; who mends leaves a right proposal as it is. Raises ValueError
    for a chance outside 0 to 1.
    """
    if not 0.0 <= acceptance <= 1.0:
        raise ValueError("acceptance is a chance: between 0 and 1")
    wrong = 1.0 - acceptance
    return {
        "verify": seconds.verify + wrong * seconds.draw,
        "fix": acceptance * seconds.keep + wrong * seconds.mend,
        "draw": seconds.draw,
    }


def choose_ask(
    acceptance: float | None, seconds: Seconds, policy: Ask | Literal["auto"] = "auto"
) -> Ask:
    """Choose what to ask about a proposal that is accepted with chance `acceptance`.

    None: its maker gave no score, so the odds are taken as even. A policy other than `auto` is the
    owner's word. Where two ways take the same time, the one that leaves more to the person wins:
    drawing before mending before verifying.
    """
    if policy != "auto":
        return policy
    chance = _EVEN_ODDS if acceptance is None else min(1.0, max(0.0, acceptance))
    expected = expected_seconds(chance, seconds)
    return min(reversed(ASKS), key=lambda ask: expected[ask])
