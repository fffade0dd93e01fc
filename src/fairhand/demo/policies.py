"""What the two projects of the demo ask, pay and say."""

from __future__ import annotations

from fairhand.core.money import MICROS
from fairhand.model.project import Question
from fairhand.work.projects.rules import ProjectPolicy

DIGITS, STRUCTURES = "digits", "tissue-and-vessels"
CURRENCY = "GBP"

_DIGIT_GUIDELINES = """\
# Which digit is it?

You see a small scan of one digit, written by hand on a form and scaled up, so it looks blurred.

- Choose the digit that the **writer meant**, as a bank clerk would read it.
- A 7 may have a bar through its stem; a 1 may have a flag and a foot. A 1 has no bar.
- A 9 has a closed loop at the top; a 4 is open or made of straight strokes.
- When you cannot tell at all, **skip** it. Skips are paid, need no reason and never count
  against you.

A model's guess is shown with some of the scans. It has seen 200 digits in its life and is wrong
about one time in ten: look first, then compare.

Keys: press the digit itself, Enter sends.
"""

_STRUCTURE_GUIDELINES = """\
# Paint the structures

Each picture is a tile of one of two things. Paint what that kind of tile asks for.

**Stained tissue** (brown and blue): paint every area that is *brown*, and call it *stained*.
Pale beige between the cells is not stained. When in doubt, compare with the darkest brown nearby:
half as dark or darker counts.

**Retina** (orange): paint every *blood vessel*, thick and thin, to its edge, and call it *vessel*.
The bright disc and the dark spot without vessels are not painted.

- One or two pixels off at an edge is fine. A missed vessel is not.
- A rough proposal is there already: a simple threshold made it. Mend it with brush and eraser;
  clear it when mending takes longer than painting.
- Nothing to paint? Say so with the button *nothing here*: an empty picture must be said.
"""


def digits_policy() -> ProjectPolicy:
    """One choice about each scan."""
    labels = [{"value": digit, "title": digit, "key": digit} for digit in "0123456789"]
    asked = Question("digit", "choice", "Which digit is it?", {"labels": labels})
    return ProjectPolicy(
        title="Handwritten digits",
        purpose="Teach a model to read amounts that people wrote on paper forms.",
        guidelines=_DIGIT_GUIDELINES,
        questions=(asked,),
        currency=CURRENCY,
        rate_micros_per_hour=1_271 * MICROS,
        min_overlap=2,
        max_overlap=4,
        target_confidence=0.95,
        expected_ms=5_000,
    )


def structures_policy() -> ProjectPolicy:
    """One mask for each tile."""
    labels = [
        {"value": "vessel", "title": "Blood vessel", "key": "1", "color": "#0072B2"},
        {"value": "stained", "title": "Stained (brown)", "key": "2", "color": "#009E73"},
    ]
    asked = Question("structures", "mask", "Paint vessels or stained areas", {"labels": labels})
    return ProjectPolicy(
        title="Tissue and vessels",
        purpose="Teach a model to measure stained tissue and the vessels of the retina.",
        guidelines=_STRUCTURE_GUIDELINES,
        questions=(asked,),
        currency=CURRENCY,
        rate_micros_per_hour=1_400 * MICROS,
        min_overlap=2,
        max_overlap=3,
        target_confidence=0.8,
        expected_ms=45_000,
    )
