"""What an ONNX file says of itself, read without running any of it.

A file from elsewhere is hostile until looked through: ONNX lets a network name other files to read
its numbers from (`external_data`), and operators that only a plug-in knows. Both are refused here,
before a runtime is given the file. Field numbers are those of onnx.proto3 (ONNX IR specification);
the wire format is that of Protocol Buffers (encoding guide: varints and length-prefixed fields).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fairhand.compute.assistants.contract import AssistantError

MOST_BYTES: Final = 512 * 1024 * 1024
OLDEST_OPSET: Final = 7
_MOST_NODES = 100_000
_DEEPEST = 16
_DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
_EXTERNAL = 1
_TYPES: Final = {1: "float", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 8: "string",
                 9: "bool", 10: "float16", 11: "double"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output: its type, and its shape with None where any size goes."""

    name: str
    type: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """What a file holds; `operators` are the kinds of its nodes, in alphabetical order."""

    opset: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    operators: tuple[str, ...]
    nodes: int


@dataclass(slots=True)
class _Found:
    operators: set[tuple[str, str]] = field(default_factory=set)
    local: set[tuple[str, str]] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    nodes: int = 0


def read_network(content: bytes) -> NetworkFile:
    """Look a file through; raises AssistantError (hop `shape`) saying why it cannot be used."""
    if len(content) > MOST_BYTES:
        most = MOST_BYTES // 1024**2
        raise _refused(f"The file has {len(content) / 1024**2:.0f} MB; {most} MB are taken.")
    try:
        return _read_model(memoryview(content))
    except (ValueError, IndexError, UnicodeDecodeError):
        raise _refused("This is not an ONNX file.") from None


def _read_model(content: memoryview) -> NetworkFile:
    found, opsets = _Found(), dict[str, int]()
    graph: memoryview | None = None
    for number, value in _fields(content):
        if number == 8 and isinstance(value, memoryview):
            domain, version = _read_opset(value)
            opsets[domain] = max(version, opsets.get(domain, 0))
        elif number == 7 and isinstance(value, memoryview):
            graph = value
        elif number == 25 and isinstance(value, memoryview):
            _read_function(value, found)
    if graph is None:
        raise ValueError("no graph")
    opset = opsets.get("", opsets.get("ai.onnx", 0))
    inputs, outputs = _read_graph(graph, found, 0)
    _check(found, opset, opsets)
    needed = tuple(port for port in inputs if port.name not in found.given)
    kinds = tuple(sorted({kind for _, kind in found.operators}))
    return NetworkFile(opset, needed, tuple(outputs), kinds, found.nodes)


def _check(found: _Found, opset: int, opsets: dict[str, int]) -> None:
    if not opset and "ai.onnx.ml" not in opsets:
        raise ValueError("no opset")
    if opset and opset < OLDEST_OPSET:
        raise _refused(
            f"It is written in opset {opset}; {OLDEST_OPSET} is the oldest that is run here. "
            "Export it again with a newer opset."
        )
    if not found.nodes:
        raise _refused("The network has no nodes: there is nothing to run.")
    strange = sorted(
        f"{domain}.{kind}"
        for domain, kind in found.operators
        if domain not in _DOMAINS and (domain, kind) not in found.local
    )
    if strange:
        raise _refused(
            f"It needs operators that ONNX does not have ({', '.join(strange[:3])}); plug-ins are "
            "not run here. Export the network with standard operators."
        )


def _read_opset(content: memoryview) -> tuple[str, int]:
    domain, version = "", 0
    for number, value in _fields(content):
        if number == 1:
            domain = _text(value)
        elif number == 2 and isinstance(value, int):
            version = value
    return domain, version


def _read_function(content: memoryview, found: _Found) -> None:
    """Read a function that the file defines for itself out of other operators."""
    name = domain = ""
    for number, value in _fields(content):
        if number == 1:
            name = _text(value)
        elif number == 10:
            domain = _text(value)
        elif number == 7 and isinstance(value, memoryview):
            _read_node(value, found, 1)
    found.local.add((domain, name))


