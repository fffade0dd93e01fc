"""`fairhand log export | monitor | compare`: the log as files, and watching a log from outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from weakref import finalize

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, tell

if TYPE_CHECKING:
    from fairhand.proof.log.monitor import Evidence, Seen, Watched
    from fairhand.proof.log.places import Place
    from fairhand.proof.log.policy import Policy

_LARGEST = 64 * 1024 * 1024
_MINUTE_MS = 60_000

Where = Annotated[str, typer.Argument(metavar="URL|DIR", help="Where the log's files are.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", exists=True, dir_okay=False, help="Whom to believe (tlog-policy)."),
]
LogKey = Annotated[
    str | None, typer.Option("--key", help="The log's public key, or a file that holds it.")
]


def register(group: typer.Typer) -> None:
    """Add the commands to `log`."""
    group.command("export")(export)
    group.command("monitor")(monitor)
    group.command("compare")(compare)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to bring up to date.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the log as static files (C2SP tlog-tiles), for any web server or bucket.

    Only what is new is written. The same is served under /log/c2sp by a running server.

    Example:  fairhand log export public/log
    """
    from fairhand.use_cases.export_log import export_log

    with opened(workspace) as house, progress("Exporting the log") as report:
        made = export_log(house.db, house.log_keys, folder, report)
    tell(
        {"size": made.size, "new_files": made.files, "directory": str(folder)},
        f"{made.size:,} leaves in {folder}; {made.files:,} files are new.",
    )


