"""Every route has one action, and the one table of roles decides who may pass it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from fastapi import FastAPI, UploadFile
from fastapi.routing import APIRoute
from httpx2 import Response
from pydantic import BaseModel
from starlette.routing import BaseRoute, Route

from fairhand.people.accounts.rules import (
    BACKEND_SCOPE,
    OF_ONESELF,
    OF_THE_WORKSPACE,
    SCOPES,
    TABLE,
    Actor,
    may,
)
from fairhand.storage.database import Database
from tests.web.world import TestClient, World, make_world

DENIED = "Your account may not do this here."
ROLES_HERE: dict[str, set[str]] = {
    "Carmen": {"owner", "manager"},
    "Amina": {"contributor"},
    "Bao": {"reviewer"},
    "Dmitri": set(),
    "Esi": set(),
    "Farid": {"auditor"},
    "a manager": {"manager"},
    "an owner elsewhere": set(),
    "an owner here": {"owner"},
}
ROLES_ELSEWHERE: dict[str, set[str]] = {
    "Bao": {"reviewer"},
    "Esi": {"contributor"},
    "an owner elsewhere": {"owner"},
    "an owner here": {"owner"},
}
ROLES_EVERYWHERE = {"Carmen": {"owner", "manager"}, "Farid": {"auditor"}, "a manager": {"manager"}}
FRAMEWORK = {"/static/{name:path}", "/sw.js", "/api/openapi.json"}


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path)


def all_routes(app: FastAPI) -> list[BaseRoute]:
    """List every route, those of included routers among them."""
    found: list[BaseRoute] = []
    for route in app.routes:
        included = getattr(route, "original_router", None)
        found += included.routes if included else [route]
    return found


def guarded(app: FastAPI) -> Iterator[tuple[APIRoute, str]]:
    """List the product's routes with the action that each asks for."""
    for route in all_routes(app):
        if isinstance(route, APIRoute):
            yield route, str(getattr(route.endpoint, "fairhand_action", ""))


def test_every_route_names_its_action_or_is_public(world: World) -> None:
    named = dict(_paths(world.app))
    assert len(named) > 60
    for path, action in named.items():
        assert action == "public" or action in TABLE, f"{path} is not guarded"


def test_public_routes_are_these_and_no_others(world: World) -> None:
    public = {route.path for route, action in guarded(world.app) if action == "public"}
    verifier = {"/verify", "/verify/download"}
    names = ("issuer", "shared/{uid}", "status/{name}")
    credentials = {f"/credentials/{name}" for name in names}
    page = {"/words/{language}.json"}  # the words of the task page, the same for everybody
    signed = "/releases/{release_id:int}/revocations"  # for whoever has a copy of the release
    lists = {signed, f"{signed}.note"}
    lists |= {"/log/c2sp/checkpoint", "/log/c2sp/{name:path}"}  # hashes and commitments alone
    policy = {"/campaigns/{project_id:int}/biometrics"}  # of templates: BIPA wants it public
    secret = "/data/requests/{token}"  # a licensee's page: its address is the key
    held = f"{secret}/licences/{{licence_id:int}}"
    receipt = f"{secret}/notices/{{notice_id:int}}/receipt"
    licences = {"/data", "/data/compliance", "/data/{project_id:int}", secret, f"{secret}/state"}
    licences |= {f"{held}/archive", f"{held}/policy", receipt}
    shown = "/r/{slug}/v{version:int}"  # releases that their owner shows; never their data
    lists |= {shown, f"{shown}/{{name}}"}
    own = {"/sign-in", "/sign-in/{token}", "/api/docs", "/ns/fair-work", "/offline"}  # words alone
    company = "/sign-on/{name}"  # to an identity provider and back: nobody is signed in yet
    own |= {company, f"{company}/callback", f"{company}/prove", f"{company}/leave"}
    own |= {"/forgot", "/reset/{token}", "/letters/stop/{token}"}  # the address is the key
    probes = {"/health", "/ready", "/metrics"}  # metrics: see who may in test_probes
    expected = {*probes, *own, *page, *verifier, *credentials, *lists, *policy, *licences}
    assert public == expected


