"""Templates render with the least they ask for, escape what people wrote, and pass a strict CSP."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment

from fairhand.web.shared.assets import Assets
from fairhand.web.shared.pages import make_templates, markdown, script_json

HOSTILE = "</script><img src=x onerror=alert(1)>"
IMAGE = {"url": "/media/a", "preview_url": "/media/a/preview", "width": 8, "height": 8}


@pytest.fixture(scope="module")
def templates() -> Environment:
    return make_templates(Assets.load())


def _view(**changes: object) -> dict[str, Any]:
    question = {"name": "q", "kind": "mask", "title": HOSTILE, "required": True, "config": {}}
    view = {
        "task_id": 1,
        "project_id": 3,
        "image": IMAGE,
        "questions": [question, question],
        "data": {"text": HOSTILE},
    }
    return {"task": {**view, **changes}}


def _task_page(task: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {
        "project": SimpleNamespace(id=3, title=HOSTILE, mode="open"),
        "person": SimpleNamespace(id=7, display_name=HOSTILE),
        "pay": {"currency": "KES", "per_hour": "161.34"},
        "task": task,
        "task_json": script_json(task),
        "guidelines_html": "",
        **changes,
    }


def _offer(**changes: object) -> dict[str, Any]:
    offer = {
        "project": SimpleNamespace(id=3, title=HOSTILE, mode="demo", purpose=HOSTILE),
        "asked_by": HOSTILE,
        "asks": [HOSTILE],
        "pay": {"currency": "KES", "per_hour": "161.34"},
        "expected_time": "about 9 s a task",
        "tier": 2,
        "joined": False,
        "open": True,
        "work_href": "/work/3",
        "accept_href": "/projects/3/join",
        "notice_sha256": "0" * 64,
    }
    return {**offer, **changes}


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "task": ("task.html", _task_page(_view())),
    "task without a picture": ("task.html", _task_page(_view(image=None))),
    "nothing to do": ("task.html", _task_page({"task": None, "message": HOSTILE})),
    "offers": ("home.html", {"offers": [_offer(), _offer(joined=True)]}),
    "closed": ("home.html", {"offers": [_offer(joined=True, open=False, closed_because=HOSTILE)]}),
    "no offers": ("home.html", {"offers": []}),
    "error": ("error.html", {"status": 404, "title": HOSTILE, "detail": HOSTILE}),
    "sign in": ("signin.html", {}),
    "sign in again": ("signin.html", {"error": HOSTILE, "next": HOSTILE, "email": HOSTILE}),
    "one-time link": ("signin.html", {"link_token": "t", "link_name": HOSTILE}),
}


@pytest.mark.parametrize(("name", "context"), PAGES.values(), ids=PAGES.keys())
def test_a_page_renders_with_the_least_it_asks_for_and_nothing_inline(
    templates: Environment, name: str, context: dict[str, Any]
) -> None:
    html = templates.get_template(name).render({"csrf_token": "c", **context})
    assert "onerror=alert" not in html.replace("&lt;img src=x onerror=alert", "").replace(
        "\\u003cimg src=x onerror=alert", ""
    )
    assert not re.search(r"<[^>]+\sstyle=", html)
    for script in re.findall(r"<script\b([^>]*)>", html):
        assert "src=" in script or 'type="application/json"' in script


def test_a_demo_and_a_draft_say_so_and_an_open_project_does_not(templates: Environment) -> None:
    for mode, said in (("demo", "DEMO"), ("draft", "DRAFT"), ("open", "")):
        project = SimpleNamespace(id=3, title="Digits", mode=mode)
        html = templates.get_template("task.html").render(
            {"csrf_token": "c", **_task_page(_view(), project=project)}
        )
        assert [word for word in ("DEMO", "DRAFT") if word in html] == [said] * bool(said)


def test_the_first_picture_and_its_tools_are_asked_for_with_the_page(
    templates: Environment,
) -> None:
    html = templates.get_template("task.html").render({"csrf_token": "c", **_task_page(_view())})
    assert '<link rel="preload" as="image" href="/media/a/preview"' in html
    assert html.count('rel="modulepreload"') == 1
    assert "/static/desk/mask.js?v=" in html


def test_a_right_to_left_language_turns_the_page(templates: Environment) -> None:
    context = {"csrf_token": "c", "lang": "ar", "dir": "rtl", "offers": []}
    assert '<html lang="ar" dir="rtl">' in templates.get_template("home.html").render(context)


def test_guidelines_stand_under_the_headings_of_the_page_and_bring_no_html() -> None:
    html = markdown("# What to mark\n\n###### Small\n\n<b>x</b> [a](javascript:alert(1))")
    assert "<h3>What to mark</h3>" in html
    assert "<h6>Small</h6>" in html
    assert "<b>" not in html
    assert "href" not in html
