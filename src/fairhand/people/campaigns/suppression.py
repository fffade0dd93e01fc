"""Which counts of people may be shown together so that no small group can be worked out; pure.

Counts are taken or left as a set, not one by one. The counts that are taken sort people into
classes: those who are in exactly the same of them. A count is taken only if every class still
holds nobody or at least k people. Whatever is added to or subtracted from counts that were taken
is a sum over whole classes, so it is nobody's count or at least k people's: there is nothing left
for complementary suppression to repair (the classical repair: Cox 1980, JASA 75).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence


def showable(groups: Mapping[int, int], counts: int, smallest: int) -> list[bool]:
    """Say which of the counts may be shown, the first ones preferred.

    `groups` says how many people are in exactly which counts: bit n of a key is count n. A count
    of fewer than `smallest` people is never shown, nobody's neither.
    """
    taken = 0
    shown = []
    for number in range(counts):
        bit = 1 << number
        inside = sum(people for mask, people in groups.items() if mask & bit)
        is_fine = inside >= smallest and _holds(groups, taken | bit, smallest)
        taken |= bit if is_fine else 0
        shown.append(is_fine)
    return shown


def _holds(groups: Mapping[int, int], taken: int, smallest: int) -> bool:
    """Say whether every class of people holds `smallest` or more; those in no count are one."""
    classes: Counter[int] = Counter()
    for mask, people in groups.items():
        classes[mask & taken] += people
    return all(people >= smallest for people in classes.values() if people)


def masks_of(members: Sequence[set[int]], everybody: set[int]) -> Counter[int]:
    """Count people by the counts they are in; `members` are the people of each count."""
    mask_of = dict.fromkeys(everybody, 0)
    for number, people in enumerate(members):
        for person_id in people:
            mask_of[person_id] |= 1 << number
    return Counter(mask_of.values())


def rounded_down(count: int, step: int) -> int:
    """Round a count down, so that one person more seldom shows."""
    return count // step * step
