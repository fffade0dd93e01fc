"""`deploy/compose.yaml` and `deploy/Caddyfile` at work: from the first command to a restart."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image

import fairhand as fh
from tests.buckets import NEVER, flaky_store
from tests.composition import PATIENCE_S, Machine, composition
from tests.engines import start_postgres, why_no_postgres
from tests.mail_server import Box, serving, text_of

pytestmark = pytest.mark.slow

SERVERS = ("server-a", "server-b")
WORKERS = ("worker-a", "worker-b")
GUESSES = 24  # more than both servers hear from one address in a minute
INIT = re.compile(r"^docker compose .*run --rm (\S+) (fairhand init .+)$", re.M)
BOX = Box()
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-it-for-real.md"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The composition, run up to the sign-in link of its first owner."""
    absent = why_no_postgres() or (None if shutil.which("caddy") else "caddy is not installed")
    if absent:
        pytest.skip(absent)
    database = start_postgres()
    database.run("CREATE DATABASE fairhand")
    with flaky_store(NEVER) as store, serving(BOX) as mail:
        made = Machine(tmp_path_factory.mktemp("composed"), database, store, mail)
        try:
            yield made
        finally:
            made.end()
            database.stop()


def test_the_composition_does_a_small_piece_of_work_and_keeps_it(machine: Machine) -> None:
    link = begun(machine)
    for service in order_of_start():
        if service in ("database", "store", "bucket", "caddy", "backup", "worker-b"):
            continue  # PostgreSQL, moto and Caddy have their own doors here; two more come later
        machine.start(service)
    for server in SERVERS:
        machine.wait_until_healthy(server)
    machine.start_caddy()
    wait_until_proxied(machine)
    signed_in_over_https(machine, link)
    project_id = worked(machine)
    a_letter_leads_here(machine)
    the_proxy_tells_people_apart(machine)
    metrics_stay_inside(machine)
    a_server_may_go(machine)
    backed_up(machine)
    started_again(machine, project_id)
    nothing_was_written_elsewhere(machine)


def order_of_start() -> list[str]:
    """Order the services as their conditions ask."""
    services = composition()["services"]
    needs = {name: set(one.get("depends_on", ())) for name, one in services.items()}
    return list(TopologicalSorter(needs).static_order())


def begun(machine: Machine) -> str:
    """Run what stands before the first service: its bucket, and the guide's `init`."""
    order = order_of_start()
    assert order.index("bucket") > order.index("store")
    assert all(order.index("bucket") < order.index(one) for one in (*SERVERS, *WORKERS))
    machine.wait_until_healthy("database")
    bucket = re.fullmatch(
        r"mb --ignore-existing local/(\w+)", composition()["services"]["bucket"]["command"]
    )
    assert bucket is not None
    machine.store.make_bucket(bucket[1])
    found = INIT.search(GUIDE.read_text("utf-8"))
    assert found is not None
    said = machine.execute(found[1], found[2])
    link = re.search(rf"{machine.url}/sign-in/\S+", said)
    assert link is not None, said
    return link[0]


def wait_until_proxied(machine: Machine) -> None:
    """Wait until a page comes through Caddy."""
    deadline = time.monotonic() + PATIENCE_S
    with machine.client() as visitor:
        while visitor.get("/sign-in").status_code != 200:
            assert time.monotonic() < deadline, machine.log("caddy")
            time.sleep(0.2)


def signed_in_over_https(machine: Machine, link: str) -> None:
    """Use the first owner's link as a browser does."""
    plain = httpx.get(f"http://localhost:{machine.http}/sign-in")
    assert plain.status_code == 308
    assert plain.headers["location"].startswith("https://localhost")
    token = link.rsplit("/", 1)[1]
    with machine.client(origin=machine.url) as visitor:
        assert "Carmen" in visitor.get(f"/sign-in/{token}").text
        entered = visitor.post("/sign-in", data={"link_token": token})
        assert entered.status_code == 303, entered.text
        cookie = entered.headers["set-cookie"].lower()
        assert "secure" in cookie
        assert "httponly" in cookie
        page = visitor.get(entered.headers["location"], follow_redirects=True)
        assert page.status_code == 200
        for header in ("strict-transport-security", "content-security-policy", "x-frame-options"):
            assert len(page.headers.get_list(header)) == (header in page.headers), header
        assert page.headers["strict-transport-security"]
        assert "frame-ancestors" in page.headers["content-security-policy"]


