"""The points of pay that can be read from the books, each with the query that answers it."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import DAY_MS, HOUR_MS
from fairhand.pay.books.score import Point, all_of, coverage, none_of, nothing_shows_it, some_of

_ANSWERS: Final = """\
SELECT (SELECT count(*) FROM annotation) AS answers,
       (SELECT count(*) FROM annotation AS a WHERE NOT EXISTS
          (SELECT 1 FROM accrual AS c WHERE c.annotation_id = a.id)) AS unpaid"""
_SPEED: Final = f"""\
SELECT count(*) AS booked,
       coalesce(sum(CASE WHEN e.recorded_at - a.submitted_at > {DAY_MS} THEN 1 ELSE 0 END), 0)
         AS late
FROM annotation AS a JOIN accrual AS c ON c.annotation_id = a.id
JOIN entry AS e ON e.id = c.entry_id"""
_REDUCED: Final = """\
SELECT count(*) AS lines,
       coalesce(sum(CASE WHEN p.amount_micros < 0 AND NOT EXISTS
         (SELECT 1 FROM posting AS o JOIN account AS b ON b.id = o.account_id
          WHERE o.entry_id = p.entry_id AND b.key IN ('clearing:payout', 'equity:fx'))
         THEN 1 ELSE 0 END), 0) AS reductions
FROM posting AS p JOIN account AS a ON a.id = p.account_id WHERE a.key LIKE 'payable:person:%'"""
_FUNDED: Final = """\
SELECT (SELECT count(*) FROM entry WHERE kind = 'funding') AS fundings,
       (SELECT count(*) FROM (SELECT a.currency FROM posting AS p JOIN account AS a
          ON a.id = p.account_id WHERE a.key = 'guarantee:operator'
          GROUP BY a.currency HAVING sum(p.amount_micros) < 0) AS g) AS currencies_advanced"""
_ARRIVED: Final = f"""\
SELECT count(*) AS confirmed,
       coalesce(sum(CASE WHEN p.state_at - b.made_at > {31 * DAY_MS} THEN 1 ELSE 0 END), 0) AS late
FROM payout AS p JOIN payout_batch AS b ON b.id = p.batch_id WHERE p.state = 'confirmed'"""
_AROUND: Final = """\
SELECT coalesce(sum(paid_ms), 0) AS paid_ms,
       coalesce(sum(CASE WHEN activity NOT IN ('annotate', 'top_up') THEN paid_ms ELSE 0 END), 0)
         AS around_ms
FROM accrual"""
_ESTIMATES: Final = """\
SELECT coalesce(sum(scored), 0) AS scored, coalesce(sum(within_p90), 0) AS within_p90
FROM time_estimate"""
_COSTS: Final = """\
SELECT count(DISTINCT person_id) AS people,
       count(DISTINCT CASE WHEN basis = 'expense' THEN person_id END) AS reimbursed
FROM accrual"""
_DAYS: Final = f"""\
SELECT count(*) AS days,
       coalesce(sum(CASE WHEN d.ms > {10 * HOUR_MS} THEN 1 ELSE 0 END), 0) AS long_days
FROM (SELECT person_id, started_at / {DAY_MS} AS day, sum(paid_ms) AS ms FROM accrual
      WHERE paid_ms > 0 AND basis <> 'correction' GROUP BY person_id, started_at / {DAY_MS}) AS d"""
_WAITING: Final = """\
SELECT coalesce(sum(paid_ms), 0) AS paid_ms,
       coalesce(sum(CASE WHEN activity = 'wait' THEN paid_ms ELSE 0 END), 0) AS waiting_ms,
       coalesce(sum(CASE WHEN basis = 'cancellation' THEN 1 ELSE 0 END), 0) AS cancellations_paid
FROM accrual"""
_LIVING: Final = """\
SELECT count(DISTINCT h.place_country) AS countries,
       count(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM wage_floor AS w
         WHERE w.country = h.place_country AND w.kind <> 'statutory' AND w.approved_on <> ''
         AND w.superseded_at IS NULL) THEN h.place_country END) AS living
FROM person AS h WHERE h.id IN (SELECT person_id FROM accrual)"""
_PILOTS: Final = """\
SELECT count(*) AS projects,
       coalesce(sum(CASE WHEN EXISTS (SELECT 1 FROM time_estimate AS t
         WHERE t.project_id = p.id AND t.basis = 'measured') THEN 1 ELSE 0 END), 0) AS measured
FROM project AS p WHERE EXISTS (SELECT 1 FROM accrual AS c WHERE c.project_id = p.id)"""
_DISPUTES: Final = """\
SELECT count(*) AS disputes,
       coalesce(sum(CASE WHEN coalesce(decided_at, :now) > answer_by
         AND (state = 'open' OR decided_by IS NOT NULL) THEN 1 ELSE 0 END), 0) AS late
FROM pay_dispute"""
_STATEMENTS: Final = """\
SELECT (SELECT count(*) FROM statement) AS statements,
       (SELECT count(*) FROM (SELECT DISTINCT a.person_id, e.period_id, a.currency
          FROM period_entry AS e JOIN accrual AS a ON a.entry_id = e.entry_id
          WHERE NOT EXISTS (SELECT 1 FROM statement AS s WHERE s.person_id = a.person_id
            AND s.period_id = e.period_id AND s.currency = a.currency)) AS m) AS missing"""
_DECLINED: Final = """\
SELECT coalesce(sum(CASE WHEN state <> 'open' THEN 1 ELSE 0 END), 0) AS decided,
       coalesce(sum(CASE WHEN state IN ('declined', 'partly') AND decided_by IS NULL
         THEN 1 ELSE 0 END), 0) AS without_a_person
