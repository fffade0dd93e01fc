"""An ONNX file as an assistant: classifiers of images, texts and numbers, and segmenters.

The file is looked through before a runtime sees it (`onnx_file`), then runs in ONNX Runtime on
the processor, with few threads, bounded memory and bounded time: a network from elsewhere may be
wrong, slow or greedy, and must be no worse than that.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.answers import raise_when_all_failed, to_proposal, unusable
from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.compute.assistants.onnx_file import NetworkFile, read_network
from fairhand.compute.assistants.onnx_masks import mask_of
from fairhand.compute.assistants.onnx_scores import shares_of
from fairhand.compute.assistants.onnx_spec import NetworkSpec, read_spec
from fairhand.core.chunks import chunks
from fairhand.core.errors import InvalidError
from fairhand.core.ids import sha256_hex
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

Floats = NDArray[np.float32]
MOST_MEMORY: Final = 2 * 1024**3
"""Bytes that all networks of a process may take together."""
MOST_SECONDS: Final = 60.0
"""How long one batch may run."""
_MOST_PIXELS = 100_000_000


def check_network(
    content: bytes, config: Mapping[str, Any], questions: Sequence[Question]
) -> NetworkSpec:
    """Look a file and what is said of it through, and load it once.

    Raises InvalidError for what is said of it, AssistantError for the file itself.
    """
    network = read_network(content)
    spec = read_spec(config, network, questions)
    _session(content, spec.threads)
    return spec


def open_network(
    config: Mapping[str, Any], weights: bytes | None, questions: Sequence[Question]
) -> NetworkPredictor:
    """Open a stored network; raises AssistantError when it cannot be used."""
    if weights is None:
        raise AssistantError("The network's file is not there.", hop="address")
    network = read_network(weights)
    try:
        spec = read_spec(config, network, questions)
    except InvalidError as error:
        first = error.issues[0]
        raise AssistantError(f"{first.place}: {first.message}", hop="shape") from error
    version = f"{spec.version}+{sha256_hex(weights)[:8]}"
    return NetworkPredictor(spec, network, _session(weights, spec.threads), version)


@dataclass(frozen=True, slots=True)
class NetworkPredictor:
    """Runs a network over items in batches; may be used by several threads."""

    spec: NetworkSpec
    network: NetworkFile
    session: Any
    version: str

    @property
    def model(self) -> str:
        """Name and version; the version ends in the first letters of the file's SHA-256."""
        return f"{self.spec.name}@{self.version}"

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Run the network; an item that cannot be fed to it has no answer but a problem.

        Raises AssistantError when none can, or the network fails.
        """
        found = [one for batch in chunks(items, self._batch) for one in self._batch_of(batch)]
        raise_when_all_failed(found)
        return found

    @property
    def _batch(self) -> int:
        fixed = self.network.inputs[0].shape[:1]
        return fixed[0] if fixed and fixed[0] is not None else self.spec.batch

    def _batch_of(self, items: Sequence[Item]) -> Iterator[Proposal]:
        fed: list[Any] = []
        problems: dict[int, str] = {}
        for place, item in enumerate(items):
            try:
                fed.append(_feed(self.spec, item))
            except ValueError as error:
                problems[place] = f"task {item.task_id}: {error}"
        good = [item for place, item in enumerate(items) if place not in problems]
        answers = iter(_proposals(self.spec, self._run(fed), good) if fed else ())
        for place in range(len(items)):
            yield unusable(problems[place]) if place in problems else next(answers)

    def _run(self, fed: list[Any]) -> Floats:
        """Give the scores of the items that were fed, a row for each."""
        port = self.network.inputs[0]
        rows = np.stack(fed)
        if port.type == "string" and len(port.shape) == 2:
            rows = rows.reshape(-1, 1)
        elif port.type in _NUMPY:
            rows = rows.astype(_NUMPY[port.type])
        if port.shape[:1] and port.shape[0] is not None and len(rows) < port.shape[0]:
            rows = np.concatenate([rows, np.repeat(rows[-1:], port.shape[0] - len(rows), axis=0)])
        scores = _scores(_run_within(self.session, {port.name: rows}), self.spec, self.network)
        if len(scores) < len(fed):
            raise AssistantError(
                f"The network gave {len(scores)} answers to {len(fed)} items.", hop="shape"
            )
        return np.asarray(scores[: len(fed)], dtype=np.float32)


_NUMPY: Final[Mapping[str, Any]] = {
    "float": np.float32, "float16": np.float16, "double": np.float64, "uint8": np.uint8,
}  # fmt: skip


def _feed(spec: NetworkSpec, item: Item) -> Any:  # noqa: ANN401  # an array, or a text
    """Make what the network takes of one item; ValueError says why that cannot be done."""
    if spec.input == "image":
        return _pixels(spec, item)
    value = item.data.get(spec.field)
    if spec.input == "text":
        if not isinstance(value, str):
            raise ValueError(f"has no text in the field {spec.field!r}")
        return np.array(value, dtype=object)
    try:
        row = np.array(value, dtype=np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"has no list of numbers in the field {spec.field!r}") from None
    if row.ndim != 1 or not np.isfinite(row).all():
        raise ValueError(f"has no list of numbers in the field {spec.field!r}")
    return row


def _pixels(spec: NetworkSpec, item: Item) -> Floats:
    """Read, turn, resize and scale a picture, as `NetworkSpec` says."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if item.media is None:
        raise ValueError("has no picture")
    mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(spec.channels)
    if mode is None:
        raise ValueError(f"cannot be given in {spec.channels} channels")
    try:
        with Image.open(io.BytesIO(item.media())) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise ValueError("is too large a picture")
            upright = ImageOps.exif_transpose(picture).convert(mode)
            small = upright.resize((spec.size[1], spec.size[0]), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"has a picture that cannot be read ({type(error).__name__})") from None
    pixels = np.asarray(small, dtype=np.float32).reshape(*spec.size, spec.channels)
    mean, std = (np.array(each, dtype=np.float32) for each in (spec.mean, spec.std))
    scaled = np.asarray((pixels / 255 - mean) / std, dtype=np.float32)
    return scaled if spec.layout == "NHWC" else np.ascontiguousarray(scaled.transpose(2, 0, 1))


