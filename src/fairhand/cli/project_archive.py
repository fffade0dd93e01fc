"""`fairhand project archive` and `restore`: out of the way, and back as it was."""

from __future__ import annotations

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.project import group
from fairhand.cli.voice import tell


@group.command("archive")
def archive(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Put a project out of the way: read as ever, nothing changes; people are paid all the same.

    Example:  fairhand project archive digits
    """
    from fairhand.use_cases.archive_project import ArchiveProject, archive_project

    with opened(workspace) as house:
        found = find_project(house, project)
        archive_project(house.db, ArchiveProject(owner_id_of(house), found.id), house.clock())
    tell(
        {"project_id": found.id, "archived": True},
        f"{found.title} is archived. Bring it back:  fairhand project restore {found.slug}",
    )


@group.command("restore")
def restore(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Bring an archived project back as it was.

    Example:  fairhand project restore digits
    """
    from fairhand.use_cases.archive_project import ArchiveProject, restore_project

    with opened(workspace) as house:
        found = find_project(house, project)
        restore_project(house.db, ArchiveProject(owner_id_of(house), found.id), house.clock())
    tell(
        {"project_id": found.id, "archived": False},
        f"{found.title} is back, in the mode {found.mode}.",
    )
