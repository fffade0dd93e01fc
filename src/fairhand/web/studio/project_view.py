"""What the owner's project page shows, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from fairhand.core.ids import new_token
from fairhand.formats.registry import FROM_FOLDERS, formats
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.project_figures import missing_words
from fairhand.use_cases.read_campaign import read_campaign
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_overview import read_overview
from fairhand.use_cases.read_releases import list_releases
from fairhand.use_cases.versions import current_version
from fairhand.web.shared.forms import Form
from fairhand.web.shared.job_view import JOB_NAMES
from fairhand.web.shared.pages import markdown
from fairhand.web.studio.overview_view import address, pictures
from fairhand.web.studio.rooms import rooms_for

MODES = ("draft", "demo", "open", "paused", "closed")
_FORMATS = {
    "csv": "CSV or TSV",
    "jsonl": "JSON lines",
    "parquet": "Parquet",
    "label_studio": "Label Studio JSON",
    "image_archive": "ZIP of images",
    "trl-preference": "TRL preferences",
    "trl-kto": "TRL unpaired preferences",
    "sft": "Conversations (TRL)",
    "openai-chat": "OpenAI chat",
    "openai-preference": "OpenAI preferences",
    "anthropic-hh": "Anthropic HH",
    "oasst": "Open Assistant",
    "webdataset": "WebDataset",
    "fairhand": "Fairhand export",
    "coco": "COCO",
    "yolo": "YOLO",
    "voc": "Pascal VOC",
    "cvat": "CVAT for images",
    "geojson": "GeoJSON",
}


def panel(house: House, actor: Actor, project_id: int) -> dict[str, Any]:
    """Gather what changes while people work."""
    now = house.clock()
    overview = read_overview(house.db, project_id, now)
    sees_jobs = may(actor, "job.view", project_id)
    return {
        "project": overview.project,
        "status": overview.figures.status,
        "figures": overview.figures,
        "pictures": pictures(overview, now),
        "pay": overview.figures.pay,
        "holds_up": [(one, address(one.place, project_id)) for one in overview.holds_up],
        "jobs": list_jobs(house.db, project_id) if sees_jobs else [],
        "job_names": JOB_NAMES,
        "now": now,
    }


def page(
    house: House, actor: Actor, request: Request, project_id: int, forms: Mapping[str, Form]
) -> dict[str, Any]:
    """Gather the whole page; `forms` are those that came back with something wrong."""
    shown = panel(house, actor, project_id)
    project = shown["project"]
    version = current_version(house.db, project.id, project.version)
    sees_releases = may(actor, "release.view", project_id)
    campaign = read_campaign(house.db, project_id)
    kinds = {"voices"} if campaign.can_bring else set()
    kinds |= {"campaign"} if campaign.campaign is not None else set()
    return shown | {
        "version": version,
        "guidelines_html": markdown(version.guidelines),
        "missing": shown["figures"].missing,
        "escrow_warning": missing_words(shown["figures"], project)
        if project.mode != "open"
        else "",
        "modes": MODES,
        "asked": [(question.name, question.title) for question in version.questions],
        "formats": [("", "Tell by its content")]
        + [(name, _FORMATS.get(name, name)) for name in formats() if name not in FROM_FOLDERS],
        "releases": list_releases(house.db, project_id) if sees_releases else [],
        "forms": {name: forms.get(name, Form()) for name in FORMS}
        | {"guidelines": forms.get("guidelines", Form({"guidelines": version.guidelines}))},
        "fund_key": new_token(),
        "rooms": rooms_for(request, actor, project_id, kinds),
        "may": {
            action: may(actor, action, project_id)  # type: ignore[arg-type]  # from the table
            for action in (*FORMS.values(), "pay.view_all", "release.create")
        },
    }


FORMS = {
    "import": "project.import",
    "fund": "project.fund",
    "invite": "people.invite",
    "mode": "project.open",
    "guidelines": "project.edit",
    "archive": "project.edit",
}
"""The forms of the page, and what one must be allowed to see each."""
