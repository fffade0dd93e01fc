"""Rules of what people say about tasks and guidelines; pure."""

from __future__ import annotations

from typing import Final, Literal, get_args

from fairhand.core.errors import Issue

RemarkKind = Literal["unclear", "comment"]
WORDS_MAX: Final = 2_000
WHY_MAX: Final = 500
EXAMPLES_MAX: Final = 40
_KEY: Final = (8, 64)


def remark_issues(kind: str, words: str, client_key: str) -> list[Issue]:
    """List what is wrong with a remark on its way in."""
    issues = []
    if kind not in get_args(RemarkKind):
        issues.append(Issue("kind", "Say `unclear` or `comment`."))
    if not words.strip() or len(words) > WORDS_MAX:
        issues.append(Issue("words", f"Write 1 to {WORDS_MAX:,} characters."))
    fits = _KEY[0] <= len(client_key) <= _KEY[1] and client_key.isascii()
    if not fits or not client_key.isprintable():
        issues.append(Issue("client_key", "Send 8 to 64 printable ASCII characters, as a UUID."))
    return issues


def answer_issues(words: str, shared: bool) -> list[Issue]:
    """List what is wrong with an answer; without words a remark is only marked as read."""
    if len(words) > WORDS_MAX:
        return [Issue("words", f"Write at most {WORDS_MAX:,} characters.")]
    if shared and not words.strip():
        return [Issue("words", "There is no answer to share yet: write one.")]
    return []


def example_issues(why: str, count: int) -> list[Issue]:
    """List what is wrong with a new example; `count` are there already."""
    if not why.strip() or len(why) > WHY_MAX:
        return [Issue("why", f"Say why, in 1 to {WHY_MAX} characters.")]
    if count >= EXAMPLES_MAX:
        return [Issue("task_id", f"There are {EXAMPLES_MAX} examples: take one away first.")]
    return []