def _proposals(spec: NetworkSpec, scores: Floats, items: Sequence[Item]) -> list[Proposal]:
    finite = np.asarray(np.isfinite(scores).reshape(len(items), -1).all(axis=1)).tolist()
    if spec.task == "classifier":
        found = _classes(spec, scores.reshape(len(items), -1), items)
    else:
        found = [_mask(spec, each, item) for each, item in zip(scores, items, strict=True)]
    return [
        one
        if good
        else unusable(f"task {item.task_id}: the network gave numbers that are not finite")
        for one, good, item in zip(found, finite, items, strict=True)
    ]


def _mask(spec: NetworkSpec, scores: Floats, item: Item) -> Proposal:
    try:
        return to_proposal(mask_of(spec, scores, item), spec.question, item)
    except ValueError as error:
        return unusable(f"task {item.task_id}: {error}")


def _classes(spec: NetworkSpec, scores: Floats, items: Sequence[Item]) -> list[Proposal]:
    """Read a row of scores for each item; labels were held against the question before."""
    if scores.shape[1] != len(spec.labels):
        problem = f"the network gave {scores.shape[1]} scores for {len(spec.labels)} labels"
        return [unusable(f"task {item.task_id}: {problem}") for item in items]
    with np.errstate(invalid="ignore", over="ignore"):
        rows = shares_of(scores, spec.scores).tolist()
    several = bool(spec.question.config.get("multiple", False))
    read = _several if several else _single
    return [read(spec, row) for row in rows]


