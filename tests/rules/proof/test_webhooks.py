"""What a webhook says, how it is signed, and how long it tries."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.client import WebhookError, verify_webhook
from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.proof.webhooks.rules import (
    MOST_ATTEMPTS,
    Secrets,
    Told,
    body_of,
    headers_of,
    issues_of,
    signature,
    wait_after,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = Instant(1_614_265_330_000)


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    body = b'{"test": 2432232314}'
    signed = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.integers(-400, 400))
def test_the_client_believes_what_was_signed_and_is_not_old(noise: bytes, late: int) -> None:
    body = json.dumps({"noise": noise.hex()}).encode()
    headers = headers_of([SECRET], "evt_1_1", NOW, body)
    now = NOW / 1_000 + late
    if abs(late) <= 300:
        assert verify_webhook(headers, body, SECRET, now=now) == {"noise": noise.hex()}
    else:
        with pytest.raises(WebhookError, match="too old"):
            verify_webhook(headers, body, SECRET, now=now)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"webhook-id": "evt_1_2"}, "does not fit"),
        ({"webhook-timestamp": "1614265331"}, "does not fit"),
        ({"webhook-timestamp": "soon"}, "no number"),
        ({"webhook-signature": "v1,AAAA"}, "does not fit"),
        ({"webhook-signature": ""}, "does not fit"),
        ({"webhook-signature": "é"}, "does not fit"),
    ],
)
def test_whatever_is_changed_on_the_way_is_noticed(change: dict[str, str], says: str) -> None:
    headers = {**headers_of([SECRET], "evt_1_1", NOW, b"{}"), **change}
    with pytest.raises(WebhookError, match=says):
        verify_webhook(headers, b"{}", SECRET, now=NOW / 1_000)


def test_a_missing_header_a_bad_secret_and_another_body_are_told_in_words() -> None:
    headers = headers_of([SECRET], "evt_1_1", NOW, b"{}")
    with pytest.raises(WebhookError, match="does not fit"):
        verify_webhook(headers, b"[]", SECRET, now=NOW / 1_000)
    with pytest.raises(WebhookError, match="begins with whsec_"):
        verify_webhook(headers, b"{}", "nonsense!", now=NOW / 1_000)
    del headers["webhook-id"]
    with pytest.raises(WebhookError, match="webhook-id is missing"):
        verify_webhook(headers, b"{}", SECRET, now=NOW / 1_000)


def test_the_secret_before_signs_beside_the_new_one_until_its_day_is_over() -> None:
    kept = Secrets("whsec_bmV3", "whsec_b2xk", Instant(NOW + DAY_MS))
    assert kept.valid(NOW) == ("whsec_bmV3", "whsec_b2xk")
    assert kept.valid(Instant(NOW + DAY_MS)) == ("whsec_bmV3",)
    headers = headers_of(kept.valid(NOW), "evt_1_1", NOW, b"{}")
    for secret in kept.valid(NOW):
        assert verify_webhook(headers, b"{}", secret, now=NOW / 1_000) == {}


def test_waits_grow_over_days_and_end() -> None:
    waits = [wait_after(attempts, lambda low, high: 1.0) for attempts in range(1, MOST_ATTEMPTS)]
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert len(known) == MOST_ATTEMPTS - 1
    assert 3 * DAY_MS < sum(known) < 5 * DAY_MS
    assert wait_after(MOST_ATTEMPTS, lambda low, high: high) is None
    assert wait_after(6, lambda low, high: high) == round(2 * HOUR_MS * 1.2)


def test_a_body_holds_ids_and_facts_and_nothing_else() -> None:
    body = {
        "annotation": 7,
        "task": 3,
        "person": 9,
        "value_sha256": "ab" * 32,
        "paid": {"money": "1"},
        "simulated": False,
        "mode": "Carmen Diaz <c@example.org>",
        "verdict": "fixed",
    }
    told = body_of(Told(41, "annotation.submitted", NOW, 2, 9, body))
    assert told["type"] == "annotation.submitted"
    assert told["timestamp"] == "2021-02-25T15:02:10.000Z"
    facts = {"annotation": 7, "task": 3, "simulated": False, "verdict": "fixed"}
    assert told["data"] == {"event": 41, "project": 2, **facts}


def test_a_kind_that_is_not_told_is_named() -> None:
    assert issues_of("https://a.example", ("release.*", "annotation.submitted")) == []
    for kind in ("own.changed", "wellbeing.*", "*", "", ".*"):
        (issue,) = issues_of("https://a.example", (kind,))
        assert repr(kind) in issue.message