def worked(machine: Machine) -> int:
    """Make a project, upload pictures and answer one, all through Caddy; a worker imports."""
    token = machine.execute("server-a", "fairhand token create script --scope manage").strip()
    machine.execute("server-a", "fairhand invite Amina --country GB --role contributor")
    hand = machine.execute("server-a", "fairhand token create hand --person 2").strip()
    folder = machine.folder / "pictures"
    folder.mkdir()
    for shade in range(3):
        content = BytesIO()
        Image.effect_noise((900, 900), 60 + shade).save(content, "PNG")
        (folder / f"{shade}.png").write_bytes(content.getvalue())
    shutil.make_archive(str(folder), "zip", folder)
    workspace = fh.connect(machine.url, token, transport=machine.transport())
    project = workspace.new_project(
        "Noise",
        [fh.choice("loud", ["yes", "no"], title="Is it loud?")],
        purpose="Tell loud pictures from quiet ones",
        currency="GBP",
        rate="13.50",
        guidelines="Loud is where it hurts.",
        min_overlap=1,
        max_overlap=1,
    )
    workspace.fund(project.id, "20.00")
    job = workspace.import_files(project.id, folder.with_suffix(".zip"))
    assert job["state"] == "done", job
    answered(machine, project.id, hand)
    given = workspace.given_answers(project.id)
    assert len(given) == 1, given
    workspace.close()
    with httpx.Client(base_url=machine.store.behind) as store:
        listed = store.get("/fairhand", params={"list-type": "2"}).text
    kept = re.findall(r"<Key>(.+?)</Key>", listed)
    assert len(kept) >= 3, kept  # the pictures
    assert all(key.startswith("blobs/") for key in kept)
    return int(project.id)


def answered(machine: Machine, project_id: int, token: str) -> None:
    """Join, fetch a task and its picture, and answer it."""
    hand = fh.connect(machine.url, token, transport=machine.transport())
    assert hand.join(project_id)
    task = hand.next_task(project_id)
    assert task is not None
    with machine.client(authorization=f"Bearer {token}") as visitor:
        picture = visitor.get(task["image"]["url"])
        assert picture.headers["content-type"].startswith("image/")
        sent = visitor.post(
            f"/api/v1/tasks/{task['task_id']}/submit",
            json={"client_key": str(uuid4()), "value": {"loud": "yes"}},
        )
        assert sent.status_code == 201, sent.text
    hand.close()


def a_letter_leads_here(machine: Machine) -> None:
    """Invite by mail: a worker sends the letter, and its link opens the page behind Caddy."""
    address = "esi@example.org"
    machine.execute("server-a", f"fairhand invite Esi --email {address} --country GB")
    deadline = time.monotonic() + PATIENCE_S
    while address not in BOX.recipients:
        assert time.monotonic() < deadline, machine.log("worker-a")
        time.sleep(0.2)
    (letter,) = (one for one in BOX.letters if one["To"] and address in one["To"])
    assert letter["From"].addresses[0].addr_spec == "fairhand@example.org"
    link = re.search(rf"{machine.url}(/sign-in/\S+)", text_of(letter))
    assert link is not None, text_of(letter)
    # Whoever poisons the name of the host changes no letter: they begin with the public address.
    with machine.client() as visitor:
        assert "Esi" in visitor.get(link[1]).text


