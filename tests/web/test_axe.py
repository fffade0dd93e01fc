"""axe-core finds no barrier on any page: light on a desktop, and dark on a phone."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from fairhand.core.clock import iso
from fairhand.people.accounts import store as accounts
from fairhand.quality import insight_store
from fairhand.quality.watch.signal import Signal
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.seal_log import seal_log
from fairhand.web.shared.doors import SESSION_COOKIE
from tests import browser as chromium
from tests.engines import Templates
from tests.school import School
from tests.stories.evaluation_world import make_evaluation_world
from tests.web.campaigns import CONTROLLER, give_much, make_campaign
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import TestClient, World, make_world

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN = (
    "only => axe.run(only ? {runOnly: {type: 'rule', values: only}} : {})"
    ".then(found => found.violations.map("
    "one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')}`))"
)
IN_THE_DARK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""What the size of the window and its colours can change; the rest is the same page's markup."""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PAGES: dict[str | None, tuple[str, ...]] = {
    None: (
        "/sign-in",
        "/forgot",
        "/offline",
        "/reset/none",
        "/letters/stop/none",
        "/sign-in/none",
        "/api/docs",
        "/verify",
        "/nothing",
        "/campaigns/{campaign}/biometrics",
        "/data",
        "/data/compliance",
        "/data/{campaign}",
        "/r/{slug}/v1",
    ),
    "Bao": ("/campaigns/{campaign}",),
    "Amina": (
        "/",
        "/earnings",
        "/work/{project}/answers",
        "/earnings/time",
        "/earnings/bookings",
        "/earnings/statements/1",
        "/earnings/statements/1/replay",
        "/earnings/disputes",
        "/earnings/disputes/new",
        "/earnings/disputes/new?statement=1&line=1",
        "/credentials",
        "/talent",
        "/path",
        "/wellbeing",
        "/wellbeing/content",
        "/wellbeing/check-ins",
        "/wellbeing/care",
        "/earnings/payout",
        "/earnings/payout?currency=GBP&rail=mobile",
        "/log",
        "/log/receipts",
        "/account",
        "/account/erase",
        "/council",
        "/rights",
        "/rights/decisions/1",
        "/rights/decisions/2/appeal",
        "/rights/groups",
        "/rights/contract",
        "/rights/data",
        "/given/contributions",
        "/given",
        "/campaigns/{campaign}",
        "/given/grants/1/receipt",
        "/given/find",
        "/channel",
        "/work/{project}",
        "/translation",
        "/learn",
        "/learn/practice",
        "/learn/{course}",
        "/learn/{course}?step=2",
        "/learn/{course}/exam",
        "/projects",
    ),
    "a manager": ("/conduct/appeals/1",),
    "Dmitri": ("/", "/earnings", "/log"),
    "Carmen": (
        "/projects",
        "/projects/new",
        "/projects/new/several-questions",
        "/projects/{project}",
        "/projects/{project}/quality",
        "/projects/{project}/conversations",
        "/projects/{project}/review",
        "/projects/{project}/labels",
        "/projects/{project}/review/tasks/1",
        "/projects/{project}/assist",
        "/projects/{project}/assist/sources",
        "/projects/{project}/webhooks",
        "/projects/{project}/assist/models",
        "/projects/{project}/assist/runs",
        "/projects/{project}/assist/sources/new/onnx",
        "/projects/{project}/assist/sources/new/openai",
        "/projects/{project}/questions",
        "/projects/{project}/examples",
        "/projects/{project}/ready",
        "/projects/{project}/pilot",
        "/projects/{project}/forecast",
        "/projects/{project}/forecast?overlap=2&people=9",
        "/projects/{project}/pay",
        "/projects/{project}/leaks",
        "/projects/{project}/tasks",
        "/projects/{school}/courses",
        "/projects/{school}/courses/1",
        "/projects/{school}/courses/1/preview",
        "/projects/{school}/courses/2",
        "/projects/{campaign}",
        "/projects/{campaign}/campaign",
        "/projects/{campaign}/coverage",
        "/projects/{campaign}/licences",
        "/projects/{campaign}/intake",
        "/projects/{other}",
        "/projects/{project}/releases",
        "/projects/{project}/releases/1",
        "/projects/{project}/exports",
        "/projects/{project}/releases/1/diff/1",
        "/projects/{project}/releases/1/gate",
        "/projects/{project}/origin",
        "/projects/{project}/value",
        "/people",
        "/people/talent",
        "/people/path",
        "/admin/doctor",
        "/admin/sign-on",
        "/admin/mail",
        "/admin/sources",
        "/projects/{project}/import",
        "/conduct",
        "/conduct/decide",
        "/conduct/appeals",
        "/conduct/appeals/1",
        "/conduct/systems",
        "/conduct/monitors",
        "/conduct/conditions",
        "/conduct/scores",
        "/conduct/policies",
        "/conduct/contracts",
        "/pay",
        "/pay/periods/1",
        "/pay/floors",
        "/pay/floors/row?id=gb-nlw-2026-04",
        "/pay/floors/row?id=ke-cities-month-2026-05",
        "/pay/rates",
        "/pay/disputes",
        "/pay/disputes/1",
        "/pay/payouts",
        "/pay/payouts/new?rail=cash&currency=GBP",
        "/pay/payouts/1",
        "/pay/books",
        "/pay/books/check",
        "/pay/books/score",
        "/pay/books/floors/1",
        "/projects/3/assist/evaluations",
        "/projects/3/assist/evaluations/1",
        "/projects/3/assist/evaluations/2",
        "/projects/999",
    ),
}


