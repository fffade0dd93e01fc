"""Answers joined in partitions on disk give the labels that the same method gives in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from fairhand.compute.answer_pieces import list_pieces
from fairhand.core.errors import (
    ConflictError,
    InvalidError,
    MalformedError,
    UnavailableError,
)
from fairhand.jobs.aggregate_large import AggregateLarge, aggregate_large
from fairhand.jobs.large_passes import PassReport
from fairhand.quality import DawidSkene, MajorityVote, OneCoin
from fairhand.quality.aggregation.engine import sweep

pytest.importorskip("daft", reason="the extra `scale` is not installed")

IN_MEMORY: dict[str, Any] = {
    "dawid-skene": DawidSkene(),
    "one-coin": OneCoin(),
    "majority": MajorityVote(),
}


def crowd(answers: int, *, people: int = 200, seed: int = 1) -> pa.Table:
    """Make people of mixed accuracy who answer tasks at random, in names as people have them."""
    rng = np.random.default_rng(seed)
    tasks = answers // 5
    truth = rng.integers(0, 4, tasks)
    task = rng.integers(0, tasks, answers)
    worker = rng.zipf(1.5, answers) % people
    right = rng.random(answers) < rng.uniform(0.7, 0.98, people)[worker]
    label = np.where(right, truth[task], rng.integers(0, 4, answers))
    names = np.array(["ant", "bee", "cat", "Élan"])
    return pa.table(
        {
            "task": [f"picture {code}" for code in task.tolist()],
            "worker": worker,
            "label": names[label].tolist(),
        }
    )


def written(folder: Path, table: pa.Table, files: int) -> tuple[Path, ...]:
    """Write a table's rows into files in turn, so that one task's answers lie in several."""
    paths = []
    for place in range(files):
        path = folder / f"answers-{place}.parquet"
        rows = np.arange(place, len(table), files)
        pq.write_table(table.take(pa.array(rows)), path, row_group_size=3_000)
        paths.append(path)
    return tuple(paths)


def in_memory(table: pa.Table, method: str) -> Any:  # noqa: ANN401  # each method's own fit
    return IN_MEMORY[method].fit(*(table.column(name).to_pylist() for name in _NAMES))


_NAMES = ("task", "worker", "label")


def assert_same(output: Path, whole: Any) -> None:  # noqa: ANN401
    found = pq.read_table(output)
    assert found.column("task").to_pylist() == list(whole.tasks)
    assert found.column("label").to_pylist() == list(whole.labels)
    shares = np.stack([found.column(f"p({name})").to_numpy() for name in whole.classes], axis=1)
    np.testing.assert_allclose(shares, whole.probabilities, atol=1e-9, rtol=0)
    np.testing.assert_allclose(found.column("probability").to_numpy(), whole.confidence, atol=1e-9)


@pytest.mark.parametrize("method", IN_MEMORY)
def test_partitions_give_what_memory_gives(tmp_path: Path, method: str) -> None:
    table = crowd(50_000)
    files = written(tmp_path, table, 3)
    output = tmp_path / "labels.parquet"
    found = aggregate_large(
        AggregateLarge(files, output, method, partitions=5, tolerance=1e-3, max_iterations=15)
    )
    model = IN_MEMORY[method]
    if method != "majority":
        model = type(model)(max_iterations=15, tolerance=1e-3)
    whole = model.fit(*(table.column(name).to_pylist() for name in _NAMES))
    assert_same(output, whole)
    assert (found.answers, found.tasks, found.partitions) == (50_000, len(whole.tasks), 5)
    assert found.workers == whole.workers
    assert found.classes == whole.classes
    if found.accuracy is not None and found.shares is not None:
        assert found.iterations == whole.iterations
        assert found.converged == whole.converged
        assert found.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-12)
        np.testing.assert_allclose(found.accuracy, whole.accuracy, atol=1e-9)
        np.testing.assert_allclose(found.shares, whole.priors, atol=1e-9)
    assert not output.with_name("labels.parquet.scratch").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(path.name for path in files), "labels.parquet",
    ]  # fmt: skip


def test_the_number_of_partitions_changes_no_label(tmp_path: Path) -> None:
    files = written(tmp_path, crowd(4_000), 1)
    results = []
    for partitions in (1, 3, 32):
        output = tmp_path / f"{partitions}.parquet"
        aggregate_large(AggregateLarge(files, output, partitions=partitions, max_iterations=5))
        results.append(pq.read_table(output))
    for other in results[1:]:
        assert other.column("label").equals(results[0].column("label"))
        np.testing.assert_allclose(
            other.column("probability").to_numpy(),
            results[0].column("probability").to_numpy(),
            atol=1e-9,
        )


def test_files_of_numbers_in_csv_and_a_file_without_answers_are_read(tmp_path: Path) -> None:
    table = crowd(3_000)
    number = pa.array([int(name.split()[1]) for name in table.column("task").to_pylist()])
    table = table.set_column(0, "task", number)
    paths = [tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.parquet", tmp_path / "d.csv"]
    pcsv.write_csv(table.slice(0, 1_000), paths[0])
    paths[1].write_text("task,worker,label\n", encoding="utf-8")
    pq.write_table(table.slice(1_000), paths[2])
    pcsv.write_csv(table.slice(0, 0), paths[3])
    output = tmp_path / "labels.csv"
    aggregate_large(AggregateLarge(paths, output, partitions=2))
    whole = in_memory(table, "dawid-skene")
    found = pcsv.read_csv(output)
    assert found.column("task").to_pylist() == list(whole.tasks)
    assert found.column("label").to_pylist() == list(whole.labels)


def test_one_task_that_outweighs_all_leaves_empty_partitions_out(tmp_path: Path) -> None:
    rows = {"task": ["m"] * 5_000 + ["a", "z"], "worker": list(range(5_002)), "label": [1] * 5_002}
    path = tmp_path / "answers.parquet"
    pq.write_table(pa.table(rows), path)
    output = tmp_path / "labels.parquet"
    found = aggregate_large(AggregateLarge([path], output, partitions=8))
    assert found.tasks == 3
    assert found.partitions <= 3
    assert pq.read_table(output).column("label").to_pylist() == [1, 1, 1]


class KilledError(Exception):
    """Stands for the end of the process in the middle of the work."""


KILLED = """
import os, signal, sys
from pathlib import Path
from fairhand.jobs import aggregate_large as large, large_passes
real, swept = large_passes.sweep, []
def sweep(*args):
    swept.append(1)
    if len(swept) == 14:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
