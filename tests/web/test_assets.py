"""Static files are served hashed, compressed and, asked for by hash, kept for ever."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import anyio
import brotli
import httpx
import pytest
from starlette.applications import Starlette

from fairhand.web.shared.assets import Assets

CONTRIBUTOR_PAGE_BUDGET = 30 * 1024


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets.load()


class Site:
    """Asks the static routes, without a socket."""

    def __init__(self, assets: Assets) -> None:
        self._app = Starlette(routes=assets.routes())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.get(path, headers=headers)

        return anyio.run(ask)


@pytest.fixture
def site(assets: Assets) -> Site:
    return Site(assets)


def test_a_file_asked_for_by_its_hash_may_be_kept_for_ever(site: Site, assets: Assets) -> None:
    answer = site.get(assets.url("app.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


def test_a_file_asked_for_without_its_hash_or_with_an_old_one_is_not_kept(
    site: Site,
) -> None:
    for query in ("", "?v=0000000000000000"):
        answer = site.get(f"/static/app.css{query}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"


def test_the_url_changes_with_the_content(tmp_path: Path) -> None:
    folder = tmp_path / "shared" / "static"
    folder.mkdir(parents=True)
    urls = set()
    for ink in ("red", "green"):
        (folder / "a.css").write_text(f"p {{ color: {ink} }}")
        urls.add(Assets.load(tmp_path).url("a.css"))
    assert len(urls) == 2


@pytest.mark.parametrize("accepts", ["br, gzip", "gzip", "identity"])
def test_every_encoding_carries_the_same_bytes(site: Site, assets: Assets, accepts: str) -> None:
    answer = site.get(assets.url("desk/task.js"), headers={"accept-encoding": accepts})
    assert answer.content == assets["desk/task.js"].plain
    assert answer.headers.get("content-encoding", "identity") == accepts.split(",", maxsplit=1)[0]


def test_the_compressed_forms_are_what_they_say(assets: Assets) -> None:
    asset = assets["app.css"]
    assert brotli.decompress(asset.brotlied) == gzip.decompress(asset.gzipped) == asset.plain


def test_a_browser_that_has_the_file_is_told_so(site: Site, assets: Assets) -> None:
    url = assets.url("app.css")
    tag = site.get(url).headers["etag"]
    assert site.get(url, headers={"if-none-match": tag}).status_code == 304


def test_the_service_worker_is_at_the_root_and_always_asked_for_again(site: Site) -> None:
    answer = site.get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["nothing.js", "../assets.py", "%2e%2e/assets.py"])
def test_there_is_nothing_but_the_static_files(site: Site, name: str) -> None:
    assert site.get(f"/static/{name}").status_code == 404


def test_a_template_that_names_a_missing_file_fails_loudly(assets: Assets) -> None:
    with pytest.raises(KeyError):
        assets.url("not-there.css")


@pytest.mark.parametrize(
    "kind",
    [
        "choice",
        "mask",
        "transcript",
        "segments",
        "recording",
        "photo",
        "text",
        "spans",
        "boxes",
        "polygons",
        "keypoints",
        "pairwise",
        "ranking",
        "rating",
        "relevance",
    ],
)
def test_the_task_page_files_leave_room_in_the_budget_for_its_html(
    assets: Assets, kind: str
) -> None:
    names = ("app.css", "desk/desk.css", "desk/task.js", f"desk/{kind}.js")
    assert sum(len(assets[name].brotlied) for name in names) < CONTRIBUTOR_PAGE_BUDGET - 4096
