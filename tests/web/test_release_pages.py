"""Releases as pages: made with a form, shown to anybody by their owner, never with their data."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fairhand.proof.release.manifest import CARD, MANIFEST, parse_manifest
from fairhand.proof.release.public import DOCUMENTS
from fairhand.proof.release.rules import Agreement, PayFacts
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.web.proof import release_pictures as pictures
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import TestClient, World


@dataclass
class Released:
    """A release that was made with the form, and its owner at the browser."""

    world: World
    carmen: TestClient
    path: str
    slug: str

    @property
    def address(self) -> str:
        return f"/r/{self.slug}/v1"

    def share(self, shown: str) -> int:
        fields = self.world.form(self.carmen, shown=shown)
        return self.carmen.post(f"{self.path}/1/page", data=fields).status_code


@pytest.fixture
def released(world: World) -> Released:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}/releases"
    answer_tasks(world, world.client("Amina"), 4)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    fields = world.form(carmen, licence="CC-BY-4.0", upkeep="Carmen, who answers letters")
    assert carmen.post(path, data=fields).status_code == 303
    (job,) = run_jobs(world)
    assert job.state == "done", job.error
    (row,) = world.cast.rows(f"SELECT slug FROM project WHERE id = {world.project}")
    return Released(world, carmen, path, str(row[0]))


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}/releases"
    empty = carmen.get(path).text
    assert "There is no release yet" in empty
    assert "as soon as somebody has answered" in empty
    answer_tasks(world, world.client("Amina"), 1)
    for fields, said in (
        ({"learns": "answers"}, "say why"),
        ({"licence": "two\nlines"}, "one line"),
        ({"days": "soon"}, "in figures"),
        ({"shares": "80/30"}, "add up to 100"),
        ({"shares": "80/20", "split_by": "colour"}, "must be one of"),
        ({"shares": "80/20", "seed": "-1"}, "in figures"),
    ):
        sent = carmen.post(path, data=world.form(carmen, territory="KE", **fields))
        assert sent.status_code == 422
        assert said in sent.text
        assert 'role="alert"' in sent.text
    assert not run_jobs(world)


def test_a_release_is_listed_and_told_in_pictures(released: Released) -> None:
    listed = released.carmen.get(released.path).text
    assert "Version 1 is ready" in listed
    assert "members only" in listed
    page = released.carmen.get(f"{released.path}/1").text
    for words in ("CC-BY-4.0", "Where it comes from", "Nothing was taken back", "/releases/1/gate"):
        assert words in page
    assert "Compare with version" not in page
    assert page.count('class="chart"') >= 3


def test_only_its_owner_shows_a_release_and_anybody_reads_it(released: Released) -> None:
    world, stranger = released.world, released.world.client()
    assert stranger.get(released.address).status_code == 404
    bao = world.client("Bao")
    assert bao.post(f"{released.path}/1/page", data=world.form(bao, shown="yes")).status_code == 403
    assert "Show a public page" not in bao.get(f"{released.path}/1").text
    assert released.share("yes") == 303
    page = stranger.get(released.address)
    assert page.status_code == 200
    assert '<meta property="og:title"' in page.text
    assert "This page holds no data" in page.text
    assert released.address in released.carmen.get(f"{released.path}/1").text
    assert released.share("no") == 303
    assert stranger.get(released.address).status_code == 404
    assert stranger.get(f"{released.address}/{CARD}").status_code == 404


def test_a_stranger_fetches_documents_and_no_data(released: Released) -> None:
    assert released.share("yes") == 303
    stranger = released.world.client()
    shown = stranger.get(released.address).text
    names = re.findall(rf'href="{released.address}/([^"]+)" download', shown)
    assert CARD in names
    assert set(names) <= set(DOCUMENTS)
    for name in names:
        got = stranger.get(f"{released.address}/{name}")
        assert got.status_code == 200
        assert got.headers["content-disposition"].startswith("attachment")
    folder = Path(str(released.world.cast.rows("SELECT directory FROM release")[0][0]))
    manifest = parse_manifest((folder / MANIFEST).read_bytes())
    people = [one.contributor for one in manifest.stats.people]
    assert people
    assert "Carmen, who answers letters" in stranger.get(f"{released.address}/datasheet.md").text
    told = shown + "".join(stranger.get(f"{released.address}/{name}").text for name in names)
    assert not [name for name in people if name in told]
    for entry in ("manifest.json", "annotations.parquet", "labels.jsonl", "..%2Fmanifest.json"):
        assert stranger.get(f"{released.address}/{entry}").status_code == 404
    assert stranger.get("/releases/1/archive").status_code == 401
    assert stranger.get("/releases/1/files/annotations.parquet").status_code == 401


def test_a_program_shows_and_hides_a_page_where_its_owner_may(released: Released) -> None:
    world, path = released.world, "/api/v1/releases/1/page"
    client = world.bearer(world.token("Carmen", "manage"))
    told = client.put(path)
    assert told.status_code == 200, told.text
    assert told.json()["href"].endswith(released.address)
    assert world.client().get(released.address).status_code == 200
    assert world.client("an owner elsewhere").delete(path).status_code == 404
    assert world.client("Bao").delete(path).status_code == 403
    assert client.delete(path).json() == {"shown": False, "href": None}
    assert world.client().get(released.address).status_code == 404


def test_odd_addresses_are_not_found(released: Released) -> None:
    assert released.share("yes") == 303
    stranger = released.world.client()
    for version in ("0", "2", "9" * 30):
        assert stranger.get(f"/r/{released.slug}/v{version}").status_code == 404
    assert stranger.get("/r/none/v1").status_code == 404
    assert stranger.get("/r/%00/v1").status_code == 404
    assert (
        released.carmen.post(
            f"{released.path}/9/page", data=released.world.form(released.carmen, shown="yes")
        ).status_code
        == 404
    )


def test_pages_are_right_where_the_folder_is_gone(released: Released) -> None:
    assert released.share("yes") == 303
    folder = Path(str(released.world.cast.rows("SELECT directory FROM release")[0][0]))
    folder.rename(folder.with_name("elsewhere"))
    for client, path in (
        (released.world.client(), released.address),
        (released.carmen, f"{released.path}/1"),
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert "not in their place" in page.text


def test_pictures_are_left_out_where_nothing_is_known(released: Released) -> None:
    folder = Path(str(released.world.cast.rows("SELECT directory FROM release")[0][0]))
    manifest = parse_manifest((folder / MANIFEST).read_bytes())
    bare = replace(
        manifest,
        facts=replace(
            manifest.facts,
            pay=None,
            guard=None,
            splits=None,
            agreement=(Agreement("pet", None, None, None, "", "too few"),),
        ),
    )
    assert pictures.pay_picture(None) is None
    assert pictures.agreement_picture(bare) is None
    assert pictures.split_picture(bare) is None
    assert not list(pictures.origin_pictures(None))
    paid = PayFacts("KES", 12, 600, "170.00", "181.34", "161.34", "161.34", 12, 0, 0)
    drawn = str(pictures.pay_picture(paid))
    assert "highest floor" in drawn
    assert "161" in drawn
    counts = {
        "answers": {"human": 70, "assisted": 20, "synthetic": 10},
        "data": {"human": 100},
        "depths": {"0": 90, "1": 8, "2": 2},
    }
    origin = "".join(map(str, pictures.origin_pictures({"counts": counts})))
    for words in ("a model alone", "2 models", "none"):
        assert words in origin


def test_two_versions_are_compared_and_the_other_way_round_leads_there(released: Released) -> None:
    world, carmen = released.world, released.carmen
    answer_tasks(world, world.client("Amina"), 1)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    assert carmen.post(released.path, data=world.form(carmen, licence="MIT")).status_code == 303
    assert {job.state for job in run_jobs(world)} == {"done"}
    farid = world.client("Farid")
    page = farid.get(f"{released.path}/1/diff/2")
    assert page.status_code == 200
    for words in ("From version 1 to version 2", "MIT", "What became of the answers"):
        assert words in page.text
    turned = farid.get(f"{released.path}/2/diff/1")
    assert turned.headers["location"] == f"{released.path}/1/diff/2"
    assert f"{released.path}/1/diff/2" in carmen.get(released.path).text
    assert farid.get(f"{released.path}/1/diff/3").status_code == 404
    assert world.client("Dmitri").get(f"{released.path}/1/diff/2").status_code == 403


def test_who_and_conditions_are_told_in_sums_or_said_to_be_withheld() -> None:
    group = {"by": "country", "name": "KE", "people": 10, "hours_paid": 20}
    drawn = "".join(map(str, pictures.who_pictures({"groups": [group]})))
    assert "KE" in drawn
    assert not list(pictures.who_pictures({"groups": [], "withheld": "few"}))
    assert not list(pictures.who_pictures(None))
    told = {
        "hours": {"by_kind": [{"kind": "training", "minutes": 90, "people": 12}]},
        "skips": {"withheld": "fewer than 10 people"},
        "consent": {"people": 12, "granted": 12},
        "royalties": {"unknown": "no royalty terms were in force"},
    }
    assert "training" in "".join(map(str, pictures.condition_pictures(told)))
    words = dict(pictures.condition_words(told))
    assert words["Skips, all of them paid"] == "withheld: fewer than 10 people"
    assert words["Consent"] == "people: 12; granted: 12"
    assert words["Royalties"] == "not known: no royalty terms were in force"
    assert (
        words["Where the floors come from, Content that can hurt, Decisions and appeals"]
        == "not part of this version"
    )