def _read_graph(content: memoryview, found: _Found, depth: int) -> tuple[list[Port], list[Port]]:
    if depth > _DEEPEST:
        raise _refused("Its graphs lie too deep within each other.")
    inputs: list[Port] = []
    outputs: list[Port] = []
    for number, value in _fields(content):
        if not isinstance(value, memoryview):
            continue
        if number == 1:
            _read_node(value, found, depth)
        elif number == 5:
            name = _check_tensor(value)
            if depth == 0:
                found.given.add(name)
        elif number == 15:
            _check_sparse(value)
        elif number == 11 and depth == 0:
            inputs.append(_read_port(value))
        elif number == 12 and depth == 0:
            outputs.append(_read_port(value))
    return inputs, outputs


def _read_node(content: memoryview, found: _Found, depth: int) -> None:
    found.nodes += 1
    if found.nodes > _MOST_NODES:
        raise _refused(f"The network has more than {_MOST_NODES:,} nodes.")
    kind = domain = ""
    for number, value in _fields(content):
        if number == 4:
            kind = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5 and isinstance(value, memoryview):
            _read_attribute(value, found, depth)
    found.operators.add((domain, kind))


def _read_attribute(content: memoryview, found: _Found, depth: int) -> None:
    for number, value in _fields(content):
        if not isinstance(value, memoryview):
            continue
        if number in (5, 10):
            _check_tensor(value)
        elif number in (22, 23):
            _check_sparse(value)
        elif number in (6, 11):
            _read_graph(value, found, depth + 1)


def _check_sparse(content: memoryview) -> None:
    for number, value in _fields(content):
        if number in (1, 2) and isinstance(value, memoryview):
            _check_tensor(value)


def _check_tensor(content: memoryview) -> str:
    name = ""
    for number, value in _fields(content):
        if number == 8:
            name = _text(value)
        elif number == 13 or (number == 14 and value == _EXTERNAL):
            raise _refused(
                "Its numbers lie in another file (external data), which is not followed. "
                "Export the network as a single file."
            )
    return name


def _read_port(content: memoryview) -> Port:
    name, kind = "", ""
    shape: tuple[int | None, ...] = ()
    for number, value in _fields(content):
        if number == 1:
            name = _text(value)
        elif number == 2 and isinstance(value, memoryview):
            kind, shape = _read_type(value)
    return Port(name, kind, shape)


def _read_type(content: memoryview) -> tuple[str, tuple[int | None, ...]]:
    for number, value in _fields(content):
        if number == 1 and isinstance(value, memoryview):
            return _read_tensor_type(value)
    return "not a tensor", ()


def _read_tensor_type(content: memoryview) -> tuple[str, tuple[int | None, ...]]:
    kind: str = "unknown"
    shape: list[int | None] = []
    for number, value in _fields(content):
        if number == 1 and isinstance(value, int):
            kind = _TYPES.get(value, "unknown")
        elif number == 2 and isinstance(value, memoryview):
            shape = [_read_size(one) for at, one in _fields(value) if at == 1]
    return kind, tuple(shape)


def _read_size(content: int | memoryview) -> int | None:
    if isinstance(content, int):
        raise ValueError("a size is a message")
    sizes = [value for number, value in _fields(content) if number == 1 and isinstance(value, int)]
    return sizes[0] if sizes and 0 < sizes[0] < 2**31 else None


def _text(value: int | memoryview) -> str:
    if isinstance(value, int):
        raise ValueError("text is length-prefixed")
    return bytes(value[:300]).decode()


def _fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Give the fields of a message: numbers as int, the rest as the bytes they are."""
    at, end = 0, len(content)
    while at < end:
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(content, at)
        else:
            length = {1: 8, 5: 4}.get(wire, -1)
        if length < 0 or at + length > end or number == 0:
            raise ValueError("cut off, or no field")
        yield number, content[at : at + length]
        at += length


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise ValueError("a number without an end")


def _refused(message: str) -> AssistantError:
    return AssistantError(message, hop="shape", code="unusable_network")
