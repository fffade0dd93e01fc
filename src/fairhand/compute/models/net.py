"""A small network over a pixel's features, as plain arrays: learnt by scikit-learn, read by NumPy.

Beside a forest it weighs many weak signs together, and reads a picture several times as fast; of
pictures unlike those that it learnt from it says less, so it is used where it has shown its worth.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.heads import one_thread
from fairhand.compute.models.learnt import Learnt

_HIDDEN: Final = (48, 24)
_ROUNDS: Final = 12
_BATCH: Final = 512
_RATE: Final = 4e-3
_FARTHEST: Final = 4.0
"""Standard deviations from the mean beyond which a feature says no more."""
_BLOCK: Final = 2_048
_NAMES: Final = ("middle", "spread", "w0", "b0", "w1", "b1", "w2", "b2")


@dataclass(frozen=True, slots=True)
class Net:
    """One network or several whose word is averaged, each of two hidden layers.

    `layers` are weights (members by inputs by outputs) and offsets (members by 1 by outputs) in
    turn.
    """

    middle: NDArray[np.float32]
    spread: NDArray[np.float32]
    layers: tuple[NDArray[np.float32], ...]

    @property
    def features(self) -> int:
        """How many features it asks for."""
        return int(self.middle.size)

    def probability(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give each point's probability; `rows` is points by features."""
        if rows.ndim != 2 or rows.shape[1] != self.features:
            raise AssistantError("The features are not those of this network.", hop="shape")
        found = np.empty(rows.shape[0], np.float32)
        for start in range(0, rows.shape[0], _BLOCK):
            here = _evened(rows[start : start + _BLOCK], self.middle, self.spread)
            for weights, offsets in zip(self.layers[:-2:2], self.layers[1:-2:2], strict=True):
                here = np.maximum(here @ weights + offsets, 0)
            told = (here @ self.layers[-2] + self.layers[-1])[:, :, 0].mean(axis=0)
            found[start : start + _BLOCK] = 1 / (1 + np.exp(-np.clip(told, -30, 30)))
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is to be kept."""
        return dict(zip(_NAMES, (self.middle, self.spread, *self.layers), strict=True))


def learn_net(
    rows: NDArray[np.float32],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    seed: int,
    members: int = 1,
) -> Net:
    """Learn a network for one class, or as many `members` as agree better than one is right."""
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier
    except ImportError as error:
        raise AssistantError(
            "Learning from pictures needs scikit-learn: install fairhand[assist]."
        ) from error
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + np.float32(1e-3)
    evened = _evened(rows, middle, spread)
    learnt: list[list[NDArray[np.float32]]] = []
    # Many small steps: several threads would wait for each other for longer than they work.
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the rounds are few on purpose
        for member in range(members):
            model = MLPClassifier(
                _HIDDEN,
                max_iter=_ROUNDS,
                batch_size=min(_BATCH, len(rows)),
                learning_rate_init=_RATE,
                alpha=1e-3,
                random_state=seed + member,
            ).fit(evened, truth, sample_weight=weights)
            learnt.append(
                [
                    part.astype(np.float32)
                    for pair in zip(model.coefs_, model.intercepts_, strict=True)
                    for part in (pair[0], pair[1][None])
                ]
            )
    return Net(middle, spread, tuple(np.stack(parts) for parts in zip(*learnt, strict=True)))


def read_net(learnt: Learnt, prefix: str, features: int) -> Net:
    """Read a network out of a model file; raises AssistantError where it does not fit together."""
    middle, spread, *layers = (learnt.array(prefix + name).astype(np.float32) for name in _NAMES)
    if layers[0].ndim == 2:  # written before there could be several
        layers = [one[None] if one.ndim == 2 else one[None, None] for one in layers]
    members = len(layers[0]) if layers[0].ndim else 0
    wanted = [
        (members, rows, wide)
        for given, wide in pairwise([features, *_HIDDEN, 1])
        for rows in (given, 1)
    ]
    shapes = [one.shape for one in (middle, spread, *layers)]
    if members < 1 or [(features,), (features,), *wanted] != shapes:
        raise AssistantError("The model file's network does not fit together.", hop="shape")
    if not all(np.isfinite(one).all() for one in (middle, spread, *layers)) or (spread <= 0).any():
        raise AssistantError("The model file's network is damaged.", hop="shape")
    return Net(middle, spread, tuple(layers))


def _evened(
    rows: NDArray[np.float32], middle: NDArray[np.float32], spread: NDArray[np.float32]
) -> NDArray[np.float32]:
    evened: NDArray[np.float32] = np.clip((rows - middle) / spread, -_FARTHEST, _FARTHEST)
    return evened