def monitor(
    where: Where,
    key: LogKey = None,
    policy: PolicyFile = None,
    state: Annotated[
        Path | None,
        typer.Option(help="Where to keep what was seen: a file, or a folder of many logs (here)."),
    ] = None,
    max_age: Annotated[
        int | None, typer.Option(help="Minutes after which no witness's signature is stale.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read again what was read before, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Watch a log: is it the one that was seen before, grown, and does every leaf fit its root.

    Exit 0: all is well. Exit 1: something does not fit. Exit 4: its history was rewritten, and the
    evidence lies in a file. The first time there is nothing to compare with; keep the state. It
    goes by the log's name: a log that moved is known again, and a place that shows another log
    than before is told.

    Example:  fairhand log monitor https://data.example/log/c2sp --policy policy --state seen.json
    """
    from fairhand.cli.monitor_state import find_state, save_state
    from fairhand.core.clock import system_now
    from fairhand.proof.log.monitor import Watched, watch

    believed, place = _policy(key, policy), place_of(where)
    known = find_state(state, place, where, believed)
    path, before = known.path, known.seen
    if known.trouble is not None:
        found = Watched(before, 0, 0, (), (known.trouble,))
    else:
        with progress("Reading the log") as report:
            age = None if max_age is None else max_age * _MINUTE_MS
            found = watch(place, believed, before, system_now(), age, report, whole=whole)
    if found.seen is not None and found.is_well:
        save_state(path, found.seen, where)
    kept = None if found.evidence is None else _keep(path, [found.evidence])
    tell(_content(found, path, kept), _words(found, before, path, kept))
    if not found.is_well:
        raise typer.Exit(4 if found.evidence else 1)


def compare(
    where: Annotated[
        list[str], typer.Argument(metavar="URL|DIR|FILE...", help="Logs, or checkpoint files.")
    ],
    key: LogKey = None,
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare heads of one log from several places: nobody may be shown another history.

    Heads of one size must have one root; of different sizes, the larger log must hold the smaller.
    Exit 4 when they are two logs, with the evidence in a file.

    Example:  fairhand log compare https://data.example/log/c2sp mirror/ friend.checkpoint
    """
    from fairhand.proof.log.monitor import compare_heads, with_handovers

    notes = [(one, _head(one)) for one in where]
    places, believed = [place_of(one) for one in where], _policy(key, policy)
    for place in places:
        believed = with_handovers(place, believed)
    found = compare_heads(notes, believed, places)
    kept = _keep(Path("log"), list(found.evidence)) if found.evidence else None
    words = [*(one.why for one in found.evidence), *found.unknown]
    if kept:
        words.append(f"The evidence is in {kept}.")
    content = {
        "ok": not words,
        "evidence": None if kept is None else str(kept),
        "not_compared": list(found.unknown),
    }
    tell(content, *(words or [f"All {len(notes)} show one log."]))
    if words:
        raise typer.Exit(4 if found.evidence else 1)


def _policy(key: str | None, file: Path | None) -> Policy:
    from fairhand.core.errors import InvalidError
    from fairhand.proof.log.note import parse_vkey
    from fairhand.proof.log.policy import Policy, parse_policy

    if file is not None:
        found = parse_policy(file.read_text("utf-8"))
    elif key is not None:
        text = Path(key).read_text("utf-8") if Path(key).is_file() else key
        found = Policy(tuple(parse_vkey(line) for line in text.split() if line))
    else:
        raise InvalidError("Say whom to believe: --key with the log's key, or --policy.")
    if not found.logs:
        raise InvalidError("The policy names no log: add a line `log <vkey>`.")
    return found


def place_of(where: str) -> Place:
    """A folder, or a URL that is asked over HTTP."""
    from fairhand.proof.log.places import CalledPlace, FolderPlace

    if where.startswith(("http://", "https://")):
        return CalledPlace(_fetcher(where.rstrip("/")))
    return FolderPlace(Path(where))


def _head(where: str) -> str:
    from fairhand.proof.log.places import read_checkpoint

    path = Path(where)
    return path.read_text("utf-8") if path.is_file() else read_checkpoint(place_of(where))


def _fetcher(root: str) -> Callable[[str], bytes | None]:
    import httpx

    from fairhand.core.errors import UnavailableError

    client = httpx.Client(timeout=30.0, follow_redirects=False)

    def fetch(path: str) -> bytes | None:
        try:
            with client.stream("GET", f"{root}/{path}") as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise UnavailableError(f"{root}/{path} answered {answer.status_code}.")
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > _LARGEST:
                        raise UnavailableError(f"{root}/{path} is larger than it can be.")
                return content
        except httpx.HTTPError as error:
            raise UnavailableError(f"{root} does not answer: {error}") from error

    finalize(fetch, client.close)  # one connection for many small files, as long as it is used
    return fetch


def _keep(path: Path, found: list[Evidence]) -> Path:
    """Write both heads into a file that nothing overwrites."""
    import orjson

    from fairhand.core.clock import system_now

    kept = path.with_name(f"{path.name}.evidence-{system_now()}.json")
    content = [{"why": one.why, "first": one.first, "second": one.second} for one in found]
    kept.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    return kept


def _words(found: Watched, before: Seen | None, path: Path, kept: Path | None) -> str:
    if not found.is_well:
        told = [f"NOT RIGHT: {one}." for one in found.trouble]
        if kept is not None:
            told.append(f"Both signed heads are in {kept}: show them to others.")
        return "\n".join(told)
    signed = ", ".join(found.witnesses) or "nobody that you named"
    then = "seen for the first time" if before is None else f"{before.size:,} were seen before"
    return (
        f"{found.size:,} leaves ({then}), {found.new_leaves:,} new and all in their place; "
        f"co-signed by {signed}. Kept in {path}."
    )


def _content(found: Watched, path: Path, kept: Path | None) -> dict[str, Any]:
    for kind, many in sorted(found.kinds.items()):
        remark(f"  {many:>8,}  {kind}")
    return {
        "ok": found.is_well,
        "size": found.size,
        "new_leaves": found.new_leaves,
        "witnesses": list(found.witnesses),
        "kinds": found.kinds,
        "trouble": list(found.trouble),
        "evidence": None if kept is None else str(kept),
        "state": str(path),
    }
