"""Label Studio from its package, with its default store and its default server.

Its venv is made by hand, apart from ours: `python3 -m venv DIR && DIR/bin/pip install
label-studio==1.23.2`; then pass `--label-studio DIR`.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from pathlib import Path
from typing import Any

from benchmarks.servers.base import LABELS, Account, Server, make_text

_OWNER = ("owner@example.com", "benchmark-password")
_CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="label" toName="text" choice="single">'
    + "".join(f'<Choice value="{label}"/>' for label in LABELS)
    + "</Choices></View>"
)


class LabelStudio(Server):
    """`label-studio start`, as its package gives it."""

    name = "Label Studio"

    def __init__(self, folder: Path, port: int, venv: Path) -> None:
        super().__init__(folder, port)
        self.venv = venv
        self.project_id = 0
        self._owner = ("", "")

    def prepare(self, tasks: int, clients: int) -> list[Account]:
        """Start it (it must run to be set up), make a project, import, sign contributors up."""
        self._launch()
        token = self._sign_up(*_OWNER)
        self._owner = ("Authorization", f"Token {token}")
        made = self._call("POST", "/api/projects/", {"title": "Bench", "label_config": _CONFIG})
        self.project_id = made["id"]
        for first in range(0, tasks, 5_000):
            batch = [{"text": make_text(n)} for n in range(first, min(tasks, first + 5_000))]
            self._call("POST", f"/api/projects/{self.project_id}/import", batch)
        accounts = []
        for number in range(clients):
            secret = self._sign_up(f"contributor{number}@example.com", "benchmark-password")
            accounts.append(Account(("Authorization", f"Token {secret}")))
        return accounts

    def start(self) -> None:
        """Do nothing: it runs since it was set up."""

    def refill(self) -> None:
        """Do nothing: a phase never comes near the end of its tasks."""

    def next_request(self) -> tuple[str, str, bytes]:
        """Ask for the next task."""
        path = f"/api/dm/actions?id=next_task&project={self.project_id}"
        return "POST", path, b"{}"

    def read_task(self, answer: object) -> int | None:
        """Read the task's id."""
        assert isinstance(answer, dict)
        return answer.get("id")

    def submit_request(self, task: int, label: str) -> tuple[str, str, bytes]:
        """Answer a task."""
        result = {
            "from_name": "label",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [label]},
        }
        body = {"result": [result], "lead_time": 1.0}
        return "POST", f"/api/tasks/{task}/annotations/", json.dumps(body).encode()

    def surplus(self) -> int:
        """Count answers beyond one a task, through its own export."""
        path = f"/api/projects/{self.project_id}/export?exportType=JSON"
        tasks = self._call("GET", path, None)
        return sum(max(0, len(task["annotations"]) - 1) for task in tasks)

    def _launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        env = {
            "LABEL_STUDIO_BASE_DATA_DIR": str(self.folder / "data"),
            "HOME": str(self.folder),
            "COLLECT_ANALYTICS": "false",
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "DISABLE_SIGNUP_WITHOUT_LINK": "false",
        }
        command = [str(self.venv / "bin" / "label-studio"), "start", "--no-browser"]
        self.spawn([*command, "--port", str(self.port)], "label-studio.log", env)
        self.wait_until_ready("/user/signup/")
        time.sleep(1)

    def _sign_up(self, email: str, password: str) -> str:
        """Sign up as its page does, and read the account's legacy token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", "/user/signup/")
        answer = connection.getresponse()
        page = answer.read().decode()
        cookies = _cookies(answer)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None, "the sign-up form has a CSRF token"
        form = f"csrfmiddlewaretoken={found[1]}&email={email}&password={password}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": cookies,
            "Referer": f"http://127.0.0.1:{self.port}/user/signup/",
        }
        connection.request("POST", "/user/signup/", form, headers)
        answer = connection.getresponse()
        answer.read()
        session = _cookies(answer)
        connection.request("GET", "/api/current-user/token", headers={"Cookie": session})
        secret: str = json.loads(connection.getresponse().read())["token"]
        self._allow_legacy_tokens(session)
        return secret

    def _allow_legacy_tokens(self, session: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        token = re.search(r"csrftoken=([^;]+)", session)
        headers = {
            "Cookie": session,
            "Content-Type": "application/json",
            "X-CSRFToken": token[1] if token else "",
            "Referer": f"http://127.0.0.1:{self.port}/",
        }
        body = json.dumps({"legacy_api_tokens_enabled": True})
        connection.request("POST", "/api/jwt/settings", body, headers)
        connection.getresponse().read()

    def _call(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401  # any JSON
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {self._owner[0]: self._owner[1], "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content)


def _cookies(answer: http.client.HTTPResponse) -> str:
    found = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
    return "; ".join(found)
