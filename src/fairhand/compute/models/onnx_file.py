"""Writes a small network as an ONNX file, so that onnxruntime can run it.

The file is one message of Protocol Buffers (fields by number, as in `onnx.proto`, ONNX 1.x): the
few kinds of field that a feed-forward network needs are written here, without the `onnx` package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_FLOAT: Final = 1
_IR_VERSION: Final = 8
_OPSET: Final = 13


@dataclass(slots=True)
class NetworkWriter:
    """Collects nodes in the order they run, and their weights."""

    nodes: list[bytes] = field(default_factory=list)
    weights: list[bytes] = field(default_factory=list)

    def add(
        self, operator: str, inputs: Sequence[str], output: str, **attributes: int | str | list[int]
    ) -> str:
        """Add a node; gives the name of its output."""
        parts = [_text(1, name) for name in inputs]
        parts += [_text(2, output), _text(3, output), _text(4, operator)]
        parts += [_part(5, _attribute(name, value)) for name, value in attributes.items()]
        self.nodes.append(b"".join(parts))
        return output

    def weight(self, name: str, numbers: NDArray[Any]) -> str:
        """Add weights as 32-bit fractions; gives their name."""
        dims = b"".join(_whole(1, size) for size in numbers.shape)
        content = np.ascontiguousarray(numbers, dtype="<f4").tobytes()
        self.weights.append(dims + _whole(2, _FLOAT) + _text(8, name) + _part(9, content))
        return name

    def file(
        self,
        name: str,
        given: tuple[str, Sequence[int | str]],
        *answers: tuple[str, Sequence[int | str]],
    ) -> bytes:
        """Write the network from its input to its answers: names, and shapes with free sizes."""
        graph = [_part(1, node) for node in self.nodes]
        graph += [_text(2, name)]
        graph += [_part(5, weight) for weight in self.weights]
        graph += [_part(11, _value(*given)), *(_part(12, _value(*one)) for one in answers)]
        opset = _part(8, _text(1, "") + _whole(2, _OPSET))
        return _whole(1, _IR_VERSION) + _part(7, b"".join(graph)) + opset


def _varint(value: int) -> bytes:
    """A whole number, seven bits a byte, the lowest first."""
    whole = bytearray()
    while value > 0x7F:
        whole.append(value & 0x7F | 0x80)
        value >>= 7
    whole.append(value)
    return bytes(whole)


def _whole(number: int, value: int) -> bytes:
    """A field that is a whole number."""
    return _varint(number << 3) + _varint(value)


def _part(number: int, content: bytes) -> bytes:
    """A field that is bytes, or a message of its own."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _text(number: int, content: str) -> bytes:
    """A field that is text."""
    return _part(number, content.encode())


def _attribute(name: str, value: int | str | list[int]) -> bytes:
    """A setting of a node: a whole number (type 2), text (3) or several whole numbers (7)."""
    if isinstance(value, int):
        return _text(1, name) + _whole(3, value) + _whole(20, 2)
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _whole(20, 3)
    return _text(1, name) + b"".join(_whole(8, one) for one in value) + _whole(20, 7)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    """What goes in or comes out: 32-bit fractions of a shape."""
    sizes = (_whole(1, one) if isinstance(one, int) else _text(2, one) for one in shape)
    tensor = _whole(1, _FLOAT) + _part(2, b"".join(_part(1, size) for size in sizes))
    return _text(1, name) + _part(2, _part(1, tensor))