@dataclass(frozen=True)
class Served:
    """A workspace with something on every page, and where it is served."""

    world: World
    address: str


@pytest.fixture(scope="module")
def served(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with templates.fresh("sqlite") as url:
        database = Database(url, pool_size=10)
        world = make_world(database, tmp_path_factory.mktemp("axe"), tasks=8)
        _fill(world)
        with_server = _serve(world)
        yield from with_server
        database.close()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        yield browser
        browser.close()


@pytest.mark.parametrize(("device", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_no_page_puts_a_barrier_up(
    served: Served, chrome: Browser, device: str, scheme: Scheme
) -> None:
    shape = chromium.DESKTOP if device == "desktop" else chromium.PHONE
    wrong: list[str] = []
    (taught,) = served.world.cast.rows("SELECT project_id, id FROM course WHERE state = 'live'")
    (lent,) = served.world.cast.rows("SELECT project_id FROM campaign")
    own = f"SELECT slug FROM project WHERE id = {served.world.project}"
    ((slug,),) = served.world.cast.rows(own)
    for who, paths in PAGES.items():
        context = chrome.new_context(**shape, color_scheme=scheme)
        if who is not None:
            secret, _ = served.world.session(who)
            context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": served.address}])
        page = context.new_page()
        for path in paths:
            filled = path.format(
                project=served.world.project,
                other=served.world.other,
                school=taught[0],
                course=taught[1],
                campaign=lent[0],
                slug=slug,
            )
            page.goto(served.address + filled)
            only = IN_THE_DARK if scheme == "dark" else None
            wrong += [f"{who} {filled}: {each}" for each in look(page, only)]
        context.close()
    assert not wrong, "\n".join(wrong)


LIGHT = ("/wellbeing/check-ins", "/earnings/statements/1", "/rights/decisions/2/appeal")
"""What somebody needs on a phone with a poor network: how they are, their pay, their rights."""


def test_what_people_need_most_is_light_on_a_phone(served: Served, chrome: Browser) -> None:
    secret, _ = served.world.session("Amina")
    for path in LIGHT:
        context = chrome.new_context(**chromium.PHONE, service_workers="block")
        context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": served.address}])
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        sizes: list[float] = []
        devtools.send("Network.enable")
        devtools.on(
            "Network.loadingFinished",
            lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]),
        )
        page.goto(served.address + path, wait_until="networkidle")
        assert page.locator("h1").inner_text()
        context.close()
        assert 1_000 < sum(sizes) < 100_000, f"{path} is {sum(sizes):,.0f} bytes"


ZOOMED: ViewportSize = {"width": 320, "height": 568}
"""What is left of a small screen at twice the size, of a desktop at four times (WCAG 1.4.10)."""
TOLD = """() => {
  const seen = (one) => one.getClientRects().length > 0 && one.offsetHeight > 0;
  const found = [];
  let last = 0;
  for (const one of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    if (!seen(one)) continue;
    const level = Number(one.tagName[1]);
    if (level > last + 1) found.push(`${one.tagName} follows h${last}: ${one.textContent.trim()}`);
    last = level;
  }
  for (const one of document.querySelectorAll('main button, main a[href], main summary')) {
    if (!seen(one)) continue;
    one.scrollIntoView({ block: 'center' });
    const box = one.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const apart = top && top !== one && !one.contains(top) && !top.contains(one);
    if (apart) found.push(`${one.textContent.trim()} lies under ${top.tagName}`);
  }
  return found;
}"""
UNTRANSLATED = ("/log", "/council", "/given/find", "/channel")
UNTRANSLATED_TOO = ("/projects", "/work/{project}", "/translation", "/earnings/statements/1/replay")
"""What still speaks English, or has words of its own (the task page and its translation)."""


def test_nothing_is_cut_off_or_covered_where_words_are_long_and_the_page_is_zoomed(
    served: Served, chrome: Browser
) -> None:
    cast = served.world.cast
    ((course,),) = cast.rows("SELECT id FROM course WHERE state = 'live'")
    ((lent,),) = cast.rows("SELECT project_id FROM campaign")
    context = chrome.new_context(viewport=ZOOMED, locale="de-DE", service_workers="block")
    secret, _ = served.world.session("Amina")
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": served.address}])
    page = context.new_page()
    wrong: list[str] = []
    cast.change("UPDATE person SET locale = 'de' WHERE id = :id", id=served.world.people["Amina"])
    for path in PAGES["Amina"]:
        place = path.format(project=served.world.project, course=course, campaign=lent)
        page.goto(served.address + place)
        opened = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"
        page.evaluate(opened)
        found = page.evaluate(TOLD)
        if page.evaluate(WIDER) > 0:
            found.append("the page is wider than its window")
        english = path.startswith(UNTRANSLATED + UNTRANSLATED_TOO)
        if not english and page.locator("html").get_attribute("lang") != "de":
            found.append("the page is not in German")
        wrong += [f"{place}: {one}" for one in found]
    cast.change("UPDATE person SET locale = 'en' WHERE id = :id", id=served.world.people["Amina"])
    context.close()
    assert not wrong, "\n".join(wrong)


def test_a_form_with_something_wrong_puts_no_barrier_up(served: Served, chrome: Browser) -> None:
    context = chrome.new_context(**chromium.PHONE)
    secret, _ = served.world.session("Carmen")
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": served.address}])
    page = context.new_page()
    page.goto(f"{served.address}/projects/new")
    page.evaluate("() => { document.querySelector('form.form').noValidate = true; }")
    page.get_by_role("button", name="Make the project").click()
    page.get_by_role("alert").wait_for()
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert look(page) == []
    context.close()


def look(page: Page, only: list[str] | None = None) -> list[str]:
    """Open everything that folds, and say what is in a person's way; `only` by these rules."""
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, only)
    if page.evaluate(WIDER) > 0:
        found.append("the page is wider than its window")
    return found


