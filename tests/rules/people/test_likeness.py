"""Templates are in no licence, whatever anybody agreed to, and their end is the earlier one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.licence import PURPOSES, WORLDWIDE, Terms, Use, covers, permits
from fairhand.people.likeness.rules import destroy_by, may_recognise, verdict

_PURPOSES = st.frozensets(st.sampled_from(PURPOSES))


def terms(modality: str, purposes: frozenset[str]) -> Terms:
    return Terms(modality, purposes, Instant(0), Instant(100), frozenset({WORLDWIDE}))


@given(_PURPOSES, _PURPOSES, st.sampled_from(PURPOSES), st.integers(-10, 110))
def test_no_licence_ever_holds_a_template(
    agreed: frozenset[str], wanted: frozenset[str], purpose: str, at: int
) -> None:
    given_terms, asked = terms("biometric_template", agreed), terms("biometric_template", wanted)

    assert not covers(given_terms, asked)
    for modality in ("biometric_template", "voice"):
        assert not permits(given_terms, Use(purpose, modality, Instant(at), "DE", "Acme"))
    assert not permits(
        terms("voice", agreed), Use(purpose, "biometric_template", Instant(at), "DE", "Acme")
    )


@given(_PURPOSES, st.integers(-10, 110))
def test_only_the_purpose_of_being_recognised_lets_somebody_be(
    agreed: frozenset[str], at: int
) -> None:
    expected = "biometric_id" in agreed and 0 <= at < 100

    assert may_recognise(terms("voice", agreed), "voice", Instant(at)) == expected
    assert not may_recognise(terms("image", agreed), "voice", Instant(at))


@given(st.integers(0, 2**40), st.integers(0, 5_000), st.integers(0, 2**42))
def test_the_earlier_end_counts(met: int, days: int, ends: int) -> None:
    end = destroy_by(Instant(met), days, Instant(ends))

    assert end == min(met + days * DAY_MS, ends)


def test_a_distance_is_said_in_three_words() -> None:
    assert [verdict(far) for far in (0.0, 0.34, 0.35, 0.49, 0.5, 40.0)] == [
        "like", "like", "maybe", "maybe", "unlike", "unlike",
    ]  # fmt: skip
