"""The queries behind the self-scores; each gives one row: what breaks the line, and of how much.

They count, and name nobody. They are shown as they run, beside their result.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection

_WHOLE = "COALESCE(SUM(broken), 0) AS broken, COUNT(*) AS of_all"

QUERIES: Final[dict[str, str]] = {
    "unpaid_work": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM accrual AS a
    WHERE a.person_id = n.person_id AND a.project_id = n.project_id) THEN 1 ELSE 0 END AS broken
  FROM annotation AS n JOIN project AS p ON p.id = n.project_id
  WHERE p.mode <> 'demo' AND NOT n.simulated AND n.submitted_at < :yesterday
  GROUP BY n.person_id, n.project_id) AS x""",
    "below_floor": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN accrued_micros + top_up_micros < floor_due_micros THEN 1 ELSE 0 END AS broken
  FROM statement WHERE floor_due_micros IS NOT NULL) AS x""",
    "long_days": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN SUM(paid_ms) > 36000000 THEN 1 ELSE 0 END AS broken FROM accrual
  WHERE ended_at > :quarter AND basis IN ('time', 'piece', 'audio')
  GROUP BY person_id, ended_at / 86400000) AS x""",
    "hard_content_without_limits": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN EXISTS (SELECT 1 FROM exposure_policy AS y
    WHERE y.project_id IN (0, p.id) AND y.starts_at <= :now) THEN 0 ELSE 1 END AS broken
  FROM project AS p WHERE p.mode = 'open' AND p.tier > 0) AS x""",
    "no_contract": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN EXISTS (SELECT 1 FROM contract_acceptance AS y
    JOIN contract AS c ON c.id = y.contract_id
    WHERE y.person_id = e.person_id AND c.project_id IN (0, e.project_id)
      AND c.version = (SELECT MAX(z.version) FROM contract AS z
        WHERE z.project_id = c.project_id AND z.starts_at <= :now)) THEN 0 ELSE 1 END AS broken
  FROM enrolment AS e JOIN person AS h ON h.id = e.person_id
  WHERE e.state = 'active' AND NOT h.is_simulated
    AND EXISTS (SELECT 1 FROM contract AS k
      WHERE k.project_id IN (0, e.project_id) AND k.starts_at <= :now)) AS x""",
    "unfair_contract": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN findings <> '[]' THEN 1 ELSE 0 END AS broken FROM contract
  WHERE starts_at <= :now) AS x""",
    "late_appeals": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN state = 'silent' OR (state = 'open' AND answer_by < :now)
    THEN 1 ELSE 0 END AS broken
  FROM appeal WHERE state <> 'withdrawn') AS x""",
    "unequal": """
SELECT (SELECT COUNT(*) FROM incident WHERE kind = 'adverse_impact' AND state = 'open') AS broken,
  (SELECT COUNT(*) FROM incident WHERE kind = 'adverse_impact')
  + (SELECT CASE WHEN COUNT(DISTINCT person_id) >= 20 THEN 1 ELSE 0 END
     FROM self_declared) AS of_all""",
    "no_voice": """
SELECT CASE WHEN EXISTS (SELECT 1 FROM council_seat
    WHERE from_at <= :now AND until_at > :now AND left_at IS NULL) THEN 0 ELSE 1 END AS broken,
  1 AS of_all""",
    "unsigned_rules": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN state = 'signed' THEN 0 ELSE 1 END AS broken FROM proposal
  WHERE applied_at IS NOT NULL) AS x""",
    "no_living_wage": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN EXISTS (SELECT 1 FROM wage_floor AS w
    WHERE w.country = h.place_country AND w.kind = 'living' AND w.approved_by <> '')
    THEN 0 ELSE 1 END AS broken
  FROM person AS h WHERE h.state = 'active' AND NOT h.is_simulated AND h.place_country <> ''
    AND EXISTS (SELECT 1 FROM enrolment AS e WHERE e.person_id = h.id AND e.state = 'active')
  GROUP BY h.place_country) AS x""",
    "no_pilot": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN EXISTS (SELECT 1 FROM pilot AS t
    WHERE t.of_project_id = p.id AND t.outcome = 'go') THEN 0 ELSE 1 END AS broken
  FROM project AS p WHERE p.mode = 'open'
    AND NOT EXISTS (SELECT 1 FROM pilot AS o WHERE o.project_id = p.id)) AS x""",
    "no_qualification": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN EXISTS (SELECT 1 FROM course AS c
    WHERE c.project_id = p.id AND c.state = 'live') THEN 0 ELSE 1 END AS broken
  FROM project AS p WHERE p.mode = 'open'
    AND NOT EXISTS (SELECT 1 FROM pilot AS o WHERE o.project_id = p.id)) AS x""",
    "stale_pilot": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN MAX(t.version) < p.version THEN 1 ELSE 0 END AS broken
  FROM project AS p JOIN pilot AS t ON t.of_project_id = p.id AND t.outcome = 'go'
  WHERE p.mode = 'open' GROUP BY p.id, p.version) AS x""",
    "late_disputes": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN (state = 'upheld' AND decided_by IS NULL)
    OR (state = 'open' AND answer_by < :now) THEN 1 ELSE 0 END AS broken
  FROM pay_dispute WHERE state <> 'withdrawn') AS x""",
    "unexplained": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN TRIM(reason) = '' OR TRIM(counterfactual) = '' THEN 1 ELSE 0 END AS broken
  FROM decision) AS x""",
    "two_weeks": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN COALESCE(decided_at, :now) - opened_at > 1209600000
    THEN 1 ELSE 0 END AS broken
  FROM appeal WHERE state <> 'withdrawn') AS x""",
    "machine_endings": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN decider_id IS NULL THEN 1 ELSE 0 END AS broken FROM decision
  WHERE kind IN ('suspended', 'ended')) AS x""",
    "no_channel": """
SELECT CASE WHEN EXISTS (SELECT 1 FROM channel) THEN 0 ELSE 1 END AS broken, 1 AS of_all""",
    "unlogged": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN leaf_index IS NULL THEN 1 ELSE 0 END AS broken FROM event
  WHERE at < :yesterday) AS x""",
    "unmeasured": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN EXISTS (SELECT 1 FROM gold_answer AS g WHERE g.project_id = p.id)
    THEN 0 ELSE 1 END AS broken
  FROM project AS p WHERE p.mode = 'open'
    AND EXISTS (SELECT 1 FROM annotation AS n WHERE n.project_id = p.id)) AS x""",
    "open_incidents": f"""
SELECT {_WHOLE} FROM (
  SELECT CASE WHEN state = 'open' AND opened_at < :month THEN 1 ELSE 0 END AS broken
  FROM incident) AS x""",
}
"""By name, as lines call them. `:now`, `:yesterday`, `:month` and `:quarter` are instants (ms)."""


def count(connection: Connection, query: str, moments: dict[str, Instant]) -> tuple[int, int]:
    """Run a query; give what breaks its line, and of how much."""
    sql = QUERIES[query]
    asked = {name: at for name, at in moments.items() if f":{name}" in sql}
    row = connection.execute(text(sql), asked).one()
    return int(row[0]), int(row[1])
