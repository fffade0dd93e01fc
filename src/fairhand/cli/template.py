"""`fairhand template …`: what there is to start from."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.options import AsJson
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Ready questions for each kind of work."
)

Name = Annotated[str, typer.Argument(help="The template's name, as the list shows it.")]


def register(app: typer.Typer) -> None:
    """Add `template`."""
    app.add_typer(group, name="template")


@group.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the templates by what is judged.

    Example:  fairhand template list
    """
    from fairhand.use_cases.read_templates import list_templates
    from fairhand.web.api.project_templates import summary_json

    found = list_templates()
    shown = table("", "Group", "Template", "What one gets")
    for one in found:
        shown.add_row(one.group, one.name, one.summary)
    tell(
        {"templates": [summary_json(one) for one in found]},
        shown,
        'Start from one:  fairhand project create "Title" --template NAME --sample '
        "--currency GBP --rate 15",
    )


@group.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a template's questions and guidelines.

    Example:  fairhand template show several-questions
    """
    from fairhand.use_cases.read_templates import read_template
    from fairhand.web.api.project_templates import summary_json

    found = read_template(name)
    asked = table("", "Question", "Kind", "What people read")
    for question in found.questions:
        asked.add_row(question.name, question.kind, question.title)
    tell(
        summary_json(found) | {"project": found.fields()},
        f"{found.title}: {found.summary}",
        asked,
        found.guidelines,
    )
