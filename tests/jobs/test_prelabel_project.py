"""A whole project is pre-labelled once, whatever is killed, stopped, spent or broken on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairhand.compute import prelabel_partitions as parts
from fairhand.compute.backends.allowed import allow_places
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.jobs.prelabel_project import PrelabelProject, check_runner, prelabel_project
from fairhand.storage.slots import take_slot
from fairhand.use_cases.add_source import AddSource, add_source
from fairhand.use_cases.end_prelabel import EndPrelabel, end_prelabel
from fairhand.use_cases.read_prelabel import list_runs
from fairhand.work.prelabel import store
from fairhand.work.prelabel.run_store import PrelabelRun
from fairhand.work.prelabel.store import AssistPolicy
from tests import networks
from tests.cast import LABELS
from tests.endpoints import said, serving
from tests.jobs import prelabel_world
from tests.jobs.prelabel_world import ASKED, HOLD, World, asked, make_world

pytest.importorskip("daft", reason="the extra `scale` is not installed")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "workspace", 500)
    yield made
    made.house.close()


def carry_on(world: World, run: PrelabelRun, **more: Any) -> PrelabelRun:  # noqa: ANN401
    command = PrelabelProject(world.project_id, run.id, **{"items": 20, **more})
    return prelabel_project(world.house, command)


def expected(tasks: int) -> list[tuple[int, dict[str, str], str, float]]:
    return [
        (number + 1, {"pet": LABELS[number % 3]}, "pets@2", (number % 100) / 100)
        for number in range(tasks)
    ]


def found(world: World) -> list[tuple[int, dict[str, str], str, float]]:
    return [(task, json.loads(value), model, score)
            for task, value, model, score, _ in world.proposed()]  # fmt: skip


def test_every_task_is_proposed_for_and_the_run_says_so(world: World) -> None:
    run = carry_on(world, world.start())
    assert found(world) == expected(500)
    assert (run.state, run.total, run.done, run.failed) == ("done", 500, 500, 0)
    assert run.through_task_id == 500
    versions = world.cast.rows("SELECT DISTINCT model_version_id, ask FROM prediction")
    assert versions == [(run.model_version_id, "fix")]
    assert world.cast.rows("SELECT model_version_id FROM project") == [(None,)], (
        "people are shown nothing before it is promoted"
    )
    events = world.cast.rows("SELECT kind FROM event WHERE kind LIKE 'prelabel.%' ORDER BY id")
    assert [kind for (kind,) in events] == ["prelabel.started", "prelabel.ended"]
    assert not list((world.house.settings.workspace / "prelabel").glob("run-*"))


def test_a_second_run_asks_only_about_what_is_new(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_on(world, world.start())
    world.cast.add_tasks(world.project_id, 3)
    monkeypatch.setenv(ASKED, str(tmp_path / "asked"))
    run = carry_on(world, world.start())
    assert (run.total, run.done) == (3, 3)
    assert asked(tmp_path / "asked") == [501, 502, 503]
    assert len(list_runs(world.house.db, world.project_id)) == 2


def test_items_that_break_a_batch_are_found_and_the_others_spared(world: World) -> None:
    run = carry_on(world, world.start("picky"))
    assert (run.state, run.done, run.failed) == ("done", 450, 50)
    assert len(world.proposed()) == 450
    problems = (run.problem or "").split("\n")
    assert problems[0] == (
        "picky, 1 items from task 8 on: raised ValueError: no luck with number 7"
    )
    assert len(problems) == parts.PROBLEMS_KEPT


def test_an_assistant_that_always_fails_ends_the_run_with_its_problem(world: World) -> None:
    run = carry_on(world, world.start("hopeless"))
    assert run.state == "failed"
    assert "raised RuntimeError: no model today" in (run.problem or "")
    (view,) = list_runs(world.house.db, world.project_id)
    assert view.assistant.problem is not None
    assert "no model today" in view.assistant.problem["message"]


def test_a_run_that_is_stopped_keeps_what_it_has_and_goes_on_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRHAND_TEST_PAUSE", "0.02")
    run = world.start()

    def stop_at_100(now: PrelabelRun) -> None:
        if now.done >= 100 and now.state == "running":
            command = EndPrelabel(world.project_id, run.id, "stopped", person_id=world.cast.carmen)
            end_prelabel(world.house.db, command, world.house.clock())

    command = PrelabelProject(world.project_id, run.id, items=20)
    stopped = prelabel_project(world.house, command, stop_at_100)
    assert stopped.state == "stopped"
    assert 100 <= stopped.done < 500
    assert len(world.proposed()) == stopped.done
    again = world.start()
    assert again.id == run.id
    done = carry_on(world, again)
    assert (done.state, done.total, done.done) == ("done", 500, 500)
    assert found(world) == expected(500)


KILLED = """
import os, signal, sys
from pathlib import Path
from fairhand.jobs.prelabel_project import PrelabelProject, prelabel_project
from tests.jobs.prelabel_world import house_in
folder, project_id, run_id = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
def report(run):
    if run.done >= 120:
        os.kill(os.getpid(), signal.SIGKILL)