def _fill(world: World) -> None:
    """Answers, a settled period, earnings after it, a release, a bad import, a sealed log."""
    amina, carmen = world.client("Amina"), world.client("Carmen")
    _contest(world)
    answer_tasks(world, amina, 5)
    quiet = world.next_task(amina)["task_id"]
    world.cast.clock.advance(900_000)  # long enough for a cut on her own time page
    assert amina.post(f"/api/v1/tasks/{quiet}/heartbeat").status_code == 200
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    refit_quality(world.house.db, world.project, world.cast.clock.now)
    gold = {"value": {"pet": "cat"}, "explanation": "It purrs."}
    assert carmen.put(f"/api/v1/projects/{world.project}/gold/1", json=gold).status_code == 200
    seen = Signal("too_fast", (world.people["Amina"],), {"fast": 1.0}, 3.0, "Fast.", ("Ease.",))
    with world.house.db.write() as connection:
        now = world.cast.clock.now
        insight_store.save_signals(connection, world.project, [("pet", seen)], now)
    now = world.cast.clock.advance(60_000)
    assert carmen.post("/api/v1/pay/close", json={"ends_at": iso(now)}).status_code == 202
    assert carmen.post(f"/api/v1/projects/{world.project}/releases", json={}).status_code == 202
    files = {"file": ("rows.jsonl", b'{"text": "good"}\n{bad\n')}
    sent = carmen.post(f"/api/v1/projects/{world.project}/import", files=files)
    assert sent.status_code == 202
    assert {job.state for job in run_jobs(world)} == {"done"}
    shown = world.form(carmen, shown="yes")
    page = f"/projects/{world.project}/releases/1/page"
    assert carmen.post(page, data=shown).status_code == 303
    way = {"rail": "cash", "details": {"to": "Amina", "place": "The desk"}}
    assert amina.put("/api/v1/me/payout/GBP", json=way).status_code == 200
    order = {"rail": "cash", "currency": "GBP", "client_key": "for the axe"}
    assert carmen.post("/api/v1/pay/payouts", json=order).status_code == 201
    answer_tasks(world, amina, 1)
    rates = "base,quote,rate,as_of,source_title\nEUR,GBP,0.88,2026-09-20,ECB\n"
    assert carmen.post("/api/v1/pay/rates", json={"text": rates}).status_code == 200
    claim = {"minutes": 20, "message": "I read the guidelines again.", "project_id": 1}
    key = {"client_key": "a-key-of-mine"}
    assert amina.post("/api/v1/me/disputes", json=claim | key).status_code == 201
    carmen.post("/api/v1/tokens", json={"label": "notebook"})
    _measure(world, carmen)
    _teach(world)
    _lend(world)
    seal_log(world.house.db, world.house.signer, world.cast.clock.now)


