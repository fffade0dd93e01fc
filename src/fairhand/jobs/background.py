"""The background work of an open workspace: durable jobs, and what comes round by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count

from fairhand.core.leftovers import clear_leftovers
from fairhand.jobs.heartbeat import speaking
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.runtime import JobRuntime
from fairhand.jobs.steps import Services
from fairhand.jobs.ticker import Tick
from fairhand.use_cases.accrue_pending_time import accrue_pending_time
from fairhand.use_cases.apply_policies import apply_policies
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.count_weeks import count_weeks
from fairhand.use_cases.destroy_templates import destroy_templates
from fairhand.use_cases.end_expired import end_expired
from fairhand.use_cases.end_skills import end_skills
from fairhand.use_cases.erase_person import finish_erasures
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.fill_webhooks import fill_webhooks, forget_deliveries
from fairhand.use_cases.finish_bookings import finish_bookings
from fairhand.use_cases.gather_cosignatures import gather_cosignatures
from fairhand.use_cases.house import House
from fairhand.use_cases.judge_assistance import judge_assistance
from fairhand.use_cases.keep_conversations import keep_conversations
from fairhand.use_cases.keep_elections import keep_elections
from fairhand.use_cases.keep_figures import keep_figures
from fairhand.use_cases.keep_hours import keep_hours
from fairhand.use_cases.keep_labels import keep_labels
from fairhand.use_cases.keep_up_assistance import keep_up_assistance
from fairhand.use_cases.keep_up_intake import keep_up_intake
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.lay_aside_aftercare import lay_aside_aftercare
from fairhand.use_cases.learn_idle_caps import learn_idle_caps
from fairhand.use_cases.lift_suspensions import lift_suspensions
from fairhand.use_cases.mend_statistics import mend_statistics
from fairhand.use_cases.note_overdue import note_overdue
from fairhand.use_cases.put_letters import News, put_budgets
from fairhand.use_cases.reap_leases import reap_leases
from fairhand.use_cases.refresh_estimates import refresh_estimates
from fairhand.use_cases.reprice_projects import reprice_projects
from fairhand.use_cases.seal_books import seal_books
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.send_deliveries import Post
from fairhand.use_cases.send_letters import Postman, forget_letters
from fairhand.use_cases.settle_shelters import settle_shelters
from fairhand.use_cases.settle_withdrawals import delete_left_files, settle_withdrawals
from fairhand.use_cases.sweep_exports import clear_drafts, sweep_exports
from fairhand.use_cases.sweep_recordings import sweep_recordings
from fairhand.use_cases.sweep_uploads import sweep_uploads
from fairhand.use_cases.tell_backends import tell_all
from fairhand.use_cases.uphold_silent_appeals import uphold_silent_appeals
from fairhand.use_cases.uphold_silent_disputes import uphold_silent_disputes
from fairhand.use_cases.watch_conduct import watch_conduct
from fairhand.use_cases.weigh_content import weigh_content

__all__ = ["make_background", "run_background", "run_of", "ticks_of"]

_REAP_AT_ONCE = 500
_HAND_OVER_S = 2.0


@asynccontextmanager
async def run_background(house: House, kind: str = "server") -> AsyncIterator[None]:
    """Work in the background for as long as the block lasts; what is unfinished goes on later."""
    background = make_background(house)
    background.start_soon()
    try:
        async with speaking(house, kind):
            yield
    finally:
        await asyncio.to_thread(background.stop)


def run_of(house: House) -> AbstractAsyncContextManager[None]:
    """Say what a server process does beside serving, as the settings have it."""
    return run_background(house) if house.settings.background else speaking(house, "server")


def make_background(house: House) -> JobRuntime:
    """Make the runtime of a workspace; it does nothing before it is started."""
    services = Services(house.db, house.blobs, house.clock)
    return JobRuntime(services, kinds_of(house), ticks_of(house))


def ticks_of(house: House) -> tuple[Tick, ...]:
    """List what comes round by itself, and how often."""
    db, clock, turns = house.db, house.clock, count()
    ratings: dict[int, int] = {}
    intake = Shop(db, house.blobs, house.vault, house.content_signer)
    news, postman = News(db), Postman(house)
    post = Post(db, house.vault, clock, house.settings.backend_hosts)
    return (
        Tick("seal", 2.0, lambda: seal_log(db, house.signer, clock())),
        Tick(
            "witnesses",
            20.0,
            lambda: gather_cosignatures(db, clock, house.settings.backend_hosts),
        ),
        Tick("aggregate", 1.5, lambda: keep_up_quality(db, clock)),
        Tick("labels", 2.0, lambda: keep_labels(db, clock)),
        Tick("conversations", 2.0, lambda: keep_conversations(db, clock)),
        Tick("intake", 3.0, lambda: keep_up_intake(intake, clock)),
        Tick("figures", 30.0, lambda: keep_figures(db, clock)),
        Tick("reap", 10.0, lambda: _reap(house)),
        Tick("sweep", 600.0, lambda: _sweep(house)),
        Tick("accrue", 60.0, lambda: accrue_pending_time(db, clock())),
        Tick("policies", 15.0, lambda: apply_policies(db, clock())),
        Tick("council", 15.0, lambda: apply_signed_policies(db, clock())),
        Tick("elections", 60.0, lambda: keep_elections(db, clock())),
        Tick("bookings", 60.0, lambda: finish_bookings(db, clock())),
        Tick("reprice", 3600.0, lambda: reprice_projects(db, clock())),
        Tick("seal_books", 60.0, lambda: seal_books(db, clock())),
        Tick("idle_caps", 600.0, lambda: learn_idle_caps(db, clock())),
        Tick("hours", 60.0, lambda: keep_hours(db, clock(), turn=next(turns))),
        Tick("help", 300.0, lambda: judge_assistance(db, clock(), blobs=house.blobs)),
        Tick("disputes", 600.0, lambda: uphold_silent_disputes(db, clock())),
        Tick("appeals", 600.0, lambda: uphold_silent_appeals(db, clock())),
        Tick("skills", 3600.0, lambda: end_skills(db, clock())),
        Tick("suspensions", 600.0, lambda: lift_suspensions(db, clock())),
        Tick("statistics", 60.0, lambda: mend_statistics(db, clock)),
        Tick("conduct", 3600.0, lambda: watch_conduct(db, clock())),
        Tick("aftercare", 900.0, lambda: lay_aside_aftercare(db, clock())),
        Tick("assist", 5.0, lambda: keep_up_assistance(db, clock)),
        Tick("backends", 20.0, lambda: tell_all(db, house.blobs, clock)),
        Tick("waiting", 300.0, lambda: settle_shelters(db, clock())),
        Tick("weigh", 300.0, lambda: weigh_content(db, clock(), ratings)),
        Tick("estimate", 300.0, lambda: refresh_estimates(db, clock())),
        Tick(
            "withdrawals",
            3.0,
            lambda: settle_withdrawals(db, house.blobs, house.signer, clock()),
        ),
        Tick("licences", 60.0, lambda: note_overdue(db, clock())),
        Tick("erasures", 60.0, lambda: finish_erasures(db, house.blobs, clock())),
        Tick("gone_files", 3600.0, lambda: delete_left_files(db, house.blobs, clock())),
        Tick("exports", 600.0, lambda: _sweep_exports(house)),
        Tick("grants", 60.0, lambda: end_expired(db, clock())),
        Tick("templates", 60.0, lambda: destroy_templates(db, clock())),
        Tick("webhooks", 2.0, lambda: _tell_webhooks(house, post)),
        Tick("old_deliveries", 3600.0, lambda: forget_deliveries(db, clock())),
        *(
            (
                Tick("letters", 2.0, lambda: _write_letters(house, news, postman)),
                Tick("budgets", 60.0, lambda: put_budgets(db, clock())),
                Tick("old_letters", 3600.0, lambda: forget_letters(house)),
            )
            if house.settings.mail.host
            else ()
        ),
        Tick("weeks", 3600.0, lambda: count_weeks(db, clock())),
    )


def _tell_webhooks(house: House, post: Post) -> None:
    fill_webhooks(house.db, house.clock())
    post.send_due(wait_s=_HAND_OVER_S)


def _write_letters(house: House, news: News, postman: Postman) -> None:
    news.put_new(house.clock())
    postman.send_due(wait_s=_HAND_OVER_S)


def _sweep(house: House) -> None:
    sweep_recordings(house.db, house.blobs, house.clock())
    sweep_uploads(house.db, house.blobs, house.clock())


def _sweep_exports(house: House) -> None:
    sweep_exports(house.db, house.blobs, house.clock())
    clear_drafts(house.db, house.settings.workspace / "exports")
    clear_leftovers(house.clock())


def _reap(house: House) -> None:
    while reap_leases(house.db, house.clock(), _REAP_AT_ONCE) == _REAP_AT_ONCE:
        pass
