"""Whose answers may still be used, said in SQL: everybody's but of those who have withdrawn."""

from __future__ import annotations


def permitted(answer: str) -> str:
    """Say that whoever gave an answer has not withdrawn from its project, or came back.

    `answer` is the name of the table or alias; who never was asked, as in a demo, permits it.
    """
    of_them = (
        f"SELECT 1 FROM consent_grant AS w WHERE w.person_id = {answer}.person_id "
        f"AND w.project_id = {answer}.project_id"
    )
    return (
        f"(NOT EXISTS ({of_them} AND w.withdrawn_at IS NOT NULL) "
        f"OR EXISTS ({of_them} AND w.withdrawn_at IS NULL))"
    )