def _contest(world: World) -> None:
    """Two decisions about Amina; she contests one, and a manager hears it."""
    carmen, manager = world.client("Carmen"), world.client("a manager")
    decided = {
        "person_id": world.people["Amina"],
        "kind": "fraud_flag",
        "reason": "Two accounts sent the very same letters.",
        "counterfactual": "Letters that differ would not have been looked at.",
        "evidence": "Annotations 3 and 4.",
    }
    for key in ("decision-0001", "decision-0002"):
        sent = carmen.post("/api/v1/conduct/decisions", json={**decided, "client_key": key})
        assert sent.status_code == 201, sent.text
    said = {"client_key": "appeal-0001", "message": "We share one machine at home."}
    opened = world.client("Amina").post("/api/v1/me/decisions/1/appeal", json=said)
    assert opened.status_code == 201
    assert manager.post("/api/v1/appeals/1/take").status_code == 200


def _teach(world: World) -> None:
    """A live course that Amina is in the middle of, and a draft of the next one."""
    school = School(world.cast, world.house.settings.workspace)
    school.publish()
    amina = world.people["Amina"]
    world.cast.join(amina, school.project)
    school.open(amina)
    for step in range(3):
        school.step(amina, step, right=False)
    school.begin(amina)
    school.draft(copy=True)


def _lend(world: World) -> None:
    """A campaign of voices with its notice, to which some people gave something."""
    carmen = world.client("Carmen")
    project = make_campaign(world, carmen)
    give_much(world, project)
    offer = {"controller": CONTROLLER, "extras": ["evaluation", "voice_clone"]}
    sent = carmen.post(f"/api/v1/projects/{project}/campaign/notice", json=offer)
    assert sent.status_code == 201, sent.text
    listed = carmen.put(f"/api/v1/projects/{project}/campaign", json={"is_listed": True})
    assert listed.status_code == 200, listed.text
    now = world.cast.clock.now
    with world.house.db.write() as connection:
        for name in ("Amina", "Bao"):
            accounts.add_role(connection, world.people[name], "contributor", project, now)
    amina = world.client("Amina")
    at = f"/api/v1/campaigns/{project}"
    number = amina.get(f"{at}/notice").json()["notice_id"]
    amina.post(f"{at}/understand", json={"notice_id": number, "answers": [1, 0]})
    ticked = {"voice": ["training", "voice_clone"]}
    said = {"notice_id": number, "ticked": ticked, "days": 90}
    assert amina.post(f"{at}/grants", json=said).status_code == 201


def _measure(world: World, carmen: TestClient) -> None:
    """A model that was measured, and texts whose claims people are asked about."""
    pets = make_evaluation_world(world.cast)
    assert pets.project == 3
    address = f"/api/v1/projects/{pets.project}/assist/evaluations"
    said = [
        {"task_id": one, "prediction": "cat", "score": 0.5 + at / 100, "output": "It purrs."}
        for at, one in enumerate(pets.tasks)
    ]
    lines = "".join(f"{json.dumps(row)}\n" for row in said).encode()
    for path in ("import", "claims/import"):
        files = {"file": ("outputs.jsonl", lines)}
        sent = carmen.post(
            f"{address}/{path}",
            data={"model": "pets@1", "prediction_column": "prediction", "output_column": "output"},
            files=files,
        )
        assert sent.status_code == 201, sent.text


def _serve(world: World) -> Iterator[Served]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield Served(world, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join()
    listener.close()
