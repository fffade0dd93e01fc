"""Numbers: each person's own zero, own scale and own noise, learned from the answers alone.

Person p answers task t with x = b_p + a_p * value_t + s_p * noise: a random-effects model, fitted
by expectation maximisation. Values are normal around a common mean (N. M. Laird, J. H. Ware:
Random-effects models for longitudinal data, Biometrics 38, 1982); b_p and a_p are shrunk to the
crowd's 0 and 1 by spreads learned from everybody; s_p^2 is shrunk to the crowd's typical noise. So
people who are far off are weighed down, never dropped, and a note counts them. What is known only
together with the answers, the crowd's zero and scale, is that of the average person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats, factorise
from fairhand.quality.frames import answer_columns

_USUAL_SLOPE_SPREAD = 0.3
_USUAL_BIAS = 0.1  # in standard deviations of all answers
_USUAL_NOISE = 0.1  # as a variance, where that of all answers is 1
_NOISY = 3.0
_FLAT = 0.2
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class RatingFit:
    """A value per task with its standard error, and each person's bias, slope and noise.

    `bias[p]` is how much higher than the crowd person p answers a task of average value, `slope`
    how many points they give per point of value, `spread` the standard deviation of their noise,
    all in the unit of the answers; `*_error` are standard errors, `spread_error` is of the spread.
    `warnings` say in sentences why the result may be doubtful.
    """

    tasks: tuple[Any, ...]
    workers: tuple[Any, ...]
    values: Floats
    errors: Floats
    bias: Floats
    bias_error: Floats
    slope: Floats
    slope_error: Floats
    spread: Floats
    spread_error: Floats
    value_mean: float
    value_sd: float
    iterations: int
    converged: bool
    warnings: tuple[str, ...]

    def interval(self, confidence: float = 0.95) -> Floats:
        """Give where each task's value lies with this confidence, tasks x (low, high)."""
        return _interval(self.values, self.errors, confidence)

    def bias_interval(self, confidence: float = 0.95) -> Floats:
        """Give where each person's bias lies with this confidence, people x (low, high)."""
        return _interval(self.bias, self.bias_error, confidence)

    def spread_interval(self, confidence: float = 0.95) -> Floats:
        """Give where each person's spread lies with this confidence, people x (low, high)."""
        if not 0.0 < confidence < 1.0:
            raise ValueError("confidence must lie between 0 and 1")
        share = self.spread_error / np.maximum(self.spread, _TINY)
        reach = np.exp(_reach(confidence) * share)
        return np.stack([self.spread / reach, self.spread * reach], axis=1)


