"""Click-to-segment by a pair of ONNX networks in the manner of Segment Anything.

The encoder looks at a picture once; the decoder answers each click. The names and shapes are those
of the common export (Kirillov et al. 2023, "Segment Anything"):

encoder: one input, 1 x 3 x S x S float32 (S = 1024, or what the file says), colours minus
`MEAN` over `SPREAD`, the picture's longest side scaled to S, zeros to its right and below;
one output, the embedding.

decoder: `image_embeddings`; `point_coords` 1 x N x 2 (x, y in the scaled picture); `point_labels`
1 x N (1 belongs, 0 does not, 2 and 3 a box's corners, -1 padding); `mask_input` 1 x 1 x 256 x 256;
`has_mask_input` 1; `orig_im_size` 2 (height, width). Outputs: `masks` 1 x M x height x width, above
0 inside; `iou_predictions` 1 x M; `low_res_masks` 1 x M x 256 x 256, which need not be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.click_corrections import correct
from fairhand.compute.models.prompts import Clicker, Mask, Outline, Picture, Prepared, Prompt

MEAN: Final = np.array([123.675, 116.28, 103.53], np.float32)
SPREAD: Final = np.array([58.395, 57.12, 57.375], np.float32)
DEFAULT_SIDE: Final = 1_024
LARGEST_SIDE: Final = 4_096
DECODER_INPUTS: Final = frozenset(
    ("image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input")
)
_MASK_SIDE: Final = 256


def open_sam(encoder: bytes, decoder: bytes, *, model: str, threads: int = 1) -> Clicker:
    """Open the two networks; raises AssistantError when they are not such a pair."""
    first, second = _session(encoder, "encoder", threads), _session(decoder, "decoder", threads)
    inputs = first.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3:
        raise AssistantError(
            "The encoder must take one picture of 1 x 3 x S x S.", hop="shape", code="not_sam"
        )
    names = {one.name for one in second.get_inputs()}
    if not names >= DECODER_INPUTS or names - DECODER_INPUTS - {"orig_im_size"}:
        missing = sorted(DECODER_INPUTS - names) or sorted(names - DECODER_INPUTS)
        raise AssistantError(
            f"The decoder's inputs are not those of Segment Anything: {', '.join(missing)}.",
            hop="shape",
            code="not_sam",
        )
    side = inputs[0].shape[2]
    side = side if isinstance(side, int) else DEFAULT_SIDE
    if not 16 <= side <= LARGEST_SIDE:
        raise AssistantError(f"The encoder's pictures are {side} wide.", hop="shape")
    return SamClicker(first, second, model, side)


@dataclass(frozen=True, slots=True)
class SamClicker:
    """A pair of open networks."""

    encoder: Any  # onnxruntime's session
    decoder: Any
    model: str
    side: int

    def prepare(self, picture: Picture) -> Prepared:
        """Run the encoder, once a picture."""
        height, width = picture.shape[:2]
        scale = self.side / max(height, width)
        rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
        shrunk = Image.fromarray(picture).resize((columns, rows), Image.Resampling.BILINEAR)
        given = np.zeros((1, 3, self.side, self.side), np.float32)
        colours = (np.asarray(shrunk, np.float32) - MEAN) / SPREAD
        given[0, :, :rows, :columns] = colours.transpose(2, 0, 1)
        embedding = _run(self.encoder, {self.encoder.get_inputs()[0].name: given})[0]
        return Encoded(self.decoder, np.asarray(embedding), (height, width), self.side)


@dataclass
class Encoded:
    """A picture's embedding, and the decoder that answers its clicks."""

    decoder: Any
    embedding: NDArray[Any]
    size: tuple[int, int]
    side: int

    @property
    def nbytes(self) -> int:
        """Bytes that it takes to keep."""
        return int(self.embedding.nbytes)

    def outline(self, prompt: Prompt) -> Outline:
        """Ask the decoder; an accepted mask is changed only around the newest click."""
        masks, scores = self._ask(prompt)
        best = int(np.argmax(scores))
        mask, score = masks[best], float(np.clip(scores[best], 0, 1))
        if prompt.accepted is not None and prompt.accepted.any() and prompt.clicks:
            mask = correct(prompt.accepted, mask, prompt.clicks)
        return Outline(mask, score)

    def _ask(self, prompt: Prompt) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        points, labels = self._points(prompt)
        before, has_before = self._before(prompt.accepted)
        given = {
            "image_embeddings": self.embedding,
            "point_coords": points,
            "point_labels": labels,
            "mask_input": before,
            "has_mask_input": np.array([has_before], np.float32),
        }
        inputs = {one.name for one in self.decoder.get_inputs()}
        if "orig_im_size" in inputs:
            given["orig_im_size"] = np.array(self.size, np.float32)
        answers = dict(
            zip(
                [one.name for one in self.decoder.get_outputs()],
                _run(self.decoder, given),
                strict=True,
            )
        )
        masks, scores = answers.get("masks"), answers.get("iou_predictions")
        if masks is None or scores is None or np.ndim(masks) != 4 or np.ndim(scores) != 2:
            raise AssistantError("The decoder gave no masks with scores.", hop="shape")
        if masks.shape[2:] != self.size or masks.shape[1] != scores.shape[1]:
            raise AssistantError("The decoder's masks have another size.", hop="shape")
        if not np.isfinite(scores).all() or not np.isfinite(masks).all():
            raise AssistantError("The decoder answered with what is no number.", hop="value")
        return masks[0] > 0, scores[0].astype(np.float64)

    def _points(self, prompt: Prompt) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scale clicks and corners; without a box the export wants one point of padding."""
        scale = self.side / max(self.size)
        places = [(click.x + 0.5, click.y + 0.5) for click in prompt.clicks]
        kinds = [1 if click.positive else 0 for click in prompt.clicks]
        if prompt.box is None:
            places.append((0.0, 0.0))
            kinds.append(-1)
        else:
            places += [prompt.box[:2], prompt.box[2:]]
            kinds += [2, 3]
        return (
            np.array([places], np.float32) * np.float32(scale),
            np.array([kinds], np.float32),
        )

    def _before(self, accepted: Mask | None) -> tuple[NDArray[np.float32], float]:
        """Give the accepted mask as the decoder's own low-resolution logits."""
        given = np.zeros((1, 1, _MASK_SIDE, _MASK_SIDE), np.float32)
        if accepted is None or not accepted.any():
            return given, 0.0
        scale = _MASK_SIDE / max(self.size)
        rows, columns = (max(1, round(side * scale)) for side in self.size)
        small = Image.fromarray(accepted).resize((columns, rows), Image.Resampling.NEAREST)
        given[0, 0] = -8.0
        given[0, 0, :rows, :columns] = np.where(np.asarray(small, bool), 8.0, -8.0)
        return given, 1.0


def _session(content: bytes, which: str, threads: int) -> Any:  # noqa: ANN401
    try:
        import onnxruntime
    except ImportError as error:
        raise AssistantError("ONNX networks need onnxruntime: install fairhand[assist].") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises a class of its own for each kind of damage
        raise AssistantError(
            f"The {which} is no ONNX network that runs here.", hop="shape"
        ) from error


def _run(session: Any, given: dict[str, NDArray[Any]]) -> list[Any]:  # noqa: ANN401
    try:
        answers: list[Any] = session.run(None, given)
    except Exception as error:
        raise AssistantError("The network failed on this picture.") from error
    return answers
