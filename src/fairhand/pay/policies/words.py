"""A pay policy in plain words, for the people whom it pays; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant
from fairhand.core.money import MICROS, Money, micros_for, micros_to_minor_up
from fairhand.core.words import ENGLISH, Words
from fairhand.pay.policies.pieces import Terms, worth_of
from fairhand.pay.policies.rules import Policy


def policy_words(policy: Policy, words: Words = ENGLISH) -> str:
    """Say in one or two sentences what a policy pays.

    `KES 5.00 for each answer, and never less than KES 250.00 for each hour.`
    """
    return " ".join([_main_words(policy, words), *extra_words(policy, words)])


def extra_words(policy: Policy, words: Words = ENGLISH) -> list[str]:
    """Say what comes on top of pay for time and answers, a sentence each."""
    said = []
    if policy.hazard_micros_per_hour:
        hazard = money_words(policy.hazard_micros_per_hour, policy.currency, words)
        said.append(words("{hazard} more per hour for difficult content.", hazard=hazard))
    if policy.data_micros_per_hour:
        data = money_words(policy.data_micros_per_hour, policy.currency, words)
        said.append(words("{data} per hour for your data costs.", data=data))
    if policy.min_block_ms:
        minutes = words.number(policy.min_block_ms // MINUTE_MS)
        said.append(
            words(
                "Whenever you come to work, at least {minutes} minutes are paid.", minutes=minutes
            )
        )
    return said


def coming_words(policy: Policy, words: Words = ENGLISH) -> str:
    """Say from which day a version holds, and what it pays then: `From 1 Dec: …`."""
    day, pays = words.date(policy.valid_from), policy_words(policy, words)
    return words("From {day}: {pays}", day=day, pays=pays)


def worked_example(policy: Policy, unit_ms: int) -> str:
    """Say what an hour comes to when an answer takes `unit_ms`: for audio, a minute of sound."""
    if policy.basis == "time" or unit_ms <= 0:
        return f"An hour of work pays {money_words(policy.rate_micros_per_hour, policy.currency)}."
    count = max(1, HOUR_MS // unit_ms)
    terms = Terms(policy.basis, policy.rate_micros_per_hour, policy.unit_micros)
    each = worth_of(terms, unit_ms, MINUTE_MS).amount_micros
    what = "answers" if policy.basis == "piece" else "minutes of audio"
    earned, spent = count * each, count * unit_ms
    due = micros_for(policy.rate_micros_per_hour, spent)
    line = f"{count} {what} in an hour earn {money_words(earned, policy.currency)}"
    if earned >= due:
        return f"{line}: more than the guarantee, so that is what you get."
    lacking = money_words(due - earned, policy.currency)
    return f"{line}; {lacking} is added, so the hour pays {money_words(due, policy.currency)}."


def money_words(micros: int, currency: str, words: Words = ENGLISH) -> str:
    """Write an amount to its currency's digits, rounded up: `KES 161.34`."""
    return words.coins(Money(micros_to_minor_up(micros), currency))


def day_words(at: Instant) -> str:
    """Write a day in UTC: `1 Dec 2026`."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment.day} {moment:%b %Y}"


def _main_words(policy: Policy, words: Words) -> str:
    rate = money_words(policy.rate_micros_per_hour, policy.currency, words)
    if policy.basis == "time" or policy.unit_micros is None:
        return words("{rate} for each hour, by the clock.", rate=rate)
    unit = words.coins(Money(policy.unit_micros // MICROS, policy.currency))
    if policy.basis == "piece":
        return words(
            "{unit} for each answer, and never less than {rate} for each hour.",
            unit=unit,
            rate=rate,
        )
    return words(
        "{unit} for each minute of audio, and never less than {rate} for each hour.",
        unit=unit,
        rate=rate,
    )
