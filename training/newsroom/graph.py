"""Writes the network as ONNX graphs with weights of eight bits.

The graphs are built node by node, which keeps them small, plain and independent of an exporter.  A matrix is stored in
signed integers with a scale for each output; what it is multiplied with is quantised as it comes, with one scale for
the whole tensor.  Piece vectors are stored in signed integers with a scale for each piece.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from newsroom.network import EPSILON, EXITED, Layer, Network
from newsroom.quantised import PIECE_BITS, WEIGHT_BITS, Divisors, array, folded_queries, quantise

OPSET = 17


class Graph:
    """A graph that is being built: nodes and constants."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, value: np.ndarray, name: str) -> str:
        """Adds a constant, once for each name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def integers(self, *values: int) -> str:
        """Adds a vector of integers."""
        return self.constant(np.array(values, np.int64), "int." + "_".join(map(str, values)))

    def number(self, value: float) -> str:
        """Adds a scalar."""
        return self.constant(np.array(value, np.float32), f"float.{value!r}")

    def add(self, kind: str, *inputs: str, outputs: int = 1, name: str = "", **attributes: object) -> str:
        """Adds a node and returns its first output; the others end in .1, .2 and so on."""
        first = name or f"{kind.lower()}.{len(self._nodes)}"
        names = [first] + [f"{first}.{index}" for index in range(1, outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, name=f"node.{first}", **attributes))
        return first

    def quantised_input(self, source: str) -> tuple[str, str, str]:
        """Quantises a tensor as it comes; returns it with its scale and its zero."""
        values = self.add("DynamicQuantizeLinear", source, outputs=3)
        return values, f"{values}.1", f"{values}.2"

    def linear(self, source: tuple[str, str, str], weight: np.ndarray, bias: np.ndarray, name: str) -> str:
        """Adds the product of a quantised input with ``weight`` ``[outputs, inputs]``, and ``bias``."""
        matrix, scales = quantise(weight, WEIGHT_BITS)
        values, scale, zero = source
        product = self.add(
            "MatMulInteger",
            values,
            self.constant(matrix.T, f"{name}.weight"),
            zero,
            self.constant(np.array(0, np.int8), "int8.zero"),
        )
        factor = self.add("Mul", scale, self.constant(scales, f"{name}.scale"))
        scaled = self.add("Mul", self.add("Cast", product, to=TensorProto.FLOAT), factor)
        return self.add("Add", scaled, self.constant(bias, f"{name}.bias"))

    def norm(self, source: str, weight: np.ndarray, bias: np.ndarray, name: str, output: str = "") -> str:
        """Adds a layer norm."""
        inputs = source, self.constant(weight, f"{name}.weight"), self.constant(bias, f"{name}.bias")
        return self.add("LayerNormalization", *inputs, axis=-1, epsilon=EPSILON, name=output)

    def gelu(self, source: str) -> str:
        """Adds the exact GELU."""
        bent = self.add("Erf", self.add("Div", source, self.number(math.sqrt(2))))
        return self.add("Mul", self.add("Mul", source, self.add("Add", bent, self.number(1.0))), self.number(0.5))

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto], name: str) -> onnx.ModelProto:
        """Returns the finished graph, checked."""
        graph = helper.make_graph(self._nodes, name, inputs, outputs, list(self._constants.values()))
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="copydesk")
        onnx.checker.check_model(made)
        return made


def _layer(
    graph: Graph, layer: Layer, states: str, staying: str, unseen: bool, divisors: Divisors, name: str, output: str
) -> str:
    """Adds a layer; where ``staying`` names the places of some rows, the others keep their states, ``unseen`` or not."""
    size, attending = layer.head, layer.heads * layer.head
    before = states
    if unseen:
        states = graph.add("Gather", states, staying, axis=1)

    def product(source: str, weight: np.ndarray, bias: np.ndarray, short: str) -> str:
        full = f"{name}.{short}"
        source = graph.add("Mul", source, graph.constant(1 / divisors[full], f"{full}.smoothing"))
        return graph.linear(graph.quantised_input(source), weight * divisors[full], bias, full)

    def projected(source: str, linear: nn.Linear, short: str) -> str:
        return product(source, array(linear.weight), array(linear.bias), short)

    def headed(product: str, count: int) -> str:
        parted = graph.add("Reshape", product, graph.integers(0, 0, count * layer.heads, size))
        return graph.add("Transpose", parted, perm=[0, 2, 1, 3])

    weight, bias = folded_queries(layer)
    divided = graph.constant(1 / divisors[f"{name}.qkv"], f"{name}.qkv.smoothing")
    seen = graph.quantised_input(graph.add("Mul", states, divided))
    seen = headed(graph.linear(seen, (weight * divisors[f"{name}.qkv"])[attending:], bias[attending:], f"{name}.seen"), 2)
    seen = graph.add("Split", seen, graph.integers(layer.heads, layer.heads), outputs=2, axis=1)
    if staying and not unseen:
        states = graph.add("Gather", states, staying, axis=1)
    asked = graph.quantised_input(graph.add("Mul", states, divided))
    query = headed(graph.linear(asked, (weight * divisors[f"{name}.qkv"])[:attending], bias[:attending], f"{name}.queries"), 1)
    key = graph.add("Transpose", seen, perm=[0, 1, 3, 2])
    weights = graph.add("Softmax", graph.add("MatMul", query, key), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, f"{seen}.1"), perm=[0, 2, 1, 3])
    mixed = projected(graph.add("Reshape", mixed, graph.integers(0, 0, attending)), layer.attended, "attended")
    norm = layer.attended_norm
    states = graph.norm(graph.add("Add", states, mixed), array(norm.weight), array(norm.bias), f"{name}.attended_norm")
    grown = projected(graph.gelu(projected(states, layer.inner, "inner")), layer.outer, "outer")
    norm = layer.outer_norm
    states = graph.add("Add", states, grown)
    if not staying:
        return graph.norm(states, array(norm.weight), array(norm.bias), f"{name}.outer_norm", output)
    states = graph.norm(states, array(norm.weight), array(norm.bias), f"{name}.outer_norm")
    window = graph.integers(0)
    before, states = (graph.add("Squeeze", part, window) for part in (before, states))
    states = graph.add("ScatterND", before, graph.add("Unsqueeze", staying, graph.integers(1)), states)
    return graph.add("Unsqueeze", states, window, name=output)


def _staying(graph: Graph, network: Network, states: str, number: int, before: str) -> tuple[str, str]:
    """Adds which rows stay after an exit, by its ``number``, ``[1, width, 1]``, and their places ``[rows]``.

    Those are both marks, and words that are needed, as far as they stayed ``before``.
    """
    own = slice(number, number + 1)
    weight = graph.constant(array(network.exit.weight[own]).T, f"exit.weight.{number}")
    bias = graph.constant(array(network.exit.bias[own]), f"exit.bias.{number}")
    score = graph.add("Add", graph.add("MatMul", states, weight), bias)
    width = graph.add("Gather", graph.add("Shape", states), graph.constant(np.array(1, np.int64), "int.one"), axis=0)
    zero, one = graph.constant(np.array(0, np.int64), "int.zero"), "int.one"
    place = graph.add("Range", zero, width, one)
    marks = graph.add("Or", graph.add("Equal", place, zero), graph.add("Equal", place, graph.add("Sub", width, one)))
    marks = graph.add("Unsqueeze", marks, graph.integers(0, 2))
    stays = graph.add("Or", graph.add("Greater", score, graph.number(0.0)), marks)
    stays = graph.add("And", stays, before) if before else stays
    places = graph.add("NonZero", graph.add("Squeeze", stays, graph.integers(0, 2)))
    return stays, graph.add("Squeeze", places, graph.integers(0))


def encoder(network: Network, divisors: Divisors, shown: Sequence[int] = ()) -> onnx.ModelProto:
    """The encoder with the head of the words.

    Inputs: ``pieces`` int32 [1, length]: one window, because windows side by side would share the scales by which their
    numbers are quantised, and each other's results with them; in a network that pools also ``rows`` int32 [width], the
    places of the pieces that go on.
    Outputs: ``states`` float32 [1, length or width, hidden]; ``tags`` float32 [1, length or width, tags], scores before
    softmax; ``states.N`` for each layer N that is ``shown``, counted from 0.
    What goes into a product is divided by its ``divisors``, channel by channel.
    """
    graph = Graph()
    shape = network.shape
    inputs = [helper.make_tensor_value_info("pieces", TensorProto.INT32, [1, "length"])]
    table, scales = quantise(array(network.pieces.weight), PIECE_BITS)
    vectors = graph.add("Cast", graph.add("Gather", graph.constant(table, "pieces.table"), "pieces", axis=0), to=TensorProto.FLOAT)
    vectors = graph.add("Mul", vectors, graph.add("Gather", graph.constant(scales[:, None], "pieces.scale"), "pieces", axis=0))
    length = graph.add("Gather", graph.add("Shape", "pieces"), graph.integers(1), axis=0)
    positions = graph.constant(array(network.positions.weight), "positions.table")
    positions = graph.add("Slice", positions, graph.integers(0), length, graph.integers(0))
    norm = network.norm
    states = graph.norm(graph.add("Add", vectors, positions), array(norm.weight), array(norm.bias), "norm")
    stays = staying = ""
    for index, layer in enumerate(network.layers):
        if index and index == shape.pooled_after:
            inputs.append(helper.make_tensor_value_info("rows", TensorProto.INT32, ["width"]))
            states = graph.add("Gather", states, "rows", axis=1)
        if index in shape.exits_after:
            stays, staying = _staying(graph, network, states, shape.exits_after.index(index), stays)
        unseen = bool(staying) and index >= shape.unseen_after
        output = "states" if index + 1 == shape.layers else f"states.{index}"
        states = _layer(graph, layer, states, staying, unseen, divisors, f"layers.{index}", output)
    tags = graph.add("MatMul", states, graph.constant(array(network.tags.weight).T, "tags.weight"))
    bias = graph.constant(array(network.tags.bias), "tags.bias")
    if stays:
        graph.add("Where", stays, graph.add("Add", tags, bias), graph.constant(array(EXITED), "exited"), name="tags")
    else:
        graph.add("Add", tags, bias, name="tags")
    outputs = {"states": shape.hidden, "tags": network.tags.out_features, **{f"states.{index}": shape.hidden for index in shown}}
    return graph.model(
        inputs,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, size]) for name, size in outputs.items()],
        "encoder",
    )


def sentiment(network: Network) -> onnx.ModelProto:
    """The head of the targets.

    Input: ``means`` float32 [targets, hidden], of each target the mean of its rows' states.
    Output: ``polarities`` float32 [targets, 3], scores before softmax.
    """
    graph = Graph()
    product = graph.add("MatMul", "means", graph.constant(array(network.target.weight).T, "target.weight"))
    bent = graph.add("Tanh", graph.add("Add", product, graph.constant(array(network.target.bias), "target.bias")))
    product = graph.add("MatMul", bent, graph.constant(array(network.polarity.weight).T, "polarity.weight"))
    graph.add("Add", product, graph.constant(array(network.polarity.bias), "polarity.bias"), name="polarities")
    return graph.model(
        [helper.make_tensor_value_info("means", TensorProto.FLOAT, ["targets", network.shape.hidden])],
        [helper.make_tensor_value_info("polarities", TensorProto.FLOAT, ["targets", 3])],
        "sentiment",
    )