FROM pay_dispute"""

POINTS: Final[tuple[Point, ...]] = (
    Point(
        "fairwork-1.1-all-work",
        "Fairwork 1.1",
        "Every answer that was submitted has earned.",
        _ANSWERS,
        none_of(
            "answers", "unpaid", "{unpaid} of {answers} answers earned nothing.", "No answers yet."
        ),
    ),
    Point(
        "fairwork-1.1-booked",
        "Fairwork 1.1",
        "What was earned is booked within 24 hours.",
        _SPEED,
        none_of("booked", "late", "{late} of {booked} were booked later.", "No answers yet."),
    ),
    Point(
        "fairwork-1.1-kept",
        "Fairwork 1.1",
        "What was earned is never taken back.",
        _REDUCED,
        none_of(
            "lines",
            "reductions",
            "{reductions} of {lines} lines lower what is owed without a payout or an exchange.",
            "Nobody has earned yet.",
        ),
    ),
    Point(
        "fairwork-1.1-set-aside",
        "Fairwork 1.1",
        "Money is set aside before work: the operator had to advance none.",
        _FUNDED,
        none_of(
            "fundings",
            "currencies_advanced",
            "The operator advances pay in {currencies_advanced} currencies.",
            "No money was set aside yet.",
        ),
    ),
    Point(
        "fairwork-1.1-arrives",
        "Fairwork 1.1",
        "Payouts arrive within 31 days.",
        _ARRIVED,
        none_of(
            "confirmed", "late", "{late} of {confirmed} took longer.", "No payout was confirmed."
        ),
    ),
    Point(
        "fairwork-1.2-hidden-time",
        "Fairwork 1.2",
        "Reading, waiting, training and trouble are paid as well as answers.",
        _AROUND,
        some_of(
            "paid_ms",
            "around_ms",
            "{around_ms} of {paid_ms} paid milliseconds were around tasks.",
            "No time around tasks was paid yet.",
        ),
    ),
    Point(
        "fairwork-1.2-estimate",
        "Fairwork 1.2",
        "How long a task takes is said before it is taken, and comes true for nine in ten.",
        _ESTIMATES,
        coverage,
    ),
    Point(
        "fairwork-1.2-costs",
        "Fairwork 1.2",
        "What it costs people to work is paid back.",
        _COSTS,
        all_of(
            "people",
            "reimbursed",
            "{reimbursed} of {people} people had expenses paid back.",
            "Nobody has earned yet.",
        ),
    ),
    Point(
        "fairwork-2.1-long-days",
        "Fairwork 2.1",
        "Nobody works more than ten paid hours in a day (UTC).",
        _DAYS,
        none_of("days", "long_days", "{long_days} of {days} days were longer.", "No days yet."),
    ),
    Point(
        "fairwork-2.1-waiting",
        "Fairwork 2.1",
        "Waiting for work and work called off late are paid.",
        _WAITING,
        some_of(
            "paid_ms",
            "waiting_ms",
            "{waiting_ms} ms of waiting and {cancellations_paid} cancellations were paid.",
            "No waiting was paid yet.",
        ),
    ),
    Point(
        "fairwork-2.2-health",
        "Fairwork 2.2",
        "Risks to health are found and made smaller.",
        "",
        nothing_shows_it,
    ),
    Point(
        "pai-living-wage",
        "Partnership on AI",
        "The floor of every country is a living wage, not only the legal minimum.",
        _LIVING,
        all_of(
            "countries",
            "living",
            "{living} of {countries} countries have an approved row that is not statutory.",
            "Nobody has earned yet.",
        ),
    ),
    Point(
        "pai-pilot",
        "Partnership on AI",
        "Prices rest on time that was measured.",
        _PILOTS,
        all_of(
            "projects",
            "measured",
            "{measured} of {projects} projects have measured estimates.",
            "No project has paid yet.",
        ),
    ),
    Point(
        "pai-answers",
        "Partnership on AI",
        "Who asks about their pay is answered in time.",
        _DISPUTES,
        none_of(
            "disputes",
            "late",
            "{late} of {disputes} disputes were not answered in time.",
            "Nobody has disputed anything.",
        ),
    ),
    Point(
        "c193-statements",
        "ILO C193",
        "Everybody who is settled gets an itemised statement.",
        _STATEMENTS,
        none_of(
            "statements", "missing", "{missing} are missing, {statements} are there.", "None yet."
        ),
    ),
    Point(
        "c193-human",
        "ILO C193",
        "No pay is refused without a person who decided it.",
        _DECLINED,
        none_of(
            "decided",
            "without_a_person",
            "{without_a_person} of {decided} decisions had no name.",
            "Nothing was decided yet.",
        ),
    ),
    Point(
        "c193-contract",
        "ILO C193",
        "Terms of pay are agreed in words that people can read.",
        "",
        nothing_shows_it,
    ),
)