prelabel_project(house_in(folder), PrelabelProject(project_id, run_id, items=20), report)
"""


def test_a_run_that_is_killed_goes_on_and_asks_about_no_saved_task_again(
    world: World, tmp_path: Path
) -> None:
    run = world.start()
    before, after = tmp_path / "before", tmp_path / "after"
    given = [str(world.house.settings.workspace), str(world.project_id), str(run.id)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *given], env={**os.environ, ASKED: str(before)}
    )
    assert killed.returncode == -signal.SIGKILL
    saved = {task_id for task_id, *_ in world.proposed()}
    assert len(saved) == 120
    os.environ[ASKED] = str(after)
    try:
        done = carry_on(world, run)
    finally:
        del os.environ[ASKED]
    assert found(world) == expected(500)
    assert (done.state, done.done, done.failed) == ("done", 500, 0)
    assert not saved & set(asked(after)), "what was saved is not asked again"
    assert len(asked(after)) == len(set(asked(after)))
    finished = set(asked(before)) - set(asked(after))
    assert len(finished) >= 120, "pieces that were written and not saved are not asked again"


def test_what_to_ask_about_a_proposal_follows_its_score_where_assistance_is_ticked(
    world: World,
) -> None:
    policy = AssistPolicy(world.project_id, True, world.cast.carmen, world.house.clock())
    with world.house.db.write() as connection:
        store.save_policy(connection, policy)
    carry_on(world, world.start())
    asks = dict(world.cast.rows("SELECT score, ask FROM prediction"))
    assert asks[0.99] in ("verify", "fix")
    assert asks[0.0] == "draw"


def test_only_one_process_is_at_a_run(world: World) -> None:
    run = world.start()
    slot = take_slot(world.house.db, "prelabel", run.id)
    assert slot is not None
    with pytest.raises(ConflictError, match="Another process is at this run"):
        carry_on(world, run)
    slot.release()
    assert carry_on(world, run).state == "done"


def test_a_network_reads_pictures_from_the_store(world: World) -> None:
    from tests.rules.compute.test_onnx_assistants import picture

    for shade in (10, 250):
        item = picture(shade)
        assert item.media is not None
        sha256 = world.house.blobs.put(item.media())
        world.cast.change(
            "UPDATE task SET media_sha256 = :sha256, media_type = 'image/png', width = 16, "
            "height = 12 WHERE id = :task",
            sha256=sha256, task=1 if shade == 10 else 2,
        )  # fmt: skip
    world.cast.change("DELETE FROM queue WHERE task_id > 3")
    world.cast.change("DELETE FROM task WHERE id > 3")
    command = AddSource(
        world.cast.carmen, world.project_id, "onnx", "lux",
        {"labels": ["cat", "dog"]}, networks.brightness(),
    )  # fmt: skip
    one = add_source(world.house.db, world.house.blobs, command, world.house.clock())
    run = carry_on(world, world.start_of(one.id, "lux@1"))
    assert [json.loads(value) for _, value, *_ in world.proposed()] == [
        {"pet": "cat"}, {"pet": "dog"},
    ]  # fmt: skip
    details = json.loads(world.proposed()[0][4])
    assert set(details["probabilities"]["pet"]) == {"cat", "dog"}
    assert (run.state, run.done, run.failed) == ("done", 2, 1)
    assert run.problem == "task 3: has no picture"


def endpoint_source(world: World, url: str, **more: Any) -> int:  # noqa: ANN401
    config = {
        "url": url, "model": "small", "prompt": "{{question}}", "currency": "USD",
        "price_in": "2.50", "price_out": "10", **more,
    }  # fmt: skip
    command = AddSource(world.cast.carmen, world.project_id, "openai", "judge", config)
    return add_source(world.house.db, world.house.blobs, command, world.house.clock()).id


def test_an_endpoint_is_stopped_by_its_limit_and_its_cost_is_exact(world: World) -> None:
    with serving(lambda _asked: (200, said('{"answer": "cat"}'))) as server:
        allow_places([server.place])
        one = endpoint_source(world, server.url, limit="0.05", at_once=4, most_tokens=20)
        run = carry_on(world, world.start_of(one, "small@1"), items=8)
        assert run.state == "stopped"
        assert run.problem == "The spending limit is reached."
        each = 100 * 250 + 10 * 1_000
        assert run.cost_micros == len(server.asked) * each <= 5_000_000
        assert run.cost_currency == "USD"
        assert len(world.proposed()) == len(server.asked) == run.cost_micros // each

        run = world.start_of(one, "small@1")
        more = carry_on(world, run, items=8, limit=6_000_000)
        assert more.id == run.id
        assert 5_000_000 < more.cost_micros == len(server.asked) * each <= 6_000_000
        assert len(world.proposed()) == len(server.asked), "nothing was paid for twice"


def test_an_endpoint_is_never_asked_from_many_machines() -> None:
    with pytest.raises(InvalidError, match="leave out --ray"):
        check_runner("openai", "ray")


def test_a_server_that_is_down_fails_the_run_until_it_is_up_again(world: World) -> None:
    with serving(lambda _asked: (401, {"error": "who are you?"})) as server:
        allow_places([server.place])
        one = endpoint_source(world, server.url)
        run = carry_on(world, world.start_of(one, "small@1"))
        assert run.state == "failed"
        assert "401" in (run.problem or "")
        assert "who are you?" in (run.problem or "")
        assert len(server.asked) < 100, "it is not asked for ever"
        server.answer = lambda _asked: (200, said('{"answer": "cat"}'))
        again = carry_on(world, world.start_of(one, "small@1"))
        assert (again.state, again.done) == ("done", 500)


def test_memory_holds_a_wave_of_pieces_and_not_the_project(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhand.jobs.prelabel_project.PIECES_A_WAVE", 4)
    most: list[int] = []
    folder = world.house.settings.workspace / "prelabel"

    def count(_run: PrelabelRun) -> None:
        most.append(len(list(folder.glob("run-*/*.tasks"))))

    run = world.start()
    prelabel_project(world.house, PrelabelProject(world.project_id, run.id, items=20), count)
    assert max(most) <= 4
    assert found(world) == expected(500)


def test_large_tasks_are_cut_into_small_pieces(tmp_path: Path) -> None:
    rows = [parts.TaskRow(number, '{"text":"' + "x" * 1_000 + '"}') for number in range(1, 11)]
    pieces = parts.in_pieces(iter(rows), tmp_path, 100, 3_000, 100)
    assert [piece.items for piece in pieces] == [3, 3, 3, 1]
    assert [(piece.first, piece.last) for piece in pieces][:2] == [(1, 3), (4, 6)]


def test_a_stopped_run_asks_about_no_further_piece(tmp_path: Path) -> None:
    (piece,) = parts.in_pieces([parts.TaskRow(1, "{}")], tmp_path, 9, 9, 9)
    (tmp_path / parts.STOP).touch()
    sketch = parts.Sketch("k", "function", {"function": "none:none"}, None, ())
    assert parts.label_piece(piece, sketch, lambda _sha256: b"") is None


RAY = """
import sys, threading, time
from pathlib import Path
from ray.cluster_utils import Cluster
import ray, os
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
os.environ["FAIRHAND_RAY_ADDRESS"] = cluster.address
from fairhand.jobs.prelabel_project import PrelabelProject, prelabel_project
from tests.jobs.prelabel_world import house_in
folder, project_id, run_id = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
house = house_in(folder)
killed = threading.Event()
def kill():
    while len(list(folder.glob("prelabel/run-*/*.proposed"))) < 2 and not killed.wait(0.05):
        pass
    cluster.remove_node(workers[0], allow_graceful=False)
    killed.set()
    (folder / "killed").touch()
