"""The client: every call of the JSON API as one typed method."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast
from uuid import uuid4

import httpx

from fairhand.client import shapes
from fairhand.client.errors import FairhandError, Issue, JobFailedError
from fairhand.client.transport import Transport

_API = "/api/v1"
_DEFAULT_URL = "http://127.0.0.1:8000"
OnProgress = Callable[[shapes.Job], None]


class Client:
    """A connection to a Fairhand server, for notebooks and scripts.

    `token` is made with `fairhand token create` (or on the server's pages); left out, address and
    token come from FAIRHAND_URL and FAIRHAND_TOKEN. Every refusal raises FairhandError. Calls that
    are safe to repeat are repeated when the network fails.

        with Client(token="fh_…") as fairhand:
            for project in fairhand.projects():
                print(project["title"], fairhand.status(project["id"])["progress"])
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self._http = Transport(
            base_url or os.environ.get("FAIRHAND_URL") or _DEFAULT_URL,
            token if token is not None else os.environ.get("FAIRHAND_TOKEN", ""),
            timeout=timeout,
            retries=retries,
            transport=transport,
            sleep=sleep,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Oneself, people, tokens

    def me(self) -> shapes.Me:
        """Say who the token speaks for."""
        return cast(shapes.Me, self._get("/me"))

    def earnings(self) -> dict[str, Any]:
        """Show what you earned and what is owed to you; amounts in micros of a minor unit."""
        return cast(dict[str, Any], self._get("/me/earnings"))

    def people(self) -> list[dict[str, Any]]:
        """List accounts and their roles."""
        return cast(list[dict[str, Any]], self._get("/people")["people"])

    def invite(
        self,
        display_name: str,
        *,
        email: str | None = None,
        roles: Sequence[str] = ("contributor",),
        project_id: int = 0,
        country: str = "",
        region: str = "",
        locale: str = "en",
    ) -> shapes.Invited:
        """Ask somebody in; the one-time link is in the answer and nowhere else."""
        body = {
            "display_name": display_name,
            "email": email,
            "roles": list(roles),
            "project_id": project_id,
            "country": country,
            "region": region,
            "locale": locale,
        }
        return cast(shapes.Invited, self._post("/people", body))

    def create_token(
        self, label: str, *, scope: shapes.Scope = "work", project_id: int = 0, days: int = 90
    ) -> str:
        """Make an API token; its secret is told once."""
        body = {"label": label, "scope": scope, "project_id": project_id, "days": days}
        return str(self._post("/tokens", body)["token"])

    def tokens(self) -> list[dict[str, Any]]:
        """List your tokens, without their secrets."""
        return cast(list[dict[str, Any]], self._get("/tokens")["tokens"])

    def revoke_token(self, token_id: int) -> None:
        """End one of your tokens at once."""
        self._http.json("DELETE", f"{_API}/tokens/{token_id}")

    # Projects

    def projects(self) -> list[shapes.Project]:
        """List the projects that you may see, newest first."""
        return cast(list[shapes.Project], self._get("/projects")["projects"])

    def project(self, project_id: int) -> shapes.ProjectDetails:
        """Show a project with its questions and guidelines."""
        return cast(shapes.ProjectDetails, self._get(f"/projects/{project_id}"))

    def create_project(
        self,
        title: str,
        *,
        purpose: str,
        questions: Sequence[shapes.Question],
        currency: str,
        rate: str,
        guidelines: str = "",
        mode: str = "draft",
        **policy: Any,  # noqa: ANN401  # min_overlap, max_overlap, target_confidence, slug, …
    ) -> shapes.Project:
        """Make a project; `rate` is pay per hour as a decimal string, as "12.71"."""
        body = {
            "title": title,
            "purpose": purpose,
            "questions": list(questions),
            "currency": currency,
            "rate": rate,
            "guidelines": guidelines,
            "mode": mode,
            **policy,
        }
        return cast(shapes.Project, self._post("/projects", body))

    def status(self, project_id: int) -> shapes.Status:
        """Say how far, how good, how much: counted now."""
        return cast(shapes.Status, self._get(f"/projects/{project_id}/status"))

    def fund(self, project_id: int, amount: str, *, key: str | None = None) -> shapes.Funded:
        """Set money aside, once per `key` (a new one unless given, so that a retry is safe)."""
        body = {"amount": amount, "client_key": key or str(uuid4())}
        found = self._http.json("POST", f"{_API}/projects/{project_id}/fund", body, idempotent=True)
        return cast(shapes.Funded, found)

    def set_mode(self, project_id: int, mode: shapes.Mode) -> str:
        """Open, pause or close a project; opening raises FairhandError while the gate is red."""
        return str(self._post(f"/projects/{project_id}/mode", {"mode": mode})["mode"])

    def set_guidelines(self, project_id: int, guidelines: str) -> int:
        """Write the next version of the guidelines and return its number."""
        body = {"guidelines": guidelines}
        return int(self._post(f"/projects/{project_id}/guidelines", body)["version"])

    def set_worth(self, project_id: int, worth: str | None) -> None:
        """Say what a right answer is worth, as "0.50": people are asked while one more pays.

        None goes back to the target confidence.
        """
        self._http.json("PUT", f"{_API}/projects/{project_id}/worth", {"worth": worth})

    # Quality

    def quality(self, project_id: int) -> dict[str, Any]:
        """Show agreement, confusions, doubtful answers, gold results and signals."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/quality"))

    def ask_again(self, project_id: int, *task_ids: int) -> int:
        """Ask one more person about each of these tasks; returns how many were opened."""
        body = {"tasks": list(task_ids)}
        return int(self._post(f"/projects/{project_id}/quality/ask", body)["opened"])

    def look_at_signal(
        self,
        project_id: int,
        signal_id: int,
        *,
        note: str = "",
        state: Literal["open", "set_aside"] = "set_aside",
    ) -> None:
        """Say what you made of a signal, and set it aside (or open it again)."""
        body = {"state": state, "note": note}
        self._post(f"/projects/{project_id}/quality/signals/{signal_id}", body)

    # Gold tasks

    def gold(self, project_id: int) -> dict[str, Any]:
        """Show gold tasks and how people did on them, with intervals."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/gold"))

    def set_gold_share(self, project_id: int, percent: float) -> None:
        """Decide how many of a hundred tasks handed out are gold."""
        self._http.json("PUT", f"{_API}/projects/{project_id}/gold", {"percent": percent})

    def mark_gold(
        self, project_id: int, task_id: int, value: Mapping[str, Any], *, explanation: str = ""
    ) -> None:
        """Say what the right answer to a task is; it is a gold task from now on."""
        body = {"value": dict(value), "explanation": explanation}
        self._http.json("PUT", f"{_API}/projects/{project_id}/gold/{task_id}", body)

    def unmark_gold(self, project_id: int, task_id: int) -> None:
        """Make a gold task an ordinary one again; what people answered is kept."""
        self._http.json("DELETE", f"{_API}/projects/{project_id}/gold/{task_id}")

    # Long work

    def import_files(
        self,
        project_id: int,
        *paths: str | Path,
        wait: bool = True,
        on_progress: OnProgress = lambda _job: None,
        **options: str | Sequence[str] | None,
    ) -> shapes.Job:
        """Send a table, a ZIP of images or several images, and wait until they are tasks.

        Options are `format`, `text_column`, `image_column`, `prediction_column` (`COLUMN=QUESTION`,
        or several), `prediction_score_column`, `prediction_model`.
        """
        fields = {name: value for name, value in options.items() if value is not None}
        with ExitStack() as stack:
            files = [
                ("file", (Path(path).name, stack.enter_context(Path(path).open("rb"))))
                for path in paths
            ]
            address = f"{_API}/projects/{project_id}/import"
            asked = self._http.upload(address, lambda: {"files": files, "data": fields})
        job_id = str(asked["job_id"])
        return self.wait_for(job_id, on_progress=on_progress) if wait else self.job(job_id)

    def job(self, job_id: str) -> shapes.Job:
        """Show how far a job is."""
        return cast(shapes.Job, self._get(f"/jobs/{job_id}"))

    def jobs(self, project_id: int) -> list[shapes.Job]:
        """List a project's latest jobs, newest first."""
        return cast(list[shapes.Job], self._get(f"/projects/{project_id}/jobs")["jobs"])

    def wait_for(
        self,
        job_id: str,
        *,
        timeout_s: float = 3_600.0,
        on_progress: OnProgress = lambda _job: None,
    ) -> shapes.Job:
        """Wait for a job's end; raises JobFailedError when it failed, FairhandError when late."""
        waited, pause = 0.0, 0.1
        while True:
            job = self.job(job_id)
            on_progress(job)
            if job["state"] == "failed":
                issues = [Issue(**one) for one in job["issues"]]
                raise JobFailedError(409, "job_failed", job["error"] or "The job failed.", issues)
            if job["state"] == "done":
                return job
            if waited >= timeout_s:
                raise FairhandError(0, "timeout", f"Job {job_id} is still {job['state']}.")
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 3.0)

    def create_release(
        self, project_id: int, *, licence: str = "", with_media: bool = False
    ) -> shapes.Release:
        """Make the next version of a project's dataset, and wait until it is in place."""
        body = {"licence": licence, "with_media": with_media}
        asked = self._post(f"/projects/{project_id}/releases", body)
        job = self.wait_for(str(asked["job_id"]))
        return self.release(int(job["result"]["release_id"]))

    def releases(self, project_id: int) -> list[shapes.Release]:
        """List a project's releases, newest first."""
        return cast(list[shapes.Release], self._get(f"/projects/{project_id}/releases")["releases"])

    def release(self, release_id: int) -> shapes.Release:
        """Show a release with its card and its files."""
        return cast(shapes.Release, self._get(f"/releases/{release_id}"))

    def download_release(self, release_id: int, path: str | Path) -> Path:
        """Fetch a release as a ZIP archive; written whole or not at all."""
        target = Path(path)
        draft = target.with_name(f".{target.name}.part")
        try:
            with draft.open("wb") as file:
                self._http.download(f"{_API}/releases/{release_id}/archive", file.write)
            return draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    # Pay and the log

    def close_pay(self, ends_at: str) -> shapes.ClosedPeriod:
        """Settle everything earned before an instant, as "2026-12-01T00:00:00Z"."""
        found = self._http.json("POST", f"{_API}/pay/close", {"ends_at": ends_at}, idempotent=True)
        return cast(shapes.ClosedPeriod, found)

    def statement(self, statement_id: int) -> shapes.Statement:
        """Show one statement."""
        return cast(shapes.Statement, self._get(f"/pay/statements/{statement_id}"))

    def checkpoint(self) -> str:
        """Fetch the newest signed checkpoint of the log."""
        return self._http.text(f"{_API}/log/checkpoint")

    def log_key(self) -> str:
        """Fetch the key that signs the log; keep it, to verify against it later."""
        return self._http.text(f"{_API}/log/key").strip()

    def receipt(self, event_id: int) -> str:
        """Fetch the receipt of an event of yours; `fairhand verify receipt` checks it offline."""
        return self._http.text(f"{_API}/log/receipts/{event_id}")

    # Work

    def join(self, project_id: int) -> bool:
        """Accept a project's offer; False when you take part already."""
        body: dict[str, Any] = {"notice_sha256": None}
        path = f"{_API}/projects/{project_id}/join"
        return not self._http.json("POST", path, body, idempotent=True)["already"]

    def next_task(self, project_id: int) -> dict[str, Any] | None:
        """Get the task you hold, or the best one you may do; None when there is none just now."""
        path = f"{_API}/projects/{project_id}/next"
        task = self._http.json("POST", path, {}, idempotent=True)["task"]
        return cast("dict[str, Any] | None", task)

    def submit(
        self,
        task_id: int,
        value: Mapping[str, Any],
        *,
        prediction_id: int | None = None,
        prediction_shown: bool = False,
        revises: int | None = None,
        key: str | None = None,
    ) -> shapes.Submitted:
        """Submit answers, by question name; a retry of the same call counts once."""
        body = {
            "client_key": key or str(uuid4()),
            "value": dict(value),
            "prediction_id": prediction_id,
            "prediction_shown": prediction_shown,
            "revises": revises,
        }
        path = f"{_API}/tasks/{task_id}/submit"
        return cast(shapes.Submitted, self._http.json("POST", path, body, idempotent=True))

    def skip(
        self, task_id: int, *, reason: str | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """Pass a task on: paid, unlimited, without a reason."""
        body = {"client_key": key or str(uuid4()), "reason": reason}
        path = f"{_API}/tasks/{task_id}/skip"
        return cast(dict[str, Any], self._http.json("POST", path, body, idempotent=True))

    def save_draft(self, task_id: int, value: Mapping[str, Any]) -> str:
        """Keep what was entered so far; returns until when the task is yours."""
        found = self._http.json("PUT", f"{_API}/tasks/{task_id}/draft", {"value": dict(value)})
        return str(found["expires_at"])

    def revise(self, annotation_id: int) -> dict[str, Any]:
        """Get a task you submitted back, to change your answer (send `revises` with it)."""
        found = self._post(f"/annotations/{annotation_id}/revise", {})
        return cast(dict[str, Any], found["task"])

    def _get(self, path: str) -> Any:  # noqa: ANN401
        return self._http.json("GET", _API + path)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401
        return self._http.json("POST", _API + path, body)