@dataclass(frozen=True, slots=True)
class RatingScale:
    """The estimator and its settings; deterministic, never NaN, the same for any order of rows.

    `slopes` lets people use the scale more or less widely than the crowd. `spread_strength` is
    how many answers the crowd's typical noise counts for in each person's: answers are seldom as
    normal as the model has them, and 30 gave the best held-out likelihood on emotion ratings.
    """

    slopes: bool = True
    spread_strength: float = 30.0
    max_iterations: int = 300
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        if self.spread_strength <= 0.0:
            raise ValueError("spread_strength must be above zero")

    def fit(
        self,
        task: object,
        worker: Sequence[Any] | NDArray[Any] | None = None,
        label: Sequence[Any] | NDArray[Any] | None = None,
        *,
        columns: tuple[str, str, str] = ("task", "worker", "label"),
    ) -> RatingFit:
        """Fit answers given as one table, or as three columns of one length.

        Raises ValueError naming the row where an answer is missing or is not a finite number.
        """
        answers = read_numbers(task, worker, label, columns)
        em = _Em(answers, self)
        change, iterations = np.inf, 0
        while change > self.tolerance and iterations < self.max_iterations:
            change = em.step()
            iterations += 1
        return em.result(iterations, converged=change <= self.tolerance)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Answers that are numbers, tasks and people as codes."""

    task: Codes
    worker: Codes
    value: Floats
    tasks: tuple[Any, ...]
    workers: tuple[Any, ...]


def read_numbers(
    task: object, worker: object | None, label: object | None, names: tuple[str, str, str]
) -> Numbers:
    """Read answers from one table or three columns; refuse what is not a finite number."""
    tasks, workers, labels = answer_columns(task, worker, label, names)
    if not len(tasks) == len(workers) == len(labels):
        raise ValueError(
            "task, worker and label must have one length; they have "
            f"{len(tasks)}, {len(workers)} and {len(labels)}"
        )
    task_names, task_codes = factorise(tasks, "task")
    worker_names, worker_codes = factorise(workers, "worker")
    return Numbers(task_codes, worker_codes, _numbers(labels), task_names, worker_names)


def _numbers(labels: Any) -> Floats:  # noqa: ANN401
    try:
        values = np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError):
        row = next(at for at, said in enumerate(labels) if not _is_number(said))
        raise ValueError(f"label in row {row} is {labels[row]!r}, not a number") from None
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise ValueError(f"label is missing or not finite in row {int(wrong.argmax())}")
    return values


def _is_number(said: object) -> bool:
    try:
        float(said)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


class _Em:
    """The state of one run, in a unit in which all answers have mean 0 and spread 1."""

    def __init__(self, answers: Numbers, settings: RatingScale) -> None:
        self.answers, self.settings = answers, settings
        self.n, self.w = len(answers.tasks), len(answers.workers)
        self.centre = float(answers.value.mean()) if len(answers.value) else 0.0
        self.unit = max(float(answers.value.std()) if len(answers.value) else 0.0, _TINY)
        self.x = (answers.value - self.centre) / self.unit
        self.count = np.bincount(answers.worker, minlength=self.w).astype(np.float64)
        self.bias, self.slope = np.zeros(self.w), np.ones(self.w)
        self.noise = np.ones(self.w)
        self.bias_var, self.slope_var = 1.0, _USUAL_SLOPE_SPREAD**2
        self.covariance: Floats = np.zeros((self.w, 2, 2))
        per_task = np.maximum(np.bincount(answers.task, minlength=self.n), 1)
        summed = np.bincount(answers.task, weights=self.x, minlength=self.n)
        self.value: Floats = summed / per_task
        self.value_var: Floats = np.zeros(self.n)
        self.mean, self.var = 0.0, 1.0

    def step(self) -> float:
        """Learn values, then people, then the spreads; return the largest change of a value."""
        before = self.value
        if not self.n:
            return 0.0
        self._values()
        self._people()
        self._noise()
        self.mean = float(self.value.mean())
        square = ((self.value - self.mean) ** 2 + self.value_var).sum()
        self.var = max(float(square) / self.n, _TINY)
        return float(np.abs(self.value - before).max())

    def _values(self) -> None:
        task, worker = self.answers.task, self.answers.worker
        sure = 1.0 / self.noise
        heard = np.bincount(task, weights=(self.slope**2 * sure)[worker], minlength=self.n)
        pull = (self.slope * sure)[worker] * (self.x - self.bias[worker])
        precision = np.asarray(heard + 1.0 / self.var, dtype=np.float64)
        pulled = np.bincount(task, weights=pull, minlength=self.n) + self.mean / self.var
        self.value = np.asarray(pulled / precision, dtype=np.float64)
        self.value_var = 1.0 / precision

    def _people(self) -> None:
        """Regress each person's answers on the values, shrunk to bias 0 and slope 1."""
        task, worker = self.answers.task, self.answers.worker
        middle = float(self.value.mean())
        away = self.value - middle
        sums = [
            np.bincount(worker, weights=weights, minlength=self.w)
            for weights in (
                away[task], away[task] ** 2 + self.value_var[task],
                self.x - middle, (self.x - middle) * away[task],
            )
        ]  # fmt: skip
        slope_var = self.slope_var if self.settings.slopes else _TINY
        matrix = np.empty((self.w, 2, 2))
        matrix[:, 0, 0] = self.count / self.noise + 1.0 / self.bias_var
        matrix[:, 0, 1] = matrix[:, 1, 0] = sums[0] / self.noise
        matrix[:, 1, 1] = sums[1] / self.noise + 1.0 / slope_var
        right = np.stack([sums[2] / self.noise, sums[3] / self.noise + 1.0 / slope_var], axis=1)
        self.covariance = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        bias, slope = np.einsum("pij,pj->ip", self.covariance, right)
        self._spread_of_people(bias, slope)
        # The crowd's zero and scale are the average person's: nothing else fixes them.
        scale = float(slope.mean())
        scale = scale if scale > 0.1 else 1.0
        self.slope = slope / scale
        self.value, self.value_var = middle + away * scale, self.value_var * scale**2
        self.bias = bias - bias.mean() + middle * (1.0 - self.slope)

    def _spread_of_people(self, bias: Floats, slope: Floats) -> None:
        own = (bias**2).sum() + self.covariance[:, 0, 0].sum()
        self.bias_var = float(own + _USUAL_BIAS**2) / (self.w + 1)
        if self.settings.slopes:
            own = ((slope - 1.0) ** 2).sum() + self.covariance[:, 1, 1].sum()
            self.slope_var = float(own + _USUAL_SLOPE_SPREAD**2) / (self.w + 1)

    def _noise(self) -> None:
        task, worker = self.answers.task, self.answers.worker
        left = self.x - self.bias[worker] - self.slope[worker] * self.value[task]
        square = left**2 + self.slope[worker] ** 2 * self.value_var[task]
        away = self.value[task] - self.value.mean()
        doubt = self.covariance[worker]
        square += doubt[:, 0, 0] + 2.0 * away * doubt[:, 0, 1] + away**2 * doubt[:, 1, 1]
        own = np.bincount(worker, weights=square, minlength=self.w)
        typical = np.exp(np.log((own + _USUAL_NOISE) / (self.count + 1.0)).mean())
        strength = self.settings.spread_strength
        self.noise = np.maximum((own + strength * typical) / (self.count + strength), _TINY)

    def result(self, iterations: int, *, converged: bool) -> RatingFit:
        """Freeze the state, in the unit of the answers."""
        spread = self.unit * np.sqrt(self.noise)
        middle = float(self.value.mean()) if self.n else 0.0
        bias = self.bias + (self.slope - 1.0) * middle
        variance = np.einsum("pii->ip", self.covariance)
        # Leaning on the crowd moves the spread: the fewer own answers, the wider the error.
        freedom = 2.0 * self.count**2 / (self.count + self.settings.spread_strength)
        return RatingFit(
            tasks=self.answers.tasks,
            workers=self.answers.workers,
            values=self.centre + self.unit * self.value,
            errors=self.unit * np.sqrt(self.value_var),
            bias=self.unit * bias,
            bias_error=self.unit * np.sqrt(np.maximum(variance[0], 0.0)),
            slope=self.slope,
            slope_error=np.sqrt(np.maximum(variance[1], 0.0)) * float(self.settings.slopes),
            spread=spread,
            spread_error=spread / np.sqrt(np.maximum(freedom, 1.0)),
            value_mean=self.centre + self.unit * self.mean,
            value_sd=self.unit * float(np.sqrt(self.var)) if self.n else 0.0,
            iterations=iterations,
            converged=converged,
            warnings=self._warnings(spread),
        )

    def _warnings(self, spread: Floats) -> tuple[str, ...]:
        said = []
        names = self.answers.workers
        if self.w == 1:
            said.append("one person answered; bias cannot be told from the truth")
        if len(self.x) and float(np.ptp(self.answers.value)) == 0.0:
            said.append("every answer is the same number")
        if self.w > 2:
            typical = float(np.median(spread))
            noisy = np.flatnonzero(spread > _NOISY * typical)
            flat = np.flatnonzero(self.slope < _FLAT)
            if len(noisy):
                said.append(
                    f"{len(noisy)} of {self.w} people answer with over {_NOISY:g} times the usual "
                    f"noise (such as {names[int(noisy[0])]!r}); they are weighed down, not dropped"
                )
            if len(flat):
                said.append(
                    f"{len(flat)} of {self.w} people hardly follow the values (such as "
                    f"{names[int(flat[0])]!r}); they are weighed down, not dropped"
                )
        return tuple(said)


def _interval(middle: Floats, error: Floats, confidence: float) -> Floats:
    if not 0.0 < confidence < 1.0:
        raise ValueError("confidence must lie between 0 and 1")
    reach = _reach(confidence) * error
    return np.stack([middle - reach, middle + reach], axis=1)


def _reach(confidence: float) -> float:
    from scipy.special import ndtri  # slow to import, and few ask for intervals

    return float(ndtri(0.5 + confidence / 2.0))