def _single(spec: NetworkSpec, shares: list[float]) -> Proposal:
    best = max(range(len(shares)), key=shares.__getitem__)
    label, name = spec.labels[best], spec.question.name
    if label is None:
        return Proposal(None)
    named = {one: share for one, share in zip(spec.labels, shares, strict=True) if one is not None}
    return Proposal({name: label}, min(shares[best], 1.0), {name: named})


def _several(spec: NetworkSpec, shares: list[float]) -> Proposal:
    """Propose every label that is as probable as not; the score is that of all being right."""
    name = spec.question.name
    named = {one: share for one, share in zip(spec.labels, shares, strict=True) if one is not None}
    chosen = [one for one in label_values(spec.question.config) if named.get(one, 0.0) >= 0.5]
    if not chosen:
        return Proposal(None)
    sure = math.prod(max(share, 1 - share) for share in named.values())
    return Proposal({name: chosen}, min(sure, 1.0), {name: named})


def _scores(outputs: Sequence[Any], spec: NetworkSpec, network: NetworkFile) -> Any:  # noqa: ANN401
    """Choose the output that is meant: the named one, else the first of numbers with labels."""
    names = [port.name for port in network.outputs]
    if spec.output is not None:
        return _array(outputs[names.index(spec.output)], spec)
    arrays = [one for one in (_array(each, spec) for each in outputs) if one is not None]
    ranks = (2, 4) if spec.task == "classifier" else (3, 4)
    fitting = [one for one in arrays if one.ndim in ranks and one.dtype.kind in "fiu"]
    if not fitting:
        raise AssistantError(
            "None of the network's outputs has scores; name the output that is meant.", hop="shape"
        )
    return fitting[0]


def _array(output: Any, spec: NetworkSpec) -> Any:  # noqa: ANN401  # what a runtime gives
    """Give an output as an array; scores that come label by label (`ZipMap`) are put in a row."""
    if isinstance(output, list) and output and isinstance(output[0], Mapping):
        rows = [[float(one.get(label, 0.0)) for label in spec.labels] for one in output]
        return np.array(rows, dtype=np.float32)
    return output if isinstance(output, np.ndarray) else None


def _session(content: bytes, threads: int) -> Any:  # noqa: ANN401  # onnxruntime has no types
    """Load a file into the runtime; raises AssistantError when it does not take it."""
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise AssistantError(
            f"The network cannot be loaded: {_brief(error)}", hop="shape", code="unusable_network"
        ) from error


@cache
def _runtime() -> Any:  # noqa: ANN401
    """Import ONNX Runtime and bound the memory of all networks of this process."""
    try:
        import onnxruntime
    except ImportError:
        raise AssistantError(
            "ONNX networks need the extra: pip install 'fairhand[assist]'", hop="address"
        ) from None
    onnxruntime.disable_telemetry_events()
    device = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    bounds = onnxruntime.OrtArenaCfg({"max_mem": MOST_MEMORY, "arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(device, bounds)
    return onnxruntime


def _run_within(session: Any, feed: Mapping[str, Any]) -> Sequence[Any]:  # noqa: ANN401
    """Run a batch; raises AssistantError when it fails, or takes longer than it may."""
    options = _runtime().RunOptions()
    options.log_severity_level = 4
    with _ended_after(options, MOST_SECONDS) as late:
        try:
            found: Sequence[Any] = session.run(None, dict(feed), options)
        except Exception as error:
            if late.is_set():
                raise AssistantError(
                    f"The network did not answer within {MOST_SECONDS:.0f} s.", code="too_slow"
                ) from error
            raise AssistantError(f"The network failed: {_brief(error)}") from error
    return found


@contextmanager
def _ended_after(options: Any, seconds: float) -> Iterator[threading.Event]:  # noqa: ANN401
    late = threading.Event()

    def end() -> None:
        late.set()
        options.terminate = True

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
