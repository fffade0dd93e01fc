"""One of crowd-kit's methods, in an environment of its own: figures as JSON, labels as an array.

    VENV/bin/python quality_speed_peer.py FOLDER METHOD

Imports nothing of ours; `quality_speed` starts it.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def memory(kind: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return float(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def main() -> None:
    folder, method = Path(sys.argv[1]), sys.argv[2]
    from crowdkit.aggregation import (
        GLAD,
        MACE,
        DawidSkene,
        MajorityVote,
        OneCoinDawidSkene,
        Wawa,
    )

    made: dict[str, Callable[[], Any]] = {
        "majority": MajorityVote,
        "weighted-majority": Wawa,
        "dawid-skene": lambda: DawidSkene(n_iter=20, tol=0.0),
        "one-coin": lambda: OneCoinDawidSkene(n_iter=20, tol=0.0),
        "spamming": lambda: MACE(n_restarts=1, n_iter=20),
        "difficulty": lambda: GLAD(n_iter=20, tol=0.0),
    }
    frame = pd.DataFrame(
        {column: np.load(folder / f"{column}.npy") for column in ("task", "worker", "label")}
    )
    small = frame.iloc[:500]
    made[method]().fit_predict(small)
    before, cpu, wall = memory("VmRSS"), time.process_time(), time.perf_counter()
    labels = made[method]().fit_predict(frame)
    found = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "extra_mb": max(memory("VmHWM") - before, 0.0),
    }
    np.save(folder / f"peer-{method}.npy", labels.sort_index().to_numpy())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