def the_proxy_tells_people_apart(machine: Machine) -> None:
    """Shut out who guesses passwords, by their own address, whatever they say it is."""
    guess = {"email": "carmen@example.org", "password": "not her password"}
    with machine.client("127.0.0.2", origin=machine.url) as guesser:
        tried = [guesser.post("/sign-in", data=guess).status_code for _ in range(GUESSES)]
        assert tried[0] != 429
        assert 429 in tried, tried
        for header in ("x-forwarded-for", "forwarded", "x-real-ip"):
            assert 429 in pretending(guesser, header), header
    with machine.client("127.0.0.3", origin=machine.url) as other:
        assert other.post("/sign-in", data=guess).status_code != 429
    # A proxy that adds to what it was sent: who stands last was seen, the others are hearsay.
    chain = {"x-forwarded-for": "203.0.113.10, 127.0.0.2", "origin": machine.url}
    host = {"host": machine.settings["SITE"]}
    for port in machine.ports.values():
        place = f"http://127.0.0.1:{port}/sign-in"
        tried = [
            httpx.post(place, data=guess, headers=chain | host).status_code for _ in range(GUESSES)
        ]
        assert 429 in tried, tried


def pretending(guesser: httpx.Client, header: str) -> list[int]:
    """Guess from another invented address each time: whoever is believed is never shut out.

    Time gives a guess back now and then, so one of them may well be heard.
    """
    guess = {"email": "carmen@example.org", "password": "not her password"}
    said = (f"203.0.113.{number}" for number in range(1, GUESSES))
    headers = ({header: f"for={one}" if header == "forwarded" else one} for one in said)
    return [guesser.post("/sign-in", data=guess, headers=one).status_code for one in headers]


def metrics_stay_inside(machine: Machine) -> None:
    """Hide from visitors what is for the operator; Prometheus asks a server itself."""
    with machine.client() as visitor:
        for path in ("/metrics", "/ready", "/METRICS", "/metrics/", "/./metrics"):
            answer = visitor.get(path)
            assert answer.status_code in (301, 307, 404), path
            assert "fairhand_" not in answer.text
        assert visitor.get("/health").status_code == 200


def a_server_may_go(machine: Machine) -> None:
    """Answer every visitor while one server is away, and send nobody to it."""
    assert machine.stop("server-b") == 0, machine.log("server-b")
    with machine.client() as visitor:
        seen = [visitor.get("/sign-in").status_code for _ in range(12)]
        guess = {"email": "nobody@example.org", "password": "guessed"}
        sent = visitor.post("/sign-in", data=guess, headers={"origin": machine.url})
    assert set(seen) == {200}
    assert sent.status_code not in (502, 503, 504)
    machine.start("server-b")
    machine.start("worker-b")
    machine.wait_until_healthy("server-b")


def backed_up(machine: Machine) -> None:
    """Wait for the first backup of the service that makes one every night, and read it back."""
    machine.start("backup")
    deadline = time.monotonic() + PATIENCE_S
    while not (found := list((machine.folder / "backups").glob("*/manifest.json"))):
        assert machine.processes["backup"].poll() is None, machine.log("backup")
        assert time.monotonic() < deadline, list((machine.folder / "backups").rglob("*"))
        time.sleep(0.2)
    assert len(found) == 1
    machine.stop("backup")


def started_again(machine: Machine, project_id: int) -> None:
    """Stop everything as Compose does, start it anew, and find what was there."""
    for service in (*SERVERS, *WORKERS, "caddy"):
        assert machine.stop(service) == 0, machine.log(service)
        assert "Traceback" not in machine.log(service)
    machine.start("server-a")
    machine.wait_until_healthy("server-a")
    said = machine.execute("server-a", f"fairhand status {project_id} --json")
    assert '"answers": 1' in said or '"answers":1' in said, said


def nothing_was_written_elsewhere(machine: Machine) -> None:
    """Find all that the services keep on their volumes: a container's own files are lost."""
    assert [str(one) for one in (machine.folder / "home").rglob("*") if one.is_file()] == []
    kept = {one.name for one in (machine.folder / "workspace").iterdir()}
    assert "keys" in kept
