"""Handwritten digits: real scans that ship inside scikit-learn, and a small model's guesses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.demo.sample import Sample, make_task
from fairhand.model.task import NewPrediction

TRAINED_ON = 200
MODEL = f"logistic-regression@first-{TRAINED_ON}"
MOST = 1797 - TRAINED_ON
_SIDE = 224
_SOURCE = "Optical recognition of handwritten digits (UCI), as shipped in scikit-learn"


def digit_samples(count: int) -> Iterator[Sample]:
    """Yield scans that the model was not trained on; every other one comes with its guess."""
    from sklearn.datasets import load_digits

    found = load_digits()
    model = _train(found.data[:TRAINED_ON], found.target[:TRAINED_ON])
    for index in range(TRAINED_ON, TRAINED_ON + min(count, MOST)):
        guess = (_guess(model, found.data[index]),) if index % 2 == 0 else ()
        name = f"digit-{index:04d}.png"
        task = make_task(name, _SOURCE, _readable(found.images[index]), guess)
        yield Sample(task, ({"digit": str(found.target[index])},))


def _train(pixels: NDArray[np.float64], target: NDArray[np.int64]) -> Any:  # noqa: ANN401
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.01, max_iter=500).fit(pixels, target)


def _guess(model: Any, pixels: NDArray[np.float64]) -> NewPrediction:  # noqa: ANN401
    sure = model.predict_proba(pixels[None])[0]
    best = int(sure.argmax())
    value = {"digit": str(model.classes_[best])}
    return NewPrediction(value, MODEL, round(float(sure[best]), 4))


def _readable(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale a scan of 8 by 8 pixels up, dark ink on light paper, with a margin."""
    paper = np.pad(255 - image * (255 / 16), 1, constant_values=255).astype(np.uint8)
    large = Image.fromarray(paper).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    return np.asarray(large)