def _paths(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in all_routes(app):
        if isinstance(route, APIRoute):
            action = str(getattr(route.endpoint, "fairhand_action", ""))
            yield f"{sorted(route.methods or ())} {route.path}", action
        else:
            assert isinstance(route, Route)
            assert route.path in FRAMEWORK, f"{route.path} is a route that nobody guards"


def test_a_model_server_reads_files_and_nothing_that_people_answered(world: World) -> None:
    server = Actor(1, "a model server", "en", {1: {"auditor"}}, None, BACKEND_SCOPE, 1)
    theirs = {action for action in TABLE if may(server, action, 1)} - OF_ONESELF
    assert theirs == {"task.read"}
    let_through = {path for path, action in _paths(world.app) if action in theirs}
    assert let_through, "it fetches the files of tasks"
    for path in let_through:
        assert path.startswith(("['GET'] /data/upload/", "['GET'] /tasks/{task_id}/")), path


def test_nobody_passes_without_signing_in(world: World) -> None:
    client = world.client()
    for route, action in guarded(world.app):
        if action != "public":
            assert knock(world, client, route).status_code == 401, route.path


@pytest.mark.parametrize("who", ROLES_HERE)
def test_the_table_decides_for_each_role_at_every_route(world: World, who: str) -> None:
    wrong = []
    for route, action in guarded(world.app):
        if action == "public":
            continue
        expected = expects(who, action, where=reach(route, action))
        got = passed(knock(world, world.client(who), route))
        if got != expected:
            wrong.append(f"{sorted(route.methods or ())} {route.path}: {got} and not {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_lets_through_what_its_scope_says_and_no_more(world: World, scope: str) -> None:
    client = world.bearer(world.token("Carmen", scope))
    for route, action in guarded(world.app):
        if action != "public":
            expected = action in {str(each) for each in SCOPES[scope]}
            assert passed(knock(world, client, route)) == expected, route.path


def test_a_token_for_one_project_opens_no_other(world: World) -> None:
    client = world.bearer(world.token("Carmen", "manage", world.other))
    for route, action in guarded(world.app):
        if "project_id" in route.path and action not in ("public", "own"):
            assert not passed(knock(world, client, route)), route.path


def test_what_any_project_s_role_opens_asks_again_in_its_story(world: World) -> None:
    """Whoever adds a route here looks first whether its story finds the project and asks again."""
    mine = {"own", "own.manage", "own.keys", "log.view", "public", "work"}
    found = {
        f"{next(iter((route.methods or set()) - {'HEAD'}))} {route.path}"
        for route, action in guarded(world.app)
        if action not in mine and reach(route, action) == "anywhere"
    }
    assert {one for one in found if not _names_its_place(one)} == _ANYWHERE


def _names_its_place(route: str) -> bool:
    """Say whether a route is about a release, an appeal or a task, which lies in a project."""
    return any(part in route for part in ("{release_id", "{appeal_id", "{task_id", "{job_id"))


_ANYWHERE = {
    "GET /api/v1/appeals",  # those that one was drawn for
    "GET /conduct/appeals",
    "GET /api/v1/conduct/decisions",  # of one's own projects
    "GET /conduct",
    "GET /conduct/decide",  # an empty form
    "POST /conduct/decide",  # only for one's own project
    "POST /api/v1/conduct/decisions",
    "GET /api/v1/conduct/systems",  # a register that says nothing of anybody
    "GET /conduct/systems",
    "GET /api/v1/contracts",  # words that are to be read
    "POST /api/v1/contracts",  # only for one's own project
    "POST /api/v1/exposure-policy",
    "POST /api/v1/career-steps",
    "POST /api/v1/people",
    "POST /api/v1/skills",  # a name that lessons may use
    "GET /api/v1/talent",  # who said that they want to be found
    "GET /people/talent",
    "GET /projects/new",  # whoever owns one project may make another
    "GET /projects/new/{template}",
    "POST /projects/new",
    "POST /projects/new/{template}",
    "POST /api/v1/projects",
}


def reach(route: APIRoute, action: str) -> str:
    """Say where a role must be held that opens a route."""
    if "project_id" in route.path:
        return "project"
    is_wide = getattr(route.endpoint, "fairhand_everywhere", False) or action in OF_THE_WORKSPACE
    return "workspace" if is_wide else "anywhere"


def expects(who: str, action: str, *, where: str) -> bool:
    """What the table says of a person at a route."""
    if action in OF_ONESELF:
        return True
    allowed = {str(role) for role in TABLE[action]}  # type: ignore[index]  # checked above
    roles = {
        "project": ROLES_HERE[who],
        "workspace": ROLES_EVERYWHERE.get(who, set()),
        "anywhere": ROLES_HERE[who] | ROLES_ELSEWHERE.get(who, set()),
    }[where]
    return bool(roles & allowed)


def passed(answer: Response) -> bool:
    """Say whether the guard let a request through, whatever the story made of it."""
    assert answer.status_code < 500, answer.text
    assert answer.status_code != 401, answer.text
    if answer.status_code != 403:
        return True
    detail = answer.json()["detail"]
    assert answer.json()["code"] != "csrf"
    return bool(detail != DENIED)


def knock(world: World, client: TestClient, route: APIRoute) -> Response:
    """Send the least that a route takes, so that only the guard can be in the way."""
    path = route.path.replace("{project_id", f"{world.project}{{x").replace(":int}", "}")
    for name, value in {"{x}": "", **_PLACES}.items():
        path = path.replace(name, value)
    method = next(iter((route.methods or set()) - {"HEAD"}))
    fields: dict[str, str] = {}
    files: dict[str, Any] = {}
    body: Any = None
    for part in route.dependant.body_params:
        kind = part.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            body = _least(kind.model_json_schema())
        elif _is_file(kind):
            files[part.name] = ("rows.jsonl", b'{"text": "a"}\n')
        elif part.name == "csrf_token":
            fields["csrf_token"] = client.headers.get("x-csrf-token", "")
        elif part.field_info.is_required():
            fields[part.name] = "1"
    sent = {"json": body} if body is not None else {"data": fields or None, "files": files or None}
    answer: Response = client.request(method, path, **sent)
    return answer


_PLACES = {
    "{view_id:int}": "1",
    "{view_id}": "1",
    "{webhook_id:int}": "1",
    "{webhook_id}": "1",
    "{template_id:int}": "1",
    "{template_id}": "1",
    "{export_id}": "none",
    "{contribution_id}": "1",
    "{contribution_id:int}": "1",
    "{template}": "several-questions",
    "/templates/{name}": "/templates/several-questions",
    "{channel_id}": "1",
    "/cards/{kind}": "/cards/card",
    "{uid}": "none",
    "{incident_id}": "1",
    "{incident_id:int}": "1",
    "{system_name}": "watch.drift",
    "{step_id:int}": "1",
    "{step_id}": "1",
    "{election_id}": "1",
    "{election_id:int}": "1",
    "{proposal_id}": "1",
    "{proposal_id:int}": "1",
    "{contract_id:int}": "1",
    "{contract_id}": "1",
    "{task_id}": "1",
    "{licence_id:int}": "1",
    "{notice_id:int}": "1",
    "{request_id:int}": "1",
    "{request_id}": "1",
    "{grant_id}": "1",
    "{grant_id:int}": "1",
    "{upload_id}": "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a",
    "{recording_id}": "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a",
    "{remark_id}": "1",
    "{annotation_id:int}": "1",
    "{conversation_id}": "1",
    "{conversation_id:int}": "1",
    "{remark_id:int}": "1",
    "{example_id}": "1",
    "{example_id:int}": "1",
    "{decision_id}": "1",
    "{appeal_id}": "1",
    "{task_id:int}": "1",
    "{tier}": "1",
    "{tier:int}": "1",
    "{check_in_id}": "1",
    "{signal_id}": "1",
    "{signal_id:int}": "1",
    "{annotation_id}": "1",
    "{statement_id}": "1",
    "{batch_id}": "1",
    "{usage_id}": "1",
    "{booking_id}": "1",
    "{dispute_id}": "1",
    "{payout_id}": "1",
    "{currency}": "EUR",
    "{period_id}": "1",
    "{event_id}": "1",
    "{token_id}": "999",
    "{release_id}": "1",
    "{later_id}": "1",
    "{version}": "1",
    "{slug}": "none",
    "{job_id}": "none",
    "{row_id}": "none",
    "{sha256}": "0" * 64,
    "{level}": "0",
    "{column}_{row}": "0_0",
    "{window}": "0_255",
    "{name:path}": "card.md",
    "{token}": "none",
    "{evaluation_id}": "1",
    "{version_id}": "1",
    "{run_id}": "1",
    "{study_id}": "1",
    "{study_id:int}": "1",
    "{assistant_id}": "1",
    "{attempt_id}": "1",
    "{number}": "1",
    "{course_id}": "1",
    "{key}": "0" * 32,
}


def _is_file(kind: object) -> bool:
    if kind is UploadFile:
        return True
    if get_origin(kind) in (list, types.UnionType):
        return any(_is_file(part) for part in get_args(kind))
    return False


def _least(schema: dict[str, Any]) -> dict[str, Any]:
    """Fill in what a schema requires, and only that."""
    properties = schema.get("properties", {})
    return {name: _sample(properties[name]) for name in schema.get("required", [])}


def _sample(schema: dict[str, Any]) -> Any:  # noqa: ANN401
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("minItems"):
        return [_sample(schema["items"])] * schema["minItems"]
    kinds = {
        "string": "x" * min(8, schema.get("maxLength", 8)),
        "integer": 1,
        "number": 1.0,
        "boolean": False,
        "array": [],
        "object": {},
    }
    return kinds[schema["type"]]
