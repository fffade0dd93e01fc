"""Values of the same rows by pyDVL, run by `benchmarks.data_value` in an environment of its own.

    python benchmarks/data_value_peer.py FILE.npz

FILE holds train, label, tests, wanted; the values go beside it, and to stdout the seconds, by the
clock and of CPU.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Value the rows of a file, and print how long that took."""
    from pydvl.valuation import Dataset
    from pydvl.valuation.methods.knn_shapley import KNNShapleyValuation
    from sklearn.neighbors import KNeighborsClassifier

    path = Path(sys.argv[1])
    held = np.load(path)
    model = KNeighborsClassifier(n_neighbors=10)
    valuation = KNNShapleyValuation(model, Dataset(held["tests"], held["wanted"]), progress=False)
    start, busy = time.perf_counter(), time.process_time()
    valuation.fit(Dataset(held["train"], held["label"]))
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    result = valuation.result
    values = np.empty(len(result.values))
    values[result.indices] = result.values
    np.save(path.with_suffix(".npy"), values)
    print(seconds, busy)


if __name__ == "__main__":
    main()
