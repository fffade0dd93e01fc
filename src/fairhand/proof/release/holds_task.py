"""Whether a release's folder holds a task; shards say which tasks they hold, so little is read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def holds_task(directory: Path, task_id: int) -> bool:
    """Look a task up in the data of a release; False too where its files are gone."""
    for shard in sorted((directory / "data").glob("*.parquet")):
        try:
            found = pq.read_table(shard, columns=["task_id"], filters=[("task_id", "=", task_id)])
        except (OSError, pa.ArrowInvalid):
            continue
        if found.num_rows:
            return True
    return False