large_passes.sweep = sweep
files, output = [Path(name) for name in sys.argv[2:]], Path(sys.argv[1])
large.aggregate_large(large.AggregateLarge(files, output, partitions=4))
"""


def test_work_killed_in_its_fourth_pass_goes_on_with_that_pass(tmp_path: Path) -> None:
    table = crowd(10_000)
    files = written(tmp_path, table, 2)
    output = tmp_path / "labels.parquet"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(output), *map(str, files)])
    assert killed.returncode == -signal.SIGKILL
    assert not output.exists()
    told: list[str] = []
    passes: list[int] = []
    found = aggregate_large(
        AggregateLarge(files, output, partitions=4),
        report=lambda title, _done, _total: told.append(title),
        pass_done=lambda report: passes.append(report.number),
    )
    assert "sorting answers" not in told
    assert passes == list(range(3, found.iterations + 1))
    assert_same(output, in_memory(table, "dawid-skene"))
    assert not list(tmp_path.glob("*.scratch*"))


def test_a_pass_that_was_cut_off_sweeps_only_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = crowd(10_000)
    command = AggregateLarge(written(tmp_path, table, 1), tmp_path / "out.parquet", partitions=4)
    real = sweep
    swept: list[int] = []

    def failing(*args: Any) -> Any:  # noqa: ANN401
        swept.append(len(args[0].cell))
        if len(swept) == 7:
            raise KilledError
        return real(*args)

    monkeypatch.setattr("fairhand.jobs.large_passes.sweep", failing)
    with pytest.raises(KilledError):
        aggregate_large(command)
    found = aggregate_large(command)
    assert len(swept) == 4 * (found.iterations + 1) + 1
    assert_same(command.output, in_memory(table, "dawid-skene"))


def test_other_answers_do_not_go_on_from_old_ones(tmp_path: Path) -> None:
    output = tmp_path / "labels.parquet"
    command = AggregateLarge(written(tmp_path, crowd(2_000), 1), output, partitions=2)

    def cut_off(_report: PassReport) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        aggregate_large(command, pass_done=cut_off)
    other = crowd(2_500, seed=2)
    aggregate_large(AggregateLarge(written(tmp_path, other, 1), output, partitions=2))
    assert_same(output, in_memory(other, "dawid-skene"))


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    scratch = tmp_path / "mine"
    scratch.mkdir()
    (scratch / "thesis.txt").write_text("years of work", encoding="utf-8")
    files = written(tmp_path, crowd(500), 1)
    with pytest.raises(ConflictError, match="not empty"):
        aggregate_large(AggregateLarge(files, tmp_path / "out.parquet", scratch=scratch))
    assert (scratch / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"task": [1], "who": ["a"], "label": ["x"]}, "no column 'worker'; it has task, who"),
        ({"task": [1, None], "worker": ["a", "b"], "label": ["x", "y"]}, "missing in row 2"),
        ({"task": [1.5], "worker": ["a"], "label": ["x"]}, "task holds double"),
        ({"task": pa.array([], pa.int64()), "worker": pa.array([], pa.string()),
          "label": pa.array([], pa.string())}, "no answers"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used_say_why(
    tmp_path: Path, rows: dict[str, Any], words: str
) -> None:
    path = tmp_path / "answers.parquet"
    pq.write_table(pa.table(rows), path)
    with pytest.raises(InvalidError, match=words):
        aggregate_large(AggregateLarge([path], tmp_path / "out.parquet"))


def test_a_missing_value_far_into_a_file_is_named_by_its_row(tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    labels: list[str | None] = ["x"] * 4_000
    labels[3_456] = None
    rows = {"task": list(range(4_000)), "worker": ["a"] * 4_000, "label": labels}
    pq.write_table(pa.table(rows), path, row_group_size=1_000)
    with pytest.raises(InvalidError, match=r"answers.parquet: label is missing in row 3457"):
        aggregate_large(AggregateLarge([path], tmp_path / "out.parquet"))


def test_what_cannot_work_is_refused_before_reading(tmp_path: Path) -> None:
    files, out = written(tmp_path, crowd(500), 1), tmp_path / "out.parquet"
    with pytest.raises(InvalidError, match="'spamming' does not work in partitions"):
        aggregate_large(AggregateLarge(files, out, "spamming"))
    with pytest.raises(InvalidError, match="no engine 'spark'"):
        aggregate_large(AggregateLarge(files, out, engine="spark"))
    with pytest.raises(InvalidError, match=r"written to .parquet or .csv"):
        aggregate_large(AggregateLarge(files, tmp_path / "out.xlsx"))
    with pytest.raises(InvalidError, match="at least one partition"):
        aggregate_large(AggregateLarge(files, out, partitions=0))
    with pytest.raises(MalformedError, match="is none of"):
        aggregate_large(AggregateLarge([tmp_path / "answers.xlsx"], out))


def test_files_that_disagree_on_names_are_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("task,worker,label\n1,a,x\n", encoding="utf-8")
    other.write_text("task,worker,label\nt1,a,x\n", encoding="utf-8")
    with pytest.raises(InvalidError, match=r"int64 in one.csv and large_string in other.csv"):
        aggregate_large(AggregateLarge([one, other], tmp_path / "out.parquet"))


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    path.write_bytes(b"not a table at all")
    with pytest.raises(MalformedError, match=r"answers.parquet cannot be read"):
        list_pieces([path], _NAMES)


def test_a_missing_engine_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhand.compute.engines.find_spec", lambda _name: None)
    with pytest.raises(UnavailableError, match=r"pip install 'fairhand\[scale\]'"):
        aggregate_large(AggregateLarge(written(tmp_path, crowd(50), 1), tmp_path / "o.parquet"))


RAY = """
import sys
from pathlib import Path
from fairhand.jobs.aggregate_large import AggregateLarge, aggregate_large
files, output = [Path(name) for name in sys.argv[2:]], Path(sys.argv[1])
aggregate_large(AggregateLarge(files, output, engine="ray", partitions=4, processors=2))
"""


@pytest.mark.slow
def test_ray_gives_what_memory_gives_and_ends_its_processes(tmp_path: Path) -> None:
    """In a process of its own: Daft keeps its first engine as long as its process lives."""
    table = crowd(30_000)
    files = written(tmp_path, table, 2)
    output = tmp_path / "labels.parquet"
    # The tests forbid connections elsewhere; so does this, for the processes that Ray starts.
    at_home = {**os.environ, "RAY_ADDRESS": "local", "FAIRHAND_RAY_ADDRESS": ""}
    done = subprocess.run(
        [sys.executable, "-c", RAY, str(output), *map(str, files)],
        env=at_home, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same(output, in_memory(table, "dawid-skene"))


RAY_LOSES_ONE = """
import os, sys, threading
from pathlib import Path
import ray
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
os.environ["FAIRHAND_RAY_ADDRESS"] = cluster.address
from fairhand.jobs.aggregate_large import AggregateLarge, aggregate_large
files, output = [Path(name) for name in sys.argv[2:]], Path(sys.argv[1])
killed = []
def kill(done):
    if done.number == 1 and not killed:
        threading.Thread(target=cluster.remove_node, args=(workers[0], False)).start()
        killed.append(done.number)
found = aggregate_large(
    AggregateLarge(files, output, engine="ray", partitions=6), pass_done=kill
)
assert killed and found.iterations > 2, "a machine was to die in the middle"
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.slow
def test_ray_that_loses_a_machine_on_the_way_gives_the_same_bytes(tmp_path: Path) -> None:
    files = written(tmp_path, crowd(20_000), 2)
    whole, output = tmp_path / "native.parquet", tmp_path / "ray.parquet"
    aggregate_large(AggregateLarge(files, whole, partitions=6))
    done = subprocess.run(
        [sys.executable, "-c", RAY_LOSES_ONE, str(output), *map(str, files)],
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert output.read_bytes() == whole.read_bytes()
