"""The client: every call of the JSON API as one typed method."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from fairhand.client import shapes
from fairhand.client.answers import Answer
from fairhand.client.campaigns import Campaigns
from fairhand.client.conversations import Conversations
from fairhand.client.errors import FairhandError, Issue, JobFailedError
from fairhand.client.evaluations import Evaluations
from fairhand.client.exports import Exports
from fairhand.client.gate import Gate
from fairhand.client.grants import Grants
from fairhand.client.importing import Importing
from fairhand.client.learning import Learning
from fairhand.client.mail import Mail
from fairhand.client.photos import Photos
from fairhand.client.prelabel import Prelabel
from fairhand.client.reviews import Reviews
from fairhand.client.sources import Sources
from fairhand.client.talent import Talent
from fairhand.client.tasks import Tasks
from fairhand.client.transport import Transport
from fairhand.client.value import Value
from fairhand.client.watch import Watch
from fairhand.client.webhooks import Webhooks
from fairhand.client.wellbeing import Wellbeing

_API = "/api/v1"
_DEFAULT_URL = "http://127.0.0.1:8000"
OnProgress = Callable[[shapes.Job], None]
_AWAY_S = 60.0


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

    def __enter__(self) -> Self:
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

    def statement_message(self, statement_id: int, lang: str = "") -> str:
        """Say a statement in at most 160 characters, in `lang` or your own language."""
        query = f"?lang={lang}" if lang else ""
        return str(self._get(f"/pay/statements/{statement_id}/message{query}")["message"])

    def download_bundle(self, statement_id: int, path: str | Path) -> Path:
        """Save the bundle that proves a statement; `fairhand verify statement` checks it."""
        return self._save(f"/pay/statements/{statement_id}/bundle", path)

    def download_statement_pdf(self, statement_id: int, path: str | Path, lang: str = "") -> Path:
        """Save a statement as a PDF, in `lang` or in its person's own language."""
        query = f"?lang={lang}" if lang else ""
        return self._save(f"/pay/statements/{statement_id}/pdf{query}", path)

    def download_own_pay(self, path: str | Path) -> Path:
        """Save everything about your own pay as one ZIP archive."""
        return self._save("/me/earnings/export", path)

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

    def projects(self, *, archived: bool = False) -> list[shapes.Project]:
        """List the projects that you may see, newest first; or those that are archived."""
        path = "/projects?archived=true" if archived else "/projects"
        return cast(list[shapes.Project], self._get(path)["projects"])

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

    def given_answers(self, project_id: int, *, after: int = 0, limit: int = 500) -> list[Answer]:
        """List answers with ids above `after` in the order in which they came, 1,000 at most."""
        path = f"/projects/{project_id}/annotations?after={after}&limit={limit}"
        return cast(list[Answer], self._get(path)["answers"])

    def archive_project(self, project_id: int) -> shapes.Project:
        """Put a project out of the way: read as ever, nothing changes; people are still paid."""
        return cast(shapes.Project, self._post(f"/projects/{project_id}/archive", {}))

    def restore_project(self, project_id: int) -> shapes.Project:
        """Bring an archived project back as it was."""
        return cast(shapes.Project, self._post(f"/projects/{project_id}/restore", {}))

    def templates(self) -> list[dict[str, Any]]:
        """List the templates: ready questions and guidelines for each kind of work."""
        return cast(list[dict[str, Any]], self._get("/templates")["templates"])

    def create_from_template(
        self,
        template: str,
        *,
        currency: str,
        rate: str,
        sample: bool = False,
        **fields: Any,  # noqa: ANN401  # what is to differ: title, purpose, questions, slug, …
    ) -> shapes.Project:
        """Make a project of a template; `sample` brings a few tasks to try it with."""
        ready = self._get(f"/templates/{template}")["project"]
        body = {**ready, "currency": currency, "rate": rate, **fields}
        made = cast(shapes.Project, self._post("/projects", body))
        if sample:
            self._post(f"/projects/{made['id']}/sample", {"template": template})
        return made

    def status(self, project_id: int) -> shapes.Status:
        """Say how far, how good, how much: counted now."""
        return cast(shapes.Status, self._get(f"/projects/{project_id}/status"))

    def forecast(
        self,
        project_id: int,
        *,
        overlap: int | None = None,
        target: float | None = None,
        per_hour: str | None = None,
        people: int | None = None,
    ) -> shapes.Forecast:
        """Forecast what a project will cost from here on, as it is or with something supposed."""
        asked = {"overlap": overlap, "target": target, "per_hour": per_hour, "people": people}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        path = f"/projects/{project_id}/forecast"
        return cast(shapes.Forecast, self._get(f"{path}?{query}" if query else path))

    def offers(self) -> list[shapes.Offer]:
        """List what you could work on and work on: pay, time, tasks left, your floor."""
        return cast(list[shapes.Offer], self._get("/me/offers")["offers"])

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

    def preview_labels(
        self, project_id: int, changes: list[dict[str, Any]], people: int | None = None
    ) -> dict[str, Any]:
        """Say what changing labels would touch and cost; nothing happens."""
        body = {"changes": changes, "people": people}
        return cast(dict[str, Any], self._post(f"/projects/{project_id}/labels/preview", body))

    def change_labels(
        self,
        project_id: int,
        changes: list[dict[str, Any]],
        *,
        version: int,
        ask: str = "touched",
        people: int | None = None,
        guidelines: str | None = None,
    ) -> dict[str, Any]:
        """Change what is asked as one version; `version` is the one that the preview told."""
        body = {
            "changes": changes,
            "version": version,
            "ask": ask,
            "people": people,
            "guidelines": guidelines,
        }
        return cast(dict[str, Any], self._post(f"/projects/{project_id}/labels", body))

    def assistance(self, project_id: int) -> dict[str, Any]:
        """Show whether assistance is on and helps, its learning curve, and when to stop."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/assist"))

    @property
    def prelabel(self) -> Prelabel:
        """Networks, endpoints, and runs that propose for a whole project."""
        return Prelabel(self._http)

    @property
    def photos(self) -> Photos:
        """Photos that answer a question."""
        return Photos(self._http)

    def set_assistance(self, project_id: int, **wanted: object) -> dict[str, Any]:
        """Tick assistance (`is_on=True`), untick it, or change how it works; the rest stays.

        `reorders`, `strategy`, `ask`, `coverage`, `slice_fields`, `target_quality`, `blind_share`
        and `holdout_share` (0 to 1).
        """
        return cast(
            dict[str, Any], self._http.json("PUT", f"{_API}/projects/{project_id}/assist", wanted)
        )

    def assist_work(
        self, project_id: int, work: Literal["train", "rank", "propose"] = "train"
    ) -> str | None:
        """Ask for training, a new order or proposals; gives the job, None when one is under way."""
        found = self._post(f"/projects/{project_id}/assist/work", {"work": work})["job"]
        return None if found is None else str(found)

    def models(self, project_id: int) -> dict[str, Any]:
        """List the versions of a project's models, newest first, with how each did."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/assist/models"))

    def model(self, project_id: int, version_id: int) -> dict[str, Any]:
        """Show a version with its model card."""
        path = f"/projects/{project_id}/assist/models/{version_id}"
        return cast(dict[str, Any], self._get(path))

    def promote_model(self, project_id: int, version_id: int) -> dict[str, Any]:
        """Show people this version's proposals from now on."""
        path = f"/projects/{project_id}/assist/models/{version_id}/promote"
        return cast(dict[str, Any], self._post(path, {}))

    def roll_back_model(self, project_id: int, instead_of: int | None = None) -> dict[str, Any]:
        """Show the version that was shown before; with `instead_of`, only in place of that one."""
        path = f"/projects/{project_id}/assist/rollback"
        return cast(dict[str, Any], self._post(path, {"instead_of": instead_of}))

    @property
    def talent(self) -> Talent:
        """Your credentials and skills, who wants to be found, and the steps ahead of you."""
        return Talent(self._http)

    @property
    def conversations(self) -> Conversations:
        """Trees of prompts and replies that people write, review and rank."""
        return Conversations(self._http)

    @property
    def campaigns(self) -> Campaigns:
        """Campaigns: what people lend, on which terms, and whose contributions are missing."""
        return Campaigns(self._http)

    @property
    def grants(self) -> Grants:
        """What one permits of oneself: notices, grants, receipts, ending them."""
        return Grants(self._http)

    @property
    def sources(self) -> Sources:
        """Who proposes answers: connect a Label Studio ML backend, test it, remove it."""
        return Sources(self._http)

    @property
    def importing(self) -> Importing:
        """Imports from buckets, folders of the server, and web addresses."""
        return Importing(self._http, self.wait_for)

    @property
    def mail(self) -> Mail:
        """Letters by mail: the outbox, previews, and whether the mail server takes them."""
        return Mail(self._http)

    @property
    def webhooks(self) -> Webhooks:
        """Where events are told to: add an address, test it, see what is on its way."""
        return Webhooks(self._http)

    @property
    def watch(self) -> Watch:
        """What decides by itself, what monitors found, and how the workspace stands."""
        return Watch(self._http)

    @property
    def learning(self) -> Learning:
        """Courses and exams: your own, and those of projects that you look after."""
        return Learning(self._http)

    @property
    def reviews(self) -> Reviews:
        """A second look at a project's answers, and what stands."""
        return Reviews(self._http)

    @property
    def wellbeing(self) -> Wellbeing:
        """Your own limits to hard content, your history, your care; nobody else's."""
        return Wellbeing(self._http)

    @property
    def gate(self) -> Gate:
        """Whether training may begin on a release, and writing down that it does."""
        return Gate(self._http)

    @property
    def tasks(self) -> Tasks:
        """The tasks of projects: list, search, act on many, saved views."""
        return Tasks(self._http)

    @property
    def value(self) -> Value:
        """Which data helped: seal a test set of a release, measure by it, open it."""
        return Value(self._http, self.wait_for)

    @property
    def exports(self) -> Exports:
        """Files in the formats of other tools: ask for one, wait for it, save it."""
        return Exports(self._http, self.wait_for, self._save)

    @property
    def evaluations(self) -> Evaluations:
        """How models do on what people said, and what they failed."""
        return Evaluations(self._http, self.wait_for)

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

    # Readiness

    def readiness(self, project_id: int) -> dict[str, Any]:
        """Compute the four stages: what is done, what is missing, who can mend it, and when."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/readiness"))

    def set_readiness_terms(self, project_id: int, **terms: Any) -> dict[str, Any]:  # noqa: ANN401
        """Change what is asked for before the project opens, as `gold_wanted=10`."""
        place = f"{_API}/projects/{project_id}/readiness/terms"
        return cast(dict[str, Any], self._http.json("PUT", place, terms))

    def pilot(self, project_id: int) -> dict[str, Any]:
        """Show a project's pilots, and what the newest found and lacks."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/pilot"))

    def start_pilot(
        self, project_id: int, tasks: int, *, people: int | None = None, amount: str | None = None
    ) -> dict[str, Any]:
        """Start a pilot; whether it is a go is said by a person who is signed in."""
        body = {"tasks": tasks, "people": people, "amount": amount}
        return cast(dict[str, Any], self._post(f"/projects/{project_id}/pilot", body))

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
        """Send a table, a ZIP of images or sounds, or several, and wait until they are tasks.

        Options are `format`, `text_column`, `image_column`, `audio_column`, `prediction_column`
        (`COLUMN=QUESTION`, or several), `prediction_score_column`, `prediction_model`; of data that
        a model generated `synthetic_model`, `synthetic_depth`, `synthetic_verifier` and
        `synthetic_precision` (`0.97/0.95..0.99`); of a ZIP with COCO, YOLO, Pascal VOC or CVAT
        `label_map` (`THEIRS=OURS`, or several) and `known_answers` (`"true"`: gold tasks).
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
        """Wait for a job's end; raises JobFailedError when it failed, FairhandError when late.

        A server that was there and starts anew is waited for: its jobs go on.
        """
        waited, pause, seen = 0.0, 0.1, None
        while True:
            try:
                job, seen = self.job(job_id), waited
            except FairhandError as error:
                if error.code != "unreachable" or seen is None or waited - seen > _AWAY_S:
                    raise
                self._sleep(1.0)
                waited += 1.0
                continue
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
        self,
        project_id: int,
        *,
        licence: str = "",
        with_media: bool = False,
        guard: Mapping[str, Any] | None = None,
        accept_warnings: bool = False,
        splits: Mapping[str, Any] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> shapes.Release:
        """Make the next version of a project's dataset, and wait until it is in place.

        `guard` holds bounds of the synthetic-data guard that differ from its defaults, with `why`
        for looser ones; what it warns of is published only with `accept_warnings`. `splits` parts
        it: `{"shares": "80/10/10", "by": "task", "seed": 0, "stratify": ["question"]}`.
        """
        body = {
            "licence": licence,
            "with_media": with_media,
            "guard": dict(guard or {}),
            "accept_warnings": accept_warnings,
            "splits": dict(splits or {}),
            "notes": dict(notes or {}),
        }
        asked = self._post(f"/projects/{project_id}/releases", body)
        job = self.wait_for(str(asked["job_id"]))
        return self.release(int(job["result"]["release_id"]))

    def diff_releases(self, release_id: int, later_id: int) -> dict[str, Any]:
        """Say what became of a release in a later one: rows, answers, people, pay, splits."""
        return cast(dict[str, Any], self._get(f"/releases/{release_id}/diff/{later_id}"))

    def releases(self, project_id: int) -> list[shapes.Release]:
        """List a project's releases, newest first."""
        return cast(list[shapes.Release], self._get(f"/projects/{project_id}/releases")["releases"])

    def origin(self, project_id: int) -> dict[str, Any]:
        """Say who stands behind a project's items, and how its next release would be judged."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/origin"))

    def release(self, release_id: int) -> shapes.Release:
        """Show a release with its card and its files."""
        return cast(shapes.Release, self._get(f"/releases/{release_id}"))

    def release_card(self, release_id: int, kind: str = "card") -> str:
        """Fetch a card: `card`, `croissant`, `datasheet`, `summary`, or `who` made it."""
        return self._http.text(f"{_API}/releases/{release_id}/cards/{kind}")

    def download_release(self, release_id: int, path: str | Path) -> Path:
        """Fetch a release as a ZIP archive; written whole or not at all."""
        return self._save(f"/releases/{release_id}/archive", path)

    # Pay and the log

    def close_pay(
        self, ends_at: str, *, on_progress: OnProgress = lambda _job: None
    ) -> shapes.ClosedPeriod:
        """Settle everything earned before an instant ("2026-12-01T00:00:00Z"); waits for it."""
        asked = self._http.json("POST", f"{_API}/pay/close", {"ends_at": ends_at}, idempotent=True)
        job = self.wait_for(str(asked["job_id"]), on_progress=on_progress)
        return cast(shapes.ClosedPeriod, job["result"])

    def statement(self, statement_id: int) -> shapes.Statement:
        """Show one statement."""
        return cast(shapes.Statement, self._get(f"/pay/statements/{statement_id}"))

    def disputes(self) -> list[dict[str, Any]]:
        """List your disputes about your pay, newest first."""
        return cast(list[dict[str, Any]], self._get("/me/disputes")["disputes"])

    def open_dispute(
        self,
        message: str,
        *,
        minutes: int | None = None,
        amount: str | None = None,
        statement_id: int | None = None,
        line: int | None = None,
        project_id: int | None = None,
        activity: str = "annotate",
        key: str | None = None,
    ) -> dict[str, Any]:
        """Dispute a line of a statement, or unsettled work in a project; the same key opens once.

        Give `minutes` that were not counted or an `amount` that was not paid. A person answers
        within seven days; if nobody does, it is upheld in full. Writing it is paid time.
        """
        body = {
            "client_key": key or str(uuid4()),
            "message": message,
            "minutes": minutes,
            "amount": amount,
            "statement_id": statement_id,
            "line": line,
            "project_id": project_id,
            "activity": activity,
        }
        sent = self._http.json("POST", f"{_API}/me/disputes", body, idempotent=True)
        return cast(dict[str, Any], sent)

    def withdraw_dispute(self, dispute_id: int) -> None:
        """Take an open dispute of yours back."""
        self._post(f"/me/disputes/{dispute_id}/withdraw", {})

    def dispute_queue(self) -> list[dict[str, Any]]:
        """List disputes that wait for an answer by deadline, then the last that have ended."""
        return cast(list[dict[str, Any]], self._get("/pay/disputes")["disputes"])

    def decide_dispute(
        self,
        dispute_id: int,
        outcome: Literal["upheld", "partly", "declined"],
        reason: str,
        *,
        minutes: int | None = None,
        amount: str | None = None,
    ) -> dict[str, Any]:
        """Answer a dispute; `partly` needs minutes or an amount, as the dispute has it."""
        body = {"outcome": outcome, "reason": reason, "minutes": minutes, "amount": amount}
        return cast(dict[str, Any], self._post(f"/pay/disputes/{dispute_id}/decide", body))

    def decisions(self) -> list[dict[str, Any]]:
        """List every decision about you with its reason, newest first, and its appeal."""
        return cast(list[dict[str, Any]], self._get("/me/decisions")["decisions"])

    def open_appeal(
        self, decision_id: int, message: str, *, key: str | None = None
    ) -> dict[str, Any]:
        """Appeal a decision about you, in any language; the same key opens it once."""
        body = {"client_key": key or str(uuid4()), "message": message}
        path = f"{_API}/me/decisions/{decision_id}/appeal"
        return cast(dict[str, Any], self._http.json("POST", path, body, idempotent=True))

    def withdraw_appeal(self, appeal_id: int) -> None:
        """Take an open appeal of yours back."""
        self._post(f"/me/appeals/{appeal_id}/withdraw", {})

    def royalties(self) -> list[dict[str, Any]]:
        """List your shares of later uses of your work, newest first."""
        return cast(list[dict[str, Any]], self._get("/me/royalties")["royalties"])

    def record_usage(self, project_id: int, **use: Any) -> dict[str, Any]:  # noqa: ANN401
        """Write down that a project's data was licensed or trained on; its `key` counts once.

        Takes what `POST /projects/{id}/usages` takes: key, kind, licensee, quantity, revenue...
        """
        return cast(dict[str, Any], self._post(f"/projects/{project_id}/usages", use))

    def council(self) -> dict[str, Any]:
        """Show who sits on the council, the last election, and what waits for signatures."""
        return cast(dict[str, Any], self._get("/council"))

    def vote_in_election(self, election_id: int, approves: Sequence[int]) -> None:
        """Vote, once and in secret, for as many candidates as you approve of."""
        self._post(f"/council/elections/{election_id}/vote", {"approves": list(approves)})

    def sign_policy(self, proposal_id: int, sha256: str, *, refuse: str = "") -> str:
        """Sign what `sha256` names, or refuse it for a reason; gives where it stands now."""
        body = {"vote": "refuse" if refuse else "sign", "sha256": sha256, "reason": refuse}
        return str(self._post(f"/council/proposals/{proposal_id}", body)["state"])

    def contracts(self) -> list[dict[str, Any]]:
        """List what you work under, and what you are asked to accept."""
        return cast(list[dict[str, Any]], self._get("/me/contracts")["contracts"])

    def accept_contract(self, contract_id: int, sha256: str) -> None:
        """Accept a version of a contract by the hash of its words."""
        self._post(f"/me/contracts/{contract_id}", {"sha256": sha256})

    def download_own_data(self, path: str | Path) -> Path:
        """Save everything that is kept about you as one ZIP archive; asks for a `manage` token."""
        return self._save("/me/data", path)

    def pay_policy(self, project_id: int) -> dict[str, Any]:
        """Show what a project pays, what comes, every version and how much top-up it leaves."""
        return cast(dict[str, Any], self._get(f"/projects/{project_id}/pay-policy"))

    def set_pay_policy(self, project_id: int, reason: str, **change: Any) -> dict[str, Any]:  # noqa: ANN401
        """Change what a project pays: a raise at once, a cut only with its days of notice.

        Takes what `POST /projects/{id}/pay-policy` takes: basis, per_hour, unit, valid_from...
        With `preview=True` it says what would hold and changes nothing.
        """
        body = {"reason": reason, **change}
        found = self._post(f"/projects/{project_id}/pay-policy", body)
        return cast(dict[str, Any], found["policy"])

    def exposure_policy(self, project_id: int | None = None) -> dict[str, Any]:
        """Show what holds for hard content: everywhere, or in a project."""
        place = "" if project_id is None else f"/projects/{project_id}"
        return cast(dict[str, Any], self._get(f"{place}/exposure-policy"))

    def propose_exposure_policy(
        self, terms: Mapping[str, Any], project_id: int | None = None
    ) -> dict[str, Any]:
        """Propose a change to the council, such as `{"limits": {"hour": 15000}}`."""
        body = {"terms": dict(terms), "project_id": project_id}
        return cast(dict[str, Any], self._post("/exposure-policy", body))

    def bookings(self) -> list[dict[str, Any]]:
        """List the hours that were offered to you, what stands first."""
        return cast(list[dict[str, Any]], self._get("/me/bookings")["bookings"])

    def answer_booking(
        self, booking_id: int, answer: Literal["accept", "decline", "cancel"]
    ) -> dict[str, Any]:
        """Accept or decline offered hours, or call accepted ones off; nothing follows from it."""
        found = self._post(f"/me/bookings/{booking_id}", {"answer": answer})
        return cast(dict[str, Any], found["booking"])

    def payout(self) -> dict[str, Any]:
        """Show how you are paid, what is due to you and every payment; asks for `manage`."""
        return cast(dict[str, Any], self._get("/me/payout"))

    def set_payout_method(
        self,
        currency: str,
        rail: Literal["sepa", "mobile", "batch", "cash"],
        details: Mapping[str, str],
        *,
        minimum: str = "0",
    ) -> int:
        """Say where your money of a currency goes; returns the method's number.

        Details are, by rail: sepa (name, iban, town, country; bic, street, building, postcode),
        mobile (provider, phone, name), batch (name, email, type, account), cash (to, place).
        """
        body = {"rail": rail, "details": dict(details), "minimum": minimum}
        found = self._http.json("PUT", f"{_API}/me/payout/{currency}", body)
        return int(found["method_id"])

    def end_payout_method(self, currency: str) -> None:
        """Take back how you are paid in a currency; the money stays yours."""
        self._http.json("DELETE", f"{_API}/me/payout/{currency}")

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

    def segment(
        self,
        task_id: int,
        question: str,
        label: str,
        clicks: Sequence[Mapping[str, Any]] = (),
        *,
        box: Sequence[int] | None = None,
        region: str | None = None,
    ) -> shapes.Outline:
        """Outline the thing that you click on, in a task that you hold; nothing is stored.

        A click is `{"x": 10, "y": 20, "positive": True}` in pixels, the newest last; `box` is x0,
        y0, x1, y1; `region` is the `counts` of the last answer, which this one then only corrects.
        """
        body = {
            "question": question,
            "label": label,
            "clicks": [dict(click) for click in clicks],
            "box": None if box is None else list(box),
            "region": region,
        }
        path = f"{_API}/tasks/{task_id}/segment"
        return cast(shapes.Outline, self._http.json("POST", path, body, idempotent=True))

    def submit(
        self,
        task_id: int,
        value: Mapping[str, Any],
        *,
        prediction_id: int | None = None,
        prediction_shown: bool = False,
        revises: int | None = None,
        worked_ms: int | None = None,
        visible_ms: int | None = None,
        version: int | None = None,
        key: str | None = None,
    ) -> shapes.Submitted:
        """Submit answers, by question name; a retry of the same call counts once.

        `worked_ms` is how long the task was worked on by a clock that never jumps; it pays for
        minutes without network, within the time that really passed. `version` is the task's own:
        with it an answer is taken as it was meant, even where labels were changed meanwhile.
        """
        body = {
            "client_key": key or str(uuid4()),
            "value": dict(value),
            "prediction_id": prediction_id,
            "prediction_shown": prediction_shown,
            "revises": revises,
            "worked_ms": worked_ms,
            "visible_ms": visible_ms,
            "version": version,
        }
        path = f"{_API}/tasks/{task_id}/submit"
        return cast(shapes.Submitted, self._http.json("POST", path, body, idempotent=True))

    def skip(
        self,
        task_id: int,
        *,
        reason: str | None = None,
        worked_ms: int | None = None,
        visible_ms: int | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """Pass a task on: paid, unlimited, without a reason.

        `visible_ms` is how long hard content was in view; left out, what was set aside counts.
        """
        body = {
            "client_key": key or str(uuid4()),
            "reason": reason,
            "worked_ms": worked_ms,
            "visible_ms": visible_ms,
        }
        path = f"{_API}/tasks/{task_id}/skip"
        return cast(dict[str, Any], self._http.json("POST", path, body, idempotent=True))

    def save_draft(self, task_id: int, value: Mapping[str, Any]) -> str:
        """Keep what was entered so far; returns until when the task is yours."""
        found = self._http.json("PUT", f"{_API}/tasks/{task_id}/draft", {"value": dict(value)})
        return str(found["expires_at"])

    def my_time(self, until: str = "") -> dict[str, Any]:
        """Show a week of your own paid time up to a day (as 2026-11-22), and what was cut."""
        query = f"?{urlencode({'until': until})}" if until else ""
        return cast(dict[str, Any], self._get(f"/me/time{query}"))

    def claim_time(
        self, cut: int, milliseconds: int, *, activity: str = "read", note: str = ""
    ) -> dict[str, Any]:
        """Say that a stretch which was cut was work; `milliseconds` is all of it that was."""
        body = {"cut": cut, "milliseconds": milliseconds, "activity": activity, "note": note}
        return cast(dict[str, Any], self._post("/me/time/claims", body))

    def revise(self, annotation_id: int) -> dict[str, Any]:
        """Get a task you submitted back, to change your answer (send `revises` with it)."""
        found = self._post(f"/annotations/{annotation_id}/revise", {})
        return cast(dict[str, Any], found["task"])

    def _save(self, path: str, to: str | Path) -> Path:
        """Fetch a file; written whole or not at all."""
        target = Path(to)
        draft = target.with_name(f".{target.name}.part")
        try:
            with draft.open("wb") as file:
                self._http.download(_API + path, file.write)
            return draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def _get(self, path: str) -> Any:  # noqa: ANN401
        return self._http.json("GET", _API + path)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401
        return self._http.json("POST", _API + path, body)