thread = threading.Thread(target=kill, daemon=True)
thread.start()
done = prelabel_project(house, PrelabelProject(project_id, run_id, items=25))
assert killed.is_set(), "the machine was to die in the middle"
thread.join()
print(done.state, done.done, done.failed, flush=True)
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.slow
def test_ray_with_a_machine_killed_on_the_way_gives_what_the_native_runner_gives(
    tmp_path: Path,
) -> None:
    """In a process of its own: Daft keeps its first engine as long as its process lives."""
    native, ray = (make_world(tmp_path / name, 400) for name in ("native", "ray"))
    carry_on(native, native.start())
    run = ray.start(runner="ray")
    # The second half waits for the kill: however quick the machine is, it comes in the middle.
    killed = str(ray.house.settings.workspace / "killed")
    at_home = {**os.environ, HOLD: killed, "PYTHONPATH": _paths()}
    given = [str(ray.house.settings.workspace), str(ray.project_id), str(run.id)]
    done = subprocess.run(
        [sys.executable, "-c", RAY, *given],
        env=at_home, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.split()[-3:] == ["done", "400", "0"]
    assert ray.proposed() == native.proposed() != []
    for world in (native, ray):
        world.house.close()


def _paths() -> str:
    source = Path(parts.__file__).parents[2]
    tests = Path(prelabel_world.__file__).parents[2]
    return os.pathsep.join([str(source), str(tests), os.environ.get("PYTHONPATH", "")])


def test_threads_of_a_run_end_with_it(world: World) -> None:
    before = threading.active_count()
    carry_on(world, world.start())
    assert threading.active_count() <= before + 4
