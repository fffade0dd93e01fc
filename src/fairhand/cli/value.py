"""`fairhand value`: which data helped a model, measured so that anybody can measure it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import table, tell

_Study = Annotated[int, typer.Argument(metavar="STUDY", help="The study's number.")]


def register(app: typer.Typer) -> None:
    """Add `value` and its commands."""
    group = typer.Typer(help="Which data helped: seal a test, measure, show, open, check.")
    for name, command in (
        ("seal", seal),
        ("measure", measure),
        ("show", show),
        ("open", open_),
        ("check", check),
    ):
        group.command(name)(command)
    app.add_typer(group, name="value")


def seal(
    release: Annotated[int, typer.Argument(metavar="RELEASE", help="The release's number.")],
    question: Annotated[str, typer.Option(help="The choice whose labels are learnt.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Draw the tasks that will judge the others, and put their digest into the log first.

    Example:  fairhand value seal 3 --question sentiment
    """
    from fairhand.use_cases.seal_value_test import SealValueTest, seal_value_test

    with opened(workspace) as house:
        asked = SealValueTest(release, question, owner_id_of(house))
        made = seal_value_test(house.db, asked, house.clock())
    content = {
        "study": made.study_id,
        "test_sha256": made.test_sha256,
        "test_tasks": made.test_tasks,
        "event": made.event_id,
    }
    tell(
        content,
        f"Study {made.study_id}: {made.test_tasks:,} tasks will judge the others.",
        f"  in the log, line {made.event_id}: {made.test_sha256}",
        f"  next:  fairhand value measure {made.study_id}",
    )


def measure(study: _Study, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Measure what each task was worth to a model that learns from all of them.

    Example:  fairhand value measure 1
    """
    from fairhand.use_cases.measure_value import MeasureValue, measure_value
    from fairhand.use_cases.read_value import study_json

    with opened(workspace) as house, progress("Measuring") as report:
        asked = MeasureValue(study, owner_id_of(house))
        found = measure_value(house.db, house.blobs, asked, house.clock(), report)
    measured = found.result["measured"]
    tell(
        study_json(found),
        f"{measured['tasks']:,} tasks together bring {measured['gain']:.1%} right votes.",
        *(f"  {note}" for note in measured["notes"]),
        f"  show it:  fairhand value show {study}",
        f"  let anybody check it:  fairhand value open {study}",
    )


def show(study: _Study, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show what was measured: by class, and the tasks that misled most.

    Example:  fairhand value show 1
    """
    from fairhand.use_cases.read_value import read_study, study_json

    with opened(workspace) as house:
        found, lowest = read_study(house.db, study)
    measured = found.result.get("measured")
    if measured is None:
        tell(study_json(found), f"Study {study} is sealed and not measured yet.")
        return
    shown = table("Class", "Tasks", "Share", "95 % interval")
    gain = measured["gain"] or 1.0
    for one in measured["by_class"]:
        reach = f"{one['low'] / gain:.1%} to {one['high'] / gain:.1%}"
        shown.add_row(one["name"], f"{one['rows']:,}", f"{one['value'] / gain:.1%}", reach)
    lines = [f"  task {task}: {nano / 1e9:.6f}" for task, nano in lowest]
    tell(
        study_json(found) | {"lowest": [list(one) for one in lowest]},
        f"{measured['tasks']:,} tasks, judged by {found.test_tasks:,}: {measured['gain']:.1%}",
        shown,
        *(["Look at these labels again; they misled most:", *lines] if lines else []),
        *measured["notes"],
    )


def open_(
    study: _Study,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file (study-N.value.json).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Open the test set, and write a file by which anybody with the release measures again.

    Example:  fairhand value open 1
    """
    import orjson

    from fairhand.use_cases.open_value_test import OpenValueTest, open_value_test

    with opened(workspace) as house:
        asked = OpenValueTest(study, owner_id_of(house))
        content = open_value_test(house.db, asked, house.clock())
    path = output or Path(f"study-{study}.value.json")
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
    tell(
        {"study": study, "file": str(path), "test_sha256": content["test_sha256"]},
        f"{path} holds the test set and every value.",
        f"  anybody checks it:  fairhand value check RELEASE_FOLDER {path}",
    )


def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The release's folder.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The opened study.")],
    as_json: AsJson = False,
) -> None:
    """Measure again from a release's folder, and compare every number; needs no workspace.

    Example:  fairhand value check releases/pets/v1 study-1.value.json
    """
    import orjson

    from fairhand.core.errors import InvalidError, NotFoundError
    from fairhand.use_cases.check_value import check_value

    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.")
    try:
        content: Any = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidError(f"{file.name} cannot be read: {error}") from None
    found = check_value(folder, content)
    said = {"tasks": found.tasks, "test_tasks": found.test_tasks, "issues": list(found.issues)}
    if found.issues:
        tell(said, f"{file.name} does not hold:", *(f"  {issue}" for issue in found.issues))
        raise typer.Exit(1)
    tell(
        said,
        f"{file.name} holds: {found.tasks:,} values, measured again by {found.test_tasks:,} tasks"
        " that follow from the nonce, are the same to the last digit.",
        f"  that this test set was sealed first is line {content.get('committed_event')} of the"
        " log, under the digest that this file repeats",
    )
