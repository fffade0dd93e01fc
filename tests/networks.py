"""Small ONNX networks, built by the tests that run them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def tensor(name: str, values: Any, dtype: Any = np.float32) -> Any:  # noqa: ANN401  # onnx's own
    """Make an initialiser."""
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


def value(name: str, shape: list[Any], kind: int = TensorProto.FLOAT) -> Any:  # noqa: ANN401
    """Make an input or output."""
    return helper.make_tensor_value_info(name, kind, shape)


def network(
    nodes: list[Any], inputs: list[Any], outputs: list[Any], given: list[Any] | None = None,
    *, opset: int = OPSET, domains: tuple[str, ...] = (),
) -> bytes:  # fmt: skip
    """Put a network together and write it as a file's bytes."""
    graph = helper.make_graph(nodes, "small", inputs, outputs, given or [])
    imports = [helper.make_opsetid("", opset)]
    imports += [helper.make_opsetid(domain, 1) for domain in domains]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    found: bytes = model.SerializeToString()
    return found


def brightness(*, dark: float = 0.5, batch: Any = "batch", size: int = 8) -> bytes:  # noqa: ANN401
    """Classify pictures: the more light beyond `dark`, the more probable the second label."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Sub", ["mean", "dark"], ["lighter"]),
        helper.make_node("Mul", ["lighter", "sharp"], ["light"]),
        helper.make_node("Neg", ["light"], ["darkness"]),
        helper.make_node("Unsqueeze", ["darkness", "one"], ["first"]),
        helper.make_node("Unsqueeze", ["light", "one"], ["second"]),
        helper.make_node("Concat", ["first", "second"], ["scores"], axis=1),
    ]
    given = [tensor("dark", dark), tensor("sharp", 8.0), tensor("one", [1], np.int64)]
    inputs = [value("image", [batch, 3, size, size])]
    return network(nodes, inputs, [value("scores", [batch, 2])], given)


def linear(weights: Any, bias: Any, *, softmax: bool = True) -> bytes:  # noqa: ANN401
    """Classify rows of numbers by a linear layer, with softmax unless told otherwise."""
    nodes = [
        helper.make_node("Gemm", ["numbers", "w", "b"], ["raw"]),
        helper.make_node("Softmax", ["raw"], ["shares"], axis=1)
        if softmax
        else helper.make_node("Identity", ["raw"], ["shares"]),
    ]
    given = [tensor("w", weights), tensor("b", bias)]
    sizes = np.shape(weights)
    inputs = [value("numbers", ["batch", sizes[0]])]
    return network(nodes, inputs, [value("shares", ["batch", sizes[1]])], given)


def bright_pixels(size: int = 8) -> bytes:
    """Segment pictures: background where they are dark, the one label where they are bright."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["grey", "half"], ["light"]),
        helper.make_node("Mul", ["light", "sharp"], ["inside"]),
        helper.make_node("Neg", ["inside"], ["outside"]),
        helper.make_node("Concat", ["outside", "inside"], ["maps"], axis=1),
    ]
    given = [tensor("half", 0.5), tensor("sharp", 20.0)]
    inputs = [value("image", ["batch", 3, size, size])]
    return network(nodes, inputs, [value("maps", ["batch", 2, size, size])], given)


def texts_of(known: list[str]) -> bytes:
    """Classify texts: each of the known words is a class of its own."""
    node = helper.make_node(
        "LabelEncoder", ["text"], ["class"], domain="ai.onnx.ml",
        keys_strings=known, values_int64s=list(range(len(known))), default_int64=0,
    )  # fmt: skip
    nodes = [
        node,
        helper.make_node("Reshape", ["class", "flat"], ["row"]),
        helper.make_node("OneHot", ["row", "depth", "ends"], ["scores"], axis=1),
    ]
    given = [tensor("flat", [-1], np.int64), tensor("depth", len(known), np.int64),
             tensor("ends", [0.0, 1.0])]  # fmt: skip
    inputs = [value("text", ["batch", 1], TensorProto.STRING)]
    graph = helper.make_graph(
        nodes, "texts", inputs, [value("scores", ["batch", len(known)])], given
    )
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    found: bytes = model.SerializeToString()
    return found


def with_external_data(content: bytes, location: str) -> bytes:
    """Let the first initialiser of a network claim that its numbers lie in another file."""
    model = onnx.load_from_string(content)
    first = model.graph.initializer[0]
    first.data_location = TensorProto.EXTERNAL
    entry = first.external_data.add()
    entry.key, entry.value = "location", location
    found: bytes = model.SerializeToString()
    return found
