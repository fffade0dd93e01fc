"""The pages and the API of wage floors."""

from __future__ import annotations

import json

import pytest

from tests.web.world import World

KENYA = "ke-cities-hour-2026-05"
NOTICE = {"evidence": ("notice.pdf", b"%PDF-1.7 Legal Notice 108")}
WORD = {"note": "I read Legal Notice 108 of 2026.", "checked": "yes"}


def test_a_manager_reads_a_draft_and_approves_it_with_evidence(world: World) -> None:
    client = world.client("a manager")
    world.cast.person("Wanjiru", "KE")
    page = client.get("/pay/floors").text
    assert "Kenya" in page
    assert "no floor in force" in page
    row = client.get(f"/pay/floors/row?id={KENYA}").text
    assert "KES 161.34 an hour." in row
    assert "press or second hand" in row
    sent = client.post(
        "/pay/floors/approve", data=world.form(client, id=KENYA, **WORD), files=NOTICE
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"/pay/floors/row?id={KENYA}")
    row = client.get(sent.headers["location"]).text
    assert "approved" in row
    assert "End this row" in row
    evidence = row.split("/pay/floors/evidence/")[1].split('"')[0]
    file = client.get(f"/pay/floors/evidence/{evidence}")
    assert (file.content, file.headers["content-type"]) == (
        NOTICE["evidence"][1],
        "application/pdf",
    )
    assert "attachment" in file.headers["content-disposition"]
    assert "no floor in force" not in client.get("/pay/floors").text


def test_a_monthly_draft_asks_for_its_hours_beside_what_was_typed(world: World) -> None:
    client = world.client("Carmen")
    month = "ke-cities-month-2026-05"
    form = world.form(client, id=month, hours_per_week="many", **WORD)
    sent = client.post("/pay/floors/approve", data=form, files=NOTICE)
    assert sent.status_code == 422
    assert "Give a number above 0 and up to 168" in sent.text
    assert "I read Legal Notice 108" in sent.text
    form = world.form(client, id=month, hours_per_week="52", **WORD)
    assert client.post("/pay/floors/approve", data=form, files=NOTICE).status_code == 303
    assert "rounded up to KES 80.10" in client.get(f"/pay/floors/row?id={month}").text


@pytest.mark.parametrize(
    ("fields", "files", "status"),
    [
        ({"id": KENYA}, None, 422),
        ({"id": KENYA, **WORD}, None, 422),
        ({"id": KENYA, **WORD}, {"evidence": ("a.exe", b"MZ\x00\xff")}, 422),
        ({"id": KENYA, "note": "x" * 3_000, "checked": "yes"}, NOTICE, 422),
        ({"id": "none", **WORD}, NOTICE, 404),
        ({"id": "", **WORD}, NOTICE, 404),
        ({"id": "x" * 200, **WORD}, NOTICE, 422),
        ({"id": "<script>", **WORD}, NOTICE, 404),
        ({"id": "gb-nlw-2026-04", **WORD}, NOTICE, 409),
    ],
)
def test_a_bad_approval_changes_nothing(
    world: World, fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None, status: int
) -> None:
    client = world.client("Carmen")
    sent = client.post("/pay/floors/approve", data=world.form(client, **fields), files=files)
    assert sent.status_code == status
    assert world.cast.rows("SELECT count(*) FROM wage_floor WHERE superseded_at IS NOT NULL") == [
        (0,)
    ]


def test_a_row_ends_by_a_form_and_by_the_api(world: World) -> None:
    client = world.client("Carmen")
    form = {"id": "gb-nlw-2026-04", "last_day": "2020-01-01", "reason": "A new regulation is out."}
    sent = client.post("/pay/floors/end", data=world.form(client, **form))
    assert sent.status_code == 422
    assert "never ends in the past" in sent.text
    sent = client.post(
        "/pay/floors/end", data=world.form(client, **{**form, "last_day": "2027-03-31"})
    )
    assert sent.status_code == 303
    body = {"last_day": "2027-02-28", "reason": "The regulation came earlier."}
    ended = client.post("/api/v1/pay/floors/gb-nlw-2026-04/end", json=body)
    assert (ended.status_code, ended.json()["valid_to"]) == (200, "2027-02-28")


def test_rows_come_in_as_csv_and_json(world: World) -> None:
    client = world.client("Carmen")
    row = {
        "id": "gb-living",
        "country": "GB",
        "kind": "living",
        "amount": "13.45",
        "currency": "GBP",
        "period": "hour",
        "valid_from": "2026-04-01",
        "source_title": "A foundation <b>",
        "source_class": "C",
        "approved_by": "Carmen",
        "approved_on": "2026-11-21",
        "published_on": "2025-10-01",
    }
    files = {"file": ("rows.json", json.dumps([row]).encode())}
    sent = client.post("/pay/floors/import", data=world.form(client), files=files)
    assert sent.headers["location"] == "/pay/floors?added=1&changed=0"
    page = client.get("/pay/floors").text
    assert "A foundation &lt;b&gt;" in page
    assert "look for a newer one" in page
    loaded = client.post("/api/v1/pay/floors", json={"text": json.dumps([row, {"id": 7}])}).json()
    assert (loaded["added"], loaded["unchanged"]) == (0, 1)
    assert loaded["issues"][0]["place"].startswith("row 2")
    office = client.get("/api/v1/pay/floors").json()
    assert "gb-living" in [one["id"] for one in office["in_force"]]
    assert {"country": "GB", "region": ""}.items() <= office["needs"][0].items()
    assert office["needs"][0]["floor"] == "GBP 13.45"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[", b"id\n", b"[7]"])
def test_a_bad_file_is_refused_in_words(world: World, data: bytes) -> None:
    client = world.client("Carmen")
    sent = client.post(
        "/pay/floors/import", data=world.form(client), files={"file": ("rows", data)}
    )
    assert sent.status_code in (400, 422)
    assert 'role="alert"' in sent.text


def test_the_api_approves_with_a_file(world: World) -> None:
    client = world.client("Carmen")
    path = f"/api/v1/pay/floors/{KENYA}/approve"
    unchecked = client.post(path, data={"note": WORD["note"]}, files=NOTICE)
    assert (unchecked.status_code, unchecked.json()["issues"][0]["place"]) == (422, "checked")
    done = client.post(path, data={"note": WORD["note"], "checked": "true"}, files=NOTICE)
    assert (done.status_code, done.json()["approved_by"]) == (200, "Carmen (person 1)")
    assert client.post(path, data={"note": WORD["note"]}).status_code == 422


def test_an_auditor_reads_and_a_contributor_does_not(world: World) -> None:
    auditor, amina = world.client("Farid"), world.client("Amina")
    assert "Import rows" not in auditor.get("/pay/floors").text
    assert "Approve under my name" not in auditor.get(f"/pay/floors/row?id={KENYA}").text
    form = world.form(auditor, id=KENYA, **WORD)
    assert auditor.post("/pay/floors/approve", data=form, files=NOTICE).status_code == 403
    for path in ("/pay/floors", f"/pay/floors/row?id={KENYA}", "/api/v1/pay/floors"):
        assert amina.get(path).status_code == 403
    for path in ("/pay/floors/row", "/pay/floors/row?id=", "/pay/floors/evidence/" + "0" * 64):
        assert auditor.get(path).status_code == 404
