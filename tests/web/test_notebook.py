"""A notebook's first ten minutes: connect, add what one has, follow answers, fetch labels."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, Image, Value
from PIL import Image as Picture

import fairhand as fh
from fairhand.client import Answers, FairhandError, Project, Workspace, connect
from fairhand.client.bar import Bar
from fairhand.client.records import records_of, write_records
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.manage_tokens import CreateToken, create_token
from tests.web.live import open_carmens_house, serving

CARMEN = 1
PAGE = Path(__file__).parents[2] / "docs/how-to/notebook-client.md"


def token_for(house: House, person_id: int, scope: str) -> str:
    actor = Actor(person_id, "", "en", {}, None)
    return create_token(house.db, actor, CreateToken("test", scope), house.clock())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    with open_carmens_house(tmp_path_factory.mktemp("notebook")) as house, serving(house) as url:
        yield house, url


def answer_all(server: tuple[House, str], carmen: Workspace, project_id: int) -> None:
    """Have Amina answer every task."""
    invited = carmen.invite("Amina", country="GB")
    token = token_for(server[0], invited["person_id"], "work")
    with connect(server[1], token) as amina:
        amina.join(project_id)
        while task := amina.next_task(project_id):
            amina.submit(task["task_id"], {"tone": "calm"})
        with pytest.raises(FairhandError) as refused:
            amina.given_answers(project_id)
        assert refused.value.status == 403


def test_the_page_about_notebooks_says_what_works(
    server: tuple[House, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAIRHAND_URL", server[1])
    monkeypatch.setenv("FAIRHAND_TOKEN", token_for(server[0], CARMEN, "manage"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S):
        if "answers = " in block:
            project: Project = names["project"]
            project.client.fund(project.id, "20.00")
            answer_all(server, names["workspace"], project.id)
        exec(compile(block, "notebook", "exec"), names)  # noqa: S102  # our own page
    assert str(names["done"]).startswith("1 task added, 0 already there, 1 row rejected.")
    answers: Answers = names["answers"]
    assert len(answers) == 4
    assert isinstance(answers[0], dict)
    assert isinstance(answers[1:], Answers)
    assert answers[0]["data"]["text"] == "Where is my parcel?"
    frame = answers.to_pandas()
    assert list(frame["tone"]) == ["calm"] * 4
    assert answers.to_hf()["data.text"][2] == "Asante sana 🌄"
    later = list(names["project"].stream(after=answers[2]["id"], wait=False))
    assert [one["id"] for one in later] == [answers[3]["id"]]
    assert len(names["labels"]) == 4
    for shown in ("workspace", "project", "answers", "labels", "done"):
        assert names[shown]._repr_html_().startswith("<div><strong>")
    again = names["project"].add(["Asante sana 🌄"])
    assert (again.added, again.already_there) == (0, 1)
    with pytest.raises(FairhandError, match="there are: 1"):
        names["project"].dataset(7)


def test_a_data_set_with_pictures_a_folder_and_bytes_are_added(
    server: tuple[House, str], tmp_path: Path
) -> None:
    token = token_for(server[0], CARMEN, "manage")
    with connect(server[1], token) as workspace:
        kind = [fh.choice("kind", ["cat", "dog"])]
        project = workspace.new_project("<b>Cats</b>", kind, currency="GBP", rate="13.00")
        pictures = [Picture.fromarray(np.full((8, 8, 3), shade, np.uint8)) for shade in (9, 99)]
        features = Features({"image": Image(), "kind": ClassLabel(names=["cat", "dog"])})
        rows = {"image": pictures, "kind": [1, 0]}
        made = Dataset.from_dict(rows, features=features)
        assert project.add(made, prediction_column="kind=kind", progress=True).added == 2
        out = io.BytesIO()
        Picture.fromarray(np.zeros((8, 8), np.uint8)).save(out, "PNG")
        (tmp_path / "one.png").write_bytes(out.getvalue())
        assert project.add(tmp_path).added == 1
        bytes_too = [{"picture": out.getvalue(), "n": 1}]
        assert project.add(bytes_too, image_column="picture").added == 1
        assert project.add([]).added == 0
        html = project._repr_html_() + workspace._repr_html_()
        assert re.fullmatch(r"Workspace\('https?://[^']+'\)", repr(workspace))
        assert "<b>Cats</b>" not in html
        assert "&lt;b&gt;Cats" in html
        assert workspace.open_project(project.id).slug == project.slug
        with pytest.raises(FairhandError, match="limit"):
            workspace.given_answers(project.id, limit=5_000)


def test_what_cannot_be_added_is_said_with_its_row(tmp_path: Path) -> None:
    client = Workspace("http://nowhere.test", "x")
    project = Project(client, {"id": 1, "slug": "s"})  # type: ignore[typeddict-item]
    for what, words in (
        (7, "A int cannot be added"),
        ([{"a": 1}, 8], "Row 2 is a int"),
        ([{"a": object()}], "Row 1 cannot be written as JSON: a object has no JSON"),
        ([{"a": float("inf")}], "Row 1 cannot be written"),
        (tmp_path / "gone.csv", "There is no file or folder"),
        (tmp_path, "holds no files"),
    ):
        with pytest.raises(FairhandError, match=words):
            project.add(what)
    client.close()


@pytest.mark.parametrize(
    "what",
    [
        {"text": "a", "n": 1},
        [{"text": "a", "n": np.int64(1)}],
        pandas.DataFrame({"text": ["a"], "n": [1]}),
        pa.table({"text": ["a"], "n": [1]}),
        Dataset.from_dict(
            {"text": ["a"], "n": [1]},
            features=Features({"text": Value("string"), "n": Value("int8")}),
        ),
        ({"text": "a", "n": n} for n in (1,)),
    ],
)
def test_rows_are_rows_whatever_holds_them(what: Any) -> None:  # noqa: ANN401
    out = io.BytesIO()
    assert write_records(records_of(what), out) == 1
    assert out.getvalue() == b'{"text": "a", "n": 1}\n'


def test_what_is_missing_in_a_frame_is_null() -> None:
    frame = pandas.DataFrame({"a": [float("nan")], "b": [pandas.NaT], "c": [pandas.NA]})
    out = io.BytesIO()
    write_records(records_of(frame), out)
    assert out.getvalue() == b'{"a": null, "b": null, "c": null}\n'


def test_no_token_or_a_wrong_one_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIRHAND_TOKEN", raising=False)
    with pytest.raises(FairhandError, match="fairhand token create notebook"):
        connect("http://fairhand.test")
    refuses = httpx.MockTransport(lambda _: httpx.Response(401, json={"code": "not_signed_in"}))
    with pytest.raises(FairhandError, match="does not know this token") as refused:
        connect("http://fairhand.test", "fh_old", transport=refuses)
    assert refused.value.code == "not_signed_in"


def test_a_stream_waits_for_answers_and_gives_each_once() -> None:
    pages = [[{"id": 1}], [], [{"id": 2}, {"id": 3}]]
    asked: list[str] = []
    slept: list[float] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["after"])
        return httpx.Response(200, json={"answers": pages.pop(0)})

    client = Workspace("http://fairhand.test", "x", transport=httpx.MockTransport(serve))
    project = Project(client, {"id": 1, "slug": "s"}, slept.append)  # type: ignore[typeddict-item]
    stream = project.stream(every_s=0.5)
    assert [next(stream)["id"] for _ in range(3)] == [1, 2, 3]
    assert (asked, slept) == (["0", "1", "1"], [0.5])
    client.close()


def test_a_bar_draws_on_one_line_and_is_silent_where_nobody_looks() -> None:
    out = io.StringIO()
    bar = Bar("Adding", shown=True, out=out)
    bar.at(1, None)
    bar.at(5, 10)
    bar.end()
    assert out.getvalue().endswith("5 of 10\n")
    quiet = io.StringIO()
    Bar("Adding", out=quiet).at(1, 2)
    assert quiet.getvalue() == ""
