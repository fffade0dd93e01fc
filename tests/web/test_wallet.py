"""The page of receipts: what is proven of each answer, and one file that proves all of it."""

from __future__ import annotations

from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.whole_receipt import verify_any
from tests.web.test_own_pay import settle
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import World


def test_an_answer_that_was_released_and_paid_has_a_receipt_that_says_so(world: World) -> None:
    amina, carmen = world.client("Amina"), world.client("Carmen")
    settle(world)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    assert carmen.post(f"/api/v1/projects/{world.project}/releases", json={}).status_code == 202
    assert {job.state for job in run_jobs(world)} == {"done"}
    answer_tasks(world, amina, 1)
    page = amina.get("/log/receipts").text
    for words in ("In release v1", "On a pay statement", "Promised: in the log", "Keep promise"):
        assert words in page
    seal_log(world.house.db, world.house.signer, world.cast.clock.now)

    key = [world.house.signer.verifier]
    reports = [verify_any(line, key) for line in amina.get("/log/receipts/all").text.splitlines()]
    assert all(report.ok for report in reports)
    (first, *_) = [report for report in reports if report.releases]
    assert "is in the log and in release v1 of project" in first.sentence
    assert ": at or above the floor of 12.71 GBP an hour." in first.sentence
    assert {one.name: one.state for one in first.told}["pay"] == "proven"


def test_who_has_done_nothing_yet_is_told_what_will_stand_here(world: World) -> None:
    assert "Your receipts" in world.client("Dmitri").get("/log/receipts").text
