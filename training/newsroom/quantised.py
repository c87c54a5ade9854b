"""Weights of eight bits and less, in the files that the service reads.

A few channels of the states are far larger than the others, and one scale for a row would drown those.  So before it is
quantised, what goes into a product is divided channel by channel, and the weights are multiplied by the same numbers
(SmoothQuant).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from newsroom import windows
from newsroom.network import Layer, Network
from newsroom.weights import Shape
from newsroom.windows import Window

WEIGHT_BITS = 7
"""Seven bits, not eight: processors without VNNI add pairs of products in sixteen bits, where eight could overflow."""
PIECE_BITS = 8
SMOOTHING = 0.7
"""How much of a channel's range the division takes from the states; the weights get the rest."""
SEEN = 64
"""Windows of training text by which the ranges of the states are measured."""
HEAD = 32
"""Numbers in the query, the key and the value of an attention head: the one size that the files do not tell."""
PRODUCTS = ("qkv", "attended", "inner", "outer")
"""The products of a layer."""

Divisors = dict[str, np.ndarray]
"""What the channels that go into a product are divided by, by the product's name."""


def array(parameter: Tensor) -> np.ndarray:
    """The values of ``parameter``."""
    return parameter.detach().float().contiguous().numpy()


def folded_queries(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Returns weight and bias of the queries, keys and values; the scale of the attention scores is in the queries."""
    weight, bias = array(layer.qkv.weight).copy(), array(layer.qkv.bias).copy()
    queries = slice(layer.heads * layer.head)
    weight[queries] /= math.sqrt(layer.head)
    bias[queries] /= math.sqrt(layer.head)
    return weight, bias


def _weight_and_bias(model: Network, name: str) -> tuple[np.ndarray, np.ndarray]:
    parent, _, short = name.rpartition(".")
    if short == "qkv":
        return folded_queries(model.get_submodule(parent))
    module = model.get_submodule(name)
    return array(module.weight), array(module.bias)


def quantise(matrix: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns ``matrix`` in signed integers of ``bits`` and the scales of its rows."""
    limit = 2 ** (bits - 1) - 1
    scales = np.maximum(np.abs(matrix).max(1), 1e-12) / limit
    return np.clip(np.rint(matrix / scales[:, None]), -limit, limit).astype(np.int8), scales.astype(np.float32)


@torch.inference_mode()
def even_out(model: Network, seen: Sequence[Window]) -> Divisors:
    """Returns by what to divide the channels of ``model``, from how large they get over ``seen``."""
    largest: dict[str, Tensor] = {}
    pooled_after = model.shape.pooled_after

    def watch(name: str, pooled: bool) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            # Rows that only fill up the batch come after those of the window.  Those of words that have exited count in every
            # layer, also where nobody looks at them.
            length = len(window.words) + 2 if pooled else len(window.pieces)
            own = inputs[0][0, :length].abs().amax(0)
            largest[name] = torch.maximum(largest[name], own) if name in largest else own

        return note

    names = {f"layers.{index}.{short}": index for index in range(model.shape.layers) for short in PRODUCTS}
    hooks = [
        model.get_submodule(name).register_forward_pre_hook(watch(name, 0 < pooled_after <= index))
        for name, index in names.items()
    ]
    for window in seen:
        model.layer_states(windows.collate([window], bool(pooled_after)))
    for hook in hooks:
        hook.remove()
    found = {}
    for name in names:
        states = largest[name].clamp(min=1e-4) ** SMOOTHING
        weights = torch.from_numpy(_weight_and_bias(model, name)[0]).abs().amax(0).clamp(min=1e-4) ** (1 - SMOOTHING)
        divisors = states / weights
        found[name] = (divisors / divisors.mean()).numpy()
    return found


def table(model: Network) -> dict[str, np.ndarray]:
    """Returns the piece vectors: ``weight`` int8 ``[pieces, hidden]`` and ``scale`` float32 ``[pieces]``."""
    weight, scale = quantise(array(model.pieces.weight), PIECE_BITS)
    return {"weight": weight, "scale": scale}


def profile(model: Network, divisors: Divisors) -> dict[str, np.ndarray]:
    """Returns all other tensors of ``model``, the weights of its products in integers.

    Products have ``weight`` int8 ``[outputs, inputs]``, ``scale`` and ``bias`` float32 ``[outputs]`` and ``smoothing``
    float32 ``[inputs]``, what the channels of the input are multiplied by; everything else is float32.
    """
    if model.shape.head != HEAD:
        raise ValueError(f"heads of {model.shape.head} numbers: the files are for heads of {HEAD}")
    tensors = {"positions.weight": array(model.positions.weight)[: windows.MOST_PIECES]}
    for name, module in model.named_modules():
        if not isinstance(module, nn.Linear | nn.LayerNorm):
            continue
        weight, tensors[f"{name}.bias"] = _weight_and_bias(model, name)
        if name in divisors:
            weight, tensors[f"{name}.scale"] = quantise(weight * divisors[name], WEIGHT_BITS)
            tensors[f"{name}.smoothing"] = 1 / divisors[name]
        tensors[f"{name}.weight"] = weight
    return {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}


def restore(table: dict[str, np.ndarray], tensors: dict[str, np.ndarray], own: dict) -> tuple[Network, Divisors]:
    """Returns a network of the values that the files hold, and what its channels were divided by.

    ``own`` is the profile's entry of ``model.json``.
    """
    hidden = table["weight"].shape[1]
    layers = sum(name.endswith(".qkv.weight") for name in tensors)
    shape = Shape(
        hidden=hidden,
        layers=layers,
        heads=tensors["layers.0.attended.weight"].shape[1] // HEAD,
        head=HEAD,
        inner=len(tensors["layers.0.inner.weight"]),
        pieces=len(table["weight"]),
        positions=len(tensors["positions.weight"]),
        pooled_after=own["pooled_after"],
        exits_after=tuple(own["exits_after"]),
        unseen_after=own["unseen_after"],
    )
    values = dict(tensors)
    values["pieces.weight"] = table["weight"] * table["scale"][:, None]
    divisors = {}
    for name in [name.removesuffix(".smoothing") for name in tensors if name.endswith(".smoothing")]:
        smoothing = values.pop(f"{name}.smoothing")
        divisors[name] = 1 / smoothing
        values[f"{name}.weight"] = values[f"{name}.weight"] * values.pop(f"{name}.scale")[:, None] * smoothing
    queries = slice(shape.heads * shape.head)
    for index in range(layers):
        for part in ("weight", "bias"):
            name = f"layers.{index}.qkv.{part}"
            values[name] = values[name].copy()
            values[name][queries] *= math.sqrt(shape.head)
    network = Network(shape)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in values.items()})
    return network.eval(), divisors
